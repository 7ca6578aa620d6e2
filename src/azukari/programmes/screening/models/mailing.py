"""What the yearly voucher run records. ``items`` names each personal field's item of the paper (law 2).

A field that is worked out from several items names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from azukari.custody.models import Handover
from azukari.parties.models import Handler
from azukari.people.models import Changeset, Resident

DERIVED = ("birth_date", "sex", "welfare_receipt", "screening_history", "hepatitis_history", "copayment")


class Run(models.Model):
    """One fiscal year's mailing, on one roster of a stated date. There is one run a year."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    class State(models.TextChoices):
        ASSESSED = "assessed", "対象者を判定した"
        CONFIRMED = "confirmed", "前年度との差を確認した"
        NUMBERED = "numbered", "番号を付けた"
        PROOFED = "proofed", "字形を確かめた"
        HANDED = "handed", "対象者データを準備した"
        PRINTED = "printed", "印字した"
        ENCLOSED = "enclosed", "封入封かんした"
        POSTED = "posted", "発送した"
        CLOSED = "closed", "締めた"

    fiscal_year = models.PositiveSmallIntegerField("年度", unique=True)
    roster = models.ForeignKey(Changeset, models.PROTECT, related_name="+", verbose_name="名簿")
    as_of = models.DateField("基準日")
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.ASSESSED)
    halted = models.TextField("停止の理由", blank=True)
    counts = models.JSONField("内訳", default=dict, help_text="検診・年齢階級・理由ごとの人数（個人を含まない）")
    difference = models.JSONField("前年度との差", default=list)
    started_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    started_at = models.DateTimeField("開始日時")
    confirmed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField("差の確認日時", null=True)
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="+")


TRANSITIONS = {
    Run.State.ASSESSED: {Run.State.CONFIRMED},
    Run.State.CONFIRMED: {Run.State.NUMBERED},
    Run.State.NUMBERED: {Run.State.PROOFED},
    Run.State.PROOFED: {Run.State.HANDED},
    Run.State.HANDED: {Run.State.PRINTED},
    Run.State.PRINTED: {Run.State.ENCLOSED},
    Run.State.ENCLOSED: {Run.State.POSTED},
    Run.State.POSTED: {Run.State.CLOSED},
    Run.State.CLOSED: set(),
}


class Assessment(models.Model):
    """Why a person is or is not offered a test in this run: codes of ``reasons``; fee in yen, null when not offered."""

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "person": DERIVED,
        "test": DERIVED,
        "reason": DERIVED,
        "fee": "copayment",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "run"})

    run = models.ForeignKey(Run, models.CASCADE, related_name="assessments", db_index=False)
    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    test = models.PositiveSmallIntegerField("検診", help_text="reasons.TESTS の順")
    reason = models.PositiveSmallIntegerField("理由")
    fee = models.PositiveIntegerField("自己負担金額", null=True)


class Stop(models.Model):
    """Who is eligible and yet gets nothing by the printer, and why. Counted and listed."""

    class Reason(models.TextChoices):
        DEAD = "dead", "死亡"
        MOVED_OUT = "moved_out", "転出"
        RETURNED_MAIL = "returned_mail", "返戻による保留"
        OPTED_OUT = "opted_out", "本人の申出"
        PROTECTED = "protected", "支援措置（区が直接送付）"
        NO_ADDRESS = "no_address", "住所・氏名が無い"
        GLYPH = "glyph", "字形の確認待ち（個別作成）"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {"person": "name", "reason": "address"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "run", "settled_at", "settled_by", "settlement"})

    run = models.ForeignKey(Run, models.CASCADE, related_name="stops")
    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    reason = models.CharField("理由", max_length=14, choices=Reason.choices)
    settled_at = models.DateTimeField("処理日時", null=True)
    settled_by = models.CharField("処理者", max_length=20, blank=True)
    settlement = models.CharField("処理", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "person"], name="one_stop_of_a_person")]


class Voucher(models.Model):
    """A person's numbers of the year: unique, never used again, the same when a run is repeated."""

    class Channel(models.TextChoices):
        PRINTER = "printer", "委託による一括発送"
        WARD = "ward", "区が直接送付"
        LATE = "late", "年度途中の発行"

    items: ClassVar[Mapping[str, str]] = {
        "person": "name",
        "reference": "examinee_number",
        "examinee_number": "examinee_number",
        "voucher_number": "voucher_number",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "run", "channel", "issued_at", "reason"})

    run = models.ForeignKey(Run, models.PROTECT, related_name="vouchers")
    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    reference = models.CharField("仮名参照", max_length=32)
    examinee_number = models.CharField("受診番号", max_length=10, unique=True)
    voucher_number = models.CharField("受診券整理番号", max_length=11, unique=True)
    channel = models.CharField("発送方法", max_length=8, choices=Channel.choices)
    issued_at = models.DateTimeField("発行日時")
    reason = models.CharField("発行の理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "person"], name="one_voucher_a_year")]


class Sheet(models.Model):
    """One printed sheet, known to everybody outside the ward by its opaque code alone."""

    class State(models.TextChoices):
        ISSUED = "issued", "発番"
        PRINTED = "printed", "印字"
        ENCLOSED = "enclosed", "封入"
        POSTED = "posted", "発送"
        RETURNED = "returned", "返戻"
        VOIDED = "voided", "無効"

    items: ClassVar[Mapping[str, str]] = {"voucher": "examinee_number"}
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "code", "sequence", "state", "reprint_of", "reason", "requested_by", "approved_by", "voided_at"]
    )

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="sheets")
    code = models.CharField("帳票番号", max_length=20, unique=True)
    sequence = models.PositiveIntegerField("印字順", db_index=True)
    state = models.CharField("状態", max_length=8, choices=State.choices, default=State.ISSUED)
    reprint_of = models.OneToOneField("self", models.PROTECT, null=True, related_name="reprint")
    reason = models.CharField("再発行の理由", max_length=200, blank=True)
    requested_by = models.CharField("再発行の申請者", max_length=20, blank=True, db_index=True)
    approved_by = models.CharField("再発行の承認者", max_length=20, blank=True)
    voided_at = models.DateTimeField("無効にした日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(approved_by="") | ~models.Q(approved_by=models.F("requested_by")),
                name="reprint_by_a_second_person",
                violation_error_message="再発行は、申請した人とは別の人が承認してください。",
            )
        ]


class ControlTotal(models.Model):
    """One count of the run: rows = pages = sheets = enclosed = posted, or the run stops."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    run = models.ForeignKey(Run, models.PROTECT, related_name="totals")
    stage = models.CharField("段階", max_length=10)
    expected = models.PositiveIntegerField("予定")
    counted = models.PositiveIntegerField("実数")
    problems = models.JSONField("不一致", default=list)
    at = models.DateTimeField("日時")
    by = models.ForeignKey(Handler, models.PROTECT, related_name="+")


class VolumeNotice(models.Model):
    """The notice of volume (件数予告) that goes ahead of the data."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    run = models.OneToOneField(Run, models.PROTECT, related_name="volume_notice")
    rows = models.PositiveIntegerField("件数")
    sheets = models.PositiveIntegerField("枚数")
    planned_on = models.DateField("引渡し予定日")
    office = models.CharField("差出人", max_length=60, blank=True, help_text="受診券に印字する部署名")
    telephone = models.CharField("問合せ先", max_length=20, blank=True, help_text="受診券に印字する電話番号")
    sent_at = models.DateTimeField("予告日時")
    sent_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")


class ReprintRequest(models.Model):
    """The printer asks for a spoiled sheet to be printed again; an officer approves it, or says why not."""

    class Decision(models.TextChoices):
        APPROVED = "approved", "承認"
        DECLINED = "declined", "不承認"

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    run = models.ForeignKey(Run, models.PROTECT, related_name="reprint_requests")
    code = models.CharField("汚損した帳票番号", max_length=20)
    reason = models.CharField("理由", max_length=200)
    requested_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField("申請日時")
    decision = models.CharField("判断", max_length=8, choices=Decision.choices, blank=True)
    remark = models.CharField("判断の理由", max_length=200, blank=True)
    decided_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("判断日時", null=True)
    sheet = models.OneToOneField(Sheet, models.PROTECT, null=True, related_name="+", verbose_name="新しい帳票")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "code"], condition=models.Q(decision=""), name="one_open_request_of_a_sheet"
            )
        ]


class GlyphQuestion(models.Model):
    """A character of a name or address that the fonts can't draw as it should be; somebody decides what to do."""

    class Decision(models.TextChoices):
        ACCEPT = "accept", "表示される字形でよい"
        INDIVIDUAL = "individual", "個別に作成する"

    items: ClassVar[Mapping[str, str]] = {"person": "name", "field": "name", "characters": "name"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "run", "problem", "decision", "decided_by", "decided_at"})

    run = models.ForeignKey(Run, models.CASCADE, related_name="glyph_questions")
    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    field = models.CharField("項目", max_length=20)
    characters = models.CharField("文字（符号位置）", max_length=200)
    problem = models.CharField("問題", max_length=200)
    decision = models.CharField("判断", max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.CharField("判断者", max_length=20, blank=True)
    decided_at = models.DateTimeField("判断日時", null=True)


class History(models.Model):
    """That a person took a test in a fiscal year (受診歴), and what came of it."""

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "person": "screening_history",
        "test": ("screening_history", "hepatitis_history"),
        "fiscal_year": "screening_history",
        "outcome": "screening_history",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id"})

    person = models.ForeignKey(Resident, models.PROTECT, related_name="+", db_index=False)
    test = models.CharField("検診", max_length=20)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    outcome = models.CharField("結果", max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "test", "fiscal_year"], name="one_test_a_year")
        ]


class OptOut(models.Model):
    """A person asked not to be sent vouchers (本人の申出)."""

    items: ClassVar[Mapping[str, str]] = {"person": "name"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "since", "until", "recorded_by"})

    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    since = models.DateField("開始日")
    until = models.DateField("終了日", null=True)
    recorded_by = models.CharField("記録者", max_length=20)


class AddressHold(models.Model):
    """Mail came back from this person's address; nothing goes there until it is lifted or the address changes."""

    items: ClassVar[Mapping[str, str]] = {"person": "name", "address_key": "address"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "since", "cause", "sheet", "lifted_at", "lifted_by"})

    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    address_key = models.CharField("住所の照合キー", max_length=200)
    since = models.DateField("開始日")
    cause = models.CharField("返戻の理由", max_length=100)
    sheet = models.ForeignKey(Sheet, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField("解除日時", null=True)
    lifted_by = models.CharField("解除者", max_length=20, blank=True)


class Exemption(models.Model):
    """自己負担免除 by prior application, for one fiscal year."""

    items: ClassVar[Mapping[str, str]] = {"person": "copayment"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "fiscal_year", "granted_on", "recorded_by"})

    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    fiscal_year = models.PositiveSmallIntegerField("年度")
    granted_on = models.DateField("承認日")
    recorded_by = models.CharField("記録者", max_length=20)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "fiscal_year"], name="one_exemption_a_year")]
