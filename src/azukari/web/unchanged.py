"""Readings that hold until somebody does something: kept in this process, with the log's position as their mark.

Whatever changes anything writes an entry in the same transaction (``parties.acting``), so a reading made after an entry
holds until the next one. Entries of those who only looked do not count: look-ups come by the dozen and change nothing.
A process that reads while another acts may keep what is newer than its mark, never what is older.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from azukari.witness.models import Entry

LOOKING = frozenset(
    {
        "people.look_up", "custody.read", "log.read", "dossier.read", "party.read", "run.read", "roster.read",
        "own.read", "home.read", "result.read", "billing.read", "stress.read",
    }
)  # fmt: skip
"""Acts that show and change nothing. Not among them: ``data.read``, by which sheets are drawn, and refusals."""
MOST_KEPT = 200
_MOST_AT_ONCE = 500
Position = tuple[int, bytes]
Value = TypeVar("Value")

_NOTHING: Position = (-1, b"")
_lock = Lock()
_kept: OrderedDict[Hashable, Any] = OrderedDict()
_newest: list[tuple[Position, Position]] = [(_NOTHING, _NOTHING)]
"""One pair: the newest entry seen, and the newest of those that changed something."""


def position() -> Position:
    """Number and hash of the newest entry that may have changed something. One short query, as a rule."""
    seen, acted = _newest[0]
    entries = _from(seen[0])
    if not entries or (entries[0][0], entries[0][2]) != seen:  # nothing yet, or this is another log
        last = Entry.objects.exclude(act__in=LOOKING).order_by("-seq").values_list("seq", "leaf_hash").first()
        acted = seen = (last[0], bytes(last[1])) if last else _NOTHING
        entries = _from(seen[0])
    while entries:
        for seq, act, leaf in entries:
            seen = (seq, leaf)
            acted = acted if act in LOOKING else seen
        entries = _from(seen[0] + 1) if len(entries) == _MOST_AT_ONCE else []
    _newest[0] = (seen, acted)
    return acted


def _from(seq: int) -> list[tuple[int, str, bytes]]:
    found = Entry.objects.filter(seq__gte=seq).order_by("seq").values_list("seq", "act", "leaf_hash")
    return [(number, act, bytes(leaf)) for number, act, leaf in found[:_MOST_AT_ONCE]]


def kept(key: Hashable, make: Callable[[], Value]) -> Value:
    """What was made for this key, or made now. The oldest goes when there are too many."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found: Value = _kept[key]
            return found
    made = make()
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def forget() -> None:
    """Drop everything, e.g. between tests, which put the database back."""
    with _lock:
        _kept.clear()
        _newest[0] = (_NOTHING, _NOTHING)
