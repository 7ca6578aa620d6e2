"""The residents as the table that ``rules.eligibility`` reads, and the lists that hang on persons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
from django.db.models import Q, QuerySet

from azukari.people import bulk
from azukari.people.models import Resident
from azukari.vocabulary.addresses import address_key

from .models import AddressHold, Exemption, History, OptOut
from .rules import HISTORIES

INSURANCE = {"national": "national", "late_elderly": "late_stage", "other": "employee"}
SEX = {"male": "1", "female": "2"}

_FIELDS = {
    "id": pl.Int64,
    "birth_date": pl.String,
    "sex": pl.String,
    "insurance_kind": pl.String,
    "welfare": pl.Int64,
    "moved_out_on": pl.String,
    "died_on": pl.String,
    "protected": pl.Int64,
    "has_address": pl.Int64,
}


def residents_frame(*, as_of: date, fiscal_year: int, persons: Sequence[int] | None = None) -> pl.DataFrame:
    """One row per resident with the columns of ``rules.COLUMNS`` and ``dead``, ``moved_out``, ``protected``, ``held``.

    ``resident`` and ``opted_out`` are what the rules see; the others are for the stops of the run.
    """
    table = bulk.table_of(Resident)
    sql = (
        "SELECT id, CAST(birth_date AS text), sex, insurance_kind, CASE WHEN welfare THEN 1 ELSE 0 END, "
        "CAST(moved_out_on AS text), CAST(died_on AS text), CASE WHEN protected THEN 1 ELSE 0 END, "
        "CASE WHEN address <> '' AND (name <> '' OR latin_name <> '' OR alias_name <> '') THEN 1 ELSE 0 END "
        "FROM " + table
    )
    if persons is not None:
        sql += f" WHERE id IN ({', '.join(['%s'] * len(persons)) or 'NULL'})"  # nobody: PostgreSQL takes no empty list
    raw = bulk.fetch(sql, list(persons or []), _FIELDS)
    frame = raw.select(
        pl.col("id").alias("person"),
        pl.col("birth_date").str.to_date("%Y-%m-%d", strict=False).alias("birth"),
        pl.col("sex").replace_strict(SEX, default="0", return_dtype=pl.String),
        pl.col("insurance_kind").replace_strict(INSURANCE, default=None, return_dtype=pl.String).alias("insurance"),
        pl.col("welfare").cast(pl.Boolean),
        (pl.col("died_on").str.to_date(strict=False) <= as_of).fill_null(False).alias("dead"),
        (pl.col("moved_out_on").str.to_date(strict=False) <= as_of).fill_null(False).alias("moved_out"),
        pl.col("protected").cast(pl.Boolean),
        pl.col("has_address").cast(pl.Boolean),
    )
    for name, held in (
        ("opted_out", _ids(OptOut.objects.filter(since__lte=as_of).filter(Q(until=None) | Q(until__gt=as_of)))),
        ("fee_exempt", _ids(Exemption.objects.filter(fiscal_year=fiscal_year))),
        ("held", _held()),
    ):
        frame = frame.with_columns(pl.col("person").is_in(pl.Series(held, dtype=pl.Int64).implode()).alias(name))
    frame = frame.with_columns((~pl.col("dead") & ~pl.col("moved_out")).alias("resident"))
    return frame.join(_last_years(fiscal_year, persons), on="person", how="left").with_columns(
        pl.col("hepatitis_tested").fill_null(False)
    )


def _ids(rows: QuerySet) -> list[int]:  # type: ignore[type-arg]
    return list(rows.values_list("person_id", flat=True))


def _held() -> list[int]:
    """Whose mail came back from the address that the register still has: a new address ends a hold by itself."""
    open_holds = AddressHold.objects.filter(lifted_at=None).values_list("person_id", "address_key", "person__address")
    return [person for person, key, address in open_holds if key == address_key(address)]


def _last_years(fiscal_year: int, persons: Sequence[int] | None) -> pl.DataFrame:
    """Per person the last year of each test before ``fiscal_year`` (or in it), and if ever tested for hepatitis."""
    rows = History.objects.filter(fiscal_year__lte=fiscal_year)
    if persons is not None:
        rows = rows.filter(person_id__in=persons)
    taken = pl.DataFrame(
        list(rows.values_list("person_id", "test", "fiscal_year")),
        schema={"person": pl.Int64, "test": pl.String, "year": pl.Int16},
        orient="row",
    )
    return taken.group_by("person").agg(
        (pl.col("test") == "hepatitis").any().alias("hepatitis_tested"),
        *(pl.col("year").filter(pl.col("test") == test).max().alias(f"last_{test}") for test in HISTORIES),
    )
