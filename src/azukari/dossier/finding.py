"""A finding: something in an approved paper that contradicts itself, is silent or does not fit."""

from __future__ import annotations

from dataclasses import dataclass

from azukari.dossier.schema import GapEntry

GAP = "gap"
REMARK = "remark"


@dataclass(frozen=True)
class Finding:
    """``severity`` is "gap" or "remark"; ``texts`` are the passages a ruling can choose between."""

    key: str
    severity: str
    title: str
    text: str
    places: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    gap: tuple[GapEntry, ...] = ()
