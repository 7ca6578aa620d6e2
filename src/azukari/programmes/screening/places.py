"""Where on the screens the programme's own acts are done: for lists of what waits, the live picture, a contractor."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.oversight.todo import Todo

from .models import Run
from .steps import laboratory, paper, visits
from .steps.mailing import ENCLOSER

PLACES: dict[str, tuple[str, str, str]] = {
    "settle_halt": ("screening_settle_halt", "reference", ""),
    "judge": ("screening_judge", "reference", ""),
    "confirm": ("screening_difference", "reference", ""),
    "numbers": ("screening_numbers", "reference", ""),
    "glyphs": ("screening_glyphs", "reference", ""),
    "proof": ("screening_proof", "reference", ""),
    "notice": ("screening_notice", "reference", ""),
    "hand_over": ("screening_hand_over", "reference", ""),
    "reprint": ("screening_reprints", "reference", ""),
    "post": ("screening_post", "reference", ""),
    "own_list": ("screening_own_list", "reference", ""),
    "close": ("screening_close", "reference", ""),
    "release_late": ("screening_release_late", "", ""),
    "print": ("screening_print", "handover", ""),
    "pass_on": ("screening_pass_on", "handover", ""),
    "bring_back": ("screening_bring_back", "handover", ""),
    "read_back": ("screening_read_back", "handover", ""),
    "take_results": ("screening_take_results", "", ""),
    "settle_results": ("screening_delivery", "reference", ""),
    "prepare_letters": ("screening_prepare_letters", "reference", ""),
    "release_letters": ("screening_letter_batch", "reference", ""),
    "follow_up": ("screening_follow_up", "", "?act=%(reference)s&when=due"),
    "close_cases": ("screening_follow_up", "", "?act=ready"),
    "approve_statements": ("screening_statements", "year_month", ""),
    "report_results": ("screening_clinic", "", "?state=waiting"),
    "returned_sheets": ("screening_result_sheets", "", ""),
    "report_specimens": ("screening_orders", "", ""),
    "key_sheets": ("screening_next_sheet", "handover", ""),
    "third_look": ("screening_keying_sheets", "handover", "?state=differs"),
    "deliver_batch": ("screening_deliver_batch", "handover", ""),
}
"""Kind of todo → URL name, what of the todo the address takes, and the question that follows it."""


def todo_place(todo: Todo) -> str:
    """Address of the screen on which this is done; empty on a surface that has none."""
    if todo.kind not in PLACES:
        return ""
    name, takes, question = PLACES[todo.kind]
    values = _values(todo, takes)
    url = "" if "" in values else _address(name, *values)
    return url and url + question % {"reference": todo.reference}


def _values(todo: Todo, takes: str) -> Sequence[object]:
    if takes == "year_month":
        return [int(part) for part in todo.reference.split("-")]
    if takes == "reference":
        return [int(todo.reference) if todo.reference.isdigit() else todo.reference]
    return [todo.handover] if takes == "handover" else []


def step_places(fiscal_year: int) -> dict[str, str]:
    """Step → address of the year's run or of the results, for the steps that have a screen. One query."""
    results = _address("screening_results")
    found = {paper.TO_WARD: results} if results else {}
    if Run.objects.filter(fiscal_year=fiscal_year).exists() and (url := _address("screening_run", fiscal_year)):
        found |= dict.fromkeys(("①", "②", "③", "④", "⑤", "⑥", "⑦"), url)
    return found


WINDOWS = {
    visits.STEP: ("screening_clinic", gettext_lazy("医療機関の窓口")),
    laboratory.STEP: ("screening_orders", gettext_lazy("検体の結果の報告")),
}


def work_links(handover: Handover) -> list[tuple[str, str]]:
    """(label, address) of the screens on which a contractor works on what it was handed. One query at most."""
    if handover.step in WINDOWS and handover.medium == Medium.SYSTEM:
        name, label = WINDOWS[handover.step]
        return _link(str(label), name)
    if handover.step == paper.TO_DATA_ENTRY:
        return _link(_("結果票の入力"), "screening_keying_batch", handover.number)
    encloses = handover.receiver_party == ENCLOSER
    run = Run.objects.filter(handover=handover.parent_id if encloses else handover.pk)
    if (encloses and handover.parent_id is None) or not run.exists():
        return []
    return _link(
        _("封入封かんと照合の作業") if encloses else _("受診券の印字の作業"), "screening_work", handover.number
    )


def _link(label: str, name: str, *values: object) -> list[tuple[str, str]]:
    url = _address(name, *values)
    return [(label, url)] if url else []


def _address(name: str, *values: object) -> str:
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return ""
