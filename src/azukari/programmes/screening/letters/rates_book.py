"""精度管理の集計表: the rates of a fiscal year as an Excel book (a sheet per cancer) and as a PDF, with charts.

Prints counts only, nothing about a person. A row whose ``withheld`` is true prints '＊' in every figure: the book
is given the table after ``rates.withheld`` for what leaves the ward, or the full one for inside. Both files say which
criteria they judge by, since when, and how sure their source is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from azukari.engine.parameters import InForce
from azukari.engine.suppression import WITHHELD
from azukari.letters.typst import render_pdf
from azukari.programmes.screening.rates import (
    ALL,
    BANDS,
    CANCERS,
    INDICATORS,
    KEYS,
    TOTALS,
    indicators_of,
    rates_parameters,
    shown,
    standard,
)
from azukari.vocabulary.wareki import to_wareki

TEMPLATE = Path(__file__).resolve().parent / "rates_book.typ"

STAR = "＊"
VERDICTS = {"met": "達成", "not_met": "未達成", "no_standard": "基準なし", None: "−"}
#: How sure the source of a criterion is.
_MARKS = {"verified": "", "memory": "（要確認）", "doubtful": "（未確認）"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "method": {
        "xray": "胃部X線", "endoscopy": "胃内視鏡", "stool": "便潜血検査", "chest_xray": "胸部X線",
        "mammography": "マンモグラフィ", "cytology": "細胞診", ALL: "全体",
    },
    "setting": {"individual": "個別", "group": "集団", ALL: "全体"},
    "sex": {"1": "男", "2": "女", ALL: "計"},
    "first": {"first": "初回", "repeat": "非初回", ALL: "全体"},
}  # fmt: skip
_HEADS = (
    "検査方法", "方式", "性別", "年齢", "初回・非初回", "指標",
    "分子（人）", "分母（人）", "率（％）", "基準（％）", "判定",
)  # fmt: skip
_CHARTED = ("workup_rate", "attended_rate")


@dataclass(frozen=True, slots=True)
class Edition:
    """``ward``: who publishes; ``fiscal_year``: of the screening; ``at_least``: the threshold of small counts."""

    fiscal_year: int
    ward: str
    office: str
    at_least: int = 10
    title: str = "がん検診 精度管理指標"

    @property
    def year(self) -> str:
        return f"{to_wareki(date(self.fiscal_year, 4, 1)).split('年')[0]}年度"


def notes(edition: Edition) -> tuple[str, ...]:
    """What a reader has to know, for both files."""
    return (
        f"「{STAR}」は、{edition.at_least}人に満たない人数、またはほかの数値からその人数が計算できてしまう数値のため、公表していません。",
        "「−」は、分母が0人のため率がないことを表します。",
        "年齢は年度末（3月31日）の年齢です。初回は過去3年間に受診歴のない方です。初回か分からない方は「全体」にのみ含みます。",
        "精検未受診は受診していないと分かっている方、精検未把握は受診の有無か結果が分からない方で、分けて数えています。",
    )


def criterion(cancer: str, indicator: str, in_force: InForce) -> str:
    """'11.0以下' with the target and how sure it is; '−' where there is no standard."""
    wanted = standard(cancer, indicator, in_force)
    if wanted is None:
        return "−"
    limit = f"{wanted.percent}{'以下' if wanted.kind == 'at_most' else '以上'}"
    target = "" if wanted.target is None or wanted.target == wanted.percent else f"、目標{wanted.target}"
    return f"{limit}{target}{_MARKS[wanted.entry.mark]}"


def sources(cancer: str, in_force: InForce) -> list[str]:
    """The documents that the criteria of a cancer come from, each once, with its first day."""
    found = [standard(cancer, key, in_force) for key in INDICATORS]
    return list(dict.fromkeys(f"{one.entry.citation}、{one.entry.valid_from:%Y-%m-%d}から" for one in found if one))


def rates_xlsx(table: pl.DataFrame, edition: Edition, *, in_force: InForce | None = None) -> bytes:
    """The Excel book: a sheet per cancer with figures and a chart, and one with definitions and notes.

    ``table``: see ``rates.rates`` (and ``rates.withheld``). Texts are written as texts, never as formulas.
    """
    in_force = in_force or rates_parameters().for_fiscal_year(edition.fiscal_year)
    file = BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False, "in_memory": True}
    book = xlsxwriter.Workbook(file, plain)
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#e6e6e6", "text_wrap": True, "valign": "vcenter"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "count": book.add_format({"num_format": "#,##0"}),
        "rate": book.add_format({"num_format": "0.00"}),
        "mark": book.add_format({"align": "right"}),
    }
    for cancer in CANCERS:
        rows = _ordered(table.filter(cancer=cancer))
        if rows:
            _cancer_sheet(book, formats, cancer, rows, edition, in_force)
    _notes_sheet(book, formats, edition, in_force)
    book.close()
    return file.getvalue()


def _ordered(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with totals first, then method, setting, sex, age, first or repeat, and the order of the indicators."""
    bands = {band: place for place, band in enumerate([ALL, *TOTALS, *BANDS])}
    indicators = {key: place for place, key in enumerate(INDICATORS)}

    def key(row: dict[str, Any]) -> tuple[Any, ...]:
        sides = [(row[name] != ALL, row[name]) for name in ("method", "setting", "first", "sex")]
        return (*sides, bands.get(row["band"], len(bands)), indicators[row["indicator"]])

    return sorted(table.to_dicts(), key=key)


def _band_word(band: str) -> str:
    if band == ALL:
        return "全年齢"
    return "80歳以上" if band == "80+" else f"{band.replace('-', '〜')}歳"


def _word(key: str, value: str) -> str:
    return _band_word(value) if key == "band" else _WORDS[key].get(value, value)


def _cancer_sheet(
    book: Any, formats: Mapping[str, Any], cancer: str, rows: Sequence[dict[str, Any]], edition: Edition, p: InForce
) -> None:
    name = p.text(f"cancers.{cancer}.name")
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, f"{edition.year}　{name}検診　{edition.title}", formats["title"])
    sheet.write_string(1, 0, f"{edition.ward} {edition.office}")
    for line, note in enumerate([*notes(edition)[:2], *(f"基準: {source}" for source in sources(cancer, p))], 2):
        sheet.write_string(line, 0, note)
    top = 7
    for column, head in enumerate(_HEADS):
        sheet.write_string(top, column, head, formats["head"])
    for line, row in enumerate(rows, top + 1):
        for column, key in enumerate(KEYS[1:]):
            sheet.write_string(line, column, _word(key, row[key]))
        sheet.write_string(line, 5, INDICATORS[row["indicator"]].name)
        _figures(sheet, line, row, formats)
        sheet.write_string(line, 9, criterion(cancer, row["indicator"], p))
        sheet.write_string(line, 10, STAR if row.get(WITHHELD) else VERDICTS[row["verdict"]])
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, top + len(rows), len(_HEADS) - 1)
    sheet.set_column(0, 4, 12)
    sheet.set_column(5, 5, 20)
    sheet.set_column(6, 8, 11)
    sheet.set_column(9, 9, 26)
    _chart(book, sheet, name, _by_band(rows), top)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _figures(sheet: Any, line: int, row: Mapping[str, Any], formats: Mapping[str, Any]) -> None:
    for column, key in ((6, "numerator"), (7, "denominator"), (8, "rate")):
        if row.get(WITHHELD):
            sheet.write_string(line, column, STAR, formats["mark"])
        elif row[key] is None:
            sheet.write_string(line, column, "−", formats["mark"])
        else:
            sheet.write_number(line, column, row[key], formats["rate" if key == "rate" else "count"])


def _by_band(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Five-year band -> indicator -> row, for everybody together: what the charts show."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        if row["band"] in BANDS and all(row[key] == ALL for key in ("method", "setting", "sex", "first")):
            found.setdefault(row["band"], {})[row["indicator"]] = row
    return {band: found[band] for band in BANDS if band in found and _CHARTED[0] in found[band]}


def _chart(book: Any, sheet: Any, name: str, bands: Mapping[str, Mapping[str, Mapping[str, Any]]], top: int) -> None:
    """A column chart per indicator with its figures beside the table; a withheld figure is an empty place."""
    if not bands:
        return
    left = len(_HEADS) + 1
    for line, (band, by_indicator) in enumerate(bands.items(), top + 1):
        sheet.write_string(line, left, _band_word(band))
        for column, key in enumerate(_CHARTED, left + 1):
            row = by_indicator.get(key, {})
            if row.get("rate") is not None and not row.get(WITHHELD):
                sheet.write_number(line, column, row["rate"])
    for place, key in enumerate(_CHARTED):
        sheet.write_string(top, left + 1 + place, INDICATORS[key].name)
        chart = book.add_chart({"type": "column"})
        span = (top + 1, top + len(bands))
        chart.add_series(
            {
                "name": f"{INDICATORS[key].name}（％）",
                "categories": [sheet.get_name(), span[0], left, span[1], left],
                "values": [sheet.get_name(), span[0], left + 1 + place, span[1], left + 1 + place],
                "fill": {"color": "#1f4e79"},
            }
        )
        chart.set_title(
            {"name": f"{name}検診　{INDICATORS[key].name}（年齢別、{STAR}は空欄）", "name_font": {"size": 11}}
        )
        chart.set_legend({"none": True})
        chart.set_y_axis({"min": 0, "name": "％"})
        sheet.insert_chart(top, left + 4 + 8 * place, chart)


def _notes_sheet(book: Any, formats: Mapping[str, Any], edition: Edition, p: InForce) -> None:
    sheet = book.add_worksheet("定義と注")
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 6, 24)
    sheet.write_string(0, 0, f"{edition.year}　{edition.title}　定義と注", formats["title"])
    names = [p.text(f"cancers.{cancer}.name") for cancer in CANCERS]
    for column, head in enumerate(["指標", *names, "定義"]):
        sheet.write_string(2, column, head, formats["head"])
    for line, (key, indicator) in enumerate(INDICATORS.items(), 3):
        sheet.write_string(line, 0, indicator.name)
        for column, cancer in enumerate(CANCERS, 1):
            sheet.write_string(line, column, criterion(cancer, key, p))
        sheet.write_string(line, len(CANCERS) + 1, indicator.definition)
    for line, note in enumerate(notes(edition), 4 + len(INDICATORS)):
        sheet.write_string(line, 0, note)


def rates_pdf(
    table: pl.DataFrame, edition: Edition, *, in_force: InForce | None = None, fonts: Sequence[Path | str] = ()
) -> bytes:
    """The PDF: two A4 pages per cancer (reporting total and criteria, charts, rates by age and sex), then notes.

    :raises LetterNotDrawn: see ``letters.typst.render_pdf``.
    """
    return render_pdf(TEMPLATE, pages(table, edition, in_force=in_force), fonts)


def pages(table: pl.DataFrame, edition: Edition, *, in_force: InForce | None = None) -> dict[str, Any]:
    """What ``rates_book.typ`` prints, all as words but the heights of the bars (percent, or none)."""
    in_force = in_force or rates_parameters().for_fiscal_year(edition.fiscal_year)
    cancers = [
        _page(cancer, _ordered(table.filter(cancer=cancer)), in_force)
        for cancer in CANCERS
        if not table.filter(cancer=cancer).is_empty()
    ]
    return {
        "year": edition.year,
        "ward": edition.ward,
        "office": edition.office,
        "title": edition.title,
        "cancers": cancers,
        "definitions": [[one.name, one.definition] for one in INDICATORS.values()],
        "notes": list(notes(edition)),
    }


def _page(cancer: str, rows: Sequence[dict[str, Any]], p: InForce) -> dict[str, Any]:
    keys = list(indicators_of(cancer, p))
    total = f"{p.number(f'cancers.{cancer}.reported_from')}-{p.number(f'cancers.{cancer}.reported_to')}"
    by_row = {(*(row[key] for key in KEYS[1:]), row["indicator"]): row for row in rows}
    main = [by_row.get((ALL, ALL, ALL, total, ALL, key)) for key in keys]
    bands = _by_band(rows)
    groups = [(sex, band) for sex in ("1", "2", ALL) for band in (*BANDS, total, ALL)]
    by_age = [
        [_word("sex", sex), _band_word(band), *(_cell(by_row.get((ALL, ALL, sex, band, ALL, key))) for key in keys)]
        for sex, band in groups
        if (ALL, ALL, sex, band, ALL, "workup_rate") in by_row
    ]
    return {
        "name": p.text(f"cancers.{cancer}.name"),
        "total": _band_word(total),
        "main": [_main_line(cancer, key, row, p) for key, row in zip(keys, main, strict=True)],
        "charts": [_bars(cancer, key, bands, p) for key in _CHARTED],
        "heads": [INDICATORS[key].name for key in keys],
        "by_age": by_age,
        "apart": _apart(rows, total, keys),
        "sources": sources(cancer, p),
    }


def _main_line(cancer: str, key: str, row: Mapping[str, Any] | None, p: InForce) -> list[str]:
    name, limit = INDICATORS[key].name, criterion(cancer, key, p)
    if row is None or row.get(WITHHELD):
        mark = "−" if row is None else STAR
        return [name, mark, mark, mark, limit, mark]
    return [name, f"{row['numerator']:,}", f"{row['denominator']:,}", _cell(row), limit, VERDICTS[row["verdict"]]]


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "−"
    return STAR if row.get(WITHHELD) else shown(row["rate"])


def _bars(cancer: str, key: str, bands: Mapping[str, Mapping[str, Mapping[str, Any]]], p: InForce) -> dict[str, Any]:
    wanted = standard(cancer, key, p)
    bars = [[_band_word(band), by_key[key]["rate"], _cell(by_key[key])] for band, by_key in bands.items()]
    bars = [[label, None if text == STAR else height, text] for label, height, text in bars]
    limit = None if wanted is None else float(wanted.percent)
    highest = max([height for _, height, _ in bars if height is not None] + [limit or 0.0, 0.1])
    return {"name": INDICATORS[key].name, "bars": bars, "limit": limit, "highest": highest}


def _apart(rows: Sequence[Mapping[str, Any]], total: str, keys: Sequence[str]) -> list[list[str]]:
    """Method, setting and first or repeat, one at a time, for the reporting total."""
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        apart = [key for key in ("method", "setting", "first") if row[key] != ALL]
        if row["sex"] == ALL and row["band"] == total and len(apart) == 1:
            found.setdefault((apart[0], row[apart[0]]), {})[row["indicator"]] = row
    kinds = {"method": "検査方法", "setting": "方式", "first": "初回・非初回"}
    return [
        [kinds[kind], _word(kind, value), *(_cell(by_key.get(key)) for key in keys)]
        for (kind, value), by_key in sorted(found.items(), key=lambda item: list(kinds).index(item[0][0]))
    ]
