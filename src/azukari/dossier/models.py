"""What was submitted, approved, ruled and renewed. The text that was approved is kept with its hash."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Version(models.Model):
    """One version of a programme's dossier (付議書の版). Its state on a day follows from its dates."""

    programme = models.CharField("事業", max_length=40)
    version = models.CharField("版", max_length=20)
    canonical = models.TextField("正規化した本文")
    canonical_hash = models.CharField("ハッシュ値", max_length=64)
    drafted_by = models.CharField("作成者", max_length=20)
    drafted_at = models.DateTimeField("作成日時")
    submitted_by = models.CharField("付議者", max_length=20, blank=True)
    submitted_at = models.DateTimeField("付議日時", null=True)
    approved_by = models.CharField("承認者", max_length=20, blank=True)
    approved_at = models.DateTimeField("承認日時", null=True)
    in_force_from = models.DateField("効力発生日", null=True)
    in_force_until = models.DateField("失効日", null=True)

    class Meta:
        verbose_name = "付議書の版"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "version"], name="one_version_of_a_programme"),
            models.CheckConstraint(
                condition=models.Q(approved_at__isnull=True) | ~models.Q(approved_by=models.F("submitted_by")),
                name="approved_by_a_second_person",
                violation_error_message="付議した人とは別の人が承認してください。",
            ),
        ]


class Ruling(models.Model):
    """The privacy officer's ruling on a finding (疑義の裁定): which text governs, why, until when."""

    key = models.CharField("裁定番号", max_length=40, unique=True)
    programme = models.CharField("事業", max_length=40)
    finding = models.CharField("指摘", max_length=120)
    governs = models.TextField("優先する記載")
    why = models.TextField("理由")
    grants = models.JSONField("認める範囲")
    ruled_by = models.CharField("裁定者", max_length=20)
    ruled_at = models.DateTimeField("裁定日時")
    effective_on = models.DateField("適用開始日")
    until = models.DateField("期限")
    withdrawn_at = models.DateTimeField("取消日時", null=True)
    withdrawn_by = models.CharField("取消者", max_length=20, blank=True)


class Renewal(models.Model):
    """A year's renewal of clauses (次年度以降の更新), recorded as an act."""

    programme = models.CharField("事業", max_length=40)
    clause = models.CharField("別紙", max_length=60)
    fiscal_year = models.PositiveSmallIntegerField("更新年度")
    recorded_on = models.DateField("記録日")
    recorded_by = models.CharField("記録者", max_length=20)
    remark = models.TextField("備考", blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["programme", "clause", "fiscal_year"], name="one_renewal_a_year"),
        ]
