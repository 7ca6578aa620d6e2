"""The flow of an approved paper as a live picture: drawn once for each way in which it can stand, then kept."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language

from azukari.dossier.flow import flow
from azukari.dossier.permit import Ruling
from azukari.dossier.step_mark import StepMark
from azukari.surfaces.papers import Paper

MOST_KEPT = 48
"""Pictures of some 50 KB each."""
_SIZE = re.compile(r' width="[\d.]+" height="[\d.]+"')


def picture(paper: Paper, rulings: tuple[Ruling, ...], marks: dict[str, StepMark], *, whole: bool) -> str:
    """SVG to stand in a page, with presentation attributes only. ``whole``: as wide as the page, else in full size."""
    return _drawn(_Drawing(paper), rulings, tuple(sorted(marks.items())), get_language() or "", whole)


class _Drawing:
    """A paper that is the same as another with the same hash: what a picture is remembered by."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    def __hash__(self) -> int:
        return hash(self.paper.canonical_hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Drawing) and other.paper.canonical_hash == self.paper.canonical_hash


@lru_cache(maxsize=MOST_KEPT)
def _drawn(
    drawing: _Drawing, rulings: tuple[Ruling, ...], marks: tuple[tuple[str, StepMark], ...], language: str, whole: bool
) -> str:
    paper = drawing.paper
    drawn = flow(paper.dossier, paper.findings, rulings, dict(marks), "flow")
    return _SIZE.sub(' width="100%"', drawn, count=1) if whole else drawn
