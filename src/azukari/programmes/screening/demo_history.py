"""Which tests the people of the synthetic ward took in earlier years."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

import polars as pl

from azukari.vocabulary.fiscal import age_at_fiscal_year_end
from azukari.vocabulary.wareki import parse_date

YEARS_KEPT = 3
HEPATITIS_SINCE = 2008  # tests offered under the present law, 健康増進法
SCHEMA = {"number": pl.String, "fiscal_year": pl.Int32, "test": pl.String, "result": pl.String, "workup": pl.Boolean}


@dataclass(frozen=True)
class _Habit:
    """Who takes a test and how it comes out: share of those who may, and share of results that need a work-up."""

    minimum_age: int
    share: float
    workup: float
    sex: str = ""
    even_age: bool = False
    every_second_year: bool = False


# Shares of a Tokyo ward, shares of work-up of the national report of FY2017 (plausible, not exact).
HABITS: Mapping[str, _Habit] = {
    "stomach_xray": _Habit(40, 0.05, 0.07),
    "stomach_endoscopy": _Habit(50, 0.13, 0.07, every_second_year=True),
    "colorectal": _Habit(40, 0.22, 0.06),
    "lung": _Habit(40, 0.20, 0.016),
    "cervical": _Habit(20, 0.34, 0.022, sex="2", even_age=True),
    "breast": _Habit(40, 0.38, 0.065, sex="2", even_age=True),
}
PROSTATE = _Habit(50, 0.3, 0.08, sex="1")
HEPATITIS_TAKEN, HEPATITIS_POSITIVE = 0.3, 0.008
CHECKUP_RESULTS = (("異常なし", "要指導", "要医療"), (40, 45, 15))

Entry = tuple[str, int, str, str, bool]


def make_history(rng: Random, rows: list[dict[str, str]], births: list[date], fiscal_year: int) -> pl.DataFrame:
    """One row per person, fiscal year and test taken: number, fiscal_year, test, result, workup.

    Covers the three years before `fiscal_year`; a hepatitis test, taken once, may lie further back.
    """
    entries: list[Entry] = []
    for row, birth in zip(rows, births, strict=True):
        if age_at_fiscal_year_end(birth, fiscal_year) < 17:
            continue
        came = parse_date(row["住民となった日"]).earliest()
        since = came.year if came.month >= 4 else came.year - 1
        entries += _person(rng, row, birth, since, fiscal_year)
    return pl.DataFrame(entries, schema=SCHEMA, orient="row")


def _person(rng: Random, row: Mapping[str, str], birth: date, since: int, fiscal_year: int) -> Iterator[Entry]:
    # Few people come every year and many never: a skewed propensity, mean 1, kept through the years.
    keen = rng.betavariate(0.5, 1.0) * 3
    number, sex = row["宛名番号"], row["性別"]
    endoscopy = 0
    for year in range(max(since, fiscal_year - YEARS_KEPT), fiscal_year):
        age = age_at_fiscal_year_end(birth, year)
        share = 0.06 if age < 40 else 0.42 if row["保険区分"] != "3" else 0.0
        checkup = age >= 16 and rng.random() < share * keen
        if checkup:
            result = rng.choices(*CHECKUP_RESULTS)[0]
            yield number, year, "checkup", result, result == "要医療"
        for test, habit in HABITS.items():
            waits = habit.every_second_year and endoscopy == year - 1
            if waits or not _may(habit, sex, age) or rng.random() >= habit.share * keen:
                continue
            if test == "stomach_endoscopy":
                endoscopy = year
            yield _entry(rng, number, year, test, habit)
        if checkup and _may(PROSTATE, sex, age) and rng.random() < PROSTATE.share:
            yield _entry(rng, number, year, "prostate", PROSTATE)
    yield from _hepatitis(rng, number, birth, since, fiscal_year, keen)


def _may(habit: _Habit, sex: str, age: int) -> bool:
    return age >= habit.minimum_age and habit.sex in ("", sex) and not (habit.even_age and age % 2)


def _entry(rng: Random, number: str, year: int, test: str, habit: _Habit) -> Entry:
    workup = rng.random() < habit.workup
    return number, year, test, "要精検" if workup else "異常なし", workup


def _hepatitis(rng: Random, number: str, birth: date, since: int, fiscal_year: int, keen: float) -> Iterator[Entry]:
    first = max(since, HEPATITIS_SINCE, birth.year + 40)
    if first < fiscal_year and rng.random() < HEPATITIS_TAKEN * keen:
        positive = rng.random() < HEPATITIS_POSITIVE
        yield number, rng.randrange(first, fiscal_year), "hepatitis", "陽性" if positive else "陰性", positive
