"""The screening rules beside the tables of ``tests/spec``: parameters by year, periods, explanations, comparison."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from azukari.engine.parameters import parse_parameters
from azukari.engine.run import WrongColumns
from azukari.programmes.screening import rules
from azukari.programmes.screening.comparison import counts, counts_by_age_band, difference_report
from azukari.programmes.screening.explanation import explain, explain_all
from azukari.programmes.screening.periods import Period, periods
from azukari.programmes.screening.reasons import REASONS, TESTS, Reason, Result, reason_column, result_of
from azukari.programmes.screening.rules import (
    as_long,
    coupon_cohort,
    eligibility,
    screening_parameters,
)
from tests.spec.screening.people import born_to_be, person, table

PARAMETERS = screening_parameters()


def with_more(text: str):
    own = Path(rules.__file__).with_name("parameters.toml").read_text(encoding="utf-8")
    return parse_parameters(own + text)


def entry(key: str, value: str, valid_from: str) -> str:
    return f'\n[[{key}]]\nvalue = {value}\nvalid_from = {valid_from}\ncitation = "試験用"\nmark = "memory"\n'


def reason(test: str, parameters=PARAMETERS, fiscal_year: int = 2025, **changes) -> Reason:
    wide = eligibility(table([person(**changes)]), parameters, fiscal_year)
    return Reason(wide[reason_column(test)][0])


# --- parameters of a year --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fiscal_year", [2024, 2025, 2026])
def test_every_year_from_2024_has_its_figures_each_with_a_citation_and_a_mark(fiscal_year):
    in_force = PARAMETERS.for_fiscal_year(fiscal_year)
    assert set(rules.test_rules(in_force)) == set(TESTS)
    assert all(value.citation and value.mark for value in in_force.entries.values())


def test_fees_are_marked_doubtful_for_the_latest_table_read_is_that_of_2017():
    in_force = PARAMETERS.for_fiscal_year(2025)
    assert {in_force.entry(f"tests.{test}.fee").mark for test in TESTS} == {"doubtful"}


def test_the_coupon_is_verified_from_2025_and_from_memory_before():
    marks = [PARAMETERS.for_fiscal_year(year).entry("tests.cervical.coupon_age").mark for year in (2024, 2025, 2026)]
    assert marks == ["memory", "verified", "verified"]


@pytest.mark.parametrize(("fiscal_year", "fee"), [(2024, 900), (2025, 900), (2026, 1000)])
def test_a_new_fee_applies_from_its_fiscal_year_on(fiscal_year, fee):
    parameters = with_more(entry("tests.lung.fee", "1000", "2026-04-01"))
    assert eligibility(table([person()]), parameters, fiscal_year)["fee_lung"][0] == fee


@pytest.mark.parametrize(
    ("last", "expected"), [(None, Reason.ELIGIBLE), (2023, Reason.ELIGIBLE), (2024, Reason.ODD_AGE)]
)
def test_a_ward_may_admit_odd_ages_that_missed_last_year(last, expected):
    parameters = with_more(entry("tests.cervical.odd_age_after_missed_year", "true", "2025-04-01"))
    assert reason("cervical", parameters, birth=born_to_be(51), last_cervical=last) is expected


def test_a_year_before_the_first_figures_is_refused():
    with pytest.raises(LookupError, match="有効な値がありません"):
        eligibility(table([person()]), PARAMETERS, 2015)


@pytest.mark.parametrize(
    ("age", "fiscal_year", "first", "last"),
    [
        (20, 2025, date(2004, 4, 2), date(2005, 4, 1)),
        (40, 2025, date(1984, 4, 2), date(1985, 4, 1)),
        (20, 2026, date(2005, 4, 2), date(2006, 4, 1)),
        (20, 2024, date(2003, 4, 2), date(2004, 4, 1)),
    ],
)
def test_the_coupon_cohorts_are_those_published(age, fiscal_year, first, last):
    assert coupon_cohort(age, fiscal_year) == (first, last)


# --- the table -------------------------------------------------------------------------------------------------------


def test_a_table_without_its_columns_is_refused_by_name():
    frame = table([person()]).drop("welfare", "birth")
    with pytest.raises(WrongColumns, match="birth、welfare"):
        eligibility(frame, PARAMETERS, 2025)


def test_other_columns_stay_and_no_helping_column_is_left():
    frame = table([person()]).with_columns(household=pl.lit(7))
    wide = eligibility(frame, PARAMETERS, 2025)
    assert wide.columns[: len(frame.columns)] == frame.columns
    assert not [name for name in wide.columns if name.startswith("_")]
    assert wide.schema["reason_lung"] == pl.UInt8
    assert wide.schema["fee_lung"] == pl.Int16


def test_an_empty_roster_gives_an_empty_result():
    wide = eligibility(table([]), PARAMETERS, 2025)
    assert wide.height == 0
    assert as_long(wide).columns == ["person", "test", "result", "reason", "fee"]


def test_keys_may_be_words():
    frame = table([person()]).with_columns(person=pl.lit("A-1"))
    assert as_long(eligibility(frame, PARAMETERS, 2025))["person"].unique().to_list() == ["A-1"]


@pytest.mark.parametrize(
    ("as_of", "senior"), [(date(2025, 6, 14), False), (date(2025, 6, 15), True), (date(2025, 6, 16), True)]
)
def test_a_senior_is_75_on_the_birthday_itself(as_of, senior):
    wide = eligibility(table([person(birth=date(1950, 6, 15))]), PARAMETERS, 2025, as_of)
    assert wide["senior"][0] is senior


def test_every_reason_has_a_text_and_a_result():
    assert set(REASONS) == set(Reason)
    assert {reason for reason in Reason if result_of(reason) is Result.ELIGIBLE} == {
        Reason.ELIGIBLE,
        Reason.FREE_COUPON,
    }
    assert result_of(Reason.AT_SITE) is Result.AT_SITE
    assert result_of(Reason.TOO_YOUNG) is Result.NOT_ELIGIBLE
    assert result_of(Reason.BIRTH_UNKNOWN) is Result.ASK


# --- periods ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fiscal_year", [2024, 2025, 2026])
def test_seniors_start_on_1_may_others_on_1_june_and_endoscopy_ends_in_january(fiscal_year):
    found = periods(PARAMETERS, fiscal_year)
    assert list(found) == list(TESTS)
    may, june = date(fiscal_year, 5, 1), date(fiscal_year, 6, 1)
    march, january = date(fiscal_year + 1, 3, 31), date(fiscal_year + 1, 1, 31)
    assert found["lung"].of(senior=False) == Period(june, march)
    assert found["lung"].of(senior=True) == Period(may, march)
    assert found["stomach_endoscopy"].of(senior=False) == Period(june, january)
    assert found["stomach_endoscopy"].of(senior=True) == Period(may, january)
    assert found["checkup_40_74"].of(senior=False) == Period(june, march)
    assert found["checkup_75"].of(senior=False) == Period(may, march)


# --- explanations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "changes", "text"),
    [
        ("lung", {"birth": born_to_be(39)}, "対象年齢（40歳以上）に達していません（年度末年齢39歳）。"),
        ("lung", {}, "対象です（年度末年齢50歳）。自己負担額は900円です。"),
        ("stomach_endoscopy", {}, "対象です（年度末年齢50歳）。自己負担額は2,000円です。"),
        ("lung", {"welfare": True}, "対象です（年度末年齢50歳）。無料です（生活保護等）。"),
        ("lung", {"fee_exempt": True}, "対象です（年度末年齢50歳）。無料です（自己負担免除）。"),
        ("hepatitis", {}, "対象です（年度末年齢50歳）。無料です。"),
        ("cervical", {"sex": "1"}, "女性の検診です。"),
        ("prostate", {}, "男性の検診です。"),
        (
            "cervical",
            {"birth": born_to_be(51)},
            "年度末の年齢が奇数のため、今年度は対象ではありません。（年度末年齢51歳）",
        ),
        (
            "breast",
            {"birth": date(1985, 4, 1)},
            "無料クーポン券の対象です（4月1日現在40歳: 1984年4月2日〜1985年4月1日生まれ）。無料です（無料クーポン券）。",
        ),
        ("checkup_16_39", {}, "対象年齢（39歳以下）を超えています（年度末年齢50歳）。"),
        (
            "checkup_40_74",
            {"birth": date(1950, 4, 1)},
            "対象年齢（75歳の誕生日の前日まで）を超えています（基準日2025年4月1日）。",
        ),
        (
            "checkup_75",
            {},
            "対象年齢（75歳以上、障害の認定により後期高齢者医療に加入した人は65歳以上）に達していません"
            "（基準日2025年4月1日、年度末年齢50歳）。",
        ),
        (
            "stomach_endoscopy",
            {"last_stomach_endoscopy": 2024},
            "2024年度に受診しています。2年に1回のため、次は2026年度です。",
        ),
        (
            "stomach_xray",
            {"last_stomach_endoscopy": 2024},
            "2024年度に胃がん検診（胃内視鏡）を受診しています。次は2026年度からです。",
        ),
        (
            "prostate",
            {"sex": "1", "insurance": "employee"},
            "健康診査（16〜39歳）または健康診査（40〜74歳）または健康診査（75歳以上）の対象でないため、受けられません。",
        ),
        ("hepatitis", {"hepatitis_tested": True}, "過去に肝炎ウイルス検診を受けています。"),
        ("lung", {"birth": None}, "生年月日の一部が不明なため判定できません。本人に確認し、名簿を直してください。"),
    ],
)
def test_an_officer_reads_why(test, changes, text):
    assert explain(person(**changes), test, PARAMETERS, 2025).text == text


def test_an_explanation_cites_the_figures_it_rests_on():
    found = explain(person(birth=born_to_be(39)), "lung", PARAMETERS, 2025)
    assert (found.result, found.reason, found.fee) == (Result.NOT_ELIGIBLE, Reason.TOO_YOUNG, None)
    assert [(value.key, value.value, value.mark) for value in found.citations] == [
        ("tests.lung.minimum_age", 40, "verified")
    ]
    offered = explain(person(), "lung", PARAMETERS, 2025)
    assert "tests.lung.fee" in [value.key for value in offered.citations]


def test_every_test_is_explained_in_the_order_of_the_paper():
    found = explain_all(person(), PARAMETERS, 2025)
    assert [one.test for one in found] == list(TESTS)
    assert all(one.text.endswith(("。", "）")) for one in found)


def test_an_admitted_odd_age_is_told_why():
    parameters = with_more(entry("tests.cervical.odd_age_after_missed_year", "true", "2025-04-01"))
    found = explain(person(birth=born_to_be(51)), "cervical", parameters, 2025)
    assert found.text.startswith("対象です（年度末年齢51歳。前年度に受診していないため）。")


def test_a_test_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        explain(person(), "lungs", PARAMETERS, 2025)


# --- comparison with last year ---------------------------------------------------------------------------------------


def ward(fiscal_year: int, ages: list[int | None]):
    rows = [
        person(person=number, birth=None if age is None else born_to_be(age, fiscal_year))
        for number, age in enumerate(ages)
    ]
    return eligibility(table(rows), PARAMETERS, fiscal_year)


def test_counts_add_up_to_the_people_of_each_test():
    found = counts(ward(2025, [15, 39, 40, 44, None]))
    assert found.columns == ["test", "reason", "people"]
    assert found.group_by("test").agg(pl.col("people").sum())["people"].unique().to_list() == [5]
    lung = found.filter(pl.col("test") == "lung").select("reason", "people").rows()
    assert lung == [(Reason.ELIGIBLE, 2), (Reason.TOO_YOUNG, 2), (Reason.BIRTH_UNKNOWN, 1)]


def test_age_bands_have_five_years():
    found = counts_by_age_band(ward(2025, [39, 40, 44, 45, None])).filter(pl.col("test") == "lung")
    assert found.select("age_band", "people").rows() == [(35, 1), (40, 2), (45, 1), (None, 1)]


def test_a_difference_report_shows_a_lost_cohort():
    last, this = ward(2024, [50, 50, 50, None]), ward(2025, [50, 60, None])
    report = difference_report(this, last).filter(pl.col("test") == "lung").drop("test")
    assert report.columns == ["age_band", "reason", "last_year", "this_year", "difference"]
    assert report.rows() == [
        (50, Reason.ELIGIBLE, 3, 1, -2),
        (60, Reason.ELIGIBLE, 0, 1, 1),
        (None, Reason.BIRTH_UNKNOWN, 1, 1, 0),
    ]


def test_last_year_may_be_given_as_its_counts_and_this_year_as_a_lazy_table():
    last, this = ward(2024, [50, 51]), ward(2025, [50, 52])
    kept = counts_by_age_band(last)
    assert difference_report(this.lazy(), kept).equals(difference_report(this, last))


def test_the_same_year_twice_has_no_difference():
    this = ward(2025, [15, 40, 75, None])
    assert difference_report(this, this)["difference"].unique().to_list() == [0]
