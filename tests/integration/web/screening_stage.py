"""A small ward of the demo, taken to a stage of the run, with somebody signed in at one of the surfaces."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.steps import individual, mailing
from azukari.web import clock
from azukari.web.models import Job
from tests.fixtures.web import sign_in, surface
from tests.integration.run.ward import RESIDENTS, SEED, YEAR, Press, before, codes, until

__all__ = ["RESIDENTS", "YEAR", "Desk", "before", "codes", "committed", "desk", "press", "until", "ward"]


@pytest.fixture(scope="module")
def committed(
    request: Any, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder of a ward at the module's ``STAGE`` (a roster and history), in a transaction around its tests."""
    folder = tmp_path_factory.mktemp("ward")
    stage_of_module = getattr(request.module, "STAGE", "受診歴の取込み")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        _press(patch)
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own: durable transactions inside are let through
        with override_settings(AZUKARI_KEYS=folder / "keys", AZUKARI_OUTBOX=folder / "outbox"), around:
            for stage in Demo(RESIDENTS, YEAR, SEED, folder).stages():
                stage.do(lambda done, total: None)
                if stage.name == stage_of_module:
                    break
            patch.undo()
            yield folder
            transaction.set_rollback(True)


@pytest.fixture
def ward(committed: Path, db: None, tmp_path: Path, settings: Any) -> Demo:
    """The ward before anybody is judged. Folders are this test's own."""
    folder = tmp_path / "ward"
    shutil.copytree(committed, folder)
    settings.AZUKARI_KEYS, settings.AZUKARI_OUTBOX = folder / "keys", folder / "outbox"
    cache.clear()
    return Demo(RESIDENTS, YEAR, SEED, folder)


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    """The typesetter's stand-in, where pages only have to be counted."""
    return _press(monkeypatch)


def _press(monkeypatch: pytest.MonkeyPatch) -> Press:
    stand_in = Press()
    monkeypatch.setattr(mailing, "render_batches", stand_in)
    monkeypatch.setattr(individual, "render_batches", stand_in)
    return stand_in


@dataclass
class Desk:
    """Somebody's browser without JavaScript: it opens pages and sends the forms that are on them."""

    settings: Any
    monkeypatch: pytest.MonkeyPatch
    client: Client
    at: datetime
    side: str = "ward"
    page: Any = None

    def sit(self, key: str, at: datetime | None = None) -> Desk:
        """Another person sits down, at a browser of their own."""
        side = "ward" if key[0] == "W" else "partner"
        other = Desk(self.settings, self.monkeypatch, Client(), at or self.at, side)
        other._here()
        sign_in(other.client, key)
        return other

    def _here(self) -> None:
        surface(self.settings, self.side)
        self.monkeypatch.setattr(clock, "now", lambda: self.at)

    def open(self, name: str, *args: object, **query: str) -> Any:
        self._here()
        return self.client.get(reverse(name, args=args), query)

    def send(self, name: str, *args: object, fields: dict[str, Any] | None = None, first: bool = True) -> Any:
        """Open the page, keep its hidden fields, and send the form; ``first`` False: send what an old page held."""
        url = reverse(name, args=args)
        self._here()
        if first:
            self.page = self.client.get(url)
        return self.client.post(url, {"seen": self.mark(), **(fields or {})})

    def mark(self) -> str:
        """The page's mark of what was seen."""
        found = re.search(r'name="seen" value="([^"]*)"', self.page.content.decode() if self.page else "")
        return found.group(1).replace("&quot;", '"') if found else ""

    def job(self) -> Job:
        """The newest job, which has run already."""
        return Job.objects.order_by("-pk")[0]


@pytest.fixture
def desk(settings: Any, monkeypatch: pytest.MonkeyPatch, ward: Demo) -> Desk:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    return Desk(settings, monkeypatch, Client(), ward.at(4, 2, 12))
