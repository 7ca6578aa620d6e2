"""One small ward with its paper, people, roster and history; every test goes on from there and is undone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.steps import individual, mailing

from .ward import RESIDENTS, SEED, YEAR, Press


@pytest.fixture(scope="package")
def committed(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The folder of a ward whose roster and history are committed, in a transaction around this package's tests."""
    folder = tmp_path_factory.mktemp("ward")
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own: durable transactions inside are let through
        with override_settings(AZUKARI_KEYS=folder / "keys", AZUKARI_OUTBOX=folder / "outbox"), around:
            _play(Demo(RESIDENTS, YEAR, SEED, folder))
            yield folder
            transaction.set_rollback(True)


def _play(ward: Demo) -> None:
    for stage in ward.stages():
        stage.do(lambda done, total: None)
        if stage.name == "受診歴の取込み":
            return


@pytest.fixture
def ward(committed: Path, db: None, tmp_path: Path, settings: Any) -> Demo:
    """The ward before anybody is judged. Folders are this test's own."""
    folder = tmp_path / "ward"
    shutil.copytree(committed, folder)
    settings.AZUKARI_KEYS, settings.AZUKARI_OUTBOX = folder / "keys", folder / "outbox"
    return Demo(RESIDENTS, YEAR, SEED, folder)


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    """The typesetter's stand-in, where pages only have to be counted."""
    stand_in = Press()
    monkeypatch.setattr(mailing, "render_batches", stand_in)
    monkeypatch.setattr(individual, "render_batches", stand_in)
    return stand_in
