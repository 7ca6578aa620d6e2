"""Every problem of a delivered row alone, that a sound row has none, and that no row is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.programmes.screening.result_checks import PROBLEMS, Known, check

NUMBER, OTHER = "25100000001", "25100000002"
ON = date(2025, 12, 1)
SOUND: dict[str, Any] = {
    "line": 2, "voucher_number": NUMBER, "name_key": "山田花子", "kana_key": "ヤマダハナコ",
    "birth": date(1970, 5, 5), "test": "lung", "examined_on": date(2025, 7, 1), "institution": "1310000019",
    "code": "B", "outcome": "normal", "implausible": [],
}  # fmt: skip
SCHEMA = {
    "line": pl.Int64, "voucher_number": pl.String, "name_key": pl.String, "kana_key": pl.String, "birth": pl.Date,
    "test": pl.String, "examined_on": pl.Date, "institution": pl.String, "code": pl.String, "outcome": pl.String,
    "implausible": pl.List(pl.String),
}  # fmt: skip


def known(**changes: Any) -> Known:
    person = {"moved_out_on": None, "died_on": None, "voucher_year": 2025} | changes.pop("person", {})
    vouchers = [
        {"voucher_number": n, "voucher": i, "person": i, "birth_right": date(1970, 5, 5),
         "names": ["山田花子", "ヤマダハナコ", "鈴木花子"], **person}
        for i, n in enumerate((NUMBER, OTHER), 1)
    ]  # fmt: skip
    offered = [{"person": i, "test": "lung", "first": date(2025, 6, 1), "last": date(2026, 3, 31)} for i in (1, 2)]
    return Known(
        vouchers=pl.DataFrame(vouchers, schema_overrides={"moved_out_on": pl.Date, "died_on": pl.Date}),
        offered=pl.DataFrame(changes.get("offered", offered)),
        standing=pl.DataFrame(
            changes.get("standing", []), schema={"person": pl.Int64, "test": pl.String, "standing": pl.String}
        ),
        visits=pl.DataFrame(
            changes.get("visits", []), schema={"voucher": pl.Int64, "test": pl.String, "visited_at": pl.String}
        ),
        institutions=frozenset({"1310000019", "1310000027"}),
    )


def problems(*rows: dict[str, Any], knowing: Known | None = None) -> list[list[str]]:
    frame = pl.DataFrame([SOUND | row for row in rows], schema=SCHEMA, orient="row")
    checked = check(frame, knowing or known(), fiscal_year=2025, on=ON)
    assert checked["line"].to_list() == frame["line"].to_list()
    return [list(found) for found in checked["problems"].to_list()]


def test_a_sound_row_has_no_problem():
    assert problems({}) == [[]]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({"voucher_number": ""}, "no_voucher"),
        ({"voucher_number": "2510000000"}, "no_voucher"),
        ({"voucher_number": "25199999999"}, "unknown_voucher"),
        ({"birth": date(1970, 5, 6)}, "wrong_person"),
        ({"birth": None}, "wrong_person"),
        ({"name_key": "佐藤太郎", "kana_key": "サトウタロウ"}, "name_differs"),
        ({"examined_on": None}, "bad_date"),
        ({"examined_on": date(2025, 12, 2)}, "future_date"),
        ({"examined_on": date(2025, 3, 31)}, "outside_year"),
        ({"examined_on": date(2025, 5, 31)}, "outside_period"),
        ({"test": None, "outcome": None}, "unknown_test"),
        ({"test": "breast"}, "not_eligible"),
        ({"outcome": None, "code": None}, "unknown_code"),
        ({"institution": "9999999999"}, "unknown_institution"),
        ({"implausible": ["swapped"]}, "swapped"),
        ({"implausible": ["old_unit"]}, "old_unit"),
        ({"implausible": ["implausible"]}, "implausible"),
        ({"implausible": ["contradiction"]}, "contradiction"),
    ],
)
def test_each_problem_is_found_alone(row, found):
    assert problems(row) == [[found]]


@pytest.mark.parametrize("name", ["鈴木花子", "山田花子"])
def test_a_former_name_is_the_persons_own(name):
    assert problems({"name_key": name, "kana_key": ""}) == [[]]


@pytest.mark.parametrize(
    ("knowing", "found"),
    [
        (known(person={"died_on": date(2025, 6, 30)}), "after_death"),
        (known(person={"moved_out_on": date(2025, 6, 30)}), "after_moving"),
        (known(person={"voucher_year": 2024}), "other_year"),
        (known(visits=[{"voucher": 1, "test": "lung", "visited_at": "1310000027"}]), "taken_elsewhere"),
        (known(standing=[{"person": 1, "test": "lung", "standing": "2025-07-01|B|1310000019"}]), "same_again"),
        (known(standing=[{"person": 1, "test": "lung", "standing": "2025-07-01|E1|1310000019"}]), "conflicts"),
    ],
)
def test_what_the_ward_knows_is_held_against_the_row(knowing, found):
    assert problems({}, knowing=knowing) == [[found]]


@pytest.mark.parametrize("field", ["died_on", "moved_out_on"])
def test_who_was_examined_before_leaving_was_rightly_examined(field):
    assert problems({}, knowing=known(person={field: date(2025, 7, 1)})) == [[]]


def test_two_results_for_one_test_are_both_held_back():
    assert problems({}, {"line": 3}) == [["twice_in_delivery"], ["twice_in_delivery"]]


def test_a_voucher_at_two_places_on_one_day_is_seen_though_the_tests_differ():
    both = [{"person": 1, "test": t, "first": date(2025, 6, 1), "last": date(2026, 3, 31)} for t in ("lung", "breast")]
    found = problems(
        {}, {"line": 3, "test": "breast", "code": "1", "institution": "1310000027"}, knowing=known(offered=both)
    )
    assert found == [["two_places"], ["two_places"]]


def test_every_problem_has_words_and_says_what_to_do():
    for problem in PROBLEMS.values():
        assert problem.label
        assert problem.remedy.endswith("。")


cells = st.fixed_dictionaries(
    {},
    optional={
        "voucher_number": st.sampled_from([NUMBER, OTHER, "", "x", "25199999999"]),
        "birth": st.one_of(st.none(), st.dates(date(1920, 1, 1), date(2020, 1, 1))),
        "examined_on": st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2027, 1, 1))),
        "test": st.sampled_from([None, "lung", "breast", "何か"]),
        "code": st.sampled_from([None, "B", "E1"]),
        "outcome": st.sampled_from([None, "normal", "work_up"]),
        "institution": st.sampled_from(["", "1310000019", "9"]),
        "name_key": st.sampled_from(["", "山田花子", "他人"]),
        "implausible": st.lists(st.sampled_from(["swapped", "old_unit", "implausible"]), unique=True, max_size=3),
    },
)


@settings(max_examples=60)
@given(st.lists(cells, min_size=1, max_size=8))
def test_whatever_is_delivered_every_row_comes_back_once_and_only_with_known_problems(rows):
    numbered = [row | {"line": n} for n, row in enumerate(rows, 2)]
    for found in problems(*numbered):
        assert set(found) <= set(PROBLEMS)
        assert found == sorted(found, key=list(PROBLEMS).index)
