"""面接指導 (安衛則52条の15以下): who applied, the interview, the doctor's opinion, what was done, each by its day.

The employer learns of an application because the person makes it to the employer; of the interview only the opinion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.utils.timezone import localdate

from azukari.custody import gate
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Employee
from azukari.vocabulary.refusal import Changed

from .. import vault
from ..models import Duty, Interview, Result, Round
from ..walls import Thing, When
from .state import PROGRAMME, WORKERS, NotYours, require_duty, require_ruled, require_sight

WITHIN = timedelta(days=30)
"""概ね1月以内, for each of application, interview, opinion (manual p. 80)."""
REQUEST, OPINION = ["interview_request"], ["interview_opinion"]


class InterviewMoved(Changed, NotPermitted):
    """The interview is at another point than this act needs."""


@dataclass(frozen=True)
class Stage:
    """Where an interview is: the next act, who does it, and the guideline day."""

    key: str
    words: str
    due: date | None


def stage(interview: Interview) -> Stage:
    if interview.dropped_at is not None:
        return Stage("dropped", "申出の取下げ", None)
    if interview.held_on is None:
        return Stage("hold", "面接指導の実施", interview.hold_by)
    if interview.opinion_at is None:
        return Stage("opinion", "医師の意見", interview.opinion_by)
    if interview.measures_at is None:
        return Stage("measures", "就業上の措置の決定", interview.decide_by)
    return Stage("done", "措置の決定済み", None)


def of_round(round_: Round) -> QuerySet[Interview]:
    found = Interview.objects.filter(result__respondent__round=round_, result__erased_at=None)
    return found.select_related("result__respondent__round").order_by("applied_at", "pk")


# --- the implementers: who was told and did not apply


def not_applied(*, round_: Round, by: Handler, now: datetime) -> list[Result]:
    """Who was told that an interview is needed and has not applied: for the implementer's own word to them alone."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.DECISION, round_=round_, by=by, now=now)
        told = list(
            Result.objects.filter(
                respondent__round=round_, notified_at__isnull=False, interview=None, sealed_decision__isnull=False,
                erased_at=None,
            ).select_related("respondent__round")
        )  # fmt: skip
        opened = vault.open_many(
            round_.fiscal_year, vault.DECISION, {r.respondent_id: bytes(r.sealed_decision or b"") for r in told}
        )
        needed = [result for result in told if opened[result.respondent_id]["interview"]]
        record(
            purpose="面接指導の申出がない人の確認", items=["stress_result"], persons=len(needed),
            subjects=[bytes.fromhex(result.respondent.reference) for result in needed],
        )  # fmt: skip
        return needed


def encourage(*, result: Result, by: Handler, now: datetime) -> None:
    """勧奨: the person is asked once more, on the own page alone. Nobody else is told."""
    person = result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=WORKERS, now=now)
        result.refresh_from_db()
        if result.notified_at is None or result.sealed_decision is None:
            raise InterviewMoved("結果を通知していない人には、申出を勧められません。")
        year = person.round.fiscal_year
        decision = vault.open_one(year, person.pk, vault.DECISION, bytes(result.sealed_decision))
        if not decision["interview"] or Interview.objects.filter(result=result).exists():
            raise InterviewMoved("面接指導の対象でないか、すでに申し出ています。")
        sealed = vault.seal(year, person.pk, vault.DECISION, {**decision, "encouraged": localdate(now).isoformat()})
        Result.objects.filter(pk=result.pk).update(sealed_decision=sealed)
        record(purpose="面接指導の申出の勧奨", items=["stress_result"], subjects=[bytes.fromhex(person.reference)])


# --- the doctor


def read_for_interview(*, interview: Interview, by: Handler, now: datetime) -> tuple[Mapping[str, object], str]:
    """(scores, the implementer's words) of who applied, for the doctor who interviews."""
    person = interview.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        interview.refresh_from_db()
        standing = [] if interview.dropped_at else [When.APPLIED]
        require_sight(thing=Thing.RESULT, round_=person.round, by=by, now=now, standing=standing)
        record(
            purpose="面接指導のための結果の閲覧", items=["name", "stress_result"],
            subjects=[bytes.fromhex(person.reference)],
        )  # fmt: skip
        year, result = person.round.fiscal_year, interview.result
        scores = vault.open_one(year, person.pk, vault.RESULT, result.sealed)
        decision = vault.open_one(year, person.pk, vault.DECISION, bytes(result.sealed_decision or b""))
        return scores, str(decision["note"])


def hold(*, interview: Interview, held_on: date, words: str, by: Handler, now: datetime) -> None:
    """The interview took place. What was said is sealed: it stays with the doctor and the person."""
    person = interview.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=(Duty.Kind.INTERVIEWER,), now=now)
        require_ruled(OPINION, now)
        if not localdate(interview.applied_at) <= held_on <= localdate(now):
            raise NotPermitted("面接指導の日は、申出の日から今日までの日にしてください。")
        sealed = vault.seal(person.round.fiscal_year, person.pk, vault.INTERVIEW, {"words": words.strip()})
        changed = Interview.objects.filter(pk=interview.pk, held_on=None, dropped_at=None)
        if not changed.update(held_on=held_on, doctor=by, sealed_record=sealed, opinion_by=held_on + WITHIN):
            raise InterviewMoved("この面接指導は、すでに記録されています。")
        record(
            purpose="面接指導の実施の記録", items=OPINION, subjects=[bytes.fromhex(person.reference)],
            held_on=held_on.isoformat(),
        )  # fmt: skip


def give_opinion(*, interview: Interview, opinion: str, by: Handler, now: datetime) -> None:
    """The doctor's opinion to the employer: what measures work needs, not what was said."""
    person = interview.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=(Duty.Kind.INTERVIEWER,), now=now)
        require_ruled(OPINION, now)
        if not opinion.strip():
            raise NotPermitted("就業上の措置についての意見を書いてください（必要がないときは「通常勤務」など）。")
        changed = Interview.objects.filter(pk=interview.pk, held_on__isnull=False, opinion_at=None)
        if not changed.update(opinion=opinion.strip()[:400], opinion_at=now, decide_by=localdate(now) + WITHIN):
            raise InterviewMoved("面接指導の前か、意見がすでに記録されています。")
        record(purpose="医師の意見", items=OPINION, subjects=[bytes.fromhex(person.reference)])


def drop(*, interview: Interview, reason: str, by: Handler, now: datetime) -> None:
    """The person took the application back, or left: no interview is held. Not after the interview."""
    person = interview.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.APPLICATION, round_=person.round, by=by, now=now, standing=[When.APPLIED])
        if not reason.strip():
            raise NotPermitted("本人がどう申し出たかを書いてください。")
        changed = Interview.objects.filter(pk=interview.pk, held_on=None, dropped_at=None)
        if not changed.update(dropped_at=now, dropped_why=reason.strip()[:200]):
            raise InterviewMoved("面接指導を行った後か、すでに取り下げられています。")
        record(purpose="面接指導の申出の取下げ", items=REQUEST, subjects=[bytes.fromhex(person.reference)])


# --- the employer


@dataclass(frozen=True)
class Applied:
    """What the employer is told of an application: who, when, how far; the opinion once it is given; never a result."""

    interview: Interview
    number: str
    name: str
    section: str
    stage: Stage


def for_employer(*, round_: Round, by: Handler, now: datetime) -> list[Applied]:
    """The applications of a round, for the ward's officers without authority over personnel. Logged."""
    with acting(by=by, act="stress.interview", now=now, programme=PROGRAMME) as record:
        on = localdate(now)
        _require_employer(by)
        for thing in (Thing.APPLICATION, Thing.OPINION):
            require_sight(thing=thing, round_=round_, by=by, now=now, standing=[When.APPLIED])
        grant = _require_items([*REQUEST, *OPINION], on)
        found = list(of_round(round_))
        references = [one.result.respondent.reference for one in found]
        people = {e.reference: e for e in Employee.objects.filter(reference__in=references)}
        record(
            purpose="面接指導の申出の確認", clause=grant.clause, ruling="、".join(grant.rulings),
            items=[*REQUEST, *OPINION], subjects=[bytes.fromhex(reference) for reference in references],
        )  # fmt: skip
        return [_applied(one, people.get(one.result.respondent.reference)) for one in found]


def _applied(interview: Interview, employee: Employee | None) -> Applied:
    if employee is None:
        return Applied(interview, "", "（名簿にない職員）", "", stage(interview))
    return Applied(interview, employee.number, employee.name, employee.section, stage(interview))


def decide_measures(*, interview: Interview, measures: str, by: Handler, now: datetime) -> None:
    """就業上の措置: the employer decides after the opinion and after hearing the person; no detriment (法66条の10)."""
    person = interview.result.respondent
    with acting(by=by, act="stress.interview", now=now, programme=PROGRAMME) as record:
        on = localdate(now)
        _require_employer(by)
        require_sight(thing=Thing.OPINION, round_=person.round, by=by, now=now, standing=[When.APPLIED])
        grant = _require_items(OPINION, on)
        if not measures.strip():
            raise NotPermitted("決めた措置を書いてください（措置が要らないときは、その旨）。")
        changed = Interview.objects.filter(pk=interview.pk, opinion_at__isnull=False, measures_at=None)
        if not changed.update(measures=measures.strip()[:400], measures_at=now, measures_by=by):
            raise InterviewMoved("医師の意見の前か、措置がすでに記録されています。")
        record(
            purpose="就業上の措置の決定", clause=grant.clause, ruling="、".join(grant.rulings), items=OPINION,
            subjects=[bytes.fromhex(person.reference)],
        )  # fmt: skip


def _require_employer(by: Handler) -> None:
    if by.organisation.type != Organisation.Type.WARD:
        raise NotYours("これは事業者（区）の担当者の操作です。")


def _require_items(items: list[str], on: date) -> gate.Grant:
    return gate.require_items(programme=PROGRAMME, party="ward", items=items, direction=Direction.VIEW, on=on)
