"""Column expressions that rules of several programmes need, written once with Narwhals.

Two kinds of age exist and each rule names the one it uses (年齢計算ニ関スル法律; 民法143条):

* legal age: reached at the end of the day before the birthday, so that born 1 April is a year older on 31 March;
* birthday age: reached on the birthday itself (the medical insurance for those of 75 and over starts that day).

Both agree with ``azukari.vocabulary.fiscal``, which computes them for one person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import narwhals as nw


def birthday_age(birth: nw.Expr, on: date) -> nw.Expr:
    """Int32 years completed on ``on``, counted on the birthday itself; null where ``birth`` (Date) is null.

    Who is born on 29 February is a year older on 1 March of a common year.
    """
    month = birth.dt.month()
    not_yet = (month.cast(nw.Int16) * 100 + birth.dt.day()) > on.month * 100 + on.day
    return on.year - birth.dt.year() - not_yet.cast(nw.Int32)


def legal_age(birth: nw.Expr, on: date) -> nw.Expr:
    """Int32 legal age at the end of ``on`` (that is, the birthday age of the next day)."""
    return birthday_age(birth, on + timedelta(days=1))


def age_at_fiscal_year_end(birth: nw.Expr, fiscal_year: int) -> nw.Expr:
    """Int32 legal age on 31 March that ends the fiscal year: born 1 April counts as the older."""
    return legal_age(birth, date(fiscal_year + 1, 3, 31))


def latest_birth_of_birthday_age(age: int, on: date) -> date:
    """The last day on which a person can be born who has the birthday age ``age`` on ``on``.

    Comparing a Date column with it is much cheaper than computing every age.
    """
    year = on.year - age
    try:
        return date(year, on.month, on.day)
    except ValueError:  # 29 February of a common year: those born on 1 March are still a year younger
        return date(year, 2, 28)


def latest_birth_of_legal_age(age: int, on: date) -> date:
    """The last day on which a person can be born who has the legal age ``age`` at the end of ``on``."""
    return latest_birth_of_birthday_age(age, on + timedelta(days=1))


def first_match(cases: Sequence[tuple[nw.Expr, nw.Expr | int]], otherwise: nw.Expr) -> nw.Expr:
    """The value of the first case whose condition is true (null counts as false), else ``otherwise``.

    Give ``otherwise`` as a typed literal: plain numbers among the values then take its type.
    """
    expression: Any = otherwise
    for condition, value in reversed(cases):
        expression = nw.when(condition).then(int(value) if isinstance(value, int) else value).otherwise(expression)
    return expression  # type: ignore[no-any-return]
