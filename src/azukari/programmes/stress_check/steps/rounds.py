"""③ The site is set up for a year: what is asked, how it is scored, from when to when; and who has which duty."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localdate

from azukari.custody.models import READABLE, Handover
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation

from ..models import Duty, Respondent, Round
from ..parameters import scoring_set
from .state import (
    IMPLEMENTERS,
    PROGRAMME,
    STAFF,
    WORKERS,
    RoundMoved,
    has_authority,
    require_duty,
    require_state,
)

S = Round.State


def prepare_round(
    *,
    staff: Handover,
    opens_on: date,
    closes_on: date,
    contact: str,
    by: Handler,
    now: datetime,
    instrument: str = "bjsq57",
    method: str | None = None,
) -> Round:
    """A round on the staff list that this organisation holds. One a fiscal year; the scoring is fixed from here on."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        if staff.programme != PROGRAMME or staff.step != STAFF or staff.receiver_id != by.organisation_id:
            raise NotPermitted("この受渡しは、ストレスチェックの対象者情報として受け取ったものではありません。")
        if staff.state not in READABLE:
            raise NotPermitted(f"受渡し {staff.number} は「{staff.get_state_display()}」です。受領を確認してください。")
        if not localdate(now) <= opens_on <= closes_on:
            raise NotPermitted("受付の開始日と締切日を確かめてください（今日以後、開始が先）。")
        if not contact.strip():
            raise NotPermitted("回答する人が相談できる窓口（部署と電話番号）を書いてください。")
        if Round.objects.filter(fiscal_year=staff.fiscal_year).exists():
            raise RoundMoved(f"{staff.fiscal_year}年度の実施は、すでに準備されています。")
        scoring = scoring_set(opens_on, method, instrument)
        made = Round.objects.create(
            fiscal_year=staff.fiscal_year, staff=staff, instrument=instrument, scoring=scoring.key, opens_on=opens_on,
            closes_on=closes_on, contact=contact.strip()[:200], prepared_by=by, prepared_at=now,
        )  # fmt: skip
        record(purpose="専用サイトの設定", handover=staff.number, fiscal_year=made.fiscal_year, scoring=scoring.key)
        return made


def appoint(
    *,
    round_: Round,
    handler: Handler,
    kind: Duty.Kind,
    qualification: Duty.Qualification,
    no_personnel_authority: bool,
    by: Handler,
    now: datetime,
) -> Duty:
    """Record who is implementer, clerk or interviewing doctor (安衛則52条の10). The responsible person records it.

    Raises NotPermitted for the ward's own people, for who has authority over personnel, and without a qualification.
    """
    with acting(by=by, act="party.report_handler", now=now, programme=PROGRAMME) as record:
        if handler.organisation.type == Organisation.Type.WARD:
            raise NotPermitted(
                "区の職員は、実施者にも実施事務従事者にもできません。個人の結果は区の利用者に見せない定めです。"
            )
        if not no_personnel_authority or has_authority(handler, localdate(now)):
            raise NotPermitted("解雇・昇進・異動に直接の権限を持つ人は、実施者にも実施事務従事者にもなれません。")
        if kind != Duty.Kind.CLERK and qualification == Duty.Qualification.NONE:
            raise NotPermitted("実施者・面接指導を行う医師には、法令の資格が要ります。資格を選んでください。")
        if kind == Duty.Kind.INTERVIEWER and qualification != Duty.Qualification.DOCTOR:
            raise NotPermitted("面接指導を行えるのは医師だけです。")
        standing = Duty.objects.filter(round=round_, ended_at=None)
        if standing.filter(handler=handler, kind=kind).exists():
            raise RoundMoved("この人は、同じ役割にすでに指名されています。")
        if kind == Duty.Kind.REPRESENTATIVE and standing.filter(kind=kind).exists():
            raise RoundMoved("実施代表者は一人です。前の人の指名を解いてから指名してください。")
        made = Duty.objects.create(
            round=round_, handler=handler, kind=kind, qualification=qualification, no_personnel_authority=True,
            appointed_by=by, appointed_at=now,
        )  # fmt: skip
        record(purpose="実施者等の指名", handler=handler.key, kind=str(kind), fiscal_year=round_.fiscal_year)
        return made


def end_duty(*, duty: Duty, by: Handler, now: datetime) -> None:
    with acting(by=by, act="party.remove_handler", now=now, programme=PROGRAMME) as record:
        if not Duty.objects.filter(pk=duty.pk, ended_at=None).update(ended_at=now):
            raise RoundMoved("この指名は、すでに解かれています。")
        record(purpose="実施者等の解任", handler=duty.handler.key, kind=duty.kind)


def open_round(*, round_: Round, by: Handler, now: datetime) -> None:
    """Answers can come in from now on. Another person than who prepared it; a representative and somebody to ask."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, S.PREPARING)
        if by.pk == round_.prepared_by_id:
            raise NotPermitted("準備した人とは別の人が、内容を確かめて受付を始めてください。")
        if not Duty.objects.filter(round=round_, kind=Duty.Kind.REPRESENTATIVE, ended_at=None).exists():
            raise NotPermitted("実施代表者が指名されていません。指名してから受付を始めてください。")
        asked = Respondent.objects.filter(round=round_).count()
        if not asked:
            raise NotPermitted("対象者がまだ取り込まれていません。対象者情報を取り込んでください。")
        _move(round_, S.PREPARING, S.OPEN, opened_by=by, opened_at=now)
        record(purpose="回答の受付の開始", fiscal_year=round_.fiscal_year, asked=asked)


def close_round(*, round_: Round, by: Handler, now: datetime) -> None:
    """No more answers: an implementer's act, on or after the last day."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=IMPLEMENTERS, now=now)
        require_state(round_, S.OPEN)
        if localdate(now) < round_.closes_on:
            raise NotPermitted(f"締切日（{round_.closes_on}）より前には締め切れません。")
        _move(round_, S.OPEN, S.CLOSED, closed_by=by, closed_at=now)
        answered = Respondent.objects.filter(round=round_, answered_at__isnull=False).count()
        record(purpose="回答の締切", fiscal_year=round_.fiscal_year, answered=answered)


def _move(round_: Round, before: Round.State, after: Round.State, **changes: object) -> None:
    if not Round.objects.filter(pk=round_.pk, state=before).update(state=after, **changes):
        raise RoundMoved("ほかの人が先に進めました。画面を開き直してください。")
    round_.refresh_from_db()
