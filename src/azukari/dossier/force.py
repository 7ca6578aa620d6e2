"""What is in force on a day: a clause by its period and recorded renewals; and the acts that are recorded for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from azukari.dossier.schema import Clause, Direction, GapEntry, Renewal
from azukari.vocabulary.fiscal import fiscal_year

Triple = tuple[str, str, Direction]  # party key, item key, direction


@dataclass(frozen=True)
class Ruling:
    """The privacy officer's word on a finding: which text governs, why, until when, and what it opens."""

    key: str
    finding: str
    governs: str
    why: str
    by: str
    on: date
    until: date
    grants: tuple[GapEntry, ...] = ()


@dataclass(frozen=True)
class RenewalAct:
    """A recorded renewal of one clause (or of all: "*") for one fiscal year.

    For a clause that waits for an event, the act naming that clause and the fiscal year of its start records that the
    event has happened ("*" does not: an event belongs to its clause).
    """

    clause: str
    fiscal_year: int
    recorded_on: date
    by: str


class Cause(StrEnum):
    """Why a decision came out as it did, for programs; people read ``reason``."""

    CLAUSE = "clause"
    CONTROLLER = "controller"
    RULING = "ruling"
    UNKNOWN_PARTY = "unknown_party"
    UNKNOWN_ITEM = "unknown_item"
    UNKNOWN_DIRECTION = "unknown_direction"
    GAP = "gap"
    NOT_STARTED = "not_started"
    ENDED = "ended"
    RENEWAL_NOT_RECORDED = "renewal_not_recorded"
    SELECTION_NOT_RECORDED = "selection_not_recorded"
    WAITS_FOR_EVENT = "waits_for_event"
    EXCLUDED = "excluded"
    NOT_LISTED = "not_listed"
    VIEW_ONLY_TERMINAL = "view_only_terminal"


@dataclass(frozen=True)
class Force:
    """Whether a clause is in force on a day; ``fiscal_year`` is the first year whose renewal is missing."""

    cause: Cause
    fiscal_year: int | None = None

    @property
    def in_force(self) -> bool:
        return self.cause is Cause.CLAUSE


def force(clause: Clause, on: date, renewals: Iterable[RenewalAct] = ()) -> Force:
    """Whether the clause is in force that day.

    An act for each fiscal year after the one in which the period ends extends the clause to that year's 31 March; every
    year between must be recorded, no later than the day asked about. Days between the clause's end and the 31 March of
    the same fiscal year are never covered.
    """
    period = clause.period
    if on < period.start:
        return Force(Cause.NOT_STARTED)
    recorded = [act for act in renewals if act.recorded_on <= on]
    if period.waits_for:
        first = fiscal_year(period.start)
        if not any(act.clause == clause.key and act.fiscal_year == first for act in recorded):
            return Force(Cause.WAITS_FOR_EVENT, first)
    if period.end is None or on <= period.end:
        return Force(Cause.CLAUSE)
    last, current = fiscal_year(period.end), fiscal_year(on)
    if period.renewal is Renewal.NONE or current == last:
        return Force(Cause.ENDED)
    years = {act.fiscal_year for act in recorded if act.clause in (clause.key, "*")}
    missing = next((year for year in range(last + 1, current + 1) if year not in years), None)
    if missing is None:
        return Force(Cause.CLAUSE)
    on_selection = period.renewal is Renewal.ON_SELECTION
    return Force(Cause.SELECTION_NOT_RECORDED if on_selection else Cause.RENEWAL_NOT_RECORDED, missing)


def triples(entries: Iterable[GapEntry]) -> Iterator[Triple]:
    """Every (party, item, direction) of some gap entries or grants."""
    for entry in entries:
        for item in entry.items:
            for direction in entry.directions:
                yield entry.party, item, direction
