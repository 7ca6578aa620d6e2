"""One person at a time: the ward's own list, late issues, returned mail, looking a person up."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.conf import settings
from django.utils.timezone import localdate

from azukari.letters.batches import Batch, render_batches
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.models import Resident
from azukari.vocabulary.addresses import address_key

from .. import numbers, rules
from ..explanation import Explanation, explain_all
from ..frames import residents_frame
from ..letters.voucher import TEMPLATE, builder
from ..models import AddressHold, Assessment, ControlTotal, OptOut, Run, Sheet, Stop, Voucher
from ..reasons import TESTS, Reason, fee_column, reason_column
from ..refusals import NotNow
from ..vouchers import Office, edition, printed, voucher_frame
from .assess import issue, offered_anything
from .state import PROGRAMME


@dataclass(frozen=True)
class Line:
    """One test of one person: today's explanation, and the reason that the year's run recorded (None before a run)."""

    explanation: Explanation
    recorded: Reason | None


def look_up(*, person: Resident, fiscal_year: int, reason: str, by: Handler, now: datetime) -> list[Line]:
    """Why a person is or is not offered each test. A reason for looking is required and the look is logged."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        if not reason.strip():
            raise NotPermitted("照会の理由を入力してください。")
        run = Run.objects.defer("counts", "difference").filter(fiscal_year=fiscal_year).first()
        as_of = run.as_of if run else localdate(now)
        people = residents_frame(as_of=as_of, fiscal_year=fiscal_year, persons=[person.pk])
        told = explain_all(people.row(0, named=True), rules.screening_parameters(), fiscal_year, as_of)
        kept = dict(Assessment.objects.filter(run=run, person=person).values_list("test", "reason")) if run else {}
        record(
            purpose=reason,
            items=["birth_date", "sex", "welfare_receipt", "screening_history", "hepatitis_history", "copayment"],
            subjects=[bytes.fromhex(person.reference)],
        )
        return [Line(one, Reason(kept[n]) if n in kept else None) for n, one in enumerate(told)]


def _judge(person: Resident, fiscal_year: int, as_of: date) -> tuple[pl.DataFrame, bool]:
    """What one person is offered, and whether nothing may go to the person's address."""
    people = residents_frame(as_of=as_of, fiscal_year=fiscal_year, persons=[person.pk])
    judged: pl.DataFrame = rules.judge(people, fiscal_year, as_of)
    return judged, bool(people["held"].item())


def issue_late(*, run: Run, person: Resident, reason: str, by: Handler, now: datetime) -> Voucher:
    """A voucher for one person during the year (転入, 紛失 …), by the same rules; a lost one's old code is void.

    Prepared here, released by another person with :func:`release_late`.
    """
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        if not reason.strip():
            raise NotPermitted("年度途中の発行の理由を入力してください。")
        if run.state in {Run.State.ASSESSED, Run.State.CONFIRMED}:
            raise NotNow(run.get_state_display(), "年度途中の発行")
        today = localdate(now)
        judged, held = _judge(person, run.fiscal_year, today)
        if held:
            raise NotPermitted(
                "この人の住所から郵便物が返戻されているため、発行できません。"
                "住所を確かめ、返戻の保留を解除してから発行してください。"
            )
        if judged.filter(offered_anything()).is_empty():
            raise NotPermitted("この人が受けられる検診がないため、発行できません。判定の理由を照会で確かめてください。")
        if person.protected:
            reason += "（支援措置の対象者。区が直接送付）"
        voucher = Voucher.objects.filter(run=run, person=person).first()
        if voucher is None:
            _store_one(run, judged)
            chosen = pl.DataFrame(
                {"person": [person.pk], "reference": [person.reference], "channel": [Voucher.Channel.LATE.value]}
            )
            issue(run=run, chosen=chosen, now=now, reason=reason)
            voucher = Voucher.objects.get(run=run, person=person)
            Sheet.objects.filter(voucher=voucher).update(requested_by=by.key, reason=reason)
        else:
            _replace_lost(voucher, reason, by, now)
        record(purpose=reason, subjects=[bytes.fromhex(person.reference)], items=["examinee_number"])
        return voucher


def _store_one(run: Run, judged: pl.DataFrame) -> None:
    person = judged["person"][0]
    Assessment.objects.filter(run=run, person_id=person).delete()
    Assessment.objects.bulk_create(
        Assessment(
            run=run,
            person_id=person,
            test=n,
            reason=judged[reason_column(test)][0],
            fee=judged[fee_column(test)][0],
        )
        for n, test in enumerate(TESTS)
    )


def _replace_lost(voucher: Voucher, reason: str, by: Handler, now: datetime) -> None:
    """The numbers stay; the lost sheet's code is void and a new sheet takes its place.

    Only what was posted can have been lost: a sheet that is still with the printer, the encloser or the ward counts in
    the control totals, and voiding it here would be a shortage there.
    """
    old = voucher.sheets.select_for_update().exclude(state=Sheet.State.VOIDED).get()
    if old.state not in {Sheet.State.POSTED, Sheet.State.RETURNED}:
        raise NotNow(old.get_state_display(), "紛失等による再発行")
    Sheet.objects.filter(pk=old.pk).update(state=Sheet.State.VOIDED, voided_at=now)
    Sheet.objects.create(
        voucher=voucher,
        code=numbers.make_sheet_code(secrets.token_bytes(numbers.SHEET_CODE_BYTES)),
        sequence=old.sequence,
        reprint_of=old,
        reason=reason,
        requested_by=by.key,
    )


def release_late(*, voucher: Voucher, folder: Path, office: Office, by: Handler, now: datetime) -> Path:
    """Another person checks and releases a late voucher; its page is drawn and it counts as posted by the ward."""
    with acting(by=by, act="handover.release", now=now, programme=PROGRAMME) as record:
        sheet = voucher.sheets.filter(state=Sheet.State.ISSUED).first()
        if sheet is None:
            raise NotNow("放出済み", "年度途中の発行の放出")
        if by.key == sheet.requested_by:
            raise NotPermitted("発行を準備した人は、自分で放出できません。別の人が確かめて放出してください。")
        frame = voucher_frame(voucher.run, [voucher.pk], channel=voucher.channel)
        batches = _draw(frame, voucher.run, folder / sheet.code, office, workers=0)
        Sheet.objects.filter(pk=sheet.pk).update(state=Sheet.State.POSTED, approved_by=by.key)
        record(
            purpose="年度途中の発行",
            items=["name", "address", "examinee_number"],
            subjects=[bytes.fromhex(voucher.reference)],
        )
        return batches[0].path


def _draw(
    frame: pl.DataFrame,
    run: Run,
    folder: Path,
    office: Office,
    *,
    workers: int,
    on_done: Callable[[Batch], None] | None = None,
) -> list[Batch]:
    return render_batches(
        printed(frame, run.fiscal_year),
        folder,
        template=TEMPLATE,
        build=builder(edition(run.fiscal_year, office), settings.AZUKARI_FONTS),
        fonts=settings.AZUKARI_FONTS,
        workers=workers,
        on_done=on_done,
    )


def print_own_list(*, run: Run, folder: Path, office: Office, by: Handler, now: datetime) -> int:
    """The ward draws the vouchers of its own list (支援措置, individually made): they never leave in any list."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        if run.state in {Run.State.ASSESSED, Run.State.CONFIRMED, Run.State.NUMBERED}:
            raise NotNow(run.get_state_display(), "区の直接送付分の印字")
        frame = voucher_frame(run, channel=Voucher.Channel.WARD)
        batches = _draw(frame, run, folder, office, workers=0)
        pages = sum(batch.pages for batch in batches)
        own = Sheet.objects.filter(voucher__run=run, voucher__channel=Voucher.Channel.WARD)
        own.filter(state=Sheet.State.ISSUED).update(state=Sheet.State.PRINTED, requested_by=by.key)
        record(purpose="区の直接送付分の印字", items=["name", "address"], subjects=_subjects(frame), pages=pages)
        return pages


def post_own_list(*, run: Run, pieces: int, by: Handler, now: datetime) -> int:
    """Another person counts and posts the ward's own list; a shortage or surplus is refused."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        own = Sheet.objects.filter(voucher__run=run, voucher__channel=Voucher.Channel.WARD, state=Sheet.State.PRINTED)
        if own.filter(requested_by=by.key).exists():
            raise NotPermitted("印字した人とは別の人が、数えて発送してください。")
        count = own.count()
        if count != pieces:
            raise NotPermitted(f"区の直接送付分は{count}通の予定ですが、{pieces}通でした。数え直してください。")
        own.update(state=Sheet.State.POSTED, approved_by=by.key)
        Stop.objects.filter(run=run, reason__in=[Stop.Reason.PROTECTED, Stop.Reason.GLYPH]).update(
            settled_at=now, settled_by=by.key, settlement="区が直接送付"
        )
        ControlTotal.objects.create(run=run, stage="直接送付", expected=count, counted=pieces, at=now, by=by)
        record(purpose="区の直接送付分の発送", posted=pieces)
        return pieces


def _subjects(frame: pl.DataFrame) -> Sequence[bytes]:
    return [bytes.fromhex(reference) for reference in frame["reference"]]


def record_returned_mail(*, code: str, cause: str, by: Handler, now: datetime) -> AddressHold:
    """A piece came back: the sheet is marked and nothing more goes to that address until it changes or is cleared."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        sheet = Sheet.objects.select_related("voucher__person").filter(code=numbers.read_sheet_code(code)).first()
        if sheet is None:
            raise NotPermitted(f"帳票番号 {code} は見つかりません。番号を確かめてください。")
        if sheet.state != Sheet.State.POSTED:
            raise NotNow(sheet.get_state_display(), "返戻の記録")
        Sheet.objects.filter(pk=sheet.pk).update(state=Sheet.State.RETURNED)
        person = sheet.voucher.person
        hold = AddressHold.objects.create(
            person=person,
            address_key=address_key(person.address),
            since=localdate(now),
            cause=cause,
            sheet=sheet,
        )
        record(purpose="返戻の記録", items=["address"], subjects=[bytes.fromhex(person.reference)], cause=cause)
        return hold


def lift_hold(*, hold: AddressHold, by: Handler, now: datetime, reason: str) -> None:
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        if not reason.strip():
            raise NotPermitted("返戻の保留を解除する理由を入力してください。")
        AddressHold.objects.filter(pk=hold.pk).update(lifted_at=now, lifted_by=by.key)
        record(purpose=reason, items=["address"], subjects=[bytes.fromhex(hold.person.reference)])


def opt_out(*, person: Resident, since: date, by: Handler, now: datetime) -> OptOut:
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        wish = OptOut.objects.create(person=person, since=since, recorded_by=by.key)
        record(purpose="本人の申出による停止", items=["name"], subjects=[bytes.fromhex(person.reference)])
        return wish
