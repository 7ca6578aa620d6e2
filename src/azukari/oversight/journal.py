"""The access log in words: which act, by whom, for which organisation, which items; and the refusals of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from azukari.dossier.schema import Dossier
from azukari.dossier.words import clause_label, item_name
from azukari.parties.models import Handler, Organisation
from azukari.parties.roles import ACT_NAMES
from azukari.witness import reading
from azukari.witness.models import Entry

REFUSED = "refused"
MOST_REFUSALS = 50


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it. ``what`` is the act; of a refusal, the act that was refused."""

    seq: int
    at: datetime
    what: str
    refused: bool
    who: str
    who_key: str
    organisation: str
    programme: str
    clause: str
    ruling: str
    items: tuple[str, ...]
    persons: int
    purpose: str


@dataclass(frozen=True)
class Refusals:
    """How many of a day, and the newest of them."""

    count: int
    newest: tuple[Line, ...]


def lines(entries: Iterable[Entry], papers: Mapping[str, Dossier] | None = None) -> list[Line]:
    """Entries in words, in the same order. With the papers by programme, clauses by their names. Two queries."""
    chosen = list(entries)
    people = dict(Handler.objects.filter(key__in={e.actor for e in chosen}).values_list("key", "name"))
    houses = dict(Organisation.objects.filter(key__in={e.party for e in chosen}).values_list("key", "name"))
    clauses = {
        (programme, clause.key): clause_label(clause)
        for programme, paper in (papers or {}).items()
        for clause in paper.clauses
    }
    told = []
    for entry in chosen:
        refused = entry.act == REFUSED
        act = entry.purpose if refused else entry.act
        sheets = [clauses.get((entry.programme, key), key) for key in entry.clause.split("、") if key]
        told.append(
            Line(
                seq=entry.seq,
                at=entry.recorded_at,
                what=ACT_NAMES.get(act, act),
                refused=refused,
                who=people.get(entry.actor, entry.actor),
                who_key=entry.actor,
                organisation=houses.get(entry.party) or _party_name(entry, papers),
                programme=entry.programme,
                clause="、".join(sheets),
                ruling=entry.ruling,
                items=tuple(item_name(key) for key in entry.item_keys),
                persons=entry.persons,
                purpose=_("拒否") if refused else entry.purpose,
            )
        )
    return told


def _party_name(entry: Entry, papers: Mapping[str, Dossier] | None) -> str:
    """An entry names either an organisation or a party of the paper."""
    paper = (papers or {}).get(entry.programme)
    stated = next((party.name for party in paper.parties if party.key == entry.party), None) if paper else None
    return stated or entry.party


def refusals_on(
    day: date,
    organisation: Organisation | None = None,
    papers: Mapping[str, Dossier] | None = None,
    most: int = MOST_REFUSALS,
) -> Refusals:
    """What was refused on a local day, to whom, for which items. Four queries; for an organisation only its own."""
    wanted = reading.Filter(since=day, until=day, act=REFUSED, party=organisation.key if organisation else "")
    found = reading.matching(wanted)
    return Refusals(found.count(), tuple(lines(found.order_by("-seq")[:most], papers)))
