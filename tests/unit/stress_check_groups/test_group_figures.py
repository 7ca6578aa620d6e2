"""Group figures: the check values of the national charts, weights, thresholds, what a row says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from azukari.programmes.stress_check.group_cells import Group
from azukari.programmes.stress_check.groups import (
    FLOOR,
    ThresholdTooLow,
    UnknownMeanSet,
    chart_set,
    group_parameters,
    means_80,
    reading,
    scales_80,
)
from tests.unit.stress_check_groups.organisations import CHART, analysed, people, row

SECTION = [(("d", "a"), 30), (("d", "b"), 25), (("e", "c"), 40)]


@pytest.mark.parametrize(
    ("key", "sex", "scores", "expected"),
    [
        ("current", "male", (9, 7, 7, 8), (110.84, 105.99, 117.48)),
        ("current", "female", (9, 7, 7, 8), (106.61, 98.08, 104.56)),
        ("current", "male", (10, 6, 6, 7), (130.72, 128.69, 168.22)),
        ("current", "female", (10, 6, 6, 7), (118.29, 119.08, 140.86)),
        ("legacy", "male", (9, 7, 7, 8), (111.83, 107.03, 119.69)),
        ("legacy", "female", (9, 7, 7, 8), (112.48, 100.00, 112.48)),
    ],
)
def test_the_risks_are_those_of_the_published_check_values(key, sex, scores, expected):
    found = chart_set(date(2026, 4, 1), key).risks(sex, np.array([scores], dtype=float))
    assert np.round(found[0], 2).tolist() == list(expected)


@pytest.mark.parametrize("key", ["current", "legacy"])
@pytest.mark.parametrize("sex", ["male", "female"])
def test_the_national_mean_is_a_risk_of_100(key, sex):
    chart = chart_set(date(2026, 4, 1), key)
    assert chart.risks(sex, np.array([chart.means[sex]])).round(9).tolist() == [[100, 100, 100]]


def test_a_set_of_means_that_does_not_exist_is_refused_in_words():
    with pytest.raises(UnknownMeanSet, match="全国平均のセット「kitasato」がありません"):
        chart_set(date(2026, 4, 1), "kitasato")


def test_means_counts_and_rates_are_those_of_the_members():
    frame = people(SECTION)
    found = row(analysed(frame), "d", "a")
    own = frame.filter(pl.col("path").list.get(1) == "a")
    assert found["answered"] == 30
    assert found["mean_q"] == pytest.approx(own["q"].mean())
    assert found["mean_points_control"] == pytest.approx(own["points_control"].mean())
    assert found["high"] == (own["verdict"] == "high").sum()
    assert found["high_rate"] == pytest.approx(found["high"] / 30)


def test_the_risk_of_a_mixed_group_is_weighted_by_head_count():
    frame = people(SECTION).with_columns(
        sex=pl.when(pl.col("respondent") % 3 == 0).then(pl.lit("female")).otherwise(pl.lit("male"))
    )
    found = row(analysed(frame))
    men, women = found["answered_male"], found["answered_female"]
    assert found["risk_basis"] == "by_sex"
    assert men + women == 95
    for risk in ("risk_a", "risk_b", "risk_total"):
        expected = (men * found[f"{risk}_male"] + women * found[f"{risk}_female"]) / 95
        assert found[risk] == pytest.approx(expected)
    own = frame.filter(sex="female").select("q", "k", "s", "p").mean()
    assert found["risk_total_female"] == pytest.approx(CHART.risks("female", own)[0, 2])


def test_people_of_unknown_sex_are_read_on_the_mens_chart():
    frame = people([(("d",), 40)]).with_columns(sex=pl.lit(None, dtype=pl.String))
    found = row(analysed(frame))
    assert found["answered_male"] == 40
    assert found["risk_total"] == pytest.approx(CHART.risks("male", frame.select("q", "k", "s", "p").mean())[0, 2])


@pytest.mark.parametrize(("women", "split"), [(9, False), (10, True), (11, True), (0, True)])
def test_the_sexes_are_shown_from_ten_of_each_or_where_there_is_only_one(women, split):
    frame = people([(("d",), 40)]).with_columns(
        sex=pl.when(pl.col("respondent") < women).then(pl.lit("female")).otherwise(pl.lit("male"))
    )
    found = row(analysed(frame))
    assert (found["risk_basis"] == "by_sex") == split
    assert (found["answered_female"] is not None) == split


def test_where_the_sexes_are_not_shown_the_risk_tells_no_more_than_the_means():
    frame = people([(("d",), 40)]).with_columns(
        sex=pl.when(pl.col("respondent") < 33).then(pl.lit("female")).otherwise(pl.lit("male"))
    )
    found = row(analysed(frame))
    shown = np.array([[found[f"mean_{name}"] for name in "qksp"]])
    assert found["risk_basis"] == "one_chart"
    assert found["risk_total"] == pytest.approx(CHART.risks("female", shown)[0, 2])
    assert not [name for name in found if name.endswith(("_male", "_female")) and found[name] is not None]


@pytest.mark.parametrize(("number", "reason"), [(9, "small"), (10, None), (11, None)])
def test_a_group_is_shown_from_ten_respondents(number, reason):
    found = row(analysed(people([(("d", "a"), number), (("d", "b"), 30)])), "d", "a")
    assert found["withheld"] == reason
    figures = [name for name in found if name.startswith(("mean_", "risk_", "high", "answered", "judged"))]
    shown = [name for name in figures if found[name] is not None and name != "high_withheld"]
    assert bool(shown) == (reason is None)


def test_not_the_head_count_but_the_respondents_are_counted():
    staff = people([(("d", "a"), 30), (("d", "b"), 40)])
    answered = staff.filter(~((pl.col("path").list.get(1) == "a") & (pl.col("respondent") >= 9)))
    found = analysed(answered, invited=staff)
    assert row(found, "d", "a")["withheld"] == "small"
    assert row(found, "d", "a")["invited"] == 30
    assert row(found)["participation"] is None or row(found)["participation"] == pytest.approx(49 / 70)


def test_a_section_in_which_nobody_answered_stands_in_the_list():
    staff = people([(("d", "a"), 12), (("e", "b"), 40)])
    found = row(analysed(staff.filter(pl.col("path").list.get(0) == "e"), invited=staff), "d", "a")
    assert (found["invited"], found["answered"], found["withheld"]) == (12, None, "small")


def test_the_floor_of_ten_cannot_be_lowered():
    with pytest.raises(ThresholdTooLow, match="全員の同意"):
        analysed(people(SECTION), at_least=9)


def test_a_small_group_opens_with_the_recorded_consent_of_all():
    frame = people([(("d", "a"), 6), (("d", "b"), 30), (("d", "c"), 7)])
    found = analysed(frame, consenting=[Group(("d", "a"))])
    assert row(found, "d", "a")["withheld"] is None
    assert row(found, "d", "c")["withheld"] == "small"
    assert row(found, "d", "b")["withheld"] == "complement"  # else all minus a minus b is c


def test_the_form_without_scale_points_is_analysed_too():
    frame = people(SECTION).drop("points_control", "points_vigour")
    assert row(analysed(frame))["withheld"] is None


@pytest.mark.parametrize(
    ("total", "read"),
    [
        (None, ""),
        (100, ""),
        (119, ""),
        (120, ""),
        (120.4, ""),
        (120.6, "attention"),
        (121, "attention"),
        (149, "attention"),
        (149.4, "attention"),
        (149.6, "urgent"),
        (150, "urgent"),
        (151, "urgent"),
    ],
)
def test_a_risk_is_read_as_the_number_that_is_printed(total, read):
    assert reading(total) == reading(total, date(2026, 4, 1)) == read


def test_the_smallest_group_is_the_parameters_and_never_below_ten():
    frame = people([(("d", "a"), 12), (("d", "b"), 40)])
    assert CHART.smallest_group == FLOOR == 10
    more = replace(CHART, smallest_group=15)
    assert row(analysed(frame, chart=more), "d", "a")["withheld"] == "small"
    assert row(analysed(frame, chart=more, at_least=12), "d", "a")["withheld"] is None
    with pytest.raises(ThresholdTooLow, match="10人以上"):
        analysed(frame, chart=replace(CHART, smallest_group=9))


@pytest.mark.parametrize(
    ("scale", "men", "women"),
    [
        ("emotional_load", 2.65, 2.66),
        ("role_conflict", 2.73, 3.01),
        ("balance_negative", 2.76, 2.92),
        ("harassment", 3.69, 3.72),
        ("unity", 2.58, 2.75),
        ("engagement", 2.45, 2.58),
    ],
)
def test_the_national_means_of_the_80_items_stand_by_scale_and_sex(scale, men, women):
    assert (means_80("male")[scale], means_80("female", date(2026, 4, 1))[scale]) == (men, women)


def test_every_scale_of_the_80_items_has_a_mean_between_one_and_four_that_is_marked_as_doubtful():
    for sex in ("male", "female"):
        assert tuple(means_80(sex)) == scales_80()
        assert all(1 <= mean <= 4 for mean in means_80(sex).values())
    stated = [values for key, values in group_parameters().history.items() if key.startswith("means_80.")]
    assert {value.mark for values in stated for value in values} == {"doubtful"}
    assert len(scales_80()) == 22


def test_the_scales_of_the_80_items_have_group_means_under_the_same_protection():
    frame = people([(("d", "a"), 30), (("d", "b"), 9)])
    scores = pl.Series("score_unity", [1.0, 2.0, 3.5] * 13)
    found = analysed(frame.with_columns(scores))
    assert row(found)["mean_score_unity"] == pytest.approx(scores.mean())
    assert row(found, "d", "b")["mean_score_unity"] is None
    alike = analysed(frame.with_columns(score_unity=pl.lit(4.0)))
    assert row(alike)["mean_score_unity"] is None
