"""The dossiers as the screens need them: every version with its state that day, opened once, with what was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404
from django.utils.translation import gettext as _

from azukari.dossier.approval import STATE_NAMES, State
from azukari.dossier.canonical import canonical_hash, from_canonical
from azukari.dossier.findings import GAP, Finding, find
from azukari.dossier.force import RenewalAct
from azukari.dossier.force import Ruling as RulingInForce
from azukari.dossier.models import Renewal, Ruling, Version
from azukari.dossier.reader import DossierErrors, read_dossier
from azukari.dossier.schema import Dossier, GapEntry
from azukari.parties.models import Handler
from azukari.programmes import PROGRAMMES

CHIPS = {
    State.DRAFT: "gray",
    State.SUBMITTED: "yellow",
    State.APPROVED: "blue",
    State.IN_FORCE: "green",
    State.SUPERSEDED: "gray",
    State.EXPIRED: "red",
}


@lru_cache(maxsize=64)
def opened(canonical: str) -> tuple[Dossier, tuple[Finding, ...]]:
    """The dossier of a stored text and its findings: read once in a process, so that permits find their index again."""
    dossier = from_canonical(canonical)
    return dossier, tuple(find(dossier))


@dataclass(frozen=True)
class Paper:
    """One version, opened. ``rulings`` has the withdrawn ones too."""

    version: Version
    dossier: Dossier
    findings: tuple[Finding, ...]
    rulings: tuple[Ruling, ...]
    renewals: tuple[Renewal, ...]
    state: State

    @property
    def programme(self) -> str:
        return self.version.programme

    @property
    def state_name(self) -> str:
        return STATE_NAMES[self.state]

    @property
    def standing_rulings(self) -> tuple[RulingInForce, ...]:
        """The rulings as a permit takes them: without the withdrawn ones."""
        return tuple(
            RulingInForce(
                r.key, r.finding, r.governs, r.why, r.ruled_by, r.effective_on, r.until,
                tuple(GapEntry.model_validate(grant) for grant in r.grants),
            )
            for r in self.rulings
            if r.withdrawn_at is None
        )  # fmt: skip

    @property
    def renewal_acts(self) -> tuple[RenewalAct, ...]:
        return tuple(RenewalAct(r.clause, r.fiscal_year, r.recorded_on, r.recorded_by) for r in self.renewals)

    @property
    def gaps(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == GAP)

    def ruled_on(self, on: date) -> set[str]:
        """Keys of the findings for which a ruling stands that day."""
        return {r.finding for r in self.standing_rulings if r.on <= on <= r.until}


def states(versions: Iterable[Version], on: date) -> dict[int, State]:
    """Each version's state on a day, by primary key, from one programme's versions alone: no query."""
    every = list(versions)
    begun = [v for v in every if v.approved_at and v.in_force_from and v.in_force_from <= on]
    return {version.pk: _state(version, begun, on) for version in every}


def _state(version: Version, begun: Sequence[Version], on: date) -> State:
    """As ``dossier.approval.state_on`` says, which asks the database for each."""
    if version.approved_at is None:
        return State.SUBMITTED if version.submitted_at else State.DRAFT
    if version.in_force_until and on > version.in_force_until:
        return State.EXPIRED
    if version.in_force_from is None or on < version.in_force_from:
        return State.APPROVED
    later = any(
        v.programme == version.programme and v.in_force_from and v.in_force_from > version.in_force_from for v in begun
    )
    return State.SUPERSEDED if later else State.IN_FORCE


def versions_of(programme: str) -> list[Version]:
    """A programme's versions, newest first, without their texts."""
    return list(Version.objects.filter(programme=programme).defer("canonical").order_by("-drafted_at", "-pk"))


def paper_of(programme: str, pk: int, on: date) -> Paper:
    """One version with its rulings and renewals; 404 where there is none. Four queries."""
    version = Version.objects.filter(programme=programme, pk=pk).first()
    if version is None:
        raise Http404
    dossier, findings = opened(version.canonical)
    return Paper(
        version,
        dossier,
        findings,
        tuple(Ruling.objects.filter(programme=programme).order_by("ruled_at", "pk")),
        tuple(Renewal.objects.filter(programme=programme).order_by("fiscal_year", "pk")),
        states(versions_of(programme), on)[version.pk],
    )


def chief(versions: Sequence[Version], on: date) -> Version | None:
    """The version to look at first: the one in force, else the one approved, else the newest."""
    known = states(versions, on)
    for state in (State.IN_FORCE, State.APPROVED):
        found = [v for v in versions if known[v.pk] is state]
        if found:
            return max(found, key=lambda v: (v.in_force_from or date.min, v.pk))
    return versions[0] if versions else None


def latest(programme: str) -> Paper | None:
    """The newest version, on whose findings rulings are recorded; without rulings and renewals. One query."""
    version = Version.objects.filter(programme=programme).order_by("-drafted_at").first()
    if version is None:
        return None
    return Paper(version, *opened(version.canonical), (), (), State.DRAFT)


@dataclass(frozen=True)
class Row:
    """One programme in the list. ``paper``: its chief version, None where nothing was drafted."""

    programme: str
    name: str
    paper: Paper | None
    waiting: tuple[tuple[Version, State], ...]
    warning: str


def rows(on: date) -> list[Row]:
    """Every programme: those of the program in their order, then others that have a dossier here. Four queries."""
    versions: dict[str, list[Version]] = {}
    for version in Version.objects.defer("canonical").order_by("-drafted_at", "-pk"):
        versions.setdefault(version.programme, []).append(version)
    chiefs = {programme: found for programme, all_of in versions.items() if (found := chief(all_of, on))}
    texts = dict(Version.objects.filter(pk__in=[v.pk for v in chiefs.values()]).values_list("pk", "canonical"))
    rulings = list(Ruling.objects.order_by("ruled_at", "pk"))
    renewals = list(Renewal.objects.order_by("fiscal_year", "pk"))
    made = []
    for programme in dict.fromkeys((*PROGRAMMES, *sorted(versions))):
        head = chiefs.get(programme)
        if head is None:
            made.append(Row(programme, _name_on_disk(programme), None, (), ""))
            continue
        known = states(versions[programme], on)
        dossier, findings = opened(texts[head.pk])
        own_rulings = tuple(r for r in rulings if r.programme == programme)
        own_renewals = tuple(r for r in renewals if r.programme == programme)
        paper = Paper(head, dossier, findings, own_rulings, own_renewals, known[head.pk])
        others = tuple((v, known[v.pk]) for v in versions[programme] if v.pk != head.pk and v.approved_at is None)
        made.append(Row(programme, dossier.programme_name, paper, others, file_warning(paper)))
    return made


def current(on: date) -> dict[str, Dossier]:
    """Every programme's chief dossier, to tell parties and clauses by their names. Two queries."""
    versions: dict[str, list[Version]] = {}
    for version in Version.objects.defer("canonical").order_by("-drafted_at", "-pk"):
        versions.setdefault(version.programme, []).append(version)
    chosen = [found for all_of in versions.values() if (found := chief(all_of, on))]
    texts = Version.objects.filter(pk__in=[v.pk for v in chosen]).order_by("programme")
    return {programme: opened(text)[0] for programme, text in texts.values_list("programme", "canonical")}


def file_warning(paper: Paper) -> str:
    """A sentence where the programme's file is not what was approved; empty where it is, or where there is none."""
    if paper.state is not State.IN_FORCE:
        return ""
    path = _path(paper.programme)
    if not path.is_file():
        return ""
    told = path.stat()
    on_disk = _read(path, told.st_mtime_ns, told.st_size)
    if on_disk is None:
        return _(
            "この事業のファイル（dossier.toml）を読み込めません。有効なのは承認された版です。ファイルを直してください。"
        )
    if on_disk[0] == paper.version.canonical_hash:
        return ""
    return _(
        "この事業のファイル（dossier.toml）は、承認された版（%(version)s）と内容が異なるため、効力がありません。"
        "有効なのは承認された版です。変更するときは、新しい版として付議してください。"
    ) % {"version": paper.version.version}


def _path(programme: str) -> Path:
    return Path(settings.AZUKARI_PROGRAMMES) / programme / "dossier.toml"


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int, _size: int) -> tuple[str, str] | None:
    """Hash and programme name of a file as it was when it last changed; None where it cannot be read."""
    try:
        dossier = read_dossier(path)
    except (DossierErrors, OSError):
        return None
    return canonical_hash(dossier), dossier.programme_name


def _name_on_disk(programme: str) -> str:
    path = _path(programme)
    if not path.is_file():
        return programme
    told = path.stat()
    found = _read(path, told.st_mtime_ns, told.st_size)
    return found[1] if found else programme


def names(keys: Iterable[str]) -> dict[str, str]:
    """Handlers' names by key. One query."""
    return dict(Handler.objects.filter(key__in={key for key in keys if key}).values_list("key", "name"))
