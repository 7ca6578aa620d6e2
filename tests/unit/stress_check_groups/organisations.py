"""Made-up organisations: respondents with a place, sex, age band, job, and figures. Nobody here exists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from azukari.programmes.stress_check.groups import Analysis, analyse, chart_set

CHART = chart_set(date(2026, 4, 1))
AGES = ("20-39", "40-59", "60-")
JOBS = ("clerk", "nurse", "driver")


def people(sections: Sequence[tuple[Sequence[str], int]], seed: int = 1, first: int = 0) -> pl.DataFrame:
    """``sections``: path and number of respondents. Half women, a tenth under high stress, at random."""
    random = np.random.default_rng(seed)
    paths = [list(path) for path, number in sections for _ in range(number)]
    many = len(paths)
    chart = {name: pl.Series(random.integers(4, 12, many)) for name in "qksp"}
    points = {f"points_{name}": pl.Series(random.integers(1, 6, many)) for name in ("control", "vigour")}
    frame = {
        "respondent": pl.Series(range(first, first + many), dtype=pl.Int64),
        "path": pl.Series(paths, dtype=pl.List(pl.String)),
        "sex": pl.Series(random.choice(["male", "female"], many).tolist(), dtype=pl.String),
        "age_band": pl.Series(random.choice(AGES, many, p=[0.5, 0.4, 0.1]).tolist(), dtype=pl.String),
        "job": pl.Series(random.choice(JOBS, many, p=[0.6, 0.3, 0.1]).tolist(), dtype=pl.String),
        "verdict": pl.Series(random.choice(["high", "not_high"], many, p=[0.2, 0.8]).tolist(), dtype=pl.String),
    }
    return pl.DataFrame(frame | chart | points)


@st.composite
def organisations(draw: Any) -> pl.DataFrame:
    """Two levels of departments and sections of 1 to 35, some people directly under a department, some sexes unknown."""
    sections: list[tuple[tuple[str, ...], int]] = []
    for department in range(draw(st.integers(1, 3))):
        for section in range(draw(st.integers(1, 4))):
            sections.append(((f"d{department}", f"s{section}"), draw(st.integers(1, 35))))
        sections.append(((f"d{department}",), draw(st.integers(0, 4))))
    frame = people(sections, seed=draw(st.integers(0, 10_000)))
    unknown = draw(st.integers(0, 3))
    return frame.with_columns(sex=pl.when(pl.col("respondent") < unknown).then(None).otherwise(pl.col("sex")))


def analysed(frame: pl.DataFrame, **more: Any) -> Analysis:
    """Everything as by default, named after the period."""
    return analyse(frame, **({"name": "first", "period": "2026", "chart": CHART} | more))


def row(
    analysis: Analysis, *path: str, attribute: str | None = None, value: str | None = None, sex: str | None = None
) -> dict[str, Any]:
    """The row of one group."""
    frame = analysis.groups.filter(
        pl.col("path") == pl.lit(list(path), dtype=pl.List(pl.String)),
        pl.col("attribute").eq_missing(pl.lit(attribute)),
        pl.col("value").eq_missing(pl.lit(value)),
        pl.col("sex").eq_missing(pl.lit(sex)),
    )
    return frame.row(0, named=True)
