"""What a handler sees or enters: decided, narrowed to the persons in keeping, logged before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from django.db.models import Model, QuerySet
from django.utils.timezone import localdate

from azukari.dossier.approval import in_force
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, Record
from azukari.parties.models import Handler, Organisation

from ..models import READABLE, Handover
from .contents import kept_bytes, kept_documents, table_of
from .permission import (
    Grant,
    grant_of,
    held_references,
    parties_of,
    require_consent,
    require_items,
    require_party,
    still_listed,
    with_open_cases,
    within_reach,
)


def read(
    *,
    record: Record,
    by: Handler,
    records: QuerySet[Model],
    fields: Sequence[str],
    purpose: str,
    direction: Direction = Direction.PROVIDED,
    party: str = "",
) -> list[tuple[object, ...]]:
    """Fields of records for a handler's eyes: ``fields`` of a model whose ``items`` names each field's item.

    The model has a ``reference`` field (pseudonymous subject reference, hex). A contractor gets only the persons it
    holds; others in ``records`` are not there for it. The log entry is written before the rows are returned.
    """
    on = localdate(record.now)
    names: dict[str, str | tuple[str, ...]] = getattr(records.model, "items")  # noqa: B009 - every model of people has it (law 2)
    items = [item for field in fields for item in _items_of(names[field])]
    programme = record.programme
    own = parties_of(by.organisation, programme, on)
    party = party or (own[0] if own else by.organisation.key)
    require_party(by.organisation, programme, party, on)
    grant = require_items(programme=programme, party=party, items=items, direction=direction, on=on)
    if by.organisation.type != Organisation.Type.WARD:
        held = held_references(by.organisation, programme)
        records = records.filter(reference__in=held)
    rows = list(records.values_list("reference", *fields))
    if grant.conditions:
        reach = within_reach(by.organisation, programme, grant) or set()
        rows = [row for row in rows if row[0] in reach]
    record(
        purpose=purpose,
        party=grant.party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=items,
        subjects=[bytes.fromhex(row[0]) for row in rows],
    )
    return [row[1:] for row in rows]


def _items_of(stated: str | tuple[str, ...]) -> tuple[str, ...]:
    return (stated,) if isinstance(stated, str) else stated


@dataclass(frozen=True)
class One:
    """One person of a handover: the column and the value by which the row is found, and whom it is about."""

    column: str
    value: str
    reference: str


def _require_reader(handover: Handover, by: Handler, on: date) -> None:
    """Only the receiver reads, while it holds what it acknowledged and is still the party of the paper."""
    handover.refresh_from_db()
    if by.organisation_id != handover.receiver_id:
        raise NotPermitted("この受渡しは見つかりません。")
    if handover.state not in READABLE:
        raise NotPermitted(f"受渡し {handover.number} は「{handover.get_state_display()}」のため、読めません。")
    require_party(by.organisation, handover.programme, handover.receiver_party, on)


def read_held(
    *,
    record: Record,
    by: Handler,
    handover: Handover,
    items: Sequence[str],
    purpose: str,
    one: One | None = None,
) -> pl.DataFrame:
    """What a receiver works on in this system: the listed columns of a handover it acknowledged and still holds.

    With ``one``, that person's row alone is shown and logged.
    """
    on = localdate(record.now)
    _require_reader(handover, by, on)
    beyond = set(items) - set(handover.items)
    if beyond:
        raise NotPermitted("この受渡しに含まれない情報項目が指定されています。受渡しの内容を確かめてください。")
    grant = still_listed(handover, on, items)
    references = set(handover.people.values_list("reference", flat=True))
    if references - with_open_cases(by.organisation, handover.programme, grant, references):
        raise NotPermitted(
            f"受渡し {handover.number} には、問合せ等が終わった人が含まれています。"
            f"{grant.clause}により、読めるのは問合せ等が開いている間だけです。"
        )
    frame = table_of(kept_bytes(handover), handover)
    if one is not None and one.reference not in references:
        raise NotPermitted(f"この人は受渡し {handover.number} に含まれていません。")
    asked = references if one is None else {one.reference}
    require_consent(handover.programme, by.organisation, asked, handover.fiscal_year)
    if one is not None:
        frame, references = frame.filter(pl.col(one.column) == one.value), {one.reference}
    wanted = [c["key"] for c in handover.columns if c["item"] is None or c["item"] in set(items)]
    record(
        purpose=purpose,
        party=handover.receiver_party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=sorted(items),
        subjects=[bytes.fromhex(r) for r in sorted(references)],
        handover=handover.number,
    )
    return frame.select(wanted)


def read_document(*, record: Record, by: Handler, handover: Handover, name: str, purpose: str) -> bytes:
    """A report of a handover that the receiver acknowledged and still holds; logged like the data beside it."""
    _require_reader(handover, by, localdate(record.now))
    grant = still_listed(handover, localdate(record.now))
    documents = kept_documents(handover)
    if name not in documents:
        raise NotPermitted(f"受渡し {handover.number} に、この文書はありません。")
    record(
        purpose=purpose,
        party=handover.receiver_party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        handover=handover.number,
        document=name,
    )
    return documents[name]


def show(
    *,
    record: Record,
    by: Handler,
    window: Handover,
    references: Collection[str],
    items: Sequence[str],
    purpose: str,
    table: Callable[[], pl.DataFrame],
) -> pl.DataFrame:
    """Some persons of a window, from the sender's own records: the columns of the window that carry these items.

    ``table`` is only called once it is decided and logged; what it has beyond the window's columns is left out.
    """
    on = localdate(record.now)
    _require_reader(window, by, on)
    grant = still_listed(window, on, items)
    beyond = set(items) - set(window.items)
    if beyond:
        raise NotPermitted("この受渡しに含まれない情報項目が指定されています。受渡しの内容を確かめてください。")
    asked = set(references)
    let_in = set(window.people.filter(reference__in=asked).values_list("reference", flat=True))
    if not asked or asked - with_open_cases(by.organisation, window.programme, grant, let_in):
        raise NotPermitted(f"この人は受渡し {window.number} に含まれていません。")
    record(
        purpose=purpose,
        party=window.receiver_party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=sorted(items),
        subjects=[bytes.fromhex(reference) for reference in sorted(asked)],
        handover=window.number,
    )
    wanted = [c["key"] for c in window.columns if c["item"] is None or c["item"] in set(items)]
    return table().select(wanted)


def accept(
    *, record: Record, by: Handler, party: str, items: Sequence[str], references: Sequence[str], purpose: str
) -> Grant:
    """What a party enters or sends in: each item collected or handled by it, each person in its keeping."""
    on = localdate(record.now)
    require_party(by.organisation, record.programme, party, on)
    now_in_force = in_force(record.programme, on)
    decisions = []
    for item in items:
        collected = now_in_force.decide(party, item, Direction.COLLECTED, on)
        decisions.append(collected if collected.allowed else now_in_force.decide(party, item, Direction.HANDLED, on))
    if not all(d.allowed for d in decisions):
        raise NotPermitted.because(decisions)
    grant = grant_of(now_in_force, decisions)
    reach = within_reach(by.organisation, record.programme, grant)
    if reach is not None and set(references) - reach:
        raise NotPermitted("預かっていない人のデータは入力・提出できません。受渡しの範囲を確かめてください。")
    record(
        purpose=purpose,
        party=party,
        clause=grant.clause,
        ruling="、".join(grant.rulings),
        items=sorted(items),
        subjects=[bytes.fromhex(r) for r in references],
    )
    return grant
