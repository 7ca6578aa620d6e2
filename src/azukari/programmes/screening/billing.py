"""請求: what an institution is owed for the tests that it performed, month by month, nothing twice and nothing lost.

``bill`` takes every performed test, the prices, the month, and the ledger of what earlier statements billed. It gives
the lines of this month's statements and the new rows of the ledger. A ledger row is one result billed (``sign`` +1) or
taken back (−1) at the price and copayment of its day; for each result the signs add up to 1 (billed) or 0.

From that one rule follow the cases: a sheet that came in late is billed in the next statement, under the month in which
the person was examined; a result that was rejected after it was billed comes back as a negative line, at the price it
was billed at; a result that was corrected (institution, test, day, copayment) is taken back and billed anew; running a
month a second time adds nothing. A price changed afterwards does not reprice what has been billed.

:data:`TESTS_PERFORMED`, one row per test that somebody performed (null ``accepted``: still to be decided):

============ ======== ================================================================================================
result_id    any      key of the result, each once
institution  word     number of the institution, 10 digits
test         word     key of ``reasons.TESTS``
examined_on  Date     day of the examination
method       word     option with a price of its own ('with_sputum'); null or '' when there is none
fee_paid     integer  yen that the person paid at the institution (from the voucher)
accepted     Boolean  true: the ward took the result; false: rejected; null: outstanding
============ ======== ================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cache
from pathlib import Path

import narwhals as nw
import polars as pl

from azukari.engine.parameters import Parameters, load_parameters
from azukari.engine.run import require_columns
from azukari.programmes.screening.reasons import TESTS

TESTS_PERFORMED: dict[str, str] = {
    "result_id": "any",
    "institution": "word",
    "test": "word",
    "examined_on": "date",
    "method": "word",
    "fee_paid": "number",
    "accepted": "flag",
}

#: What makes a billed result the same as the performed one; the price is not among them.
_SAME = ["result_id", "institution", "test", "method", "examined_on", "copayment"]
_PRICED = ["unit_price", "tax_percent"]
#: Columns of the ledger (:attr:`Billing.entries`): yen, per cent, ``sign`` +1 or −1, ``month`` of the statement.
LEDGER: tuple[str, ...] = (*_SAME, *_PRICED, "sign", "month")

_LINE = ["institution", "correction", "test", "method", "examined_month", "unit_price", "tax_percent"]
_TEST_ORDER = {test: number for number, test in enumerate(TESTS)}


class Outcome(IntEnum):
    """What became of a performed test in this run. From :data:`FIRST_REASON` on it is not billed, and why."""

    BILLED = 1
    BILLED_BEFORE = 2
    CORRECTED = 3
    NOT_ACCEPTED = 20
    OUTSTANDING = 21
    LATER = 22
    INCOMPLETE = 23
    NO_PRICE = 24
    FEE_IMPLAUSIBLE = 25


FIRST_REASON = 20

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.BILLED: "請求しました。",
    Outcome.BILLED_BEFORE: "以前の請求に含まれています。",
    Outcome.CORRECTED: "以前の請求を取り消し、訂正した内容で請求しました。",
    Outcome.NOT_ACCEPTED: "結果を受理しなかったもの",
    Outcome.OUTSTANDING: "結果を確認中のもの",
    Outcome.LATER: "翌月以降の受診",
    Outcome.INCOMPLETE: "医療機関番号・検査・受診日のいずれかが分からないもの",
    Outcome.NO_PRICE: "受診日に有効な単価がないもの",
    Outcome.FEE_IMPLAUSIBLE: "自己負担額が不明か、単価を超えるもの",
}


class RepeatedResult(ValueError):
    """The same result stands twice in the table of performed tests: it would be paid twice. ``count``: how many."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count

    def __str__(self) -> str:
        return (
            f"同じ検査結果が2回以上入っているものが{self.count}件あるため、請求を計算できません。"
            "重なった行を除いてから、もう一度実行してください。"
        )


class LedgerDoesNotClose(ValueError):
    """The ledger bills a result twice, or takes back what was never billed. ``count``: how many results."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count

    def __str__(self) -> str:
        return (
            f"請求の記録が合わない検査結果が{self.count}件あります（二重の請求、又は請求のない取消し）。"
            "請求の記録を確かめ、原因が分かるまで請求内訳書を作成しないでください。"
        )


@dataclass(frozen=True)
class Billing:
    """One month's statements of all institutions; every frame is sorted, amounts are whole yen.

    ``lines``: institution, correction (true: taken back, numbers negative), test, method, examined_month, unit_price,
    tax_percent, count, gross (count × unit_price), copayment, net (gross − copayment).
    ``not_billed``: institution (null when unknown), examined_month, test, outcome, count (none of later months).
    ``totals``: institution, count, gross, tax, copayment, net (gross + tax − copayment; negative: to be paid back).
    ``entries``: the rows to add to the ledger (:data:`LEDGER`). ``outcomes``: result_id, outcome for every row given.
    """

    month: date
    lines: pl.DataFrame
    not_billed: pl.DataFrame
    totals: pl.DataFrame
    entries: pl.DataFrame
    outcomes: pl.DataFrame


@cache
def billing_parameters() -> Parameters:
    """The unit prices and the tax of ``billing.toml``."""
    return load_parameters(Path(__file__).parent / "billing.toml")


def unit_price(prices: Parameters, test: str, method: str, on: date) -> int | None:
    """Yen for one test on that day; None where the contract has none.

    An option without a price of its own has none: falling back to the plain price would pay the wrong sum unseen.
    """
    option = f"methods.{method}." if method else ""
    return prices.at(on).number_or_none(f"tests.{test}.{option}unit_price")


def bill(tests: pl.DataFrame, prices: Parameters, month: date, ledger: pl.DataFrame | None = None) -> Billing:
    """The statements of ``month`` (any day of it): see the module's text for the columns of ``tests``.

    ``ledger``: the ``entries`` of all earlier statements, stacked; None or empty at first. A result that is in the
    ledger and not in ``tests`` is left as it is, so that ``tests`` may be limited to a fiscal year.

    :raises RepeatedResult: a result stands twice. :raises LedgerDoesNotClose: the ledger can't be true.
    :raises WrongColumns: a column is missing or of another kind.
    """
    first = month.replace(day=1)
    require_columns(nw.from_native(tests), TESTS_PERFORMED)
    repeated = tests["result_id"].n_unique()
    if repeated != tests.height:
        raise RepeatedResult(tests.height - repeated)
    standing = _standing(ledger, tests.schema["result_id"])
    judged = _judged(_priced(_plain(tests), prices), standing, first)
    entries = _entries(judged, standing, first)
    lines = _lines(entries)
    not_billed = _not_billed(judged)
    return Billing(
        month=first,
        lines=lines,
        not_billed=not_billed,
        totals=_totals(lines, not_billed),
        entries=entries,
        outcomes=judged.select("result_id", "outcome"),
    )


def from_ledger(entries: pl.DataFrame, month: date) -> Billing:
    """A statement told again from its rows of the ledger (:data:`LEDGER`); what was not billed is not in them."""
    first = month.replace(day=1)
    lines = _lines(entries)
    key = entries.schema["result_id"]
    not_billed = _not_billed(
        pl.DataFrame(schema={"institution": pl.String, "examined_on": pl.Date, "test": pl.String, "outcome": pl.UInt8})
    )
    return Billing(
        month=first,
        lines=lines,
        not_billed=not_billed,
        totals=_totals(lines, not_billed),
        entries=entries,
        outcomes=pl.DataFrame(schema={"result_id": key, "outcome": pl.UInt8}),
    )


def _plain(tests: pl.DataFrame) -> pl.DataFrame:
    return tests.select(
        "result_id",
        pl.col("institution", "test").cast(pl.String),
        pl.col("method").cast(pl.String).fill_null(""),
        pl.col("examined_on").cast(pl.Date),
        pl.col("fee_paid").cast(pl.Int64).alias("copayment"),
        pl.col("accepted").cast(pl.Boolean),
    )


def _priced(tests: pl.DataFrame, prices: Parameters) -> pl.DataFrame:
    """With ``unit_price`` (null: none) and ``tax_percent`` of the day of examination."""
    keys = ["test", "method", "examined_on"]
    wanted = tests.select(keys).unique().drop_nulls()
    rows = [
        (*row, unit_price(prices, *row), prices.at(row[2]).number_or_none("common.tax_percent") or 0)
        for row in wanted.iter_rows()
    ]
    schema = {**wanted.schema, "unit_price": pl.Int64(), "tax_percent": pl.Int64()}
    return tests.join(pl.DataFrame(rows, schema=schema, orient="row"), on=keys, how="left")


def _standing(ledger: pl.DataFrame | None, key: pl.DataType) -> pl.DataFrame:
    """What is billed and not taken back: the ledger's rows whose signs do not cancel, one per result."""
    if ledger is None or ledger.is_empty():
        numbers = dict.fromkeys(("copayment", "unit_price", "tax_percent"), pl.Int64())
        words = dict.fromkeys(("institution", "test", "method"), pl.String())
        known: dict[str, pl.DataType] = {"result_id": key, "examined_on": pl.Date(), **words, **numbers}
        return pl.DataFrame(schema={name: known[name] for name in (*_SAME, *_PRICED)})
    sums = ledger.group_by([*_SAME, *_PRICED]).agg(pl.col("sign").sum()).filter(pl.col("sign") != 0)
    per_result = sums.group_by("result_id").agg(pl.col("sign").sum(), pl.len())
    wrong = per_result.filter((pl.col("sign") != 1) | (pl.col("len") != 1)).height
    if wrong:
        raise LedgerDoesNotClose(wrong)
    return sums.drop("sign").with_columns(pl.col("copayment", "unit_price", "tax_percent").cast(pl.Int64))


def _judged(tests: pl.DataFrame, standing: pl.DataFrame, month: date) -> pl.DataFrame:
    """Adds ``before`` (billed in an earlier statement), ``same`` (as it stands there) and ``outcome``."""
    after = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    found = tests.join(standing.select("result_id", before=pl.lit(True)), on="result_id", how="left").join(
        standing.select(*_SAME, same=pl.lit(True)), on=_SAME, how="left"
    )
    known = pl.col("institution").str.contains(r"^[0-9]{10}$") & pl.col("test").is_in(TESTS)
    complete = known.fill_null(False) & pl.col("examined_on").is_not_null()
    plausible = pl.col("copayment").is_between(0, pl.col("unit_price")).fill_null(False)
    before = pl.col("before").fill_null(False)
    keeps = before & (pl.col("accepted").is_null() | (pl.col("accepted") & pl.col("same").fill_null(False)))
    cases = (
        (keeps, Outcome.BILLED_BEFORE),
        (pl.col("accepted").is_null(), Outcome.OUTSTANDING),
        (~pl.col("accepted"), Outcome.NOT_ACCEPTED),
        (~complete, Outcome.INCOMPLETE),
        (pl.col("examined_on") >= after, Outcome.LATER),
        (pl.col("unit_price").is_null(), Outcome.NO_PRICE),
        (~plausible, Outcome.FEE_IMPLAUSIBLE),
        (before, Outcome.CORRECTED),
    )
    outcome = pl.coalesce(*(pl.when(when).then(pl.lit(code.value, pl.UInt8)) for when, code in cases))
    return found.with_columns(outcome=outcome.fill_null(pl.lit(Outcome.BILLED.value, pl.UInt8)))


def _entries(judged: pl.DataFrame, standing: pl.DataFrame, month: date) -> pl.DataFrame:
    columns = [*_SAME, *_PRICED]
    new = judged.filter(pl.col("outcome").is_in([Outcome.BILLED.value, Outcome.CORRECTED.value])).select(columns)
    no_longer = judged.filter(pl.col("before").fill_null(False) & (pl.col("outcome") != Outcome.BILLED_BEFORE.value))
    back = standing.join(no_longer.select("result_id"), on="result_id", how="semi").select(columns)
    parts = [
        frame.with_columns(sign=pl.lit(sign, pl.Int8), month=pl.lit(month)) for frame, sign in ((back, -1), (new, 1))
    ]
    return pl.concat(parts).sort("result_id", "sign")


def _lines(entries: pl.DataFrame) -> pl.DataFrame:
    sign = pl.col("sign").cast(pl.Int64)
    lines = (
        entries.with_columns(
            correction=pl.col("sign") < 0,
            examined_month=pl.col("examined_on").dt.month_start(),
        )
        .group_by(_LINE)
        .agg(
            count=sign.sum(),
            gross=(sign * pl.col("unit_price")).sum(),
            copayment=(sign * pl.col("copayment")).sum(),
        )
        .with_columns(net=pl.col("gross") - pl.col("copayment"))
    )
    return _sorted(lines, ["institution", "correction"], ["examined_month", "method", "unit_price", "tax_percent"])


def _not_billed(judged: pl.DataFrame) -> pl.DataFrame:
    listed = judged.filter((pl.col("outcome") >= FIRST_REASON) & (pl.col("outcome") != Outcome.LATER.value))
    counted = (
        listed.with_columns(examined_month=pl.col("examined_on").dt.month_start())
        .group_by("institution", "examined_month", "test", "outcome")
        .agg(count=pl.len().cast(pl.Int64))
    )
    return _sorted(counted, ["institution", "examined_month"], ["outcome"])


def _sorted(frame: pl.DataFrame, before: list[str], after: list[str]) -> pl.DataFrame:
    """By ``before``, the order of ``reasons.TESTS``, then ``after``."""
    place = pl.col("test").replace_strict(_TEST_ORDER, default=len(TESTS), return_dtype=pl.UInt8)
    return frame.sort(*before, place, "test", *after)


def _totals(lines: pl.DataFrame, not_billed: pl.DataFrame) -> pl.DataFrame:
    """One row per institution that has lines or something not billed. Tax: once per statement and rate, cut to yen."""
    taxed = lines.group_by("institution", "tax_percent").agg(pl.col("gross").sum())
    amount = pl.col("gross").abs() * pl.col("tax_percent") // 100 * pl.col("gross").sign()
    taxes = taxed.with_columns(tax=amount).group_by("institution").agg(pl.col("tax").sum())
    sums = lines.group_by("institution").agg(pl.col("count", "gross", "copayment").sum())
    names = pl.concat([lines["institution"], not_billed["institution"]]).drop_nulls().unique().sort().to_frame()
    return (
        names.join(sums, on="institution", how="left")
        .join(taxes, on="institution", how="left")
        .with_columns(pl.col("count", "gross", "tax", "copayment").fill_null(0))
        .select("institution", "count", "gross", "tax", "copayment")
        .with_columns(net=pl.col("gross") + pl.col("tax") - pl.col("copayment"))
        .sort("institution")
    )
