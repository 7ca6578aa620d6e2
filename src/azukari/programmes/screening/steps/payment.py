"""Billing: what institutions are owed for a month's accepted tests; worked out by one person, approved by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.conf import settings
from django.db.models import Max
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.refusal import Changed

from ..billing import FIRST_REASON, Billing, Outcome, bill, billing_parameters, from_ledger
from ..letters.statement import Heading, Kind, statement_csv, statement_pdf
from ..models import BilledTest, ResultRow, Statement, TestResult, VolumeNotice
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
        made = [_statement(billing, row, by, now) for row in _owed(billing).iter_rows(named=True)]
        record(purpose="支払明細の作成", month=month.isoformat()[:7], statements=len(made))
        return billing, made


def _owed(billing: Billing) -> pl.DataFrame:
    """The totals of the institutions that get a statement: not those with nothing but tests not billed."""
    lines = billing.lines["institution"].unique().implode()
    return billing.totals.filter(pl.col("institution").is_in(lines))


@dataclass(frozen=True)
class Preview:
    """What preparing the month now would bill, in tests; ``not_billed``: how many per reason, the most frequent first.

    ``outstanding``: delivered rows that nobody has decided about; they are billed when they are accepted.
    """

    month: date
    statements: int
    billed: int
    taken_back: int
    before: int
    net: int
    not_billed: Sequence[tuple[Outcome, int]]
    outstanding: int

    @property
    def mark(self) -> str:
        """Changes when anything that was shown does."""
        return repr(self)


def preview(month: date) -> Preview:
    """Count what :func:`prepare_statements` would do, and change nothing. Seconds at 150,000 residents."""
    billing = bill(_performed(), billing_parameters(), month, _ledger())
    owed = _owed(billing)
    counted = billing.outcomes.group_by("outcome").agg(n=pl.len())
    found = {Outcome(outcome): n for outcome, n in counted.iter_rows()}
    why = [(outcome, n) for outcome, n in found.items() if outcome >= FIRST_REASON]
    return Preview(
        month=billing.month,
        statements=owed.height,
        billed=billing.entries.filter(pl.col("sign") > 0).height,
        taken_back=billing.entries.filter(pl.col("sign") < 0).height,
        before=found.get(Outcome.BILLED_BEFORE, 0),
        net=int(owed["net"].sum()),
        not_billed=sorted(why, key=lambda each: (-each[1], each[0])),
        outstanding=not_billed_yet(),
    )


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


def _ledger(statement: Statement | None = None) -> pl.DataFrame:
    """Every row of the ledger, or one statement's."""
    entries = BilledTest.objects.all() if statement is None else BilledTest.objects.filter(statement=statement)
    rows = entries.values_list(
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


# --- the paper


def billing_of(statement: Statement) -> Billing:
    """The statement's lines and sums told again from the ledger, as the paper and the CSV need them."""
    return from_ledger(_ledger(statement), statement.month)


def number_of(statement: Statement) -> str:
    """What the paper is called: the month, the institution and the edition."""
    return f"{statement.month:%Y%m}-{statement.institution}-{statement.edition}"


def names_of(institutions: Sequence[str]) -> dict[str, str]:
    """Names by 10-digit number, of those that are registered."""
    found = Organisation.objects.filter(institution_number__in=institutions).order_by("pk")
    return dict(found.values_list("institution_number", "name"))


def draw_statement(*, statement: Statement, by: Handler, now: datetime) -> bytes:
    """支払明細書 as PDF; who prepared it and who approved it are printed once they have."""
    with acting(by=by, act="billing.read", now=now, programme=PROGRAMME) as record:
        record(purpose="支払明細書の作成", statement=statement.pk, format="pdf")
        return statement_pdf(billing_of(statement), _heading(statement, by), fonts=settings.AZUKARI_FONTS)


def write_statement(*, statement: Statement, by: Handler, now: datetime) -> bytes:
    """The same lines as CSV (CP932)."""
    with acting(by=by, act="billing.read", now=now, programme=PROGRAMME) as record:
        record(purpose="支払明細の書き出し", statement=statement.pk, format="csv")
        return statement_csv(billing_of(statement), statement.institution).data


def _heading(statement: Statement, by: Handler) -> Heading:
    """The sender is the one that the latest vouchers were sent by."""
    sender = VolumeNotice.objects.order_by("-pk").values_list("office", "telephone").first() or ("", "")
    approved = statement.approved_by
    return Heading(
        kind=Kind.PAYMENT,
        number=number_of(statement),
        issued_on=localdate(statement.approved_at or statement.prepared_at),
        institution=statement.institution,
        institution_name=names_of([statement.institution]).get(statement.institution, ""),
        ward=by.organisation.name,
        office=sender[0],
        telephone=sender[1],
        prepared_by=statement.prepared_by.name,
        approved_by=approved.name if approved else "",
    )
