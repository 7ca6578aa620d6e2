"""Scoring, the implementer's decisions, telling and letters, in a browser without JavaScript."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.parties.models import Handler, Organisation
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Duty, PersonnelAuthority, Respondent, Result, ResultLetter
from azukari.programmes.stress_check.steps import results as steps
from azukari.programmes.stress_check.views import letters as letters_page
from azukari.programmes.stress_check.views import result_common
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "締切と採点"
MOST_BYTES = 100_000
LOG_NODES = 6
"""An entry of the access log writes now and then a node more of its tree."""
PAGES = ("stress_results", "stress_review_list", "stress_letters")
SIGHT = ("stress_results", "stress_review_list", "stress_letters", "stress_interviews", "stress_groups", "stress_end")


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def at(check: StressCheck) -> datetime:
    return check.at(7, 2)


def verdicts() -> dict[int, str | None]:
    """Result → what the scoring said."""
    sealed = {one.respondent_id: bytes(one.sealed) for one in Result.objects.all()}
    opened = vault.open_many(YEAR, vault.RESULT, sealed)
    return {one.pk: opened[one.respondent_id]["verdict"] for one in Result.objects.all()}


def called() -> list[Result]:
    """Whom the implementer looks at one by one."""
    found = verdicts()
    return [one for one in Result.objects.select_related("respondent") if found[one.pk] != "not_high"]


def decide_all(check: StressCheck, interview: bool = True) -> None:
    by, now = check.who("K101"), check.at(7, 3)
    steps.decide_rest(round_=check.round, by=by, now=now)
    for result in Result.objects.filter(decided_at=None).select_related("respondent__round"):
        steps.decide(result=result, interview=interview, note="", by=by, now=now)


# --- who may open what


@pytest.mark.parametrize(
    ("key", "expected"), [("K001", 200), ("K101", 200), ("K102", 200), ("K103", 403), ("K901", 403)]
)
def test_only_who_works_on_results_opens_them(check_desk: CheckDesk, at: datetime, key: str, expected: int) -> None:
    desk = check_desk.sit(key, at)
    assert {name: desk.open(name, YEAR).status_code for name in PAGES} == dict.fromkeys(PAGES, expected)


def test_the_interviewer_sees_the_interview_pages_alone(check_desk: CheckDesk, at: datetime) -> None:
    desk = check_desk.sit("K103", at)
    found = {name: desk.open(name, YEAR).status_code for name in SIGHT}
    assert found == {**dict.fromkeys(SIGHT, 403), "stress_interviews": 200}
    number = Result.objects.order_by("pk")[0].pk
    assert desk.open("stress_one_result", YEAR, number).status_code == 403


def test_a_refused_page_says_why_and_is_logged(check_desk: CheckDesk, at: datetime) -> None:
    before = Entry.objects.filter(act="refused").count()
    shown = check_desk.sit("K901", at).open("stress_review_list", YEAR)
    assert "実施事務従事者だけができます" in text(shown)
    assert Entry.objects.filter(act="refused").count() == before + 1


def test_somebody_with_authority_over_personnel_opens_nothing(check_desk: CheckDesk, at: datetime) -> None:
    by = Handler.objects.get(key="W001")
    PersonnelAuthority.objects.create(
        handler=Handler.objects.get(key="K001"), since=at.date(), recorded_by=by, recorded_at=at
    )
    desk = check_desk.sit("K001", at)
    assert {desk.open(name, YEAR).status_code for name in SIGHT} == {403}


def test_a_duty_that_ended_opens_nothing(check_desk: CheckDesk, at: datetime) -> None:
    Duty.objects.filter(handler__key="K001").update(ended_at=at)
    assert check_desk.sit("K001", at).open("stress_review_list", YEAR).status_code == 403


def test_another_company_and_another_year_find_no_such_page(check_desk: CheckDesk, at: datetime) -> None:
    other = Organisation.objects.create(key="other-co", name="架空の別会社", type="company")
    Handler.objects.create(key="K990", name="別会社 乙", organisation=other, role="handler", reported_on=at.date())
    number = Result.objects.order_by("pk")[0].pk
    desk = check_desk.sit("K990", at)
    assert [desk.open(name, YEAR).status_code for name in SIGHT] == [404] * len(SIGHT)
    assert desk.open("stress_one_result", YEAR, number).status_code == 404
    assert check_desk.sit("K001", at).open("stress_results", YEAR + 1).status_code == 404


# --- scoring


def test_the_page_counts_what_waits_and_a_job_scores_it(
    check: StressCheck, check_desk: CheckDesk, at: datetime
) -> None:
    all_ = Result.objects.count()
    Result.objects.filter(pk__in=list(Result.objects.values_list("pk", flat=True)[:4])).delete()
    desk = check_desk.sit("K001", at)
    assert "4件を採点する" in text(desk.open("stress_results", YEAR))
    assert desk.send("stress_score", YEAR).status_code == 303
    assert desk.job().state == Job.State.DONE
    assert "4件の回答を採点しました" in desk.job().message
    assert Result.objects.count() == all_
    assert "件を採点する" not in text(desk.open("stress_results", YEAR))


# --- the list and one person


def test_the_list_holds_high_stress_and_no_verdict_and_nobody_else(check_desk: CheckDesk, at: datetime) -> None:
    shown = check_desk.sit("K101", at).open("stress_review_list", YEAR)
    expected = {one.pk for one in called()}
    assert {row["one"].result.pk for row in shown.context["rows"]} == expected
    found = verdicts()
    assert {found[pk] for pk in expected} == {"high", None}
    assert "補わずに、実施者が判断します" in text(shown)


def test_the_undecided_stand_first(check: StressCheck, check_desk: CheckDesk, at: datetime) -> None:
    first = called()[0]
    steps.decide(result=first, interview=False, note="", by=check.who("K101"), now=at)
    rows = check_desk.sit("K101", at).open("stress_review_list", YEAR).context["rows"]
    assert rows[-1]["one"].result.pk == first.pk
    assert [row["one"].interview for row in rows[:-1]] == [None] * (len(rows) - 1)


def test_looking_at_the_list_and_at_a_person_is_logged_with_the_people(check_desk: CheckDesk, at: datetime) -> None:
    desk = check_desk.sit("K001", at)
    before = Entry.objects.count()
    desk.open("stress_review_list", YEAR)
    desk.open("stress_one_result", YEAR, called()[0].pk)
    purposes = list(Entry.objects.order_by("seq").values_list("purpose", flat=True)[before:])
    assert "面接指導の要否を判断する人の確認" in purposes
    assert "個人結果の閲覧" in purposes


def test_one_page_says_the_scores_in_words_and_pictures(check_desk: CheckDesk, at: datetime) -> None:
    found = verdicts()
    high = next(pk for pk, verdict in found.items() if verdict == "high")
    shown = text(check_desk.sit("K101", at).open("stress_one_result", YEAR, high))
    assert shown.count("<svg") == 3
    assert "高ストレス" in shown
    assert "心理的な仕事の負担" in shown
    person = Respondent.objects.get(result=high)
    assert person.name in shown
    assert person.name not in shown[: shown.index("</title>")]
    assert len(shown.encode()) < MOST_BYTES


def test_a_withheld_verdict_is_told_with_its_reason(check_desk: CheckDesk, at: datetime) -> None:
    none = next(pk for pk, verdict in verdicts().items() if verdict is None)
    shown = text(check_desk.sit("K101", at).open("stress_one_result", YEAR, none))
    assert "判定なし" in shown
    assert "判定がありません" in shown


def test_a_clerk_sees_the_result_and_can_not_decide(check_desk: CheckDesk, at: datetime) -> None:
    number = called()[0].pk
    desk = check_desk.sit("K001", at)
    shown = desk.open("stress_one_result", YEAR, number)
    assert shown.status_code == 200
    assert 'name="interview"' not in text(shown)
    assert desk.send("stress_one_result", YEAR, number, fields={"interview": "yes"}).status_code == 403
    assert desk.send("stress_decide_rest", YEAR).status_code == 403
    assert not Result.objects.filter(decided_at__isnull=False).exists()


def test_nothing_is_chosen_beforehand_and_an_empty_choice_is_told(check_desk: CheckDesk, at: datetime) -> None:
    number = called()[0].pk
    desk = check_desk.sit("K101", at)
    page = text(desk.open("stress_one_result", YEAR, number))
    assert 'name="interview"' in page
    assert "checked" not in page.partition('name="interview"')[2].partition("</fieldset>")[0]
    answer = desk.send("stress_one_result", YEAR, number)
    assert answer.status_code == 422
    assert "<svg" in text(answer)


def test_a_decision_with_words_goes_on_to_the_next_who_waits(check_desk: CheckDesk, at: datetime) -> None:
    desk = check_desk.sit("K102", at)
    assert desk.send("stress_decide_rest", YEAR).status_code == 303
    first, *others = called()
    fields = {"interview": "yes", "note": "一度、お話を聞かせてください。"}
    answer = desk.send("stress_one_result", YEAR, first.pk, fields=fields)
    assert answer.status_code == 303
    assert answer["Location"].endswith(f"/{others[0].pk}/")
    first.refresh_from_db()
    kept = vault.open_one(YEAR, first.respondent_id, vault.DECISION, bytes(first.sealed_decision or b""))
    assert kept == {"interview": True, "note": fields["note"]}
    assert fields["note"] in text(desk.open("stress_one_result", YEAR, first.pk))


def test_the_rest_is_decided_together_and_the_called_ones_are_left(check_desk: CheckDesk, at: datetime) -> None:
    desk = check_desk.sit("K101", at)
    assert desk.send("stress_decide_rest", YEAR).status_code == 303
    assert set(Result.objects.filter(decided_at=None)) == set(called())


def test_a_decision_made_on_an_old_page_is_told_and_not_written(
    check: StressCheck, check_desk: CheckDesk, at: datetime
) -> None:
    result = called()[0]
    desk = check_desk.sit("K101", at)
    desk.page = desk.open("stress_one_result", YEAR, result.pk)
    steps.decide(result=result, interview=True, note="", by=check.who("K102"), now=at)
    answer = desk.send("stress_one_result", YEAR, result.pk, fields={"interview": "no"}, first=False)
    assert answer.status_code == 409


def test_a_number_of_nobody_finds_nothing(check_desk: CheckDesk, at: datetime) -> None:
    assert check_desk.sit("K101", at).open("stress_one_result", YEAR, 999_999).status_code == 404


# --- telling


def test_those_decided_on_are_told_on_the_site_and_those_on_paper_are_not(
    check: StressCheck, check_desk: CheckDesk, at: datetime
) -> None:
    decide_all(check)
    desk = check_desk.sit("K001", check.at(7, 7))
    paper = Result.objects.filter(respondent__by_paper=True).count()
    assert paper
    assert f"{paper}人（封書の画面から）" in text(desk.open("stress_notify", YEAR))
    assert desk.send("stress_notify", YEAR).status_code == 303
    assert Result.objects.filter(notified_at=None).count() == paper
    shown = text(check_desk.sit("K101", check.at(7, 7)).open("stress_one_result", YEAR, called()[-1].pk))
    assert "判断は変えられません" in shown or 'name="interview"' in shown


def test_the_notice_says_who_is_left_out(check_desk: CheckDesk, at: datetime) -> None:
    shown = text(check_desk.sit("K001", at).open("stress_notify", YEAR))
    assert f"判断していない人が{Result.objects.count()}人います" in shown


# --- letters


@pytest.fixture
def prepared(check: StressCheck, check_desk: CheckDesk) -> CheckDesk:
    decide_all(check)
    desk = check_desk.sit("K001", check.at(7, 7, 11))
    assert desk.send("stress_letters_prepare", YEAR).status_code == 303
    return desk


def test_letters_are_printed_checked_by_another_and_sent(prepared: CheckDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def draw(sheets: list[Any], **_fonts: Any) -> bytes:
        drawn.extend(sheets)
        return b"%PDF-1.7 sheets"

    monkeypatch.setattr(letters_page, "result_pdf", draw)
    letters = list(ResultLetter.objects.select_related("result__respondent").order_by("pk"))
    file = prepared.open("stress_letters_pdf", YEAR, 1)
    assert file["Content-Type"] == "application/pdf"
    assert file["Cache-Control"] == "no-store"
    assert [(one.name, one.number) for one in drawn] == [
        (one.result.respondent.name, f"{YEAR}-{one.pk:05d}") for one in letters
    ]
    assert prepared.open("stress_letters_pdf", YEAR, 2).status_code == 404
    picked = {"letters": [one.pk for one in letters], "compared": "on"}
    assert "別の人が照合します" in text(prepared.open("stress_letters_check", YEAR))
    assert prepared.send("stress_letters_check", YEAR, fields=picked).status_code == 422
    other = prepared.sit("K002")
    page = text(other.open("stress_letters_check", YEAR))
    assert page.count(letters[0].result.respondent.name) >= 2
    assert other.send("stress_letters_check", YEAR, fields={"letters": picked["letters"]}).status_code == 422
    assert other.send("stress_letters_check", YEAR, fields=picked).status_code == 303
    assert other.send("stress_letters_send", YEAR, fields={"letters": picked["letters"]}).status_code == 303
    assert not Result.objects.filter(letter__isnull=False, notified_at=None).exists()
    assert prepared.open("stress_letters_pdf", YEAR, 1).status_code == 404


def test_a_letter_that_was_not_checked_can_not_be_sent(prepared: CheckDesk) -> None:
    letter = ResultLetter.objects.order_by("pk")[0]
    assert "先に、別の人が照合してください" in text(prepared.open("stress_letters_send", YEAR))
    assert prepared.send("stress_letters_send", YEAR, fields={"letters": [letter.pk]}).status_code == 422
    letter.refresh_from_db()
    assert letter.sent_at is None


def test_the_list_of_letters_says_what_is_next(prepared: CheckDesk) -> None:
    shown = text(prepared.open("stress_letters", YEAR))
    assert "照合を待つ" in shown
    assert "あなたが準備したため" in shown


def test_the_decision_stands_once_the_sheet_was_held_against_its_envelope(
    check: StressCheck, check_desk: CheckDesk, prepared: CheckDesk
) -> None:
    letter = ResultLetter.objects.select_related("result__respondent__round").order_by("pk")[0]
    desk = check_desk.sit("K101", check.at(7, 8))
    assert 'name="interview"' in text(desk.open("stress_one_result", YEAR, letter.result_id))
    steps.check_letter(letter=letter, by=check.who("K002"), now=check.at(7, 8))
    assert "封書の照合が済んだ" in text(desk.open("stress_one_result", YEAR, letter.result_id))
    answer = desk.send("stress_one_result", YEAR, letter.result_id, fields={"interview": "no"})
    assert answer.status_code == 403
    assert "判断は変えられません" in text(answer)


# --- bounds


def test_a_long_list_is_shown_in_pages_that_the_address_only_numbers(
    check_desk: CheckDesk, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(result_common, "PER_PAGE", 2)
    desk = check_desk.sit("K101", at)
    many = len(called())
    shown: list[int] = []
    for number in range(1, -(-many // 2) + 1):
        answer = desk.open("stress_review_list", YEAR, page=str(number))
        shown += [row["one"].result.pk for row in answer.context["rows"]]
        assert answer.context["part"].total == many
    assert sorted(shown) == sorted(one.pk for one in called())
    assert 'rel="next"' in text(desk.open("stress_review_list", YEAR))


def test_the_pages_cost_the_same_however_many_people_there_are(
    check: StressCheck, check_desk: CheckDesk, at: datetime
) -> None:
    desk = check_desk.sit("K101", at)
    kept = list(Result.objects.order_by("pk").values_list("pk", flat=True)[:6])
    gone = list(Result.objects.exclude(pk__in=kept))

    def cost() -> dict[str, int]:
        found = {}
        for name in PAGES:
            with CaptureQueriesContext(connection) as queries:
                assert len(desk.open(name, YEAR).content) < MOST_BYTES
            found[name] = len(queries)
        return found

    cost()
    many = cost()
    Result.objects.filter(pk__in=[one.pk for one in gone]).delete()
    few = cost()
    assert all(many[name] <= few[name] + LOG_NODES for name in PAGES)
    assert max(many.values()) < 60
