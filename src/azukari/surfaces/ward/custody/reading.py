"""The handovers and books as the ward reads them: queries only."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from azukari.custody.models import Handover

PEOPLE = ("prepared_by", "sealed_by", "released_by", "acknowledged_by", "sender", "receiver", "parent")


def all_handovers() -> QuerySet[Handover]:
    return Handover.objects.select_related("sender", "receiver", "certificate")


def one(number: str) -> Handover:
    """A handover with its people and certificate; 404 where there is none of that number."""
    found = Handover.objects.select_related(*PEOPLE, "certificate__issued_by", "certificate__confirmed_by")
    handover = found.filter(number=number).first()
    if handover is None:
        raise Http404
    return handover


def ours(request: Any, handover: Handover) -> bool:
    """Whether the ward is the one that hands over; a processor's certificate of its sub-processor counts as well."""
    return bool(handover.sender_id == request.handler.organisation_id)
