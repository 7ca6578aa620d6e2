"""Law 4: what is in the log stays in the log. Random logs, random changes; both verifiers must notice every one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from azukari.witness import append_only, audit, checkpoint, leaf, log, merkle, note, proof
from azukari.witness.export import export
from azukari.witness.models import Entry
from tests.fixtures.witness.databases import own_database, sqlite_file
from tests.fixtures.witness.logs import KEY, SIGNER, append_many, fixed_key, problems_of_export, reference

TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12)
NAMES = TEXTS.filter(bool)
DETAILS = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=3,
)
ENTRIES = st.fixed_dictionaries(
    {
        "recorded_at": st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "actor": NAMES,
        "party": NAMES,
        "programme": TEXTS,
        "act": NAMES,
        "purpose": TEXTS,
        "clause": TEXTS,
        "ruling": TEXTS,
        "items": st.lists(NAMES, max_size=4),
        "subjects": st.lists(st.integers(0, 30).map(reference), max_size=6),
        "details": DETAILS,
    }
)
# A file-backed database per example: slower than Hypothesis likes, and the fixtures hold nothing that examples change.
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class World:
    database: Path
    exported: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[World]:
    """An empty database and, beside it, a good log of 11 signed entries with its export."""
    folder = tmp_path_factory.mktemp("laws")
    with django_db_blocker.unblock(), fixed_key(folder / "keys"):
        with own_database(sqlite_file(folder / "empty.sqlite3")):
            pass
        shutil.copy(folder / "empty.sqlite3", folder / "full.sqlite3")
        with own_database(sqlite_file(folder / "full.sqlite3"), migrate=False) as alias:
            append_many(6, using=alias)
            checkpoint.checkpoint(using=alias)
            append_many(5, using=alias)
            export(folder / "export", using=alias)
        yield World(folder / "full.sqlite3", folder / "export")


@pytest.fixture(autouse=True)
def _keys(world: World) -> Iterator[None]:
    """Each test otherwise starts with a key folder of its own."""
    with fixed_key(world.database.with_name("keys")):
        yield


@settings(SLOW, max_examples=40)
@given(st.lists(ENTRIES, max_size=8), st.data())
def test_any_log_verifies_in_the_database_and_as_an_export(
    world: World, entries: list[dict[str, Any]], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept: list[Path] = []
        shutil.copy(world.database.with_name("empty.sqlite3"), folder / "log.sqlite3")
        with own_database(sqlite_file(folder / "log.sqlite3"), migrate=False) as alias:
            for seq, fields in enumerate(entries):
                with transaction.atomic(using=alias):
                    assert log.append(**fields, using=alias) == seq
                if data.draw(st.booleans()):
                    kept.append(folder / f"outside-{seq}.txt")
                    kept[-1].write_text(checkpoint.checkpoint(using=alias), encoding="utf-8")
            export(folder / "export", using=alias)
            outside = [(path.name, path.read_text(encoding="utf-8")) for path in kept]
            found = audit.verify(SIGNER.verifier, outside=outside, using=alias)
            assert (found.problems, found.entries, found.signed) == ((), len(entries), len(entries))
            for fields in entries:
                for ref in fields["subjects"]:
                    seqs = {n for n, other in enumerate(entries) if ref in other["subjects"]}
                    assert {entry.seq for entry in log.person_disclosures(ref, alias)} == seqs
        assert problems_of_export(folder / "export", *kept) == []


@settings(deadline=None, max_examples=300)
@given(st.integers(1, 300), st.data())
def test_proofs_verify_at_every_size_and_for_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = [str(n).encode() for n in range(size)]
    hashes: list[bytes] = []
    frontier = merkle.Frontier()
    for content in leaves:
        hashes += frontier.push(merkle.leaf_hash(content))

    def read(nodes: Any) -> dict[merkle.Node, bytes]:
        return {node: hashes[merkle.stored_position(node)] for node in nodes}

    seq = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != seq) if size > 1 else st.just(size))
    root, path = frontier.root(), merkle.inclusion_proof(seq, size, read)
    assert merkle.verify_inclusion(merkle.leaf_hash(leaves[seq]), seq, size, path, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(leaves[seq]), other, size, path, root)
    old_root, steps = merkle.root(old, read), merkle.consistency_proof(old, size, read)
    assert merkle.verify_consistency(old, old_root, size, root, steps)
    assert not merkle.verify_consistency(old, merkle.leaf_hash(b"x"), size, root, steps)
    for number in range(len(path)):
        broken = [*path[:number], bytes(32), *path[number + 1 :]]
        assert not merkle.verify_inclusion(merkle.leaf_hash(leaves[seq]), seq, size, broken, root)
    for number in range(len(steps)):
        broken = [*steps[:number], bytes(32), *steps[number + 1 :]]
        assert not merkle.verify_consistency(old, old_root, size, root, broken)


@SLOW
@given(st.integers(0, 10), st.integers(0, 11), st.integers(0, 11))
def test_printed_proofs_verify_against_the_signed_checkpoint(world: World, seq: int, one: int, two: int) -> None:
    import base64

    def raw(texts: list[str]) -> list[bytes]:
        return [base64.b64decode(text) for text in texts]

    with own_database(sqlite_file(world.database), migrate=False) as alias:
        shown = proof.inclusion(seq, using=alias)
        signed = note.open_checkpoint(shown["checkpoint"], SIGNER.verifier)
        assert signed.size == shown["size"] == (6 if seq < 6 else 11)
        hashed = merkle.leaf_hash(shown["leaf"].encode())
        assert merkle.verify_inclusion(hashed, seq, signed.size, raw(shown["proof"]), signed.root)
        old, new = sorted((one, two))
        kept = proof.consistency(old, new, using=alias)
        old_root, new_root = raw([kept["old_root"], kept["new_root"]])
        assert merkle.verify_consistency(old, old_root, new, new_root, raw(kept["proof"]))


@SLOW
@given(st.data())
def test_any_single_change_to_an_export_is_noticed(world: World, data: st.DataObject) -> None:
    files = sorted(path.relative_to(world.exported) for path in world.exported.rglob("*") if path.is_file())
    name = data.draw(st.sampled_from(files))
    content = (world.exported / name).read_bytes()
    place = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 40))
    put = data.draw(
        st.binary(max_size=4) | st.sampled_from([b"\n", b" ", b"0", b"9", content[:place], content[place:]])
    )
    changed = content[:place] + put + content[place + length :]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(world.exported, Path(folder) / "export")
        (Path(folder) / "export" / name).write_bytes(changed)
        problems = problems_of_export(Path(folder) / "export")
    assert bool(problems) == (changed != content)


@SLOW
@given(st.data())
def test_any_single_change_of_lines_in_an_export_is_noticed(world: World, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["entries.jsonl", "subjects.txt"]))
    lines = (world.exported / name).read_bytes().splitlines(keepends=True)
    one, two = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    changed = data.draw(
        st.sampled_from(
            [
                lines[:one] + lines[one + 1 :],
                [*lines[:one], lines[two], *lines[one:]],
                [*lines[:one], lines[two], *lines[one + 1 :]],
                [lines[two] if n == one else lines[one] if n == two else line for n, line in enumerate(lines)],
                lines[:one],
            ]
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(world.exported, Path(folder) / "export")
        (Path(folder) / "export" / name).write_bytes(b"".join(changed))
        problems = problems_of_export(Path(folder) / "export")
    assert bool(problems) == (changed != lines)


VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | TEXTS | st.binary(max_size=40) | st.floats(allow_nan=False)


@settings(SLOW, max_examples=60)
@given(st.data())
def test_any_single_change_to_the_database_is_noticed(world: World, data: st.DataObject) -> None:
    """The guards are dropped for the change and put back, so that only the content can give it away."""
    table = data.draw(st.sampled_from(sorted(append_only.TABLES)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(world.database, Path(folder) / "log.sqlite3"))
        with own_database(sqlite_file(path), migrate=False) as alias:
            before = rows(alias, table)
            append_only.remove(connections[alias])
            change_a_row(alias, table, before, data)
            append_only.install(connections[alias])
            changed = rows(alias, table) != before
            dropped_promise = table == "witness_checkpoint" and set(rows(alias, table)) < set(before)
            problems = audit.verify(SIGNER.verifier, using=alias).problems
    # A former checkpoint that is gone is no change to the log: all that it promised is still there.
    assert bool(problems) == (changed and not dropped_promise)


def rows(alias: str, table: str) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        columns = ", ".join(f"typeof({name}), hex({name})" for name in columns_of(alias, table))
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY {append_only.TABLES[table]}")
        return list(cursor.fetchall())


def columns_of(alias: str, table: str) -> list[str]:
    with connections[alias].cursor() as cursor:
        return [column.name for column in connections[alias].introspection.get_table_description(cursor, table)]


def change_a_row(alias: str, table: str, before: list[tuple[Any, ...]], data: st.DataObject) -> None:
    """Set one column of one row to something, copy it from another row, or delete the row. SQLite refuses some."""
    key = append_only.TABLES[table]
    keys = [int(bytes.fromhex(row[2 * columns_of(alias, table).index(key) + 1])) for row in before]
    row, other = data.draw(st.sampled_from(keys)), data.draw(st.sampled_from(keys))
    column = data.draw(st.sampled_from(columns_of(alias, table)))
    act = data.draw(st.sampled_from(["set", "copy", "mangle", "delete"]))
    with connections[alias].cursor() as cursor:
        if act == "delete":
            cursor.execute(f"DELETE FROM {table} WHERE {key} = %s", [row])
        elif act == "mangle" and column != key:
            cursor.execute(f"UPDATE {table} SET {column} = CAST(x'61ff' AS TEXT) WHERE {key} = %s", [row])
        elif act == "copy":
            source = f"(SELECT {column} FROM {table} WHERE {key} = %s)"
            cursor.execute(f"UPDATE OR IGNORE {table} SET {column} = {source} WHERE {key} = %s", [other, row])
        elif act == "set":
            value = data.draw(VALUES)
            if column != key or isinstance(value, int):
                cursor.execute(f"UPDATE OR IGNORE {table} SET {column} = %s WHERE {key} = %s", [value, row])


@given(ENTRIES)
def test_a_leaf_says_the_same_whatever_the_order_of_items_subjects_and_details(fields: dict[str, Any]) -> None:
    references = leaf.distinct_references(fields["subjects"])
    assert references == leaf.distinct_references(reversed(fields["subjects"]))
    turned = dict(reversed(fields["details"].items()))
    assert leaf.canonical_json(fields["details"]) == leaf.canonical_json(turned)


def test_the_key_used_here_is_the_fixed_one(world: World) -> None:
    assert (world.exported / "verifier-key.txt").read_text(encoding="utf-8") == KEY + "\n"
    with own_database(sqlite_file(world.database), migrate=False) as alias:
        assert Entry.objects.using(alias).count() == 11
