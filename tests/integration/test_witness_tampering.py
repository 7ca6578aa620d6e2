"""Every kind of falsified log is found, in the database by ``audit`` and in an export by the stand-alone verifier."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azukari.witness import audit, checkpoint, verifier
from azukari.witness.export import FolderNotEmpty, export
from tests.fixtures.witness import tampering
from tests.fixtures.witness.databases import own_database, sqlite_file
from tests.fixtures.witness.logs import INTRUDER, KEY, SIGNER, append, append_many, fixed_key, problems_of_export

GOLDEN = Path(__file__).parent.parent / "fixtures" / "witness" / "export"


@dataclass(frozen=True)
class World:
    """A good log of 12 entries, signed at 5, 9 and 12, its export, and the checkpoints that outsiders keep."""

    folder: Path
    database: Path
    exported: Path
    outside: tuple[Path, ...]

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copy(self.database, folder / "copy.sqlite3"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("witness")
    database, exported = folder / "log.sqlite3", folder / "export"
    outside = []
    with django_db_blocker.unblock(), fixed_key(folder / "keys"):
        with own_database(sqlite_file(database)) as alias:
            for count in (5, 4, 3):
                append_many(count, using=alias)
                outside.append(folder / f"outside-{len(outside)}.txt")
                outside[-1].write_text(checkpoint.checkpoint(using=alias), encoding="utf-8")
            export(exported, using=alias)
        yield World(folder, database, exported, tuple(outside))


@pytest.fixture(autouse=True)
def _keys(world: World) -> Iterator[None]:
    """Each test otherwise starts with a key folder of its own."""
    with fixed_key(world.folder / "keys"):
        yield


def outside_of(world: World) -> list[tuple[str, str]]:
    return [(path.name, path.read_text(encoding="utf-8")) for path in world.outside]


def test_both_verifiers_find_nothing_wrong_with_a_good_log(world: World) -> None:
    with own_database(sqlite_file(world.database), migrate=False) as alias:
        found = audit.verify(SIGNER.verifier, outside=outside_of(world), using=alias)
    assert found == audit.Verification(entries=12, signed=12, checkpoints=6, problems=())
    assert problems_of_export(world.exported, *world.outside) == []


def test_the_format_of_an_export_has_not_changed(world: World) -> None:
    """The folder in tests/fixtures was written once; what auditors keep must stay readable and be made the same way."""
    assert problems_of_export(GOLDEN) == []
    names = sorted(str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*") if path.is_file())
    assert names == sorted(
        str(path.relative_to(world.exported)) for path in world.exported.rglob("*") if path.is_file()
    )
    for name in names:
        assert (world.exported / name).read_bytes() == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("kind", [*tampering.DATABASE, *tampering.DERIVED])
def test_a_falsified_database_is_found(world: World, tmp_path: Path, kind: str) -> None:
    with own_database(sqlite_file(world.copy(tmp_path)), migrate=False) as alias:
        tampering.tamper(alias, {**tampering.DATABASE, **tampering.DERIVED}[kind])
        assert audit.verify(SIGNER.verifier, using=alias).problems


@pytest.mark.parametrize("kind", tampering.DATABASE)
def test_an_export_of_a_falsified_database_is_found(world: World, tmp_path: Path, kind: str) -> None:
    with own_database(sqlite_file(world.copy(tmp_path)), migrate=False) as alias:
        tampering.tamper(alias, tampering.DATABASE[kind])
        export(tmp_path / "export", sign=False, using=alias)
    assert problems_of_export(tmp_path / "export", *world.outside)


@pytest.mark.parametrize("kind", tampering.EXPORT)
def test_a_falsified_export_is_found(world: World, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "export"
    shutil.copytree(world.exported, folder)
    tampering.EXPORT[kind](folder)
    assert problems_of_export(folder)


@pytest.mark.parametrize("kind", tampering.INSIDER)
def test_what_the_holder_of_the_signing_key_falsifies_is_found_by_checkpoints_held_outside(
    world: World, tmp_path: Path, kind: str
) -> None:
    with own_database(sqlite_file(world.copy(tmp_path)), migrate=False) as alias:
        tampering.tamper(alias, tampering.INSIDER[kind])
        export(tmp_path / "export", using=alias)
        assert audit.verify(SIGNER.verifier, using=alias).problems == ()
        assert audit.verify(SIGNER.verifier, outside=outside_of(world), using=alias).problems
    assert problems_of_export(tmp_path / "export") == []
    assert problems_of_export(tmp_path / "export", *world.outside)


def test_a_log_signed_by_another_key_is_found_by_its_key(world: World, tmp_path: Path) -> None:
    with own_database(sqlite_file(tmp_path / "other.sqlite3")) as alias, fixed_key(tmp_path / "keys", INTRUDER):
        append_many(3, using=alias)
        export(tmp_path / "export", using=alias)
        assert audit.verify(INTRUDER.verifier, using=alias).problems == ()
        assert any("別の鍵" in problem for problem in audit.verify(SIGNER.verifier, using=alias).problems)
    assert problems_of_export(tmp_path / "export", key=str(INTRUDER.verifier)) == []
    assert any("別の鍵" in problem for problem in problems_of_export(tmp_path / "export"))


def test_a_checkpoint_of_another_log_held_outside_is_found(world: World, tmp_path: Path) -> None:
    with own_database(sqlite_file(tmp_path / "other.sqlite3")) as alias:
        append(5, using=alias)
        append(6, using=alias)
        (tmp_path / "theirs.txt").write_text(checkpoint.checkpoint(using=alias), encoding="utf-8")
    assert any("受付番号 0 から 2 の前まで" in p for p in problems_of_export(world.exported, tmp_path / "theirs.txt"))


def test_the_place_of_a_change_is_named(world: World, tmp_path: Path) -> None:
    with own_database(sqlite_file(world.copy(tmp_path)), migrate=False) as alias:
        tampering.tamper(alias, tampering.DATABASE["edited"])
        problems = audit.verify(SIGNER.verifier, using=alias).problems
        export(tmp_path / "export", sign=False, using=alias)
    assert "受付番号 3 の記録" in problems[0]
    assert "受付番号 0 から 5 の前まで" in problems_of_export(tmp_path / "export")[0]


def test_a_number_where_bytes_belong_is_found_and_does_not_fill_the_memory(world: World, tmp_path: Path) -> None:
    with own_database(sqlite_file(world.copy(tmp_path)), migrate=False) as alias:
        tampering.tamper(alias, tampering.number_for_subject)
        assert any("読めない行" in problem for problem in audit.verify(SIGNER.verifier, using=alias).problems)


def test_both_keys_can_be_given_after_a_change_of_keys(world: World) -> None:
    assert verifier.verify(world.exported, [str(INTRUDER.verifier), KEY], [])[1] == []


def test_an_empty_log_can_be_exported_and_verified(tmp_path: Path, world: World) -> None:
    with own_database(sqlite_file(tmp_path / "empty.sqlite3")) as alias:
        export(tmp_path / "export", using=alias)
    assert problems_of_export(tmp_path / "export") == []
    assert problems_of_export(tmp_path / "export", world.outside[0])


def test_an_export_never_writes_over_anything(world: World) -> None:
    with (
        own_database(sqlite_file(world.database), migrate=False) as alias,
        pytest.raises(FolderNotEmpty, match="空では"),
    ):
        export(world.exported, using=alias)


def run_verifier(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The file alone, isolated from this project's packages."""
    file = str(Path(verifier.__file__))
    return subprocess.run([sys.executable, "-I", file, *arguments], capture_output=True, text=True, check=False)


def test_the_verifier_runs_alone_and_tells_good_from_bad_by_its_exit_code(world: World, tmp_path: Path) -> None:
    good = run_verifier(str(world.exported), "--key", KEY, "--checkpoint", str(world.outside[0]))
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout == "異常なし: 記録 12 件、署名した時点 4 個\n"
    shutil.copytree(world.exported, tmp_path / "export")
    tampering.EXPORT["dropped"](tmp_path / "export")
    bad = run_verifier(str(tmp_path / "export"), "--key", KEY)
    assert (bad.returncode, bad.stderr) == (1, "")
    assert "entries.jsonl の 4 行目" in bad.stdout
    assert "信用できません" in bad.stdout


@pytest.mark.parametrize("key", ["", "x", KEY[:-1], "azukari/ward/log+00000000+" + KEY.split("+", 2)[2]])
def test_a_wrong_key_text_is_a_problem_not_a_crash(world: World, key: str) -> None:
    assert problems_of_export(world.exported, key=key)


def test_a_folder_that_is_no_export_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    assert problems_of_export(tmp_path)
    assert problems_of_export(tmp_path / "missing")


def test_the_verifier_is_one_short_file_with_few_needs() -> None:
    source = Path(verifier.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    imported = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported - sys.stdlib_module_names == {"cryptography"}
