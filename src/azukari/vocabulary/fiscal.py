"""Fiscal years and the two ways of counting age.

Age rises at the end of the day *before* the birthday (年齢計算ニ関スル法律, 民法143条), so somebody born on
1 April is a year older on 31 March already. Most rules count that way (`legal_age`); a few begin on the birthday
itself (`birthday_age`, e.g. 後期高齢者医療). A rule names the one it uses.
"""

from __future__ import annotations

from datetime import date, timedelta

FIRST_MONTH = 4


def fiscal_year(d: date) -> int:
    """The fiscal year (April to March) that contains `d`; 31 March 2026 lies in 2025."""
    return d.year if d.month >= FIRST_MONTH else d.year - 1


def fiscal_year_start(fy: int) -> date:
    """1 April of fiscal year `fy`."""
    return date(fy, FIRST_MONTH, 1)


def fiscal_year_end(fy: int) -> date:
    """31 March that ends fiscal year `fy`."""
    return date(fy + 1, 3, 31)


def birthday_age(birth: date, on: date) -> int:
    """Whole years on `on`, counted from the birthday itself (a 29 February birth: 1 March in common years).

    Negative before birth.
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def legal_age(birth: date, on: date) -> int:
    """Whole years reached by the end of `on`: the age is reached on the eve of the birthday (年齢計算ニ関スル法律)."""
    return birthday_age(birth, on + timedelta(days=1))


def age_at_fiscal_year_end(birth: date, fy: int) -> int:
    """Legal age on the 31 March that ends `fy`; the age by which health programmes sort people."""
    return legal_age(birth, fiscal_year_end(fy))
