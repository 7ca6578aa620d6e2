"""What paper and book of the group analysis share: the report itself, and its rows in words.

Order, names, withheld cells, readings, legend and sources stand here once, so that both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from azukari.programmes.stress_check import groups
from azukari.programmes.stress_check.charts import SEX_WORDS
from azukari.programmes.stress_check.group_cells import SEXES
from azukari.programmes.stress_check.groups import Analysis, ChartSet, parameters_on

from .years import year_words

Row = Mapping[str, Any]

STAR = "＊"
NONE = "−"
WHOLE = "全体"
#: Why a figure is withheld: as the analysis says it → a sentence.
REASONS = {
    "small": "回答した人が10人に満たない集団の数値は、伏せています",
    "complement": "ほかの集団の数値との引き算などで、10人に満たない人の数値が分かってしまう集団も、伏せています",
    "alike": "高ストレスの人数と割合は、全員が同じ判定になるなど、個人の判定が分かってしまう集団では伏せています",
}
#: The same in a cell of the table.
READINGS = {"": "", groups.ATTENTION: "注意", groups.URGENT: "至急"}
SHORT = {"small": "10人未満", "complement": "他から計算できる", "alike": "高ストレスのみ非表示"}
#: What is compared from year to year: title, column, how it is written.
COMPARED = (
    ("受検率", "participation", "{:.1%}"),
    ("総合健康リスク", "risk_total", "{:.0f}"),
    ("高ストレスの割合", "high_rate", "{:.1%}"),
)
_KINDS = {None: "所属別", "sex": "性別", "age_band": "年代別", "job": "職種別"}
_WORD_NUMBER = re.compile(r"(\D*)(\d*)")
_SURENESS = {"verified": "確認済み", "memory": "要確認", "doubtful": "未確認"}


@dataclass(frozen=True)
class Response:
    """How many were asked to take part and how many did, in the whole (counts may be told at any size)."""

    invited: int
    answered: int


@dataclass(frozen=True)
class GroupReport:
    """What a report is made from. ``earlier``: fiscal year → the table that was published then; ``number``: of the
    report; ``notes``: sentences of those who made it.
    """

    fiscal_year: int
    office: str
    made_on: date
    number: str
    analysis: Analysis
    earlier: Mapping[int, pl.DataFrame]
    response: Response
    notes: Sequence[str] = ()

    @property
    def year(self) -> str:
        return year_words(self.fiscal_year)

    @property
    def tables(self) -> dict[int, pl.DataFrame]:
        """All years in order, this one last (a later one is not of this report)."""
        before = {year: self.earlier[year] for year in sorted(self.earlier) if year < self.fiscal_year}
        return {**before, self.fiscal_year: self.analysis.groups}


def ordered(table: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows in the order of the tree (第2課 before 第10課), each node followed by its divisions."""
    kinds = {None: 0, "age_band": 1, "job": 2}

    def key(row: Row) -> tuple[Any, ...]:
        tree = [[(word, int(n) if n else 0) for word, n in _WORD_NUMBER.findall(name)] for name in row["path"]]
        sex = -1 if row["sex"] is None else SEXES.index(row["sex"])
        return tree, kinds.get(row["attribute"], len(kinds)), row["value"] or "", sex

    return sorted(table.to_dicts(), key=key)


def divisions(rows: Sequence[Row], deepest: int | None) -> dict[str, list[Row]]:
    """所属別 with every node, and 性別, 年代別, 職種別 down to ``deepest`` (None: all), those that have rows."""
    found: dict[str, list[Row]] = {title: [] for title in _KINDS.values()}
    for row in rows:
        kind = row["attribute"] or ("sex" if row["sex"] is not None else None)
        if row["attribute"] is not None and row["sex"] is not None:
            continue  # two attributes at once: in the book only
        if kind is None or deepest is None or len(row["path"]) <= deepest:
            found[_KINDS.get(kind, str(kind))].append(row)
    return {title: own for title, own in found.items() if own}


def kind_of(row: Row) -> str:
    """所属別, 性別, 年代別, 職種別."""
    kind = row["attribute"] or ("sex" if row["sex"] is not None else None)
    return _KINDS.get(kind, str(kind))


def path_of(row: Row) -> str:
    return " ＞ ".join(row["path"]) or WHOLE


def value_of(row: Row) -> str:
    """The value of the attribute as words; "" where the row is not divided by one."""
    value = row["value"]
    if value is None:
        return ""
    if row["attribute"] != "age_band":
        return str(value)
    low, dash, high = str(value).partition("-")
    return f"{low}歳{'以上' if not high else f'〜{high}歳'}" if dash and low.isdigit() else str(value)


def name_of(row: Row, with_path: bool = False) -> str:
    """The last word of the path, and what it is divided by: 総務部　40〜59歳　女性."""
    head = path_of(row) if with_path else (row["path"][-1] if row["path"] else WHOLE)
    sex = "" if row["sex"] is None else SEX_WORDS[row["sex"]]
    return "　".join(part for part in (head, value_of(row), sex) if part)


def figure(row: Row, column: str) -> Any:
    """The figure; 「＊」 where it is withheld; 「−」 where there is nothing to count.

    A figure of one sex is withheld when the sexes are not shown, and missing when nobody of that sex answered.
    """
    value = row.get(column)
    if value is not None:
        return value
    if column == "invited" or column not in row or (column == "participation" and row["withheld"] is None):
        return NONE
    of_one_sex = column.endswith(tuple(f"_{sex}" for sex in SEXES))
    return NONE if of_one_sex and row["risk_basis"] == "by_sex" else STAR


def cell(row: Row, column: str, style: str) -> str:
    """The figure as words, formatted where it is a number."""
    value = figure(row, column)
    return value if isinstance(value, str) else style.format(value).replace("%", "％")


def percent(value: float) -> str:
    return f"{value:.1%}".replace("%", "％")


def reading(total: float | None, on: date) -> str:
    """「至急」, 「注意」 or nothing, by the limits of that day."""
    return READINGS[groups.reading(total, on)]


def reason_of(row: Row) -> str:
    return SHORT.get(row["withheld"] or row["high_withheld"] or "", "")


def attention_levels(on: date) -> tuple[float, float]:
    """Total risk from which to look closer, and from which to act at once, in force on a day."""
    values = parameters_on(on)
    return float(values.number("attention")), float(values.number("urgent"))


def sources(on: date, chart: ChartSet) -> list[list[str]]:
    """Rows (what, value, since, source, how sure) of everything the figures rest on."""
    values = parameters_on(on)
    keys = {
        "smallest_group": "集団の下限（人）",
        "attention": "「注意」（この値を超える）",
        "urgent": "「至急」（この値以上）",
        "risk.men": "係数 a、b、c、d（男性）",
        "risk.women": "係数 a、b、c、d（女性）",
        f"means.{chart.key}.men": "全国平均（男性）",
        f"means.{chart.key}.women": "全国平均（女性）",
    }
    found = []
    for key, what in keys.items():
        entry = values.entry(key)
        value = "、".join(map(str, entry.value)) if isinstance(entry.value, list) else str(entry.value)
        found.append([what, value, entry.valid_from.isoformat(), entry.citation, _SURENESS[entry.mark]])
    return found


def legend(attention: float, urgent: float) -> list[str]:
    """How the report is read, for paper and book."""
    return [
        f"「{STAR}」は、伏せた数値です。{REASONS['small']}。{REASONS['complement']}。",
        "「−」は、数えるもとがないことを表します。",
        f"健康リスクは、全国平均を100とした値です。総合健康リスクが{attention:.0f}を超えると「注意」、{urgent:.0f}以上は「至急」です。",
        "リスクAは仕事の量的負担とコントロールから、リスクBは上司と同僚の支援から計算します。総合は、A×B÷100です。",
        "男女それぞれの係数で計算し、人数で重み付けしています。「※」は男女を分けて示せないため、人数の多い性別の図で全員の平均を読んだ値です。",
        "もとは20人ほど以上の集団のための図です。人数の少ない集団では、1人の回答で値が大きく動きます。",
        "受検率は、回答者数÷対象者数です。高ストレス者の割合は、判定できた人のうちの割合です。",
    ]


def coefficients(chart: ChartSet) -> list[list[str]]:
    """Rows of words: sex, then a to d, then the national means of the four scores."""
    return [
        [SEX_WORDS[sex], *(f"{v:.3f}" for v in chart.coefficients[sex]), *(f"{v:.1f}" for v in chart.means[sex])]
        for sex in SEXES
    ]
