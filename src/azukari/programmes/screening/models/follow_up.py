"""精密検査: one case per result that needs further tests, everything that was done about it, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.parties.models import Handler
from azukari.people.models import Resident

from .results import TestResult

WORK_UP_ITEMS = ("detailed_exam_result", "screening_result")


class WorkUp(models.Model):
    """A case is open until somebody closes it with words; its outcome follows domain/screening.md §5."""

    class Outcome(models.TextChoices):
        NO_FINDING = "no_finding", "異常認めず"
        CANCER = "cancer", "がんであった"
        SUSPECTED = "suspected", "がんの疑い又は未確定"
        OTHER_DISEASE = "other_disease", "がん以外の疾患"
        NOT_ATTENDED = "not_attended", "未受診"
        UNKNOWN = "unknown", "未把握"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "person": "name",
        "outcome": WORK_UP_ITEMS,
        "detail": WORK_UP_ITEMS,
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "result", "opened_at", "next_act", "next_due", "closed_at", "closed_by", "closed_why"]
    )

    result = models.OneToOneField(TestResult, models.PROTECT, related_name="work_up")
    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField("開始日時")
    outcome = models.CharField("把握した結果", max_length=14, choices=Outcome.choices, default=Outcome.UNKNOWN)
    detail = models.CharField("内訳", max_length=20, blank=True)
    next_act = models.CharField("次の対応", max_length=12, blank=True)
    next_due = models.DateField("次の対応の期限", null=True, db_index=True)
    closed_at = models.DateTimeField("終了日時", null=True)
    closed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    closed_why = models.CharField("終了の理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | (~Q(closed_by=None) & ~Q(closed_why="")),
                name="a_case_never_closes_silently",
                violation_error_message="終了した人と理由のない終了はできません。",
            )
        ]


class FollowUpEvent(models.Model):
    """One thing done or heard about a case, in the order in which it happened. Nothing is written over."""

    class Kind(models.TextChoices):
        LETTER = "letter", "受診勧奨の送付"
        REMINDER = "reminder", "再勧奨の送付"
        PHONE = "phone", "電話"
        ENQUIRY = "enquiry", "医療機関への照会"
        FACILITY_REPORT = "facility", "医療機関からの報告"
        SELF_REPORT = "self", "本人からの報告"
        NOT_ATTENDED = "absent", "受診しない旨の確認"
        NOTE = "note", "記録"
        CLOSED = "closed", "終了"
        REOPENED = "reopened", "再開"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "examined_on": WORK_UP_ITEMS,
        "facility": WORK_UP_ITEMS,
        "method": WORK_UP_ITEMS,
        "outcome": WORK_UP_ITEMS,
        "detail": WORK_UP_ITEMS,
        "note": WORK_UP_ITEMS,
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "work_up", "kind", "at", "by", "counted"})

    work_up = models.ForeignKey(WorkUp, models.PROTECT, related_name="events")
    kind = models.CharField("区分", max_length=10, choices=Kind.choices)
    at = models.DateTimeField("日時")
    by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    examined_on = models.DateField("精密検査の受診日", null=True)
    facility = models.CharField("精密検査の医療機関", max_length=120, blank=True)
    method = models.CharField("精密検査の方法", max_length=20, blank=True)
    outcome = models.CharField("報告された結果", max_length=14, choices=WorkUp.Outcome.choices, blank=True)
    detail = models.CharField("内訳", max_length=20, blank=True)
    counted = models.BooleanField("把握として数える", default=False)
    note = models.CharField("記録", max_length=400, blank=True)


class FollowUpLetter(models.Model):
    """A batch of letters to people with open cases: drawn by one officer, posted on another's release (law 6)."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    kind = models.CharField("区分", max_length=10, choices=FollowUpEvent.Kind.choices)
    cases = models.ManyToManyField(WorkUp, related_name="letters")
    letters = models.PositiveIntegerField("通数")
    withheld = models.JSONField("送らなかった数と理由", default=dict)
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("作成日時")
    released_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField("発送日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=models.F("prepared_by")),
                name="follow_up_letters_released_by_another",
                violation_error_message="作成した人とは別の人が発送を承認してください。",
            )
        ]
