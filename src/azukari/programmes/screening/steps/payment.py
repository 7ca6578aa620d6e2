"""Billing: what institutions are owed for a month's accepted tests; worked out by one person, approved by another."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.db.models import Max

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed

from ..billing import Billing, bill, billing_parameters
from ..models import BilledTest, ResultRow, Statement, TestResult
from .state import PROGRAMME


class AlreadyApproved(Changed, NotPermitted):
    """Somebody else approved the statement meanwhile."""


def prepare_statements(*, month: date, by: Handler, now: datetime) -> tuple[Billing, list[Statement]]:
    """The month's statements of all institutions; what earlier ones billed is not billed again, corrections go back."""
    with acting(by=by, act="billing.prepare", now=now, programme=PROGRAMME) as record:
        waiting = Statement.objects.filter(approved_by=None).count()
        if waiting:
            raise NotPermitted(
                f"承認を待っている支払明細が{waiting}件あります。承認してから、次の明細を作ってください。"
            )
        billing = bill(_performed(), billing_parameters(), month, _ledger())
        owed = billing.totals.filter((pl.col("count") != 0) | (pl.col("net") != 0))
        made = [_statement(billing, row, by, now) for row in owed.iter_rows(named=True)]
        record(purpose="支払明細の作成", month=month.isoformat()[:7], statements=len(made))
        return billing, made


def _performed() -> pl.DataFrame:
    """Every result that was ever accepted (false where it was taken back), and the rows still outstanding."""
    results = TestResult.objects.values_list(
        "pk", "institution", "test", "examined_on", "fee", "replaced_by_id", "withdrawn_at"
    )
    rows = [
        (f"R{pk}", institution, test, day, "", fee, replaced is None and withdrawn is None)
        for pk, institution, test, day, fee, replaced, withdrawn in results.iterator(20_000)
    ]
    schema = {"result_id": pl.String, "institution": pl.String, "test": pl.String, "examined_on": pl.Date,
              "method": pl.String, "fee_paid": pl.Int64, "accepted": pl.Boolean}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _ledger() -> pl.DataFrame:
    rows = BilledTest.objects.values_list(
        "result_id", "institution", "test", "method", "examined_on", "copayment", "unit_price", "tax_percent", "sign",
        "statement__month",
    )  # fmt: skip
    schema = {"result_id": pl.String, "institution": pl.String, "test": pl.String, "method": pl.String,
              "examined_on": pl.Date, "copayment": pl.Int64, "unit_price": pl.Int64, "tax_percent": pl.Int64,
              "sign": pl.Int8, "month": pl.Date}  # fmt: skip
    told = [(f"R{result}", *rest) for result, *rest in rows.iterator(20_000)]
    return pl.DataFrame(told, schema=schema, orient="row")


def _statement(billing: Billing, total: dict[str, int | str], by: Handler, now: datetime) -> Statement:
    institution = str(total["institution"])
    before = Statement.objects.filter(institution=institution, month=billing.month).aggregate(last=Max("edition"))
    lines = billing.lines.filter(pl.col("institution") == institution).with_columns(
        pl.col("examined_month").cast(pl.String)
    )
    made = Statement.objects.create(
        institution=institution, month=billing.month, edition=(before["last"] or 0) + 1, lines=lines.to_dicts(),
        total=int(total["net"]), prepared_by=by, prepared_at=now,
    )  # fmt: skip
    entries = billing.entries.filter(pl.col("institution") == institution).drop("institution", "month")
    BilledTest.objects.bulk_create(
        (
            BilledTest(statement=made, institution=institution, result_id=int(row.pop("result_id")[1:]), **row)
            for row in entries.iter_rows(named=True)
        ),
        batch_size=2_000,
    )
    return made


def approve(*, statement: Statement, by: Handler, now: datetime) -> None:
    """Another officer approves: only then may it be paid."""
    with acting(by=by, act="billing.approve", now=now, programme=PROGRAMME) as record:
        if statement.prepared_by_id == by.pk:
            raise NotPermitted("作成した人とは別の人が、件数と金額を確かめて承認してください。")
        changed = Statement.objects.filter(pk=statement.pk, approved_by=None).update(approved_by=by, approved_at=now)
        if not changed:
            raise AlreadyApproved("この支払明細は、すでに承認されています。")
        statement.refresh_from_db()
        record(purpose="支払明細の承認", statement=statement.pk, total=statement.total)


def not_billed_yet() -> int:
    """Delivered rows that nobody has decided about: they are not billed before."""
    return ResultRow.objects.filter(state=ResultRow.State.OUTSTANDING).count()
