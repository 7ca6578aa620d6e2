"""An institution types in the result of a test that was taken there: one more row for the ward to look through."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from django.db.models import F, Max
from django.utils.timezone import localdate

from azukari.custody import gate
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import ResultBatch, ResultRow, VisitTest
from ..outcomes import canonical, history_key
from .state import PROGRAMME


def enter_result(
    *, taken: VisitTest, raw: str, values: Mapping[str, str] | None = None, by: Handler, now: datetime
) -> ResultRow:
    """The result of one test of one visit, by the institution's code list; checked again by the ward like a file's row.

    Raises NotPermitted: another institution's visit, reported already, a code that the test does not have.
    """
    with acting(by=by, act="data.enter", now=now, programme=PROGRAMME) as record:
        visit = taken.visit
        if visit.organisation_id != by.organisation_id or visit.cancelled_at is not None:
            raise NotPermitted("この受診の記録は見つかりません。")
        if canonical(taken.test, raw) is None:
            raise NotPermitted("判定がこの検診のものではありません。判定の一覧から選んでください。")
        item = "checkup_result" if history_key(taken.test) == "checkup" else "screening_result"
        gate.accept(
            record=record,
            by=by,
            party=visit.handover.receiver_party,
            items=[item],
            references=[visit.reference],
            purpose="結果の入力",
        )
        changed = VisitTest.objects.filter(pk=taken.pk, state=VisitTest.State.TAKEN)
        if not changed.update(state=VisitTest.State.REPORTED):
            raise NotPermitted("この検診の結果は報告済みです。訂正は区の担当に連絡してください。")
        person = visit.voucher.person
        stated = {
            "受診券整理番号": visit.voucher.voucher_number,
            "氏名": person.addressed_as,
            "生年月日": person.birth,
            "検診": taken.test,
            "受診日": visit.visited_on.isoformat(),
            "健診等機関番号": by.organisation.institution_number,
            "判定": raw,
            **(values or {}),
        }
        batch = _batch_of_the_day(by, visit.voucher.run.fiscal_year, now)
        last = batch.lines.aggregate(last=Max("line"))["last"] or 0
        row = ResultRow.objects.create(
            batch=batch,
            line=last + 1,
            voucher=visit.voucher,
            test=taken.test,
            stated=json.dumps(stated, ensure_ascii=False),
        )
        ResultBatch.objects.filter(pk=batch.pk).update(rows=F("rows") + 1)
        return row


def _batch_of_the_day(by: Handler, fiscal_year: int, now: datetime) -> ResultBatch:
    """What one institution types in on one day lies together."""
    day = localdate(now)
    name = f"typed|{by.organisation.key}|{day.isoformat()}"
    batch, _ = ResultBatch.objects.select_for_update().get_or_create(
        kind=ResultBatch.Kind.TYPED,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        defaults={
            "fiscal_year": fiscal_year,
            "organisation": by.organisation,
            "rows": 0,
            "received_by": by,
            "received_at": now,
        },
    )
    return batch
