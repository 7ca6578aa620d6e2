"""Every address of every surface and every role: who gets in. An address that no table lists fails.

The tables (ward.csv, partner.csv) are to be read by a person: name of the address, then for each role the answer to a GET:
``open`` 200, ``closed`` 403 (logged as a refusal), ``moved`` a redirect, ``post`` for an address that only takes POST,
``none`` 404 because the sample thing is not there for this role. ``nobody`` is somebody who has not signed in: ``sign_in``,
sent to the sign-in page whatever the method, or ``public``. Where nobody has an account (employee), a page is ``own``,
one person's, or public: tests/integration/web/test_stress_employee.py asks each of them. Where a duty decides and not a
role, and there is a check to look at, stands in test_stress_doors.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from azukari.parties.models import Handler
from azukari.parties.roles import ACTS
from tests.fixtures.web import sign_in, surface

from .ward import sample, ward_at_work

HERE = Path(__file__).parent
PEOPLE = {
    "ward": {"officer": "W001", "privacy_officer": "W101", "auditor": "W901"},
    "partner": {"handler": "E001", "responsible": "E901"},
}
WORDS = {200: "open", 204: "open", 403: "closed", 404: "none", 405: "post"}
SURFACES = ("ward", "partner", "resident", "employee")


def addresses(name: str) -> Iterator[tuple[str, URLPattern]]:
    def below(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from below(pattern.url_patterns, inner)
            else:
                yield f"{namespace}{pattern.name}", pattern

    yield from below(import_module(f"azukari.surfaces.{name}.urls").urlpatterns)


def table(name: str) -> dict[str, dict[str, str]]:
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("address"): row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", SURFACES)
def test_every_address_has_a_name_and_says_who_may_open_it(name: str) -> None:
    silent = [
        f"{address} {pattern.pattern}"
        for address, pattern in addresses(name)
        if pattern.name is None or not any(hasattr(pattern.callback, mark) for mark in ("screen", "own", "public"))
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["ward", "partner"])
def test_the_table_lists_every_address_and_nothing_else(name: str) -> None:
    assert sorted(table(name)) == sorted({address for address, _ in addresses(name)})


@pytest.mark.parametrize("name", ["ward", "partner"])
def test_the_table_says_what_the_acts_of_the_pages_say(name: str) -> None:
    """A role that the act's table lists is let in, and no other."""
    rows = table(name)
    wrong = [
        (address, role)
        for address, pattern in addresses(name)
        if hasattr(pattern.callback, "screen")
        for role in PEOPLE[name]
        if rows[address][role] != "post"
        if (rows[address][role] == "closed") == (role in ACTS[pattern.callback.screen.act])
    ]
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "role"), [(name, role) for name in PEOPLE for role in PEOPLE[name]])
def test_a_role_gets_in_where_the_table_says_so_and_nowhere_else(
    name: str, role: str, settings: Any, tmp_path: Path
) -> None:
    ward_at_work(tmp_path)
    surface(settings, name)
    client = Client(raise_request_exception=False)
    sign_in(client, PEOPLE[name][role])
    found = {address: _answer(client, address, pattern) for address, pattern in addresses(name)}
    expected = {address: row[role] for address, row in table(name).items()}
    assert found == expected


def _answer(client: Client, address: str, pattern: URLPattern) -> str:
    answer = client.get(_url(address, pattern))
    if 300 <= answer.status_code < 400:
        return "moved"
    return WORDS.get(answer.status_code, str(answer.status_code))


def _url(address: str, pattern: URLPattern) -> str:
    parts = {key: type(converter).__name__ for key, converter in pattern.pattern.converters.items()}
    return reverse(address, kwargs={key: sample(address, key, kind) for key, kind in parts.items()})


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ward", "partner"])
def test_nobody_gets_in_without_signing_in(name: str, settings: Any) -> None:
    surface(settings, name)
    found: dict[str, str] = {}
    for address, pattern in addresses(name):
        client = Client(raise_request_exception=False)
        answers = [client.get(_url(address, pattern)), client.post(_url(address, pattern))]
        found[address] = "sign_in" if all(_to_sign_in(answer) for answer in answers) else "public"
    assert found == {address: row["nobody"] for address, row in table(name).items()}


def _to_sign_in(answer: Any) -> bool:
    return answer.status_code in {302, 303} and answer["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "role"), [(name, role) for name in PEOPLE for role in PEOPLE[name]])
def test_a_role_that_may_not_see_a_page_may_not_post_to_it_either(
    name: str, role: str, settings: Any, tmp_path: Path
) -> None:
    ward_at_work(tmp_path)
    surface(settings, name)
    client = Client(raise_request_exception=False)
    sign_in(client, PEOPLE[name][role])
    let_in = [
        address
        for address, pattern in addresses(name)
        if hasattr(pattern.callback, "screen") and role not in ACTS[pattern.callback.screen.act]
        if client.post(_url(address, pattern)).status_code not in {403, 405}
    ]
    assert let_in == []


@pytest.mark.django_db
def test_an_address_of_one_surface_is_nothing_on_another(settings: Any, tmp_path: Path) -> None:
    ward_at_work(tmp_path)
    surface(settings, "ward")
    ward_urls = {_url(address, pattern) for address, pattern in addresses("ward")}
    surface(settings, "partner")
    own = {_url(address, pattern) for address, pattern in addresses("partner")}
    client = Client(raise_request_exception=False)
    sign_in(client, Handler.objects.get(key="E901").key)
    assert [url for url in sorted(ward_urls - own) if client.get(url).status_code != 404] == []
