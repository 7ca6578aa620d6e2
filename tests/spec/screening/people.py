"""One ordinary person of the screening tests, and tables made of her with a few things changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from azukari.programmes.screening.rules import COLUMNS, HISTORIES

DTYPES = {"date": pl.Date, "flag": pl.Boolean, "word": pl.String, "number": pl.Int16}
SCHEMA = {name: DTYPES.get(kind, pl.Int64) for name, kind in COLUMNS.items()}

ORDINARY: dict[str, Any] = {
    "person": 1,
    "birth": date(1975, 6, 15),  # 50 at the end of fiscal year 2025
    "sex": "2",
    "insurance": "national",
    "welfare": False,
    "fee_exempt": False,
    "resident": True,
    "opted_out": False,
    "hepatitis_tested": False,
} | {f"last_{history}": None for history in HISTORIES}


def person(**changes: Any) -> dict[str, Any]:
    """The ordinary person with some columns changed; an unknown column is a mistake of the test."""
    unknown = set(changes) - set(ORDINARY)
    if unknown:
        raise KeyError(sorted(unknown))
    return ORDINARY | changes


def table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as the table that the rule reads."""
    return pl.DataFrame(rows, schema=SCHEMA)


def born_to_be(age: int, fiscal_year: int = 2025) -> date:
    """A birthday in the middle of the year of who has that age at the end of the fiscal year."""
    return date(fiscal_year - age, 6, 15)
