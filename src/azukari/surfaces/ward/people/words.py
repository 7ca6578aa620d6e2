"""Programmes by the names that their papers give them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from azukari.dossier.approval import NotInForce, in_force
from azukari.programmes import PROGRAMMES


def programme_names(on: date) -> dict[str, str]:
    """Programme → its name in the paper in force that day; those without a paper in force are left out."""
    names = {}
    for programme in PROGRAMMES:
        with suppress(NotInForce):
            names[programme] = in_force(programme, on).dossier.programme_name
    return names
