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
