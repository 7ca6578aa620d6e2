"""By which figures answers are scored: the dated thresholds, the conversion table, and both with the method as a set.

A result is kept with the ``key`` of the :class:`ScoringSet` of its scoring, so that it can be told years later.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from azukari.engine.parameters import Parameters, load_parameters

from .instrument import ANSWERS, SCALES, UnknownInstrument, instrument

Method: TypeAlias = Literal["simple_sum", "conversion"]
Sex: TypeAlias = Literal["male", "female"]

SEXES: tuple[Sex, Sex] = ("male", "female")
LEVELS = 5
"""Levels and points run from 1 to 5."""

_FOLDER = Path(__file__).parent


class MethodNotOffered(ValueError):
    """The conversion table needs every item of its scales; a shorter questionnaire has the simple sum only."""

    def __init__(self, method: str, instrument_key: str) -> None:
        self.method = method
        self.instrument = instrument_key
        super().__init__(method, instrument_key)

    def __str__(self) -> str:
        if self.method in get_args(Method):
            return (
                f"調査票「{self.instrument}」には、素点換算表を用いる方法がありません（換算に要る設問がそろいません）。"
                "単純合計判定法（simple_sum）を指定してください。"
            )
        return f"判定の方法「{self.method}」はありません。simple_sum または conversion を指定してください。"


class TableUnreadable(ValueError):
    """The conversion table does not cover every raw value exactly once; ``problems`` says where, in Japanese."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(source, problems)

    def __str__(self) -> str:
        lines = "\n".join(f"・{problem}" for problem in self.problems)
        return f"素点換算表 {self.source} に誤りがあります。直してから、もう一度読み込んでください。\n{lines}"


@dataclass(frozen=True)
class Thresholds:
    """``b_alone``, or ``a_and_c`` together with ``b_with_a_and_c``; the simple sum: at least; conversion: at most."""

    b_alone: int
    a_and_c: int
    b_with_a_and_c: int


@dataclass(frozen=True)
class ScoringSet:
    """What a verdict rests on. ``thresholds`` other than the parameters' are the employer's own."""

    method: Method
    instrument: str
    thresholds: Thresholds
    table: str
    chart_means: str
    valid_from: date

    def __post_init__(self) -> None:
        form = instrument(self.instrument)
        if self.method not in get_args(Method) or (self.method == "conversion" and not set(SCALES) <= set(form.scales)):
            raise MethodNotOffered(self.method, self.instrument)

    @property
    def key(self) -> str:
        """A stable name of the whole set, kept with every result; two sets of the same key score alike."""
        t = self.thresholds
        version = instrument(self.instrument).version
        return (
            f"{self.instrument}@{version}:{self.method}:b{t.b_alone},ac{t.a_and_c},b{t.b_with_a_and_c}"
            f":table@{self.table}:means@{self.chart_means}:{self.valid_from.isoformat()}"
        )


@dataclass(frozen=True)
class ScaleTable:
    """One scale: whether a high raw score is bad, and raw score → level 1..5 for each sex."""

    scale: str
    high_is_bad: bool
    levels: Mapping[Sex, Mapping[int, int]]

    def points(self, level: int) -> int:
        """評価点: 1 is bad, 5 is good."""
        return LEVELS + 1 - level if self.high_is_bad else level


@dataclass(frozen=True)
class ConversionTable:
    """素点換算表 of one version."""

    version: str
    valid_from: date
    citation: str
    mark: str
    scales: Mapping[str, ScaleTable]


@cache
def stress_check_parameters() -> Parameters:
    """The programme's own ``parameters.toml``."""
    return load_parameters(_FOLDER / "parameters.toml")


def scoring_set(
    on: date, method: str | None = None, instrument_key: str | None = None, parameters: Parameters | None = None
) -> ScoringSet:
    """The set in force on ``on``; method and questionnaire are the default ones unless named.

    Raises ``NoValueInForce`` before the law's first day, :class:`MethodNotOffered`, ``UnknownInstrument``.
    """
    in_force = (parameters or stress_check_parameters()).at(on)
    form = instrument(instrument_key or in_force.word("default.instrument"))
    chosen = method or in_force.word("default.method")
    if chosen not in get_args(Method) or (chosen == "conversion" and not set(SCALES) <= set(form.scales)):
        raise MethodNotOffered(chosen, form.key)
    prefix = f"{chosen}.{form.decides_as}."
    names = ("b_alone", "a_and_c", "b_with_a_and_c")
    stated = [in_force.entry(prefix + name) for name in names]
    versions = [in_force.entry("conversion.table"), in_force.entry("charts.means")]
    return ScoringSet(
        method="simple_sum" if chosen == "simple_sum" else "conversion",
        instrument=form.key,
        thresholds=Thresholds(*(in_force.number(prefix + name) for name in names)),
        table=in_force.word("conversion.table"),
        chart_means=in_force.word("charts.means"),
        valid_from=max(entry.valid_from for entry in (*stated, *versions)),
    )


@cache
def conversion_table(version: str | None = None) -> ConversionTable:
    """The table of that version (the only one so far); ``LookupError`` where there is none."""
    path = _FOLDER / "conversion.toml"
    table = parse_conversion(path.read_text(encoding="utf-8"), source=path.name)
    if version not in (None, table.version):
        raise LookupError(
            f"素点換算表の版「{version}」がありません。conversion.toml にある版は {table.version} です。"
            "parameters.toml の conversion.table を確かめてください。"
        )
    return table


def parse_conversion(text: str, source: str = "conversion.toml") -> ConversionTable:
    """Read a conversion table; raises :class:`TableUnreadable` unless every raw value is covered exactly once."""
    document = tomllib.loads(text)
    stated: Mapping[str, Any] = document.get("scales", {})
    problems = [f"尺度 {scale} がありません。" for scale in SCALES if scale not in stated]
    problems += [f"尺度 {scale} は知られていません。" for scale in stated if scale not in SCALES]
    scales = {}
    for scale in (name for name in SCALES if name in stated):
        levels: dict[Sex, Mapping[int, int]] = {
            sex: _levels(scale, sex, stated[scale].get(sex, []), problems) for sex in SEXES
        }
        if stated[scale].get("high") not in ("good", "bad"):
            problems.append(f"尺度 {scale}: 「high」は good か bad にしてください。")
        scales[scale] = ScaleTable(scale, stated[scale].get("high") == "bad", levels)
    if problems:
        raise TableUnreadable(source, problems)
    return ConversionTable(document["version"], document["valid_from"], document["citation"], document["mark"], scales)


def possible_raw(scale: str) -> range:
    """Every raw value that the scale's items can add up to."""
    count = len(instrument().items_of_scale(scale))
    return range(count * ANSWERS[0], count * ANSWERS[-1] + 1)


def _levels(scale: str, sex: str, ranges: list[str], problems: list[str]) -> dict[int, int]:
    """``["3-5", "6-7", …]`` (one per level, "-" for none) as raw → level."""
    if len(ranges) != LEVELS:
        problems.append(f"尺度 {scale}（{sex}）: 段階は {LEVELS} つにしてください。")
        return {}
    found: dict[int, int] = {}
    for level, text in enumerate(ranges, start=1):
        if text == "-":
            continue
        ends = text.split("-")
        if not all(end.isdigit() for end in ends) or len(ends) > 2:
            problems.append(f"尺度 {scale}（{sex}）: 「{text}」は 3-5 のように書いてください。")
            continue
        for raw in range(int(ends[0]), int(ends[-1]) + 1):
            if raw in found:
                problems.append(f"尺度 {scale}（{sex}）: 素点 {raw} が2つの段階にあります。")
            found[raw] = level
    wanted = set(possible_raw(scale))
    problems += [f"尺度 {scale}（{sex}）: 素点 {raw} の段階がありません。" for raw in sorted(wanted - set(found))]
    problems += [f"尺度 {scale}（{sex}）: 素点 {raw} はありえません。" for raw in sorted(set(found) - wanted)]
    return found


__all__ = [
    "ConversionTable",
    "Method",
    "MethodNotOffered",
    "ScaleTable",
    "ScoringSet",
    "Sex",
    "TableUnreadable",
    "Thresholds",
    "UnknownInstrument",
    "conversion_table",
    "parse_conversion",
    "possible_raw",
    "scoring_set",
    "stress_check_parameters",
]
