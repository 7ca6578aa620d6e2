"""The flow of personal data (個人情報の流れ) as one SVG picture for the board: A3 landscape, deterministic.

Parties are lanes, people and systems boxes, steps numbered arrows with what travels below and safeguards as notes at
the right. As-needed arrows are dashed; an arrow on which a gap lies is doubled, hatched and carries a triangle with the
number of its finding; a ruling shows as a seal. Nothing is told by colour alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from azukari.dossier.findings import Finding
from azukari.dossier.flow_layout import (
    BODY,
    MARGIN,
    NOTES,
    SMALL,
    Box,
    Lane,
    Layout,
    Mark,
    Row,
    lay_out,
    pill_width,
)
from azukari.dossier.flow_state import linked, pill_look, state_box
from azukari.dossier.permit import Ruling
from azukari.dossier.schema import Dossier, Role
from azukari.dossier.step_mark import StepMark
from azukari.dossier.svg import FONTS, INK, LEADING, Look, element, pill, text_block, wrap
from azukari.dossier.words import day, fiscal_year_name

GREY = "#626264"
LINE = "#00316b"
ALARM = "#b3261e"
TINTS = {
    None: ("#f5f5f5", "#767676"),
    Role.CONTROLLER: ("#e8f1fe", "#0946a8"),
    Role.PROCESSOR: ("#e6f5ec", "#115a36"),
    Role.SUB_PROCESSOR: ("#fff5e0", "#8b5a00"),
    Role.COUNTERPARTY: ("#f1eafa", "#5c2d91"),
}
TOP = 104.0
A3 = 2**0.5  # width by height of the sheet
WIDTHS = (1680.0, 1840.0, 2000.0, 2200.0)  # a long flow is drawn wider, so that it still fills the sheet


def flow(
    dossier: Dossier,
    findings: Sequence[Finding],
    rulings: Sequence[Ruling] = (),
    marks: Mapping[str, StepMark] | None = None,
    ids: str = "",
) -> str:
    """The picture as an SVG document; also inline in a page: its ids begin with ``ids`` (by default, the programme's).

    ``marks`` (by step number) makes it the live picture: each arrow's state today stands at the left. As an image it
    is one thing with a name and a description; where marks link to acts it is a group, and what is only drawn is
    hidden, so that a reader finds the links and the description and not three hundred pieces of text.
    """
    for least_width in WIDTHS:
        layout = lay_out(dossier, list(findings), list(rulings), marks, TOP, least_width)
        foot, height = _foot(dossier, layout)
        if height * A3 <= layout.width:
            break
    prefix = ids or "flow-" + re.sub(r"[^a-z0-9]+", "-", dossier.programme.lower())
    drawn = [
        element("rect", x=0, y=0, width=layout.width, height=height, fill="#ffffff"),
        _heading(dossier, layout),
        _side_headings(layout),
        *(_lane(lane, layout) for lane in layout.lanes),
        *(_row_ground(row, layout, prefix) for row in layout.rows),
        *(_lifeline(box, layout) for box in layout.boxes),
        *(_box(box, layout) for box in layout.boxes),
        *(_row(row, layout, prefix) for row in layout.rows),
        foot,
    ]
    links = any(row.mark and row.mark.href for row in layout.rows)
    picture = "\n".join(part for part in drawn if part)
    parts = [
        element("title", escape(f"個人情報の流れ: {dossier.programme_name}"), id=f"{prefix}-title"),
        element("desc", escape(_description(dossier, layout)), id=f"{prefix}-desc"),
        _definitions(prefix),
        element("g", picture, aria_hidden="true") if links else picture,
        *(linked(row, _number(row) + state_box(row)) for row in layout.rows),
    ]
    title, told = f"{prefix}-title", f"{prefix}-desc"
    reading: dict[str, str | float] = {"role": "img", "aria_labelledby": f"{title} {told}"}
    if links:
        reading = {"role": "group", "aria_labelledby": title, "aria_describedby": told}
    size = {"width": layout.width, "height": height}
    return element(
        "svg", "\n".join(part for part in parts if part),
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {layout.width:.0f} {height:.0f}", **size,
        **reading, lang="ja", font_family=FONTS, fill=INK,
    )  # fmt: skip


def _description(dossier: Dossier, layout: Layout) -> str:
    names = {node.key: node.name for node in dossier.nodes}
    sentences = []
    for row in layout.rows:
        step = row.step
        marks = "".join(f"（{_mark_text(mark)}）" for mark in row.marks)
        stands = f"［{row.mark.told}］" if row.mark else ""
        sentences.append(f"{step.number} {names[step.source]}から{names[step.target]}へ、{step.what}{marks}{stands}。")
    return "".join(sentences)


def _definitions(prefix: str) -> str:
    def head(name: str, colour: str) -> str:
        path = element("path", d="M0,0 L10,5 L0,10 z", fill=colour)
        return element(
            "marker", path, id=f"{prefix}-{name}", viewBox="0 0 10 10", refX=9, refY=5,
            markerWidth=11, markerHeight=11, orient="auto-start-reverse", markerUnits="userSpaceOnUse",
        )  # fmt: skip

    hatch = element(
        "pattern", element("path", d="M0,8 L8,0", stroke="#d9a6a3", stroke_width=1),
        id=f"{prefix}-hatch", width=8, height=8, patternUnits="userSpaceOnUse",
    )  # fmt: skip
    return element("defs", head("arrow", LINE) + head("alarm", ALARM) + head("plain", GREY) + hatch)


def _heading(dossier: Dossier, layout: Layout) -> str:
    sub = "　".join(
        word for word in (dossier.paper, dossier.board, fiscal_year_name(dossier.fiscal_year), dossier.section) if word
    )
    room = (layout.width - 2 * MARGIN - 380) / 26
    title = wrap(f"個人情報の流れ　{dossier.programme_name}", room, 1)
    return (
        text_block(title, MARGIN, 46, 26, font_weight="bold")
        + text_block([sub], MARGIN, 74, BODY, fill=GREY)
        + _legend(layout)
        + element("line", x1=MARGIN, y1=88, x2=layout.width - MARGIN, y2=88, stroke=INK, stroke_width=2)
    )


def _legend(layout: Layout) -> str:
    x, parts = layout.width - MARGIN - 700, []
    samples: tuple[tuple[str, Look], ...] = (
        ("個人情報の受渡し", {"stroke": LINE, "stroke_width": 2.2}),
        ("随時・必要に応じて", {"stroke": LINE, "stroke_width": 2.2, "stroke_dasharray": "7 5"}),
        ("個人情報なし", {"stroke": GREY, "stroke_width": 1.2, "stroke_dasharray": "2 3"}),
    )
    for text, look in samples:
        parts.append(element("line", x1=x, y1=66, x2=x + 36, y2=66, **look))
        parts.append(text_block([text], x + 44, 70, SMALL))
        x += 60 + (len(text) + 1) * SMALL
    parts.append(_triangle(x + 8, 66))
    parts.append(text_block(["指摘（裁定待ち）"], x + 22, 70, SMALL))
    parts.append(_seal(x + 134, 66))
    parts.append(text_block(["裁定あり"], x + 150, 70, SMALL))
    return "".join(parts)


def _side_headings(layout: Layout) -> str:
    y = layout.box_top + layout.box_height / 2 + 4
    notes = text_block(["受渡しで行う情報保護対策"], layout.right + 16, y, BODY, font_weight="bold")
    if layout.left <= MARGIN:
        return notes
    return notes + text_block(["今日の状況"], MARGIN, y, BODY, font_weight="bold")


def _lane(lane: Lane, layout: Layout) -> str:
    tint, colour = TINTS[lane.party.role if lane.party else None]
    centre = (lane.left + lane.right) / 2
    wide = lane.right - lane.left - 6
    return (
        element(
            "rect", x=lane.left + 3, y=layout.lane_top, width=wide, height=layout.bottom - layout.lane_top, rx=8,
            fill=tint, stroke=colour, stroke_width=0.8,
        )
        + pill(centre, layout.lane_top + 16, lane.role, SMALL, fill=colour, stroke=colour, ink="#ffffff")
        + text_block(lane.title, centre, layout.lane_top + 42, BODY, anchor="middle", font_weight="bold")
    )  # fmt: skip


def _lifeline(box: Box, layout: Layout) -> str:
    top = layout.box_top + layout.box_height
    return element(
        "line", x1=box.centre, y1=top, x2=box.centre, y2=layout.bottom - 8,
        stroke="#949494", stroke_width=1, stroke_dasharray="1 4", stroke_linecap="round",
    )  # fmt: skip


def _box(box: Box, layout: Layout) -> str:
    column = (layout.right - layout.left) / len(layout.boxes)
    wide, top = column - 18, layout.box_top
    corner = 16.0 if box.node.kind == "people" else 3.0
    frame = element(
        "rect", x=box.centre - wide / 2, y=top, width=wide, height=layout.box_height, rx=corner,
        fill="#ffffff", stroke=INK, stroke_width=1.6 if box.node.kind != "system" else 1.2,
    )  # fmt: skip
    inner = (
        element(
            "rect", x=box.centre - wide / 2 + 3, y=top + 3, width=wide - 6, height=layout.box_height - 6, rx=1,
            fill="none", stroke=INK, stroke_width=0.6,
        )
        if box.node.kind == "system"
        else ""
    )  # fmt: skip
    middle = top + 34 + (layout.box_height - 34 - len(box.lines) * 12 * LEADING) / 2 + 8
    text = text_block(box.lines, box.centre, middle, 12, anchor="middle")
    return frame + inner + _icon(box.node.kind, box.centre, top + 20) + text


def _icon(kind: str, x: float, y: float) -> str:
    """A person, a screen or a house: the kind of a box without colour."""
    look: Look = {"fill": "none", "stroke": INK, "stroke_width": 1.5, "stroke_linejoin": "round"}
    if kind == "people":
        path = f"M{x - 9:.1f},{y + 11:.1f} c0,-14 18,-14 18,0 z"
        return element("circle", cx=x, cy=y - 5, r=4.5, **look) + element("path", d=path, **look)
    if kind == "system":
        foot = f"M{x:.1f},{y + 5:.1f} v4 M{x - 6:.1f},{y + 10:.1f} h12"
        return element("rect", x=x - 11, y=y - 9, width=22, height=14, rx=1.5, **look) + element("path", d=foot, **look)
    house = f"M{x - 11:.1f},{y + 10:.1f} v-13 l11,-8 l11,8 v13 z M{x - 3:.1f},{y + 10:.1f} v-7 h6 v7"
    return element("path", d=house, **look)


def _row_ground(row: Row, layout: Layout, prefix: str) -> str:
    start = MARGIN if layout.left > MARGIN else layout.left
    wide = layout.width - MARGIN - start
    rule = element(
        "line", x1=start, y1=row.top, x2=start + wide, y2=row.top, stroke="#b8b8bb", stroke_width=0.6
    )  # fmt: skip
    if not any(mark.ruling is None for mark in row.marks):
        return rule
    first = max(min(row.x_from, row.x_to, row.label_x) - 14, layout.left + 4)
    last = min(max(row.x_from, row.x_to, row.label_x + row.label_width) + 14, layout.right - 4)
    ground = element(
        "rect", x=first, y=row.top + 2, width=last - first, height=row.height - 4, rx=6, fill=f"url(#{prefix}-hatch)"
    )
    return ground + rule


def _row(row: Row, layout: Layout, prefix: str) -> str:
    return (
        _label(row)
        + (_loop(row, prefix) if row.is_loop else _arrow(row, prefix))
        + _marks(row, layout)
        + _notes(row, layout)
    )


def _stroke(row: Row, prefix: str) -> Look:
    open_gap = any(mark.ruling is None for mark in row.marks)
    if not row.step.personal:
        return {
            "stroke": GREY, "stroke_width": 1.2, "stroke_dasharray": "2 3", "marker_end": f"url(#{prefix}-plain)"
        }  # fmt: skip
    look: Look = {
        "stroke": ALARM if open_gap else LINE,
        "stroke_width": 2.2,
        "marker_end": f"url(#{prefix}-{'alarm' if open_gap else 'arrow'})",
    }
    if row.step.as_needed:
        look["stroke_dasharray"] = "7 5"
    return look


def _arrow(row: Row, prefix: str) -> str:
    sign = 1 if row.x_to > row.x_from else -1
    look = _stroke(row, prefix)
    line = element("line", x1=row.x_from, y1=row.line, x2=row.x_to - 2 * sign, y2=row.line, **look)
    if any(mark.ruling is None for mark in row.marks):
        second = {key: value for key, value in look.items() if key != "marker_end"}
        second["stroke_width"] = 1.0
        line += element("line", x1=row.x_from, y1=row.line + 4, x2=row.x_to - 14 * sign, y2=row.line + 4, **second)
    return line


def _loop(row: Row, prefix: str) -> str:
    sign = 1 if row.label_x > row.x_from else -1
    x, y = row.x_from, row.line
    path = f"M{x:.1f},{y - 12:.1f} h{34 * sign} q8,0 {8 * sign},8 v8 q0,8 {-8 * sign},8 h{-32 * sign}".replace(
        "q8,0", f"q{8 * sign},0"
    )
    return element("path", d=path, fill="none", **_stroke(row, prefix))


def _number(row: Row) -> str:
    y = row.line - 12 if row.is_loop else row.line
    return pill(row.x_from, y, number_text(row.step.number), 12, **pill_look(row.mark, INK))


def number_text(number: str) -> str:
    """①→1, ②'→2', 随時-1→随時1: a number that fits a filled mark in any font."""
    words = ""
    for character in number:
        value = unicodedata.numeric(character, None) if not character.isascii() else None
        words += str(int(value)) if value is not None and value == int(value) else character
    return words.replace("-", "")


def _label(row: Row) -> str:
    centred = not row.is_loop
    to_left = row.is_loop and row.label_x < row.x_from
    x = row.label_x + (row.label_width / 2 if centred else row.label_width if to_left else 0)
    anchor = "middle" if centred else "end" if to_left else "start"
    if centred:
        first = row.line - 15 - (len(row.what) - 1) * BODY * LEADING
        below = row.line + 10 + SMALL
    else:
        tall = len(row.what) * BODY * LEADING + len(row.under) * SMALL * LEADING
        first = row.line - tall / 2 + BODY
        below = first + (len(row.what) - 1) * BODY * LEADING + SMALL * LEADING + 1
    return text_block(row.what, x, first, BODY, anchor=anchor, halo=True, font_weight="bold") + text_block(
        row.under, x, below, SMALL, anchor=anchor, halo=True
    )


def _mark_text(mark: Mark) -> str:
    return f"指摘{mark.number} 裁定あり" if mark.ruling else f"指摘{mark.number} 裁定待ち"


def _marks(row: Row, layout: Layout) -> str:
    if not row.marks:
        return ""
    y = row.top + row.height - 14
    words = [(mark, _mark_text(mark)) for mark in row.marks]
    widths = [pill_width(text, SMALL) + 26 for _, text in words]
    start = row.label_x + (row.label_width - sum(widths)) / 2
    if row.is_loop:
        start = row.label_x if row.label_x > row.x_from else row.label_x + row.label_width - sum(widths)
    x = max(layout.left + 8, min(start, layout.right - sum(widths) - 8))
    parts = []
    for (mark, text), wide in zip(words, widths, strict=True):
        parts.append(_seal(x + 9, y) if mark.ruling else _triangle(x + 9, y))
        colour = INK if mark.ruling else ALARM
        parts.append(
            text_block(
                [text], x + 22, y + 4, SMALL, halo=True, fill=colour, font_weight="bold"
            )
        )  # fmt: skip
        x += wide
    return "".join(parts)


def _triangle(x: float, y: float) -> str:
    path = f"M{x:.1f},{y - 9:.1f} l10,17 h-20 z"
    frame = element("path", d=path, fill="#ffffff", stroke=ALARM, stroke_width=1.8, stroke_linejoin="round")
    return frame + text_block(["!"], x, y + 6, 12, anchor="middle", fill=ALARM, font_weight="bold")


def _seal(x: float, y: float) -> str:
    return element(
        "rect", x=x - 9, y=y - 9, width=18, height=18, rx=2, fill="#ffffff", stroke=INK, stroke_width=1.8
    ) + text_block(["裁"], x, y + 4.5, 12, anchor="middle", font_weight="bold")  # fmt: skip


def _notes(row: Row, layout: Layout) -> str:
    if not row.notes:
        return ""
    x, wide = layout.right + 16, NOTES
    tall = len(row.notes) * SMALL * LEADING + 12
    top = row.top + (row.height - tall) / 2
    edge = f"M{x:.1f},{top:.1f} h{wide - 10:.1f} l10,10 v{tall - 10:.1f} h{-wide:.1f} z"
    fold = f"M{x + wide - 10:.1f},{top:.1f} v10 h10"
    look: Look = {"fill": "#fffdf2", "stroke": "#8b8b8e", "stroke_width": 0.9}
    tie = element(
        "line", x1=max(row.x_from, row.x_to, row.label_x + row.label_width) + 6, y1=top + tall / 2, x2=x,
        y2=top + tall / 2, stroke="#b8b8bb", stroke_width=0.9, stroke_dasharray="1 3",
    )  # fmt: skip
    return (
        (tie if max(row.x_from, row.x_to, row.label_x + row.label_width) + 6 < x else "")
        + element("path", d=edge, **look)
        + element("path", d=fold, **{**look, "fill": "none"})
        + text_block(row.notes, x + 10, top + 6 + SMALL, SMALL)
    )


def _foot(dossier: Dossier, layout: Layout) -> tuple[str, float]:
    """Findings and rulings below the drawing, in two columns; and the height of the whole."""
    y, parts = layout.bottom + 26, []
    if dossier.steps and not any(step.drawn for step in dossier.steps):
        text = "※この流れは、付議書の文章から描いたものです（元の図はありません）。"
        parts.append(text_block([text], MARGIN, y, SMALL, fill=GREY))
        y += 20
    else:
        words = [number_text(step.number) for step in dossier.steps if not step.drawn]
        if words:
            text = f"※{'、'.join(words)} は元の図になく、付議書の文章から描いたものです。"
            parts.append(text_block([text], MARGIN, y, SMALL, fill=GREY))
            y += 20
    if not layout.marks:
        return "".join(parts), y
    parts.append(text_block(["付議書への指摘と裁定"], MARGIN, y + 6, 15, font_weight="bold"))
    y += 26
    wide = (layout.width - 2 * MARGIN - 30) / 2
    blocks = [_finding(mark, wide) for mark in layout.marks]
    total, left_height, tops = sum(tall for _, tall in blocks), 0.0, [y, y]
    for index, (mark, (lines, tall)) in enumerate(zip(layout.marks, blocks, strict=True)):
        side = 0 if left_height + tall / 2 <= total / 2 or index == 0 else 1
        left_height += tall if side == 0 else total
        x = MARGIN + side * (wide + 30)
        parts.append(_seal(x + 9, tops[side] + 6) if mark.ruling else _triangle(x + 10, tops[side] + 6))
        parts.append(text_block(lines, x + 28, tops[side] + 10, SMALL))
        tops[side] += tall
    return "".join(parts), max(tops) + 16


def _finding(mark: Mark, wide: float) -> tuple[list[str], float]:
    text = f"指摘{mark.number}　{mark.finding.title}"
    if mark.ruling:
        text += (
            f"　→ 裁定「{mark.ruling.key}」: {mark.ruling.governs}による"
            f"（{mark.ruling.by}、{day(mark.ruling.on)}。{day(mark.ruling.until)}まで）"
        )
    else:
        text += "　→ 裁定待ち（該当する項目は取り扱えません）"
    lines = wrap(text, (wide - 34) / SMALL)
    return lines, len(lines) * SMALL * LEADING + 10
