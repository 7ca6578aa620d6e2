"""Scoring a million respondents of the stress check, against a bare Polars sum over the same columns.

``ratios.vs_bare_sum`` is (time of ``score``) / (time of each respondent's sum of the 57 answers), at most 8: the worst
of both methods, on complete answers and on answers of which some are missing and some sexes unknown. Both sides are
eager and read the same table (Int8 answers). The sum is taken in Int16, as 57 answers can come to 228; what it takes
where it is left to overflow in Int8 stands beside it (``vs_wrapping_sum``). All are timed in turn; the best counts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from zlib import crc32

import polars as pl

from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.parameters import scoring_set
from azukari.programmes.stress_check.rules import score

RESPONDENTS = 1_000_000
DAY = date(2025, 10, 1)
METHODS = ("simple_sum", "conversion")
ANSWERS = instrument().item_keys


def synthetic_respondents(count: int, missing: bool, seed: int = 1) -> pl.DataFrame:
    """``count`` respondents, every column drawn by a hash of the row; ``missing``: 2 answers of 1,000, 1 sex of 100."""

    def draw(name: str, below: int) -> pl.Expr:
        rows = pl.int_range(count, dtype=pl.Int64)
        return rows.hash(crc32(f"{seed}{name}".encode())) // 65536 % below

    answers = {key: (draw(key, 4) + 1).cast(pl.Int8) for key in ANSWERS}
    sex = pl.when(draw("sex", 2) == 0).then(pl.lit("male")).otherwise(pl.lit("female"))
    if missing:
        answers = {key: pl.when(draw(f"{key}m", 1000) >= 2).then(answer) for key, answer in answers.items()}
        sex = pl.when(draw("unknown", 100) >= 1).then(sex)
    named = [answer.alias(key) for key, answer in answers.items()]
    return pl.select(pl.int_range(count, dtype=pl.Int64).alias("respondent"), sex.alias("sex"), *named)


def run(count: int = RESPONDENTS, repeat: int = 9) -> dict[str, Any]:
    """Measure both tables: ``{"ratios": {"vs_bare_sum": ...}, "figures": {"complete_conversion_ms": ...}}``."""
    measured = {name: _measure(count, missing, repeat) for name, missing in (("complete", False), ("gaps", True))}
    figures = {f"{name}_{key}": value for name, values in measured.items() for key, value in values.items()}
    slowest = max(values[f"{method}_ms"] for values in measured.values() for method in METHODS)
    figures["respondents_per_second"] = round(count / slowest * 1000)
    return {"ratios": {"vs_bare_sum": max(v["vs_bare_sum"] for v in measured.values())}, "figures": figures}


def _measure(count: int, missing: bool, repeat: int) -> dict[str, float]:
    people = synthetic_respondents(count, missing)
    sets = {method: scoring_set(DAY, method) for method in METHODS}
    ways: dict[str, Callable[[], Any]] = {
        "bare_sum": lambda: people.select(pl.sum_horizontal(pl.col(ANSWERS).cast(pl.Int16))),
        "wrapping_sum": lambda: people.select(pl.sum_horizontal(ANSWERS)),
        "simple_sum": lambda: score(people, sets["simple_sum"]),
        "conversion": lambda: score(people, sets["conversion"]),
    }
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeat):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            best[name] = min(best[name], time.perf_counter() - started)
    slowest = max(best[method] for method in METHODS)
    return {f"{name}_ms": round(seconds * 1000, 1) for name, seconds in best.items()} | {
        "vs_bare_sum": round(slowest / best["bare_sum"], 2),
        "vs_wrapping_sum": round(slowest / best["wrapping_sum"], 2),
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
