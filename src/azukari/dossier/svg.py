"""Small parts for drawing SVG without a browser: Japanese line breaking by estimated width, text blocks, elements.

Only presentation attributes are written, never ``style``, so that a strict Content-Security-Policy lets it pass.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

FONTS = "'BIZ UDPGothic', 'Hiragino Sans', 'Yu Gothic UI', 'Noto Sans CJK JP', 'Noto Sans JP', IPAexGothic, sans-serif"
INK = "#1a1a1c"
LEADING = 1.35  # line height in em
NEVER_FIRST = "、。，．・：；！？）］｝」』】〕々ー％)]}!?.,:;"
NEVER_LAST = "（［｛「『【〔([{"


Look = dict[str, str | float]  # presentation attributes


def width(text: str) -> float:
    """Estimated width in em: wide characters count 1, others 0.58."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.58 for c in text)


def wrap(text: str, room: float, most: int | None = None) -> list[str]:
    """Lines no wider than ``room`` em (but for hanging punctuation); with ``most``, the last one may end in …."""
    lines: list[str] = []
    line = ""
    for character in text:
        if line and width(line + character) > room and character not in NEVER_FIRST:
            carried = ""
            while len(line) > 1 and (line[-1] in NEVER_LAST or _in_word(line[-1], character, line, room)):
                carried = line[-1] + carried
                line = line[:-1]
            lines.append(line)
            line = (carried + character).lstrip()
        else:
            line += character
    if line:
        lines.append(line)
    if most is not None and len(lines) > most:
        last = lines[most - 1]
        while last and width(last) > room - 1:
            last = last[:-1]
        lines = [*lines[: most - 1], last + "…"]
    return lines


def balanced(text: str, room: float, most: int) -> list[str]:
    """As :func:`wrap`, with lines of about equal length instead of a single character on the last one."""
    lines = wrap(text, room)
    if not 1 < len(lines) <= most:
        return wrap(text, room, most)
    narrow = width(text) / len(lines)
    while narrow < room:
        again = wrap(text, narrow)
        if len(again) <= len(lines):
            return again
        narrow += 0.5
    return lines


def _in_word(before: str, after: str, line: str, room: float) -> bool:
    """Latin words and numbers stay whole unless they are longer than half a line."""
    if not (before.isascii() and before.isalnum() and after.isascii() and after.isalnum()):
        return False
    tail = 0
    while tail < len(line) and line[-1 - tail].isascii() and line[-1 - tail].isalnum():
        tail += 1
    return tail < len(line) and tail * 0.58 < room / 2


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """``element("rect", x=1, stroke_width=2)`` → ``<rect x="1" stroke-width="2"/>``; content is markup already."""
    words = [
        f"{key.rstrip('_').replace('_', '-')}={quoteattr(value if isinstance(value, str) else number(value))}"
        for key, value in attributes.items()
    ]
    head = " ".join([name, *words])
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def number(value: float) -> str:
    """Coordinates with at most one decimal, so that the same dossier always gives the same bytes."""
    return f"{value:.1f}".removesuffix(".0")


def text_block(
    lines: Sequence[str],
    x: float,
    y: float,
    size: float,
    *,
    anchor: str = "start",
    halo: bool = False,
    fill: str = "",
    font_weight: str = "",
) -> str:
    """Lines of text, the first with its baseline at ``y``; ``halo`` keeps it readable on top of lines."""
    look: Look = {"font_size": size, "text_anchor": anchor}
    look |= {"fill": fill} if fill else {}
    look |= {"font_weight": font_weight} if font_weight else {}
    if halo:
        look |= {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 3.5, "stroke_linejoin": "round"}
    spans = "".join(
        element("tspan", escape(line), x=x, y=y + index * size * LEADING) for index, line in enumerate(lines) if line
    )
    return element("text", spans, **look) if spans else ""


def pill(
    x: float, y: float, text: str, size: float = 11, *, fill: str = "#ffffff", stroke: str = INK, ink: str = INK
) -> str:
    """A label in a rounded frame, centred on (x, y)."""
    wide = width(text) * size + size
    frame = element(
        "rect", x=x - wide / 2, y=y - size * 0.85, width=wide, height=size * 1.7, rx=size * 0.85,
        fill=fill, stroke=stroke,
    )  # fmt: skip
    return frame + text_block([text], x, y + size * 0.36, size, anchor="middle", fill=ink, font_weight="bold")
