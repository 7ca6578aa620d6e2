"""A contractor's rounds: prepared from a held staff list, staffed with duties, opened and closed; who sees how much."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody.models import Handover
from azukari.parties.models import Handler, Organisation
from azukari.programmes.stress_check import work  # noqa: F401 - its jobs are known from then on
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Duty, Respondent, Round
from azukari.programmes.stress_check.steps import rounds
from azukari.programmes.stress_check.steps.paper import Account
from azukari.programmes.stress_check.steps.people import Standing
from azukari.programmes.stress_check.steps.progress import Progress
from azukari.programmes.stress_check.views import next_steps
from azukari.witness.models import Entry

from .stress_press import text
from .stress_stage import STAFF, YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "① ② 対象者情報の受渡し"
PREPARED = {
    "opens_on": f"{YEAR}-06-02", "closes_on": f"{YEAR}-06-30", "contact": "窓口 03-0000-0001", "instrument": "bjsq57",
    "method": "conversion",
}  # fmt: skip


def now() -> Round:
    return Round.objects.get(fiscal_year=YEAR)


@pytest.fixture
def clerk(check: StressCheck, check_desk: CheckDesk) -> CheckDesk:
    """The later clerk, who prepares; nobody has a duty yet."""
    return check_desk.sit("K001", check.at(5, 12))


@pytest.fixture
def staff_list(check: StressCheck) -> Handover:
    return Handover.objects.get(programme="stress_check", step="②")


@pytest.fixture
def prepared(clerk: CheckDesk, staff_list: Handover) -> Round:
    assert clerk.send("stress_prepare", staff_list.number, fields=PREPARED).status_code == 303
    return now()


def appoint(sitting: CheckDesk, key: str, kind: str, qualification: str = "none", **more: str) -> Any:
    typed = {
        "handler": str(Handler.objects.get(key=key).pk), "kind": kind, "qualification": qualification,
        "no_personnel_authority": "on", **more,
    }  # fmt: skip
    return sitting.send("stress_appoint", YEAR, fields={key: value for key, value in typed.items() if value})


@pytest.fixture
def appointed(clerk: CheckDesk, prepared: Round) -> Round:
    responsible = clerk.sit("K901")
    for key, kind, qualification in (
        ("K101", "representative", "doctor"), ("K001", "clerk", "none"), ("K002", "clerk", "none"),
        ("K103", "interviewer", "doctor"),
    ):  # fmt: skip
        assert appoint(responsible, key, kind, qualification).status_code == 303
    return prepared


@pytest.fixture
def taken(clerk: CheckDesk, appointed: Round) -> Round:
    clerk.send("stress_take_in", YEAR)
    assert clerk.job().state == "done", clerk.job().message
    return appointed


# --- preparing


def test_a_held_staff_list_can_be_prepared_and_then_is_a_round(clerk: CheckDesk, staff_list: Handover) -> None:
    page = text(clerk.open("stress_rounds"))
    assert f"{YEAR}年度の実施を準備する（受渡し {staff_list.number}）" in page
    assert "まだ実施はありません" in page
    answer = clerk.send("stress_prepare", staff_list.number, fields=PREPARED)
    assert (answer.status_code, now().state) == (303, "preparing")
    page = text(clerk.open("stress_rounds"))
    assert "準備する（" not in page
    assert f"{YEAR}年度" in page
    assert clerk.open("stress_prepare", staff_list.number).status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"opens_on": f"{YEAR}-05-11"}, "受付の開始日と締切日を確かめてください"),
        ({"closes_on": f"{YEAR}-06-01"}, "受付の開始日と締切日を確かめてください"),
        ({"contact": ""}, "相談窓口"),
        ({"instrument": "bjsq23"}, "素点換算表を使えません"),
        ({"instrument": "bjsq99"}, "調査票"),
    ],
    ids=["yesterday", "closes first", "nobody to ask", "short form", "unknown form"],
)
def test_what_is_wrong_with_the_plan_comes_back_on_the_page(
    clerk: CheckDesk, staff_list: Handover, change: dict[str, str], told: str
) -> None:
    answer = clerk.send("stress_prepare", staff_list.number, fields=PREPARED | change)
    assert answer.status_code == 422
    assert told in text(answer)
    assert not Round.objects.exists()


# --- duties


def test_the_responsible_handler_appoints_and_ends_a_duty(clerk: CheckDesk, prepared: Round) -> None:
    responsible = clerk.sit("K901")
    assert appoint(responsible, "K101", "representative", "doctor").status_code == 303
    page = text(responsible.open("stress_round", YEAR))
    assert "K101 の指名を解く" in page
    assert "医師" in page
    duty = Duty.objects.get(handler__key="K101")
    assert responsible.send("stress_end_duty", YEAR, duty.pk).status_code == 303
    assert responsible.send("stress_end_duty", YEAR, duty.pk).status_code == 409
    assert not Duty.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize(
    ("key", "kind", "qualification", "more", "told"),
    [
        ("K101", "implementer", "none", {}, "資格"),
        ("K103", "interviewer", "nurse", {}, "医師だけ"),
        ("K001", "clerk", "none", {"no_personnel_authority": ""}, "権限を持たないこと"),
        ("W001", "clerk", "none", {}, "選択"),
    ],
    ids=["without a qualification", "no doctor", "authority not asked", "of the ward"],
)
def test_nobody_is_appointed_against_the_law(
    clerk: CheckDesk, prepared: Round, key: str, kind: str, qualification: str, more: dict[str, str], told: str
) -> None:
    answer = appoint(clerk.sit("K901"), key, kind, qualification, **more)
    assert answer.status_code == 422
    assert told in text(answer)
    assert not Duty.objects.exists()


def test_only_the_responsible_handler_may_open_the_page_of_appointments(clerk: CheckDesk, prepared: Round) -> None:
    assert clerk.open("stress_appoint", YEAR).status_code == 403
    assert clerk.open("stress_end_duty", YEAR, 1).status_code == 403
    assert "stress/2025/duties/appoint/" not in text(clerk.open("stress_round", YEAR))


# --- taken in, opened, closed


def test_the_staff_is_taken_in_by_a_job(clerk: CheckDesk, taken: Round) -> None:
    asked = Respondent.objects.filter(round=taken).count()
    assert 0 < asked <= STAFF
    assert f"{asked}人を取り込みました" in clerk.job().message
    page = text(clerk.open("stress_round", YEAR))
    assert f"案内のない{asked}人に招待コードを出す" in page


def test_the_list_of_next_steps_says_whose_turn_it_is_and_links_only_ones_own(clerk: CheckDesk, taken: Round) -> None:
    mine = text(clerk.open("stress_round", YEAR))
    assert "回答の受付を始める（準備した人とは別の、実施者・実施事務従事者）" in mine
    assert f"/stress/{YEAR}/open/" not in mine
    assert f"/stress/{YEAR}/open/" in text(clerk.sit("K002").open("stress_round", YEAR))


def test_another_than_who_prepared_opens_the_round(clerk: CheckDesk, taken: Round) -> None:
    own = clerk.send("stress_open", YEAR)
    assert own.status_code == 422
    assert "準備した人とは別の人" in text(own)
    assert clerk.sit("K002").send("stress_open", YEAR).status_code == 303
    assert now().state == "open"


def test_a_page_that_was_drawn_before_somebody_else_opened_does_nothing_twice(
    clerk: CheckDesk, check: StressCheck, taken: Round
) -> None:
    second = clerk.sit("K002")
    second.send("stress_open", YEAR)
    again = second.send("stress_open", YEAR, first=False)
    assert again.status_code == 409


def test_an_implementer_closes_on_the_last_day_and_a_clerk_never(
    clerk: CheckDesk, check: StressCheck, taken: Round
) -> None:
    rounds.open_round(round_=taken, by=check.who("K002"), now=check.at(6, 2, 9))
    doctor = clerk.sit("K101", check.at(6, 29))
    early = doctor.send("stress_close", YEAR)
    assert early.status_code == 422
    assert "締切日" in text(early)
    refused = clerk.sit("K002", check.at(6, 30, 18)).open("stress_close", YEAR)
    assert refused.status_code == 403
    assert "実施代表者・共同実施者" in text(refused)
    assert doctor.sit("K101", check.at(6, 30, 18)).send("stress_close", YEAR).status_code == 303
    assert now().state == "closed"


# --- what comes next


def told(state: str, on: str = f"{YEAR}-06-10", **changes: int) -> list[tuple[str, str]]:
    """(page, whose) of a round of 100 people, most of whom have answered on the web."""

    def filled(kind: Any, **more: Any) -> Any:
        given = {field.name: changes.get(field.name, 0) for field in fields(kind)}
        return kind(**{**given, **more})

    round_ = Round(fiscal_year=YEAR, state=state, closes_on=date(YEAR, 6, 30))
    situation = next_steps.Situation(
        round_, filled(Standing, asked=100, on_paper=5), filled(Account), filled(Progress, sections=()),
        frozenset({"representative", "clerk"}), date.fromisoformat(on),
    )  # fmt: skip
    return [(step.page, step.whose) for step in next_steps.next_steps(situation)]


@pytest.mark.parametrize(
    ("state", "changes", "expected"),
    [
        ("preparing", {"uninvited": 3}, ["stress_issue", "stress_open"]),
        ("open", {"without_form": 2, "waiting": 1, "to_remind": 4},
         ["stress_issue_forms", "stress_paper", "stress_reminders"]),
        ("closed", {"waiting": 1, "web": 90, "scored": 89, "notified": 89}, ["stress_paper", "stress_results"]),
        ("closed", {"web": 90, "scored": 90, "notified": 89}, ["stress_results"]),
        ("closed", {"web": 90, "scored": 90, "notified": 90}, ["stress_groups", "stress_delivery"]),
        ("reported", {}, []),
        ("finished", {}, []),
    ],
)  # fmt: skip
def test_what_comes_next_follows_from_the_counts(state: str, changes: dict[str, Any], expected: list[str]) -> None:
    assert [page for page, _whose in told(state, **changes)] == expected


@pytest.mark.parametrize(("on", "there"), [("2025-06-29", False), ("2025-06-30", True), ("2025-07-01", True)])
def test_closing_comes_next_from_the_last_day_on(on: str, there: bool) -> None:
    assert (("stress_close", "implementer") in told("open", on)) == there


# --- who sees how much


PAGES_OF_PERSONS = (
    "stress_staff", "stress_find_person", "stress_invitations", "stress_issue", "stress_reminders", "stress_paper",
    "stress_choose_paper", "stress_issue_forms", "stress_forms", "stress_count_in", "stress_take_in", "stress_open",
    "stress_close",
)  # fmt: skip


@pytest.mark.parametrize("key", ["K901", "K003", "K103"], ids=["responsible", "no duty", "interviewer"])
def test_who_has_no_duty_sees_counts_and_duties_and_nobodys_page(clerk: CheckDesk, taken: Round, key: str) -> None:
    sitting = clerk.sit(key)
    page = text(sitting.open("stress_round", YEAR))
    assert "進み具合" in page
    assert "実施代表者" in page
    person = Respondent.objects.filter(round=taken)[0]
    assert person.name not in page
    for name in PAGES_OF_PERSONS:
        answer = sitting.open(name, YEAR)
        assert answer.status_code == 403, name
        assert "だけができます" in text(answer)
    for name in ("stress_person", "stress_new_code", "stress_left", "stress_reopen"):
        assert sitting.open(name, YEAR, person.pk).status_code == 403, name
    assert sitting.client.post(f"/stress/{YEAR}/reminders/list/").status_code == 403


def test_a_refused_look_stands_in_the_access_log(clerk: CheckDesk, taken: Round) -> None:
    sitting = clerk.sit("K003")
    before = Entry.objects.filter(act="refused").count()
    sitting.open("stress_staff", YEAR)
    last = Entry.objects.order_by("-seq")[0]
    assert (Entry.objects.filter(act="refused").count(), last.actor) == (before + 1, "K003")


def test_another_company_is_answered_as_if_there_were_no_round(
    clerk: CheckDesk, check: StressCheck, taken: Round, staff_list: Handover
) -> None:
    other = Organisation.objects.create(key="other-clinic", name="架空よその診療所", type="company")
    for key, role in (("X001", "handler"), ("X901", "responsible")):
        Handler.objects.create(
            key=key, name="架空の人", organisation=other, role=role, reported_on=check.at(4, 1).date()
        )
    sitting = clerk.sit("X001")
    assert "まだ実施はありません" in text(sitting.open("stress_rounds"))
    assert sitting.open("stress_prepare", staff_list.number).status_code == 404
    for name in (*PAGES_OF_PERSONS, "stress_round"):
        assert sitting.open(name, YEAR).status_code == 404, name
    assert clerk.sit("X901").open("stress_appoint", YEAR).status_code == 404


def test_a_year_without_a_round_is_not_found(clerk: CheckDesk) -> None:
    assert clerk.open("stress_round", 1999).status_code == 404


def test_the_round_page_asks_the_database_as_often_for_many_people_as_for_few(
    clerk: CheckDesk, check: StressCheck, taken: Round
) -> None:
    clerk.open("stress_round", YEAR)
    with CaptureQueriesContext(connection) as few:
        clerk.open("stress_round", YEAR)
    people = list(Respondent.objects.filter(round=taken))
    Respondent.objects.bulk_create(
        Respondent(
            round=taken, reference=f"{n:032x}", employee_number=f"X{n:06d}", name="見本 多数", section=people[0].section
        )
        for n in range(1, 10 * len(people))
    )
    with CaptureQueriesContext(connection) as many:
        page = clerk.open("stress_round", YEAR)
    assert len(many) == len(few) <= 32
    assert len(page.content) < 100_000
