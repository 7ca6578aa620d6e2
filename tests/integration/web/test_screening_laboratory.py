"""The laboratory's window: name, birth date, sex and a number of each open order; results back by the number."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.programmes.screening.demo_results import LABORATORY
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import LaboratoryOrder
from azukari.programmes.screening.steps import laboratory, visits
from azukari.programmes.screening.views.laboratory import PER_PAGE
from azukari.witness.models import Entry

from .screening_stage import Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関・検査機関の窓口"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def order(ward: Demo, n: int, specimen: str = "blood") -> LaboratoryOrder:
    """A specimen of the n-th visitor, who comes when it is the first."""
    voucher = ward.results.visitors[n]
    by, now = ward.who("M001"), ward.at(6, 10)
    visit = voucher.visits.first()
    if visit is None:
        shown = visits.present(number=voucher.voucher_number, birth=voucher.person.birth_date, by=by, now=now)
        visit = visits.record_visit(
            voucher=voucher, visited_on=now.date(), tests=[shown.tests[0].test], consent=True, by=by, now=now
        )
    return laboratory.order(
        visit=visit, laboratory=ward.organisation(LABORATORY), specimen=specimen, by=by, now=now
    )  # fmt: skip


@pytest.fixture
def bench(ward: Demo, press: Any, desk: Desk) -> Desk:
    """Somebody of the laboratory, the day after the specimens came."""
    until(ward, STAGE)
    return desk.sit("L001", ward.at(6, 11))


def test_an_empty_list_says_that_an_institution_orders_first(bench: Desk) -> None:
    assert "医療機関が検査を依頼すると" in text(bench.open("screening_orders"))


def test_the_list_shows_number_name_birth_date_and_sex_and_each_person_is_logged(ward: Demo, bench: Desk) -> None:
    one = order(ward, 0)
    before = Entry.objects.count()
    answer = bench.open("screening_orders")
    (line,) = answer.context["table"].lines
    person = one.visit.voucher.person
    assert [cell.text for cell in line] == [
        one.number, person.alias_name or person.name or person.latin_name, person.birth, laboratory.SEX[person.sex],
    ]  # fmt: skip
    shown = text(answer)
    hidden = (person.address, person.phone, one.visit.voucher.voucher_number, laboratory.SPECIMENS["blood"])
    assert not [word for word in hidden if word and word in shown]
    last = Entry.objects.order_by("-seq")[0]
    assert (last.actor, last.purpose, Entry.objects.count() - before) == ("L001", "検体の照合", 1)
    assert answer["Cache-Control"] == "no-store"


def test_a_written_out_list_is_logged_person_by_person_and_as_a_file(ward: Demo, bench: Desk) -> None:
    numbers = [order(ward, n).number for n in range(2)]
    before = Entry.objects.count()
    written = bench.open("screening_orders", format="csv").content.decode("utf-8-sig")
    assert all(number in written for number in numbers)
    assert Entry.objects.count() - before == 2
    assert sorted(Entry.objects.order_by("-seq").values_list("persons", flat=True)[:2]) == [0, 2]


def test_a_result_comes_by_its_number_and_leaves_the_list(ward: Demo, bench: Desk) -> None:
    one = order(ward, 0)
    assert one.number in text(bench.open("screening_report_order", one.number))
    fields = {"number": one.number.lower(), "result": "HbA1c 5.6 %"}
    answer = bench.send("screening_report", fields=fields)
    assert answer.status_code == 303
    one.refresh_from_db()
    assert (one.state, one.result) == ("reported", "HbA1c 5.6 %")
    assert bench.open("screening_orders").context["table"].total == 0
    again = bench.send("screening_report", fields=fields)
    assert again.status_code == 422
    assert "報告済み" in text(again)


def test_an_unfit_specimen_needs_a_reason(ward: Demo, bench: Desk) -> None:
    one = order(ward, 0)
    bare = bench.send("screening_report", fields={"number": one.number, "unfit": "on"})
    assert bare.status_code == 422
    assert "不適の理由" in text(bare)
    sent = bench.send("screening_report", fields={"number": one.number, "unfit": "on", "result": "溶血"})
    assert sent.status_code == 303
    one.refresh_from_db()
    assert (one.state, one.result) == ("unfit", "溶血")


def test_a_number_that_was_not_ordered_here_is_refused_as_typed_and_404_as_an_address(ward: Demo, bench: Desk) -> None:
    typed = bench.send("screening_report", fields={"number": "L259999999", "result": "5.6"})
    assert typed.status_code == 422
    assert "この検体番号の依頼はありません" in text(typed)
    assert bench.open("screening_report_order", "L259999999").status_code == 404


@pytest.mark.parametrize("key", ["M001", "D001", "E001", "S001"])
def test_who_is_no_laboratory_finds_no_such_page(ward: Demo, bench: Desk, key: str) -> None:
    one = order(ward, 0)
    other = bench.sit(key)
    assert other.open("screening_orders").status_code == 404
    assert other.open("screening_report").status_code == 404
    assert other.open("screening_report_order", one.number).status_code == 404


def test_the_list_costs_no_more_queries_with_ten_times_the_orders(ward: Demo, bench: Desk) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            answer = bench.open("screening_orders")
        assert len(answer.content) < 100_000
        return len(found)

    for n in range(PER_PAGE):
        order(ward, n % len(ward.results.visitors))
    full = cost()
    assert full < 60
    for n in range(PER_PAGE * 9):
        order(ward, n % len(ward.results.visitors))
    assert LaboratoryOrder.objects.count() == PER_PAGE * 10
    assert cost() <= full + 2
