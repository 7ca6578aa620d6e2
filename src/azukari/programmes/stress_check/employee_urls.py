"""Addresses of the stress check on the employees' surface. None names a person: the session says who is there."""

from __future__ import annotations

from django.urls import path

from .views.employee import answers, entering, result

urlpatterns = [
    path("", entering.home, name="home"),
    path("enter/", entering.enter, name="stress_enter"),
    path("enter/<str:code>/", entering.enter_by_link, name="stress_enter_link"),
    path("return/", entering.come_back, name="stress_return"),
    path("leave/", entering.leave, name="stress_leave"),
    path("stay/", entering.stay, name="stress_stay"),
    path("answers/", answers.overview, name="stress_answers"),
    path("answers/<slug:key>/", answers.part, name="stress_part"),
    path("review/", answers.review, name="stress_review"),
    path("send/", answers.send, name="stress_send"),
    path("done/", answers.done, name="stress_done"),
    path("result/", result.result, name="stress_result"),
    path("result/consent/", result.consent, name="stress_consent"),
    path("result/withdraw/", result.withdraw, name="stress_withdraw"),
    path("result/apply/", result.apply, name="stress_apply"),
    path("result/own.pdf", result.own_pdf, name="stress_own_pdf"),
    path("result/own.csv", result.own_csv, name="stress_own_csv"),
]
