"""What the programme has of one person: numbers, sheets, tests taken, wishes, holds, exemptions. A look is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, Q

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.models import Resident
from azukari.vocabulary.addresses import address_key
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_start

from ..explanation import Explanation, explain_all
from ..frames import INSURANCE, SEX
from ..models import AddressHold, Exemption, History, OptOut, Run, Sheet, Voucher
from ..rules import HISTORIES, screening_parameters
from ..timeline import ITEMS, Past, past_of
from .state import PROGRAMME

MOST = 60
MOST_TAKEN = 300
"""Tests taken: eligibility asks whether there ever was one, so that no life's worth may be cut."""


@dataclass(frozen=True)
class Hold:
    """A returned piece; ``in_force`` False where the register has another address by now, or it was lifted."""

    hold: AddressHold
    in_force: bool


@dataclass(frozen=True)
class PersonFile:
    vouchers: Sequence[Voucher]
    history: Sequence[History]
    holds: Sequence[Hold]
    opted_out: OptOut | None
    exemptions: Sequence[Exemption]
    past: Past
    next_year: Sequence[Explanation] = ()


def open_file(*, person: Resident, purpose: str, by: Handler, now: datetime, on: date) -> PersonFile:
    """The person's file as it stands on a day. A fixed number of queries, however much there is."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        if not purpose.strip():
            raise NotPermitted("照会の目的を入力してください。")
        record(
            purpose=purpose,
            items=["examinee_number", "voucher_number", "screening_history", "copayment", "address", *ITEMS],
            subjects=[bytes.fromhex(person.reference)],
        )
        sheets = Prefetch("sheets", Sheet.objects.order_by("-pk"))
        vouchers = Voucher.objects.filter(person=person).select_related("run").prefetch_related(sheets)
        wishes = OptOut.objects.filter(Q(until=None) | Q(until__gt=on), person=person).order_by("-since", "-pk")
        given = list(vouchers.defer("run__counts", "run__difference").order_by("-run__fiscal_year")[:MOST])
        file = PersonFile(
            vouchers=given,
            history=list(History.objects.filter(person=person).order_by("-fiscal_year", "test")[:MOST_TAKEN]),
            holds=[Hold(hold, _in_force(hold, person)) for hold in _holds(person)],
            opted_out=wishes.first(),
            exemptions=list(Exemption.objects.filter(person=person).order_by("-fiscal_year")[:MOST]),
            past=past_of(person, given),
        )
        return replace(file, next_year=_next_year(file, person, fiscal_year(on) + 1))


def _next_year(file: PersonFile, person: Resident, year: int) -> list[Explanation]:
    """What the person would be offered in that year, by what is known of tests taken and of the register now."""
    row = rules_row(file, person, year)
    return explain_all(row, screening_parameters(), year, fiscal_year_start(year))


def rules_row(file: PersonFile, person: Resident, year: int) -> dict[str, Any]:
    """The row that ``frames.residents_frame`` would give on the first day of that year, without asking again."""
    first = fiscal_year_start(year)
    gone = any(day is not None and day <= first for day in (person.died_on, person.moved_out_on))
    last: dict[str, int] = {}
    for one in file.history:
        last[one.test] = max(one.fiscal_year, last.get(one.test, 0))
    wish = file.opted_out
    return {
        "birth": person.birth_date,
        "sex": SEX.get(person.sex, "0"),
        "insurance": INSURANCE.get(person.insurance_kind),
        "welfare": person.welfare,
        "resident": not gone,
        "opted_out": wish is not None and wish.since <= first and (wish.until is None or wish.until > first),
        "fee_exempt": any(one.fiscal_year == year for one in file.exemptions),
        "hepatitis_tested": "hepatitis" in last,
        **{f"last_{test}": last.get(test) for test in HISTORIES},
    }


def _holds(person: Resident) -> list[AddressHold]:
    return list(AddressHold.objects.filter(person=person).select_related("sheet").order_by("-since", "-pk")[:MOST])


def _in_force(hold: AddressHold, person: Resident) -> bool:
    return hold.lifted_at is None and hold.address_key == address_key(person.address)


def hold_of(person: Resident, number: int) -> AddressHold | None:
    """One of the person's open holds, for lifting it."""
    return (
        AddressHold.objects.select_related("person", "sheet").filter(pk=number, person=person, lifted_at=None).first()
    )


def run_for_late(on: date) -> Run | None:
    """The run in which a voucher can be issued now: this fiscal year's."""

    return Run.objects.defer("counts", "difference").filter(fiscal_year=fiscal_year(on)).first()


def sheets_of(run: Run, person: Resident) -> list[Sheet]:
    """The person's sheets of one run, newest first."""
    return list(Sheet.objects.filter(voucher__run=run, voucher__person=person).order_by("-pk"))
