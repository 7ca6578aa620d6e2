"""One thing that waits for somebody: what it is, by when, and whether this person can do it or another has to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from azukari.parties.models import Handler
from azukari.parties.roles import ACTS

MOST = 100
"""Of one kind, at most: a home screen is no list of everything."""


@dataclass(frozen=True)
class Todo:
    """``kind`` is neutral and names the screen to go to; with it ``handover`` (a number) or ``reference``.

    ``able`` is False where the law of two pairs of eyes keeps this person from it: it is shown so that they can ask
    somebody else. Nothing here names a person of a list.
    """

    kind: str
    what: str
    programme: str = ""
    due_on: date | None = None
    overdue: bool = False
    able: bool = True
    handover: str = ""
    reference: str = ""


def in_order(todos: Iterable[Todo]) -> list[Todo]:
    """By day, what has none at the end; on one day what this person can do comes first."""
    return sorted(todos, key=lambda one: (one.due_on or date.max, not one.able, one.programme, one.handover, one.kind))


def may(handler: Handler, act: str) -> bool:
    """Whether the role does this kind of act at all."""
    return handler.role in ACTS[act]


def works(handler: Handler, on: date) -> bool:
    """Whether anything can wait for this person: reported, not removed that day, and no auditor, who only reads."""
    gone = handler.removed_on is not None and on >= handler.removed_on
    return handler.role != Handler.Role.AUDITOR and handler.reported_on <= on and not gone


def past(due_on: date | None, on: date) -> bool:
    return due_on is not None and due_on < on
