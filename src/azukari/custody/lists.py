"""A list of people handed over by the core alone: chosen items of chosen persons, for a programme without own code.

The columns come from the people models' ``items`` mapping (field -> item, law 2), the persons from a list of numbers.
What may be sent, and of whom, is decided by the gate as for every other handover.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

import polars as pl
from django.db.models import Field

from azukari.dossier.schema import Direction, Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people.columns import read_employee_number, read_number
from azukari.people.models import Employee, Resident
from azukari.vocabulary.characters import UnreadableEncoding, decode_text
from azukari.vocabulary.items import ITEMS

from . import handovers
from .gate import Column
from .models import Handover

REGISTERS: dict[str, tuple[type[Resident] | type[Employee], str]] = {
    "residents": (Resident, "宛名番号"),
    "employees": (Employee, "職員番号"),
}
"""Kind of register -> its model, and the header of the column that names a person."""

SHOWN_LINES = 10
AT_ONCE = 10_000
YES, NO = "有", "無"


@dataclass(frozen=True)
class PeopleList:
    """What ``handovers.prepare`` takes: ``frame`` has ``reference`` and a text column per key, in the list's order."""

    columns: tuple[Column, ...]
    frame: pl.DataFrame


def numbers_in(data: bytes, kind: str) -> list[str]:
    """The persons' numbers of a list file: a CSV with the column 宛名番号 (職員番号), or one number per line.

    UTF-8 or CP932. Raises NotPermitted naming the lines that are no numbers, or are there twice, not the numbers.
    """
    header = REGISTERS[kind][1]
    read = read_number if kind == "residents" else read_employee_number
    lines: dict[str, int] = {}
    unreadable, twice = [], []
    for line, cell in _cells(data, header):
        try:
            number = read(cell)
        except ValueError:
            unreadable.append(line)
            continue
        if lines.setdefault(number, line) != line:
            twice.append(line)
    if unreadable:
        raise NotPermitted(f"対象者の一覧の{_lines(unreadable)}の番号を読めません。{header}を確かめてください。")
    if twice:
        raise NotPermitted(f"対象者の一覧の{_lines(twice)}は、前の行と同じ人です。重複を除いてください。")
    if not lines:
        raise NotPermitted("対象者の一覧に一人もいません。")
    return list(lines)


def _cells(data: bytes, header: str) -> list[tuple[int, str]]:
    """Line and cell of the column that names a person; empty lines left out."""
    try:
        rows = list(csv.reader(StringIO(decode_text(data).text)))
    except (UnreadableEncoding, csv.Error) as error:
        raise NotPermitted("対象者の一覧を読めません。UTF-8 か CP932 の CSV にしてください。") from error
    titles = [cell.strip() for cell in rows[0]] if rows else []
    headed = header in titles
    if not headed and any(len(row) > 1 for row in rows):
        raise NotPermitted(f"対象者の一覧に列「{header}」がありません。見出しを確かめてください。")
    place = titles.index(header) if headed else 0
    return [
        (line, row[place] if place < len(row) else "")
        for line, row in enumerate(rows, 1)
        if any(cell.strip() for cell in row) and not (headed and line == 1)
    ]


def _lines(lines: Sequence[int]) -> str:
    shown = "・".join(str(line) for line in lines[:SHOWN_LINES])
    return f"{shown}行目" + (f"ほか計{len(lines)}行" if len(lines) > SHOWN_LINES else "")


def people_list(*, kind: str, items: Sequence[str], numbers: Sequence[str]) -> PeopleList:
    """The chosen items (keys) of the chosen persons, in the order of ``numbers``.

    Raises NotPermitted where an item has no field in the register, or a number is not in it (told by its place in the
    list). Decides nothing about who may receive it.
    """
    model, header = REGISTERS[kind]
    fields = fields_of(model)
    unknown = [key for key in items if key not in fields]
    if unknown:
        names = "、".join(ITEMS[key].name if key in ITEMS else key for key in unknown)
        raise NotPermitted(
            f"情報項目「{names}」は、名簿に欄がありません。この項目を渡すには、その事業の処理で受渡しを準備してください。"
        )
    keys = list(dict.fromkeys(items))
    chosen = [fields[key] for key in keys]
    found: dict[str, tuple[object, ...]] = {}
    for start in range(0, len(numbers), AT_ONCE):
        rows = model._default_manager.filter(number__in=numbers[start : start + AT_ONCE])
        found |= {row[0]: row[1:] for row in rows.values_list("number", "reference", *chosen)}
    absent = [place for place, number in enumerate(numbers, 1) if number not in found]
    if absent:
        raise NotPermitted(
            f"対象者の一覧の{len(absent)}人（{_lines(absent).replace('行目', '人目')}）が名簿にいません。"
            f"{header}と、名簿の取込みを確かめてください。"
        )
    columns = tuple(Column(field, ITEMS[key].name, key) for key, field in zip(keys, chosen, strict=True))
    words = [_words(model._meta.get_field(field)) for field in chosen]
    data: dict[str, list[str]] = {"reference": [str(found[number][0]) for number in numbers]}
    for n, (field, said) in enumerate(zip(chosen, words, strict=True), 1):
        data[field] = [_text(found[number][n], said) for number in numbers]
    return PeopleList(columns, pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)))


def fields_of(model: type[Resident] | type[Employee]) -> dict[str, str]:
    """Item -> the field that states it: the first one of the model's ``items``, as those worked out from it follow."""
    fields: dict[str, str] = {}
    for field, item in model.items.items():
        fields.setdefault(item, field)
    return fields


def _words(field: object) -> dict[str, str]:
    return {str(value): str(label) for value, label in (field.flatchoices if isinstance(field, Field) else ())}


def _text(value: object, words: dict[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, date):
        return value.isoformat()
    return words.get(str(value), str(value))


def prepare_list(
    *,
    programme: str,
    step: str,
    receiver: Organisation,
    party: str,
    kind: str,
    items: Sequence[str],
    numbers: Sequence[str],
    purpose: str,
    medium: Medium,
    by: Handler,
    now: datetime,
    direction: Direction = Direction.PROVIDED,
    sheets: int = 0,
    accept_replacements: str = "",
    extra_reason: str = "",
) -> Handover:
    """Prepare a handover of a list from the ward's own register. Raises NotPermitted, and then nothing is done."""
    with acting(by=by, act="handover.prepare", now=now, programme=programme) as record:
        if by.organisation.type != Organisation.Type.WARD:
            raise NotPermitted("名簿から一覧を作れるのは区の職員だけです。")
        made = people_list(kind=kind, items=items, numbers=numbers)
        handover = handovers.prepare(
            programme=programme,
            step=step,
            receiver=receiver,
            party=party,
            columns=made.columns,
            frame=made.frame,
            purpose=purpose,
            medium=medium,
            by=by,
            now=now,
            direction=direction,
            sheets=sheets,
            accept_replacements=accept_replacements,
            extra_reason=extra_reason,
        )
        record(
            purpose="名簿からの一覧の作成",
            party=handover.receiver_party,
            clause=handover.clause,
            items=handover.items,
            subjects=[bytes.fromhex(reference) for reference in made.frame["reference"]],
            handover=handover.number,
            kind=kind,
        )
        return handover
