"""150,000 residents in one go, and again a day later, with a progress bar's callback."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from azukari.people import changeset
from azukari.people.models import Resident, StagedPack, StagedRow
from bench.roster import HEADER, ROWS, synthetic_roster
from tests.unit.people.rosters import written

NOW = datetime(2025, 4, 3, 9, tzinfo=UTC)
FIRST = date(2025, 4, 1)
KEY = b"k" * 32
PROTECTED, DIED, ADDRESS = HEADER.index("支援措置"), HEADER.index("死亡日"), HEADER.index("住所")


def a_day_later(text: str) -> str:
    """The next roster: every thousandth person at a new address, every 5,000th newly protected, the last one missing."""
    lines = text.splitlines()[:-1]
    for n in range(1, len(lines), 1000):
        cells = lines[n].split(",")
        cells[ADDRESS] = "別町1丁目1番1号"
        if n % 5000 == 1:
            cells[PROTECTED] = "1"
        lines[n] = ",".join(cells)
    return "\n".join(lines) + "\n"


@pytest.mark.django_db
def test_a_ward_of_150000_is_imported_whole_and_again_a_day_later(tmp_path):
    told: list[tuple[int, int]] = []

    def take(text: str, stated_on: date, name: str) -> tuple[changeset.Review, changeset.Commit]:
        path, note = written(tmp_path, text, "cp932", name)
        staged = changeset.read(
            path=path, kind="residents", stated_on=stated_on, delivery_note=note, by="officer", now=NOW,
            progress=lambda done, total: told.append((done, total)),
        )  # fmt: skip
        review = changeset.review(changeset=staged, by="officer", now=NOW)
        return review, changeset.commit(
            changeset=staged, by="officer", now=NOW, reference_key=KEY,
            progress=lambda done, total: told.append((done, total)),
        )  # fmt: skip

    first = synthetic_roster(ROWS)
    review, done = take(first, FIRST, "first.csv")
    assert sum(review.counts.values()) == ROWS
    assert done.added == Resident.objects.count() == ROWS
    assert review.counts["newly_protected"] == Resident.objects.filter(protected=True).count() == ROWS // 500
    assert told.count((ROWS, ROWS)) == 2, "once when read, once when committed"

    review, done = take(a_day_later(first), FIRST + timedelta(days=1), "second.csv")
    changed = ROWS // 1000
    protected_before = sum(n % 500 == 0 for n in range(0, ROWS, 5000))
    assert review.counts["newly_protected"] == ROWS // 5000 - protected_before
    assert review.counts["changed"] + review.counts["newly_protected"] == changed
    assert review.counts["absent"] == 1
    assert review.counts["unchanged"] == ROWS - 1 - changed
    assert (done.added, done.updated) == (0, changed)
    assert Resident.objects.filter(address="別町1丁目1番1号").count() == changed
    assert not StagedPack.objects.exists()
    assert not StagedRow.objects.exclude(original="").exists()
