"""Optimistic locking: what the person was looking at when the page was drawn, and who changed it since.

A page that acts on something carries a signed mark: what it is about, its state, and the length of the access log. When
the state is another one at the POST, the entries written since say who did what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from azukari.parties.models import Handler
from azukari.parties.roles import ACT_NAMES
from azukari.witness import log
from azukari.witness.models import Entry

_MOST_TOLD = 5
_MOST_READ = 2_000


@dataclass(frozen=True)
class Seen:
    """``about``: how the log names the thing (key of an entry's details, value); ``state``: what must not change."""

    about: tuple[str, str]
    state: str

    def mark(self) -> str:
        """One word of letters and digits: browsers write line ends in a form their own way."""
        return str(_signer().sign_object([*self.about, self.state, log.size()]))


def _signer() -> Signer:
    return Signer(salt="azukari.web.locking")


def changed_since(mark: str, seen: Seen) -> list[str] | None:
    """None: as it was. Else sentences that tell who changed it, newest last; empty where the log does not say."""
    try:
        key, value, state, length = _signer().unsign_object(mark)
    except (BadSignature, ValueError):
        return []
    if (key, value) == seen.about and state == seen.state:
        return None
    return list(_told(seen.about, length))[-_MOST_TOLD:]


def _told(about: tuple[str, str], length: int) -> list[str]:
    key, value = about
    entries = [
        entry
        for entry in Entry.objects.filter(seq__gte=length).order_by("seq")[:_MOST_READ]
        if str(entry.details_read.get(key)) == value
    ]
    names = dict(Handler.objects.filter(key__in={e.actor for e in entries}).values_list("key", "name"))
    return [
        f"{_time(entry.recorded_at)} に {names.get(entry.actor, '')}（{entry.actor}）が"
        f"「{entry.purpose or ACT_NAMES.get(entry.act, entry.act)}」をしました。"
        for entry in entries
    ]


def _time(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
