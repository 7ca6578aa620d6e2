"""集団分析の報告書: the figures of groups as a PDF, in the order in which the ward reads them, and as an Excel book.

Everything printed comes from ``groups.analyse``, which has left out what must not be published; nothing is computed
here from what it withheld. A withheld figure is 「＊」 with its reason, never an empty cell. Every page names the
reference set; the coefficients stand under the charts, for they differ between editions of the chart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from azukari.letters.typst import render_pdf
from azukari.programmes.stress_check.charts import KINDS, SEX_WORDS, Point, judgement_chart
from azukari.programmes.stress_check.group_cells import SEXES
from azukari.programmes.stress_check.groups import CHART, ChartSet
from azukari.programmes.stress_check.profile_charts import lines
from azukari.vocabulary.wareki import to_wareki

from .group_book import group_xlsx
from .group_rows import (
    COMPARED,
    GroupReport,
    Response,
    attention_levels,
    cell,
    coefficients,
    divisions,
    legend,
    name_of,
    ordered,
    percent,
    reading,
    reason_of,
    sources,
)
from .office_password import with_password
from .years import year_words

__all__ = ["GroupReport", "Response", "group_pdf", "group_xlsx", "pages", "with_password"]

Fonts = Sequence[Path | str]
Row = Mapping[str, Any]

TEMPLATE = Path(__file__).resolve().parent / "group_report.typ"
#: Points of one chart, the whole among them; the chart's legend has room for no more.
POINTS_IN_CHART = 14
#: The table by sex, age and job goes this deep on paper; the Excel book has every row.
_DEPTH_ON_PAPER = 1


def group_pdf(report: GroupReport, *, fonts: Fonts = ()) -> bytes:
    """Cover, charts by sex, tables of groups, year on year, sources; any number of groups.

    :raises LetterNotDrawn: see ``letters.typst.render_pdf``.
    """
    return render_pdf(TEMPLATE, pages(report), fonts)


def pages(report: GroupReport) -> dict[str, Any]:
    """What ``group_report.typ`` prints: words as they stand there, and drawings as SVG."""
    rows = ordered(report.analysis.groups)
    return {
        "title": "ストレスチェック　集団分析報告書",
        "year": report.year,
        "office": report.office,
        "made_on": to_wareki(report.made_on),
        "number": report.number,
        "chart_set": f"{report.analysis.chart.name}（セット {report.analysis.chart.key}）",
        "response": _response(report.response),
        "withheld": _withheld(rows),
        "legend": legend(*attention_levels(report.made_on)),
        "notes": list(report.notes),
        "headlines": _headlines(rows, report.made_on),
        "charts": list(_charts(rows, report.analysis.chart)),
        "coefficients": coefficients(report.analysis.chart),
        "tables": [
            {"title": title, "rows": [_line(row, report.made_on) for row in found]}
            for title, found in divisions(rows, _DEPTH_ON_PAPER).items()
        ],
        "years": _years(report),
        "sources": sources(report.made_on, report.analysis.chart),
    }


def _response(response: Response) -> list[str]:
    rate = percent(response.answered / response.invited) if response.invited else "−"
    return [f"{response.invited:,}", f"{response.answered:,}", rate]


def _withheld(rows: Sequence[Row]) -> list[list[str]]:
    """(kind of group, all, shown, then by reason) as words."""
    found = []
    for title, own in divisions(rows, None).items():
        by_reason = [sum(1 for row in own if row["withheld"] == reason) for reason in ("small", "complement")]
        alike = sum(1 for row in own if row["withheld"] is None and row["high_withheld"] is not None)
        shown = len(own) - sum(by_reason)
        found.append([title, *(f"{count:,}" for count in (len(own), shown, *by_reason, alike))])
    return found


def _headlines(rows: Sequence[Row], on: date) -> list[str]:
    """The two or three sentences that a reader takes away; they name only figures of the table."""
    whole = next((row for row in rows if not row["path"] and row["attribute"] is None and row["sex"] is None), None)
    if whole is None or whole["risk_total"] is None:
        return ["全体の数値は公表できません（人数が少ないため）。"]
    found = [f"全体の総合健康リスクは{whole['risk_total']:.0f}です（全国平均100）。"]
    if whole["high_rate"] is not None:
        found.append(f"高ストレスの人は{whole['high']:,}人、判定できた人の{percent(whole['high_rate'])}です。")
    nodes = [row for row in rows if row["path"] and row["attribute"] is None and row["sex"] is None]
    words = [reading(row["risk_total"], on) for row in nodes]
    found.append(
        f"所属別の集団{len(nodes):,}のうち、「至急」が{words.count('至急'):,}、「注意」が{words.count('注意'):,}です。"
    )
    return found


def _charts(rows: Sequence[Row], chart: ChartSet) -> Iterator[dict[str, Any]]:
    """For each sex: the whole with the departments, so many at a time that their names have room."""
    whole = [row for row in rows if not row["path"] and row["attribute"] is None and row["sex"] is None]
    top = [row for row in rows if len(row["path"]) == 1 and row["attribute"] is None and row["sex"] is None]
    step = POINTS_IN_CHART - 1
    for sex in SEXES:
        shown = [row for row in top if row[f"mean_q_{sex}"] is not None]
        hidden = [name_of(row) for row in top if row[f"mean_q_{sex}"] is None]
        for start in range(0, max(len(shown), 1), step):
            points = [row for row in whole if row[f"mean_q_{sex}"] is not None] + shown[start : start + step]
            drawn = KINDS.items() if points else ()
            part = f"（{start // step + 1}）" if len(shown) > step else ""
            yield {
                "title": f"仕事のストレス判定図　{SEX_WORDS[sex]}{part}",
                "drawings": [
                    judgement_chart(kind, chart, _points(points, kind.first, sex), sex=sex, identity=f"{key}-{sex}")
                    for key, kind in drawn
                ],
                "names": [[str(n), name_of(row)] for n, row in enumerate(points, 1)],
                "hidden": hidden if start == 0 else [],
            }


def _points(rows: Sequence[Row], first: int, sex: str) -> list[Point]:
    x, y = CHART[first : first + 2]
    return [Point(name_of(row), row[f"mean_{x}_{sex}"], row[f"mean_{y}_{sex}"], sex) for row in rows]


def _line(row: Row, on: date) -> dict[str, Any]:
    """One row of the paper's tables. ``mark``: the word for the total risk, or ""."""
    total = row["risk_total"]
    mark = "※" if row["risk_basis"] == "one_chart" else ""
    return {
        "depth": len(row["path"]) if row["attribute"] is None and row["sex"] is None else 0,
        "name": name_of(row, with_path=row["attribute"] is not None or row["sex"] is not None),
        "cells": [
            cell(row, "invited", "{:,}"),
            cell(row, "answered", "{:,}"),
            cell(row, "participation", "{:.1%}"),
            cell(row, "risk_a", "{:.0f}"),
            cell(row, "risk_b", "{:.0f}"),
            cell(row, "risk_total", "{:.0f}") + mark,
        ],
        "mark": reading(total, on),
        "high": cell(row, "high_rate", "{:.1%}"),
        "reason": reason_of(row),
    }


def _years(report: GroupReport) -> dict[str, Any] | None:
    """Lines of the whole and a table of the departments by year; None in the first year."""
    tables = report.tables
    if len(tables) < 2:
        return None
    names = [year_words(year) for year in tables]
    wholes = [_whole(table) for table in tables.values()]
    risks = [("総合", "risk_total"), ("リスクA", "risk_a"), ("リスクB", "risk_b")]
    high = [("高ストレス", "high_rate")]
    by_name = [{name_of(row): row for row in _departments(table)} for table in tables.values()]
    every = list(dict.fromkeys(name for rows in reversed(by_name) for name in rows))
    return {
        "names": names,
        "drawings": [
            lines("健康リスク（全体、全国平均100）", names, _series(wholes, risks, 1), identity="risks"),
            lines(
                "高ストレスの人の割合（全体）", names, _series(wholes, high, 100), unit="％", digits=1, identity="high"
            ),
        ],
        "groups": [title for title, _, _ in COMPARED],
        "rows": [
            [name, *(_of_year(rows, name, column, style) for _, column, style in COMPARED for rows in by_name)]
            for name in every
        ],
    }


def _series(
    wholes: Sequence[Row], columns: Sequence[tuple[str, str]], factor: float
) -> list[tuple[str, list[float | None]]]:
    return [(name, [None if row.get(key) is None else row[key] * factor for row in wholes]) for name, key in columns]


def _whole(table: pl.DataFrame) -> Row:
    return next((row for row in _departments(table) if not row["path"]), {})


def _departments(table: pl.DataFrame) -> list[Row]:
    """The whole and the top of the tree."""
    return [row for row in ordered(table) if len(row["path"]) < 2 and row["attribute"] is None and row["sex"] is None]


def _of_year(rows: Mapping[str, Row], name: str, column: str, style: str) -> str:
    return cell(rows[name], column, style) if name in rows else "−"
