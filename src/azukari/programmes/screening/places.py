"""Where on the screens the run's own acts are done: for the lists of what waits, the live picture, and a contractor."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from azukari.custody.models import Handover
from azukari.oversight.todo import Todo

from .models import Run
from .steps.mailing import ENCLOSER

BY_YEAR = {
    "settle_halt": "screening_settle_halt",
    "judge": "screening_judge",
    "confirm": "screening_difference",
    "numbers": "screening_numbers",
    "glyphs": "screening_glyphs",
    "proof": "screening_proof",
    "notice": "screening_notice",
    "hand_over": "screening_hand_over",
    "reprint": "screening_reprints",
    "post": "screening_post",
    "own_list": "screening_own_list",
    "close": "screening_close",
}
BY_HANDOVER = {
    "print": "screening_print",
    "pass_on": "screening_pass_on",
    "bring_back": "screening_bring_back",
    "read_back": "screening_read_back",
}
ALONE = {"release_late": "screening_release_late"}


def todo_place(todo: Todo) -> str:
    """Address of the screen on which this is done; empty on a surface that has none."""
    if todo.kind in BY_YEAR:
        return _address(BY_YEAR[todo.kind], int(todo.reference))
    if todo.kind in BY_HANDOVER and todo.handover:
        return _address(BY_HANDOVER[todo.kind], todo.handover)
    return _address(ALONE[todo.kind]) if todo.kind in ALONE else ""


def step_places(fiscal_year: int) -> dict[str, str]:
    """Step → address of the year's run, for the steps of the run. One query."""
    if not Run.objects.filter(fiscal_year=fiscal_year).exists():
        return {}
    url = _address("screening_run", fiscal_year)
    return dict.fromkeys(("①", "②", "③", "④", "⑤", "⑥", "⑦"), url) if url else {}


def work_links(handover: Handover) -> list[tuple[str, str]]:
    """(label, address) of the screens on which a contractor works on what it was handed. One query."""
    encloses = handover.receiver_party == ENCLOSER
    run = Run.objects.filter(handover=handover.parent_id if encloses else handover.pk)
    if (encloses and handover.parent_id is None) or not run.exists():
        return []
    label = _("封入封かんと照合の作業") if encloses else _("受診券の印字の作業")
    url = _address("screening_work", handover.number)
    return [(label, url)] if url else []


def _address(name: str, *values: object) -> str:
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return ""
