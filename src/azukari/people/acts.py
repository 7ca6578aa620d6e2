"""A roster's acts by a named officer: role checked, logged, and in one transaction. Screens and commands call these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from . import changeset as changesets
from . import protection
from .bulk import Progress, no_progress
from .changeset import Commit, Review
from .columns import RESIDENTS
from .guard import DeliveryNote
from .models import Changeset, ChangesetState, ProtectedRelease, Resident
from .person import in_words


def read_roster(
    *,
    path: Path,
    kind: str,
    stated_on: date,
    delivery_note: DeliveryNote,
    by: Handler,
    now: datetime,
    mapping: Mapping[str, str | None] | None = None,
    progress: Progress = no_progress,
) -> Changeset:
    """Stage a roster file; see ``changeset.read`` for what it refuses."""
    with acting(by=by, act="people.import", now=now) as record:
        staged = changesets.read(
            path=path,
            kind=kind,
            stated_on=stated_on,
            delivery_note=delivery_note,
            by=by.key,
            now=now,
            mapping=mapping,
            progress=progress,
        )
        record(purpose="名簿の読込み", kind=kind, sha256=staged.sha256, rows=staged.rows, changeset=staged.pk)
        return staged


def review_roster(*, changeset: Changeset, by: Handler, now: datetime) -> Review:
    with acting(by=by, act="people.import", now=now) as record:
        review = changesets.review(changeset=changeset, by=by.key, now=now)
        record(purpose="名簿の内訳の確認", changeset=changeset.pk)
        return review


def commit_roster(*, changeset: Changeset, by: Handler, now: datetime, progress: Progress = no_progress) -> Commit:
    """Take a reviewed roster into the register; somebody else than who reviewed it does."""
    with acting(by=by, act="people.commit", now=now) as record:
        changeset.refresh_from_db()
        if changeset.state == ChangesetState.REVIEWED and changeset.reviewed_by == by.key:
            raise NotPermitted("内訳を確認した人とは別の人が確定してください。")
        done = changesets.commit(changeset=changeset, by=by.key, now=now, progress=progress)
        record(purpose="名簿の確定", changeset=changeset.pk, repeated=done.repeated)
        return done


def discard_roster(*, changeset: Changeset, by: Handler, now: datetime) -> None:
    with acting(by=by, act="people.import", now=now) as record:
        changesets.discard(changeset=changeset, by=by.key, now=now)
        record(purpose="名簿の破棄", changeset=changeset.pk)


def request_protected_release(
    *,
    resident: Resident,
    programme: str,
    purpose: str,
    reason: str,
    valid_until: date,
    by: Handler,
    now: datetime,
) -> ProtectedRelease:
    """Ask that one protected person may be in one programme's lists; without effect until another approves."""
    with acting(by=by, act="people.release_protected", now=now, programme=programme) as record:
        release = protection.request_release(
            resident=resident,
            programme=programme,
            purpose=purpose,
            reason=reason,
            by=by.key,
            now=now,
            valid_until=valid_until,
        )
        record(purpose="支援措置対象者の例外の申請", subjects=[bytes.fromhex(resident.reference)], release=release.pk)
        return release


def approve_protected_release(*, release: ProtectedRelease, by: Handler, now: datetime) -> None:
    with acting(by=by, act="people.release_protected", now=now, programme=release.programme) as record:
        protection.approve_release(release=release, by=by.key, now=now)
        subject = bytes.fromhex(release.resident.reference)
        record(purpose="支援措置対象者の例外の承認", subjects=[subject], release=release.pk)


def revoke_protected_release(*, release: ProtectedRelease, by: Handler, now: datetime) -> None:
    """Take a release back. Holding back needs no second person."""
    with acting(by=by, act="people.release_protected", now=now, programme=release.programme) as record:
        protection.revoke_release(release=release, by=by.key, now=now)
        subject = bytes.fromhex(release.resident.reference)
        record(purpose="支援措置対象者の例外の取消し", subjects=[subject], release=release.pk)


def check_protected_release(*, release: ProtectedRelease, by: Handler, now: datetime) -> list[tuple[str, str]]:
    """Whom a request is about and why, for the eyes of whoever approves it: (item, text). The address is not shown."""
    with acting(by=by, act="people.release_protected", now=now, programme=release.programme) as record:
        person = release.resident
        record(
            purpose="支援措置対象者の例外の承認前の確認",
            items=["resident_number", "name", "name_kana", "birth_date", "protection_measure"],
            subjects=[bytes.fromhex(person.reference)],
            release=release.pk,
        )
        return [
            (_("宛名番号"), person.number),
            (_("氏名"), f"{person.addressed_as}（{person.kana}）" if person.kana else person.addressed_as),
            (_("生年月日"), in_words(RESIDENTS, "birth", person.birth)),
            (_("理由"), release.reason),
        ]
