"""Rates of a fiscal year from what was accepted and followed up: all of it inside, small cells withheld for outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import narwhals as nw
import polars as pl

from azukari.engine.columns import age_at_fiscal_year_end
from azukari.parties.acting import acting
from azukari.parties.models import Handler
from azukari.vocabulary.fiscal import fiscal_year_end

from ..frames import residents_frame
from ..models import History, TestResult, WorkUp
from ..rates import CANCERS, counts, for_report, rates_of, rates_parameters, withheld
from .state import PROGRAMME

CANCER_OF = {
    "stomach_xray": ("stomach", "xray"),
    "stomach_endoscopy": ("stomach", "endoscopy"),
    "colorectal": ("colorectal", "stool"),
    "lung": ("lung", "chest_xray"),
    "breast": ("breast", "mammography"),
    "cervical": ("cervical", "cytology"),
}
"""Test → cancer and method as reported (地域保健・健康増進事業報告); other tests are not part of it."""
ONLY_WOMEN = ("breast", "cervical")


@dataclass(frozen=True)
class YearRates:
    """``inside``: every rate. ``outside``: those of the report with small cells withheld: what may leave the ward."""

    fiscal_year: int
    inside: pl.DataFrame
    outside: pl.DataFrame


def work_out(*, fiscal_year: int, by: Handler, now: datetime, earlier: Sequence[pl.DataFrame] = ()) -> YearRates:
    """精度管理指標 of the year's accepted results as they stand now. ``earlier``: tables of editions that are out."""
    with acting(by=by, act="rates.read", now=now, programme=PROGRAMME) as record:
        people = _people(fiscal_year)
        leaves = counts(
            _examined(fiscal_year, people), _population(people), _previous(fiscal_year, people), fiscal_year
        )
        in_force = rates_parameters().for_fiscal_year(fiscal_year)
        inside = rates_of(leaves, in_force)
        outside = withheld(leaves, for_report(inside), earlier=earlier)
        record(purpose="精度管理指標の集計", fiscal_year=fiscal_year, rows=inside.height)
        return YearRates(fiscal_year, inside, outside)


def _people(fiscal_year: int) -> pl.DataFrame:
    """person, sex, age at the end of the year, and whether a resident then; without those whose birth is not known."""
    everybody = residents_frame(as_of=fiscal_year_end(fiscal_year), fiscal_year=fiscal_year)
    aged = nw.from_native(everybody).with_columns(age=age_at_fiscal_year_end(nw.col("birth"), fiscal_year))
    people: pl.DataFrame = aged.to_native()
    return people.select("person", "sex", pl.col("age").cast(pl.Int64), "resident").drop_nulls("age")


def _population(people: pl.DataFrame) -> pl.DataFrame:
    """All residents by age and sex for every cancer (対象者: 住民全体); women only for two."""
    there = people.filter("resident").group_by("sex", "age").agg(persons=pl.len().cast(pl.Int64))
    cancers = pl.DataFrame({"cancer": list(CANCERS)})
    every = cancers.join(there, how="cross")
    return every.filter(~pl.col("cancer").is_in(ONLY_WOMEN) | (pl.col("sex") == "2"))


def _cancers(column: str) -> pl.Expr:
    return pl.col(column).replace_strict({test: cancer for test, (cancer, _) in CANCER_OF.items()}, default=None)


def _taken_before(fiscal_year: int) -> pl.DataFrame:
    rows = History.objects.filter(fiscal_year=fiscal_year - 1, test__in=list(CANCER_OF)).values_list(
        "person_id", "test"
    )
    taken = pl.DataFrame(list(rows), schema={"person": pl.Int64, "test": pl.String}, orient="row")
    return taken.select("person", cancer=_cancers("test")).unique()


def _previous(fiscal_year: int, people: pl.DataFrame) -> pl.DataFrame:
    """Who was examined in the year before, at this year's age: the two-year uptake counts them once."""
    joined = _taken_before(fiscal_year).join(people.filter("resident"), on="person", how="inner")
    return joined.group_by("cancer", "sex", "age").agg(persons=pl.len().cast(pl.Int64))


def _examined(fiscal_year: int, people: pl.DataFrame) -> pl.DataFrame:
    """One row per person and cancer; of two methods in one year the one that needs a work-up counts, else the later."""
    results = TestResult.objects.filter(
        fiscal_year=fiscal_year, replaced_by=None, withdrawn_at=None, test__in=list(CANCER_OF)
    ).exclude(outcome="retake")
    rows = results.values_list(
        "person_id", "test", "examined_on", "first", "needs_work_up", "work_up__outcome", "work_up__detail"
    )
    schema = {"person": pl.Int64, "test": pl.String, "day": pl.Date, "first": pl.Boolean, "needs_workup": pl.Boolean,
              "outcome": pl.String, "detail": pl.String}  # fmt: skip
    told = pl.DataFrame(list(rows.iterator(20_000)), schema=schema, orient="row")
    methods = {test: method for test, (_, method) in CANCER_OF.items()}
    told = told.with_columns(
        cancer=_cancers("test"),
        method=pl.col("test").replace_strict(methods, default=""),
        setting=pl.lit("individual"),
        fiscal_year=pl.lit(fiscal_year),
        outcome=pl.when("needs_workup").then(pl.col("outcome").fill_null(WorkUp.Outcome.UNKNOWN.value)),
    )
    told = told.sort("needs_workup", "day", descending=True).unique(
        ["person", "cancer"], keep="first", maintain_order=True
    )
    before = _taken_before(fiscal_year).with_columns(both_years=pl.lit(value=True))
    return (
        told.join(before, on=["person", "cancer"], how="left")
        .with_columns(pl.col("both_years").fill_null(False))
        .join(people.select("person", "sex", "age"), on="person", how="inner")
        .drop("person", "test", "day")
    )
