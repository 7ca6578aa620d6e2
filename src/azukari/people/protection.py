"""Protected persons (支援措置) never leave in any list, unless a named officer released that person with a reason.

A list that is made tells what it withheld, so that the ward can serve these people itself.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import overload

import polars as pl
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from azukari.people.bulk import fetch, table_of
from azukari.people.models import ProtectedRelease, Resident
from azukari.people.refusals import ActorMissing, NotInRegister
from azukari.vocabulary.refusal import Refusal


class ReleaseRefused(Refusal, ValueError):
    """A release that is not complete, or not possible; says which part and what to do."""


class SecondPersonNeeded(ReleaseRefused):
    def __init__(self, release: int) -> None:
        self.release = release
        super().__init__(release)

    def __str__(self) -> str:
        return (
            f"支援措置対象者の個別の許可 No.{self.release} は、申請した人自身では承認できません。"
            "別の職員が承認してください。"
        )


def request_release(
    *, resident: Resident, programme: str, purpose: str, reason: str, by: str, now: datetime, valid_until: date
) -> ProtectedRelease:
    """Ask that one protected person may be in one programme's lists. Without effect until another officer approves."""
    if not by.strip():
        raise ActorMissing
    for value, label in ((programme, "事業"), (purpose, "目的"), (reason, "理由")):
        if not value.strip():
            raise ReleaseRefused(f"支援措置対象者を個別に許可するには「{label}」が必要です。{label}を入れてください。")
    if valid_until < timezone.localdate(now):
        raise ReleaseRefused("有効期限が過ぎています。今日以後の日を有効期限にしてください。")
    if not resident.protected:
        raise ReleaseRefused("この人は支援措置の対象ではありません。許可は要りません。人を確かめてください。")
    return ProtectedRelease.objects.create(
        resident=resident, programme=programme, purpose=purpose, reason=reason, by=by, requested_at=now,
        valid_until=valid_until,
    )  # fmt: skip


def approve_release(*, release: ProtectedRelease, by: str, now: datetime) -> None:
    """Approve as a second person. Raises SecondPersonNeeded for one's own, ReleaseRefused when it is past or done."""
    if not by.strip():
        raise ActorMissing
    with transaction.atomic():
        open_ones = ProtectedRelease.objects.filter(
            pk=release.pk, approved_by="", revoked_at=None, valid_until__gte=timezone.localdate(now)
        )
        if release.by == by:
            raise SecondPersonNeeded(release.pk)
        if not open_ones.update(approved_by=by, approved_at=now):
            raise ReleaseRefused(
                f"個別の許可 No.{release.pk} は承認済み、取消し済みか期限切れです。必要ならもう一度申請してください。"
            )
        release.refresh_from_db()


def revoke_release(*, release: ProtectedRelease, by: str, now: datetime) -> None:
    """Take a release back, at once and alone: holding back needs no second person. Repeating changes nothing."""
    if not by.strip():
        raise ActorMissing
    ProtectedRelease.objects.filter(pk=release.pk, revoked_at=None).update(revoked_by=by, revoked_at=now)
    release.refresh_from_db()


def releases_in_force(programme: str, on: date) -> QuerySet[ProtectedRelease]:
    """Releases for this programme that are approved, not taken back, and whose last day is not before `on`."""
    return ProtectedRelease.objects.filter(
        ~Q(approved_by=""), programme=programme, revoked_at=None, valid_until__gte=on
    )


@overload
def without_protected(people: pl.DataFrame, programme: str, on: date) -> tuple[pl.DataFrame, pl.DataFrame]: ...
@overload
def without_protected(
    people: QuerySet[Resident], programme: str, on: date
) -> tuple[QuerySet[Resident], QuerySet[Resident]]: ...
def without_protected(
    people: pl.DataFrame | QuerySet[Resident], programme: str, on: date
) -> tuple[pl.DataFrame, pl.DataFrame] | tuple[QuerySet[Resident], QuerySet[Resident]]:
    """(kept, withheld) of a list of residents: the withheld are protected and not released for this programme.

    A frame needs a column `number`; the register says who is protected, whatever the frame says, as a frame may be
    older. Raises NotInRegister for a frame with numbers that the register does not know.
    """
    if isinstance(people, pl.DataFrame):
        return _frame_without(people, programme, on)
    released = Exists(releases_in_force(programme, on).filter(resident=OuterRef("pk")))
    held = Q(protected=True) & ~Q(released)
    return people.filter(~held), people.filter(held)


def _frame_without(people: pl.DataFrame, programme: str, on: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    known = fetch(f"SELECT number FROM {table_of(Resident)}", [], {"number": pl.String})  # noqa: S608
    unknown = people.join(known, on="number", how="anti").height
    if unknown:
        raise NotInRegister(unknown)
    released = releases_in_force(programme, on).values("resident")
    held = Resident.objects.filter(protected=True).exclude(pk__in=released).values_list("number", flat=True)
    withheld = pl.DataFrame({"number": list(held)}, schema={"number": pl.String})
    return (
        people.join(withheld, on="number", how="anti", maintain_order="left"),
        people.join(withheld, on="number", how="semi", maintain_order="left"),
    )


def releases_listed() -> QuerySet[ProtectedRelease]:
    """Requests and decisions by number, newest first, without whom they are about and why."""
    return ProtectedRelease.objects.defer("reason").order_by("-pk")
