"""On PostgreSQL the application's role can only INSERT and SELECT in the log. Needs AZUKARI_TEST_POSTGRES_URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from django.db import DatabaseError, connections, transaction

from azukari.witness import append_only, audit, checkpoint, log
from azukari.witness.cli import witness
from azukari.witness.export import export
from azukari.witness.models import Entry
from tests.fixtures.witness import tampering
from tests.fixtures.witness.databases import append_from_threads, own_database, postgresql
from tests.fixtures.witness.logs import SIGNER, append, append_many, fixed_key, problems_of_export, reference

pytestmark = pytest.mark.postgres

DATABASE, ROLE, PASSWORD = f"azukari_witness_{os.getpid()}", f"azukari_app_{os.getpid()}", "for tests only"


@pytest.fixture
def owner(django_db_blocker: Any, tmp_path: Path) -> Iterator[str]:
    """An alias for a fresh database, connected as the owner of its tables; the role is there, without any rights."""
    url = os.environ.get("AZUKARI_TEST_POSTGRES_URL")
    if not url:
        pytest.fail("AZUKARI_TEST_POSTGRES_URL がありません。試験用の PostgreSQL の URL を指定してください。")
    with psycopg.connect(url, autocommit=True) as server:
        drop(server)
        server.execute(f"CREATE DATABASE {DATABASE}")
        server.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        try:
            unblocked, keys = django_db_blocker.unblock(), fixed_key(tmp_path / "keys")
            with unblocked, keys, own_database(postgresql(url, NAME=DATABASE)) as alias:
                yield alias
        finally:
            drop(server)


def drop(server: psycopg.Connection[Any]) -> None:
    server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    server.execute(f"DROP ROLE IF EXISTS {ROLE}")


@pytest.fixture
def application(owner: str) -> Iterator[str]:
    """An alias connected as the application's role, after the grants."""
    with connections[owner].cursor() as cursor:
        for statement in append_only.grant_sql(ROLE):
            cursor.execute(statement)
    config = postgresql(os.environ["AZUKARI_TEST_POSTGRES_URL"], NAME=DATABASE, USER=ROLE, PASSWORD=PASSWORD)
    with own_database(config, migrate=False) as alias:
        yield alias


def test_the_role_can_append_sign_search_verify_and_export(application: str, tmp_path: Path) -> None:
    append_many(9, using=application)
    checkpoint.checkpoint(using=application)
    assert [entry.seq for entry in log.person_disclosures(reference(3), application)] == [2, 3]
    assert audit.verify(SIGNER.verifier, using=application) == audit.Verification(9, 9, 1, ())
    export(tmp_path / "export", using=application)
    assert problems_of_export(tmp_path / "export") == []


@pytest.mark.parametrize("table", append_only.TABLES)
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {t} SET {k} = {k}",
        "DELETE FROM {t}",
        "TRUNCATE {t}",
        "DROP TABLE {t}",
        "ALTER TABLE {t} DISABLE TRIGGER ALL",
        "SELECT * FROM {t} FOR UPDATE",
    ],
)
def test_the_role_can_do_nothing_else(application: str, table: str, change: str) -> None:
    append_many(3, using=application)
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
        run(application, change.format(t=table, k=append_only.TABLES[table]))


@pytest.mark.parametrize("table", append_only.TABLES)
@pytest.mark.parametrize("change", ["UPDATE {t} SET {k} = {k}", "DELETE FROM {t}", "TRUNCATE {t}"])
def test_the_triggers_stop_even_the_owner(owner: str, table: str, change: str) -> None:
    append_many(3, using=owner)
    checkpoint.checkpoint(using=owner)
    with pytest.raises(DatabaseError, match="追記専用"):
        run(owner, change.format(t=table, k=append_only.TABLES[table]))


def run(alias: str, statement: str) -> None:
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(statement)


def test_a_disabled_trigger_is_reported(owner: str) -> None:
    run(owner, "ALTER TABLE witness_entry DISABLE TRIGGER witness_entry_no_change")
    assert append_only.missing_guards(connections[owner]) == ["witness_entry_no_change"]
    assert any("witness_entry_no_change" in problem for problem in audit.verify(SIGNER.verifier, using=owner).problems)


def test_entries_appended_by_several_connections_at_once_are_dense_and_whole(application: str) -> None:
    assert append_from_threads(application, threads=6, each=20) == []
    assert list(Entry.objects.using(application).order_by("seq").values_list("seq", flat=True)) == list(range(120))
    assert audit.verify(SIGNER.verifier, using=application).problems == ()


def test_a_verification_sees_one_state_while_others_append(owner: str) -> None:
    append_many(3, using=owner)
    with audit.snapshot(owner):
        assert log.size(owner) == 3
        assert append_from_threads(owner, threads=1, each=2) == []
        assert log.size(owner) == 3
    assert log.size(owner) == 5


@pytest.mark.parametrize("kind", [*tampering.DATABASE, *tampering.DERIVED])
def test_a_falsified_database_is_found(owner: str, kind: str) -> None:
    for count in (5, 4, 3):
        append_many(count, using=owner)
        checkpoint.checkpoint(using=owner)
    tampering.tamper(owner, {**tampering.DATABASE, **tampering.DERIVED}[kind])
    assert audit.verify(SIGNER.verifier, using=owner).problems


def test_the_owners_and_a_missing_role_are_not_taken_for_restricted(owner: str) -> None:
    connection = connections[owner]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        current = cursor.fetchone()[0]
    assert append_only.excess_privileges(connection, current)
    assert append_only.excess_privileges(connection, "nobody_of_that_name") == [
        "役割「nobody_of_that_name」がありません"
    ]
    assert append_only.excess_privileges(connection, ROLE) == []
    run(owner, f"GRANT UPDATE ON witness_entry TO {ROLE}")
    assert append_only.excess_privileges(connection, ROLE) == ["witness_entry に UPDATE ができます"]


def test_the_command_prints_the_same_statements_that_restrict_the_role() -> None:
    printed = CliRunner().invoke(witness, ["grants", "--role", ROLE])
    assert printed.exit_code == 0
    assert printed.output == "".join(f"{statement};\n" for statement in append_only.grant_sql(ROLE))


def test_one_hundred_and_fifty_thousand_subjects_go_in_with_one_entry(application: str) -> None:
    append(0, persons=150_000, using=application)
    assert audit.verify(SIGNER.verifier, using=application).problems == ()
