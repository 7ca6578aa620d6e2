"""Residents, employees, their former names, the rosters that stated them, and releases of protected persons.

`items` names the item of each personal field and `neutral` lists the fields that say nothing of a person, so that a
check can demand of every field which of the two it is (law 2). Actors are kept as their handler's key, as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class ChangesetState(models.TextChoices):
    READ = "read", "読込済み"
    REVIEWED = "reviewed", "確認済み"
    COMMITTED = "committed", "確定済み"
    DISCARDED = "discarded", "破棄"


class RowStatus(models.TextChoices):
    NEW = "new", "新規"
    MOVED_IN = "moved_in", "転入・採用"
    CHANGED = "changed", "変更"
    UNCHANGED = "unchanged", "変更なし"
    MOVED_OUT = "moved_out", "転出・退職"
    DEAD = "dead", "死亡"
    NEWLY_PROTECTED = "newly_protected", "支援措置の開始"
    PROTECTION_LIFTED = "protection_lifted", "支援措置の終了"
    DUPLICATE = "duplicate", "番号の重複"
    REJECTED = "rejected", "取込不可"
    ABSENT = "absent", "名簿にない人"


class Sex(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class InsuranceKind(models.TextChoices):
    NATIONAL = "national", "国民健康保険"
    LATE_ELDERLY = "late_elderly", "後期高齢者医療"
    OTHER = "other", "その他の医療保険"


class Employment(models.TextChoices):
    REGULAR = "regular", "常勤職員"
    FISCAL_YEAR = "fiscal_year", "会計年度任用職員"
    REAPPOINTED = "reappointed", "再任用職員"
    FIXED_TERM = "fixed_term", "任期付職員"
    OTHER = "other", "その他"


class Changeset(models.Model):
    """One roster file on its way into the register: read, reviewed by a person, committed or discarded.

    `fields` are the fields the file had columns for, in order; `base` is the changeset that the register stood on
    when the file was compared with it; `counts` are numbers per status and per remark.
    """

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "kind",
            "state",
            "stated_on",
            "file_name",
            "sha256",
            "rows",
            "encoding",
            "fields",
            "counts",
            "base",
            "read_by",
            "read_at",
            "reviewed_by",
            "reviewed_at",
            "committed_by",
            "committed_at",
            "discarded_by",
            "discarded_at",
        ]
    )

    kind = models.CharField("名簿の種類", max_length=20)
    state = models.CharField("状態", max_length=12, choices=ChangesetState.choices, default=ChangesetState.READ)
    stated_on = models.DateField("名簿の基準日")
    file_name = models.CharField("ファイル名", max_length=255)
    sha256 = models.CharField("ファイルのハッシュ値", max_length=64)
    rows = models.PositiveIntegerField("件数")
    encoding = models.CharField("文字コード", max_length=20)
    fields = models.JSONField("名簿にある項目", default=list)
    counts = models.JSONField("内訳", default=dict)
    base = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="比べた名簿")
    read_by = models.CharField("読込者", max_length=64)
    read_at = models.DateTimeField("読込日時")
    reviewed_by = models.CharField("確認者", max_length=64, blank=True)
    reviewed_at = models.DateTimeField("確認日時", null=True)
    committed_by = models.CharField("確定者", max_length=64, blank=True)
    committed_at = models.DateTimeField("確定日時", null=True)
    discarded_by = models.CharField("破棄者", max_length=64, blank=True)
    discarded_at = models.DateTimeField("破棄日時", null=True)

    class Meta:
        verbose_name = "名簿の取込み"
        indexes: ClassVar = [models.Index(fields=["kind", "state"], name="people_changeset_kind_state")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "sha256"], condition=~Q(state="discarded"), name="people_same_roster_once"
            )
        ]

    def __str__(self) -> str:
        return f"名簿の取込み No.{self.pk}（{self.get_state_display()}）"


class StagedRow(models.Model):
    """One row of a roster that is neither new nor unchanged, before it is committed.

    Lines count from 1, the header being the first; 0 for the absent. `stated` holds the canonical values of the
    changeset's `fields`, joined by U+001F. `original` and `stated` are emptied when the changeset is committed.
    """

    # A staged line is the source's whole record of a person.
    items: ClassVar[Mapping[str, str]] = {
        "number": "resident_number",
        "original": "resident_register_information",
        "stated": "resident_register_information",
        "status": "resident_register_information",
        "protects": "protection_measure",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "changeset", "line", "field", "reason", "changed", "remarks"})

    changeset = models.ForeignKey(Changeset, models.CASCADE, related_name="staged", verbose_name="名簿の取込み")
    line = models.PositiveIntegerField("行")
    number = models.CharField("番号", max_length=20, blank=True)
    status = models.CharField("区分", max_length=20, choices=RowStatus.choices)
    field = models.CharField("項目", max_length=40, blank=True)
    reason = models.TextField("理由", blank=True)
    changed = models.TextField("変わった項目", blank=True)
    remarks = models.TextField("注意", blank=True)
    protects = models.BooleanField("支援措置を読み取った", default=False)
    original = models.TextField("元の行", blank=True)
    stated = models.TextField("読み取った値", blank=True)

    class Meta:
        verbose_name = "取込み待ちの行"

    @property
    def changed_fields(self) -> list[str]:
        return self.changed.split(",") if self.changed else []


class StagedPack(models.Model):
    """Up to some thousands of rows of a roster that are as expected, new or unchanged: see ``staging``."""

    items: ClassVar[Mapping[str, str]] = {"data": "resident_register_information"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "changeset"})

    changeset = models.ForeignKey(Changeset, models.CASCADE, related_name="packs", verbose_name="名簿の取込み")
    data = models.BinaryField("行（Arrow）")

    class Meta:
        verbose_name = "取込み待ちの行のまとまり"


class Person(models.Model):
    """What residents and employees have in common. `roster` is the changeset that last stated the person."""

    number = models.CharField("番号", max_length=20, unique=True)
    name = models.TextField("氏名", blank=True)
    kana = models.TextField("氏名カナ", blank=True)
    birth = models.CharField("生年月日", max_length=10, help_text="不明な月日は 00")
    birth_date = models.DateField("生年月日（日付）", null=True)
    sex = models.CharField("性別", max_length=8, choices=Sex.choices, blank=True)
    name_key = models.TextField("氏名の検索キー", blank=True, db_index=True)
    kana_key = models.TextField("カナの検索キー", blank=True, db_index=True)
    reference = models.CharField("仮名の参照", max_length=32, db_index=True)
    roster = models.ForeignKey(Changeset, models.PROTECT, db_index=False, related_name="+", verbose_name="最後の名簿")

    class Meta:
        abstract = True


class Resident(Person):
    """A resident as the last roster that named them states."""

    items: ClassVar[Mapping[str, str]] = {
        "number": "resident_number",
        "household": "household_number",
        "name": "name",
        "kana": "name_kana",
        "latin_name": "name_romaji",
        "alias_name": "common_name",
        "former_name": "former_name",
        "birth": "birth_date",
        "birth_date": "birth_date",
        "sex": "sex",
        "postal_code": "postal_code",
        "address": "address",
        "address_extra": "address_supplement",
        "phone": "phone",
        "foreign": "foreigner_class",
        "insurance_kind": "insurance_class",
        "insurance_symbol_number": "insurance_symbol_number",
        "welfare": "welfare_receipt",
        "became_resident_on": "moved_in_on",
        "moved_out_on": "moved_out_on",
        "died_on": "died_on",
        "protected": "protection_measure",
        # Derived from the above, so as personal as these.
        "name_key": "name",
        "kana_key": "name_kana",
        "latin_key": "name_romaji",
        "alias_key": "common_name",
        "reference": "resident_number",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "roster"})

    household = models.CharField("世帯番号", max_length=20, blank=True)
    latin_name = models.TextField("ローマ字氏名", blank=True)
    alias_name = models.TextField("通称", blank=True)
    former_name = models.TextField("旧氏", blank=True)
    postal_code = models.CharField("郵便番号", max_length=7, blank=True)
    address = models.TextField("住所", blank=True)
    address_extra = models.TextField("方書", blank=True)
    phone = models.CharField("電話番号", max_length=40, blank=True)
    foreign = models.BooleanField("外国人住民", default=False)
    insurance_kind = models.CharField("保険区分", max_length=20, choices=InsuranceKind.choices, blank=True)
    insurance_symbol_number = models.TextField("被保険者証等記号番号", blank=True)
    welfare = models.BooleanField("生活保護", default=False)
    became_resident_on = models.DateField("住民となった日", null=True)
    moved_out_on = models.DateField("転出日", null=True)
    died_on = models.DateField("死亡日", null=True)
    protected = models.BooleanField("支援措置", default=False)
    latin_key = models.TextField("ローマ字の検索キー", blank=True)
    alias_key = models.TextField("通称の検索キー", blank=True)

    class Meta:
        verbose_name = "住民"
        indexes: ClassVar = [
            models.Index(
                fields=["latin_key"],
                opclasses=["text_pattern_ops"],
                condition=~Q(latin_key=""),
                name="people_resident_latin_key",
            ),
            models.Index(
                fields=["alias_key"],
                opclasses=["text_pattern_ops"],
                condition=~Q(alias_key=""),
                name="people_resident_alias_key",
            ),
            models.Index(fields=["number"], condition=Q(protected=True), name="people_resident_protected"),
        ]

    def __str__(self) -> str:
        return f"住民 No.{self.pk}"

    @property
    def registered_name(self) -> str:
        """The name a paper is held against: 氏名, else 通称, else ローマ字氏名."""
        return self.name or self.alias_name or self.latin_name

    @property
    def addressed_as(self) -> str:
        """The name a letter is addressed to: 通称 where the person has one, else 氏名, else ローマ字氏名."""
        return self.alias_name or self.name or self.latin_name


class Employee(Person):
    """An employee of the ward as the last roster that named them states."""

    items: ClassVar[Mapping[str, str]] = {
        "number": "employee_number",
        "name": "name",
        "kana": "name_kana",
        "birth": "birth_date",
        "birth_date": "birth_date",
        "sex": "sex",
        "section": "affiliation",
        "grade": "equivalent_post",
        "job": "job_title",
        "employment": "employment_class",
        "joined_on": "hired_on",
        "left_on": "retired_on",
        "name_key": "name",
        "kana_key": "name_kana",
        "reference": "employee_number",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "roster"})

    section = models.TextField("所属名", blank=True)
    grade = models.TextField("相当職名", blank=True)
    job = models.TextField("職務名", blank=True)
    employment = models.CharField("任用区分", max_length=20, choices=Employment.choices, blank=True)
    joined_on = models.DateField("採用日", null=True)
    left_on = models.DateField("退職日", null=True)

    class Meta:
        verbose_name = "職員"

    def __str__(self) -> str:
        return f"職員 No.{self.pk}"


class NameHistory(models.Model):
    """A name that a roster replaced. `until` is the date of the roster that brought the next name.

    The person is named by kind and number, as residents and employees share this table.
    """

    items: ClassVar[Mapping[str, str]] = {
        "number": "resident_number",
        "name": "name_history",
        "kana": "name_history",
        "latin_name": "name_history",
        "alias_name": "name_history",
        "name_key": "name_history",
        "kana_key": "name_history",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "kind", "until", "roster"})

    kind = models.CharField("名簿の種類", max_length=20)
    number = models.CharField("番号", max_length=20)
    name = models.TextField("氏名", blank=True)
    kana = models.TextField("氏名カナ", blank=True)
    latin_name = models.TextField("ローマ字氏名", blank=True)
    alias_name = models.TextField("通称", blank=True)
    name_key = models.TextField("氏名の検索キー", blank=True, db_index=True)
    kana_key = models.TextField("カナの検索キー", blank=True, db_index=True)
    until = models.DateField("次の氏名が示された基準日")
    roster = models.ForeignKey(Changeset, models.PROTECT, related_name="+", verbose_name="次の氏名を示した名簿")

    class Meta:
        verbose_name = "氏名の履歴"
        indexes: ClassVar = [models.Index(fields=["kind", "number"], name="people_namehistory_person")]


class ProtectedRelease(models.Model):
    """A named officer's decision to let one protected person be in one programme's lists, approved by another."""

    items: ClassVar[Mapping[str, str]] = {"resident": "protection_measure", "reason": "protection_measure"}
    neutral: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "programme",
            "purpose",
            "by",
            "requested_at",
            "approved_by",
            "approved_at",
            "valid_until",
            "revoked_by",
            "revoked_at",
        ]
    )

    resident = models.ForeignKey(Resident, models.PROTECT, related_name="releases", verbose_name="住民")
    programme = models.CharField("事業", max_length=40)
    purpose = models.TextField("目的")
    reason = models.TextField("理由")
    by = models.CharField("申請者", max_length=64)
    requested_at = models.DateTimeField("申請日時")
    approved_by = models.CharField("承認者", max_length=64, blank=True)
    approved_at = models.DateTimeField("承認日時", null=True)
    valid_until = models.DateField("有効期限")
    revoked_by = models.CharField("取消者", max_length=64, blank=True)
    revoked_at = models.DateTimeField("取消日時", null=True)

    class Meta:
        verbose_name = "支援措置対象者の個別の許可"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(approved_by=F("by")),
                name="people_release_by_a_second_person",
                violation_error_message="申請した人とは別の人が承認してください。",
            )
        ]
