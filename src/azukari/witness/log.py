"""Append to the access log, and find what it says about one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

from azukari.witness import leaf, merkle, sequencer
from azukari.witness.errors import NotInTransaction, Unrecordable
from azukari.witness.models import Entry, Subject, TreeNode

# One statement splits the packed references inside the database: three times as fast as a row at a time.
_INSERT_SUBJECTS = {
    "sqlite": (
        "INSERT INTO witness_subject (position, ref, seq) "
        "WITH RECURSIVE place(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < %s) "
        "SELECT %s + n, substr(%s, n * 16 + 1, 16), %s FROM place"
    ),
    "postgresql": (
        "INSERT INTO witness_subject (position, ref, seq) "
        "SELECT %s + n, substring(%s::bytea FROM n * 16 + 1 FOR 16), %s FROM generate_series(0, %s - 1) AS n"
    ),
}


def append(
    *,
    recorded_at: datetime,
    actor: str,
    party: str,
    programme: str,
    act: str,
    purpose: str,
    clause: str = "",
    ruling: str = "",
    items: Iterable[str] = (),
    subjects: Sequence[bytes] = (),
    details: Mapping[str, object] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> int:
    """Write one entry in the caller's transaction and return its number (dense from 0).

    ``actor`` is a handler's opaque id, ``subjects`` are ``leaf.subject_reference`` of the persons concerned (each
    counted once), ``details`` holds no personal data and no floats. Raises NotInTransaction outside a transaction,
    Unrecordable where a field has no canonical form; then nothing is written.
    """
    if not connections[using].in_atomic_block:
        raise NotInTransaction
    references = leaf.distinct_references(subjects)
    keys = sorted({leaf.checked_text("items", key, required=True) for key in items})
    details = dict(details or {})
    leaf.checked_details(details)
    leaf.canonical_time(recorded_at)
    entry = Entry(
        recorded_at=recorded_at,
        actor=leaf.checked_text("actor", actor, required=True),
        party=leaf.checked_text("party", party, required=True),
        programme=leaf.checked_text("programme", programme),
        act=leaf.checked_text("act", act, required=True),
        clause=leaf.checked_text("clause", clause),
        ruling=leaf.checked_text("ruling", ruling),
        items=leaf.canonical_json(keys),
        persons=len(references),
        subjects_digest=leaf.subjects_digest(references),
        purpose=leaf.checked_text("purpose", purpose),
        details=leaf.canonical_json(details),
    )
    sequencer.hold(using)
    place = sequencer.next_place(using)
    entry.seq, entry.subjects_from = place
    content = entry.leaf()
    if len(content) > leaf.LARGEST_LEAF:
        raise Unrecordable(
            "details", f"1 件の記録が {leaf.LARGEST_LEAF} バイトを超えています。詳細を短くしてください。"
        )
    entry.leaf_hash = merkle.leaf_hash(content)
    entry.save(force_insert=True, using=using)
    _store_nodes(entry, using)
    _store_subjects(entry, references, using)
    return place.seq


def size(using: str = DEFAULT_DB_ALIAS) -> int:
    """Number of entries."""
    return sequencer.next_place(using).seq


def person_disclosures(reference: bytes, using: str = DEFAULT_DB_ALIAS) -> QuerySet[Entry]:
    """Entries that concern the person with this reference, oldest first."""
    seqs = Subject.objects.using(using).filter(ref=reference).values("seq")
    return Entry.objects.using(using).filter(seq__in=seqs).order_by("seq")


def node_reader(using: str = DEFAULT_DB_ALIAS) -> merkle.ReadNodes:
    """Reads stored nodes for ``merkle``: one query per call. Raises KeyError (by ``merkle``) for one never stored."""

    def read(nodes: Sequence[merkle.Node]) -> dict[merkle.Node, bytes]:
        positions = {merkle.stored_position(node): node for node in nodes}
        rows = TreeNode.objects.using(using).filter(position__in=positions).values_list("position", "hash")
        return {positions[position]: bytes(value) for position, value in rows}

    return read


def _store_nodes(entry: Entry, using: str) -> None:
    needed = merkle.siblings_needed(entry.seq)
    siblings = node_reader(using)(needed) if needed else {}
    first = merkle.stored_position((0, entry.seq))
    hashes = merkle.completed(entry.seq, bytes(entry.leaf_hash), siblings)
    TreeNode.objects.using(using).bulk_create([TreeNode(position=first + n, hash=h) for n, h in enumerate(hashes)])


def _store_subjects(entry: Entry, references: Sequence[bytes], using: str) -> None:
    if not references:
        return
    connection = connections[using]
    packed = b"".join(references)
    sql = _INSERT_SUBJECTS[connection.vendor]
    counted = len(references)
    if connection.vendor == "sqlite":
        parameters: list[int | bytes] = [counted, entry.subjects_from, packed, entry.seq]
    else:
        parameters = [entry.subjects_from, packed, entry.seq, counted]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
