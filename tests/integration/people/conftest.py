"""Rosters on their way into a register, on a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from azukari.parties.models import Handler, Organisation
from azukari.people import changeset
from tests.unit.people.rosters import STATED_ON, csv_text, written

NOW = datetime(2025, 4, 2, 9, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
def read(tmp_path, db):
    """Stage a roster of the given rows."""
    count = 0

    def stage(*rows, kind="residents", stated_on=STATED_ON, without=(), now=NOW, **options):
        nonlocal count
        count += 1
        path, note = written(tmp_path, csv_text(*rows, without=without), name=f"{count}.csv")
        return changeset.read(
            path=path, kind=kind, stated_on=stated_on, delivery_note=note, by="reader", now=now, **options
        )

    return stage


@pytest.fixture
def take(read):
    """Stage, review and commit a roster of the given rows."""

    def commit(*rows, **options):
        staged = read(*rows, **options)
        changeset.review(changeset=staged, by="reviewer", now=NOW)
        changeset.commit(changeset=staged, by="committer", now=NOW, reference_key=KEY)
        return staged

    return commit


@pytest.fixture
def later():
    return date(2025, 4, 2)


@pytest.fixture
def officer(db):
    """A ward officer who may import rosters and look people up."""
    ward = Organisation.objects.create(key="ward", name="見本区", type=Organisation.Type.WARD)
    return Handler.objects.create(
        key="officer", organisation=ward, name="見本職員", role=Handler.Role.OFFICER, reported_on=date(2024, 4, 1)
    )


@pytest.fixture
def second_officer(officer):
    """Who commits what the first one reviewed."""
    return Handler.objects.create(
        key="officer2",
        organisation=officer.organisation,
        name="見本職員二",
        role=Handler.Role.OFFICER,
        reported_on=date(2024, 4, 1),
    )
