"""A roster's way into the register: read, reviewed by a person, committed whole or discarded.

What is stored between reading and committing is a comparison with the register as it stood. Should another roster be
committed in between, this one is refused and read again; nobody commits what nobody reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from azukari.people.bulk import Progress, fetch_canonical, no_progress
from azukari.people.columns import ROSTERS, Roster
from azukari.people.comparison import compare
from azukari.people.guard import DeliveryNote, check_digest, read_bytes
from azukari.people.models import Changeset, ChangesetState, RowStatus
from azukari.people.refusals import (
    ActorMissing,
    AlreadyRead,
    NotInThisState,
    Problem,
    RegisterMoved,
    RosterRefused,
    StaleRoster,
)
from azukari.people.register import apply
from azukari.people.roster import REMARKS, read_roster
from azukari.people.staging import drop_rows, stage

State = ChangesetState

# (state, act) -> next state; what is not listed is refused.
TRANSITIONS: Mapping[tuple[State, str], State] = MappingProxyType(
    {
        (State.READ, "review"): State.REVIEWED,
        (State.READ, "discard"): State.DISCARDED,
        (State.REVIEWED, "commit"): State.COMMITTED,
        (State.REVIEWED, "discard"): State.DISCARDED,
    }
)
ACTS = MappingProxyType({"review": "確認", "commit": "確定", "discard": "破棄"})
NEXT = MappingProxyType(
    {
        State.READ: "まず内訳を確認（review）してください",
        State.REVIEWED: "確定（commit）するか破棄（discard）してください",
        State.COMMITTED: "登録は済んでいます。直すときは正しい名簿を新しく読み込んでください",
        State.DISCARDED: "もう一度ファイルを読み込んでください",
    }
)

# Shares of the register above which a roster looks like the wrong file, or one whose columns slipped.
MANY_ABSENT, MANY_MOVED_ADDRESSES, MANY_NEW_NAMES = 0.05, 0.20, 0.05


@dataclass(frozen=True)
class Review:
    """What a changeset brings. counts: rows by status (every status). remarks: rows by remark. changed: rows by
    changed field. known: people in the register when it was read. warnings: what a person should look into first."""

    counts: Mapping[str, int]
    remarks: Mapping[str, int]
    changed: Mapping[str, int]
    known: int
    warnings: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Commit:
    """What committing did. repeated: it had been committed before, and this time nothing was done."""

    changeset: int
    added: int
    updated: int
    protected_anyway: int
    repeated: bool = False

    def __str__(self) -> str:
        if self.repeated:
            return f"名簿の取込み No.{self.changeset} は既に確定しています。今回は何も変えていません。"
        return f"名簿の取込み No.{self.changeset} を確定しました（追加 {self.added:,} 人、更新 {self.updated:,} 人）。"


def read(
    *,
    path: Path | str,
    kind: str,
    stated_on: date,
    delivery_note: DeliveryNote,
    by: str,
    now: datetime,
    mapping: Mapping[str, str | None] | None = None,
    progress: Progress = no_progress,
) -> Changeset:
    """Read a roster file into a staged changeset; the register is untouched.

    Raises RosterRefused (or its kinds DoesNotMatchDeliveryNote, StaleRoster, AlreadyRead) with every problem of the
    file as a whole; then nothing has been stored. Rows that cannot be taken are staged as rejected, with reasons.
    """
    _require(by)
    roster = ROSTERS[kind]
    path = Path(path)
    data = read_bytes(path)
    sha256 = check_digest(data, delivery_note)
    base = latest(kind)
    check_date(roster, stated_on, base, now)
    check_first_time(kind, sha256)
    found = read_roster(data, roster, stated_on=stated_on, note=delivery_note, mapping=mapping)
    with transaction.atomic():
        register = fetch_canonical(_model(roster), roster.columns)
        staged = compare(found, register, roster, base.stated_on if base else None)
        changeset = Changeset.objects.create(
            kind=kind,
            stated_on=stated_on,
            file_name=path.name,
            sha256=sha256,
            rows=found.rows,
            encoding=found.encoding,
            fields=list(found.fields),
            counts=_count(staged, register.height),
            base=base,
            read_by=by,
            read_at=now,
        )
        done = 0

        def told(rows: int) -> None:
            nonlocal done
            done += rows
            progress(done, staged.height)

        stage(changeset, staged, told)
    return changeset


def review(*, changeset: Changeset, by: str, now: datetime) -> Review:
    """A person has looked at what the changeset brings; only then can it be committed."""
    _require(by)
    _move(changeset, "review", by, now)
    return summary(changeset)


def discard(*, changeset: Changeset, by: str, now: datetime) -> None:
    """Give the changeset up; its rows are deleted, the fact that it was read stays."""
    _require(by)
    with transaction.atomic():
        _move(changeset, "discard", by, now)
        drop_rows(changeset)


def commit(
    *,
    changeset: Changeset,
    by: str,
    now: datetime,
    reference_key: bytes | None = None,
    progress: Progress = no_progress,
) -> Commit:
    """Take the changeset into the register: all of it or nothing. Committing again does nothing and says so.

    reference_key: key of the pseudonymous subject references; the witness's own unless given. Raises NotInThisState,
    and RegisterMoved when another roster was committed since this one was read.
    """
    _require(by)
    if reference_key is None:
        from azukari.witness.keys import subject_key  # reads the key file, so only when it is needed

        reference_key = subject_key()
    roster = ROSTERS[changeset.kind]
    with transaction.atomic():
        if connection.features.has_select_for_update:
            list(Changeset.objects.select_for_update().filter(kind=changeset.kind).order_by("pk").values_list("pk"))
        try:
            _move(changeset, "commit", by, now)
        except NotInThisState:
            if changeset.state != State.COMMITTED:
                raise
            return Commit(changeset.pk, 0, 0, 0, repeated=True)
        newest = latest(changeset.kind, other_than=changeset)
        if (newest.pk if newest else None) != changeset.base_id:
            raise RegisterMoved(changeset.pk)
        applied = apply(changeset, roster, _model(roster), reference_key, progress)
    return Commit(changeset.pk, *applied)


def latest(kind: str, other_than: Changeset | None = None) -> Changeset | None:
    """The changeset that the register of this kind stands on."""
    committed = Changeset.objects.filter(kind=kind, state=State.COMMITTED).order_by("-committed_at", "-pk")
    return (committed.exclude(pk=other_than.pk) if other_than else committed).first()


def summary(changeset: Changeset) -> Review:
    """What the changeset brings, for a person to judge."""
    counts = changeset.counts
    return Review(
        counts={status: counts["status"].get(status, 0) for status in RowStatus.values},
        remarks=counts["remarks"],
        changed=counts["changed"],
        known=counts["known"],
        warnings=tuple(_warnings(counts, changeset.rows)),
    )


def _warnings(counts: Mapping[str, Any], rows: int) -> list[str]:
    status, changed, known = counts["status"], counts["changed"], counts["known"]
    told = []
    unusable = status.get("rejected", 0) + status.get("duplicate", 0)
    if unusable:
        told.append(f"{unusable:,} 件は取り込めません。行と理由を確かめてください。")
    if known and status.get("absent", 0) > MANY_ABSENT * known:
        told.append(
            f"登録にある {known:,} 人のうち {status['absent']:,} 人がこの名簿にありません。"
            "古い名簿や一部だけの名簿でないかを確かめてください。"
        )
    met = rows - status.get("new", 0)
    if known and changed.get("address", 0) > MANY_MOVED_ADDRESSES * met:
        told.append(
            f"{changed['address']:,} 人の住所が変わっています。住所の列が行ごとにずれていないかを確かめてください。"
        )
    if known and changed.get("name", 0) > MANY_NEW_NAMES * met:
        told.append(
            f"{changed['name']:,} 人の氏名が変わっています。氏名の列が行ごとにずれていないかを確かめてください。"
        )
    if status.get("protection_lifted"):
        told.append(f"{status['protection_lifted']:,} 人の支援措置が終わります。所管課に確かめてください。")
    told += [f"{count:,} 件: {REMARKS[key]}。" for key, count in counts["remarks"].items()]
    return told


def _count(staged: pl.DataFrame, known: int) -> dict[str, Any]:
    def parts(column: str) -> dict[str, int]:
        texts = staged.select(pl.col(column).str.split(",").alias("part")).explode("part")
        return dict(texts.filter(pl.col("part") != "").group_by("part").len().sort("part").rows())

    return {"status": parts("status"), "remarks": parts("remarks"), "changed": parts("changed"), "known": known}


def _move(changeset: Changeset, act: str, by: str, now: datetime) -> None:
    """Change the state in one conditional statement, so that of two people who act at once one wins."""
    sources = [state for state, name in TRANSITIONS if name == act]
    target = TRANSITIONS[sources[0], act]
    stamp = {"state": target, f"{target}_by": by, f"{target}_at": now}
    moved = Changeset.objects.filter(pk=changeset.pk, state__in=sources).update(**stamp)
    changeset.refresh_from_db()
    if not moved:
        state = State(changeset.state)
        raise NotInThisState(changeset.pk, str(state.label), ACTS[act], NEXT[state])


def _model(roster: Roster) -> type[models.Model]:
    return apps.get_model("people", roster.model)


def _require(by: str) -> None:
    if not by.strip():
        raise ActorMissing


def check_date(roster: Roster, stated_on: date, base: Changeset | None, now: datetime) -> None:
    """Raises RosterRefused for a day to come, StaleRoster for one before the roster that the register stands on."""
    if stated_on > timezone.localdate(now):
        raise RosterRefused([Problem(None, "基準日", "名簿の基準日が未来です", "基準日を確かめてください")])
    if base and stated_on < base.stated_on:
        problem = (
            f"{base.stated_on} 現在の{roster.label}が既に確定しており、これ（{stated_on} 現在）はそれより古いものです"
        )
        raise StaleRoster([Problem(None, "基準日", problem, "最新の名簿を送付元から受け取ってください")])


def check_first_time(kind: str, sha256: str) -> None:
    """Raises AlreadyRead when the same file waits, or was committed."""
    same = Changeset.objects.filter(kind=kind, sha256=sha256).exclude(state=State.DISCARDED).first()
    if same is None:
        return
    if same.state == State.COMMITTED:
        problem = f"同じファイルが No.{same.pk} として既に確定しています"
        remedy = "新しい名簿のファイルかどうかを確かめてください"
    else:
        problem = f"同じファイルが No.{same.pk} として読み込まれています（{State(same.state).label}）"
        remedy = "No. を指定して確認・確定するか、破棄してから読み込んでください"
    raise AlreadyRead(Problem(None, "", problem, remedy), same.pk)
