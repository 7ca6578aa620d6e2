"""Every address of the employees' surface: for now its empty frame."""

from __future__ import annotations

from django.urls import path

from azukari.surfaces.empty import frame
from azukari.web.middleware.errors import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("", frame, name="home")]
