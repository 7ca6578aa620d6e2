"""The clock of the screens, read once for each request and job. The demo's is set to the days on which it plays."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    return timezone.localtime() + timedelta(seconds=_ahead())


def _ahead() -> int:
    """Seconds that the demo is ahead of the world: its own file's, else the setting's. Anywhere else none."""
    if not settings.AZUKARI_DEMO:
        return 0
    with suppress(OSError, ValueError):
        return int((Path(settings.AZUKARI_VAR) / "clock-offset").read_text())
    return settings.AZUKARI_CLOCK_OFFSET
