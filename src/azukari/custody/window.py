"""A window (窓口): a handover that begins with nobody and to which persons are added one by one as they come.

It is prepared, released by another person and acknowledged like any handover; what it lets the receiver see are the
sender's own records, read through the gate, so no copy leaves. Whoever is added is entered in the books like a person
of any other handover, and goes with the window's return or erasure.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
from django.db.models import F
from django.utils.timezone import localdate

from azukari.dossier.schema import Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation

from . import book, gate, handovers
from .handovers import State, WrongState
from .models import HandedPerson, Handover


def open_window(
    *,
    programme: str,
    step: str,
    receiver: Organisation,
    party: str,
    columns: list[gate.Column],
    purpose: str,
    by: Handler,
    now: datetime,
    extra_reason: str = "",
) -> Handover:
    """Prepare an empty handover of these columns; it is closed up, released by another and acknowledged like any other.

    Raises NotPermitted where the paper does not list an item for the receiver.
    """
    empty = pl.DataFrame(schema={"reference": pl.String, **{c.key: pl.String for c in columns}})
    return handovers.prepare(
        programme=programme,
        step=step,
        receiver=receiver,
        party=party,
        columns=columns,
        frame=empty,
        purpose=purpose,
        medium=Medium.SYSTEM,
        extra_reason=extra_reason,
        by=by,
        now=now,
    )


def windows_of(receiver: Organisation, programme: str, step: str) -> list[Handover]:
    """The windows that are open to this organisation for a step, newest first."""
    found = Handover.objects.filter(
        receiver=receiver, programme=programme, step=step, medium=Medium.SYSTEM, state=State.ACKNOWLEDGED
    )
    return list(found.select_related("sender", "receiver").order_by("-pk"))


def admit(*, window: Handover, reference: str, evidence: str, by: Handler, now: datetime) -> bool:
    """Add one person, because of ``evidence`` (a voucher shown, an order). False: the person was in it already.

    The receiver's own handler, or the sender's, adds. Raises NotPermitted for a person whom the sender does not hold or
    who is protected, and where the clause has ended meanwhile; WrongState where the window is not open.
    """
    with acting(by=by, act="handover.admit", now=now, programme=window.programme) as record:
        handovers.hold(window)
        if by.organisation_id not in {window.receiver_id, window.sender_id}:
            raise NotPermitted("この窓口は見つかりません。")
        if window.medium != Medium.SYSTEM or window.state != State.ACKNOWLEDGED:
            raise WrongState(
                f"受渡し {window.number} は「{window.get_state_display()}」のため、受け付けられません。"
                "区の担当者に窓口の状態を確かめてください。"
            )
        grant = gate.still_listed(window, localdate(now))
        gate.require_people(
            programme=window.programme,
            sender=window.sender,
            receiver=window.receiver,
            grant=grant,
            references=[reference],
            on=localdate(now),
        )
        fresh = not HandedPerson.objects.filter(handover=window, reference=reference).exists()
        if fresh:
            _enter(window, reference, by, now)
        record(
            purpose=window.purpose,
            party=window.receiver_party,
            clause=grant.clause,
            ruling="、".join(grant.rulings),
            items=window.items,
            subjects=[bytes.fromhex(reference)],
            handover=window.number,
            evidence=evidence,
            fresh=fresh,
        )
        return fresh


def _enter(window: Handover, reference: str, by: Handler, now: datetime) -> None:
    HandedPerson.objects.create(handover=window, reference=reference)
    Handover.objects.filter(pk=window.pk).update(persons=F("persons") + 1, rows=F("rows") + 1)
    window.refresh_from_db()
    giver = window.sender.key
    book.enter(
        at=now,
        act="admit",
        handover=window,
        giver=giver,
        taker=window.receiver.key,
        taker_handler=by.key,
        legs=[book.Leg(handovers.owed_to(window), -1), book.Leg(window.receiver.key, 1)],
        persons=1,
        sheets=0,
    )
