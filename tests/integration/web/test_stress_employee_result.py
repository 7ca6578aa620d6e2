"""One's own result on the employees' surface: reading, consent and its withdrawal, the interview, taking it along."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.letters.result_words import SUMMARIES
from azukari.programmes.stress_check.models import ConsentRecord, Interview, Respondent, Result
from azukari.programmes.stress_check.steps.own_result import WORDING
from azukari.programmes.stress_check.views.employee.own_words import CONSENT, CONSENTS
from azukari.witness.models import Entry
from tests import factories

from .stress_employee_stage import CONTACT, Browser, Check, browser, check, here, inside, make_round, text

__all__ = ["browser", "check", "here", "inside"]

LATER = factories.at(7, 20)


def sent(inside: Browser, answer: int = 2, form: str = "bjsq57") -> Browser:
    inside.answer_all(form, answer)
    assert inside.send().status_code == 303
    return inside


def told(check: Check, inside: Browser, *, answer: int = 2, **decision: Any) -> Browser:
    """The person sent, everybody was notified, and the person came back some days later."""
    sent(inside, answer)
    check.notify(**decision)
    inside.at = LATER
    assert inside.come_back("000001")["Location"] == reverse("stress_result")
    return inside


def test_before_notification_the_page_says_so_and_nothing_is_logged_as_a_refusal(inside: Browser) -> None:
    assert "まだ回答が送信されていません" in text(inside.open("stress_result"))
    sent(inside)
    shown = text(inside.open("stress_result"))
    assert "結果はまだ出ていません" in shown
    assert CONTACT in shown
    assert not Entry.objects.filter(act="refused").exists()


@pytest.mark.parametrize("name", ["stress_consent", "stress_withdraw", "stress_apply"])
def test_before_notification_there_is_nothing_to_consent_or_apply_to(inside: Browser, name: str) -> None:
    sent(inside)
    for answer in (inside.open(name), inside.post(name, fields={"agreed": "on"})):
        assert answer["Location"] == reverse("stress_result")
    assert not ConsentRecord.objects.exists()
    assert not Interview.objects.exists()


@pytest.mark.parametrize("name", ["stress_own_pdf", "stress_own_csv"])
def test_before_notification_there_is_no_file(inside: Browser, name: str) -> None:
    sent(inside)
    assert "結果はまだ出ていません" in text(inside.open(name))


def test_the_result_says_in_words_what_the_radars_and_their_tables_show(check: Check, inside: Browser) -> None:
    shown = text(told(check, inside).open("stress_result"))
    assert SUMMARIES["not_high"]["ja"][0] in shown
    assert shown.count('role="img"') == 3
    for names in instrument().scale_names.values():
        assert f'<th scope="row">{names["ja"]}</th>' in shown
    assert "気に留めたいところ" in shown
    assert CONTACT in shown
    assert "令和12年7月10日" in shown  # five years on
    assert "面接指導を申し出る" not in shown


def test_in_english_words_pictures_and_days_are_english(check: Check, inside: Browser) -> None:
    told(check, inside)
    inside.post("look", fields={"language": "en", "next": "/"})
    shown = text(inside.open("stress_result"))
    assert SUMMARIES["not_high"]["en"][0] in shown
    assert "Use of skills" in shown
    assert "10 July 2030" in shown


def test_reading_is_logged_and_noted_once_as_seen(check: Check, inside: Browser) -> None:
    told(check, inside).open("stress_result")
    seen = Result.objects.get().seen_at
    inside.at += timedelta(minutes=5)
    inside.open("stress_result")
    assert Result.objects.get().seen_at == seen == LATER
    assert Entry.objects.filter(act="person.read").count() == 2


def test_high_stress_and_the_need_of_an_interview_are_said_to_that_person_alone(check: Check, inside: Browser) -> None:
    other = inside.other()
    other.enter(check.codes[1])
    shown = text(told(check, inside, answer=4, interview=True, note="体を休めてください").open("stress_result"))
    assert SUMMARIES["interview"]["ja"][0] in shown
    assert "医師による面接指導が必要と判断しました" in shown
    assert "体を休めてください" in shown
    assert "申し出たことが区に伝わります" in shown
    assert "体を休めてください" not in text(other.open("stress_result"))


def test_without_a_sex_the_conversion_gives_no_verdict_and_the_page_is_honest(here: None, browser: Browser) -> None:
    check = make_round(method="conversion")
    Respondent.objects.update(sex="")
    browser.enter(check.codes[0])
    shown = text(told(check, browser).open("stress_result"))
    assert SUMMARIES["sex_unknown"]["ja"][0] in shown
    assert "計算できず" in shown
    assert 'role="img"' not in shown


@pytest.mark.parametrize("form", ["bjsq23", "bjsq80"])
def test_the_other_questionnaires_are_answered_and_read_as_well(here: None, browser: Browser, form: str) -> None:
    check = make_round(form, method="simple_sum")
    browser.enter(check.codes[0])
    sent(browser, form=form)
    check.notify()
    browser.at = LATER
    browser.come_back("000001")
    shown = text(browser.open("stress_result"))
    assert "あなたの結果" in shown
    assert ("ワーク・エンゲイジメント" in shown) == (form == "bjsq80")
    assert ("短い調査票のため" in shown) == (form == "bjsq23")
    assert shown.count('role="img"') == (0 if form == "bjsq23" else 3)


# --- consent ----------------------------------------------------------------------------------------------------------


def test_consent_is_asked_only_after_reading(check: Check, inside: Browser) -> None:
    told(check, inside)
    assert inside.open("stress_consent")["Location"] == reverse("stress_result")
    assert inside.post("stress_consent", fields={"agreed": "on"})["Location"] == reverse("stress_result")
    assert not ConsentRecord.objects.exists()


def test_the_page_of_consent_shows_the_exact_sentence_and_nothing_is_ticked(check: Check, inside: Browser) -> None:
    told(check, inside).open("stress_result")
    shown = text(inside.open("stress_consent"))
    for words in (
        CONSENT.sentence,
        CONSENT.given,
        CONSENT.not_given,
        CONSENT.receiver,
        "不利益な取扱い",
        "取り消せます",
    ):
        assert str(words) in shown
    assert 'name="agreed"' in shown
    assert "checked" not in re.sub('name="(language|theme|size)"[^>]*', "", shown)
    answer = inside.post("stress_consent")
    assert answer.status_code == 422
    assert not ConsentRecord.objects.exists()


def test_the_wording_that_is_kept_has_its_sentence() -> None:
    assert WORDING in CONSENTS


def test_consent_and_its_withdrawal_are_two_records_and_can_be_repeated(check: Check, inside: Browser) -> None:
    told(check, inside).open("stress_result")
    assert inside.post("stress_consent", fields={"agreed": "on"}).status_code == 303
    assert "に、区への提供に同意しました" in text(inside.open("stress_result"))
    again = inside.post("stress_consent", fields={"agreed": "on"})
    assert again.status_code == 409
    assert "すでに同意しています" in text(again)
    inside.at += timedelta(minutes=1)
    assert "同意した日時" in text(inside.open("stress_withdraw"))
    assert inside.post("stress_withdraw").status_code == 303
    assert "同意を取り消しました" in text(inside.open("stress_result"))
    assert inside.post("stress_withdraw").status_code == 409
    inside.at += timedelta(minutes=1)
    assert inside.post("stress_consent", fields={"agreed": "on"}).status_code == 303
    assert list(ConsentRecord.objects.order_by("pk").values_list("given", flat=True)) == [True, False, True]
    assert set(ConsentRecord.objects.values_list("wording", flat=True)) == {WORDING}


def test_opening_the_pages_of_consent_and_application_changes_nothing(check: Check, inside: Browser) -> None:
    told(check, inside, interview=True).open("stress_result")
    before = Entry.objects.count()
    for name in ("stress_consent", "stress_withdraw", "stress_apply"):
        assert inside.open(name).status_code == 200
    assert (Entry.objects.count(), ConsentRecord.objects.count(), Interview.objects.count()) == (before, 0, 0)


# --- the interview ----------------------------------------------------------------------------------------------------


def test_the_application_says_first_that_the_employer_will_know(check: Check, inside: Browser) -> None:
    told(check, inside, answer=4, interview=True).open("stress_result")
    shown = text(inside.open("stress_apply"))
    assert "面接指導の対象であることが区に伝わります" in shown
    assert "法律で禁じられています" in shown
    assert inside.post("stress_apply").status_code == 303
    after = text(inside.open("stress_result"))
    assert "令和7年8月19日までに面接指導が行われます" in after
    again = inside.post("stress_apply")
    assert again.status_code == 409
    assert "すでに申し出ています" in text(again)
    assert Interview.objects.count() == 1


def test_the_page_follows_the_interview(check: Check, inside: Browser) -> None:
    told(check, inside, answer=4, interview=True).open("stress_result")
    inside.post("stress_apply")
    Interview.objects.update(held_on=LATER.date())
    assert "令和7年7月20日に面接指導が行われました" in text(inside.open("stress_result"))
    Interview.objects.update(held_on=None, dropped_at=LATER, dropped_why="本人の申出")
    shown = text(inside.open("stress_result"))
    assert "令和7年7月20日に、申出が取り下げられました" in shown
    assert "本人の申出" not in shown


def test_who_needs_no_interview_cannot_apply_and_is_told_where_to_ask(check: Check, inside: Browser) -> None:
    told(check, inside).open("stress_result")
    answer = inside.post("stress_apply")
    assert answer.status_code == 422
    assert "相談窓口は、だれでも使えます" in text(answer)
    assert not Interview.objects.exists()


# --- taking it along --------------------------------------------------------------------------------------------------


def test_the_own_data_come_as_a_file_of_a_neutral_name(check: Check, inside: Browser) -> None:
    answer = told(check, inside).open("stress_own_csv")
    assert answer["Content-Disposition"] == 'attachment; filename="own-20250720.csv"'
    assert answer["Cache-Control"] == "no-store"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert any("見本　1子" in cell for row in rows for cell in row)
    assert Entry.objects.filter(act="person.read").count() == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_own_result_comes_as_a_pdf_in_the_language_of_the_screen(
    check: Check, inside: Browser, language: str
) -> None:
    told(check, inside)
    inside.post("look", fields={"language": language, "next": "/"})
    answer = inside.open("stress_own_pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"] == 'attachment; filename="own-20250720.pdf"'


def test_the_page_of_the_result_takes_a_few_queries_and_is_small(check: Check, inside: Browser) -> None:
    told(check, inside, answer=4, interview=True).open("stress_result")
    with CaptureQueriesContext(connection) as asked:
        page = inside.open("stress_result")
    assert len(asked) <= 14, [query["sql"][:90] for query in asked]
    assert len(page.content) < 100_000
