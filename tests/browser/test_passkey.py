"""A passkey as the second factor: enrolled instead of an app, asked for at sign-in and before a release."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .person import Person, World
from .ward import NEVER_SIGNED_IN

DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
PASSWORD = "yama-to-kawa-2025"


def test_a_passkey_is_enrolled_and_opens_what_a_code_would(world: World, browser: Any) -> None:
    by_name = {surface: url.replace("127.0.0.1", "localhost") for surface, url in world.urls.items()}
    officer = Person(NEVER_SIGNED_IN, replace(world, urls=by_name), browser)  # passkeys know no bare addresses
    page = officer.page
    device = officer.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    # given somebody new who has changed the first password
    page.goto("/")
    officer.fill(login=officer.key, password=officer.account["password"])
    officer.press("次へ")
    officer.fill(oldpassword=officer.account["password"], password1=PASSWORD, password2=PASSWORD)
    officer.press("変更する")
    officer.account["password"] = PASSWORD
    # when a passkey is enrolled in place of an app
    officer.follow("認証アプリの代わりに、パスキーを登録する")
    officer.looks_right()
    officer.press("登録する")
    page.wait_for_url("**/sign-in/again/**")
    officer.prove()
    officer.looks_right()
    officer.open("/sign-in/factors/")
    assert "パスキー: この端末" in officer.said()
    officer.looks_right()
    # then it is asked for at the next sign-in
    officer.context.clear_cookies()
    page.goto("/sign-in/")
    officer.fill(login=officer.key, password=PASSWORD)
    officer.press("次へ")
    officer.looks_right()
    officer.press("パスキーを使う")
    page.wait_for_url(f"{officer.origin}/")
    # and before an act that lets something out
    page.goto("/handlers/E001/account/reset/")
    page.get_by_role("link", name="パスキーで確かめる").click()
    officer.press("パスキーを使う")
    page.wait_for_url("**/account/reset/")
    officer.context.close()
