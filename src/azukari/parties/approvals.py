"""The privacy officer's acts on dossiers and parties. Each is one function: keyword-only, ``by=``, one transaction."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from django.utils import timezone

from azukari.dossier import approval
from azukari.dossier import models as dossier_models
from azukari.dossier.permit import Ruling
from azukari.dossier.schema import GapEntry, PartyStatus, Role

from .acting import NotPermitted, acting
from .models import Appointment, Handler, Organisation


def draft_dossier(*, path: Path, by: Handler, now: datetime) -> dossier_models.Version:
    with acting(by=by, act="dossier.draft", now=now) as record:
        version = approval.draft(path=path, by=by.key, now=now)
        record(purpose="付議書の作成", programme_of=version.programme, hash=version.canonical_hash)
        return version


def submit_dossier(*, version: dossier_models.Version, by: Handler, now: datetime) -> None:
    with acting(by=by, act="dossier.submit", now=now, programme=version.programme) as record:
        approval.submit(version=version, by=by.key, now=now)
        record(purpose="付議", version=version.version, hash=version.canonical_hash)


def approve_dossier(*, version: dossier_models.Version, in_force_from: date, by: Handler, now: datetime) -> None:
    with acting(by=by, act="dossier.approve", now=now, programme=version.programme) as record:
        approval.approve(version=version, in_force_from=in_force_from, by=by.key, now=now)
        record(
            purpose="運営会議の承認の記録",
            version=version.version,
            hash=version.canonical_hash,
            in_force_from=in_force_from.isoformat(),
        )


def expire_dossier(*, version: dossier_models.Version, last_day: date, why: str, by: Handler, now: datetime) -> None:
    """Let a version end after a last day (事業の終了, 承認の取消し). Nothing is handed over under it after that."""
    with acting(by=by, act="dossier.approve", now=now, programme=version.programme) as record:
        if not why.strip():
            raise NotPermitted("失効させる理由を書いてください。")
        if last_day < timezone.localdate(now):
            raise NotPermitted("過去の日にさかのぼって失効させることはできません。今日以後の日にしてください。")
        approval.expire(version=version, last_day=last_day)
        record(purpose=why, version=version.version, last_day=last_day.isoformat())


def record_ruling(
    *,
    programme: str,
    key: str,
    finding: str,
    governs: str,
    why: str,
    grants: tuple[GapEntry, ...],
    until: date,
    by: Handler,
    now: datetime,
) -> dossier_models.Ruling:
    with acting(by=by, act="dossier.rule", now=now, programme=programme) as record:
        ruling = Ruling(
            key=key,
            finding=finding,
            governs=governs,
            why=why,
            by=by.key,
            on=timezone.localdate(now),
            until=until,
            grants=grants,
        )
        stored = approval.rule(ruling=ruling, programme=programme, now=now)
        record(purpose=why, ruling=key, finding=finding, governs=governs, until=until.isoformat())
        return stored


def withdraw_ruling(*, ruling: dossier_models.Ruling, by: Handler, now: datetime, why: str) -> None:
    with acting(by=by, act="dossier.rule", now=now, programme=ruling.programme) as record:
        if not why.strip():
            raise NotPermitted("裁定を取り消す理由を書いてください。")
        dossier_models.Ruling.objects.filter(pk=ruling.pk, withdrawn_at__isnull=True).update(
            withdrawn_at=now, withdrawn_by=by.key
        )
        record(purpose=why, ruling=ruling.key, withdrawn=True)


def record_renewal(
    *, programme: str, clause: str, fiscal_year: int, by: Handler, now: datetime, remark: str = ""
) -> dossier_models.Renewal:
    with acting(by=by, act="dossier.renew", now=now, programme=programme) as record:
        renewal = approval.renew(
            programme=programme,
            clause=clause,
            fiscal_year=fiscal_year,
            by=by.key,
            on=timezone.localdate(now),
            remark=remark,
        )
        record(purpose="次年度の更新", clause=clause, fiscal_year=fiscal_year)
        return renewal


def appoint(
    *,
    programme: str,
    party: str,
    organisation: Organisation,
    valid_from: date,
    by: Handler,
    now: datetime,
    valid_until: date | None = None,
    grounds: str = "",
) -> Appointment:
    """Record which organisation is the dossier's party. A party that the paper names can only be that organisation."""
    with acting(by=by, act="party.appoint", now=now, programme=programme) as record:
        dossier = approval.in_force(programme, timezone.localdate(now)).dossier
        stated = next((p for p in dossier.parties if p.key == party), None)
        if stated is None:
            raise NotPermitted(
                f"付議書に「{party}」という相手はありません。承認されていない相手には何も渡せません。"
                "相手を加えるときは、付議書の変更を付議してください。"
            )
        named = stated.status == PartyStatus.NAMED and stated.role != Role.CONTROLLER
        if named and organisation.name not in {stated.name, *stated.aliases}:
            raise NotPermitted(
                f"付議書が「{party}」として挙げているのは{stated.name}です。{organisation.name}は承認されていません。"
            )
        if stated.status != PartyStatus.NAMED and not grounds.strip():
            raise NotPermitted(
                f"「{stated.name}」は付議書で決まっていません。選定の根拠（入札結果等）を記録してください。"
            )
        appointment, _ = Appointment.objects.get_or_create(
            programme=programme,
            party=party,
            organisation=organisation,
            defaults={
                "valid_from": valid_from,
                "valid_until": valid_until,
                "grounds": grounds,
                "recorded_by": by.key,
            },
        )
        record(purpose="事業者の選定の記録", party=organisation.key, stands_for=party, grounds=grounds)
        return appointment


def end_appointment(*, appointment: Appointment, last_day: date, why: str, by: Handler, now: datetime) -> None:
    """The organisation is this party until a last day; what it still holds is returned or erased as before."""
    with acting(by=by, act="party.appoint", now=now, programme=appointment.programme) as record:
        if not why.strip():
            raise NotPermitted("選定を終える理由を書いてください。")
        if last_day < appointment.valid_from:
            raise NotPermitted(f"終了日は、開始日（{appointment.valid_from}）より前にはできません。")
        Appointment.objects.filter(pk=appointment.pk).update(valid_until=last_day)
        appointment.refresh_from_db()
        record(
            purpose=why,
            party=appointment.organisation.key,
            stands_for=appointment.party,
            last_day=last_day.isoformat(),
        )


def report_handler(
    *, key: str, name: str, organisation: Organisation, role: str, reported_on: date, by: Handler, now: datetime
) -> Handler:
    """A handler reported by the organisation's responsible handler, or by the ward."""
    with acting(by=by, act="party.report_handler", now=now) as record:
        if by.organisation_id != organisation.pk and by.organisation.type != Organisation.Type.WARD:
            raise NotPermitted("ほかの組織の取扱者は報告できません。")
        if Handler.objects.filter(key=key).exists():
            raise NotPermitted(f"取扱者番号「{key}」は、すでに使われています。別の番号にしてください。")
        handler = Handler.objects.create(
            key=key, name=name, organisation=organisation, role=role, reported_on=reported_on
        )
        record(purpose="取扱者の報告", handler=key, organisation=organisation.key, role=role)
        return handler


def remove_handler(*, handler: Handler, removed_on: date, by: Handler, now: datetime) -> None:
    with acting(by=by, act="party.remove_handler", now=now) as record:
        if by.organisation_id != handler.organisation_id and by.organisation.type != Organisation.Type.WARD:
            raise NotPermitted("ほかの組織の取扱者は解除できません。")
        handler.removed_on = removed_on
        handler.save(update_fields=["removed_on"])
        record(purpose="取扱者の解除", handler=handler.key, removed_on=removed_on.isoformat())
