"""What an institution works on by itself: the person it was shown again, its laboratories, its result sheets on paper.

A result sheet stands for one test of one visit. Its number is the visit's, with -1, -2 … where several tests were
taken; so what comes back unreadable is found again without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db.models import Q, QuerySet

from azukari.custody import gate, window
from azukari.custody.models import Handover
from azukari.keying.models import PaperSheet
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.vocabulary.refusal import Changed

from ..models import Visit, VisitTest, Voucher
from ..vouchers import voucher_frame
from . import laboratory, paper
from .state import PROGRAMME
from .visits import INSTITUTIONS, STEP, Presented, offered_tests

MOST_SHEETS = 200
"""Sheets in one counted batch made on a screen; the oldest visits first."""


class SheetsMoved(Changed, NotPermitted):
    """Somebody else sent or reported one of the sheets meanwhile."""


def is_party(organisation: Organisation, parties: Sequence[str], on: date) -> bool:
    """Whether the organisation is one of these parties of the programme that day."""
    return bool(set(gate.parties_of(organisation, PROGRAMME, on)) & set(parties))


def is_institution(organisation: Organisation, on: date) -> bool:
    return is_party(organisation, INSTITUTIONS, on)


def appointed_as(party: str, on: date) -> QuerySet[Organisation]:
    """The organisations that are this party of the programme that day."""
    found = Appointment.objects.filter(programme=PROGRAMME, party=party, valid_from__lte=on)
    found = found.filter(Q(valid_until=None) | Q(valid_until__gte=on))
    return Organisation.objects.filter(pk__in=found.values("organisation_id")).order_by("name")


# --- the person who was shown


def show_again(*, voucher: Voucher, by: Handler, now: datetime) -> Presented:
    """A person who was let in at the own window before: the window's columns and the tests, decided and logged anew.

    Raises NotPermitted where the person was not shown here, or the window is closed.
    """
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        own = window.windows_of(by.organisation, PROGRAMME, STEP)
        if not own:
            raise NotPermitted(
                f"{by.organisation.name}の窓口が開いていません。区の担当に窓口の状態を確かめてください。"
            )
        shown = gate.show(
            record=record,
            by=by,
            window=own[0],
            references=[voucher.reference],
            items=list(own[0].items),
            purpose="受診者の項目の再表示",
            table=lambda: voucher_frame(voucher.run, [voucher.pk], voucher.channel),
        )
        return Presented(voucher, own[0], shown, offered_tests(voucher))


# --- laboratories


def laboratories_of(institution: Organisation) -> QuerySet[Organisation]:
    """To whom the institution has a window open for specimens."""
    opened = Handover.objects.filter(
        sender=institution, programme=PROGRAMME, step=laboratory.STEP, state=Handover.State.ACKNOWLEDGED
    )
    return Organisation.objects.filter(pk__in=opened.values("receiver_id")).order_by("name")


# --- result sheets on paper


@dataclass(frozen=True)
class OutSheet:
    """A sheet that can go out: the test whose result stands on it, and the number written on it."""

    number: str
    taken: VisitTest


def sheet_number_is_used(organisation: Organisation, number: str) -> bool:
    return Visit.objects.filter(organisation=organisation, sheet_number=number, cancelled_at=None).exists()


def numbered(visit: Visit) -> list[OutSheet]:
    """Every test of a visit with the number of its sheet; none where the visit has no sheet."""
    if not visit.sheet_number:
        return []
    tests = sorted((t for t in visit.tests.all() if t.state != VisitTest.State.CANCELLED), key=lambda t: t.pk)
    if len(tests) == 1:
        return [OutSheet(visit.sheet_number, tests[0])]
    return [OutSheet(f"{visit.sheet_number}-{n}", taken) for n, taken in enumerate(tests, 1)]


def waiting_sheets(institution: Organisation) -> list[OutSheet]:
    """Sheets whose results nobody has reported yet, of the oldest visits; two queries."""
    visits = Visit.objects.filter(
        organisation=institution, cancelled_at=None, pk__in=VisitTest.objects.filter(state="taken").values("visit_id")
    ).exclude(sheet_number="")
    oldest = visits.select_related("voucher__person", "handover").prefetch_related("tests").order_by("pk")
    found = [one for visit in oldest[:MOST_SHEETS] for one in _with_visit(visit)]
    return [one for one in found if one.taken.state == VisitTest.State.TAKEN][:MOST_SHEETS]


def _with_visit(visit: Visit) -> list[OutSheet]:
    sheets = numbered(visit)
    for one in sheets:
        one.taken.visit = visit
    return sheets


def send_waiting(
    *, company: Organisation, numbers: Sequence[str], counted: int, by: Handler, now: datetime
) -> Handover:
    """⑫ These sheets as one counted batch; their tests count as reported, so that nothing is reported twice.

    Raises NotPermitted where nothing is chosen or the sheets were miscounted, SheetsMoved where one is gone.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        waiting = {one.number: one for one in waiting_sheets(by.organisation)}
        if not numbers:
            raise NotPermitted("送る結果票を一枚以上選んでください。")
        if set(numbers) - set(waiting):
            raise SheetsMoved("選んだ結果票の中に、すでに送ったか報告したものがあります。一覧を開き直してください。")
        if counted != len(numbers):
            raise NotPermitted(
                f"数えた枚数（{counted}枚）が、選んだ結果票（{len(numbers)}枚）と合いません。数え直してください。"
            )
        chosen = [waiting[number] for number in numbers]
        parents = {one.taken.visit.handover for one in chosen}
        handover = paper.send_sheets(
            company=company, sheets=_frame(chosen, by.organisation), parent=next(iter(parents), None), by=by, now=now
        )
        tests = VisitTest.objects.filter(pk__in=[one.taken.pk for one in chosen], state=VisitTest.State.TAKEN)
        if tests.update(state=VisitTest.State.REPORTED) != len(chosen):
            raise SheetsMoved("選んだ結果票の中に、すでに報告したものがあります。一覧を開き直してください。")
        record(purpose="受診の結果票の送付", handover=handover.number, sheets=len(chosen))
        return handover


def _frame(sheets: Sequence[OutSheet], institution: Organisation) -> pl.DataFrame:
    """What stands on the sheets, as far as it is known here: the judgement is on the paper alone."""
    rows = []
    for one in sheets:
        visit = one.taken.visit
        person = visit.voucher.person
        rows.append((
            visit.reference, one.number, visit.voucher.voucher_number, person.registered_name, person.birth,
            one.taken.test, visit.visited_on.isoformat(), institution.institution_number, "",
        ))  # fmt: skip
    known = ("voucher_number", "name", "birth", "test", "examined_on", "institution", "raw")
    return pl.DataFrame(rows, schema=dict.fromkeys(("reference", "number", *known), pl.String), orient="row")


def returned_sheets(institution: Organisation) -> list[tuple[PaperSheet, VisitTest]]:
    """Sheets that came back unreadable, or whose batch was withdrawn, with the test whose result is owed again."""
    lost = PaperSheet.objects.filter(_is_lost(), handover__sender=institution, handover__step=paper.TO_DATA_ENTRY)
    newest = list(lost.select_related("handover").order_by("-pk")[:MOST_SHEETS])
    tests = _tests_of(institution, [sheet.number for sheet in newest])
    again = set(
        PaperSheet.objects.filter(handover__sender=institution, number__in=tests)
        .exclude(_is_lost())
        .values_list("number", flat=True)
    )
    found: dict[str, tuple[PaperSheet, VisitTest]] = {}
    for sheet in newest:
        test = tests.get(sheet.number)
        if test is not None and test.state == VisitTest.State.REPORTED and sheet.number not in again:
            found.setdefault(sheet.number, (sheet, test))
    return list(found.values())


def _is_lost() -> Q:
    return Q(state=PaperSheet.State.UNREADABLE) | Q(handover__state=Handover.State.WITHDRAWN)


def _tests_of(institution: Organisation, numbers: Sequence[str]) -> dict[str, VisitTest]:
    of_visits = {number.split("-")[0] for number in numbers}
    visits = Visit.objects.filter(organisation=institution, sheet_number__in=of_visits, cancelled_at=None)
    tests = {one.number: one.taken for visit in visits.prefetch_related("tests") for one in _with_visit(visit)}
    return {number: tests[number] for number in numbers if number in tests}


def take_back(*, sheet: PaperSheet, by: Handler, now: datetime) -> VisitTest:
    """A returned sheet is in the institution's hands again: its result can be typed in or sent once more."""
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        owed = {one.pk: test for one, test in returned_sheets(by.organisation)}
        test = owed.get(sheet.pk)
        if test is None:
            raise SheetsMoved("この結果票は、受け取り直すものではありません。一覧を開き直してください。")
        reported = VisitTest.objects.filter(pk=test.pk, state=VisitTest.State.REPORTED)
        if not reported.update(state=VisitTest.State.TAKEN):
            raise SheetsMoved("この結果票は、ほかの人が受け取り直しました。一覧を開き直してください。")
        record(
            purpose="返却された結果票の受取り", handover=sheet.handover.number, sheet=sheet.number,
            subjects=[bytes.fromhex(test.visit.reference)],
        )  # fmt: skip
        return test
