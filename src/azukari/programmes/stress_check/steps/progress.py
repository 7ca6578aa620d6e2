"""How far a round is, in counts. Whose answer is missing is seen by its workers alone, to remind those people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from azukari.parties.acting import acting
from azukari.parties.models import Handler

from ..models import AnswerSheet, Invitation, Login, Respondent, Result, Round
from ..sections import path_of
from ..walls import Thing
from .state import PROGRAMME, require_sight

SMALLEST = 10
"""A section with fewer people to be asked is not shown on its own."""


@dataclass(frozen=True)
class Section:
    """``share``: what part has answered, in words so coarse that nobody is known to have answered or not."""

    name: str
    asked: int
    share: str


@dataclass(frozen=True)
class Progress:
    """asked = answered on the web + on paper + not yet; ``begun``: not yet, but came in once."""

    asked: int
    invited: int
    begun: int
    web: int
    paper: int
    scored: int
    notified: int
    consented: int
    sections: Sequence[Section]

    @property
    def answered(self) -> int:
        return self.web + self.paper


def progress(round_: Round) -> Progress:
    """Six queries, however many people there are."""
    people = Respondent.objects.filter(round=round_)
    ways: Mapping[str, int] = dict(
        AnswerSheet.objects.filter(respondent__round=round_, reopened_at=None)
        .values_list("way")
        .annotate(n=Count("pk"))
        .order_by()
    )
    results = Result.objects.filter(respondent__round=round_).aggregate(
        scored=Count("pk"),
        notified=Count("pk", filter=Q(notified_at__isnull=False)),
        consented=Count("pk", filter=Q(consented_at__isnull=False, withdrawn_at=None)),
    )
    invited = Invitation.objects.filter(respondent__round=round_, voided_at=None).values("respondent").distinct()
    return Progress(
        asked=people.count(),
        invited=invited.count(),
        begun=Login.objects.filter(respondent__round=round_, respondent__answered_at=None).count(),
        web=ways.get(AnswerSheet.Way.WEB, 0),
        paper=ways.get(AnswerSheet.Way.PAPER, 0),
        scored=results["scored"],
        notified=results["notified"],
        consented=results["consented"],
        sections=_sections(people.values_list("section").annotate(n=Count("pk"), a=Count("answered_at")).order_by()),
    )


def _sections(rows: Iterable[tuple[str, int, int]]) -> list[Section]:
    asked: dict[str, int] = {}
    answered: dict[str, int] = {}
    for words, n, a in rows:
        top = path_of(words)[0] if path_of(words) else ""
        asked[top] = asked.get(top, 0) + n
        answered[top] = answered.get(top, 0) + a
    return [
        Section(name, asked[name], share(answered[name], asked[name]))
        for name in sorted(asked)
        if name and asked[name] >= SMALLEST
    ]


def share(answered: int, asked: int) -> str:
    """In steps of ten per cent, open at both ends: neither all nor none can be told from it."""
    tenth = answered * 10 // asked if asked else 0
    if tenth >= 9:
        return "90%以上"
    return f"{tenth * 10}%台" if tenth else "10%未満"


def unanswered(*, round_: Round, by: Handler, now: datetime) -> list[Respondent]:
    """Whom the processor's workers remind. Never told to managers; logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.ANSWERED, round_=round_, by=by, now=now)
        found = list(
            Respondent.objects.filter(round=round_, answered_at=None, left_on=None).order_by(
                "section", "employee_number"
            )
        )
        record(
            purpose="未回答者の確認", items=["name", "affiliation", "stress_result"], persons=len(found),
            subjects=[bytes.fromhex(one.reference) for one in found],
        )  # fmt: skip
        return found
