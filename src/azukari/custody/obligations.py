"""What a receiver owes by which day: acknowledgement, return or erasure, certificate. They arise at release."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings

from azukari.parties.models import Organisation

from .models import Handover, Obligation

ACKNOWLEDGE_WITHIN = timedelta(days=3)
CERTIFY_WITHIN = timedelta(days=14)


def owe(handover: Handover, on: date, clear_by: date) -> None:
    """The obligations of a release on this day, to be cleared by that day."""
    due = {Obligation.Kind.ACKNOWLEDGE: on + ACKNOWLEDGE_WITHIN}
    if handover.receiver.key != settings.AZUKARI_HOME:  # what comes back to the ward is its own again
        due |= {Obligation.Kind.CLEAR: clear_by, Obligation.Kind.CERTIFY: clear_by + CERTIFY_WITHIN}
    Obligation.objects.bulk_create(Obligation(handover=handover, kind=k, due_on=d) for k, d in due.items())


def met(handover: Handover, kind: Obligation.Kind, now: datetime) -> None:
    """Mark an obligation as met; what is met already stays as it is."""
    handover.obligations.filter(kind=kind, met_at__isnull=True).update(met_at=now)


def overdue(*, on: date, receiver: Organisation | None = None, programme: str = "") -> list[Obligation]:
    """What is unacknowledged, unreturned, unerased or uncertified past its day."""
    late = Obligation.objects.filter(met_at__isnull=True, due_on__lt=on).select_related("handover__receiver")
    if receiver is not None:
        late = late.filter(handover__receiver=receiver)
    if programme:
        late = late.filter(handover__programme=programme)
    return list(late.order_by("due_on", "pk"))
