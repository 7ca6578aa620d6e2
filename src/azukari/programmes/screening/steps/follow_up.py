"""精密検査: a case for whoever needs further tests: letters, calls, reports; closed only by somebody, with words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db.models import QuerySet
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.models import Resident
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.refusal import Changed

from ..follow_up import Act, Report, may_close, next_act, read_report
from ..frames import residents_frame
from ..models import FollowUpEvent, FollowUpLetter, ResultBatch, Stop, TestResult, WorkUp
from ..rules import screening_parameters
from .assess import stop_reason
from .state import PROGRAMME

Kind = FollowUpEvent.Kind
ITEMS = ("detailed_exam_result", "screening_result")


class CaseClosed(Changed, NotPermitted):
    """The case was closed meanwhile."""


def open_cases(batch: ResultBatch, now: datetime) -> int:
    """A case for every accepted result of the batch that needs further tests and has none; returns how many."""
    without = TestResult.objects.filter(row__batch=batch, needs_work_up=True, work_up=None, withdrawn_at=None)
    rows = list(without.values_list("pk", "person_id"))
    act, due = _next(localdate(now), [], WorkUp.Outcome.UNKNOWN)
    WorkUp.objects.bulk_create(
        [
            WorkUp(result_id=result, person_id=person, opened_at=now, next_act=act, next_due=due)
            for result, person in rows
        ],
        batch_size=500,
    )
    return len(rows)


def _next(accepted_on: date, done: Sequence[str], outcome: str) -> tuple[str, date | None]:
    due = next_act(accepted_on=accepted_on, done=done, outcome=outcome, p=screening_parameters().at(accepted_on))
    return (due[0].value, due[1]) if due else ("", None)


def due_cases(*, act: Act, on: date) -> QuerySet[WorkUp]:
    """Open cases whose next act this is, due by that day."""
    return WorkUp.objects.filter(closed_at=None, next_act=act, next_due__lte=on).order_by("next_due", "pk")


@dataclass(frozen=True)
class LettersDue:
    """``going``: (case, reference of the person) of who can be written to; ``withheld``: reason → how many cannot."""

    going: Sequence[tuple[int, str]]
    withheld: Mapping[str, int]


def letters_due(*, act: Act, on: date) -> LettersDue:
    """Whom a batch made on that day would go to: due, in no batch that waits for its release. Counted, not shown."""
    cases = due_cases(act=act, on=on).exclude(letters__released_at=None, letters__isnull=False)
    people = list(cases.values_list("pk", "person_id", "person__reference"))
    stopped = _cannot_be_written_to([person for _, person, _ in people], on)
    going = [(case, reference) for case, person, reference in people if person not in stopped]
    return LettersDue(going, Counter(stopped[person] for _, person, _ in people if person in stopped))


def prepare_letters(*, act: Act, by: Handler, now: datetime) -> FollowUpLetter:
    """The letters that are due; to whom none may go now (dead, moved, mail returned, no address) is counted, stays due.

    Another officer releases them with :func:`release_letters`.
    """
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        if act not in (Act.LETTER, Act.REMINDER):
            raise NotPermitted("文書で行うのは、案内と再勧奨だけです。")
        due = letters_due(act=act, on=localdate(now))
        if not due.going:
            raise NotPermitted("送る人がいません。期限の来た案件と、送れない理由（一覧）を確かめてください。")
        batch = FollowUpLetter.objects.create(
            kind=act.value, letters=len(due.going), withheld=dict(due.withheld), prepared_by=by, prepared_at=now
        )
        batch.cases.set([case for case, _ in due.going])
        record(
            purpose="精密検査の案内の作成", items=["name", "address", "screening_result"],
            subjects=[bytes.fromhex(reference) for _, reference in due.going], letters=len(due.going), batch=batch.pk,
        )  # fmt: skip
        return batch


def _cannot_be_written_to(people: Sequence[int], on: date) -> dict[int, str]:
    """Person → why no letter may go, as for vouchers: worked out on the day, so that nobody who died is written to.

    Who wants no vouchers is still told that further tests are needed; protected people's letters do not leave the ward.
    """
    frame = residents_frame(as_of=on, fiscal_year=fiscal_year(on), persons=people).with_columns(opted_out=pl.lit(False))
    stopped = frame.select("person", stop=stop_reason()).drop_nulls()
    stopped = stopped.filter(pl.col("stop") != Stop.Reason.PROTECTED.value)
    return {person: str(Stop.Reason(stop).label) for person, stop in stopped.iter_rows()}


def release_letters(*, batch: FollowUpLetter, pieces: int, by: Handler, now: datetime) -> None:
    """Another officer counts the letters and lets them go; each case knows that it was written to."""
    with acting(by=by, act="follow_up.release", now=now, programme=PROGRAMME) as record:
        if batch.prepared_by_id == by.pk:
            raise NotPermitted("作成した人とは別の人が、通数を確かめて発送してください。")
        if pieces != batch.letters:
            raise NotPermitted(f"通数が合いません（作成 {batch.letters}・数えた数 {pieces}）。数え直してください。")
        if not FollowUpLetter.objects.filter(pk=batch.pk, released_by=None).update(released_by=by, released_at=now):
            raise CaseClosed("この案内は、ほかの人がすでに発送しました。")
        cases = list(batch.cases.filter(closed_at=None).select_related("result"))
        for case in cases:
            _happened(case, kind=Kind(batch.kind), by=by, now=now)
        record(purpose="精密検査の案内の発送", letters=pieces, batch=batch.pk, cases=len(cases))


def record_call(*, work_up: WorkUp, note: str, by: Handler, now: datetime) -> FollowUpEvent:
    """A telephone call (連絡) with what was heard."""
    return _noted(work_up, Kind.PHONE, note, by, now)


def record_enquiry(*, work_up: WorkUp, facility: str, by: Handler, now: datetime) -> FollowUpEvent:
    """The hospital was asked for the outcome."""
    return _noted(work_up, Kind.ENQUIRY, facility, by, now)


def _noted(work_up: WorkUp, kind: Kind, note: str, by: Handler, now: datetime) -> FollowUpEvent:
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        _open(work_up)
        if not note.strip():
            raise NotPermitted("だれに何を確かめたかを書いてください。")
        event = _happened(work_up, kind=kind, by=by, now=now, note=note.strip()[:400])
        record(purpose=kind.label, items=ITEMS, subjects=_subject(work_up), case=work_up.pk)
        return event


def record_report(
    *, work_up: WorkUp, report: Report, detail: str = "", note: str = "", by: Handler, now: datetime
) -> FollowUpEvent:
    """What the facility, or the person, reported. It counts as known only under the definitions; it is kept anyway."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        _open(work_up)
        if report.examined_on and report.examined_on > localdate(now):
            raise NotPermitted("精密検査の受診日が今日より後です。受診日を確かめてください。")
        if report.examined_on and report.examined_on < work_up.result.examined_on:
            raise NotPermitted("精密検査の受診日が検診の受診日より前です。受診日を確かめてください。")
        reading = read_report(report, test=work_up.result.test, raw=work_up.result.raw)
        event = _happened(
            work_up,
            kind=Kind.FACILITY_REPORT if report.by_facility else Kind.SELF_REPORT,
            by=by,
            now=now,
            examined_on=report.examined_on,
            facility=report.facility,
            method=report.method,
            outcome=reading.outcome if reading.counted else report.outcome,
            detail=detail,
            counted=reading.counted,
            note=(note or reading.why)[:400],
        )
        record(
            purpose=event.get_kind_display(),
            items=ITEMS,
            subjects=_subject(work_up),
            case=work_up.pk,
            counted=reading.counted,
        )
        return event


def record_not_attended(*, work_up: WorkUp, note: str, by: Handler, now: datetime) -> FollowUpEvent:
    """It is known that the person did not go (and does not want to): not the same as not knowing."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        _open(work_up)
        if not note.strip():
            raise NotPermitted("受診していないことを、だれにどう確かめたかを書いてください。")
        event = _happened(
            work_up, kind=Kind.NOT_ATTENDED, by=by, now=now, outcome="not_attended", counted=True, note=note[:400]
        )
        record(purpose="未受診の確認", items=ITEMS, subjects=_subject(work_up), case=work_up.pk)
        return event


def why_not_closed(*, work_up: WorkUp, on: date) -> str:
    """Why a case may not be closed on that day, in Japanese; empty when it may."""
    if _gone(work_up.person, on) or work_up.result.withdrawn_at:
        return ""
    accepted_on = localdate(work_up.opened_at)
    return may_close(
        outcome=work_up.outcome, done=_done(work_up), today=on, accepted_on=accepted_on,
        p=screening_parameters().at(accepted_on),
    )  # fmt: skip


def close(*, work_up: WorkUp, reason: str, by: Handler, now: datetime) -> None:
    """End a case. What its outcome is then is what was known; a case that is not known yet has to have been tried."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        _open(work_up)
        if not reason.strip():
            raise NotPermitted("終了の理由を書いてください。")
        hinders = why_not_closed(work_up=work_up, on=localdate(now))
        if hinders:
            raise NotPermitted(hinders)
        changed = WorkUp.objects.filter(pk=work_up.pk, closed_at=None).update(
            closed_at=now, closed_by=by, closed_why=reason.strip()[:200], next_act="", next_due=None
        )
        if not changed:
            raise CaseClosed("この案件は、ほかの人がすでに終了しました。")
        FollowUpEvent.objects.create(work_up=work_up, kind=Kind.CLOSED, at=now, by=by, note=reason.strip()[:400])
        work_up.refresh_from_db()
        record(
            purpose="精密検査の追跡の終了",
            items=ITEMS,
            subjects=_subject(work_up),
            case=work_up.pk,
            outcome=work_up.outcome,
        )


def reopen(*, work_up: WorkUp, reason: str, by: Handler, now: datetime) -> None:
    """A report that comes after the end: the case is open again, and what is due is worked out anew."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        work_up.refresh_from_db()
        if work_up.closed_at is None:
            raise CaseClosed("この案件は終了していません。")
        if not reason.strip():
            raise NotPermitted("再開の理由を書いてください。")
        WorkUp.objects.filter(pk=work_up.pk).update(closed_at=None, closed_by=None, closed_why="")
        work_up.refresh_from_db()
        _happened(work_up, kind=Kind.REOPENED, by=by, now=now, note=reason.strip()[:400])
        record(purpose="精密検査の追跡の再開", items=ITEMS, subjects=_subject(work_up), case=work_up.pk)


def result_replaced(*, old: TestResult, new: TestResult, by: Handler, now: datetime) -> None:
    """Inside the act that replaced a result: its open case goes on under the new one, or waits for somebody's word."""
    case = WorkUp.objects.filter(result=old, closed_at=None).first()
    if case is None:
        return
    if new.needs_work_up:
        WorkUp.objects.filter(result=new).delete()
        WorkUp.objects.filter(pk=case.pk).update(result=new)
        return
    _happened(case, kind=Kind.NOTE, by=by, now=now, note="検診の結果が差し替えられ、精密検査は不要になった。")


def _gone(person: Resident, on: date) -> bool:
    """Whoever died or moved away can't be followed further: the case may end, with these words."""
    return bool((person.died_on and person.died_on <= on) or (person.moved_out_on and person.moved_out_on <= on))


def _open(work_up: WorkUp) -> None:
    WorkUp.objects.select_for_update().get(pk=work_up.pk)
    work_up.refresh_from_db()
    if work_up.closed_at is not None:
        raise CaseClosed("この案件は終了しています。続けるときは、理由を書いて再開してください。")


def _subject(work_up: WorkUp) -> list[bytes]:
    return [bytes.fromhex(work_up.person.reference)]


def _done(work_up: WorkUp) -> list[str]:
    return list(work_up.events.values_list("kind", flat=True))


def _happened(work_up: WorkUp, *, kind: Kind, by: Handler, now: datetime, **facts: object) -> FollowUpEvent:
    """Write the event and what follows of it: the outcome of the last report that counts, and what is due next."""
    event = FollowUpEvent.objects.create(work_up=work_up, kind=kind, at=now, by=by, **facts)
    last = work_up.events.filter(counted=True).order_by("-pk").first()
    outcome = last.outcome if last else WorkUp.Outcome.UNKNOWN
    act, due = _next(localdate(work_up.opened_at), _done(work_up), outcome)
    if work_up.result.withdrawn_at:  # nobody is written to about a result that no longer stands
        act, due = Act.DECIDE.value, localdate(now)
    WorkUp.objects.filter(pk=work_up.pk).update(
        outcome=outcome, detail=last.detail if last else "", next_act=act, next_due=due
    )
    work_up.refresh_from_db()
    return event
