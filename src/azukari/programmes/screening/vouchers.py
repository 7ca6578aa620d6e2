"""The voucher's data: which columns go to the printer, and how a row becomes a printed sheet.

The printer is provided the twelve printed items and, by the privacy officer's ruling, which tests and in which period;
what it might be provided but does not print (受診歴及び受診結果) is not among the columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import polars as pl
from django.db.models import QuerySet

from azukari.custody.gate import Column
from azukari.engine.columns import latest_birth_of_birthday_age
from azukari.vocabulary.wareki import parse_date

from .letters.voucher import Edition, Fee
from .letters.voucher import Voucher as Printed
from .models import Assessment, History, Run, Sheet, Voucher
from .periods import TestPeriods, periods
from .reasons import CHECKUPS, FIRST_REFUSAL, TESTS, Reason
from .rules import screening_parameters

ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("checkup", CHECKUPS),
    *((test, (test,)) for test in TESTS if test not in CHECKUPS and test != "lung_sputum"),
)
"""Lines of the voucher's table and the tests each stands for: a person is offered at most one of the three checkups."""

FEW = 900
"""Up to so many sheets, only these persons' assessments are read; for more, everybody's in one go is faster."""

ROWS_AT_ONCE = 10_000
Kind = type[pl.DataType]

SENIOR = "75歳以上"
SEX = {"male": "男", "female": "女"}


@dataclass(frozen=True)
class Office:
    """Who sends the vouchers, printed on them."""

    ward: str
    name: str
    telephone: str


def line_names(fiscal_year: int) -> dict[str, str]:
    p = screening_parameters().for_fiscal_year(fiscal_year)
    return {line: "健康診査" if line == "checkup" else p.text(f"tests.{tests[0]}.name") for line, tests in ROWS}


HISTORY = Column("history", "健康診査・がん検診の受診歴及び受診結果", "screening_history")
"""What the printer may be provided but does not print: it goes only where an officer says why."""


def columns(fiscal_year: int) -> list[Column]:
    """The handover's columns: the opaque sheet code, the printed items, a fee per line, the tests and their period."""
    names = line_names(fiscal_year)
    return [
        Column("sheet_code", "帳票番号", None),
        Column("postal_code", "郵便番号", "postal_code"),
        Column("address", "住所", "address"),
        Column("name", "氏名", "name"),
        Column("examinee_number", "受診番号", "examinee_number"),
        Column("voucher_number", "受診券整理番号", "voucher_number"),
        Column("insurance_symbol_number", "被保険者証等記号番号", "insurance_symbol_number"),
        Column("birth", "生年月日", "birth_date"),
        Column("sex", "性別", "sex"),
        Column("welfare", "生活保護等受給の有無", "welfare_receipt"),
        Column("phone", "電話番号", "phone"),
        Column("hepatitis", "肝炎受診歴", "hepatitis_history"),
        *(Column(f"fee_{line}", f"自己負担金額（{names[line]}）", "copayment") for line, _ in ROWS),
        Column("tests", "受診できる検診", "eligible_tests"),
        Column("period", "受診できる期間", "test_period"),
    ]


def sheets_of(
    run: Run, vouchers: Iterable[int] | None = None, channel: str = Voucher.Channel.PRINTER
) -> QuerySet[Sheet]:
    """The run's living sheets of a channel."""
    sheets = Sheet.objects.filter(voucher__run=run, voucher__channel=channel).exclude(state=Sheet.State.VOIDED)
    return sheets if vouchers is None else sheets.filter(voucher_id__in=list(vouchers))


def codes_frame(run: Run) -> pl.DataFrame:
    """``reference``, ``sheet_code`` and ``examinee_number`` of the printer's living sheets, in printing order."""
    rows = sheets_of(run).order_by("sequence").values_list("voucher__reference", "code", "voucher__examinee_number")
    return _table(rows, dict.fromkeys(("reference", "sheet_code", "examinee_number"), pl.String))


def voucher_frame(
    run: Run, vouchers: Iterable[int] | None = None, channel: str = Voucher.Channel.PRINTER
) -> pl.DataFrame:
    """``reference`` and the columns of :func:`columns`, one row per living sheet, in printing order."""
    sheets = sheets_of(run, vouchers, channel)
    person = "voucher__person__"
    fields = (
        "code", "voucher__reference", "voucher__person_id", "voucher__examinee_number", "voucher__voucher_number",
        *(person + f for f in ("postal_code", "address", "address_extra", "name", "latin_name", "alias_name",
                               "insurance_symbol_number", "birth", "sex", "welfare", "phone", "birth_date")),
    )  # fmt: skip
    names = ("sheet_code", "reference", "person", "examinee_number", "voucher_number", "postal_code", "address",
             "extra", "plain", "latin", "alias", "insurance_symbol_number", "birth", "sex", "welfare", "phone",
             "birth_date")  # fmt: skip
    kinds: dict[str, Kind] = {"person": pl.Int64, "welfare": pl.Boolean, "birth_date": pl.Date}
    rows = _table(sheets.order_by("sequence").values_list(*fields), {n: kinds.get(n, pl.String) for n in names})
    few = rows["person"].to_list() if rows.height <= FEW else None
    if rows.is_empty():
        return pl.DataFrame(schema={"reference": pl.String} | {c.key: pl.String for c in columns(run.fiscal_year)})
    return (
        rows.join(_fees(run, few), on="person", how="left", maintain_order="left")
        .join(_hepatitis(run, few), on="person", how="left", maintain_order="left")
        .with_columns(
            address=pl.concat_str([pl.col("address"), pl.col("extra")], separator="　").str.strip_chars_end("　"),
            name=pl.coalesce(pl.col("alias", "plain", "latin").replace("", None)),
            sex=pl.col("sex").replace_strict(SEX, default="", return_dtype=pl.String),
            welfare=pl.when("welfare").then(pl.lit("有")).otherwise(pl.lit("無")),
            period=pl.when(pl.col("birth_date") <= senior_born_by(run)).then(pl.lit(SENIOR)).otherwise(pl.lit("一般")),
            hepatitis=pl.when(pl.col("hepatitis_taken").fill_null(False)).then(pl.lit("有")).otherwise(pl.lit("無")),
        )
        .select("reference", *(pl.col(c.key).cast(pl.String) for c in columns(run.fiscal_year)))
    )


def senior_born_by(run: Run) -> date:
    """The latest birth date of those who are seniors on the run's date: their period begins earlier."""
    p = screening_parameters().for_fiscal_year(run.fiscal_year)
    return latest_birth_of_birthday_age(p.number("common.senior_birthday_age"), run.as_of)


def _table(rows: QuerySet[Any, Any], schema: Mapping[str, Kind]) -> pl.DataFrame:
    """A query's rows as a frame, by and by: never all of them as Python objects at once."""
    cursor = rows.iterator(chunk_size=ROWS_AT_ONCE)
    parts = iter(lambda: list(islice(cursor, ROWS_AT_ONCE)), [])
    frames = [pl.DataFrame(part, schema=dict(schema), orient="row") for part in parts]
    return pl.concat(frames) if frames else pl.DataFrame(schema=dict(schema))


def _fees(run: Run, persons: Sequence[int] | None) -> pl.DataFrame:
    """Per person a fee per line (null: not offered), and the offered tests in words. ``persons`` None: of everybody."""
    offered = Assessment.objects.filter(run=run, reason__lt=FIRST_REFUSAL).exclude(reason=Reason.AT_SITE)
    if persons is not None:
        offered = offered.filter(person_id__in=persons)
    long = _table(
        offered.values_list("person_id", "test", "fee"), {"person": pl.Int64, "test": pl.Int16, "fee": pl.Int32}
    )
    index = {test: n for n, test in enumerate(TESTS)}
    names = line_names(run.fiscal_year)
    numbers = {line: [index[t] for t in tests] for line, tests in ROWS}
    said = {n: names[line] for line, ns in numbers.items() for n in ns}
    return long.group_by("person").agg(
        *(pl.col("fee").filter(pl.col("test").is_in(ns)).first().alias(f"fee_{line}") for line, ns in numbers.items()),
        pl.col("test").sort().replace_strict(said, return_dtype=pl.String, default=None).str.join("、").alias("tests"),
    )


def with_history(frame: pl.DataFrame, run: Run) -> pl.DataFrame:
    """The frame with the column of :data:`HISTORY`: "2024 lung 異常なし、…" in words, newest first."""
    taken = History.objects.filter(fiscal_year__lt=run.fiscal_year).exclude(test="hepatitis")
    rows = pl.DataFrame(
        list(taken.values_list("person__reference", "fiscal_year", "test", "outcome")),
        schema={"reference": pl.String, "year": pl.Int16, "test": pl.String, "outcome": pl.String},
        orient="row",
    )
    told = rows.sort("year", "test", descending=[True, False]).group_by("reference", maintain_order=True)
    words = told.agg(pl.format("{} {} {}", "year", "test", "outcome").str.join("、").alias(HISTORY.key))
    return frame.join(words, on="reference", how="left", maintain_order="left")


def _hepatitis(run: Run, persons: Sequence[int] | None) -> pl.DataFrame:
    taken = History.objects.filter(test="hepatitis", fiscal_year__lt=run.fiscal_year)
    if persons is not None:
        taken = taken.filter(person_id__in=persons)
    people = pl.Series("person", list(taken.values_list("person_id", flat=True).distinct()), dtype=pl.Int64)
    return people.to_frame().with_columns(hepatitis_taken=pl.lit(True))


def edition(fiscal_year: int, office: Office) -> Edition:
    p = screening_parameters().for_fiscal_year(fiscal_year)
    names = line_names(fiscal_year)
    remarks = {"lung": "問診により喀痰検査を追加", "prostate": "健康診査と同時に受診"}
    return Edition(
        fiscal_year=fiscal_year,
        ward=office.ward,
        office=office.name,
        telephone=office.telephone,
        tests=tuple((names[line], remarks.get(line, "")) for line, _ in ROWS),
        title=p.word("run.voucher_title"),
    )


def printed(frame: pl.DataFrame, fiscal_year: int) -> Iterator[Printed]:
    """The rows that were handed over (all text) as sheets, in their order."""
    when = periods(screening_parameters(), fiscal_year)
    lines = [(line, when[tests[-1]]) for line, tests in ROWS]
    for row in frame.iter_rows(named=True):
        yield _sheet(row, lines)


def _sheet(row: Mapping[str, str | None], lines: Sequence[tuple[str, TestPeriods]]) -> Printed:
    senior = row["period"] == SENIOR
    fees = []
    for line, times in lines:
        yen = row[f"fee_{line}"]
        period = times.of(senior)
        fees.append(None if yen is None else Fee(int(yen), period.first, period.last))
    return Printed(
        code=row["sheet_code"] or "",
        postal_code=row["postal_code"] or "",
        address=row["address"] or "",
        name=row["name"] or "",
        visit_number=row["examinee_number"] or "",
        ticket_number=row["voucher_number"] or "",
        insurance_number=row["insurance_symbol_number"] or "",
        birth_date=parse_date(row["birth"] or ""),
        sex=row["sex"] or "",
        welfare=row["welfare"] or "",
        telephone=row["phone"] or "",
        hepatitis_history=row["hepatitis"] or "",
        fees=tuple(fees),
    )
