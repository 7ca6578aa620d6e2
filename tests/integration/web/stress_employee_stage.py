"""An open round with a few people who are asked, and a person's browser without JavaScript on the employees' surface."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from azukari.custody.models import Handover
from azukari.dossier.force import Ruling
from azukari.dossier.reader import read_dossier
from azukari.parties.models import Handler
from azukari.programmes import stress_check
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.models import Duty, Invitation, Respondent, Round
from azukari.programmes.stress_check.parameters import scoring_set
from azukari.programmes.stress_check.steps import invitations, results
from azukari.web import clock
from tests import factories
from tests.fixtures.web import surface

YEAR, PASSPHRASE = 2025, "asagao-to-himawari"
BIRTH = date(1980, 4, 1)
CONTACT = "健康管理室 03-0000-0000"
DURING, AFTERWARDS = factories.at(6, 10), factories.at(7, 20)
FIRST, CODE = 0, 1


@dataclass
class Check:
    """A round of one year: ``people`` in the order of their numbers, ``codes`` of those not yet in."""

    round: Round
    people: list[Respondent]
    codes: dict[int, str]
    doctor: Handler
    clerk: Handler

    def fresh(self, place: int) -> Respondent:
        return Respondent.objects.select_related("round").get(pk=self.people[place].pk)

    def notify(self, *, interview: bool = False, at: datetime | None = None, note: str = "") -> None:
        """Everybody who answered is scored, decided on and told."""
        now = at or factories.at(7, 10)
        results.score_all(round_=self.round, by=self.clerk, now=now)
        for person in Respondent.objects.filter(result__isnull=False).select_related("result", "round"):
            results.decide(result=person.result, interview=interview, note=note, by=self.doctor, now=now)
        results.notify_on_site(round_=self.round, by=self.clerk, now=now + timedelta(minutes=1))


RULED = ("answers_not_listed", "site_login", "consent_not_listed", "interview_not_listed")
"""Findings of the paper that have to be ruled on before the site may take anything in."""


def put_paper_in_force() -> None:
    """The programme's own paper with the rulings that its gaps need (law 10)."""
    dossier = read_dossier(Path(stress_check.__file__).with_name("dossier.toml"))
    factories.put_in_force(dossier)
    for note in dossier.notes:
        if note.key in RULED:
            ruling = Ruling(
                key=f"R-{note.key}", finding=note.key, governs="流れの図", why="見本", by="W101", on=factories.APRIL,
                until=factories.YEAR_END, grants=note.gap,
            )  # fmt: skip
            factories.put_ruling(ruling, dossier.programme)


def make_round(form: str = "bjsq57", people: int = 3, *, method: str | None = None) -> Check:
    """Made row by row as its acts would have left it: those are tested elsewhere."""
    put_paper_in_force()
    ward = factories.organisation("ward", "ward", "見本区")
    company = factories.organisation("clinic")
    officer = factories.handler("W1", ward, "officer")
    doctor, clerk = factories.handler("C1", company), factories.handler("C2", company)
    staff = Handover.objects.create(
        number="AZ-1", programme="stress_check", fiscal_year=YEAR, dossier_version="1", dossier_hash="0" * 64, step="②",
        clause="", direction="provided", items=[], columns=[], item_group="", medium="disc", purpose="見本", sender=ward,
        receiver=company, receiver_party="processor", persons=people, rows=people, digest="", prepared_by=officer,
        prepared_at=factories.NOW, state=Handover.State.ACKNOWLEDGED,
    )  # fmt: skip
    opens = date(YEAR, 6, 2)
    round_ = Round.objects.create(
        fiscal_year=YEAR, staff=staff, instrument=form, scoring=scoring_set(opens, method, form).key, opens_on=opens,
        closes_on=date(YEAR, 6, 30), state=Round.State.OPEN, contact=CONTACT, prepared_by=clerk,
        prepared_at=factories.NOW, opened_by=doctor, opened_at=factories.NOW,
    )  # fmt: skip
    for one, kind, qualification in ((doctor, "representative", "doctor"), (clerk, "clerk", "none")):
        Duty.objects.create(
            round=round_, handler=one, kind=kind, qualification=qualification, no_personnel_authority=True,
            appointed_by=doctor, appointed_at=factories.NOW,
        )  # fmt: skip
    asked = Respondent.objects.bulk_create(
        Respondent(
            round=round_, reference=factories.reference(n), employee_number=f"{n:06d}", name=f"見本　{n}子",
            sex="female", birth_date=BIRTH, section="健康部／見本課",
        )
        for n in range(1, people + 1)
    )  # fmt: skip
    vault.make_keys(YEAR, [one.pk for one in asked])
    issued = invitations.issue(
        round_=round_, respondents=asked, kind=Invitation.Kind.SLIP, by=clerk, now=factories.at(6, 2)
    )
    codes = {place: one.code for place, one in enumerate(issued)}
    return Check(round_, asked, codes, doctor, clerk)


def all_answers(form: str = "bjsq57", answer: int = 2) -> dict[str, int]:
    return dict.fromkeys(instrument(form).item_keys, answer)


@dataclass
class Browser:
    """One person's browser: it opens pages and sends the forms that are on them."""

    monkeypatch: pytest.MonkeyPatch
    at: datetime = DURING
    client: Client = field(default_factory=Client)
    page: Any = None

    def open(self, name: str, *args: object, **headers: str) -> Any:
        self.monkeypatch.setattr(clock, "now", lambda: self.at)
        self.page = self.client.get(reverse(name, args=args), headers=headers)
        return self.page

    def post(self, name: str, *args: object, fields: Mapping[str, Any] | None = None, **headers: str) -> Any:
        self.monkeypatch.setattr(clock, "now", lambda: self.at)
        answer = self.client.post(reverse(name, args=args), dict(fields or {}), headers=headers)
        if answer.status_code < 300:
            self.page = answer
        return answer

    def other(self) -> Browser:
        """Another browser, of nobody yet."""
        return Browser(self.monkeypatch, self.at)

    def enter(self, code: str, *, birth: str = "1980-04-01", passphrase: str = PASSPHRASE, again: str = "") -> Any:
        fields = {"code": code, "birth": birth, "passphrase": passphrase, "again": again or passphrase}
        return self.post("stress_enter", fields=fields)

    def come_back(self, number: str, passphrase: str = PASSPHRASE) -> Any:
        return self.post("stress_return", fields={"employee_number": number, "passphrase": passphrase})

    def revision(self) -> str:
        """The hidden revision of the page that is open."""
        found = re.search(r'name="revision" value="(\d+)"', self.page.content.decode())
        assert found
        return found.group(1)

    def answer(self, part: str, answers: Mapping[str, int], *, go: str = "next", revision: str = "") -> Any:
        """Open a page of questions, choose, and press a button; ``revision``: of a page that was opened before."""
        if not revision:
            self.open("stress_part", part)
            revision = self.revision()
        return self.post("stress_part", part, fields={**answers, "revision": revision, "go": go})

    def answer_all(self, form: str = "bjsq57", answer: int = 2) -> None:
        from azukari.programmes.stress_check.views.employee.parts import parts

        for part in parts(form):
            assert self.answer(part.key, {item.key: answer for item in part.items}).status_code == 303

    def send(self) -> Any:
        self.open("stress_review")
        return self.post("stress_send", fields={"revision": self.revision()})


def text(answer: Any) -> str:
    """The page as it stands, its days without their marks for machines."""
    return unescape(re.sub("</?time[^>]*>", "", answer.content.decode()))


@pytest.fixture
def here(settings: Any, tmp_path: Path, db: None) -> None:
    """The employees' surface, with a vault of this test's own."""
    surface(settings, "employee")
    settings.AZUKARI_VAULT = str(tmp_path / "vault")
    cache.clear()


@pytest.fixture
def check(here: None) -> Check:
    return make_round()


@pytest.fixture
def browser(here: None, monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


@pytest.fixture
def inside(check: Check, browser: Browser) -> Browser:
    """The first person, who has just come in."""
    assert browser.enter(check.codes[0]).status_code == 303
    return browser
