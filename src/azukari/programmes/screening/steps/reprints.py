"""A spoiled sheet is asked for by the printer and approved, or not, by the ward: two persons of two organisations."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from azukari.custody import gate
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from .. import numbers
from ..models import ReprintRequest, Run, Sheet
from ..refusals import NotNow
from . import mailing
from .state import PROGRAMME, living


def request_reprint(*, run: Run, code: str, reason: str, by: Handler, now: datetime) -> ReprintRequest:
    """The printer says which sheet was spoiled and how. Nothing is void until the ward approves it."""
    with acting(by=by, act="run.work", now=now, programme=PROGRAMME) as record:
        gate.require_party(by.organisation, PROGRAMME, mailing.PRINTER, localdate(now))
        run.refresh_from_db()
        if run.state != Run.State.PRINTED:
            raise NotNow(run.get_state_display(), "再発行の申請")
        if not reason.strip():
            raise NotPermitted("再発行の理由を書いてください。")
        read = numbers.read_sheet_code(code) or code.strip()
        if not living(run).filter(code=read).exists():
            raise NotPermitted(f"帳票番号 {read} は、この処理の有効な帳票ではありません。番号を確かめてください。")
        try:
            with transaction.atomic():
                request = ReprintRequest.objects.create(
                    run=run, code=read, reason=reason.strip(), requested_by=by, requested_at=now
                )
        except IntegrityError:
            raise NotPermitted(f"帳票番号 {read} の再発行は、申請済みです。区の承認を待ってください。") from None
        record(purpose="再発行の申請", code=read, reason=reason, fiscal_year=run.fiscal_year)
        return request


def approve_reprint(*, request: ReprintRequest, by: Handler, now: datetime, remark: str = "") -> Sheet:
    """The officer voids the spoiled code and issues a new one. Raises NotPermitted where it was decided already."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        _decide(request, ReprintRequest.Decision.APPROVED, by, now, remark)
        sheet = mailing.reprint(
            run=request.run, code=request.code, reason=request.reason, requested_by=request.requested_by, by=by, now=now
        )
        ReprintRequest.objects.filter(pk=request.pk).update(sheet=sheet)
        record(purpose="再発行の承認", request=request.pk, fiscal_year=request.run.fiscal_year)
        return sheet


def decline_reprint(*, request: ReprintRequest, by: Handler, now: datetime, remark: str) -> None:
    """The sheet stays valid; the printer reads why."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        if not remark.strip():
            raise NotPermitted("承認しない理由を書いてください。申請した委託先に示されます。")
        _decide(request, ReprintRequest.Decision.DECLINED, by, now, remark)
        record(purpose="再発行の不承認", request=request.pk, remark=remark, fiscal_year=request.run.fiscal_year)


def _decide(request: ReprintRequest, decision: str, by: Handler, now: datetime, remark: str) -> None:
    undecided = ReprintRequest.objects.filter(pk=request.pk, decision="")
    if not undecided.update(decision=decision, remark=remark.strip(), decided_by=by, decided_at=now):
        raise NotPermitted(
            f"帳票番号 {request.code} の再発行の申請は、すでに判断されています。最新の一覧を確かめてください。"
        )
