"""A counted sheet of paper, and what each person keyed from it (sealed)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from azukari.custody.models import Handover
from azukari.parties.models import Handler


class PaperSheet(models.Model):
    """One sheet of a paper handover, known by the number written on it. sheets = keyed + unreadable, in the end."""

    class State(models.TextChoices):
        WAITING = "waiting", "未入力"
        ONCE = "once", "1回目を入力済"
        DIFFERS = "differs", "不一致（3回目の確認待ち）"
        KEYED = "keyed", "入力済"
        UNREADABLE = "unreadable", "読めないため返却"

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="paper_sheets")
    number = models.CharField("結果票番号", max_length=20)
    reference = models.CharField("仮名参照", max_length=32)
    state = models.CharField("状態", max_length=10, choices=State.choices, default=State.WAITING)
    differs_in = models.CharField("一致しない欄", max_length=400, blank=True)
    unreadable_why = models.CharField("読めない理由", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handover", "number"], name="a_sheet_number_once"),
            models.CheckConstraint(
                condition=~models.Q(state="unreadable") | ~models.Q(unreadable_why=""),
                name="unreadable_with_a_reason",
                violation_error_message="読めない理由を書いてください。",
            ),
        ]


class Keying(models.Model):
    """What one person keyed from a sheet: rounds 1 and 2, and 3 where they differed. Nobody keys a sheet twice."""

    sheet = models.ForeignKey(PaperSheet, models.CASCADE, related_name="keyings")
    round = models.PositiveSmallIntegerField("回")
    sealed = models.BinaryField("暗号化した入力")
    by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    at = models.DateTimeField("日時")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "round"], name="a_round_once"),
            models.UniqueConstraint(
                fields=["sheet", "by"],
                name="keyed_by_different_people",
                violation_error_message="同じ結果票を、同じ人が二度入力することはできません。",
            ),
        ]
