"""Who is asked in a round, by the items that the paper provides, and how that person comes in at the site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models
from django.db.models import Q

from azukari.people.models import Employment, Sex

from .rounds import Round


class Respondent(models.Model):
    """One member of staff in one round, as the handed list states them (③). ``by_paper``: cannot answer on the web."""

    items: ClassVar[Mapping[str, str]] = {
        "reference": "employee_number",
        "employee_number": "employee_number",
        "name": "name",
        "sex": "sex",
        "birth_date": "birth_date",
        "section": "affiliation",
        "grade": "equivalent_post",
        "job": "job_title",
        "employment": "job_title",
        "by_paper": "stress_result",
        "answered_at": "stress_result",
        "left_on": "affiliation",
    }
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "round"})

    round = models.ForeignKey(Round, models.PROTECT, related_name="respondents")
    reference = models.CharField("仮名の参照", max_length=32)
    employee_number = models.CharField("職員番号", max_length=20)
    name = models.TextField("氏名")
    sex = models.CharField("性別", max_length=8, choices=Sex.choices, blank=True)
    birth_date = models.DateField("生年月日", null=True)
    section = models.TextField("所属名", blank=True, help_text="上の組織から順に「／」で区切る")
    grade = models.TextField("相当職名", blank=True)
    job = models.TextField("職務名", blank=True)
    employment = models.CharField("任用区分", max_length=20, choices=Employment.choices, blank=True)
    by_paper = models.BooleanField("紙の調査票で回答", default=False)
    answered_at = models.DateTimeField("回答日時", null=True)
    left_on = models.DateField("退職日", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "reference"], name="stress_asked_once_a_round"),
            models.UniqueConstraint(fields=["round", "employee_number"], name="stress_number_once_a_round"),
        ]


class Invitation(models.Model):
    """A single-use code. Only its hash is kept; a new one voids the old one, and a used one opens nothing more."""

    class Kind(models.TextChoices):
        MAIL = "mail", "電子メール"
        SLIP = "slip", "印刷した案内"

    items: ClassVar[Mapping[str, str]] = {"code_hash": "login_credentials"}
    neutral: ClassVar[frozenset[str]] = frozenset(
        {"id", "respondent", "kind", "issued_by", "issued_at", "used_at", "voided_at", "tries"}
    )

    respondent = models.ForeignKey(Respondent, models.PROTECT, related_name="invitations")
    kind = models.CharField("渡し方", max_length=6, choices=Kind.choices)
    code_hash = models.CharField("招待コードのハッシュ値", max_length=64, unique=True)
    issued_by = models.CharField("発行者", max_length=20)
    issued_at = models.DateTimeField("発行日時")
    tries = models.PositiveSmallIntegerField("本人確認の失敗", default=0)
    used_at = models.DateTimeField("使用日時", null=True)
    voided_at = models.DateTimeField("無効にした日時", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["respondent"],
                condition=Q(used_at=None, voided_at=None),
                name="stress_one_invitation_is_open",
            )
        ]


class Login(models.Model):
    """What the person chose at the first visit, to come back on any device: the number of the staff and these words."""

    items: ClassVar[Mapping[str, str]] = {"passphrase": "login_credentials"}
    neutral: ClassVar[frozenset[str]] = frozenset(
        {"id", "respondent", "made_at", "tries", "locked_until", "generation"}
    )

    respondent = models.OneToOneField(Respondent, models.PROTECT, related_name="login")
    passphrase = models.CharField("合言葉のハッシュ値", max_length=256)
    made_at = models.DateTimeField("作成日時")
    tries = models.PositiveSmallIntegerField("失敗の回数", default=0)
    locked_until = models.DateTimeField("ロックの期限", null=True)
    generation = models.PositiveSmallIntegerField("世代", default=1, help_text="増やすと、開いている画面は閉じる")
