"""What is found in a roster's bytes, before any database."""

from __future__ import annotations

import csv

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.people.columns import EMPLOYEES, RESIDENTS
from azukari.people.cut import cut
from azukari.people.guard import MAX_LINE_BYTES, DeliveryNote, read_bytes
from azukari.people.refusals import DoesNotMatchDeliveryNote, RosterRefused
from azukari.people.roster import read_roster

from .rosters import STATED_ON, csv_text, employee, note_of, resident


def read(text: str | bytes, rows: int, roster=RESIDENTS, mapping=None):
    data = text if isinstance(text, bytes) else text.encode()
    return read_roster(data, roster, stated_on=STATED_ON, note=note_of(data, rows), mapping=mapping)


def problems(found) -> list[tuple[int, str]]:
    return found.problems.select("line", "field").rows()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_roster_is_read_in_every_encoding_and_line_ending(encoding, newline):
    text = csv_text(resident(1, 氏名="髙橋　はな"), resident(2), newline=newline)
    found = read(text.encode(encoding), 2)
    assert found.frame["name"].to_list() == ["髙橋　はな", "山田　太郎"]
    assert found.frame["line"].to_list() == [2, 3]
    assert found.encoding == encoding
    assert found.problems.is_empty()


def test_originals_are_never_normalised():
    name = "葛󠄀城　\ufa10子"
    assert read(csv_text(resident(氏名=name)), 1).frame["name"].item() == name


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"宛名番号": ""}, "number"),
        ({"宛名番号": "12X"}, "number"),
        ({"生年月日": "20250229"}, "birth"),
        ({"生年月日": ""}, "birth"),
        ({"生年月日": "20250402"}, "birth"),
        ({"性別": "X"}, "sex"),
        ({"郵便番号": "16000"}, "postal_code"),
        ({"死亡日": "20250402"}, "died_on"),
        ({"死亡日": "19640401"}, "died_on"),
        ({"住民となった日": "19650331"}, "became_resident_on"),
        ({"氏名": ""}, "name"),
        ({"支援措置": "たぶん"}, "protected"),
        ({"住所": "見本\x0b町"}, "address"),
    ],
)
def test_a_bad_cell_is_reported_with_its_line_and_field_and_without_its_value(cells, field):
    found = read(csv_text(resident(1), resident(2, **cells), resident(3)), 3)
    assert problems(found) == [(3, field)]
    text = found.problems["text"].item()
    assert RESIDENTS.label_of(field) in text
    assert all(not value or value not in text for value in cells.values())


@pytest.mark.parametrize(
    ("birth", "bad"),
    [("20250331", False), ("20250401", False), ("20250402", True), ("20250400", False), ("20250500", True)],
)
def test_nobody_is_born_after_the_day_the_roster_is_stated_on(birth, bad):
    assert bool(problems(read(csv_text(resident(生年月日=birth)), 1))) is bad


def test_all_bad_rows_are_reported_and_all_problems_of_a_row():
    text = csv_text(resident(1, 性別="X"), resident(2), resident(3, 性別="X", 郵便番号="1", 生年月日="20251399"))
    assert problems(read(text, 3)) == [(2, "sex"), (4, "birth"), (4, "sex"), (4, "postal_code")]


def test_rows_with_too_many_or_too_few_columns_are_set_apart_with_their_line():
    lines = csv_text(resident(1), resident(2), resident(3)).splitlines()
    lines[2] += ",余分"
    lines[3] = lines[3].rpartition(",")[0]
    found = read("\n".join(lines), 3)
    assert [(row.line, "多く" in row.problem, "少なく" in row.problem) for row in found.wrong] == [
        (3, True, False),
        (4, False, True),
    ]
    assert found.frame["line"].to_list() == [2]


def shifted(rows: int, bad: int) -> str:
    """Rows of which the first `bad` have a date where the sex should be."""
    return csv_text(*(resident(n, 性別="19650401" if n <= bad else "1") for n in range(1, rows + 1)))


@pytest.mark.parametrize(
    ("rows", "bad", "refused"), [(4, 4, False), (5, 5, True), (6, 6, True), (10, 5, False), (10, 6, True)]
)
def test_columns_that_seem_shifted_refuse_the_file_when_more_than_half_of_at_least_five_cells_do_not_fit(
    rows, bad, refused
):
    if not refused:
        assert len(problems(read(shifted(rows, bad), rows))) == bad
        return
    with pytest.raises(RosterRefused) as why:
        read(shifted(rows, bad), rows)
    assert [problem.field for problem in why.value.problems] == ["性別"]
    assert "生年月日" in str(why.value)


def test_only_the_first_fifty_rows_say_whether_columns_are_shifted():
    text = csv_text(*(resident(n, 性別="1" if n <= 25 else "X") for n in range(1, 102)))
    assert len(problems(read(text, 101))) == 76


@pytest.mark.parametrize(
    ("without", "extra", "fields"),
    [
        (("支援措置",), {}, ["支援措置"]),
        (("氏名", "住所"), {}, ["氏名", "住所"]),
        ((), {"謎の列": "1"}, ["謎の列"]),
        ((), {"漢字氏名": "x"}, ["漢字氏名"]),
        ((), {"": ""}, [""]),
    ],
)
def test_headers_that_are_missing_unknown_or_doubled_refuse_the_file_all_at_once(without, extra, fields):
    with pytest.raises(RosterRefused) as why:
        read(csv_text({**resident(), **extra}, without=without), 1)
    assert [problem.field for problem in why.value.problems] == fields


def test_an_unknown_header_is_mapped_or_left_out_where_that_is_said():
    row = {**resident(), "フルネーム": "佐藤　一", "謎の列": "1"}
    found = read(csv_text(row, without=("氏名",)), 1, mapping={"フルネーム": "name", "謎の列": None})
    assert found.frame["name"].to_list() == ["佐藤　一"]
    with pytest.raises(RosterRefused, match="no_such_field"):
        read(csv_text(row, without=("氏名",)), 1, mapping={"フルネーム": "no_such_field", "謎の列": None})


def test_a_file_without_headers_is_refused_without_repeating_the_person_in_its_first_line():
    with pytest.raises(RosterRefused) as why:
        read(csv_text(resident(1), resident(2)).partition("\n")[2], 1)
    assert "見出し" in str(why.value)
    assert "山田" not in str(why.value)


def test_headers_are_found_in_other_spellings_widths_and_with_spaces():
    text = (
        csv_text(resident()).replace("宛名番号", "住民番号").replace("氏名カナ", "ﾌﾘｶﾞﾅ").replace("電話番号", " ＴＥＬ ")
    )
    assert read(text, 1).fields[:4] == ("number", "household", "name", "kana")


def test_undecodable_bytes_set_their_row_apart_and_too_many_refuse_the_file():
    rows = csv_text(*(resident(n) for n in range(1, 5))).encode("cp932").split(b"\n")
    rows[2] = rows[2].replace("山田".encode("cp932"), b"\x81\xff\xa0")
    found = read(b"\n".join(rows), 4)
    assert [row.line for row in found.wrong] == [3]
    assert "バイト" in found.wrong[0].problem
    assert found.frame["line"].to_list() == [2, 4, 5]
    rows[3] = rows[3].replace("山田".encode("cp932"), b"\x81\xff")
    rows[4] = rows[4].replace("山田".encode("cp932"), b"\x81\xff")
    with pytest.raises(RosterRefused, match="文字コード"):
        read(b"\n".join(rows), 4)


def test_quotes_commas_and_line_breaks_inside_cells_are_kept():
    text = csv_text(resident(1, 方書='"コーポ ""一"", 2階\r\n201"'), resident(2))
    found = read(text, 2)
    assert found.frame["address_extra"].to_list() == ['コーポ "一", 2階\r\n201', ""]
    assert found.frame["line"].to_list() == [2, 4]
    assert "line_break" in found.frame["remarks"][0]
    assert found.frame["original"][0].startswith("000000000000001,")
    assert found.frame["original"][0].endswith(",0")


def test_a_quote_out_of_place_sets_its_row_apart_and_one_never_closed_refuses_the_file():
    found = read(csv_text(resident(1, 方書='"二"階'), resident(2)), 2)
    assert [row.line for row in found.wrong] == [2]
    assert found.frame["line"].to_list() == [3]
    with pytest.raises(RosterRefused, match=r"2行目.*引用符"):
        read(csv_text(resident(1, 方書='"二階'), resident(2)), 2)


@pytest.mark.parametrize("start", list("=+-@＝＋－＠"))
def test_a_name_that_a_spreadsheet_would_run_is_kept_as_it_is_and_remarked(start):
    found = read(csv_text(resident(氏名=f"{start}1")), 1)
    assert found.frame["name"].item() == f"{start}1"
    assert found.frame["remarks"].item() == "formula_like"


@pytest.mark.parametrize(
    ("cells", "remarks"),
    [
        ({"氏名カナ": ""}, "missing_kana"),
        ({"氏名": "", "ローマ字氏名": "SAMPLE ANNA", "外国人区分": "1"}, "latin_only"),
        ({"氏名": "", "ローマ字氏名": "SAMPLE ANNA", "通称": "見本　杏"}, ""),
        ({"生年月日": "昭和40年4月不詳"}, "partial_birth"),
        ({"氏名": "\ue000田"}, "private_use"),
    ],
)
def test_what_is_accepted_but_worth_a_look_is_remarked(cells, remarks):
    found = read(csv_text(resident(**cells)), 1)
    assert found.problems.is_empty()
    assert found.frame["remarks"].item() == remarks


def test_a_roster_of_employees_is_read_by_the_same_machinery():
    found = read(csv_text(employee(), employee("A2", 任用区分="会計年度任用")), 2, EMPLOYEES)
    assert found.frame.select("number", "birth", "employment").rows() == [
        ("100001", "1985-04-01", "regular"),
        ("A2", "1985-04-01", "fiscal_year"),
    ]


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_the_row_count_must_be_the_delivery_notes(off):
    text = csv_text(resident(1), resident(2))
    if off == 0:
        assert read(text, 2).rows == 2
        return
    with pytest.raises(DoesNotMatchDeliveryNote, match="件数"):
        read(text, 2 + off)


def test_the_digest_must_be_the_delivery_notes_in_upper_or_lower_case():
    data = csv_text(resident()).encode()
    note = note_of(data, 1)
    upper = DeliveryNote(1, note.sha256.upper())
    assert read_roster(data, RESIDENTS, stated_on=STATED_ON, note=upper).rows == 1
    with pytest.raises(DoesNotMatchDeliveryNote, match="ハッシュ"):
        read_roster(data + b" ", RESIDENTS, stated_on=STATED_ON, note=note)


def test_a_delivery_note_is_read_from_a_file_and_a_bad_one_is_refused(tmp_path):
    path = tmp_path / "note.toml"
    path.write_text('rows = 2\nsha256 = "ab"\n')
    assert DeliveryNote.from_file(path) == DeliveryNote(2, "ab")
    path.write_text("rows = 2\n")
    with pytest.raises(RosterRefused, match="送付票"):
        DeliveryNote.from_file(path)


@pytest.mark.parametrize(
    ("size", "refused"), [(MAX_LINE_BYTES - 1, False), (MAX_LINE_BYTES, False), (MAX_LINE_BYTES + 1, True)]
)
def test_a_line_has_a_longest_length(tmp_path, size, refused):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\n" + b"x" * size + b"\nb\n")
    if not refused:
        assert len(read_bytes(path)) == size + 5
        return
    with pytest.raises(RosterRefused, match=r"2行目.*長すぎ"):
        read_bytes(path)


def test_a_line_of_two_gigabytes_is_refused_without_being_read(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(2 * 1024**3)
    with pytest.raises(RosterRefused, match="大きすぎ"):
        read_bytes(path)


def test_a_long_line_that_spans_chunks_is_found_on_its_own_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"ab\n" * 700_000 + b"y" * 3_000_000)
    with pytest.raises(RosterRefused, match=r"700001行目"):
        read_bytes(path)


@pytest.mark.parametrize(
    ("data", "told"), [(b"", "空"), (b"a,b\n1,\x00\n", "2行目.*NUL"), ("a,b".encode("utf-16"), "NUL")]
)
def test_an_empty_file_and_one_with_nul_bytes_are_refused(tmp_path, data, told):
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(RosterRefused, match=told):
        read_bytes(path)


@pytest.mark.parametrize("text", ["\n\n", "\r\n", "\x1a"])
def test_a_file_of_empty_lines_is_an_empty_file(text):
    with pytest.raises(RosterRefused, match="空"):
        read(text, 0)


def test_empty_lines_and_the_end_mark_of_old_hosts_are_no_rows():
    assert read(csv_text(resident(1), resident(2)).replace("\n", "\n\n") + "\x1a", 2).frame["line"].to_list() == [3, 5]


CELL = st.text("あx1 =-'", max_size=4)


@given(st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_file_is_cut_alike_with_and_without_quotes(table):
    plain = "\n".join(",".join(row) for row in table)
    quoted = plain.replace("\n", "\n", 1)
    a = cut("h1,h2,h3\n" + plain)
    b = cut('"h1",h2,h3\n' + quoted)
    assert a.header == b.header
    assert a.cells.rows() == b.cells.cast(dict.fromkeys(a.cells.columns[2:], pl.String)).rows()
    assert [(row.line, row.original, row.problem) for row in a.wrong] == [
        (r.line, r.original, r.problem) for r in b.wrong
    ]


QUOTED = st.text('あ1,"', max_size=4)


@given(st.lists(st.lists(QUOTED, min_size=2, max_size=3), min_size=1, max_size=5))
def test_a_file_with_every_cell_in_quotes_is_cut_as_the_csv_module_does(table):
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [["h1", "h2", "h3"], *table]]
    found = cut("\n".join(lines))
    right = [row for row in csv.reader(lines) if len(row) == 3]
    assert [found.header, *(list(row[2:]) for row in found.cells.rows())] == right
    assert found.rows == len(table)
