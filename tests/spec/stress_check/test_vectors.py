"""ストレスチェックの採点: the conformance vectors (CSV, readable by an occupational physician) against the program."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from azukari.programmes.stress_check.instrument import SCALES, instrument
from azukari.programmes.stress_check.parameters import conversion_table, possible_raw
from azukari.programmes.stress_check.rules import score
from tests.spec.stress_check.write_vectors import FILES, write
from tests.unit.stress_check import oracle
from tests.unit.stress_check.respondents import everywhere, scored, set_of, table

HERE = Path(__file__).parent
SEX = {"男": "male", "女": "female"}
VERDICT = {"高ストレス": "high", "該当しない": "not_high"}


def rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_the_one_that_its_script_writes(name, tmp_path):
    write(tmp_path)
    assert (tmp_path / name).read_bytes() == (HERE / name).read_bytes()


def answers_of(words: str, sex: str) -> dict[int, int | None]:
    """The answers of an example; the worst and best by the direction that each item has in the simple sum."""
    if words[-1].isdigit():
        return everywhere(int(words[-1]))
    worst = dict.fromkeys(range(1, 58), 4) | {oracle.number(item): 1 for item in oracle.REVERSED_IN_SUM}
    return worst if "悪い" in words else {n: 5 - answer for n, answer in worst.items()}


@pytest.mark.parametrize("row", rows("published_examples.csv"), ids=lambda row: f"{row['回答']}-{row['方法']}")
def test_published_examples(row):
    sex = "female" if "女" in row["方法"] else "male"
    method = "simple_sum" if row["方法"] == "単純合計" else "conversion"
    found = scored([(sex, answers_of(row["回答"], sex))], method)[0]
    assert [found[area] for area in "abc"] == [int(row[area]) for area in "ABC"]
    assert found["verdict"] == VERDICT[row["判定"]]


def answers_with_raw(scale: str, raw: int) -> dict[int, int | None]:
    """Answers of which the scale's items come to that raw score (all other items 2)."""
    _, subtracted, added = oracle.FORMULAS[scale]
    left, answers = raw, everywhere(2)
    places = subtracted + added
    for at, item in enumerate(places):
        worth = min(4, left - (len(places) - at - 1))
        answers[oracle.number(item)] = 5 - worth if item in subtracted else worth
        left -= worth
    return answers


def test_every_raw_value_of_every_table_for_both_sexes():
    listed = rows("conversion_table.csv")
    wanted = {(s, sex, raw) for s in SCALES for sex in SEX for raw in possible_raw(s)}
    assert {(row["尺度"], row["性別"], int(row["素点"])) for row in listed} == wanted
    people = [(SEX[row["性別"]], answers_with_raw(row["尺度"], int(row["素点"]))) for row in listed]
    for row, found in zip(listed, scored(people, "conversion"), strict=True):
        stated = [found[f"{kind}_{row['尺度']}"] for kind in ("raw", "level", "points")]
        assert stated == [int(row[name]) for name in ("素点", "段階", "評価点")], row
        assert conversion_table().scales[row["尺度"]].points(int(row["段階"])) == int(row["評価点"])


@pytest.mark.parametrize("row", rows("reversed_items.csv"), ids=lambda row: row["設問"])
def test_every_item_of_the_simple_sum_turns_as_printed(row):
    n, area = int(row["通し番号"]), row["設問"][0].lower()
    assert instrument().item(f"q{n}").reversed_in_sum == bool(row["逆転"])
    totals = [
        found[area]
        for found in scored([("male", everywhere(2) | {n: answer}) for answer in (1, 2, 3, 4)], "simple_sum")
    ]
    worth = [int(row[f"{answer}の点"]) for answer in (1, 2, 3, 4)]
    assert [total - totals[0] for total in totals] == [points - worth[0] for points in worth]


def summing_to(total: int, items: list[str]) -> dict[int, int | None]:
    """Answers of which these items add up to that total of the simple sum."""
    answers: dict[int, int | None] = {}
    for at, item in enumerate(items):
        worth = max(1, min(4, total - (len(items) - at - 1)))
        answers[oracle.number(item)] = 5 - worth if item in oracle.REVERSED_IN_SUM else worth
        total -= worth
    assert total == 0
    return answers


def _level_with(points: int, scale: str) -> int | None:
    """A raw score of a man that has these points; None where the table has none."""
    for raw in possible_raw(scale):
        if oracle.points(scale, oracle.level(scale, raw, "male")) == points:
            return raw
    return None


def converting_to(total: int, scales: list[str]) -> dict[int, int | None]:
    """Answers of a man whose points of these scales add up to that total."""

    def choices(scale: str) -> list[int]:
        return [points for points in range(1, 6) if _level_with(points, scale) is not None]

    answers: dict[int, int | None] = {}
    for at, scale in enumerate(scales):
        least = sum(min(choices(other)) for other in scales[at + 1 :])
        most = sum(max(choices(other)) for other in scales[at + 1 :])
        points = next(p for p in reversed(choices(scale)) if least <= total - p <= most)
        raw = _level_with(points, scale)
        assert raw is not None
        numbers = [oracle.number(i) for i in oracle.FORMULAS[scale][1] + oracle.FORMULAS[scale][2]]
        answers |= {n: answer for n, answer in answers_with_raw(scale, raw).items() if n in numbers}
        total -= points
    assert total == 0
    return answers


def answers_at(row: dict[str, str]) -> dict[int, int | None]:
    both, b = int(row["A+C"]), int(row["B"])
    if row["判定方法"] == "素点換算表":
        parts = oracle.POINTS_OF
        return everywhere(2) | converting_to(both, parts["a"] + parts["c"]) | converting_to(b, parts["b"])
    items = oracle.SHORT if row["様式"] == "bjsq23" else oracle.WHOLE
    return everywhere(2, row["様式"]) | summing_to(both, items["a"] + items["c"]) | summing_to(b, items["b"])


@pytest.mark.parametrize("row", rows("boundaries.csv"), ids=lambda row: "-".join(row.values()))
def test_every_boundary_of_both_methods_and_of_the_short_form(row):
    method: Any = "conversion" if row["判定方法"] == "素点換算表" else "simple_sum"
    frame = table([("male", answers_at(row))], row["様式"])
    found = score(frame, set_of(method, row["様式"])).with_columns(both=pl.col("a") + pl.col("c")).row(0, named=True)
    assert (found["both"], found["b"]) == (int(row["A+C"]), int(row["B"]))
    assert found["verdict"] == VERDICT[row["判定"]]
