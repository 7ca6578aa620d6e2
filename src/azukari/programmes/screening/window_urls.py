"""Addresses of the contractors' little windows: numbers of visits, orders and sheets, tokens; nothing of anybody.

Mounted below ``screening/window/`` of the contractors' surface.
"""

from __future__ import annotations

from django.urls import path

from .views import clinic, clinic_results, keying, laboratory

_VISIT = "clinic/visits/<int:number>/"
_BATCH = "keying/<str:number>/"

urlpatterns = [
    path("clinic/", clinic.visits_list, name="screening_clinic"),
    path("clinic/voucher/", clinic.find, name="screening_voucher"),
    path("clinic/voucher/<str:token>/", clinic.presented, name="screening_presented"),
    path(_VISIT, clinic.visit, name="screening_visit"),
    path(f"{_VISIT}person/", clinic.show_person, name="screening_visit_person"),
    path(f"{_VISIT}order/", clinic.order, name="screening_order"),
    path(f"{_VISIT}specimens/", clinic.specimens, name="screening_specimens"),
    path(f"{_VISIT}results/<slug:test>/", clinic_results.enter_result, name="screening_enter_result"),
    path(f"{_VISIT}cancel/", clinic.cancel, name="screening_cancel_visit"),
    path("clinic/laboratory/", clinic.open_laboratory, name="screening_open_laboratory"),
    path("clinic/sheets/", clinic_results.sheets, name="screening_result_sheets"),
    path("clinic/sheets/send/", clinic_results.send_sheets, name="screening_send_sheets"),
    path("clinic/sheets/<int:sheet>/take-back/", clinic_results.take_back, name="screening_take_back_sheet"),
    path("laboratory/", laboratory.orders, name="screening_orders"),
    path("laboratory/report/", laboratory.report, name="screening_report"),
    path("laboratory/report/<slug:number>/", laboratory.report, name="screening_report_order"),
    path("keying/", keying.batches, name="screening_keying"),
    path(_BATCH, keying.batch, name="screening_keying_batch"),
    path(f"{_BATCH}next/", keying.next_one, name="screening_next_sheet"),
    path(f"{_BATCH}sheets/", keying.sheets, name="screening_keying_sheets"),
    path(f"{_BATCH}sheets/<int:sheet>/", keying.key_sheet, name="screening_key_sheet"),
    path(f"{_BATCH}sheets/<int:sheet>/third-look/", keying.third_look, name="screening_third_look"),
    path(f"{_BATCH}sheets/<int:sheet>/unreadable/", keying.unreadable, name="screening_unreadable"),
    path(f"{_BATCH}pass/", keying.take_pass, name="screening_key_pass"),
    path(f"{_BATCH}deliver/", keying.deliver, name="screening_deliver_batch"),
]
