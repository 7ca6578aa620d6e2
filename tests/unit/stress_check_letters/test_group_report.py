"""The report of groups: what may be shown, a star for what may not, the reference set on every page with a risk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from msoffcrypto.exceptions import InvalidKeyError
from openpyxl import load_workbook
from pypdf import PdfReader

from azukari.letters.typst import count_pages
from azukari.programmes.stress_check.groups import chart_set
from azukari.programmes.stress_check.letters.group_report import (
    POINTS_IN_CHART,
    group_pdf,
    group_xlsx,
    pages,
    with_password,
)
from azukari.programmes.stress_check.letters.group_rows import STAR, figure, name_of, ordered, reading

from .papers import HOSTILE, plain, texts_of
from .reports import analysis_of, multiplied, report, usual
from .test_office_password import opened

Cells = dict[str, Any]


def of_book(name: str = "集団", **more: Any) -> list[Cells]:
    """The rows of a sheet as heading → value."""
    sheet = load_workbook(BytesIO(group_xlsx(report(**more))))[name]
    heads = [cell.value for cell in sheet[4]]
    return [dict(zip(heads, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows(min_row=5)]


@cache
def usual_pages() -> list[str]:
    return texts_of(group_pdf(report()))


@pytest.mark.parametrize(
    ("total", "word"),
    [
        (None, ""),
        (100.0, ""),
        (119.99, ""),
        (120.0, ""),
        (120.4, ""),
        (120.6, "注意"),
        (149.4, "注意"),
        (149.6, "至急"),
        (150.0, "至急"),
        (151.0, "至急"),
    ],
)
def test_a_risk_is_read_above_120_as_attention_and_from_150_on_as_urgent(total: float | None, word: str) -> None:
    assert reading(total, date(2026, 9, 1)) == word


def test_the_cover_tells_participation_and_what_was_withheld_and_why() -> None:
    cover = usual_pages()[0]
    for shown in (
        "令和8年度", "見本区総務部", "SC-R8-001", "120人", "100人", "83.3%", "10人に満たない", "引き算などで", "回答期間は9月です。",
    ):  # fmt: skip
        assert shown in cover


def test_a_withheld_group_is_printed_with_stars_and_its_reason_and_never_a_figure() -> None:
    (line,) = [row for row in pages(report())["tables"][0]["rows"] if row["name"] == "窓口"]
    assert line["cells"][1:] == [STAR] * 5
    assert line["high"] == STAR
    assert line["mark"] == ""
    assert line["reason"] == "10人未満"


def test_every_figure_on_paper_and_in_the_book_is_one_of_the_frame() -> None:
    frame = usual()[0].groups
    for row, cells in zip(ordered(frame), of_book(), strict=True):
        for key, head in (
            ("answered", "回答者数"),
            ("risk_total", "総合健康リスク"),
            ("high_rate", "高ストレスの割合"),
        ):
            expected = figure(row, key)
            assert cells[head] == (expected if isinstance(expected, str) else pytest.approx(expected))
            assert (cells[head] == STAR) == (row[key] is None)


def test_the_reference_set_stands_on_every_page() -> None:
    named = "全国平均:東京医科大学計算プログラム訂正値(推奨値)(セットcurrent)"
    assert [named in page for page in usual_pages()] == [True] * 7


def test_the_coefficients_stand_under_the_charts_of_each_sex() -> None:
    found = [page for page in usual_pages() if "量-コントロール判定図" in page]
    assert len(found) == 2
    for page in found:
        assert "0.076-0.089-0.097-0.0978.77.97.58.1" in page
        assert "0.048-0.056-0.097-0.0977.97.26.68.2" in page


def test_another_reference_set_is_named_with_its_own_figures() -> None:
    other = replace(usual()[0], chart=chart_set(report().made_on, "legacy"))
    text = "".join(texts_of(group_pdf(report(analysis=other))))
    assert "セットlegacy" in text
    assert "セットcurrent" not in text
    assert "8.78.07.68.1" in text


def test_the_charts_show_the_whole_and_the_departments_by_sex_and_name_those_they_cannot_show() -> None:
    men, women = pages(report())["charts"]
    assert [name for _, name in men["names"]] == ["全体", "福祉部", "総務部"]
    assert [len(page["drawings"]) for page in (men, women)] == [2, 2]
    frame = usual()[0].groups.with_columns(
        **{f"mean_{key}_male": pl.when(pl.col("path").list.len() == 0).then(f"mean_{key}_male") for key in "qksp"}
    )
    men = pages(report(analysis=replace(usual()[0], groups=frame)))["charts"][0]
    assert [name for _, name in men["names"]] == ["全体"]
    assert men["hidden"] == ["福祉部", "総務部"]


@pytest.mark.parametrize("many", [POINTS_IN_CHART - 1, POINTS_IN_CHART, 2 * POINTS_IN_CHART])
def test_more_departments_than_a_legend_holds_go_on_to_further_charts(many: int) -> None:
    charts = pages(multiplied(many))["charts"]
    names = [name for page in charts[: len(charts) // 2] for _, name in page["names"]]
    assert len(set(names)) == many + 1
    assert all(len(page["names"]) <= POINTS_IN_CHART for page in charts)
    assert charts[0]["names"][0] == ["1", "全体"]


def test_four_hundred_groups_with_long_names_are_all_printed() -> None:
    big = multiplied(133)
    table = pages(big)["tables"][0]
    assert table["title"] == "所属別"
    assert len(table["rows"]) == 400
    assert table["rows"][-3]["name"] == "第133地域包括ケア・介護保険連携推進担当部門統括本部"
    assert count_pages(group_pdf(big)) > 400 // 30


def test_a_house_too_small_to_publish_anything_still_has_a_report() -> None:
    small = report(analysis=analysis_of(((("総務部",), 8),)), earlier={})
    text = "".join(texts_of(group_pdf(small)))
    assert "全体の数値は公表できません" in text
    assert "公表できる集団がありません" in text
    assert {cells["総合健康リスク"] for cells in of_book(analysis=small.analysis)} == {STAR}


def test_the_years_are_compared_where_there_is_an_earlier_one() -> None:
    years = pages(report())["years"]
    assert years["names"] == ["令和7年度", "令和8年度"]
    assert [row[0] for row in years["rows"]] == ["全体", "福祉部", "総務部"]
    assert all(len(row) == 7 for row in years["rows"])
    assert len(years["drawings"]) == 2
    assert pages(report(earlier={}))["years"] is None
    assert "年度比較" not in "".join(texts_of(group_pdf(report(earlier={}))))


def test_a_department_that_is_gone_or_new_has_a_dash_in_the_other_year() -> None:
    before = usual()[1].with_columns(
        path=pl.col("path").list.eval(pl.element().replace("福祉部", "旧福祉部")),
    )
    rows = {row[0]: row[1:] for row in pages(report(earlier={2025: before}))["years"]["rows"]}
    assert rows["福祉部"][0] == "−"
    assert rows["旧福祉部"][1] == "−"


def test_a_year_that_is_not_before_this_one_is_left_out() -> None:
    assert list(report(earlier={2027: usual()[1], 2024: usual()[1]}).tables) == [2024, 2026]


def test_the_book_has_its_four_sheets_with_numbers_as_numbers_and_a_frozen_head() -> None:
    book = load_workbook(BytesIO(group_xlsx(report())))
    assert book.sheetnames == ["集団", "年度比較", "伏せた理由", "出典"]
    assert [sheet.freeze_panes for sheet in book] == ["C5", "B5", "B5", "B5"]
    whole = of_book()[0]
    assert whole["集団"] == "全体"
    assert isinstance(whole["総合健康リスク"], float)
    assert isinstance(whole["対象者数"], int)
    assert whole["仕事のコントロール度（評価点の平均）"] > 0


def test_the_book_says_why_each_withheld_figure_is_withheld() -> None:
    rows = of_book("伏せた理由")
    assert {"集団": "福祉部 ＞ 窓口", "種類": "所属別"}.items() <= rows[
        [r["集団"] for r in rows].index("福祉部 ＞ 窓口")
    ].items()
    assert all(row["わけ"] for row in rows)
    frame = usual()[0].groups
    assert len(rows) == frame.filter(pl.col("withheld").is_not_null() | pl.col("high_withheld").is_not_null()).height


def test_the_sources_of_the_book_hold_the_coefficients_as_numbers() -> None:
    sheet = load_workbook(BytesIO(group_xlsx(report())))["出典"]
    numbers = {row[0].value: (row[1].value, row[2].value) for row in sheet.iter_rows()}
    assert numbers["係数 a"] == (0.076, 0.048)
    assert numbers["全国平均 上司の支援"] == (7.5, 6.6)
    assert numbers["「至急」（この値以上）"] == ("150", "2015-12-01")


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "http://example.invalid/", '=HYPERLINK("x")'])
def test_no_text_of_the_book_becomes_a_formula_or_a_link(evil: str) -> None:
    analysis = analysis_of((((evil,), 30), (("総務部",), 30)))
    book = load_workbook(BytesIO(group_xlsx(report(analysis=analysis, earlier={}, office=evil, notes=(evil,)))))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert evil in {cell.value for cell in cells}


def test_markup_in_a_name_is_printed_as_it_stands() -> None:
    analysis = analysis_of((((f"課{HOSTILE}係",), 30), (("総務部",), 30)))
    text = "".join(texts_of(group_pdf(report(analysis=analysis, notes=(HOSTILE,)))))
    assert plain(f"課{HOSTILE}係") in text


def test_the_book_opens_with_its_password_and_with_no_other() -> None:
    book = group_xlsx(report())
    file = with_password(book, "Himitsu-no-aikotoba-1")
    assert load_workbook(BytesIO(opened(file, "Himitsu-no-aikotoba-1"))).sheetnames[0] == "集団"
    with pytest.raises(InvalidKeyError):
        opened(file, "Himitsu-no-aikotoba-2")


def test_sections_stand_in_the_order_of_their_numbers() -> None:
    frame = analysis_of(tuple(((f"第{n}課",), 12) for n in (10, 2, 1))).groups
    names = [name_of(row) for row in ordered(frame) if row["attribute"] is None and row["sex"] is None]
    assert names == ["全体", "第1課", "第2課", "第10課"]


def test_the_same_report_is_the_same_pdf_and_its_title_names_no_group() -> None:
    pdf = group_pdf(report())
    assert pdf == group_pdf(report())
    assert count_pages(pdf) == len(PdfReader(BytesIO(pdf)).pages)
    assert str(PdfReader(BytesIO(pdf)).metadata.title) == "ストレスチェック　集団分析報告書"  # type: ignore[union-attr]
