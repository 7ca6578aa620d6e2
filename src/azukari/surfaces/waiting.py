"""The list of what waits for somebody, each line with where it is done. Each surface says where (its ``Places``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import NoReverseMatch, reverse

from azukari import programmes
from azukari.oversight.todo import Todo
from azukari.vocabulary.wareki import to_wareki

Places = Mapping[str, tuple[str, ...]]
"""Kind of todo → URL name, and which of the todo's fields the address takes: handover, reference, programme."""


@dataclass(frozen=True)
class Line:
    """``due`` in words; ``days`` to it, negative when past; ``url`` empty where another surface does it."""

    what: str
    programme: str
    url: str
    due: str
    days: int | None
    overdue: bool
    able: bool

    @property
    def days_late(self) -> int:
        return -self.days if self.days is not None and self.days < 0 else 0

    @property
    def soon(self) -> bool:
        return self.days is not None and 0 <= self.days <= SOON


SOON = 7


def in_lines(todos: Sequence[Todo], places: Places, name: Callable[[str], str], on: date) -> list[Line]:
    """Past their day first, then by day."""
    ordered = sorted(todos, key=lambda one: not one.overdue)  # stable: what was ordered by day stays so
    return [
        Line(
            what=one.what,
            programme=name(one.programme) if one.programme else "",
            url=place_of(one, places),
            due=to_wareki(one.due_on, "long") if one.due_on else "",
            days=(one.due_on - on).days if one.due_on else None,
            overdue=one.overdue,
            able=one.able,
        )
        for one in ordered
    ]


def place_of(todo: Todo, places: Places) -> str:
    """Where it is done: the core's own places, else the programme's, else where the handover is shown."""
    if todo.kind in places:
        name, *fields = places[todo.kind]
        return address(name, *(getattr(todo, field) for field in fields))
    own = programmes.live(todo.programme)
    return own.todo_place(todo) if own else ""


def address(name: str, *values: object) -> str:
    """Empty where this surface has no such page, or the value names nothing."""
    if any(value == "" for value in values):
        return ""
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return ""
