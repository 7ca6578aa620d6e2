"""The first sign-in of somebody new, the keyboard, and a page without scripts."""

from __future__ import annotations

from typing import Any

from .person import Person, World
from .ward import NEVER_SIGNED_IN


def test_a_new_officer_changes_the_password_and_enrols_a_second_factor(
    world: World, browser: Any, code_of: Any
) -> None:
    officer = Person(NEVER_SIGNED_IN, world, browser)
    # given the first password that was handed over
    officer.page.goto("/")
    officer.looks_right("sign-in")
    officer.fill(login=officer.key, password=officer.account["password"])
    officer.press("次へ")
    # then it has to be changed before anything else
    officer.looks_right()
    officer.fill(oldpassword=officer.account["password"], password1="kawa-to-hashi-88", password2="kawa-to-hashi-88")
    officer.press("変更する")
    officer.account["password"] = "kawa-to-hashi-88"
    # and a second factor enrolled
    officer.looks_right("enrol")
    officer.fill(code=code_of(officer.page.locator("main code").first.inner_text()))
    officer.press("登録する")
    officer.prove()
    officer.looks_right()
    officer.follow("控えたので、ホームへ進む")
    officer.looks_right()
    assert "次の順に始めてください" in officer.said()
    # and from then on both are asked for
    officer.context.clear_cookies()
    officer.sign_in()
    officer.context.close()


def test_without_scripts_the_acts_work_as_well(world: World, browser: Any) -> None:
    privacy = Person("W101", world, browser, java_script_enabled=False)
    privacy.sign_in()
    # an act with a form, refused and then done
    privacy.open("/parties/of/toppan-edge/report/")
    privacy.fill(key="E001", name="取扱者 新田", role="handler", reported_on="2025-03-03")
    privacy.press("取扱者を報告する")
    assert privacy.page.locator(".error-summary").count()
    privacy.act("/parties/of/toppan-edge/report/", key="E777", name="取扱者 新田", role="handler",
                reported_on="2025-03-03", told="取扱者を報告しました")  # fmt: skip
    # an act that asks for the proof, and a first password that is shown once
    privacy.open("/handlers/E777/account/")
    assert "一度だけ" in privacy.said()
    # long work: the page asks again by itself
    privacy.act("/log/state/sign/", told="署名しました")
    privacy.act("/log/state/verify/", told="異常なし")
    privacy.context.close()


def test_the_keyboard_alone_signs_in_and_skips_to_the_content(world: World, person: Any) -> None:
    officer = person("W001")
    officer.open("/rosters/")
    officer.page.keyboard.press("Tab")
    assert officer.page.evaluate("document.activeElement.textContent.trim()") == "本文へ移動"
    officer.page.keyboard.press("Enter")
    officer.page.keyboard.press("Tab")
    assert officer.page.evaluate("document.querySelector('main').contains(document.activeElement)")
    shown = officer.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shown != "none"
