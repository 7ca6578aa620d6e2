"""What the screens themselves remember: saved filters, and long acts under way. Nothing of any resident."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from azukari.parties.models import Handler


class SavedFilter(models.Model):
    """A handler's own view of a table: its filters and order under a name. Filters hold neutral values only."""

    neutral: ClassVar = "*"

    handler = models.ForeignKey(Handler, models.CASCADE, related_name="+")
    page = models.CharField("表", max_length=40)
    name = models.CharField("名前", max_length=40)
    query = models.CharField("条件", max_length=500)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handler", "page", "name"], name="one_filter_of_a_name"),
        ]
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """One long act that somebody started: it goes on when the page is left. Its progress is in a file, not here."""

    class State(models.TextChoices):
        WAITING = "waiting", "順番待ち"
        RUNNING = "running", "処理中"
        DONE = "done", "完了"
        REFUSED = "refused", "できませんでした"
        FAILED = "failed", "異常終了"

    neutral: ClassVar = "*"

    key = models.CharField("番号", max_length=32, unique=True)
    act = models.CharField("処理", max_length=60)
    title = models.CharField("表題", max_length=120)
    arguments = models.JSONField("引数", default=dict)
    then = models.CharField("終わったあとの画面", max_length=200)
    state = models.CharField("状態", max_length=8, choices=State.choices, default=State.WAITING)
    message = models.TextField("結果", blank=True)
    started_by = models.ForeignKey(Handler, models.PROTECT, related_name="+")
    started_at = models.DateTimeField("受付日時")
    begun_at = models.DateTimeField("開始日時", null=True)
    ended_at = models.DateTimeField("終了日時", null=True)

    def __str__(self) -> str:
        return self.key
