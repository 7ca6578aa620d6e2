"""What the stress check keeps: the round and its duties, who was asked, sealed answers and results, what was decided.

Answers and results are sealed with a key of their own per person (``vault``); the columns here say only who and when.
"""

from .answers import AnswerSheet, Draft, PaperForm
from .people import Invitation, Login, Respondent
from .results import ConsentRecord, GroupRelease, Interview, Result, ResultLetter
from .rounds import TRANSITIONS, Duty, Establishment, PersonnelAuthority, Round

YEARLY = Round
"""What a fiscal year of the programme is; ``TRANSITIONS`` says how it goes on."""

__all__ = [
    "TRANSITIONS",
    "YEARLY",
    "AnswerSheet",
    "ConsentRecord",
    "Draft",
    "Duty",
    "Establishment",
    "GroupRelease",
    "Interview",
    "Invitation",
    "Login",
    "PaperForm",
    "PersonnelAuthority",
    "Respondent",
    "Result",
    "ResultLetter",
    "Round",
]
