"""From draft to in force: what was approved is bound by its canonical hash, and nothing else is in force.

A version's state follows from its dates, so that no nightly job decides what is in force::

    draft -> submitted -> approved -> in_force -> superseded | expired

The acts here take the acting person's key; ``parties.approvals`` checks roles and writes the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from azukari.vocabulary.refusal import Refusal

from . import models
from .canonical import canonical_hash, canonical_text, from_canonical
from .findings import find
from .permit import Decision, RenewalAct, Ruling, permit
from .reader import read_dossier
from .schema import Direction, Dossier, GapEntry


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


STATE_NAMES = {
    State.DRAFT: "作成中",
    State.SUBMITTED: "付議中",
    State.APPROVED: "承認済（効力発生前）",
    State.IN_FORCE: "有効",
    State.SUPERSEDED: "新しい版に置き換え済",
    State.EXPIRED: "失効",
}

TRANSITIONS = {
    State.DRAFT: {State.SUBMITTED},
    State.SUBMITTED: {State.APPROVED},
    State.APPROVED: {State.IN_FORCE, State.SUPERSEDED, State.EXPIRED},
    State.IN_FORCE: {State.SUPERSEDED, State.EXPIRED},
    State.SUPERSEDED: set(),
    State.EXPIRED: set(),
}


class NotInForce(Refusal):
    """No approved dossier of the programme is in force that day, or its stored text was altered."""


class ApprovalRefused(Refusal):
    """The act does not fit the version's state or the person."""


@dataclass(frozen=True)
class InForce:
    """All that a permit needs to know on one day."""

    dossier: Dossier
    version: str
    canonical_hash: str
    rulings: tuple[Ruling, ...]
    renewals: tuple[RenewalAct, ...]

    def decide(self, party: str, item: str, direction: Direction | str, on: date) -> Decision:
        return permit(self.dossier, party, item, direction, on, rulings=self.rulings, renewals=self.renewals)


def state_on(version: models.Version, on: date) -> State:
    if version.approved_at is None:
        return State.SUBMITTED if version.submitted_at else State.DRAFT
    if version.in_force_until and on > version.in_force_until:
        return State.EXPIRED
    if version.in_force_from is None or on < version.in_force_from:
        return State.APPROVED
    later = models.Version.objects.filter(
        programme=version.programme, approved_at__isnull=False, in_force_from__gt=version.in_force_from
    ).filter(in_force_from__lte=on)
    return State.SUPERSEDED if later.exists() else State.IN_FORCE


def draft(*, path: Path, by: str, now: datetime) -> models.Version:
    """Take a dossier file in as a draft. A draft of the same version is replaced; an approved one never is."""
    dossier = read_dossier(path)
    text = canonical_text(dossier)
    with transaction.atomic():
        existing = (
            models.Version.objects.select_for_update()
            .filter(programme=dossier.programme, version=dossier.version)
            .first()
        )
        if existing and existing.canonical == text:
            return existing
        if existing and existing.submitted_at:
            raise ApprovalRefused(
                f"付議書「{dossier.programme}」第{dossier.version}版は付議済みです。"
                "内容を変えるときは、版番号（version）を上げて新しい版として付議してください。"
            )
        if existing:
            existing.delete()
        return models.Version.objects.create(
            programme=dossier.programme,
            version=dossier.version,
            canonical=text,
            canonical_hash=canonical_hash(dossier),
            drafted_by=by,
            drafted_at=now,
        )


def submit(*, version: models.Version, by: str, now: datetime) -> None:
    changed = models.Version.objects.filter(pk=version.pk, submitted_at__isnull=True).update(
        submitted_by=by, submitted_at=now
    )
    if not changed:
        raise ApprovalRefused("この版はすでに付議されています。")
    version.refresh_from_db()


def approve(*, version: models.Version, in_force_from: date, by: str, now: datetime) -> None:
    """The board's approval, recorded by a second person; binds the canonical hash."""
    version.refresh_from_db()
    if version.submitted_at is None:
        raise ApprovalRefused("付議されていない版は承認できません。先に付議してください。")
    if version.approved_at is not None:
        raise ApprovalRefused("この版はすでに承認されています。")
    if by in {version.submitted_by, version.drafted_by}:
        raise ApprovalRefused("作成者・付議者とは別の人が承認を記録してください。")
    if canonical_hash(from_canonical(version.canonical)) != version.canonical_hash:
        raise ApprovalRefused("保存された本文がハッシュ値と一致しません。もう一度、作成からやり直してください。")
    changed = models.Version.objects.filter(pk=version.pk, approved_at__isnull=True).update(
        approved_by=by, approved_at=now, in_force_from=in_force_from
    )
    if not changed:
        raise ApprovalRefused("この版は、ほかの人が先に承認しました。")
    version.refresh_from_db()


def expire(*, version: models.Version, last_day: date) -> None:
    """End a version's force after a last day; what was in force on the days before stays so."""
    if version.approved_at is None:
        raise ApprovalRefused("承認されていない版は失効させられません。")
    if version.in_force_from and last_day < version.in_force_from:
        raise ApprovalRefused(f"失効日は、効力発生日（{version.in_force_from}）より前にはできません。")
    models.Version.objects.filter(pk=version.pk).update(in_force_until=last_day)
    version.refresh_from_db()


def rule(*, ruling: Ruling, programme: str, now: datetime) -> models.Ruling:
    """Record a ruling on a finding of the programme's latest version.

    Raises ApprovalRefused where there is no such finding, or where it would grant more than the gap holds.
    """
    version = models.Version.objects.filter(programme=programme).order_by("-drafted_at").first()
    if version is None:
        raise ApprovalRefused(f"事業「{programme}」の付議書が登録されていません。")
    finding = next((f for f in find(from_canonical(version.canonical)) if f.key == ruling.finding), None)
    if finding is None:
        raise ApprovalRefused(
            f"指摘「{ruling.finding}」は付議書の点検結果にありません。dossier check で確かめてください。"
        )
    beyond = _triples(ruling.grants) - _triples(finding.gap)
    if beyond:
        raise ApprovalRefused(
            "裁定で認められるのは、指摘が示す範囲（相手・項目・方向）だけです。範囲を見直してください。"
        )
    if not ruling.why.strip() or not ruling.governs.strip():
        raise ApprovalRefused("裁定には、優先する記載と理由の両方が必要です。")
    return models.Ruling.objects.create(
        key=ruling.key,
        programme=programme,
        finding=ruling.finding,
        governs=ruling.governs,
        why=ruling.why,
        grants=[g.model_dump(mode="json") for g in ruling.grants],
        ruled_by=ruling.by,
        ruled_at=now,
        effective_on=ruling.on,
        until=ruling.until,
    )


def _triples(entries: tuple[GapEntry, ...]) -> set[tuple[str, str, Direction]]:
    return {(g.party, item, direction) for g in entries for item in g.items for direction in g.directions}


def renew(*, programme: str, clause: str, fiscal_year: int, by: str, on: date, remark: str = "") -> models.Renewal:
    return models.Renewal.objects.create(
        programme=programme, clause=clause, fiscal_year=fiscal_year, recorded_on=on, recorded_by=by, remark=remark
    )


def rulings_of(programme: str) -> tuple[Ruling, ...]:
    return tuple(
        Ruling(
            key=r.key,
            finding=r.finding,
            governs=r.governs,
            why=r.why,
            by=r.ruled_by,
            on=r.effective_on,
            until=r.until,
            grants=tuple(GapEntry.model_validate(g) for g in r.grants),
        )
        for r in models.Ruling.objects.filter(programme=programme, withdrawn_at__isnull=True).order_by("ruled_at", "pk")
    )


def renewals_of(programme: str) -> tuple[RenewalAct, ...]:
    return tuple(
        RenewalAct(clause=r.clause, fiscal_year=r.fiscal_year, recorded_on=r.recorded_on, by=r.recorded_by)
        for r in models.Renewal.objects.filter(programme=programme).order_by("fiscal_year", "pk")
    )


def version_in_force(programme: str, on: date) -> models.Version | None:
    return (
        models.Version.objects.filter(programme=programme, approved_at__isnull=False, in_force_from__lte=on)
        .filter(Q(in_force_until__isnull=True) | Q(in_force_until__gte=on))
        .order_by("-in_force_from", "-approved_at")
        .first()
    )


@lru_cache(maxsize=64)
def _opened(canonical: str) -> tuple[Dossier, str]:
    """The dossier of a stored text and its hash: read once, so that every permit of a process asks the same object."""
    dossier = from_canonical(canonical)
    return dossier, canonical_hash(dossier)


def in_force(programme: str, on: date) -> InForce:
    """The approved dossier in force on a day. Raises NotInForce, also when the stored text was altered."""
    version = version_in_force(programme, on)
    if version is None:
        raise NotInForce(
            f"事業「{programme}」には、{on.isoformat()} に有効な承認済みの付議書がありません。"
            "付議書を付議し、別の人が承認を記録してください。"
        )
    dossier, found = _opened(version.canonical)
    if found != version.canonical_hash:
        raise NotInForce(
            f"事業「{programme}」第{version.version}版の保存本文が、承認時のハッシュ値と一致しません。"
            "改変のおそれがあります。情報保護担当に連絡し、控えから戻してください。"
        )
    return InForce(dossier, version.version, version.canonical_hash, rulings_of(programme), renewals_of(programme))


def file_matches(path: Path, on: date) -> tuple[bool, str]:
    """Whether a dossier file is the one approved and in force, and a Japanese sentence that says so."""
    dossier = read_dossier(path)
    version = version_in_force(dossier.programme, on)
    if version is None:
        return False, "この付議書は、まだ承認されていません（効力はありません）。"
    if version.canonical_hash != canonical_hash(dossier):
        return False, (
            f"このファイルは、承認された第{version.version}版と内容が異なるため、効力がありません。"
            "有効なのは承認された版です。変更するときは新しい版として付議してください。"
        )
    return True, f"承認された第{version.version}版と一致します（{version.in_force_from} から有効）。"
