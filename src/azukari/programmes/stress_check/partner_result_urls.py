"""Addresses of the stress check on the contractor's surface, from the scoring to the end: numbers alone, no person.

Included below ``stress/`` by ``partner_urls``.
"""

from __future__ import annotations

from django.urls import path

from .views import ending, groups, interviews, letters, results

_ROUND = "<int:year>/"

urlpatterns = [
    path(f"{_ROUND}results/", results.results, name="stress_results"),
    path(f"{_ROUND}results/score/", results.score, name="stress_score"),
    path(f"{_ROUND}results/review/", results.review, name="stress_review_list"),
    path(f"{_ROUND}results/rest/", results.decide_rest, name="stress_decide_rest"),
    path(f"{_ROUND}results/notify/", results.notify, name="stress_notify"),
    path(f"{_ROUND}results/<int:number>/", results.person, name="stress_one_result"),
    path(f"{_ROUND}letters/", letters.letters, name="stress_letters"),
    path(f"{_ROUND}letters/prepare/", letters.prepare, name="stress_letters_prepare"),
    path(f"{_ROUND}letters/sheets-<int:file>.pdf", letters.printed, name="stress_letters_pdf"),
    path(f"{_ROUND}letters/check/", letters.check, name="stress_letters_check"),
    path(f"{_ROUND}letters/send/", letters.send, name="stress_letters_send"),
    path(f"{_ROUND}interviews/", interviews.interviews, name="stress_interviews"),
    path(f"{_ROUND}interviews/encourage/<int:number>/", interviews.encourage, name="stress_encourage"),
    path(f"{_ROUND}interviews/<int:number>/", interviews.interview, name="stress_interview"),
    path(f"{_ROUND}interviews/<int:number>/held/", interviews.held, name="stress_held"),
    path(f"{_ROUND}interviews/<int:number>/drop/", interviews.drop, name="stress_drop"),
    path(f"{_ROUND}interviews/<int:number>/opinion/", interviews.opinion, name="stress_opinion"),
    path(f"{_ROUND}groups/", groups.groups, name="stress_groups"),
    path(f"{_ROUND}groups/prepare/", groups.prepare, name="stress_groups_prepare"),
    path(f"{_ROUND}groups/<int:number>/let-out/", groups.let_out, name="stress_groups_let_out"),
    path(f"{_ROUND}groups/<int:number>/discard/", groups.discard, name="stress_groups_discard"),
    path(f"{_ROUND}delivery/", ending.delivery, name="stress_delivery"),
    path(f"{_ROUND}delivery/prepare/", ending.prepare, name="stress_delivery_prepare"),
    path(f"{_ROUND}delivery/password/", ending.password, name="stress_workbook_password"),
    path(f"{_ROUND}end/", ending.end, name="stress_end"),
    path(f"{_ROUND}end/finish/", ending.finish, name="stress_finish"),
    path(f"{_ROUND}end/erase/", ending.erase_due, name="stress_erase_due"),
]
