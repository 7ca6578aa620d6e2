"""Addresses of results and follow-up on the ward's surface: numbers of deliveries, lines and cases say nothing."""

from __future__ import annotations

from django.urls import path

from .views import follow_up, result_rows, results

_ROW = "results/<int:number>/<int:line>/"
_CASE = "follow-up/<int:number>/"

urlpatterns = [
    path("results/", results.deliveries, name="screening_results"),
    path("results/take/", results.take, name="screening_take_results"),
    path("results/take/xml/", results.take_xml, name="screening_take_xml"),
    path("results/take/<str:number>/", results.take_handover, name="screening_take_delivery"),
    path("results/<int:number>/", results.delivery, name="screening_delivery"),
    path("results/<int:number>/accept/", results.accept_clean, name="screening_accept_results"),
    path("results/<int:number>/recheck/", results.recheck, name="screening_recheck_results"),
    path(_ROW, result_rows.row, name="screening_result_row"),
    path(f"{_ROW}accept/", result_rows.accept, name="screening_accept_row"),
    path(f"{_ROW}correct/", result_rows.correct, name="screening_correct_row"),
    path(f"{_ROW}replace/", result_rows.replace, name="screening_replace_row"),
    path(f"{_ROW}reject/", result_rows.reject, name="screening_reject_row"),
    path("follow-up/", follow_up.cases, name="screening_follow_up"),
    path("follow-up/letters/", follow_up.letters, name="screening_follow_up_letters"),
    path("follow-up/letters/<int:number>/", follow_up.letter_batch, name="screening_letter_batch"),
    path("follow-up/letters/<int:number>/draw/", follow_up.draw, name="screening_draw_letters"),
    path("follow-up/letters/<int:number>/release/", follow_up.release, name="screening_release_letters"),
    path("follow-up/letters/<int:number>/<int:file>.pdf", follow_up.letter_file, name="screening_letter_file"),
    path("follow-up/letters/prepare/<slug:act>/", follow_up.prepare, name="screening_prepare_letters"),
    path(_CASE, follow_up.case, name="screening_case"),
    path(f"{_CASE}call/", follow_up.call, name="screening_case_call"),
    path(f"{_CASE}enquiry/", follow_up.enquiry, name="screening_case_enquiry"),
    path(f"{_CASE}enquiry/<int:event>.pdf", follow_up.enquiry_file, name="screening_enquiry_file"),
    path(f"{_CASE}facility-report/", follow_up.facility_report, name="screening_facility_report"),
    path(f"{_CASE}self-report/", follow_up.self_report, name="screening_self_report"),
    path(f"{_CASE}not-attended/", follow_up.not_attended, name="screening_not_attended"),
    path(f"{_CASE}close/", follow_up.close, name="screening_close_case"),
    path(f"{_CASE}reopen/", follow_up.reopen, name="screening_reopen_case"),
]
