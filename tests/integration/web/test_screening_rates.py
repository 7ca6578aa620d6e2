"""Rates on screen: worked out once in a job, all of it for officers, with small cells withheld for everybody else."""

from __future__ import annotations

import io
from typing import Any

import polars as pl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from pypdf import PdfReader

from azukari.programmes.screening.charts import chart
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.rates import KEYS
from azukari.programmes.screening.steps import rates_kept
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.integration.run.test_results import accept, line, taken, takers

from .screening_stage import YEAR, Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関等の登録と選定"

MOST_BYTES = 100_000


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def officer(ward: Demo, desk: Desk, press: Any, settings: Any, tmp_path: Any) -> Desk:
    """The day after results came in; nothing is worked out yet."""
    settings.AZUKARI_VAR = tmp_path / "var"
    until(ward, STAGE)
    rows = [line(voucher, raw="E1" if n % 5 == 0 else "B") for n, voucher in enumerate(takers(ward))]
    accept(ward, taken(ward, *rows))
    return desk.sit("W001", ward.at(12, 1))


@pytest.fixture
def worked_out(officer: Desk) -> Desk:
    assert officer.send("screening_rates_work_out", YEAR).status_code == 303
    assert officer.job().state == Job.State.DONE
    return officer


def test_a_year_is_chosen_and_what_to_do_first_is_told(officer: Desk) -> None:
    assert f"{YEAR}年度" in text(officer.open("screening_rates_years"))
    assert "まだ集計していません" in text(officer.open("screening_rates_years"))
    shown = officer.open("screening_rates", YEAR)
    assert shown.status_code == 200
    assert "結果を採用し" in text(shown)
    assert officer.open("screening_rates_inside", YEAR).status_code == 404
    assert officer.open("screening_rates_release", YEAR).status_code == 404
    assert officer.open("screening_rates", 1999).status_code == 404


def test_the_figures_are_worked_out_in_a_job_and_kept(worked_out: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Entry.objects.filter(act="rates.read", purpose="精度管理指標の集計").count() == 1
    monkeypatch.setattr("azukari.programmes.screening.steps.rates_of_year.work_out", None)  # nobody counts again
    for name in ("screening_rates", "screening_rates_inside"):
        shown = worked_out.open(name, YEAR, cancer="lung", indicator="workup_rate")
        assert shown.status_code == 200
        assert "区職員 甲野が集計しました" in text(shown)
    assert "2025" in text(worked_out.open("screening_rates_years"))


def test_inside_every_figure_is_shown_with_its_criterion_in_words(worked_out: Desk) -> None:
    shown = worked_out.open("screening_rates_inside", YEAR, cancer="lung", indicator="workup_rate")
    main = {name: figure for name, figure, _limit, _definition in shown.context["main"]}
    assert main["要精検率"].numerator != "＊"
    assert main["要精検率"].verdict.startswith("未達成")
    assert main["精検受診率"].rate == "0.00"
    assert "＊" not in [figure.rate for _band, figures in shown.context["by_age"] for figure in figures]
    assert "区の外へ出さないでください" in text(shown)
    assert "no-store" in shown["Cache-Control"]


def test_a_doubtful_criterion_is_marked_as_such(worked_out: Desk) -> None:
    shown = worked_out.open("screening_rates_inside", YEAR, cancer="lung")
    doubtful = [figure for _n, figure, limit, _d in shown.context["main"] if "確認）" in limit and figure.rate != "−"]
    assert doubtful
    assert all("基準は" in figure.verdict and figure.colour == "yellow" for figure in doubtful)


def test_a_rate_of_nobody_is_a_dash_and_never_zero(worked_out: Desk) -> None:
    shown = worked_out.open("screening_rates_inside", YEAR, cancer="lung", indicator="attended_rate")
    cells = [figure for _band, figures in shown.context["by_age"] for figure in figures]
    assert any(figure.denominator == "0" for figure in cells)
    assert all(figure.rate == "−" for figure in cells if figure.denominator in ("0", "−"))


def test_for_publication_small_cells_are_withheld_and_the_sign_is_explained(worked_out: Desk) -> None:
    shown = worked_out.open("screening_rates", YEAR, cancer="lung", indicator="workup_rate")
    cells = [figure for _band, figures in shown.context["by_age"] for figure in figures]
    assert any(figure.rate == "＊" == figure.numerator == figure.denominator for figure in cells)
    counts = {int(figure.numerator) for figure in cells if figure.numerator.isdigit()}
    assert not counts & set(range(1, 10))
    assert "10人に満たない人数" in text(shown)
    assert "<svg" in text(shown)


def test_a_cancer_without_results_says_so_and_an_unknown_choice_falls_back(worked_out: Desk) -> None:
    assert worked_out.open("screening_rates", YEAR, cancer="<x>", indicator="<x>").status_code == 200
    shown = worked_out.open("screening_rates", YEAR, cancer="cervical", indicator="cin3_rate")
    assert shown.status_code == 200


def test_looking_inside_is_logged_and_for_officers_alone(worked_out: Desk) -> None:
    before = Entry.objects.filter(act="result.read").count()
    worked_out.open("screening_rates_inside", YEAR, cancer="lung")
    entry = Entry.objects.filter(act="result.read").latest("seq")
    assert (entry.actor, entry.details_read["cancer"]) == ("W001", "lung")
    assert Entry.objects.filter(act="result.read").count() == before + 1
    for key in ("W101", "W901"):
        other = worked_out.sit(key)
        assert other.open("screening_rates", YEAR).status_code == 200
        assert other.open("screening_rates_inside", YEAR).status_code == 403
        assert other.open("screening_rates_work_out", YEAR).status_code == 403
        assert other.open("screening_rates_release", YEAR).status_code == 403


def test_the_full_cross_is_written_out_for_an_officer_and_logged(worked_out: Desk) -> None:
    written = worked_out.open("screening_rates_inside", YEAR, cancer="lung", format="csv")
    lines = written.content.decode("utf-8-sig").splitlines()
    assert "指標" in lines[0]
    assert "胸部X線" in lines[-1] or "全体" in lines[-1]
    assert Entry.objects.latest("seq").purpose.endswith("の書き出し")


def test_an_edition_is_made_after_confirmation_and_taken_out_as_excel_and_pdf(worked_out: Desk) -> None:
    confirm = worked_out.open("screening_rates_release", YEAR)
    facts = dict(confirm.context["facts"])
    assert int(facts["伏せる行"].replace(",", "")) > 0
    assert worked_out.send("screening_rates_release", YEAR, fields={"office": ""}).status_code == 422
    assert worked_out.send("screening_rates_release", YEAR, fields={"office": "健康部"}).status_code == 303
    assert worked_out.job().state == Job.State.DONE, worked_out.job().message
    entry = Entry.objects.filter(act="rates.release").latest("seq")
    assert (entry.details_read["edition"], entry.details_read["fiscal_year"]) == (1, YEAR)
    assert "第1版のExcel" in text(worked_out.open("screening_rates", YEAR))
    book = load_workbook(io.BytesIO(worked_out.open("screening_rates_edition", YEAR, 1, "xlsx").content))
    assert any(cell.value == "＊" for row in book["肺がん"].iter_rows() for cell in row)
    pdf = PdfReader(io.BytesIO(worked_out.open("screening_rates_edition", YEAR, 1, "pdf").content))
    assert "健康部" in pdf.pages[0].extract_text()
    assert Entry.objects.latest("seq").details_read["format"] == "pdf"
    assert worked_out.open("screening_rates_edition", YEAR, 2, "pdf").status_code == 404
    assert worked_out.open("screening_rates_edition", YEAR, 1, "json").status_code == 404


def test_a_second_edition_knows_the_first_and_figures_older_than_an_edition_are_not_given_out(
    worked_out: Desk, ward: Demo
) -> None:
    def make(worked: Any, day: int) -> rates_kept.Released:
        return rates_kept.release(
            fiscal_year=YEAR,
            office="健康部",
            worked_out=worked.at.isoformat(),
            by=ward.who("W001"),
            now=ward.at(12, day),
        )

    first = rates_kept.kept(YEAR)
    assert make(first, 2).number == 1
    assert make(first, 2).number == 2  # the same figures again
    told = rates_kept.published(YEAR)
    again = rates_kept.keep(fiscal_year=YEAR, by=ward.who("W001"), now=ward.at(12, 3))
    keys = [*KEYS, "indicator"]
    both = rates_kept.published(YEAR).join(told, on=keys, suffix="_before").filter(~pl.col("withheld"))
    assert both.filter(pl.col("withheld_before")).is_empty()  # nothing moved: nothing is said that was not said before
    assert both.height > told.filter(~pl.col("withheld")).height / 2
    assert make(again, 3).number == 3
    (rates_kept._file(YEAR)).write_bytes(older_figures(first))
    with pytest.raises(rates_kept.WorkedOutAgain):
        make(first, 4)


def older_figures(kept: Any) -> bytes:
    """What was kept, as if somebody had brought back an earlier state."""
    frame = pl.read_parquet(rates_kept._file(YEAR)).with_columns(at=pl.lit(kept.at.isoformat()))
    written = io.BytesIO()
    frame.write_parquet(written)
    return written.getvalue()


def test_figures_counted_again_since_they_were_looked_at_are_not_given_out(
    worked_out: Desk, ward: Demo, settings: Any
) -> None:
    late = worked_out.sit("W002")
    late.page = late.open("screening_rates_release", YEAR)
    rates_kept.keep(fiscal_year=YEAR, by=ward.who("W001"), now=ward.at(12, 2))
    answer = late.send("screening_rates_release", YEAR, fields={"office": "健康部"}, first=False)
    assert answer.status_code == 409
    assert rates_kept.released(YEAR) == []
    with pytest.raises(rates_kept.WorkedOutAgain):
        rates_kept.release(
            fiscal_year=YEAR, office="健康部", worked_out=ward.at(12, 1).isoformat(), by=ward.who("W001"),
            now=ward.at(12, 3),
        )  # fmt: skip


def test_the_pages_stay_small_and_cost_few_queries(worked_out: Desk) -> None:
    for name in ("screening_rates", "screening_rates_inside", "screening_rates_years"):
        args = () if name.endswith("years") else (YEAR,)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            shown = worked_out.open(name, *args)
        assert len(asked) < 25, [q["sql"] for q in asked]
        assert len(shown.content) < MOST_BYTES
        assert " style=" not in text(shown)


def test_the_bars_of_a_chart_share_one_scale_and_a_withheld_one_is_not_drawn() -> None:
    drawn = chart("図", ["男", "女"], [("40〜44歳", [(5.0, "5.00"), (None, "＊")])], 10.0, "10.0以下")
    (group,) = drawn.groups
    assert (group.bars[0].length, group.bars[1].length, group.bars[1].text) == (115, 0, "＊")
    assert drawn.limit_x == drawn.left + 230
    assert chart("図", ["計"], [], None, "−").limit_x is None
