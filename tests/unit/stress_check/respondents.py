"""Respondents of the stress-check tests: answers by item number, and the table that the rules read. None is a real person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl

from azukari.programmes.stress_check.parameters import ScoringSet, scoring_set
from azukari.programmes.stress_check.rules import score
from tests.unit.stress_check.oracle import item_numbers

DAY = date(2025, 10, 1)

Person = tuple[str | None, Mapping[int, int | None]]


def table(people: Iterable[Person], instrument: str = "bjsq57", dtype: Any = pl.Int8) -> pl.DataFrame:
    """One row per person: sex, and answers by item number."""
    numbers = item_numbers(instrument)
    listed = list(people)
    columns: dict[str, Any] = {
        "respondent": pl.Series(range(101, 101 + len(listed)), dtype=pl.Int64),
        "sex": pl.Series([sex for sex, _ in listed], dtype=pl.String),
    }
    columns |= {f"q{n}": pl.Series([answers.get(n) for _, answers in listed], dtype=dtype) for n in numbers}
    return pl.DataFrame(columns)


def set_of(method: str, instrument: str = "bjsq57") -> ScoringSet:
    return scoring_set(DAY, method, instrument)


def scored(people: Iterable[Person], method: str, instrument: str = "bjsq57") -> list[dict[str, Any]]:
    return score(table(people, instrument), set_of(method, instrument)).to_dicts()


def everywhere(answer: int | None, instrument: str = "bjsq57") -> dict[int, int | None]:
    """The same answer to every item."""
    return dict.fromkeys(item_numbers(instrument), answer)
