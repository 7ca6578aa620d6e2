"""Writes the conformance vectors of the stress check: ``python -m tests.spec.stress_check.write_vectors``.

The expected values come from the independent transcription in ``tests/unit/stress_check/oracle.py`` (and, for the
published examples, from the fact sheet's own figures below), never from the code under test.
"""

from __future__ import annotations

import csv
from pathlib import Path

from tests.unit.stress_check import oracle

HERE = Path(__file__).parent
SEX = {"male": "男", "female": "女"}
VERDICT = {True: "高ストレス", False: "該当しない"}

# 回答, 単純合計 A B C 判定, 男の評価点 A B C 判定, 女の評価点 A B C 判定
EXAMPLES = [
    ("すべて1", (50, 38, 9, False), (22, 26, 15, False), (22, 26, 15, False)),
    ("すべて2", (45, 61, 18, False), (24, 17, 10, False), (23, 18, 10, False)),
    ("すべて3", (40, 84, 27, True), (26, 12, 5, True), (27, 12, 6, True)),
    ("すべて4", (35, 107, 36, True), (28, 10, 3, True), (29, 10, 3, True)),
    ("すべて最も悪い回答", (68, 116, 36, True), (9, 6, 3, True), (9, 6, 3, True)),
    ("すべて最も良い回答", (17, 29, 9, False), (42, 30, 15, False), (43, 30, 15, False)),
]

# 判定方法, 様式, B だけの値, A+C の値, そのときの B の値
LIMITS = [
    ("単純合計判定法", "bjsq57", 77, 76, 63),
    ("素点換算表", "bjsq57", 12, 26, 17),
    ("単純合計判定法", "bjsq23", 31, 39, 23),
]


def example_rows() -> list[list[object]]:
    return [
        [name, basis, *(values[:3]), VERDICT[values[3]]]
        for name, *three in EXAMPLES
        for basis, values in zip(("単純合計", "換算（男）", "換算（女）"), three, strict=True)
    ]


def table_rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for scale, (_, subtracted, added) in oracle.FORMULAS.items():
        count = len(subtracted) + len(added)
        for sex, word in SEX.items():
            for raw in range(count, 4 * count + 1):
                level = oracle.level(scale, raw, sex)
                rows.append([scale, word, raw, level, oracle.points(scale, level)])
    return rows


def boundary_rows() -> list[list[object]]:
    """n−1, n, n+1 of each value, the other condition first met and then just not."""
    rows: list[list[object]] = []
    for method, form, alone, together, with_b in LIMITS:
        up = method == "単純合計判定法"
        short = -1 if up else 1
        cases = [(alone + d, together + 5 * short) for d in (-1, 0, 1)]
        cases += [
            (b + d, total) for b in (with_b,) for d in (-1, 0, 1) for total in (together - 1, together, together + 1)
        ]
        for b, total in cases:
            high = (
                (b >= alone or (total >= together and b >= with_b))
                if up
                else (b <= alone or (total <= together and b <= with_b))
            )
            rows.append([method, form, total, b, VERDICT[high]])
    return rows


def reversed_rows() -> list[list[object]]:
    rows: list[list[object]] = []
    for letter, count in (("A", 17), ("B", 29), ("C", 9)):
        for n in range(1, count + 1):
            item = f"{letter}{n}"
            turned = item in oracle.REVERSED_IN_SUM
            rows.append(
                [item, oracle.number(item), "逆転" if turned else "", *((4, 3, 2, 1) if turned else (1, 2, 3, 4))]
            )
    return rows


FILES = {
    "published_examples.csv": (["回答", "方法", "A", "B", "C", "判定"], example_rows),
    "conversion_table.csv": (["尺度", "性別", "素点", "段階", "評価点"], table_rows),
    "boundaries.csv": (["判定方法", "様式", "A+C", "B", "判定"], boundary_rows),
    "reversed_items.csv": (["設問", "通し番号", "逆転", "1の点", "2の点", "3の点", "4の点"], reversed_rows),
}


def write(folder: Path = HERE) -> None:
    for name, (heading, rows) in FILES.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([heading, *rows()])


if __name__ == "__main__":
    write()
