"""Where everything of a flow diagram goes: lanes of parties, columns of boxes, one row for each step.

Steps run downwards in the paper's order, each in a row of its own, so that no label can meet another one however many
steps a dossier has. All lengths in px of the drawing (1680 px wide are A3 landscape: 13 px print as 9 pt).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from azukari.dossier.findings import Finding
from azukari.dossier.permit import Ruling
from azukari.dossier.schema import Direction, Dossier, Node, Party, Role, Step
from azukari.dossier.step_mark import StepMark
from azukari.dossier.svg import LEADING, balanced, width, wrap
from azukari.dossier.words import MEDIUM_NAMES, ROLE_NAMES, item_list, measure_text

MARGIN = 28.0
NOTES = 300.0  # column of safeguards
STATE = 172.0  # column of a live screen's states
MOST_LINES = 4  # of a state, below its word
COLUMN = 142.0  # least width of a box's column
BODY = 13.0
SMALL = 11.0
LEAST_WIDTH = 1680.0


@dataclass(frozen=True)
class Mark:
    """A gap finding on an arrow: its number in the list below the drawing, and the ruling, if there is one."""

    number: int
    finding: Finding
    ruling: Ruling | None


@dataclass(frozen=True)
class Box:
    node: Node
    centre: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Lane:
    party: Party | None
    title: tuple[str, ...]
    role: str
    left: float
    right: float


@dataclass(frozen=True)
class Row:
    step: Step
    top: float
    height: float
    line: float  # y of the arrow
    x_from: float
    x_to: float
    label_x: float  # left edge of the label
    label_width: float
    what: tuple[str, ...]
    under: tuple[str, ...]
    notes: tuple[str, ...]
    marks: tuple[Mark, ...]
    mark: StepMark | None = None
    state: tuple[str, ...] = ()  # the lines below the mark's word

    @property
    def is_loop(self) -> bool:
        return self.step.source == self.step.target


@dataclass(frozen=True)
class Layout:
    width: float
    left: float  # edges of the part with lanes
    right: float
    lanes: tuple[Lane, ...]
    boxes: tuple[Box, ...]
    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    lane_top: float
    box_top: float
    box_height: float
    bottom: float


def marks_of(findings: list[Finding], rulings: list[Ruling]) -> tuple[Mark, ...]:
    """The gaps in order, numbered from 1, each with the ruling that was last made on it."""
    latest = {ruling.finding: ruling for ruling in sorted(rulings, key=lambda ruling: (ruling.on, ruling.key))}
    gaps = [finding for finding in findings if finding.gap]
    return tuple(Mark(index + 1, finding, latest.get(finding.key)) for index, finding in enumerate(gaps))


def touches(dossier: Dossier, step: Step, finding: Finding) -> bool:
    """Whether a gap lies on this arrow: the paper's place names it, or its items travel here in the gap's direction."""
    if step.number in finding.places:
        return True
    clauses = {clause.key for clause in dossier.clauses} & set(finding.places)
    if not step.personal or (clauses and step.clause not in clauses):
        return False
    sides = {node.key: node.within for node in dossier.nodes}
    source, target = sides.get(step.source, ""), sides.get(step.target, "")
    arriving = Direction.PROVIDED if source else Direction.COLLECTED
    for entry in finding.gap:
        if not set(entry.items) & set(step.items):
            continue
        if entry.party == target != source and arriving in entry.directions:
            return True
        if entry.party == source and Direction.HANDLED in entry.directions:
            return True
    return False


def lay_out(
    dossier: Dossier,
    findings: list[Finding],
    rulings: list[Ruling],
    states: Mapping[str, StepMark] | None,
    top: float,
    least_width: float = LEAST_WIDTH,
) -> Layout:
    """Everything in its place; ``top`` is where the lanes begin. Many boxes make it wider than ``least_width``."""
    groups = _groups(dossier)
    count = max(1, sum(len(nodes) for _, nodes in groups))
    left = MARGIN + (STATE if states is not None else 0)
    wide = max(least_width, left + count * COLUMN + NOTES + 2 * MARGIN)
    right = wide - MARGIN - NOTES - 16
    column = (right - left) / count
    lanes, boxes, index = [], [], 0
    for party, nodes in groups:
        start = left + index * column
        end = start + len(nodes) * column
        title = balanced(_lane_title(dossier, party, nodes), (end - start - 20) / BODY, 4)
        lanes.append(Lane(party, tuple(title), ROLE_NAMES[party.role] if party else _outside(nodes), start, end))
        for node in nodes:
            lines = balanced(node.name, (column - 34) / 12, 5)
            boxes.append(Box(node, left + (index + 0.5) * column, tuple(lines)))
            index += 1
    marks = marks_of(findings, rulings)
    title_height = max((len(lane.title) for lane in lanes), default=1) * BODY * LEADING + 34
    box_top = top + title_height
    box_height = max((len(box.lines) for box in boxes), default=1) * 12 * LEADING + 42
    rows, y = [], box_top + box_height + 16
    for step in dossier.steps:
        row = _row(dossier, step, {box.node.key: box.centre for box in boxes}, y, (left, right), marks, states)
        if row is not None:
            rows.append(row)
            y += row.height
    return Layout(
        wide, left, right, tuple(lanes), tuple(boxes), tuple(rows), marks, top, box_top, box_height, y + 6
    )  # fmt: skip


def _groups(dossier: Dossier) -> list[tuple[Party | None, list[Node]]]:
    """Lanes from left to right: people, what belongs to nobody, the ward, each processor followed by its own."""
    people = [node for node in dossier.nodes if not node.within and node.kind == "people"]
    nobody = [node for node in dossier.nodes if not node.within and node.kind != "people"]
    groups: list[tuple[Party | None, list[Node]]] = [(None, nodes) for nodes in (people, nobody) if nodes]
    for party in _ordered(dossier.parties):
        nodes = [node for node in dossier.nodes if node.within == party.key]
        if nodes:
            groups.append((party, nodes))
    return groups


def _ordered(parties: tuple[Party, ...]) -> list[Party]:
    ordered: list[Party] = []
    subs = [party for party in parties if party.role is Role.SUB_PROCESSOR]
    for party in sorted(parties, key=lambda party: party.role is not Role.CONTROLLER):
        if party.role is Role.SUB_PROCESSOR:
            continue
        ordered.append(party)
        ordered.extend(sub for sub in subs if sub.of and sub.of[0] == party.key)
    return [*ordered, *(sub for sub in subs if sub not in ordered)]


def _outside(nodes: list[Node]) -> str:
    return "本人" if nodes[0].kind == "people" else "その他"


def _lane_title(dossier: Dossier, party: Party | None, nodes: list[Node]) -> str:
    """A lane names its party and those that share its sheet without a box of their own (ほかの医師会など)."""
    if party is None:
        return "対象者など" if nodes[0].kind == "people" else "区・委託先の外"
    placed = {node.within for node in dossier.nodes}
    sharing = [
        other.name
        for other in dossier.parties
        if other.key not in placed
        and other.role is party.role
        and any(party.key in clause.parties and other.key in clause.parties for clause in dossier.clauses)
    ]
    return "、".join([party.name, *sharing])


def _row(
    dossier: Dossier,
    step: Step,
    centres: dict[str, float],
    top: float,
    edges: tuple[float, float],
    marks: tuple[Mark, ...],
    states: Mapping[str, StepMark] | None,
) -> Row | None:
    if step.source not in centres or step.target not in centres:
        return None
    x_from, x_to = centres[step.source], centres[step.target]
    loop = step.source == step.target
    span = abs(x_to - x_from)
    roomy = 300.0 if loop else min(max(span - 24, 330.0), 620.0)
    label_x = _label_left(x_from, x_to, roomy, loop, edges)
    what = balanced(step.what, roomy / BODY, 3)
    under = wrap(_under(step, roomy / SMALL), roomy / SMALL, 1)
    notes = wrap("／".join(measure_text(key) for key in step.safeguards), (NOTES - 24) / SMALL)
    mine = tuple(mark for mark in marks if touches(dossier, step, mark.finding))
    stands = states.get(step.number) if states is not None else None
    beside = _beside(stands) if stands else []
    above = len(what) * BODY * LEADING + 16
    below = len(under) * SMALL * LEADING + (24 if mine else 0) + 12
    if loop:
        height = max(above + below, 64.0)
        line = top + height / 2 - 4
    else:
        height = above + below
        line = top + above
    tall = max(len(notes) * SMALL * LEADING + 24, (BODY + len(beside) * SMALL) * LEADING + 26 if stands else 0)
    if tall > height:
        line += (tall - height) / 2
        height = tall
    return Row(
        step, top, height, line, x_from, x_to, label_x, roomy,
        tuple(what), tuple(under), tuple(notes), mine, stands, tuple(beside),
    )  # fmt: skip


def _beside(mark: StepMark) -> list[str]:
    lines = [line for part in mark.rest.split("\n") for line in wrap(part, (STATE - 14 - 34) / SMALL)]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1] + "…"]


def _label_left(x_from: float, x_to: float, wide: float, loop: bool, edges: tuple[float, float]) -> float:
    if loop:
        beside = x_from + 58
        return beside if beside + wide <= edges[1] else x_from - 58 - wide
    middle = (x_from + x_to) / 2 - wide / 2
    return min(max(middle, edges[0] + 6), edges[1] - wide - 6)


def _under(step: Step, room: float) -> str:
    """Medium, number of items, and as many of their names as one line of ``room`` em holds."""
    if not step.personal:
        return "個人情報なし"
    words = [MEDIUM_NAMES[step.medium]] if step.medium else []
    if not step.items:
        return "".join(words)
    for limit in range(len(step.items), 0, -1):
        text = "｜".join([*words, f"{len(step.items)}項目（{item_list(step.items, limit)}）"])
        if width(text) <= room:
            return text
    return "｜".join([*words, f"{len(step.items)}項目"])


def pill_width(text: str, size: float) -> float:
    """What a label of this text takes."""
    return width(text) * size + size
