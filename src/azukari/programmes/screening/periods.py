"""実施期間: when each test can be taken in a fiscal year; the voucher prints it beside the test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from azukari.engine.parameters import Parameters
from azukari.programmes.screening.reasons import TESTS


@dataclass(frozen=True)
class Period:
    """First and last day (inclusive) on which a test can be taken; closed days of the institution excepted."""

    first: date
    last: date


@dataclass(frozen=True)
class TestPeriods:
    """実施期間 of one test: for those under 75 on the date of the roster, and for the seniors (column ``senior``)."""

    __test__ = False

    ordinary: Period
    senior: Period

    def of(self, senior: bool) -> Period:
        """The period of a person."""
        return self.senior if senior else self.ordinary


def periods(parameters: Parameters, fiscal_year: int) -> dict[str, TestPeriods]:
    """実施期間: when each test can be taken in the fiscal year."""
    p = parameters.for_fiscal_year(fiscal_year)

    def day(test: str, edge: str, common: str) -> date:
        key = f"tests.{test}.{edge}"
        month, day_of_month = (int(part) for part in p.word(key if p.has(key) else common).split("-"))
        return date(fiscal_year if month >= 4 else fiscal_year + 1, month, day_of_month)

    found = {}
    for test in TESTS:
        last = day(test, "end", "common.end")
        ordinary = Period(day(test, "start", "common.start"), last)
        found[test] = TestPeriods(ordinary, Period(day(test, "start", "common.senior_start"), last))
    return found
