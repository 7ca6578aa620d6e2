from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "azukari.custody"
    label = "custody"
    verbose_name = "預かり"

    def ready(self) -> None:
        from . import recorded_items  # noqa: F401 - registers the check of law 2
