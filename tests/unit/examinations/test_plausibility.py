"""What cannot be true: each rule at its edge, and the table of many against the list of one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.examinations.items import Value, items, value_of
from azukari.examinations.plausibility import implausible, problems

from .documents import MEASURED, full_values

NUMBERS = [key for key, item in items().items() if item.kind == "PQ"]


def keys(*, sex: str = "male", age: int | None = 61, **texts: str) -> list[str]:
    return [problem.key for problem in problems([value_of(k, t) for k, t in texts.items()], sex=sex, age=age)]


def test_a_full_plausible_checkup_has_no_problem():
    assert problems(full_values(), sex="male", age=61) == []


@pytest.mark.parametrize("key", NUMBERS)
def test_the_bounds_of_every_range_are_inside_it(key):
    item = items()[key]
    step = Decimal(1).scaleb(-item.decimals)
    sex = item.sex or "female"
    for number, outside in ((item.lowest, False), (item.highest, False), (item.highest + step, True)):
        assert (f"{key}.outside_range" in keys(sex=sex, **{key: str(number)})) == outside
    if item.lowest >= step:
        assert f"{key}.outside_range" in keys(sex=sex, **{key: str(item.lowest - step)})


def test_swapped_height_and_weight_are_one_problem():
    assert keys(height="61.4", weight="165.2", bmi="22.5") == ["height.swapped"]
    assert keys(height="165.2", weight="61.4", bmi="22.5") == []


def test_a_height_below_the_weight_that_is_impossible_either_way_is_no_swap():
    assert keys(height="90", weight="240") == ["height.outside_range"]
    assert "height.swapped" not in keys(height="15", weight="150")


@pytest.mark.parametrize(("low", "wrong"), [("119", False), ("120", True), ("121", True)])
def test_the_upper_pressure_is_above_the_lower(low, wrong):
    for number in ("", "_1", "_2"):
        found = keys(**{f"systolic{number}": "120", f"diastolic{number}": low})
        assert found == ([f"systolic{number}.pressure"] if wrong else [])
    assert keys(systolic_1="120", diastolic_2="130") == []


@pytest.mark.parametrize(("bmi", "wrong"), [("24.8", False), ("24.7", True), ("25.2", False), ("25.3", True)])
def test_bmi_fits_height_and_weight(bmi, wrong):
    assert keys(height="200", weight="100", bmi=bmi) == (["bmi.differs"] if wrong else [])


def test_old_hba1c_is_put_to_a_person_with_the_converted_value():
    (problem,) = problems([value_of("hba1c_jds", "5.2")], sex="", age=None)
    assert problem.key == "hba1c_jds.old_unit"
    assert "5.2" in problem.sentence
    assert "5.6" in problem.sentence


@pytest.mark.parametrize(("unit", "wrong"), [("mg/dL", False), ("MG/DL", False), ("", False), ("mmol/L", True)])
def test_a_wrong_unit_is_seen_and_another_spelling_is_not_wrong(unit, wrong):
    value = replace(value_of("glucose", "94"), unit=unit)
    assert [found.key for found in problems([value], sex="", age=40)] == (["glucose.wrong_unit"] if wrong else [])


@pytest.mark.parametrize(
    ("key", "unit"), [("systolic", "mmHg"), ("ast", "IU/L"), ("red_cells", "万/mm³"), ("bmi", "kg/m²")]
)
def test_the_unit_for_people_is_right_too(key, unit):
    assert problems([replace(value_of(key, MEASURED[key]), unit=unit)], sex="", age=40) == []


def test_what_was_not_measured_is_no_problem_and_a_text_instead_of_a_number_is_one():
    silent = [
        Value(item="hdl", code="3F070000002327101", not_done=True),
        replace(value_of("psa", "0.008"), number=None, beyond="L"),
        Value(item=None, code="9Z999000000000001", kind="PQ", text="x"),
    ]
    assert problems(silent, sex="male", age=61) == []
    assert keys(glucose="九十四") == ["glucose.not_a_number"]


@pytest.mark.parametrize(("sex", "wrong"), [("male", False), ("female", True), ("", False)])
def test_a_test_of_the_other_sex_is_a_problem(sex, wrong):
    assert keys(sex=sex, psa="1.2") == (["psa.other_sex"] if wrong else [])


@pytest.mark.parametrize(("age", "wrong"), [(15, False), (16, True), (17, True), (None, True)])
def test_the_ranges_are_those_of_adults(age, wrong):
    assert keys(age=age, height="95") == (["height.outside_range"] if wrong else [])


def test_an_item_delivered_twice_is_looked_at_twice():
    values = [value_of("glucose", "94"), value_of("glucose", "9400")]
    assert [problem.key for problem in problems(values, sex="", age=40)] == ["glucose.outside_range"]


def _numbers(key: str) -> st.SearchStrategy[str | None]:
    item = items()[key]
    near = [item.lowest, item.highest, Decimal(0), Decimal(150), Decimal(60)]
    step = Decimal(1).scaleb(-item.decimals)
    edges = [number + by for number in near for by in (-step, Decimal(0), step) if number + by >= 0]
    free = st.decimals(0, int(item.highest) * 2, places=item.decimals)
    return st.none() | (st.sampled_from(edges) | free).map(lambda number: format(number, "f"))


PEOPLE = st.lists(
    st.fixed_dictionaries(
        {key: _numbers(key) for key in NUMBERS},
    ),
    min_size=1,
    max_size=3,
)
SEX_AND_AGE = st.tuples(st.sampled_from(["male", "female", "", None]), st.none() | st.integers(14, 18))


@given(people=PEOPLE, who=st.lists(SEX_AND_AGE, min_size=3, max_size=3))
def test_the_table_of_many_says_what_the_list_of_one_says(people, who):
    who = who[: len(people)]
    columns = {key: [None if row[key] is None else float(row[key]) for row in people] for key in NUMBERS}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(NUMBERS, pl.Float64)).with_columns(
        sex=pl.Series([sex for sex, _ in who], dtype=pl.String), age=pl.Series([age for _, age in who], dtype=pl.Int16)
    )
    one_by_one = [
        keys(sex=sex or "", age=age, **{key: text for key, text in row.items() if text is not None})
        for row, (sex, age) in zip(people, who, strict=True)
    ]
    assert implausible(frame)["problems"].to_list() == one_by_one


def test_the_table_takes_any_columns_and_keeps_them():
    frame = pl.DataFrame({"row": [1, 2, 3], "systolic": [120.0, None, float("nan")], "diastolic": [130.0, 80.0, 80.0]})
    checked = implausible(frame)
    assert checked.columns == [*frame.columns, "problems"]
    assert checked["problems"].to_list() == [["systolic.pressure"], [], []]
    assert checked.schema["problems"] == pl.List(pl.String)
    assert implausible(pl.DataFrame({"row": [1, 2]}))["problems"].to_list() == [[], []]
    assert implausible(frame.clear())["problems"].to_list() == []
    assert implausible(pl.DataFrame({"height": [0.0], "weight": [60.0], "bmi": [22.0]}))["problems"].to_list() == [
        ["height.outside_range"]
    ]
