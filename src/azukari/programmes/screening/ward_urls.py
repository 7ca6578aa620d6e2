"""Addresses of the programme on the ward's surface."""

from __future__ import annotations

from django.urls import include, path

from . import results_urls
from .views import judging, own, reprints, runs, sending

urlpatterns = [
    *results_urls.urlpatterns,
    path("figures/", include("azukari.programmes.screening.figures_urls")),
    path("", runs.runs, name="screening_runs"),
    path("history/", runs.history, name="screening_history"),
    path("late/", own.release_late, name="screening_release_late"),
    path("late/<slug:code>/", own.release_late_one, name="screening_release_late_one"),
    path("late/<slug:code>.pdf", own.late_file, name="screening_late_file"),
    path("returned-mail/", own.returned_mail, name="screening_returned_mail"),
    path("holds/", own.holds, name="screening_holds"),
    path("holds/<int:number>/", own.lift_hold, name="screening_lift_hold"),
    path("<int:year>/", runs.run, name="screening_run"),
    path("<int:year>/summary.pdf", runs.summary, name="screening_summary"),
    path("<int:year>/judge/", runs.judge, name="screening_judge"),
    path("<int:year>/difference/", judging.difference, name="screening_difference"),
    path("<int:year>/confirm/", judging.confirm, name="screening_confirm"),
    path("<int:year>/numbers/", judging.numbers, name="screening_numbers"),
    path("<int:year>/proof/", judging.proof, name="screening_proof"),
    path("<int:year>/proof/finish/", judging.finish_proof, name="screening_finish_proof"),
    path("<int:year>/glyphs/", judging.glyphs, name="screening_glyphs"),
    path("<int:year>/glyphs/<str:token>/", judging.glyph_list, name="screening_glyph_list"),
    path("<int:year>/notice/", sending.notice, name="screening_notice"),
    path("<int:year>/notice.pdf", sending.notice_pdf, name="screening_notice_pdf"),
    path("<int:year>/hand-over/", sending.hand_over, name="screening_hand_over"),
    path("<int:year>/recheck/", sending.recheck, name="screening_recheck"),
    path("<int:year>/settle-halt/", sending.settle_halt, name="screening_settle_halt"),
    path("<int:year>/post/", sending.post, name="screening_post"),
    path("<int:year>/close/", sending.close, name="screening_close"),
    path("<int:year>/reprints/", reprints.reprints, name="screening_reprints"),
    path("<int:year>/reprints/<int:number>/", reprints.approve, name="screening_reprint"),
    path("<int:year>/reprints/<int:number>/decline/", reprints.decline, name="screening_decline_reprint"),
    path("<int:year>/own-list/", own.own_list, name="screening_own_list"),
    path("<int:year>/own-list/post/", own.post_own_list, name="screening_post_own_list"),
    path("<int:year>/own-list/<int:number>.pdf", own.own_file, name="screening_own_file"),
    path("<int:year>/stops/", own.stops, name="screening_stops"),
    path("<int:year>/stops/list/", own.stop_purpose, name="screening_stop_purpose"),
    path("<int:year>/stops/list/<str:token>/", own.stop_list, name="screening_stop_list"),
]
