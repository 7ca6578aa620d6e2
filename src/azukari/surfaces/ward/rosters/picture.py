"""What a roster brings, beside the roster before: numbers, and bars of the same numbers in the rows of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from azukari.people.models import Changeset, RowStatus

WIDTH = 160
CHIPS = {
    RowStatus.REJECTED: "red",
    RowStatus.DUPLICATE: "red",
    RowStatus.NEWLY_PROTECTED: "yellow",
    RowStatus.PROTECTION_LIFTED: "yellow",
    RowStatus.ABSENT: "yellow",
    RowStatus.UNCHANGED: "gray",
}


@dataclass(frozen=True)
class Line:
    """One status: rows of this roster, of the one before (None: there was none)."""

    status: str
    label: str
    now: int
    before: int | None
    chip: str

    @property
    def difference(self) -> int | None:
        return None if self.before is None else self.now - self.before


@dataclass(frozen=True)
class Bar:
    """A line with the lengths of its two bars, all on one scale; ``drawn`` False: too many for that scale."""

    line: Line
    length: int
    other: int
    drawn: bool


def lines(changeset: Changeset) -> list[Line]:
    """Every status, in the order in which they are looked at."""
    now = _counts(changeset)
    before = _counts(changeset.base) if changeset.base else None
    return [
        Line(
            status.value,
            str(status.label),
            now.get(status, 0),
            None if before is None else before.get(status, 0),
            CHIPS.get(status, "blue"),
        )
        for status in RowStatus
    ]


def bars(told: Sequence[Line]) -> list[Bar]:
    """Bars of what is not as usual: people who stayed as they were, or came with the first roster, would dwarf it."""
    first = all(line.before is None for line in told)
    usual = {RowStatus.UNCHANGED} if first else {RowStatus.UNCHANGED, RowStatus.NEW}
    most = max((max(line.now, line.before or 0) for line in told if line.status not in usual), default=0) or 1
    return [
        Bar(line, line.now * WIDTH // most, (line.before or 0) * WIDTH // most, drawn=True)
        if line.status not in usual
        else Bar(line, 0, 0, drawn=False)
        for line in told
    ]


def totals(changeset: Changeset) -> Sequence[tuple[str, str, str]]:
    """(what, this roster, the roster before) for the size of the rosters and of the register."""
    base = changeset.base
    return [
        (_("名簿の件数"), f"{changeset.rows:,}", f"{base.rows:,}" if base else ""),
        (
            _("読み込んだときの登録者数"),
            f"{changeset.counts.get('known', 0):,}",
            f"{base.counts.get('known', 0):,}" if base else "",
        ),
    ]


def _counts(changeset: Changeset) -> Mapping[str, int]:
    counts: Mapping[str, int] = changeset.counts.get("status", {})
    return counts
