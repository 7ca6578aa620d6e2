"""What was handed to whom, what they still hold, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from azukari.parties.models import Handler, Organisation


class Handover(models.Model):
    """One handover (受渡し) of one package of N persons from one organisation to another."""

    class State(models.TextChoices):
        PREPARED = "prepared", "準備済"
        SEALED = "sealed", "封済"
        RELEASED = "released", "放出済"
        ACKNOWLEDGED = "acknowledged", "受領確認済"
        REFUSED = "refused", "受領拒否（不一致）"
        RETURNED = "returned", "返却済"
        ERASED = "erased", "消去済"
        CERTIFIED = "certified", "証明書確認済"
        WITHDRAWN = "withdrawn", "取下げ"

    number = models.CharField("受渡番号", max_length=40, unique=True)
    programme = models.CharField("事業", max_length=40)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    dossier_version = models.CharField("付議書の版", max_length=20)
    dossier_hash = models.CharField("付議書のハッシュ値", max_length=64)
    step = models.CharField("流れの番号", max_length=20)
    clause = models.CharField("根拠", max_length=60)
    rulings = models.JSONField("裁定", default=list)
    direction = models.CharField("方向", max_length=12)
    items = models.JSONField("情報項目")
    columns = models.JSONField("列")
    item_group = models.CharField("項目の区分", max_length=40)
    medium = models.CharField("媒体", max_length=20)
    purpose = models.CharField("目的", max_length=200)
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="sent")
    receiver = models.ForeignKey(Organisation, models.PROTECT, related_name="received")
    receiver_party = models.CharField("付議書上の受け手", max_length=40)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="passed_on")
    persons = models.PositiveIntegerField("人数")
    rows = models.PositiveIntegerField("件数")
    sheets = models.PositiveIntegerField("枚数", default=0)
    encoding = models.CharField("文字コード", max_length=12, default="utf-8-sig")
    escape = models.CharField("数式を無害にする印", max_length=1, default="'", blank=True)
    digest = models.CharField("データのハッシュ値", max_length=64)
    package_name = models.CharField("ファイル名", max_length=80, blank=True)
    package_sha256 = models.CharField("ファイルのハッシュ値", max_length=64, blank=True)
    sealing = models.CharField("封の方法", max_length=12, blank=True)
    state = models.CharField("状態", max_length=12, choices=State.choices, default=State.PREPARED)
    prepared_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField("準備日時")
    sealed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    sealed_at = models.DateTimeField("封の日時", null=True)
    released_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField("放出日時", null=True)
    delivered_at = models.DateTimeField("送達日時", null=True)
    acknowledged_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")
    acknowledged_at = models.DateTimeField("受領日時", null=True)
    override_reason = models.TextField("期限超過中の放出の理由", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(released_by__isnull=True)
                | (~models.Q(released_by=models.F("prepared_by")) & ~models.Q(released_by=models.F("sealed_by"))),
                name="released_by_another_person",
                violation_error_message="準備した人・封をした人とは別の人が放出してください。",
            ),
        ]

    def __str__(self) -> str:
        return self.number


TRANSITIONS = {
    Handover.State.PREPARED: {Handover.State.SEALED, Handover.State.WITHDRAWN},
    Handover.State.SEALED: {Handover.State.RELEASED, Handover.State.WITHDRAWN},
    Handover.State.RELEASED: {Handover.State.ACKNOWLEDGED, Handover.State.REFUSED},
    Handover.State.REFUSED: {Handover.State.ACKNOWLEDGED, Handover.State.RETURNED, Handover.State.ERASED},
    Handover.State.ACKNOWLEDGED: {Handover.State.RETURNED, Handover.State.ERASED},
    Handover.State.RETURNED: {Handover.State.ERASED, Handover.State.CERTIFIED},
    Handover.State.ERASED: {Handover.State.CERTIFIED},
    Handover.State.CERTIFIED: set(),
    Handover.State.WITHDRAWN: set(),
}
"""From state to the states that may follow. docs/reference/states.md is generated from this table."""

HELD = (Handover.State.RELEASED, Handover.State.ACKNOWLEDGED, Handover.State.REFUSED)
"""States in which the receiver holds a copy."""
READABLE = (Handover.State.ACKNOWLEDGED,)


class HandedPerson(models.Model):
    """Who was in a handover, by pseudonymous reference (law 3). Erased with the handover."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="people")
    reference = models.CharField("仮名参照", max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["reference", "handover"], name="handed_person_by_reference")]


class Holding(models.Model):
    """The handed rows as the receiver may read them here, sealed with the package's own key."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="holdings")
    part = models.PositiveIntegerField("部分")
    sealed = models.BinaryField("暗号化した行")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "part"], name="one_part_of_a_handover")]


class Attachment(models.Model):
    """A report that goes in a handover's package beside its data, sealed with the package's own key."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="attachments")
    name = models.CharField("ファイル名", max_length=20)
    title = models.CharField("文書名", max_length=80)
    sha256 = models.CharField("ハッシュ値", max_length=64)
    size = models.PositiveIntegerField("大きさ")
    sealed = models.BinaryField("暗号化した文書")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "name"], name="one_document_of_a_name")]


class Delivery(models.Model):
    """One occasion on which something was handed over: the package, or the notice with its password, never both."""

    class What(models.TextChoices):
        PACKAGE = "package", "データ"
        PASSWORD = "password", "パスワード通知書"

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="deliveries")
    what = models.CharField("渡したもの", max_length=10, choices=What.choices)
    occasion = models.CharField("機会", max_length=80)
    at = models.DateTimeField("日時")
    by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    to = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handover", "occasion"], name="package_and_password_apart"),
            models.UniqueConstraint(fields=["handover", "what"], name="delivered_once"),
        ]


class RegisterEntry(models.Model):
    """One line of the register (管理簿): when, who handed, who took, what, how many. Corrections are entries."""

    at = models.DateTimeField("日時")
    act = models.CharField("区分", max_length=20)
    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="register")
    programme = models.CharField("事業", max_length=40)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    giver = models.CharField("渡した側", max_length=40)
    giver_handler = models.CharField("渡した取扱者", max_length=20, blank=True)
    taker = models.CharField("受けた側", max_length=40)
    taker_handler = models.CharField("受けた取扱者", max_length=20, blank=True)
    what = models.TextField("情報の内容")
    persons = models.PositiveIntegerField("人数")
    rows = models.PositiveIntegerField("件数", default=0)
    sheets = models.PositiveIntegerField("枚数", default=0)
    medium = models.CharField("媒体", max_length=20)
    remark = models.TextField("備考", blank=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")


class Posting(models.Model):
    """One leg of a double entry. The legs of one register line sum to zero in persons and in sheets."""

    entry = models.ForeignKey(RegisterEntry, models.PROTECT, related_name="postings")
    account = models.CharField("勘定", max_length=40)
    programme = models.CharField("事業", max_length=40)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    item_group = models.CharField("項目の区分", max_length=40)
    medium = models.CharField("媒体", max_length=20)
    persons = models.BigIntegerField("人数")
    sheets = models.BigIntegerField("枚数")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["programme", "account"], name="posting_by_account")]


class Obligation(models.Model):
    """What a receiver still owes by a day: acknowledgement, return or erasure, certificate."""

    class Kind(models.TextChoices):
        ACKNOWLEDGE = "acknowledge", "受領の確認"
        CLEAR = "clear", "返却又は消去"
        CERTIFY = "certify", "消去証明書の提出"

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="obligations")
    kind = models.CharField("義務", max_length=12, choices=Kind.choices)
    due_on = models.DateField("期限")
    met_at = models.DateTimeField("履行日時", null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["handover", "kind"], name="one_obligation_of_a_kind")]


class Discrepancy(models.Model):
    """Something did not match. Open until somebody of the ward settles it with words."""

    handover = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="discrepancies")
    programme = models.CharField("事業", max_length=40)
    found_at = models.DateTimeField("発見日時")
    found_by = models.CharField("発見者", max_length=20)
    expected = models.TextField("予定")
    found = models.TextField("実際")
    settled_at = models.DateTimeField("解決日時", null=True)
    settled_by = models.CharField("解決者", max_length=20, blank=True)
    settlement = models.TextField("解決の内容", blank=True)


class Certificate(models.Model):
    """Erasure certificate (消去証明書): counts and hashes, not names, and what it cannot reach."""

    number = models.CharField("証明書番号", max_length=40, unique=True)
    handover = models.OneToOneField(Handover, models.PROTECT, related_name="certificate")
    persons = models.PositiveIntegerField("人数")
    rows = models.PositiveIntegerField("件数")
    sheets = models.PositiveIntegerField("枚数")
    digest = models.CharField("データのハッシュ値", max_length=64)
    package_sha256 = models.CharField("ファイルのハッシュ値", max_length=64, blank=True)
    method = models.TextField("方法")
    beyond_reach = models.TextField("及ばない範囲")
    erased_at = models.DateTimeField("消去日時")
    issued_at = models.DateTimeField("発行日時")
    issued_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    checkpoint = models.TextField("ログの検証点")
    confirmed_at = models.DateTimeField("区の確認日時", null=True)
    confirmed_by = models.ForeignKey(Handler, models.PROTECT, null=True, related_name="+")


class Closing(models.Model):
    """A year closed with every contractor's balance at zero."""

    programme = models.CharField("事業", max_length=40)
    fiscal_year = models.PositiveSmallIntegerField("年度")
    closed_at = models.DateTimeField("締めた日時")
    closed_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    handovers = models.PositiveIntegerField("受渡し件数")
    certificates = models.PositiveIntegerField("証明書件数")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["programme", "fiscal_year"], name="closed_once")]


class Serial(models.Model):
    """The last number given out in a series, e.g. handovers of FY2025."""

    series = models.CharField("連番の種類", max_length=40, unique=True)
    last = models.PositiveBigIntegerField("最後の番号", default=0)


class Reply(models.Model):
    """A file that answered a handover between two instances: acknowledgement, return, certificate. Taken once."""

    number = models.CharField("番号", max_length=40)
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    handover = models.ForeignKey(Handover, models.PROTECT, related_name="replies")
    kind = models.CharField("種類", max_length=20)
    sha256 = models.CharField("ファイルのハッシュ値", max_length=64)
    outgoing = models.BooleanField("こちらから送った", default=False)
    at = models.DateTimeField("日時")
    by = models.ForeignKey(Handler, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sender", "number"], name="reply_taken_once")]
