"""The stress check of one person in plain Python, written from the published tables and from nothing in the program.

It reads no file of the programme. Items are named as on the printed form: A1 … A17, B1 … B29, C1 … C9, D1, D2, and 58 … 80.
"""

from __future__ import annotations

from typing import Any

PLACES = {"A": 0, "B": 17, "C": 46, "D": 55}


def number(item: str) -> int:
    """The number in the whole form: B1 is 18."""
    return PLACES[item[0]] + int(item[1:])


def items(letter: str, *numbers: int) -> list[str]:
    return [f"{letter}{n}" for n in numbers]


# 素点: (constant, items subtracted, items added), as the formulas of the table are printed
FORMULAS = {
    "quantitative_load": (15, ["A1", "A2", "A3"], []),
    "qualitative_load": (15, ["A4", "A5", "A6"], []),
    "physical_load": (5, ["A7"], []),
    "interpersonal_stress": (10, ["A12", "A13"], ["A14"]),
    "environment_stress": (5, ["A15"], []),
    "control": (15, ["A8", "A9", "A10"], []),
    "skill_use": (0, [], ["A11"]),
    "suitability": (5, ["A16"], []),
    "meaningfulness": (5, ["A17"], []),
    "vigour": (0, [], ["B1", "B2", "B3"]),
    "irritability": (0, [], ["B4", "B5", "B6"]),
    "fatigue": (0, [], ["B7", "B8", "B9"]),
    "anxiety": (0, [], ["B10", "B11", "B12"]),
    "depression": (0, [], items("B", *range(13, 19))),
    "physical_complaints": (0, [], items("B", *range(19, 30))),
    "supervisor_support": (15, ["C1", "C4", "C7"], []),
    "colleague_support": (15, ["C2", "C5", "C8"], []),
    "family_support": (15, ["C3", "C6", "C9"], []),
    "satisfaction": (10, ["D1", "D2"], []),
}

# 素点換算表: the last raw score of each level; None where the level does not occur. One row for both, or male and female
LAST = {
    "quantitative_load": ((5, 7, 9, 11, 12), (4, 6, 9, 11, 12)),
    "qualitative_load": ((5, 7, 9, 11, 12), (4, 6, 8, 10, 12)),
    "physical_load": ((None, 1, 2, 3, 4),),
    "interpersonal_stress": ((3, 5, 7, 9, 12),),
    "environment_stress": ((None, 1, 2, 3, 4), (1, None, 2, 3, 4)),
    "control": ((4, 6, 8, 10, 12), (3, 5, 8, 10, 12)),
    "skill_use": ((1, 2, 3, 4, None),),
    "suitability": ((1, 2, 3, None, 4),),
    "meaningfulness": ((1, 2, 3, None, 4),),
    "vigour": ((3, 5, 7, 9, 12),),
    "irritability": ((3, 5, 7, 9, 12), (3, 5, 8, 10, 12)),
    "fatigue": ((3, 4, 7, 10, 12), (3, 5, 8, 11, 12)),
    "anxiety": ((3, 4, 7, 9, 12), (3, 4, 7, 10, 12)),
    "depression": ((6, 8, 12, 16, 24), (6, 8, 12, 17, 24)),
    "physical_complaints": ((11, 15, 21, 26, 44), (13, 17, 23, 29, 44)),
    "supervisor_support": ((4, 6, 8, 10, 12), (3, 5, 7, 10, 12)),
    "colleague_support": ((5, 7, 9, 11, 12),),
    "family_support": ((6, 8, 9, 11, 12),),
    "satisfaction": ((3, 4, 6, 7, 8),),
}
# 評価点 = 段階 for these, 6 - 段階 for the rest
GOOD_WHEN_HIGH = {
    "control",
    "skill_use",
    "suitability",
    "meaningfulness",
    "vigour",
    "supervisor_support",
    "colleague_support",
    "family_support",
    "satisfaction",
}
ORDER = list(FORMULAS)
POINTS_OF = {"a": ORDER[0:9], "b": ORDER[9:15], "c": ORDER[15:18]}

REVERSED_IN_SUM = {*items("A", 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 15), *items("B", 1, 2, 3)}
WHOLE = {"a": items("A", *range(1, 18)), "b": items("B", *range(1, 30)), "c": items("C", *range(1, 10))}
SHORT = {
    "a": items("A", 1, 2, 3, 8, 9, 10),
    "b": items("B", 7, 8, 9, 10, 11, 12, 13, 14, 16, 27, 29),
    "c": items("C", 1, 2, 4, 5, 7, 8),
}

NEGATIVE_OF_80 = {58, 59, 64, 75, 77}
SCALES_OF_80 = {
    "emotional_load": [58],
    "role_conflict": [59],
    "role_clarity": [60],
    "growth": [61],
    "pay_reward": [62],
    "esteem_reward": [63],
    "job_security": [64],
    "leadership": [65],
    "supervisor_fairness": [66],
    "praise": [67],
    "failure_tolerance": [68],
    "management_trust": [69],
    "change_handling": [70],
    "individual_respect": [71],
    "fair_appraisal": [72],
    "diversity": [73],
    "career": [74],
    "balance_negative": [75],
    "balance_positive": [76],
    "harassment": [77],
    "unity": [78],
    "engagement": [79, 80],
}


def item_numbers(instrument: str) -> list[int]:
    """The numbers of the items that the questionnaire asks."""
    if instrument == "bjsq23":
        return sorted(number(item) for part in SHORT.values() for item in part)
    return list(range(1, 58 if instrument == "bjsq57" else 81))


def raw_score(scale: str, answers: dict[int, int | None]) -> int | None:
    constant, subtracted, added = FORMULAS[scale]
    total = constant
    for item in subtracted + added:
        answer = answers.get(number(item))
        if answer is None:
            return None
        total = total - answer if item in subtracted else total + answer
    return total


def level(scale: str, raw: int, sex: str) -> int:
    rows = LAST[scale]
    row = rows[-1] if sex == "female" else rows[0]
    for place, last in enumerate(row, start=1):
        if last is not None and raw <= last:
            return place
    raise ValueError((scale, raw))


def points(scale: str, its_level: int) -> int:
    return its_level if scale in GOOD_WHEN_HIGH else 6 - its_level


def simple_sum(part: list[str], answers: dict[int, int | None]) -> int | None:
    total = 0
    for item in part:
        answer = answers.get(number(item))
        if answer is None:
            return None
        total += 5 - answer if item in REVERSED_IN_SUM else answer
    return total


def is_high(method: str, instrument: str, a: int, b: int, c: int) -> bool:
    if method == "conversion":
        return b <= 12 or (a + c <= 26 and b <= 17)
    if instrument == "bjsq23":
        return b >= 31 or (a + c >= 39 and b >= 23)
    return b >= 77 or (a + c >= 76 and b >= 63)


def score_one(
    answers: dict[int, int | None], sex: str | None, method: str, instrument: str = "bjsq57"
) -> dict[str, Any]:
    """Every column of the scored table for one person; ``answers``: item number → 1..4 or None."""
    found: dict[str, Any] = {}
    for scale in ORDER:
        raw = raw_score(scale, answers)
        its_level = None if raw is None or sex not in ("male", "female") else level(scale, raw, sex)
        found[f"raw_{scale}"] = raw
        found[f"level_{scale}"] = its_level
        found[f"points_{scale}"] = None if its_level is None else points(scale, its_level)
    parts = SHORT if instrument == "bjsq23" else WHOLE
    for area in ("a", "b", "c"):
        if method == "simple_sum":
            found[area] = simple_sum(parts[area], answers)
        else:
            stated = [found[f"points_{scale}"] for scale in POINTS_OF[area]]
            found[area] = None if None in stated else sum(stated)
    missing = [area for area in ("a", "b", "c") if any(answers.get(number(i)) is None for i in parts[area])]
    found["withheld"] = None
    found["verdict"] = None
    if missing:
        found["withheld"] = "missing_" + "".join(missing)
    elif method == "conversion" and sex not in ("male", "female"):
        found["withheld"] = "sex_unknown"
    else:
        high = is_high(method, instrument, found["a"], found["b"], found["c"])
        found["verdict"] = "high" if high else "not_high"
    charts = {"q": "quantitative_load", "k": "control", "s": "supervisor_support", "p": "colleague_support"}
    found |= {name: found[f"raw_{scale}"] for name, scale in charts.items()}
    if instrument == "bjsq80":
        found |= {f"score_{scale}": new_score(numbers, answers) for scale, numbers in SCALES_OF_80.items()}
    return found


def new_score(numbers: list[int], answers: dict[int, int | None]) -> float | None:
    """新職業性ストレス簡易調査票: high is favourable."""
    stated = []
    for n in numbers:
        answer = answers.get(n)
        if answer is None:
            return None
        stated.append(answer if n in NEGATIVE_OF_80 else 5 - answer)
    return sum(stated) / len(stated)
