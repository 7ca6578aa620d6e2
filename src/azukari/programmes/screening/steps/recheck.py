"""Between numbering and handing over people die, move, and come under protection: whoever did is taken out again."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.utils.timezone import localdate

from azukari.parties.acting import acting
from azukari.parties.models import Handler

from ..frames import residents_frame
from ..models import Run, Sheet, Stop, Voucher
from ..refusals import NewlyStopped, NotNow
from .assess import stop_reason
from .state import PROGRAMME, may_still_change


def newly_stopped(run: Run, on: date) -> pl.DataFrame:
    """``person`` and ``stop`` (a Stop.Reason) of everybody on the printer's list whom today's register stops."""
    listed = Voucher.objects.filter(run=run, channel=Voucher.Channel.PRINTER)
    listed = listed.filter(sheets__state=Sheet.State.ISSUED)
    chosen = pl.Series(list(listed.values_list("person_id", flat=True)), dtype=pl.Int64)
    people = residents_frame(as_of=on, fiscal_year=run.fiscal_year).filter(pl.col("person").is_in(chosen.implode()))
    return people.select("person", stop=stop_reason()).filter(pl.col("stop").is_not_null())


def require_nobody_newly_stopped(run: Run, on: date) -> None:
    """Raises NewlyStopped: the list is not handed over with somebody who died, moved or came under protection."""
    count = newly_stopped(run, on).height
    if count:
        raise NewlyStopped(count)


def take_out_newly_stopped(*, run: Run, by: Handler, now: datetime) -> int:
    """Take them out of the printer's list; the protected go on the ward's own. Numbers stay, and are not used again.

    Before the data leaves, or after it was withdrawn; the notice of volume has then to be given again.
    """
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        run = Run.objects.select_for_update().get(pk=run.pk)
        if run.state != Run.State.NUMBERED and not may_still_change(run):
            raise NotNow(run.get_state_display(), "番号を付けた後に送れなくなった人の除外")
        found = newly_stopped(run, localdate(now))
        vouchers = Voucher.objects.filter(run=run, person_id__in=found["person"].to_list())
        protected = found.filter(pl.col("stop") == Stop.Reason.PROTECTED.value)["person"].to_list()
        own = vouchers.filter(person_id__in=protected)
        Sheet.objects.filter(voucher__in=vouchers.exclude(person_id__in=protected)).update(
            state=Sheet.State.VOIDED, voided_at=now, reason="番号を付けた後に送れなくなった"
        )
        own.update(channel=Voucher.Channel.WARD, reason="番号を付けた後の支援措置")
        Stop.objects.bulk_create(Stop(run=run, person_id=person, reason=stop) for person, stop in found.iter_rows())
        references = list(vouchers.values_list("reference", flat=True))
        record(
            purpose="番号を付けた後に送れなくなった人の除外",
            items=["name", "address"],
            subjects=[bytes.fromhex(reference) for reference in references],
            taken_out=found.height,
        )
        return found.height
