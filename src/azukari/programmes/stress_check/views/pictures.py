"""Bars of numbers beside their table: lengths in units of the drawing, drawn by ``stress_check/picture.html``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, STEP = 270, 48


@dataclass(frozen=True)
class Bar:
    """One bar: the filled length, the dashed one that it is compared with, the number beside it as text."""

    label: str
    length: int
    whole: int
    text: str
    y: int

    @property
    def text_x(self) -> int:
        return max(self.length, self.whole) + 8


@dataclass(frozen=True)
class Picture:
    """``legend``: what the filled bars and the dashed outlines are."""

    label: str
    legend: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return len(self.bars) * STEP + 6


def picture(label: str, legend: str, rows: Sequence[tuple[str, int, int]]) -> Picture:
    """(label, number, number of which it is a part) as bars of one scale."""
    most = max((max(number, whole) for _label, number, whole in rows), default=0) or 1
    return Picture(label, legend, tuple(
        Bar(name, number * WIDTH // most, whole * WIDTH // most, f"{number:,}", n * STEP)
        for n, (name, number, whole) in enumerate(rows)
    ))  # fmt: skip
