"""Every address of the stress check and everybody who may knock, in a check whose report was confirmed.

The tables (stress_partner.csv, stress_ward.csv) are to be read by a person, as those of test_doors: for each kind of
person the answer to a GET. ``look`` is one more word: the page opens, but its act is another's, so that sending it is
refused and changes nothing. What each person may see stands in ``walls.py`` and in the README of the programme. At the
ward's surface the vault is off, as it is in its process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
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

from .stress_check import PEOPLE, TYPED, knocking, opened_list, samples
from .test_doors import WORDS, addresses, table

__all__ = ["check", "check_desk", "checked"]

STAGE = "⑧ 報告書等の確認"
EVERYBODY = [(name, person) for name in PEOPLE for person in PEOPLE[name]]
POSTED_AS = {"stress_take_file": "stress_discard_file", "stress_unanswered": "stress_staff"}
"""An address that takes nothing but a POST → the page whose row says whose it is."""
WORKERS = {"clerk", "representative", "implementer"}
MAY_NOT = {"closed", "none", "look"}


def of_stress(name: str) -> dict[str, URLPattern]:
    return {address: pattern for address, pattern in addresses(name) if address.startswith("stress_")}


def urls(name: str, values: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Address → URL. At the desk of that surface."""
    return {
        address: reverse(address, kwargs={k: (values[""] | values.get(address, {}))[k] for k in p.pattern.converters})
        for address, p in of_stress(name).items()
    }


@dataclass(frozen=True)
class Door:
    """One person at one surface. ``row``: address → what the table says of it; ``urls``: address → URL."""

    desk: CheckDesk
    key: str
    row: dict[str, str]
    urls: dict[str, str]

    def get(self, address: str) -> Any:
        return self.desk.client.get(self.urls[address])

    def post(self, address: str) -> int:
        """The status of the answer to an empty form; where the page opens, to what one would type there."""
        self.desk.page = self.get(address) if self.row[address] == "look" else None
        return int(self.desk.client.post(self.urls[address], self._typed(address)).status_code)

    def _typed(self, address: str) -> dict[str, str]:
        return {"seen": self.desk.mark(), **TYPED.get(address, {})} if self.desk.page else {}

    def word(self, address: str, answer: Any) -> str:
        found = "moved" if 300 <= answer.status_code < 400 else WORDS.get(answer.status_code, str(answer.status_code))
        return "look" if found == "open" and self.row[address] == "look" else found

    def refusals(self) -> int:
        return Entry.objects.filter(act="refused", actor=self.key).count()


Knock = Callable[[str, str], Door]


@pytest.fixture
def knock(check_desk: CheckDesk, check: StressCheck, monkeypatch: pytest.MonkeyPatch) -> Knock:
    """``knock(surface, person)``. Letters are not typeset: what stands in them is tested with the letters."""
    monkeypatch.setattr(letters, "result_pdf", lambda *_a, **_k: b"%PDF-1.7 results")
    check_desk.at = now = check.at(9, 4)

    def come(name: str, person: str) -> Door:
        knocking(check)
        values, key = samples(check, now), PEOPLE[name][person]
        desk = check_desk.sit(key)
        desk.client.raise_request_exception = False
        session = desk.client.session  # without its list a page of who consents is just not there, for whomever
        session.update(opened_list(check, key, now))
        session.save()
        row = {address: of_all[person] for address, of_all in table(f"stress_{name}").items()}
        return Door(desk, key, row, urls(name, values))

    return come


@pytest.mark.parametrize("name", PEOPLE)
def test_the_table_lists_every_address_of_the_stress_check_and_everybody(name: str) -> None:
    rows = table(f"stress_{name}")
    assert list(rows) == list(of_stress(name))
    assert {tuple(row) for row in rows.values()} == {("nobody", *PEOPLE[name])}


@pytest.mark.parametrize(("name", "person"), EVERYBODY)
def test_somebody_gets_in_where_the_table_says_so_reads_of_nobody_else_and_is_logged_where_refused(
    knock: Knock, check: StressCheck, name: str, person: str
) -> None:
    door = knock(name, person)
    staff, may_see = words_for(list(Respondent.objects.filter(round=check.round))), visible(check, person)
    before, found, named = door.refusals(), dict[str, str](), dict[str, set[str]]()
    for address in door.row:
        answer = door.get(address)
        found[address] = door.word(address, answer)
        named[address] = staff & words_in(answer)
    assert found == door.row
    assert {address: words - may_see for address, words in named.items() if words - may_see} == {}
    assert any(named.values()) == bool(may_see)
    assert door.refusals() - before == list(found.values()).count("closed")


def words_for(people: list[Respondent]) -> set[str]:
    return {word for one in people for word in (one.name, one.employee_number)}


def words_in(answer: Any) -> set[str]:
    """Names as they stand in the register (a full-width space in them), and numbers of six digits."""
    if not answer["Content-Type"].startswith("text/"):
        return set()
    return set(re.findall(r"(?<!\w)(?:\d{6}|\w+\u3000\w+)(?!\w)", answer.content.decode()))


def visible(check: StressCheck, person: str) -> set[str]:
    """Names and numbers of staff that this person may read on some page: of all, of who applied, of who consented."""
    applied = [one.result.respondent for one in Interview.objects.select_related("result__respondent")]
    consented = [one.respondent for one in delivery.consented(check.round)]
    groups = {"interviewer": applied, "officer": [*applied, *consented]}
    everybody = list(Respondent.objects.filter(round=check.round))
    return words_for(everybody if person in WORKERS else groups.get(person, []))


@pytest.mark.parametrize(("name", "person"), EVERYBODY)
def test_who_may_not_do_an_act_changes_nothing_by_sending_it(knock: Knock, name: str, person: str) -> None:
    door = knock(name, person)
    before, wrong = everything(), {}
    for address, said in door.row.items():
        meant = door.row[POSTED_AS.get(address, address)]
        if meant not in MAY_NOT:
            continue
        refused = door.refusals()
        status = door.post(address)
        if not as_meant(meant, status, logged := door.refusals() - refused):
            wrong[address] = (said, status, logged)
    assert wrong == {}
    assert everything() == before


def as_meant(meant: str, status: int, logged: int) -> bool:
    """``logged``: how many refusals the access log got. 405: a page that takes no POST; 422: told on the act's page."""
    if status == 405:
        return logged == 0
    return {
        "closed": status == 403 and logged == 1,
        "none": status == 404 and logged == 0,
        "look": status in {403, 422} and logged == 1,
    }[meant]


def everything() -> dict[str, list[Any]]:
    """Every row of the stress check, and how each handover stands."""
    models = [*apps.get_app_config("stress_check").get_models(), apps.get_model("custody", "Handover")]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


@pytest.mark.parametrize("name", PEOPLE)
def test_nobody_gets_in_without_signing_in(check_desk: CheckDesk, check: StressCheck, settings: Any, name: str) -> None:
    knocking(check)
    values = samples(check, check_desk.at)
    surface(settings, name)
    client, found = Client(raise_request_exception=False), {}
    for address, url in urls(name, values).items():
        answers = [client.get(url), client.post(url)]
        found[address] = "sign_in" if all(map(to_sign_in, answers)) else "public"
    assert found == {address: row["nobody"] for address, row in table(f"stress_{name}").items()}


def to_sign_in(answer: Any) -> bool:
    return answer.status_code in {302, 303} and answer["Location"].startswith(reverse("account_login"))
