"""Home of a contractor: what was handed to it and waits, what it holds and until when, its part of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from azukari import programmes
from azukari.custody.models import HELD, Handover, Obligation
from azukari.oversight import keeping
from azukari.oversight.standing import StepState
from azukari.parties.models import Organisation
from azukari.surfaces import papers, steps, waiting
from azukari.surfaces.papers import InForce
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.wareki import to_wareki
from azukari.web.screens import screen

from .custody import mine
from .places import PLACES

State = Handover.State
Kind = Obligation.Kind
SHOWN = 10
YEARS = 2


@require_safe
@screen("home.read")
def home(request: Any) -> HttpResponse:
    organisation, on = request.handler.organisation, request.today
    valid = papers.in_force(on)
    todos = programmes.todos(request.handler, on)
    lines = waiting.in_lines(todos, PLACES, valid.name, on)
    held = keeping.holdings(organisation=organisation)
    return render(request, "partner/home.html", {
        "title": _("ホーム"),
        "organisation": organisation,
        "todos": lines[:SHOWN],
        "more_todos": max(len(lines) - SHOWN, 0),
        "late": sum(line.overdue for line in lines),
        "summary": _summary(request),
        "held": [(valid.name(one.programme), one.persons, one.sheets) for one in held],
        "to_clear": _to_clear(organisation, on),
        "flows": _flows(valid, organisation, on),
    })  # fmt: skip


# --- what was received


@dataclass(frozen=True)
class Group:
    """Received handovers that wait for the same thing."""

    name: str
    count: int
    persons: int
    sheets: int
    due: str
    late: bool


def _summary(request: Any) -> list[Group]:
    """What was received, by what it waits for, with the first day by which that is due. Two queries."""
    found = mine.received(request).order_by().values("state")
    counts = {row["state"]: row for row in found.annotate(n=Count("pk"), p=Sum("persons"), s=Sum("sheets"))}
    owed = Obligation.objects.filter(handover__receiver=request.handler.organisation, met_at__isnull=True)
    first = owed.values_list("handover__state", "kind").annotate(due=Min("due_on")).order_by("due")
    due = {(state, kind): day for state, kind, day in first}
    groups = (
        (_("届いていて、数の確認を待っているもの"), (State.RELEASED,), Kind.ACKNOWLEDGE),
        (_("数が合わず、区の対応を待っているもの"), (State.REFUSED,), Kind.CLEAR),
        (_("預かっているもの"), (State.ACKNOWLEDGED,), Kind.CLEAR),
        (_("返却・消去が済み、消去証明書の確認を待っているもの"), (State.RETURNED, State.ERASED), Kind.CERTIFY),
    )
    return [group for name, states, kind in groups if (group := _group(name, states, kind, counts, due, request.today))]


def _group(
    name: str,
    states: tuple[State, ...],
    kind: Kind,
    counts: Mapping[str, Any],
    due: Mapping[tuple[str, str], date],
    on: date,
) -> Group | None:
    rows = [counts[state] for state in states if state in counts]
    if not rows:
        return None
    days = [due[state, kind] for state in states if (state, kind) in due]
    first = min(days, default=None)
    return Group(
        name=name,
        count=sum(row["n"] for row in rows),
        persons=sum(row["p"] for row in rows),
        sheets=sum(row["s"] for row in rows),
        due=to_wareki(first, "long") if first else "",
        late=first is not None and first < on,
    )


@dataclass(frozen=True)
class ToClear:
    """One received handover that has to be given back or erased."""

    number: str
    url: str
    purpose: str
    sender: str
    persons: int
    sheets: int
    due: str
    late: bool


def _to_clear(organisation: Organisation, on: date) -> list[ToClear]:
    """What has to go back or be erased next, by day. One query."""
    owed = Obligation.objects.filter(
        handover__receiver=organisation, handover__state__in=HELD, kind=Kind.CLEAR, met_at__isnull=True
    )
    return [
        ToClear(
            number=one.handover.number,
            url=reverse("received", args=[one.handover.number]),
            purpose=one.handover.purpose,
            sender=one.handover.sender.name,
            persons=one.handover.persons,
            sheets=one.handover.sheets,
            due=to_wareki(one.due_on, "long"),
            late=one.due_on < on,
        )
        for one in owed.select_related("handover__sender").order_by("due_on", "handover__number")[:SHOWN]
    ]


# --- its part of the flow


def _flows(valid: InForce, organisation: Organisation, on: date) -> list[dict[str, Any]]:
    """The steps in which the organisation gives or takes, by programme and year: this one, and one not yet over."""
    flows = []
    for year in _years(organisation, on):
        found = programmes.step_states(valid.dossiers, year, on, for_organisation=organisation)
        ours = {programme: states for programme, states in found.items() if states}
        urls = _urls([state.newest for states in ours.values() for state in states.values()], organisation)

        def place(number: str, state: StepState, urls: Mapping[str, str] = urls) -> tuple[str, str]:
            url = urls.get(state.newest, "")
            return url, state.newest if url else ""

        flows += [
            {
                "key": f"steps-{programme}-{year}",
                "name": _("%(name)s（%(year)s年度）") % {"name": valid.name(programme), "year": year},
                "steps": steps.step_lines(valid.papers[programme].dossier, states, place),
            }
            for programme, states in ours.items()
        ]
    return flows


def _years(organisation: Organisation, on: date) -> list[int]:
    """This fiscal year, and the latest earlier one of which something is still held. One query."""
    this = fiscal_year(on)
    held = Handover.objects.filter(receiver=organisation, state__in=HELD, fiscal_year__lt=this)
    earlier = held.order_by("-fiscal_year").values_list("fiscal_year", flat=True).distinct()
    return [this, *earlier[: YEARS - 1]]


def _urls(numbers: list[str], organisation: Organisation) -> dict[str, str]:
    """Where each of the organisation's own handovers is shown. One query."""
    found = Handover.objects.filter(number__in={number for number in numbers if number})
    return {
        number: reverse("sent_one" if sender == organisation.pk else "received", args=[number])
        for number, sender, receiver in found.values_list("number", "sender", "receiver")
        if organisation.pk in {sender, receiver}
    }
