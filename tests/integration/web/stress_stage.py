"""A small stress check of the demo, taken to a stage, with somebody signed in at one of the surfaces.

A module names its ``STAGE`` (a name of ``StressCheck.stages``); everything up to and with it has happened. Nothing is
typeset on the way. A process of the ward has no vault, and so has this one while somebody sits at the ward's surface.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, override_settings

from azukari.programmes.stress_check import demo_begun
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.steps import delivery
from azukari.programmes.stress_check.vault import OFF

from .screening_stage import Desk

__all__ = ["STAFF", "YEAR", "CheckDesk", "check", "check_desk", "checked", "play"]

STAFF, YEAR, SEED = 60, 2025, 16
FIRST_STAGE = "④' ウェブの回答"


@pytest.fixture(scope="module")
def checked(
    request: Any, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder of a check at the module's ``STAGE``, in a transaction around its tests."""
    folder = tmp_path_factory.mktemp("check")
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own: durable transactions inside are let through
        with override_settings(**_folders(folder)), around:
            play(StressCheck(STAFF, YEAR, SEED, folder), getattr(request.module, "STAGE", FIRST_STAGE))
            yield folder
            transaction.set_rollback(True)


def _folders(folder: Path) -> dict[str, Any]:
    return {
        "AZUKARI_KEYS": folder / "keys",
        "AZUKARI_VAULT": str(folder / "keys" / "vault"),
        "AZUKARI_OUTBOX": folder / "outbox",
    }


def play(check: StressCheck, last: str) -> None:
    """Every stage up to and with ``last``. PDFs are stand-ins: what stands in them is tested with the letters."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_begun, "slips_pdf", lambda *_a, **_k: b"%PDF-1.7 slips")
        patch.setattr(demo_begun, "forms_pdf", lambda *_a, **_k: b"%PDF-1.7 forms")
        patch.setattr(delivery, "group_pdf", lambda *_a, **_k: b"%PDF-1.7 groups")
        for stage in check.stages():
            stage.do(lambda done, total: None)
            if stage.name == last:
                return
    raise ValueError(f"no such stage: {last}")


@pytest.fixture
def check(checked: Path, db: None, tmp_path: Path, settings: Any) -> StressCheck:
    """The check at the module's stage. Folders are this test's own."""
    folder = tmp_path / "check"
    shutil.copytree(checked, folder)
    for name, value in _folders(folder).items():
        setattr(settings, name, value)
    cache.clear()
    return StressCheck(STAFF, YEAR, SEED, folder)


@dataclass
class CheckDesk(Desk):
    """As Desk; at the ward's surface the vault is off, as ``azukari serve`` starts it."""

    vault: str = ""

    def _here(self) -> None:
        super()._here()
        self.settings.AZUKARI_VAULT = OFF if self.side == "ward" else self.vault

    def sit(self, key: str, at: Any = None) -> CheckDesk:
        sat = super().sit(key, at)
        other = CheckDesk(sat.settings, sat.monkeypatch, sat.client, sat.at, sat.side, vault=self.vault)
        other._here()
        return other


@pytest.fixture
def check_desk(settings: Any, monkeypatch: pytest.MonkeyPatch, check: StressCheck) -> CheckDesk:
    """Nobody yet: ``check_desk.sit("K001")`` sits somebody of the contractor down, "W001" somebody of the ward."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    return CheckDesk(settings, monkeypatch, Client(), check.at(6, 10, 12), vault=settings.AZUKARI_VAULT)
