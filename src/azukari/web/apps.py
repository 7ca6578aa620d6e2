from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "azukari.web"
    label = "web"
    verbose_name = "画面"

    def ready(self) -> None:
        from .signin import records  # noqa: F401 - listens to sign-in and sign-out
