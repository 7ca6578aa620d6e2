"""What the programme records: the yearly mailing, what came back, and the follow-up of whoever needs further tests."""

from __future__ import annotations

from .follow_up import FollowUpEvent, FollowUpLetter, WorkUp
from .mailing import (
    DERIVED,
    TRANSITIONS,
    AddressHold,
    Assessment,
    ControlTotal,
    Exemption,
    GlyphQuestion,
    History,
    OptOut,
    ReprintRequest,
    Run,
    Sheet,
    Stop,
    VolumeNotice,
    Voucher,
)
from .results import BilledTest, LaboratoryOrder, ResultBatch, ResultRow, Statement, TestResult, Visit, VisitTest

YEARLY = Run
"""What a fiscal year of the programme is; ``TRANSITIONS`` says how it goes on."""

__all__ = [
    "DERIVED",
    "TRANSITIONS",
    "YEARLY",
    "AddressHold",
    "Assessment",
    "BilledTest",
    "ControlTotal",
    "Exemption",
    "FollowUpEvent",
    "FollowUpLetter",
    "GlyphQuestion",
    "History",
    "LaboratoryOrder",
    "OptOut",
    "ReprintRequest",
    "ResultBatch",
    "ResultRow",
    "Run",
    "Sheet",
    "Statement",
    "Stop",
    "TestResult",
    "Visit",
    "VisitTest",
    "VolumeNotice",
    "Voucher",
    "WorkUp",
]
