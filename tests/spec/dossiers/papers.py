"""How the fact tables of this folder are read: a list as the paper prints it, and a dossier by its programme."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import azukari.programmes
from azukari.dossier.reader import read_dossier
from azukari.dossier.schema import Clause, Dossier
from azukari.vocabulary.items import find_item

PROGRAMMES = ("screening", "stress_check", "maternity_benefit", "checkup", "health_points")


@cache
def paper(programme: str) -> Dossier:
    return read_dossier(Path(azukari.programmes.__path__[0]) / programme / "dossier.toml")


def clause(programme: str, key: str) -> Clause:
    return next(each for each in paper(programme).clauses if each.key == key)


def listed(text: str) -> tuple[str, ...]:
    """Item keys of a list as the paper prints it: 郵便番号、住所、氏名."""
    return tuple(find_item(name).key for name in text.split("、") if name)
