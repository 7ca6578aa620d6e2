"""Addresses of the figures and the money on the ward's surface."""

from __future__ import annotations

from django.urls import path

from .views import payment, rates

urlpatterns = [
    path("rates/", rates.years, name="screening_rates_years"),
    path("rates/<int:year>/", rates.published, name="screening_rates"),
    path("rates/<int:year>/inside/", rates.inside, name="screening_rates_inside"),
    path("rates/<int:year>/work-out/", rates.work_out, name="screening_rates_work_out"),
    path("rates/<int:year>/release/", rates.release, name="screening_rates_release"),
    path("rates/<int:year>/editions/<int:number>.<slug:kind>", rates.edition, name="screening_rates_edition"),
    path("billing/", payment.months, name="screening_billing"),
    path("billing/<int:year>-<int:month>/", payment.statements, name="screening_statements"),
    path("billing/<int:year>-<int:month>/prepare/", payment.prepare, name="screening_prepare_statements"),
    path("billing/statements/<int:number>/", payment.statement, name="screening_statement"),
    path("billing/statements/<int:number>/approve/", payment.approve, name="screening_approve_statement"),
    path("billing/statements/<int:number>.<slug:kind>", payment.paper, name="screening_statement_paper"),
]
