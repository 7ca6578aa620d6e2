"""The group analysis as an Excel book for those who go on reckoning: figures as numbers, withheld ones as 「＊」.

It holds what the frame of ``groups.analyse`` holds and no more: a cell that was withheld there does not exist here, not
even hidden. Texts are written as texts, never as formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from azukari.programmes.stress_check.charts import SEX_WORDS
from azukari.programmes.stress_check.group_cells import SEXES
from azukari.programmes.stress_check.instrument import SCALES, instrument

from .group_rows import (
    COMPARED,
    REASONS,
    GroupReport,
    attention_levels,
    coefficients,
    figure,
    kind_of,
    legend,
    name_of,
    ordered,
    path_of,
    reading,
    reason_of,
    sources,
    value_of,
)
from .years import year_words

Row = Mapping[str, Any]

_COUNT, _RATE, _RISK, _MEAN = "count", "rate", "tenths", "mean"
_FORMATS = {_COUNT: "#,##0", _RATE: "0.0%", _RISK: "0", _MEAN: "0.00"}
_RISKS = {"risk_total": "総合健康リスク", "risk_a": "リスクA", "risk_b": "リスクB"}
_SCORES = {"q": "量的負担", "k": "コントロール", "s": "上司の支援", "p": "同僚の支援"}
_WORD_COLUMNS = (("種類", 10), ("集団", 56), ("階層", 6), ("内訳", 14), ("性別", 8))


def _columns(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Column of the frame → heading and kind of number, for those that the frame has."""
    found = {
        "invited": ("対象者数", _COUNT), "answered": ("回答者数", _COUNT), "participation": ("受検率", _RATE),
        **{key: (word, _RISK) for key, word in _RISKS.items()},
        "judged": ("判定できた人", _COUNT), "high": ("高ストレスの人", _COUNT),
        "high_rate": ("高ストレスの割合", _RATE),
        **{f"mean_{key}": (f"{word}（平均）", _MEAN) for key, word in _SCORES.items()},
    }  # fmt: skip
    for sex in SEXES:
        word = SEX_WORDS[sex]
        found[f"answered_{sex}"] = (f"回答者数（{word}）", _COUNT)
        found |= {f"risk_{key}_{sex}": (f"{_RISKS[f'risk_{key}']}（{word}）", _RISK) for key in ("total", "a", "b")}
        found |= {f"mean_{key}_{sex}": (f"{said}（平均、{word}）", _MEAN) for key, said in _SCORES.items()}
    scales = instrument().scale_names
    found |= {f"mean_points_{key}": (f"{scales[key]['ja']}（評価点の平均）", _MEAN) for key in SCALES}
    return {key: said for key, said in found.items() if key in names}


def group_xlsx(report: GroupReport) -> bytes:
    """The book: 集団 (every row), 年度比較, 伏せた理由, 出典. Not yet behind a password (``with_password``)."""
    file = BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, plain)
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _FORMATS.items()} | {
        "head": book.add_format(
            {
                "bold": True,
                "bg_color": "#e6e6e6",
                "text_wrap": True,
                "valign": "vcenter",
                "align": "center",
                "border": 1,
            }
        ),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "mark": book.add_format({"align": "right"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
    }
    _groups_sheet(book, formats, report)
    _years_sheet(book, formats, report)
    _reasons_sheet(book, formats, report)
    _sources_sheet(book, formats, report)
    book.close()
    return file.getvalue()


def _begin(book: Any, formats: Mapping[str, Any], report: GroupReport, name: str, heads: Sequence[str]) -> Any:
    """A sheet with its title, its head in row 4 (frozen), set up for A4 across."""
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, f"{report.year}　ストレスチェック　集団分析　{name}", formats["title"])
    sheet.write_string(1, 0, f"{report.office}　{report.number}　{report.made_on.isoformat()}")
    for column, head in enumerate(heads):
        sheet.write_string(3, column, head, formats["head"])
    sheet.set_row(3, 45)
    sheet.freeze_panes(4, 2 if name == "集団" else 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.repeat_rows(3)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")
    return sheet


def _write(sheet: Any, line: int, column: int, value: Any, kind: str, formats: Mapping[str, Any]) -> None:
    if isinstance(value, str):
        sheet.write_string(line, column, value, formats["mark"])
    else:
        sheet.write_number(line, column, value, formats[kind])


def _groups_sheet(book: Any, formats: Mapping[str, Any], report: GroupReport) -> None:
    rows, columns = ordered(report.analysis.groups), _columns(report.analysis.groups.columns)
    heads = [*(head for head, _ in _WORD_COLUMNS), "読み方", "伏せたわけ", *(head for head, _ in columns.values())]
    sheet = _begin(book, formats, report, "集団", heads)
    sheet.write_string(2, 0, f"全国平均：{report.analysis.chart.name}（セット {report.analysis.chart.key}）")
    for line, row in enumerate(rows, 4):
        words = [kind_of(row), path_of(row), "", value_of(row), SEX_WORDS[row["sex"]] if row["sex"] else ""]
        for column, word in enumerate([*words, reading(row["risk_total"], report.made_on), reason_of(row)]):
            sheet.write_string(line, column, word)
        sheet.write_number(line, 2, len(row["path"]))
        for column, (key, (_, kind)) in enumerate(columns.items(), len(words) + 2):
            _write(sheet, line, column, figure(row, key), kind, formats)
    for column, (_, width) in enumerate(_WORD_COLUMNS):
        sheet.set_column(column, column, width)
    sheet.set_column(len(_WORD_COLUMNS), len(_WORD_COLUMNS), 8)
    sheet.set_column(len(_WORD_COLUMNS) + 1, len(_WORD_COLUMNS) + 1, 20)
    sheet.set_column(len(_WORD_COLUMNS) + 2, len(heads) - 1, 12)
    sheet.autofilter(3, 0, 3 + len(rows), len(heads) - 1)
    sheet.fit_to_pages(2, 0)
    sheet.repeat_columns(0, 1)


def _years_sheet(book: Any, formats: Mapping[str, Any], report: GroupReport) -> None:
    """Every node of any year, the newest year's order first; a year in which it did not exist is 「−」."""
    years = report.tables
    kinds = (_RATE, _RISK, _RATE)
    heads = ["集団", *(f"{title}\n{year_words(year)}" for title, _, _ in COMPARED for year in years)]
    sheet = _begin(book, formats, report, "年度比較", heads)
    nodes = [
        {path_of(row): row for row in ordered(table) if row["attribute"] is None and row["sex"] is None}
        for table in years.values()
    ]
    every = list(dict.fromkeys(path for rows in reversed(nodes) for path in rows))
    for line, path in enumerate(every, 4):
        sheet.write_string(line, 0, path)
        column = 1
        for (_, key, _), kind in zip(COMPARED, kinds, strict=True):
            for rows in nodes:
                _write(sheet, line, column, figure(rows[path], key) if path in rows else "−", kind, formats)
                column += 1
    sheet.set_column(0, 0, 56)
    sheet.set_column(1, len(heads) - 1, 14)


def _reasons_sheet(book: Any, formats: Mapping[str, Any], report: GroupReport) -> None:
    rows = [row for row in ordered(report.analysis.groups) if reason_of(row)]
    sheet = _begin(book, formats, report, "伏せた理由", ["種類", "集団", "伏せた数値", "わけ"])
    for line, row in enumerate(rows, 4):
        what = "すべて" if row["withheld"] else "高ストレスの人数と割合"
        reason = REASONS.get(row["withheld"] or row["high_withheld"], "")
        for column, word in enumerate([kind_of(row), name_of(row, with_path=True), what, reason]):
            sheet.write_string(line, column, word, formats["wrap"])
    if not rows:
        sheet.write_string(4, 0, "伏せた数値はありません。")
    for column, width in enumerate((10, 60, 24, 96)):
        sheet.set_column(column, column, width)


def _sources_sheet(book: Any, formats: Mapping[str, Any], report: GroupReport) -> None:
    chart = report.analysis.chart
    sheet = _begin(book, formats, report, "出典", ["項目", "値", "適用開始", "出典", "確かさ"])
    line = 4
    for line, row in enumerate(sources(report.made_on, chart), 4):
        for column, word in enumerate(row):
            sheet.write_string(line, column, word, formats["wrap"])
    sexes = coefficients(chart)
    names = [*(f"係数 {letter}" for letter in "abcd"), *(f"全国平均 {word}" for word in _SCORES.values())]
    line += 2
    for column, head in enumerate(["係数と全国平均", *(row[0] for row in sexes)]):
        sheet.write_string(line, column, head, formats["head"])
    for place, name in enumerate(names, 1):
        sheet.write_string(line + place, 0, name)
        for column, row in enumerate(sexes, 1):
            sheet.write_number(line + place, column, float(row[place]))
    line += len(names)
    for place, note in enumerate([*legend(*attention_levels(report.made_on)), *report.notes], line + 2):
        sheet.write_string(place, 0, note)
    for column, width in enumerate((30, 30, 14, 62, 10)):
        sheet.set_column(column, column, width)
