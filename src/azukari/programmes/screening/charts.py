"""Bars of rates by age for one indicator, men beside women, with the line of the criterion: lengths worked out here.

The drawing is SVG in a template; its figures stand in the table beside it. A rate that is withheld or that does not
exist has no bar, but the same sign as in the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEFT, WIDTH, BAR, GAP = 86, 230, 16, 8
TOP = 6
COLOURS = ("#0017c1", "#9db7f9", "#4d4d4d")
"""Dark, light, grey: told apart without colour as well."""


@dataclass(frozen=True)
class Bar:
    y: int
    length: int
    colour: str
    text: str

    @property
    def text_x(self) -> int:
        return LEFT + self.length + 5

    @property
    def text_y(self) -> int:
        return self.y + BAR - 4


@dataclass(frozen=True)
class Group:
    """One band of ages: its label and a bar per series."""

    label: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """``limit_x``: where the criterion's line stands, None without one; ``legend``: (colour, word)."""

    label: str
    groups: tuple[Group, ...]
    legend: tuple[tuple[str, str], ...]
    height: int
    limit_x: int | None
    limit: str

    left: int = LEFT
    bar: int = BAR


Rate = tuple[float | None, str]
"""A rate in percent, None without a bar, and what is written beside it."""


def chart(
    label: str, series: Sequence[str], rows: Sequence[tuple[str, Sequence[Rate]]], limit: float | None, limit_text: str
) -> Chart:
    """``rows``: (band, a rate per series). All on one scale from 0."""
    rates = [rate for _band, cells in rows for rate, _text in cells if rate is not None]
    highest = max([*rates, limit or 0.0, 0.1])
    groups, y = [], TOP
    for band, cells in rows:
        bars = tuple(
            Bar(y + n * BAR, round((rate or 0) * WIDTH / highest), COLOURS[n], text)
            for n, (rate, text) in enumerate(cells)
        )
        groups.append(Group(band, y + BAR - 4, bars))
        y += len(cells) * BAR + GAP
    return Chart(
        label=label,
        groups=tuple(groups),
        legend=tuple(zip(COLOURS, series, strict=False)),
        height=y,
        limit_x=None if limit is None else LEFT + round(limit * WIDTH / highest),
        limit=limit_text,
    )
