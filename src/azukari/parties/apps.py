from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "azukari.parties"
    label = "parties"
    verbose_name = "関係者"
