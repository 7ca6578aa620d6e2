"""Indexes for reading the log: by day, by act, by actor, by organisation, by programme. No row is touched."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("witness", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["recorded_at"], name="witness_entry_recorded_at")
        ),
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["act", "seq"], name="witness_entry_act_seq")
        ),
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["actor", "seq"], name="witness_entry_actor_seq")
        ),
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["party", "seq"], name="witness_entry_party_seq")
        ),
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["programme", "seq"], name="witness_entry_programme_seq")
        ),
    ]
