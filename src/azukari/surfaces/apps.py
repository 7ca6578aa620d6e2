from django.apps import AppConfig


class SurfacesConfig(AppConfig):
    name = "azukari.surfaces"
    label = "surfaces"
    verbose_name = "画面の入口"

    def ready(self) -> None:
        from azukari.web.navigation import MENUS

        from .partner import navigation as partner
        from .ward import navigation as ward
        from .ward.custody import work as custody_work  # noqa: F401 - their jobs are known from then on
        from .ward.oversight import work as oversight_work  # noqa: F401
        from .ward.rosters import work  # noqa: F401

        MENUS["ward"] = ward.MENU
        MENUS["partner"] = partner.MENU
