"""Signing in as a person does: password, code, lock, the end of a session, proving again before something leaves."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from azukari.parties import accounts
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Account, Handler, Organisation
from azukari.web.signin.views import demo_code
from azukari.witness.models import Entry
from tests.fixtures.web import prove_again, sign_in, surface

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 3, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
PASSWORD = "kuruma-to-densha-7"


@pytest.fixture(autouse=True)
def ward(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    surface(settings, "ward")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": tmp_path}}
    monkeypatch.setattr("azukari.web.clock.now", lambda: NOW)
    ward = Organisation.objects.create(key="ward", name="新宿区", type="ward")
    company = Organisation.objects.create(key="printer", name="印刷会社", type="company")
    for key, organisation, role in [
        ("W001", ward, "officer"), ("W002", ward, "officer"), ("W101", ward, "privacy_officer"),
        ("E001", company, "handler"), ("E901", company, "responsible"),
    ]:  # fmt: skip
        Handler.objects.create(key=key, name=f"職員{key}", organisation=organisation, role=role,
                               reported_on=date(2026, 4, 1))  # fmt: skip


def account_of(key: str) -> Account:
    handler = Handler.objects.get(key=key)
    account = Account.objects.create(username=key)
    account.set_password(PASSWORD)
    account.save()
    handler.account = account
    handler.save()
    Authenticator.objects.create(user=account, type="totp", data={"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})
    return account


def enter(client: Client, key: str, password: str = PASSWORD, next_url: str = "/frame/") -> Any:
    return client.post(reverse("account_login"), {"login": key, "password": password, "next": next_url})


def enter_with_code(client: Client, account: Account, next_url: str = "/frame/") -> Any:
    first = enter(client, account.username, next_url=next_url)
    assert first["Location"].startswith(reverse("mfa_authenticate"))
    return client.post(first["Location"], {"code": demo_code(account)})


def test_password_and_code_open_the_door_and_both_are_logged() -> None:
    client, account = Client(), account_of("W001")
    assert client.get("/frame/")["Location"] == "/sign-in/?next=%2Fframe%2F"
    answer = enter_with_code(client, account)
    assert answer["Location"] == "/frame/"
    assert client.get("/frame/").status_code == 200
    assert Entry.objects.get(act="session.begin").actor == "W001"


def test_the_password_alone_opens_nothing() -> None:
    client = Client()
    account_of("W001")
    enter(client, "W001")
    assert client.get("/frame/").status_code == 302


def test_without_a_second_factor_nothing_opens_but_its_enrolment() -> None:
    client, account = Client(), account_of("W001")
    Authenticator.objects.all().delete()
    enter(client, account.username)
    assert client.get("/frame/")["Location"] == reverse("mfa_activate_totp")
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


@pytest.mark.parametrize(("tries", "locked"), [(4, False), (5, True), (6, True)])
def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(
    tries: int, locked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_of("W001")
    for _ in range(tries):
        assert "違います" in enter(Client(), "W001", "wrong-password-1").content.decode() or locked
    answer = enter(Client(), "W001")
    assert (answer.status_code == 302) is not locked
    if locked:
        assert "15分間" in answer.content.decode()
        monkeypatch.setattr("azukari.web.clock.now", lambda: NOW + timedelta(minutes=15, seconds=1))
        assert enter(Client(), "W001").status_code == 302


def test_wrong_codes_lock_as_wrong_passwords_do() -> None:
    client = Client()
    account_of("W001")
    code = enter(client, "W001")["Location"]
    for _ in range(5):
        client.post(code, {"code": "000000"})
    assert "15分間" in enter(Client(), "W001").content.decode()


def test_a_name_that_nobody_has_is_answered_and_locked_like_one_that_somebody_has() -> None:
    account_of("W001")
    known = [enter(Client(), "W001", "wrong-password-1") for _ in range(6)]
    unknown = [enter(Client(), "X999", "wrong-password-1") for _ in range(6)]
    for one, other in zip(known, unknown, strict=True):
        assert one.status_code == other.status_code == 200
        assert ("15分間" in one.content.decode()) == ("15分間" in other.content.decode())
    assert not Entry.objects.filter(details__contains="X999").exists()
    assert not Entry.objects.filter(actor="X999").exists()


def test_a_handler_removed_this_morning_is_out_at_the_next_request() -> None:
    client = Client()
    sign_in(client, "W001")
    assert client.get("/frame/").status_code == 200
    Handler.objects.filter(key="W001").update(removed_on=NOW.date())
    assert client.get("/frame/").status_code == 302
    Handler.objects.filter(key="W001").update(removed_on=None)
    assert client.get("/frame/").status_code == 302, "the session is gone, not asleep"


@pytest.mark.parametrize(("reported", "status"), [(date(2026, 4, 3), 200), (date(2026, 4, 4), 302)])
def test_a_handler_gets_in_from_the_day_reported(reported: date, status: int) -> None:
    client = Client()
    sign_in(client, "W001")
    Handler.objects.filter(key="W001").update(reported_on=reported)
    assert client.get("/frame/").status_code == status


def test_a_contractor_does_not_get_into_the_ward(settings: Any) -> None:
    client = Client()
    sign_in(client, "E001")
    assert client.get("/frame/").status_code == 302
    surface(settings, "partner")
    client = Client()
    sign_in(client, "E001")
    assert client.get("/frame/").status_code == 200


def test_the_session_key_is_another_one_after_signing_in() -> None:
    client, account = Client(), account_of("W001")
    enter(client, "W001", "wrong-password-1")
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = "x"
    session.save()
    planted = session.session_key
    enter_with_code(client, account)
    assert client.session.session_key != planted


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/frame/\r\nSet-Cookie: a=b", "javascript:1"]
)
def test_signing_in_leads_nowhere_else(target: str) -> None:
    client, account = Client(), account_of("W001")
    answer = enter_with_code(client, account, next_url=target)
    assert "evil" not in answer["Location"]
    assert "javascript" not in answer["Location"]
    assert "\n" not in answer["Location"]
    assert "a" not in client.cookies


def test_what_was_typed_comes_back_to_the_same_person_after_signing_in_again(settings: Any) -> None:
    surface(settings, "ward")
    client, account = Client(), account_of("W101")
    enter_with_code(client, account)
    assert client.get("/frame/").status_code == 200
    client.session.flush()
    url = reverse("account_open", args=["E001"])
    answer = client.post(url, {"remark": "途中まで入れた文", "password": "secret"})
    assert answer["Location"].startswith(reverse("account_login"))
    kept = str(dict(client.session))
    assert "途中まで" not in kept
    Authenticator.objects.update(data={"secret": "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"})
    enter_with_code(client, account, next_url=url)
    prove_again(client, Handler.objects.get(key="W101"))
    page = client.get(url)
    assert page.status_code == 200
    assert "入力した内容は下に残っています" in page.content.decode()
    assert "入力した内容は下に残っています" not in client.get(url).content.decode()


def test_what_was_typed_is_never_given_to_another_account() -> None:
    client, account, other = Client(), account_of("W101"), account_of("W001")
    enter_with_code(client, account)
    client.get("/frame/")
    client.session.flush()
    url = reverse("account_open", args=["E001"])
    client.post(url, {"remark": "途中まで入れた文"})
    enter_with_code(client, other, next_url=url)
    prove_again(client, Handler.objects.get(key="W001"))
    assert "入力した内容は下に残っています" not in client.get(url).content.decode()
    assert "kept" not in client.session


def test_an_account_is_opened_by_somebody_else_shown_once_and_changed_at_first_use() -> None:
    client = Client()
    sign_in(client, "W101")
    page = client.post(reverse("account_open", args=["W002"]), {})
    password = page.context["password"]
    assert password in page.content.decode()
    other = Client()
    answer = enter(other, "W002", password)
    assert answer.status_code == 302
    assert other.get("/frame/")["Location"] == reverse("account_change_password")
    new = {"oldpassword": password, "password1": PASSWORD, "password2": PASSWORD}
    assert other.post(reverse("account_change_password"), new).status_code == 302
    assert other.get("/frame/")["Location"] == reverse("mfa_activate_totp")
    assert not Entry.objects.filter(details__contains=password).exists()


def test_a_first_password_ends_after_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    password = accounts.open_account(
        handler=Handler.objects.get(key="W002"), by=Handler.objects.get(key="W101"), now=NOW
    )
    monkeypatch.setattr("azukari.web.clock.now", lambda: NOW + timedelta(days=7, seconds=1))
    client = Client()
    enter(client, "W002", password)
    assert client.get("/frame/")["Location"] == reverse("account_login")


@pytest.mark.parametrize(("by", "whose"), [("W101", "W101"), ("E901", "W002"), ("E901", "E901"), ("E001", "E001")])
def test_nobody_opens_their_own_account_or_one_of_another_company(by: str, whose: str) -> None:
    handler, opener = Handler.objects.get(key=whose), Handler.objects.get(key=by)
    with pytest.raises((NotPermitted, PermissionError)):
        accounts.open_account(handler=handler, by=opener, now=NOW)
    assert Handler.objects.get(key=whose).account is None


def test_one_proof_serves_one_act() -> None:
    client = Client()
    sign_in(client, "W101")
    first = reverse("account_open", args=["W002"])
    assert client.post(first, {}).status_code == 200
    again = client.post(reverse("account_open", args=["W001"]), {})
    assert again["Location"].startswith(reverse("mfa_reauthenticate"))


def test_an_act_that_leaves_asks_again_who_it_is_and_comes_back() -> None:
    client, account = Client(), account_of("W101")
    enter_with_code(client, account)
    url = reverse("account_open", args=["W002"])
    asked = client.get(url)["Location"]
    Authenticator.objects.update(data={"secret": "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU"})
    answer = client.post(asked, {"code": demo_code(account), "next": url})
    assert answer["Location"] == url
    assert client.get(url).status_code == 200


def test_a_forged_form_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, "W101")
    assert client.post(reverse("account_open", args=["W002"]), {}).status_code == 403
    assert Handler.objects.get(key="W002").account is None


def test_signing_out_takes_a_post() -> None:
    client = Client()
    sign_in(client, "W001")
    client.get(reverse("account_logout"))
    assert client.get("/frame/").status_code == 200
    client.post(reverse("account_logout"))
    assert client.get("/frame/").status_code == 302
    assert Entry.objects.get(act="session.end").actor == "W001"


@pytest.mark.parametrize("demo", [True, False])
def test_the_code_is_shown_in_the_demo_alone(demo: bool, settings: Any) -> None:
    settings.AZUKARI_DEMO = demo
    client, account = Client(), account_of("W001")
    page = client.get(enter(client, "W001")["Location"]).content.decode()
    assert (demo_code(account) in page) is demo


def test_cookies_are_for_this_surface_and_out_of_scripts_reach(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client, account = Client(), account_of("W001")
    enter_with_code(client, account)
    for name in ("azukari_ward_session", "azukari_ward_csrf", "azukari_ward_last"):
        cookie = client.cookies[name]
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["samesite"] in {"Lax", "Strict"}
