"""集団ごとの集計・分析 (安衛則52条の14): every node of the organisation, by sex, age band and job, protected.

Means of the four chart scores and of the scales, health risk A, B and total (仕事のストレス判定図), head-counts and the
share of high stress. What stays in the frame may be shown to the ward: everything else is null, with the reason in
``withheld`` ('small', 'complement') or ``high_withheld`` ('alike'). See ``group_protection`` for why that is safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from azukari.engine.parameters import InForce, Parameters, load_parameters
from azukari.programmes.stress_check.group_alike import Figure, undetermined, varied
from azukari.programmes.stress_check.group_cells import (
    FEMALE,
    MALE,
    SEXES,
    Array,
    Cells,
    Group,
    Release,
    cells_of,
    traits_of,
)
from azukari.programmes.stress_check.group_protection import SMALL, candidates, choose
from azukari.programmes.stress_check.instrument import SCALES, instrument

CHART = ("q", "k", "s", "p")
ALIKE = "alike"
CURRENT, LEGACY = "current", "legacy"
MEAN_SETS = (CURRENT, LEGACY)
FLOOR = 10
"""No parameter and no caller goes below it (指針: 10人を下回る集団は、全員の同意がなければ提供しない)."""
ATTENTION, URGENT = "attention", "urgent"
_WORDS = {MALE: "men", FEMALE: "women"}
_ENDS: Mapping[str, tuple[float, float]] = {"points_": (1, 5), "score_": (1, 4)}
_ENDS_OF: Mapping[str, tuple[float, float]] = {**dict.fromkeys(CHART, (3, 12)), "high": (0, 1)}
_ENDLESS = (-1e15, 1e15)


@dataclass(frozen=True)
class ChartSet:
    """Coefficients a-d and national means of Q, K, S, P by sex. ``key`` and ``name`` are printed on every chart.

    ``smallest_group``: how many respondents a group needs on that day to be shown.
    """

    key: str
    name: str
    valid_from: date
    coefficients: dict[str, tuple[float, ...]]
    means: dict[str, tuple[float, ...]]
    smallest_group: int

    def risks(self, sex: str, scores: pl.DataFrame | Array) -> Array:
        """Rows x (Q, K, S, P), mean scores 3..12 -> rows x (risk A, risk B, total); 100 is the national mean.

        A = 100 exp[(Q - mQ) a + (K - mK) b], B = 100 exp[(S - mS) c + (P - mP) d], total = A B / 100.
        """
        table = np.asarray(scores.to_numpy() if isinstance(scores, pl.DataFrame) else scores, dtype=float)
        parts = (table - np.array(self.means[sex])) * np.array(self.coefficients[sex])
        risk_a, risk_b = 100 * np.exp(parts[:, :2].sum(axis=1)), 100 * np.exp(parts[:, 2:].sum(axis=1))
        return np.column_stack([risk_a, risk_b, risk_a * risk_b / 100])


class UnknownMeanSet(LookupError):
    """The set of national means ``key`` does not exist."""

    def __str__(self) -> str:
        return f"全国平均のセット「{self.args[0]}」がありません。{'、'.join(MEAN_SETS)} から選んでください。"


class ThresholdTooLow(ValueError):
    """Somebody asked for groups under the floor; only a recorded consent of all members of a group opens one."""

    def __str__(self) -> str:
        asked, floor = self.args
        return f"集団の下限を{asked}人にすることはできません（{floor}人以上）。全員の同意を集団ごとに記録してください。"


@cache
def group_parameters() -> Parameters:
    """``group_parameters.toml``."""
    return load_parameters(Path(__file__).with_name("group_parameters.toml"))


@cache
def parameters_on(on: date) -> InForce:
    """The values of ``group_parameters.toml`` in force on a day."""
    return group_parameters().at(on)


def reading(total: float | None, on: date | None = None) -> str:
    """How a total health risk is read: "urgent" (150 or more), "attention" (over 120), or "" (also where withheld).

    What is read is the whole number that is printed, so that a mark never contradicts its figure: 120.4 is 120 and has
    no mark. ``on``: by the limits of that day; the newest ones without it.
    """
    if total is None:
        return ""
    limits, printed = parameters_on(on or date.max), round(total)
    if printed >= limits.number("urgent"):
        return URGENT
    return ATTENTION if printed > limits.number("attention") else ""


def means_80(sex: str, on: date | None = None) -> Mapping[str, float]:
    """National means (1 to 4, high is favourable) of the 22 scales that only the 80 items have; a single source.

    ``sex``: that of the chart (people of unknown sex count with the men). ``on``: as in :func:`reading`.
    """
    stated = parameters_on(on or date.max).entry(f"means_80.{_WORDS[sex]}").value
    values = [float(value) for value in stated] if isinstance(stated, list) else []
    return dict(zip(scales_80(), values, strict=True))


def scales_80() -> tuple[str, ...]:
    """The scales that only the 80 items have, in the order of the sheet."""
    return tuple(scale for scale in instrument("bjsq80").scales if scale not in SCALES)


def chart_set(on: date, key: str = CURRENT) -> ChartSet:
    """Coefficients in force on ``on`` with the national means ``key``; raises :class:`UnknownMeanSet`."""
    if key not in MEAN_SETS:
        raise UnknownMeanSet(key)
    values = parameters_on(on)
    lists = {
        (part, sex): values.entry(f"{part}.{word}") for part in ("risk", f"means.{key}") for sex, word in _WORDS.items()
    }
    numbers = {place: tuple(map(float, entry.value)) for place, entry in lists.items() if isinstance(entry.value, list)}
    return ChartSet(
        key,
        values.text(f"names.{key}"),
        max(entry.valid_from for entry in lists.values()),
        {sex: numbers["risk", sex] for sex in SEXES},
        {sex: numbers[f"means.{key}", sex] for sex in SEXES},
        values.number("smallest_group"),
    )


@dataclass(frozen=True)
class Analysis:
    """``groups``: a row per group (:func:`analyse`); ``release``: to be stored once the groups have been published."""

    groups: pl.DataFrame
    release: Release
    chart: ChartSet


def analyse(
    respondents: pl.DataFrame,
    invited: pl.DataFrame | None = None,
    *,
    name: str,
    period: str,
    chart: ChartSet,
    earlier: Sequence[Release] = (),
    consenting: Sequence[Group] = (),
    at_least: int | None = None,
    attribute_depth: int = 1,
    same_person_over_years: bool = False,
) -> Analysis:
    """Figures of all groups, those that must not be published left out.

    ``respondents``: respondent, path (list of words from below the whole), sex, age_band, job, verdict, q, k, s, p, and
    what there is of points_<scale>, score_<scale>, a, b, c. ``invited``: the staff list with the same path, sex,
    age_band, job. ``earlier``: every release so far, of this period and others; those of others only count where
    ``same_person_over_years`` takes the answers of two years for one unknown. ``consenting``: groups in which all
    members consented (recorded); only they may be under ``at_least`` (as in force with ``chart`` unless the implementer
    wants more). ``attribute_depth``: how deep age and job tables go.

    Columns: path, depth, attribute, value, sex, invited, answered, participation, withheld; mean_<figure>; by sex
    of the chart answered_<sex>, mean_<q..p>_<sex>, risk_{a,b,total}_<sex>; risk_a, risk_b, risk_total and risk_basis
    ('by_sex': weighted by head-count; 'one_chart': the sexes are not shown, the chart of the larger is read with the
    means of all, so that the risk tells no more than the means); high, judged, high_rate, high_withheld.
    Raises :class:`ThresholdTooLow`.
    """
    smallest = chart.smallest_group if at_least is None else at_least
    if smallest < FLOOR:
        raise ThresholdTooLow(smallest, FLOOR)
    names = [c for c in respondents.columns if c in (*CHART, "a", "b", "c") or c.startswith(tuple(_ENDS))]
    ready = respondents.with_columns(high=pl.col("verdict").replace_strict({"high": 1, "not_high": 0}, default=None))
    used = [c for c in (*names, "high") if ready[c].null_count() < len(ready)]
    if not same_person_over_years:
        earlier = [release for release in earlier if release.period == period]
    complete = ready.select(pl.all_horizontal(pl.col(used).is_not_null()))[:, 0] if used else None
    cells = cells_of(
        respondents,
        period,
        earlier,
        complete=complete,
        consenting=consenting,
        same_person_over_years=same_person_over_years,
    )
    verdicts = choose(
        cells, [release.groups for release in earlier], attribute_depth=attribute_depth, at_least=smallest
    )
    figures = {column: _figure(cells, ready, column) for column in (*names, "high")}
    shown = [group for group, reason in verdicts.items() if reason is None]
    out_before = [
        layer.members(group) for layer, release in zip(cells.layers, earlier, strict=False) for group in release.high
    ]
    opened = {column: set(varied(cells, shown, figure)) for column, figure in figures.items() if column != "high"}
    opened["high"] = set(undetermined(cells, shown, figures["high"], out_before))
    listed = candidates(cells, attribute_depth)
    asked = None
    if invited is not None:
        asked = cells_of(invited.with_columns(respondent=pl.int_range(pl.len())), period)
        listed = candidates(asked, attribute_depth)
    table = _table(cells, asked, listed, verdicts, figures, opened, chart)
    release = Release(
        name, period, traits_of(respondents), tuple(shown), tuple(g for g in shown if g in opened["high"])
    )
    return Analysis(table, release, chart)


def _figure(cells: Cells, ready: pl.DataFrame, column: str) -> Figure:
    values = ready[column].cast(pl.Float64)
    of_its_kind = next((ends for start, ends in _ENDS.items() if column.startswith(start)), _ENDLESS)
    low, high = _ENDS_OF.get(column, of_its_kind)
    many = len(cells.people)
    sums = np.bincount(cells.of_row, weights=values.fill_null(0).to_numpy(), minlength=many)
    counts = np.bincount(cells.of_row, weights=values.is_not_null().to_numpy().astype(float), minlength=many)
    return Figure(sums, counts, low, high)


def _table(
    cells: Cells,
    asked: Cells | None,
    listed: Sequence[Group],
    verdicts: dict[Group, str | None],
    figures: dict[str, Figure],
    opened: dict[str, set[Group]],
    chart: ChartSet,
) -> pl.DataFrame:
    """All rows; sums by a product of groups x cells and cells x figures."""
    inside = np.array([cells.current.members(group) for group in listed], dtype=float)
    sums = inside @ np.column_stack([figure.sums for figure in figures.values()])
    counts = inside @ np.column_stack([figure.counts for figure in figures.values()])
    answered = inside @ np.bincount(cells.of_row, minlength=len(cells.people))
    reasons = [verdicts.get(group, SMALL) for group in listed]
    shown = np.array([reason is None for reason in reasons])
    columns: dict[str, pl.Series] = {
        "path": pl.Series([list(group.path) for group in listed], dtype=pl.List(pl.String)),
        "depth": pl.Series([len(group.path) for group in listed], dtype=pl.Int64),
        **{
            word: pl.Series([getattr(group, word) for group in listed], dtype=pl.String)
            for word in ("attribute", "value", "sex")
        },
        "invited": _invited(asked, listed),
        "answered": _where(shown, answered).cast(pl.Int64),
        "withheld": pl.Series(reasons, dtype=pl.String),
    }
    for place, column in enumerate(figures):
        open_rows = np.array([group in opened[column] for group in listed]) & (counts[:, place] > 0)
        means = np.divide(sums[:, place], counts[:, place], out=np.zeros(len(listed)), where=counts[:, place] > 0)
        if column == "high":
            columns["judged"] = _where(open_rows, counts[:, place]).cast(pl.Int64)
            columns["high"] = _where(open_rows, sums[:, place]).round().cast(pl.Int64)
            columns["high_rate"] = _where(open_rows, means)
            alike = [ALIKE if s and not o else r for s, o, r in zip(shown, open_rows, reasons, strict=True)]
            columns["high_withheld"] = pl.Series(alike, dtype=pl.String)
        else:
            columns[f"mean_{column}"] = _where(open_rows, means)
    frame = pl.DataFrame(columns).with_columns(participation=pl.col("answered") / pl.col("invited"))
    return _with_risks(frame, listed, opened, counts[:, list(figures).index("q")], chart)


def _invited(asked: Cells | None, listed: Sequence[Group]) -> pl.Series:
    if asked is None:
        return pl.Series([None] * len(listed), dtype=pl.Int64)
    return pl.Series([int(asked.people[asked.current.members(group)].sum()) for group in listed], dtype=pl.Int64)


def _where(shown: Array, values: Array) -> pl.Series:
    return pl.Series(np.where(shown, values, np.nan)).fill_nan(None)


def _with_risks(
    frame: pl.DataFrame, listed: Sequence[Group], opened: dict[str, set[Group]], people: Array, chart: ChartSet
) -> pl.DataFrame:
    """Add the figures by sex of the chart and the risks. ``people``: with chart scores, by row."""
    chosen = [group for group in listed if all(group in opened[column] for column in CHART)]
    open_groups = set(chosen)
    row_of = {group: row for row, group in enumerate(listed)}
    means = np.column_stack([frame[f"mean_{column}"].cast(pl.Float64).fill_null(np.nan).to_numpy() for column in CHART])
    many = len(listed)
    row_by_sex = {
        sex: np.array([row_of.get(g._replace(sex=sex), -1) if g.sex in (None, sex) else -1 for g in listed])
        for sex in SEXES
    }
    number = {sex: np.where(rows >= 0, people[rows], 0.0) for sex, rows in row_by_sex.items()}
    split = np.array(
        [
            group in open_groups
            and all(number[sex][row] == 0 or group._replace(sex=sex) in open_groups for sex in SEXES)
            for row, group in enumerate(listed)
        ]
    )
    weighted = np.zeros((many, 3))
    added: dict[str, pl.Series] = {}
    for sex in SEXES:
        there = split & (number[sex] > 0)
        own = np.where(there[:, None], means[row_by_sex[sex]], np.nan)
        risks = chart.risks(sex, own)
        weighted += np.where(there[:, None], risks * number[sex][:, None], 0.0)
        added[f"answered_{sex}"] = _where(split, number[sex]).cast(pl.Int64)
        added |= {f"mean_{column}_{sex}": _where(there, own[:, place]) for place, column in enumerate(CHART)}
        added |= {f"risk_{n}_{sex}": _where(there, risks[:, i]) for i, n in enumerate(("a", "b", "total"))}
    total = np.maximum(number[MALE] + number[FEMALE], 1)[:, None]
    women = (number[FEMALE] > number[MALE])[:, None]
    one_chart = np.where(women, chart.risks(FEMALE, means), chart.risks(MALE, means))
    risk = np.where(split[:, None], weighted / total, one_chart)
    known = np.array([group in open_groups for group in listed])
    added |= {f"risk_{n}": _where(known, risk[:, i]) for i, n in enumerate(("a", "b", "total"))}
    basis = ["by_sex" if s else "one_chart" if k else None for s, k in zip(split, known, strict=True)]
    return frame.with_columns(risk_basis=pl.Series(basis, dtype=pl.String), **added)
