"""Stand-in for the typesetter of slips and forms, and what the tests of the contractor's screens have in common."""

from __future__ import annotations

from typing import Any


class Press:
    """Keeps the sheets that it was given, and what else it was told."""

    def __init__(self) -> None:
        self.sheets: list[Any] = []
        self.told: dict[str, Any] = {}

    def __call__(self, sheets: Any, **told: Any) -> bytes:
        self.sheets, self.told = list(sheets), told
        return b"%PDF-1.7"


def text(answer: Any) -> str:
    return str(answer.content.decode())
