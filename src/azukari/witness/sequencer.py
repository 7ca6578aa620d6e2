"""Gives each entry its number: dense from 0, one writer at a time, in the caller's transaction."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connections

from azukari.witness.models import Entry

_LOCK = 0x617A756B61726901  # "azukari" and 1: the advisory lock of the log's sequence


class Place(NamedTuple):
    """Where the next entry goes: its number, and the position of its first subject."""

    seq: int
    subjects_from: int


def hold(using: str) -> None:
    """Let nobody else append until this transaction ends.

    PostgreSQL: an advisory lock. SQLite: the settings begin every transaction IMMEDIATE, so whoever got here is alone.
    Where a database is set up otherwise, the primary key refuses a doubled number and the act fails as a whole.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def next_place(using: str) -> Place:
    """Needs ``hold`` when something is to be appended there; without, it tells the log's size now."""
    last = Entry.objects.using(using).order_by("-seq").values_list("seq", "subjects_from", "persons").first()
    if last is None:
        return Place(0, 0)
    seq, subjects_from, persons = last
    return Place(seq + 1, subjects_from + persons)
