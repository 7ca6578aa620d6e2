"""Where on the screens the stress check's own acts are done: for lists of what waits and for the live picture."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from azukari.custody.models import Handover
from azukari.oversight.todo import Todo

from .models import Round
from .steps.state import STAFF

OF_WARD: dict[str, tuple[str, str]] = {
    "hand_staff_over": ("stress_ward_hand_over", ""),
    "confirm_report": ("stress_ward_report", "reference"),
    "decide_measures": ("stress_ward_interviews", "reference"),
}
OF_PROCESSOR: dict[str, tuple[str, str]] = {
    "prepare_round": ("stress_rounds", ""),
    "appoint_duties": ("stress_round", "reference"),
    "take_staff_in": ("stress_round", "reference"),
    "open_round": ("stress_round", "reference"),
    "close_round": ("stress_round", "reference"),
    "key_forms": ("stress_paper", "reference"),
    "settle_forms": ("stress_paper", "reference"),
    "score_answers": ("stress_results", "reference"),
    "decide_results": ("stress_results", "reference"),
    "notify_on_site": ("stress_results", "reference"),
    "prepare_letters": ("stress_letters", "reference"),
    "check_letters": ("stress_letters", "reference"),
    "send_letters": ("stress_letters", "reference"),
    "hold_interviews": ("stress_interviews", "reference"),
    "give_opinions": ("stress_interviews", "reference"),
    "prepare_groups": ("stress_groups", "reference"),
    "release_groups": ("stress_groups", "reference"),
    "deliver_report": ("stress_delivery", "reference"),
    "finish_round": ("stress_end", "reference"),
    "erase_records": ("stress_end", "reference"),
}
PLACES = OF_WARD | OF_PROCESSOR
"""Kind of todo → URL name, and what of the todo the address takes."""


def todo_place(todo: Todo) -> str:
    """Address of the screen on which this is done; empty on a surface that has none."""
    if todo.kind not in PLACES:
        return ""
    name, takes = PLACES[todo.kind]
    return _address(name, *([int(todo.reference)] if takes else []))


OF_THE_SITE = ("③", "④", "④'", "⑤", "⑤'", "⑥")


def step_places(fiscal_year: int) -> dict[str, str]:
    """Step → address of the screen on which its state is seen on this surface. One query."""
    list_url = _address("stress_ward") or _address("stress_rounds")
    found = dict.fromkeys(("①", "②", "③"), list_url) if list_url else {}
    if Round.objects.filter(fiscal_year=fiscal_year).exists():
        year = _address("stress_ward_year", fiscal_year) or _address("stress_round", fiscal_year)
        report = _address("stress_ward_report", fiscal_year)
        found |= dict.fromkeys(OF_THE_SITE, year) if year else {}
        found |= dict.fromkeys(("⑦", "⑧"), report) if report else {}
    return found


def work_links(handover: Handover) -> list[tuple[str, str]]:
    """(label, address) of the screens on which the processor works on the staff list it was handed."""
    url = _address("stress_rounds") if handover.step == STAFF else ""
    return [(_("専用サイトの設定と実施"), url)] if url else []


def _address(name: str, *values: object) -> str:
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return ""
