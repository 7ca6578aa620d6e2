"""The scoring core: against a slow oracle of one person, and what it withholds and refuses."""

from __future__ import annotations

import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.engine.run import WrongColumns
from azukari.programmes.stress_check.instrument import SCALES
from azukari.programmes.stress_check.parameters import conversion_table, possible_raw
from azukari.programmes.stress_check.rules import AnswersOutOfRange, level_column, score
from tests.unit.stress_check.oracle import item_numbers, level, score_one
from tests.unit.stress_check.respondents import everywhere, scored, set_of, table

WAYS = [
    ("simple_sum", "bjsq57"),
    ("conversion", "bjsq57"),
    ("simple_sum", "bjsq23"),
    ("simple_sum", "bjsq80"),
    ("conversion", "bjsq80"),
]
SEXES = ["male", "female", None]


def drawn(random_: random.Random, instrument: str, missing: float):
    """Answers that lean one way, so that both verdicts and the thresholds between them come up."""
    weights = random_.choice([(4, 3, 2, 1), (1, 2, 3, 4), (1, 1, 1, 1), (1, 3, 3, 1), (1, 0, 0, 1)])
    return {
        n: None if random_.random() < missing else random_.choices((1, 2, 3, 4), weights)[0]
        for n in item_numbers(instrument)
    }


@pytest.mark.parametrize("missing", [0.0, 0.01, 0.3])
@pytest.mark.parametrize(("method", "instrument"), WAYS)
def test_thousands_of_random_respondents_are_scored_as_one_by_one(method, instrument, missing):
    random_ = random.Random(f"{method}{instrument}{missing}")
    people = [(random_.choice(SEXES), drawn(random_, instrument, missing)) for _ in range(2_000)]
    for found, (sex, answers) in zip(scored(people, method, instrument), people, strict=True):
        found.pop("respondent")
        assert found == score_one(answers, sex, method, instrument)


@pytest.mark.parametrize(("method", "instrument"), WAYS)
def test_random_respondents_meet_both_verdicts_and_every_reason(method, instrument):
    random_ = random.Random(7)
    people = [(random_.choice(SEXES), drawn(random_, instrument, 0.03)) for _ in range(2_000)]
    found = scored(people, method, instrument)
    assert {row["verdict"] for row in found} == {"high", "not_high", None}
    reasons = {None, *(f"missing_{areas}" for areas in ("a", "b", "c", "ab", "ac", "bc", "abc"))}
    assert {row["withheld"] for row in found} == reasons | ({"sex_unknown"} if method == "conversion" else set())


@pytest.mark.parametrize(("method", "instrument"), WAYS)
@given(sex=st.sampled_from(SEXES), answered=st.binary(min_size=80, max_size=80), complete=st.booleans())
@settings(max_examples=60)
def test_whatever_is_answered_the_table_says_what_the_oracle_says(method, instrument, sex, answered, complete):
    numbers = item_numbers(instrument)
    answers = {n: 1 + byte % 4 if complete or byte >= 8 else None for n, byte in zip(numbers, answered, strict=False)}
    found = scored([(sex, answers)], method, instrument)[0]
    found.pop("respondent")
    assert found == score_one(answers, sex, method, instrument)


@pytest.mark.parametrize("scale", SCALES)
def test_the_expression_of_a_table_is_the_table_in_every_cell(scale):
    cells = [(raw, sex) for sex in ("male", "female") for raw in possible_raw(scale)]
    frame = pl.DataFrame(
        {
            "raw": pl.Series([raw for raw, _ in cells], dtype=pl.Int8),
            "_female": [sex == "female" for _, sex in cells],
            "_tilted": pl.Series([int(sex == "female") for _, sex in cells], dtype=pl.Int8),
        }
    )
    found = frame.select(level_column(conversion_table().scales[scale], pl.col("raw"))).to_series().to_list()
    assert found == [level(scale, raw, sex) for raw, sex in cells]


@pytest.mark.parametrize(("method", "instrument"), WAYS)
@pytest.mark.parametrize("area", ["a", "b", "c"])
def test_one_missing_answer_withholds_its_scale_and_the_verdict_and_says_where(method, instrument, area):
    numbers = {"a": range(1, 18), "b": range(18, 47), "c": range(47, 56)}[area]
    for n in [n for n in item_numbers(instrument) if n in numbers]:
        row = scored([("male", everywhere(4, instrument) | {n: None})], method, instrument)[0]
        assert (row["verdict"], row["withheld"], row[area]) == (None, f"missing_{area}", None)
        assert [other for other in "abc" if row[other] is None] == [area]


@pytest.mark.parametrize("method", ["simple_sum", "conversion"])
@pytest.mark.parametrize("n", [56, 57])
def test_satisfaction_is_withheld_alone(method, n):
    row = scored([("female", everywhere(4) | {n: None})], method)[0]
    assert (row["verdict"], row["withheld"]) == ("high", None)
    assert [scale for scale in SCALES if row[f"raw_{scale}"] is None] == ["satisfaction"]
    assert [scale for scale in SCALES if row[f"points_{scale}"] is None] == ["satisfaction"]


@pytest.mark.parametrize("n", range(58, 81))
def test_an_item_of_the_80_counts_for_its_own_scale_only(n):
    whole, row = scored(
        [("male", everywhere(2, "bjsq80")), ("male", everywhere(2, "bjsq80") | {n: None})], "conversion", "bjsq80"
    )
    assert row["verdict"] == "not_high"
    assert len([name for name in row if row[name] is None and whole[name] is not None]) == 1


@pytest.mark.parametrize("sex", [None, "", "Male", "不明"])
def test_whose_sex_is_not_known_has_a_simple_sum_and_no_conversion(sex):
    converted = scored([(sex, everywhere(4))], "conversion")[0]
    assert (converted["verdict"], converted["withheld"], converted["a"]) == (None, "sex_unknown", None)
    assert converted["raw_depression"] == 24
    assert converted["level_depression"] is None
    summed = scored([(sex, everywhere(4))], "simple_sum")[0]
    assert (summed["verdict"], summed["withheld"], summed["b"]) == ("high", None, 107)


def test_an_unknown_sex_changes_nothing_for_the_rows_beside_it():
    alone = scored([("female", everywhere(3))], "conversion")[0]
    beside = scored([("female", everywhere(3)), (None, everywhere(3)), ("male", everywhere(3))], "conversion")
    assert beside[0] == alone
    assert (beside[2]["a"], beside[2]["c"]) == (26, 5)


def test_missing_answers_are_named_before_an_unknown_sex():
    row = scored([(None, everywhere(3) | {1: None, 47: None})], "conversion")[0]
    assert row["withheld"] == "missing_ac"


@pytest.mark.parametrize("answer", [0, 5, -1, 99])
def test_an_answer_out_of_range_is_refused_with_its_row_and_item(answer):
    people = [("male", everywhere(1)), ("male", everywhere(2) | {12: answer})]
    with pytest.raises(AnswersOutOfRange) as refused:
        scored(people, "simple_sum")
    assert refused.value.problems == [(2, "q12", answer)]
    assert f"2行目の問12: 「{answer}」" in str(refused.value)


def test_many_answers_out_of_range_are_counted_and_the_first_are_shown():
    with pytest.raises(AnswersOutOfRange) as refused:
        scored([("male", everywhere(5))], "simple_sum")
    assert refused.value.count == 57
    assert len(refused.value.problems) == 10
    assert "ほかに 47 件" in str(refused.value)


@pytest.mark.parametrize("dtype", [pl.Int16, pl.Int64, pl.UInt8])
def test_answers_may_be_wider_numbers(dtype):
    frame = table([("male", everywhere(3))], dtype=dtype)
    assert score(frame, set_of("conversion")).row(0, named=True)["a"] == 26
    wide = table([("male", everywhere(3) | {5: 200})], dtype=dtype)
    with pytest.raises(AnswersOutOfRange):
        score(wide, set_of("conversion"))


def test_answers_that_are_not_numbers_and_missing_columns_are_refused():
    frame = table([("male", everywhere(3))])
    with pytest.raises(WrongColumns, match="q3"):
        score(frame.with_columns(pl.col("q3").cast(pl.String)), set_of("simple_sum"))
    with pytest.raises(WrongColumns, match="q57"):
        score(frame.drop("q57"), set_of("simple_sum"))


def test_no_respondents_give_an_empty_table_of_the_same_columns():
    empty = score(table([]), set_of("conversion"))
    assert empty.height == 0
    assert empty.schema == score(table([("male", everywhere(1))]), set_of("conversion")).schema


@pytest.mark.parametrize(("method", "instrument"), WAYS)
def test_rows_keep_their_order_and_columns_their_type(method, instrument):
    people = [
        (None, everywhere(None, instrument)),
        ("male", everywhere(1, instrument)),
        ("female", everywhere(4, instrument)),
    ]
    found = score(table(people, instrument), set_of(method, instrument))
    assert found["respondent"].to_list() == [101, 102, 103]
    whole = score(table(people[1:2], instrument), set_of(method, instrument))
    assert found.schema == whole.schema
    scores = [name for name in found.columns if name.startswith(("raw_", "level_", "points_"))]
    assert len(scores) == 57
    assert {found.schema[name] for name in (*scores, *"abcqksp")} == {pl.Int8}


@pytest.mark.parametrize("dtype", [pl.Enum(["male", "female"]), pl.Categorical])
def test_the_sex_may_be_a_category(dtype):
    frame = table([("male", everywhere(3)), (None, everywhere(3)), ("female", everywhere(3))])
    found = score(frame.with_columns(pl.col("sex").cast(dtype)), set_of("conversion"))
    assert found["a"].to_list() == [26, None, 27]
