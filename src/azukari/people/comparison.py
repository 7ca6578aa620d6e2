"""A roster that was read, laid beside the register: what is new, changed, gone, protected, doubled or missing. Pure."""

from __future__ import annotations

from datetime import date

import polars as pl

from azukari.people.columns import Roster
from azukari.people.roster import SEPARATOR, ReadRoster

STAGED = (
    "line", "number", "status", "field", "reason", "changed", "remarks", "protects", "original", "stated",
)  # fmt: skip

PROTECTS = "（支援措置の記載があるか読み取れないため、確定のとき支援措置だけは反映します）"


def compare(read: ReadRoster, register: pl.DataFrame, roster: Roster, base_on: date | None) -> pl.DataFrame:
    """One row for every row of the file and every absent person, with the columns STAGED; ordered by number.

    register: canonical texts of all of the roster's fields. base_on: the date of the roster it stands on, if any.
    A column that the file does not have is not compared, and leaves the register alone.
    """
    old = register.rename({field: f"old_{field}" for field in register.columns if field != roster.identity})
    old = old.with_columns(pl.lit(value=True).alias("known"))
    rows = read.frame.join(old, on=roster.identity, how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("known").fill_null(value=False), _stated(read).alias("stated"))
    rows = rows.with_columns(_changed(read.fields, roster).alias("changed"))
    rows = rows.with_columns(_status(read.fields, roster, base_on).alias("status"))
    rows = _doubled(_rejected(rows, read), roster)
    unusable = pl.col("status").is_in(["rejected", "duplicate"])
    protects = unusable & pl.col("unsafe")
    reason = pl.when(protects).then(pl.col("reason") + PROTECTS).otherwise("reason")
    rows = rows.with_columns(
        protects.alias("protects"),
        reason.alias("reason"),
        *[pl.when(unusable).then(pl.lit("")).otherwise(name).alias(name) for name in ("changed", "stated")],
        pl.col(roster.identity).alias("number"),
    )
    parts = [rows.select(STAGED), _wrong(read), _absent(read, register, roster)]
    return pl.concat(part.cast({"line": pl.Int64}) for part in parts).sort("number", "line")


def _stated(read: ReadRoster) -> pl.Expr:
    return pl.concat_str([pl.col(field) for field in read.fields], separator=SEPARATOR)


def _changed(fields: tuple[str, ...], roster: Roster) -> pl.Expr:
    """Names of the fields in which a known person's row differs from the register, comma separated."""
    compared = [field for field in fields if field != roster.identity]
    marks = [pl.when(pl.col(field) != pl.col(f"old_{field}")).then(pl.lit(field)) for field in compared]
    return pl.when("known").then(pl.concat_str(marks, separator=",", ignore_nulls=True)).otherwise(pl.lit(""))


def _status(fields: tuple[str, ...], roster: Roster, base_on: date | None) -> pl.Expr:
    """The first that applies. Protection comes first: it is what must not be overlooked among 150,000 rows."""

    def stated(field: str | None) -> pl.Expr:
        return pl.col(field) if field in fields else pl.lit("")

    def before(field: str | None) -> pl.Expr:
        return pl.col(f"old_{field}").fill_null("") if field in fields else pl.lit("")

    new = ~pl.col("known")
    guarded, was_guarded = stated(roster.protected) == "1", before(roster.protected) == "1"
    left, had_left = stated(roster.left) != "", before(roster.left) != ""
    came_since = stated(roster.came) > base_on.isoformat() if base_on else pl.lit(value=False)
    return (
        pl.when(guarded & ~was_guarded).then(pl.lit("newly_protected"))
        .when(~guarded & was_guarded).then(pl.lit("protection_lifted"))
        .when((stated(roster.died) != "") & (before(roster.died) == "")).then(pl.lit("dead"))
        .when(left & ~had_left).then(pl.lit("moved_out"))
        .when((~left & had_left) | (new & came_since)).then(pl.lit("moved_in"))
        .when(new).then(pl.lit("new"))
        .when(pl.col("changed") != "").then(pl.lit("changed"))
        .otherwise(pl.lit("unchanged"))
    )  # fmt: skip


def _rejected(rows: pl.DataFrame, read: ReadRoster) -> pl.DataFrame:
    """Rows with problems: the first problem's field, and all the problems' texts."""
    if read.problems.is_empty():
        return rows.with_columns(field=pl.lit(""), reason=pl.lit(""))
    found = read.problems.group_by("line", maintain_order=True).agg(
        pl.col("field").first(), pl.col("text").unique(maintain_order=True).str.join("／").alias("reason")
    )
    rows = rows.join(found, on="line", how="left", maintain_order="left")
    return rows.with_columns(
        pl.when(pl.col("field").is_not_null()).then(pl.lit("rejected")).otherwise("status").alias("status"),
        pl.col("field", "reason").fill_null(""),
    )


def _doubled(rows: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """Rows that share their number: none of them is taken, each names all their lines."""
    number = pl.col(roster.identity)
    shared = (number != "") & (pl.len().over(roster.identity) > 1)
    if not rows.select(shared.any()).item():
        return rows
    doubled = rows.filter(shared)
    lines = doubled.group_by(roster.identity).agg(
        pl.concat_str(pl.col("line").cast(pl.String), pl.lit("行目")).str.join("、").alias("lines")
    )
    label = roster.label_of(roster.identity)
    text = pl.format(
        f"{label}: {{}}に同じ番号があります。送付元にどの行が正しいかを確かめ、名簿を出力し直してもらってください",
        "lines",
    )
    own = pl.when(pl.col("reason") == "").then(text).otherwise(pl.concat_str(text, pl.lit("／"), "reason"))
    rows = rows.join(lines, on=roster.identity, how="left", maintain_order="left")
    twice = pl.col("lines").is_not_null()
    return rows.with_columns(
        pl.when(twice).then(own).otherwise("reason").alias("reason"),
        pl.when(twice & (pl.col("status") != "rejected"))
        .then(pl.lit("duplicate")).otherwise("status").alias("status"),
        pl.when(twice & (pl.col("field") == "")).then(pl.lit(roster.identity)).otherwise("field").alias("field"),
    ).drop("lines")  # fmt: skip


def _wrong(read: ReadRoster) -> pl.DataFrame:
    """Rows of which not even the number is known."""
    return pl.DataFrame(
        {
            "line": [row.line for row in read.wrong],
            "reason": [f"{row.problem}。{row.remedy}" for row in read.wrong],
            "original": [row.original for row in read.wrong],
        },
        schema={"line": pl.Int64, "reason": pl.String, "original": pl.String},
    ).select(_constants({"number": "", "status": "rejected", "field": "", "changed": "", "remarks": "", "stated": ""}))


def _absent(read: ReadRoster, register: pl.DataFrame, roster: Roster) -> pl.DataFrame:
    """People of the register who are not in the file, and are not known to be dead or gone."""
    here = pl.all_horizontal(pl.col(field) == "" for field in (roster.left, roster.died) if field)
    missing = register.filter(here).join(read.frame.select(roster.identity), on=roster.identity, how="anti")
    label = roster.label
    reason = f"登録にあってこの{label}にありません。登録は変えません。送付元に、名簿にない理由を確かめてください"
    return missing.select(pl.col(roster.identity).alias("number"), line=pl.lit(0), reason=pl.lit(reason)).select(
        _constants({"status": "absent", "field": "", "changed": "", "remarks": "", "original": "", "stated": ""})
    )


def _constants(values: dict[str, str]) -> list[pl.Expr]:
    """The columns STAGED, those of `values` filled with one text, `protects` false, the others as they are."""
    filled = {name: pl.lit(text).alias(name) for name, text in values.items()}
    filled["protects"] = pl.lit(value=False).alias("protects")
    return [filled.get(name, pl.col(name)) for name in STAGED]
