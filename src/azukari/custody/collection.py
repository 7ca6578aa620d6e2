"""A collection (収集): what a party takes in from the persons themselves, on the ward's behalf, entered in the books.

Nobody hands it over, so nobody seals or releases it: it begins acknowledged, counted by who took it in, and is owed
like any other handover until it is given back or erased with a certificate (laws 5 and 7).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.utils.timezone import localdate

from azukari.dossier.schema import Direction, Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_end

from . import book, gate
from .handovers import State, new_number, transfer
from .models import HandedPerson, Handover, Obligation
from .obligations import owe


def take_in(
    *,
    programme: str,
    step: str,
    party: str,
    items: Sequence[str],
    references: Collection[str],
    purpose: str,
    medium: Medium,
    by: Handler,
    now: datetime,
    sheets: int = 0,
    due: date | None = None,
) -> Handover:
    """Enter what came in from these persons. ``references``: hex; each of them in this party's keeping already (law 3).

    Raises NotPermitted: an item not listed as collected (and not ruled), a person not handed over, nobody at all.
    """
    with acting(by=by, act="handover.acknowledge", now=now, programme=programme) as record:
        people = sorted(set(references))
        if not people:
            raise NotPermitted("受け取ったものがありません。番号を確かめてください。")
        grant = gate.accept(record=record, by=by, party=party, items=items, references=people, purpose=purpose)
        ward = Organisation.objects.filter(type=Organisation.Type.WARD).order_by("pk").first()
        if ward is None or ward.pk == by.organisation_id:
            raise NotPermitted("本人から集めたものの記録は、委託先が行います。")
        year = fiscal_year(localdate(now))
        handover = Handover.objects.create(
            number=new_number(year), programme=programme, fiscal_year=year,
            dossier_version=grant.in_force.version, dossier_hash=grant.in_force.canonical_hash, step=step,
            clause=grant.clause, rulings=list(grant.rulings), direction=Direction.COLLECTED.value, items=list(items),
            columns=[], item_group=book.item_group(items), medium=medium.value, purpose=purpose, sender=ward,
            receiver=by.organisation, receiver_party=party, persons=len(people), rows=len(people), sheets=sheets,
            digest=hashlib.sha256("\n".join(people).encode()).hexdigest(), state=State.ACKNOWLEDGED, prepared_by=by,
            prepared_at=now, acknowledged_by=by, acknowledged_at=now,
        )  # fmt: skip
        HandedPerson.objects.bulk_create(HandedPerson(handover=handover, reference=one) for one in people)
        book.enter(
            at=now, act="collect", handover=handover, giver=book.PERSONS, taker=by.organisation.key,
            taker_handler=by.key, legs=transfer(handover, +1),
        )  # fmt: skip
        owe(handover, localdate(now), due or fiscal_year_end(handover.fiscal_year))
        handover.obligations.filter(kind=Obligation.Kind.ACKNOWLEDGE).update(met_at=now)
        record(purpose=purpose, party=party, handover=handover.number, persons=handover.persons, sheets=sheets)
        return handover
