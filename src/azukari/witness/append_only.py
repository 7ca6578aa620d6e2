"""The database's own guard: rows of some tables can be inserted and read, never changed or removed.

:data:`LOG` guards the access log; other floors guard tables of their own with another :class:`Guard`. Triggers guard on
SQLite and PostgreSQL. On PostgreSQL, where the application need not own its tables, ``grant_sql`` also leaves its role
nothing but INSERT and SELECT on the log. Whoever owns the file or the tables can remove a guard; that is what the tree
and the checkpoints held outside are for, and ``missing_guards`` makes ``azukari witness verify`` say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TABLES: Mapping[str, str] = {
    "witness_entry": "seq",
    "witness_subject": "position",
    "witness_treenode": "position",
    "witness_checkpoint": "size",
}
"""Guarded tables and their primary keys."""

REFUSAL = "アクセスログは追記専用です。記録の変更と削除はできません。"


@dataclass(frozen=True)
class Guard:
    """Tables (with their primary keys) that are append-only, what the refusal says, PostgreSQL's function for it."""

    tables: Mapping[str, str]
    refusal: str
    function: str

    def triggers(self, vendor: str) -> dict[str, tuple[str, str]]:
        """Trigger name: (table, rest of CREATE TRIGGER)."""
        guards: dict[str, tuple[str, str]] = {}
        for table, key in self.tables.items():
            of_table = self._sqlite(table, key) if vendor == "sqlite" else self._postgresql(table)
            guards.update({name: (table, body) for name, body in of_table.items()})
        return guards

    def _sqlite(self, table: str, key: str) -> dict[str, str]:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{self.refusal}'); END"
        guards = {
            f"{table}_no_{event.lower()}": f"BEFORE {event} ON {table} {refuse}" for event in ("UPDATE", "DELETE")
        }
        # INSERT OR REPLACE removes the old row without firing a DELETE trigger: no insert may meet an existing key.
        there = f"SELECT 1 FROM {table} WHERE {key} = NEW.{key}"  # noqa: S608 - ours
        guards[f"{table}_no_replace"] = f"BEFORE INSERT ON {table} WHEN EXISTS ({there}) {refuse}"
        return guards

    def _postgresql(self, table: str) -> dict[str, str]:
        refuse = f"EXECUTE FUNCTION {self.function}()"
        return {
            f"{table}_no_change": f"BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
            f"{table}_no_truncate": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        }


LOG = Guard(TABLES, REFUSAL, "witness_refuse_change")


def install(connection: Any, guard: Guard = LOG) -> None:
    """Create the triggers. ``connection`` is Django's, of SQLite or PostgreSQL."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {guard.function}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{guard.refusal}'; END $$"
            )
        for name, (_, body) in guard.triggers(connection.vendor).items():
            cursor.execute(f"CREATE TRIGGER {name} {body}")


def remove(connection: Any, guard: Guard = LOG) -> None:
    """Drop the triggers: for undoing the migration, and for tests that empty the tables or tamper with them."""
    with connection.cursor() as cursor:
        for name, (table, _) in guard.triggers(connection.vendor).items():
            cursor.execute(
                f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if connection.vendor == "postgresql" else "")
            )


def missing_guards(connection: Any, guard: Guard = LOG) -> list[str]:
    """Names of triggers that are absent, altered (SQLite) or disabled (PostgreSQL)."""
    guards = guard.triggers(connection.vendor)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            found = dict(cursor.fetchall())
            return [n for n, (_, body) in guards.items() if found.get(n) != f"CREATE TRIGGER {n} {body}"]
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND NOT tgisinternal")
        names = {row[0] for row in cursor.fetchall()}
    return [name for name in guards if name not in names]


def grant_sql(role: str) -> list[str]:
    """Statements that leave a PostgreSQL role only INSERT and SELECT on the log. Run them as the tables' owner."""
    quoted = '"' + role.replace('"', '""') + '"'
    tables = ", ".join(TABLES)
    return [
        f"REVOKE ALL ON {tables} FROM PUBLIC",
        f"REVOKE ALL ON {tables} FROM {quoted}",
        f"GRANT SELECT, INSERT ON {tables} TO {quoted}",
    ]


def role_exists(connection: Any, role: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        return cursor.fetchone() is not None


def excess_privileges(connection: Any, role: str) -> list[str]:
    """What a PostgreSQL role could still do to the log beyond INSERT and SELECT: owning, UPDATE, DELETE, TRUNCATE …"""
    if not role_exists(connection, role):
        return [f"役割「{role}」がありません"]
    excess = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone()[0]:
            return [f"役割「{role}」は superuser です"]
        for table in TABLES:
            cursor.execute(
                "SELECT pg_has_role(%s, relowner, 'MEMBER') FROM pg_class WHERE oid = %s::regclass", [role, table]
            )
            if cursor.fetchone()[0]:
                excess.append(f"{table} の所有者です")
                continue
            for privilege in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"):
                cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, privilege])
                if cursor.fetchone()[0]:
                    excess.append(f"{table} に {privilege} ができます")
    return excess
