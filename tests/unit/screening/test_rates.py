"""Rates of cancer screening: against an oracle that goes person by person, and with the criteria of each year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.engine.run import WrongColumns
from azukari.engine.suppression import WITHHELD
from azukari.programmes.screening.rates import (
    BANDS,
    CANCERS,
    INDICATORS,
    TOTALS,
    band_of,
    counts,
    for_report,
    indicators_of,
    rates,
    rates_of,
    rates_parameters,
    shown,
    standard,
    withheld,
)

YEAR = 2025
P = rates_parameters().for_fiscal_year(YEAR)
SCHEMA = {
    "cancer": pl.String, "method": pl.String, "setting": pl.String, "sex": pl.String, "age": pl.Int64,
    "fiscal_year": pl.Int64, "first": pl.Boolean, "needs_workup": pl.Boolean, "outcome": pl.String,
    "both_years": pl.Boolean, "detail": pl.String,
}  # fmt: skip
METHODS = {
    "stomach": ["xray", "endoscopy"], "colorectal": ["stool"], "lung": ["chest_xray"], "breast": ["mammography"],
    "cervical": ["cytology"],
}  # fmt: skip
OUTCOMES = ["no_finding", "cancer", "suspected", "other_disease", "not_attended", "unknown", None]

Person = dict[str, Any]


def person(**given_values: Any) -> Person:
    return {
        "cancer": "lung", "method": "chest_xray", "setting": "individual", "sex": "1", "age": 55, "fiscal_year": YEAR,
        "first": False, "needs_workup": False, "outcome": None, "both_years": False, "detail": None,
    } | given_values  # fmt: skip


def frame(people: list[Person]) -> pl.DataFrame:
    return pl.DataFrame(people, schema=SCHEMA)


def persons(rows: list[tuple[str, str, int, int]]) -> pl.DataFrame:
    schema = {"cancer": pl.String, "sex": pl.String, "age": pl.Int64, "persons": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@st.composite
def someone(draw: Any) -> Person:
    cancer = draw(st.sampled_from(CANCERS))
    workup = draw(st.booleans())
    return person(
        cancer=cancer,
        method=draw(st.sampled_from(METHODS[cancer])),
        setting=draw(st.sampled_from(["individual", "group"])),
        sex="2" if cancer in ("breast", "cervical") else draw(st.sampled_from(["1", "2"])),
        age=draw(st.sampled_from([19, 20, 39, 40, 44, 45, 49, 50, 69, 70, 74, 75, 79, 80, 99])),
        fiscal_year=draw(st.sampled_from([YEAR, YEAR, YEAR, YEAR - 1])),
        first=draw(st.sampled_from([True, False, None])),
        needs_workup=workup,
        outcome=draw(st.sampled_from(OUTCOMES)) if workup else None,
        both_years=draw(st.booleans()),
        detail=draw(st.sampled_from([None, "cin2", "cin3", "ais", "early"])),
    )


def in_band(age: int, band: str) -> bool:
    if band == "all":
        return True
    if band == "80+":
        return age >= 80
    low, high = map(int, band.split("-"))
    return low <= age <= high


def numbers_of(one: Person) -> Iterator[str]:
    """The counts that one examined person adds to, from the definitions."""
    yield "examined"
    if not one["needs_workup"]:
        return
    yield "workup"
    if one["outcome"] == "not_attended":
        yield "not_attended"
    elif one["outcome"] in (None, "unknown"):
        yield "unknown"
    else:
        yield "attended"
        if one["outcome"] == "cancer":
            yield "cancer"
        if one["outcome"] == "cancer" or (one["cancer"] == "cervical" and one["detail"] in ("cin3", "ais")):
            yield "cin3_plus"


def matches(one: Person, row: dict[str, Any]) -> bool:
    first = {True: "first", False: "repeat", None: "?"}[one["first"]]
    return (
        one["cancer"] == row["cancer"]
        and one["fiscal_year"] == YEAR
        and row["method"] in ("all", one["method"])
        and row["setting"] in ("all", one["setting"])
        and row["sex"] in ("all", one["sex"])
        and row["first"] in ("all", first)
        and in_band(one["age"], row["band"])
    )


def by_hand(
    people: list[Person], population: pl.DataFrame, previous: pl.DataFrame, row: dict[str, Any]
) -> tuple[int, int]:
    found = dict.fromkeys(["examined", "workup", "not_attended", "unknown", "attended", "cancer", "cin3_plus"], 0)
    both = 0
    for one in people:
        if matches(one, row):
            both += one["both_years"]
            for name in numbers_of(one):
                found[name] += 1

    def residents(table: pl.DataFrame) -> int:
        return sum(
            n
            for cancer, sex, age, n in table.rows()
            if cancer == row["cancer"] and row["sex"] in ("all", sex) and in_band(age, row["band"])
        )

    found["persons"] = residents(population)
    found["covered"] = residents(previous) + found["examined"] - both
    indicator = INDICATORS[row["indicator"]]
    return found[indicator.numerator], found[indicator.denominator]


AGES = [19, 20, 39, 40, 44, 45, 49, 50, 69, 70, 74, 75, 79, 80, 99]
POPULATION = persons([(c, s, a, 100) for c in CANCERS for s in "12" for a in AGES])
# As many as can have come in both years: nobody is examined again who was not examined before.
PREVIOUS = persons([(c, s, a, 40) for c in CANCERS for s in "12" for a in AGES])


@given(st.lists(someone(), max_size=25))
@settings(max_examples=25, deadline=None)
def test_rates_agree_with_counting_person_by_person(people: list[Person]) -> None:
    table = rates(frame(people), POPULATION, PREVIOUS, YEAR, P)
    for row in table.to_dicts():
        numerator, denominator = by_hand(people, POPULATION, PREVIOUS, row)
        assert (row["numerator"], row["denominator"]) == (numerator, denominator), row
        assert row["rate"] == (None if denominator == 0 else pytest.approx(100 * numerator / denominator))
    assert table.select("cancer", "method", "setting", "sex", "band", "first", "indicator").is_unique().all()
    wanted = {(one["cancer"], one["method"], band_of(one["age"])) for one in people if one["fiscal_year"] == YEAR}
    assert wanted <= set(table.select("cancer", "method", "band").rows())


def one_rate(table: pl.DataFrame, indicator: str, band: str = "all", cancer: str = "lung") -> dict[str, Any]:
    every = table.filter(cancer=cancer, method="all", setting="all", sex="all", band=band, first="all")
    return every.filter(indicator=indicator).to_dicts()[0]


NOBODY = persons([])


def test_a_rate_without_a_denominator_is_a_dash_and_has_no_verdict() -> None:
    row = one_rate(rates(frame([person()]), NOBODY, NOBODY, YEAR, P), "attended_rate")
    assert (row["rate"], row["verdict"], shown(row["rate"])) == (None, None, "−")
    assert shown(0.0) == "0.00"


def test_not_attended_and_unknown_are_never_mixed() -> None:
    people = [
        person(needs_workup=True, outcome=word) for word in ["not_attended", "unknown", None, "suspected", "strange"]
    ]
    table = rates(frame(people), NOBODY, NOBODY, YEAR, P)
    found = {key: one_rate(table, key)["numerator"] for key in ("attended_rate", "not_attended_rate", "unknown_rate")}
    assert found == {"attended_rate": 1, "not_attended_rate": 1, "unknown_rate": 3}


def test_two_years_count_who_came_in_both_once() -> None:
    people = [person(cancer="breast", sex="2", method="mammography", both_years=place < 2) for place in range(5)]
    table = rates(frame(people), persons([("breast", "2", 55, 100)]), persons([("breast", "2", 55, 7)]), YEAR, P)
    row = one_rate(table, "uptake_two_years", cancer="breast")
    assert (row["numerator"], row["denominator"]) == (7 + 5 - 2, 100)
    assert "uptake_two_years" not in indicators_of("lung", P)


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (19, "0-19"),
        (20, "20-24"),
        (39, "35-39"),
        (40, "40-44"),
        (44, "40-44"),
        (45, "45-49"),
        (79, "75-79"),
        (80, "80+"),
        (104, "80+"),
    ],
)
def test_bands_change_at_the_fives(age: int, band: str) -> None:
    assert band_of(age) == band
    assert band in BANDS


@pytest.mark.parametrize(("needing", "verdict"), [(29, "not_met"), (28, "met"), (27, "met")])
def test_a_rate_at_the_limit_meets_an_upper_limit(needing: int, verdict: str) -> None:
    """2008: 要精検率 of cervical screening at most 1.4 %; 28 of 2,000 are exactly that."""
    old = rates_parameters().for_fiscal_year(2020)
    women = [
        person(cancer="cervical", sex="2", method="cytology", needs_workup=place < needing) for place in range(2000)
    ]
    assert (
        one_rate(rates(frame(women), NOBODY, NOBODY, YEAR, old), "workup_rate", cancer="cervical")["verdict"] == verdict
    )


@pytest.mark.parametrize(("attended", "verdict"), [(89, "not_met"), (90, "met"), (91, "met")])
def test_a_rate_at_the_limit_meets_a_lower_limit(attended: int, verdict: str) -> None:
    outcomes = ["no_finding"] * attended + ["unknown"] * (100 - attended)
    people = [person(needs_workup=True, outcome=word) for word in outcomes]
    assert one_rate(rates(frame(people), NOBODY, NOBODY, YEAR, P), "attended_rate")["verdict"] == verdict


def test_the_criteria_of_2023_replace_those_of_2008_and_are_marked_doubtful() -> None:
    before, after = (standard("lung", "workup_rate", rates_parameters().for_fiscal_year(year)) for year in (2022, 2023))
    assert before is not None
    assert after is not None
    assert (str(before.percent), before.entry.mark) == ("3.0", "verified")
    assert (str(after.percent), after.entry.mark) == ("2.4", "doubtful")
    assert standard("lung", "uptake", P) is None
    assert standard("lung", "cin3_rate", P) is None


def test_other_years_do_not_count_and_missing_columns_are_named() -> None:
    assert rates(frame([person(fiscal_year=YEAR - 1)]), NOBODY, NOBODY, YEAR, P).is_empty()
    nowhere = one_rate(rates(frame([person()]), NOBODY, NOBODY, YEAR, P), "uptake")
    assert (nowhere["numerator"], nowhere["denominator"], nowhere["rate"]) == (1, 0, None)
    with pytest.raises(WrongColumns, match="outcome"):
        rates(frame([person()]).drop("outcome"), NOBODY, NOBODY, YEAR, P)


def crowd() -> list[Person]:
    """400 people: work-ups of 60, of whom 5 in their fifties had cancer."""
    outcomes = ["cancer"] * 5 + ["no_finding"] * 35 + ["unknown"] * 20
    return [
        person(
            age=40 + place % 45,
            sex="12"[place % 2],
            first=[True, False, False, None][place % 4],
            needs_workup=place < 60,
            outcome=outcomes[place] if place < 60 else None,
        )
        for place in range(400)
    ]


def test_what_leaves_the_ward_shows_no_count_under_the_threshold() -> None:
    people = persons([("lung", sex, age, 500) for sex in "12" for age in range(40, 85)])
    leaves = counts(frame(crowd()), people, NOBODY, YEAR)
    inside = for_report(rates_of(leaves, P))
    outside = withheld(leaves, inside)
    assert len(outside) == len(inside)
    public = outside.filter(~pl.col(WITHHELD))
    assert public["numerator"].min() >= 10
    assert (public["denominator"] - public["numerator"]).min() >= 10
    assert outside.filter(WITHHELD).select("numerator", "denominator", "rate", "verdict").null_count().row(0) == (
        (outside[WITHHELD].sum(),) * 4
    )
    keys = ["cancer", "method", "setting", "sex", "band", "first", "indicator"]
    assert public.drop(WITHHELD).sort(keys).equals(inside.join(public.select(keys), on=keys, how="semi").sort(keys))
    assert not outside.is_empty()
    assert one_rate(public, "workup_rate")["numerator"] == 60


@pytest.mark.parametrize("moved", [1, 3, 60])
def test_two_editions_of_a_year_side_by_side_tell_of_no_few(moved: int) -> None:
    """Some people's outcomes become known between the editions: no count moves by fewer than ten for the reader."""
    residents = persons([("lung", sex, age, 500) for sex in "12" for age in range(40, 85)])
    later = [{**one, "outcome": "no_finding"} if n < moved else one for n, one in enumerate(crowd_of_unknown())]
    first, second = (counts(frame(people), residents, NOBODY, YEAR) for people in (crowd_of_unknown(), later))
    keys = ["cancer", "method", "setting", "sex", "band", "first", "indicator"]
    made_of = for_report(rates_of(first, P))
    before = made_of.join(withheld(first, made_of).select(*keys, WITHHELD), on=keys)
    after, alone = (withheld(second, for_report(rates_of(second, P)), earlier=out) for out in ([before], []))
    both = after.filter(~pl.col(WITHHELD)).join(before, on=keys, suffix="_before")
    assert both.height > 0
    for name in ("numerator", "denominator"):
        step = (both[name] - both[f"{name}_before"]).abs()
        assert not set(step) & set(range(1, 10))
    newly = both.filter(f"{WITHHELD}_before")
    moved_most = pl.max_horizontal(
        (newly[name] - newly[f"{name}_before"]).abs() for name in ("numerator", "denominator")
    )
    # What was withheld is not said later without having moved.
    assert not set(newly.select(moved_most).to_series()) & set(range(10))
    assert moved > 10 or newly.is_empty()
    assert after[WITHHELD].sum() >= alone[WITHHELD].sum()


def crowd_of_unknown() -> list[Person]:
    """As :func:`crowd`, with a work-up for 120, none of which is known yet."""
    return [
        {**one, "needs_workup": n < 120, "outcome": "unknown" if n < 120 else None} for n, one in enumerate(crowd())
    ]


def test_a_report_takes_method_setting_and_first_apart_one_at_a_time() -> None:
    report = for_report(rates(frame(crowd()), NOBODY, NOBODY, YEAR, P))
    apart = sum((pl.col(key) != "all").cast(pl.Int8) for key in ("method", "setting", "first"))
    assert report.select(apart.max()).item() == 1
    assert set(report["band"]) & set(TOTALS) == {"40-69", "40-74"}
