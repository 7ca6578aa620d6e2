"""Addresses that every surface with handlers has."""

from __future__ import annotations

from django.urls import include, path

from . import look, views

urlpatterns = [
    path("", include("azukari.web.signin.urls")),
    path("", include("azukari.web.components")),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<str:key>/", views.job, name="job"),
    path("filters/<slug:page>/", views.saved_filter, name="saved_filter"),
    path("look/", look.look, name="look"),
    path("frame/", views.frame, name="frame"),
]
