"""The folder of what a receiver made here from what it was handed (printed sheets …). It goes with the handover."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings

from .models import Handover


def working_folder(handover: Handover) -> Path:
    """``<state folder>/print/<receiver>/<number>``: one per handover, so that erasing takes all of it and no more."""
    return Path(settings.AZUKARI_VAR) / "print" / handover.receiver.key / handover.number


def clear_working_folder(handover: Handover) -> None:
    """Remove everything that was made here from the handover. Raises OSError where something can't be removed."""
    folder = working_folder(handover)
    if folder.exists():
        shutil.rmtree(folder)
