"""The access log read for a screen: newest first, by number, by neutral filters, through indexes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from azukari.witness import append_only, log, reading
from azukari.witness.models import Entry
from azukari.witness.reading import Filter

FIRST = datetime(2025, 4, 1, 0, 0, tzinfo=UTC)  # nine in the morning in Tokyo


@pytest.fixture
def entries(db: None) -> None:
    """Thirty entries, one an hour: two programmes, three actors, two parties, a refusal in every ten."""
    with transaction.atomic():
        for n in range(30):
            log.append(
                recorded_at=FIRST + timedelta(hours=n),
                actor=f"W{n % 3}",
                party=f"party{n % 2}",
                programme="screening" if n < 20 else "checkup",
                act="refused" if n % 10 == 0 else "data.read",
                purpose="試験",
            )


def numbers(page: reading.LogPage) -> list[int]:
    return [entry.seq for entry in page.entries]


def test_the_newest_come_first_and_pages_follow_by_number(entries: None) -> None:
    first = reading.log_page(size=10)
    assert (numbers(first), first.older, first.newer) == (list(range(29, 19, -1)), 20, None)
    second = reading.log_page(before=first.older, size=10)
    assert (numbers(second), second.older, second.newer) == (list(range(19, 9, -1)), 10, 19)
    last = reading.log_page(before=second.older, size=10)
    assert (numbers(last), last.older, last.newer) == (list(range(9, -1, -1)), None, 9)
    assert numbers(reading.log_page(after=last.newer, size=10)) == numbers(second)
    back = reading.log_page(after=second.newer, size=10)
    assert (numbers(back), back.older, back.newer) == (numbers(first), 20, None)


def test_a_page_stays_the_same_page_while_entries_are_added(entries: None) -> None:
    before = numbers(reading.log_page(before=20, size=5))
    with transaction.atomic():
        log.append(recorded_at=FIRST, actor="W1", party="p", programme="", act="data.read", purpose="試験")
    assert numbers(reading.log_page(before=20, size=5)) == before


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(act="refused"), [20, 10, 0]),
        (Filter(programme="checkup", actor="W0"), [27, 24, 21]),
        (Filter(party="party1", programme="checkup", act="refused"), []),
        (Filter(since=date(2025, 4, 2), act="refused"), [20]),
        (Filter(until=date(2025, 4, 1), act="refused"), [10, 0]),
        (Filter(since=date(2025, 4, 3)), []),
    ],
)
def test_filters_narrow_together(entries: None, wanted: Filter, expected: list[int]) -> None:
    assert numbers(reading.log_page(wanted)) == expected


def test_a_day_is_a_local_day_from_midnight_to_midnight(entries: None) -> None:
    first = numbers(reading.log_page(Filter(since=date(2025, 4, 1), until=date(2025, 4, 1))))
    assert first == list(range(14, -1, -1))  # nine in the morning to eleven at night
    assert numbers(reading.log_page(Filter(since=date(2025, 4, 2))))[-1] == 15


def test_neighbours_are_counted_within_the_filter(entries: None) -> None:
    page = reading.log_page(Filter(act="refused"), before=15, size=1)
    assert (numbers(page), page.older, page.newer) == ([10], 10, 10)
    only = reading.log_page(Filter(act="refused"), before=30, size=3)
    assert (only.older, only.newer) == (None, None)


def test_a_page_is_bounded_and_takes_two_queries(entries: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        assert len(reading.log_page(size=100_000, before=25).entries) == 25
    with django_assert_max_num_queries(2):
        reading.log_page(after=5, size=0)
    assert reading.MOST <= 200


@pytest.mark.parametrize(
    "columns", [["recorded_at"], *([field, "seq"] for field in ("act", "actor", "party", "programme"))]
)
def test_every_filter_has_an_index(db: None, columns: list[str]) -> None:
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, Entry._meta.db_table).values()
    assert columns in [one["columns"] for one in there if one["index"]]


def test_the_log_is_still_append_only_with_its_indexes(entries: None) -> None:
    assert append_only.missing_guards(connection) == []
    assert Entry._meta.indexes
