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
    assert {"sign-in", "enrol"} <= world.pictures


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


def test_the_keyboard_alone_signs_in_skips_to_the_content_and_presses_buttons(world: World, browser: Any) -> None:
    officer = Person("W002", world, browser)
    page, keys = officer.page, officer.page.keyboard
    page.goto("/sign-in/")
    # given a person without a mouse who signs in
    tab_to(page, "input[name=login]")
    keys.type(officer.key)
    keys.press("Tab")
    keys.type(officer.account["password"])
    keys.press("Enter")
    page.wait_for_url("**/sign-in/code/**")
    for _ in range(3):
        tab_to(page, "input[name=code]")
        keys.type(officer.code())
        tab_to(page, "main button[type=submit]")
        with page.expect_navigation():
            keys.press("Space")
        if "/sign-in/code" not in page.url:
            break
        officer.await_another_code()
    assert page.url == f"{officer.origin}/"
    # when the menu is skipped
    officer.open("/rosters/")
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "本文へ移動"
    keys.press("Enter")
    keys.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    # then what has the focus is seen to have it, and is pressed
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    tab_to(page, "main a[href='/rosters/new/']")
    keys.press("Enter")
    page.wait_for_url("**/rosters/new/")
    tab_to(page, "form.act button[type=submit]")
    keys.press("Space")
    # and where fields are missing, the keyboard is led there
    page.wait_for_function("document.activeElement.matches('input:invalid, #error-summary')")
    officer.context.close()


def tab_to(page: Any, chosen: str) -> None:
    """Press the tabulator until that has the focus, as somebody without a mouse has to."""
    for _ in range(60):
        if page.evaluate("chosen => document.activeElement.matches(chosen)", chosen):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{page.url}: {chosen} is not reached by the keyboard")


def test_dark_screens_with_the_largest_letters_are_as_fit_to_be_used(world: World, browser: Any) -> None:
    officer = Person("W001", world, browser, color_scheme="dark")
    officer.sign_in()
    officer.page.locator("footer summary").click()
    officer.fill(size="largest")
    officer.press("この表示にする")
    assert officer.page.locator("html[data-size=largest]").count()
    ground = officer.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(26, 26, 26)"
    for page in ("/", "/rosters/", "/rosters/new/", "/people/look-up/", "/handovers/", "/register/", "/parties/"):
        officer.open(page)
        officer.looks_right()
    officer.refused("/people/look-up/", told="生年月日を読めません", text="佐藤", birth="いつか", purpose="名簿の確認")
    officer.context.close()
