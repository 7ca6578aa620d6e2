"""Every address of the employees' surface: the stress check, and how a page looks. Nobody has an account here."""

from __future__ import annotations

from django.urls import include, path

from azukari.web import look
from azukari.web.middleware.errors import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [
    path("", include("azukari.programmes.stress_check.employee_urls")),
    path("look/", look.look, name="look"),
]
