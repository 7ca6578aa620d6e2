"""The ward's programmes. One with no code of its own is a programme too: its dossier is all the core needs.

A programme with code may offer a module ``live``: what its own acts add to the readings of the core. Screens ask for
it here, of every programme alike; no code asks which programme it is in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from django.http import HttpResponse

    from azukari.custody.models import Handover
    from azukari.dossier.schema import Dossier
    from azukari.oversight.standing import Steps
    from azukari.oversight.todo import Todo
    from azukari.parties.models import Handler, Organisation
    from azukari.people.models import Resident

PROGRAMMES = ("screening", "stress_check", "maternity_benefit", "checkup", "health_points")
WITH_CODE = ("screening", "stress_check")
"""Programmes that have rules, records and steps of their own."""


class Live(Protocol):
    """What a programme's module ``live`` offers. Each takes a fixed number of queries."""

    def step_states(self, fiscal_year: int, on: date, for_organisation: Organisation | None = None) -> Steps:
        """Steps that are the programme's own acts: they stand in place of what the core says of them."""

    def todos(self, handler: Handler, on: date) -> list[Todo]:
        """What waits for this handler in the programme's own acts."""

    def todo_place(self, todo: Todo) -> str:
        """Address of the screen on which one of the programme's own todos is done; empty where there is none."""

    def step_places(self, fiscal_year: int) -> dict[str, str]:
        """Step number → address of the programme's own screen for it, where there is one on this surface."""

    def work_links(self, handover: Handover) -> list[tuple[str, str]]:
        """(label, address) of the programme's screens on which a contractor works on what it was handed."""


@dataclass(frozen=True)
class PersonSection:
    """What a programme adds to the page of one person.

    ``acts``: (label, address, kind of button). ``warnings``: (what to know first, address or "", label of the link).
    """

    title: str
    template: str
    context: Mapping[str, Any]
    acts: Sequence[tuple[str, str, str]] = ()
    warnings: Sequence[tuple[str, str, str]] = ()


class PersonPages(Protocol):
    """What a programme's module ``person_views`` offers. ``address(act, number)``: of an act's page for this person."""

    def section(
        self, request: Any, *, person: Resident, purpose: str, address: Callable[..., str]
    ) -> PersonSection | None:
        """Logged before it is given; None where the programme has nothing to say of anybody."""

    def act(
        self, request: Any, *, person: Resident, act: str, number: int, facts: Sequence[tuple[str, Any]], then: str
    ) -> HttpResponse | None:
        """The page of one act; None where there is no such act (or thing of this number) for this person."""


def person_pages(programme: str) -> PersonPages | None:
    """What the programme shows and does of one person; None for one that the core alone runs."""
    name = f"{__name__}.{programme}.person_views"
    if programme not in WITH_CODE or find_spec(name) is None:
        return None
    return cast("PersonPages", import_module(name))


def live(programme: str) -> Live | None:
    """The programme's own readings; None for one that the core alone runs. Imported when first asked for."""
    name = f"{__name__}.{programme}.live"
    if programme not in WITH_CODE or find_spec(name) is None:
        return None
    return cast("Live", import_module(name))


def step_states(
    papers: Mapping[str, Dossier], fiscal_year: int, on: date, for_organisation: Organisation | None = None
) -> dict[str, Steps]:
    """How every step of these programmes stands: the core's reading, and over it each programme's own."""
    from azukari.oversight.standing import all_step_states

    states = all_step_states(papers, fiscal_year, on, for_organisation)
    for programme in papers:
        own = live(programme)
        if own is not None:
            states[programme] |= own.step_states(fiscal_year, on, for_organisation)
    return states


def todos(handler: Handler, on: date) -> list[Todo]:
    """What waits for this handler, the core's and every programme's, by day."""
    from azukari.oversight.todo import in_order
    from azukari.oversight.todos import todos as of_the_core

    found = of_the_core(handler, on)
    for programme in WITH_CODE:
        own = live(programme)
        if own is not None:
            found += own.todos(handler, on)
    return in_order(found)
