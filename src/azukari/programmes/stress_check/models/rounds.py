"""One yearly check (実施), and who does what in it by law: the only people who may see anybody's answers or results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.custody.models import Handover
from azukari.parties.models import Handler


class Round(models.Model):
    """The check of one fiscal year: which questionnaire, how it is scored, from when to when it can be answered.

    ``staff``: the handover ② by which the processor holds the staff list. ``scoring``: key of the ``ScoringSet``.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", "準備中"
        OPEN = "open", "回答受付中"
        CLOSED = "closed", "回答締切"
        REPORTED = "reported", "報告書納品済"
        FINISHED = "finished", "終了"

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    fiscal_year = models.PositiveSmallIntegerField("年度", unique=True)
    staff = models.ForeignKey(Handover, models.PROTECT, related_name="+", verbose_name="対象者情報の受渡し")
    instrument = models.CharField("調査票", max_length=20)
    scoring = models.CharField("採点の版", max_length=120)
    opens_on = models.DateField("受付の開始")
    closes_on = models.DateField("受付の締切")
    state = models.CharField("状態", max_length=12, choices=State.choices, default=State.PREPARING)
    contact = models.CharField("相談窓口", max_length=200)
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("準備日時")
    opened_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField("開始日時", null=True)
    closed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField("締切日時", null=True)
    confirmed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField("報告書等の確認日時", null=True)
    finished_at = models.DateTimeField("終了日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(closes_on__gte=models.F("opens_on")), name="stress_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(opened_by=None) | ~Q(opened_by=models.F("prepared_by")),
                name="stress_opened_by_another",
                violation_error_message="準備した人とは別の人が、内容を確かめて受付を始めてください。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fiscal_year}年度のストレスチェック"


TRANSITIONS = {
    Round.State.PREPARING: {Round.State.OPEN},
    Round.State.OPEN: {Round.State.CLOSED},
    Round.State.CLOSED: {Round.State.REPORTED},
    Round.State.REPORTED: {Round.State.FINISHED},
    Round.State.FINISHED: set(),
}
"""From state to the states that may follow. docs/reference/states.md is generated from this table."""


class Duty(models.Model):
    """A named person's duty in a round (安衛則52条の10). Nobody with authority over personnel has one (同条2項)."""

    class Kind(models.TextChoices):
        REPRESENTATIVE = "representative", "実施代表者"
        IMPLEMENTER = "implementer", "共同実施者"
        CLERK = "clerk", "実施事務従事者"
        INTERVIEWER = "interviewer", "面接指導を行う医師"

    class Qualification(models.TextChoices):
        DOCTOR = "doctor", "医師"
        NURSE = "public_health_nurse", "保健師"
        DENTIST = "dentist", "歯科医師（研修修了）"
        REGISTERED_NURSE = "nurse", "看護師（研修修了）"
        SOCIAL_WORKER = "psychiatric_social_worker", "精神保健福祉士（研修修了）"
        PSYCHOLOGIST = "psychologist", "公認心理師（研修修了）"
        NONE = "none", "なし（実施事務従事者）"

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    round = models.ForeignKey(Round, models.PROTECT, related_name="duties")
    handler = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    kind = models.CharField("役割", max_length=16, choices=Kind.choices)
    qualification = models.CharField("資格", max_length=28, choices=Qualification.choices)
    no_personnel_authority = models.BooleanField("人事に関する直接の権限を持たないことの確認")
    appointed_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    appointed_at = models.DateTimeField("指名日時")
    ended_at = models.DateTimeField("解任日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["round", "handler", "kind"], condition=Q(ended_at=None), name="stress_a_duty_once"
            ),
            models.UniqueConstraint(
                fields=["round"], condition=Q(ended_at=None, kind="representative"), name="stress_one_representative"
            ),
            models.CheckConstraint(
                condition=Q(no_personnel_authority=True),
                name="stress_no_duty_with_personnel_authority",
                violation_error_message="解雇・昇進・異動に直接の権限を持つ人は、実施者にも実施事務従事者にもなれません。",
            ),
            models.CheckConstraint(
                condition=Q(kind="clerk") | ~Q(qualification="none"),
                name="stress_implementers_are_qualified",
                violation_error_message="実施者・面接指導を行う医師には、法令の資格が要ります。",
            ),
            models.CheckConstraint(
                condition=~Q(kind="interviewer") | Q(qualification="doctor"),
                name="stress_interviews_by_doctors",
                violation_error_message="面接指導を行えるのは医師だけです。",
            ),
        ]


class PersonnelAuthority(models.Model):
    """Who decides on dismissal, promotion or transfer (人事権): told by the ward, by day. Never anybody's implementer.

    The ward's own people are listed too: they are not shown an individual result even where its person consented.
    """

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    handler = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    since = models.DateField("いつから")
    until = models.DateField("いつまで", null=True)
    recorded_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("記録日時")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handler"], condition=Q(until=None), name="stress_one_authority_at_a_time")
        ]


class Establishment(models.Model):
    """事業場: what 様式第6号の3 is made out for, and to whom it goes. ``sections``: first words of 所属名 in it."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    name = models.CharField("事業場の名称", max_length=80, unique=True)
    sections = models.JSONField("含まれる所属", default=list, help_text="空なら、ほかの事業場に含まれない所属すべて")
    insurance_number = models.CharField("労働保険番号", max_length=14, blank=True)
    industry = models.CharField("事業の種類", max_length=80, blank=True, help_text="日本標準産業分類の中分類")
    address = models.CharField("所在地", max_length=120, blank=True)
    telephone = models.CharField("電話番号", max_length=20, blank=True)
    recipient = models.CharField("報告先", max_length=80, blank=True, help_text="人事委員会、労働基準監督署長など")
