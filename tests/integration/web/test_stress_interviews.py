"""Applications, the doctor's page and the guideline's days, in a browser without JavaScript."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Interview, Result
from azukari.programmes.stress_check.views.interviews import late_word
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "結果の閲覧・同意・申出"
MOST_BYTES = 100_000
LOG_NODES = 6
"""An entry of the access log writes now and then a node more of its tree."""
SAID = "睡眠が短い日が続くとのこと。"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def applied(check: StressCheck) -> Interview:
    """The first application of the demo."""
    return Interview.objects.select_related("result__respondent").order_by("pk")[0]


@pytest.fixture
def doctor(check_desk: CheckDesk, check: StressCheck) -> CheckDesk:
    return check_desk.sit("K103", check.at(7, 20))


def held(doctor: CheckDesk, interview: Interview) -> Any:
    fields = {"held_on": "2025-07-18", "words": SAID}
    return doctor.send("stress_held", YEAR, interview.pk, fields=fields)


# --- who sees what


def test_the_doctor_sees_who_applied_and_nobody_else(doctor: CheckDesk, applied: Interview) -> None:
    shown = doctor.open("stress_interviews", YEAR)
    page = text(shown)
    assert applied.result.respondent.name in page
    assert "まだ申し出ていない人" not in page
    listed = {one.interview.result_id for one, _word, _colour in shown.context["rows"]}
    assert listed == set(Interview.objects.values_list("result_id", flat=True))
    assert "silent_rows" not in shown.context


def test_a_worker_sees_the_applications_and_who_did_not_apply(
    check_desk: CheckDesk, check: StressCheck, applied: Interview
) -> None:
    desk = check_desk.sit("K001", check.at(7, 20))
    page = text(desk.open("stress_interviews", YEAR))
    assert applied.result.respondent.name in page
    assert "まだ申し出ていない人" in page
    assert desk.open("stress_interview", YEAR, applied.pk).status_code == 403


@pytest.mark.parametrize("key", ["K001", "K101", "K102", "K901"])
def test_nobody_but_the_doctor_opens_an_interview(
    check_desk: CheckDesk, check: StressCheck, applied: Interview, key: str
) -> None:
    desk = check_desk.sit(key, check.at(7, 20))
    assert desk.open("stress_interview", YEAR, applied.pk).status_code == 403
    assert desk.send("stress_held", YEAR, applied.pk, fields={"held_on": "2025-07-18", "words": "x"}).status_code == 403
    assert desk.send("stress_opinion", YEAR, applied.pk, fields={"opinion": "通常勤務"}).status_code == 403
    applied.refresh_from_db()
    assert (applied.held_on, applied.opinion_at) == (None, None)


def test_a_result_whose_person_did_not_apply_is_closed_to_the_doctor(doctor: CheckDesk) -> None:
    silent = Result.objects.filter(interview=None).order_by("pk")[0]
    assert doctor.open("stress_one_result", YEAR, silent.pk).status_code == 403
    assert doctor.open("stress_interview", YEAR, 999_999).status_code == 404


# --- the doctor


def test_the_result_is_read_for_the_interview_and_that_is_logged(doctor: CheckDesk, applied: Interview) -> None:
    page = text(doctor.open("stress_interview", YEAR, applied.pk))
    assert page.count("<svg") == 3
    assert "面接指導の実施を記録する" in page
    assert len(page.encode()) < MOST_BYTES
    assert Entry.objects.order_by("-seq")[0].purpose == "面接指導のための結果の閲覧"


def test_the_record_is_sealed_and_only_the_opinion_is_told(doctor: CheckDesk, applied: Interview) -> None:
    assert held(doctor, applied).status_code == 303
    page = text(doctor.open("stress_interview", YEAR, applied.pk))
    assert SAID in page
    assert "就業上の措置についての意見を述べる" in page
    assert doctor.send("stress_opinion", YEAR, applied.pk, fields={"opinion": "時間外勤務の制限"}).status_code == 303
    applied.refresh_from_db()
    assert applied.opinion == "時間外勤務の制限"
    assert SAID.encode() not in bytes(applied.sealed_record or b"")
    sealed = bytes(applied.sealed_record or b"")
    assert vault.open_one(YEAR, applied.result.respondent_id, vault.INTERVIEW, sealed) == {"words": SAID}


def test_a_day_before_the_application_is_refused_with_what_was_typed(doctor: CheckDesk, applied: Interview) -> None:
    answer = doctor.send("stress_held", YEAR, applied.pk, fields={"held_on": "2025-07-01", "words": SAID})
    assert answer.status_code == 422
    assert "申出の日から今日までの日" in text(answer)
    assert SAID in text(answer)


def test_an_opinion_before_the_interview_is_refused(doctor: CheckDesk, applied: Interview) -> None:
    answer = doctor.send("stress_opinion", YEAR, applied.pk, fields={"opinion": "通常勤務"})
    assert answer.status_code in (409, 422)
    assert "面接指導の前" in text(answer)


def test_the_opinion_is_not_shown_to_clerks_and_implementers(
    doctor: CheckDesk, check_desk: CheckDesk, check: StressCheck, applied: Interview
) -> None:
    held(doctor, applied)
    doctor.send("stress_opinion", YEAR, applied.pk, fields={"opinion": "時間外勤務の制限"})
    for key in ("K001", "K101"):
        page = text(check_desk.sit(key, check.at(7, 21)).open("stress_interviews", YEAR))
        assert "時間外勤務の制限" not in page
        assert SAID not in page


def test_an_application_taken_back_closes_the_result(
    check_desk: CheckDesk, check: StressCheck, doctor: CheckDesk, applied: Interview
) -> None:
    clerk = check_desk.sit("K001", check.at(7, 20))
    assert clerk.send("stress_drop", YEAR, applied.pk).status_code == 422
    assert clerk.send("stress_drop", YEAR, applied.pk, fields={"reason": "本人から電話で"}).status_code == 303
    page = text(doctor.open("stress_interview", YEAR, applied.pk))
    assert "<svg" not in page
    assert "申出が取り下げられたため" in page
    assert held(doctor, applied).status_code == 409


# --- days


def test_the_days_are_told_in_words_around_the_guideline() -> None:
    assert [late_word(days)[0] for days in (-1, 0, 1)] == ["あと1日", "今日が目安の日", "目安の日を1日超過"]
    assert late_word(None)[0] == "済み"


def test_an_application_past_its_day_is_counted_and_marked(
    check_desk: CheckDesk, check: StressCheck, applied: Interview
) -> None:
    day = check.at(7, 20) + (applied.hold_by - localdate(check.at(7, 20))) + timedelta(days=1)
    page = text(check_desk.sit("K103", day).open("stress_interviews", YEAR))
    assert "目安の日を1日超過" in page
    assert "目安の日を過ぎたものが" in page


# --- asked once more


def test_who_did_not_apply_is_asked_once_more_on_the_own_page_alone(check_desk: CheckDesk, check: StressCheck) -> None:
    desk = check_desk.sit("K102", check.at(8, 1))
    rows = desk.open("stress_interviews", YEAR).context["silent_rows"]
    result = rows[0][0]
    assert desk.send("stress_encourage", YEAR, result.pk).status_code == 303
    again = {one.pk: asked for one, asked in desk.open("stress_interviews", YEAR).context["silent_rows"]}
    assert again[result.pk] == "2025-08-01"
    applied = Interview.objects.order_by("pk")[0]
    assert desk.send("stress_encourage", YEAR, applied.result_id).status_code == 409


def test_the_page_costs_the_same_however_many_applied(check_desk: CheckDesk, check: StressCheck) -> None:
    desk = check_desk.sit("K101", check.at(7, 20))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(desk.open("stress_interviews", YEAR).content) < MOST_BYTES
        return len(queries)

    cost()
    before = cost()
    now = check.at(7, 19)
    for result in Result.objects.filter(interview=None)[:10]:
        Interview.objects.create(result=result, applied_at=now, hold_by=localdate(now))
    assert cost() <= before + LOG_NODES < 60
