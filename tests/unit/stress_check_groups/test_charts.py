"""Drawings: well formed, deterministic, told in words, every marker where its score is."""

from __future__ import annotations

import math
import re
from datetime import date
from xml.etree import ElementTree

import pytest

from azukari.programmes.stress_check import charts, profile_charts
from azukari.programmes.stress_check.groups import chart_set

CHART = chart_set(date(2026, 4, 1))
POINTS = [
    charts.Point("総務部<課>", 9.0, 7.0, "male"),
    charts.Point("総務部", 8.6, 7.4, "female"),
    charts.Point("全体", 8.0, 8.0),
]
SCALES = [scale for _, scales in profile_charts.RADARS.values() for scale in scales]


def drawings() -> dict[str, str]:
    made = {kind: charts.judgement_chart(charts.KINDS[kind], CHART, POINTS, identity=kind) for kind in charts.KINDS}
    made |= profile_charts.radars(dict.fromkeys(SCALES, 3))
    made["bars"] = profile_charts.bars("受検率", [("総務部", 0.9, "90％"), ("会計室", None, "非表示")])
    made["lines"] = profile_charts.lines("推移", ["令和6年度", "令和7年度"], [("男性", [101.0, None])])
    return made


def words(drawing: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314


@pytest.mark.parametrize("name", drawings())
def test_a_drawing_is_well_formed_scales_and_is_told_in_words(name):
    drawing = drawings()[name]
    root = ElementTree.fromstring(drawing)  # noqa: S314
    assert root.get("viewBox")
    assert root.get("width") is None
    title, told = (root.find(f"{{http://www.w3.org/2000/svg}}{tag}") for tag in ("title", "desc"))
    assert title is not None
    assert told is not None
    assert title.text
    assert told.text
    assert root.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
    assert drawing == drawings()[name]


@pytest.mark.parametrize(("kind", "sex"), [(k, s) for k in charts.KINDS for s in ("male", "female")])
def test_every_contour_line_runs_where_the_risk_is_what_it_says(kind, sex):
    chosen = charts.KINDS[kind]
    plane = charts._Plane(chosen.x_range, chosen.y_range)
    a, b = CHART.coefficients[sex][chosen.first : chosen.first + 2]
    mean_x, mean_y = CHART.means[sex][chosen.first : chosen.first + 2]
    for level in charts.LEVELS:
        for x, y in charts._ends(plane, a, b, math.log(level / 100) + mean_x * a + mean_y * b) or ():
            assert 100 * math.exp((x - mean_x) * a + (y - mean_y) * b) == pytest.approx(level, abs=0.01)


def test_the_men_see_all_lines_of_the_load_chart():
    found = words(charts.judgement_chart(charts.LOAD, CHART, []))
    assert [str(level) for level in charts.LEVELS if str(level) in found] == [str(level) for level in charts.LEVELS]


def test_the_set_of_means_is_printed():
    assert any(CHART.name in line for line in words(drawings()["load"]))


def test_shapes_and_not_only_colours_tell_the_sexes_apart():
    shapes = {re.match(r"<(\w+)", charts._mark(1, 1, sex)).group(1) for sex in ("male", "female", None)}
    assert shapes == {"circle", "path", "rect"}


def test_a_point_outside_the_published_range_widens_the_chart():
    assert "4" in words(charts.judgement_chart(charts.LOAD, CHART, [charts.Point("d", 4.2, 3.5, "male")]))


def test_a_scale_that_could_not_be_computed_has_no_point():
    drawing = profile_charts.radar("C", {"supervisor_support": 2, "satisfaction": None})
    assert drawing.count("<circle") == 1
    assert "計算できません" in drawing


def test_every_scale_stands_on_one_radar():
    assert len(SCALES) == len(set(SCALES)) == 19


def test_a_withheld_year_is_a_gap_and_said():
    drawing = profile_charts.lines("推移", ["1", "2", "3"], [("女性", [95.0, None, 99.0])])
    assert "非表示あり" in words(drawing)
    assert 'stroke-width="2"' in drawing  # the sample in the legend alone
    assert drawing.count('stroke-width="2"') == 1
