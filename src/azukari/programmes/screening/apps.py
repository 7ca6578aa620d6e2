from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "azukari.programmes.screening"
    label = "screening"
    verbose_name = "健康診査・がん検診・肝炎ウイルス検診"

    def ready(self) -> None:
        from . import result_work, work  # noqa: F401 - their jobs are known from then on
