"""Error pages: a reference number that the log has too, the refusal's own words, and nothing about anybody."""

from __future__ import annotations

import logging
import re
from importlib import import_module

import pytest
from django.test import Client
from django.utils.log import AdminEmailHandler

from azukari.web import faults

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.web.odd_urls")]

NAME, NUMBER = "新宿 花子", "9876543210"
REFERENCE = re.compile(r"[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}")


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


@pytest.fixture
def log(caplog):
    """What the server's log holds, written by the formatter that the settings name."""
    caplog.set_level(logging.DEBUG)

    def written() -> str:
        return "\n".join(faults.WithoutValues().format(record) for record in caplog.records)

    return written


def reference_in(response) -> str:
    found = REFERENCE.search(response.content.decode())
    assert found, response.content.decode()
    return found[0]


def test_an_unforeseen_exception_shows_a_number_that_the_log_has_with_the_place(browser, log):
    response = browser.post("/fall-over/", {"name": NAME, "number": NUMBER})
    assert response.status_code == 500
    assert reference_in(response) in log()
    assert "builtins.RuntimeError" in log()
    assert "because of builtins.ValueError" in log()
    assert "odd_urls.py" in log()
    assert "fall_over" in log()


def test_no_value_reaches_the_log_or_the_page(browser, log, capfd):
    for address in ("/fall-over/", f"/fall-over/?name={NAME}&number={NUMBER}", f"/{NUMBER}/{NAME}/"):
        response = browser.post(address, {"name": NAME, "number": NUMBER})
        assert NAME not in response.content.decode()
        assert NUMBER not in response.content.decode()
    shown = capfd.readouterr()
    for text in (log(), shown.out, shown.err):
        assert NAME not in text
        assert NUMBER not in text
        assert "花子" not in text
        assert "%E8%8A%B1" not in text


def test_djangos_own_loggers_say_nothing_of_a_request():
    for name in ("django.request", "django.security", "django.security.csrf", "django.server"):
        logger = logging.getLogger(name)
        while logger.propagate and logger.parent is not None and logger.name != "django":
            logger = logger.parent
        writing = [
            handler for handler in logger.handlers if type(handler) in (logging.StreamHandler, AdminEmailHandler)
        ]
        assert logger.name in ("django.request", "django.security", "django.server")
        assert writing == []
    assert not any(isinstance(handler, AdminEmailHandler) for handler in logging.getLogger("django").handlers)


def test_others_log_entries_lose_their_arguments():
    record = logging.LogRecord("allauth", logging.WARNING, "", 1, "sign-in of %s failed", (NAME,), None)
    assert faults.WithoutValues().format(record).endswith("allauth sign-in of %s failed")
    record = logging.LogRecord("py.warnings", logging.WARNING, "", 1, f"odd value {NAME}", (), None)
    assert NAME not in faults.WithoutValues().format(record)


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/refused/", 409, "先に封をしてください。"),
        ("/wrong-state/", 409, "放出済みです。"),
        ("/may-not/", 403, "監査担当は「放出（引渡し）」ができません。"),
        ("/denied/", 403, "この操作ができる役割の人"),
        ("/absent/", 404, "アドレスを確かめて"),
        ("/nowhere/", 404, "アドレスを確かめて"),
        ("/suspicious/", 400, "前の画面に戻り"),
        ("/post-only/", 405, "ボタンから操作して"),
    ],
)
def test_what_went_wrong_is_told_with_the_remedy_and_a_number(browser, log, address, status, told):
    response = browser.get(address)
    assert response.status_code == status
    assert told in response.content.decode()
    assert reference_in(response) in log()
    assert NAME not in response.content.decode() + log()


def test_a_page_that_answers_with_an_error_status_itself_is_left_alone(browser):
    response = browser.get("/plain/?status=409")
    assert (response.status_code, response.content.decode()) == (409, "よい")


def test_a_form_without_our_mark_is_refused_in_japanese(log):
    response = Client(enforce_csrf_checks=True).post("/form/", {"name": NAME})
    assert response.status_code == 403
    assert "何も変わっていません。" in response.content.decode()
    assert NAME not in response.content.decode() + log()


def test_a_host_name_that_is_not_ours_is_a_bad_request(browser, log):
    response = browser.get("/plain/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert "elsewhere" not in response.content.decode() + log()


def test_a_script_gets_a_fragment_or_json(browser):
    fragment = browser.get("/refused/", headers={"hx-request": "true"}).content.decode()
    assert fragment.startswith("<div")
    assert 'role="alert"' in fragment
    assert "<html" not in fragment
    answer = browser.get("/refused/", headers={"accept": "application/json"})
    assert answer.json()["told"] == ["受渡し AZ-1 は封をしていません。先に封をしてください。"]
    assert REFERENCE.fullmatch(answer.json()["reference"])


def test_the_page_of_an_error_does_without_templates(browser, settings, log):
    settings.TEMPLATES = []
    response = browser.get("/refused/")
    assert response.status_code == 409
    assert "先に封をしてください。" in response.content.decode()
    assert reference_in(response) in log()


def test_reference_numbers_hold_no_letter_that_is_read_for_another():
    drawn = {faults.reference_number() for _ in range(500)}
    assert len(drawn) == 500
    assert not set("".join(drawn)) & set("01ILO")


@pytest.mark.parametrize("surface", ["ward", "partner", "resident", "employee"])
def test_every_surface_has_our_error_pages(surface):
    urls = import_module(f"azukari.surfaces.{surface}.urls")
    for status in (400, 403, 404, 500):
        assert getattr(urls, f"handler{status}").__module__ == "azukari.web.middleware.errors"
