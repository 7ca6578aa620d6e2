"""Why one person is or is not offered a test, in sentences that an officer can read aloud, with the citation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from azukari.engine.parameters import DatedValue, InForce, Parameters
from azukari.programmes.screening.reasons import (
    REASONS,
    TESTS,
    Reason,
    Result,
    fee_column,
    reason_column,
    result_of,
)
from azukari.programmes.screening.rules import COLUMNS, TestRule, coupon_cohort, eligibility, test_rules
from azukari.vocabulary.fiscal import fiscal_year_start

_DTYPES = {"date": pl.Date, "flag": pl.Boolean, "word": pl.String, "number": pl.Int32}


@dataclass(frozen=True)
class Explanation:
    """The decision on one person and one test. ``text`` is Japanese; ``citations`` are the values it rests on."""

    test: str
    name: str
    result: Result
    reason: Reason
    fee: int | None
    text: str
    citations: tuple[DatedValue, ...]


def explain(
    person: Mapping[str, Any], test: str, parameters: Parameters, fiscal_year: int, as_of: date | None = None
) -> Explanation:
    """Explain one test; ``person`` is a row with the columns of ``rules.COLUMNS``. KeyError for an unknown test."""
    if test not in TESTS:
        raise KeyError(test)
    return next(one for one in explain_all(person, parameters, fiscal_year, as_of) if one.test == test)


def explain_all(
    person: Mapping[str, Any], parameters: Parameters, fiscal_year: int, as_of: date | None = None
) -> list[Explanation]:
    """Explain every test for one person: the same rule as for all, run on a table of one row."""
    schema = {name: _DTYPES[kind] for name, kind in COLUMNS.items() if kind in _DTYPES}
    row = {name: [person.get(name)] for name in COLUMNS}
    table = pl.DataFrame(row, schema_overrides=schema)
    decided = eligibility(table, parameters, fiscal_year, as_of).row(0, named=True)
    in_force = parameters.for_fiscal_year(fiscal_year)
    rules = test_rules(in_force)
    as_of = as_of or fiscal_year_start(fiscal_year)
    return [_explanation(rule, decided, in_force, rules, fiscal_year, as_of) for rule in rules.values()]


def _explanation(
    rule: TestRule,
    decided: Mapping[str, Any],
    in_force: InForce,
    rules: Mapping[str, TestRule],
    fiscal_year: int,
    as_of: date,
) -> Explanation:
    reason = Reason(decided[reason_column(rule.key)])
    fee = decided[fee_column(rule.key)]
    text = _sentence(rule, reason, decided, rules, fiscal_year, as_of)
    if fee is not None:
        text += _fee_sentence(rule, reason, fee, decided)
    keys = [f"tests.{rule.key}.{name}" for name in _RESTS_ON.get(reason, ())]
    if fee is not None:
        keys.append("common.exemptions" if fee == 0 and rule.fee else f"tests.{rule.key}.fee")
    citations = tuple(in_force.entry(key) for key in keys if in_force.has(key))
    return Explanation(rule.key, rule.name, result_of(reason), reason, fee, text, citations)


_AGES = (
    "minimum_age",
    "maximum_age",
    "below_birthday_age",
    "minimum_birthday_age",
    "minimum_birthday_age_with_insurance",
)
_RESTS_ON: Mapping[Reason, tuple[str, ...]] = {
    Reason.ELIGIBLE: (*_AGES, "sex", "insurance", "interval_years", "even_age_only", "never_tested", "only_with"),
    Reason.FREE_COUPON: ("coupon_age",),
    Reason.AT_SITE: ("minimum_age", "smoking_index"),
    Reason.OTHER_SEX: ("sex",),
    Reason.SEX_UNKNOWN: ("sex",),
    Reason.TOO_YOUNG: ("minimum_age", "minimum_birthday_age", "minimum_birthday_age_with_insurance"),
    Reason.TOO_OLD: ("maximum_age", "below_birthday_age"),
    Reason.OTHER_INSURANCE: ("insurance", "welfare_instead", "not_with_insurance"),
    Reason.INSURANCE_UNKNOWN: ("insurance",),
    Reason.ODD_AGE: ("even_age_only", "odd_age_after_missed_year"),
    Reason.SCREENED_THIS_YEAR: ("interval_years",),
    Reason.SCREENED_RECENTLY: ("interval_years",),
    Reason.OTHER_METHOD_RECENTLY: ("years_after.stomach_xray", "years_after.stomach_endoscopy"),
    Reason.TESTED_BEFORE: ("never_tested",),
    Reason.HISTORY_UNKNOWN: ("never_tested",),
    Reason.WITHOUT_REQUIRED_TEST: ("only_with",),
}


def _sentence(
    rule: TestRule,
    reason: Reason,
    decided: Mapping[str, Any],
    rules: Mapping[str, TestRule],
    fiscal_year: int,
    as_of: date,
) -> str:
    """The general text of the reason, with the figures of this test and this person where there are any."""
    age = f"年度末年齢{decided['age']}歳"
    match reason:
        case Reason.ELIGIBLE:
            missed = rule.even_age_only and decided["age"] % 2 != 0
            return f"対象です（{age}{'。前年度に受診していないため' if missed else ''}）。"
        case Reason.FREE_COUPON:
            return _coupon(rule, fiscal_year)
        case Reason.TOO_YOUNG:
            return _too_young(rule, age, as_of)
        case Reason.TOO_OLD:
            return _too_old(rule, age, as_of)
        case Reason.ODD_AGE:
            return f"{REASONS[reason]}（{age}）"
        case Reason.OTHER_SEX:
            return f"{'男性' if rule.sex == '1' else '女性'}の検診です。"
        case Reason.SCREENED_RECENTLY:
            return _recently(rule, decided)
        case Reason.OTHER_METHOD_RECENTLY:
            return _other_method(rule, decided, rules, fiscal_year)
        case Reason.WITHOUT_REQUIRED_TEST:
            return (
                f"{'または'.join(rules[test].name for test in rule.required_tests)}の対象でないため、受けられません。"
            )
    return REASONS[reason]


def _coupon(rule: TestRule, fiscal_year: int) -> str:
    age = rule.coupon_age or 0
    first, last = coupon_cohort(age, fiscal_year)
    return f"無料クーポン券の対象です（4月1日現在{age}歳: {_day(first)}〜{_day(last)}生まれ）。"


def _too_old(rule: TestRule, age: str, as_of: date) -> str:
    if rule.maximum_age is not None:
        return f"対象年齢（{rule.maximum_age}歳以下）を超えています（{age}）。"
    return f"対象年齢（{rule.below_birthday_age}歳の誕生日の前日まで）を超えています（基準日{_day(as_of)}）。"


def _recently(rule: TestRule, decided: Mapping[str, Any]) -> str:
    last, years = decided[f"last_{rule.history}"], rule.interval_years or 1
    return f"{last}年度に受診しています。{years}年に1回のため、次は{last + years}年度です。"


def _too_young(rule: TestRule, age: str, as_of: date) -> str:
    if rule.minimum_age is not None:
        return f"対象年齢（{rule.minimum_age}歳以上）に達していません（{age}）。"
    with_insurance = rule.minimum_birthday_age_with_insurance
    exception = f"、障害の認定により後期高齢者医療に加入した人は{with_insurance}歳以上" if with_insurance else ""
    return f"対象年齢（{rule.minimum_birthday_age}歳以上{exception}）に達していません（基準日{_day(as_of)}、{age}）。"


def _other_method(rule: TestRule, decided: Mapping[str, Any], rules: Mapping[str, TestRule], fiscal_year: int) -> str:
    for other, years in rule.years_after.items():
        last = decided[f"last_{other}"]
        if last is not None and last > fiscal_year - years:
            return f"{last}年度に{rules[other].name}を受診しています。次は{last + years}年度からです。"
    return REASONS[Reason.OTHER_METHOD_RECENTLY]


def _fee_sentence(rule: TestRule, reason: Reason, fee: int, decided: Mapping[str, Any]) -> str:
    if fee:
        return f"自己負担額は{fee:,}円です。"
    if reason is Reason.FREE_COUPON:
        return "無料です（無料クーポン券）。"
    if not rule.fee:
        return "無料です。"
    return "無料です（生活保護等）。" if decided["welfare"] else "無料です（自己負担免除）。"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
