"""An attacker adds and subtracts all that is published: over the tree, sex, age, job and years; nothing small comes out."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.programmes.stress_check.group_alike import Figure, Witness, undetermined, varied
from azukari.programmes.stress_check.group_audit import audit
from azukari.programmes.stress_check.group_cells import Group, Release, cells_of, traits_of
from azukari.programmes.stress_check.group_protection import choose
from tests.unit.stress_check_groups.organisations import analysed, organisations, people, row

SLOW = settings(max_examples=25, deadline=None)


def naive(frame: pl.DataFrame, groups: list[Group], period: str = "2026") -> Release:
    return Release("naive", period, traits_of(frame), tuple(groups))


@given(organisations())
@SLOW
def test_the_attacker_recovers_nothing_from_one_year(frame):
    assert audit([analysed(frame, attribute_depth=2).release]) == []


@given(organisations(), st.integers(0, 12), st.integers(0, 12), st.booleans())
@SLOW
def test_the_attacker_recovers_nothing_from_two_years(frame, leavers, joiners, strict):
    first = analysed(frame, same_person_over_years=strict)
    moved = frame.with_columns(
        path=pl.when(pl.col("respondent") % 11 == 5).then(pl.lit(["d0", "s0"])).otherwise(pl.col("path"))
    )
    new = people([(("d0", "s1"), joiners)], seed=5, first=10_000)
    second = analysed(
        pl.concat([moved.slice(leavers), new]),
        name="second",
        period="2027",
        earlier=[first.release],
        same_person_over_years=strict,
    )
    assert audit([first.release, second.release], same_person_over_years=strict) == []


@given(organisations(), st.integers(0, 15))
@SLOW
def test_the_attacker_recovers_nothing_when_late_answers_are_added(frame, late):
    first = analysed(frame.slice(late), name="in time")
    second = analysed(frame, name="with the late ones", earlier=[first.release])
    assert audit([first.release, second.release]) == []


@given(organisations(), st.integers(1, 40))
@SLOW
def test_nothing_is_recovered_of_those_who_have_a_verdict_either(frame, without):
    frame = frame.with_columns(
        verdict=pl.when(pl.col("respondent") % 40 < without).then(pl.col("verdict")).otherwise(None)
    )
    release = analysed(frame).release
    judged = frame.filter(pl.col("verdict").is_not_null())
    if judged.height:
        assert audit([replace(release, people=traits_of(judged))]) == []


def test_what_stands_in_the_frame_is_exactly_what_the_release_says():
    found = analysed(people([(("d", "a"), 30), (("d", "b"), 12), (("d", "c"), 7), (("e", "f"), 60)]), attribute_depth=2)
    shown = found.groups.filter(pl.col("mean_q").is_not_null() | pl.col("answered").is_not_null())
    rows = {Group(tuple(path), *rest) for path, *rest in shown.select("path", "attribute", "value", "sex").rows()}
    assert rows == set(found.release.groups)
    high = found.groups.filter(pl.col("high").is_not_null())
    assert {Group(tuple(p), *rest) for p, *rest in high.select("path", "attribute", "value", "sex").rows()} == set(
        found.release.high
    )


# The attacker can win: publications nobody thought about are broken.
ORG = [(("d", "a"), 30), (("d", "b"), 25), (("d", "c"), 4)]


def test_a_naive_publication_of_all_groups_of_ten_is_broken_by_subtraction():
    leaks = audit([naive(people(ORG), [Group(), Group(("d", "a")), Group(("d", "b"))])])
    assert any(leak.people == 4 and "'c'" in leak.words for leak in leaks)


def test_a_naive_publication_of_two_years_is_broken_where_answers_are_taken_to_stay():
    frame = people(ORG)
    years = [naive(frame, [Group()]), naive(frame.slice(3), [Group()], "2027")]
    assert audit(years) == []
    assert {leak.people for leak in audit(years, same_person_over_years=True)} == {3}


def test_late_answers_published_naively_are_broken():
    frame = people(ORG)
    assert {leak.people for leak in audit([naive(frame.slice(3), [Group()]), naive(frame, [Group()])])} == {3}


def test_a_naive_split_by_sex_and_age_is_broken_by_a_combination_of_three_tables():
    frame = people([(("d",), 40), (("e",), 40)]).with_columns(
        sex=pl.when((pl.col("respondent") < 15) | (pl.col("respondent") >= 75))
        .then(pl.lit("female"))
        .otherwise(pl.lit("male"))
    )
    groups = [Group(), Group(("d",)), Group(sex="female"), Group(("d",), sex="female")]
    assert any(leak.people == 5 for leak in audit([naive(frame, groups)]))


@given(organisations())
@SLOW
def test_publishing_all_that_is_large_enough_is_broken_whenever_a_small_rest_exists(frame):
    sizes = {path: len(part) for (path,), part in frame.group_by(pl.col("path").list.head(2).list.join("/"))}
    large = [Group(tuple(path.split("/"))) for path, size in sizes.items() if size >= 10 and "/" in path]
    rest = len(frame) - sum(sizes["/".join(group.path)] for group in large)
    leaks = audit([naive(frame, [Group(), *large])])
    assert bool(leaks) == (0 < rest < 10 or len(frame) < 10)


def test_of_the_sections_beside_a_small_one_the_smallest_is_withheld_too():
    found = analysed(people([(("d", "a"), 30), (("d", "b"), 12), (("d", "c"), 7)]))
    reasons = {name: row(found, "d", name)["withheld"] for name in "abc"}
    assert reasons == {"a": None, "b": "complement", "c": "small"}


def test_two_small_sections_that_are_ten_together_cost_nobody_else_anything():
    found = analysed(people([(("d", "a"), 30), (("d", "b"), 12), (("d", "c"), 5), (("d", "e"), 5)]))
    assert {name: row(found, "d", name)["withheld"] for name in "abce"} == {
        "a": None,
        "b": None,
        "c": "small",
        "e": "small",
    }


def test_the_same_release_again_is_published_again():
    frame = people([(("d", "a"), 30), (("d", "b"), 12), (("d", "c"), 7)])
    first = analysed(frame)
    again = analysed(frame, name="again", earlier=[first.release])
    assert (again.release.groups, again.release.high) == (first.release.groups, first.release.high)


def test_a_few_late_answers_withhold_the_second_release():
    frame = people(ORG)
    first = analysed(frame.slice(3))
    second = analysed(frame, name="second", earlier=[first.release])
    assert row(second)["withheld"] == "complement"


# High stress: nobody's status may follow from a count.
def with_high(sections: list[tuple[tuple[str, ...], int]], high: dict[tuple[str, ...], int]) -> pl.DataFrame:
    frame = people(sections)
    place = pl.int_range(pl.len()).over(pl.col("path").list.join("/"))
    many = pl.col("path").list.join("/").replace_strict({"/".join(p): n for p, n in high.items()}, default=0)
    return frame.with_columns(verdict=pl.when(place < many).then(pl.lit("high")).otherwise(pl.lit("not_high")))


@pytest.mark.parametrize(("high", "reason"), [(0, "alike"), (1, None), (29, None), (30, "alike")])
def test_a_count_that_says_something_of_everybody_is_a_word(high, reason):
    sections = [(("d", "a"), 30), (("d", "b"), 30), (("d", "c"), 30)]
    found = row(analysed(with_high(sections, {("d", "a"): high, ("d", "b"): 5, ("d", "c"): 6})), "d", "a")
    assert found["high_withheld"] == reason
    assert (found["high"] is None) == (found["high_rate"] is None) == (reason is not None)
    assert found["mean_q"] is not None


def test_what_would_leave_a_rest_that_is_all_alike_is_withheld():
    sections = [(("d", "a"), 30), (("d", "b"), 20)]
    found = analysed(with_high(sections, {("d", "a"): 5}))
    assert row(found)["high"] == 5
    assert row(found, "d", "a")["high"] is row(found, "d", "b")["high"] is None


@given(st.lists(st.tuples(st.integers(3, 14), st.integers(0, 14)), min_size=2, max_size=3))
@settings(max_examples=40, deadline=None)
def test_of_all_possible_tables_some_give_everybody_the_other_status(numbers):
    sizes = [size for size, _ in numbers]
    sections = [(("d", f"s{place}"), size) for place, size in enumerate(sizes)]
    frame = with_high(
        sections, {path: min(high, size) for (path, size), (_, high) in zip(sections, numbers, strict=True)}
    )
    frame = frame.with_columns(sex=pl.lit("male"), age_band=pl.lit("20-39"), job=pl.lit("clerk"))
    shown = analysed(frame).groups.filter(pl.col("high").is_not_null()).select("path", "high").rows()

    def agrees(table: tuple[int, ...]) -> bool:
        return all(
            sum(n for n, (section, _) in zip(table, sections, strict=True) if section[: len(path)] == tuple(path))
            == high
            for path, high in shown
        )

    possible = [table for table in itertools.product(*(range(size + 1) for size in sizes)) if agrees(table)]
    for place, size in enumerate(sizes):
        values = {table[place] for table in possible}
        assert values != {0}
        assert values != {size}


def test_age_and_job_together_do_not_fix_anybody():
    sections = [(("d", "a"), 60), (("d", "b"), 60)]
    frame = with_high(sections, {("d", "a"): 1, ("d", "b"): 1})
    found = analysed(frame)
    assert row(found)["high"] == 2
    bands = found.groups.filter(pl.col("attribute") == "age_band")
    assert not (bands["high"] == 0).any()


@given(organisations())
@SLOW
def test_the_counts_leave_everybodys_status_open_and_no_other_count_would(frame):
    cells = cells_of(frame, "2026")
    high = (frame["verdict"] == "high").to_numpy()
    figure = Figure(np.bincount(cells.of_row, weights=high), np.bincount(cells.of_row).astype(float), 0, 1)
    shown = [group for group, reason in choose(cells).items() if reason is None]
    taken = undetermined(cells, shown, figure)
    withheld = [group for group in varied(cells, shown, figure) if group not in taken]
    vectors = [cells.current.members(group) for group in [*taken, *withheld]]
    witness = Witness(vectors, figure)
    # then there are shares strictly between nobody and everybody that give every count
    assert witness.take(range(len(taken)))
    shares = witness.shares()
    assert ((shares > 0) & (shares < 1)).all() or not taken
    for members in vectors[: len(taken)]:
        assert (shares * figure.counts)[members].sum() == pytest.approx(figure.sums[members].sum())
    # and with any one more there would be none
    assert not any(witness.take([row]) for row in range(len(taken), len(vectors)))


def test_counts_that_are_out_already_are_reckoned_with():
    frame = with_high([(("d", "a"), 30), (("d", "b"), 30)], {("d", "a"): 5, ("d", "b"): 6})
    cells = cells_of(frame, "2026")
    high = np.bincount(cells.of_row, weights=(frame["verdict"] == "high").to_numpy())
    figure = Figure(high, np.bincount(cells.of_row).astype(float), 0, 1)
    groups = [Group(), Group(("d", "a"))]
    inside = cells.current.members(Group(("d", "a")))
    assert undetermined(cells, groups, figure) == groups
    # given the count of some of the section, of whom the others are all alike
    rest = inside & (high == 0)
    assert rest.any()
    assert not figure.alike(inside & ~rest)
    assert undetermined(cells, groups, figure, [inside & ~rest]) == [Group()]
    # and given one that names everybody's status
    assert undetermined(cells, groups, figure, [rest]) == []
