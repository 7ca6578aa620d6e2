"""Every address of the contractors' surface."""

from __future__ import annotations

from django.urls import include, path

from azukari.web.middleware.errors import handler400, handler403, handler404, handler500

from . import home

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("azukari.web.urls")),
    path("", include("azukari.surfaces.partner.custody.urls")),
    path("screening/window/", include("azukari.programmes.screening.window_urls")),
    path("screening/", include("azukari.programmes.screening.partner_urls")),
    path("stress/", include("azukari.programmes.stress_check.partner_urls")),
]
