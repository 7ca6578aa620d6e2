"""From answers to scores and the high-stress verdict (労働安全衛生規則第52条の12; 実施マニュアルの二つの判定方法).

``score`` takes a table with one row per respondent: ``respondent`` (Int64), ``sex`` ("male", "female"; anything else
is unknown) and the answers ``q1`` … of the questionnaire (1 to 4 or null). It gives back every row, in that order:

====================== ======= =====================================================================================
respondent             Int64   as given
raw_<scale>            Int8    素点 of the 19 scales; null with a missing answer, or where the form lacks its items
level_<scale>          Int8    段階 1 (低い・少い) to 5 (高い・多い); null also where the sex is unknown
points_<scale>         Int8    評価点 1 (bad) to 5 (good), null as the level
a, b, c                Int8    totals of the method: stressors, reactions, support; null where incomplete
q, k, s, p             Int8    chart scores 3 to 12: quantitative load, control, supervisor, colleagues
verdict                Enum    "high", "not_high"; null where it is withheld
withheld               Enum    why: "missing_a" … "missing_abc", "sex_unknown"; null where there is a verdict
score_<scale>          Float32 80 items only: 1 to 4, high is favourable; null with a missing answer
====================== ======= =====================================================================================

Nothing is imputed: there is no published way. The simple sum is high = stressed and needs no sex; the conversion is
low = stressed and needs it. The fifth level of the table and its points stand for both methods (the person's chart).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from itertools import pairwise
from operator import add, and_, or_
from typing import TypeAlias

import narwhals as nw
import polars as pl

from azukari.engine.run import require_columns

from .instrument import ANSWERS, SCALES, Instrument, Item, instrument
from .parameters import LEVELS, ConversionTable, ScaleTable, ScoringSet, Sex, Thresholds, conversion_table

AREAS = ("a", "b", "c")
SCALES_OF_AREA: Mapping[str, tuple[str, ...]] = {"a": SCALES[:9], "b": SCALES[9:15], "c": SCALES[15:18]}
"""The scales that the conversion adds up; the nineteenth (satisfaction) counts in neither method."""
CHART_SCORES = {"q": "quantitative_load", "k": "control", "s": "supervisor_support", "p": "colleague_support"}
VERDICTS = ("high", "not_high")
WITHHELD = (
    "missing_a",
    "missing_b",
    "missing_ab",
    "missing_c",
    "missing_ac",
    "missing_bc",
    "missing_abc",
    "sex_unknown",
)
"""Why there is no verdict. The place of a ``missing_…`` is 1 for a, 2 for b and 4 for c, added, less 1."""

VERDICT_TYPE = pl.Enum(VERDICTS)
WITHHELD_TYPE = pl.Enum(WITHHELD)
_FEMALE, _MALE, _KNOWN, _TILTED = "_female", "_male", "_known", "_tilted"
_SHOWN = 10


class AnswersOutOfRange(ValueError):
    """Answers other than 1 to 4. ``problems``: (row, counted from 1; item; answer), the first ones; ``count``: all."""

    def __init__(self, problems: list[tuple[int, str, int]], count: int) -> None:
        self.problems = problems
        self.count = count
        super().__init__(problems, count)

    def __str__(self) -> str:
        lines = [f"・{row}行目の問{item.removeprefix('q')}: 「{answer}」" for row, item, answer in self.problems]
        if self.count > len(self.problems):
            lines.append(f"・ほかに {self.count - len(self.problems)} 件")
        return (
            f"1〜4 でも未回答でもない回答が {self.count} 件あるため、採点しませんでした。"
            "回答を確かめ、直してから、もう一度採点してください。\n" + "\n".join(lines)
        )


def score(frame: pl.DataFrame, scoring_set: ScoringSet) -> pl.DataFrame:
    """Raw scores, levels, points, totals and the verdict of every row; see the module's text for the columns.

    Raises ``WrongColumns`` and :class:`AnswersOutOfRange`; nothing is scored then. The caller keeps
    ``scoring_set.key`` with the result.
    """
    form = instrument(scoring_set.instrument)
    answers = form.item_keys
    require_columns(nw.from_native(frame), {"respondent": "any", "sex": "word"} | dict.fromkeys(answers, "number"))
    _refuse_out_of_range(frame, answers)
    plan = _plan(scoring_set)
    given = frame.select("respondent", *_SEXES, *(pl.col(key).cast(pl.Int8) for key in answers)).with_columns(_TILTS)
    raws = given.with_columns(plan.raws)
    all_known = raws.get_column(_KNOWN).null_count() == 0
    scored = raws.with_columns(plan.levels if all_known else plan.levels_of_known).with_columns(plan.points)
    totals = scored.with_columns(plan.totals)
    return totals.with_columns(plan.verdict).select(*plan.columns, _withheld(totals, plan), *plan.new_scales)


def _withheld(totals: pl.DataFrame, plan: _Plan) -> pl.Series:
    """Why there is no verdict: asked only of the rows without one, as a rule few."""
    reasons = pl.repeat(None, totals.height, dtype=pl.UInt8, eager=True).alias("withheld")
    without = reduce(or_, (totals.get_column(area).is_null() for area in AREAS))
    if without.any():
        asked = totals.select(sorted(set(plan.withheld.meta.root_names()))).filter(without)
        reasons = reasons.scatter(without.arg_true(), asked.select(plan.withheld).to_series())
    return reasons.cat.to(WITHHELD_TYPE)


@dataclass(frozen=True)
class _Plan:
    """The expressions of one scoring set, each group from the columns of those before it; built once and kept."""

    raws: list[pl.Expr]
    levels: list[pl.Expr]
    levels_of_known: list[pl.Expr]
    points: list[pl.Expr]
    totals: list[pl.Expr]
    columns: list[pl.Expr]
    verdict: pl.Expr
    withheld: pl.Expr
    new_scales: list[pl.Expr]


@cache
def _plan(scoring_set: ScoringSet) -> _Plan:
    form, table = instrument(scoring_set.instrument), conversion_table(scoring_set.table)
    measured = [scale for scale in SCALES if scale in form.scales]
    names = [f"{kind}_{scale}" for kind in ("raw", "level", "points") for scale in SCALES]
    chart = [pl.col(f"raw_{scale}").alias(name) for name, scale in CHART_SCORES.items()]
    converted = scoring_set.method == "conversion"
    return _Plan(
        raws=_raws(form, measured),
        levels=_levels(table, measured, all_known=True),
        levels_of_known=_levels(table, measured, all_known=False),
        points=[_points(table.scales[scale], scale in measured) for scale in SCALES],
        totals=_points_totals() if converted else _simple_totals(form, measured),
        columns=[pl.col("respondent"), *(pl.col(name) for name in (*names, *AREAS)), *chart, pl.col("verdict")],
        verdict=_verdict(scoring_set.thresholds, converted),
        withheld=_reason(_missing(form, measured)),
        new_scales=[_new_scale(form, scale) for scale in form.scales if scale not in SCALES],
    )


_SEXES = ((pl.col("sex") == "female").alias(_FEMALE), (pl.col("sex") == "male").alias(_MALE))
_TILTS = [
    pl.when(pl.col(_FEMALE)).then(pl.lit(tilt, pl.Int8)).when(pl.col(_MALE)).then(pl.lit(0, pl.Int8)).alias(name)
    for tilt, name in ((0, _KNOWN), (1, _TILTED))
]
"""``_known`` and ``_tilted`` (Int8) are null where the sex is unknown: added to a score, they withhold it."""


def _refuse_out_of_range(frame: pl.DataFrame, answers: tuple[str, ...]) -> None:
    lowest = frame.select(pl.col(answers).min()).row(0) if frame.height else ()
    highest = frame.select(pl.col(answers).max()).row(0) if frame.height else ()
    wrong = [
        key
        for key, low, high in zip(answers, lowest, highest, strict=False)
        if low is not None and (low < ANSWERS[0] or high > ANSWERS[-1])
    ]
    if not wrong:
        return
    found = (
        frame.select(wrong)
        .with_row_index("row", offset=1)
        .unpivot(index="row", variable_name="item", value_name="answer")
        .filter(~pl.col("answer").is_between(ANSWERS[0], ANSWERS[-1]))
        .sort("row", maintain_order=True)
    )
    raise AnswersOutOfRange(found.head(_SHOWN).rows(), found.height)


# Raw scores and totals of the simple sum ----------------------------------------------------------------------------


def _sum(plain: Iterable[str], reversed_: Iterable[str], constant: int) -> pl.Expr:
    """``constant`` + the plain columns - the reversed ones, in Int8 (no sum here passes 116)."""
    terms = [pl.col(name) for name in plain]
    taken = [pl.col(name) for name in reversed_]
    if not terms:
        return pl.lit(constant, pl.Int8) - reduce(add, taken)
    total = reduce(add, terms)
    if taken:
        total = total - reduce(add, taken)
    return total + pl.lit(constant, pl.Int8) if constant else total


def _raws(form: Instrument, measured: list[str]) -> list[pl.Expr]:
    raws = []
    for scale in SCALES:
        items = form.items_of_scale(scale)
        if scale not in measured:
            raws.append(pl.lit(None, pl.Int8).alias(f"raw_{scale}"))
            continue
        reversed_ = [item.key for item in items if item.reversed_in_scale]
        plain = [item.key for item in items if not item.reversed_in_scale]
        raws.append(_sum(plain, reversed_, len(reversed_) * _TURN).alias(f"raw_{scale}"))
    return raws


_TURN = ANSWERS[0] + ANSWERS[-1]
"""A reversed answer is 5 less the answer."""


def _simple_totals(form: Instrument, measured: list[str]) -> list[pl.Expr]:
    """単純合計: a scale whose items all count one way enters as its raw score, the rest item by item."""
    totals = []
    for section in form.sections:
        if not section.area:
            continue
        plain: list[str] = []
        reversed_: list[str] = []
        constant = 0
        for scale in dict.fromkeys(item.scale for item in section.items):
            items = form.items_of_scale(scale)
            turns = {item.reversed_in_sum != item.reversed_in_scale for item in items}
            if scale in measured and len(turns) == 1:
                turned = turns == {True}
                (reversed_ if turned else plain).append(f"raw_{scale}")
                constant += len(items) * _TURN if turned else 0
            else:
                plain += [item.key for item in items if not item.reversed_in_sum]
                reversed_ += [item.key for item in items if item.reversed_in_sum]
                constant += sum(_TURN for item in items if item.reversed_in_sum)
        totals.append(_sum(plain, reversed_, constant).alias(section.area))
    return totals


def _points_totals() -> list[pl.Expr]:
    return [
        reduce(add, (pl.col(f"points_{scale}") for scale in scales)).alias(area)
        for area, scales in SCALES_OF_AREA.items()
    ]


def _new_scale(form: Instrument, scale: str) -> pl.Expr:
    """新職業性ストレス簡易調査票: the mean of the items, 1 to 4, high is favourable."""
    items = form.items_of_scale(scale)
    reversed_ = [item.key for item in items if item.reversed_in_scale]
    plain = [item.key for item in items if not item.reversed_in_scale]
    total = _sum(plain, reversed_, len(reversed_) * _TURN).cast(pl.Float32)
    return (total / len(items)).alias(f"score_{scale}")


# Levels and points --------------------------------------------------------------------------------------------------

Cells: TypeAlias = Mapping[Sex, Mapping[int, int]]


def _levels(table: ConversionTable, measured: list[str], all_known: bool) -> list[pl.Expr]:
    """段階 of each scale; one addition each is spared where the sex of all is known."""
    found = []
    for scale in SCALES:
        raw = pl.col(f"raw_{scale}") if all_known else pl.col(f"raw_{scale}") + pl.col(_KNOWN)
        level = level_column(table.scales[scale], raw) if scale in measured else pl.lit(None, pl.Int8)
        found.append(level.alias(f"level_{scale}"))
    return found


def _points(table: ScaleTable, measured: bool) -> pl.Expr:
    level = pl.col(f"level_{table.scale}")
    turned = pl.lit(LEVELS + 1, pl.Int8) - level if table.high_is_bad and measured else level
    return turned.alias(f"points_{table.scale}")


@dataclass(frozen=True)
class _Line:
    """A line through most of a table: level = (raw + shift, and tilt more for women) // step; and what it misses."""

    step: int
    shift: int
    tilt: int
    missed: Mapping[int, Mapping[Sex, frozenset[int]]]

    def cost(self) -> int:
        """What its corrections take, in thirds of an addition or so: a choice each, and a comparison for each run."""
        runs = sum(len(_runs(raws)) for sexes in self.missed.values() for raws in set(sexes.values()))
        return 4 * len(self.missed) + runs + 2 * abs(self.tilt)


def level_column(table: ScaleTable, raw: pl.Expr) -> pl.Expr:
    """The table as an expression of the raw score and the respondent's sex; null where the raw score is null.

    A look-up of a million rows costs ten times an addition, and most of each table lies on a line. So the level is
    computed as the line, and the levels that it misses are put in their places. The line is found from the table, and
    what comes of it is the table again, cell by cell: there is nothing here that is not in ``conversion.toml``.
    """
    line = _line(table)
    level = raw if line.shift == 0 else raw + pl.lit(line.shift, pl.Int8)
    if line.tilt:
        level = level + pl.col(_TILTED) if line.tilt > 0 else level - pl.col(_TILTED)
    if line.step > 1:
        level = level // pl.lit(line.step, pl.Int8)
    for value, missed in line.missed.items():
        level = pl.when(_in_cells(raw, missed, table)).then(pl.lit(value, pl.Int8)).otherwise(level)
    return level


def _line(table: ScaleTable) -> _Line:
    """The line that leaves the fewest corrections (powers of two divide quickest)."""
    lines = (
        _Line(step, shift, tilt, _missed(table.levels, step, shift, tilt))
        for step in (1, 2, 4, 8)
        for shift in range(-max(table.levels["male"]), LEVELS * step)
        for tilt in (0, -1, 1)
    )
    return min(lines, key=_Line.cost)


def _missed(cells: Cells, step: int, shift: int, tilt: int) -> dict[int, dict[Sex, frozenset[int]]]:
    starts = {"male": shift, "female": shift + tilt}
    missed: dict[int, dict[Sex, frozenset[int]]] = {}
    for level in range(1, LEVELS + 1):
        places: dict[Sex, frozenset[int]] = {
            sex: frozenset(raw for raw, wanted in levels.items() if wanted == level != (raw + starts[sex]) // step)
            for sex, levels in cells.items()
        }
        if any(places.values()):
            missed[level] = places
    return missed


def _runs(raws: Iterable[int]) -> list[tuple[int, int]]:
    """Consecutive values as (first, last)."""
    ordered = sorted(raws)
    if not ordered:
        return []
    breaks = [(here, after) for here, after in pairwise(ordered) if after != here + 1]
    firsts = [ordered[0], *(after for _, after in breaks)]
    return list(zip(firsts, [*(here for here, _ in breaks), ordered[-1]], strict=True))


def _in_cells(raw: pl.Expr, cells: Mapping[Sex, frozenset[int]], table: ScaleTable) -> pl.Expr:
    """Whether the raw score is one of the cells of the respondent's sex."""
    possible = table.levels["male"].keys()
    both = cells["male"] & cells["female"]
    parts = [(both, None), (cells["male"] - both, ~pl.col(_FEMALE)), (cells["female"] - both, pl.col(_FEMALE))]
    found = []
    for raws, sex in parts:
        if raws:
            inside = reduce(or_, (_between(raw, run, min(possible), max(possible)) for run in _runs(raws)))
            found.append(inside if sex is None else inside & sex)
    return reduce(or_, found)


def _between(raw: pl.Expr, run: tuple[int, int], lowest: int, highest: int) -> pl.Expr:
    first, last = run
    if first == last:
        return raw == pl.lit(first, pl.Int8)
    ends = [raw >= pl.lit(first, pl.Int8)] if first > lowest else []
    ends += [raw <= pl.lit(last, pl.Int8)] if last < highest else []
    return reduce(and_, ends)


# The verdict --------------------------------------------------------------------------------------------------------


def _missing(form: Instrument, measured: list[str]) -> dict[str, pl.Expr]:
    """For each area, whether an answer that it counts is missing."""
    found = {}
    for section in form.sections:
        if section.area:
            columns = dict.fromkeys(_presence(item, measured) for item in section.items)
            found[str(section.area)] = reduce(or_, (pl.col(column).is_null() for column in columns))
    return found


def _presence(item: Item, measured: list[str]) -> str:
    return f"raw_{item.scale}" if item.scale in measured else item.key


def _reason(missing: Mapping[str, pl.Expr]) -> pl.Expr:
    """The place in ``WITHHELD`` of a row without a verdict: what is missing, or else the sex."""
    lacks = reduce(add, (missing[area].cast(pl.UInt8) * pl.lit(1 << n, pl.UInt8) for n, area in enumerate(AREAS)))
    sex = pl.lit(WITHHELD.index("sex_unknown"), pl.UInt8)
    return pl.when(lacks > 0).then(lacks - pl.lit(1, pl.UInt8)).otherwise(sex)


def _verdict(limits: Thresholds, converted: bool) -> pl.Expr:
    """(ア) reactions alone, or (イ) stressors with support, and reactions somewhat; null unless all are known."""
    a, b, c = (pl.col(area) for area in AREAS)
    if converted:
        high = (b <= limits.b_alone) | ((a + c <= limits.a_and_c) & (b <= limits.b_with_a_and_c))
    else:
        high = (b >= limits.b_alone) | ((a + c >= limits.a_and_c) & (b >= limits.b_with_a_and_c))
    known = a.is_not_null() & b.is_not_null() & c.is_not_null()
    words = {word: pl.lit(word, VERDICT_TYPE) for word in VERDICTS}
    verdict = pl.when(known & high).then(words["high"]).when(known).then(words["not_high"])
    return verdict.otherwise(pl.lit(None, VERDICT_TYPE)).alias("verdict")
