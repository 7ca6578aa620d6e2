"""Who came with a voucher, what was ordered, what was delivered row by row, and the result that stands.

``items`` names each personal field's item of the paper (law 2). A result's raw code is kept as it was delivered beside
what it comes to; a correction is a new result, and the old one says which replaced it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.custody.models import Handover
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Resident

from .mailing import Voucher

RESULT_ITEMS = ("checkup_result", "screening_result")


class Visit(models.Model):
    """One person came to an institution with a voucher (⑨). ``handover``: under which it may see the person."""

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "voucher": "voucher_number",
        "reference": "examinee_number",
        "visited_on": RESULT_ITEMS,
        "consented_at": "interview_result",
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "organisation",
            "handover",
            "recorded_by",
            "recorded_at",
            "sheet_number",
            "cancelled_at",
            "cancelled_why",
        ]
    )

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="visits")
    reference = models.CharField("仮名参照", max_length=32)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="医療機関")
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="+")
    visited_on = models.DateField("受診日")
    consented_at = models.DateTimeField("本人の同意", null=True, help_text="結果を区に報告することへの同意")
    sheet_number = models.CharField("結果票番号", max_length=12, blank=True, help_text="紙の結果票に付けた番号")
    recorded_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField("記録日時")
    cancelled_at = models.DateTimeField("取消日時", null=True)
    cancelled_why = models.CharField("取消の理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["voucher", "organisation", "visited_on"],
                condition=Q(cancelled_at=None),
                name="one_visit_a_day",
            )
        ]


class VisitTest(models.Model):
    """A test taken at a visit. A voucher pays for each test once: the second one anywhere is refused."""

    class State(models.TextChoices):
        TAKEN = "taken", "結果待ち"
        REPORTED = "reported", "結果を報告済"
        CANCELLED = "cancelled", "取消"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "voucher": "voucher_number",
        "test": RESULT_ITEMS,
        "fee": "copayment",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "visit", "state"})

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="tests")
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="+")
    test = models.CharField("検診", max_length=20)
    fee = models.PositiveIntegerField("自己負担額（円）")
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.TAKEN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["voucher", "test"], condition=~Q(state="cancelled"), name="a_voucher_pays_for_a_test_once"
            )
        ]


class LaboratoryOrder(models.Model):
    """A specimen sent to the laboratory, known there by this number, the name, the birth date and the sex (⑩ ⑪)."""

    class State(models.TextChoices):
        ORDERED = "ordered", "依頼済"
        REPORTED = "reported", "結果あり"
        UNFIT = "unfit", "検体不適"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "visit": "name",
        "reference": "examinee_number",
        "specimen": RESULT_ITEMS,
        "result": RESULT_ITEMS,
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "number", "handover", "state", "ordered_by", "ordered_at", "reported_by", "reported_at"]
    )

    number = models.CharField("検体番号", max_length=20, unique=True)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="orders")
    reference = models.CharField("仮名参照", max_length=32)
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="+")
    specimen = models.CharField("検体", max_length=20)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.ORDERED)
    result = models.CharField("検査結果", max_length=200, blank=True)
    ordered_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField("依頼日時")
    reported_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField("報告日時", null=True)


class ResultBatch(models.Model):
    """Results delivered together: a file, or what an institution typed in. rows = accepted + rejected + outstanding."""

    class Kind(models.TextChoices):
        CSV = "csv", "結果CSV"
        XML = "xml", "健診XML（hc08）"
        TYPED = "typed", "医療機関の入力"

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    kind = models.CharField("種類", max_length=6, choices=Kind.choices)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="納めた組織")
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="+")
    sha256 = models.CharField("ハッシュ値", max_length=64)
    rows = models.PositiveIntegerField("件数")
    received_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    received_at = models.DateTimeField("受領日時")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sha256"], condition=~Q(kind="typed"), name="a_file_is_taken_once")
        ]


class ResultRow(models.Model):
    """One delivered row, whatever became of it. ``stated``: its cells as delivered; ``problems``: of result_checks."""

    class State(models.TextChoices):
        OUTSTANDING = "outstanding", "確認待ち"
        ACCEPTED = "accepted", "採用"
        REJECTED = "rejected", "不採用"

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "voucher": "voucher_number",
        "test": RESULT_ITEMS,
        "stated": (*RESULT_ITEMS, "interview_result", "name", "birth_date", "voucher_number"),
        "corrected": (*RESULT_ITEMS, "voucher_number"),
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "batch", "line", "state", "problems", "reason", "settled_by", "settled_at"]
    )

    batch = models.ForeignKey(ResultBatch, models.PROTECT, related_name="lines")
    line = models.PositiveIntegerField("行")
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, related_name="+")
    test = models.CharField("検診", max_length=20, blank=True)
    stated = models.TextField("納められた内容（JSON）")
    corrected = models.TextField("直した内容（JSON）", blank=True)
    problems = models.CharField("問題", max_length=500, blank=True, help_text="空白で区切った記号")
    state = models.CharField("状態", max_length=12, choices=State.choices, default=State.OUTSTANDING)
    reason = models.CharField("理由", max_length=200, blank=True)
    settled_by = models.CharField("処理者", max_length=20, blank=True)
    settled_at = models.DateTimeField("処理日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "line"], name="a_line_once"),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""),
                name="rejected_with_a_reason",
                violation_error_message="不採用とする理由を書いてください。",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["batch", "state"], name="result_row_by_state")]


class TestResult(models.Model):
    """The result of one test of one person in one year. ``replaced_by``: the correction that stands instead."""

    __test__ = False

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "person": "name",
        "voucher": "voucher_number",
        "test": RESULT_ITEMS,
        "examined_on": RESULT_ITEMS,
        "institution": RESULT_ITEMS,
        "raw": RESULT_ITEMS,
        "outcome": RESULT_ITEMS,
        "needs_work_up": RESULT_ITEMS,
        "fee": "copayment",
        "values": RESULT_ITEMS,
        "first": "screening_history",
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "fiscal_year", "row", "accepted_by", "accepted_at", "replaced_by", "withdrawn_at", "withdrawn_why"]
    )

    person = models.ForeignKey(Resident, models.PROTECT, related_name="+")
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="results")
    test = models.CharField("検診", max_length=20)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    examined_on = models.DateField("受診日")
    institution = models.CharField("健診等機関番号", max_length=10)
    raw = models.CharField("判定（納められた記号）", max_length=40)
    outcome = models.CharField("判定", max_length=16)
    fee = models.PositiveIntegerField("自己負担額（円）", default=0)
    needs_work_up = models.BooleanField("要精検")
    values = models.TextField("検査値（JSON）", blank=True)
    first = models.BooleanField("初回", null=True, help_text="過去3年に受診歴がない")
    row = models.OneToOneField(ResultRow, models.PROTECT, related_name="result")
    accepted_by = models.CharField("採用者", max_length=20)
    accepted_at = models.DateTimeField("採用日時")
    replaced_by = models.OneToOneField("self", models.PROTECT, null=True, related_name="replaces")
    withdrawn_at = models.DateTimeField("取下げ日時", null=True)
    withdrawn_why = models.CharField("取下げの理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "test", "fiscal_year"],
                condition=Q(replaced_by=None, withdrawn_at=None),
                name="one_standing_result_of_a_test",
            )
        ]
        indexes: ClassVar = [models.Index(fields=["fiscal_year", "test"], name="test_result_by_test")]


class Statement(models.Model):
    """What one institution is paid for one month's tests: worked out by one person, approved by another (law 6)."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    institution = models.CharField("健診等機関番号", max_length=10)
    month = models.DateField("月（初日）")
    edition = models.PositiveSmallIntegerField("版")
    lines = models.JSONField("明細（件数と金額）")
    total = models.IntegerField("差引支払額（円）")
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("作成日時")
    approved_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField("承認日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["institution", "month", "edition"], name="one_edition_of_a_statement"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=models.F("prepared_by")),
                name="statement_approved_by_another",
                violation_error_message="作成した人とは別の人が承認してください。",
            ),
        ]


class BilledTest(models.Model):
    """The ledger of the statements: one result billed (``sign`` +1) or taken back (−1), at the price of its day."""

    items: ClassVar[Mapping[str, str | tuple[str, ...]]] = {
        "result": RESULT_ITEMS,
        "test": RESULT_ITEMS,
        "examined_on": RESULT_ITEMS,
        "copayment": "copayment",
    }
    neutral: ClassVar[frozenset[str]] = frozenset(
        ["id", "statement", "institution", "method", "unit_price", "tax_percent", "sign"]
    )

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="billed")
    result = models.ForeignKey(TestResult, models.PROTECT, related_name="billed")
    institution = models.CharField("健診等機関番号", max_length=10)
    test = models.CharField("検診", max_length=20)
    method = models.CharField("方法", max_length=20, blank=True)
    examined_on = models.DateField("受診日")
    copayment = models.IntegerField("自己負担額（円）")
    unit_price = models.IntegerField("単価（円）")
    tax_percent = models.IntegerField("税率（％）")
    sign = models.SmallIntegerField("請求（1）・取消（−1）")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sign__in=[1, -1]), name="billed_or_taken_back"),
        ]
