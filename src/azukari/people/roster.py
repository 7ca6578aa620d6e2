"""A roster file read and checked: bytes in, canonical columns and every row's problems out. No database here."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from azukari.people.columns import Column, Roster, Unreadable
from azukari.people.cut import Cut, WrongRow, cut
from azukari.people.guard import DeliveryNote, check_digest, check_rows, refused
from azukari.people.refusals import Problem, RosterRefused
from azukari.vocabulary.characters import Undecodable, UnreadableEncoding, decode_text
from azukari.vocabulary.headers import header_key

SAMPLE_ROWS = 50
SAMPLE_LEAST = 5  # fewer filled cells than this say nothing about a whole column
SEPARATOR = "\x1f"  # joins canonical values in a staged row; cells with control characters are refused
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
CONTROL_OR_RETURN = CONTROL.replace("]", r"\r]")
PRIVATE_USE = r"[\x{E000}-\x{F8EF}\x{F0000}-\x{10FFFD}]"
FORMULA = r"^[=+\-@\t\r＝＋－＠]"

REMARKS: Mapping[str, str] = {
    "missing_kana": "氏名カナがありません",
    "latin_only": "ローマ字氏名だけの人です",
    "formula_like": "表計算ソフトが数式と読む文字で始まる値があります（そのまま取り込み、書き出すときに無害にします）",
    "line_break": "値の中に改行があります",
    "partial_birth": "生年月日の一部が不明です",
    "private_use": "外字（標準の文字への同定が必要な文字）があります",
}

PROBLEMS = pl.Schema({"line": pl.Int64(), "field": pl.String(), "text": pl.String()})


@dataclass(frozen=True)
class ReadRoster:
    """A file that was read.

    frame: line, original, remarks (comma separated keys of REMARKS), unsafe (protection is stated or could not be
    read), and one text column per field of `fields`. problems: line, field, text; one row per problem found.
    wrong: rows that could not be cut into columns, so that no field of theirs is known.
    """

    frame: pl.DataFrame
    problems: pl.DataFrame
    wrong: list[WrongRow]
    fields: tuple[str, ...]
    sha256: str
    encoding: str
    rows: int


def read_roster(
    data: bytes, roster: Roster, *, stated_on: date, note: DeliveryNote, mapping: Mapping[str, str | None] | None = None
) -> ReadRoster:
    """Read a roster's bytes. mapping: header as in the file -> field, or None to leave the column out.

    Raises DoesNotMatchDeliveryNote when digest or row count differ from the note, RosterRefused when the file as a
    whole cannot be trusted: unknown, missing or doubled headers, undecodable throughout, columns shifted.
    """
    sha256, encoding, table, undecodable = open_roster(data, note)
    fields = map_headers(table.header, roster, mapping or {})
    frame = table.cells.rename({f"c{i}": field for i, field in fields.items()}).select(
        "line", "original", *fields.values()
    )
    columns = [roster.column(field) for field in fields.values()]
    check_plausible(frame, columns)
    frame, wrong = _set_undecodable_apart(frame, table.wrong, undecodable)
    frame, problems = parse_columns(frame, columns)
    problems += _contradictions(frame, roster, stated_on)
    frame = frame.with_columns(_remarks(frame))
    found = pl.concat([pl.DataFrame(schema=PROBLEMS), *problems]).sort("line", maintain_order=True)
    return ReadRoster(frame, found, wrong, tuple(fields.values()), sha256, encoding, table.rows)


def open_roster(data: bytes, note: DeliveryNote) -> tuple[str, str, Cut, dict[int, str]]:
    """(digest, encoding, rows of cells, what is wrong with the bytes of a line) of the file that the note describes."""
    sha256 = check_digest(data, note)
    try:
        decoded = decode_text(data)
    except UnreadableEncoding as why:
        raise refused(str(why).rstrip("。"), _RECODE) from None
    undecodable = _undecodable_rows(decoded.undecodable)
    table = cut(decoded.text)
    _check_decoded(table, undecodable)
    check_rows(table.rows, note)
    return sha256, str(decoded.encoding), table, undecodable


def _undecodable_rows(found: Iterable[Undecodable]) -> dict[int, str]:
    """Line -> what is wrong with its bytes. The bytes themselves are characters of a name: only their place is told."""
    rows: dict[int, list[int]] = {}
    for row, column, _ in found:
        rows.setdefault(row, []).append(column)
    return {
        row: "文字コードに無いバイトがあります（" + "、".join(f"{column}" for column in columns[:5]) + " バイト目）"
        for row, columns in rows.items()
    }


_RECODE = "送付元の文字コード（CP932 又は UTF-8）を確かめ、出力し直してください"


def _check_decoded(table: Cut, undecodable: Mapping[int, str]) -> None:
    """One bad row is that row's matter; a bad header, or every second row, is the file's."""
    if 1 in undecodable or 2 * len(undecodable) > max(table.rows, 1):
        found = [Problem(row, "", problem, _RECODE) for row, problem in undecodable.items()]
        raise RosterRefused([Problem(None, "", "文字コードを読み取れません", _RECODE), *found])


def _set_undecodable_apart(
    frame: pl.DataFrame, wrong: list[WrongRow], undecodable: Mapping[int, str]
) -> tuple[pl.DataFrame, list[WrongRow]]:
    """Rows with undecodable bytes: their text is not what was sent, so no cell of theirs is used."""
    if not undecodable:
        return frame, wrong
    next_line = pl.col("line").shift(-1).fill_null(1 << 62)  # a row may cover several lines
    lines = sorted(undecodable)
    spans = frame.select("line", next_line.alias("next"), "original").sort("line")
    owners = pl.DataFrame({"bad": lines}, schema={"bad": pl.Int64}).join_asof(
        spans, left_on="bad", right_on="line", strategy="backward", coalesce=False
    )
    apart = list(wrong)
    known = {row.line for row in wrong}
    taken: set[int] = set()
    for bad, line, _, original in owners.select("bad", "line", "next", "original").rows():
        if line is not None and line not in taken and bad not in known:
            taken.add(line)
            apart.append(WrongRow(line, original, undecodable[bad], _RECODE))
    return frame.filter(~pl.col("line").is_in(sorted(taken))), sorted(apart, key=lambda row: row.line)


def map_headers(header: list[str], roster: Roster, mapping: Mapping[str, str | None]) -> dict[int, str]:
    """Position -> field, for the columns that are taken. Raises RosterRefused with everything that is wrong."""
    explicit = {header_key(text): field for text, field in mapping.items()}
    known = {column.field for column in roster.columns}
    problems = [
        Problem(None, text, f"対応付けの先「{field}」は{roster.label}の項目ではありません", "対応付けを直してください")
        for text, field in mapping.items()
        if field and field not in known
    ]
    keys = [header_key(text) for text in header]
    spellings = roster.spellings
    recognised = sum(key in spellings or key in explicit for key in keys)
    if 2 * recognised < len(keys):
        # The first row may be a person: it is not repeated in the message.
        labels = "、".join(column.label for column in roster.columns if column.required)
        remedy = f"1行目に見出し（{labels} など）があり、コンマ区切りであることを確かめてください"
        raise RosterRefused([*problems, Problem(1, "", "見出しの行が見つかりません", remedy)])
    fields: dict[int, str] = {}
    for position, (text, key) in enumerate(zip(header, keys, strict=True)):
        if key in explicit:
            field = explicit[key]
        elif key in spellings:
            field = spellings[key]
        else:
            problems.append(_unknown_header(position, text, key, roster))
            continue
        if field and field in fields.values():
            first = header[next(at for at, name in fields.items() if name == field)]
            problem = f"「{first}」と同じ項目（{roster.label_of(field)}）の見出しが重なっています"
            problems.append(
                Problem(1, text, problem, "どちらか一方だけを残すか、対応付けで一方を使わないと指定してください")
            )
        elif field:
            fields[position] = field
    for column in roster.columns:
        if column.required and column.field not in fields.values():
            remedy = "この列を含めて出力し直すか、別の名前の列に対応付けてください"
            problems.append(Problem(1, column.label, "必要な見出しがありません", remedy))
    if problems:
        raise RosterRefused(problems)
    return fields


def _unknown_header(position: int, text: str, key: str, roster: Roster) -> Problem:
    if not key:
        return Problem(1, "", f"{position + 1}列目の見出しが空です", "見出しを入れるか、余分なコンマを除いてください")
    near = difflib.get_close_matches(key, roster.spellings, n=1, cutoff=0.6)
    hint = f"「{roster.label_of(roster.spellings[near[0]])}」のことなら、" if near else ""
    remedy = f"{hint}対応付け（見出し=項目）を指定してください。使わない列なら、使わないと指定してください"
    return Problem(1, text, "知らない見出しです", remedy)


def check_plausible(frame: pl.DataFrame, columns: list[Column]) -> None:
    """Whether the first rows' cells can belong to their headers; raises RosterRefused where a column seems shifted."""
    sample = frame.head(SAMPLE_ROWS)
    readers = [column for column in columns if column.parser]
    problems = []
    for column in readers:
        cells = [cell for cell in sample[column.field] if cell.strip()]
        unread = [cell for cell in cells if not _reads(column, cell)]
        if len(cells) < SAMPLE_LEAST or 2 * len(unread) <= len(cells):
            continue
        others = [other for other in readers if other.field != "number"]  # any digits could be a number
        alike = next((other.label for other in others if all(_reads(other, cell) for cell in unread)), "")
        what = f"「{alike}」のような値" if alike else "別の項目らしい値"
        problem = f"列がずれているようです。初めの {sample.height} 行のうち {len(unread)} 行に{what}があります"
        problems.append(Problem(1, column.label, problem, "見出しと値の並びを確かめ、出力し直してください"))
    if problems:
        raise RosterRefused(problems)


def _reads(column: Column, cell: str) -> bool:
    try:
        (column.parser or str)(cell)
    except Unreadable:
        return False
    return True


def parse_columns(frame: pl.DataFrame, columns: list[Column]) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Every column to canonical text; a cell that cannot be read becomes empty and a problem of its row.

    Each distinct cell is read once. `unsafe` is true where protection is stated or where it could not be read.
    """
    problems: list[pl.DataFrame] = []
    unsafe: pl.Expr | pl.Series = pl.lit(value=False)
    has_control = frame["original"].str.contains(CONTROL_OR_RETURN).any()
    for column in columns:
        cells = frame[column.field]
        read, unread = _parse(cells, column)
        if unread:
            texts = pl.DataFrame(
                {"cell": list(unread), "text": [f"{column.label}: {why}" for why in unread.values()]},
                schema={"cell": pl.String, "text": pl.String},
            )
            found = frame.select("line", cells.alias("cell")).join(texts, on="cell", how="inner", maintain_order="left")
            problems.append(found.select("line", pl.lit(column.field).alias("field"), "text"))
        if column.filled:
            problems.append(
                _problem(frame.filter(cells.str.strip_chars() == ""), column, "空です", "値を入れてください")
            )
        if has_control:
            control = cells.str.contains(CONTROL) | (cells.str.contains("\r") & ~cells.str.contains("\n"))
            problems.append(_problem(frame.filter(control), column, "制御文字があります", "制御文字を除いてください"))
        if column.field == "protected":
            unsafe = (read == "1") | cells.is_in(list(unread))
        frame = frame.with_columns(read.alias(column.field))
    return frame.with_columns(unsafe=unsafe), problems


def _parse(cells: pl.Series, column: Column) -> tuple[pl.Series, dict[str, str]]:
    """The column's canonical texts, and for each distinct cell that cannot be read, why."""
    if column.parser is None:
        return cells, {}
    distinct = cells.unique()
    if column.plain:
        distinct = distinct.filter(~distinct.str.contains(column.plain))
    read: dict[str, str] = {}
    if column.quick:
        quick = column.quick(distinct)
        read = dict(zip(distinct.filter(quick.is_not_null()), quick.drop_nulls(), strict=True))
        distinct = distinct.filter(quick.is_null())
    unread: dict[str, str] = {}
    for cell in distinct:
        if column.filled and not cell.strip():
            read[cell] = ""
            continue
        try:
            read[cell] = column.parser(cell)
        except Unreadable as why:
            read[cell] = ""
            unread[cell] = f"{why}"
    if not read:
        return cells, {}
    return cells.replace(list(read), list(read.values())), unread


def _problem(rows: pl.DataFrame, column: Column, problem: str, remedy: str) -> pl.DataFrame:
    text = pl.lit(f"{column.label}: {problem}。{remedy}").alias("text")
    return rows.select("line", pl.lit(column.field).alias("field"), text)


def _contradictions(frame: pl.DataFrame, roster: Roster, stated_on: date) -> Iterator[pl.DataFrame]:
    """Rows whose fields cannot be true together. Dates are ISO text, which sorts as the days do."""
    day = stated_on.isoformat()
    has = [name for name in roster.named_by if name in frame.columns]
    unnamed = pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in has)
    label = "・".join(roster.label_of(name) for name in roster.named_by)
    yield _problem(frame.filter(unnamed), roster.column("name"), "空です", f"{label}のいずれかを入れてください")
    birth = roster.column("birth")
    remedy = "生年月日と名簿の基準日を確かめてください"
    yield _problem(frame.filter(pl.col("birth") > day), birth, "名簿の基準日より後の日付です", remedy)
    if roster.died and roster.died in frame.columns:
        died, column = pl.col(roster.died), roster.column(roster.died)
        yield _problem(frame.filter(died > day), column, "名簿の基準日より後の日付です", "死亡日を確かめてください")
        before = (died != "") & (died < pl.col("birth"))
        yield _problem(frame.filter(before), column, "生年月日より前の日付です", "死亡日と生年月日を確かめてください")
    if roster.came in frame.columns:
        came = pl.col(roster.came)
        before = (came != "") & (pl.col("birth") != "") & (came < pl.col("birth"))
        remedy = "この日付と生年月日を確かめてください"
        yield _problem(frame.filter(before), roster.column(roster.came), "生年月日より前の日付です", remedy)


def birth_date() -> pl.Expr:
    """The birth date where all of it is known, else null."""
    birth = pl.col("birth")
    return pl.when((birth == "") | birth.str.contains("-00")).then(None).otherwise(birth).alias("birth_date")


def _remarks(frame: pl.DataFrame) -> pl.Expr:
    """Comma-separated keys of what is accepted but worth a look."""
    texts = [name for name in ("name", "kana", "latin_name", "alias_name", "address", "address_extra") if name in frame]
    latin = pl.col("latin_name") if "latin_name" in frame.columns else pl.lit("")
    alias = pl.col("alias_name") if "alias_name" in frame.columns else pl.lit("")
    kana = pl.col("kana") if "kana" in frame.columns else pl.lit("-")
    found = {
        "missing_kana": kana.str.strip_chars() == "",
        "latin_only": (latin != "") & (alias == "") & (pl.col("name") == ""),
        "formula_like": pl.any_horizontal(pl.col(name).str.contains(FORMULA) for name in texts),
        "line_break": pl.col("original").str.contains("\n", literal=True),
        "private_use": pl.col("original").str.contains(PRIVATE_USE),
        "partial_birth": pl.col("birth").str.contains("-00"),
    }
    marks = [pl.when(condition).then(pl.lit(key)) for key, condition in found.items()]
    return pl.concat_str(marks, separator=",", ignore_nulls=True).alias("remarks")
