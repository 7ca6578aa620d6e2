"""Made-up group reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import polars as pl

from azukari.programmes.stress_check.groups import Analysis
from azukari.programmes.stress_check.letters.group_report import GroupReport, Response
from tests.unit.stress_check_groups.organisations import analysed, people

SECTIONS = (
    (("総務部", "人事課"), 30),
    (("総務部", "庶務課"), 24),
    (("福祉部", "高齢者課"), 40),
    (("福祉部", "窓口"), 6),
)


def analysis_of(sections: Sequence[tuple[Sequence[str], int]] = SECTIONS, seed: int = 1) -> Analysis:
    answered = people(sections, seed=seed)
    return analysed(answered, invited=pl.concat([answered, answered.head(20)]).drop("respondent"))


@cache
def usual() -> tuple[Analysis, pl.DataFrame]:
    """This year's analysis and the table of the year before."""
    return analysis_of(), analysis_of(seed=2).groups


def report(**more: Any) -> GroupReport:
    """Two departments, a section of six that is withheld, and an earlier year."""
    analysis, before = usual()
    given = {
        "fiscal_year": 2026,
        "office": "見本区 総務部",
        "made_on": date(2026, 12, 10),
        "number": "SC-R8-001",
        "analysis": analysis,
        "earlier": {2025: before},
        "response": Response(120, 100),
        "notes": ("回答期間は9月です。",),
    }
    return GroupReport(**(given | more))


def multiplied(many: int) -> GroupReport:
    """As many departments, from one analysed table: the rows of the first department under other names."""
    analysis, _ = usual()
    own = analysis.groups.filter(pl.col("path").list.first() == "福祉部")
    rows = [analysis.groups.filter(pl.col("path").list.len() == 0)]
    for number in range(many):
        name = f"第{number + 1}地域包括ケア・介護保険連携推進担当部門統括本部"
        rows.append(
            own.with_columns(
                path=pl.concat_list(pl.lit(name), pl.col("path").list.slice(1)).cast(pl.List(pl.String)),
            )
        )
    return report(analysis=replace(analysis, groups=pl.concat(rows)), earlier={})
