"""What the screens of a run show beside its path: counts, what would be handed over, what the day no longer permits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.cache import cache
from django.db.models import Count, Q

from azukari.dossier.approval import NotInForce, in_force
from azukari.dossier.schema import Direction
from azukari.parties.models import Appointment, Organisation
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.items import item_names

from ..models import Run, Stop, Voucher
from ..vouchers import HISTORY, columns
from .assess import counts_of, to_be_written_to
from .mailing import ENCLOSER, PRINTER, on_paper
from .recheck import newly_stopped
from .state import PROGRAMME

PROVIDED, HANDLED = Direction.PROVIDED, Direction.HANDLED
ALREADY_OUT = (Run.State.POSTED, Run.State.CLOSED)


@dataclass(frozen=True)
class StopCount:
    key: str
    label: str
    count: int
    settled: int


@dataclass(frozen=True)
class HandedItem:
    """One item that goes to the printer: by which clause it may, and whether it is printed."""

    name: str
    columns: int
    clause: str
    ruling: str
    allowed: bool
    printed: bool


def stop_counts(run: Run) -> list[StopCount]:
    """Every reason, in the order of the checks, also those that nobody has."""
    rows = Stop.objects.filter(run=run).values_list("reason").annotate(n=Count("pk"), done=Count("settled_at"))
    found = {reason: (n, done) for reason, n, done in rows.order_by()}
    return [StopCount(key, str(label), *found.get(key, (0, 0))) for key, label in Stop.Reason.choices]


def run_counts(run: Run, stops: Sequence[StopCount]) -> Mapping[str, int]:
    """``assess.counts_of``, remembered for as long as nothing that it counts has changed.

    It looks at every sheet of the run, which a page that everybody opens all day must not. What changes it is a step
    of the run, or somebody stopped; a reprint, a late or a lost voucher does not.
    """
    shape = "-".join(str(stop.count) for stop in stops)
    key = f"screening-counts-{run.pk}-{run.started_at.timestamp()}-{run.state}-{shape}"
    known: Mapping[str, int] | None = cache.get(key)
    if known is None:
        known = dict(counts_of(run))
        cache.set(key, known, None)
    return known


def numbers_to_give(run: Run) -> Mapping[str, int]:
    """How many would get a number, by channel."""
    chosen = to_be_written_to(run)
    counted = dict(chosen.group_by("channel").len().iter_rows())
    return {channel: int(counted.get(channel, 0)) for channel in (Voucher.Channel.PRINTER, Voucher.Channel.WARD)}


def newly_stopped_counts(run: Run, on: date) -> list[tuple[str, int]]:
    """Who can't be written to any more since the numbers were given: counts by reason."""
    counted = newly_stopped(run, on).group_by("stop").len().iter_rows()
    return sorted((str(Stop.Reason(reason).label), int(count)) for reason, count in counted)


def items_for_printer(run: Run, on: date, *, with_history: bool = True) -> list[HandedItem]:
    """Each item of the handover against the paper in force that day. Raises NotInForce where there is none."""
    paper = in_force(PROGRAMME, on)
    headers: dict[str, int] = {}
    for column in [*columns(run.fiscal_year), *([HISTORY] if with_history else [])]:
        if column.item:
            headers[column.item] = headers.get(column.item, 0) + 1
    printed = set(on_paper(run))
    found = []
    for item, heads in headers.items():
        decision = paper.decide(PRINTER, item, PROVIDED, on)
        found.append(
            HandedItem(
                name=item_names([item]),
                columns=heads,
                clause=decision.clause_title or decision.clause or "",
                ruling=decision.ruling or "",
                allowed=decision.allowed,
                printed=item in printed,
            )
        )
    return found


def not_permitted_any_more(run: Run, on: date) -> list[str]:
    """What the paper in force that day no longer lets be done in this run, in sentences; empty where all goes on.

    The run keeps its fiscal year; the approval, the rulings and the appointments have days of their own. The acts
    themselves ask the gate again; this is for whoever looks.
    """
    if run.state in ALREADY_OUT:
        return []
    try:
        paper = in_force(PROGRAMME, on)
    except NotInForce as refusal:
        return [str(refusal)]
    told: dict[str, None] = {}
    for party, direction in ((PRINTER, PROVIDED), (PRINTER, HANDLED), (ENCLOSER, PROVIDED)):
        decisions = [paper.decide(party, item, direction, on) for item in on_paper(run)]
        told.update(dict.fromkeys(f"{d.reason} {d.remedy}".strip() for d in decisions if not d.allowed))
    held = _appointed([PRINTER, ENCLOSER], on)
    names = {party.key: party.name for party in paper.dossier.parties}
    for party in (PRINTER, ENCLOSER):
        if party not in held:
            name = names.get(party, party)
            told[f"「{name}」の選定が、{on} に有効ではありません。選定の記録と期間を確かめてください。"] = None
    return list(told)


def appointed(party: str, on: date) -> Organisation | None:
    """Who is this party of the programme that day."""
    return _appointed([party], on).get(party)


def _appointed(parties: Sequence[str], on: date) -> dict[str, Organisation]:
    found = Appointment.objects.filter(programme=PROGRAMME, party__in=parties, valid_from__lte=on)
    found = found.filter(Q(valid_until=None) | Q(valid_until__gte=on)).select_related("organisation")
    return {one.party: one.organisation for one in found.order_by("valid_from")}


def year_passed(run: Run, on: date) -> bool:
    """Whether the day is in a later fiscal year than the run."""
    return fiscal_year(on) > run.fiscal_year
