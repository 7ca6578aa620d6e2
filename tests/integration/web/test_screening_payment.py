"""What institutions are paid: counted before it is prepared, prepared by one officer, approved by another, on paper."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import BilledTest, Statement, TestResult
from azukari.programmes.screening.steps import payment, results_in
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.integration.run.test_results import accept, line, taken, takers

from .screening_stage import YEAR, Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関等の登録と選定"

MOST_BYTES = 100_000
JULY, OTHER = date(YEAR, 7, 1), "1310000027"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def officer(ward: Demo, desk: Desk, press: Any) -> Desk:
    """Twelve results of July, two of them of another institution; and one row that nobody has decided about."""
    until(ward, STAGE)
    people = takers(ward)[:13]
    rows = [line(one, institution=OTHER if n < 2 else "1310000019") for n, one in enumerate(people[:12])]
    accept(ward, taken(ward, *rows, line(people[12], raw="Z")))
    assert TestResult.objects.count() == 12
    return desk.sit("W001", ward.at(11, 10))


@pytest.fixture
def prepared(officer: Desk) -> Desk:
    assert officer.send("screening_prepare_statements", YEAR, 7).status_code == 303
    assert officer.job().state == Job.State.DONE, officer.job().message
    return officer


def test_the_months_of_the_year_show_how_far_each_is(officer: Desk) -> None:
    shown = officer.open("screening_billing")
    months = [month.first for month, *_urls in shown.context["months"]]
    assert months == [date(YEAR, n, 1) for n in range(11, 3, -1)]  # none that has not begun
    assert all(month.state == "none" for month, *_urls in shown.context["months"])
    assert officer.open("screening_billing", year=str(YEAR)).status_code == 200
    assert officer.open("screening_billing", year="zzz").status_code == 200
    for month in ((YEAR, 13), (YEAR, 12), (1999, 1)):
        assert officer.open("screening_statements", *month).status_code == 404
    assert "支払明細はありません" in text(officer.open("screening_statements", YEAR, 7))


def test_what_would_be_billed_and_what_not_is_counted_first_and_changes_nothing(officer: Desk) -> None:
    shown = officer.open("screening_prepare_statements", YEAR, 7)
    facts = dict(shown.context["facts"])
    assert (facts["支払明細"], facts["請求する検査"]) == ("2医療機関", "12件")
    assert shown.context["outstanding"] == 1
    assert "まだ採用も不採用も決めていない" in text(shown)
    assert not Statement.objects.exists()
    before = officer.open("screening_prepare_statements", YEAR, 6)
    assert "明細は作られません" in text(before)
    assert dict(before.context["facts"])["請求する検査"] == "0件"


def test_counts_that_changed_since_they_were_shown_are_not_confirmed(officer: Desk, ward: Demo) -> None:
    officer.page = officer.open("screening_prepare_statements", YEAR, 7)
    batch = taken(ward, line(takers(ward)[13]))
    results_in.accept_clean(batch=batch, by=ward.who("W002"), now=ward.at(11, 10))
    answer = officer.send("screening_prepare_statements", YEAR, 7, first=False)
    assert answer.status_code == 409
    assert not Statement.objects.exists()


def test_statements_are_prepared_in_a_job_and_billed_once(prepared: Desk) -> None:
    assert prepared.job().message.startswith("支払明細を2件作りました")
    shown = prepared.open("screening_statements", YEAR, 7)
    assert shown.context["table"].total == 2
    assert "架空診療所" in text(shown)
    assert prepared.open("screening_statements", YEAR, 7, state="approved").context["table"].total == 0
    assert prepared.send("screening_prepare_statements", YEAR, 7).status_code == 303
    assert prepared.job().state == Job.State.REFUSED
    assert "承認を待っている" in prepared.job().message
    month = next(month for month, *_urls in prepared.open("screening_billing").context["months"] if month.first == JULY)
    assert (month.state, month.made, month.waiting) == ("waiting", 2, 2)


def test_the_statement_told_from_the_ledger_is_the_one_that_was_prepared(prepared: Desk) -> None:
    for statement in Statement.objects.all():
        told = payment.billing_of(statement)
        stored = told.lines.with_columns(pl.col("examined_month").cast(pl.String)).to_dicts()
        assert stored == statement.lines
        assert told.totals.item(0, "net") == statement.total
        shown = prepared.open("screening_statement", statement.pk)
        assert f"{statement.total:,}円" in text(shown)
    assert prepared.open("screening_statement", 999_999).status_code == 404


def test_who_prepared_a_statement_does_not_approve_it_and_another_officer_does(prepared: Desk) -> None:
    statement = Statement.objects.order_by("pk")[0]
    assert "別の人が" in text(prepared.open("screening_statement", statement.pk))
    own = prepared.send("screening_approve_statement", statement.pk)
    assert own.status_code == 422
    other = prepared.sit("W002")
    late = prepared.sit("W002")
    late.page = late.open("screening_approve_statement", statement.pk)
    assert other.send("screening_approve_statement", statement.pk).status_code == 303
    statement.refresh_from_db()
    assert statement.approved_by is not None
    assert statement.approved_by.key == "W002"
    assert Entry.objects.filter(act="billing.approve").latest("seq").actor == "W002"
    assert late.send("screening_approve_statement", statement.pk, first=False).status_code == 409


def test_a_result_withdrawn_after_payment_comes_back_as_a_negative_line(prepared: Desk, ward: Demo) -> None:
    for statement in Statement.objects.all():
        payment.approve(statement=statement, by=ward.who("W002"), now=ward.at(11, 11))
    TestResult.objects.filter(institution=OTHER).update(withdrawn_at=ward.at(11, 12), withdrawn_why="誤り")
    preview = payment.preview(date(YEAR, 8, 1))
    assert (preview.statements, preview.billed, preview.taken_back) == (1, 0, 2)
    assert preview.net < 0
    payment.prepare_statements(month=date(YEAR, 8, 1), by=ward.who("W001"), now=ward.at(11, 13))
    made = Statement.objects.get(month=date(YEAR, 8, 1))
    shown = text(prepared.open("screening_statement", made.pk))
    assert "取消し" in shown
    assert "−2" in shown
    assert "返してもらう額" in shown


def test_a_correction_that_costs_nothing_is_written_into_the_ledger_as_well(prepared: Desk, ward: Demo) -> None:
    for statement in Statement.objects.all():
        payment.approve(statement=statement, by=ward.who("W002"), now=ward.at(11, 11))
    one = TestResult.objects.filter(institution=OTHER).earliest("pk")
    TestResult.objects.filter(pk=one.pk).update(examined_on=one.examined_on + timedelta(days=1))
    _billing, made = payment.prepare_statements(month=date(YEAR, 8, 1), by=ward.who("W001"), now=ward.at(11, 13))
    assert [statement.total for statement in made] == [0]
    assert sorted(BilledTest.objects.filter(result=one).values_list("sign", flat=True)) == [-1, 1, 1]
    assert payment.preview(date(YEAR, 9, 1)).billed == 0


def test_the_statement_is_had_as_pdf_and_csv_and_that_is_logged(prepared: Desk) -> None:
    statement = Statement.objects.get(institution=OTHER)
    paper = prepared.open("screening_statement_paper", statement.pk, "pdf")
    shown = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper.content)).pages)
    assert payment.number_of(statement) in shown
    assert "架空診療所" in shown
    assert Entry.objects.latest("seq").details_read == {"statement": statement.pk, "format": "pdf"}
    rows = prepared.open("screening_statement_paper", statement.pk, "csv").content.decode("cp932").splitlines()
    assert rows[-1].split(",")[2] == "合計"
    assert str(statement.total) in rows[-1]
    assert prepared.open("screening_statement_paper", statement.pk, "xlsx").status_code == 404


def test_others_read_but_neither_prepare_nor_approve(prepared: Desk) -> None:
    statement = Statement.objects.order_by("pk")[0]
    for key in ("W101", "W901"):
        other = prepared.sit(key)
        assert other.open("screening_billing").status_code == 200
        assert other.open("screening_statement", statement.pk).status_code == 200
        assert "承認に進む" not in text(other.open("screening_statement", statement.pk))
        assert other.open("screening_prepare_statements", YEAR, 7).status_code == 403
        assert other.open("screening_approve_statement", statement.pk).status_code == 403


def test_ten_times_as_many_statements_cost_no_more_queries(prepared: Desk, ward: Demo) -> None:
    asked = []
    for times in range(2):
        with CaptureQueriesContext(connection) as queries:
            shown = prepared.open("screening_statements", YEAR, 7)
            listed = prepared.open("screening_billing")
        asked.append(len(queries))
        assert len(shown.content) < MOST_BYTES
        assert len(listed.content) < MOST_BYTES
        Statement.objects.bulk_create(
            Statement(institution=f"13200{n:05}", month=JULY, edition=1 + times, lines=[], total=n,
                      prepared_by=ward.who("W001"), prepared_at=ward.at(11, 10))
            for n in range(200)
        )  # fmt: skip
    assert asked[0] == asked[1] < 50
