"""What a handover carries: checked and fixed at preparation, kept sealed with its own key, destroyed on erasure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.conf import settings

from azukari.dossier.schema import Direction, Medium
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Organisation
from azukari.people import bulk

from .. import csvfile
from ..keys import (
    KeyMissing,
    KeyStore,
    open_rows,
    seal_rows,
)
from ..models import Attachment, HandedPerson, Handover, Holding
from ..working import clear_working_folder
from .permission import Grant, require_chain, require_items, require_party, require_people

CONTROL_COLUMNS = {"row": "連番", "sheet_code": "帳票番号"}
"""Columns that say nothing about a person; every other column names its item."""

DOCUMENTS = 1 << 40
"""Parts from here on are reports, so that no sealed row can stand in for one."""

PART = 4 * 1024 * 1024
"""Bytes of one sealed part at rest."""


@dataclass(frozen=True)
class Column:
    """One column of a handover: ``key`` in the frame, header in the file, item (None: control column)."""

    key: str
    header: str
    item: str | None


@dataclass(frozen=True)
class Content:
    """What a handover carries, fixed at preparation: the file's bytes and what they say."""

    data: bytes
    digest: str
    rows: int
    references: tuple[str, ...]
    columns: tuple[Column, ...]
    encoding: str
    grant: Grant
    replacements: int


def content_for(
    *,
    programme: str,
    sender: Organisation,
    receiver: Organisation,
    party: str,
    columns: Sequence[Column],
    frame: pl.DataFrame,
    direction: Direction,
    on: date,
    encoding: str,
) -> Content:
    """Check everything law 1 and law 3 ask about a sending and fix its bytes. ``frame`` has ``reference`` + columns.

    Raises NotPermitted: unlisted item, party not appointed, sub-processor not under the sender, person not held by the
    sender, protected person in the list.
    """
    for column in columns:
        if column.item is None and CONTROL_COLUMNS.get(column.key) != column.header:
            raise NotPermitted(f"列「{column.header}」に情報項目の指定がありません。項目のない列は渡せません。")
    if sender.pk == receiver.pk:
        raise NotPermitted("渡す側と受け手が同じ組織です。受け手を確かめてください。")
    require_party(receiver, programme, party, on)
    items = [c.item for c in columns if c.item is not None]
    grant = require_items(programme=programme, party=party, items=items, direction=direction, on=on)
    require_chain(sender, party, programme, grant, on)
    references = tuple(frame["reference"].to_list())
    require_people(programme=programme, sender=sender, receiver=receiver, grant=grant, references=references, on=on)
    written = csvfile.write_csv(frame, {c.key: c.header for c in columns}, encoding)
    return Content(
        data=written.data,
        digest=hashlib.sha256(written.data).hexdigest(),
        rows=frame.height,
        references=references,
        columns=tuple(columns),
        encoding=encoding,
        grant=grant,
        replacements=len(written.replacements),
    )


def key_store() -> KeyStore:
    return KeyStore(Path(settings.AZUKARI_KEYS))


def keep(handover: Handover, content: Content) -> None:
    """Keep the handover's rows sealed with its own key, and who is in it. Of paper only who: it is the copy."""
    if handover.medium == Medium.PAPER:
        _keep_people(handover, content.references)
    else:
        keep_bytes(handover, content.data, content.references)


def keep_bytes(handover: Handover, data: bytes, references: Iterable[str]) -> None:
    """As :func:`keep`, for a file that came in from another instance."""
    key = key_store().renew(handover.number)
    parts = range(0, max(len(data), 1), PART)
    Holding.objects.bulk_create(
        Holding(handover=handover, part=n, sealed=seal_rows(key, handover.number, data[start : start + PART], part=n))
        for n, start in enumerate(parts)
    )
    _keep_people(handover, references)


def _keep_people(handover: Handover, references: Iterable[str]) -> None:
    people = pl.DataFrame({"reference": sorted(set(references))}, schema={"reference": pl.String})
    bulk.insert(HandedPerson, people.select(pl.lit(handover.pk).alias("handover"), "reference"))


def kept_bytes(handover: Handover) -> bytes:
    """The handed file's bytes, opened with the handover's key. Raises keys.KeyGone after erasure."""
    key = key_store().get(handover.number)
    parts = handover.holdings.order_by("part").values_list("part", "sealed")
    data = b"".join(open_rows(key, handover.number, bytes(sealed), part=part) for part, sealed in parts)
    if hashlib.sha256(data).hexdigest() != handover.digest:
        raise NotPermitted(
            f"受渡し {handover.number} の保管データが記録と一致しません。情報保護担当に連絡してください。"
        )
    return data


def keep_document(handover: Handover, *, title: str, kind: str, data: bytes) -> Attachment:
    """A report (``kind``: pdf or xlsx) that goes with a handover not sealed yet; it has no column and names no item."""
    place = handover.attachments.count() + 1
    return Attachment.objects.create(
        handover=handover,
        name=f"document-{place:02d}.{kind}",
        title=title,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        sealed=seal_rows(key_store().get(handover.number), handover.number, data, part=DOCUMENTS + place),
    )


def kept_documents(handover: Handover) -> dict[str, bytes]:
    """Name → bytes of the reports of a handover. Raises keys.KeyGone after erasure."""
    kept = list(handover.attachments.order_by("name"))
    if not kept:
        return {}
    key = key_store().get(handover.number)
    return {
        one.name: open_rows(key, handover.number, bytes(one.sealed), part=DOCUMENTS + int(one.name[9:11]))
        for one in kept
    }


def seal_work(handover: Handover, work: Mapping[int, bytes]) -> dict[int, bytes]:
    """What a receiver makes by hand from what it holds, by part, sealed with the handover's key: it goes with that."""
    store = key_store()
    try:
        key = store.get(handover.number)
    except KeyMissing:  # paper has no rows of its own, so its key is made when the first work on it is kept
        key = store.create(handover.number)
    return {part: seal_rows(key, handover.number, data, part=part) for part, data in work.items()}


def open_work(handover: Handover, sealed: Mapping[int, bytes]) -> dict[int, bytes]:
    """What :func:`seal_work` sealed. Raises keys.KeyGone once the handover was returned or erased."""
    if not sealed:
        return {}
    key = key_store().get(handover.number)
    return {part: open_rows(key, handover.number, data, part=part) for part, data in sealed.items()}


def table_of(data: bytes, handover: Handover) -> pl.DataFrame:
    names = {c["header"]: c["key"] for c in handover.columns}
    frame = csvfile.read_csv(data, list(names), handover.rows, encoding=handover.encoding, escape=handover.escape)
    return frame.rename(names)


def destroy(handover: Handover, *, certificate: str, now: datetime) -> None:
    """Destroy the key, the rows, who was in them, and what was made of them here (law 7).

    The erasure ledger is kept apart from the database.
    """
    key_store().destroy(handover.number, at=now, certificate=certificate)
    handover.holdings.all().delete()
    handover.attachments.all().delete()
    HandedPerson.objects.filter(handover=handover).delete()
    if handover.package_name:
        (Path(settings.AZUKARI_OUTBOX) / handover.package_name).unlink(missing_ok=True)
    clear_working_folder(handover)


def forget_people(handover: Handover) -> None:
    """What came back to the ward is its own: no list of whom it was about is kept."""
    HandedPerson.objects.filter(handover=handover).delete()


def erased_numbers() -> tuple[str, ...]:
    """Numbers of all handovers that were ever erased here, also those a restored backup brought back."""
    store = key_store()
    store.destroy_again()
    return tuple(erasure.number for erasure in store.erased())
