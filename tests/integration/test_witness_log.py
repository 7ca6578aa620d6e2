"""Appending: numbered without gaps, in the caller's transaction, never changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from azukari.witness import append_only, audit, checkpoint, keys, leaf, log, merkle, note, sequencer
from azukari.witness.errors import InvalidKey, LogInconsistent, NotInTransaction, SigningKeyMissing, Unrecordable
from azukari.witness.models import Checkpoint, Entry, Subject, TreeNode
from tests.fixtures.witness.databases import append_from_threads, own_database, sqlite_file
from tests.fixtures.witness.logs import ORIGIN, SIGNER, START, append, append_many, fixed_key, reference


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path) -> Iterator[None]:
    with fixed_key(tmp_path / "keys"):
        yield


@pytest.mark.django_db
def test_entries_are_numbered_from_zero_without_gaps() -> None:
    assert [append(number) for number in range(5)] == [0, 1, 2, 3, 4]
    assert log.size() == 5


@pytest.mark.django_db
def test_an_entry_keeps_every_field_and_rebuilds_its_own_leaf() -> None:
    append(0)
    append(7, persons=3)
    entry = Entry.objects.get(seq=1)
    assert (entry.actor, entry.party, entry.programme, entry.act) == ("handler-1", "printer", "screening", "read")
    assert (entry.clause, entry.ruling, entry.purpose) == ("別紙3", "printed-twelve", "受診券の印刷")
    assert entry.item_keys == ["address", "birth_date", "name"]
    assert entry.details_read == {"handover": "H-0007", "sheets": 7}
    assert (entry.persons, entry.subjects_from) == (3, 2)
    assert entry.subjects_digest == leaf.subjects_digest(sorted(reference(n) for n in (7, 8, 9)))
    assert bytes(entry.leaf_hash) == merkle.leaf_hash(entry.leaf())


@pytest.mark.django_db
def test_the_stored_tree_has_the_root_of_its_leaves_at_every_size() -> None:
    frontier = merkle.Frontier()
    for number in range(20):
        append(number, persons=0)
        frontier.push(bytes(Entry.objects.get(seq=number).leaf_hash))
        assert merkle.root(number + 1, log.node_reader()) == frontier.root()
    assert TreeNode.objects.count() == merkle.stored_nodes(20)


@pytest.mark.django_db
def test_a_person_listed_twice_is_one_person() -> None:
    with transaction.atomic():
        log.append(
            recorded_at=START,
            actor="h",
            party="p",
            programme="s",
            act="read",
            purpose="",
            subjects=[reference(1), reference(2), reference(1)],
        )
    assert Entry.objects.get().persons == Subject.objects.count() == 2


@pytest.mark.django_db
def test_one_persons_disclosures_are_found_in_order() -> None:
    for number in range(6):
        append(number, persons=2)
    assert [entry.seq for entry in log.person_disclosures(reference(3))] == [2, 3]
    assert list(log.person_disclosures(reference(99))) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", ""),
        ("party", ""),
        ("act", ""),
        ("actor", None),
        ("purpose", "\x00"),
        ("items", [""]),
        ("details", {"rate": 0.5}),
        ("details", {"text": "x" * (1 << 20)}),
        ("recorded_at", datetime(2025, 4, 1)),  # noqa: DTZ001 - refused for having no zone
        ("subjects", [b"short"]),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_nothing_is_written(field: str, value: object) -> None:
    fields: dict[str, object] = {"recorded_at": START, "actor": "h", "party": "p", "programme": "s", "act": "read"}
    with pytest.raises(Unrecordable, match=field):
        log.append(**{**fields, "purpose": "", field: value})  # type: ignore[arg-type]
    assert not Entry.objects.exists()
    assert not TreeNode.objects.exists()
    assert not Subject.objects.exists()


@pytest.mark.django_db
def test_a_leaf_of_the_largest_size_is_recorded_and_one_byte_more_is_refused() -> None:
    def record(length: int) -> None:
        with transaction.atomic():
            log.append(
                recorded_at=START,
                actor="h",
                party="p",
                programme="s",
                act="read",
                purpose="",
                details={"t": "x" * length},
            )

    record(0)
    room = leaf.LARGEST_LEAF - len(Entry.objects.get().leaf())
    with pytest.raises(Unrecordable):
        record(room + 1)
    record(room)
    assert len(Entry.objects.get(seq=1).leaf()) == leaf.LARGEST_LEAF


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(NotInTransaction, match="同じトランザクション"):
        log.append(recorded_at=START, actor="h", party="p", programme="s", act="read", purpose="")
    assert log.size() == 0


@pytest.mark.django_db(transaction=True)
def test_an_act_that_is_rolled_back_leaves_no_entry_and_no_gap() -> None:
    append(0)

    def fail_after_recording() -> None:
        with transaction.atomic():
            append(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_recording()
    assert append(2) == 1
    assert audit.verify(SIGNER.verifier).problems == ()


@pytest.mark.django_db
@pytest.mark.parametrize("table", append_only.TABLES)
@pytest.mark.parametrize("change", ["UPDATE {t} SET {k} = {k} + 1000", "DELETE FROM {t}", "UPDATE {t} SET {k} = {k}"])
def test_the_database_refuses_to_change_or_remove_a_row(table: str, change: str) -> None:
    append_many(3)
    checkpoint.checkpoint()
    with pytest.raises(DatabaseError, match="追記専用"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(t=table, k=append_only.TABLES[table]))


@pytest.mark.django_db
@pytest.mark.parametrize("table", append_only.TABLES)
def test_an_insert_cannot_replace_a_row(table: str) -> None:
    append_many(3)
    checkpoint.checkpoint()
    verb = "INSERT OR REPLACE INTO" if connection.vendor == "sqlite" else "INSERT INTO"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{verb} {table} SELECT * FROM {table}")
    assert audit.verify(SIGNER.verifier).problems == ()


@pytest.mark.django_db
def test_a_number_cannot_be_given_twice() -> None:
    append(0)
    again = Entry.objects.get()
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        again.save(force_insert=True)


@pytest.mark.django_db
def test_a_missing_guard_is_reported_by_name() -> None:
    assert append_only.missing_guards(connection) == []
    append_only.remove(connection)
    missing = append_only.missing_guards(connection)
    assert any("witness_entry" in name for name in missing)
    assert len(audit.verify(SIGNER.verifier).problems) == len(missing)
    append_only.install(connection)
    assert append_only.missing_guards(connection) == []


@pytest.mark.django_db
def test_a_checkpoint_states_origin_size_and_root_and_is_kept() -> None:
    append_many(5)
    text = checkpoint.checkpoint()
    opened = note.open_checkpoint(text, SIGNER.verifier)
    assert (opened.origin, opened.size) == (ORIGIN, 5)
    assert opened.root == merkle.root(5, log.node_reader())
    assert Checkpoint.objects.get().text == text
    latest = checkpoint.latest()
    assert latest is not None
    assert latest.size == 5


@pytest.mark.django_db
def test_the_same_log_is_signed_once() -> None:
    append(0)
    assert checkpoint.checkpoint() == checkpoint.checkpoint()
    append(1)
    checkpoint.checkpoint()
    assert [c.size for c in Checkpoint.objects.order_by("size")] == [1, 2]


@pytest.mark.django_db
def test_an_empty_log_can_be_signed() -> None:
    assert note.open_checkpoint(checkpoint.checkpoint(), SIGNER.verifier).root == merkle.EMPTY_ROOT


@pytest.mark.django_db(transaction=True)
def test_nothing_is_promised_that_may_yet_be_rolled_back() -> None:
    append(0)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        checkpoint.checkpoint()
    assert not Checkpoint.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "loss", ["UPDATE witness_treenode SET hash = leaf_hash FROM witness_entry", "DELETE FROM witness_treenode"]
)
def test_a_log_that_broke_its_promise_is_not_signed_again(loss: str) -> None:
    append_many(4)
    checkpoint.checkpoint()
    append_only.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(loss)
    append_only.install(connection)
    with pytest.raises(LogInconsistent, match="食い違います"):
        checkpoint.checkpoint()


@pytest.mark.django_db
def test_a_lost_signing_key_is_not_silently_replaced(tmp_path: Path) -> None:
    append(0)
    checkpoint.checkpoint()
    (tmp_path / "keys" / keys.SIGNING_KEY).unlink()
    with pytest.raises(SigningKeyMissing, match="控え"):
        checkpoint.checkpoint()


@pytest.mark.django_db
def test_keys_are_made_once_and_only_their_owner_reads_them(settings: Any, tmp_path: Path) -> None:
    settings.AZUKARI_KEYS = tmp_path / "fresh"
    with pytest.raises(InvalidKey, match="検証鍵"):
        keys.verifier()
    first = keys.signer("default")
    assert first.name == ORIGIN
    assert str(keys.signer("default").verifier) == str(first.verifier) == str(keys.verifier())
    assert keys.subject_key() == keys.subject_key()
    assert len(keys.subject_key()) == 32
    for path in (tmp_path / "fresh").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert sorted(p.name for p in (tmp_path / "fresh").iterdir()) == sorted(
        [keys.SIGNING_KEY, keys.VERIFIER_KEY, keys.SUBJECT_KEY]
    )


@pytest.mark.django_db
def test_a_good_log_has_no_problems_and_says_how_much_is_signed() -> None:
    append_many(9)
    checkpoint.checkpoint()
    append_many(2)
    found = audit.verify(SIGNER.verifier)
    assert found == audit.Verification(entries=11, signed=9, checkpoints=1, problems=())


def test_entries_appended_by_several_threads_at_once_are_dense_and_whole(
    django_db_blocker: Any, tmp_path: Path
) -> None:
    with django_db_blocker.unblock(), own_database(sqlite_file(tmp_path / "race.sqlite3")) as alias:
        assert append_from_threads(alias, threads=4, each=10) == []
        assert sequencer.next_place(alias) == sequencer.Place(40, 80)
        assert audit.verify(SIGNER.verifier, using=alias).problems == ()


def test_a_verification_does_not_keep_writers_waiting(django_db_blocker: Any, tmp_path: Path) -> None:
    with django_db_blocker.unblock(), own_database(sqlite_file(tmp_path / "busy.sqlite3")) as alias:
        append_many(3, using=alias)
        with audit.snapshot(alias):
            assert log.size(alias) == 3
            assert append_from_threads(alias, threads=1, each=2) == []
            assert log.size(alias) == 3
        assert log.size(alias) == 5
