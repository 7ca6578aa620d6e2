"""Addresses of the stress check on the contractors' surface: years, numbers of rows, forms and batches; nobody's name.

Mounted below ``stress/``. Each begins with a round on a staff list that the signed-in organisation received.
"""

from __future__ import annotations

from django.urls import include, path

from .views import keying, paper, rounds, staff

_ROUND = "<int:year>/"
_PERSON = f"{_ROUND}staff/<int:person>/"
_FORM = f"{_ROUND}paper/forms/<int:form>/"
_BATCH = f"{_ROUND}paper/batches/<str:number>/"

urlpatterns = [
    path("", rounds.rounds, name="stress_rounds"),
    path("prepare/<str:number>/", rounds.prepare, name="stress_prepare"),
    path(_ROUND, rounds.one, name="stress_round"),
    path(f"{_ROUND}duties/appoint/", rounds.appoint, name="stress_appoint"),
    path(f"{_ROUND}duties/<int:duty>/end/", rounds.end_duty, name="stress_end_duty"),
    path(f"{_ROUND}take-in/", rounds.take_in, name="stress_take_in"),
    path(f"{_ROUND}open/", rounds.open_, name="stress_open"),
    path(f"{_ROUND}close/", rounds.close, name="stress_close"),
    path(f"{_ROUND}staff/", staff.staff, name="stress_staff"),
    path(f"{_ROUND}staff/find/", staff.find, name="stress_find_person"),
    path(f"{_ROUND}staff/glyphs/", staff.glyphs_of_names, name="stress_glyphs"),
    path(_PERSON, staff.person, name="stress_person"),
    path(f"{_PERSON}code/", staff.new_code, name="stress_new_code"),
    path(f"{_PERSON}paper/", staff.on_paper, name="stress_person_paper"),
    path(f"{_PERSON}left/", staff.left, name="stress_left"),
    path(f"{_PERSON}left/undo/", staff.undo_left, name="stress_undo_left"),
    path(f"{_PERSON}reopen/", staff.reopen, name="stress_reopen"),
    path(f"{_ROUND}invitations/", staff.invitations, name="stress_invitations"),
    path(f"{_ROUND}invitations/issue/", staff.issue, name="stress_issue"),
    path(f"{_ROUND}files/<slug:token>/", staff.take_file, name="stress_take_file"),
    path(f"{_ROUND}files/<slug:token>/discard/", staff.discard_file, name="stress_discard_file"),
    path(f"{_ROUND}reminders/", staff.reminders, name="stress_reminders"),
    path(f"{_ROUND}reminders/list/", staff.unanswered, name="stress_unanswered"),
    path(f"{_ROUND}paper/", paper.paper, name="stress_paper"),
    path(f"{_ROUND}paper/choose/", paper.choose, name="stress_choose_paper"),
    path(f"{_ROUND}paper/issue/", paper.issue, name="stress_issue_forms"),
    path(f"{_ROUND}paper/forms/", paper.forms, name="stress_forms"),
    path(_FORM, paper.form, name="stress_form"),
    path(f"{_FORM}print/", paper.print_form, name="stress_print_form"),
    path(f"{_FORM}void/", paper.void, name="stress_void_form"),
    path(f"{_ROUND}paper/count-in/", paper.count_in, name="stress_count_in"),
    path(_BATCH, keying.batch, name="stress_batch"),
    path(f"{_BATCH}next/", keying.next_form, name="stress_next_form"),
    path(f"{_BATCH}forms/", keying.sheets, name="stress_sheets"),
    path(f"{_BATCH}forms/<int:sheet>/", keying.key_form, name="stress_key_form"),
    path(f"{_BATCH}forms/<int:sheet>/third-look/", keying.third_look, name="stress_third_look"),
    path(f"{_BATCH}forms/<int:sheet>/unreadable/", keying.unreadable, name="stress_unreadable_form"),
    path(f"{_BATCH}pass/", keying.take_pass, name="stress_key_pass"),
    path(f"{_BATCH}settle/", keying.settle, name="stress_settle"),
    path("", include("azukari.programmes.stress_check.partner_result_urls")),
]
