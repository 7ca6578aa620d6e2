"""Ages on columns agree with the ages of one person, on every day that is near a boundary."""

from __future__ import annotations

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest

from azukari.engine import columns
from azukari.vocabulary import fiscal

BIRTHS = [date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), date(1984, 2, 29), date(2000, 2, 29)] + [
    date(year, 3, 25) + timedelta(days=days) for year in (1951, 1985, 2005) for days in range(15)
]
DAYS = [
    date(2025, 4, 1),
    date(2026, 3, 31),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2027, 2, 28),
    date(2025, 12, 31),
]


def ages(expression: nw.Expr) -> list[int]:
    frame = nw.from_native(pl.DataFrame({"birth": BIRTHS}))
    return frame.select(age=expression)["age"].to_list()


@pytest.mark.parametrize("on", DAYS)
def test_both_ages_agree_with_those_of_one_person(on):
    birth = nw.col("birth")
    assert ages(columns.birthday_age(birth, on)) == [fiscal.birthday_age(one, on) for one in BIRTHS]
    assert ages(columns.legal_age(birth, on)) == [fiscal.legal_age(one, on) for one in BIRTHS]


@pytest.mark.parametrize(("birth", "age"), [(date(1985, 3, 31), 41), (date(1985, 4, 1), 41), (date(1985, 4, 2), 40)])
def test_born_on_1_april_is_the_older_at_the_end_of_the_fiscal_year(birth, age):
    frame = nw.from_native(pl.DataFrame({"birth": [birth]}))
    assert frame.select(age=columns.age_at_fiscal_year_end(nw.col("birth"), 2025))["age"].to_list() == [age]


def test_an_unknown_birth_has_no_age():
    frame = nw.from_native(pl.DataFrame({"birth": [None]}, schema={"birth": pl.Date}))
    assert frame.select(age=columns.legal_age(nw.col("birth"), date(2025, 4, 1)))["age"].to_list() == [None]


@pytest.mark.parametrize("on", DAYS)
@pytest.mark.parametrize("age", [20, 65, 74, 75, 76])
def test_the_latest_birth_is_the_last_day_that_has_the_age(on, age):
    latest = columns.latest_birth_of_birthday_age(age, on)
    assert fiscal.birthday_age(latest, on) == age
    assert fiscal.birthday_age(latest + timedelta(days=1), on) == age - 1
    latest = columns.latest_birth_of_legal_age(age, on)
    assert fiscal.legal_age(latest, on) == age
    assert fiscal.legal_age(latest + timedelta(days=1), on) == age - 1


def test_the_first_case_that_is_true_wins_and_null_is_false():
    frame = nw.from_native(pl.DataFrame({"a": [True, None, False, False], "b": [True, True, True, None]}))
    expression = columns.first_match([(nw.col("a"), 1), (nw.col("b"), 2)], nw.lit(0, dtype=nw.UInt8))
    result = frame.select(x=expression)["x"]
    assert result.to_list() == [1, 2, 2, 0]
    assert result.dtype == nw.UInt8
