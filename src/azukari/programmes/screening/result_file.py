"""A delivered file of results read: bytes in, one canonical row per delivered row out. No database here.

A row states one test of one person. Value columns (健康診査の検査値) are recognised by their headers
(``examinations.items``); other headers are kept with the row as they are, so that nothing delivered is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl

from azukari.examinations.items import by_header
from azukari.examinations.plausibility import implausible
from azukari.people.cut import Cut, WrongRow, cut
from azukari.people.guard import refused
from azukari.people.refusals import RosterRefused
from azukari.vocabulary.characters import UnreadableEncoding, decode_text
from azukari.vocabulary.headers import header_key
from azukari.vocabulary.kana import kana_key
from azukari.vocabulary.names import name_key
from azukari.vocabulary.wareki import UnreadableDate, parse_date

from .outcomes import CHECKUP, with_outcome
from .reasons import TESTS
from .rules import screening_parameters

FIELDS: Mapping[str, tuple[str, ...]] = {
    "voucher_number": ("受診券整理番号", "整理番号"),
    "name": ("氏名", "受診者氏名"),
    "birth": ("生年月日",),
    "test": ("検診", "検診種別", "検診の種類"),
    "examined_on": ("受診日", "受診年月日", "健診実施年月日"),
    "institution": ("健診等機関番号", "医療機関コード", "健診機関番号"),
    "raw": ("判定", "結果", "判定区分"),
}
"""Field → headers by which it is known; the first is the one that we write."""

SCHEMA = pl.Schema(
    {
        "line": pl.Int64(),
        "stated": pl.String(),
        "voucher_number": pl.String(),
        "name": pl.String(),
        "name_key": pl.String(),
        "kana_key": pl.String(),
        "birth": pl.Date(),
        "test": pl.String(),
        "examined_on": pl.Date(),
        "institution": pl.String(),
        "raw": pl.String(),
        "code": pl.String(),
        "outcome": pl.String(),
        "values": pl.String(),
        "implausible": pl.List(pl.String()),
    }
)
"""Canonical rows. ``stated``: the cells as delivered, a JSON object by header; ``values``: measured values likewise."""


@dataclass(frozen=True)
class ReadResults:
    """``rows``: SCHEMA, in the file's order. ``wrong``: rows that could not be cut into cells or decoded."""

    rows: pl.DataFrame
    wrong: Sequence[WrongRow]
    encoding: str


class ResultsRefused(RosterRefused):
    """The file as a whole is not taken in; nothing of it is kept."""

    told = "結果を受け入れませんでした（何も記録していません）。"


def read_results(data: bytes) -> ReadResults:
    """A results CSV (CP932 or UTF-8). Raises ResultsRefused where the file as a whole cannot be read."""
    try:
        return _read(data)
    except RosterRefused as refusal:
        raise ResultsRefused(refusal.problems) from None


def _read(data: bytes) -> ReadResults:
    try:
        decoded = decode_text(data)
    except UnreadableEncoding as why:
        raise refused(str(why).rstrip("。"), "CP932 又は UTF-8 の CSV で出力し直してもらってください") from None
    table = cut(decoded.text)
    headers = _headers(table)
    bad = {found.row for found in decoded.undecodable}
    if 1 in bad:
        raise refused("見出しの文字コードを読み取れません", "CP932 又は UTF-8 で出力し直してもらってください", 1)
    unreadable = table.cells["line"].is_in(sorted(bad))
    wrong = [
        WrongRow(line, original, "文字コードに無いバイトがあります", "納めた組織に出力し直してもらってください")
        for line, original in table.cells.filter(unreadable).select("line", "original").iter_rows()
    ]
    rows = canonical_rows(table.cells.filter(~unreadable), table.header, headers)
    return ReadResults(rows, sorted([*table.wrong, *wrong], key=lambda row: row.line), str(decoded.encoding))


def rows_of(stated: Sequence[tuple[int, Mapping[str, str]]]) -> pl.DataFrame:
    """Rows as they were kept (line, cells by header) → SCHEMA once more: after a correction, or later."""
    header = list(dict.fromkeys(key for _, cells in stated for key in cells))
    header += [spellings[0] for spellings in FIELDS.values() if not any(s in header for s in spellings)]
    columns = {f"c{n}": [cells.get(key, "") for _, cells in stated] for n, key in enumerate(header)}
    cells = pl.DataFrame(
        {"line": [line for line, _ in stated], **columns},
        schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)},
    )
    return canonical_rows(cells, header, _places(header))


def canonical_rows(cells: pl.DataFrame, header: Sequence[str], headers: Mapping[str, str]) -> pl.DataFrame:
    """``line`` and ``c0`` … with their headers → SCHEMA. ``headers``: field → its column."""
    names = [f"c{n}" for n in range(len(header))]
    text = cells.select("line", *(pl.col(name).str.strip_chars() for name in names))
    told = text.with_columns(
        stated=_objects(text.select(names), dict(zip(names, header, strict=True))),
        voucher_number=text[headers["voucher_number"]].str.replace_all(r"[\s-]", ""),
        name=text[headers["name"]],
        name_key=_each(text[headers["name"]], name_key, pl.String),
        kana_key=_each(text[headers["name"]], kana_key, pl.String),
        birth=_each(text[headers["birth"]], _day, pl.Date),
        test=_each(text[headers["test"]], _test, pl.String),
        examined_on=_each(text[headers["examined_on"]], _day, pl.Date),
        institution=text[headers["institution"]].str.replace_all(r"[\s-]", ""),
        raw=text[headers["raw"]],
    )
    told = with_outcome(told)
    return _with_values(told, header).select(SCHEMA.names()).cast(SCHEMA)


def _headers(table: Cut) -> dict[str, str]:
    """Field → column. Raises RosterRefused naming every header that is missing or doubled."""
    if len({header_key(text) for text in table.header}) != len(table.header):
        raise refused("同じ見出しが二つあります", "見出しを一つにして出力し直してもらってください", 1)
    found = _places(table.header)
    missing = [spellings[0] for field, spellings in FIELDS.items() if field not in found]
    if missing:
        raise refused(
            f"見出し「{'」「'.join(missing)}」がありません",
            "結果CSVの様式（docs/reference/result-file.md）の見出しで出力し直してもらってください",
            1,
        )
    return found


def _places(header: Sequence[str]) -> dict[str, str]:
    """Field → the column whose header names it; a field that no header names is not there."""
    places = {header_key(text): f"c{n}" for n, text in enumerate(header)}
    keys = {field: [header_key(s) for s in spellings] for field, spellings in FIELDS.items()}
    return {field: next(places[k] for k in of if k in places) for field, of in keys.items() if places.keys() & set(of)}


def _each(cells: pl.Series, read: Callable[[str], object], kind: type[pl.DataType]) -> pl.Series:
    """Each distinct cell read once; null where it cannot be read."""
    distinct = cells.drop_nulls().unique()
    table = pl.DataFrame({"cell": distinct, "read": pl.Series([read(cell) for cell in distinct], dtype=kind)})
    joined = pl.DataFrame({"cell": cells}).join(table, on="cell", how="left", maintain_order="left")
    return joined["read"]


def _day(cell: str) -> date | None:
    try:
        return parse_date(cell).date()
    except UnreadableDate:
        return None


@cache
def _names() -> Mapping[str, str]:
    """Folded name or key of a test → its key. The three checkups are told apart by the voucher, not by the file."""
    texts = screening_parameters().texts
    return {
        **{header_key(test): test for test in TESTS},
        **{header_key(texts[f"tests.{test}.name"]): test for test in TESTS},
        **{header_key(word): CHECKUP for word in ("健康診査", "健診", "特定健康診査", CHECKUP)},
        **{header_key(word): key for word, key in _SHORT.items()},
    }


_SHORT = {
    "胃X線": "stomach_xray",
    "胃部X線": "stomach_xray",
    "胃内視鏡": "stomach_endoscopy",
    "大腸": "colorectal",
    "大腸がん": "colorectal",
    "肺": "lung",
    "肺がん": "lung",
    "喀痰": "lung_sputum",
    "喀痰細胞診": "lung_sputum",
    "子宮頸": "cervical",
    "子宮頸がん": "cervical",
    "乳": "breast",
    "乳がん": "breast",
    "前立腺": "prostate",
    "前立腺がん": "prostate",
    "肝炎": "hepatitis",
    "肝炎ウイルス": "hepatitis",
}


def _test(cell: str) -> str | None:
    key = header_key(cell)
    return _names().get(key) or _names().get(key.removesuffix("検診"))


def _objects(cells: pl.DataFrame, header: Mapping[str, str]) -> pl.Series:
    """Rows as JSON objects by header, without empty cells."""
    columns = [cells[name].to_list() for name in header]
    keys = list(header.values())
    texts = [
        json.dumps({key: cell for key, cell in zip(keys, row, strict=True) if cell}, ensure_ascii=False)
        for row in zip(*columns, strict=True)
    ]
    return pl.Series(texts, dtype=pl.String)


def _with_values(rows: pl.DataFrame, header: Sequence[str]) -> pl.DataFrame:
    """``values`` and ``implausible``: from the columns whose headers name a measured value."""
    items = {f"c{n}": item for n, text in enumerate(header) if (item := by_header(text)) is not None}
    if not items:
        return rows.with_columns(values=pl.lit(""), implausible=pl.lit([], dtype=pl.List(pl.String)))
    measured = rows.select(
        **{item.key: pl.col(column).replace("", None) for column, item in items.items()},
    )
    values = _objects(measured, {key: key for key in measured.columns})
    numbers = measured.select(
        *(
            pl.col(item.key).str.replace_all("[，,]", "").cast(pl.Float64, strict=False)
            for item in items.values()
            if item.kind == "PQ"
        )
    )
    kinds = pl.element().str.split(".").list.last().replace_strict(OF_KIND, default="implausible")
    found = implausible(numbers)["problems"].list.eval(kinds).list.unique(maintain_order=True)
    unread = _unread(measured, numbers)
    return rows.with_columns(
        values=pl.when(values == "{}").then(pl.lit("")).otherwise(values),
        implausible=pl.when(unread).then(pl.concat_list(found, pl.lit("implausible")).list.unique()).otherwise(found),
    )


OF_KIND = {"swapped": "swapped", "old_unit": "old_unit", "pressure": "contradiction", "differs": "contradiction"}
"""Kinds of ``examinations.plausibility`` under the names of ``result_checks``; every other kind is implausible."""


def _unread(measured: pl.DataFrame, numbers: pl.DataFrame) -> pl.Series:
    """Rows with a value that is not a number where one should stand."""
    if not numbers.width:
        return pl.Series([False] * measured.height, dtype=pl.Boolean)
    return measured.select(
        pl.any_horizontal(numbers[name].is_null() & pl.col(name).is_not_null() for name in numbers.columns)
    ).to_series()
