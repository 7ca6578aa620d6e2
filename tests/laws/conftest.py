"""Hypothesis profiles: the same examples every time in CI; as many new ones as wanted with AZUKARI_LAWS=explore."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("AZUKARI_LAWS", "ci"))


@pytest.fixture
def law_settings() -> settings:
    return settings.get_profile(os.environ.get("AZUKARI_LAWS", "ci"))
