"""The Django app of the access log."""

from __future__ import annotations

from django.apps import AppConfig


class WitnessConfig(AppConfig):
    name = "azukari.witness"
    label = "witness"
    verbose_name = "アクセスログ"
    default_auto_field = "django.db.models.BigAutoField"
