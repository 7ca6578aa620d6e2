"""Items against parties: what is allowed, what is not, and why; and the question about one party, item and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from azukari.dossier.approval import InForce, NotInForce, in_force
from azukari.dossier.force import Cause
from azukari.dossier.permit import Decision, permit, permit_table
from azukari.dossier.schema import Direction, Dossier, Party, Role
from azukari.dossier.words import DIRECTION_NAMES, clause_label, item_name, party_name
from azukari.web.screens import screen

from . import papers
from .dossiers import version_page
from .forms import day_field
from .papers import Paper

OUT_OF_FORCE = {
    Cause.NOT_STARTED,
    Cause.ENDED,
    Cause.RENEWAL_NOT_RECORDED,
    Cause.SELECTION_NOT_RECORDED,
    Cause.WAITS_FOR_EVENT,
}
"""The paper lists it, but not for that day."""
DIRECTIONS = [(direction.value, name) for direction, name in DIRECTION_NAMES.items()]


@dataclass(frozen=True)
class Mark:
    """One direction in one cell: ``kind`` is allowed, ruled, gap or out; ``word`` the direction's name."""

    kind: str
    word: str


@dataclass(frozen=True)
class Line:
    """One item: a cell for each party, each with its marks in the paper's order."""

    item: str
    name: str
    cells: tuple[tuple[Mark, ...], ...]


class MatrixFilter(forms.Form):
    on = day_field(gettext_lazy("判定する日"), required=False)
    party = forms.ChoiceField(label=gettext_lazy("相手方"), required=False)
    direction = forms.ChoiceField(
        label=gettext_lazy("区分"), required=False, choices=[("", gettext_lazy("すべて")), *DIRECTIONS]
    )

    def __init__(self, *args: Any, dossier: Dossier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parties = [(party.key, party.name) for party in dossier.parties]
        self.fields["party"].choices = [("", _("すべて")), *parties]  # type: ignore[attr-defined]


@require_safe
@screen("dossier.read")
def matrix(request: Any, programme: str, pk: int) -> HttpResponse:
    found = papers.paper_of(programme, pk, request.today)
    form = MatrixFilter(request.GET or None, dossier=found.dossier)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    on = asked.get("on") or request.today
    parties = [p for p in found.dossier.parties if asked.get("party", "") in ("", p.key)]
    wanted = [d for d in Direction if asked.get("direction", "") in ("", d.value)]
    decisions = permit_table(found.dossier, on, found.standing_rulings, found.renewal_acts)
    context = {
        "form": form,
        "on": on,
        "parties": parties,
        "lines": list(lines(decisions, parties, wanted)),
        "refused_gaps": any(d.cause is Cause.GAP for d in decisions),
    }
    invalid = form.is_bound and not form.is_valid()
    return version_page(
        request, found, "matrix", "ward/oversight/matrix.html", context, status=422 if invalid else 200
    )  # fmt: skip


def lines(decisions: Iterable[Decision], parties: list[Party], wanted: list[Direction]) -> Iterable[Line]:
    """Rows of the matrix in the paper's order; an item without any mark has no row."""
    marks: dict[str, dict[str, list[Mark]]] = {}
    shown = {party.key for party in parties}
    owners = {party.key for party in parties if party.role is Role.CONTROLLER}
    for decision in decisions:
        cells = marks.setdefault(decision.item, {})
        if decision.party in shown and Direction(decision.direction) in wanted:
            mark = _mark(decision)
            if mark is not None:
                cells.setdefault(decision.party, []).append(mark)
    for item, cells in marks.items():
        for owner in owners & set(cells):
            cells[owner] = _held(cells[owner], len(wanted))
        if cells:
            yield Line(item, item_name(item), tuple(tuple(cells.get(party.key, ())) for party in parties))


def _mark(decision: Decision) -> Mark | None:
    word = DIRECTION_NAMES[Direction(decision.direction)]
    if decision.allowed:
        return Mark("ruled" if decision.cause is Cause.RULING else "allowed", word)
    if decision.cause is Cause.GAP:
        return Mark("gap", word)
    return Mark("out", word) if decision.cause in OUT_OF_FORCE else None


def _held(marks: list[Mark], all_of_them: int) -> list[Mark]:
    """The ward holds nearly everything in every way: one word instead of five."""
    kinds = {mark.kind for mark in marks}
    if len(marks) == all_of_them > 1 and len(kinds) == 1 and kinds <= {"allowed", "ruled"}:
        return [Mark(kinds.pop(), _("保有"))]
    return marks


@require_safe
@screen("dossier.read")
def reasons(request: Any, programme: str, pk: int, item: str) -> HttpResponse:
    """Why each party may or may not have one item, in every direction, under this version."""
    found = papers.paper_of(programme, pk, request.today)
    on = _day_asked(request)
    known = {d.item for d in permit_table(found.dossier, on, found.standing_rulings, found.renewal_acts)}
    if item not in known:
        raise Http404
    groups = [
        (party.name, [_decided(found, party.key, item, direction, on) for direction in Direction])
        for party in found.dossier.parties
    ]
    context = {"item": item_name(item), "on": on, "groups": groups}
    return version_page(request, found, "matrix", "ward/oversight/reasons.html", context)


def _decided(found: Paper, party: str, item: str, direction: Direction, on: date) -> dict[str, Any]:
    decision = permit(
        found.dossier, party, item, direction, on, rulings=found.standing_rulings, renewals=found.renewal_acts
    )  # fmt: skip
    return explained(found.dossier, decision)


def explained(dossier: Dossier, decision: Decision) -> dict[str, Any]:
    """A decision in words for a page."""
    clause = next((c for c in dossier.clauses if c.key == decision.clause), None)
    return {
        "allowed": decision.allowed,
        "chip": "green" if decision.allowed else "red",
        "party": party_name(dossier, decision.party),
        "direction": DIRECTION_NAMES[Direction(decision.direction)],
        "reason": decision.reason,
        "remedy": decision.remedy,
        "clause": clause_label(clause) if clause else "",
        "ruling": decision.ruling or "",
        "finding": decision.finding or "",
    }


def _day_asked(request: Any) -> date:
    """The day in the address; today where there is none or no day."""
    try:
        asked: date | None = day_field("", required=False).clean(request.GET.get("on", ""))
    except forms.ValidationError:
        asked = None
    today: date = request.today
    return asked or today


class AskForm(forms.Form):
    """May this party have this item, in this way, on this day?"""

    on = day_field(gettext_lazy("日"))
    party = forms.ChoiceField(label=gettext_lazy("相手方"))
    item = forms.ChoiceField(label=gettext_lazy("情報項目"))
    direction = forms.ChoiceField(
        label=gettext_lazy("区分"), required=False, choices=[("", gettext_lazy("すべての区分")), *DIRECTIONS]
    )

    def __init__(self, *args: Any, dossier: Dossier, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        items = dict.fromkeys(d.item for d in permit_table(dossier, date(dossier.fiscal_year, 4, 1)))
        self.fields["party"].choices = [(party.key, party.name) for party in dossier.parties]  # type: ignore[attr-defined]
        self.fields["item"].choices = [(item, item_name(item)) for item in items]  # type: ignore[attr-defined]


@require_safe
@screen("dossier.read")
def ask(request: Any, programme: str) -> HttpResponse:
    """The question that every package, screen and job asks, asked by a person, with the explained answer."""
    version = papers.chief(papers.versions_of(programme), request.today)
    if version is None:
        raise Http404
    dossier = papers.opened(version.canonical)[0]
    asked = "party" in request.GET
    form = AskForm(request.GET if asked else None, dossier=dossier, initial={"on": request.today})
    answers, refusal = [], ""
    if asked and form.is_valid():
        wanted = [Direction(form.cleaned_data["direction"])] if form.cleaned_data["direction"] else list(Direction)
        try:
            ruling = in_force(programme, form.cleaned_data["on"])
            answers = [explained(ruling.dossier, _answer(ruling, form.cleaned_data, each)) for each in wanted]
        except NotInForce as reason:
            refusal = str(reason)
    context = {
        "title": _("%(name)s：取り扱ってよいかを確かめる") % {"name": dossier.programme_name},
        "form": form,
        "has_errors": asked and not form.is_valid(),
        "answers": answers,
        "item": item_name(form.cleaned_data["item"]) if answers else "",
        "refusal": refusal,
        "back": reverse("dossier", args=[programme]),
    }
    status = 422 if context["has_errors"] else 200
    return render(request, "ward/oversight/ask.html", context, status=status)


def _answer(ruling: InForce, asked: dict[str, Any], direction: Direction) -> Decision:
    return ruling.decide(asked["party"], asked["item"], direction, asked["on"])
