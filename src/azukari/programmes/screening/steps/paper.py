"""⑫ ⑬ Result sheets on paper to the data-entry company as a counted batch, keyed twice, and delivered to the ward."""

from __future__ import annotations

from datetime import datetime

import polars as pl
from django.utils.timezone import localdate

from azukari.custody import gate, handovers
from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.keying import steps as keying
from azukari.keying.passes import PassFormat
from azukari.keying.steps import Field
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.refusal import Changed
from azukari.vocabulary.wareki import UnreadableDate, parse_date

from ..models import ResultBatch
from .results_in import take_stated
from .state import PROGRAMME

TO_DATA_ENTRY, TO_WARD = "⑫", "⑬"
DATA_ENTRY = "hibiya"

FIELDS = (
    Field("voucher_number", "受診券整理番号", "voucher_number"),
    Field("name", "氏名", "name"),
    Field("birth", "生年月日", "birth_date"),
    Field("test", "検診", "screening_result"),
    Field("examined_on", "受診日", "screening_result"),
    Field("institution", "健診等機関番号", "screening_result"),
    Field("raw", "判定", "screening_result"),
)
"""What stands on a result sheet. Measured values of a checkup follow as columns of their own in the delivery."""
COLUMNS = [gate.Column(field.key, field.label, field.item) for field in FIELDS]
DAYS = ("birth", "examined_on")


def plain(key: str, cell: str) -> str:
    """A day as two people may write it differently becomes one text; anything else, and what is no day, stays."""
    if key not in DAYS:
        return cell
    try:
        return parse_date(cell).iso()
    except UnreadableDate:
        return cell


PASS = PassFormat("結果票番号", FIELDS, plain, most_bytes=16 * 1024 * 1024)
"""One person's whole pass over a batch, as the entry machine writes it."""


def send_sheets(
    *, company: Organisation, sheets: pl.DataFrame, by: Handler, now: datetime, parent: Handover | None = None
) -> Handover:
    """⑫ A counted batch of result sheets. ``sheets``: reference, number and the columns of :data:`FIELDS` it shows.

    Prepared here; closed up, released by the responsible handler, counted and acknowledged by the company.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        if sheets["number"].n_unique() != sheets.height:
            raise NotPermitted("結果票番号が重なっています。番号を確かめてください。")
        shown = sheets.select("reference", *(c.key for c in COLUMNS))
        handover = handovers.prepare(
            programme=PROGRAMME, step=TO_DATA_ENTRY, receiver=company, party=DATA_ENTRY, columns=COLUMNS, frame=shown,
            purpose="健（検）診結果の電子データ化", medium=Medium.PAPER, sheets=sheets.height, parent=parent,
            accept_replacements="紙の帳票であり、文字コードによらない", by=by, now=now,
        )  # fmt: skip
        keying.count_out(handover=handover, sheets=list(sheets.select("number", "reference").iter_rows()))
        record(purpose="結果票の引渡し", party=DATA_ENTRY, handover=handover.number, sheets=sheets.height)
        return handover


class DeliveredAlready(Changed, NotPermitted):
    """The rows of the batch were prepared for the ward already."""


def delivery_of(batch: Handover) -> Handover | None:
    """The delivery that was made of a batch and stands."""
    found = Handover.objects.filter(parent=batch, sender=batch.receiver, step=TO_WARD)
    return found.exclude(state=Handover.State.WITHDRAWN).first()


def deliver(*, batch: Handover, ward: Organisation, by: Handler, now: datetime) -> Handover:
    """⑬ The keyed rows of a batch as data for the ward; refused while a sheet is neither keyed nor returned unreadable,
    and while an earlier delivery of the batch stands (DeliveredAlready).

    Prepared here; sealed, released by the responsible handler and received like any package.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        handovers.hold(batch)
        earlier = delivery_of(batch)
        if earlier is not None:
            raise DeliveredAlready(f"この受渡しの納品は、受渡し {earlier.number} として準備してあります。")
        balance = keying.balance(batch)
        if not balance.closed:
            raise NotPermitted(
                f"入力の済まない結果票が{balance.open}枚あります（全{balance.sheets}枚・入力済{balance.keyed}枚・"
                f"読めない{balance.unreadable}枚・不一致{balance.differing}枚）。すべて入力するか、読めない票として返却してください。"
            )
        rows = keying.keyed_rows(batch)
        frame = pl.DataFrame(
            [{"reference": sheet.reference, **{f.key: cells.get(f.key, "") for f in FIELDS}} for sheet, cells in rows],
            schema={"reference": pl.String, **{f.key: pl.String for f in FIELDS}},
        )
        controller = gate.parties_of(ward, PROGRAMME, localdate(now))[0]
        handover = handovers.prepare(
            programme=PROGRAMME, step=TO_WARD, receiver=ward, party=controller, columns=COLUMNS, frame=frame,
            purpose="健（検）診結果の納品", medium=Medium.ELECTRONIC, parent=batch, by=by, now=now,
        )  # fmt: skip
        record(
            purpose="電子データの納品の準備", handover=handover.number, sheets=balance.sheets, keyed=balance.keyed,
            unreadable=balance.unreadable,
        )  # fmt: skip
        return handover


def take_delivery(*, handover: Handover, fiscal_year: int, by: Handler, now: datetime) -> ResultBatch:
    """The ward takes the rows of a delivery that it acknowledged into its review."""
    with acting(by=by, act="result.take", now=now, programme=PROGRAMME) as record:
        frame = gate.read_held(
            record=record, by=by, handover=handover, items=handover.items, purpose="納品された結果の確認"
        )
        headers = {c["key"]: c["header"] for c in handover.columns}
        stated = [
            (line, {headers[key]: cell for key, cell in row.items() if cell})
            for line, row in enumerate(frame.iter_rows(named=True), 2)
        ]
        return take_stated(
            kind=ResultBatch.Kind.CSV, stated=stated, wrong=[], sha256=handover.digest, organisation=handover.sender,
            fiscal_year=fiscal_year, handover=handover, by=by, now=now,
        )  # fmt: skip
