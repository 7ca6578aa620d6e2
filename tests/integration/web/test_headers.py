"""Headers on every answer: pages, error pages, static files."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from azukari.web.middleware.headers import HEADERS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.integration.web.odd_urls")]

ADDRESSES = ["/plain/", "/nowhere/", "/fall-over/", "/post-only/", "/static/no-such-file.css"]


@pytest.fixture
def browser():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_has_all_headers(browser, address):
    response = browser.get(address)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert response["Cache-Control"] == "no-store"


def test_nothing_comes_from_elsewhere_and_nothing_is_inline():
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert {word for words in policy.values() for word in words.split()} == {"'none'", "'self'", "data:"}
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_passkeys_are_the_only_thing_of_the_device_that_a_page_may_use():
    allowed = [part for part in HEADERS["Permissions-Policy"].split(", ") if not part.endswith("=()")]
    assert allowed == ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]


def test_browsers_are_told_to_keep_to_tls_except_in_the_demo(settings):
    settings.INSECURE = False
    assert Client().get("/plain/")["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    settings.INSECURE = True
    assert "Strict-Transport-Security" not in Client().get("/plain/")


def test_static_files_come_straight_from_the_package_and_may_be_kept_a_while(browser, tmp_path, settings):
    (tmp_path / "look.css").write_text("body { color: black }")
    settings.STATICFILES_DIRS = [tmp_path]
    finders.get_finder.cache_clear()
    try:
        response = browser.get("/static/look.css")
    finally:
        finders.get_finder.cache_clear()
    assert b"".join(response.streaming_content) == b"body { color: black }"
    assert "max-age=300" in response["Cache-Control"]
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    response.close()


def test_a_line_break_in_an_address_makes_no_header(browser):
    response = browser.get("/plain/%0d%0aSet-Cookie:%20a=b")
    assert response.status_code == 404
    assert "a=b" not in str(response.headers) + str(response.cookies)
