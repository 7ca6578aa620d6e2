"""Read the access log for a screen: newest first, a page at a time, by filters that name no person.

Pages go by sequence number, not by OFFSET, so that page 2,000 costs what page 1 does and a page stays the same page
while entries are added. Every filter has an index (``models.Entry``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils import timezone

from azukari.witness.models import Entry

MOST = 200
"""Entries on one page, at most."""


@dataclass(frozen=True)
class Filter:
    """What to look for; an empty field asks nothing. ``since`` and ``until`` are local days, both included."""

    since: date | None = None
    until: date | None = None
    programme: str = ""
    party: str = ""
    act: str = ""
    actor: str = ""


EVERYTHING = Filter()


@dataclass(frozen=True)
class LogPage:
    """Entries, newest first; ``older`` and ``newer`` are what to pass as ``before`` and ``after``, None at the ends."""

    entries: Sequence[Entry]
    older: int | None
    newer: int | None


def day_begins(day: date) -> datetime:
    """The first moment of a local day."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


def matching(wanted: Filter, using: str = DEFAULT_DB_ALIAS) -> QuerySet[Entry]:
    """The entries that a filter lets through, in no order."""
    found = Entry.objects.using(using).all()
    if wanted.since:
        found = found.filter(recorded_at__gte=day_begins(wanted.since))
    if wanted.until:
        found = found.filter(recorded_at__lt=day_begins(wanted.until + timedelta(days=1)))
    stated = {name: getattr(wanted, name) for name in ("programme", "party", "act", "actor")}
    return found.filter(**{name: value for name, value in stated.items() if value})


def log_page(
    wanted: Filter = EVERYTHING,
    *,
    before: int | None = None,
    after: int | None = None,
    size: int = 50,
    using: str = DEFAULT_DB_ALIAS,
) -> LogPage:
    """One page: the newest, or those before an entry's number, or those right after one. Two queries at most."""
    size = max(1, min(size, MOST))
    found = matching(wanted, using)
    if after is not None:
        rows = list(found.filter(seq__gt=after).order_by("seq")[: size + 1])
        newer = len(rows) > size
        rows = rows[:size][::-1]
        older = found.filter(seq__lte=after).exists()
    else:
        if before is not None:
            found = found.filter(seq__lt=before)
        rows = list(found.order_by("-seq")[: size + 1])
        older = len(rows) > size
        rows = rows[:size]
        newer = before is not None and matching(wanted, using).filter(seq__gte=before).exists()
    if not rows:
        return LogPage((), None, None)
    return LogPage(tuple(rows), rows[-1].seq if older else None, rows[0].seq if newer else None)
