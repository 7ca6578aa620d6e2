"""The employees' door: coming in, coming back, leaving; and every address of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from azukari.programmes.stress_check.models import Draft, Invitation, Login
from azukari.programmes.stress_check.steps import invitations
from azukari.witness.models import Entry
from tests import factories

from .stress_employee_stage import (
    CONTACT,
    PASSPHRASE,
    Browser,
    Check,
    browser,
    check,
    here,
    inside,
    text,
)

__all__ = ["browser", "check", "here", "inside"]

# --- the door ---------------------------------------------------------------------------------------------------------


def test_without_a_round_the_door_says_that_none_is_under_way(browser: Browser) -> None:
    assert "今、行っているストレスチェックはありません" in text(browser.open("home"))
    assert "今、行っているストレスチェックはありません" in text(browser.open("stress_return"))
    assert browser.come_back("000001").status_code == 200


def test_the_door_says_who_sees_what_until_when_and_whom_to_ask(check: Check, browser: Browser) -> None:
    told = text(browser.open("home"))
    assert "あなたの回答は、上司も、人事も、区のだれも見ません。" in told
    assert "令和7年6月30日" in told
    assert CONTACT in told
    assert reverse("stress_enter") in told
    assert reverse("stress_return") in told


def test_before_the_first_and_after_the_last_day_the_door_says_so(check: Check, browser: Browser) -> None:
    browser.at = factories.at(6, 1)
    assert "回答の受付は、令和7年6月2日からです" in text(browser.open("home"))
    browser.at = factories.at(7, 1)
    assert "回答の受付は終わりました" in text(browser.open("home"))


def test_code_birth_date_and_own_words_let_in_and_the_next_page_is_the_overview(check: Check, browser: Browser) -> None:
    answer = browser.enter(check.codes[0])
    assert (answer.status_code, answer["Location"]) == (303, reverse("stress_answers"))
    shown = text(browser.open("stress_answers"))
    assert "見本　1子 さんの画面です" in shown
    assert "全部で57問のうち、0問に答えました" in shown


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"birth": "1980-04-02"}, "入れません。招待コードと生年月日を確かめてください"),
        ({"birth": "ずっと前"}, "生年月日を読めません"),
        ({"passphrase": "短い合言葉123"}, "合言葉は10文字以上"),
        ({"again": "asagao-to-kosumosu"}, "二つの合言葉が違います"),
    ],
)
def test_what_does_not_fit_at_the_door_is_said_on_the_same_page(
    check: Check, browser: Browser, fields: dict[str, str], told: str
) -> None:
    answer = browser.enter(check.codes[0], **fields)
    assert answer.status_code == 422
    assert told in text(answer)
    assert 'id="error-summary"' in text(answer)
    assert PASSPHRASE not in text(answer)
    assert not Login.objects.exists()


def test_a_code_with_hyphens_and_small_letters_is_the_same_code(check: Check, browser: Browser) -> None:
    code = check.codes[0].lower()
    assert browser.enter("-".join(code[n : n + 4] for n in range(0, 16, 4))).status_code == 303


def test_a_link_fills_in_the_code_and_opening_it_changes_nothing(check: Check, browser: Browser) -> None:
    before = Entry.objects.count()
    page = browser.open("stress_enter_link", check.codes[0])
    assert f'value="{check.codes[0]}"' in text(page)
    title = re.search("<title>(.*?)</title>", text(page), re.DOTALL)
    assert title
    assert check.codes[0] not in title.group(1)
    assert Entry.objects.count() == before
    assert Invitation.objects.filter(used_at=None, voided_at=None).count() == 3


def test_a_link_opened_twice_says_that_it_was_used_and_lets_nobody_in(check: Check, browser: Browser) -> None:
    browser.enter(check.codes[0])
    shared = browser.other()
    assert "この招待コードは、使い終わったか" in text(shared.open("stress_enter_link", check.codes[0]))
    answer = shared.enter(check.codes[0], passphrase="betsu-no-aikotoba")
    assert answer.status_code == 422
    assert "使い終えた招待コードは使えません" in text(answer)
    assert shared.open("stress_answers").status_code == 303


def test_a_code_that_never_was_is_not_told_from_one_that_waits(check: Check, browser: Browser) -> None:
    pages = [text(browser.open("stress_enter_link", code)) for code in ("A" * 16, check.codes[0])]
    plain = [re.sub('(next|code|csrfmiddlewaretoken)" value="[^"]*"', "", page) for page in pages]
    assert plain[0] == plain[1]


def test_after_five_wrong_birth_dates_the_right_one_does_not_open_either(check: Check, browser: Browser) -> None:
    for _ in range(invitations.MOST_TRIES):
        assert browser.enter(check.codes[0], birth="1980-04-02").status_code == 422
    assert browser.enter(check.codes[0]).status_code == 422


def test_one_comes_back_on_another_device_and_goes_on(check: Check, inside: Browser) -> None:
    inside.answer("a1", {"q1": 3}, go="rest")
    other = inside.other()
    assert other.come_back("000001")["Location"] == reverse("stress_answers")
    assert "57問のうち、1問に答えました" in text(other.open("stress_answers"))


@pytest.mark.parametrize(("number", "words"), [("000001", "chigau-aikotoba"), ("999999", PASSPHRASE)])
def test_wrong_words_and_an_unknown_number_get_the_same_answer(
    check: Check, inside: Browser, number: str, words: str
) -> None:
    answer = inside.other().come_back(number, words)
    assert answer.status_code == 422
    assert "入れません。職員番号と合言葉を確かめてください。" in text(answer)


def test_leaving_leaves_nothing_behind(inside: Browser) -> None:
    assert inside.post("stress_leave")["Location"] == reverse("home")
    assert inside.open("stress_answers")["Location"] == reverse("stress_return")


def test_a_new_code_that_is_used_closes_the_pages_of_the_old_visit(check: Check, inside: Browser) -> None:
    fresh = invitations.issue(
        round_=check.round, respondents=[check.fresh(0)], kind=Invitation.Kind.SLIP, by=check.clerk, now=inside.at
    )
    other = inside.other()
    assert other.enter(fresh[0].code).status_code == 303
    assert inside.open("stress_answers")["Location"] == reverse("stress_return")
    assert "この画面は閉じました" in text(inside.open("stress_return"))
    assert other.open("stress_answers").status_code == 200


def test_a_form_that_comes_after_the_visit_is_over_is_said_to_be_unsaved(inside: Browser) -> None:
    inside.at += timedelta(hours=11)
    assert inside.post("stress_part", "a1", fields={"q1": 1, "revision": "0"}).status_code == 303
    told = text(inside.open("stress_return"))
    assert "この画面は閉じました" in told
    assert "いま送ろうとした内容は、保存されていません" in told
    assert not Draft.objects.exists()


def test_a_visit_ends_after_ten_hours(inside: Browser) -> None:
    inside.at += timedelta(hours=10)
    assert inside.open("stress_answers").status_code == 200
    inside.at += timedelta(seconds=1)
    assert inside.open("stress_answers").status_code == 303


def test_a_reading_person_pushes_the_idle_end_on(inside: Browser) -> None:
    inside.at += timedelta(minutes=20)
    assert inside.open("stress_stay").status_code == 204
    assert inside.client.session["stress_check"]["touched"] == int(inside.at.timestamp())


def test_somebody_else_on_the_same_browser_finds_nothing_of_the_person_before(check: Check, inside: Browser) -> None:
    inside.answer("a1", {"q1": 3})
    key = inside.client.session.session_key
    inside.enter(check.codes[1])
    assert inside.client.session.session_key != key
    shown = text(inside.open("stress_answers"))
    assert "見本　2子" in shown
    assert "0問に答えました" in shown


# --- every address ----------------------------------------------------------------------------------------------------


def addresses() -> Iterator[URLPattern]:
    def below(patterns: list[Any]) -> Iterator[URLPattern]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from below(pattern.url_patterns)
            else:
                yield pattern

    yield from below(get_resolver("azukari.surfaces.employee.urls").url_patterns)


OWN = [pattern for pattern in addresses() if hasattr(pattern.callback, "own")]
ARGUMENTS = {"stress_part": ["a1"]}


@pytest.mark.parametrize("name", [pytest.param(pattern.name, id=str(pattern.name)) for pattern in OWN])
def test_an_own_page_opens_to_nobody_who_has_not_come_in(check: Check, browser: Browser, name: str) -> None:
    url = reverse(name, args=ARGUMENTS.get(name, []))
    for method in (browser.client.get, browser.client.post):
        answer = method(url)
        assert answer.status_code in {303, 405}
        assert answer.status_code == 405 or answer["Location"] == reverse("stress_return")


def test_every_address_says_that_it_is_own_or_public_and_names_nobody() -> None:
    found = list(addresses())
    assert [p.name for p in found if not (hasattr(p.callback, "own") or hasattr(p.callback, "public"))] == []
    assert {key for p in found for key in p.pattern.converters} == {"code", "key"}
    assert len(OWN) >= 11


def test_no_page_is_kept_by_a_browser(inside: Browser) -> None:
    for name in ("home", "stress_enter", "stress_return", "stress_answers", "stress_review", "stress_result"):
        assert inside.open(name)["Cache-Control"] == "no-store"


def test_no_get_of_a_page_writes_anything_before_the_result(inside: Browser) -> None:
    before = Entry.objects.count(), Draft.objects.count()
    for pattern in OWN:
        inside.open(str(pattern.name), *ARGUMENTS.get(str(pattern.name), []))
    assert (Entry.objects.count(), Draft.objects.count()) == before
