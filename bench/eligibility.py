"""Eligibility of a whole ward and of a prefecture's worth of people, against a Polars pass that only computes the age.

``ratios.vs_age_pass`` is (time of the rule for all tests) / (time of the age alone), the worse of the two sizes, at
most 5. The age pass is the same legal age at the end of the fiscal year, on the same table, by the quicker of Polars'
two ways (eager and lazy). ``judge`` is what the run calls; it builds its query at the first call of a process and keeps
it, so ``first_call_ms`` stands beside it. All are timed in turn, and the best of each counts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from zlib import crc32

import polars as pl

from azukari.programmes.screening.rules import HISTORIES, _prepared, judge

FISCAL_YEAR = 2025
SIZES = (150_000, 3_000_000)
OLDEST = date(1915, 1, 1)


def synthetic_people(count: int, seed: int = 1) -> pl.DataFrame:
    """``count`` people with the columns of the screening rules; every column is drawn by a hash of the row number."""

    def draw(name: str, below: int) -> pl.Expr:
        rows = pl.int_range(count, dtype=pl.Int64)
        return (rows.hash(crc32(f"{seed}{name}".encode())) // 65536 % below).cast(pl.Int32)

    def percent(name: str, share: int) -> pl.Expr:
        return draw(name, 100) < share

    days = (date(FISCAL_YEAR, 4, 1) - OLDEST).days
    age = (days - draw("birth", days)) // 365
    insurance = (
        pl.when(age >= 75)
        .then(pl.lit("late_stage"))
        .when(percent("insured", 25))
        .then(pl.lit("national"))
        .when(percent("employed", 90))
        .then(pl.lit("employee"))
        .otherwise(pl.lit("none"))
    )
    histories = {
        f"last_{history}": pl.when(percent(history, 40)).then((FISCAL_YEAR - 5 + draw(f"y{history}", 5)).cast(pl.Int16))
        for history in HISTORIES
    }
    return pl.select(
        person=pl.int_range(count, dtype=pl.Int64),
        birth=pl.when(~percent("unknown", 1))
        .then(pl.lit(OLDEST) + pl.duration(days=draw("birth", days)))
        .cast(pl.Date),
        sex=pl.when(percent("sex", 49)).then(pl.lit("1")).otherwise(pl.lit("2")),
        insurance=insurance,
        welfare=percent("welfare", 3),
        fee_exempt=percent("exempt", 8),
        resident=percent("resident", 99),
        opted_out=percent("opted", 1),
        hepatitis_tested=percent("hepatitis", 30),
        **histories,
    )


def bare_age() -> pl.Expr:
    """年度末年齢 in plain Polars: FY + 1 - year, less one for who is born after 1 April."""
    month_day = pl.col("birth").dt.month().cast(pl.Int16) * 100 + pl.col("birth").dt.day()
    return (FISCAL_YEAR + 1 - pl.col("birth").dt.year() - (month_day > 401).cast(pl.Int32)).alias("age")


def run(sizes: tuple[int, ...] = SIZES, repeat: int = 7) -> dict[str, Any]:
    """Measure every size: ``{"ratios": {"vs_age_pass": ...}, "figures": {"150000_rule_ms": ...}}``."""
    measured = {size: _measure(size, repeat) for size in sizes}
    figures = {f"{size}_{name}": value for size, values in measured.items() for name, value in values.items()}
    worst = max(values["vs_age_pass"] for values in measured.values())
    return {"ratios": {"vs_age_pass": worst}, "figures": figures}


def _measure(size: int, repeat: int) -> dict[str, float]:
    people = synthetic_people(size)
    _prepared.cache_clear()
    started = time.perf_counter()
    judge(people, FISCAL_YEAR)
    first = time.perf_counter() - started
    ways: dict[str, Callable[[], Any]] = {
        "age_eager": lambda: people.with_columns(bare_age()),
        "age_lazy": lambda: people.lazy().with_columns(bare_age()).collect(),
        "rule": lambda: judge(people, FISCAL_YEAR),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeat):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - started)
    age = min(best["age_eager"], best["age_lazy"])
    figures = {f"{name}_ms": round(seconds * 1000, 1) for name, seconds in best.items()}
    return figures | {
        "first_call_ms": round(first * 1000, 1),
        "vs_age_pass": round(best["rule"] / age, 2),
        "people_per_second": round(size / best["rule"]),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
