"""A roster's text cut into rows of cells, each with its line number and its original text.

Two ways lead to the same table. A file without quotes, or with every cell in quotes and no other quote, is split by
Polars; any other goes through the csv module, which knows all that may stand inside quotes. A test holds them equal.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass

import polars as pl

from azukari.people.guard import MAX_LINE_BYTES, refused

BAD_QUOTES = ('引用符（"）の使い方が正しくありません', "値の中の引用符は2つ重ね、値の全体を引用符で囲んでください")


@dataclass(frozen=True)
class WrongRow:
    """A row that cannot be cut into the header's columns. line: its first line in the file."""

    line: int
    original: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Cut:
    """header: its cells. cells: columns line, original, c0 … cn, for the rows that have as many cells as the header."""

    header: list[str]
    cells: pl.DataFrame
    wrong: list[WrongRow]

    @property
    def rows(self) -> int:
        return self.cells.height + len(self.wrong)


def cut(text: str) -> Cut:
    """Cut CSV text. Empty lines and the end mark of old hosts (0x1A) are no rows. Raises RosterRefused when empty."""
    text = text.removeprefix("\ufeff").rstrip("\x1a")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    found = _cut_quoted(text) if '"' in text and not _is_quoted_throughout(text) else _cut_plain(text)
    if not found.header:
        raise refused("ファイルが空です", "送付元に、中身のあるファイルを送り直してもらってください")
    return found


def _wrong_width(line: int, original: str, cells: int, columns: int) -> WrongRow:
    many = "多く" if cells > columns else "少なく"
    problem = f"列の数が見出しより{many}なっています（見出し {columns} 列、この行 {cells} 列）"
    return WrongRow(line, original, problem, "値の中のコンマを引用符で囲むか、抜けた列を補って出力し直してください")


def _lines(text: str) -> pl.DataFrame:
    """Columns line (from 1) and original, without line ends and empty lines."""
    return (
        pl.DataFrame({"original": [text]})
        .with_columns(pl.col("original").str.split("\n"))
        .explode("original")
        .with_row_index("line", offset=1)
        .with_columns(pl.col("original").str.strip_suffix("\r"), pl.col("line").cast(pl.Int64))
        .filter(pl.col("original") != "")
    )


def _is_quoted_throughout(text: str) -> bool:
    """Whether each line is cells in quotes with `","` between them: then no quote is left that could mean anything."""
    line = pl.col("original")
    quotes, between = line.str.count_matches('"', literal=True), line.str.count_matches('","', literal=True)
    regular = line.str.starts_with('"') & line.str.ends_with('"') & (quotes == 2 * (between + 1))
    return bool(_lines(text).select(regular.all()).item())


def _cut_plain(text: str) -> Cut:
    lines = _lines(text)
    if lines.is_empty():
        return Cut([], pl.DataFrame(), [])
    quoted = '"' in text
    separator = '","' if quoted else ","
    row = pl.col("original").str.slice(1, pl.col("original").str.len_chars() - 2) if quoted else pl.col("original")
    header = (lines["original"][0][1:-1] if quoted else lines["original"][0]).split(separator)
    lines = lines.slice(1).with_columns(pl.col("original").str.count_matches(separator, literal=True).alias("between"))
    right = pl.col("between") == len(header) - 1
    wrong = [
        _wrong_width(line, original, between + 1, len(header))
        for line, original, between in lines.filter(~right).rows()
    ]
    split = row.str.split_exact(separator, len(header) - 1).struct.rename_fields(_names(header)).alias("cells")
    return Cut(header, lines.filter(right).select("line", "original", split).unnest("cells"), wrong)


def _names(header: list[str]) -> list[str]:
    return [f"c{i}" for i in range(len(header))]


def _cut_quoted(text: str) -> Cut:
    lines = [line + "\n" for line in text.split("\n")]
    if lines[-1] == "\n":
        lines.pop()
    records, spans, wrong = _records(lines)
    if not records:
        return Cut([], pl.DataFrame(), wrong)
    header = records[0]
    good: list[list[str]] = []
    numbers: list[int] = []
    originals: list[str] = []
    for cells, (start, end) in zip(records[1:], spans[1:], strict=True):
        original = lines[start] if end == start + 1 else "".join(lines[start:end])
        original = original.rstrip("\r\n")
        if len(cells) == len(header):
            good.append(cells)
            numbers.append(start + 1)
            originals.append(original)
        else:
            wrong.append(_wrong_width(start + 1, original, len(cells), len(header)))
    columns = list(zip(*good, strict=True)) or [()] * len(header)
    table = dict(zip(_names(header), columns, strict=True))
    schema = {"line": pl.Int64, "original": pl.String, **dict.fromkeys(_names(header), pl.String)}
    cells_table = pl.DataFrame({"line": numbers, "original": originals, **table}, schema=schema)
    return Cut(header, cells_table, sorted(wrong, key=lambda row: row.line))


def _records(lines: list[str]) -> tuple[list[list[str]], list[tuple[int, int]], list[WrongRow]]:
    """Every record with the lines [start, end) it covers; records whose quotes are wrong apart.

    A quote that is never closed would swallow the rest of the file, so the file is refused.
    """
    reader = csv.reader(lines, strict=True)
    records: list[list[str]] = []
    spans: list[tuple[int, int]] = []
    wrong: list[WrongRow] = []
    start = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return records, spans, wrong
        except csv.Error:
            end = reader.line_num
            original = "".join(lines[start:end])
            if (end >= len(lines) and original.count('"') % 2) or len(original) > MAX_LINE_BYTES:
                raise refused('引用符（"）が閉じていません', BAD_QUOTES[1], start + 1) from None
            wrong.append(WrongRow(start + 1, original.rstrip("\r\n"), *BAD_QUOTES))
            start = end
            continue
        end = reader.line_num
        if cells:
            records.append(cells)
            spans.append((start, end))
        start = end
