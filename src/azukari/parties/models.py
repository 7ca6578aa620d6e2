"""Who acts: organisations, their certifications, their handlers (取扱者), and what role of a dossier they have."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    """What somebody signs in with. Whether it may act is decided by its handler, day by day."""

    first_password_until = models.DateTimeField("初回パスワードの期限", null=True)
    """Set while the password is one that somebody else was shown; it has to be changed before then."""


class SignInLock(models.Model):
    """Wrong tries under a name, and until when it is locked. In the database, because several processes count."""

    username = models.CharField("利用者名", max_length=150, unique=True)
    since = models.DateTimeField("数え始め")
    tries = models.PositiveSmallIntegerField("失敗の回数", default=0)
    until = models.DateTimeField("ロックの期限", null=True)


class Organisation(models.Model):
    class Type(models.TextChoices):
        WARD = "ward", "区"
        COMPANY = "company", "事業者"
        INSTITUTION = "institution", "医療機関等"

    key = models.SlugField("組織コード", max_length=40, unique=True)
    name = models.CharField("名称", max_length=120)
    type = models.CharField("種別", max_length=12, choices=Type.choices)
    age_recipient = models.CharField("age 公開鍵", max_length=80, blank=True)
    encoding = models.CharField("受け取る文字コード", max_length=12, default="utf-8-sig")
    signing_key = models.CharField("署名検証鍵", max_length=80, blank=True)
    institution_number = models.CharField("健診等機関番号", max_length=10, blank=True)

    def __str__(self) -> str:
        return self.name


class Certification(models.Model):
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="certifications")
    kind = models.CharField("認証", max_length=40)
    number = models.CharField("番号", max_length=40, blank=True)
    valid_until = models.DateField("有効期限", null=True)


class Appointment(models.Model):
    """Which organisation is the dossier's party: the printer of the paper is this company, this laboratory …"""

    programme = models.CharField("事業", max_length=40)
    party = models.CharField("付議書上の立場", max_length=40)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="appointments")
    valid_from = models.DateField("開始日")
    valid_until = models.DateField("終了日", null=True)
    grounds = models.CharField("選定の根拠", max_length=200, blank=True)
    recorded_by = models.CharField("記録者", max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "party", "organisation"], name="appointed_once"),
        ]


class Handler(models.Model):
    """A named person who acts for an organisation, from the day reported to the day removed."""

    class Role(models.TextChoices):
        OFFICER = "officer", "区職員"
        PRIVACY_OFFICER = "privacy_officer", "情報保護担当"
        AUDITOR = "auditor", "監査"
        HANDLER = "handler", "取扱者"
        RESPONSIBLE = "responsible", "取扱責任者"

    key = models.CharField("取扱者番号", max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="handlers")
    name = models.CharField("氏名", max_length=80)
    role = models.CharField("役割", max_length=20, choices=Role.choices)
    account = models.OneToOneField(Account, models.PROTECT, null=True, related_name="handler")
    reported_on = models.DateField("報告日")
    removed_on = models.DateField("解除日", null=True, help_text="この日から取り扱えない")

    def __str__(self) -> str:
        return self.name


class Training(models.Model):
    handler = models.ForeignKey(Handler, models.PROTECT, related_name="trainings")
    title = models.CharField("研修", max_length=120)
    taken_on = models.DateField("受講日")
