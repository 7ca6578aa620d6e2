"""The demo's ward, taken to a stage of the yearly run; what the tests of the run change from there is undone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from azukari.letters.batches import Batch
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import Run
from azukari.programmes.screening.steps.state import living

RESIDENTS, YEAR, SEED = 90, 2025, 3


def until(ward: Demo, name: str) -> Run:
    """Play the demo's stages up to and with ``name``."""
    names = [stage.name for stage in ward.stages()]
    assert name in names
    for stage in ward.stages():
        if not stage.done():
            stage.do(lambda done, total: None)
        if stage.name == name:
            break
    return ward.run


def before(ward: Demo, name: str) -> Run:
    names = [stage.name for stage in ward.stages()]
    return until(ward, names[names.index(name) - 1])


class Press:
    """Stands for the typesetter: counts sheets, and can lose or double some. Drawing itself is tested elsewhere."""

    def __init__(self) -> None:
        self.surplus = 0
        self.printed: list[Any] = []

    def __call__(self, sheets: Iterable[Any], folder: Path, **_: Any) -> list[Batch]:
        self.printed = list(sheets)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "00001.pdf"
        path.write_bytes(b"%PDF-")
        path.with_suffix(".json").write_text("{}")
        return [Batch(1, path, 1, len(self.printed) + self.surplus, "", "", reused=False)]


def codes(run: Run) -> list[str]:
    """The codes of the living sheets, in printing order."""
    return list(living(run).order_by("sequence").values_list("code", flat=True))
