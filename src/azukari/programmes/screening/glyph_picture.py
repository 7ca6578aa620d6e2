"""How a character will be printed, as an outline: the fonts of a screen may have another form of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from fontTools.pens.svgPathPen import SVGPathPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from azukari.letters.typst import Face, font_set


@dataclass(frozen=True)
class Outline:
    """``path``: of an SVG whose y axis points up from the base line; ``box``: its view box when flipped."""

    path: str
    box: str


def outline(codes: str) -> Outline | None:
    """What the sheets would show for ``codes`` (``U+9089 U+E0102``); None where nothing would be drawn."""
    points = tuple(int(code.removeprefix("U+"), 16) for code in codes.split())
    return _outline(points, tuple(str(folder) for folder in settings.AZUKARI_FONTS)) if points else None


@lru_cache(maxsize=512)
def _outline(points: tuple[int, ...], folders: tuple[str, ...]) -> Outline | None:
    for face in font_set(folders).faces:
        found = _in(face, points)
        if found is not None:
            return found
    return None


def _in(face: Face, points: tuple[int, ...]) -> Outline | None:
    base, selectors = points[0], points[1:]
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        name = (font.getBestCmap() or {}).get(base)
        if name is None:
            return None
        for table in font["cmap"].tables if selectors else ():
            if table.format == 14:
                name = next((g for b, g in table.uvsDict.get(selectors[0], ()) if b == base and g), name)
        glyphs = font.getGlyphSet()
        pen = SVGPathPen(glyphs, ntos=lambda value: str(round(value)))
        glyphs[name].draw(pen)
        head, line = font["head"], font["hhea"]
        width = max(glyphs[name].width, head.unitsPerEm // 2)
        return Outline(pen.getCommands(), f"0 {-line.ascent} {width} {line.ascent - line.descent}")
