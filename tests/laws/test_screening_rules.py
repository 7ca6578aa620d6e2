"""The vectorised screening rule against an obvious one for one person, on people that Hypothesis makes up."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from azukari.engine.run import run_on_duckdb, run_on_polars
from azukari.programmes.screening.numbers import (
    examinee_number_is_valid,
    make_examinee_number,
    make_sheet_code,
    make_voucher_number,
    sheet_code_is_valid,
    voucher_number_is_valid,
)
from azukari.programmes.screening.reasons import CHECKUPS, TESTS, Reason, Result, fee_column, reason_column, result_of
from azukari.programmes.screening.rules import HISTORIES, as_long, coupon_cohort, eligibility, screening_parameters
from azukari.vocabulary.fiscal import birthday_age, fiscal_year_start, legal_age
from tests.spec.screening.people import SCHEMA, table

R = Reason


# --- the obvious version: plain ifs, one person, one test, the figures written out ---------------------------------


def slow(p, test, fy, as_of):
    """(reason, fee) of person ``p``, read off the paper and the fact sheet line by line."""
    reason = slow_reason(p, test, fy, as_of)
    if reason not in (R.ELIGIBLE, R.FREE_COUPON, R.AT_SITE):
        return reason, None
    if p["welfare"] or p["fee_exempt"] or reason is R.FREE_COUPON:
        return reason, 0
    return reason, FEES[test]


FEES = {
    "checkup_16_39": 0,
    "checkup_40_74": 0,
    "checkup_75": 0,
    "stomach_xray": 1900,
    "stomach_endoscopy": 2000,
    "colorectal": 600,
    "lung": 900,
    "lung_sputum": 1200,
    "cervical": 900,
    "breast": 800,
    "prostate": 200,
    "hepatitis": 0,
}


def slow_reason(p, test, fy, as_of):
    blocked = slow_blocked(p, fy)
    if blocked is not None:
        return blocked
    age = legal_age(p["birth"], date(fy + 1, 3, 31))
    if test in CHECKUPS:
        return slow_checkup(p, test, fy, age, birthday_age(p["birth"], as_of))
    if test in ("cervical", "breast"):
        return slow_women(p, test, fy, age)
    if test in ("stomach_xray", "stomach_endoscopy"):
        return slow_stomach(p, test, fy, age)
    if test == "prostate":
        return slow_prostate(p, fy, as_of, age)
    if test == "lung_sputum":
        if age < 50:
            return R.TOO_YOUNG
        return R.AT_SITE if slow_reason(p, "lung", fy, as_of) is R.ELIGIBLE else R.WITHOUT_REQUIRED_TEST
    return slow_from_forty(p, test, fy, age)


def slow_blocked(p, fy):
    if not p["resident"]:
        return R.NOT_RESIDENT
    if p["opted_out"]:
        return R.OPTED_OUT
    if any(p[f"last_{history}"] is not None and p[f"last_{history}"] > fy for history in HISTORIES):
        return R.HISTORY_AFTER_YEAR
    return R.BIRTH_UNKNOWN if p["birth"] is None else None


def slow_prostate(p, fy, as_of, age):
    if p["sex"] == "2":
        return R.OTHER_SEX
    if age < 50:
        return R.TOO_YOUNG
    if p["sex"] != "1":
        return R.SEX_UNKNOWN
    if p["last_prostate"] == fy:
        return R.SCREENED_THIS_YEAR
    if all(slow_reason(p, checkup, fy, as_of) is not R.ELIGIBLE for checkup in CHECKUPS):
        return R.WITHOUT_REQUIRED_TEST
    return R.ELIGIBLE


def slow_from_forty(p, test, fy, age):
    if age < 40:
        return R.TOO_YOUNG
    if test == "hepatitis":
        if p["hepatitis_tested"] is None:
            return R.HISTORY_UNKNOWN
        return R.TESTED_BEFORE if p["hepatitis_tested"] else R.ELIGIBLE
    return R.SCREENED_THIS_YEAR if p[f"last_{test}"] == fy else R.ELIGIBLE


def slow_checkup(p, test, fy, age, age_today):
    late, national = p["insurance"] == "late_stage", p["insurance"] == "national"
    if test == "checkup_16_39":
        if age < 16:
            return R.TOO_YOUNG
        if age > 39:
            return R.TOO_OLD
        admitted = True
    elif test == "checkup_40_74":
        if age < 40:
            return R.TOO_YOUNG
        if age_today >= 75:
            return R.TOO_OLD
        admitted = national or (p["welfare"] and not late)
    else:
        if age_today < 65 or (age_today < 75 and not late):
            return R.TOO_YOUNG
        admitted = late or p["welfare"]
    if not admitted:
        return R.INSURANCE_UNKNOWN if p["insurance"] is None else R.OTHER_INSURANCE
    return R.SCREENED_THIS_YEAR if p["last_checkup"] == fy else R.ELIGIBLE


def slow_women(p, test, fy, age):
    minimum, coupon = {"cervical": (20, 20), "breast": (40, 40)}[test]
    if p["sex"] == "1":
        return R.OTHER_SEX
    if age < minimum:
        return R.TOO_YOUNG
    if p["sex"] != "2":
        return R.SEX_UNKNOWN
    if p[f"last_{test}"] == fy:
        return R.SCREENED_THIS_YEAR
    if birthday_age(p["birth"], fiscal_year_start(fy)) == coupon:
        return R.FREE_COUPON
    return R.ELIGIBLE if age % 2 == 0 else R.ODD_AGE


def slow_stomach(p, test, fy, age):
    own, other = p[f"last_{test}"], p["last_stomach_endoscopy" if test == "stomach_xray" else "last_stomach_xray"]
    interval, after_other, minimum = (1, 2, 40) if test == "stomach_xray" else (2, 1, 50)
    if age < minimum:
        return R.TOO_YOUNG
    if own == fy:
        return R.SCREENED_THIS_YEAR
    if own is not None and fy - own < interval:
        return R.SCREENED_RECENTLY
    if other is not None and fy - other < after_other:
        return R.OTHER_METHOD_RECENTLY
    return R.ELIGIBLE


# --- people ---------------------------------------------------------------------------------------------------------

THRESHOLDS = (16, 20, 21, 39, 40, 41, 50, 65, 74, 75)


@st.composite
def births(draw, fy):
    """Days around every threshold (1 and 2 April, the roster's own day, leap day), and any day of 120 years."""
    if draw(st.integers(0, 19)) == 0:
        return None
    if draw(st.booleans()):
        return draw(st.dates(date(1905, 1, 1), date(fy + 1, 3, 31)))
    year = fy + 1 - draw(st.sampled_from(THRESHOLDS)) + draw(st.integers(-2, 2))
    month, day = draw(st.sampled_from([(3, 31), (4, 1), (4, 2), (4, 3), (2, 28), (3, 1), (12, 31), (1, 1), (2, 29)]))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return date(year, month, 28 if (month, day) == (2, 29) and not leap else day)


@st.composite
def people(draw, fy):
    flag = st.sampled_from([False, False, False, True])
    last = st.sampled_from([None, None, fy - 3, fy - 2, fy - 1, fy - 1, fy])
    histories = {f"last_{history}": draw(last) for history in HISTORIES}
    if draw(st.integers(0, 29)) == 0:
        histories[f"last_{draw(st.sampled_from(HISTORIES))}"] = fy + 1
    return {
        "person": draw(st.integers(0, 2**40)),
        "birth": draw(births(fy)),
        "sex": draw(st.sampled_from(["1", "1", "2", "2", "9", None])),
        "insurance": draw(st.sampled_from(["national", "late_stage", "employee", "none", None])),
        "welfare": draw(flag),
        "fee_exempt": draw(flag),
        "resident": draw(st.sampled_from([True] * 9 + [False])),
        "opted_out": draw(st.sampled_from([False] * 9 + [True])),
        "hepatitis_tested": draw(st.sampled_from([True, False, None])),
        **histories,
    }


@st.composite
def wards(draw):
    fy = draw(st.sampled_from([2024, 2025, 2026, 2027]))
    as_of = draw(st.sampled_from([date(fy, 4, 1), date(fy, 5, 1), date(fy + 1, 2, 28), date(fy + 1, 3, 31)]))
    if fy == 2027:
        as_of = draw(st.sampled_from([as_of, date(2028, 2, 29)]))
    return fy, as_of, draw(st.lists(people(fy), min_size=1, max_size=25))


slow_data = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow_data
@given(wards())
def test_the_rule_on_columns_decides_as_the_obvious_rule_for_one_person(ward):
    fy, as_of, rows = ward
    wide = eligibility(table(rows), screening_parameters(), fy, as_of)
    assert wide["person"].to_list() == [row["person"] for row in rows]
    for row, decided in zip(rows, wide.iter_rows(named=True), strict=True):
        for test in TESTS:
            expected = slow(row, test, fy, as_of)
            assert (Reason(decided[reason_column(test)]), decided[fee_column(test)]) == expected, (test, row)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(wards())
def test_polars_eager_polars_lazy_and_duckdb_give_equal_answers(ward):
    fy, as_of, rows = ward

    def rule(frame):
        return eligibility(frame, screening_parameters(), fy, as_of)

    frame = table(rows)
    eager = rule(frame)
    assert_frame_equal(run_on_polars(rule, frame), eager)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "people.parquet"), Path(folder, "result.parquet")
        frame.write_parquet(source)
        run_on_duckdb(rule, source, target)
        by_duckdb = pl.read_parquet(target)
    assert_frame_equal(by_duckdb, eager)


@slow_data
@given(wards())
def test_nobody_is_offered_two_checkups_and_the_rows_stay_in_place(ward):
    fy, as_of, rows = ward
    frame = table(rows)
    wide = eligibility(frame, screening_parameters(), fy, as_of)
    assert_frame_equal(wide.select(list(SCHEMA)), frame)
    offered = wide.select(pl.sum_horizontal(pl.col(reason_column(test)) < R.NOT_RESIDENT for test in CHECKUPS))
    assert offered.to_series().max() <= 1


@slow_data
@given(wards())
def test_the_long_form_says_the_same_as_the_wide_one(ward):
    fy, as_of, rows = ward
    rows = [row | {"person": number} for number, row in enumerate(rows)]
    wide = eligibility(table(rows), screening_parameters(), fy, as_of)
    long = as_long(wide)
    assert long.height == len(rows) * len(TESTS)
    by_person = wide.rows(named=True)
    for row in long.iter_rows(named=True):
        decided = by_person[row["person"]]
        assert row["reason"] == decided[reason_column(row["test"])]
        assert row["fee"] == decided[fee_column(row["test"])]
        assert Result(row["result"]) is result_of(row["reason"])


@given(st.sampled_from([2024, 2025, 2026, 2027, 2028]), st.sampled_from([20, 40]), st.integers(-400, 800))
def test_the_coupon_cohort_has_one_birthday_age_on_1_april_and_one_odd_legal_age_at_the_end(fy, age, days):
    first, last = coupon_cohort(age, fy)
    birth = first + timedelta(days=days)
    inside = first <= birth <= last
    assert inside == (birthday_age(birth, date(fy, 4, 1)) == age)
    assert inside == (legal_age(birth, date(fy + 1, 3, 31)) == age + 1)


@given(st.integers(2000, 2099), st.integers(1, 9_999_999))
def test_numbers_are_valid_in_their_own_year_and_in_no_other(fy, serial):
    assert examinee_number_is_valid(make_examinee_number(fy, serial), fy)
    assert voucher_number_is_valid(make_voucher_number(fy, serial), fy)
    assert not examinee_number_is_valid(make_examinee_number(fy, serial), fy + 1)
    assert not voucher_number_is_valid(make_voucher_number(fy, serial), fy + 1)


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_sheet_codes_of_different_bytes_differ_in_their_first_75_bits(one, other):
    assert sheet_code_is_valid(make_sheet_code(one))
    same = int.from_bytes(one, "big") >> 5 == int.from_bytes(other, "big") >> 5
    assert (make_sheet_code(one) == make_sheet_code(other)) == same
