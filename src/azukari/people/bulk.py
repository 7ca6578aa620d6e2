"""Whole columns in and out of the database, without one object per row: 150,000 people are one statement.

Statements are put together from names of tables and columns, which come from the models and never from a file; what a
file says is a parameter, always.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import polars as pl
from django.db import connection, models

from azukari.people.columns import Column, Shape

CHUNK_ROWS = 10_000

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Tell nobody."""


def moment_text(moment: datetime) -> str:
    """A moment as both databases read it in bulk: naive UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def table_of(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def column_of(model: type[models.Model], field: str) -> str:
    return connection.ops.quote_name(str(next(f.column for f in model._meta.concrete_fields if f.name == field)))


def fetch(sql: str, params: Sequence[Any], schema: dict[str, Any]) -> pl.DataFrame:
    """The rows of a query as a frame with the columns of `schema`."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pl.DataFrame(dict(zip(schema, columns, strict=True)), schema=schema)


def fetch_canonical(model: type[models.Model], columns: Sequence[Column]) -> pl.DataFrame:
    """The register's values as canonical texts, one column per field, as a roster's cells are after reading."""
    parts = []
    for column in columns:
        name = column_of(model, column.field)
        match column.shape:
            case Shape.DATE:
                parts.append(f"COALESCE(CAST({name} AS text), '')")
            case Shape.FLAG:
                parts.append(f"CASE WHEN {name} THEN '1' ELSE '0' END")
            case _:
                parts.append(name)
    schema = {column.field: pl.String for column in columns}
    return fetch(f"SELECT {', '.join(parts)} FROM {table_of(model)}", [], schema)  # noqa: S608


def among_values(column: str, values: list[str]) -> tuple[str, Any]:
    """A condition with one parameter that is true for rows whose column is among the values, however many."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", values
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(values)  # noqa: S608


@contextmanager
def filling(model: type[models.Model]) -> Iterator[None]:
    """While most of a table is being filled: its plain indexes are built once at the end instead of row by row.

    In SQLite only, where that is part of the transaction and needs no other role; unique constraints stay throughout.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -262144")  # KiB; the default of 2 MiB is smaller than one index
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
            [model._meta.db_table],
        )
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        yield
        for _, sql in indexes:
            cursor.execute(sql)


def insert(model: type[models.Model], frame: pl.DataFrame, told: Callable[[int], None] = lambda _: None) -> None:
    """Insert every row of a frame whose columns are named after the model's fields. told: called with rows added."""
    names = [column_of(model, field) for field in frame.columns]
    table = table_of(model)
    with connection.cursor() as cursor:
        for start in range(0, frame.height, CHUNK_ROWS):
            rows = frame.slice(start, CHUNK_ROWS).rows()
            if connection.vendor == "postgresql":
                with (
                    connection.wrap_database_errors,
                    cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy,
                ):
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608
            told(len(rows))


def update(
    model: type[models.Model], frame: pl.DataFrame, key: str, told: Callable[[int], None] = lambda _: None
) -> None:
    """Set the frame's columns in the rows that have its `key`."""
    fields = [field for field in frame.columns if field != key]
    settings = ", ".join(f"{column_of(model, field)} = %s" for field in fields)
    sql = f"UPDATE {table_of(model)} SET {settings} WHERE {column_of(model, key)} = %s"  # noqa: S608
    ordered = frame.select(*fields, key)
    with connection.cursor() as cursor:
        for start in range(0, frame.height, CHUNK_ROWS):
            rows = ordered.slice(start, CHUNK_ROWS).rows()
            cursor.executemany(sql, rows)
            told(len(rows))
