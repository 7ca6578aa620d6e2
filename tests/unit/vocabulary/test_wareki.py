from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.vocabulary.wareki import PartialDate, Style, UnreadableDate, parse_date, parse_dates, to_wareki

SOLAR_DAYS = st.dates(min_value=date(1873, 1, 1), max_value=date(2117, 12, 31))


@given(SOLAR_DAYS, st.sampled_from(["long", "short", "code"]))
def test_every_day_survives_every_style(day: date, style: Style) -> None:
    assert parse_date(to_wareki(day, style)).date() == day


@given(SOLAR_DAYS)
def test_every_day_survives_its_iso_and_eight_digit_form(day: date) -> None:
    assert parse_date(day.isoformat()).date() == day
    assert parse_date(day.strftime("%Y%m%d")).date() == day
    assert parse_date(day.isoformat()).iso() == day.isoformat()


@given(SOLAR_DAYS, st.booleans(), st.sampled_from(["long", "short", "code"]))
def test_partly_unknown_dates_survive_every_style(day: date, month_known: bool, style: Style) -> None:
    partial = PartialDate(day.year, day.month if month_known else None)
    assert parse_date(to_wareki(partial, style)) == partial
    assert parse_date(partial.iso()) == partial


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    [read] = parse_dates([text])
    assert isinstance(read, PartialDate | UnreadableDate)


def test_the_first_year_of_an_era_is_written_gannen() -> None:
    assert to_wareki(date(2019, 5, 1)) == "令和元年5月1日"
    assert to_wareki(date(2019, 4, 30)) == "平成31年4月30日"
    assert to_wareki(date(1965, 4, 1)) == "昭和40年4月1日"
    assert to_wareki(date(1965, 4, 1), "short") == "S40.4.1"
    assert to_wareki(date(1965, 4, 1), "code") == "3400401"


def test_the_old_calendar_is_not_converted_either_way() -> None:
    assert parse_date("明治6年1月1日").date() == date(1873, 1, 1)
    with pytest.raises(UnreadableDate, match="旧暦"):
        parse_date("明治5年12月2日")
    with pytest.raises(ValueError, match="旧暦"):
        to_wareki(date(1872, 12, 31))


def test_a_partial_date_spans_the_days_it_may_mean() -> None:
    year, month, leap = PartialDate(1965), PartialDate(1965, 4), PartialDate(1964, 2)
    assert (year.earliest(), year.latest(), year.date()) == (date(1965, 1, 1), date(1965, 12, 31), None)
    assert (month.earliest(), month.latest(), month.iso()) == (date(1965, 4, 1), date(1965, 4, 30), "1965-04-00")
    assert leap.latest() == date(1964, 2, 29)


def test_a_day_without_a_month_is_no_partial_date() -> None:
    with pytest.raises(ValueError, match="月が不詳"):
        PartialDate(1965, None, 3)


def test_an_unreadable_date_says_so_without_repeating_the_birth_date() -> None:
    with pytest.raises(UnreadableDate) as caught:
        parse_date("S40.2.30")
    assert caught.value.text == "S40.2.30"
    assert "S40" not in str(caught.value)
    assert caught.value.remedy


def test_a_column_keeps_its_order_and_holds_errors_in_place() -> None:
    good, bad, empty, again = parse_dates(["S40.4.1", "昭和64年1月8日", None, "S40.4.1"])
    assert good == again == PartialDate(1965, 4, 1)
    assert isinstance(bad, UnreadableDate)
    assert isinstance(empty, UnreadableDate)
