"""How each numbered step of a programme stands today, from the handovers, what is owed on them and what did not match.

A fixed number of queries, however many programmes, handovers and persons: counts stand with each handover, so the
tables of persons and rows are never touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from azukari.custody.models import Closing, Discrepancy, Handover, Obligation
from azukari.dossier.schema import Dossier, Role
from azukari.dossier.step_mark import StepKind, StepMark
from azukari.parties.models import Appointment, Organisation

State = Handover.State
NOT_OUT = (State.PREPARED, State.SEALED)
CLEARED = (State.RETURNED, State.ERASED, State.CERTIFIED)
WORST_FIRST = (
    StepKind.OVERDUE,
    StepKind.REFUSED,
    StepKind.RELEASED,
    StepKind.PREPARED,
    StepKind.ACKNOWLEDGED,
    StepKind.CLOSED,
)
"""A step with several handovers shows the one on which somebody has to do something soonest."""
KINDS = {
    State.PREPARED: StepKind.PREPARED,
    State.SEALED: StepKind.PREPARED,
    State.RELEASED: StepKind.RELEASED,
    State.REFUSED: StepKind.REFUSED,
    State.ACKNOWLEDGED: StepKind.ACKNOWLEDGED,
    State.RETURNED: StepKind.ACKNOWLEDGED,
    State.ERASED: StepKind.ACKNOWLEDGED,
    State.CERTIFIED: StepKind.CLOSED,
}


@dataclass(frozen=True)
class StepState:
    """One step today. ``persons`` and ``sheets`` of its ``handovers`` together, ``newest`` the last one's number.

    ``concerned``: how many of them are of ``kind``. ``said``: the newest one's own state, in Japanese. ``due_on``: the
    first day on which something is still owed.
    """

    kind: StepKind = StepKind.PLANNED
    persons: int = 0
    sheets: int = 0
    handovers: int = 0
    concerned: int = 0
    newest: str = ""
    said: str = ""
    due_on: date | None = None

    @property
    def words(self) -> str:
        """What stands below the kind's word, one thing a line."""
        lines = []
        if self.handovers > 1:
            lines.append(_("%(all)s件のうち%(some)s件") % {"all": self.handovers, "some": self.concerned})
        if self.said and self.said != self.kind.label:
            lines.append(self.said)
        if self.persons:
            lines.append(_("%(count)s人") % {"count": f"{self.persons:,}"})
        elif self.sheets:
            lines.append(_("%(count)s枚") % {"count": f"{self.sheets:,}"})
        if self.due_on and self.kind is not StepKind.CLOSED:
            lines.append(_("期限 %(month)s月%(day)s日") % {"month": self.due_on.month, "day": self.due_on.day})
        return "\n".join(lines)

    def mark(self, href: str = "") -> StepMark:
        """For the live picture."""
        return StepMark(self.kind, self.words, href)


PLANNED = StepState()
Steps = dict[str, StepState]


def step_states(
    programme: str,
    dossier: Dossier,
    fiscal_year: int,
    on: date,
    for_organisation: Organisation | None = None,
) -> Steps:
    """By step number, in the paper's order. For an organisation: the steps in which it gives or takes, no others."""
    return all_step_states({programme: dossier}, fiscal_year, on, for_organisation)[programme]


def all_step_states(
    papers: Mapping[str, Dossier],
    fiscal_year: int,
    on: date,
    for_organisation: Organisation | None = None,
) -> dict[str, Steps]:
    """The same for several programmes at once, in as many queries as for one: six, and one for an organisation."""
    handovers = _handovers(papers, fiscal_year, for_organisation)
    found = _by_step(handovers)
    owed = _owed(handovers, on) if found else {}
    unsettled = _unsettled(handovers) if found else {}
    closings = Closing.objects.filter(fiscal_year=fiscal_year) if found else Closing.objects.none()
    closed = set(closings.values_list("programme", flat=True))
    newest = Handover.objects.only("number", "state").in_bulk(
        [max(row["newest"] for row in rows) for rows in found.values()]
    )
    own = _own_nodes(papers, for_organisation, on)
    states: dict[str, Steps] = {}
    for programme, dossier in papers.items():
        steps = {
            step.number: PLANNED
            for step in dossier.steps
            if step.personal and (own is None or {step.source, step.target} & own[programme])
        }
        for (of, number), rows in found.items():
            if of == programme:
                key = (of, number)
                late = owed.get(key, {"due": None, "late": 0})
                last = newest[max(row["newest"] for row in rows)]
                steps[number] = _state(rows, late, unsettled.get(key, 0), programme in closed, last)
        states[programme] = steps
    return states


def _handovers(papers: Iterable[str], fiscal_year: int, organisation: Organisation | None) -> QuerySet[Handover]:
    found = Handover.objects.filter(programme__in=list(papers), fiscal_year=fiscal_year)
    found = found.exclude(state=State.WITHDRAWN)
    if organisation is not None:
        given = Q(receiver=organisation) & ~Q(state__in=NOT_OUT)  # what has not left yet is nothing to its receiver
        found = found.filter(Q(sender=organisation) | given)
    return found


def _by_step(handovers: QuerySet[Handover]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    keys = ("programme", "step", "state", "receiver__key")
    summed = handovers.values(*keys).annotate(n=Count("pk"), p=Sum("persons"), s=Sum("sheets"), newest=Max("pk"))
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in summed.order_by(*keys):
        found.setdefault((row["programme"], row["step"]), []).append(row)
    return found


def _owed(handovers: QuerySet[Handover], on: date) -> dict[tuple[str, str], dict[str, Any]]:
    """First day still owed, and how many handovers have something past due. What was cleared is not acknowledged."""
    unmet = Obligation.objects.filter(handover__in=handovers, met_at__isnull=True)
    unmet = unmet.exclude(handover__state=State.CERTIFIED)
    unmet = unmet.exclude(kind=Obligation.Kind.ACKNOWLEDGE, handover__state__in=CLEARED)
    rows = unmet.values_list("handover__programme", "handover__step").annotate(
        due=Min("due_on"), late=Count("handover", distinct=True, filter=Q(due_on__lt=on))
    )
    return {(programme, step): {"due": due, "late": late} for programme, step, due, late in rows.order_by("due")}


def _unsettled(handovers: QuerySet[Handover]) -> dict[tuple[str, str], int]:
    still = Discrepancy.objects.filter(handover__in=handovers, settled_at__isnull=True)
    rows = still.values_list("handover__programme", "handover__step").annotate(n=Count("handover", distinct=True))
    return {(programme, step): n for programme, step, n in rows.order_by("handover__step")}


def _own_nodes(
    papers: Mapping[str, Dossier], organisation: Organisation | None, on: date
) -> dict[str, set[str]] | None:
    """The boxes of the figure on an organisation's side, per programme; None: everybody's."""
    if organisation is None:
        return None
    ward = organisation.type == Organisation.Type.WARD
    appointed = Appointment.objects.filter(organisation=organisation, programme__in=papers, valid_from__lte=on)
    appointed = appointed.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))
    parties = set(appointed.values_list("programme", "party"))
    own: dict[str, set[str]] = {}
    for programme, dossier in papers.items():
        mine = {p.key for p in dossier.parties if (programme, p.key) in parties or (ward and p.role is Role.CONTROLLER)}
        own[programme] = {node.key for node in dossier.nodes if node.within in mine}
    return own


def _state(
    rows: list[dict[str, Any]], owed: Mapping[str, Any], unsettled: int, closed: bool, last: Handover
) -> StepState:
    counts = dict.fromkeys(WORST_FIRST, 0)
    for row in rows:
        counts[_kind(row, closed)] += row["n"]
    counts[StepKind.REFUSED] = max(counts[StepKind.REFUSED], unsettled)
    counts[StepKind.OVERDUE] = owed["late"]
    kind = next(kind for kind in WORST_FIRST if counts[kind])
    return StepState(
        kind=kind,
        persons=sum(row["p"] for row in rows),
        sheets=sum(row["s"] for row in rows),
        handovers=sum(row["n"] for row in rows),
        concerned=counts[kind],
        newest=last.number,
        said="" if kind is StepKind.CLOSED else str(State(last.state).label),
        due_on=owed["due"],
    )


def _kind(row: Mapping[str, Any], closed: bool) -> StepKind:
    """What came back to the ward is its own again: it is done with when the year is closed."""
    done = closed and row["receiver__key"] == settings.AZUKARI_HOME and row["state"] == State.ACKNOWLEDGED
    return StepKind.CLOSED if done else KINDS[State(row["state"])]
