"""がん検診の精度管理: rates of screening, of further tests and of findings, beside the national process standards.

Formulas and definitions: 地域保健・健康増進事業報告 and 「がん検診事業のあり方」. 精検受診 means that the outcome is
known; a work-up that still goes on counts as attended (がんの疑い又は未確定). 未受診 (known not to have come) and
未把握 (not known whether) are never mixed. The uptake of stomach, breast and cervical screening, which is offered every
second year, counts who came in either of two years once. What leaves the ward goes through :func:`withheld` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from azukari.engine.parameters import DatedValue, InForce, Parameters, load_parameters
from azukari.engine.run import require_columns
from azukari.engine.suppression import WITHHELD, Dimension, suppress

CANCERS = ("stomach", "colorectal", "lung", "breast", "cervical")
ALL = "all"
UNKNOWN = "unknown"
NOT_HERE = "not_here"  # method, setting and first of those who were not examined this year

#: Outcome of the work-up -> the leaf of the table of counts. Null and anything else that is not listed is 未把握.
_OUTCOMES = {
    "no_finding": "other_attended",
    "cancer": "cancer",
    "suspected": "other_attended",
    "other_disease": "other_attended",
    "not_attended": "not_attended",
}
_CIN3_OR_MORE = ("cin3", "ais")

#: What adds up to what: persons > covered (either year) > examined > work-up > attended > CIN3 or more > cancer.
PARTS: Mapping[str, tuple[str, ...]] = {
    "other_attended": ("attended", "workup", "examined", "covered", "persons"),
    "cin3_only": ("cin3_plus", "attended", "workup", "examined", "covered", "persons"),
    "cancer": ("cin3_plus", "attended", "workup", "examined", "covered", "persons"),
    "not_attended": ("workup", "examined", "covered", "persons"),
    "unknown": ("workup", "examined", "covered", "persons"),
    "clear": ("examined", "covered", "persons"),
    "previous_only": ("covered", "persons"),
    "never": ("persons",),
}


@dataclass(frozen=True)
class Indicator:
    """One rate: its Japanese name, numerator and denominator (counts of :data:`PARTS`), and its definition in words."""

    key: str
    name: str
    numerator: str
    denominator: str
    definition: str


INDICATORS: dict[str, Indicator] = {
    entry.key: entry
    for entry in (
        Indicator("uptake", "受診率", "examined", "persons", "受診者数 ÷ 対象者数（その年齢の全住民）"),
        Indicator(
            "uptake_two_years",
            "受診率（2年）",
            "covered",
            "persons",
            "（前年度の受診者数 ＋ 当該年度の受診者数 − 2年連続受診者数）÷ 対象者数",
        ),
        Indicator("workup_rate", "要精検率", "workup", "examined", "要精検者数 ÷ 受診者数"),
        Indicator("attended_rate", "精検受診率", "attended", "workup", "精検受診者数（結果が分かった者）÷ 要精検者数"),
        Indicator("not_attended_rate", "精検未受診率", "not_attended", "workup", "精検未受診者数 ÷ 要精検者数"),
        Indicator(
            "unknown_rate", "精検未把握率", "unknown", "workup", "受診の有無か結果が分からない者の数 ÷ 要精検者数"
        ),
        Indicator("ppv", "陽性反応適中度", "cancer", "workup", "がんであった者の数 ÷ 要精検者数"),
        Indicator("detection_rate", "がん発見率", "cancer", "examined", "がんであった者の数 ÷ 受診者数"),
        Indicator("cin3_rate", "CIN3以上発見率", "cin3_plus", "examined", "CIN3・AIS・がんであった者の数 ÷ 受診者数"),
    )
}

EXAMINED = {
    "cancer": "word", "method": "word", "setting": "word", "sex": "word", "age": "number", "fiscal_year": "number",
    "first": "flag", "needs_workup": "flag", "outcome": "word", "both_years": "flag", "detail": "word",
}  # fmt: skip
PERSONS = {"cancer": "word", "sex": "word", "age": "number", "persons": "number"}
KEYS = ("cancer", "method", "setting", "sex", "band", "first")
AT_LEAST = 10  # a smaller count is not published

_BANDS = tuple(range(20, 80, 5))  # first ages of the five-year bands; the last is open: 80+
#: Reporting totals beside the bands: 報告 69歳まで, and 74歳まで as in the criteria of 2023.
TOTALS: dict[str, tuple[int, int]] = {
    f"{low}-{high}": (low, high) for low, high in ((20, 69), (20, 74), (40, 69), (40, 74), (50, 69), (50, 74))
}
_NESTED = tuple(
    (wide, narrow)
    for wide, (low, high) in TOTALS.items()
    for narrow, (start, end) in TOTALS.items()
    if wide != narrow and low <= start and end <= high
)


@cache
def rates_parameters() -> Parameters:
    """The programme's own ``rates.toml``."""
    return load_parameters(Path(__file__).with_name("rates.toml"))


def band_of(age: int) -> str:
    """The five-year band of a legal age at the end of the fiscal year: '40-44' … '80+', '0-19' below."""
    if age >= 80:
        return "80+"
    return f"{age // 5 * 5}-{age // 5 * 5 + 4}" if age >= _BANDS[0] else "0-19"


BANDS = ("0-19", *(band_of(age) for age in _BANDS), "80+")


def band_parents(band: str) -> tuple[str, ...]:
    """The totals that a band counts in, 'all' (every age) among them."""
    first = int(band.rstrip("+").split("-")[0])
    return (*(total for total, (low, high) in TOTALS.items() if low <= first <= high), ALL)


def counts(examined: Any, population: Any, previous_examined: Any, fiscal_year: int) -> pl.DataFrame:
    """How many people are in which leaf: the table of counts that all rates come from.

    Columns :data:`KEYS`, ``part`` (a key of :data:`PARTS`) and ``count`` (Int64). ``examined``: one row per examined
    person with the columns of :data:`EXAMINED` (other fiscal years are left out); ``population`` and
    ``previous_examined``: persons by cancer, sex and age (:data:`PERSONS`). 'never' is below 0 where more came than
    live there. Raises ``WrongColumns``.
    """
    frames = [_checked(examined, EXAMINED), _checked(population, PERSONS), _checked(previous_examined, PERSONS)]
    seen = frames[0].filter(pl.col("fiscal_year") == fiscal_year).with_columns(_band(), _first(), _part())
    here = seen.group_by(*KEYS, "part").agg(pl.len().cast(pl.Int64).alias("count"))
    group = ["cancer", "sex", "band"]
    both = pl.col("both_years").fill_null(False).cast(pl.Int64)
    people, before = (table.with_columns(_band(), pl.col("persons").cast(pl.Int64)) for table in frames[1:])
    flows = [  # so that covered = before + examined − both, and persons = residents, whatever the sources disagree in
        people.select(*group, previous_only=pl.lit(0, pl.Int64), never=pl.col("persons")),
        before.select(*group, previous_only=pl.col("persons"), never=-pl.col("persons")),
        seen.select(*group, previous_only=-both, never=both - 1),
    ]
    outside = pl.concat(flows).group_by(group).agg(pl.col("previous_only", "never").sum())
    outside = outside.unpivot(["previous_only", "never"], index=group, variable_name="part", value_name="count")
    outside = outside.with_columns(pl.lit(NOT_HERE).alias(key) for key in ("method", "setting", "first"))
    columns = [*KEYS, "part", "count"]
    return pl.concat([here.select(columns), outside.select(columns)]).sort(columns)


def _checked(table: Any, columns: dict[str, str]) -> pl.DataFrame:
    frame = nw.from_native(table, eager_only=True)
    require_columns(frame, columns)
    checked: pl.DataFrame = frame.select(*columns).to_polars()
    return checked


def _band() -> pl.Expr:
    return pl.col("age").replace_strict({age: band_of(age) for age in range(200)}, return_dtype=pl.String).alias("band")


def _first() -> pl.Expr:
    kind = pl.when(pl.col("first")).then(pl.lit("first")).when(~pl.col("first")).then(pl.lit("repeat"))
    return kind.otherwise(pl.lit(UNKNOWN)).alias("first")


def _part() -> pl.Expr:
    outcome = (
        pl.col("outcome").replace_strict(_OUTCOMES, default="unknown", return_dtype=pl.String).fill_null("unknown")
    )
    lesion = (pl.col("cancer") == "cervical") & pl.col("detail").is_in(_CIN3_OR_MORE).fill_null(False)
    attended = pl.when(lesion & (outcome == "other_attended")).then(pl.lit("cin3_only")).otherwise(outcome)
    return pl.when(pl.col("needs_workup").fill_null(False)).then(attended).otherwise(pl.lit("clear")).alias("part")


#: For every key the totals of its leaves; a leaf not named counts in 'all' alone.
_PARENTS: dict[str, Mapping[str, tuple[str, ...]]] = {
    "band": {band: band_parents(band) for band in BANDS},
    "part": PARTS,
}


def totalled(leaves: pl.DataFrame) -> pl.DataFrame:
    """The counts of every leaf and total of every dimension: same columns, each combination once."""
    frame = leaves
    for key in (*KEYS[1:], "part"):
        values = frame.get_column(key).unique(maintain_order=True).to_list()
        pairs = [(value, node) for value in values for node in (value, *_PARENTS.get(key, {}).get(value, (ALL,)))]
        above = pl.DataFrame(pairs, schema={key: pl.String, "_node": pl.String}, orient="row")
        frame = frame.join(above, on=key).drop(key).rename({"_node": key})
        frame = frame.group_by(*KEYS, "part").agg(pl.col("count").sum())
    return frame.select(*KEYS, "part", "count")


def rates(examined: Any, population: Any, previous_examined: Any, fiscal_year: int, in_force: InForce) -> pl.DataFrame:
    """精度管理指標: one row per :data:`KEYS` x ``indicator``, sorted.

    ``numerator``, ``denominator`` (Int64 persons), ``rate`` (Float64 percent; null where the denominator is 0),
    ``verdict`` ('met', 'not_met', 'no_standard'; a null rate has no verdict). ``method``, ``setting``, ``sex`` and
    ``first`` have an 'all'; ``band`` has 'all' and :data:`TOTALS`. Uptake exists only for all methods, settings and
    first or not.
    """
    return rates_of(counts(examined, population, previous_examined, fiscal_year), in_force)


def rates_of(leaves: pl.DataFrame, in_force: InForce) -> pl.DataFrame:
    """:func:`rates` from the table of :func:`counts`."""
    every = totalled(leaves).filter(~pl.any_horizontal(pl.col("method", "setting", "first") == NOT_HERE))
    every = every.filter(pl.col("first") != UNKNOWN)
    sums = {part: every.filter(part=part).select(*KEYS, "count") for part in _used()}
    frames = []
    for indicator in INDICATORS.values():
        cancers = [cancer for cancer in CANCERS if indicator.key in indicators_of(cancer, in_force)]
        below = sums[indicator.denominator].filter(pl.col("cancer").is_in(cancers))
        if indicator.denominator == "persons":
            below = below.filter(pl.all_horizontal(pl.col("method", "setting", "first") == ALL))
        else:  # a group in which nobody needs a work-up still has its line, with "−"
            grid = sums["examined"].select(*KEYS).filter(pl.col("cancer").is_in(cancers))
            below = grid.join(below, on=KEYS, how="left")
        frame = below.rename({"count": "denominator"})
        above = sums[indicator.numerator].rename({"count": "numerator"})
        frame = frame.join(above, on=KEYS, how="left").with_columns(pl.lit(indicator.key).alias("indicator"))
        frames.append(frame.select(*KEYS, "indicator", pl.col("numerator", "denominator").fill_null(0)))
    table = pl.concat(frames)
    rate = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") * 100 / pl.col("denominator"))
    return _judged(table.with_columns(rate.cast(pl.Float64).alias("rate")), in_force).sort(*KEYS, "indicator")


def _used() -> Iterable[str]:
    return dict.fromkeys(part for entry in INDICATORS.values() for part in (entry.numerator, entry.denominator))


def indicators_of(cancer: str, in_force: InForce) -> tuple[str, ...]:
    """The indicators that a cancer has: uptake over two years where the test is offered every second year, CIN3."""
    absent = set() if cancer == "cervical" else {"cin3_rate"}
    if not in_force.flag(f"cancers.{cancer}.two_year"):
        absent.add("uptake_two_years")
    return tuple(key for key in INDICATORS if key not in absent)


@dataclass(frozen=True)
class Standard:
    """基準値: the rate has to be ``at_most`` or ``at_least`` (``kind``) this percentage; ``entry`` cites it."""

    kind: str
    percent: Decimal
    entry: DatedValue
    target: Decimal | None

    def met(self, numerator: int, denominator: int) -> bool:
        """Compared as whole numbers: 7.0 % of 1,000 is exactly 70 people."""
        found, wanted = 100 * Decimal(numerator), self.percent * denominator
        return found <= wanted if self.kind == "at_most" else found >= wanted


def standard(cancer: str, indicator: str, in_force: InForce) -> Standard | None:
    """The process standard in force, or None."""
    key = f"criteria.{cancer}.{indicator}."
    target = Decimal(in_force.word(f"{key}target")) if in_force.has(f"{key}target") else None
    for kind in ("at_most", "at_least"):
        if in_force.has(key + kind):
            return Standard(kind, Decimal(in_force.word(key + kind)), in_force.entry(key + kind), target)
    return None


def _judged(table: pl.DataFrame, in_force: InForce) -> pl.DataFrame:
    verdicts = []
    standards = {(c, i): standard(c, i, in_force) for c in CANCERS for i in INDICATORS}
    columns = ("cancer", "indicator", "numerator", "denominator")
    for cancer, indicator, numerator, denominator in table.select(columns).iter_rows():
        wanted = standards[cancer, indicator]
        if wanted is None or denominator == 0:
            verdicts.append("no_standard" if wanted is None else None)
        else:
            verdicts.append("met" if wanted.met(numerator, denominator) else "not_met")
    return table.with_columns(pl.Series("verdict", verdicts, dtype=pl.String))


def shown(rate: float | None, digits: int = 2) -> str:
    """The rate as it is printed: '−' where there is none (never 0 % of nobody)."""
    return "−" if rate is None else f"{rate:.{digits}f}"


#: The totals that a report of a cancer has: upper age 69, and 74 as in the criteria of 2023.
_OWN_TOTALS = [
    f"{cancer} {low}-{high}"
    for cancer, low in {"stomach": 50, "colorectal": 40, "lung": 40, "breast": 40, "cervical": 20}.items()
    for high in (69, 74)
]


def for_report(table: pl.DataFrame) -> pl.DataFrame:
    """The rows of a report: sex x band, and method, setting and first/repeat one at a time for the totals of ages.

    The full cross of all six is for work inside: most of its cells are so small that it could not leave the ward.
    """
    apart = [(pl.col(key) != ALL).cast(pl.Int8) for key in ("method", "setting", "first")]
    by_one = (pl.col("sex") == ALL) & pl.col("band").is_in([*TOTALS, ALL]) & (pl.sum_horizontal(apart) == 1)
    own = pl.concat_str(pl.col("cancer"), pl.lit(" "), pl.col("band")).is_in(_OWN_TOTALS) | ~pl.col("band").is_in(
        [*TOTALS]
    )
    return table.filter(own & ((pl.sum_horizontal(apart) == 0) | by_one))


def withheld(
    leaves: pl.DataFrame, table: pl.DataFrame, *, at_least: int = AT_LEAST, earlier: Sequence[pl.DataFrame] = ()
) -> pl.DataFrame:
    """The rates as they may leave the ward: figures null, and ``withheld`` true, where a count may not be published.

    ``table``: all rows of one report (see :func:`for_report`); two reports of one year are protected together or not at
    all. A row is withheld if its numerator or its denominator is. All counts of a cancer are protected together, with
    the differences that a reader can take (examined − needs a work-up; 40-74 − 40-69; all − first − repeat).
    ``leaves``: the table of :func:`counts` that the rates come from. A group in which nobody was examined has no line.
    ``earlier``: editions of the year that are out, with all their figures and which of them they withheld. A reader
    subtracts them too: a count that moved by fewer than ``at_least`` since then is withheld like a small one, and what
    was withheld stays so until it moved by as many.
    """
    used = _with_parts(table)
    listed = pl.concat([used.select(*KEYS, pl.col(name).alias("part")) for name in _PARTS_OF_ROW]).unique()
    out = [_counts_of(edition) for edition in earlier]
    blocked = pl.concat([_blocked(leaves.filter(cancer=cancer), listed, at_least, out) for cancer in CANCERS])
    for name in _PARTS_OF_ROW:
        marks = blocked.rename({"part": name, WITHHELD: f"_hide{name}"})
        used = used.join(marks, on=[*KEYS, name], how="left")
    hides = [pl.col(f"_hide{name}").fill_null(False) for name in _PARTS_OF_ROW]
    frame = used.with_columns(pl.any_horizontal(hides).alias(WITHHELD)).select(*table.columns, WITHHELD)
    kept = [pl.when(~pl.col(WITHHELD)).then(pl.col(name)).alias(name) for name in _FIGURES]
    return frame.with_columns(kept).sort(*KEYS, "indicator")


_FIGURES = ("numerator", "denominator", "rate", "verdict")
_PARTS_OF_ROW = ("_numerator", "_denominator")


def _with_parts(table: pl.DataFrame) -> pl.DataFrame:
    parts = {f"_{name}": {key: getattr(one, name) for key, one in INDICATORS.items()} for name in _FIGURES[:2]}
    return table.with_columns(pl.col("indicator").replace_strict(of).alias(name) for name, of in parts.items())


def _counts_of(edition: pl.DataFrame) -> pl.DataFrame:
    """:data:`KEYS`, ``part``, ``was``: the count an edition was made of, and ``said``: whether it tells it."""
    used = _with_parts(edition)
    both = [
        used.select(*KEYS, pl.col(part).alias("part"), pl.col(name).cast(pl.Int64).alias("was"), said=~pl.col(WITHHELD))
        for part, name in zip(_PARTS_OF_ROW, _FIGURES, strict=False)
    ]
    return pl.concat(both).group_by(*KEYS, "part").agg(pl.col("was").first(), pl.col("said").any())


def _moved_little(every: pl.DataFrame, out: Sequence[pl.DataFrame], at_least: int) -> pl.Series:
    """For each count: whether an edition that is out says, or withholds, a number that is nearly the same."""
    guarded = pl.repeat(value=False, n=every.height, eager=True)
    for edition in out:
        told = every.join(edition, on=[*KEYS, "part"], how="left", maintain_order="left")
        step = (pl.col("count") - pl.col("was")).abs()
        nearly = (step < at_least) & ((step > 0) | ~pl.col("said"))
        guarded |= told.select(nearly.fill_null(value=False)).to_series()
    return guarded.alias("moved")


_DIMENSIONS = (
    *(Dimension(key, {}, hidden=frozenset({NOT_HERE})) for key in ("method", "setting")),
    Dimension("sex"),
    Dimension("band", complements=_NESTED),
    Dimension("first", hidden=frozenset({NOT_HERE, UNKNOWN})),
    Dimension(
        "part",
        PARTS,
        complements=tuple((entry.denominator, entry.numerator) for entry in INDICATORS.values()),
        hidden=frozenset({"clear", "other_attended", "cin3_only", "previous_only", "never"}),
    ),
)


def _blocked(leaves: pl.DataFrame, listed: pl.DataFrame, at_least: int, out: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """:data:`KEYS`, ``part`` and ``withheld`` (Boolean) of the counts of one cancer that are ``listed``."""
    columns = [*KEYS, "part"]
    if leaves.is_empty():
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String) | {WITHHELD: pl.Boolean})
    # An outcome that nobody in a group has is a count of zero, not a thing that cannot be.
    here = leaves.filter(pl.col("first") != NOT_HERE)
    parts = [part for part in PARTS if part not in ("previous_only", "never")]
    if leaves.item(0, "cancer") != "cervical":
        parts.remove("cin3_only")
    zeros = here.select(*KEYS).unique().join(pl.DataFrame({"part": parts}), how="cross")
    zeros = zeros.with_columns(pl.lit(0, dtype=pl.Int64).alias("count"))
    every = totalled(pl.concat([leaves, zeros]).group_by(*KEYS, "part").agg(pl.col("count").sum().clip(0)))
    dimensions = []
    for one in _DIMENSIONS:
        values = leaves.get_column(one.column).unique().to_list() if one.column != "part" else []
        parents = {value: _PARENTS.get(one.column, {}).get(value, (ALL,)) for value in values} or one.parents
        if one.column == "band":  # a total that is not reported is no cell
            shown_bands = set(listed.filter(cancer=leaves.item(0, "cancer")).get_column("band")) | {ALL}
            parents = {band: [total for total in of if total in shown_bands] for band, of in parents.items()}
        dimensions.append(Dimension(one.column, parents, one.complements, one.hidden))
    unused = [pl.col("band").is_in(list(TOTALS)), ~pl.col("band").is_in(list(shown_bands))]
    every = (
        every.filter(~pl.all_horizontal(unused))
        .join(listed.with_columns(listed=True), on=columns, how="left")
        .with_columns(pl.col("listed").fill_null(False))
    )
    every = every.with_columns(_moved_little(every, out, at_least))
    done = suppress(every, dimensions, "count", at_least=at_least, published="listed", also="moved")
    return done.select(*columns, pl.col(WITHHELD).is_not_null())
