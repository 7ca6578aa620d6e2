"""A rule runs on Polars and on DuckDB, and a table of other columns is refused before it runs."""

from __future__ import annotations

from datetime import date

import narwhals as nw
import polars as pl
import pytest

from azukari.engine.run import PreparedRule, WrongColumns, require_columns, run_on_duckdb, run_on_polars


def doubled(frame):
    return nw.from_native(frame).with_columns(double=nw.col("number") * 2).to_native()


def test_a_rule_gives_the_same_on_polars_and_on_duckdb_in_the_same_order(tmp_path):
    frame = pl.DataFrame({"number": range(10_000)})
    frame.write_parquet(tmp_path / "in.parquet")
    run_on_duckdb(doubled, tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet").equals(run_on_polars(doubled, frame))
    assert run_on_polars(doubled, frame.lazy())["double"][9_999] == 19_998


def test_missing_and_wrong_columns_are_all_named():
    frame = nw.from_native(pl.DataFrame({"birth": ["1985-04-01"], "welfare": [1]}))
    with pytest.raises(WrongColumns) as caught:
        require_columns(frame, {"birth": "date", "welfare": "flag", "sex": "word"})
    assert caught.value.missing == ["sex"]
    assert [name for name, _, _ in caught.value.wrong] == ["birth", "welfare"]
    assert "次の列がありません: sex" in str(caught.value)
    assert "1985" not in str(caught.value)


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["1", "2"])])
def test_words_may_be_strings_or_categories(dtype):
    frame = nw.from_native(
        pl.DataFrame({"sex": ["1"], "birth": [date(2000, 1, 1)], "n": [1]}, schema_overrides={"sex": dtype})
    )
    require_columns(frame, {"sex": "word", "birth": "date", "n": "number"})


def test_a_prepared_rule_gives_the_same_for_each_table_of_its_schema():
    tables = [pl.DataFrame({"number": range(count)}) for count in (0, 1, 1000)]
    prepared = PreparedRule(doubled, tables[1].schema)
    for frame in tables:
        assert prepared.run(frame).equals(doubled(frame))


@pytest.mark.parametrize(
    ("frame", "problem"),
    [
        (pl.DataFrame({"other": [1]}), "次の列がありません: number"),
        (pl.DataFrame({"number": ["1"]}), "「number」の型は String"),
        (pl.DataFrame({"number": [1], "more": [2]}), "余分な列"),
    ],
)
def test_a_prepared_rule_refuses_a_table_of_another_schema(frame, problem):
    prepared = PreparedRule(doubled, pl.Schema({"number": pl.Int64}))
    with pytest.raises(WrongColumns, match=problem):
        prepared.run(frame)
