"""Makes a text fit its box on paper: the largest size that fits, broken into lines, before the typesetter sees it.

Done here and not in Typst, because measuring there costs as much as drawing; and because a text that can't fit has to
be reported with its row, not cut off or pushed to a second sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from azukari.letters.typst import font_set

#: Marks that belong to the character before them: voicing marks, accents, variation selectors.
_MARKS = "\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
#: What stays on one line if it can: a Latin word, a number; else one character with its marks.
_PIECE = re.compile(rf"[!-~\u00c0-\u024f{_MARKS}]+ *|[０-９－]+|.[{_MARKS}]* *", re.DOTALL)
_CLUSTER = re.compile(rf".[{_MARKS}]*", re.DOTALL)
_NOT_AT_START = frozenset("ー、。，．）)」』・々ゝゞぁぃぅぇぉっゃゅょァィゥェォッャュョ丁番号目")
_SPACES = re.compile(r"\s+")


class TextDoesNotFit(ValueError):
    """A text does not fit its box at the smallest readable size. ``field``: its Japanese name; ``length``:
    characters."""

    def __init__(self, field: str, length: int) -> None:
        super().__init__(field, length)
        self.field = field
        self.length = length

    def __str__(self) -> str:
        return (
            f"「{self.field}」（{self.length}文字）は、読める大きさでは枠に入りません。"
            "表記を短くできるか確かめ、できなければこの1件は手書き又は別紙で作成してください。"
        )


@dataclass(frozen=True, slots=True)
class Box:
    """Room for one field: width in points, and the sizes (points) to try, each with the number of lines it allows."""

    field: str
    width: float
    steps: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """``size`` in points and the lines that fit."""

    size: float
    lines: tuple[str, ...]


class Advances(dict[str, float]):
    """Width of each character in em, as the chosen fonts draw it (read once, asked a million times)."""

    def __init__(self, maps: Sequence[tuple[dict[int, str], dict[str, tuple[int, int]], int]]) -> None:
        super().__init__()
        self._maps = maps
        self._wide: set[str] = set()

    def __missing__(self, character: str) -> float:
        point = ord(character)
        width = 1.0
        if re.match(f"[{_MARKS}]", character):
            width = 0.0
        else:
            for cmap, advances, units in self._maps:
                if point in cmap:
                    width = advances[cmap[point]][0] / units
                    break
        self[character] = width
        if width == 1.0:
            self._wide.add(character)
        return width

    def of(self, text: str) -> float:
        if self._wide.issuperset(text):  # most Japanese text: one em each
            return float(len(text))
        return sum(map(self.__getitem__, text))


def advances(fonts: Sequence[Path | str] = ()) -> Advances:
    """The widths for these folders of fonts (kept per process)."""
    return _advances(tuple(str(folder) for folder in fonts))


@lru_cache(maxsize=4)
def _advances(folders: tuple[str, ...]) -> Advances:
    maps = []
    for face in font_set(folders).faces:
        with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
            font.setGlyphOrder([str(glyph) for glyph in range(font["maxp"].numGlyphs)])  # names take long
            maps.append((dict(font.getBestCmap() or {}), dict(font["hmtx"].metrics), int(font["head"].unitsPerEm)))
    return Advances(maps)


def fit(text: str, box: Box, em: Advances) -> Fitted:
    """``text`` on as few and as large lines as ``box`` allows; runs of white space become one space.

    :raises TextDoesNotFit: not even the last step of the box is small enough.
    """
    plain = _SPACES.sub(" ", text).strip() if not text.isalnum() else text
    whole = em.of(plain)
    for split in (_pieces, _clusters):  # A word is broken only when no smaller size saves it.
        for size, most in box.steps:
            room = box.width / size
            if whole <= room:
                return Fitted(size, (plain,))
            if most > 1 and whole <= room * most:
                lines = _lines(split(plain), room, em)
                if len(lines) <= most and all(em.of(line) <= room for line in lines):
                    return Fitted(size, lines)
    raise TextDoesNotFit(box.field, len(text))


def _lines(pieces: Sequence[str], room: float, em: Advances) -> tuple[str, ...]:
    """The pieces in lines of ``room`` em; a piece wider than that stands alone and overflows."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece in pieces:
        width = em[piece] if len(piece) == 1 else em.of(piece.rstrip())
        if line and used + width > room:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line += piece
        used += width if piece[-1] != " " else em.of(piece)
    lines.append(line.rstrip())
    return tuple(lines)


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        if pieces and piece[0] in _NOT_AT_START:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces


_clusters: Callable[[str], list[str]] = _CLUSTER.findall
