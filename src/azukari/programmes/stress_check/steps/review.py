"""What the implementers' side looks through: who waits for a decision, the letters, the applications; and the counts.

Whoever is named in a list is in its log entry. The counts name nobody and open nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from azukari.parties.acting import acting
from azukari.parties.models import Handler

from .. import vault
from ..models import Duty, Interview, Respondent, Result, ResultLetter, Round
from ..walls import Thing, When
from .interviews import Stage, of_round, stage
from .state import PROGRAMME, WORKERS, require_duty, require_sight

CLEAR = "not_high"
Sealed = bytes | memoryview | None


@dataclass(frozen=True)
class Counts:
    """How far the results are; each ``unscored`` … ``unsent`` is what waits for that act now."""

    answered: int
    scored: int
    decided: int
    told: int
    unscored: int
    undecided: int
    to_notify: int
    to_write: int
    unchecked: int
    unsent: int


def counts(round_: Round) -> Counts:
    """Three queries, however many people there are."""
    people = Respondent.objects.filter(round=round_, answered_at__isnull=False).aggregate(
        answered=Count("pk"), unscored=Count("pk", filter=Q(result=None))
    )
    decided, untold, paper = Q(decided_at__isnull=False), Q(notified_at=None), Q(respondent__by_paper=True)
    found = Result.objects.filter(respondent__round=round_, erased_at=None).aggregate(
        scored=Count("pk"),
        decided=Count("pk", filter=decided),
        told=Count("pk", filter=~untold),
        to_notify=Count("pk", filter=decided & untold & ~paper),
        to_write=Count("pk", filter=decided & untold & paper & Q(letter=None)),
    )
    letters = ResultLetter.objects.filter(result__respondent__round=round_, sent_at=None).aggregate(
        unchecked=Count("pk", filter=Q(checked_at=None)), unsent=Count("pk", filter=Q(checked_at__isnull=False))
    )
    return Counts(
        people["answered"], found["scored"], found["decided"], found["told"], people["unscored"],
        found["scored"] - found["decided"], found["to_notify"], found["to_write"], letters["unchecked"],
        letters["unsent"],
    )  # fmt: skip


# --- who waits for a decision


@dataclass(frozen=True)
class Waiting:
    """One person who is under high stress by the scoring or has no verdict. ``interview``: None until decided."""

    result: Result
    verdict: str | None
    withheld: str | None
    interview: bool | None


def waiting(*, round_: Round, by: Handler, now: datetime) -> list[Waiting]:
    """Who needs an implementer's own look: high stress or no verdict; undecided first, then as scored. Logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.RESULT, round_=round_, by=by, now=now)
        results = {
            result.respondent_id: result
            for result in Result.objects.filter(respondent__round=round_, erased_at=None).select_related("respondent")
        }
        rows = _opened(round_, vault.RESULT, {person: result.sealed for person, result in results.items()})
        called = {person: row for person, row in rows.items() if row["verdict"] != CLEAR}
        decisions = _opened(round_, vault.DECISION, {person: results[person].sealed_decision for person in called})
        found = [
            Waiting(
                results[person], row["verdict"], row["withheld"],
                decisions[person]["interview"] if person in decisions else None,
            )
            for person, row in called.items()
        ]  # fmt: skip
        record(
            purpose="面接指導の要否を判断する人の確認", items=["name", "affiliation", "stress_result"],
            persons=len(found), subjects=_subjects(one.result for one in found),
        )  # fmt: skip
        return sorted(found, key=lambda one: (one.interview is not None, one.verdict is not None, one.result.pk))


def undecided_after(result: Result) -> Result | None:
    """The next one, in the order of the numbers, that waits for its decision; opens nothing."""
    found = Result.objects.filter(respondent__round=result.respondent.round_id, decided_at=None, erased_at=None)
    return found.filter(pk__gt=result.pk).order_by("pk").first() or found.order_by("pk").first()


def read_decision(*, result: Result, by: Handler, now: datetime) -> dict[str, Any]:
    """What was decided on one person, with the words to that person; {} until then. Logged."""
    round_ = result.respondent.round
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.DECISION, round_=round_, by=by, now=now)
        record(purpose="面接指導の要否の判断の閲覧", items=["stress_result"], subjects=_subjects([result]))
        found = _opened(round_, vault.DECISION, {result.respondent_id: result.sealed_decision})
        return found.get(result.respondent_id, {})


# --- letters and applications


def letters(*, round_: Round, by: Handler, now: datetime, chosen: Sequence[int] | None = None) -> list[ResultLetter]:
    """The letters of a round with their names, those that wait first; ``chosen``: of these only. Logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        found = ResultLetter.objects.filter(result__respondent__round=round_, result__erased_at=None)
        if chosen is not None:
            found = found.filter(pk__in=chosen)
        listed = list(
            found.select_related("result__respondent__round", "prepared_by", "checked_by", "sent_by").order_by("pk")
        )
        listed.sort(key=lambda one: (one.sent_at is not None, one.checked_at is not None, one.pk))
        record(
            purpose="個人結果報告書の宛名の確認", items=["name", "affiliation"], letters=len(listed),
            subjects=_subjects(one.result for one in listed),
        )  # fmt: skip
        return listed


def to_write(round_: Round) -> list[Result]:
    """Who answered on paper, is decided on, and has no letter yet; for :func:`results.prepare_letters`."""
    found = Result.objects.filter(
        respondent__round=round_, respondent__by_paper=True, decided_at__isnull=False, notified_at=None, letter=None,
        erased_at=None,
    )  # fmt: skip
    return list(found.select_related("respondent__round").order_by("respondent__section", "pk"))


@dataclass(frozen=True)
class Application:
    """Who applied, how far it is, and how many days the guideline's day is past (negative: still to come)."""

    interview: Interview
    stage: Stage
    late: int | None


def applications(*, round_: Round, by: Handler, now: datetime, on: date) -> list[Application]:
    """Who applied for the interview: for the doctor who holds it and for those who arrange it. Logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.APPLICATION, round_=round_, by=by, now=now, standing=[When.APPLIED])
        found = [_application(one, on) for one in of_round(round_)]
        record(
            purpose="面接指導の申出の確認", items=["name", "affiliation", "interview_request"], persons=len(found),
            subjects=_subjects(one.interview.result for one in found),
        )  # fmt: skip
        return sorted(found, key=lambda one: (one.stage.due is None, one.stage.due or date.max, one.interview.pk))


def _application(interview: Interview, on: date) -> Application:
    now_at = stage(interview)
    return Application(interview, now_at, None if now_at.due is None else (on - now_at.due).days)


def encouraged_on(*, results: Sequence[Result], round_: Round, by: Handler, now: datetime) -> dict[int, str]:
    """Result → the day (ISO) on which its person was last asked to apply. Logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.DECISION, round_=round_, by=by, now=now)
        found = _opened(round_, vault.DECISION, {one.respondent_id: one.sealed_decision for one in results})
        record(purpose="申出を勧めた日の確認", items=["stress_result"], subjects=_subjects(results))
        return {one.pk: str(found.get(one.respondent_id, {}).get("encouraged", "")) for one in results}


def read_record(*, interview: Interview, by: Handler, now: datetime) -> str:
    """What the interviewing doctor wrote down; nobody else but the person may have it. Logged."""
    person = interview.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.INTERVIEW, round_=person.round, by=by, now=now, standing=[When.APPLIED])
        require_duty(round_=person.round, by=by, kinds=(Duty.Kind.INTERVIEWER,), now=now)
        record(purpose="面接指導の記録の閲覧", items=["interview_opinion"], subjects=_subjects([interview.result]))
        found = _opened(person.round, vault.INTERVIEW, {person.pk: interview.sealed_record})
        return str(found.get(person.pk, {}).get("words", ""))


def _opened(round_: Round, what: str, sealed: Mapping[int, Sealed]) -> dict[int, dict[str, Any]]:
    """Those that are there, opened. Inside a logged act."""
    return vault.open_many(round_.fiscal_year, what, {person: bytes(data) for person, data in sealed.items() if data})


def _subjects(results: Iterable[Result]) -> list[bytes]:
    return [bytes.fromhex(result.respondent.reference) for result in results]
