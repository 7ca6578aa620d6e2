"""What a person answered: kept while answering, fixed once sent. Only the person's key in the vault opens it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from django.db import models

from azukari.custody.models import Handover

from .people import Respondent
from .rounds import Round


class Draft(models.Model):
    """Answers on their way. ``revision`` counts the savings, so that a second tab cannot write over the first."""

    items: ClassVar[Mapping[str, str]] = {"sealed": "stress_answers"}
    neutral: ClassVar[frozenset[str]] = frozenset({"id", "respondent", "revision", "saved_at"})

    respondent = models.OneToOneField(Respondent, models.PROTECT, related_name="draft")
    sealed = models.BinaryField("暗号化した回答")
    revision = models.PositiveIntegerField("保存の回数", default=1)
    saved_at = models.DateTimeField("保存日時")


class AnswerSheet(models.Model):
    """The answers as sent. One per person and round: the database refuses a second, whichever way it comes."""

    class Way(models.TextChoices):
        WEB = "web", "ウェブ"
        PAPER = "paper", "紙の調査票"

    items: ClassVar[Mapping[str, str]] = {"sealed": "stress_answers"}
    neutral: ClassVar[frozenset[str]] = frozenset(
        {"id", "respondent", "way", "instrument", "sent_at", "revision", "reopened_at", "reopened_by", "reopened_why"}
    )

    respondent = models.OneToOneField(Respondent, models.PROTECT, related_name="answer")
    sealed = models.BinaryField("暗号化した回答")
    way = models.CharField("回答の方法", max_length=6, choices=Way.choices)
    instrument = models.CharField("調査票", max_length=20)
    sent_at = models.DateTimeField("送信日時")
    revision = models.PositiveSmallIntegerField("版", default=1)
    reopened_at = models.DateTimeField("訂正を認めた日時", null=True, help_text="実施者が、本人の求めで")
    reopened_by = models.CharField("訂正を認めた実施者", max_length=20, blank=True)
    reopened_why = models.CharField("訂正を認めた理由", max_length=200, blank=True)


class PaperForm(models.Model):
    """A questionnaire on paper, by its number: counted out to one person, counted in with a batch (④), or lost."""

    items: ClassVar[Mapping[str, str]] = {}
    neutral: ClassVar = "*"

    round = models.ForeignKey(Round, models.PROTECT, related_name="forms")
    number = models.CharField("調査票番号", max_length=20)
    respondent = models.ForeignKey(Respondent, models.PROTECT, related_name="forms")
    issued_by = models.CharField("渡した人", max_length=20)
    issued_at = models.DateTimeField("渡した日時")
    batch = models.ForeignKey(Handover, models.PROTECT, null=True, related_name="+", verbose_name="受領した束")
    voided_at = models.DateTimeField("無効にした日時", null=True)
    void_reason = models.CharField("無効にした理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "number"], name="stress_form_number_once"),
            models.UniqueConstraint(
                fields=["respondent"], condition=models.Q(voided_at=None), name="stress_one_form_a_person"
            ),
        ]
