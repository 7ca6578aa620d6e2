"""From the volume notice to the post office: what leaves, and the counts that must agree at every stage."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl
from django.conf import settings
from django.utils.timezone import localdate

from azukari.custody import book, gate, handovers
from azukari.custody.models import Handover
from azukari.dossier.schema import Direction, Medium
from azukari.letters.batches import Batch, render_batches
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation

from .. import numbers
from ..letters.voucher import TEMPLATE, builder
from ..models import ControlTotal, Run, Sheet, VolumeNotice
from ..refusals import DoesNotBalance, Halted, NotNow, NoVolumeNotice
from ..vouchers import HISTORY, Office, codes_frame, columns, edition, printed, voucher_frame, with_history
from .codes import check_codes
from .recheck import require_nobody_newly_stopped
from .state import GONE, PROGRAMME, handed, living, may_still_change, move

PRINTER, ENCLOSER = "toppan_edge", "toppan_cp"


def give_volume_notice(
    *, run: Run, planned_on: date, by: Handler, now: datetime, office: Office | None = None
) -> VolumeNotice:
    """件数予告: tell the printer rows and sheets before anything is sent, and whose name the vouchers bear."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        if run.state != Run.State.NUMBERED and not may_still_change(run):
            raise NotNow(run.get_state_display(), "件数予告")
        count = living(run).count()
        told = {"rows": count, "sheets": count, "planned_on": planned_on, "sent_at": now, "sent_by": by}
        sender = {"office": office.name, "telephone": office.telephone} if office else {}
        notice, _ = VolumeNotice.objects.update_or_create(run=run, defaults=told | sender)
        year = run.fiscal_year
        record(purpose="件数予告", party=PRINTER, rows=count, planned_on=planned_on.isoformat(), fiscal_year=year)
        return notice


def hand_over(
    *,
    run: Run,
    printer: Organisation,
    by: Handler,
    now: datetime,
    history_because: str = "",
    accept_replacements: str = "",
) -> Handover:
    """① Prepare the printer's data: the printed items, nothing more. Raises NoVolumeNotice, NotPermitted.

    受診歴及び受診結果 may be provided but is not printed: it goes only with an officer's reason, ``history_because``.
    Once more after the first one was withdrawn, or refused by the printer and cleared. ``accept_replacements``: why
    characters that the printer's encoding has not may be replaced.
    """
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        if run.state not in {Run.State.PROOFED, Run.State.HANDED}:
            raise NotNow(run.get_state_display(), Run.State.HANDED.label)
        notice = VolumeNotice.objects.filter(run=run).first()
        if notice is None or notice.rows != living(run).count():
            raise NoVolumeNotice
        require_nobody_newly_stopped(run, localdate(now))
        frame = voucher_frame(run)
        handover = handovers.prepare(
            programme=PROGRAMME,
            step="①",
            receiver=printer,
            party=PRINTER,
            columns=[*columns(run.fiscal_year), *([HISTORY] if history_because else [])],
            frame=with_history(frame, run) if history_because else frame,
            extra_reason=history_because,
            purpose="受診券の作成・印字・封入封かん",
            medium=Medium.LGWAN,
            accept_replacements=accept_replacements,
            by=by,
            now=now,
        )
        if run.state == Run.State.HANDED and handed(run).state in GONE:
            Run.objects.filter(pk=run.pk).update(handover=handover)
            run.refresh_from_db()
        else:
            move(run, Run.State.HANDED, handover=handover)
        year, number = run.fiscal_year, handover.number
        record(purpose="委託先データの準備", party=PRINTER, handover=number, rows=handover.rows, fiscal_year=year)
        return handover


def on_paper(run: Run) -> list[str]:
    """The items that a voucher shows: what the printer reads to draw it, whatever else was handed over."""
    return list(dict.fromkeys(column.item for column in columns(run.fiscal_year) if column.item))


def check_total(
    run: Run, stage: str, expected: int, counted: int, problems: Sequence[str], by: Handler, now: datetime
) -> None:
    """Record a control total; a shortage or a surplus halts the run (the record stays) and raises DoesNotBalance."""
    ControlTotal.objects.create(
        run=run, stage=stage, expected=expected, counted=counted, problems=list(problems)[:100], at=now, by=by
    )
    if expected != counted or problems:
        reason = f"{stage}の数が合いません（予定 {expected}・実数 {counted}）。"
        Run.objects.filter(pk=run.pk).update(halted=reason)


def raise_if_halted(run: Run, stage: str) -> None:
    run.refresh_from_db()
    if run.halted:
        last = run.totals.filter(stage=stage).order_by("-pk").first()
        if last is not None:
            raise DoesNotBalance(stage, last.expected, last.counted, last.problems)


def print_sheets(
    *,
    run: Run,
    folder: Path,
    office: Office,
    by: Handler,
    now: datetime,
    workers: int = 2,
    on_done: Callable[[Batch], None] | None = None,
) -> int:
    """③ The printer draws every sheet from what it holds; resumable batch by batch. Returns the number of pages."""
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        handover = handed(run)
        if run.state != Run.State.HANDED:
            raise NotNow(run.get_state_display(), Run.State.PRINTED.label)
        gate.require_items(
            programme=PROGRAMME,
            party=handover.receiver_party,
            items=on_paper(run),
            direction=Direction.HANDLED,
            on=localdate(now),
        )
        frame = gate.read_held(record=record, by=by, handover=handover, items=on_paper(run), purpose="受診券の印字")
    build = builder(edition(run.fiscal_year, office), settings.AZUKARI_FONTS)
    batches = render_batches(
        printed(frame, run.fiscal_year),
        folder,
        template=TEMPLATE,
        build=build,
        fonts=settings.AZUKARI_FONTS,
        workers=workers,
        on_done=on_done,
    )
    pages = sum(batch.pages for batch in batches)
    with acting(by=by, act="run.work", now=now, programme=PROGRAMME) as record:
        check_total(run, "印字", handover.rows, pages, [], by, now)
        if pages == handover.rows:
            move(run, Run.State.PRINTED)
            living(run).filter(state=Sheet.State.ISSUED).update(state=Sheet.State.PRINTED)
            _made(run, by, now, pages)
        number, year = handover.number, run.fiscal_year
        record(purpose="受診券の印字", party=PRINTER, handover=number, pages=pages, fiscal_year=year)
    raise_if_halted(run, "印字")
    return pages


def _made(run: Run, by: Handler, now: datetime, sheets: int) -> None:
    handover = handed(run)
    book.enter(
        at=now,
        act="print",
        handover=handover,
        giver=book.MADE,
        taker=handover.receiver.key,
        taker_handler=by.key,
        legs=[
            book.Leg(book.MADE, -sheets, -sheets, Medium.PAPER),
            book.Leg(handover.receiver.key, sheets, sheets, Medium.PAPER),
        ],
        persons=sheets,
        sheets=sheets,
        medium=Medium.PAPER,
    )


def pass_sheets(*, run: Run, receiver: Organisation, party: str, step: str, by: Handler, now: datetime) -> Handover:
    """④ ⑤ ⑥ Paper goes from hand to hand: a handover of as many sheets as live, of the items that they show."""
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        _may_pass(run, party)
        frame = gate.read_held(
            record=record, by=by, handover=handed(run), items=on_paper(run), purpose="印字した帳票の引渡し"
        )
    shown = codes_frame(run).join(frame.drop("sheet_code"), on="examinee_number", how="inner", maintain_order="left")
    return handovers.prepare(
        programme=PROGRAMME,
        step=step,
        receiver=receiver,
        party=party,
        columns=columns(run.fiscal_year),
        frame=shown,
        purpose="封入封かん" if party == ENCLOSER else "封入封かんした郵便物の納品",
        medium=Medium.PAPER,
        direction=Direction.PROVIDED,
        parent=handed(run),
        sheets=shown.height,
        accept_replacements="紙の帳票であり、文字コードによらない",
        by=by,
        now=now,
    )


def _may_pass(run: Run, party: str) -> None:
    """Printed sheets go to the encloser, enclosed ones to the ward: each once, and not while the run is halted."""
    run.refresh_from_db()
    if run.halted:
        raise Halted(run.halted)
    if run.state != (Run.State.PRINTED if party == ENCLOSER else Run.State.ENCLOSED):
        raise NotNow(run.get_state_display(), "帳票の引渡し")
    passed = handed(run).passed_on.filter(receiver_party=party).exclude(state__in=GONE).first()
    if passed is not None:
        raise NotPermitted(f"帳票の引渡しは、受渡し {passed.number} で準備済みです。その続きから進めてください。")


def read_back(*, run: Run, codes: Sequence[str], by: Handler, now: datetime) -> None:
    """The encloser reads every sheet's code after enclosing: each once and in order, or the run halts."""
    with acting(by=by, act="run.work", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        gate.require_party(by.organisation, PROGRAMME, ENCLOSER, localdate(now))
        if run.state != Run.State.PRINTED:
            raise NotNow(run.get_state_display(), Run.State.ENCLOSED.label)
        expected = list(living(run).order_by("sequence").values_list("code", flat=True))
        problems = check_codes([numbers.read_sheet_code(code) or code.strip() for code in codes], expected)
        check_total(run, "封入", len(expected), len(codes), problems, by, now)
        if not problems and len(codes) == len(expected):
            move(run, Run.State.ENCLOSED)
            living(run).filter(state=Sheet.State.PRINTED).update(state=Sheet.State.ENCLOSED)
        record(
            purpose="封入の照合",
            party=ENCLOSER,
            fiscal_year=run.fiscal_year,
            expected=len(expected),
            read=len(codes),
            problems=len(problems),
        )
    raise_if_halted(run, "封入")


def return_blank_forms(*, run: Run, forms: int, by: Handler, now: datetime) -> None:
    """残部帳票（印字のないもの）の納品: left-over blank forms come back counted; no person is on them."""
    with acting(by=by, act="handover.return", now=now, programme=PROGRAMME) as record:
        handover = handed(run)
        gate.require_party(by.organisation, PROGRAMME, PRINTER, localdate(now))
        book.enter(
            at=now,
            act="forms",
            handover=handover,
            giver=handover.receiver.key,
            giver_handler=by.key,
            taker=handover.sender.key,
            legs=[],
            persons=0,
            sheets=forms,
            medium=Medium.PAPER,
            remark="残部帳票（印字のないもの）",
        )
        record(purpose="残部帳票の納品", party=PRINTER, handover=handover.number, forms=forms)


def settle_halt(*, run: Run, reason: str, by: Handler, now: datetime) -> None:
    """The ward lifts a halt after the cause was found; the step is then done again."""
    with acting(by=by, act="custody.settle", now=now, programme=PROGRAMME) as record:
        if not reason.strip():
            raise NotPermitted("停止を解除する理由（原因と処置）を書いてください。")
        Run.objects.filter(pk=run.pk).update(halted="")
        run.refresh_from_db()
        record(purpose="停止の解除", reason=reason, fiscal_year=run.fiscal_year)


def post(*, run: Run, pieces: int, by: Handler, now: datetime) -> None:
    """⑦ The ward posts what was delivered; pieces counted at the post office must equal the living sheets."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        if run.state != Run.State.ENCLOSED:
            raise NotNow(run.get_state_display(), Run.State.POSTED.label)
        if not handed(run).passed_on.filter(receiver=by.organisation, state=Handover.State.ACKNOWLEDGED).exists():
            raise NotPermitted(
                "封入封かんした郵便物の納品が受領確認されていません。枚数を数え、受領を確認してください。"
            )
        expected = living(run).count()
        check_total(run, "発送", expected, pieces, [], by, now)
        if pieces == expected:
            move(run, Run.State.POSTED)
            living(run).update(state=Sheet.State.POSTED)
            _posted(run, by, now, pieces)
            for delivered in handed(run).passed_on.filter(receiver=by.organisation):
                gate.forget_people(delivered)
        record(purpose="発送", expected=expected, posted=pieces, fiscal_year=run.fiscal_year)
    raise_if_halted(run, "発送")


def _posted(run: Run, by: Handler, now: datetime, pieces: int) -> None:
    home = by.organisation.key
    book.enter(
        at=now,
        act="post",
        handover=handed(run),
        giver=home,
        giver_handler=by.key,
        taker=book.POSTED,
        legs=[
            book.Leg(home, -pieces, -pieces, Medium.PAPER),
            book.Leg(book.POSTED, pieces, pieces, Medium.PAPER),
        ],
        persons=pieces,
        sheets=pieces,
        medium=Medium.PAPER,
    )


def reprint(*, run: Run, code: str, reason: str, requested_by: Handler, by: Handler, now: datetime) -> Sheet:
    """A spoiled sheet is printed again under a new code: a reason, a second person, and the old code is void."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        if by.pk == requested_by.pk:
            raise NotPermitted("再発行は、申請した人とは別の人が承認してください。")
        if not reason.strip():
            raise NotPermitted("再発行の理由を書いてください。")
        run.refresh_from_db()
        if run.state != Run.State.PRINTED:
            raise NotNow(run.get_state_display(), "再発行")
        old = living(run).select_for_update().filter(code=numbers.read_sheet_code(code) or code).first()
        if old is None:
            raise NotPermitted(f"帳票番号 {code} は、この処理の有効な帳票ではありません。")
        new = Sheet.objects.create(
            voucher=old.voucher,
            code=numbers.make_sheet_code(secrets.token_bytes(numbers.SHEET_CODE_BYTES)),
            sequence=old.sequence,
            state=Sheet.State.PRINTED,
            reprint_of=old,
            reason=reason,
            requested_by=requested_by.key,
            approved_by=by.key,
        )
        Sheet.objects.filter(pk=old.pk).update(state=Sheet.State.VOIDED, voided_at=now)
        _spoiled(run, requested_by, now)
        record(purpose="再発行", party=PRINTER, old=code, new=new.code, reason=reason, requested_by=requested_by.key)
        return new


def draw_reprint(*, sheet: Sheet, folder: Path, office: Office, by: Handler, now: datetime) -> Path:
    """The printer draws one reprinted sheet, with its new code, from what it holds."""
    run = sheet.voucher.run
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        number = sheet.voucher
        one = gate.read_held(
            record=record,
            by=by,
            handover=handed(run),
            items=on_paper(run),
            purpose="受診券の再印字",
            one=gate.One("examinee_number", number.examinee_number, number.reference),
        )
    batches = render_batches(
        printed(one.with_columns(sheet_code=pl.lit(sheet.code)), run.fiscal_year),
        folder / sheet.code,
        template=TEMPLATE,
        build=builder(edition(run.fiscal_year, office), settings.AZUKARI_FONTS),
        fonts=settings.AZUKARI_FONTS,
        workers=0,
    )
    return batches[0].path


def _spoiled(run: Run, by: Handler, now: datetime) -> None:
    """One sheet destroyed, one made: two lines in the register."""
    company = handed(run).receiver.key
    for act, giver, taker in (("spoil", company, book.SPOILED), ("print", book.MADE, company)):
        book.enter(
            at=now,
            act=act,
            handover=handed(run),
            giver=giver,
            taker=taker,
            giver_handler=by.key,
            legs=[book.Leg(giver, -1, -1, Medium.PAPER), book.Leg(taker, 1, 1, Medium.PAPER)],
            persons=1,
            sheets=1,
            medium=Medium.PAPER,
        )


def close_run(*, run: Run, by: Handler, now: datetime) -> None:
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        own = Sheet.objects.filter(voucher__run=run, state__in=[Sheet.State.ISSUED, Sheet.State.PRINTED]).count()
        if own:
            raise NotPermitted(f"まだ発送していない受診券が{own}通あります。発送を記録してから完了してください。")
        move(run, Run.State.CLOSED)
        record(purpose="年次処理の完了", fiscal_year=run.fiscal_year)
