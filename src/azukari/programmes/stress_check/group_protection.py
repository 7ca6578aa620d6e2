"""Which groups may be published so that nobody computes the sum of fewer than ten people from all that is out.

To publish the count and the mean of a group is to publish a sum over its people, and whoever has several sums has every
linear combination of them. Published groups are therefore vectors over people (1 in the group, 0 outside); what can be
computed is their span. Claim kept by :class:`Ledger`: *every vector of the span that is not zero touches at least ten
people*. Groups are added one by one, in the order of their importance; the claim holds for none.

An **exchange** for a group is a set of people with signs, of which each earlier published group holds as many pluses as
minuses, and the new group does not. A group is added only if it has ten exchanges that share nobody. Proof: let
v = c g + w touch fewer than ten people, w of the old span. One of the ten exchanges y is untouched by v, so
0 = y.v = c (y.g) + 0, so c = 0 and v = w is of the old span, where by the claim v = 0. For a tree this is exact: the
rest of every published node outside its published parts is empty or has ten people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from azukari.programmes.stress_check.group_cells import SEXES, Array, Cells, Group, Layer

SMALL, COMPLEMENT = "small", "complement"
_MOST_TRIED = 20_000

Exchange = list[tuple[int, int]]
"""Cells with +1 or -1: one person of each."""


class Known:
    """Vectors whose sums are known, and those that follow by a subtraction within one division (all parts but one).

    ``waived``: cells whose people have all consented; they count as known to everybody.
    """

    def __init__(self, waived: Array) -> None:
        self._guarded = ~waived
        self._vectors: set[bytes] = set()

    def learn(self, members: Array) -> None:
        self._vectors.add(np.packbits(members & self._guarded).tobytes())

    def knows(self, members: Array) -> bool:
        guarded = members & self._guarded
        return not guarded.any() or np.packbits(guarded).tobytes() in self._vectors

    def follows(self, group: Group, layer: Layer) -> bool:
        """Whether the group's sum is the difference or the sum of known ones."""
        if self.knows(layer.members(group)):
            return True
        for whole, parts in layer.divisions(group):
            if group == whole:
                vectors = [layer.members(part) for part in parts]
                if all(map(self.knows, vectors)) and np.array_equal(np.sum(vectors, axis=0), layer.members(whole)):
                    return True
            elif not self._rest(whole, [part for part in parts if part != group], layer, layer.members(group)).any():
                return True
        return False

    def _rest(self, whole: Group, parts: Iterable[Group], layer: Layer, own: Array) -> Array:
        """The whole without its parts and ``own``; everything (nothing follows) where one of them is not known."""
        left: Array = layer.members(whole) & ~own
        if not self.knows(layer.members(whole)):
            return np.ones_like(left)
        for part in parts:
            members = layer.members(part)
            if not self.knows(members):
                return np.ones_like(left)
            left = left & ~members
        return left & self._guarded


class Ledger:
    """The published vectors of all releases, and the search for exchanges.

    ``labels``: cells with equal labels are in exactly the same published groups. ``untouched``: cells in none.
    """

    def __init__(self, cells: Cells, at_least: int = 10) -> None:
        self.cells, self.at_least = cells, at_least
        self.weights: Array = cells.sure
        count = len(cells.sure)
        self.labels: Array = np.zeros(count, dtype=np.int64)
        self.untouched: Array = np.ones(count, dtype=bool)
        self.vectors: list[Array] = []
        self.known = Known(cells.waived)
        self._marks: Array = np.zeros(count, dtype=np.uint64)
        self._random = np.random.default_rng(20151201)
        self._first, self._second = _pairs_at_home(cells.current, self.weights)

    def record(self, members: Array) -> None:
        """Take in a published vector, safe or not (releases of earlier years are out and cannot be undone)."""
        if self.known.knows(members):
            return
        self.known.learn(members)
        self.vectors.append(members)
        self.labels = np.unique(self.labels * 2 + members, return_inverse=True)[1].reshape(-1)
        self.untouched = self.untouched & ~members
        mark = self._random.integers(1, 2**63, dtype=np.uint64)
        self._marks = self._marks + np.where(members, mark, np.uint64(0))

    def admits(self, group: Group) -> str | None:
        """None if the group may be published and is recorded; else the reason why not."""
        layer = self.cells.current
        members = layer.members(group)
        people = int(self.cells.people[members].sum())
        if people == 0:
            return SMALL
        if people >= self.at_least or self.cells.waived[members].all():
            if self.known.follows(group, layer):
                self.known.learn(members)
                return None
            guarded = members & ~self.cells.waived
            if not guarded.any() or self._has_exchanges(guarded):
                self.record(members)
                return None
            return COMPLEMENT if int(self.weights[members].sum()) >= self.at_least else SMALL
        return SMALL

    def _has_exchanges(self, members: Array) -> bool:
        """Ten disjoint exchanges: of two people (or one in no published group), then of four."""
        weights = self.weights
        alone = int(weights[members & self.untouched].sum())
        classes = np.where(self.untouched, -1, self.labels) + 1
        many = int(classes.max()) + 1
        inside = np.bincount(classes, weights=weights * members, minlength=many)
        outside = np.bincount(classes, weights=weights * ~members, minlength=many)
        pairs = np.minimum(inside, outside).astype(np.int64)
        pairs[0] = 0
        found = alone + int(pairs.sum())
        if found >= self.at_least:
            return True
        left = weights.copy()
        left[members & self.untouched] = 0
        for place in np.flatnonzero(pairs):
            for side in (members, ~members):
                _take(left, np.flatnonzero((classes == place) & side), int(pairs[place]))
        return found + self._double_exchanges(members, left, self.at_least - found) >= self.at_least

    def _double_exchanges(self, members: Array, left: Array, wanted: int) -> int:
        """Exchanges of four: two people of one place differ in an attribute, two of another undo the difference."""
        usable = (left[self._first] > 0) & (left[self._second] > 0)
        first, second = self._first[usable], self._second[usable]
        change = members[first].astype(np.int8) - members[second].astype(np.int8)
        marks = self._marks[first] - self._marks[second]
        start = np.flatnonzero(change == 1)
        undo = np.flatnonzero(change >= 0)
        order = undo[np.argsort(marks[undo], kind="stable")]
        wished = np.uint64(0) - marks[start]
        begins = np.searchsorted(marks[order], wished, side="left")
        ends = np.searchsorted(marks[order], wished, side="right")
        count = tried = 0
        for begin, low, high in zip(start, begins, ends, strict=True):
            if not (left[first[begin]] and left[second[begin]]):
                continue
            for other in order[low:high]:
                tried += 1
                if not (left[first[other]] and left[second[other]]):
                    continue
                people = [
                    (int(first[begin]), 1),
                    (int(second[begin]), -1),
                    (int(first[other]), 1),
                    (int(second[other]), -1),
                ]
                if self._spend(people, left):
                    count += 1
                    break
            if count >= wanted or tried > _MOST_TRIED:
                break
        return count

    def _spend(self, exchange: Exchange, left: Array) -> bool:
        """Take the people of the exchange, if there are so many and no published vector changes (exactly)."""
        places = [cell for cell, _ in exchange]
        if any(left[cell] < places.count(cell) for cell in places):
            return False
        if any(sum(sign * int(vector[cell]) for cell, sign in exchange) for vector in self.vectors):
            return False
        np.subtract.at(left, places, 1)
        return True


def _take(left: Array, places: Array, number: int) -> None:
    for place in places:
        taken = min(number, int(left[place]))
        left[place] -= taken
        number -= taken


def _pairs_at_home(layer: Layer, weights: Array) -> tuple[Array, Array]:
    """All ordered pairs of different cells at one node."""
    order = np.argsort(layer.home, kind="stable")
    order = order[(layer.home[order] >= 0) & (weights[order] > 0)]
    firsts, seconds = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for node in np.unique(layer.home[order]):
        own = order[layer.home[order] == node]
        first, second = np.repeat(own, len(own)), np.tile(own, len(own))
        firsts.append(first[first != second])
        seconds.append(second[first != second])
    return np.concatenate(firsts), np.concatenate(seconds)


def candidates(cells: Cells, attribute_depth: int) -> list[Group]:
    """Groups in the order of importance: the tree from above, each level's sexes, then ages and jobs from above.

    Within a level the larger ones come first. ``attribute_depth``: nodes so deep are divided by age band and job.
    """
    layer = cells.current
    size = {node: int(cells.people[inside].sum()) for node, inside in layer.below.items()}
    nodes = sorted(layer.nodes, key=lambda node: (len(node), -size[node], node))
    found = [Group(node) for node in nodes]
    found += [Group(node, sex=sex) for node in nodes for sex in SEXES]
    for depth in range(attribute_depth + 1):
        for attribute in ("age_band", "job"):
            at_depth = [
                Group(n, attribute, value) for n in nodes if len(n) == depth for value in layer.values[attribute]
            ]
            found += sorted(at_depth, key=lambda group: (group.path, -int(cells.people[layer.members(group)].sum())))
            found += [group._replace(sex=sex) for group in at_depth for sex in SEXES]
    return found


def choose(
    cells: Cells,
    earlier: Sequence[Sequence[Group]] = (),
    *,
    attribute_depth: int = 1,
    at_least: int = 10,
) -> dict[Group, str | None]:
    """Every candidate in order, with None where it may be published, else why not ('small', 'complement').

    ``earlier``: the published groups of the earlier releases, in the order of the layers. The sexes of a group are only
    looked at where the group itself is published.
    """
    ledger = Ledger(cells, at_least)
    for layer, groups in zip(cells.layers, earlier, strict=False):
        for group in groups:
            ledger.record(layer.members(group))
    verdicts: dict[Group, str | None] = {}
    for group in candidates(cells, attribute_depth):
        whole = group._replace(sex=None)
        if group.sex is None or verdicts.get(whole, SMALL) is None:
            verdicts[group] = ledger.admits(group)
        else:
            verdicts[group] = verdicts.get(whole, SMALL)
    return verdicts
