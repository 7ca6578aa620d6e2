"""健康診査・がん検診・肝炎ウイルス検診: who is offered what in fiscal year 2025, as tables that a lawyer can read."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.programmes.screening.reasons import TESTS, Reason, fee_column, reason_column
from azukari.programmes.screening.rules import eligibility, screening_parameters
from tests.spec.screening.people import born_to_be, person, table

R = Reason
TODAY = date(2025, 4, 1)


def decide(test: str, fiscal_year: int = 2025, as_of: date | None = None, **changes):
    row = eligibility(table([person(**changes)]), screening_parameters(), fiscal_year, as_of).row(0, named=True)
    return Reason(row[reason_column(test)]), row[fee_column(test)]


# 対象年齢 (at 31 March 2026), one line per threshold: test, sex, insurance, age -> reason
AGES = [
    ("checkup_16_39", "2", "employee", 15, R.TOO_YOUNG),
    ("checkup_16_39", "2", "employee", 16, R.ELIGIBLE),
    ("checkup_16_39", "2", "employee", 17, R.ELIGIBLE),
    ("checkup_16_39", "1", "national", 38, R.ELIGIBLE),
    ("checkup_16_39", "1", "national", 39, R.ELIGIBLE),
    ("checkup_16_39", "1", "national", 40, R.TOO_OLD),
    ("checkup_40_74", "1", "national", 39, R.TOO_YOUNG),
    ("checkup_40_74", "1", "national", 40, R.ELIGIBLE),
    ("checkup_40_74", "1", "national", 41, R.ELIGIBLE),
    ("stomach_xray", "1", "employee", 39, R.TOO_YOUNG),
    ("stomach_xray", "1", "employee", 40, R.ELIGIBLE),
    ("stomach_xray", "1", "employee", 41, R.ELIGIBLE),
    ("stomach_endoscopy", "2", "employee", 49, R.TOO_YOUNG),
    ("stomach_endoscopy", "2", "employee", 50, R.ELIGIBLE),
    ("stomach_endoscopy", "2", "employee", 51, R.ELIGIBLE),
    ("colorectal", "1", "none", 39, R.TOO_YOUNG),
    ("colorectal", "1", "none", 40, R.ELIGIBLE),
    ("colorectal", "1", "none", 41, R.ELIGIBLE),
    ("lung", "2", "national", 39, R.TOO_YOUNG),
    ("lung", "2", "national", 40, R.ELIGIBLE),
    ("lung", "2", "national", 41, R.ELIGIBLE),
    ("lung_sputum", "2", "national", 49, R.TOO_YOUNG),
    ("lung_sputum", "2", "national", 50, R.AT_SITE),
    ("lung_sputum", "2", "national", 51, R.AT_SITE),
    ("cervical", "2", "employee", 18, R.TOO_YOUNG),
    ("cervical", "2", "employee", 19, R.TOO_YOUNG),
    ("cervical", "2", "employee", 20, R.ELIGIBLE),
    ("cervical", "2", "employee", 21, R.FREE_COUPON),
    ("cervical", "2", "employee", 22, R.ELIGIBLE),
    ("cervical", "2", "employee", 23, R.ODD_AGE),
    ("cervical", "1", "employee", 22, R.OTHER_SEX),
    ("breast", "2", "employee", 38, R.TOO_YOUNG),
    ("breast", "2", "employee", 39, R.TOO_YOUNG),
    ("breast", "2", "employee", 40, R.ELIGIBLE),
    ("breast", "2", "employee", 41, R.FREE_COUPON),
    ("breast", "2", "employee", 42, R.ELIGIBLE),
    ("breast", "2", "employee", 43, R.ODD_AGE),
    ("breast", "1", "employee", 42, R.OTHER_SEX),
    ("prostate", "1", "national", 49, R.TOO_YOUNG),
    ("prostate", "1", "national", 50, R.ELIGIBLE),
    ("prostate", "1", "national", 51, R.ELIGIBLE),
    ("prostate", "2", "national", 51, R.OTHER_SEX),
    ("prostate", "1", "employee", 51, R.WITHOUT_REQUIRED_TEST),
    ("hepatitis", "1", "employee", 39, R.TOO_YOUNG),
    ("hepatitis", "1", "employee", 40, R.ELIGIBLE),
    ("hepatitis", "1", "employee", 41, R.ELIGIBLE),
    ("lung", "2", "late_stage", 104, R.ELIGIBLE),
]


@pytest.mark.parametrize(("test", "sex", "insurance", "age", "reason"), AGES)
def test_age_at_the_end_of_the_fiscal_year_decides(test, sex, insurance, age, reason):
    assert decide(test, sex=sex, insurance=insurance, birth=born_to_be(age))[0] is reason


@pytest.mark.parametrize(
    ("birth", "reason"),
    [
        (date(1986, 3, 31), R.ELIGIBLE),
        (date(1986, 4, 1), R.ELIGIBLE),  # reaches 40 at the end of 31 March 2026
        (date(1986, 4, 2), R.TOO_YOUNG),
        (date(1984, 2, 29), R.ELIGIBLE),
    ],
)
def test_who_is_born_on_1_april_counts_as_the_older(birth, reason):
    assert decide("lung", birth=birth)[0] is reason


@pytest.mark.parametrize(
    ("test", "birth", "reason"),
    [
        ("cervical", date(2004, 4, 1), R.ELIGIBLE),  # 22 at the end of the year
        ("cervical", date(2004, 4, 2), R.FREE_COUPON),
        ("cervical", date(2005, 4, 1), R.FREE_COUPON),
        ("cervical", date(2005, 4, 2), R.ELIGIBLE),  # 20 at the end of the year
        ("breast", date(1984, 4, 1), R.ELIGIBLE),
        ("breast", date(1984, 4, 2), R.FREE_COUPON),
        ("breast", date(1985, 4, 1), R.FREE_COUPON),
        ("breast", date(1985, 4, 2), R.ELIGIBLE),
    ],
)
def test_the_free_coupon_goes_to_the_published_cohort_of_an_odd_age(test, birth, reason):
    assert decide(test, birth=birth)[0] is reason


# 健康診査: insurance, 生活保護, birth -> reason for 40-74, reason for 75+ (roster of 1 April 2025)
CHECKUPS = [
    ("national", False, date(1970, 1, 1), R.ELIGIBLE, R.TOO_YOUNG),
    ("employee", False, date(1970, 1, 1), R.OTHER_INSURANCE, R.TOO_YOUNG),
    ("none", True, date(1970, 1, 1), R.ELIGIBLE, R.TOO_YOUNG),
    (None, False, date(1970, 1, 1), R.INSURANCE_UNKNOWN, R.TOO_YOUNG),
    (None, True, date(1970, 1, 1), R.ELIGIBLE, R.TOO_YOUNG),
    ("national", False, date(1950, 4, 2), R.ELIGIBLE, R.TOO_YOUNG),  # 75 tomorrow: 国保 today
    ("none", True, date(1950, 4, 2), R.ELIGIBLE, R.TOO_YOUNG),
    ("late_stage", False, date(1950, 4, 1), R.TOO_OLD, R.ELIGIBLE),  # 75 today: 後期高齢者医療 from the birthday itself
    ("none", True, date(1950, 4, 1), R.TOO_OLD, R.ELIGIBLE),
    ("none", True, date(1950, 3, 31), R.TOO_OLD, R.ELIGIBLE),
    ("employee", False, date(1950, 3, 31), R.TOO_OLD, R.OTHER_INSURANCE),
    (None, False, date(1950, 3, 31), R.TOO_OLD, R.INSURANCE_UNKNOWN),
    ("late_stage", False, date(1960, 4, 2), R.OTHER_INSURANCE, R.TOO_YOUNG),
    ("late_stage", False, date(1960, 4, 1), R.OTHER_INSURANCE, R.ELIGIBLE),  # 65+, disability recognised
    ("late_stage", False, date(1960, 3, 31), R.OTHER_INSURANCE, R.ELIGIBLE),
    ("late_stage", True, date(1955, 1, 1), R.OTHER_INSURANCE, R.ELIGIBLE),
]


@pytest.mark.parametrize(("insurance", "welfare", "birth", "middle", "senior"), CHECKUPS)
def test_insurance_and_the_75th_birthday_decide_the_checkup(insurance, welfare, birth, middle, senior):
    circumstances = {"insurance": insurance, "welfare": welfare, "birth": birth, "as_of": TODAY}
    assert decide("checkup_40_74", **circumstances)[0] is middle
    assert decide("checkup_75", **circumstances)[0] is senior


# 受診間隔: test, last years screened -> reason (a woman or man of 50)
HISTORY = [
    ("lung", {"last_lung": 2024}, R.ELIGIBLE),
    ("lung", {"last_lung": 2025}, R.SCREENED_THIS_YEAR),
    ("lung", {"last_lung": 2026}, R.HISTORY_AFTER_YEAR),
    ("colorectal", {"last_lung": 2026}, R.HISTORY_AFTER_YEAR),  # the row is of another year: nothing is decided from it
    ("lung_sputum", {"last_lung": 2025}, R.WITHOUT_REQUIRED_TEST),
    ("colorectal", {"last_lung": 2025}, R.ELIGIBLE),
    ("colorectal", {"last_colorectal": 2025}, R.SCREENED_THIS_YEAR),
    ("stomach_xray", {"last_stomach_xray": 2024}, R.ELIGIBLE),
    ("stomach_xray", {"last_stomach_xray": 2025}, R.SCREENED_THIS_YEAR),
    ("stomach_xray", {"last_stomach_endoscopy": 2025}, R.OTHER_METHOD_RECENTLY),
    ("stomach_xray", {"last_stomach_endoscopy": 2024}, R.OTHER_METHOD_RECENTLY),
    ("stomach_xray", {"last_stomach_endoscopy": 2023}, R.ELIGIBLE),
    ("stomach_endoscopy", {"last_stomach_endoscopy": 2025}, R.SCREENED_THIS_YEAR),
    ("stomach_endoscopy", {"last_stomach_endoscopy": 2024}, R.SCREENED_RECENTLY),
    ("stomach_endoscopy", {"last_stomach_endoscopy": 2023}, R.ELIGIBLE),
    ("stomach_endoscopy", {"last_stomach_xray": 2025}, R.OTHER_METHOD_RECENTLY),
    ("stomach_endoscopy", {"last_stomach_xray": 2024}, R.ELIGIBLE),
    ("cervical", {"last_cervical": 2024}, R.ELIGIBLE),  # even age: last year's free coupon does not shut her out
    ("cervical", {"last_cervical": 2025}, R.SCREENED_THIS_YEAR),
    ("cervical", {"birth": born_to_be(51), "last_cervical": 2020}, R.ODD_AGE),
    ("cervical", {"birth": born_to_be(21), "last_cervical": 2025}, R.SCREENED_THIS_YEAR),
    ("breast", {"last_breast": 2025}, R.SCREENED_THIS_YEAR),
    ("prostate", {"sex": "1", "last_prostate": 2025}, R.SCREENED_THIS_YEAR),
    ("prostate", {"sex": "1", "last_checkup": 2025}, R.WITHOUT_REQUIRED_TEST),
    ("checkup_40_74", {"last_checkup": 2025}, R.SCREENED_THIS_YEAR),
    ("checkup_40_74", {"last_checkup": 2024}, R.ELIGIBLE),
    ("hepatitis", {"hepatitis_tested": True}, R.TESTED_BEFORE),
    ("hepatitis", {"hepatitis_tested": None}, R.HISTORY_UNKNOWN),
]


@pytest.mark.parametrize(("test", "changes", "reason"), HISTORY)
def test_the_last_year_screened_decides(test, changes, reason):
    assert decide(test, **changes)[0] is reason


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resident": False}, R.NOT_RESIDENT),
        ({"resident": None}, R.NOT_RESIDENT),
        ({"opted_out": True}, R.OPTED_OUT),
        ({"birth": None}, R.BIRTH_UNKNOWN),
        ({"birth": None, "resident": False}, R.NOT_RESIDENT),
    ],
)
def test_what_stops_every_test(test, changes, reason):
    assert decide(test, **changes) == (reason, None)


@pytest.mark.parametrize("sex", ["0", "9", "", None])
def test_an_unknown_sex_is_asked_about_only_where_it_matters(sex):
    assert decide("cervical", sex=sex)[0] is R.SEX_UNKNOWN
    assert decide("prostate", sex=sex)[0] is R.SEX_UNKNOWN
    assert decide("lung", sex=sex)[0] is R.ELIGIBLE
    assert decide("cervical", sex=sex, birth=born_to_be(19))[0] is R.TOO_YOUNG


# 自己負担額: yen for an ordinary person, for the exempt; the figures are those of FY2017 (doubtful in parameters.toml)
FEES = [
    ("checkup_40_74", {}, 0),
    ("stomach_xray", {}, 1900),
    ("stomach_endoscopy", {}, 2000),
    ("colorectal", {}, 600),
    ("lung", {}, 900),
    ("lung_sputum", {}, 1200),
    ("cervical", {}, 900),
    ("cervical", {"birth": born_to_be(21)}, 0),
    ("breast", {}, 800),
    ("breast", {"birth": born_to_be(41)}, 0),
    ("prostate", {"sex": "1"}, 200),
    ("hepatitis", {}, 0),
]


@pytest.mark.parametrize(("test", "changes", "yen"), FEES)
def test_the_fee_and_the_exemptions(test, changes, yen):
    assert decide(test, **changes)[1] == yen
    assert decide(test, **changes, welfare=True)[1] == 0
    assert decide(test, **changes, fee_exempt=True)[1] == 0


def test_a_test_that_is_not_offered_has_no_fee():
    assert decide("lung", birth=born_to_be(39)) == (R.TOO_YOUNG, None)
    assert decide("cervical", birth=born_to_be(51)) == (R.ODD_AGE, None)
