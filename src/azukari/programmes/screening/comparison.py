"""Counts of a run and their difference against last year's: what is confirmed before any number is given out.

A list of last year sent this year, a lost age cohort or a history that was not loaded shows here and nowhere else.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl

from azukari.programmes.screening.reasons import TESTS, reason_column

BAND_YEARS = 5
_KEYS = ["test", "age_band", "reason"]


def counts(wide: Any) -> pl.DataFrame:
    """People by ``test`` and ``reason`` (UInt8), ordered as ``TESTS`` and by code; column ``people`` (Int64)."""
    by_band = counts_by_age_band(wide)
    grouped = by_band.group_by("test", "reason").agg(pl.col("people").sum())
    return _ordered(grouped, ["reason"])


def counts_by_age_band(wide: Any) -> pl.DataFrame:
    """People by ``test``, ``age_band`` and ``reason``; the form to keep of a finished year for the next one.

    ``age_band`` (Int16) is the first age of a band of five years (40: 40 to 44 at the end of that fiscal year), null
    for an unknown birth date. The counts are not suppressed: they are for the ward's own officers only.
    """
    frame = nw.from_native(wide)
    banded = frame.with_columns(age_band=(nw.col("age") // BAND_YEARS * BAND_YEARS).cast(nw.Int16)).lazy()
    parts = []
    for test in TESTS:
        grouped = banded.group_by("age_band", reason_column(test)).agg(people=nw.len())
        part = grouped.rename({reason_column(test): "reason"}).collect("polars").to_native()
        parts.append(part.select(pl.lit(test).alias("test"), "age_band", "reason", pl.col("people").cast(pl.Int64)))
    return _ordered(pl.concat(parts), ["age_band", "reason"])


def difference_report(this_year: Any, last_year: Any) -> pl.DataFrame:
    """年度比較: rows ``test``, ``age_band``, ``reason``, ``last_year``, ``this_year``, ``difference`` (people, Int64).

    Each side is a wide result or the table of ``counts_by_age_band``. A combination that only one year has counts 0 in
    the other, so both columns add up to (people of that year) x (tests).
    """
    now = _as_counts(this_year).rename({"people": "this_year"})
    before = _as_counts(last_year).rename({"people": "last_year"})
    joined = before.join(now, on=_KEYS, how="full", coalesce=True, nulls_equal=True)
    report = joined.with_columns(pl.col("last_year", "this_year").fill_null(0)).with_columns(
        difference=pl.col("this_year") - pl.col("last_year")
    )
    return _ordered(report.select(*_KEYS, "last_year", "this_year", "difference"), ["age_band", "reason"])


def _as_counts(year: Any) -> pl.DataFrame:
    if set(nw.from_native(year).collect_schema().names()) >= {*_KEYS, "people"}:
        table: pl.DataFrame = nw.from_native(year).lazy().collect("polars").to_native()
        return table.select(*_KEYS, "people")
    return counts_by_age_band(year)


def _ordered(table: pl.DataFrame, then_by: list[str]) -> pl.DataFrame:
    place = pl.col("test").replace_strict(list(TESTS), list(range(len(TESTS))), return_dtype=pl.Int8)
    return table.sort(place, *then_by, nulls_last=True)
