"""Every address of the ward's surface."""

from __future__ import annotations

from django.urls import include, path

from azukari.web.middleware.errors import handler400, handler403, handler404, handler500

from . import home

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("azukari.web.urls")),
    path("rosters/", include("azukari.surfaces.ward.rosters.urls")),
    path("people/", include("azukari.surfaces.ward.people.urls")),
    path("", include("azukari.surfaces.ward.custody.urls")),
    path("", include("azukari.surfaces.ward.oversight.urls")),
    path("screening/", include("azukari.programmes.screening.ward_urls")),
    path("stress/", include("azukari.programmes.stress_check.ward_urls")),
]
