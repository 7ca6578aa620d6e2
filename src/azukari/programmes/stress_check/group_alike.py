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

_CERTAIN = 1e-6
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
    """``varied`` groups without those that would fix somebody's status together with the others.

    ``fixed``: members of groups of earlier releases whose counts are already out. The least important goes first.
    """
    kept = varied(cells, groups, figure)
    fixed = [members for members in fixed if (members & (figure.counts > 0)).any()]
    while kept:
        vectors = [cells.current.members(group) for group in kept]
        shares = _shares(np.array([*vectors, *fixed]), figure)
        certain = (figure.counts > 0) & ((shares < _CERTAIN) | (shares > 1 - _CERTAIN))
        if not certain.any():
            break
        crossing = [n for n, group in enumerate(kept) if group.attribute is not None or group.sex is not None]
        guilty = [n for n in crossing if (vectors[n] & certain).any()] or crossing[-1:] or [len(kept) - 1]
        hit = np.array([vectors[n] for n in guilty])[:, certain]
        last = {guilty[int(np.flatnonzero(column)[-1])] for column in hit.T if column.any()} or {guilty[-1]}
        kept = [group for n, group in enumerate(kept) if n not in last]
    return kept


def _shares(vectors: Array, figure: Figure) -> Array:
    """The share of greatest entropy by cell that gives every vector its count; 0 or 1 where there is no inner one."""
    patterns, place = np.unique(vectors, axis=1, return_inverse=True)
    place = place.reshape(-1)
    people = np.bincount(place, weights=figure.counts, minlength=patterns.shape[1])
    matrix = patterns.astype(float)
    target = matrix @ np.bincount(place, weights=figure.sums, minlength=patterns.shape[1])
    weights = np.zeros(len(matrix))
    shares = np.full(len(people), 0.5)
    for _ in range(_STEPS):
        gap = target - matrix @ (people * shares)
        if np.abs(gap).max() < 1e-9:
            break
        curvature = (matrix * (people * shares * (1 - shares))) @ matrix.T
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(matrix)), gap)
        change = step @ matrix
        weights += step * min(1.0, 4.0 / max(float(np.abs(change).max()), 1e-12))
        shares = 1.0 / (1.0 + np.exp(-np.clip(weights @ matrix, -40, 40)))
    else:
        missed = np.abs(target - matrix @ (people * shares)) > 1e-6
        shares = np.where((matrix[missed] > 0).any(axis=0), 0.0, shares)
    return np.asarray(shares[place])
