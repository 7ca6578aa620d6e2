"""The steps of an approved paper as lines of a table: from whom to whom, how it stands today, where it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from azukari.dossier.schema import Dossier
from azukari.dossier.step_mark import StepKind
from azukari.oversight.standing import StepState
from azukari.vocabulary.wareki import to_wareki

CHIPS = {
    StepKind.PLANNED: "gray",
    StepKind.PREPARED: "yellow",
    StepKind.RELEASED: "blue",
    StepKind.ACKNOWLEDGED: "green",
    StepKind.REFUSED: "red",
    StepKind.OVERDUE: "red",
    StepKind.CLOSED: "gray",
}


@dataclass(frozen=True)
class StepLine:
    number: str
    what: str
    source: str
    target: str
    chip: str
    kind: str
    state: str
    more: str
    counts: str
    due: str
    url: str
    link: str


Place = Callable[[str, StepState], tuple[str, str]]
"""Step number and state → address of the act behind it, and what the link says; both empty where there is none."""


def step_lines(dossier: Dossier, states: dict[str, StepState], place: Place) -> list[StepLine]:
    """The steps that have a state, in the paper's order."""
    names = {node.key: node.name for node in dossier.nodes}
    return [
        _line(step.number, step.what, names[step.source], names[step.target], states[step.number], place)
        for step in dossier.steps
        if step.number in states
    ]


def _line(number: str, what: str, source: str, target: str, state: StepState, place: Place) -> StepLine:
    (url, link), several = place(number, state), state.handovers > 1
    more = _("%(all)s件のうち%(some)s件") % {"all": state.handovers, "some": state.concerned} if several else ""
    if state.said and state.said != state.kind.label:
        said = _("最新は「%(said)s」") % {"said": state.said} if several else state.said
        more = "・".join(word for word in (more, said) if word)
    due = to_wareki(state.due_on, "long") if state.due_on and state.kind is not StepKind.CLOSED else ""
    return StepLine(
        number=number,
        what=what,
        source=source,
        target="" if target == source else target,
        chip=CHIPS[state.kind],
        kind=state.kind.value,
        state=state.kind.label,
        more=more,
        counts=_counts(state),
        due=due,
        url=url,
        link=link,
    )


def _counts(state: StepState) -> str:
    persons = _("%(count)s人") % {"count": f"{state.persons:,}"} if state.persons else ""
    sheets = _("%(count)s枚") % {"count": f"{state.sheets:,}"} if state.sheets else ""
    return "・".join(word for word in (persons, sheets) if word)
