"""Where a roster's rows wait between reading and committing.

Rows that somebody should look at (changed, gone, protected, rejected, absent …) are rows of a table. Those that are as
one expects (new, unchanged), usually nearly all of 150,000, wait in packs of Arrow data, originals included: a tenth
of the bytes and of the time. `staged_rows` gives all of them alike.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import polars as pl

from azukari.people.bulk import CHUNK_ROWS, fetch, insert, table_of
from azukari.people.comparison import STAGED
from azukari.people.models import Changeset, RowStatus, StagedPack, StagedRow

AS_EXPECTED = (str(RowStatus.NEW), str(RowStatus.UNCHANGED))
SCHEMA = pl.Schema(
    {name: pl.Int64() if name == "line" else pl.Boolean() if name == "protects" else pl.String() for name in STAGED}
)


def stage(changeset: Changeset, rows: pl.DataFrame, told: Callable[[int], None]) -> None:
    """Store a comparison's rows; told is called with the number of rows stored."""
    expected = pl.col("status").is_in(AS_EXPECTED)
    insert(StagedRow, rows.filter(~expected).with_columns(changeset=pl.lit(changeset.pk)), told)
    packed = rows.filter(expected)
    for start in range(0, packed.height, CHUNK_ROWS):
        part = packed.slice(start, CHUNK_ROWS)
        file = io.BytesIO()
        part.write_ipc(file, compression="lz4")
        StagedPack.objects.create(changeset=changeset, data=file.getvalue())
        told(part.height)


def staged_rows(changeset: Changeset) -> pl.DataFrame:
    """Every row that waits, with the columns STAGED; after commit, those that were not new or unchanged."""
    shape = {name: pl.Int64() if name == "protects" else kind for name, kind in SCHEMA.items()}
    names = ", ".join("CASE WHEN protects THEN 1 ELSE 0 END" if name == "protects" else name for name in STAGED)
    sql = f"SELECT {names} FROM {table_of(StagedRow)} WHERE changeset_id = %s ORDER BY id"  # noqa: S608
    rows = fetch(sql, [changeset.pk], shape).with_columns(pl.col("protects").cast(pl.Boolean))
    packs = StagedPack.objects.filter(changeset=changeset).order_by("pk").values_list("data", flat=True)
    return pl.concat([rows, *(pl.read_ipc(io.BytesIO(bytes(data))) for data in packs)])


def drop_lines(changeset: Changeset) -> None:
    """After commit: the original lines, kept until now, and whole rows that brought nothing to ask about."""
    StagedPack.objects.filter(changeset=changeset).delete()
    StagedRow.objects.filter(changeset=changeset).update(original="", stated="")


def drop_rows(changeset: Changeset) -> None:
    """After discarding: everything that waited."""
    StagedPack.objects.filter(changeset=changeset).delete()
    StagedRow.objects.filter(changeset=changeset).delete()
