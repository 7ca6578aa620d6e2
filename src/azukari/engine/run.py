"""Run a rule on one machine's Polars (eager or lazy) or on DuckDB over Parquet.

A rule is a function from a table to a table: every row comes back, with more columns. It is written with Narwhals and
takes what ``narwhals.from_native`` takes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

Rule: TypeAlias = Callable[[Any], Any]


class WrongColumns(ValueError):
    """The table lacks columns, or they hold another kind of value than the rule reads."""

    def __init__(self, missing: list[str], wrong: list[tuple[str, str, str]]) -> None:
        self.missing = missing
        self.wrong = wrong  # (column, wanted, found)
        super().__init__(missing, wrong)

    def __str__(self) -> str:
        parts = [] if self.missing or self.wrong else ["列の順序または余分な列が、準備したときの表と異なります。"]
        if self.missing:
            parts.append(f"表に次の列がありません: {'、'.join(self.missing)}。")
        parts += [
            f"列「{name}」の型は {found} ですが、{wanted} でなければなりません。" for name, wanted, found in self.wrong
        ]
        return "".join(parts) + "名簿から表を作る処理で列を直してください。"


def require_columns(frame: nw.DataFrame[Any] | nw.LazyFrame[Any], wanted: dict[str, str]) -> None:
    """Check that ``frame`` has the columns ``wanted`` (name -> kind), before a rule reads them.

    Kinds: ``date``, ``flag`` (Boolean), ``word`` (String, Enum, Categorical), ``number`` (any integer), ``any``.
    Raises :class:`WrongColumns`.
    """
    schema = frame.collect_schema()
    missing = [name for name in wanted if name not in schema]
    wrong = [
        (name, kind, str(schema[name]))
        for name, kind in wanted.items()
        if name in schema and not _is(schema[name], kind)
    ]
    if missing or wrong:
        raise WrongColumns(missing, wrong)


def _is(dtype: nw.dtypes.DType, kind: str) -> bool:
    if kind == "date":
        return dtype == nw.Date
    if kind == "flag":
        return dtype == nw.Boolean
    if kind == "word":
        return dtype in (nw.String, nw.Categorical) or isinstance(dtype, nw.Enum)
    if kind == "number":
        return dtype.is_integer()
    return True


def run_on_polars(rule: Rule, people: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Run ``rule`` in one optimised Polars query (what two rules' columns share is computed once)."""
    plan: pl.LazyFrame = rule(people.lazy())
    return plan.collect()


class PreparedRule:
    """A rule built once for tables of one schema and run on many: on batches, or on one person at a time.

    Building the query of a rule with many tests takes some 25 ms, longer than deciding on 100,000 people.
    """

    def __init__(self, rule: Rule, schema: pl.Schema) -> None:
        self.schema = schema
        self._people = pl.DataFrame(schema=schema)
        self._lock = Lock()
        self._plan: pl.LazyFrame = rule(pl.defer(self._current, schema=schema))

    def run(self, people: pl.DataFrame) -> pl.DataFrame:
        """The rule's answer for ``people``; raises :class:`WrongColumns` for a table of another schema."""
        if people.schema != self.schema:
            missing = [name for name in self.schema if name not in people.schema]
            wrong = [
                (name, str(dtype), str(people.schema[name]))
                for name, dtype in self.schema.items()
                if name in people.schema and people.schema[name] != dtype
            ]
            raise WrongColumns(missing, wrong)
        with self._lock:
            self._people = people
            try:
                return self._plan.collect()
            finally:
                self._people = pl.DataFrame(schema=self.schema)

    def _current(self) -> pl.DataFrame:
        return self._people


def run_on_duckdb(rule: Rule, people: Path, result: Path) -> None:
    """Run ``rule`` on DuckDB from one Parquet file into another; they may be larger than memory.

    The order of rows is kept. Needs the extra ``azukari[duckdb]``.
    """
    import duckdb  # an extra, so not above

    with duckdb.connect() as connection:
        relation = connection.read_parquet(str(people))
        rule(relation).write_parquet(str(result))
