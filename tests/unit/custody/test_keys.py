from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from azukari.custody import age
from azukari.custody.keys import (
    KeyFolderTooOpen,
    KeyGone,
    KeyKind,
    KeyMissing,
    KeyStore,
    LedgerDamaged,
    RowsUnreadable,
    open_rows,
    seal_rows,
)
from azukari.custody.package_errors import AlreadyWritten

ONE, TWO = "AZ-2025-000001", "AZ-2025-000002"
AT = datetime(2026, 3, 31, 17, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys")


def destroy(store: KeyStore, number: str, certificate: str = "C-1") -> bool:
    return store.destroy(number, at=AT, certificate=certificate)


def test_a_key_is_kept_for_its_owner_alone(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(ONE)
    assert len(key) == 32
    assert store.get(ONE) == key
    assert store.numbers() == (ONE,)
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_key_is_never_replaced(store: KeyStore) -> None:
    key = store.create(ONE)
    with pytest.raises(AlreadyWritten):
        store.put(ONE, b"other")
    assert store.get(ONE) == key


def test_a_password_is_kept_beside_the_row_key_and_can_be_dropped_alone(store: KeyStore) -> None:
    key = store.create(ONE)
    store.put(ONE, b"k7mw", KeyKind.PASSWORD)
    assert store.get(ONE, KeyKind.PASSWORD) == b"k7mw"
    store.drop_password(ONE)
    store.drop_password(ONE)
    with pytest.raises(KeyMissing):
        store.get(ONE, KeyKind.PASSWORD)
    assert store.get(ONE) == key


def test_a_destroyed_key_is_gone_and_can_not_come_again(store: KeyStore, tmp_path: Path) -> None:
    key = store.create(ONE)
    store.put(ONE, b"k7mw", KeyKind.PASSWORD)
    assert destroy(store, ONE)
    for kind in KeyKind:
        with pytest.raises(KeyGone, match="消去済み"):
            store.get(ONE, kind)
        with pytest.raises(KeyGone):
            store.put(ONE, b"new", kind)
    assert store.numbers() == ()
    assert all(key not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_destroying_twice_keeps_the_first_entry(store: KeyStore) -> None:
    store.create(ONE)
    assert destroy(store, ONE, "C-1")
    assert not destroy(store, ONE, "C-2")
    assert [(e.number, e.at, e.certificate) for e in store.erased()] == [(ONE, "2026-03-31T17:00:00+00:00", "C-1")]


def test_a_key_that_was_never_kept_is_missing_and_not_gone(store: KeyStore) -> None:
    with pytest.raises(KeyMissing, match="AZUKARI_KEYS"):
        store.get(ONE)


def test_after_a_restore_the_ledger_destroys_again(store: KeyStore, tmp_path: Path) -> None:
    store.create(ONE)
    kept = store.create(TWO)
    path = tmp_path / "keys" / "packages" / f"{ONE}.rows"
    backup = path.read_bytes()
    destroy(store, ONE)
    path.write_bytes(backup)
    with pytest.raises(KeyGone):
        store.get(ONE)
    assert store.destroy_again() == (ONE,)
    assert not path.exists()
    assert store.destroy_again() == ()
    assert store.get(TWO) == kept


def test_a_crash_between_ledger_and_destruction_is_made_good(store: KeyStore, tmp_path: Path) -> None:
    store.create(ONE)
    entry = {"number": ONE, "at": "2026-03-31T17:00:00+00:00", "certificate": "C-1"}
    (tmp_path / "keys" / "erased.jsonl").write_text(json.dumps(entry) + "\n")
    assert not destroy(store, ONE)
    assert store.numbers() == ()


def test_a_draft_left_by_a_crash_goes_with_the_key(store: KeyStore, tmp_path: Path) -> None:
    draft = tmp_path / "keys" / "packages" / f".{ONE}.rows.1a2b3c4d.part"
    draft.write_bytes(b"secret")
    destroy(store, ONE)
    assert not draft.exists()


def test_a_ledger_line_cut_short_by_a_crash_does_not_count_and_is_cleared(store: KeyStore, tmp_path: Path) -> None:
    destroy(store, ONE)
    ledger = tmp_path / "keys" / "erased.jsonl"
    with ledger.open("ab") as file:
        file.write(b'{"number":"AZ-2025-0000')
    key = store.create(TWO)
    assert store.get(TWO) == key
    destroy(store, TWO, "C-2")
    assert [entry.number for entry in store.erased()] == [ONE, TWO]


def test_a_damaged_ledger_stops_everything(store: KeyStore, tmp_path: Path) -> None:
    store.create(ONE)
    (tmp_path / "keys" / "erased.jsonl").write_bytes(b"not json\n")
    with pytest.raises(LedgerDamaged, match="1行目"):
        store.get(ONE)


@pytest.mark.parametrize("number", ["../../etc/passwd", "AZ-2025-1", "", "AZ-2025-000001\n", "AZ-2025-000001/x"])
def test_a_number_can_not_lead_out_of_the_folder(store: KeyStore, number: str) -> None:
    for act in (store.create, store.get, lambda n: destroy(store, n), store.drop_password):
        with pytest.raises(ValueError, match="number"):
            act(number)
    assert store.erased() == ()


def test_a_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    (tmp_path / "keys").chmod(0o755)
    with pytest.raises(KeyFolderTooOpen, match="chmod 700"):
        KeyStore(tmp_path / "keys")


def test_an_organisation_keeps_its_keys(store: KeyStore) -> None:
    first, again = store.organisation("ward"), store.organisation("ward")
    assert first.age_secret == again.age_secret
    again.verify_key.verify(first.signing_key.sign(b"x"), b"x")
    assert age.decrypt(age.encrypt(b"x", first.recipient), again.age_secret) == b"x"
    assert store.organisation("printer").recipient != first.recipient
    with pytest.raises(ValueError, match="organisation"):
        store.organisation("../ward")


def test_rows_open_with_their_key_their_number_and_their_place() -> None:
    key = bytes(32)
    sealed = seal_rows(key, ONE, b"rows", part=1)
    assert b"rows" not in sealed
    assert open_rows(key, ONE, sealed, part=1) == b"rows"
    assert seal_rows(key, ONE, b"rows", part=1) != sealed


@pytest.mark.parametrize(
    ("key", "number", "part", "cut"),
    [
        (b"\1" * 32, ONE, 1, None),
        (bytes(32), TWO, 1, None),
        (bytes(32), ONE, 2, None),
        (bytes(32), ONE, 1, -1),
        (bytes(32), ONE, 1, 9),
    ],
    ids=["another key", "another package", "another part", "cut by a byte", "cut to the head"],
)
def test_rows_do_not_open_otherwise(key: bytes, number: str, part: int, cut: int | None) -> None:
    sealed = seal_rows(bytes(32), ONE, b"rows", part=1)[:cut]
    with pytest.raises(RowsUnreadable):
        open_rows(key, number, sealed, part=part)


def test_every_changed_byte_of_sealed_rows_is_noticed() -> None:
    sealed = seal_rows(bytes(32), ONE, b"rows")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(RowsUnreadable):
            open_rows(bytes(32), ONE, changed)
