"""The follow-up as officers look at it: what is due, counted; and one case with its person, which is logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils.timezone import localdate

from azukari.parties.acting import acting
from azukari.parties.models import Handler, Organisation

from ..follow_up import Act, Report, read_report
from ..models import FollowUpEvent, WorkUp
from ..outcomes import details, methods, outcome_names
from .follow_up import ITEMS, why_not_closed
from .result_rows import test_name
from .state import PROGRAMME

REPORTS = (FollowUpEvent.Kind.FACILITY_REPORT, FollowUpEvent.Kind.SELF_REPORT)
READY = ""
"""In place of an act: the outcome is known, the case can be closed."""


@dataclass(frozen=True)
class DueCount:
    """Open cases whose next act this is: ``due`` by the day, of these ``overdue`` before it; ``cases`` in all."""

    act: str
    cases: int
    due: int
    overdue: int


def due_counts(*, on: date) -> list[DueCount]:
    """One count per act, in the order in which they are done, and last the cases that can be closed. One query."""
    counted = (
        WorkUp.objects.filter(closed_at=None)
        .values("next_act")
        .annotate(
            n=Count("pk"), due=Count("pk", filter=Q(next_due__lte=on)), late=Count("pk", filter=Q(next_due__lt=on))
        )
        .order_by()
    )
    found = {row["next_act"]: DueCount(row["next_act"], row["n"], row["due"], row["late"]) for row in counted}
    return [found.get(key, DueCount(key, 0, 0, 0)) for key in (*(act.value for act in Act), READY)]


@dataclass(frozen=True)
class EventRead:
    event: FollowUpEvent
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class CaseRead:
    """A case for an officer's eyes. ``known``: what counts and why, or why nothing does. ``hinders``: not yet closable.

    ``person`` and ``result``: (label, value). ``events``: with the words of their codes.
    """

    person: Sequence[tuple[str, str]]
    result: Sequence[tuple[str, str]]
    events: Sequence[EventRead]
    known: str
    hinders: str


def read_case(*, work_up: WorkUp, by: Handler, now: datetime) -> CaseRead:
    """The person, the result and all that happened; looking is logged. ``work_up`` with its person and result."""
    with acting(by=by, act="result.read", now=now, programme=PROGRAMME) as record:
        person, result = work_up.person, work_up.result
        record(
            purpose="精密検査の追跡の確認", items=[*ITEMS, "name", "name_kana", "birth_date", "sex", "phone"],
            subjects=[bytes.fromhex(person.reference)], case=work_up.pk,
        )  # fmt: skip
        events = list(work_up.events.select_related("by").order_by("pk"))
        place = Organisation.objects.filter(institution_number=result.institution).first()
        gone = ((person.moved_out_on, "転出"), (person.died_on, "死亡"))
        told = [
            ("氏名", person.registered_name),
            ("氏名カナ", person.kana),
            ("生年月日", person.birth),
            ("性別", person.get_sex_display()),
            ("電話番号", person.phone or "登録なし"),
            *((word, day.isoformat()) for day, word in gone if day),
        ]
        of_result = [
            ("年度", f"{result.fiscal_year}年度"),
            ("検診", test_name(result.test, result.fiscal_year)),
            ("受診日", result.examined_on.isoformat()),
            ("受けた医療機関", place.name if place else result.institution),
            ("判定", f"{result.raw}（{outcome_names()[result.outcome]}）"),
        ]
        if result.withdrawn_at is not None:
            of_result.append(("検診の結果", f"差し替え又は取下げ済み（{result.withdrawn_why}）"))
        return CaseRead(
            told, of_result, [EventRead(event, _facts(event)) for event in events], _known(work_up, events),
            why_not_closed(work_up=work_up, on=localdate(now)),
        )  # fmt: skip


def _facts(event: FollowUpEvent) -> list[tuple[str, str]]:
    told = [
        ("受診日", event.examined_on.isoformat() if event.examined_on else ""),
        ("医療機関", event.facility),
        ("方法", methods().get(event.method, event.method)),
        ("結果", event.get_outcome_display()),
        ("内訳", details().get(event.detail, event.detail)),
        ("記録", event.note),
    ]
    return [(label, text) for label, text in told if text]


def _known(work_up: WorkUp, events: Sequence[FollowUpEvent]) -> str:
    """What counts as known, by the last report that counts; else why nothing does."""
    counted = [event for event in events if event.counted]
    if counted:
        last = counted[-1]
        absent = "" if last.outcome != "not_attended" or not last.method else _why(work_up, last)
        told = f"{last.get_kind_display()}（{localdate(last.at)}）により「{last.get_outcome_display()}」と数えます。"
        return told + absent
    reported = [event for event in events if event.kind in REPORTS]
    if reported:
        return _why(work_up, reported[-1])
    return "医療機関からも本人からも報告がないため、未把握です。未受診（受けていないと確かめた）とは別に数えます。"


def _why(work_up: WorkUp, event: FollowUpEvent) -> str:
    report = Report(
        by_facility=event.kind == FollowUpEvent.Kind.FACILITY_REPORT, examined_on=event.examined_on,
        facility=event.facility, method=event.method, outcome=event.outcome,
    )  # fmt: skip
    return read_report(report, test=work_up.result.test, raw=work_up.result.raw).why
