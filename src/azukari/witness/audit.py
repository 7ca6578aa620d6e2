"""Checks the log in the database against itself and against every checkpoint. Reads everything once, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.models import QuerySet

from azukari.witness import append_only, leaf, log, merkle, note
from azukari.witness.errors import InvalidNote
from azukari.witness.models import Checkpoint, Entry, Subject, TreeNode

_CHUNK = 2000
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Verification:
    """``signed`` of ``entries`` entries are covered by checkpoints that hold; the rest could still change unseen."""

    entries: int
    signed: int
    checkpoints: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Promise:
    size: int
    root: bytes
    label: str


def verify(
    key: note.VerifierKey,
    *,
    outside: Sequence[tuple[str, str]] = (),
    using: str = DEFAULT_DB_ALIAS,
    tell: Callable[[int, int], None] | None = None,
) -> Verification:
    """Replay the whole log. ``outside`` are checkpoints held elsewhere, as (label for messages, text).

    Time is linear in entries and subjects, memory constant. Other people can go on appending meanwhile. ``tell`` is
    told now and then how many entries of how many are checked.
    """
    with snapshot(using):
        replay = _Replay(using, tell)
        replay.guards()
        try:
            replay.read_promises(key, outside)
            replay.run()
        # A row with the wrong type or encoding fails anywhere between driver and model. It is a finding, not a crash.
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, DatabaseError) as error:
            replay.problem(f"受付番号 {replay.tree.size} の付近に、読めない行があります（{type(error).__name__}）。")
        return replay.result()


@contextmanager
def snapshot(using: str) -> Iterator[None]:
    """Reads inside see one state of the database, without stopping writers. Inside a transaction, that one serves."""
    connection = connections[using]
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        # Not atomic(): the settings make that BEGIN IMMEDIATE, which would keep every writer waiting.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(using=using):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


@contextmanager
def _stream(rows: QuerySet[Any, Any]) -> Iterator[Iterator[Any]]:
    """Rows in chunks. Closed at the end: a replay that stops early would leave its cursors open."""
    stream = rows.iterator(_CHUNK)
    try:
        yield stream
    finally:
        stream.close()  # type: ignore[attr-defined]


def _raw(value: object) -> bytes:
    """Bytes of a binary column. SQLite lets an integer stand there, and bytes(10**18) would fill the memory."""
    if not isinstance(value, bytes | memoryview):
        raise TypeError
    return bytes(value)


class _Replay:
    def __init__(self, using: str, tell: Callable[[int, int], None] | None = None) -> None:
        self.using = using
        self.tell = tell
        self.tree = merkle.Frontier()
        self.problems: list[str] = []
        self.promises: list[_Promise] = []
        self.signed = 0
        self.kept = 0
        self.nodes_hold = self.subjects_hold = True
        self.subjects_from = 0

    def problem(self, text: str) -> None:
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(text)

    def guards(self) -> None:
        for name in append_only.missing_guards(connections[self.using]):
            self.problem(
                f"追記専用の歯止め {name} がないか、止められています。azukari witness guard で戻してください。"
            )

    def read_promises(self, key: note.VerifierKey, outside: Sequence[tuple[str, str]]) -> None:
        stored = Checkpoint.objects.using(self.using).order_by("size").values_list("size", "text")
        for size, text in stored.iterator(_CHUNK):
            self._promise(f"保存された時点（件数 {size}）", text, key, size)
        for label, text in outside:
            self._promise(f"外で保管された時点 {label}", text, key, None)
        self.promises.sort(key=lambda promise: promise.size, reverse=True)

    def _promise(self, label: str, text: str, key: note.VerifierKey, size: int | None) -> None:
        try:
            opened = note.open_checkpoint(text, key)
        except (InvalidNote, TypeError) as error:
            self.problem(f"{label}: {error}")
            return
        if size not in (None, opened.size):
            self.problem(f"{label}: 署名された件数は {opened.size} です。")
        self.promises.append(_Promise(opened.size, opened.root, label))

    def run(self) -> None:
        using = self.using
        all_nodes = TreeNode.objects.using(using).order_by("position").values_list("position", "hash")
        all_subjects = Subject.objects.using(using).order_by("position").values_list("position", "ref", "seq")
        all_entries = Entry.objects.using(using).order_by("seq")
        with (
            _stream(all_nodes) as nodes,
            _stream(all_subjects) as rows,
            _stream(all_entries) as entries,
        ):
            self._compare_promises()
            self._replay(entries, nodes, _Peekable(rows))

    def _replay(self, entries: Iterator[Entry], nodes: Iterator[tuple[int, Any]], subjects: _Peekable) -> None:
        total = log.size(self.using) if self.tell else 0
        for entry in entries:
            if self.tell and self.tree.size % _CHUNK == 0:
                self.tell(self.tree.size, total)
            if entry.seq != self.tree.size:
                self.problem(
                    f"受付番号 {self.tree.size} があるべきところに {entry.seq} があります。"
                    "記録が抜けているため、これより後は確かめていません。"
                )
                return
            self._check_entry(entry, subjects)
            hashed = merkle.leaf_hash(entry.leaf())
            if hashed != _raw(entry.leaf_hash):
                self.problem(
                    f"受付番号 {entry.seq} の記録が、書かれたときのハッシュと合いません。書き換えられています。"
                )
            self._check_nodes(nodes, self.tree.push(hashed))
            self._compare_promises()
        self._check_ends(nodes, subjects)

    def _check_entry(self, entry: Entry, subjects: _Peekable) -> None:
        if (leaf.canonical_json(entry.item_keys), leaf.canonical_json(entry.details_read)) != (
            entry.items,
            entry.details,
        ):
            self.problem(f"受付番号 {entry.seq} の情報項目か詳細が、書かれたときの形ではありません。")
        if entry.subjects_from != self.subjects_from:
            self.problem(f"受付番号 {entry.seq} の対象者の始まりが {self.subjects_from} ではありません。")
        count, previous, digest = 0, b"", sha256()
        start = self.subjects_from
        while (row := subjects.next_row) is not None and row[2] == entry.seq:
            position, reference = row[0], _raw(row[1])
            if position != start + count or reference <= previous or len(reference) != leaf.REFERENCE_BYTES:
                break
            digest.update(reference)
            previous, count = reference, count + 1
            subjects.advance()
        self.subjects_from = start + count
        if self.subjects_hold and (count != entry.persons or digest.hexdigest() != entry.subjects_digest):
            self.subjects_hold = False
            self.problem(
                f"受付番号 {entry.seq} の対象者が、記録（{entry.persons} 人と要約値）と合いません。"
                "これより後の対象者は確かめていません。"
            )

    def _check_nodes(self, nodes: Iterator[tuple[int, Any]], hashes: list[bytes]) -> None:
        first = merkle.stored_position((0, self.tree.size - 1))
        for number, expected in enumerate(hashes):
            position, found = next(nodes, (None, b""))
            if self.nodes_hold and (position != first + number or _raw(found) != expected):
                self.nodes_hold = False
                self.problem(f"木の節 {first + number}（受付番号 {self.tree.size - 1} まで）が記録と合いません。")

    def _compare_promises(self) -> None:
        while self.promises and self.promises[-1].size == self.tree.size:
            promise = self.promises.pop()
            if promise.root == self.tree.root():
                self.signed, self.kept = promise.size, self.kept + 1
            else:
                self.problem(
                    f"{promise.label}: 受付番号 {self.signed} から {max(promise.size - 1, 0)} までのどこかが、"
                    "署名した中身と違います。"
                )

    def _check_ends(self, nodes: Iterator[tuple[int, Any]], subjects: _Peekable) -> None:
        if self.nodes_hold and next(nodes, None) is not None:
            self.problem("どの記録にも属さない木の節があります。")
        if self.subjects_hold and subjects.next_row is not None:
            self.problem("どの記録にも属さない対象者の行があります。")
        for promise in reversed(self.promises):
            self.problem(
                f"{promise.label}: 件数 {promise.size} まで署名されているのに、記録は {self.tree.size} 件です。"
                "切り詰められています。"
            )

    def result(self) -> Verification:
        return Verification(self.tree.size, self.signed, self.kept, tuple(self.problems))


class _Peekable:
    """An iterator of rows whose next row can be looked at."""

    def __init__(self, rows: Iterator[tuple[int, Any, int]]) -> None:
        self._rows = rows
        self.next_row: tuple[int, Any, int] | None = None
        self.advance()

    def advance(self) -> None:
        self.next_row = next(self._rows, None)
