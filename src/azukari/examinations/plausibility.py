"""Values that cannot be true, or not all at once: shown to a person before a result is accepted, never corrected here.

:func:`problems` looks at the values of one person and explains; :func:`implausible` does the same to a table of any
number of people and names the problems only. Both read their bounds from ``items.toml`` and give the same keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from azukari.examinations.items import Item, Value, items, ngsp_from_jds

ADULT_AGE = 16  # the youngest whom a municipal checkup invites; the ranges are those of adults
BMI_TOLERANCE = 0.2  # kg/m2: height, weight and BMI rounded or cut off to one decimal each
PRESSURES = (("systolic", "diastolic"), ("systolic_1", "diastolic_1"), ("systolic_2", "diastolic_2"))


@dataclass(frozen=True)
class Problem:
    """One thing to look at. ``key`` is ``item.kind`` (height.outside_range); the sentence names no person."""

    key: str
    item: str
    sentence: str


def problems(values: Iterable[Value], *, sex: str, age: int | None) -> list[Problem]:
    """What cannot be true in one person's values, in the order of the item table.

    ``sex`` is "male", "female" or "" (unknown), ``age`` in years or None; ranges are not applied below 16. Values that
    were not measured are passed over; of an item delivered twice, the first counts for comparisons between items.
    """
    delivered = [value for value in values if value.item is not None]
    first: dict[str, float] = {}
    for value in delivered:
        if value.item is not None and value.number is not None:
            first.setdefault(value.item, float(value.number))
    swapped = _is_swapped(first)
    adult = age is None or age >= ADULT_AGE
    found = [problem for value in delivered for problem in _of_one(value, sex, adult, swapped)]
    found += _between(first, swapped)
    order = {key: number for number, key in enumerate(items())}
    return sorted(dict.fromkeys(found), key=lambda problem: (order[problem.item], problem.key))


def _of_one(value: Value, sex: str, adult: bool, swapped: bool) -> Iterator[Problem]:
    item = items()[value.item or ""]
    if value.kind == "PQ" and value.unit and item.units and value.unit.lower() not in item.units:
        yield _problem(
            item, "wrong_unit", f"単位が {item.shown} ではありません。どの単位の値かを検査した機関に確かめてください。"
        )
    if value.kind == "PQ" and value.number is None and value.text and not value.beyond:
        yield _problem(item, "not_a_number", "数値として読めません。元の記録を確かめてください。")
    if value.number is None:
        return
    number = float(value.number)
    if item.sex and sex and item.sex != sex:
        yield _problem(item, "other_sex", "性別に合わない検査です。別の人の結果でないかを確かめてください。")
    if item.old_of:
        today = items()[item.old_of]
        yield _problem(
            item,
            "old_unit",
            f"古い単位の値 {value.text} です。{today.name} では {ngsp_from_jds(value.number)} に当たります。"
            "換算するか、検査した機関に確かめるかを選んでください。",
        )
    if adult and _outside(item, number) and not (swapped and item.key in ("height", "weight")):
        yield _problem(
            item,
            "outside_range",
            f"{value.text} {item.shown}は、あり得る範囲（{item.lowest}〜{item.highest}）の外です。"
            "元の記録を確かめてください。",
        )


def _between(first: dict[str, float], swapped: bool) -> Iterator[Problem]:
    table = items()
    if swapped:
        yield _problem(
            table["height"],
            "swapped",
            "身長より体重が大きく、逆ならあり得る値です。入れ違いでないかを確かめてください。",
        )
    for upper, lower in PRESSURES:
        if upper in first and lower in first and first[upper] <= first[lower]:
            yield _problem(
                table[upper],
                "pressure",
                "収縮期血圧が拡張期血圧より大きくありません。入れ違いや書き間違いがないかを確かめてください。",
            )
    if not swapped and _bmi_differs(first):
        yield _problem(table["bmi"], "differs", "身長と体重から計算した値と合いません。3つの値を確かめてください。")


def _problem(item: Item, kind: str, sentence: str) -> Problem:
    return Problem(f"{item.key}.{kind}", item.key, f"{item.name}: {sentence}")


def _outside(item: Item, number: float) -> bool:
    if item.lowest is None or item.highest is None:
        return False
    return not float(item.lowest) <= number <= float(item.highest)


def _is_swapped(first: dict[str, float]) -> bool:
    height, weight = first.get("height"), first.get("weight")
    if height is None or weight is None:
        return False
    table = items()
    return height < weight and not _outside(table["height"], weight) and not _outside(table["weight"], height)


def _bmi_differs(first: dict[str, float]) -> bool:
    """BMI against weight / height²; only with a height that can be one, so that nothing is divided by zero."""
    if not {"height", "weight", "bmi"} <= first.keys() or _outside(items()["height"], first["height"]):
        return False
    metres = first["height"] / 100
    return abs(first["bmi"] - first["weight"] / (metres * metres)) > BMI_TOLERANCE


def implausible(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with a column ``problems`` (list of String): the keys of :func:`problems`, in the same order.

    Columns named after items are Float64 (null: not measured; NaN counts as null); ``sex`` (String) and ``age``
    (integer) are used where the frame has them. Wrong units and texts that are no numbers cannot be seen in numbers.
    """
    table = items()
    measured = [item for item in table.values() if item.kind == "PQ" and item.key in frame.columns]
    value = {item.key: pl.col(item.key).cast(pl.Float64).fill_nan(None) for item in measured}
    swapped = _swapped_rows(value)
    checks: list[tuple[str, str, pl.Expr]] = []
    for item in measured:
        checks += [(item.key, kind, rule) for kind, rule in _rules(item, value[item.key], frame.columns, swapped)]
    if {"height", "weight"} <= value.keys():
        checks.append(("height", "swapped", swapped))
    for upper, lower in PRESSURES:
        if upper in value and lower in value:
            checks.append((upper, "pressure", value[upper] <= value[lower]))
    if {"height", "weight", "bmi"} <= value.keys():
        checks.append(("bmi", "differs", _bmi_differs_rows(value) & ~swapped))
    order = {key: number for number, key in enumerate(table)}
    checks.sort(key=lambda check: (order[check[0]], f"{check[0]}.{check[1]}"))
    if not checks:
        return frame.with_columns(problems=pl.lit([], dtype=pl.List(pl.String)))
    named = [pl.when(rule.fill_null(False)).then(pl.lit(f"{key}.{kind}")) for key, kind, rule in checks]
    return frame.with_columns(problems=pl.concat_list(named).list.drop_nulls())


def _rules(item: Item, value: pl.Expr, columns: list[str], swapped: pl.Expr) -> Iterator[tuple[str, pl.Expr]]:
    if item.sex and "sex" in columns:
        yield "other_sex", value.is_not_null() & (pl.col("sex").fill_null("") != "") & (pl.col("sex") != item.sex)
    if item.old_of:
        yield "old_unit", value.is_not_null()
    if item.lowest is not None and item.highest is not None:
        outside = _outside_rows(item, value)
        if item.key in ("height", "weight"):
            outside = outside & ~swapped
        yield "outside_range", outside & (pl.col("age").fill_null(ADULT_AGE) >= ADULT_AGE if "age" in columns else True)


def _outside_rows(item: Item, value: pl.Expr) -> pl.Expr:
    return ~value.is_between(float(item.lowest or 0), float(item.highest or 0))


def _swapped_rows(value: dict[str, pl.Expr]) -> pl.Expr:
    if not {"height", "weight"} <= value.keys():
        return pl.lit(False)
    table, height, weight = items(), value["height"], value["weight"]
    either = (height < weight) & ~_outside_rows(table["height"], weight) & ~_outside_rows(table["weight"], height)
    return either.fill_null(False)


def _bmi_differs_rows(value: dict[str, pl.Expr]) -> pl.Expr:
    metres = value["height"] / 100
    differs = (value["bmi"] - value["weight"] / (metres * metres)).abs() > BMI_TOLERANCE
    return differs & ~_outside_rows(items()["height"], value["height"])
