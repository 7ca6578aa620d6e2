"""The employees' questionnaire: page by page, saved as one goes, two tabs, looked through, sent once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from azukari.programmes.stress_check.models import AnswerSheet, Draft, Round
from azukari.programmes.stress_check.steps import answering, invitations, own_result
from azukari.programmes.stress_check.views.employee import refusals
from azukari.programmes.stress_check.views.employee.parts import MOST, parts
from azukari.witness.models import Entry

from .stress_employee_stage import (
    AFTERWARDS,
    Browser,
    Check,
    all_answers,
    browser,
    check,
    here,
    inside,
    text,
)

__all__ = ["browser", "check", "here", "inside"]

LAST = {"bjsq57": 57, "bjsq23": 23, "bjsq80": 80}


# --- answering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", LAST)
def test_the_pages_hold_every_question_once_and_not_too_many_each(form: str) -> None:
    found = [item.key for part in parts(form) for item in part.items]
    assert len(found) == len(set(found)) == LAST[form]
    assert max(len(part.items) for part in parts(form)) <= MOST


def test_every_question_is_a_group_with_the_published_words_and_nothing_chosen(inside: Browser) -> None:
    shown = text(inside.open("stress_part", "a1"))
    assert shown.count("<fieldset") >= 9
    for words in ("非常にたくさんの仕事をしなければならない", "そうだ", "まあそうだ", "ややちがう", "ちがう"):
        assert words in shown
    form = shown[shown.index('class="questions"') :]
    assert "checked" not in form[: form.index("</form>")]


def test_a_question_of_a_shared_stem_says_the_stem_in_its_legend(inside: Browser) -> None:
    shown = text(inside.open("stress_part", "c1"))
    stem = "次の人たちはどのくらい気軽に話ができますか？"
    assert shown.count(f'<span class="hidden-text">{stem}</span>') == 3
    assert shown.count(f'<h2 class="question-stem">{stem}') == 1


def test_in_english_the_questions_are_english(inside: Browser) -> None:
    inside.post("look", fields={"language": "en", "next": "/"})
    shown = text(inside.open("stress_part", "a1"))
    assert "I have an extremely large amount of work to do" in shown
    assert "Moderately so" in shown
    assert '<html lang="en"' in shown


def test_a_half_answered_page_is_saved_and_the_next_one_says_what_is_open(check: Check, inside: Browser) -> None:
    answer = inside.answer("a1", {"q1": 1, "q2": 4})
    assert answer["Location"] == reverse("stress_part", args=["a2"])
    assert "まだ答えていない質問が7問あります" in text(inside.open("stress_part", "a2"))
    assert answering.draft_of(check.fresh(0))[0] == {"q1": 1, "q2": 4}


@pytest.mark.parametrize(
    ("part", "go", "name", "args"),
    [
        ("a2", "back", "stress_part", ["a1"]),
        ("a1", "back", "stress_answers", []),
        ("a1", "rest", "stress_answers", []),
        ("d1", "next", "stress_review", []),
        ("b1", "next", "stress_part", ["b2"]),
    ],
)
def test_the_buttons_save_and_go_where_they_say(
    inside: Browser, part: str, go: str, name: str, args: list[str]
) -> None:
    key = next(found.items[0].key for found in parts("bjsq57") if found.key == part)
    assert inside.answer(part, {key: 1}, go=go)["Location"] == reverse(name, args=args)
    assert Draft.objects.get().revision == 1


def test_what_is_saved_is_chosen_when_the_page_is_opened_again(inside: Browser) -> None:
    inside.answer("a1", {"q1": 3})
    assert '<input type="radio" name="q1" value="3" checked>' in text(inside.open("stress_part", "a1"))


def test_the_same_answers_again_are_no_saving(inside: Browser) -> None:
    inside.answer("a1", {"q1": 3})
    inside.answer("a1", {"q1": 3}, revision="0")
    assert Draft.objects.get().revision == 1


def test_answers_of_other_pages_and_answers_that_do_not_exist_are_left_alone(check: Check, inside: Browser) -> None:
    inside.answer("a1", {"q1": 2, "q2": 5, "q57": 1, "name": 1})
    assert answering.draft_of(check.fresh(0))[0] == {"q1": 2}


def test_the_script_gets_the_new_revision_and_words_to_read_out(inside: Browser) -> None:
    inside.open("stress_part", "a1")
    answer = inside.post("stress_part", "a1", fields={"q1": 1, "revision": "0"}, accept="application/json")
    assert answer.status_code == 200
    assert answer.json()["revision"] == 1
    assert "保存しました（10:00）。" in answer.json()["told"]
    assert "このページは、あと8問です。" in answer.json()["told"]


def test_the_script_is_told_when_the_visit_is_over(check: Check, browser: Browser) -> None:
    answer = browser.post("stress_part", "a1", fields={"q1": 1, "revision": "0"}, accept="application/json")
    assert answer.status_code == 401
    assert answer.json()["told"]


def test_a_page_that_does_not_exist_is_404(inside: Browser) -> None:
    assert inside.open("stress_part", "z9").status_code == 404


# --- two tabs ---------------------------------------------------------------------------------------------------------


def test_a_second_tab_writes_over_nothing_and_loses_nothing(check: Check, inside: Browser) -> None:
    inside.open("stress_part", "a1")
    old = inside.revision()
    inside.answer("a1", {"q1": 1, "q2": 1})
    answer = inside.answer("a1", {"q1": 4, "q3": 4}, revision=old)
    assert answer.status_code == 409
    shown = text(answer)
    assert "別の画面で保存されています" in shown
    assert '<input type="radio" name="q1" value="1" checked>' in shown  # what is saved
    assert shown.count(">未保存</span>") == 3  # the sign's meaning, q1 and q3 as chosen here
    assert '<input type="radio" name="q3" value="4" checked>' in shown  # open in the other tab: stays chosen
    assert answering.draft_of(check.fresh(0)) == ({"q1": 1, "q2": 1}, 1)
    inside.page = answer
    again = inside.answer("a1", {"q1": 1, "q2": 1, "q3": 4}, revision=inside.revision())
    assert again.status_code == 303
    assert answering.draft_of(check.fresh(0)) == ({"q1": 1, "q2": 1, "q3": 4}, 2)


def test_the_script_of_a_second_tab_is_told_so_and_saves_nothing(inside: Browser) -> None:
    inside.answer("a1", {"q1": 1})
    answer = inside.post("stress_part", "a1", fields={"q1": 4, "revision": "0"}, accept="application/json")
    assert answer.status_code == 409
    assert "別の画面で保存されています" in answer.json()["told"][0]


def test_a_form_without_its_revision_saves_nothing(inside: Browser) -> None:
    assert inside.answer("a1", {"q1": 1}, revision="x").status_code == 409
    assert not Draft.objects.exists()


# --- looking through and sending --------------------------------------------------------------------------------------


def test_the_review_lists_what_is_open_first_with_links_and_cannot_be_sent(inside: Browser) -> None:
    inside.answer("a1", {"q1": 1})
    shown = text(inside.open("stress_review"))
    assert "まだ答えていない質問が56問あります" in shown
    assert f'{reverse("stress_part", args=["a1"])}#q2"' in shown
    assert reverse("stress_send") not in shown
    answer = inside.post("stress_send", fields={"revision": "1"})
    assert answer.status_code == 422
    assert "送信していません" in text(answer)
    assert not AnswerSheet.objects.exists()


def test_a_whole_form_is_sent_once_and_every_page_of_answering_leads_to_the_thanks(
    check: Check, inside: Browser
) -> None:
    inside.answer_all()
    assert "すべての質問に答えました" in text(inside.open("stress_review"))
    assert inside.send()["Location"] == reverse("stress_done")
    done = text(inside.open("stress_done"))
    assert "回答を受け付けました" in done
    assert "続きから始める" in done
    for name, args in (("stress_answers", []), ("stress_part", ["a1"]), ("stress_review", [])):
        assert inside.open(name, *args)["Location"] == reverse("stress_done")
    late = inside.post("stress_part", "a1", fields={"q1": 4, "revision": "7"})
    assert late["Location"] == reverse("stress_done")
    assert inside.post("stress_send", fields={"revision": "7"})["Location"] == reverse("stress_done")
    assert AnswerSheet.objects.count() == 1
    assert inside.other().come_back("000001")["Location"] == reverse("stress_done")


def test_an_answer_changed_after_the_review_is_looked_at_again_before_sending(inside: Browser) -> None:
    inside.answer_all()
    inside.open("stress_review")
    old = inside.revision()
    inside.answer("a1", {"q1": 4})
    answer = inside.post("stress_send", fields={"revision": old})
    assert answer.status_code == 409
    assert "もう一度確かめてから送信してください" in text(answer)
    assert not AnswerSheet.objects.exists()


def test_before_sending_there_are_no_thanks(inside: Browser) -> None:
    assert inside.open("stress_done")["Location"] == reverse("stress_answers")


def test_after_the_last_day_nothing_is_saved_and_the_page_says_so(inside: Browser) -> None:
    inside.open("stress_part", "a1")
    inside.at = AFTERWARDS
    inside.enter("x" * 16)
    session = inside.client.session
    session["stress_check"] = {**session["stress_check"], "since": int(AFTERWARDS.timestamp())}
    session.save()
    answer = inside.post("stress_part", "a1", fields={"q1": 1, "revision": "0"})
    assert answer.status_code == 403
    assert "回答の受付期間ではありません" in text(answer)
    script = inside.post("stress_part", "a1", fields={"q1": 1, "revision": "0"}, accept="application/json")
    assert (script.status_code, len(script.json()["told"])) == (403, 1)
    assert not Draft.objects.exists()


def test_a_finished_round_is_open_to_nobody(check: Check, inside: Browser) -> None:
    Round.objects.update(state=Round.State.FINISHED)
    assert inside.open("stress_answers").status_code == 303


def test_the_log_names_the_person_by_reference_and_holds_no_answer_and_no_code(check: Check, inside: Browser) -> None:
    inside.answer("a1", {"q1": 1})
    written = Entry.objects.exclude(act="stress.work")
    assert [entry.act for entry in written.order_by("seq")] == ["person.enter", "person.answer"]
    assert all(check.codes[0] not in str(vars(entry)) and "q1" not in str(vars(entry)) for entry in written)


def test_what_the_steps_say_is_known_to_the_pages_in_both_languages() -> None:
    said = {
        value
        for module in (invitations, answering, own_result)
        for value in re.findall(r'"([^"\n]+。)"', module_source(module))
    }
    assert [sentence for sentence in refusals.SAID_BY_STEPS if sentence not in said] == []


def module_source(module: Any) -> str:
    from pathlib import Path

    return Path(module.__file__).read_text(encoding="utf-8")


# --- what a page costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "most"),
    [("stress_answers", [], 4), ("stress_part", ["b1"], 4), ("stress_review", [], 4), ("stress_result", [], 3)],
)
def test_a_page_takes_a_few_queries_and_is_small(inside: Browser, name: str, args: list[str], most: int) -> None:
    inside.answer_all()
    inside.open(name, *args)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = inside.open(name, *args)
    assert len(asked) <= most, [query["sql"][:90] for query in asked]
    assert len(page.content) < 100_000


def test_a_saving_takes_a_few_queries(inside: Browser) -> None:
    inside.answer("a1", {"q1": 1})
    inside.open("stress_part", "a1")
    revision = inside.revision()
    with CaptureQueriesContext(connection) as asked:
        inside.answer("a1", dict(list(all_answers().items())[:9]), revision=revision)
    assert len(asked) <= 30, [query["sql"][:90] for query in asked]
