"""Papers that travel with what is handed over: the label of a disc, and the slip (受渡票) that both sides sign."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.timezone import localdate

from azukari.custody.models import Handover, Obligation
from azukari.dossier.schema import Medium
from azukari.letters import documents
from azukari.vocabulary.items import item_names
from azukari.vocabulary.wareki import to_wareki
from azukari.witness.checkpoint import latest

from .documents import MEDIA, checkpoint_lines, clause_titles, programme_name, when, year_name


def return_by(handover: Handover) -> str:
    """The day by which it has to be back or erased; empty before release and for what came back to the ward."""
    owed = handover.obligations.filter(kind=Obligation.Kind.CLEAR).first()
    return to_wareki(owed.due_on, "long") if owed else ""


def disc_label(handover: Handover, *, medium: str, contact: str, now: datetime) -> bytes:
    """Label of a disc and its case, with what a finder may read and no more. ``medium``: CD-R or DVD-R."""
    return documents.disc_label(
        {
            "package": handover.number,
            "medium": medium,
            "serial": "1 / 1",
            "from": handover.sender.name,
            "to": handover.receiver.name,
            "date": to_wareki(localdate(now), "long"),
            "return_by": return_by(handover),
            "contact": contact,
            "code": "",
        },
        settings.AZUKARI_FONTS,
    )


def handover_slip(handover: Handover, *, now: datetime) -> bytes:
    """受渡票 of one handover: counts and hashes, the people who act, no person of the list."""
    released, acknowledged = handover.released_by, handover.acknowledged_by
    signed = latest()
    hashes = [("データ", handover.digest)]
    if handover.package_sha256:
        hashes.append(("ファイル", handover.package_sha256))
    return documents.handover_slip(
        {
            "number": handover.number,
            "date": to_wareki(localdate(handover.released_at or now), "long"),
            "programme": programme_name(handover),
            "fiscal_year": year_name(handover.fiscal_year),
            "clause": clause_titles(handover),
            "step": handover.step,
            "giver": handover.sender.name,
            "giver_person": handover.prepared_by.name,
            "released_by": f"{released.name} {when(handover.released_at)}" if released else "",
            "taker": handover.receiver.name,
            "taker_person": f"{acknowledged.name} {when(handover.acknowledged_at)}" if acknowledged else "",
            "medium": MEDIA[Medium(handover.medium)],
            "persons": handover.persons,
            "rows": handover.rows,
            "sheets": handover.sheets or None,
            "items": item_names(handover.items),
            "hashes": hashes,
            "return_by": return_by(handover),
            "checkpoint": checkpoint_lines(signed.text) if signed else [],
        },
        settings.AZUKARI_FONTS,
    )
