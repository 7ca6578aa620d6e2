"""The register (管理簿) can only be added to: the database itself refuses changes, by ORM and by raw SQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from azukari.custody import book
from azukari.custody.append_only import REGISTER
from azukari.custody.models import Posting, RegisterEntry
from azukari.witness import append_only
from tests import factories
from tests.fixtures.migrated import Migrated
from tests.fixtures.witness.databases import own_database, postgresql

CHANGES = [
    pytest.param(lambda: RegisterEntry.objects.update(persons=1), id="update entries"),
    pytest.param(lambda: RegisterEntry.objects.all()._raw_delete("default"), id="delete entries"),
    pytest.param(lambda: Posting.objects.update(persons=0), id="update postings"),
    pytest.param(lambda: Posting.objects.all().delete(), id="delete postings"),
    pytest.param(lambda: Posting.objects.first().save(), id="save a posting again"),
    pytest.param(lambda: Posting.objects.first().delete(), id="delete one posting"),
    pytest.param(lambda: run("UPDATE custody_registerentry SET remark = 'x'"), id="raw update"),
    pytest.param(lambda: run("DELETE FROM custody_posting"), id="raw delete"),
    pytest.param(lambda: run("UPDATE custody_posting SET persons = persons + 1 WHERE id > 0"), id="raw postings"),
]


def run(sql: str, using: str = "default") -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(sql)


def lines() -> list[tuple[Any, ...]]:
    return [*RegisterEntry.objects.order_by("pk").values_list(), *Posting.objects.order_by("pk").values_list()]


@pytest.fixture
def register(db: None) -> list[tuple[Any, ...]]:
    made = factories.world()
    factories.held(made, made.printer, taker="P1")
    assert len(lines()) == 4
    return lines()


@pytest.mark.parametrize("change", CHANGES)
def test_no_line_can_be_changed_or_removed(register: list[tuple[Any, ...]], change: Any) -> None:
    with pytest.raises(DatabaseError, match="管理簿は追記専用です"), transaction.atomic():
        change()
    assert lines() == register


def test_no_line_can_be_replaced(register: list[tuple[Any, ...]]) -> None:
    first = Posting.objects.order_by("pk")[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        Posting.objects.bulk_create([first])
    assert lines() == register


def test_a_correction_is_a_line_of_its_own(register: list[tuple[Any, ...]]) -> None:
    wrong = RegisterEntry.objects.order_by("pk")[0]
    correction = book.correct(entry=wrong, at=factories.NOW, by="W1", remark="枚数の記載誤り")
    assert correction.corrects == wrong
    assert [line for line in register if line not in lines()] == []
    assert book.balances(account="printer")[0].persons == 3


def test_the_guards_are_there_and_their_absence_is_seen(db: None) -> None:
    assert append_only.missing_guards(connection, REGISTER) == []
    append_only.remove(connection, REGISTER)
    assert len(append_only.missing_guards(connection, REGISTER)) == len(REGISTER.triggers(connection.vendor))
    append_only.install(connection, REGISTER)
    assert append_only.missing_guards(connection, REGISTER) == []


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_can_still_empty_the_tables() -> None:
    made = factories.world()
    factories.released(made, made.printer)
    assert RegisterEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_after_it_they_are_empty_and_guarded_again() -> None:
    assert RegisterEntry.objects.count() == 0
    assert append_only.missing_guards(connection, REGISTER) == []


@pytest.fixture
def on_postgresql(django_db_blocker: Any, migrated: Migrated) -> Iterator[str]:
    """A fresh PostgreSQL database with the whole project's tables."""
    import psycopg

    url = os.environ.get("AZUKARI_TEST_POSTGRES_URL")
    if not url:
        pytest.fail("AZUKARI_TEST_POSTGRES_URL がありません。試験用の PostgreSQL の URL を指定してください。")
    name = f"azukari_register_test_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated.like(url)}")
        try:
            with django_db_blocker.unblock(), own_database(postgresql(url, NAME=name), migrate=False) as alias:
                yield alias
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.mark.postgres
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {t} SET persons = 1",
        "DELETE FROM {t}",
        "TRUNCATE {t} CASCADE",
    ],
)
@pytest.mark.parametrize("table", REGISTER.tables)
def test_postgresql_refuses_it_as_well(on_postgresql: str, table: str, change: str) -> None:
    run(
        "INSERT INTO custody_registerentry (id, at, act, programme, fiscal_year, giver, giver_handler, taker, "
        "taker_handler, what, persons, rows, sheets, medium, remark) "
        "VALUES (1, now(), 'release', 'p', 2025, 'a', '', 'b', '', 'x', 3, 3, 0, 'lgwan', '')",
        on_postgresql,
    )
    run(
        "INSERT INTO custody_posting (id, entry_id, account, programme, fiscal_year, item_group, medium, persons, sheets) "
        "VALUES (1, 1, 'a', 'p', 2025, 'g', 'lgwan', -3, 0)",
        on_postgresql,
    )
    with pytest.raises(DatabaseError, match="管理簿は追記専用です"):
        run(change.format(t=table), on_postgresql)
    with connections[on_postgresql].cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT sum(persons) FROM custody_registerentry), (SELECT sum(persons) FROM custody_posting)"
        )
        assert cursor.fetchone() == (3, -3)
