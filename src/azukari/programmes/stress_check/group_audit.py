"""The attacker: takes published releases, adds and subtracts, and names everything small that comes out.

Knows nothing of how the groups were chosen: it builds the 0/1 matrix of published groups over answer sheets from the
releases alone and asks, in exact arithmetic modulo a prime, (1) for every small group that has a name, and every small
difference of two such groups, whether it is a combination of published rows; (2) by elimination in many random orders,
for any combination at all that touches fewer than ten people. A true combination over the fractions is one modulo the
prime too (unless the prime divides a denominator), so that nothing real is missed by the arithmetic.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from azukari.programmes.stress_check.group_cells import ATTRIBUTES, SEXES, Array, Group, Release

PRIME = 2**31 - 1


@dataclass(frozen=True)
class Leak:
    """A set of fewer than ten people that published sums isolate: how it was found and how many they are."""

    found: str
    people: int
    words: str = ""


def audit(
    releases: Sequence[Release],
    *,
    at_least: int = 10,
    same_person_over_years: bool = False,
    waived: Sequence[int] = (),
    rounds: int = 8,
    differences: bool = True,
) -> list[Leak]:
    """All leaks that the attacker finds; empty is good. ``waived``: respondents of groups in which all consented."""
    sheets, matrix, named = _matrix(releases, same_person_over_years)
    keep = [place for place, (person, _) in enumerate(sheets) if person not in set(waived)]
    matrix = matrix[:, keep]
    named = {key: vector[keep] for key, vector in named.items()}
    columns, place = np.unique(matrix, axis=1, return_inverse=True)
    place = place.reshape(-1)
    weights = np.bincount(place, minlength=columns.shape[1])
    found = list(_light_combinations(columns, weights, at_least, rounds))
    reduced, leads = _echelon(columns)
    first = np.zeros(len(weights), dtype=np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    targets = {
        words: vector[first]
        for words, vector in _targets(named, at_least, differences)
        if np.array_equal(vector[first][place], vector)  # else people who are alike in all that is out differ in it
    }
    if targets:
        rows = np.array(list(targets.values()), dtype=np.int64) % PRIME
        left = _reduced(rows, reduced, leads)
        for (words, vector), rest in zip(targets.items(), left, strict=True):
            if not rest.any():
                found.append(Leak("named", int(weights[vector != 0].sum()), words))
    return found


def _matrix(
    releases: Sequence[Release], same_person: bool
) -> tuple[list[tuple[int, str]], Array, dict[tuple[int, Group], Array]]:
    """Sheets (person, period), published rows over them, and every group that has a name in some release."""
    numbers: dict[tuple[int, str], int] = {}
    for release in releases:
        for person in release.people["respondent"].to_list():
            numbers.setdefault((person, "" if same_person else release.period), len(numbers))
    rows, named = [], {}
    for place, release in enumerate(releases):
        period = "" if same_person else release.period
        mine = np.array([numbers[person, period] for person in release.people["respondent"].to_list()])
        everyone = _groups_of(release.people)
        for group, inside in everyone.items():
            vector = np.zeros(len(numbers), dtype=np.int64)
            vector[mine[inside]] = 1
            named[place, group] = vector
        rows += [named[place, group] for group in release.groups if (place, group) in named]
    return list(numbers), np.array(rows, dtype=np.int64).reshape(len(rows), len(numbers)), named


def _groups_of(people: pl.DataFrame) -> dict[Group, list[int]]:
    """Group -> rows, by going through the people one by one."""
    found: dict[Group, list[int]] = {}
    for row, person in enumerate(people.iter_rows(named=True)):
        path = tuple(person["path"])
        kinds = [(None, None)] + [(name, person[name]) for name in ATTRIBUTES[1:] if person[name] is not None]
        for depth, (name, value), sex in itertools.product(range(len(path) + 1), kinds, (None, *SEXES)):
            if sex in (None, person["sex"]):
                found.setdefault(Group(path[:depth], name, value, sex), []).append(row)
    return found


def _targets(named: dict[tuple[int, Group], Array], at_least: int, differences: bool) -> Iterator[tuple[str, Array]]:
    """Small groups, and small differences of two groups (a part from its whole, one year from another)."""
    unique: dict[bytes, tuple[str, Array]] = {}
    for (place, group), vector in named.items():
        unique.setdefault(vector.tobytes(), (f"{place}:{group}", vector))
    groups = list(unique.values())
    for words, vector in groups:
        if 0 < vector.sum() < at_least:
            yield words, vector
    if differences and groups:
        table = np.array([vector for _, vector in groups], dtype=np.float64)
        sizes = table.sum(axis=1)
        apart = sizes[:, None] + sizes - 2 * table @ table.T  # people in one of the two, not in both
        for one, other in zip(*np.nonzero(np.triu((apart > 0.5) & (apart < at_least), 1)), strict=True):
            yield f"{groups[one][0]} − {groups[other][0]}", groups[one][1] - groups[other][1]


def _light_combinations(columns: Array, weights: Array, at_least: int, rounds: int) -> Iterator[Leak]:
    """Rows of the echelon form, and sums and differences of two, over random orders of the people."""
    random = np.random.default_rng(7)
    for number in range(rounds):
        order = random.permutation(columns.shape[1]) if number % 2 else np.argsort(-weights, kind="stable")
        order = order if number != 2 else np.argsort(weights, kind="stable")
        rows, _ = _echelon(columns[:, order])
        touched = rows != 0
        people = touched @ weights[order]
        for weight in people[people < at_least]:
            yield Leak("combination", int(weight))
        if len(rows) > 80:
            continue
        for one, other in itertools.combinations(range(len(rows)), 2):
            for factor in (1, PRIME - 1):
                both = (rows[one] + factor * rows[other]) % PRIME != 0
                if (weight := int(both @ weights[order])) < at_least:
                    yield Leak("combination", weight)


def _echelon(matrix: Array) -> tuple[Array, list[int]]:
    """Reduced row echelon form modulo the prime, without empty rows; and the leading column of each row."""
    rows = matrix.astype(np.int64) % PRIME
    leads: list[int] = []
    at = 0
    for column in range(rows.shape[1]):
        below = np.flatnonzero(rows[at:, column])
        if not len(below):
            continue
        chosen = at + int(below[0])
        rows[[at, chosen]] = rows[[chosen, at]]
        rows[at] = rows[at] * pow(int(rows[at, column]), PRIME - 2, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column])
        others = others[others != at]
        rows[others] = (rows[others] - rows[others, column][:, None] * rows[at]) % PRIME
        leads.append(column)
        at += 1
        if at == len(rows):
            break
    return rows[:at], leads


def _reduced(targets: Array, rows: Array, leads: Sequence[int]) -> Array:
    """What is left of the targets after subtracting combinations of the rows."""
    left = targets.copy()
    for row, lead in zip(rows, leads, strict=True):
        factors = left[:, lead]
        hit = np.flatnonzero(factors)
        left[hit] = (left[hit] - factors[hit][:, None] * row) % PRIME
    return left
