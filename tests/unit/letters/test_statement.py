"""The statement of an institution: what stands on the paper and in the CSV closes on the same sums, and names nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import polars as pl
import pytest
from pypdf import PdfReader

from azukari.custody.csvfile import read_csv
from azukari.letters.glyphs import GlyphProof
from azukari.programmes.screening.billing import Billing, bill, billing_parameters
from azukari.programmes.screening.letters.statement import (
    Heading,
    Kind,
    name_of_test,
    printed_texts,
    statement_csv,
    statement_data,
    statement_pdf,
)
from azukari.programmes.screening.reasons import TESTS

CLINIC, OTHER = "1311111111", "1322222222"
JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
HEADING = Heading(
    Kind.CLAIM, "請求 R7-0614", date(2025, 8, 4), CLINIC, "見本内科医院", "見本区", "健康部健康づくり課", "03-0000-0000"
)
HEADERS = [
    "請求月",
    "医療機関番号",
    "区分",
    "検査",
    "受診月",
    "単価",
    "件数",
    "金額",
    "消費税",
    "自己負担額",
    "差引額",
    "請求に含めない理由",
]
SCHEMA: dict[str, Any] = {
    "result_id": pl.Int64, "institution": pl.String, "test": pl.String, "examined_on": pl.Date, "method": pl.String,
    "fee_paid": pl.Int64, "accepted": pl.Boolean,
}  # fmt: skip


def performed(month: date, first: int, *, tests: tuple[str, ...] = ("colorectal", "lung", "breast")) -> list[Any]:
    return [
        (first + n * 100 + place, CLINIC, test, month.replace(day=n + 1), None, 600, True)
        for place, test in enumerate(tests)
        for n in range(4)
    ]


def july() -> Billing:
    """New lines, one result of June taken back, one rejected, two outstanding, one with an option."""
    june = performed(JUNE, 1)
    before = bill(pl.DataFrame(june, schema=SCHEMA, orient="row"), billing_parameters(), JUNE)
    taken_back = [(*june[0][:-1], False), *june[1:]]
    new = [
        *performed(JULY, 10_001),
        (90_001, CLINIC, "lung", date(2025, 7, 8), "with_sputum", 1200, True),
        (90_002, CLINIC, "colorectal", date(2025, 7, 8), None, 600, False),
        (90_003, CLINIC, "colorectal", date(2025, 7, 9), None, 600, None),
        (90_004, CLINIC, "breast", date(2025, 7, 9), None, 800, None),
        (90_005, OTHER, "colorectal", date(2025, 7, 9), None, 600, True),
    ]
    tests = pl.DataFrame(taken_back + new, schema=SCHEMA, orient="row")
    return bill(tests, billing_parameters(), JULY, before.entries)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_everything_that_a_statement_needs_stands_on_it():
    text = text_of(statement_pdf(july(), HEADING)).replace("\n", "")
    for shown in (
        "請求内訳書", "請求 R7-0614", "令和7年8月4日", "令和7年7月分", "見本内科医院", CLINIC, "請求額", "大腸がん検診", "令和7年6月",
        "喀痰細胞診を含む", "取消し", "−2,700", "結果を確認中のもの", "結果を受理しなかったもの", "作成者", "承認者", "消費税", "合計",
    ):  # fmt: skip
        assert shown in text, shown
    assert OTHER not in text


def test_the_sum_on_the_paper_is_the_sum_of_its_lines():
    data = statement_data(july(), HEADING)
    for key in ("count", "gross", "copayment"):
        assert sum(line[key] for line in data["lines"]) == data["total"][key]
    assert sum(line["net"] for line in data["lines"]) + data["total"]["tax"] == data["total"]["net"]
    assert f"{data['total']['net']:,}円" in text_of(statement_pdf(july(), HEADING))


def test_the_two_people_are_printed_once_they_have_acted():
    text = text_of(statement_pdf(july(), replace(HEADING, prepared_by="職員0012", approved_by="職員0034")))
    assert "職員0012" in text
    assert "職員0034" in text


@pytest.mark.parametrize("kind", list(Kind))
def test_the_paper_is_called_after_the_way_it_goes(kind: Kind):
    assert kind.value in text_of(statement_pdf(july(), replace(HEADING, kind=kind)))


def test_a_month_that_only_takes_back_is_a_repayment():
    june = [(1, CLINIC, "colorectal", JUNE, None, 600, True)]
    before = bill(pl.DataFrame(june, schema=SCHEMA, orient="row"), billing_parameters(), JUNE)
    rejected = pl.DataFrame([(*june[0][:-1], False)], schema=SCHEMA, orient="row")
    text = text_of(statement_pdf(bill(rejected, billing_parameters(), JULY, before.entries), HEADING))
    assert "返還額" in text
    assert "2,100円" in text


def test_an_institution_that_had_nothing_accepted_gets_a_statement_that_says_so():
    rejected = pl.DataFrame([(1, CLINIC, "colorectal", JUNE, None, 600, False)], schema=SCHEMA, orient="row")
    assert "請求する検査はありません。" in text_of(statement_pdf(bill(rejected, billing_parameters(), JUNE), HEADING))


def test_an_institution_without_any_test_has_no_statement():
    with pytest.raises(LookupError, match="1399999999"):
        statement_data(july(), replace(HEADING, institution="1399999999"))


def test_many_lines_go_on_to_further_pages_and_none_is_lost():
    rows: list[Any] = []
    for month in range(4, 12):
        rows += performed(date(2025, month, 1), month * 1000, tests=TESTS)
    found = bill(pl.DataFrame(rows, schema=SCHEMA, orient="row"), billing_parameters(), date(2025, 11, 1))
    pages = PdfReader(BytesIO(statement_pdf(found, HEADING))).pages
    assert found.lines.height == 12 * 8
    assert len(pages) > 1
    assert "差引額" in pages[1].extract_text()
    assert sum(page.extract_text().count("令和7年") for page in pages) >= 96


def test_the_csv_is_cp932_and_closes_on_the_same_sums_as_the_paper():
    written = statement_csv(july(), CLINIC)
    assert "請求月".encode("cp932") in written.data
    table = read_csv(written.data, HEADERS, written.rows, encoding="cp932")
    lines, total = table.filter(pl.col("区分").is_in(["請求", "取消し"])), table.filter(pl.col("区分") == "合計")
    data = statement_data(july(), HEADING)
    for header, key in (("件数", "count"), ("金額", "gross"), ("自己負担額", "copayment"), ("差引額", "net")):
        assert lines[header].cast(pl.Int64).sum() == int(total[header].item()) == data["total"][key]
    assert table.filter(pl.col("区分") == "請求外")["件数"].cast(pl.Int64).sum() == 4
    assert table.filter(pl.col("区分") == "取消し")["件数"].to_list() == ["-1"]


def test_a_test_that_a_spreadsheet_would_run_is_made_harmless():
    hostile = "=HYPERLINK(1)"
    rows = pl.DataFrame([(1, CLINIC, hostile, JUNE, None, 600, True)], schema=SCHEMA, orient="row")
    found = bill(rows, billing_parameters(), JUNE)
    written = statement_csv(found, CLINIC)
    assert b",'" + hostile.encode() in written.data
    assert written.escaped_cells == 1
    assert hostile in text_of(statement_pdf(found, HEADING))


@pytest.mark.parametrize("hostile", ["#panic()", "*x*", "$", "\\", '"', "= 見出し", "<label>", "@ref"])
def test_markup_in_the_name_of_an_institution_is_printed_as_it_stands(hostile: str):
    assert f"医院{hostile}分院" in text_of(
        statement_pdf(july(), replace(HEADING, institution_name=f"医院{hostile}分院"))
    )


def test_neither_paper_nor_csv_carries_a_result_or_a_day():
    text = text_of(statement_pdf(july(), HEADING)) + statement_csv(july(), CLINIC).data.decode("cp932")
    for personal in ("90001", "90003", "10101", "7月8日", "2025-07-08", "2025-07-09"):
        assert personal not in text


def test_the_same_statement_is_the_same_file():
    assert statement_pdf(july(), HEADING) == statement_pdf(july(), HEADING)


def test_a_name_that_the_font_lacks_is_found_before_printing():
    texts = printed_texts([replace(HEADING, institution_name="見本\ue000医院")])
    assert [found.field for found in GlyphProof().check(texts)] == ["医療機関名"]


def test_every_test_has_a_name_and_an_unknown_one_is_shown_as_it_came():
    assert all(name_of_test(test, "") != test for test in TESTS)
    assert name_of_test("unknown", "") == "unknown"
    assert name_of_test(None, "") == "不明"
