"""A table as the CSV that crosses the border between two organisations, and back, strictly.

Written: header of Japanese item names, CRLF, quoted where needed, in the receiver's encoding. Text that a spreadsheet
would run as a formula gets an apostrophe in front (OWASP, CSV Injection); text that begins with an apostrophe gets one
more, so that taking exactly one away when reading always gives the original back. The manifest records this as
``escape``. An empty cell and a missing value are the same thing (``None`` when read).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from azukari.custody.package_errors import (
    ColumnsMismatch,
    LineTooLong,
    RowCountMismatch,
    RowShape,
    UndecodableData,
    UnreadableCsv,
    UnwritableColumn,
)
from azukari.vocabulary.characters import UnreadableEncoding, decode_text, encode_cp932, reduce_for_cp932, reduced

APOSTROPHE = "'"
ENCODINGS = ("cp932", "utf-8-sig")
MAX_LINE_BYTES = 65_536
# Full-width signs count too: a Japanese spreadsheet folds them. Leading blanks do not protect.
_DANGEROUS = r"^(?:'|[\t\r\n]|[\s\x{3000}]*[=+\-@＝＋－＠−])"


@dataclass(frozen=True)
class CsvReplacement:
    """One character that CP932 has not got. ``row`` counts data rows from 1; ``position`` in the cell from 0."""

    row: int
    column: str
    position: int
    character: str
    replaced_by: str


@dataclass(frozen=True)
class WrittenCsv:
    data: bytes
    rows: int
    encoding: str
    escape: str
    escaped_cells: int
    replacements: tuple[CsvReplacement, ...]


def write_csv(frame: pl.DataFrame, columns: Mapping[str, str], encoding: str = "cp932") -> WrittenCsv:
    """Write the ``columns`` (frame column -> header) of ``frame``, in that order, as CSV bytes.

    Cells are strings, dates (written 2025-04-01), integers or null. Characters that CP932 lacks are reduced or become
    〓 and are reported. Raises UnwritableColumn for any other type, a column that is not there, or a NUL character.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding must be one of {ENCODINGS}")
    plain = _as_text(frame, columns)
    replacements: list[CsvReplacement] = []
    if encoding == "cp932":
        plain, replacements = _reduce(plain)
    escaped, count = _escape(plain)
    text = _render(escaped)
    data = _as_cp932(text) if encoding == "cp932" else b"\xef\xbb\xbf" + text.encode()
    return WrittenCsv(data, frame.height, encoding, APOSTROPHE, count, tuple(replacements))


def _as_text(frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    if len(set(columns.values())) != len(columns):
        raise UnwritableColumn("（見出し）", "同じ見出しの列が二つあります")
    cells = []
    for key, header in columns.items():
        if key not in frame.columns:
            raise UnwritableColumn(header, "表にこの列がありません")
        kind = frame.schema[key]
        if kind == pl.String or kind == pl.Null or kind.is_integer():
            cell = pl.col(key).cast(pl.String)
        elif kind == pl.Date:
            cell = pl.col(key).dt.to_string("%Y-%m-%d")
        else:
            raise UnwritableColumn(header, "文字列・日付・整数のどれでもありません")
        cells.append(cell.replace("", None).alias(header))
    table = frame.select(cells)
    for header in table.columns:
        if table[header].str.contains("\0", literal=True).any():
            raise UnwritableColumn(header, "使えない制御文字（NUL）が含まれています")
    return table


def _escape(table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Put the apostrophe before every text that a spreadsheet would run. Negative whole numbers are left alone."""
    risky = pl.all().str.contains(_DANGEROUS) & ~pl.all().str.contains(r"^-[0-9]{1,15}$")
    marks = table.select(risky.fill_null(False))
    touched = [name for name in table.columns if marks[name].any()]
    if not touched:
        return table, 0
    escaped = table.with_columns(
        pl.when(marks[name]).then(pl.lit(APOSTROPHE) + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in touched
    )
    return escaped, int(sum(marks[name].sum() for name in touched))


def _render(table: pl.DataFrame) -> str:
    """CSV text with CRLF, cells quoted where needed. In a table of one column an empty cell is written ``""``."""
    whole = table if table.width > 1 else table.fill_null("")
    body = whole.write_csv(include_header=False, line_terminator="\r\n", quote_style="necessary")
    return _header(table.columns) + body


def _header(columns: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(columns)
    return line.getvalue()


def _reduce(table: pl.DataFrame) -> tuple[pl.DataFrame, list[CsvReplacement]]:
    """Replace what CP932 can't carry. A column's set of characters is looked at first; only rows that hold one of the
    unwritable ones are taken singly."""
    replacements: list[CsvReplacement] = []
    changed: list[pl.Series] = []
    for name in table.columns:
        column = table[name]
        unwritable = [c for c in _characters(column.str.join("").item() or "") if reduced(c) != c]
        if not unwritable:
            continue
        rows = column.str.contains_any(unwritable).fill_null(False).arg_true()
        cells = column.to_list()
        for row in rows:
            cells[row], found = reduce_for_cp932(cells[row])
            replacements += [CsvReplacement(row + 1, name, r.position, r.character, r.replaced_by) for r in found]
        changed.append(pl.Series(name, cells, dtype=pl.String))
    return table.with_columns(changed), replacements


def _as_cp932(text: str) -> bytes:
    """As ``encode_cp932`` writes reduced text, ten times faster: only characters that Windows codes otherwise than
    Python does (髙, 﨑 …) are written singly."""
    otherwise = {c: encode_cp932(c).data for c in _characters(text) if c > "\xff"}
    otherwise = {c: code for c, code in otherwise.items() if code != c.encode("cp932")}
    if not otherwise:
        return text.encode("cp932")
    pieces = re.split(f"([{re.escape(''.join(otherwise))}])", text)
    return b"".join(otherwise[piece] if n % 2 else piece.encode("cp932") for n, piece in enumerate(pieces))


def _characters(text: str) -> set[str]:
    """``set(text)`` for long texts: NumPy marks the code points."""
    points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
    seen = np.zeros(0x110000, dtype=np.bool_)
    seen[points] = True
    return {chr(point) for point in np.flatnonzero(seen)}


def read_csv(
    data: bytes, columns: Sequence[str], rows: int, *, encoding: str, escape: str = APOSTROPHE
) -> pl.DataFrame:
    """Read ``data`` as exactly ``columns`` (headers, in order) and exactly ``rows`` rows, all cells as text or null.

    ``escape`` as the manifest records it ("" when the writer added none). Raises UndecodableData, LineTooLong,
    UnreadableCsv, ColumnsMismatch, RowShape, RowCountMismatch.
    """
    _check_lines(data)
    text = _decode(data, encoding)
    if "\0" in text:
        raise UnreadableCsv(text[: text.index("\0")].count("\n") + 1)
    frame = _parse_own(text, columns)
    if frame is None:
        frame = _parse_any(text, columns)
    if frame.height != rows:
        raise RowCountMismatch(rows, frame.height)
    original = pl.all().str.strip_prefix(escape) if escape else pl.all()
    return frame.select(original.replace("", None))


def _check_lines(data: bytes) -> None:
    """No line over 64 KiB: a 2 GB line must not reach the parser."""
    stream, line = io.BytesIO(data), 0
    while piece := stream.readline(MAX_LINE_BYTES + 1):
        line += 1
        if len(piece) > MAX_LINE_BYTES:
            raise LineTooLong(line, MAX_LINE_BYTES)


def _decode(data: bytes, encoding: str) -> str:
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding must be one of {ENCODINGS}")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableData(_first_bad_line(data, encoding), encoding) from error
    # four unassigned bytes pass Python's codec as these
    if encoding == "cp932" and any(c in text for c in "\x80\uf8f0\uf8f1\uf8f2\uf8f3"):
        raise UndecodableData(_first_bad_line(data, encoding), encoding)
    return text


def _first_bad_line(data: bytes, encoding: str) -> int:
    try:
        bad = decode_text(data, "cp932" if encoding == "cp932" else "utf-8").undecodable
    except UnreadableEncoding:
        return 1
    return bad[0].row if bad else 1


def _parse_own(text: str, columns: Sequence[str]) -> pl.DataFrame | None:
    """Three times as fast for files as :func:`write_csv` makes them: what Polars reads, leniently, is only taken if
    writing it again gives the very same text. None otherwise."""
    header = _header(columns)
    if not text.startswith(header) or len(set(columns)) != len(columns):
        return None
    schema = dict.fromkeys(columns, pl.String)
    try:
        frame = pl.read_csv(text[len(header) :].encode(), has_header=False, schema=schema)
    except pl.exceptions.PolarsError:
        return None
    return frame if _render(frame) == text else None


def _parse_any(text: str, columns: Sequence[str]) -> pl.DataFrame:
    """Anyone's CSV, row by row; says which row is wrong."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        table = list(reader)
    except csv.Error as error:
        raise UnreadableCsv(reader.line_num) from error
    header = table[0] if table else []
    if header != list(columns):
        missing = [name for name in columns if name not in header]
        raise ColumnsMismatch(missing, len([name for name in header if name not in columns]) or _repeats(header))
    body = table[1:]
    for row, cells in enumerate(body, start=1):
        if len(cells) != len(columns):
            raise RowShape(row, len(columns), len(cells))
    values = zip(*body, strict=True) if body else ([] for _ in columns)
    return pl.DataFrame([pl.Series(name, cells, dtype=pl.String) for name, cells in zip(columns, values, strict=True)])


def _repeats(header: Sequence[str]) -> int:
    return len(header) - len(set(header))
