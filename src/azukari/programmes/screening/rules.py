"""Who is offered which test of 健康診査・がん検診・肝炎ウイルス検診 in a fiscal year, why, and for how many yen.

``eligibility`` takes a table of people and gives every row back with, for each test of ``reasons.TESTS``, a column
``reason_<test>`` (UInt8, a ``reasons.Reason``) and a column ``fee_<test>`` (Int16 yen; null where the test is not
offered), and two more: ``age`` (Int16, legal age on 31 March that ends the year; null where the birth date is partly
unknown) and ``senior`` (Boolean, 75 by the birthday on ``as_of``: the earlier period). It is pure and runs on whatever
Narwhals reads. All figures come from ``parameters.toml``.

The columns that it reads (more may be there and are kept):

===================== ======== =====================================================================================
person                any      the key of the row
birth                 Date     null when partly unknown
sex                   word     '1' male, '2' female (JIS X 0303); anything else, or null, is unknown
insurance             word     'national' 国保, 'late_stage' 後期高齢者医療, 'employee' 社保, 'none', ...; null unknown
welfare               Boolean  生活保護等受給 (null counts as false, here and in the flags below)
fee_exempt            Boolean  自己負担免除を申請し認められた人
resident              Boolean  a resident on the date of the roster
opted_out             Boolean  asked not to be sent this programme's vouchers
hepatitis_tested      Boolean  ever tested; null when unknown
last_<history>        integer  last fiscal year screened, null when never: checkup, stomach_xray, stomach_endoscopy,
                               colorectal, lung, cervical, breast, prostate
===================== ======== =====================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from azukari.engine.columns import (
    age_at_fiscal_year_end,
    first_match,
    latest_birth_of_birthday_age,
)
from azukari.engine.parameters import InForce, Parameters, load_parameters
from azukari.engine.run import PreparedRule, require_columns
from azukari.programmes.screening.reasons import (
    CHECKUPS,
    FIRST_QUESTION,
    FIRST_REFUSAL,
    TESTS,
    Reason,
    Result,
    fee_column,
    reason_column,
)
from azukari.vocabulary.fiscal import fiscal_year_start

HISTORIES = ("checkup", "stomach_xray", "stomach_endoscopy", "colorectal", "lung", "cervical", "breast", "prostate")

COLUMNS: dict[str, str] = {
    "person": "any",
    "birth": "date",
    "sex": "word",
    "insurance": "word",
    "welfare": "flag",
    "fee_exempt": "flag",
    "resident": "flag",
    "opted_out": "flag",
    "hepatitis_tested": "flag",
} | {f"last_{history}": "number" for history in HISTORIES}

_MALE, _FEMALE = 1, 2


@dataclass(frozen=True)
class TestRule:
    """The figures of one test that are in force in a fiscal year; ages by ``parameters.toml``'s own names."""

    __test__ = False  # not a test class of pytest

    key: str
    name: str
    fee: int
    sex: str | None
    minimum_age: int | None
    maximum_age: int | None
    below_birthday_age: int | None
    minimum_birthday_age: int | None
    minimum_birthday_age_with_insurance: int | None
    insurance: tuple[str, ...]
    welfare_instead: bool
    not_with_insurance: tuple[str, ...]
    history: str | None
    interval_years: int | None
    years_after: Mapping[str, int]
    even_age_only: bool
    odd_age_after_missed_year: bool
    coupon_age: int | None
    never_tested: bool
    only_with: str | None

    @property
    def required_tests(self) -> tuple[str, ...]:
        """The tests of which one must be offered too."""
        if self.only_with is None:
            return ()
        return CHECKUPS if self.only_with == "checkup" else (self.only_with,)


@cache
def screening_parameters() -> Parameters:
    """The programme's own ``parameters.toml``."""
    return load_parameters(Path(__file__).with_name("parameters.toml"))


def test_rules(in_force: InForce) -> dict[str, TestRule]:
    """The rule of every test as it is in force that year, in the order of ``TESTS``."""
    return {test: _test_rule(test, in_force) for test in TESTS}


test_rules.__test__ = False  # type: ignore[attr-defined]


def _test_rule(test: str, p: InForce) -> TestRule:
    k = f"tests.{test}."
    interval = p.number_or_none(k + "interval_years")
    history = "checkup" if test in CHECKUPS else test
    others = [other for other in HISTORIES if p.has(f"{k}years_after.{other}")]
    return TestRule(
        key=test,
        name=p.text(k + "name"),
        fee=p.number(k + "fee"),
        sex=p.word(k + "sex") if p.has(k + "sex") else None,
        minimum_age=p.number_or_none(k + "minimum_age"),
        maximum_age=p.number_or_none(k + "maximum_age"),
        below_birthday_age=p.number_or_none(k + "below_birthday_age"),
        minimum_birthday_age=p.number_or_none(k + "minimum_birthday_age"),
        minimum_birthday_age_with_insurance=p.number_or_none(k + "minimum_birthday_age_with_insurance"),
        insurance=p.words(k + "insurance"),
        welfare_instead=p.flag(k + "welfare_instead", default=False),
        not_with_insurance=p.words(k + "not_with_insurance"),
        history=history if interval is not None else None,
        interval_years=interval,
        years_after={other: p.number(f"{k}years_after.{other}") for other in others},
        even_age_only=p.flag(k + "even_age_only", default=False),
        odd_age_after_missed_year=p.flag(k + "odd_age_after_missed_year", default=False),
        coupon_age=p.number_or_none(k + "coupon_age"),
        never_tested=p.flag(k + "never_tested", default=False),
        only_with=p.word(k + "only_with") if p.has(k + "only_with") else None,
    )


def eligibility(people: Any, parameters: Parameters, fiscal_year: int, as_of: date | None = None) -> Any:
    """付議書「対象者」: every person x test with a reason and a fee; see the module's text for the columns.

    ``as_of`` is the date of the roster (1 April of the year unless given): insurance, residence and the birthday ages
    are those of that day. Gives the kind of table it was given (lazy stays lazy). Raises ``WrongColumns``.
    """
    frame = nw.from_native(people)
    require_columns(frame, COLUMNS)
    in_force = parameters.for_fiscal_year(fiscal_year)
    as_of = as_of or fiscal_year_start(fiscal_year)
    rules = test_rules(in_force)
    frame = frame.with_columns(*_shared_columns(in_force, rules, fiscal_year, as_of))
    independent = [rule for rule in rules.values() if rule.only_with is None]
    dependent = [rule for rule in rules.values() if rule.only_with is not None]
    for group in (independent, dependent):
        frame = frame.with_columns(**{reason_column(rule.key): _reason(rule, fiscal_year, as_of) for rule in group})
    frame = frame.with_columns(**{fee_column(rule.key): _fee(rule) for rule in rules.values()})
    return frame.drop([_BLOCKED, _SEX, _WELFARE, _PAYING, _ODD, *map(_insured_column, _insurances(rules))]).to_native()


_SHARED = "_screening_"  # prefix of the columns that several tests share; dropped at the end
_BLOCKED = f"{_SHARED}blocked"
_SEX = f"{_SHARED}sex"
_WELFARE = f"{_SHARED}welfare"
_PAYING = f"{_SHARED}paying"
_ODD = f"{_SHARED}odd"


def _shared_columns(p: InForce, rules: Mapping[str, TestRule], fiscal_year: int, as_of: date) -> list[nw.Expr]:
    birth, sex, insurance = nw.col("birth"), nw.col("sex"), nw.col("insurance")
    lasts = [nw.col(f"last_{history}") for history in HISTORIES]
    senior = birth <= latest_birth_of_birthday_age(p.number("common.senior_birthday_age"), as_of)
    blocked = first_match(
        [
            (~nw.col("resident").fill_null(False), Reason.NOT_RESIDENT),
            (nw.col("opted_out"), Reason.OPTED_OUT),
            (nw.any_horizontal(*(last > fiscal_year for last in lasts), ignore_nulls=True), Reason.HISTORY_AFTER_YEAR),
            (birth.is_null(), Reason.BIRTH_UNKNOWN),
        ],
        _code(0),
    )
    exempt = [nw.col(name).fill_null(False) for name in p.words("common.exemptions")]
    age = age_at_fiscal_year_end(birth, fiscal_year).cast(nw.Int16)
    return [
        age.alias("age"),
        (age % 2 != 0).alias(_ODD),
        senior.fill_null(False).alias("senior"),
        blocked.alias(_BLOCKED),
        first_match([(sex == "1", _MALE), (sex == "2", _FEMALE)], _code(0)).alias(_SEX),
        nw.col("welfare").fill_null(False).alias(_WELFARE),
        (~nw.any_horizontal(*exempt, ignore_nulls=False)).cast(nw.Int16).alias(_PAYING),
        *((insurance == kind).fill_null(False).alias(_insured_column(kind)) for kind in _insurances(rules)),
    ]


def _code(code: int) -> nw.Expr:
    return nw.lit(int(code), dtype=nw.UInt8)


def _insured_column(kind: str) -> str:
    return f"{_SHARED}insured_{kind}"


def _insurances(rules: Mapping[str, TestRule]) -> list[str]:
    return sorted({kind for rule in rules.values() for kind in (*rule.insurance, *rule.not_with_insurance)})


def _reason(rule: TestRule, fiscal_year: int, as_of: date) -> nw.Expr:
    """The first reason that applies; the order here is the order in which an officer reads a refusal."""
    blocked = nw.col(_BLOCKED)
    offered, limits = _offer(rule, fiscal_year)
    cases = [
        *_sex_cases(rule),
        *_age_cases(rule, as_of),
        *_insurance_cases(rule),
        *_history_cases(rule, fiscal_year),
        *_required_test_cases(rule),
        *limits,
    ]
    return first_match([(blocked != 0, blocked), *cases], _code(offered)).cast(nw.UInt8)


Case: TypeAlias = tuple[nw.Expr, Reason]


def _sex_cases(rule: TestRule) -> list[Case]:
    if rule.sex is None:
        return []
    other = _FEMALE if rule.sex == "1" else _MALE
    return [(nw.col(_SEX) == other, Reason.OTHER_SEX)]


def _age_cases(rule: TestRule, as_of: date) -> list[Case]:
    """Legal ages at the end of the fiscal year; birthday ages on the date of the roster."""
    age, birth = nw.col("age"), nw.col("birth")
    cases = []
    if rule.minimum_age is not None:
        cases.append((age < rule.minimum_age, Reason.TOO_YOUNG))
    if rule.minimum_birthday_age is not None:
        young = birth > latest_birth_of_birthday_age(rule.minimum_birthday_age, as_of)
        if rule.minimum_birthday_age_with_insurance is not None:
            too_young = birth > latest_birth_of_birthday_age(rule.minimum_birthday_age_with_insurance, as_of)
            young = too_young | (young & ~_insured(rule.insurance))
        cases.append((young, Reason.TOO_YOUNG))
    if rule.maximum_age is not None:
        cases.append((age > rule.maximum_age, Reason.TOO_OLD))
    if rule.below_birthday_age is not None:
        cases.append((birth <= latest_birth_of_birthday_age(rule.below_birthday_age, as_of), Reason.TOO_OLD))
    if rule.sex is not None:  # after the ages: nobody is asked about the sex of a child
        cases.append((nw.col(_SEX) == 0, Reason.SEX_UNKNOWN))
    return cases


def _insured(kinds: tuple[str, ...]) -> nw.Expr:
    return reduce(or_, (nw.col(_insured_column(kind)) for kind in kinds))


def _insurance_cases(rule: TestRule) -> list[Case]:
    if not rule.insurance:
        return []
    admitted = _insured(rule.insurance)
    if rule.welfare_instead:
        welfare = nw.col(_WELFARE)
        admitted |= welfare & ~_insured(rule.not_with_insurance) if rule.not_with_insurance else welfare
    return [
        (~admitted & nw.col("insurance").is_null(), Reason.INSURANCE_UNKNOWN),
        (~admitted, Reason.OTHER_INSURANCE),
    ]


def _history_cases(rule: TestRule, fiscal_year: int) -> list[Case]:
    """受診間隔: a null last year is false in each comparison, so that who was never screened passes."""
    if rule.never_tested:
        tested = nw.col("hepatitis_tested")
        return [(tested.is_null(), Reason.HISTORY_UNKNOWN), (tested, Reason.TESTED_BEFORE)]
    if rule.history is None or rule.interval_years is None:
        return []
    last = nw.col(f"last_{rule.history}")
    cases = [(last == fiscal_year, Reason.SCREENED_THIS_YEAR)]
    if not rule.even_age_only and rule.interval_years > 1:
        cases.append((last > fiscal_year - rule.interval_years, Reason.SCREENED_RECENTLY))
    for other, years in rule.years_after.items():
        cases.append((nw.col(f"last_{other}") > fiscal_year - years, Reason.OTHER_METHOD_RECENTLY))
    return cases


def _required_test_cases(rule: TestRule) -> list[Case]:
    if not rule.required_tests:
        return []
    refused = [nw.col(reason_column(test)) >= FIRST_REFUSAL for test in rule.required_tests]
    return [(nw.all_horizontal(*refused, ignore_nulls=False), Reason.WITHOUT_REQUIRED_TEST)]


def _offer(rule: TestRule, fiscal_year: int) -> tuple[Reason, list[Case]]:
    """The reason of those whom nothing refuses, and the coupon and even-age cases before it (偶数年齢・無料クーポン).

    The coupon's cohort is of an odd age at the end of the year, so it comes before the even-age rule.
    """
    if rule.key == "lung_sputum":
        return Reason.AT_SITE, []
    cases: list[Case] = []
    if rule.coupon_age is not None:
        first, last = coupon_cohort(rule.coupon_age, fiscal_year)
        birth = nw.col("birth")
        cases.append(((birth >= first) & (birth <= last), Reason.FREE_COUPON))
    if rule.even_age_only:
        odd = nw.col(_ODD)
        if rule.odd_age_after_missed_year:
            odd = odd & (nw.col(f"last_{rule.history}") > fiscal_year - (rule.interval_years or 1)).fill_null(False)
        cases.append((odd, Reason.ODD_AGE))
    return Reason.ELIGIBLE, cases


def coupon_cohort(coupon_age: int, fiscal_year: int) -> tuple[date, date]:
    """がん検診推進事業: first and last birth date of those of that birthday age on 1 April of the fiscal year.

    Age 20 in FY2025 is 2004-04-02 to 2005-04-01; all of them are 21 by the legal age at the end of the year.
    """
    on = fiscal_year_start(fiscal_year)
    return on.replace(year=on.year - coupon_age - 1, day=2), latest_birth_of_birthday_age(coupon_age, on)


def _fee(rule: TestRule) -> nw.Expr:
    """自己負担額: yen, 0 for the exempt and with a free coupon, null where the test is not offered."""
    reason = nw.col(reason_column(rule.key))
    zero = nw.lit(0, dtype=nw.Int16)
    if not rule.fee:
        return nw.when(reason < FIRST_REFUSAL).then(zero)
    amount = nw.col(_PAYING) * nw.lit(rule.fee, dtype=nw.Int16)
    fee = nw.when(reason < FIRST_REFUSAL).then(amount)
    if rule.coupon_age is None:
        return fee
    return nw.when(reason == Reason.FREE_COUPON.value).then(zero).otherwise(fee)


def as_long(wide: Any) -> Any:
    """Person x test rows of a wide result: ``person``, ``test``, ``result`` and ``reason`` (UInt8), ``fee`` (Int16)."""
    frame = nw.from_native(wide)
    parts = []
    for test in TESTS:
        reason = nw.col(reason_column(test))
        result = first_match(
            [
                (reason >= FIRST_QUESTION, Result.ASK),
                (reason >= FIRST_REFUSAL, Result.NOT_ELIGIBLE),
                (reason == Reason.AT_SITE.value, Result.AT_SITE),
            ],
            _code(Result.ELIGIBLE),
        ).cast(nw.UInt8)
        parts.append(
            frame.select(
                nw.col("person"),
                test=nw.lit(test),
                result=result,
                reason=reason,
                fee=nw.col(fee_column(test)),
            )
        )
    return nw.concat(parts, how="vertical").to_native()


def judge(people: pl.DataFrame, fiscal_year: int, as_of: date | None = None) -> pl.DataFrame:
    """:func:`eligibility` under the programme's own parameters, on Polars: for the run, a late issue, a look-up.

    The query is built at the first call for a year, a day and a schema, and kept: building it takes longer than
    deciding on 100,000 people.
    """
    return _prepared(fiscal_year, as_of, tuple(people.schema.items())).run(people)


@lru_cache(maxsize=32)
def _prepared(fiscal_year: int, as_of: date | None, schema: tuple[tuple[str, pl.DataType], ...]) -> PreparedRule:
    parameters = screening_parameters()
    return PreparedRule(lambda frame: eligibility(frame, parameters, fiscal_year, as_of), pl.Schema(schema))
