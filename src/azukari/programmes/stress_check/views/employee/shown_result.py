"""One person's scores as their page shows them: words first, then the three radars, each with its table.

Words and pictures are those of the sealed letter (letters.result), so that who reads here and who reads on paper are
told the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from ...instrument import SCALES, instrument
from ...letters import result_words as words
from ...letters.result import ResultSheet, charts, summary_of
from ...profile_charts import RADARS

ATTENTION = 2
"""Points of a scale up to which it is named in the summary: the grey part of the radar."""
COLOURS: Mapping[int | None, str] = {1: "red", 2: "yellow", 3: "gray", 4: "blue", 5: "green", None: "gray"}
"""Of the chip that bears the word of a scale's points, 1 (bad) to 5 (good)."""


@dataclass(frozen=True)
class Row:
    """A scale with its points (1 bad to 5 good, None: not computable), their word, and the chip's colour."""

    name: str
    points: int | None
    word: str
    colour: str


@dataclass(frozen=True)
class Area:
    """``picture``: the radar, empty where it cannot be drawn; ``attention``: names of the scales that call for it."""

    key: str
    heading: str
    about: str
    picture: SafeString
    rows: tuple[Row, ...]

    @property
    def attention(self) -> tuple[str, ...]:
        return tuple(row.name for row in self.rows if row.points is not None and row.points <= ATTENTION)


@dataclass(frozen=True)
class Shown:
    """``short``: the questionnaire asks too little for radars. ``more``: (scale, mean 1 to 4) of the 80 items."""

    headline: str
    meaning: str
    how_to_read: str
    areas: tuple[Area, ...]
    short: bool
    more: tuple[tuple[str, str], ...]
    self_care: tuple[str, ...]
    helpline: tuple[str, str, str]


def shown(sheet: ResultSheet, scores: Mapping[str, Any], language: str) -> Shown:
    """What the page says of the sheet; ``scores`` (a row of rules.score) for the scales that only the long form has."""
    form = instrument(sheet.instrument)
    short = not set(SCALES) <= set(form.scales)
    drawn = not short and any(points is not None for points in sheet.points.values())
    pictures = charts(sheet, language) if drawn else [""] * len(RADARS)
    headline, meaning, _what_to_do = words.SUMMARIES[summary_of(sheet)][language]
    line = words.KOKORO_NO_MIMI
    return Shown(
        headline=headline.format(areas=_open_areas(sheet, language)),
        meaning=meaning,
        how_to_read=words.WORDS[language]["read"],
        areas=tuple(
            area
            for key, picture in zip(RADARS, pictures, strict=True)
            if (area := _area(key, sheet, picture, language)).rows
        ),
        short=short,
        more=tuple(
            (form.scale_names[scale][language], f"{scores[f'score_{scale}']:.1f}")
            for scale in form.scales
            if scores.get(f"score_{scale}") is not None
        ),
        self_care=words.SELF_CARE[language],
        helpline=(line.name[language], line.telephone, line.web),
    )


def _open_areas(sheet: ResultSheet, language: str) -> str:
    """Names of the areas with questions that were left open; only the verdict "missing" has a place for them."""
    letters = (sheet.withheld or "").removeprefix("missing_")
    names = [named[language] for area, named in words.TOTALS.items() if area in letters]
    return ("、" if language == "ja" else ", ").join(names)


def _area(key: str, sheet: ResultSheet, picture: str, language: str) -> Area:
    form = instrument(sheet.instrument)
    heading, about = words.AREAS[key.lower()][language]
    rows = tuple(
        _row(form.scale_names[scale][language], sheet.points.get(scale), language)
        for scale in RADARS[key][1]
        if scale in form.scales
    )
    return Area(key, heading, about, mark_safe(picture), rows)  # noqa: S308 - drawn by us, its words escaped


def _row(name: str, points: int | None, language: str) -> Row:
    word = words.WORDS[language]["not_computed"] if points is None else words.LEVELS[language][points - 1]
    return Row(name, points, word, COLOURS[points])
