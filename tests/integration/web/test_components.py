"""The component book opens in development alone, and every component draws."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.test import Client

from azukari.web.components import COMPONENTS
from azukari.web.forms import Renderer
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


@pytest.mark.parametrize("chosen", ["", "b&", 3, None])
def test_a_list_of_choices_is_drawn_as_django_draws_it(chosen: Any) -> None:
    choices = [("", "すべて"), ("組", [("b&", "<b>"), (3, "三")]), ("c", "終わり")]
    widget = forms.Select(attrs={"class": "x", "required": True, "disabled": False}, choices=choices)
    ours = widget.render("field", chosen, renderer=Renderer())
    django = widget.render("field", chosen, renderer=TemplatesSetting())
    assert [line.strip() for line in ours.splitlines()] == [
        line.strip() for line in django.splitlines() if line.strip()
    ]
    assert "&lt;b&gt;" in ours


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
