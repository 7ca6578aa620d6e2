"""Who holds how many persons' data now, what is past its day, and how much has passed between the organisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Count, Q, Sum

from azukari.custody import book, obligations
from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.parties.models import Organisation

State = Handover.State
NOT_OUT = (State.PREPARED, State.SEALED, State.WITHDRAWN)


@dataclass(frozen=True)
class Holding:
    """What one organisation holds of one programme: persons in data, persons on paper, sheets of paper."""

    organisation: str
    name: str
    programme: str
    in_data: int
    on_paper: int
    sheets: int

    @property
    def persons(self) -> int:
        """How many persons, at least: whoever is in a file and on the sheet printed from it is one person."""
        return max(self.in_data, self.on_paper)


def holdings(programme: str = "", organisation: Organisation | None = None) -> list[Holding]:
    """Balances of all years folded by organisation and programme, the largest first. The ward's own are left out.

    Two queries.
    """
    account = organisation.key if organisation else ""
    folded: dict[tuple[str, str], list[int]] = {}
    for balance in book.balances(programme=programme, account=account):
        if balance.account.startswith("~") or balance.account == settings.AZUKARI_HOME:
            continue
        sums = folded.setdefault((balance.account, balance.programme), [0, 0, 0])
        sums[1 if balance.medium == Medium.PAPER else 0] += balance.persons
        sums[2] += balance.sheets
    names = dict(Organisation.objects.filter(key__in={key for key, _ in folded}).values_list("key", "name"))
    held = [Holding(key, names.get(key, key), of, *sums) for (key, of), sums in folded.items() if any(sums)]
    return sorted(held, key=lambda one: (-one.persons, one.programme, one.organisation))


@dataclass(frozen=True)
class Late:
    """Something an organisation owes that is past its day."""

    handover: str
    programme: str
    organisation: str
    what: str
    due_on: date
    days: int


def overdue(on: date, organisation: Organisation | None = None, programme: str = "") -> list[Late]:
    """What is past its day, the oldest first: for releases too it counts as overdue. One query."""
    return [
        Late(
            handover=one.handover.number,
            programme=one.handover.programme,
            organisation=one.handover.receiver.name,
            what=one.get_kind_display(),
            due_on=one.due_on,
            days=(on - one.due_on).days,
        )
        for one in obligations.overdue(on=on, receiver=organisation, programme=programme)
    ]


@dataclass(frozen=True)
class Passed:
    """How much an organisation has given and taken: handovers that left, and the persons in them."""

    sent: int
    sent_persons: int
    received: int
    received_persons: int


def passed(organisation: Organisation, fiscal_year: int | None = None, programme: str = "") -> Passed:
    """Handovers that left, by direction. One query."""
    out = Handover.objects.exclude(state__in=NOT_OUT)
    if fiscal_year is not None:
        out = out.filter(fiscal_year=fiscal_year)
    if programme:
        out = out.filter(programme=programme)
    given, taken = Q(sender=organisation), Q(receiver=organisation)
    sums = out.filter(given | taken).aggregate(
        sent=Count("pk", filter=given),
        sent_persons=Sum("persons", filter=given, default=0),
        received=Count("pk", filter=taken),
        received_persons=Sum("persons", filter=taken, default=0),
    )
    return Passed(**sums)
