"""Count the sheets in, key each twice, look a third time where they differ, and account for all of them."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db.models import Count

from azukari.custody import gate
from azukari.custody.models import READABLE, Handover
from azukari.parties.acting import NotPermitted, Record, acting
from azukari.parties.models import Handler
from azukari.people import bulk
from azukari.vocabulary.refusal import Changed

from .models import Keying, PaperSheet

State = PaperSheet.State


class SheetMoved(Changed, NotPermitted):
    """Somebody else keyed or returned the sheet meanwhile."""


@dataclass(frozen=True)
class Field:
    """One field of a sheet: its key, what is written beside it, and the item of the paper that it is."""

    key: str
    label: str
    item: str


@dataclass(frozen=True)
class Balance:
    """sheets = keyed + unreadable + open; the batch balances when nothing is open."""

    sheets: int
    keyed: int
    unreadable: int
    differing: int
    open: int

    @property
    def closed(self) -> bool:
        return self.open == 0 and self.sheets == self.keyed + self.unreadable


def count_out(*, handover: Handover, sheets: Sequence[tuple[str, str]]) -> None:
    """Inside the sender's act: (number, reference) of each sheet of a paper handover, so that each is accounted for."""
    if len(sheets) != handover.sheets:
        raise NotPermitted(
            f"結果票の数が合いません（受渡し {handover.sheets}枚・番号 {len(sheets)}枚）。数え直してください。"
        )
    PaperSheet.objects.bulk_create(
        PaperSheet(handover=handover, number=number, reference=reference) for number, reference in sheets
    )


def balance(handover: Handover) -> Balance:
    by_state = dict(handover.paper_sheets.values_list("state").annotate(n=Count("pk")))
    keyed, unreadable, differing = (by_state.get(s, 0) for s in (State.KEYED, State.UNREADABLE, State.DIFFERS))
    total = sum(by_state.values())
    return Balance(total, keyed, unreadable, differing, total - keyed - unreadable)


def key(*, sheet: PaperSheet, cells: Mapping[str, str], fields: Sequence[Field], by: Handler, now: datetime) -> State:
    """Key a sheet: the first time, the second time by another person, or the third where the two differ.

    Returns the sheet's state. Raises NotPermitted: not held by this organisation, a second time by the same person;
    SheetMoved where nothing is left to key.
    """
    with acting(by=by, act="data.enter", now=now, programme=sheet.handover.programme) as record:
        _held(sheet, by)
        if sheet.state not in TURNS:
            raise SheetMoved(f"結果票 {sheet.number} は「{sheet.get_state_display()}」です。一覧を開き直してください。")
        if sheet.keyings.filter(by=by).exists():
            raise NotPermitted("この結果票は、あなたがすでに入力しています。もう一度の入力は、別の人が行ってください。")
        unknown = set(cells) - {field.key for field in fields}
        if unknown:
            raise NotPermitted("結果票にない欄が入力されています。様式を確かめてください。")
        _write(record, sheet.handover, [sheet], {sheet.number: cells}, fields, by)
        sheet.refresh_from_db()
        return State(sheet.state)


def key_pass(
    *, handover: Handover, cells: Mapping[str, Mapping[str, str]], fields: Sequence[Field], by: Handler, now: datetime
) -> Balance:
    """One person's whole pass over the sheets of a handover, from an entry machine: sheet number → cells.

    Counts as the first or the second keying of each sheet (never both by one person). Refused whole where a number is
    not of this handover, is keyed or returned already, or was keyed by the same person.
    """
    with acting(by=by, act="data.enter", now=now, programme=handover.programme) as record:
        _held_batch(handover, by)
        sheets = {sheet.number: sheet for sheet in handover.paper_sheets.select_for_update().order_by("pk")}
        strange = [number for number in cells if number not in sheets]
        if strange:
            raise NotPermitted(f"この受渡しにない結果票番号が{len(strange)}件あります（{'、'.join(strange[:5])}）。")
        moved = [n for n in cells if sheets[n].state not in {State.WAITING, State.ONCE}]
        if moved:
            raise SheetMoved(f"入力や返却が済んだ結果票が{len(moved)}件あります（{'、'.join(moved[:5])}）。")
        own = Keying.objects.filter(sheet__handover=handover, by=by).values_list("sheet__number", flat=True)
        again = sorted(set(own) & set(cells))
        if again:
            raise NotPermitted(f"あなたがすでに入力した結果票が{len(again)}件あります（{'、'.join(again[:5])}）。")
        _write(record, handover, [sheets[number] for number in cells], cells, fields, by)
        return balance(handover)


TURNS = {State.WAITING: 1, State.ONCE: 2, State.DIFFERS: 3}
"""Which keying of a sheet the next one is; there is none of a sheet in another state."""


def _write(
    record: Record,
    handover: Handover,
    sheets: Sequence[PaperSheet],
    cells: Mapping[str, Mapping[str, str]],
    fields: Sequence[Field],
    by: Handler,
) -> None:
    """Permitted, sealed, compared with the first keying, and written: whole columns, for one sheet or a whole pass."""
    gate.accept(
        record=record,
        by=by,
        party=handover.receiver_party,
        items=sorted({field.item for field in fields}),
        references=sorted({sheet.reference for sheet in sheets}),
        purpose="結果票の入力",
    )
    turns = {sheet.pk: TURNS[State(sheet.state)] for sheet in sheets}
    plain = {sheet.pk: {f.key: _plain(cells[sheet.number].get(f.key, "")) for f in fields} for sheet in sheets}
    second = [sheet.pk for sheet in sheets if turns[sheet.pk] == 2]
    first = _opened(handover, list(Keying.objects.filter(sheet__handover=handover, round=1, sheet__in=second)))
    parts = {pk: _part(pk, turn) for pk, turn in turns.items()}
    sealed = gate.seal_work(handover, {parts[pk]: _data(stated) for pk, stated in plain.items()})
    after = [_after(sheet, turns[sheet.pk], first.get(sheet.pk, {}), plain[sheet.pk], fields) for sheet in sheets]
    made = {"sheet": list(turns), "round": list(turns.values()), "sealed": [sealed[part] for part in parts.values()]}
    at = bulk.moment_text(record.now)
    bulk.insert(Keying, pl.DataFrame(made).with_columns(by=pl.lit(by.pk), at=pl.lit(at)))
    states = {
        "id": list(turns),
        "state": [state.value for state, _ in after],
        "differs_in": [d[:400] for _, d in after],
    }
    bulk.update(PaperSheet, pl.DataFrame(states), "id")


def _after(
    sheet: PaperSheet, turn: int, first: Mapping[str, str], plain: Mapping[str, str], fields: Sequence[Field]
) -> tuple[State, str]:
    if turn == 1:
        return State.ONCE, ""
    if turn > 2:
        return State.KEYED, sheet.differs_in
    differing = [field.label for field in fields if first.get(field.key, "") != plain[field.key]]
    return (State.DIFFERS, "、".join(differing)) if differing else (State.KEYED, "")


def _plain(cell: str) -> str:
    """Width and surrounding blanks are no difference."""
    return unicodedata.normalize("NFKC", cell).strip()


def _data(cells: Mapping[str, str]) -> bytes:
    return json.dumps(cells, ensure_ascii=False).encode()


def _part(sheet: int, turn: int) -> int:
    return sheet * 4 + turn


def _opened(handover: Handover, keyings: Sequence[Keying]) -> dict[int, dict[str, str]]:
    """Sheet → cells of these keyings; only inside an act that is logged."""
    parts = {_part(each.sheet_id, each.round): bytes(each.sealed) for each in keyings}
    return {part // 4: json.loads(data) for part, data in gate.open_work(handover, parts).items()}


def both_rounds(*, sheet: PaperSheet, by: Handler, now: datetime) -> list[dict[str, str]]:
    """What the first two people keyed, side by side, for whoever looks a third time."""
    with acting(by=by, act="data.read", now=now, programme=sheet.handover.programme) as record:
        _held(sheet, by)
        if sheet.state != State.DIFFERS:
            raise SheetMoved(f"結果票 {sheet.number} は「{sheet.get_state_display()}」です。一覧を開き直してください。")
        record(purpose="不一致の確認", handover=sheet.handover.number, sheet=sheet.number)
        return [_opened(sheet.handover, [each])[sheet.pk] for each in sheet.keyings.order_by("round")]


def unreadable(*, sheet: PaperSheet, reason: str, by: Handler, now: datetime) -> None:
    """A sheet that can't be keyed goes back to whoever wrote it; it counts as returned, not as keyed."""
    with acting(by=by, act="data.enter", now=now, programme=sheet.handover.programme) as record:
        _held(sheet, by)
        if not reason.strip():
            raise NotPermitted("読めない理由（どの欄がどう読めないか）を書いてください。")
        changed = PaperSheet.objects.filter(pk=sheet.pk).exclude(state__in=[State.KEYED, State.UNREADABLE])
        if not changed.update(state=State.UNREADABLE, unreadable_why=reason.strip()[:200]):
            raise SheetMoved(f"結果票 {sheet.number} は「{sheet.get_state_display()}」です。一覧を開き直してください。")
        sheet.refresh_from_db()
        record(purpose="読めない結果票の返却", handover=sheet.handover.number, sheet=sheet.number)


def keyed_rows(handover: Handover) -> list[tuple[PaperSheet, dict[str, str]]]:
    """Each keyed sheet with the cells that stand: of the second round, or of the third look. Inside a logged act."""
    sheets = list(handover.paper_sheets.filter(state=State.KEYED).prefetch_related("keyings").order_by("number"))
    last = [max(sheet.keyings.all(), key=lambda each: each.round) for sheet in sheets]
    cells = _opened(handover, last)
    return [(sheet, cells[sheet.pk]) for sheet in sheets]


def _held(sheet: PaperSheet, by: Handler) -> None:
    PaperSheet.objects.select_for_update().get(pk=sheet.pk)
    sheet.refresh_from_db()
    _held_batch(sheet.handover, by)


def _held_batch(handover: Handover, by: Handler) -> None:
    if handover.receiver_id != by.organisation_id:
        raise NotPermitted("この結果票は見つかりません。")
    if handover.state not in READABLE:
        raise NotPermitted(
            f"受渡し {handover.number} は「{handover.get_state_display()}」のため、入力できません。"
            "枚数を数え、受領を確認してから入力してください。"
        )
