"""Every test has its own keys, outbox and cache; nothing is written into the project. Generated tests are repeatable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.fixtures.witness.plugin", "tests.fixtures.migrated"]

# No wall clock in tests: a slow machine fails nothing. HYPOTHESIS_PROFILE=explore looks at new examples each time.
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("repeatable", deadline=None, derandomize=True, database=None, suppress_health_check=_SLOW)
settings.register_profile("explore", deadline=None, database=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("browser")
    group.addoption("--pictures", action="store_true", help="renew the pictures of docs/howto/pictures")
    group.addoption("--narrow", type=Path, help="folder for a picture of every page at 320 px")


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    settings.AZUKARI_VAR = folder
    settings.AZUKARI_KEYS = folder / "keys"
    settings.AZUKARI_VAULT = str(folder / "keys" / "vault")
    settings.AZUKARI_OUTBOX = folder / "outbox"
    # The workers of one run would share the cache's folder, and one of them empties it while another's page is counted.
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": folder / "cache"}}
