"""A ward in the middle of its year, with one of everything that an address can name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azukari.custody.models import Handover
from azukari.dossier.models import Version
from azukari.parties.models import Appointment
from azukari.people.models import Changeset
from azukari.programmes.screening.demo_run import Demo

NUMBERED = {"dossier_": Version, "roster": Changeset, "appointment_": Appointment}
"""Beginning of an address's name → what its number counts."""
UNTIL = "委託先の受領確認"


def ward_at_work(folder: Path) -> Demo:
    """Sixty residents; the printer has acknowledged its data, nothing is printed yet."""
    play = Demo(residents=60, year=2025, seed=3, folder=folder)
    for stage in play.stages():
        stage.do(lambda done, total: None)
        if stage.name == UNTIL:
            return play
    raise AssertionError(UNTIL)


def sample(address: str, part: str, kind: str) -> Any:
    """A value for one part of an address; what does not exist is 404 to whoever may ask."""
    for beginning, model in NUMBERED.items():
        if part in {"pk", "number"} and kind == "IntConverter" and address.startswith(beginning):
            found = model._default_manager.order_by("pk").first()
            return found.pk if found else 1
    return _samples()[part, kind]


def _samples() -> dict[tuple[str, str], Any]:
    handover = Handover.objects.order_by("pk").first()
    return {
        ("number", "StringConverter"): handover.number if handover else "AZ-2025-000001",
        ("number", "IntConverter"): 1,
        ("year", "IntConverter"): 2025,
        ("fiscal_year", "IntConverter"): 2025,
        ("programme", "SlugConverter"): "screening",
        ("key", "StringConverter"): "W002",
        ("key", "SlugConverter"): "toppan-edge",
        ("pk", "IntConverter"): 1,
        ("token", "StringConverter"): "no-such-token",
        ("page", "SlugConverter"): "register",
        ("seq", "IntConverter"): 1,
        ("kind", "SlugConverter"): "slip",
        ("name", "SlugConverter"): "button",
        ("name", "StringConverter"): "no-such-file",
        ("act", "SlugConverter"): "issue",
        ("thing", "IntConverter"): 1,
        ("finding", "StringConverter"): "voucher_contents",
        ("item", "StringConverter"): "name",
        ("size", "IntConverter"): 1,
        ("code", "SlugConverter"): "no-such-code",
        ("file", "IntConverter"): 1,
        ("line", "IntConverter"): 1,
        ("month", "IntConverter"): 6,
        ("event", "IntConverter"): 1,
        ("sheet", "IntConverter"): 1,
        ("test", "SlugConverter"): "lung",
        ("number", "SlugConverter"): "L250000001",
        ("person", "IntConverter"): 1,
        ("duty", "IntConverter"): 1,
        ("form", "IntConverter"): 1,
        ("token", "SlugConverter"): "no-such-token",
    }
