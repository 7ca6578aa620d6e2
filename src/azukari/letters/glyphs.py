"""The glyph proof: will every name and address be printed with the character that was meant?

A font that lacks a character draws another font's, or a box; one that lacks a variant draws the plain character and
says nothing. So before printing, each character and each variation sequence is looked up in the fonts that will draw
it, and what does not appear as intended is listed for a decision. 150,000 names take a few seconds: only distinct
characters and sequences are looked up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from azukari.letters.typst import Face, font_set, render_pdf

_SELECTOR = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_UNIT = re.compile(rf".[{_SELECTOR}]+|.", re.DOTALL)
_IS_SELECTOR = re.compile(rf"[{_SELECTOR}]")
_SPACES = frozenset(" \u3000")


class Problem(StrEnum):
    """Why a character is listed. The value is stored; :attr:`label` is shown."""

    MISSING = "missing"
    VARIANT = "variant"
    PRIVATE = "private"
    FALLBACK = "fallback"
    INVISIBLE = "invisible"

    @property
    def label(self) -> str:
        return {
            Problem.MISSING: "字形がフォントにない（□などで印字される）",
            Problem.VARIANT: "異体字がフォントにない（基本の字形で印字される）",
            Problem.PRIVATE: "外字（私用領域）で、何の字か決まっていない",
            Problem.FALLBACK: "別のフォントの字形で印字される",
            Problem.INVISIBLE: "目に見えない制御文字が入っている",
        }[self]


@dataclass(frozen=True, slots=True)
class GlyphException:
    """One character of one field that would not be printed as meant; waits for a decision.

    ``row``: the caller's key of the row; ``position``: index of the character in the text (from 0); ``characters``: the
    character with its variation selector; ``drawn_by``: font family that would draw it, None when none would.
    """

    row: str
    field: str
    position: int
    characters: str
    problem: Problem
    drawn_by: str | None

    @property
    def codes(self) -> str:
        """Code points: ``U+9089 U+E0102``."""
        return code_points(self.characters)

    def __str__(self) -> str:
        return f"{self.row}：「{self.field}」の{self.position + 1}文字目（{self.codes}）は、{self.problem.label}。"


def code_points(text: str) -> str:
    return " ".join(f"U+{ord(character):04X}" for character in text)


@dataclass(frozen=True, slots=True)
class _Coverage:
    family: str
    points: frozenset[int]
    #: (base, selector) of cmap format 14; a sequence whose default glyph is the base's own is among them.
    sequences: frozenset[tuple[int, int]]


class GlyphProof:
    """Looks characters up in the fonts of ``folders`` (preferred first; IPAex Gothic behind them), as Typst chooses
    them.

    The first family is the one that names shall be in. A character that only a later one has is drawn by fallback.
    """

    def __init__(self, folders: Sequence[Path | str] = ()) -> None:
        families: dict[str, list[Face]] = {}
        for face in font_set(folders).faces:
            families.setdefault(face.family, []).append(face)
        self._fonts = [_coverage(family, faces) for family, faces in families.items()]
        self._good: set[str] = set(_SPACES)
        self._known: dict[str, tuple[Problem, str | None] | None] = {}

    def check(self, texts: Iterable[tuple[str, str, str]]) -> list[GlyphException]:
        """All exceptions in ``texts``, each a (row key, field, text), in their order; empty when all is as meant.

        The same character of the same field is listed once for each row and place: every row needs its own decision.
        """
        return list(self.exceptions(texts))

    def exceptions(self, texts: Iterable[tuple[str, str, str]]) -> Iterator[GlyphException]:
        """As :meth:`check`, one at a time."""
        good = self._good
        for row, field, text in texts:
            if good.issuperset(text):
                continue
            for match in _UNIT.finditer(text):
                unit = match.group()
                verdict = self._verdict(unit)
                if verdict is not None:
                    yield GlyphException(row, field, match.start(), unit, *verdict)

    def _verdict(self, unit: str) -> tuple[Problem, str | None] | None:
        if unit in self._good:
            return None
        if unit not in self._known:
            verdict = self._look_up(unit)
            if verdict is None and len(unit) == 1:
                self._good.add(unit)
            self._known[unit] = verdict
        return self._known[unit]

    def _look_up(self, unit: str) -> tuple[Problem, str | None] | None:
        base, selectors = unit[0], unit[1:]
        drawn_by = next((font for font in self._fonts if ord(base) in font.points), None)
        category = unicodedata.category(base)
        if category == "Co":
            return Problem.PRIVATE, drawn_by.family if drawn_by else None
        if category in {"Cc", "Cf", "Zl", "Zp"} or _IS_SELECTOR.match(base) or len(selectors) > 1:
            return Problem.INVISIBLE, None
        if drawn_by is None:
            return Problem.MISSING, None
        if selectors and (ord(base), ord(selectors)) not in drawn_by.sequences:
            return Problem.VARIANT, drawn_by.family
        if drawn_by is not self._fonts[0]:
            return Problem.FALLBACK, drawn_by.family
        return None


def _coverage(family: str, faces: Sequence[Face]) -> _Coverage:
    """What all faces of a family have in common: bold must not lack what regular has."""
    points: set[int] | None = None
    sequences: set[tuple[int, int]] | None = None
    for face in faces:
        with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
            own = set(font.getBestCmap() or {})
            own_sequences = {
                (base, selector)
                for table in font["cmap"].tables
                if table.format == 14
                for selector, pairs in table.uvsDict.items()
                for base, _glyph in pairs
            }
        points = own if points is None else points & own
        sequences = own_sequences if sequences is None else sequences & own_sequences
    return _Coverage(family, frozenset(points or ()), frozenset(sequences or ()))


def proof_sheet(
    exceptions: Sequence[GlyphException], *, title: str, printed: str, fonts: Sequence[Path | str] = ()
) -> bytes:
    """A PDF to decide from: for each distinct character the code points meant, what would be drawn, the rows it is in.

    :param title: which list was proofed.
    :param printed: who printed it when, as text. No name stands on it, only characters.
    """
    grouped: dict[tuple[str, Problem], list[GlyphException]] = {}
    for exception in exceptions:
        grouped.setdefault((exception.characters, exception.problem), []).append(exception)
    return render_pdf(
        "glyph_proof",
        {
            "title": title,
            "printed": printed,
            "total": len(exceptions),
            "rows": [
                {
                    "codes": code_points(characters),
                    "name": _character_name(characters[0]),
                    "drawn": "" if problem is Problem.INVISIBLE else characters,
                    "plain": characters[0] if len(characters) > 1 else "",
                    "by": found[0].drawn_by or "",
                    "problem": problem.label,
                    "count": len(found),
                    "places": "、".join(f"{each.row}（{each.field}）" for each in found[:6])
                    + (f" ほか{len(found) - 6}件" if len(found) > 6 else ""),
                }
                for (characters, problem), found in grouped.items()
            ],
        },
        fonts,
    )


def _character_name(character: str) -> str:
    return unicodedata.name(character, "名前のない文字")
