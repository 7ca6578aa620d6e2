"""Law 7: a backup that is put back does not bring back what was erased."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import connections

from azukari.custody import book, erasure, gate, handovers
from azukari.custody.keys import KeyGone
from azukari.custody.models import Handover
from azukari.witness.models import Entry
from tests import factories
from tests.fixtures.migrated import Migrated
from tests.fixtures.witness.databases import sqlite_file
from tests.laws import books

State = Handover.State


def copied(source: Path, target: Path) -> None:
    """A consistent copy of the database, and of nothing else: the keys are kept elsewhere."""
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    old.close()
    new.close()


def put_back(backup: Path, database: Path) -> None:
    connections["default"].close()
    for part in ("", "-wal", "-shm"):
        Path(f"{database}{part}").unlink(missing_ok=True)
    shutil.copyfile(backup, database)


@pytest.fixture
def database(django_db_blocker: Any, tmp_path: Path, migrated: Migrated) -> Any:
    """The project's default database, in a file of this test's own."""
    usual = connections["default"]
    path = migrated.copy_to(tmp_path)
    connections.databases["default"], before = {**usual.settings_dict, **sqlite_file(path)}, usual.settings_dict
    del connections["default"]
    with django_db_blocker.unblock():
        yield path
        connections["default"].close()
    connections.databases["default"] = before
    connections["default"] = usual


def state_of(handover: Handover) -> str:
    return str(Handover.objects.get(pk=handover.pk).state)


def test_what_was_erased_is_gone_again_after_a_restore(database: Path, tmp_path: Path) -> None:
    world = factories.world()
    kept = factories.held(world, world.laboratory, taker="L1", items=("name",))
    erased = factories.held(world, world.printer, taker="P1")
    returned = factories.held(world, world.printer, taker="P1", numbers=(4, 5))
    withdrawn = factories.prepared(world, world.printer, numbers=(6,))
    later = factories.prepared(world, world.printer, numbers=(7,))
    backup = tmp_path / "backup.sqlite3"
    copied(database, backup)

    erasure.erase(handover=erased, by=world.who("P1"), now=factories.NOW)
    erasure.give_back(handover=returned, by=world.who("P1"), now=factories.NOW)
    handovers.withdraw(handover=withdrawn, by=world.who("W1"), now=factories.NOW, reason="中止")
    handovers.seal(handover=later, by=world.who("W1"), now=factories.NOW)
    handovers.release(handover=later, by=world.who("W2"), now=factories.NOW)
    handovers.acknowledge(handover=later, rows=1, digest=later.digest, by=world.who("P1"), now=factories.NOW)
    erasure.erase(handover=later, by=world.who("P1"), now=factories.NOW)
    put_back(backup, database)

    assert state_of(erased) == State.ACKNOWLEDGED, "the backup knows nothing of the erasure"
    assert [b.persons for b in book.balances(account="printer")] == [5]
    with pytest.raises(KeyGone):  # not even before the erasures are applied again
        gate.kept_bytes(erased)

    gone = [erased, returned, withdrawn, later]
    assert sorted(erasure.reapply_erasures(now=factories.NOW)) == sorted(h.number for h in gone)
    for handover in gone:
        handover.refresh_from_db()
        assert not handover.holdings.exists()
        assert not handover.people.exists()
        assert books.key_is_gone(handover)
    assert [state_of(h) for h in gone] == [State.ERASED, State.ERASED, State.WITHDRAWN, State.WITHDRAWN]
    assert book.balances(account="printer") == []
    assert books.unbalanced_entries() == []
    assert [e.purpose for e in Entry.objects.order_by("-seq")[:4]] == ["復元後の再消去"] * 4

    assert state_of(kept) == State.ACKNOWLEDGED
    assert gate.kept_bytes(kept)
    assert [b.persons for b in book.balances(account="laboratory")] == [3]
    assert erasure.reapply_erasures(now=factories.NOW) == []
    certificate = erasure.certify(handover=erased, by=world.who("P2"), now=factories.NOW)
    erasure.confirm(certificate=certificate, by=world.who("W1"), now=factories.NOW)
    assert state_of(erased) == State.CERTIFIED


def test_a_restored_key_folder_does_not_help_either(database: Path, tmp_path: Path) -> None:
    """Only the erasure ledger must not be rolled back: keys that come back beside it are destroyed again."""
    world = factories.world()
    erased = factories.held(world, world.printer, taker="P1")
    keys = Path(project.AZUKARI_KEYS) / "packages"
    shutil.copytree(keys, tmp_path / "keys", dirs_exist_ok=False)
    backup = tmp_path / "backup.sqlite3"
    copied(database, backup)
    erasure.erase(handover=erased, by=world.who("P1"), now=factories.NOW)
    put_back(backup, database)
    shutil.copytree(tmp_path / "keys", keys, dirs_exist_ok=True)
    assert any(erased.number in path.name for path in keys.iterdir())
    with pytest.raises(KeyGone):
        gate.kept_bytes(erased)
    assert erasure.reapply_erasures(now=factories.NOW) == [erased.number]
    assert not any(erased.number in path.name for path in keys.iterdir())
