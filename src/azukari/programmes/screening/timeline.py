"""One person's years in order: vouchers, visits, results with their outcome, what was done about further tests.

Read here and put in order here; the reading belongs to the look at the person's file, which logs it with its items.
Words only: a screen reader says what a picture would show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from azukari.parties.models import Organisation
from azukari.people.models import Resident
from azukari.vocabulary.fiscal import fiscal_year

from .follow_up import ACT_NAMES, Act
from .models import AddressHold, ControlTotal, FollowUpEvent, History, Sheet, TestResult, Visit, Voucher, WorkUp
from .outcomes import Outcome, details, history_key, methods, outcome_names

ITEMS = ("checkup_result", "screening_result", "detailed_exam_result")
"""Items of the paper that a timeline shows beside those of the person's file."""
MOST_VISITS, MOST_RESULTS, MOST_CASES, MOST_EVENTS, MOST_TAKEN = 30, 60, 20, 60, 60
STAGES = {Voucher.Channel.PRINTER: "発送", Voucher.Channel.WARD: "直接送付"}
CHIPS = {Outcome.WORK_UP: "red", Outcome.RETAKE: "yellow", Outcome.CARE: "yellow"}
_SENT = {Sheet.State.POSTED, Sheet.State.RETURNED}


@dataclass(frozen=True)
class Past:
    """What happened to a person after the vouchers; newest first. ``posted``: (run, channel) → day."""

    visits: Sequence[Visit]
    results: Sequence[TestResult]
    cases: Sequence[WorkUp]
    events: Sequence[FollowUpEvent]
    posted: Mapping[tuple[int, str], date]
    institutions: Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """``on`` None: only the year is known. ``chip``: a word and its colour."""

    on: date | None
    what: str
    told: str = ""
    chip: tuple[str, str] | None = None


@dataclass(frozen=True)
class Year:
    fiscal_year: int
    events: Sequence[Event]


def past_of(person: Resident, vouchers: Sequence[Voucher]) -> Past:
    """Seven queries, however much there is; the oldest are left out beyond a limit."""
    visits = Visit.objects.filter(voucher__in=vouchers).select_related("organisation").prefetch_related("tests")
    results = list(
        TestResult.objects.filter(person=person).defer("values").order_by("-examined_on", "-pk")[:MOST_RESULTS]
    )
    cases = list(WorkUp.objects.filter(person=person).select_related("result").order_by("-opened_at")[:MOST_CASES])
    totals = ControlTotal.objects.filter(run__in={v.run_id for v in vouchers}, stage__in=STAGES.values())
    channels = {stage: channel for channel, stage in STAGES.items()}
    numbers = {one.institution for one in results}
    return Past(
        visits=list(visits.order_by("-visited_on", "-pk")[:MOST_VISITS]),
        results=results,
        cases=cases,
        events=list(FollowUpEvent.objects.filter(work_up__in=cases).order_by("-at", "-pk")[:MOST_EVENTS]),
        posted={(one.run_id, channels[one.stage]): localdate(one.at) for one in totals.order_by("pk")},
        institutions=dict(
            Organisation.objects.filter(institution_number__in=numbers).values_list("institution_number", "name")
        ),
    )


def timeline(
    past: Past,
    *,
    vouchers: Sequence[Voucher],
    holds: Iterable[AddressHold],
    history: Iterable[History],
    names: Mapping[str, str],
) -> list[Year]:
    """The events by fiscal year, the newest first; within a year those without a day stand last."""
    found = [
        *_of_vouchers(past, vouchers),
        *(
            Event(hold.since, _("郵便物が返戻された"), hold.cause, (_("返戻"), "red"))
            for hold in holds
        ),
        *_of_visits(past, names),
        *_of_results(past, names),
        *_of_cases(past, names),
    ]  # fmt: skip
    by_year: dict[int, list[Event]] = {}
    for event in found:
        if event.on is not None:
            by_year.setdefault(fiscal_year(event.on), []).append(event)
    undated = list(_of_history(past, history, names))[:MOST_TAKEN]
    for year, _event in undated:
        by_year.setdefault(year, [])
    return [
        Year(
            year,
            [
                *sorted(by_year[year], key=lambda event: event.on or date.min, reverse=True),
                *(event for of, event in undated if of == year),
            ],
        )
        for year in sorted(by_year, reverse=True)
    ]


def _of_vouchers(past: Past, vouchers: Sequence[Voucher]) -> Iterator[Event]:
    for voucher in vouchers:
        year = {"year": voucher.run.fiscal_year}
        told = f"{voucher.get_channel_display()}{'：' if voucher.reason else ''}{voucher.reason}"
        yield Event(localdate(voucher.issued_at), _("%(year)s年度の受診券を発行した") % year, told)
        sent = past.posted.get((voucher.run_id, voucher.channel))
        if sent and any(sheet.state in _SENT for sheet in voucher.sheets.all()):
            yield Event(sent, _("%(year)s年度の受診券を発送した") % year, chip=(_("発送"), "green"))


def _of_visits(past: Past, names: Mapping[str, str]) -> Iterator[Event]:
    for visit in past.visits:
        taken = [names.get(one.test, one.test) for one in visit.tests.all()]
        told = f"{visit.organisation.name}：{_('、').join(taken)}"
        chip = (_("取消"), "gray") if visit.cancelled_at else None
        yield Event(visit.visited_on, _("受診した"), told, chip)


def _of_results(past: Past, names: Mapping[str, str]) -> Iterator[Event]:
    words = outcome_names()
    for result in past.results:
        place = past.institutions.get(result.institution, result.institution)
        told = _("判定 %(raw)s（%(place)s）") % {"raw": result.raw, "place": place}
        chip = (words.get(result.outcome, result.outcome), CHIPS.get(Outcome(result.outcome), "green"))
        if result.withdrawn_at is not None:
            chip = (_("取り下げた結果"), "gray")
        elif result.replaced_by_id is not None:
            chip = (_("訂正される前の結果"), "gray")
        name = names.get(result.test, result.test)
        yield Event(result.examined_on, _("%(test)sの結果") % {"test": name}, told, chip)


def _of_cases(past: Past, names: Mapping[str, str]) -> Iterator[Event]:
    cases = {case.pk: case for case in past.cases}
    for event in past.events:
        case = cases[event.work_up_id]
        told = [names.get(case.result.test, case.result.test), *_reported(event)]
        outcome = event.get_outcome_display() if event.outcome else ""
        yield Event(
            localdate(event.at),
            _("精密検査：%(what)s") % {"what": event.get_kind_display()},
            _("、").join(told),
            (outcome, _case_colour(event.outcome)) if outcome else None,
        )
    for case in past.cases:
        if case.closed_at is None and case.next_due is not None and case.next_act:
            act = ACT_NAMES.get(Act(case.next_act), case.next_act)
            name = names.get(case.result.test, case.result.test)
            yield Event(case.next_due, _("精密検査：次の対応の期限"), f"{name}、{act}", (_("追跡中"), "yellow"))


def _reported(event: FollowUpEvent) -> Iterator[str]:
    """What a report says, as far as it says it."""
    if event.examined_on:
        yield _("受診日 %(day)s") % {"day": event.examined_on.isoformat()}
    yield from filter(None, (event.facility, methods().get(event.method, event.method)))
    yield from filter(None, (details().get(event.detail, event.detail), event.note))


def _case_colour(outcome: str) -> str:
    if outcome in (WorkUp.Outcome.CANCER, WorkUp.Outcome.NOT_ATTENDED):
        return "red"
    return "yellow" if outcome in (WorkUp.Outcome.SUSPECTED, WorkUp.Outcome.UNKNOWN) else "green"


def _of_history(past: Past, history: Iterable[History], names: Mapping[str, str]) -> Iterator[tuple[int, Event]]:
    """Tests of earlier years of which only the year is known: those without a result of their own."""
    known = {(history_key(one.test), one.fiscal_year) for one in past.results} | {
        (one.test, one.fiscal_year) for one in past.results
    }
    for one in history:
        if (one.test, one.fiscal_year) not in known:
            yield one.fiscal_year, Event(None, names.get(one.test, one.test), one.outcome)
