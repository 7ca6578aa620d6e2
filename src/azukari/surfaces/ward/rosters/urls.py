"""Rosters: upload, columns, review, commit."""

from __future__ import annotations

from django.urls import path

from . import rows, views

urlpatterns = [
    path("", views.rosters, name="rosters"),
    path("new/", views.upload, name="roster_upload"),
    path("new/<str:token>/", views.columns, name="roster_columns"),
    path("new/<str:token>/give-up/", views.give_up, name="roster_give_up"),
    path("<int:number>/", views.roster, name="roster"),
    path("<int:number>/review/", views.review, name="roster_review"),
    path("<int:number>/commit/", views.commit, name="roster_commit"),
    path("<int:number>/discard/", views.discard, name="roster_discard"),
    path("<int:number>/rejected/", rows.rejected, name="roster_rejected"),
    path("<int:number>/rows/", rows.row_purpose, name="roster_row_purpose"),
    path("<int:number>/rows/<str:token>/", rows.rows, name="roster_rows"),
]
