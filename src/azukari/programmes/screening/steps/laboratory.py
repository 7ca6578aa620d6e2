"""⑩ ⑪ Specimens to the laboratory: name, birth date, sex and an order number, nothing else; results by that number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import polars as pl
from django.utils.timezone import localdate

from azukari.custody import book, gate, window
from azukari.custody.models import Handover
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.fiscal import fiscal_year

from ..models import LaboratoryOrder, Visit
from ..vouchers import SEX
from .state import PROGRAMME

STEP = "⑩"
PARTY = "laboratory"
COLUMNS = [
    gate.Column("name", "氏名", "name"),
    gate.Column("birth", "生年月日", "birth_date"),
    gate.Column("sex", "性別", "sex"),
]
SPECIMENS = {
    "blood": "血液",
    "urine": "尿",
    "sputum": "喀痰",
    "stool": "便",
    "cytology": "病理・細胞",
}


def open_laboratory(*, laboratory: Organisation, by: Handler, now: datetime) -> Handover:
    """The institution opens a window to its laboratory; its responsible handler releases it."""
    with acting(by=by, act="handover.prepare", now=now, programme=PROGRAMME) as record:
        opened = window.open_window(
            programme=PROGRAMME, step=STEP, receiver=laboratory, party=PARTY, columns=COLUMNS,
            purpose="検体の検査依頼", by=by, now=now,
        )  # fmt: skip
        record(purpose="検査機関の窓口の準備", party=PARTY, handover=opened.number)
        return opened


def order(*, visit: Visit, laboratory: Organisation, specimen: str, by: Handler, now: datetime) -> LaboratoryOrder:
    """⑩ One specimen: the laboratory learns of the person by the order alone."""
    with acting(by=by, act="visit.record", now=now, programme=PROGRAMME) as record:
        if visit.organisation_id != by.organisation_id or visit.cancelled_at is not None:
            raise NotPermitted("この受診の記録は見つかりません。")
        if specimen not in SPECIMENS:
            raise NotPermitted(f"検体の種類が違います。{'・'.join(SPECIMENS.values())}から選んでください。")
        own = [w for w in window.windows_of(laboratory, PROGRAMME, STEP) if w.sender_id == by.organisation_id]
        if not own:
            raise NotPermitted(
                f"{laboratory.name}への検査依頼の窓口が開いていません。窓口を準備し、放出と受領の確認を済ませてください。"
            )
        window.admit(window=own[0], reference=visit.reference, evidence="検査の依頼", by=by, now=now)
        year = fiscal_year(localdate(now))
        number = f"L{year % 100:02d}{book.next_numbers(f'laboratory-{year}', 1):07d}"
        made = LaboratoryOrder.objects.create(
            number=number, visit=visit, reference=visit.reference, handover=own[0], specimen=specimen,
            ordered_by=by, ordered_at=now,
        )  # fmt: skip
        record(purpose="検体の検査依頼", party=PARTY, order=number, subjects=[bytes.fromhex(visit.reference)])
        return made


def read_orders(
    *, by: Handler, now: datetime, items: Sequence[str] = ("name", "birth_date", "sex"), numbers: Sequence[str] = ()
) -> pl.DataFrame:
    """What the laboratory sees of its open orders: ``number`` and the columns of ``items``. Asking for more is refused.

    Each person is decided and logged before anything is shown.
    """
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        orders = LaboratoryOrder.objects.filter(handover__receiver=by.organisation).select_related(
            "handover", "visit__voucher__person"
        )
        orders = orders.filter(number__in=numbers) if numbers else orders.filter(state=LaboratoryOrder.State.ORDERED)
        shown = [
            gate.show(
                record=record,
                by=by,
                window=window,
                references=[each.reference for each in of_window],
                items=list(items),
                purpose="検体の照合",
                table=lambda of_window=of_window: _table(of_window),  # type: ignore[misc]
            ).insert_column(0, pl.Series("number", [each.number for each in of_window]))
            for window, of_window in _by_window(orders.order_by("pk"))
        ]
        if not shown:
            gate.require_items(
                programme=PROGRAMME, party=PARTY, items=items, direction=Direction.PROVIDED, on=localdate(now)
            )
            record(purpose="検体の照合（依頼なし）", items=sorted(items))
        return pl.concat(shown).sort("number") if shown else pl.DataFrame(schema={"number": pl.String})


def _by_window(orders: Iterable[LaboratoryOrder]) -> list[tuple[Handover, list[LaboratoryOrder]]]:
    found: dict[int, tuple[Handover, list[LaboratoryOrder]]] = {}
    for each in orders:
        found.setdefault(each.handover_id, (each.handover, []))[1].append(each)
    return list(found.values())


def _table(orders: Sequence[LaboratoryOrder]) -> pl.DataFrame:
    """One row per order, in that order."""
    people = [each.visit.voucher.person for each in orders]
    return pl.DataFrame(
        {
            "name": [person.addressed_as for person in people],
            "birth": [person.birth for person in people],
            "sex": [SEX.get(person.sex, "") for person in people],
        }
    )


def report(*, number: str, result: str, unfit: bool = False, by: Handler, now: datetime) -> LaboratoryOrder:
    """⑪ The laboratory's result by the order number. Raises NotPermitted for others' orders and a second report."""
    with acting(by=by, act="data.enter", now=now, programme=PROGRAMME) as record:
        found = LaboratoryOrder.objects.select_for_update().filter(
            number=number.strip().upper(), handover__receiver=by.organisation
        )
        one = found.first()
        if one is None:
            raise NotPermitted("この検体番号の依頼はありません。番号を確かめてください。")
        if one.state != LaboratoryOrder.State.ORDERED:
            raise NotPermitted(
                f"検体番号 {one.number} の結果は報告済みです。訂正は、依頼した医療機関に連絡してください。"
            )
        if not result.strip() and not unfit:
            raise NotPermitted("検査結果を入れるか、検体不適としてください。")
        gate.accept(
            record=record,
            by=by,
            party=PARTY,
            items=["specimen_result"],
            references=[one.reference],
            purpose="検査結果の報告",
        )
        found.update(
            state=LaboratoryOrder.State.UNFIT if unfit else LaboratoryOrder.State.REPORTED,
            result=result.strip(),
            reported_by=by,
            reported_at=now,
        )
        one.refresh_from_db()
        return one


def results_of(*, visit: Visit, by: Handler, now: datetime) -> list[LaboratoryOrder]:
    """What the laboratory reported of a visit, for the institution that ordered it."""
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        if visit.organisation_id != by.organisation_id:
            raise NotPermitted("この受診の記録は見つかりません。")
        gate.require_items(
            programme=PROGRAMME,
            party=visit.handover.receiver_party,
            items=["specimen_result"],
            direction=Direction.PROVIDED,
            on=localdate(now),
        )
        record(purpose="検査結果の閲覧", items=["specimen_result"], subjects=[bytes.fromhex(visit.reference)])
        return list(visit.orders.order_by("pk"))
