"""A picture of numbers beside their table, drawn by ``components/bars.html``: lengths are in units of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One bar of a picture: lengths in units of the drawing, the number beside it as text."""

    label: str
    length: int
    other: int
    text: str
    y: int
    text_x: int
    wrong: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture of numbers beside their table. ``legend``: what the filled bar and the dashed outline are."""

    label: str
    legend: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return len(self.bars) * STEP + 6


WIDTH, STEP = 270, 48


def picture(label: str, legend: str, rows: Sequence[tuple[str, int, int, str, bool]]) -> Picture:
    """(label, number, number to compare with, text, whether it is wrong) as bars of one scale."""
    most = max((max(one, other) for _label, one, other, _text, _wrong in rows), default=0) or 1
    made = []
    for n, (name, one, other, text, wrong) in enumerate(rows):
        length, outline = one * WIDTH // most, other * WIDTH // most
        made.append(Bar(name, length, outline, text, n * STEP, max(length, outline) + 8, wrong))
    return Picture(label, legend, tuple(made))


def parts(label: str, legend: str, rows: Sequence[tuple[str, int, int]]) -> Picture:
    """(label, number, number of which it is a part) as bars of one scale."""
    return picture(label, legend, [(name, number, whole, f"{number:,}", False) for name, number, whole in rows])
