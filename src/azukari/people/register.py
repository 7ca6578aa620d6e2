"""A reviewed changeset applied to the register: additions, changes, name history, protection; then the lines go."""

from __future__ import annotations

from contextlib import nullcontext

import polars as pl
from django.db import connection, models
from django.db.models import Q

from azukari.people.bulk import Progress, among_values, column_of, fetch_canonical, filling, insert, table_of, update
from azukari.people.columns import Roster, Shape
from azukari.people.models import Changeset, NameHistory, RowStatus, StagedRow
from azukari.people.roster import SEPARATOR, birth_date
from azukari.people.staging import drop_lines, staged_rows
from azukari.vocabulary.kana import kana_key
from azukari.vocabulary.names import name_key
from azukari.witness.leaf import subject_references

UNUSABLE = [str(status) for status in (RowStatus.REJECTED, RowStatus.DUPLICATE, RowStatus.ABSENT)]
KEYS = {"name": ("name_key", name_key), "kana": ("kana_key", kana_key), "latin_name": ("latin_key", name_key),
        "alias_name": ("alias_key", name_key)}  # fmt: skip


def apply(
    changeset: Changeset, roster: Roster, model: type[models.Model], reference_key: bytes, progress: Progress
) -> tuple[int, int, int]:
    """Within the caller's transaction. Returns people added, people updated, people protected by unusable rows."""
    staged = staged_rows(changeset).filter(~pl.col("status").is_in(UNUSABLE))
    # Of a known person either something changed, or the row is unchanged; so what is left is new.
    new = staged.filter((pl.col("changed") == "") & (pl.col("status") != "unchanged"))
    changed = staged.filter(pl.col("changed") != "")
    done, total = 0, new.height + changed.height

    def told(rows: int) -> None:
        nonlocal done
        done += rows
        progress(done, total)

    _keep_names(changeset, roster, model, changed)
    _state_again(changeset, model, staged.filter(pl.col("status") == "unchanged")["number"].to_list())
    if changed.height:
        values = _stored(_unpacked(changed, changeset), roster)
        update(model, values.with_columns(roster=pl.lit(changeset.pk)), roster.identity, told)
    if new.height:
        values = _stored(_unpacked(new, changeset), roster)
        numbers = values[roster.identity].to_list()
        values = _with_blanks(values, model, roster).with_columns(
            pl.Series("reference", references(roster, reference_key, numbers)), roster=pl.lit(changeset.pk)
        )
        # Only where the table more than doubles: rebuilding the indexes of 150,000 for one newcomer would be dear.
        with filling(model) if new.height > changeset.counts["known"] else nullcontext():
            insert(model, values, told)
    protected = _protect_anyway(changeset, model) if roster.protected else 0
    drop_lines(changeset)
    return new.height, changed.height, protected


def references(roster: Roster, key: bytes, numbers: list[str]) -> list[str]:
    """Pseudonymous subject references in hex. An employee's number may equal a resident's, so it is marked."""
    mark = "" if roster.kind == "residents" else f"{roster.kind}/"
    return [reference.hex() for reference in subject_references(key, [mark + number for number in numbers])]


def _unpacked(rows: pl.DataFrame, changeset: Changeset) -> pl.DataFrame:
    """The staged rows' canonical values, one column per field of the file."""
    fields = list(changeset.fields)
    parts = pl.col("stated").str.split_exact(SEPARATOR, len(fields) - 1).struct.rename_fields(fields)
    return rows.select(parts.alias("values")).unnest("values")


def _stored(values: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """Canonical texts as the database takes them, with birth date and search keys added."""
    shapes = {column.field: column.shape for column in roster.columns}
    dates = [field for field in values.columns if shapes[field] is Shape.DATE]
    values = values.with_columns(
        birth_date(),
        *[pl.when(pl.col(field) != "").then(pl.col(field)).alias(field) for field in dates],
        *[pl.col(field) == "1" for field in values.columns if shapes[field] is Shape.FLAG],
    )
    keys = [
        pl.Series(key, _each_once(values[field], read))
        for field, (key, read) in KEYS.items()
        if field in values.columns
    ]
    return values.with_columns(keys)


def _each_once(cells: pl.Series, read) -> list[str]:  # type: ignore[no-untyped-def]
    seen = {cell: read(cell) if cell else "" for cell in cells.unique()}
    return [seen[cell] for cell in cells]


def _with_blanks(values: pl.DataFrame, model: type[models.Model], roster: Roster) -> pl.DataFrame:
    """Columns that the file did not have, empty: a new person needs a value in every field."""
    blanks = []
    for field in model._meta.concrete_fields:
        if field.name in {*values.columns, "id", "roster", "reference"}:
            continue
        if isinstance(field, models.DateField):
            blanks.append(pl.lit(None, dtype=pl.String).alias(field.name))
        else:
            blank = pl.lit(value=False) if isinstance(field, models.BooleanField) else pl.lit("")
            blanks.append(blank.alias(field.name))
    return values.with_columns(blanks)


def _keep_names(changeset: Changeset, roster: Roster, model: type[models.Model], changed: pl.DataFrame) -> None:
    """The register's present names of those whose name changes go to the history, before they are overwritten."""
    renamed = changed.filter(pl.col("changed").str.split(",").list.eval(pl.element().is_in(roster.names)).list.any())
    if renamed.is_empty():
        return
    numbers = _unpacked(renamed, changeset).select(roster.identity)
    names = [roster.column(field) for field in (roster.identity, *roster.names)]
    old = (
        fetch_canonical(model, names).join(numbers, on=roster.identity, how="semi").rename({roster.identity: "number"})
    )
    blanks = [field for field in ("latin_name", "alias_name") if field not in old.columns]
    insert(
        NameHistory,
        old.with_columns(
            *[pl.lit("").alias(field) for field in blanks],
            pl.Series("name_key", _each_once(old["name"], name_key)),
            pl.Series("kana_key", _each_once(old["kana"], kana_key)),
            kind=pl.lit(roster.kind),
            until=pl.lit(changeset.stated_on.isoformat()),
            roster=pl.lit(changeset.pk),
        ),
    )


def _state_again(changeset: Changeset, model: type[models.Model], numbers: list[str]) -> None:
    """Everyone whom this roster names unchanged is from now on stated by it."""
    among, values = among_values(column_of(model, "number"), numbers)
    with connection.cursor() as cursor:
        sql = f"UPDATE {table_of(model)} SET {column_of(model, 'roster')} = %s WHERE {among}"  # noqa: S608
        cursor.execute(sql, [changeset.pk, values])


def _protect_anyway(changeset: Changeset, model: type[models.Model]) -> int:
    """A row that cannot be taken may still be the first to say that a person is protected: that much is taken."""
    numbers = StagedRow.objects.filter(changeset=changeset, protects=True).exclude(number="").values("number")
    return model._default_manager.filter(Q(number__in=numbers), protected=False).update(protected=True)
