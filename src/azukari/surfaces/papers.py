"""The approved papers in force on a day, as the home screens draw them: each text is read once in a process."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.db.models import Q

from azukari.dossier.approval import rulings_of
from azukari.dossier.canonical import canonical_hash, from_canonical
from azukari.dossier.findings import Finding, find
from azukari.dossier.models import Version
from azukari.dossier.permit import Ruling
from azukari.dossier.schema import Dossier
from azukari.programmes import PROGRAMMES


@dataclass(frozen=True)
class Paper:
    """A dossier in force, with what its check found."""

    programme: str
    version: str
    canonical_hash: str
    dossier: Dossier
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class InForce:
    """``papers`` in the order of the programmes; ``altered``: whose stored text is no longer what was approved."""

    papers: dict[str, Paper]
    altered: tuple[str, ...]

    @property
    def dossiers(self) -> dict[str, Dossier]:
        return {programme: paper.dossier for programme, paper in self.papers.items()}

    def name(self, programme: str) -> str:
        paper = self.papers.get(programme)
        return paper.dossier.programme_name if paper else programme


class Altered(ValueError):
    """The stored text does not have the hash that was approved."""


def in_force(on: date) -> InForce:
    """One query, and one more for each text that this process has not read yet."""
    approved = Version.objects.filter(approved_at__isnull=False, in_force_from__lte=on)
    approved = approved.filter(Q(in_force_until__isnull=True) | Q(in_force_until__gte=on))
    chosen = approved.order_by("programme", "in_force_from", "approved_at")
    current = {row[1]: row for row in chosen.values_list("pk", "programme", "version", "canonical_hash")}
    papers, altered = {}, []
    for programme in sorted(current, key=_place):
        pk, _of, version, approved_hash = current[programme]
        try:
            dossier, findings = _opened(pk, approved_hash)
        except Altered:
            altered.append(programme)
        else:
            papers[programme] = Paper(programme, version, approved_hash, dossier, findings)
    return InForce(papers, tuple(altered))


def names() -> dict[str, str]:
    """Programme → its name in the paper that was approved last, in force or not; its key where there is none."""
    approved = Version.objects.filter(approved_at__isnull=False).order_by("approved_at", "pk")
    told = {programme: programme for programme in PROGRAMMES}
    for pk, programme, approved_hash in approved.values_list("pk", "programme", "canonical_hash"):
        with suppress(Altered):
            told[programme] = _opened(pk, approved_hash)[0].programme_name
    return told


def _place(programme: str) -> tuple[int, str]:
    return (PROGRAMMES.index(programme) if programme in PROGRAMMES else len(PROGRAMMES), programme)


@lru_cache(maxsize=64)
def _opened(pk: int, approved_hash: str) -> tuple[Dossier, tuple[Finding, ...]]:
    dossier = from_canonical(Version.objects.values_list("canonical", flat=True).get(pk=pk))
    if canonical_hash(dossier) != approved_hash:
        raise Altered
    return dossier, tuple(find(dossier))


def rulings_on(programme: str, on: date) -> tuple[Ruling, ...]:
    """Rulings that stand on a day. One query."""
    return tuple(ruling for ruling in rulings_of(programme) if ruling.on <= on <= ruling.until)
