from __future__ import annotations

import csv
import io
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.custody import csvfile
from azukari.custody.csvfile import ENCODINGS, MAX_LINE_BYTES, read_csv, write_csv
from azukari.custody.package_errors import (
    ColumnsMismatch,
    LineTooLong,
    RowCountMismatch,
    RowShape,
    UndecodableData,
    UnreadableCsv,
    UnwritableColumn,
)

cells = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.text(st.sampled_from("=+-@'\"\t\r\n,; 　＝＋－＠1aア髙"), max_size=6),
)


def one_column(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame({"a": list(values)}, schema={"a": pl.String})


def written(*values: str | None, encoding: str = "utf-8-sig") -> list[str]:
    data = write_csv(one_column(*values), {"a": "備考"}, encoding).data
    return [row[0] for row in csv.reader(io.StringIO(data.decode(encoding), newline=""))][1:]


def read(
    data: bytes, rows: int = 1, columns: tuple[str, ...] = ("氏名", "住所"), encoding: str = "cp932"
) -> pl.DataFrame:
    return read_csv(data, columns, rows, encoding=encoding)


@given(st.lists(st.tuples(cells, cells), max_size=8))
def test_every_text_comes_back_as_it_was_in_utf_8(rows: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    data = write_csv(frame, {"a": "氏名", "b": "住所"}, "utf-8-sig").data
    back = read(data, len(rows), encoding="utf-8-sig")
    assert back.rows() == [(a or None, b or None) for a, b in rows]


@given(st.lists(cells, max_size=8))
def test_a_single_column_keeps_its_empty_rows(values: list[str | None]) -> None:
    data = write_csv(one_column(*values), {"a": "備考"}, "utf-8-sig").data
    back = read_csv(data, ["備考"], len(values), encoding="utf-8-sig")
    assert back["備考"].to_list() == [value or None for value in values]


@given(st.lists(cells, max_size=8))
def test_what_cp932_can_carry_comes_back_and_the_rest_is_reported(values: list[str | None]) -> None:
    result = write_csv(one_column(*values), {"a": "備考"}, "cp932")
    back = read_csv(result.data, ["備考"], len(values), encoding="cp932")["備考"].to_list()
    reported = {item.row for item in result.replacements}
    for row, (before, after) in enumerate(zip(values, back, strict=True), start=1):
        writable = before is None or _plain_in_cp932(before)
        assert after == (before or None) if writable else True
        if writable:
            assert row not in reported


def _plain_in_cp932(text: str) -> bool:
    try:
        return text.encode("cp932").decode("cp932") == text and all(c < "\x80" or "ぁ" <= c < "\ue000" for c in text)
    except UnicodeEncodeError:
        return False


@pytest.mark.parametrize(
    "dangerous", ["=1+1", "+81", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＠a", " =1", "　=1"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(dangerous: str) -> None:
    assert written(dangerous) == [f"'{dangerous}"]


@pytest.mark.parametrize("harmless", ["1=1", "a@example.jp", "03-1234-5678", "新宿区", "-5", "-0123"])
def test_harmless_text_is_left_alone(harmless: str) -> None:
    assert written(harmless) == [harmless]


def test_text_that_begins_with_an_apostrophe_gets_one_more() -> None:
    assert written("'=1") == ["''=1"]


def test_the_number_of_escaped_cells_is_told() -> None:
    assert write_csv(one_column("=1", "a", None, "'b"), {"a": "備考"}).escaped_cells == 2


def test_nothing_is_taken_away_when_the_writer_added_nothing() -> None:
    data = "備考\r\n'a\r\n".encode("cp932")
    assert read_csv(data, ["備考"], 1, encoding="cp932", escape="")["備考"].to_list() == ["'a"]


def test_dates_and_numbers_are_written_plainly_with_crlf_and_japanese_headers() -> None:
    frame = pl.DataFrame({"b": [date(2024, 2, 29), None], "n": [-5, 0], "unlisted": ["x", "y"]})
    assert (
        write_csv(frame, {"n": "数", "b": "生年月日"}).data.decode("cp932") == "数,生年月日\r\n-5,2024-02-29\r\n0,\r\n"
    )


def test_utf_8_begins_with_a_byte_order_mark() -> None:
    assert write_csv(one_column("a"), {"a": "備考"}, "utf-8-sig").data.startswith(b"\xef\xbb\xbf")


def test_a_character_that_cp932_lacks_is_replaced_and_reported_by_row() -> None:
    result = write_csv(one_column("山田", "𠮷野", "\ue000"), {"a": "氏名"})
    assert result.data.decode("cp932") == "氏名\r\n山田\r\n吉野\r\n〓\r\n"
    assert [(r.row, r.column, r.position, r.replaced_by) for r in result.replacements] == [
        (2, "氏名", 0, "吉"),
        (3, "氏名", 0, "〓"),
    ]


def test_extension_kanji_have_the_code_that_windows_writes() -> None:
    assert write_csv(one_column("髙﨑"), {"a": "氏名"}).data.endswith(b"\xfb\xfc\xfa\xb1\r\n")


@pytest.mark.parametrize(
    ("frame", "columns"),
    [
        (pl.DataFrame({"a": [1.5]}), {"a": "体重"}),
        (pl.DataFrame({"a": [True]}), {"a": "可否"}),
        (pl.DataFrame({"a": ["x\0y"]}), {"a": "備考"}),
        (pl.DataFrame({"a": ["x"]}), {"b": "備考"}),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), {"a": "備考", "b": "備考"}),
    ],
    ids=["a fraction", "a truth value", "a NUL", "an absent column", "two equal headers"],
)
def test_what_has_no_one_way_of_being_written_is_refused(frame: pl.DataFrame, columns: dict[str, str]) -> None:
    with pytest.raises(UnwritableColumn):
        write_csv(frame, columns)


def test_an_unknown_encoding_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="encoding"):
        write_csv(one_column("a"), {"a": "備考"}, "utf-16")
    with pytest.raises(ValueError, match="encoding"):
        read_csv(b"", ["備考"], 0, encoding="latin-1")


@pytest.mark.parametrize(
    ("text", "missing", "extra"),
    [
        ("氏名,住所,電話番号\r\na,b,c\r\n", (), 1),
        ("氏名\r\na\r\n", ("住所",), 0),
        ("住所,氏名\r\na,b\r\n", (), 0),
        ("氏名,氏名\r\na,b\r\n", ("住所",), 1),
        ("山田太郎,新宿区\r\n", ("氏名", "住所"), 2),
        ("", ("氏名", "住所"), 0),
    ],
)
def test_a_header_that_is_not_exactly_as_listed_is_refused(text: str, missing: tuple[str, ...], extra: int) -> None:
    with pytest.raises(ColumnsMismatch) as refusal:
        read(text.encode("cp932"))
    assert (refusal.value.missing, refusal.value.extra) == (missing, extra)
    assert "山田" not in str(refusal.value)


@pytest.mark.parametrize(("line", "found"), [("a", 1), ("a,b,c", 3), ("", 0)])
def test_a_row_with_shifted_columns_refuses_the_whole_file(line: str, found: int) -> None:
    with pytest.raises(RowShape) as refusal:
        read(f"氏名,住所\r\na,b\r\n{line}\r\nc,d\r\n".encode("cp932"), 3)
    assert (refusal.value.row, refusal.value.found) == (2, found)


@pytest.mark.parametrize("listed", [1, 3])
def test_one_row_too_few_or_too_many_is_refused(listed: int) -> None:
    with pytest.raises(RowCountMismatch, match="件数"):
        read("氏名,住所\r\na,b\r\nc,d\r\n".encode("cp932"), listed)


def test_a_last_line_without_line_end_is_a_row() -> None:
    assert read("氏名,住所\na,b".encode("cp932")).rows() == [("a", "b")]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bytes_of_another_encoding_are_refused_with_the_line(encoding: str) -> None:
    with pytest.raises(UndecodableData) as refusal:
        read("氏名,住所\r\n".encode(encoding) + b"a,\xff\xff\r\n", encoding=encoding)
    assert refusal.value.line == 2


@pytest.mark.parametrize("text", ['a,"b\r\n', 'a,"b"c\r\n', "a,b\0\r\n"], ids=["open quote", "text after quote", "NUL"])
def test_broken_quoting_and_control_characters_are_refused(text: str) -> None:
    with pytest.raises(UnreadableCsv):
        read(("氏名,住所\r\n" + text).encode("cp932"))


@pytest.mark.parametrize(("over", "refused"), [(-1, False), (0, False), (1, True)])
def test_a_line_may_have_64_kib_and_no_byte_more(over: int, refused: bool) -> None:
    head = "氏名,住所\r\n".encode("cp932")
    line = b"a," + b"b" * (MAX_LINE_BYTES + over - 4) + b"\r\n"
    if refused:
        with pytest.raises(LineTooLong) as refusal:
            read(head + line)
        assert refusal.value.line == 2
    else:
        assert read(head + line).height == 1


@given(st.text(st.sampled_from("ab\",\r\n\t '=髙　"), max_size=30))
def test_the_fast_reader_agrees_with_the_strict_one_on_any_text(body: str) -> None:
    columns = ("氏名", "住所")
    text = "氏名,住所\r\n" + body
    fast = csvfile._parse_own(text, columns)
    if fast is None:
        return  # the strict one decides
    strict = csvfile._parse_any(text, columns)
    assert [[cell or "" for cell in row] for row in fast.rows()] == [list(row) for row in strict.rows()]


def test_our_own_files_take_the_fast_reader_and_others_the_strict_one() -> None:
    own = write_csv(pl.DataFrame({"a": ["x,y", None, "z\r\n"], "b": ["1", "2", None]}), {"a": "氏名", "b": "住所"}).data
    assert csvfile._parse_own(own.decode("cp932"), ("氏名", "住所")) is not None
    for other in (
        "氏名,住所\na,b\n",
        "氏名,住所\r\na\r\n",
        "氏名,住所\r\na,b",
        '氏名,住所\r\n"a",b\r\n',
        "住所,氏名\r\n",
    ):
        assert csvfile._parse_own(other, ("氏名", "住所")) is None


def test_every_field_may_be_quoted_by_another_writer() -> None:
    assert read('"氏名","住所"\r\n"a","b ""c"""\r\n'.encode("cp932")).rows() == [("a", 'b "c"')]
