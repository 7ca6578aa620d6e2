"""What the custody laws compare: everything stored before and after an act, and the books counted over by hand."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings

from azukari.custody import gate, keys, models
from azukari.custody.models import HELD, Handover, Posting, RegisterEntry
from azukari.dossier.schema import Medium
from azukari.witness import log
from azukari.witness.models import Entry

TABLES = (
    models.Handover,
    models.HandedPerson,
    models.Holding,
    models.Delivery,
    models.RegisterEntry,
    models.Posting,
    models.Obligation,
    models.Discrepancy,
    models.Certificate,
    models.Closing,
    models.Serial,
    models.Reply,
)


def stored() -> dict[str, Any]:
    """All that custody keeps: every row of its tables, every key, and the outbox's files."""
    kept: dict[str, Any] = {
        table.__name__: list(
            table.objects.order_by("pk").values_list(*[f.attname for f in table._meta.concrete_fields])
        )
        for table in TABLES
    }
    folders = (Path(settings.AZUKARI_KEYS) / "packages", Path(settings.AZUKARI_KEYS) / "erased.jsonl")
    for place in (*folders, Path(settings.AZUKARI_OUTBOX)):
        found = sorted(place.iterdir()) if place.is_dir() else [place] if place.exists() else []
        kept[place.name] = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in found]
    return kept


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [name for name in before if before[name] != after[name]]


@contextmanager
def refusal_changes_nothing(*, logged: bool = True) -> Iterator[None]:
    """Around an act that is refused: all stays as it was, and the log has one entry more, which says so."""
    before, size = stored(), log.size()
    yield
    assert changed(before, stored()) == []
    assert log.size() == size + int(logged)
    if logged:
        assert Entry.objects.get(seq=size).act == "refused"


@contextmanager
def own_example(folder: Path) -> Iterator[None]:
    """One Hypothesis example: whatever it writes into the database is undone, and its keys and files are its own."""
    with (
        override_settings(AZUKARI_KEYS=folder / "keys", AZUKARI_OUTBOX=folder / "outbox"),
        savepoint(),
    ):
        yield


@contextmanager
def savepoint() -> Iterator[None]:
    undone = transaction.atomic()
    undone._from_testcase = True  # checkpoints are signed outside transactions; this one is the test's
    with undone:
        yield
        transaction.set_rollback(True)


def counted_by_hand(home: str) -> dict[tuple[str, str, str], Counter[str]]:
    """Account × item group × medium -> persons and sheets, from the handovers' states alone, without any posting."""
    held: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for each in Handover.objects.filter(state__in=HELD).select_related("sender", "receiver"):
        giver = each.sender.key if each.medium == Medium.PAPER else home
        for account, sign in ((giver, -1), (each.receiver.key, +1)):
            place = held[account, each.item_group, each.medium]
            place["persons"] += sign * each.persons
            place["sheets"] += sign * each.sheets
    return {key: count for key, count in held.items() if any(count.values())}


def unbalanced_entries() -> list[int]:
    sums: dict[int, Counter[str]] = defaultdict(Counter)
    for entry, persons, sheets in Posting.objects.values_list("entry_id", "persons", "sheets"):
        sums[entry]["persons"] += persons
        sums[entry]["sheets"] += sheets
    return [entry for entry, count in sums.items() if any(count.values())]


def register_acts(handover: Handover) -> str:
    return " ".join(RegisterEntry.objects.filter(handover=handover).order_by("pk").values_list("act", flat=True))


def key_is_gone(handover: Handover) -> bool:
    try:
        gate.kept_bytes(handover)
    except keys.KeyGone:
        return True
    return False
