"""One resident's years on one page: in order, in words, logged with its items, and no dearer for a long history."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from azukari.people.models import Resident
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.follow_up import Report
from azukari.programmes.screening.frames import residents_frame
from azukari.programmes.screening.models import History, ResultBatch, ResultRow, TestResult, Voucher, WorkUp
from azukari.programmes.screening.rules import COLUMNS
from azukari.programmes.screening.steps import follow_up
from azukari.programmes.screening.steps.person_file import open_file, rules_row
from azukari.vocabulary.fiscal import fiscal_year_start
from azukari.witness.models import Entry
from tests.integration.run.test_results import accept, line, taken, takers

from .screening_stage import YEAR, Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関等の登録と選定"


@pytest.fixture
def officer(ward: Demo, desk: Desk, press: Any) -> Desk:
    until(ward, STAGE)
    return desk.sit("W001", ward.at(12, 20))


@pytest.fixture
def voucher(officer: Desk, ward: Demo) -> Voucher:
    """Somebody with a result that needs further tests, of which the hospital has told."""
    one = takers(ward)[0]
    accept(ward, taken(ward, line(one, raw="E1")))
    case = WorkUp.objects.get()
    follow_up.record_report(
        work_up=case, detail="", by=ward.who("W001"), now=ward.at(12, 12),
        report=Report(True, date(YEAR, 11, 20), "架空総合病院", "ct", "other_disease"),
    )  # fmt: skip
    follow_up.close(work_up=case, reason="結果を把握した", by=ward.who("W002"), now=ward.at(12, 15))
    return one


def opened(officer: Desk, person: Resident) -> Any:
    """The person's page, after a look-up by number."""
    officer._here()
    typed = {"text": person.number, "birth": person.birth, "purpose": "本人からの問合せ", "detail": ""}
    found = officer.client.post(reverse("people_lookup"), typed)
    people = officer.client.get(found.url).context["people"]
    places = [one for one in people if one.name == person.addressed_as]
    return officer.client.get(places[0].url)


def section(page: Any) -> dict[str, Any]:
    return next(dict(one.context) for one in page.context["sections"] if "timeline" in one.context)


def events(page: Any) -> list[Any]:
    return [event for year in section(page)["timeline"] for event in year.events]


def test_the_years_are_told_in_order_with_the_day_and_the_outcome_in_words(officer: Desk, voucher: Voucher) -> None:
    page = opened(officer, voucher.person)
    told = [(event.on, event.what) for event in events(page) if event.on and event.on >= date(YEAR, 4, 1)]
    assert told[0][0] == date(YEAR, 12, 15)
    assert [day for day, _what in told] == sorted((day for day, _what in told), reverse=True)
    whats = [what for _day, what in told]
    for what in ("精密検査：終了", "精密検査：医療機関からの報告", "肺がん検診の結果", f"{YEAR}年度の受診券を発送した"):
        assert what in whats, whats
    shown = page.content.decode()
    for word in ("要精密検査", "架空総合病院", "がん以外の疾患", 'datetime="2025-07-01"', "これまでの経過"):
        assert word in shown
    assert shown.count('<ol class="todos">') == len(section(page)["timeline"])
    assert " style=" not in shown


def test_the_look_is_logged_with_the_items_that_it_showed(officer: Desk, voucher: Voucher) -> None:
    opened(officer, voucher.person)
    entry = Entry.objects.filter(act="people.look_up", programme="screening").latest("seq")
    assert {"screening_result", "checkup_result", "detailed_exam_result"} <= set(entry.item_keys)
    assert entry.purpose == "本人からの問合せ"


def test_a_test_taken_this_year_decides_what_is_expected_next_year(officer: Desk, voucher: Voucher) -> None:
    found = section(opened(officer, voucher.person))
    assert found["next_year"] == YEAR + 1
    assert len(found["next_lines"]) > 5
    before = {name: text for name, _result, _colour, text in found["next_lines"]}
    History.objects.create(person=voucher.person, test="hepatitis", fiscal_year=YEAR - 3)
    after = {name: text for name, _result, _colour, text in section(opened(officer, voucher.person))["next_lines"]}
    assert {name for name in before if before[name] != after[name]} <= {name for name in before if "肝炎" in name}


def test_next_years_row_is_what_the_rules_read_of_everybody(officer: Desk, ward: Demo) -> None:
    year = YEAR + 1
    for person in Resident.objects.order_by("pk"):
        file = open_file(person=person, purpose="確認", by=ward.who("W001"), now=ward.at(12, 20), on=date(YEAR, 12, 20))
        frame = residents_frame(as_of=fiscal_year_start(year), fiscal_year=year, persons=[person.pk])
        row = frame.row(0, named=True)
        own = rules_row(file, person, year)
        names = [name for name in COLUMNS if name != "person"]
        assert {name: own[name] for name in names} == {name: row[name] for name in names}


def test_a_result_that_was_taken_back_and_a_year_without_a_day_are_told_as_such(
    officer: Desk, ward: Demo, voucher: Voucher
) -> None:
    TestResult.objects.update(withdrawn_at=ward.at(12, 18), withdrawn_why="誤り")
    History.objects.filter(person=voucher.person).delete()
    History.objects.create(person=voucher.person, test="colorectal", fiscal_year=2019, outcome="異常なし")
    page = opened(officer, voucher.person)
    assert ("取り下げた結果", "gray") in [event.chip for event in events(page)]
    last = section(page)["timeline"][-1]
    assert (last.fiscal_year, last.events[0].on, last.events[0].told) == (2019, None, "異常なし")
    assert "日は不明" in page.content.decode()


def test_a_long_history_costs_no_more_queries_and_stays_small(officer: Desk, ward: Demo, voucher: Voucher) -> None:
    asked = []
    for times in range(2):
        with CaptureQueriesContext(connection) as queries:
            page = opened(officer, voucher.person)
        asked.append(len(queries))
        assert len(page.content) < 100_000
        if times == 0:
            _many(voucher, ward)
    assert asked[1] <= asked[0]


def _many(voucher: Voucher, ward: Demo) -> None:
    """A hundred more results, and as many things done about the case."""
    batch = ResultBatch.objects.get()
    rows = ResultRow.objects.bulk_create(
        ResultRow(batch=batch, line=1000 + n, test="lung", stated="{}", state="accepted") for n in range(100)
    )
    TestResult.objects.bulk_create(
        TestResult(
            person=voucher.person, voucher=voucher, test="lung", fiscal_year=1900 + n,
            examined_on=date(1990, 1, 1) + timedelta(days=100 * n), institution="1310000019", raw="B",
            outcome="normal", needs_work_up=False, row=row, accepted_by="W001", accepted_at=ward.at(11, 2),
        )
        for n, row in enumerate(rows)
    )  # fmt: skip
    case = WorkUp.objects.get()
    case.events.model.objects.bulk_create(
        case.events.model(work_up=case, kind="note", at=ward.at(12, 16), by=ward.who("W001"), note=f"記録{n}")
        for n in range(100)
    )
