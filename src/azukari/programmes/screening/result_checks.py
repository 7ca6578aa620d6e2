"""What is wrong with a delivered result, row by row: whose it is, whether it may be, whether it can be true.

``check`` takes the rows of a delivery and what the ward knows, and gives every row back with a column ``problems``
(List[String] of keys of :data:`PROBLEMS`; empty: it can be accepted as it is). Pure: the day is an argument.

Rows: ``line``, ``voucher_number``, ``name_key``, ``kana_key``, ``birth`` (Date), ``test`` (null: not a known test),
``examined_on`` (Date), ``institution``, ``code`` and ``outcome`` (null: unknown code), ``implausible`` (List[String],
keys of value problems).
Known: see :class:`Known`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from azukari.vocabulary.fiscal import fiscal_year_end, fiscal_year_start


@dataclass(frozen=True)
class Problem:
    """``accept``: whether an officer who says why may accept the row as it stands."""

    label: str
    remedy: str
    accept: bool


PROBLEMS: Mapping[str, Problem] = {
    "unreadable": Problem("行を読み取れない", "納めた組織に出力し直してもらい、この行は不採用にしてください。", False),
    "no_voucher": Problem("受診券整理番号がない・桁が違う", "納めた組織に番号を確かめ、直してください。", False),
    "unknown_voucher": Problem("発行していない受診券整理番号", "番号を確かめて直すか、不採用にしてください。", False),
    "other_year": Problem("ほかの年度の受診券", "その年度の分として納め直してもらうか、不採用にしてください。", False),
    "wrong_person": Problem(
        "受診券の本人と生年月日が違う", "別人の結果のおそれがあります。番号を確かめて直してください。", False
    ),
    "name_differs": Problem(
        "受診券の本人と氏名が違う", "改姓・通称・読み違いを確かめ、本人であれば理由を書いて採用してください。", True
    ),
    "bad_date": Problem("受診日が読めない", "納めた組織に受診日を確かめ、直してください。", False),
    "future_date": Problem("受診日が受領日より後", "受診日を確かめ、直してください。", False),
    "outside_year": Problem("受診日が年度の外", "受診日を確かめ、直してください。", False),
    "outside_period": Problem(
        "受診日が実施期間の外", "受診日と取扱いを確かめ、認めるときは理由を書いて採用してください。", True
    ),
    "after_death": Problem("受診日が死亡日より後", "別人の結果のおそれがあります。番号を確かめてください。", False),
    "after_moving": Problem(
        "受診日が転出日より後", "転出後の受診です。認めるときは理由を書いて採用してください。", True
    ),
    "unknown_test": Problem("検診の種類が分からない", "検診の種類を確かめ、直してください。", False),
    "not_eligible": Problem(
        "本人はこの検診の対象でない", "対象でない理由を照会で確かめ、認めるときは理由を書いて採用してください。", True
    ),
    "unknown_code": Problem("判定の記号が検診のものでない", "判定を納めた組織に確かめ、直してください。", False),
    "unknown_institution": Problem(
        "登録のない健診等機関番号", "番号を直すか、医療機関を登録してから、もう一度確かめてください。", False
    ),
    "twice_in_delivery": Problem(
        "同じ人・同じ検診が2行ある", "どちらが正しいかを確かめ、一方を不採用にしてください。", False
    ),
    "same_again": Problem("採用済みの結果と同じ内容", "二重の納品です。不採用にしてください。", False),
    "conflicts": Problem("採用済みの結果と内容が違う", "正しい方を確かめ、差し替えるか、不採用にしてください。", False),
    "two_places": Problem(
        "同じ日に二つの医療機関で受診", "受診券の二重使用のおそれがあります。両方の医療機関に確かめてください。", True
    ),
    "taken_elsewhere": Problem(
        "受診の記録がほかの医療機関にある", "どこで受けたかを確かめ、認めるときは理由を書いて採用してください。", True
    ),
    "implausible": Problem(
        "検査値がありえない範囲", "桁・単位を確かめ、直すか、正しいと確かめた理由を書いて採用してください。", True
    ),
    "swapped": Problem("身長と体重が入れ替わっている", "入れ替えて直してください。", True),
    "old_unit": Problem("HbA1cが古い単位（JDS）", "NGSP値に直すか、納めた組織に確かめてください。", True),
    "contradiction": Problem(
        "検査値どうしが合わない", "値を確かめ、直すか、正しいと確かめた理由を書いて採用してください。", True
    ),
}
"""In the order in which an officer reads them: first whose result it is."""

OF_VALUES = ("implausible", "swapped", "old_unit", "contradiction")
"""Problems that are found in the measured values."""


@dataclass(frozen=True)
class Known:
    """What the ward knows.

    ``vouchers``: voucher_number, voucher, person (Int64), birth_right (Date or null), names (List[String] of keys),
    moved_out_on, died_on (Date), voucher_year (Int64).
    ``offered``: person, test, first, last (Date, inclusive period). ``standing``: person, test, standing (examined_on,
    raw, institution as one text). ``visits``: voucher, test, visited_at (institution). ``institutions``: their numbers.
    """

    vouchers: pl.DataFrame
    offered: pl.DataFrame
    standing: pl.DataFrame
    visits: pl.DataFrame
    institutions: frozenset[str]


def check(rows: pl.DataFrame, known: Known, *, fiscal_year: int, on: date) -> pl.DataFrame:
    """Every row with ``voucher`` and ``person`` (null where not found) and its ``problems``, in the order given."""
    matched = _matched(rows, known)
    found = {key: condition.fill_null(False) for key, condition in _conditions(known, fiscal_year, on).items()}
    flagged = matched.with_columns(**{f"_{key}": condition for key, condition in found.items()})
    listed = pl.concat_list(
        [pl.when(pl.col(f"_{key}")).then(pl.lit(key)).otherwise(pl.lit(None, dtype=pl.String)) for key in PROBLEMS]
    ).list.drop_nulls()
    kept = [*rows.columns, "voucher", "person"]
    return flagged.select(*kept, listed.alias("problems"))


def standing_text(examined_on: str, raw: str, institution: str) -> pl.Expr:
    """What makes two results of a person and a test the same."""
    return pl.concat_str(
        [pl.col(examined_on).cast(pl.String), pl.col(raw), pl.col(institution)], separator="|", ignore_nulls=True
    )


def _matched(rows: pl.DataFrame, known: Known) -> pl.DataFrame:
    keep = {"maintain_order": "left", "how": "left"}
    joined = rows.join(known.vouchers, on="voucher_number", **keep)  # type: ignore[arg-type]
    joined = joined.join(known.offered, on=["person", "test"], **keep)  # type: ignore[arg-type]
    joined = joined.join(known.standing, on=["person", "test"], **keep)  # type: ignore[arg-type]
    joined = joined.join(known.visits, on=["voucher", "test"], **keep)  # type: ignore[arg-type]
    there = pl.col("voucher").is_not_null()
    return joined.with_columns(
        _times=pl.when(there).then(pl.len().over("voucher", "test")).otherwise(1),
        _places=pl.when(there).then(pl.col("institution").n_unique().over("voucher", "examined_on")).otherwise(1),
        _same=standing_text("examined_on", "code", "institution"),
    )


def _conditions(known: Known, fiscal_year: int, on: date) -> dict[str, pl.Expr]:
    there, day = pl.col("voucher").is_not_null(), pl.col("examined_on")
    first, last = fiscal_year_start(fiscal_year), fiscal_year_end(fiscal_year)
    this_year = pl.col("voucher_year") == fiscal_year
    offered = pl.col("first").is_not_null()
    number = pl.col("voucher_number").fill_null("").str.contains(r"^[0-9]{11}$")
    names = pl.col("names")
    own_name = (names.list.contains(pl.col("name_key")) | names.list.contains(pl.col("kana_key"))).fill_null(False)
    other_birth = pl.col("birth_right").is_not_null() & (pl.col("birth_right") != pl.col("birth")).fill_null(True)
    standing = pl.col("standing").is_not_null()
    values = {key: pl.col("implausible").list.contains(key) for key in OF_VALUES}
    return {
        "unreadable": pl.lit(value=False),
        "no_voucher": ~number,
        "unknown_voucher": number & ~there,
        "other_year": there & ~this_year,
        "wrong_person": there & other_birth,
        "name_differs": there & ~other_birth & ~own_name,
        "bad_date": day.is_null(),
        "future_date": day > on,
        "outside_year": ~day.is_between(first, last),
        "outside_period": day.is_between(first, last) & offered & ~day.is_between(pl.col("first"), pl.col("last")),
        "after_death": day > pl.col("died_on"),
        "after_moving": day > pl.col("moved_out_on"),
        "unknown_test": pl.col("test").is_null(),
        "not_eligible": there & this_year & pl.col("test").is_not_null() & ~offered,
        "unknown_code": pl.col("test").is_not_null() & pl.col("outcome").is_null(),
        "unknown_institution": ~pl.col("institution").is_in(sorted(known.institutions)),
        "twice_in_delivery": pl.col("_times") > 1,
        "same_again": standing & (pl.col("standing") == pl.col("_same")),
        "conflicts": standing & (pl.col("standing") != pl.col("_same")),
        "two_places": pl.col("_places") > 1,
        "taken_elsewhere": pl.col("visited_at").is_not_null() & (pl.col("visited_at") != pl.col("institution")),
        **values,
    }


def may_be_accepted(problems: list[str]) -> bool:
    """Whether an officer who says why may accept a row with these problems as it stands."""
    return all(PROBLEMS[key].accept for key in problems)
