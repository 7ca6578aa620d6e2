"""The Django app of residents and employees."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "azukari.people"
    label = "people"
    verbose_name = "住民・職員"
    default_auto_field = "django.db.models.BigAutoField"
