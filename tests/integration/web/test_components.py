"""The component book opens in development alone, and every component draws."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from azukari.web.components import COMPONENTS
from tests.fixtures.web import surface

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_is_drawn_with_its_source(name: str, settings: Any) -> None:
    surface(settings, "ward")
    settings.AZUKARI_DEMO = True
    page = Client().get(f"/components/{name}/")
    assert page.status_code == 200
    assert "書き方" in page.content.decode()
    assert " style=" not in page.content.decode()
    assert "<script>" not in page.content.decode()


def test_the_book_is_closed_outside_development(settings: Any) -> None:
    surface(settings, "ward")
    settings.AZUKARI_DEMO = settings.DEBUG = False
    assert Client().get("/components/").status_code == 404
    assert Client().get("/components/button/").status_code == 404


@pytest.mark.parametrize(("language", "word"), [("ja", "サインイン"), ("en", "Sign in")])
def test_the_language_is_the_persons_choice_whatever_the_browser_prefers(
    language: str, word: str, settings: Any
) -> None:
    surface(settings, "ward")
    client = Client(headers={"accept-language": "fr"})
    assert "サインイン" in client.get("/sign-in/").content.decode()
    client.post("/look/", {"language": language, "theme": "dark", "size": "large", "next": "//evil.example/"})
    page = client.get("/sign-in/").content.decode()
    assert f"<h1>{word}</h1>" in page
    assert 'data-theme="dark"' in page
    assert 'data-size="large"' in page
