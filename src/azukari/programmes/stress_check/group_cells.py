"""Who is in which group: every node of the organisation tree, alone and by sex, age band and job, over the respondents.

People with the same place, sex, age band and job in every release are one *cell*; a group is a set of cells. The sheet
(a person's answers of one period) is the unit: whoever answered once and stands in two releases of that period is the
same unknown in both. Sex is that of the chart: persons of unknown sex count with the men (manual p. 86).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

#: Attributes by which a node is divided, and the column of each.
ATTRIBUTES = ("sex", "age_band", "job")
MALE, FEMALE = "male", "female"
SEXES = (MALE, FEMALE)
_TRAITS = ("path", *ATTRIBUTES)


class Group(NamedTuple):
    """A node of the tree (``path`` from below the whole, () is all), one value of one attribute, one sex of the chart.

    The table by sex is (path, None, None, sex); the sexes of an age band are (path, "age_band", value, sex).
    """

    path: tuple[str, ...] = ()
    attribute: str | None = None
    value: str | None = None
    sex: str | None = None


@dataclass(frozen=True)
class Release:
    """What has left the house once: pure, to be stored and given back when the next release is made.

    ``people``: respondent, path (list of words), sex of the chart, age_band, job: who stood where that day.
    ``groups``: those whose sums are out; ``high``: those whose count of high stress is out too (part of ``groups``).
    """

    name: str
    period: str
    people: pl.DataFrame
    groups: tuple[Group, ...]
    high: tuple[Group, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One release on the common cells. ``home``: node of each cell, -1 where its people are not in this release."""

    nodes: tuple[tuple[str, ...], ...]
    home: Array
    traits: dict[str, Array]
    below: dict[tuple[str, ...], Array]
    children: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]
    values: dict[str, tuple[str, ...]]
    _known: dict[Group, Array] = field(default_factory=dict)

    def members(self, group: Group) -> Array:
        """Cells of the group, as Booleans (not to be changed)."""
        if group not in self._known:
            self._known[group] = self._members(group)
        return self._known[group]

    def _members(self, group: Group) -> Array:
        inside = self.below.get(group.path, np.zeros(len(self.home), dtype=bool))
        if group.attribute is not None:
            inside = inside & (self.traits[group.attribute] == group.value)
        return inside if group.sex is None else inside & (self.traits["sex"] == group.sex)

    def divisions(self, group: Group) -> Iterator[tuple[Group, list[Group]]]:
        """Every whole that the group is a part of or is itself, with its parts (people may be in none of them)."""
        for path in {group.path, group.path[:-1]}:
            whole = group._replace(path=path)
            if below := self.children.get(path):
                yield whole, [group._replace(path=child) for child in below]
        attributes = [group.attribute] if group.attribute else [name for name in self.values if name != "sex"]
        for name in attributes:
            whole = group._replace(attribute=None, value=None)
            yield whole, [whole._replace(attribute=name, value=value) for value in self.values[name]]
        whole = group._replace(sex=None)
        yield whole, [whole._replace(sex=sex) for sex in SEXES]


@dataclass(frozen=True)
class Cells:
    """All releases on common cells. ``layers``: the earlier ones in order, then the new one; ``of_row``: cell by row of
    the new one; ``people``: answered; ``sure``: whose data stand in every figure and who are protected; ``waived``: of
    groups in which all consented."""

    layers: tuple[Layer, ...]
    of_row: Array
    people: Array
    sure: Array
    waived: Array

    @property
    def current(self) -> Layer:
        return self.layers[-1]


def traits_of(respondents: pl.DataFrame) -> pl.DataFrame:
    """respondent, path, sex of the chart, age_band and job: what a release has to remember of people."""
    return respondents.select(
        pl.col("respondent").cast(pl.Int64),
        pl.col("path").cast(pl.List(pl.String)),
        pl.when(pl.col("sex") == FEMALE).then(pl.lit(FEMALE)).otherwise(pl.lit(MALE)).alias("sex"),
        *(
            (pl.col(name) if name in respondents.columns else pl.lit(None)).cast(pl.String).alias(name)
            for name in ATTRIBUTES[1:]
        ),
    )


def cells_of(
    respondents: pl.DataFrame,
    period: str,
    earlier: Sequence[Release] = (),
    *,
    complete: pl.Series | None = None,
    consenting: Sequence[Group] = (),
    same_person_over_years: bool = False,
) -> Cells:
    """Put the new respondents and the people of earlier releases on common cells.

    ``complete``: by row, whether the person's data stand in every figure. ``same_person_over_years`` takes a person's
    answers of two years for one unknown (the strict reading); otherwise releases of other periods share no unknowns.
    """
    new = traits_of(respondents)
    frames = [(release.period, release.people) for release in earlier] + [(period, new)]
    joined = _joined(frames, same_person_over_years)
    columns = [column for column in joined.columns if column.startswith("t")]
    first = joined.select(columns).unique(maintain_order=True).with_row_index("cell")
    numbered = joined.join(first, on=columns, how="left", nulls_equal=True)
    layers = tuple(_layer(first, place, frame) for place, (_, frame) in enumerate(frames))
    key = dict(numbered.select("sheet", "cell").iter_rows())
    of_row = np.array([key[sheet] for sheet in _sheets(new, period, same_person_over_years)], dtype=np.int64)
    count = len(first)
    waived = np.zeros(count, dtype=bool)
    for group in consenting:
        waived |= layers[-1].members(group)
    good = np.ones(len(new)) if complete is None else complete.to_numpy().astype(float)
    people = np.bincount(numbered["cell"].to_numpy(), minlength=count).astype(np.int64)
    sure = np.bincount(of_row, weights=good, minlength=count).astype(np.int64)
    sure[layers[-1].home < 0] = people[layers[-1].home < 0]
    return Cells(layers, of_row, people, np.where(waived, 0, sure), waived)


def _sheets(frame: pl.DataFrame, period: str, same_person: bool) -> list[str]:
    return [f"{number}" if same_person else f"{number}/{period}" for number in frame["respondent"].to_list()]


def _joined(frames: Sequence[tuple[str, pl.DataFrame]], same_person: bool) -> pl.DataFrame:
    """One row per sheet; t<k>_<trait> by release, null where the sheet is not in it."""
    table: pl.DataFrame | None = None
    for place, (period, frame) in enumerate(frames):
        sheet = pl.Series("sheet", _sheets(frame, period, same_person), dtype=pl.String)
        own = frame.with_columns(sheet, pl.col("path").list.join("\x1f")).select(
            "sheet", *(pl.col(name).alias(f"t{place}_{name}") for name in _TRAITS)
        )
        table = own if table is None else table.join(own, on="sheet", how="full", coalesce=True)
    assert table is not None  # noqa: S101 - there is always the new release
    return table.sort("sheet")


def _layer(cells: pl.DataFrame, place: int, people: pl.DataFrame) -> Layer:
    words = cells[f"t{place}_path"].to_list()
    paths = [None if word is None else tuple(word.split("\x1f")) if word else () for word in words]
    nodes: dict[tuple[str, ...], list[int]] = {(): []}
    for cell, path in enumerate(paths):
        for depth in range(len(path) + 1) if path is not None else ():
            nodes.setdefault(path[:depth] if path else (), []).append(cell)
    below = {}
    for node, inside in nodes.items():
        below[node] = np.zeros(len(paths), dtype=bool)
        below[node][inside] = True
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for node in sorted(nodes):
        if node:
            children.setdefault(node[:-1], []).append(node)
    order = tuple(sorted(nodes, key=lambda node: (len(node), node)))
    number = {node: place for place, node in enumerate(order)}
    home = np.array([-1 if path is None else number[path] for path in paths], dtype=np.int64)
    traits = {name: np.array(cells[f"t{place}_{name}"].to_list(), dtype=object) for name in ATTRIBUTES}
    values = {name: tuple(sorted(people[name].drop_nulls().unique().to_list())) for name in ATTRIBUTES}
    return Layer(order, home, traits, below, {node: tuple(kids) for node, kids in children.items()}, values)
