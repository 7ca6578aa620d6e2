"""Figures that would say something of everybody: no person's status may follow from the counts that are published.

A group of which nobody (or everybody) is under high stress, or whose mean lies at the end of its scale, tells each
member's answer, however many they are; so does the rest of a group outside its published parts. On the tree this is
checked exactly. Across sex, age band and job it is checked by a witness: shares of high stress, strictly between 0
and 1 for every kind of person, that agree with every published count (greatest entropy, a logistic model). Where
there is one, a linear programme over all tables that agree cannot fix anybody's status.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from azukari.programmes.stress_check.group_cells import Array, Cells, Group

_CERTAIN, _EXACT, _SAME = 1e-6, 1e-9, 1e-6
_STEPS = 60


@dataclass(frozen=True)
class Figure:
    """One figure by cell: sum and number of people that have it; ``low`` and ``high``: ends of its scale."""

    sums: Array
    counts: Array
    low: float
    high: float

    def alike(self, members: Array) -> bool:
        """Whether all these people must have the same value, as the sum shows."""
        total, count = float(self.sums[members].sum()), int(self.counts[members].sum())
        return count > 0 and (total <= self.low * count or total >= self.high * count)


def varied(cells: Cells, groups: Sequence[Group], figure: Figure) -> list[Group]:
    """Those groups, taken in order, of which the figure can be published: neither they nor what is left are alike.

    The tree comes first and is exact: what its published nodes leave over are the classes of equal ``labels``.
    """
    layer = cells.current
    labels = np.zeros(len(cells.people), dtype=np.int64)
    found: dict[Group, Array] = {}
    for group in groups:
        members = layer.members(group)
        if group.attribute is None and group.sex is None:
            split = np.unique(labels * 2 + members, return_inverse=True)[1].reshape(-1)
            touched = np.isin(labels, labels[members])
            pieces = [(split == label) & touched for label in np.unique(split[touched])]
        else:
            split, pieces = labels, [members, *_rests(cells, group, members, found)]
        if members.any() and not any(figure.alike(piece) for piece in pieces):
            found[group], labels = members, split
    return list(found)


def _rests(cells: Cells, group: Group, members: Array, found: dict[Group, Array]) -> Iterator[Array]:
    """What is left of each published whole of the group when it joins its published siblings."""
    for whole, parts in cells.current.divisions(group):
        if whole != group and whole in found:
            rest = found[whole] & ~members
            for part in parts:
                if part in found:
                    rest = rest & ~found[part]
            yield rest


def undetermined(cells: Cells, groups: Sequence[Group], figure: Figure, fixed: Sequence[Array] = ()) -> list[Group]:
    """Those of the ``varied`` groups, taken in order, that together fix nobody's status.

    ``fixed``: members of groups of earlier releases whose counts are already out; none where these fix a status.
    """
    candidates = varied(cells, groups, figure)
    vectors = [cells.current.members(group) for group in candidates]
    witness = Witness([*vectors, *fixed], figure)
    if not witness.take(range(len(vectors), len(vectors) + len(fixed))):
        return []
    return [candidates[row] for row in witness.take_in_turn(range(len(vectors)))]


class Witness:
    """Shares of people with the status, strictly between 0 and 1, that agree with every count taken so far.

    Of all such shares those of greatest entropy: the logistic function of the sum of the weights of the groups that
    somebody is in. Where they exist, the counts fix nobody's status. People in the same groups are one kind.
    """

    def __init__(self, vectors: Sequence[Array], figure: Figure) -> None:
        """``vectors``: by row, the cells of every group that may be taken."""
        counted = figure.counts > 0
        table = np.array(vectors, dtype=bool).reshape(len(vectors), len(counted))[:, counted]
        kinds, place = np.unique(table, axis=1, return_inverse=True)
        self._kinds = _spread(place.reshape(-1), counted)
        self._inside: Array = kinds.astype(float)
        self._people: Array = np.bincount(place.reshape(-1), weights=figure.counts[counted], minlength=kinds.shape[1])
        self._target: Array = table @ figure.sums[counted]
        self._rows: list[int] = []
        self._weights: Array = np.zeros(0)
        self._span: Array = np.zeros((0, kinds.shape[1]))

    def take_in_turn(self, rows: Sequence[int]) -> list[int]:
        """Those rows that can be taken, one after the other; as many at once as go together."""
        taken: list[int] = []
        at, size = 0, len(rows)
        while at < len(rows):
            batch = rows[at : at + size]
            if self.take(batch):
                taken += batch
                at, size = at + len(batch), 2 * size
            elif len(batch) > 1:
                size = len(batch) // 2
            else:
                at += 1
        return taken

    def take(self, rows: Sequence[int]) -> bool:
        """Take these counts if there still are such shares; else nothing changes."""
        span, new = self._span, []
        for row in rows:
            left = self._inside[row] - (span @ self._inside[row]) @ span
            left = left - (span @ left) @ span
            length = float(np.sqrt(left @ left))
            if length > _SAME:  # else its count follows from the others
                span = np.vstack([span, left / length])
                new.append(row)
        together = [*self._rows, *new]
        weights = self._solved(together, np.append(self._weights, np.zeros(len(new))))
        if weights is None:
            return False
        self._rows, self._weights, self._span = together, weights, span
        return True

    def _solved(self, rows: Sequence[int], weights: Array) -> Array | None:
        """The weights by which the shares agree with the counts of these rows (Newton's method from ``weights`` on)."""
        matrix, target, there = self._inside[rows], self._target[rows], self._people > 0
        for _ in range(_STEPS):
            shares = _logistic(weights @ matrix)
            if (there & ((shares < _CERTAIN) | (shares > 1 - _CERTAIN))).any():
                return None
            gap = target - matrix @ (self._people * shares)
            if np.abs(gap).max(initial=0) < _EXACT:
                return weights
            curvature = (matrix * (self._people * shares * (1 - shares))) @ matrix.T
            step = np.linalg.solve(curvature + _EXACT * np.eye(len(rows)), gap)
            weights = weights + step * min(1.0, 4.0 / max(float(np.abs(step @ matrix).max()), _EXACT))
        return None

    def shares(self) -> Array:
        """By cell; of cells without people that have the figure, not a number."""
        known = np.append(self._shares(), np.nan)
        return np.asarray(known[self._kinds])

    def _shares(self) -> Array:
        return _logistic(self._weights @ self._inside[self._rows])


def _spread(places: Array, where: Array) -> Array:
    """``places`` in the cells that are marked, −1 in the others."""
    found = np.full(len(where), -1, dtype=np.int64)
    found[where] = places
    return found


def _logistic(values: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -40, 40))))
