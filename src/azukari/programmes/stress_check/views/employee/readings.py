"""What the employees' pages read of the one person, besides what the steps give. Each is one short query."""

from __future__ import annotations

from django.db.models import QuerySet

from ...models import AnswerSheet, Interview, Invitation, Login, Respondent, Result, Round
from ...steps.invitations import hash_of

LIVE = (Round.State.OPEN, Round.State.CLOSED, Round.State.REPORTED)


def login(key: int, generation: int) -> Login | None:
    """The login with its respondent and round, unless a newer visit made this generation void."""
    found = Login.objects.select_related("respondent__round").filter(pk=key, generation=generation)
    return found.first()


def rounds() -> QuerySet[Round]:
    """The rounds that somebody can come in for, the newest first. As a rule one."""
    return Round.objects.filter(state__in=LIVE).order_by("-fiscal_year")


def is_spent(code: str) -> bool:
    """Whether this code was used or replaced. Of a code that never was, nothing is said."""
    spent = Invitation.objects.filter(code_hash=hash_of(code)).values_list("used_at", "voided_at").first()
    return spent is not None and any(spent)


def sheet_sent(person: Respondent) -> AnswerSheet | None:
    """When and how the answers were sent; without the answers."""
    return AnswerSheet.objects.defer("sealed").filter(respondent=person, reopened_at=None).first()


def told_result(person: Respondent) -> Result | None:
    """The result, once the person was told; without what is sealed in it."""
    results = Result.objects.defer("sealed", "sealed_decision", "sealed_person")
    return results.filter(respondent=person, notified_at__isnull=False).first()


def interview(result: Result) -> Interview | None:
    return Interview.objects.defer("sealed_record").filter(result=result).first()
