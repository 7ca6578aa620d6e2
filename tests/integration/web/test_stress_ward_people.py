"""Individuals on the ward's surface: only whose consent stands, only who applied, never for who has 人事権."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from azukari.people.models import Employee
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Interview, PersonnelAuthority, Respondent, Result
from azukari.programmes.stress_check.steps import authority, interviews, own_result
from azukari.programmes.stress_check.steps.interviews import Stage
from azukari.programmes.stress_check.views.ward_people import due_words
from azukari.web import clock
from azukari.witness.models import Entry

from .stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "⑦ 報告書と結果の納品"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def officer(check_desk: CheckDesk, check: StressCheck) -> CheckDesk:
    return check_desk.sit("W001", check.at(9, 3, 14))


def opened(officer: CheckDesk) -> str:
    """The address of a list of who consents, freshly opened."""
    answer = officer.send("stress_ward_consents", YEAR)
    assert answer.status_code == 303
    return str(answer.url)


def look(desk: CheckDesk, url: str) -> Any:
    desk._here()
    return desk.client.get(url)


def consenting() -> list[Result]:
    found = Result.objects.filter(consented_at__isnull=False, withdrawn_at=None).select_related("respondent__round")
    return list(found.order_by("respondent__employee_number"))


def withdraw(desk: CheckDesk, check: StressCheck, one: Result) -> None:
    """The person takes the consent back, at the site that is not the ward's."""
    desk.settings.AZUKARI_VAULT = desk.vault
    own_result.withdraw(person=one.respondent, now=check.at(9, 3, 15))
    desk._here()


def with_authority(check: StressCheck, key: str) -> PersonnelAuthority:
    return authority.record_authority(
        handler=check.who(key), since=check.at(4, 1).date(), by=check.who("W101"), now=check.at(9, 2)
    )


# --- who consented


def test_the_list_is_opened_by_a_post_is_logged_and_shows_whose_consent_stands(officer: CheckDesk) -> None:
    before = Entry.objects.count()
    assert "撤回した人は" in text(officer.open("stress_ward_consents", YEAR))
    assert Entry.objects.count() == before
    shown = text(look(officer, opened(officer)))
    assert Entry.objects.count() == before + 2
    there = consenting()
    assert there
    known = {one.reference: one for one in Employee.objects.all()}
    for one in there:
        assert known[one.respondent.reference].name in shown
    assert shown.count("結果を開く") == len(there)


def test_no_address_and_no_title_tells_whom_it_is_about(officer: CheckDesk) -> None:
    url = opened(officer)
    shown = text(look(officer, url))
    links = re.findall(r'href="(/stress/\d+/consents/[^"]+/\d+/)"', shown)
    assert links
    one = consenting()[0].respondent
    for words in (one.employee_number, one.name, one.reference):
        assert all(words not in link for link in links)
        assert words not in re.findall(r"<title>(.*?)</title>", shown, re.DOTALL)[0]


def test_one_delivered_result_is_read_and_logged_with_its_person(officer: CheckDesk) -> None:
    one = consenting()[0].respondent
    before = Entry.objects.count()
    shown = look(officer, opened(officer) + "1/")
    facts = dict(shown.context["facts"])
    assert facts["職員番号"] == one.employee_number
    assert facts["高ストレスの判定"] in ("高ストレス", "高ストレスに当たらない", "判定できない")
    assert shown["Cache-Control"] == "no-store"
    assert Entry.objects.count() == before + 2


def test_a_withdrawn_consent_closes_the_persons_page_at_once(officer: CheckDesk, check: StressCheck) -> None:
    url = opened(officer)
    there = consenting()
    assert look(officer, url + "1/").status_code == 200
    withdraw(officer, check, there[0])
    closed = look(officer, url + "1/")
    assert closed.status_code == 403
    assert there[0].respondent.employee_number not in text(closed)
    shown = text(look(officer, url))
    assert there[0].respondent.employee_number not in shown
    assert shown.count("結果を開く") == len(there) - 1
    if len(there) > 1:
        assert look(officer, url + "2/").context["facts"][0][1] == there[1].respondent.employee_number


def test_who_did_not_consent_is_nowhere(officer: CheckDesk) -> None:
    shown = text(look(officer, opened(officer)))
    there = {one.respondent.reference for one in consenting()}
    others = Respondent.objects.exclude(reference__in=there)
    assert others
    assert not [one for one in others if one.employee_number in shown]


@pytest.mark.parametrize("place", ["0", "99", "-1", "99999999999999999999", "a"])
def test_a_guessed_place_gives_404(officer: CheckDesk, place: str) -> None:
    assert look(officer, f"{opened(officer)}{place}/").status_code == 404


@pytest.mark.parametrize("token", ["AAAAAAAAAAAAAAAA", "1", "../../", "%00"])
def test_a_guessed_token_gives_404(officer: CheckDesk, token: str) -> None:
    opened(officer)
    assert look(officer, f"/stress/{YEAR}/consents/{token}/").status_code == 404
    assert look(officer, f"/stress/{YEAR}/consents/{token}/1/").status_code == 404


def test_another_persons_token_and_another_years_token_give_404(officer: CheckDesk, check: StressCheck) -> None:
    url = opened(officer)
    other = officer.sit("W002")
    assert look(other, url).status_code == 404
    assert look(other, url + "1/").status_code == 404
    round_ = check.round
    round_.pk, round_.fiscal_year = None, YEAR + 1
    round_.save()
    assert look(officer, url.replace(f"/{YEAR}/", f"/{YEAR + 1}/")).status_code == 404


def test_a_list_is_closed_after_some_minutes_and_asked_for_again(officer: CheckDesk, check: StressCheck) -> None:
    url = opened(officer)
    officer.monkeypatch.setattr(clock, "now", lambda: check.at(9, 3, 14, 20))
    for page in (url, url + "1/"):
        late = officer.client.get(page)
        assert late.status_code == 302
        assert late["Location"] == reverse("stress_ward_consents", args=[YEAR])


def test_before_the_package_is_acknowledged_nobody_is_listed(officer: CheckDesk, check: StressCheck) -> None:
    handover = check.handed("⑦")
    assert handover is not None
    type(handover).objects.filter(pk=handover.pk).update(state="released")
    answer = officer.send("stress_ward_consents", YEAR)
    assert answer.status_code == 422
    assert "受領を確認した後に" in text(answer)


# --- 人事権


def test_an_officer_with_authority_over_personnel_sees_no_individual_page(
    officer: CheckDesk, check: StressCheck
) -> None:
    with_authority(check, "W002")
    other = officer.sit("W002", officer.at)
    refused = other.send("stress_ward_consents", YEAR)
    assert refused.status_code == 422
    assert "権限を持つ人として記録されている" in text(refused)
    number = applied(check).pk
    for answer in (
        other.open("stress_ward_interviews", YEAR),
        other.open("stress_ward_measures", YEAR, number),
        other.send("stress_ward_measures", YEAR, number, fields={"measures": "異動"}),
    ):
        assert answer.status_code == 403
        assert not [one for one in Employee.objects.all() if one.name in text(answer)]
    assert other.open("stress_ward_year", YEAR).status_code == 200
    assert other.open("stress_ward_groups", YEAR).status_code == 200


def test_authority_that_is_recorded_meanwhile_closes_a_list_that_is_open(
    officer: CheckDesk, check: StressCheck
) -> None:
    url = opened(officer)
    with_authority(check, "W001")
    for page in (url, url + "1/"):
        assert look(officer, page).status_code == 403


def test_nobody_of_the_ward_reads_the_delivered_results_through_the_pages_of_handovers(
    officer: CheckDesk, check: StressCheck
) -> None:
    handover = check.handed("⑦")
    assert handover is not None
    shown = text(officer.open("handover", handover.number))
    assert not [one for one in consenting() if one.respondent.employee_number in shown]
    assert not [one for one in Employee.objects.all() if one.name in shown]
    fields = {"to": str(check.who("W001").pk), "occasion": "手渡し 9月4日", "contact": "人材育成等担当課"}
    refused = officer.send("handover_password", handover.number, fields=fields)
    assert refused.status_code in (403, 422)
    assert refused["Content-Type"].startswith("text/html")


# --- 面接指導


def applied(check: StressCheck, **how_far: Any) -> Interview:
    """Somebody who was told and has not applied, does: 12 July."""
    told = Result.objects.filter(notified_at__isnull=False, interview=None).order_by("pk")[0]
    stated = {"applied_at": check.at(7, 12), "hold_by": date(YEAR, 8, 11)}
    return Interview.objects.create(result=told, **{**stated, **how_far})


def test_applications_show_their_stage_and_their_day_in_words_and_no_result(
    officer: CheckDesk, check: StressCheck
) -> None:
    Interview.objects.all().delete()
    applied(check)
    applied(check, held_on=date(YEAR, 8, 4), opinion_by=date(YEAR, 9, 8))
    shown = officer.open("stress_ward_interviews", YEAR)
    page = text(shown)
    assert [(one.stage.key, due) for one, due, _colour in shown.context["lines"]] == [
        ("hold", "期限を23日過ぎています"),
        ("opinion", "あと5日"),
    ]
    assert "1件が、目安の日を過ぎています" in page
    assert "高ストレス" not in page


def test_nobody_applied_is_said_in_words(officer: CheckDesk) -> None:
    Interview.objects.all().delete()
    assert "申出は、まだありません" in text(officer.open("stress_ward_interviews", YEAR))


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "期限を1日過ぎています"), (0, "今日が期限"), (1, "あと1日"), (7, "あと7日"), (8, "あと8日")],
)
def test_the_day_is_told_at_each_side_of_its_bound(days: int, words: str) -> None:
    on = date(2025, 8, 20)
    assert due_words(Stage("hold", "", on + timedelta(days=days)), on)[0] == words


@pytest.fixture
def awaited(officer: CheckDesk, check: StressCheck) -> Interview:
    """One whose opinion has come and whose measures are not decided."""
    one = applied(
        check, held_on=date(YEAR, 7, 28), opinion_by=date(YEAR, 8, 27), opinion="時間外勤務の制限を3か月。",
        opinion_at=check.at(8, 4), decide_by=date(YEAR, 9, 3),
    )  # fmt: skip
    return interviews.of_round(check.round).get(pk=one.pk)


def test_measures_are_decided_once_after_the_opinion(
    officer: CheckDesk, check: StressCheck, awaited: Interview
) -> None:
    shown = text(officer.open("stress_ward_measures", YEAR, awaited.pk))
    assert awaited.opinion in shown
    empty = officer.send("stress_ward_measures", YEAR, awaited.pk, fields={"measures": " "})
    assert empty.status_code == 422
    late = officer.sit("W002", officer.at)
    late.page = late.open("stress_ward_measures", YEAR, awaited.pk)
    answer = officer.send("stress_ward_measures", YEAR, awaited.pk, fields={"measures": "時間外勤務を免除する。"})
    assert answer.status_code == 303
    awaited.refresh_from_db()
    assert awaited.measures_by == check.who("W001")
    again = late.send("stress_ward_measures", YEAR, awaited.pk, fields={"measures": "なし"}, first=False)
    assert again.status_code == 409


def test_measures_before_the_opinion_are_refused_and_an_unknown_application_gives_404(
    officer: CheckDesk, awaited: Interview
) -> None:
    Interview.objects.filter(pk=awaited.pk).update(opinion="", opinion_at=None)
    answer = officer.send("stress_ward_measures", YEAR, awaited.pk, fields={"measures": "なし"})
    assert answer.status_code in (409, 422)
    assert officer.open("stress_ward_measures", YEAR, 99999).status_code == 404


def test_the_pages_of_individuals_take_as_many_queries_for_more_of_them(officer: CheckDesk, check: StressCheck) -> None:
    applied(check)
    with CaptureQueriesContext(connection) as few:
        officer.open("stress_ward_interviews", YEAR)
    without = Result.objects.filter(interview=None, notified_at__isnull=False)[:20]
    Interview.objects.bulk_create(
        Interview(result=one, applied_at=check.at(8, 1), hold_by=check.at(8, 31).date()) for one in without
    )
    with CaptureQueriesContext(connection) as many:
        shown = officer.open("stress_ward_interviews", YEAR)
    assert len(many) <= len(few)
    assert len(shown.content) < 100_000
