"""A roster's waiting rows for an officer's eyes, a page at a time. Who is shown is in the log before it is shown.

A page begins where the last one ended, not at a number of rows from the start, so that the last page of 150,000 costs
what the first does: rows to look at come from their table, the expected ones from the packs that are needed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.items import ITEMS

from .columns import ROSTERS, Roster
from .models import Changeset, Employee, Resident, RowStatus, StagedPack, StagedRow
from .person import HIDDEN, WHEREABOUTS, in_words
from .register import references
from .roster import REMARKS, SEPARATOR
from .staging import AS_EXPECTED

PAGE_ROWS = 50
UNUSABLE = (RowStatus.REJECTED, RowStatus.DUPLICATE)


@dataclass(frozen=True)
class Change:
    """One item that a row changes: as the register has it, as the roster states it."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class ShownRow:
    line: int
    number: str
    name: str
    status: str
    status_label: str
    remarks: tuple[str, ...]
    reason: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class StagedPage:
    """``next``: where the next page begins, "" at the end."""

    rows: Sequence[ShownRow]
    next: str


@dataclass(frozen=True)
class RejectedRow:
    """One problem of one row, without any value of it."""

    line: int
    field: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class _Waiting:
    """A staged row, wherever it waited. ``at``: the place from which the next page goes on."""

    at: str
    line: int
    number: str
    status: str
    reason: str
    changed: list[str]
    remarks: str
    stated: dict[str, str] = field(repr=False)


def list_staged(
    *,
    changeset: Changeset,
    purpose: str,
    by: Handler,
    now: datetime,
    status: str = "",
    remark: str = "",
    after: str = "",
) -> StagedPage:
    """Rows of a roster of one status, with one remark (all where empty), after the place where a page ended."""
    with acting(by=by, act="people.import", now=now) as record:
        if not purpose.strip():
            raise NotPermitted("名簿の行を見る目的を入力してください。")
        roster = ROSTERS[changeset.kind]
        waiting = []
        for row in _waiting(changeset, status, remark, after):
            waiting.append(row)
            if len(waiting) > PAGE_ROWS:
                break
        shown = waiting[:PAGE_ROWS]
        rows = _shown(shown, roster)
        changed = {name for row in shown for name in row.changed}
        record(
            purpose=purpose,
            items=sorted({_item(roster, name) for name in {roster.identity, "name", *changed}}),
            subjects=_subjects(roster, [row.number for row in shown]),
            changeset=changeset.pk,
            rows=len(shown),
        )
        return StagedPage(rows, shown[-1].at if len(waiting) > PAGE_ROWS else "")


def list_rejected(*, changeset: Changeset, purpose: str, by: Handler, now: datetime) -> list[RejectedRow]:
    """Every problem of the rows that cannot be taken, for whoever sent the roster: lines and items, no values."""
    with acting(by=by, act="people.import", now=now) as record:
        if not purpose.strip():
            raise NotPermitted("取り込めない行を見る目的を入力してください。")
        roster = ROSTERS[changeset.kind]
        found = StagedRow.objects.filter(changeset=changeset, status__in=UNUSABLE).order_by("line")
        rows = list(found.values_list("line", "number", "field", "reason"))
        record(
            purpose=purpose,
            items=[_item(roster, roster.identity)],
            subjects=_subjects(roster, [number for _line, number, _field, _reason in rows]),
            changeset=changeset.pk,
            rows=len(rows),
        )
        return [one for line, _number, name, reason in rows for one in _problems(line, name, reason, roster)]


def _problems(line: int, name: str, reason: str, roster: Roster) -> Iterator[RejectedRow]:
    for text in reason.split("／"):
        label, colon, rest = text.partition(": ")
        if not colon:
            label, rest = (roster.label_of(name) if name else ""), text
        problem, _stop, remedy = rest.partition("。")
        yield RejectedRow(line, label, problem, remedy)


def _waiting(changeset: Changeset, status: str, remark: str, after: str) -> Iterator[_Waiting]:
    """Rows to look at first, then those as expected; each from the place on that ``after`` names."""
    kind, place, offset = _place(after)
    if kind != "p" and status not in AS_EXPECTED:
        yield from _from_table(changeset, status, remark, place)
    if not status or status in AS_EXPECTED:
        yield from _from_packs(changeset, status, remark, place if kind == "p" else 0, offset)


def _place(after: str) -> tuple[str, int, int]:
    """ "r12": after row 12 of the table; "p3.200": after the 200th row of pack 3. Anything else: the beginning."""
    numbers = after[1:].split(".")
    if after[:1] in {"r", "p"} and all(n.isascii() and n.isdigit() and len(n) < 16 for n in numbers):
        return after[0], int(numbers[0]), int(numbers[1]) if len(numbers) == 2 else 0
    return "", 0, 0


def _from_table(changeset: Changeset, status: str, remark: str, place: int) -> Iterator[_Waiting]:
    found = StagedRow.objects.filter(changeset=changeset, pk__gt=place).defer("original").order_by("pk")
    if status:
        found = found.filter(status=status)
    if remark:
        found = found.filter(remarks__contains=remark)
    for row in found[: PAGE_ROWS + 1]:
        yield _Waiting(
            f"r{row.pk}", row.line, row.number, row.status, row.reason, row.changed_fields, row.remarks,
            _stated(changeset, row.stated),
        )  # fmt: skip


def _from_packs(changeset: Changeset, status: str, remark: str, place: int, offset: int) -> Iterator[_Waiting]:
    """Opened one after the other, as far as the page needs them."""
    packs = StagedPack.objects.filter(changeset=changeset, pk__gte=place).order_by("pk")
    for pk in list(packs.values_list("pk", flat=True)):
        data = StagedPack.objects.values_list("data", flat=True).get(pk=pk)
        frame = pl.read_ipc(io.BytesIO(bytes(data))).drop("original").with_row_index("row")
        if pk == place:
            frame = frame.filter(pl.col("row") >= offset)
        if status:
            frame = frame.filter(pl.col("status") == status)
        if remark:
            frame = frame.filter(pl.col("remarks").str.contains(remark, literal=True))
        for row in frame.head(PAGE_ROWS + 1).iter_rows(named=True):
            yield _Waiting(
                f"p{pk}.{row['row'] + 1}", row["line"], row["number"], row["status"], row["reason"], [],
                row["remarks"], _stated(changeset, row["stated"]),
            )  # fmt: skip


def _stated(changeset: Changeset, stated: str) -> dict[str, str]:
    return dict(zip(changeset.fields, stated.split(SEPARATOR), strict=False)) if stated else {}


def _shown(waiting: Sequence[_Waiting], roster: Roster) -> list[ShownRow]:
    """With the register's present values of what changes, and its names where the row states none."""
    known = _known(roster, [row.number for row in waiting if row.number])
    return [_shown_row(row, roster, known.get(row.number)) for row in waiting]


def _known(roster: Roster, numbers: Sequence[str]) -> dict[str, Any]:
    model: Any = Resident if roster.model == "Resident" else Employee
    return {person.number: person for person in model.objects.filter(number__in=numbers)}


def _shown_row(row: _Waiting, roster: Roster, person: Any) -> ShownRow:
    hidden = row.stated.get("protected") == "1" or getattr(person, "protected", False)
    names = [row.stated.get(name, "") for name in roster.named_by]
    name = next((name for name in names if name), "") or (_name(person, roster) if person else "")
    changes = [
        Change(
            roster.label_of(key),
            str(HIDDEN) if hidden and key in WHEREABOUTS else in_words(roster, key, getattr(person, key, "")),
            str(HIDDEN) if hidden and key in WHEREABOUTS else in_words(roster, key, row.stated.get(key, "")),
        )
        for key in row.changed
        if row.stated
    ]
    if not row.stated:  # committed: the values are gone, what they were about is known
        changes = [Change(roster.label_of(key), "", "") for key in row.changed]
    remarks = tuple(REMARKS[key] for key in row.remarks.split(",") if key in REMARKS)
    return ShownRow(
        row.line, row.number, name, row.status, str(RowStatus(row.status).label), remarks, row.reason, tuple(changes)
    )


def _name(person: Any, roster: Roster) -> str:
    return next((value for key in roster.named_by if (value := getattr(person, key, ""))), "")


def _item(roster: Roster, name: str) -> str:
    item = roster.column(name).item
    return item if item in ITEMS else "resident_register_information"


def _subjects(roster: Roster, numbers: Sequence[str]) -> list[bytes]:
    from azukari.witness.keys import subject_key  # reads the key file, so only when it is needed

    return [bytes.fromhex(reference) for reference in references(roster, subject_key(), [n for n in numbers if n])]
