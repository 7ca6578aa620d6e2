"""What an organisation may see of the books: what was released to it, what it hands on. Nothing else exists for it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404

from azukari.custody.models import Handover, RegisterEntry
from azukari.parties.models import Handler

State = Handover.State
NOT_YET_OUT = (State.PREPARED, State.SEALED, State.WITHDRAWN)


def received(request: Any) -> QuerySet[Handover]:
    """Handovers to the signed-in organisation, from the moment of their release."""
    mine = Handover.objects.filter(receiver=request.handler.organisation).exclude(state__in=NOT_YET_OUT)
    return mine.select_related("sender", "receiver", "certificate", "acknowledged_by")


def sent(request: Any) -> QuerySet[Handover]:
    """Handovers that the signed-in organisation prepares or sent."""
    mine = Handover.objects.filter(sender=request.handler.organisation)
    return mine.select_related("sender", "receiver", "certificate", "prepared_by", "sealed_by", "released_by")


def one(found: QuerySet[Handover], number: str) -> Handover:
    """A handover of the query, or 404: another party's number is answered like one that nobody gave."""
    handover = found.filter(number=number).first()
    if handover is None:
        raise Http404
    return handover


def register(request: Any) -> QuerySet[RegisterEntry]:
    """Register lines in which the organisation gave or took, of handovers that it may see."""
    key = request.handler.organisation.key
    lines = RegisterEntry.objects.filter(Q(giver=key) | Q(taker=key))
    seen = Q(handover__sender__key=key) | Q(handover__receiver__key=key) | Q(handover=None)
    return lines.filter(seen).select_related("handover")


def handlers(request: Any) -> QuerySet[Handler]:
    return Handler.objects.filter(organisation=request.handler.organisation).select_related("account")
