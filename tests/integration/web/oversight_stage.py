"""A ward with officers, two privacy officers, an auditor and a printer, and one of them signed in at the ward's screens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from azukari.dossier.models import Version
from azukari.parties import approvals
from azukari.parties.models import Handler, Organisation
from azukari.web import clock
from tests.factories import at, handler, organisation
from tests.fixtures.web import sign_in, surface

SOURCE = Path("src/azukari/programmes/screening/dossier.toml")
SINCE = date(2025, 1, 1)
PRINTER = "TOPPANエッジ株式会社"


@dataclass
class Ward:
    """Who is there, and whose browser is open."""

    client: Client
    people: dict[str, Handler]
    printer: Organisation
    monkeypatch: pytest.MonkeyPatch

    def sit(self, key: str, now: datetime | None = None) -> Ward:
        """Somebody else sits down, at a browser of their own; the clock stands still."""
        moment = now or at(6, 2)
        self.monkeypatch.setattr(clock, "now", lambda: moment)
        self.client = Client()
        sign_in(self.client, key)
        return self

    def open(self, name: str, /, *args: object, **query: Any) -> Any:
        return self.client.get(reverse(name, args=args), query)

    def send(self, name: str, /, *args: object, seen: str | None = None, **fields: Any) -> Any:
        """Open the page of an act, keep its mark, send the form as a browser without JavaScript does."""
        url = reverse(name, args=args)
        mark = self.mark(self.client.get(url)) if seen is None else seen
        return self.client.post(url, {"seen": mark, **fields})

    def mark(self, page: Any) -> str:
        found = re.search(r'name="seen" value="([^"]*)"', page.content.decode())
        return found.group(1) if found else ""


def text(response: Any) -> str:
    return str(response.content.decode())


def put_paper(people: dict[str, Handler], path: Path, since: date = date(2025, 4, 1)) -> Version:
    """A dossier drafted and submitted by an officer, approved by a privacy officer."""
    version = approvals.draft_dossier(path=path, by=people["W001"], now=at(3, 3))
    approvals.submit_dossier(version=version, by=people["W001"], now=at(3, 4))
    approvals.approve_dossier(version=version, in_force_from=since, by=people["W101"], now=at(3, 25))
    return version


@pytest.fixture
def ward(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ward:
    surface(settings, "ward")
    settings.AZUKARI_VAR, settings.AZUKARI_KEYS = tmp_path / "var", tmp_path / "keys"
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    home = organisation("ward", "ward", "見本区")
    printer = organisation("printer", "company", PRINTER)
    people = {
        key: handler(key, home, role, SINCE)
        for key, role in (
            ("W001", "officer"),
            ("W101", "privacy_officer"),
            ("W102", "privacy_officer"),
            ("W901", "auditor"),
        )
    }
    people["C001"] = handler("C001", printer, "responsible", SINCE)
    return Ward(Client(), people, printer, monkeypatch)


@pytest.fixture
def paper(ward: Ward) -> Version:
    """The screening programme's dossier, in force since April."""
    return put_paper(ward.people, SOURCE)
