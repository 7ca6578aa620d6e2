"""How a cell of a roster is read."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.people import columns
from azukari.vocabulary.items import ITEMS


@pytest.mark.parametrize(
    ("reader", "cell", "read"),
    [
        (columns.read_number, "００１２３", "00123"),
        (columns.read_number, " 00123 ", "00123"),
        (columns.read_number, "1" * 20, "1" * 20),
        (columns.read_employee_number, "Ａ１０３", "A103"),
        (columns.read_partial_date, "昭和40年4月1日", "1965-04-01"),
        (columns.read_partial_date, "S40.4.1", "1965-04-01"),
        (columns.read_partial_date, "3400401", "1965-04-01"),
        (columns.read_partial_date, "19650400", "1965-04-00"),
        (columns.read_partial_date, "20240229", "2024-02-29"),
        (columns.read_date, "", ""),
        (columns.read_date, "00000000", ""),
        (columns.read_date, "99999999", ""),
        (columns.read_date, "令和7年3月31日", "2025-03-31"),
        (columns.read_postal_code, "１６０－００２２", "1600022"),
        (columns.read_sex, "１", "male"),
        (columns.read_sex, "女性", "female"),
        (columns.read_sex, "", ""),
        (columns.read_flag, "有", "1"),
        (columns.read_flag, "○", "1"),
        (columns.read_flag, "", "0"),
        (columns.read_insurance, "後期高齢者医療", "late_elderly"),
        (columns.read_employment, "会計年度任用職員", "fiscal_year"),
    ],
)
def test_a_cell_is_read_in_the_forms_that_rosters_use(reader, cell, read):
    assert reader(cell) == read


@pytest.mark.parametrize(
    ("reader", "cell"),
    [
        (columns.read_number, "1" * 21),
        (columns.read_number, "12A"),
        (columns.read_number, ""),
        (columns.read_partial_date, "20250229"),
        (columns.read_partial_date, "19651301"),
        (columns.read_date, "19650400"),
        (columns.read_postal_code, "160002"),
        (columns.read_sex, "19650401"),
        (columns.read_flag, "2"),
        (columns.read_insurance, "不思議"),
    ],
)
def test_a_cell_that_cannot_be_read_says_what_to_do_and_never_repeats_itself(reader, cell):
    with pytest.raises(columns.Unreadable) as refused:
        reader(cell)
    assert refused.value.remedy
    assert not cell or cell not in str(refused.value)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_the_quick_reader_of_dates_reads_as_the_slow_one_does(day):
    cell = day.strftime("%Y%m%d")
    assert columns.quick_dates(pl.Series([cell])).to_list() == [columns.read_partial_date(cell)]


@pytest.mark.parametrize("cell", ["19650400", "20250229", "3400401", "S400401", "00000000", "99999999", ""])
def test_the_quick_reader_leaves_what_is_no_full_day_to_the_slow_one(cell):
    assert columns.quick_dates(pl.Series([cell], dtype=pl.String)).to_list() == [None]


def test_the_quick_reader_keeps_the_order_of_a_column():
    days = [(date(2024, 2, 27) + timedelta(days=n)).strftime("%Y%m%d") for n in range(4)]
    assert columns.quick_dates(pl.Series([*days, "?"])).to_list() == [
        "2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01", None,
    ]  # fmt: skip


@pytest.mark.parametrize("roster", columns.ROSTERS.values(), ids=lambda roster: roster.kind)
def test_every_column_names_an_item_of_the_list_and_no_header_means_two_fields(roster):
    assert [column.item for column in roster.columns if column.item not in ITEMS] == []
    spellings = [
        columns.header_key(text)
        for column in roster.columns
        for text in {columns.header_key(h) for h in (column.label, column.field, *column.headers)}
    ]
    assert len(spellings) == len(set(spellings))
