"""The screening rule for a whole ward of 150,000 people: equal on three ways to run it, and every row accounted for."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from azukari.engine.run import PreparedRule, run_on_duckdb, run_on_polars
from azukari.programmes.screening.comparison import counts, difference_report
from azukari.programmes.screening.reasons import CHECKUPS, TESTS, Reason, reason_column
from azukari.programmes.screening.rules import as_long, eligibility, screening_parameters
from bench.eligibility import synthetic_people

WARD = 150_000


def rule(frame):
    return eligibility(frame, screening_parameters(), 2025)


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return synthetic_people(WARD)


@pytest.fixture(scope="module")
def wide(people) -> pl.DataFrame:
    return run_on_polars(rule, people)


def test_every_way_to_run_it_gives_the_same_150000_rows(people, wide, tmp_path):
    assert_frame_equal(rule(people), wide)
    assert_frame_equal(PreparedRule(rule, people.schema).run(people), wide)
    people.write_parquet(tmp_path / "people.parquet")
    run_on_duckdb(rule, tmp_path / "people.parquet", tmp_path / "result.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "result.parquet"), wide)


def test_every_person_has_a_reason_for_every_test(wide):
    found = counts(wide)
    assert found.group_by("test").agg(pl.col("people").sum()).height == len(TESTS)
    assert found.group_by("test").agg(pl.col("people").sum())["people"].unique().to_list() == [WARD]
    assert set(found["reason"]) <= {int(reason) for reason in Reason}


def test_nobody_is_offered_two_checkups(wide):
    offered = wide.select(pl.sum_horizontal(pl.col(reason_column(test)) < Reason.NOT_RESIDENT for test in CHECKUPS))
    assert set(offered.to_series()) == {0, 1}


def test_the_long_form_has_a_row_for_each_person_and_test(wide):
    long = as_long(wide)
    assert long.height == WARD * len(TESTS)
    assert long.select(pl.struct("person", "test").n_unique()).item() == long.height


def test_the_difference_from_a_ward_without_one_cohort_is_that_cohort(people, wide):
    without = people.filter(pl.col("birth").is_null() | (pl.col("birth").dt.year() != 1970))
    report = difference_report(wide, run_on_polars(rule, without))
    lost = WARD - without.height
    assert lost > 0
    assert report.group_by("test").agg(pl.col("difference").sum())["difference"].unique().to_list() == [lost]
    assert set(report.filter(pl.col("difference") != 0)["age_band"]) == {55}
