"""Triggers that make the register and its postings append-only."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from azukari.custody.append_only import REGISTER
from azukari.witness import append_only


def guard(apps: Any, schema_editor: Any) -> None:
    append_only.install(schema_editor.connection, REGISTER)


def unguard(apps: Any, schema_editor: Any) -> None:
    append_only.remove(schema_editor.connection, REGISTER)


class Migration(migrations.Migration):
    dependencies = [("custody", "0001_initial")]

    operations = [migrations.RunPython(guard, unguard)]
