"""Who has had a person's data: what the access log says of the person, and who holds a copy now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from azukari.custody.models import HELD, HandedPerson, Handover
from azukari.dossier.words import item_name
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.models import Resident
from azukari.witness.log import person_disclosures

from .journal import Line, lines

PAGE_ENTRIES = 50


@dataclass(frozen=True)
class Kept:
    """A handover by which somebody was given the person's data."""

    number: str
    organisation: str
    purpose: str
    items: tuple[str, ...]
    state: str
    since: datetime | None
    held: bool


@dataclass(frozen=True)
class Disclosures:
    """``older``: what to ask for next, None at the end."""

    entries: Sequence[Line]
    older: int | None
    kept: Sequence[Kept]


def disclosures_of(
    *, person: Resident, purpose: str, by: Handler, now: datetime, before: int | None = None
) -> Disclosures:
    """A page of what happened with the person's data, newest first, and where it was handed to. Logged itself.

    Handovers name persons until they are erased; what became of earlier ones, the log's entries tell.
    """
    with acting(by=by, act="people.look_up", now=now) as record:
        if not purpose.strip():
            raise NotPermitted("照会の目的を入力してください。")
        reference = bytes.fromhex(person.reference)
        found = person_disclosures(reference).order_by("-seq")
        if before is not None:
            found = found.filter(seq__lt=before)
        entries = list(found[: PAGE_ENTRIES + 1])
        record(purpose=purpose, items=[], subjects=[reference], disclosures=min(len(entries), PAGE_ENTRIES))
        older = entries[PAGE_ENTRIES - 1].seq if len(entries) > PAGE_ENTRIES else None
        return Disclosures(lines(entries[:PAGE_ENTRIES]), older, _kept(person))


def _kept(person: Resident) -> list[Kept]:
    handed = HandedPerson.objects.filter(reference=person.reference).select_related("handover__receiver")
    handovers = [one.handover for one in handed.order_by("-handover_id")[:PAGE_ENTRIES]]
    return [
        Kept(
            number=handover.number,
            organisation=handover.receiver.name,
            purpose=handover.purpose,
            items=tuple(item_name(key) for key in handover.items),
            state=str(Handover.State(handover.state).label),
            since=timezone.localtime(handover.released_at) if handover.released_at else None,
            held=handover.state in HELD,
        )
        for handover in handovers
    ]
