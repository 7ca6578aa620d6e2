"""A roster file looked at before it is read: is it the file that was announced, and what are its columns called.

What is wrong with the file as a whole is told at once, while the person who chose it still sits before the form. Only
headers leave this module; a first row that holds a person's data is never repeated.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from azukari.vocabulary.headers import header_key

from .changeset import check_date, check_first_time, latest
from .columns import ROSTERS, Roster
from .guard import DeliveryNote, read_bytes, refused
from .refusals import RosterRefused
from .roster import map_headers, open_roster

_DATA = re.compile(r"[0-9]{4}|[0-9][0-9./-]+[0-9]")
"""What a header never has and a person's row always has: a number, a date."""
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class FoundColumn:
    """One column of the file. ``field``: the roster's field that its header names, "" where none; ``near``: a guess."""

    header: str
    field: str
    near: str = ""


@dataclass(frozen=True)
class Inspection:
    """``problems``: why the headers do not yet say which column is what; empty where nothing has to be asked."""

    rows: int
    encoding: str
    columns: tuple[FoundColumn, ...]
    problems: tuple[str, ...]

    @property
    def understood(self) -> bool:
        return not self.problems


def inspect(*, path: Path, kind: str, stated_on: date, note: DeliveryNote, now: datetime) -> Inspection:
    """Look at a file without reading its rows. Raises RosterRefused (or a kind of it) for what no mapping can mend."""
    roster = ROSTERS[kind]
    base = latest(kind)
    check_date(roster, stated_on, base, now)
    _check_form(path)
    sha256, encoding, table, _undecodable = open_roster(read_bytes(path), note)
    check_first_time(kind, sha256)
    try:
        map_headers(table.header, roster, {})
        problems: tuple[str, ...] = ()
    except RosterRefused as refusal:
        if not _could_be_mapped(table.header, roster):
            raise
        problems = tuple(str(problem) for problem in refusal.problems)
    return Inspection(table.rows, encoding, _columns(table.header, roster), problems)


def check_mapping(headers: list[str], kind: str, mapping: Mapping[str, str | None]) -> None:
    """Raises RosterRefused with everything that is wrong with which column is what."""
    map_headers(headers, ROSTERS[kind], mapping)


def _check_form(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) in _EXCEL:
            raise refused(
                "Excel か圧縮ファイルです。名簿は CSV で受け取ります",
                "Excel で「CSV UTF-8（コンマ区切り）」として保存し直すか、送付元に CSV で出力し直してもらってください",
            )


def _could_be_mapped(header: list[str], roster: Roster) -> bool:
    """Whether these are headers, if unknown ones, and enough of them for what is required."""
    known = sum(header_key(cell) in roster.spellings for cell in header)
    data = any(_DATA.search(unicodedata.normalize("NFKC", cell)) for cell in header)
    required = sum(column.required for column in roster.columns)
    return (2 * known >= len(header) or not data) and len([cell for cell in header if cell.strip()]) >= required


def _columns(header: list[str], roster: Roster) -> tuple[FoundColumn, ...]:
    spellings = roster.spellings
    found, taken = [], set()
    for cell in header:
        field = spellings.get(header_key(cell), "")
        near = ""
        if not field:
            close = difflib.get_close_matches(header_key(cell), spellings, n=1, cutoff=0.6)
            near = spellings[close[0]] if close else ""
        taken.add(field)
        found.append(FoundColumn(cell, field, near))
    return tuple(
        FoundColumn(one.header, one.field, "" if one.near in taken else one.near) if one.near else one for one in found
    )
