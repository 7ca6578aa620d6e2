"""請求内訳書・支払明細書: one institution's month as paper (``statement.typ``) and as CSV. Counts and yen only.

Both are made from the same lines of :class:`~azukari.programmes.screening.billing.Billing`, so they close on the same
sums. The paper leaves two fields open for two people: who made it, and who approved it; a name is only printed there
when it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import polars as pl

from azukari.custody.csvfile import WrittenCsv, write_csv
from azukari.letters.typst import render_pdf
from azukari.programmes.screening.billing import OUTCOMES, Billing, Outcome, billing_parameters
from azukari.programmes.screening.reasons import TESTS
from azukari.programmes.screening.rules import screening_parameters
from azukari.vocabulary.wareki import to_wareki

TEMPLATE = Path(__file__).resolve().parent / "statement.typ"


class Kind(Enum):
    """Which way the paper goes, and what it is called."""

    CLAIM = "請求内訳書"
    PAYMENT = "支払明細書"


NOTES = (
    "単価は、受診日に有効な契約単価です。月の途中で単価が変わったときは、行を分けています。",
    "差引額は、金額から、受診した方が窓口で支払った自己負担額を引いた額です。",
    "「取消し」の行は、以前の請求に含めた検査を、そのときの単価で差し引いたものです。",
    "「請求に含めていないもの」は、結果の受理又は訂正の後の請求に含めます（受理しなかったものを除きます）。",
)


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the lines. ``institution``: its 10-digit number; dates are printed in the Japanese calendar.

    ``prepared_by`` and ``approved_by`` stay empty until that person has acted.
    """

    kind: Kind
    number: str
    issued_on: date
    institution: str
    institution_name: str
    ward: str
    office: str
    telephone: str
    title: str = "健康診査・がん検診等委託料"
    prepared_by: str = ""
    approved_by: str = ""
    notes: tuple[str, ...] = NOTES


def statement_pdf(billing: Billing, heading: Heading, *, fonts: Sequence[Path | str] = ()) -> bytes:
    """The paper: as many pages as the lines need, the head of the table on each.

    :raises LookupError: the month has neither lines nor anything not billed for this institution.
    """
    return render_pdf(TEMPLATE, statement_data(billing, heading), fonts)


def statement_data(billing: Billing, heading: Heading) -> dict[str, Any]:
    """The template's input: words and whole yen, see ``statement.typ``."""
    lines, open_rows, total = _own(billing, heading.institution)
    return {
        "kind": heading.kind.value,
        "title": heading.title,
        "number": heading.number,
        "issued": to_wareki(heading.issued_on, "long"),
        "period": _month(billing.month) + "分",
        "institution": heading.institution,
        "institution_name": heading.institution_name,
        "ward": heading.ward,
        "office": heading.office,
        "telephone": heading.telephone,
        "prepared": heading.prepared_by,
        "approved": heading.approved_by,
        "notes": list(heading.notes),
        "lines": [
            {
                "test": name_of_test(line["test"], line["method"]),
                "month": _month(line["examined_month"]),
                "correction": line["correction"],
                **{key: line[key] for key in ("unit_price", "count", "gross", "copayment", "net")},
            }
            for line in lines.iter_rows(named=True)
        ],
        "total": {key: total[key] for key in ("count", "gross", "tax", "copayment", "net")},
        "open": [
            {
                "why": OUTCOMES[Outcome(row["outcome"])],
                "test": name_of_test(row["test"], ""),
                "month": _month(row["examined_month"]) if row["examined_month"] else "不明",
                "count": row["count"],
            }
            for row in open_rows.iter_rows(named=True)
        ],
    }


_CSV_COLUMNS: Mapping[str, str] = {
    "month": "請求月",
    "institution": "医療機関番号",
    "kind": "区分",
    "test": "検査",
    "examined_month": "受診月",
    "unit_price": "単価",
    "count": "件数",
    "gross": "金額",
    "tax": "消費税",
    "copayment": "自己負担額",
    "net": "差引額",
    "why": "請求に含めない理由",
}
_NUMBERS = ("unit_price", "count", "gross", "tax", "copayment", "net")


def statement_csv(billing: Billing, institution: str) -> WrittenCsv:
    """The same lines as CSV (CP932, CRLF, formulas made harmless): 請求・取消し, 請求外, and one row 合計 at the end.

    :raises LookupError: as :func:`statement_pdf`.
    """
    lines, open_rows, total = _own(billing, institution)
    rows = [*map(_line_row, lines.iter_rows(named=True)), *map(_open_row, open_rows.iter_rows(named=True))]
    rows.append({"kind": "合計", **{key: total[key] for key in ("count", "gross", "tax", "copayment", "net")}})
    schema = {key: pl.Int64 if key in _NUMBERS else pl.String for key in _CSV_COLUMNS}
    fixed = {"month": f"{billing.month:%Y-%m}", "institution": institution}
    return write_csv(pl.DataFrame([fixed | row for row in rows], schema=schema), _CSV_COLUMNS, "cp932")


def name_of_test(test: str | None, method: str) -> str:
    """What a test is called on the statement; a key that nobody knows is shown as it came."""
    name = screening_parameters().texts[f"tests.{test}.name"] if test in TESTS else test or "不明"
    return f"{name}　{billing_parameters().texts.get(f'methods.{method}', method)}" if method else str(name)


def printed_texts(headings: Iterable[Heading]) -> Iterable[tuple[str, str, str]]:
    """(row key, field, text) of the names on the statements, for :class:`azukari.letters.glyphs.GlyphProof`."""
    for heading in headings:
        yield heading.number, "医療機関名", heading.institution_name
        yield heading.number, "作成者", heading.prepared_by
        yield heading.number, "承認者", heading.approved_by


def _own(billing: Billing, institution: str) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
    mine = pl.col("institution") == institution
    total = billing.totals.filter(mine)
    if total.is_empty():
        raise LookupError(
            f"医療機関 {institution} には、{_month(billing.month)}分の請求も、請求に含めない検査もありません。"
            "医療機関番号と請求月を確かめてください。"
        )
    return billing.lines.filter(mine), billing.not_billed.filter(mine), total.row(0, named=True)


def _line_row(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "取消し" if line["correction"] else "請求",
        "test": name_of_test(line["test"], line["method"]),
        "examined_month": f"{line['examined_month']:%Y-%m}",
        **{key: line[key] for key in ("unit_price", "count", "gross", "copayment", "net")},
    }


def _open_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "請求外",
        "test": name_of_test(row["test"], ""),
        "examined_month": f"{row['examined_month']:%Y-%m}" if row["examined_month"] else None,
        "count": row["count"],
        "why": OUTCOMES[Outcome(row["outcome"])],
    }


def _month(day: date) -> str:
    """令和7年6月."""
    return to_wareki(day, "long").partition("月")[0] + "月"
