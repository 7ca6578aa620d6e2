"""Whatever file of results arrives, every line of it is a row that somebody will look at, or the file is refused whole."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from azukari.people.refusals import RosterRefused
from azukari.programmes.screening.result_file import FIELDS, read_results, rows_of

HEADER = [spellings[0] for spellings in FIELDS.values()]
cell = st.text(
    st.characters(codec="cp932", exclude_characters='\r\n\0"\x1a¢£¬‖−〜', exclude_categories=("Cc",)), max_size=12
)
rows = st.lists(st.lists(cell, min_size=1, max_size=9), min_size=1, max_size=12)


def quoted(cells: list[str]) -> str:
    return ",".join(f'"{cell}"' for cell in cells)


@given(rows, st.sampled_from(["cp932", "utf-8", "utf-8-sig"]))
def test_every_line_comes_back_as_a_row_or_as_one_that_can_not_be_read(table, encoding):
    data = ("\r\n".join([quoted(HEADER), *map(quoted, table)]) + "\r\n").encode(encoding)
    read = read_results(data)
    lines = [*read.rows["line"].to_list(), *(row.line for row in read.wrong)]
    assert sorted(lines) == list(range(2, len(table) + 2))


@given(rows)
def test_a_row_is_kept_as_it_was_delivered_and_reads_the_same_once_more(table):
    data = ("\r\n".join([quoted(HEADER), *map(quoted, table)]) + "\r\n").encode("cp932")
    read = read_results(data).rows
    for line, stated in read.select("line", "stated").iter_rows():
        cells = table[line - 2]
        assert json.loads(stated) == {
            header: value.strip() for header, value in zip(HEADER, cells, strict=True) if value.strip()
        }
    again = rows_of([(line, json.loads(stated)) for line, stated in read.select("line", "stated").iter_rows()])
    assert again.drop("stated").rows() == read.drop("stated").rows()


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_never_break_the_reader(data):
    with suppress(RosterRefused):
        read = read_results(data)
        assert {*read.rows["line"]} & {row.line for row in read.wrong} == set()
