"""Institutions and laboratories at their windows: they see whom a voucher or an order opens, what the clause lists, no more."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from azukari.custody import book, erasure
from azukari.custody.models import HandedPerson
from azukari.parties.acting import NotPermitted
from azukari.programmes.screening.demo_results import CLINIC, LABORATORY
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import ResultRow, Sheet, VisitTest, Voucher
from azukari.programmes.screening.steps import laboratory, typing_in, visits
from azukari.witness.models import Entry

from .ward import Press, until


@pytest.fixture
def open_ward(ward: Demo, press: Press) -> Demo:
    until(ward, "医療機関・検査機関の窓口")
    return ward


def visitor(ward: Demo, n: int = 0) -> Voucher:
    return ward.results.visitors[n]


def code_of(voucher: Voucher) -> str:
    return voucher.sheets.exclude(state=Sheet.State.VOIDED).get().code


def present(ward: Demo, voucher: Voucher, **more: Any) -> visits.Presented:
    asked = more or {"code": code_of(voucher)}
    return visits.present(**asked, by=ward.who("M001"), now=ward.at(6, 10))


def came(ward: Demo, n: int = 0) -> Any:
    shown = present(ward, visitor(ward, n))
    return visits.record_visit(
        voucher=shown.voucher, visited_on=date(2025, 6, 10), tests=[shown.tests[0].test], consent=True,
        by=ward.who("M001"), now=ward.at(6, 10),
    )  # fmt: skip


def refused_acts() -> list[str]:
    return list(Entry.objects.filter(act="refused").order_by("seq").values_list("purpose", flat=True))


def test_nobody_is_seen_before_a_voucher_is_shown(open_ward):
    window = open_ward.results.handed("⑧")
    assert (window.persons, HandedPerson.objects.filter(handover=window).count()) == (0, 0)


def test_a_shown_voucher_opens_one_person_and_the_items_of_the_clause(open_ward):
    voucher = visitor(open_ward)
    shown = present(open_ward, voucher)
    assert shown.shown.height == 1
    assert shown.shown["voucher_number"].item() == voucher.voucher_number
    assert set(shown.shown.columns) & {"tests", "period", "history"} == set()
    assert list(HandedPerson.objects.filter(handover=shown.window).values_list("reference", flat=True)) == [
        voucher.reference
    ]
    balance = book.balances(account=CLINIC)
    assert [(b.persons, b.sheets) for b in balance] == [(1, 0)]


def test_the_same_voucher_shown_again_counts_once(open_ward):
    for _ in range(3):
        shown = present(open_ward, visitor(open_ward))
    shown.window.refresh_from_db()
    assert (shown.window.persons, shown.window.rows) == (1, 1)


def test_a_number_alone_finds_nobody_and_with_the_birth_date_the_person(open_ward):
    voucher = visitor(open_ward)
    birth = voucher.person.birth_date
    for asked in (
        {"number": voucher.voucher_number},
        {"number": voucher.voucher_number, "birth": date(1900, 1, 1)},
        {"number": "25199999999", "birth": birth},
        {"code": "0000000000000000"},
    ):
        with pytest.raises(NotPermitted, match="この受診券は使えません"):
            present(open_ward, voucher, **asked)
    for number in (voucher.voucher_number, voucher.examinee_number):
        assert present(open_ward, voucher, number=number, birth=birth).voucher == voucher


def test_every_try_at_a_window_is_in_the_log(open_ward):
    before = Entry.objects.filter(act="visit.record").count()
    with pytest.raises(NotPermitted):
        present(open_ward, visitor(open_ward), number="25199999999", birth=date(1970, 1, 1))
    assert Entry.objects.filter(act="visit.record", purpose="受診券の照会（該当なし）").count() == 1
    assert Entry.objects.filter(act="visit.record").count() > before


def test_a_voided_sheet_is_no_voucher_any_more(open_ward):
    voided = Sheet.objects.filter(state=Sheet.State.VOIDED).first()
    assert voided is not None
    with pytest.raises(NotPermitted, match="この受診券は使えません"):
        present(open_ward, voided.voucher, code=voided.code)


def test_a_protected_persons_data_stays_closed_at_the_window(open_ward):
    voucher = visitor(open_ward)
    type(voucher.person).objects.filter(pk=voucher.person_id).update(protected=True)
    with pytest.raises(NotPermitted, match="支援措置"):
        present(open_ward, voucher)


def test_a_test_is_taken_once_wherever_it_is_taken(open_ward):
    visit = came(open_ward)
    test = visit.tests.get().test
    with pytest.raises(NotPermitted, match="受診が記録されているもの"):
        visits.record_visit(
            voucher=visit.voucher, visited_on=date(2025, 6, 11), tests=[test], consent=True,
            by=open_ward.who("M001"), now=open_ward.at(6, 11),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"consent": False}, "同意"),
        ({"tests": []}, "一つ以上"),
        ({"tests": ["no_such_test"]}, "受けられない検診"),
        ({"visited_on": date(2025, 6, 12)}, "今日より後"),
        ({"visited_on": date(2025, 4, 2)}, "までです"),
    ],
)
def test_a_visit_that_can_not_be_is_refused(open_ward, changes, told):
    shown = present(open_ward, visitor(open_ward))
    whole = {"visited_on": date(2025, 6, 10), "tests": [shown.tests[0].test], "consent": True}
    with pytest.raises(NotPermitted, match=told):
        visits.record_visit(
            voucher=shown.voucher, **{**whole, **changes}, by=open_ward.who("M001"), now=open_ward.at(6, 10)
        )
    assert VisitTest.objects.count() == 0


def test_a_person_who_was_not_shown_here_can_not_be_recorded(open_ward):
    stranger = visitor(open_ward, 1)
    with pytest.raises(NotPermitted, match="預かっていない人"):
        visits.record_visit(
            voucher=stranger, visited_on=date(2025, 6, 10), tests=["checkup_40_74"], consent=True,
            by=open_ward.who("M001"), now=open_ward.at(6, 10),
        )  # fmt: skip


def test_the_laboratory_gets_name_birth_date_sex_and_a_number(open_ward):
    order = laboratory.order(
        visit=came(open_ward), laboratory=open_ward.organisation(LABORATORY), specimen="blood",
        by=open_ward.who("M001"), now=open_ward.at(6, 10),
    )  # fmt: skip
    seen = laboratory.read_orders(by=open_ward.who("L001"), now=open_ward.at(6, 11))
    assert seen.columns == ["number", "name", "birth", "sex"]
    assert seen["number"].to_list() == [order.number]


@pytest.mark.parametrize("item", ["address", "phone", "voucher_number", "screening_result", "postal_code"])
def test_a_laboratory_that_asks_for_more_is_refused_and_the_refusal_is_logged(open_ward, item):
    laboratory.order(
        visit=came(open_ward), laboratory=open_ward.organisation(LABORATORY), specimen="blood",
        by=open_ward.who("M001"), now=open_ward.at(6, 10),
    )  # fmt: skip
    with pytest.raises(NotPermitted, match="検査機関"):
        laboratory.read_orders(by=open_ward.who("L001"), now=open_ward.at(6, 11), items=["name", item])
    last = Entry.objects.filter(act="refused").order_by("-seq").first()
    assert last is not None
    assert json.loads(last.items) == [item]


def test_a_result_comes_by_its_order_number_once(open_ward):
    order = laboratory.order(
        visit=came(open_ward), laboratory=open_ward.organisation(LABORATORY), specimen="blood",
        by=open_ward.who("M001"), now=open_ward.at(6, 10),
    )  # fmt: skip
    by, now = open_ward.who("L001"), open_ward.at(6, 12)
    with pytest.raises(NotPermitted, match="この検体番号の依頼はありません"):
        laboratory.report(number="L259999999", result="5.6", by=by, now=now)
    assert laboratory.report(number=order.number.lower(), result="5.6", by=by, now=now).result == "5.6"
    with pytest.raises(NotPermitted, match="報告済み"):
        laboratory.report(number=order.number, result="7.0", by=by, now=now)


def test_a_typed_result_waits_for_the_ward(open_ward):
    visit = came(open_ward)
    row = typing_in.enter_result(taken=visit.tests.get(), raw="1", by=open_ward.who("M001"), now=open_ward.at(6, 20))
    assert (row.state, row.batch.kind) == (ResultRow.State.OUTSTANDING, "typed")
    with pytest.raises(NotPermitted, match="報告済み"):
        typing_in.enter_result(taken=visit.tests.get(), raw="2", by=open_ward.who("M001"), now=open_ward.at(6, 20))


def test_a_code_of_another_test_can_not_be_typed_in(open_ward):
    visit = came(open_ward)
    with pytest.raises(NotPermitted, match="この検診のものではありません"):
        typing_in.enter_result(taken=visit.tests.get(), raw="E1", by=open_ward.who("M001"), now=open_ward.at(6, 20))


def test_what_was_seen_at_a_window_is_gone_when_the_window_is_erased(open_ward):
    shown = present(open_ward, visitor(open_ward))
    by = open_ward.who("M001")
    erasure.erase(handover=shown.window, by=by, now=open_ward.at(3, 12))
    assert book.balances(account=CLINIC) == []
    with pytest.raises(NotPermitted, match="窓口が開いていません"):
        present(open_ward, visitor(open_ward))
