"""Every address of the stress check and everybody who may knock, in a check whose report was confirmed.

The tables (stress_partner.csv, stress_ward.csv) are to be read by a person, as those of test_doors: for each kind of
person the answer to a GET. ``look`` is one more word: the page opens and names nobody, or only whom this person may
see, but its act is another's, so that sending it changes nothing. What the law says of each person stands in
``walls.py`` and in the README of the programme; at the ward's surface the vault is off, as it is in its process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, reverse

from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Interview, Respondent
from azukari.programmes.stress_check.steps import delivery
from azukari.programmes.stress_check.views import letters
from azukari.witness.models import Entry
from tests.fixtures.web import surface
from tests.integration.web.stress_stage import CheckDesk, check, check_desk, checked

from .stress_check import PEOPLE, knocking, opened_list, samples
from .test_doors import WORDS, addresses, table

__all__ = ["check", "check_desk", "checked"]

STAGE = "⑧ 報告書等の確認"
EVERYBODY = [(name, person) for name in PEOPLE for person in PEOPLE[name]]
POSTED_AS = {"stress_take_file": "stress_discard_file", "stress_unanswered": "stress_staff"}
"""An address that takes nothing but a POST → the page whose row says whose it is."""
IN_PERSON = {
    "partner": {"clerk", "representative", "implementer"},
    "ward": set[str](),
}
"""Who may be shown anybody of the round."""


class Door:
    """One person before every address of the stress check at one surface."""

    def __init__(self, desk: CheckDesk, check: StressCheck, name: str, person: str) -> None:
        knocking(check)
        key = PEOPLE[name][person]
        now = desk.at
        self.values = samples(check, now)
        self.desk = desk.sit(key)
        self.name, self.key = name, key
        if name == "ward":
            session = self.desk.client.session
            session.update(opened_list(check, key, now))
            session.save()
        self.desk.client.raise_request_exception = False
        self.row = {address: row[person] for address, row in table(f"stress_{name}").items()}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(address, what the table says of it)."""
        return iter(self.row.items())

    def url(self, address: str) -> str:
        return url_of(self.values, address, dict(of_stress(self.name))[address])

    def word(self, address: str, answer: Any) -> str:
        found = "moved" if 300 <= answer.status_code < 400 else WORDS.get(answer.status_code, str(answer.status_code))
        return "look" if found == "open" and self.row[address] == "look" else found

    def refusals(self) -> int:
        return Entry.objects.filter(act="refused", actor=self.key).count()


def of_stress(name: str) -> list[tuple[str, URLPattern]]:
    return [(address, pattern) for address, pattern in addresses(name) if address.startswith("stress_")]


def url_of(values: dict[str, dict[str, Any]], address: str, pattern: URLPattern) -> str:
    known = values[""] | values.get(address, {})
    return reverse(address, kwargs={key: known[key] for key in pattern.pattern.converters})


@pytest.fixture
def at_the_door(check_desk: CheckDesk, check: StressCheck, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``at_the_door(surface, person)``. Letters are not typeset: what stands in them is tested with the letters."""
    monkeypatch.setattr(letters, "result_pdf", lambda sheets: b"%PDF-1.7 results")
    check_desk.at = check.at(9, 4, 10)
    return lambda name, person: Door(check_desk, check, name, person)


@pytest.mark.parametrize("name", PEOPLE)
def test_the_table_lists_every_address_of_the_stress_check_and_everybody(name: str) -> None:
    rows = table(f"stress_{name}")
    assert list(rows) == [address for address, _pattern in of_stress(name)]
    assert {tuple(row) for row in rows.values()} == {("nobody", *PEOPLE[name])}


@pytest.mark.parametrize(("name", "person"), EVERYBODY)
def test_somebody_gets_in_where_the_table_says_so_and_each_refusal_is_logged_once(
    at_the_door: Any, name: str, person: str
) -> None:
    door = at_the_door(name, person)
    before, found = door.refusals(), {}
    for address, _said in door:
        found[address] = door.word(address, door.desk.client.get(door.url(address)))
    assert found == door.row
    assert door.refusals() - before == list(found.values()).count("closed")


@pytest.mark.parametrize(("name", "person"), EVERYBODY)
def test_no_page_names_anybody_whom_this_person_may_not_see(
    at_the_door: Any, check: StressCheck, name: str, person: str
) -> None:
    door = at_the_door(name, person)
    asked = {one.name: one for one in Respondent.objects.filter(round=check.round)}
    numbers = {one.employee_number for one in asked.values()}
    may_see = visible(check, name, person)
    told: dict[str, set[str]] = {}
    for address, _said in door:
        answer = door.desk.client.get(door.url(address))
        if answer["Content-Type"].startswith("text/"):
            shown = answer.content.decode()
            named = {one for one in asked if one in shown} | (numbers & set(re.findall(r"(?<!\w)\d{6}(?!\w)", shown)))
            told |= {address: named - may_see} if named - may_see else {}
    assert told == {}


def visible(check: StressCheck, name: str, person: str) -> set[str]:
    """Names and numbers of staff that this person may read on some page: everybody, who applied, who consented."""
    round_ = check.round
    asked = Respondent.objects.filter(round=round_)
    if person in IN_PERSON[name]:
        found = list(asked)
    else:
        applied = [one.result.respondent for one in Interview.objects.select_related("result__respondent")]
        consented = [one.respondent for one in delivery.consented(round_)]
        found = {"interviewer": applied, "officer": [*applied, *consented]}.get(person, [])
    return {word for one in found for word in (one.name, one.employee_number)}


@pytest.mark.parametrize(("name", "person"), EVERYBODY)
def test_who_may_not_do_an_act_changes_nothing_by_sending_it(at_the_door: Any, name: str, person: str) -> None:
    door = at_the_door(name, person)
    before, wrong = everything(), {}
    for address, said in door:
        meant = door.row[POSTED_AS[address]] if address in POSTED_AS else said
        if meant not in {"closed", "none", "look"}:
            continue
        refused = door.refusals()
        status = door.desk.client.post(door.url(address)).status_code
        logged = door.refusals() - refused
        if not as_meant(meant, status, logged):
            wrong[address] = (meant, status, logged)
    assert wrong == {}
    assert everything() == before


def as_meant(meant: str, status: int, logged: int) -> bool:
    """``logged``: how many refusals the access log got. 405: a page that takes no POST; 422: told on the act's page."""
    if status == 405:
        return logged == 0
    return {
        "closed": status == 403 and logged == 1,
        "none": status == 404 and logged == 0,
        "look": status in {403, 422} and logged <= 1,
    }[meant]


def everything() -> dict[str, list[Any]]:
    """Every row of the stress check, and how each handover stands."""
    models = [*apps.get_app_config("stress_check").get_models(), apps.get_model("custody", "Handover")]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_gets_in_without_signing_in(
    check_desk: CheckDesk, check: StressCheck, settings: Any, name: str, tmp_path: Path
) -> None:
    knocking(check)
    values = samples(check, check_desk.at)
    surface(settings, name)
    client, found = Client(raise_request_exception=False), {}
    for address, pattern in of_stress(name):
        url = url_of(values, address, pattern)
        answers = [client.get(url), client.post(url)]
        sent = all(one.status_code in {302, 303} and one["Location"].startswith(SIGN_IN) for one in answers)
        found[address] = "sign_in" if sent else "let in"
    assert found == {address: row["nobody"] for address, row in table(f"stress_{name}").items()}


SIGN_IN = "/account/login/"
