"""A ward in the middle of its year, with one of everything that an address can name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azukari.custody.models import Handover
from azukari.programmes.screening.demo_run import Demo

UNTIL = "委託先の受領確認"


def ward_at_work(folder: Path) -> Demo:
    """Sixty residents; the printer has acknowledged its data, nothing is printed yet."""
    play = Demo(residents=60, year=2025, seed=3, folder=folder)
    for stage in play.stages():
        stage.do(lambda done, total: None)
        if stage.name == UNTIL:
            return play
    raise AssertionError(UNTIL)


def samples() -> dict[str, Any]:
    """A value for every name of an address's part; what does not exist answers 404 to whoever may ask."""
    handover = Handover.objects.order_by("pk").first()
    return {
        "number": handover.number if handover else "AZ-2025-000001",
        "year": 2025,
        "fiscal_year": 2025,
        "programme": "screening",
        "key": "W002",
        "pk": 1,
        "n": 1,
        "token": "no-such-token",
        "page": "register",
        "seq": 1,
        "organisation": "toppan-edge",
        "kind": "slip",
    }
