"""Tables of the access log, and the triggers that make them append-only."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import azukari.witness.models
from azukari.witness import append_only


def guard(apps: Any, schema_editor: Any) -> None:
    append_only.install(schema_editor.connection)


def unguard(apps: Any, schema_editor: Any) -> None:
    append_only.remove(schema_editor.connection)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", azukari.witness.models.RowNumber(primary_key=True, serialize=False, verbose_name="件数")),
                ("text", models.TextField(verbose_name="署名つきの時点")),
            ],
            options={
                "verbose_name": "署名した時点",
                "verbose_name_plural": "署名した時点",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("seq", azukari.witness.models.RowNumber(primary_key=True, serialize=False, verbose_name="受付番号")),
                ("recorded_at", models.DateTimeField(verbose_name="日時")),
                ("actor", models.TextField(verbose_name="取扱者")),
                ("party", models.TextField(verbose_name="組織")),
                ("programme", models.TextField(verbose_name="事業")),
                ("act", models.TextField(verbose_name="行為")),
                ("clause", models.TextField(verbose_name="別紙")),
                ("ruling", models.TextField(verbose_name="裁定")),
                ("items", models.TextField(verbose_name="情報項目")),
                ("persons", models.BigIntegerField(verbose_name="人数")),
                ("subjects_digest", models.TextField(verbose_name="対象者の要約値")),
                ("purpose", models.TextField(verbose_name="目的")),
                ("details", models.TextField(verbose_name="詳細")),
                ("leaf_hash", models.BinaryField(max_length=32, verbose_name="葉のハッシュ")),
                ("subjects_from", models.BigIntegerField(verbose_name="対象者の始まり")),
            ],
            options={
                "verbose_name": "アクセスログの記録",
                "verbose_name_plural": "アクセスログの記録",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TreeNode",
            fields=[
                ("position", azukari.witness.models.RowNumber(primary_key=True, serialize=False)),
                ("hash", models.BinaryField(max_length=32, verbose_name="ハッシュ")),
            ],
            options={
                "verbose_name": "木の節",
                "verbose_name_plural": "木の節",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Subject",
            fields=[
                ("position", azukari.witness.models.RowNumber(primary_key=True, serialize=False)),
                ("ref", models.BinaryField(max_length=16, verbose_name="対象者の参照")),
                ("seq", models.BigIntegerField(verbose_name="受付番号")),
            ],
            options={
                "verbose_name": "アクセスログの対象者",
                "verbose_name_plural": "アクセスログの対象者",
                "default_permissions": (),
                "indexes": [models.Index(fields=["ref", "seq"], name="witness_subject_ref_seq")],
            },
        ),
        migrations.RunPython(guard, unguard),
    ]
