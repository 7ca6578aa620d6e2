"""A person's result, what the implementer decided, the person's consent, the interview; and what groups were told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from azukari.custody.models import Handover
from azukari.parties.models import Handler

from .people import Respondent
from .rounds import Round


class Result(models.Model):
    """The scores of one person, sealed. Notified to that person before consent can be asked for (law and constraint).

    ``sealed_decision``: whether an interview is needed, in the implementer's words. ``keep_until``: five years on.
    """

    class How(models.TextChoices):
        WEB = "web", "専用サイト"
        LETTER = "letter", "封書"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "sealed": "stress_result",
        "sealed_decision": "stress_result",
        "sealed_person": ("name", "employee_number", "birth_date", "sex", "affiliation"),
        "consented_at": "result_consent",
        "withdrawn_at": "result_consent",
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "respondent", "scoring", "scored_at", "decided_by", "decided_at", "notified_at", "notified_how",
         "seen_at", "keep_until", "erased_at", "erased_by"]
    )  # fmt: skip

    respondent = models.OneToOneField(Respondent, models.PROTECT, related_name="result")
    sealed = models.BinaryField("暗号化した結果")
    scoring = models.CharField("採点の版", max_length=120)
    scored_at = models.DateTimeField("採点日時")
    sealed_decision = models.BinaryField("暗号化した判断", null=True)
    decided_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("判断日時", null=True)
    notified_at = models.DateTimeField("通知日時", null=True)
    notified_how = models.CharField("通知の方法", max_length=8, choices=How.choices, blank=True)
    seen_at = models.DateTimeField("本人が開いた日時", null=True)
    sealed_person = models.BinaryField("暗号化した氏名等", null=True, help_text="実施の終了後、保存期限まで")
    consented_at = models.DateTimeField("同意日時", null=True)
    withdrawn_at = models.DateTimeField("同意の撤回日時", null=True)
    keep_until = models.DateField("保存期限")
    erased_at = models.DateTimeField("消去日時", null=True)
    erased_by = models.CharField("消去した人", max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(consented_at=None) | Q(notified_at__isnull=False, consented_at__gt=F("notified_at")),
                name="stress_consent_after_notification",
                violation_error_message="同意は、結果を本人に通知した後でなければ受けられません。",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(consented_at__isnull=False, withdrawn_at__gte=F("consented_at")),
                name="stress_withdrawn_after_consent",
            ),
            models.CheckConstraint(
                condition=Q(notified_at=None) | Q(decided_at__isnull=False), name="stress_decided_before_notified"
            ),
        ]

    @property
    def consented(self) -> bool:
        return self.consented_at is not None and self.withdrawn_at is None


class ConsentRecord(models.Model):
    """Every word of consent and of its withdrawal, with the wording that was agreed to. Never changed."""

    items: ClassVar[Mapping[str, str]] = {
        "given": "result_consent",
        "notified_at": "result_consent",
        "at": "result_consent",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "result", "wording"})

    result = models.ForeignKey(Result, models.PROTECT, related_name="consents")
    given = models.BooleanField("同意する")
    wording = models.CharField("同意文の版", max_length=40)
    notified_at = models.DateTimeField("結果の通知日時")
    at = models.DateTimeField("日時")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(at__gt=F("notified_at")), name="stress_a_word_after_notification")
        ]


class ResultLetter(models.Model):
    """The sealed letter of who cannot read the result on the web: checked by two people before it goes (⑤)."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    result = models.OneToOneField(Result, models.PROTECT, related_name="letter")
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("作成日時")
    checked_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    checked_at = models.DateTimeField("照合日時", null=True)
    sent_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField("引渡し・発送日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(checked_by=None) | ~Q(checked_by=F("prepared_by")),
                name="stress_letter_checked_by_another",
                violation_error_message="作成した人とは別の人が、宛名と中身を照合してください。",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None) | Q(checked_at__isnull=False), name="stress_letter_sent_after_check"
            ),
        ]


class Interview(models.Model):
    """面接指導: the person's application, the interview, the doctor's opinion and what was done, each with its day.

    The application is known to the employer (the form says so); what was said stays with the doctor.
    """

    items: ClassVar[Mapping[str, str]] = {
        "applied_at": "interview_request",
        "sealed_record": "interview_opinion",
        "opinion": "interview_opinion",
        "measures": "interview_opinion",
        "dropped_why": "interview_request",
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "result", "hold_by", "held_on", "doctor", "opinion_by", "opinion_at", "decide_by", "measures_at",
         "measures_by", "dropped_at"]
    )  # fmt: skip

    result = models.OneToOneField(Result, models.PROTECT, related_name="interview")
    applied_at = models.DateTimeField("申出日時")
    hold_by = models.DateField("面接指導の期限")
    held_on = models.DateField("面接指導の日", null=True)
    doctor = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    sealed_record = models.BinaryField("暗号化した面接の記録", null=True)
    opinion_by = models.DateField("意見聴取の期限", null=True)
    opinion = models.CharField("就業上の意見", max_length=400, blank=True)
    opinion_at = models.DateTimeField("意見聴取日時", null=True)
    decide_by = models.DateField("措置の決定の期限", null=True)
    measures = models.CharField("就業上の措置", max_length=400, blank=True)
    measures_at = models.DateTimeField("措置の決定日時", null=True)
    measures_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField("取下げの記録日時", null=True)
    dropped_why = models.CharField("取下げの理由", max_length=200, blank=True)


class GroupRelease(models.Model):
    """Group figures that left the implementers' side. What they were made of is kept there, for the next release."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    round = models.ForeignKey(Round, models.PROTECT, related_name="releases")
    number = models.PositiveSmallIntegerField("版")
    groups = models.PositiveIntegerField("示した集団")
    withheld = models.PositiveIntegerField("伏せた集団")
    reference_set = models.CharField("判定図の基準", max_length=40)
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="+", verbose_name="納品の受渡し")
    workbook = models.JSONField("Excel の暗号化したパスワード", default=dict)
    sealed_source = models.BinaryField("暗号化した集計の元", null=True)
    tables = models.JSONField("示した数値", default=list)
    digest = models.CharField("示した数値のハッシュ値", max_length=64)
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("作成日時")
    released_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField("放出日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "number"], name="stress_one_number_a_release"),
            models.CheckConstraint(
                condition=Q(released_by=None) | ~Q(released_by=F("prepared_by")),
                name="stress_groups_released_by_another",
                violation_error_message="作成した人とは別の人が確かめて放出してください。",
            ),
        ]
