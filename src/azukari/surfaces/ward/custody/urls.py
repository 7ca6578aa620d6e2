"""Handovers, register, balances, certificates, closing of a year."""

from __future__ import annotations

from django.urls import path

from . import acts, books, handovers

urlpatterns = [
    path("handovers/", handovers.handovers, name="handovers"),
    path("handovers/<str:number>/", handovers.handover, name="handover"),
    path("handovers/<str:number>/seal/", acts.seal, name="handover_seal"),
    path("handovers/<str:number>/release/", acts.release, name="handover_release"),
    path("handovers/<str:number>/deliver/", acts.deliver, name="handover_deliver"),
    path("handovers/<str:number>/password/", acts.password, name="handover_password"),
    path("handovers/<str:number>/acknowledge/", acts.acknowledge, name="handover_acknowledge"),
    path("handovers/<str:number>/withdraw/", acts.withdraw, name="handover_withdraw"),
    path("handovers/<str:number>/certificate/confirm/", acts.confirm, name="certificate_confirm"),
    path("handovers/<str:number>/package/", acts.package, name="handover_package"),
    path("handovers/<str:number>/<slug:kind>.pdf", acts.paper, name="handover_paper"),
    path("register/", books.register, name="register"),
    path("balances/", books.balances, name="balances"),
    path("balances/compare/", books.compare, name="balances_compare"),
    path("overdue/", books.overdue, name="overdue"),
    path("discrepancies/", books.discrepancies, name="discrepancies"),
    path("discrepancies/<int:pk>/", books.settle, name="discrepancy_settle"),
    path("certificates/", books.certificates, name="certificates"),
    path("closings/", books.closings, name="closings"),
    path("closings/<slug:programme>/<int:fiscal_year>/", books.close, name="closing"),
]
