"""Withholds small counts of an additive table so that nobody can compute them from what is published.

Counts under a threshold point at people. Blanking them is not enough: a total minus the other cells gives them
back, and so does any other combination. Each small cell is therefore given an *exchange*: one person more or less in
one leaf, made up for in other leaves so that no published figure changes. Every cell that an exchange changes is
withheld. The real table and the exchanged one then agree in all that is published and differ in the withheld cell, so
it can neither be computed nor be bounded to one value, whatever the reader combines. (The hypercube method of Repsilber
and Giessing, with hierarchies; see ADR 20.)

A cell is one node of every dimension. Nodes without children are leaves; a node may have several parents (the age band
40-44 counts in 40-69 and in 40-74). A combination of leaves that the table does not list holds nobody, as all know.
``recoverable`` audits any table, however its cells were withheld, in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Cell: TypeAlias = tuple[int, ...]
#: A sum of unknowns: unknown -> coefficient.
Row: TypeAlias = dict[int, "int | Fraction"]

WITHHELD = "withheld"
SMALL, COMPLEMENT = "small", "complement"

#: Leaves of a small total that are tried as the place of the exchange, by whether no more may be withheld.
_PLACES_TRIED = {False: 3, True: 40}


class NotAdditive(ValueError):
    """A total is not the sum of its leaves, a cell stands twice, or a count is negative. ``cell``: its words."""

    def __init__(self, cell: Sequence[str], problem: str) -> None:
        super().__init__(tuple(cell), problem)
        self.cell = tuple(cell)
        self.problem = problem

    def __str__(self) -> str:
        return f"集計表の「{'／'.join(self.cell)}」{self.problem}。集計をやり直してから、もう一度実行してください。"


@dataclass(frozen=True)
class Dimension:
    """One column of the table and which of its values add up to which.

    ``parents``: child -> parent or parents. ``complements``: pairs (whole, part) whose difference is a cell too,
    because whoever reads a numerator beside its denominator subtracts. ``hidden``: values that are never published but
    must not become known either (the people of whom it is unknown whether it was their first time).
    """

    column: str
    parents: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    complements: Sequence[tuple[str, str]] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Axis:
    nodes: tuple[str, ...]
    leaves: tuple[int, ...]  # their places among the nodes
    members: Array  # nodes x leaves, 1 where the leaf counts in the node
    hidden: Array  # by node

    def exchanges(self, leaf: int) -> Array:
        """Candidates x nodes: one person more in ``leaf`` and one fewer in another; the last row: no other."""
        column = self.members[:, leaf]
        return np.vstack([column[None, :] - self.members.T, column[None, :]])


def suppress(
    table: Any,
    dimensions: Sequence[Dimension | str],
    count: str,
    *,
    at_least: int = 10,
    complementary: bool = True,
    publish_zeros: bool = False,
    published: str | None = None,
    also: str | None = None,
) -> pl.DataFrame:
    """The table with ``count`` null where it must not be published, and why in ``withheld``.

    ``table``: one row per cell, a word column per dimension, an integer column ``count`` (0 or more), others are kept.
    ``withheld`` (String): 'small' (under ``at_least``; zeros too unless ``publish_zeros``), 'complement' (withheld so
    that small ones cannot be computed), null (published, and true). Without ``complementary`` only the small ones
    are withheld: for what stays inside. ``published`` names a Boolean column: rows where it is false are only there to
    be summed, they stand in no report and do not come back. ``also`` names a Boolean column: true where a cell is to be
    guarded like a small one, whatever its count. Raises :class:`NotAdditive`.
    """
    cube = _Cube.read(table, dimensions, count, publish_zeros, published)
    small = cube.present & (cube.values < at_least) & (cube.values >= (1 if publish_zeros else 0))
    if also is not None:
        for cell, guarded in zip(cube.rows, cube.frame.get_column(also), strict=True):
            small[cell] |= bool(guarded)
    withheld = cube.listed & small
    if complementary:
        cube.open = cube.listed & ~withheld
        targets = (withheld | (cube.hidden & small)) & cube.present
        _exchange_all(cube, targets)
        withheld = cube.listed & ~cube.open
    reasons = np.where(withheld & small, SMALL, np.where(withheld, COMPLEMENT, ""))
    column = pl.Series(WITHHELD, [reasons[cell] or None for cell in cube.rows], dtype=pl.String)
    frame = cube.frame.with_columns(column)
    frame = frame if published is None else frame.filter(published)
    return frame.with_columns(pl.when(pl.col(WITHHELD).is_null()).then(pl.col(count)).alias(count))


def recoverable(
    table: Any,
    dimensions: Sequence[Dimension | str],
    count: str,
    *,
    withheld: str = WITHHELD,
    publish_zeros: bool = False,
    published: str | None = None,
) -> list[tuple[str, ...]]:
    """The withheld cells whose value a reader can compute, as words in the order of ``dimensions``; empty is good.

    ``table`` holds the true counts, and in ``withheld`` something not null (or true) where a cell is not shown. A cell
    is computable when all real tables without negative cells that agree with the published ones agree in it. Cells with
    an exchange are cleared at once; the others are decided by elimination. Raises :class:`NotAdditive`.
    """
    cube = _Cube.read(table, dimensions, count, publish_zeros, published)
    marks = cube.frame.get_column(withheld)
    shown = (~marks if marks.dtype == pl.Boolean else marks.is_null()).to_list()
    for cell, is_shown in zip(cube.rows, shown, strict=True):
        cube.open[cell] = is_shown
    suspects = _exchange_all(cube, cube.listed & ~cube.open, only_free=True)
    found = _computable(cube, suspects) if suspects else []
    return [cube.words(cell) for cell in found]


class _Cube:
    """The table on the grid of all nodes. ``open``: published cells; ``listed``: cells that stand in the table."""

    def __init__(self, frame: pl.DataFrame, axes: tuple[_Axis, ...], rows: list[Cell], publish_zeros: bool) -> None:
        self.frame, self.axes, self.rows = frame, axes, rows
        shape = tuple(len(axis.nodes) for axis in axes)
        self.listed: Array = np.zeros(shape, dtype=bool)
        self.open: Array = self.listed
        self.lowest = 1 if publish_zeros else 0  # a withheld cell is known to hold at least so many
        self.hidden: Array = _contract(np.ones(shape), [np.diag(~axis.hidden).astype(float) for axis in axes]) < 0.5

    @classmethod
    def read(
        cls, table: Any, dimensions: Sequence[Dimension | str], count: str, publish_zeros: bool, published: str | None
    ) -> _Cube:
        frame = nw.from_native(table, eager_only=True).to_polars()
        chosen = [Dimension(entry) if isinstance(entry, str) else entry for entry in dimensions]
        axes = tuple(_axis(entry, frame.get_column(entry.column).to_list()) for entry in chosen)
        places = [{node: place for place, node in enumerate(axis.nodes)} for axis in axes]
        words = frame.select(entry.column for entry in chosen).rows()
        rows = [tuple(place[word] for place, word in zip(places, row, strict=True)) for row in words]
        cube = cls(frame, axes, rows, publish_zeros)
        cube._fill(frame.get_column(count).to_list())
        if published is not None:
            for cell, is_published in zip(rows, frame.get_column(published), strict=True):
                cube.listed[cell] &= is_published
        cube.open = cube.listed.copy()
        cube._question_hidden()
        return cube

    def _question_hidden(self) -> None:
        """Keep those hidden cells that a reader could come to by subtracting: two published ones in their line."""
        reached = self.listed.copy()
        for place, axis in enumerate(self.axes):
            line = np.moveaxis(reached, place, 0)
            line[axis.hidden] |= line.sum(axis=0) >= 2
        self.hidden &= reached

    def _fill(self, counts: list[int | None]) -> None:
        given = np.full(self.listed.shape, -1, dtype=np.int64)
        for cell, number in zip(self.rows, counts, strict=True):
            if self.listed[cell]:
                raise NotAdditive(self.words(cell), "が2行あります")
            if number is None or number < 0:
                raise NotAdditive(self.words(cell), "の人数が空か負の数です")
            given[cell], self.listed[cell] = number, True
        grid = np.ix_(*(axis.leaves for axis in self.axes))
        self.leaf_present: Array = self.listed[grid]
        self.leaf_counts: Array = np.where(self.leaf_present, given[grid], 0)
        sums = [axis.members for axis in self.axes]
        self.values: Array = np.rint(_contract(self.leaf_counts.astype(float), sums)).astype(np.int64)
        self.present: Array = _contract(self.leaf_present.astype(float), sums) > 0.5
        for cell in np.argwhere(self.listed & (given != self.values))[:1]:
            raise NotAdditive(self.words(tuple(cell)), "が内訳の合計と一致しません")
        self.listed &= ~self.hidden
        self.covered: Array = np.zeros(self.listed.shape, dtype=bool)
        self.weights: Array = np.sqrt(1.0 + self.values)  # what is lost with a cell: totals are dearer
        fixed = ~self.leaf_present | (self.leaf_counts < self.lowest)
        scarce = self.leaf_present & (self.leaf_counts == self.lowest)
        self.fixed, self.scarce = fixed.astype(float), scarce / 2.0

    def words(self, cell: Iterable[int]) -> tuple[str, ...]:
        return tuple(axis.nodes[place] for axis, place in zip(self.axes, cell, strict=True))


def _axis(dimension: Dimension, values: Sequence[str]) -> _Axis:
    parents = {child: (of,) if isinstance(of, str) else tuple(of) for child, of in dimension.parents.items()}
    used = set(values)
    for node in list(used):
        used |= _ancestors(node, parents)
    nodes = list(dict.fromkeys([*parents, *(name for of in parents.values() for name in of), *values]))
    inner = {name for of in parents.values() for name in of}
    nodes = [node for node in nodes if node in used]
    leaves = tuple(place for place, node in enumerate(nodes) if node not in inner)
    above = [_ancestors(nodes[leaf], parents) | {nodes[leaf]} for leaf in leaves]
    members = np.array([[float(node in line) for line in above] for node in nodes]).reshape(len(nodes), len(leaves))
    hidden = [node in dimension.hidden for node in nodes]
    for whole, part in dimension.complements:
        if whole in used and part in used:
            rest = np.clip(members[nodes.index(whole)] - members[nodes.index(part)], 0, 1)
            if rest.any() and not (members == rest).all(axis=1).any():  # else it is a cell already
                nodes, hidden = [*nodes, f"{whole}−{part}"], [*hidden, True]
                members = np.vstack([members, rest])
    return _Axis(tuple(nodes), leaves, members, np.array(hidden, dtype=bool))


def _ancestors(node: str, parents: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    waiting = [*parents.get(node, ())]
    while waiting:
        parent = waiting.pop()
        if parent == node:
            raise ValueError(f"「{node}」が自分自身の上位になっています。区分の親子関係を直してください。")
        if parent not in found:
            found.add(parent)
            waiting += parents.get(parent, ())
    return found


def _contract(grid: Array, matrices: Sequence[Array]) -> Array:
    """Each axis of the grid multiplied by its matrix (new x old)."""
    for matrix in matrices:
        grid = np.tensordot(grid, matrix, axes=([0], [1]))  # the first axis leaves, its successor becomes the last
    return grid


def _exchange_all(cube: _Cube, targets: Array, *, only_free: bool = False) -> list[Cell]:
    """Find an exchange for every target and withhold what it changes; gives the targets that have none.

    ``only_free``: nothing more may be withheld. Larger totals come first, as their exchanges cover cells below them.
    """
    without = []
    cells = np.argwhere(targets)
    order = np.argsort(-cube.values[targets], kind="stable")
    for place in order:
        cell = tuple(int(node) for node in cells[place])
        if cube.covered[cell]:
            continue
        changes = _cheapest_exchange(cube, cell, only_free)
        if changes is None:
            without.append(cell)
            continue
        changed = np.ix_(*(np.flatnonzero(change) for change in changes))
        cube.open[changed] = False
        cube.covered[changed] = True
    return without


def _cheapest_exchange(cube: _Cube, cell: Cell, only_free: bool) -> list[Array] | None:
    """For each axis what it changes by node; the exchange is their product. None where nothing is possible.

    One without any counterpart (a person more up to every total) is always possible, so that a small cell of a table
    that may be withheld further never stays without.
    """
    best: tuple[float, list[Array]] | None = None
    price = np.where(cube.open, cube.weights, 0.0)
    for leaf in _places(cube, cell, _PLACES_TRIED[only_free]):
        options = [
            rows[rows[:, node] != 0]
            for rows, node in zip(
                (axis.exchanges(place) for axis, place in zip(cube.axes, leaf, strict=True)), cell, strict=True
            )
        ]
        costs = _contract(price, [np.abs(rows) for rows in options])
        at_leaves = [rows[:, list(axis.leaves)] for rows, axis in zip(options, cube.axes, strict=True)]
        blocked = _contract(cube.fixed + cube.scarce, [np.abs(rows) for rows in at_leaves])
        signed = _contract(cube.scarce, at_leaves)
        # A leaf at its lowest can only gain: possible if all such leaves gain, or, the exchange turned round, all lose.
        possible = np.minimum(blocked - signed, blocked + signed) < 0.25
        costs = np.where(possible, costs, np.inf)
        choice = np.unravel_index(int(costs.argmin()), costs.shape)
        cost = float(costs[choice])
        if np.isfinite(cost) and (best is None or cost < best[0]) and not (only_free and cost > 0):
            best = cost, [rows[place] for rows, place in zip(options, choice, strict=True)]
            if cost == 0:
                break
    return None if best is None else best[1]


def _places(cube: _Cube, cell: Cell, most: int) -> list[Cell]:
    """Leaves of a cell where an exchange can start: the fullest, as they can also lose somebody."""
    below = [np.flatnonzero(axis.members[node]) for axis, node in zip(cube.axes, cell, strict=True)]
    counts = np.where(cube.fixed[np.ix_(*below)] > 0, -1, cube.leaf_counts[np.ix_(*below)])
    fullest = np.argsort(-counts, axis=None, kind="stable")[:most]
    found = [np.unravel_index(int(place), counts.shape) for place in fullest if counts.flat[place] >= 0]
    return [tuple(int(leaves[at]) for leaves, at in zip(below, place, strict=True)) for place in found]


def _computable(cube: _Cube, suspects: list[Cell]) -> list[Cell]:
    """Those suspects that the published cells determine; unknowns are the leaves that are not published."""
    grid = np.ix_(*(axis.leaves for axis in cube.axes))
    unknown = cube.leaf_present & ~cube.open[grid] & (cube.leaf_counts >= cube.lowest)
    numbers = np.cumsum(unknown.ravel()).reshape(unknown.shape) - 1

    def leaves_of(cell: Cell) -> frozenset[int]:
        below = np.ix_(*(np.flatnonzero(axis.members[node]) for axis, node in zip(cube.axes, cell, strict=True)))
        return frozenset(numbers[below][unknown[below]].tolist())

    equations = {leaves_of(tuple(cell)) for cell in np.argwhere(cube.open)}
    at_lowest = cube.leaf_counts[unknown] == cube.lowest
    lines: list[Row] = [
        dict.fromkeys(sorted(leaves), 1) for leaves in sorted(equations, key=lambda e: (len(e), sorted(e))) if leaves
    ]
    asked: list[Row] = [dict.fromkeys(sorted(leaves_of(cell)), 1) for cell in suspects]
    answers = _determined(lines, asked, frozenset(np.flatnonzero(at_lowest).tolist()))
    return [cell for cell, answer in zip(suspects, answers, strict=True) if answer]


def _determined(equations: Sequence[Row], asked: Iterable[Row], at_lowest: frozenset[int]) -> list[bool]:
    """For each sum asked: whether it has the same value in every solution that goes below no unknown's lowest.

    The auditor knows the true solution, so that only directions away from it matter: an unknown at its lowest value can
    only grow, any other can move both ways.
    """
    stuck = _stuck(equations, at_lowest)
    system = _Echelon()
    for equation in equations:
        system.add({unknown: value for unknown, value in equation.items() if unknown not in stuck}, frozenset())
    return [not system.reduced({u: value for u, value in row.items() if u not in stuck}) for row in asked]


class _Echelon:
    """Equations in reduced form: each has a leading unknown that no other one contains."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}

    def reduced(self, row: Row) -> Row:
        """The row without leading unknowns; empty where the equations imply it."""
        left = dict(row)
        for lead in [unknown for unknown in row if unknown in self.rows]:
            _subtract(left, self.rows[lead], left[lead])
        return left

    def add(self, row: Row, last: frozenset[int]) -> None:
        """Take in an equation; unknowns of ``last`` lead only where there is no other."""
        left = self.reduced(row)
        if left:
            self.lead(min(left, key=lambda unknown: (unknown in last, unknown)), left)

    def lead(self, unknown: int, row: Row) -> None:
        """Make ``unknown`` the leading one of ``row`` and remove it from the others."""
        factor = Fraction(row[unknown])
        new: Row = {other: value / factor for other, value in row.items()}
        for other in self.rows.values():
            if unknown in other:
                _subtract(other, new, other[unknown])
        self.rows[unknown] = new


def _subtract(row: Row, other: Row, factor: int | Fraction) -> None:
    for unknown, value in other.items():
        left = row.get(unknown, 0) - factor * value
        if left:
            row[unknown] = left
        else:
            row.pop(unknown, None)


def _stuck(equations: Sequence[Row], at_lowest: frozenset[int]) -> set[int]:
    """The unknowns at their lowest that can't grow in any solution.

    Unknowns that can move both ways are eliminated first; what is left are equations between those that can only grow.
    """
    system = _Echelon()
    for equation in equations:
        system.add(equation, at_lowest)
    tight = _Echelon()
    tight.rows = {lead: row for lead, row in system.rows.items() if lead in at_lowest}
    stuck: set[int] = set()
    free: set[int] = set()
    for unknown in sorted({unknown for row in tight.rows.values() for unknown in row}):
        if unknown not in free:
            growing = _growing(tight, unknown)
            free |= growing
            if not growing:
                stuck.add(unknown)
    return stuck


def _growing(tight: _Echelon, unknown: int) -> set[int]:
    """Unknowns that grow in one solution in which ``unknown`` does (empty: it cannot).

    The simplex method from the solution where nothing grows; the smallest index enters and leaves (Bland): it ends.
    """
    while True:
        own = tight.rows.get(unknown)
        gains = [unknown] if own is None else [u for u, value in own.items() if u != unknown and value < 0]
        if not gains:
            return set()
        entering = min(gains)
        column = {lead: row[entering] for lead, row in tight.rows.items() if entering in row}
        blocking = [lead for lead, value in column.items() if value > 0]
        if not blocking:
            return {entering, *column}
        leaving = min(blocking)
        tight.lead(entering, tight.rows.pop(leaving))
