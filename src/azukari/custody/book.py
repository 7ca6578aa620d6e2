"""Custody in double entry (law 5): who holds how many persons and sheets, and the register (管理簿) that says why.

Every register line carries postings that sum to zero in persons and in sheets. An organisation's balance is what it
holds beyond its own; the ward's is negative by what is out. Contra accounts stand for what is no organisation:

``~made`` sheets printed from data · ``~posted`` sheets mailed to the people · ``~spoiled`` sheets voided
``~persons`` only stands in the register: the people themselves, from whom something was collected
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Sum

from azukari.vocabulary.items import ITEMS, item_names

from .models import Handover, Posting, RegisterEntry, Serial

MADE, POSTED, SPOILED, PERSONS = "~made", "~posted", "~spoiled", "~persons"
CONTRA = {MADE: "印字した帳票", POSTED: "発送済", SPOILED: "廃棄した帳票", PERSONS: "本人"}


class Unbalanced(RuntimeError):
    """A programming error: the legs of an entry do not sum to zero. Nothing was written."""


@dataclass(frozen=True)
class Leg:
    account: str
    persons: int
    sheets: int = 0
    medium: str = ""
    item_group: str = ""


@dataclass(frozen=True)
class Balance:
    account: str
    programme: str
    fiscal_year: int
    item_group: str
    medium: str
    persons: int
    sheets: int


def next_numbers(series: str, count: int) -> int:
    """Reserve ``count`` numbers of a series and return the first; no gap, no double, none used again.

    Call inside the transaction that uses them: the row stays locked until then.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("numbers are given out inside the transaction that uses them")
    Serial.objects.get_or_create(series=series)
    Serial.objects.filter(series=series).update(last=F("last") + count)
    return Serial.objects.values_list("last", flat=True).get(series=series) - count + 1


def item_group(items: Sequence[str]) -> str:
    """The group in which items are counted: by the most sensitive of them."""
    ranks = ["ordinary", "special_care", "specific_personal"]
    names = {"ordinary": "一般", "special_care": "要配慮を含む", "specific_personal": "特定個人情報を含む"}
    worst = max((ranks.index(str(ITEMS[item].sensitivity)) for item in items), default=0)
    return names[ranks[worst]]


def enter(
    *,
    at: datetime,
    act: str,
    handover: Handover,
    giver: str,
    taker: str,
    legs: Sequence[Leg],
    giver_handler: str = "",
    taker_handler: str = "",
    persons: int | None = None,
    sheets: int | None = None,
    medium: str = "",
    remark: str = "",
    corrects: RegisterEntry | None = None,
) -> RegisterEntry:
    """Write one register line with its postings."""
    if not connection.in_atomic_block:
        raise RuntimeError("the register is written inside the act's transaction")
    if sum(leg.persons for leg in legs) or sum(leg.sheets for leg in legs):
        raise Unbalanced(f"{act}: {legs}")
    entry = RegisterEntry.objects.create(
        at=at,
        act=act,
        handover=handover,
        programme=handover.programme,
        fiscal_year=handover.fiscal_year,
        giver=giver,
        giver_handler=giver_handler,
        taker=taker,
        taker_handler=taker_handler,
        what=item_names(handover.items),
        persons=handover.persons if persons is None else persons,
        rows=handover.rows,
        sheets=handover.sheets if sheets is None else sheets,
        medium=medium or handover.medium,
        remark=remark,
        corrects=corrects,
    )
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            account=leg.account,
            programme=handover.programme,
            fiscal_year=handover.fiscal_year,
            item_group=leg.item_group or handover.item_group,
            medium=leg.medium or handover.medium,
            persons=leg.persons,
            sheets=leg.sheets,
        )
        for leg in legs
    )
    return entry


def correct(*, entry: RegisterEntry, at: datetime, by: str, remark: str) -> RegisterEntry:
    """A correction is an entry of its own that points to the wrong one; the wrong one stays."""
    with transaction.atomic():
        return RegisterEntry.objects.create(
            at=at,
            act="correct",
            handover=entry.handover,
            programme=entry.programme,
            fiscal_year=entry.fiscal_year,
            giver=entry.giver,
            giver_handler=by,
            taker=entry.taker,
            what=entry.what,
            persons=0,
            medium=entry.medium,
            remark=remark,
            corrects=entry,
        )


def balances(*, programme: str = "", fiscal_year: int | None = None, account: str = "") -> list[Balance]:
    """Balances that are not zero, by account × programme × year × item group × medium."""
    postings = Posting.objects.all()
    if programme:
        postings = postings.filter(programme=programme)
    if fiscal_year is not None:
        postings = postings.filter(fiscal_year=fiscal_year)
    if account:
        postings = postings.filter(account=account)
    keys = ("account", "programme", "fiscal_year", "item_group", "medium")
    summed = postings.values(*keys).annotate(p=Sum("persons"), s=Sum("sheets")).order_by(*keys)
    return [
        Balance(
            account=row["account"],
            programme=row["programme"],
            fiscal_year=row["fiscal_year"],
            item_group=row["item_group"],
            medium=row["medium"],
            persons=row["p"],
            sheets=row["s"],
        )
        for row in summed
        if row["p"] or row["s"]
    ]


def open_balances(*, programme: str = "", fiscal_year: int | None = None, home: str) -> list[Balance]:
    """What organisations other than the ward still hold (contra accounts and the ward left out)."""
    return [
        b
        for b in balances(programme=programme, fiscal_year=fiscal_year)
        if not b.account.startswith("~") and b.account != home
    ]
