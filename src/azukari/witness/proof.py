"""Proofs about the stored log as JSON-ready data, so that someone else can check them (RFC 6962 §2.1)."""

from __future__ import annotations

import base64
from typing import Any

from django.db import DEFAULT_DB_ALIAS

from azukari.witness import log, merkle
from azukari.witness.errors import UnknownEntry
from azukari.witness.models import Checkpoint, Entry


def inclusion(seq: int, size: int | None = None, *, using: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """That entry ``seq`` is in the log of ``size`` entries: by default, of the first checkpoint that covers it.

    ``leaf`` is the text whose bytes were hashed. ``checkpoint`` is None where nothing of that size has been signed.
    Raises UnknownEntry.
    """
    now = log.size(using)
    if size is None:
        covering = Checkpoint.objects.using(using).filter(size__gt=seq).order_by("size").first()
        size = covering.size if covering else now
    if not 0 <= seq < size or size > now:
        raise UnknownEntry(seq if size <= now else size, now)
    read = log.node_reader(using)
    entry = Entry.objects.using(using).get(seq=seq)
    return {
        "kind": "inclusion",
        "seq": seq,
        "size": size,
        "leaf": entry.leaf().decode("utf-8"),
        "leaf_hash": _text(bytes(entry.leaf_hash)),
        "root": _text(merkle.root(size, read)),
        "proof": [_text(step) for step in merkle.inclusion_proof(seq, size, read)],
        "checkpoint": _signed(size, using),
    }


def consistency(old: int, new: int | None = None, *, using: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """That the log of ``new`` entries (by default, all) begins with the log of ``old`` entries. Raises UnknownEntry."""
    now = log.size(using)
    new = now if new is None else new
    for size in (old, new):
        if not 0 <= size <= now:
            raise UnknownEntry(size, now)
    read = log.node_reader(using)
    return {
        "kind": "consistency",
        "old": old,
        "new": new,
        "old_root": _text(merkle.root(old, read)),
        "new_root": _text(merkle.root(new, read)),
        "proof": [_text(step) for step in merkle.consistency_proof(old, new, read)],
        "old_checkpoint": _signed(old, using),
        "new_checkpoint": _signed(new, using),
    }


def _signed(size: int, using: str) -> str | None:
    return Checkpoint.objects.using(using).filter(size=size).values_list("text", flat=True).first()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
