"""Looking up a resident; releases of protected persons. An address holds a token and a place, not whom it is about."""

from __future__ import annotations

from django.urls import path

from . import releases, views

urlpatterns = [
    path("look-up/", views.lookup, name="people_lookup"),
    path("protected-releases/", releases.releases, name="protected_releases"),
    path("protected-releases/<int:number>/", releases.approve, name="protected_release"),
    path("protected-releases/<int:number>/revoke/", releases.revoke, name="protected_release_revoke"),
    path("look-up/<str:token>/", views.found, name="people_found"),
    path("look-up/<str:token>/<int:number>/", views.person, name="person"),
    path("look-up/<str:token>/<int:number>/records/", views.records, name="person_records"),
    path("look-up/<str:token>/<int:number>/address/", views.address, name="person_address"),
    path("look-up/<str:token>/<int:number>/release/", views.release, name="person_release"),
    path("look-up/<str:token>/<int:number>/<slug:programme>/<slug:act>/", views.act, name="person_act"),
    path("look-up/<str:token>/<int:number>/<slug:programme>/<slug:act>/<int:thing>/", views.act, name="person_act_on"),
]
