"""Small cells: nobody computes them from what is published; what is published is true."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.engine.suppression import Dimension, NotAdditive, recoverable, suppress

Key = tuple[str, ...]


def with_totals(leaves: dict[Key, int], parents: list[dict[str, tuple[str, ...]]]) -> pl.DataFrame:
    """Every leaf and total as a row d0, d1, … n."""
    sums: dict[Key, int] = {}
    for key, number in leaves.items():
        for cell in itertools.product(
            *((leaf, *above.get(leaf, ())) for leaf, above in zip(key, parents, strict=True))
        ):
            sums[cell] = sums.get(cell, 0) + number
    columns = [f"d{place}" for place in range(len(parents))]
    return pl.DataFrame([(*cell, n) for cell, n in sums.items()], schema=[*columns, "n"], orient="row")


def dimensions_of(parents: list[dict[str, tuple[str, ...]]]) -> list[Dimension]:
    return [Dimension(f"d{place}", above) for place, above in enumerate(parents)]


def flat(size: int) -> dict[str, tuple[str, ...]]:
    return {f"v{place}": ("all",) for place in range(size)}


#: Bands with overlapping totals, and a tree of two levels.
OVERLAPPING = {"a": ("ab", "abc", "all"), "b": ("ab", "bc", "abc", "all"), "c": ("bc", "abc", "all"), "d": ("all",)}
TREE = {"x1": ("x", "all"), "x2": ("x", "all"), "y1": ("y", "all")}


@st.composite
def tables(draw: Any, most: int = 40) -> tuple[pl.DataFrame, list[Dimension], list[dict[str, tuple[str, ...]]]]:
    kinds = st.sampled_from([flat(2), flat(3), flat(4), OVERLAPPING, TREE])
    parents = draw(st.lists(kinds, min_size=1, max_size=3))
    keys = list(itertools.product(*parents))
    counts = st.one_of(st.integers(0, most), st.integers(0, 12))
    numbers = draw(st.lists(counts, min_size=len(keys), max_size=len(keys)))
    return with_totals(dict(zip(keys, numbers, strict=True)), parents), dimensions_of(parents), parents


def equations_of(table: pl.DataFrame, parents: list[dict[str, tuple[str, ...]]]) -> dict[Key, list[int]]:
    """Cell -> 0/1 by leaf: written from the words alone."""
    keys = list(itertools.product(*parents))

    def counts_in(leaf: Key, cell: Key) -> int:
        return int(all(w == v or w in above.get(v, ()) for v, w, above in zip(leaf, cell, parents, strict=True)))

    return {cell: [counts_in(leaf, cell) for leaf in keys] for cell in table.drop("n").rows()}


def attacked(equations: dict[Key, list[int]], hidden: set[Key]) -> set[Key]:
    """Cells that plain Gaussian elimination over the published rows gives back."""
    basis: list[tuple[int, list[Fraction]]] = []

    def rest(row: list[Fraction]) -> list[Fraction]:
        for lead, other in basis:
            if row[lead]:
                factor = row[lead] / other[lead]
                row = [a - factor * b for a, b in zip(row, other, strict=True)]
        return row

    for cell, row in equations.items():
        if cell not in hidden:
            left = rest([Fraction(value) for value in row])
            lead = next((place for place, value in enumerate(left) if value), None)
            if lead is not None:
                basis.append((lead, left))
    return {cell for cell in hidden if not any(rest([Fraction(value) for value in equations[cell]]))}


@given(tables(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_an_attacker_with_linear_algebra_recovers_nothing(made: Any, publish_zeros: bool) -> None:
    table, dimensions, parents = made
    done = suppress(table, dimensions, "n", publish_zeros=publish_zeros)
    hidden = set(done.filter(pl.col("withheld").is_not_null()).drop("n", "withheld").rows())
    if not publish_zeros:
        assert not attacked(equations_of(table, parents), hidden)
    marked = table.with_columns(done["withheld"])
    assert recoverable(marked, dimensions, "n", publish_zeros=publish_zeros) == []


@given(tables())
@settings(max_examples=80, deadline=None)
def test_what_is_published_is_true_and_every_small_cell_is_withheld(made: Any) -> None:
    table, dimensions, _ = made
    done = suppress(table, dimensions, "n")
    for true, (number, reason) in zip(table["n"], done.select("n", "withheld").rows(), strict=True):
        assert number == (true if reason is None else None)
        assert (reason == "small") == (true < 10)


@given(tables())
@settings(max_examples=60, deadline=None)
def test_nothing_is_withheld_when_all_cells_are_big(made: Any) -> None:
    table, dimensions, parents = made
    leaves = equations_of(table, parents)
    big = table.with_columns(n=pl.Series([sum(leaves[cell]) * 10 for cell in table.drop("n").rows()]))
    assert suppress(big, dimensions, "n")["withheld"].null_count() == len(table)


@given(tables(), st.data())
@settings(max_examples=60, deadline=None)
def test_the_audit_finds_at_least_what_linear_algebra_finds(made: Any, data: Any) -> None:
    table, dimensions, parents = made
    marks = data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table)))
    cells = table.drop("n").rows()
    hidden = {cell for cell, mark in zip(cells, marks, strict=True) if mark}
    found = recoverable(table.with_columns(withheld=pl.Series(marks)), dimensions, "n")
    by_algebra = attacked(equations_of(table, parents), hidden)
    assert by_algebra <= set(found) <= hidden
    if (table["n"] > 0).all():  # nothing can only grow: both are the same
        assert set(found) == by_algebra


@given(st.lists(st.integers(0, 2), min_size=9, max_size=9), st.data())
@settings(max_examples=80, deadline=None)
def test_the_audit_agrees_with_a_list_of_all_possible_tables(numbers: list[int], data: Any) -> None:
    parents = [flat(3), flat(3)]
    keys = list(itertools.product(*parents))
    table = with_totals(dict(zip(keys, numbers, strict=True)), parents)
    marks = data.draw(st.lists(st.booleans(), min_size=len(table), max_size=len(table)))
    marks = [mark and "all" not in cell for mark, cell in zip(marks, table.drop("n").rows(), strict=True)]
    equations = equations_of(table, parents)
    rows = list(zip(table.rows(), marks, strict=True))
    unknown = [place for place, key in enumerate(keys) if any(row[:2] == key and mark for row, mark in rows)]
    values: dict[Key, set[int]] = {row[:2]: set() for row, mark in rows if mark}
    for guess in itertools.product(range(sum(numbers) + 1 if len(unknown) < 4 else 4), repeat=len(unknown)):
        if len(unknown) > 5:
            break
        world = list(numbers)
        for place, value in zip(unknown, guess, strict=True):
            world[place] = value
        sums = {cell: sum(a * b for a, b in zip(row, world, strict=True)) for cell, row in equations.items()}
        if all(sums[row[:2]] == row[2] for row, mark in rows if not mark):
            for cell in values:
                values[cell].add(sums[cell])
    found = set(recoverable(table.with_columns(withheld=pl.Series(marks)), dimensions_of(parents), "n"))
    if len(unknown) <= 5:
        assert found == {cell for cell, seen in values.items() if len(seen) == 1}


@pytest.mark.parametrize(("number", "reason"), [(0, "small"), (1, "small"), (9, "small"), (10, None), (11, None)])
def test_the_threshold_is_the_first_number_that_may_be_published(number: int, reason: str | None) -> None:
    table = pl.DataFrame({"d0": ["v0"], "n": [number]})
    assert suppress(table, ["d0"], "n")["withheld"].to_list() == [reason]
    assert suppress(table, ["d0"], "n", publish_zeros=True)["withheld"][0] == (None if number == 0 else reason)


def test_two_zeros_that_a_total_betrays_are_found_and_prevented() -> None:
    table = with_totals({("v0",): 0, ("v1",): 0, ("v2",): 50}, [flat(3)])
    dimensions = dimensions_of([flat(3)])
    only_zeros = table.with_columns(withheld=pl.col("n") == 0)
    assert recoverable(only_zeros, dimensions, "n") == [("v0",), ("v1",)]
    done = suppress(table, dimensions, "n")
    assert dict(done.select("d0", "withheld").rows())["v2"] == "complement"


def test_a_small_difference_of_numerator_and_denominator_is_a_cell_too() -> None:
    parents = {"cancer": ("workup",), "other": ("workup",), "unknown": ("workup",)}
    table = with_totals({("cancer",): 15, ("other",): 3, ("unknown",): 4}, [parents])
    listed = table.with_columns(shown=pl.col("d0").is_in(["cancer", "workup"]))
    plain = suppress(listed, [Dimension("d0", parents)], "n", published="shown")
    assert plain["withheld"].null_count() == 2
    paired = Dimension("d0", parents, complements=[("workup", "cancer")])
    guarded = suppress(listed, [paired], "n", published="shown")
    assert guarded["withheld"].null_count() < 2


def test_a_hidden_value_is_not_left_over_by_its_published_brothers() -> None:
    parents = {"first": ("all",), "repeat": ("all",), "unknown": ("all",)}
    table = with_totals({("first",): 40, ("repeat",): 60, ("unknown",): 2}, [parents])
    done = suppress(table, [Dimension("d0", parents, hidden=frozenset({"unknown"}))], "n")
    shown = set(done.filter(pl.col("withheld").is_null())["d0"])
    assert not {"first", "repeat", "all"} <= shown


def test_without_complements_only_small_cells_are_withheld() -> None:
    table = with_totals({("v0",): 3, ("v1",): 50}, [flat(2)])
    done = suppress(table, dimensions_of([flat(2)]), "n", complementary=False)
    assert dict(done.select("d0", "withheld").rows()) == {"v0": "small", "v1": None, "all": None}


def test_a_cell_can_be_guarded_whatever_its_count() -> None:
    table = with_totals({(f"v{n}",): 50 for n in range(4)}, [flat(4)])
    table = table.with_columns(moved=pl.col("d0") == "v1")
    done = suppress(table, dimensions_of([flat(4)]), "n", also="moved")
    hidden = set(done.filter(pl.col("withheld").is_not_null())["d0"])
    assert "v1" in hidden
    assert len(hidden) == 2  # and one more, or the total gives it
    assert recoverable(table.join(done.select("d0", "withheld"), on="d0"), dimensions_of([flat(4)]), "n") == []


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([("v0", 3), ("all", 4)], "内訳の合計と一致しません"),
        ([("v0", 3), ("v0", 3)], "2行あります"),
        ([("v0", -1)], "負の数"),
        ([("v0", None)], "空か"),
    ],
)
def test_a_table_that_does_not_add_up_is_refused_in_words(cells: list[tuple[str, int | None]], word: str) -> None:
    table = pl.DataFrame(cells, schema={"d0": pl.String, "n": pl.Int64}, orient="row")
    with pytest.raises(NotAdditive, match=word):
        suppress(table, dimensions_of([flat(1)]), "n")


def test_a_circle_of_parents_is_refused() -> None:
    table = pl.DataFrame({"d0": ["a"], "n": [3]})
    with pytest.raises(ValueError, match="自分自身"):
        suppress(table, [Dimension("d0", {"a": "b", "b": "a"})], "n")


def test_five_thousand_cells_are_protected_and_audited() -> None:
    parents = [flat(16)] * 3
    numbers = itertools.cycle([0, 3, 14, 7, 55, 2, 21])
    table = with_totals({key: next(numbers) for key in itertools.product(*parents)}, parents)
    done = suppress(table, dimensions_of(parents), "n")
    assert recoverable(table.with_columns(done["withheld"]), dimensions_of(parents), "n") == []
