"""What the ward knows when it looks through delivered results: vouchers, who is offered what, what stands already."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from azukari.parties.models import Organisation
from azukari.people import bulk
from azukari.people.models import NameHistory, Resident

from .models import Assessment, Run, TestResult, VisitTest, Voucher
from .outcomes import CHECKUP
from .periods import periods
from .reasons import CHECKUPS, FIRST_REFUSAL, TESTS
from .result_checks import Known, standing_text
from .rules import screening_parameters
from .vouchers import senior_born_by

FEW = 500
"""Up to so many voucher numbers are looked up one by one; for more, the year's vouchers are read in one go."""


def known_for(numbers: Sequence[str], fiscal_year: int) -> Known:
    """The context of rows with these voucher numbers; a fixed number of queries."""
    vouchers = _vouchers(sorted({n for n in numbers if n}))
    run = Run.objects.defer("counts", "difference").filter(fiscal_year=fiscal_year).first()
    people = vouchers["person"].to_list() if len(numbers) <= FEW else None
    return Known(
        vouchers=vouchers,
        offered=_offered(run, vouchers, people),
        standing=_standing(fiscal_year, people),
        visits=_visits(fiscal_year, people),
        institutions=frozenset(
            Organisation.objects.exclude(institution_number="").values_list("institution_number", flat=True)
        ),
    )


def _vouchers(numbers: Sequence[str]) -> pl.DataFrame:
    voucher, person, run = (bulk.table_of(model) for model in (Voucher, Resident, Run))
    keys = ("name_key", "kana_key", "latin_key", "alias_key")
    sql = (
        f"SELECT v.voucher_number, v.id, v.person_id, r.fiscal_year, CAST(p.birth_date AS text), "  # noqa: S608
        f"CAST(p.moved_out_on AS text), CAST(p.died_on AS text), p.number, {', '.join('p.' + k for k in keys)} "
        f"FROM {voucher} v JOIN {person} p ON p.id = v.person_id JOIN {run} r ON r.id = v.run_id"
    )
    params: list[object] = []
    if len(numbers) <= FEW:
        condition, value = bulk.among_values("v.voucher_number", list(numbers))
        sql, params = f"{sql} WHERE {condition}", [value]
    text = pl.String
    numbered = {"voucher_number": text, "voucher": pl.Int64, "person": pl.Int64, "voucher_year": pl.Int64}
    schema = numbered | dict.fromkeys(("birth_right", "moved_out_on", "died_on", "number", *keys), text)
    raw = bulk.fetch(sql, params, schema)
    named = raw.with_columns(
        *(pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in ("birth_right", "moved_out_on", "died_on")),
        names=pl.concat_list([pl.col(key).replace("", None) for key in keys]).list.drop_nulls(),
    ).drop(keys)
    return (
        named.join(_former_names(named["number"].to_list()), on="number", how="left", maintain_order="left")
        .with_columns(names=pl.concat_list("names", pl.col("former").fill_null([])))
        .drop("former", "number")
    )


def _former_names(people: Sequence[str]) -> pl.DataFrame:
    """Keys of the names that people had before: a result may come under the old one."""
    former = NameHistory.objects.filter(kind="residents")
    if len(people) <= FEW:
        former = former.filter(number__in=people)
    rows = pl.DataFrame(
        list(former.values_list("number", "name_key", "kana_key")),
        schema={"number": pl.String, "name": pl.String, "kana": pl.String},
        orient="row",
    )
    keys = pl.concat_list([pl.col("name").replace("", None), pl.col("kana").replace("", None)]).list.drop_nulls()
    return rows.select("number", former=keys).explode("former").group_by("number").agg("former")


def _offered(run: Run | None, vouchers: pl.DataFrame, people: Sequence[int] | None) -> pl.DataFrame:
    """person, test, fee, first, last: a checkup stands under its own name and under CHECKUP."""
    schema = {"person": pl.Int64, "n": pl.Int64, "fee": pl.Int64}
    if run is None:
        none = {"person": pl.Int64, "test": pl.String, "fee": pl.Int64, "first": pl.Date, "last": pl.Date}
        return pl.DataFrame(schema=none)
    if people is None:
        sql = f"SELECT person_id, test, fee FROM {bulk.table_of(Assessment)} WHERE run_id = %s AND reason < %s"  # noqa: S608
        rows = bulk.fetch(sql, [run.pk, FIRST_REFUSAL], schema)
    else:
        few = Assessment.objects.filter(run=run, reason__lt=FIRST_REFUSAL, person_id__in=people)
        rows = pl.DataFrame(list(few.values_list("person_id", "test", "fee")), schema=schema, orient="row")
    when = periods(screening_parameters(), run.fiscal_year)
    table = pl.DataFrame(
        [
            (n, test, senior, when[test].of(senior).first, when[test].of(senior).last)
            for n, test in enumerate(TESTS)
            for senior in (False, True)
        ],
        schema={"n": pl.Int64, "test": pl.String, "senior": pl.Boolean, "first": pl.Date, "last": pl.Date},
        orient="row",
    )
    seniors = vouchers.select("person", senior=(pl.col("birth_right") <= senior_born_by(run)).fill_null(False))
    found = rows.join(seniors, on="person", how="inner").join(table, on=["n", "senior"], how="inner")
    found = found.select("person", "test", "fee", "first", "last")
    checkups = found.filter(pl.col("test").is_in(CHECKUPS)).with_columns(test=pl.lit(CHECKUP))
    return pl.concat([found, checkups]).unique(["person", "test"])


def _standing(fiscal_year: int, people: Sequence[int] | None) -> pl.DataFrame:
    standing = TestResult.objects.filter(fiscal_year=fiscal_year, replaced_by=None, withdrawn_at=None)
    if people is not None:
        standing = standing.filter(person_id__in=people)
    rows = pl.DataFrame(
        list(standing.values_list("person_id", "test", "examined_on", "raw", "institution")),
        schema={"person": pl.Int64, "test": pl.String, "day": pl.Date, "code": pl.String, "institution": pl.String},
        orient="row",
    )
    named = rows.select("person", "test", standing=standing_text("day", "code", "institution"))
    checkups = named.filter(pl.col("test").is_in(CHECKUPS)).with_columns(test=pl.lit(CHECKUP))
    return pl.concat([named, checkups]).unique(["person", "test"])


def _visits(fiscal_year: int, people: Sequence[int] | None) -> pl.DataFrame:
    visits = VisitTest.objects.exclude(state=VisitTest.State.CANCELLED).filter(voucher__run__fiscal_year=fiscal_year)
    if people is not None:
        visits = visits.filter(voucher__person_id__in=people)
    rows = pl.DataFrame(
        list(visits.values_list("voucher_id", "test", "visit__organisation__institution_number")),
        schema={"voucher": pl.Int64, "test": pl.String, "visited_at": pl.String},
        orient="row",
    )
    return rows.unique(["voucher", "test"])
