"""The marks of a live picture: beside each arrow how it stands today, by word, symbol and colour, linked to the act."""

from __future__ import annotations

from xml.sax.saxutils import escape

from azukari.dossier.flow_layout import BODY, MARGIN, SMALL, STATE, Row
from azukari.dossier.step_mark import StepKind, StepMark
from azukari.dossier.svg import LEADING, Look, element, text_block

TONES = {
    StepKind.PLANNED: ("#ffffff", "#4d4d4d"),
    StepKind.PREPARED: ("#fbf5e0", "#6e5600"),
    StepKind.RELEASED: ("#e8f1fe", "#0017c1"),
    StepKind.ACKNOWLEDGED: ("#e6f5ec", "#0c472a"),
    StepKind.REFUSED: ("#fdeeee", "#a90000"),
    StepKind.OVERDUE: ("#ffeee2", "#8b3200"),
    StepKind.CLOSED: ("#e6e6e6", "#1a1a1a"),
}
"""Ground and ink of each kind; every ink has a contrast of at least 5.5 on its ground."""
SYMBOLS = {
    StepKind.PLANNED: "M-2,0 h4",
    StepKind.PREPARED: "M-4,-3.5 h8 v7 h-8 z M-4,-3.5 l4,3.5 l4,-3.5",
    StepKind.RELEASED: "M-4.5,0 h9 M1,-3.5 l3.5,3.5 l-3.5,3.5",
    StepKind.ACKNOWLEDGED: "M-4,0 l3,3.2 l5.5,-6.4",
    StepKind.REFUSED: "M-3.5,-3.5 l7,7 M-3.5,3.5 l7,-7",
    StepKind.OVERDUE: "M0,-4.5 v4.7 l3.2,2.2",
    StepKind.CLOSED: "M-4,0 l3,3.2 l5.5,-6.4",
}
"""Drawn around the centre of a circle of 8: a dash, an envelope, an arrow, a tick, a cross, a clock, a white tick."""


def pill_look(mark: StepMark | None, ink: str) -> dict[str, str]:
    """The number on the arrow itself: hollow while only planned, else filled in the kind's ink."""
    if mark is None:
        return {"fill": ink, "stroke": "#ffffff", "ink": "#ffffff"}
    _, tone = TONES[mark.kind]
    if mark.kind is StepKind.PLANNED:
        return {"fill": "#ffffff", "stroke": tone, "ink": tone}
    return {"fill": tone, "stroke": "#ffffff", "ink": "#ffffff"}


def state_box(row: Row) -> str:
    """The box at the left: symbol and word of the kind, below it who and when, as far as the mark says."""
    if row.mark is None:
        return ""
    ground, ink = TONES[row.mark.kind]
    tall = (BODY + len(row.state) * SMALL) * LEADING + 12
    top, left, wide = row.top + (row.height - tall) / 2, MARGIN, STATE - 14
    frame: Look = {"fill": ground, "stroke": ink, "stroke_width": 1.2}
    if row.mark.kind is StepKind.PLANNED:
        frame["stroke_dasharray"] = "4 3"
    if row.mark.kind in {StepKind.OVERDUE, StepKind.REFUSED}:
        frame["stroke_width"] = 2.4
    look: Look = {"fill": ink, "font_weight": "bold"}
    if row.mark.href:
        look["text_decoration"] = "underline"
    label = element("tspan", escape(row.mark.kind.label), x=left + 28, y=top + 6 + BODY)
    return (
        element("rect", x=left, y=top, width=wide, height=tall, rx=4, **frame)
        + _symbol(row.mark.kind, left + 15, top + 6 + BODY * 0.65)
        + element("text", label, font_size=BODY, text_anchor="start", **look)
        + text_block(row.state, left + 28, top + 6 + BODY + SMALL * LEADING + 1, SMALL, fill="#1a1a1a")
    )


def linked(row: Row, content: str) -> str:
    """The row's number and state as one link with a name of its own, or as they are."""
    mark = row.mark
    if mark is None or not mark.href:
        return element("g", content, class_=_class(mark)) if mark else content
    title = element("title", escape(f"{row.step.number} {row.step.what}：{mark.told}"))
    return element("a", title + content, href=mark.href, class_=_class(mark))


def _class(mark: StepMark) -> str:
    return f"flow-mark flow-mark-{mark.kind.value}"


def _symbol(kind: StepKind, x: float, y: float) -> str:
    _, ink = TONES[kind]
    full = kind is StepKind.CLOSED
    ring = element("circle", r=8, fill=ink if full else "#ffffff", stroke=ink, stroke_width=1.4)
    line: Look = {"fill": "none", "stroke": "#ffffff" if full else ink, "stroke_width": 1.8}
    sign = element("path", d=SYMBOLS[kind], stroke_linecap="round", stroke_linejoin="round", **line)
    return element("g", ring + sign, transform=f"translate({x:.1f} {y:.1f})")
