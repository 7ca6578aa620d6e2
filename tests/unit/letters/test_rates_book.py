"""The book of rates: figures and criteria side by side, withheld ones as a star, texts never as formulas."""

from __future__ import annotations

from io import BytesIO

import polars as pl
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from azukari.engine.suppression import WITHHELD
from azukari.letters.typst import count_pages
from azukari.programmes.screening.letters.rates_book import STAR, Edition, criterion, pages, rates_pdf, rates_xlsx
from azukari.programmes.screening.rates import ALL, INDICATORS, rates_parameters

EDITION = Edition(2025, "見本市", "健康づくり課")
P = rates_parameters().for_fiscal_year(2025)


def table(method: str = "chest_xray", rate_withheld: bool = True) -> pl.DataFrame:
    rows = []
    for band in ("40-44", "45-49", "80+", "40-69", ALL):
        for chosen in (ALL, method):
            for indicator in INDICATORS:
                hide = rate_withheld and band == "45-49"
                empty = band == "80+"
                figures = (None, None, None, None) if hide else (0, 0, None, None) if empty else (12, 480, 2.5, "met")
                rows.append(("lung", chosen, ALL, ALL, band, ALL, indicator, *figures, hide))
    columns = ["cancer", "method", "setting", "sex", "band", "first", "indicator"]
    schema = dict.fromkeys(columns, pl.String) | {
        "numerator": pl.Int64, "denominator": pl.Int64, "rate": pl.Float64, "verdict": pl.String, WITHHELD: pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_the_excel_book_has_a_sheet_per_cancer_with_figures_and_charts() -> None:
    book = load_workbook(BytesIO(rates_xlsx(table(), EDITION)))
    assert book.sheetnames == ["肺がん", "定義と注"]
    sheet = book["肺がん"]
    assert sheet["A1"].value == "令和7年度　肺がん検診　がん検診 精度管理指標"
    assert len(sheet._charts) == 2
    lines = [[cell.value for cell in row][:11] for row in sheet.iter_rows(min_row=9)]
    every = {(line[0], line[3], line[5]): line[6:] for line in lines}
    assert every["全体", "40〜44歳", "要精検率"] == [12, 480, 2.5, "2.4以下（未確認）", "達成"]
    assert every["全体", "45〜49歳", "要精検率"] == [STAR, STAR, STAR, "2.4以下（未確認）", STAR]
    assert every["全体", "80歳以上", "要精検率"] == [0, 0, "−", "2.4以下（未確認）", "−"]


def test_the_data_of_the_charts_leave_withheld_figures_empty() -> None:
    sheet = load_workbook(BytesIO(rates_xlsx(table(), EDITION)))["肺がん"]
    beside = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=9, min_col=13, max_col=14) if row[0].value}
    assert beside == {"40〜44歳": 2.5, "45〜49歳": None, "80歳以上": None}


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "http://example.invalid/", '=HYPERLINK("x")'])
def test_no_text_becomes_a_formula_or_a_link(evil: str) -> None:
    edition = Edition(2025, evil, evil, title=evil)
    book = load_workbook(BytesIO(rates_xlsx(table(evil), edition)))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
    assert evil in {cell.value for row in book["肺がん"].iter_rows() for cell in row}


def test_the_pdf_prints_criteria_year_definitions_and_the_note_on_withholding() -> None:
    pdf = rates_pdf(table(), EDITION)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).replace("\n", "").replace(" ", "")
    assert count_pages(pdf) == 3
    for words in (
        "令和7年度",
        "2.4以下（未確認）",
        "要精検者数÷受診者数",
        "10人に満たない",
        STAR,
        "がん検診事業のあり方",
    ):
        assert words in text


def test_the_pdf_is_the_same_for_the_same_table_and_takes_markup_as_text() -> None:
    hostile = Edition(2025, "#panic()", "*x* $ \\ <a> @b", title='"')
    assert rates_pdf(table("#panic()"), hostile) == rates_pdf(table("#panic()"), hostile)


def test_a_withheld_bar_has_no_height() -> None:
    bars = pages(table(), EDITION)["cancers"][0]["charts"][0]["bars"]
    assert bars == [["40〜44歳", 2.5, "2.50"], ["45〜49歳", None, STAR], ["80歳以上", None, "−"]]


def test_the_full_table_for_inside_needs_no_column_of_withholding() -> None:
    inside = table(rate_withheld=False).drop(WITHHELD)
    sheet = load_workbook(BytesIO(rates_xlsx(inside, EDITION)))["肺がん"]
    assert STAR not in {cell.value for row in sheet.iter_rows(min_row=9) for cell in row}


def test_an_empty_table_still_makes_files() -> None:
    assert load_workbook(BytesIO(rates_xlsx(table().clear(), EDITION))).sheetnames == ["定義と注"]
    assert count_pages(rates_pdf(table().clear(), EDITION)) == 1


def test_a_criterion_shows_its_target_and_how_sure_it_is() -> None:
    assert criterion("lung", "not_attended_rate", P) == "20以下、目標5（要確認）"
    assert criterion("lung", "attended_rate", P) == "90以上"
    assert criterion("lung", "uptake", P) == "−"
