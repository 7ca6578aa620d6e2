"""精密検査の追跡: what counts as known, what is due next, and when. Pure; definitions of domain/screening.md §5.

* attended: a report from the facility, or the person's own with all four of day, facility, method and result;
* not attended: known not to have gone, or examined only by a method that is not accepted;
* unknown: everything else. The last two are never mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from azukari.engine.parameters import InForce

from .outcomes import method_is_accepted

ATTENDED = ("no_finding", "cancer", "suspected", "other_disease")


class Act(StrEnum):
    """What is done about an open case, in this order; DECIDE: an officer closes it, with words."""

    LETTER = "letter"
    REMINDER = "reminder"
    PHONE = "phone"
    DECIDE = "decide"


ACT_NAMES = {
    Act.LETTER: "精密検査の案内を送る",
    Act.REMINDER: "再勧奨を送る",
    Act.PHONE: "電話で確かめる",
    Act.DECIDE: "終了するかを決める",
}
DONE_BY = {"letter": Act.LETTER, "reminder": Act.REMINDER, "phone": Act.PHONE}


@dataclass(frozen=True)
class Report:
    """What somebody said about a work-up. ``by_facility``: the facility itself; else the person."""

    by_facility: bool
    examined_on: date | None
    facility: str
    method: str
    outcome: str


@dataclass(frozen=True)
class Reading:
    """``outcome`` as counted; ``counted``: whether it counts as known; ``why``: in words, where it does not."""

    outcome: str
    counted: bool
    why: str = ""


def read_report(report: Report, *, test: str, raw: str) -> Reading:
    """What a report makes of a case: attended with an outcome, not attended, or still unknown (and why)."""
    if report.method and not method_is_accepted(test, report.method, raw):
        return Reading("not_attended", True, "精密検査として認められない方法だけのため、未受診とします。")
    if report.by_facility:
        if not report.outcome:
            return Reading("unknown", False, "医療機関の報告に結果がありません。結果を照会してください。")
        return Reading(report.outcome, True)
    lacking = [
        label
        for value, label in (
            (report.examined_on, "受診日"),
            (report.facility, "医療機関"),
            (report.method, "方法"),
            (report.outcome, "結果"),
        )
        if not value
    ]
    if lacking:
        return Reading(
            "unknown",
            False,
            f"本人の報告に{'・'.join(lacking)}がないため、未把握のままです。聞き取るか照会してください。",
        )
    return Reading(report.outcome, True)


def next_act(*, accepted_on: date, done: Sequence[str], outcome: str, p: InForce) -> tuple[Act, date] | None:
    """What is due next for an open case, and by which day; None once its outcome is known (it can be closed).

    A case that is still going on (がんの疑い又は未確定) is looked at again at the end.
    """
    last = accepted_on + timedelta(days=p.number("follow_up.close_after_days"))
    if outcome in ("no_finding", "cancer", "other_disease"):
        return None
    if outcome in ("suspected", "not_attended"):
        return Act.DECIDE, last
    days = {
        Act.LETTER: p.number("follow_up.letter_after_days"),
        Act.REMINDER: p.number("follow_up.reminder_after_days"),
        Act.PHONE: p.number("follow_up.phone_after_days"),
    }
    acts = {DONE_BY[kind] for kind in done if kind in DONE_BY}
    for act, after in days.items():
        if act not in acts:
            return act, accepted_on + timedelta(days=after)
    return Act.DECIDE, last


def may_close(*, outcome: str, done: Sequence[str], today: date, accepted_on: date, p: InForce) -> str:
    """Why a case may not be closed yet, in Japanese; empty when it may."""
    if outcome in ATTENDED and outcome != "suspected":
        return ""
    last = accepted_on + timedelta(days=p.number("follow_up.close_after_days"))
    if today < last and outcome in ("suspected", "unknown"):
        return f"結果が確定していないため、{last} より前には終了できません。勧奨と照会を続けてください。"
    tried = {kind for kind in done if kind in DONE_BY}
    if outcome == "unknown" and not {"letter", "phone"} <= tried:
        return "案内の送付と電話の両方を行ってから終了してください（未把握のまま終了するとき）。"
    return ""
