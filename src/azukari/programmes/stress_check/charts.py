"""仕事のストレス判定図 as SVG: 量-コントロール判定図 and 職場の支援判定図 with contour lines of equal risk.

Text in, text out: no clock, no library, the same figures give the same bytes. Shapes tell the sexes apart (circle and
triangle), the national mean is a cross in a ring; colour only repeats it. The drawing scales by its viewBox and can be
put on a page or into a Typst document. The lines are those of one sex: the risk formula differs between the sexes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from azukari.programmes.stress_check.group_cells import FEMALE, MALE
from azukari.programmes.stress_check.groups import ChartSet

LEVELS = (80, 90, 100, 110, 120, 130, 150)
SEX_WORDS = {MALE: "男性", FEMALE: "女性", None: "男女計"}
FONT = "'Noto Sans CJK JP','Noto Sans JP','IPAexGothic',sans-serif"
_COLOURS = {MALE: "#0017c1", FEMALE: "#a3003a", None: "#333333"}


@dataclass(frozen=True)
class Point:
    """A group on the chart: mean scores ``x`` and ``y`` (3..12) and the sex whose marker it has (None: all)."""

    label: str
    x: float
    y: float
    sex: str | None = None


@dataclass(frozen=True)
class Kind:
    """One of the two charts: titles, which scores it shows, and the ranges that the published chart has."""

    title: str
    x_title: str
    y_title: str
    first: int
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    risk: str


LOAD = Kind("量-コントロール判定図", "仕事の量的負担", "仕事のコントロール", 0, (5.0, 12.0), (4.0, 11.0), "リスクA")
SUPPORT = Kind("職場の支援判定図", "上司の支援", "同僚の支援", 2, (4.0, 11.0), (5.0, 12.0), "リスクB")
KINDS = {"load": LOAD, "support": SUPPORT}

_WIDTH, _HEIGHT = 640, 590
_LEFT, _TOP, _SIDE = 70, 60, 400


@dataclass(frozen=True)
class _Plane:
    """Scores to drawing units."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        low, high = self.x_range
        return _LEFT + (value - low) / (high - low) * _SIDE

    def y(self, value: float) -> float:
        low, high = self.y_range
        return _TOP + _SIDE - (value - low) / (high - low) * _SIDE


def judgement_chart(
    kind: Kind, chart: ChartSet, points: Sequence[Point], *, sex: str = MALE, heading: str = "", identity: str = "chart"
) -> str:
    """The chart with the contour lines and the mean of ``sex``; points of other sexes are shown with their own marker.

    ``identity`` must differ between drawings on one page. The published ranges grow where a point needs it.
    """
    plane = _Plane(
        _grown(kind.x_range, [point.x for point in points]), _grown(kind.y_range, [point.y for point in points])
    )
    title = heading or f"{kind.title}（{SEX_WORDS[sex]}）"
    parts = [
        text(_LEFT, 28, title, size=18, weight="bold"),
        text(_LEFT, 48, f"線は{kind.risk}が等しい所（全国平均＝100）", size=12),
        *_axes(kind, plane),
        *_contours(kind, chart, sex, plane),
        *_mean(kind, chart, sex, plane),
        *_points(points, plane),
        *_legend(points, chart, sex),
    ]
    return svg(_WIDTH, _HEIGHT, title, _told(kind, chart, sex, points), parts, identity)


def _grown(given: tuple[float, float], values: Sequence[float]) -> tuple[float, float]:
    return max(3.0, min([given[0], *map(math.floor, values)])), min(12.0, max([given[1], *map(math.ceil, values)]))


def _told(kind: Kind, chart: ChartSet, sex: str, points: Sequence[Point]) -> str:
    mean = chart.means[sex][kind.first : kind.first + 2]
    told = [f"{kind.x_title}を横軸、{kind.y_title}を縦軸にした図。全国平均は{mean[0]:.1f}、{mean[1]:.1f}。"]
    told += [f"{point.label}（{SEX_WORDS[point.sex]}）は{point.x:.1f}、{point.y:.1f}。" for point in points]
    return "".join(told)


def _axes(kind: Kind, plane: _Plane) -> list[str]:
    right, bottom = _LEFT + _SIDE, _TOP + _SIDE
    parts = [f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="#ffffff" stroke="#333333"/>']
    for tick in range(math.ceil(plane.x_range[0]), math.floor(plane.x_range[1]) + 1):
        parts.append(line(plane.x(tick), bottom, plane.x(tick), bottom + 6))
        parts.append(text(plane.x(tick), bottom + 22, str(tick), anchor="middle"))
    for tick in range(math.ceil(plane.y_range[0]), math.floor(plane.y_range[1]) + 1):
        parts.append(line(_LEFT - 6, plane.y(tick), _LEFT, plane.y(tick)))
        parts.append(text(_LEFT - 11, plane.y(tick) + 5, str(tick), anchor="end"))
    parts.append(text(_LEFT + _SIDE / 2, bottom + 46, f"{kind.x_title}（点）", anchor="middle", size=14))
    middle = _TOP + _SIDE / 2
    parts.append(text(22, middle, f"{kind.y_title}（点）", anchor="middle", size=14, turned=True))
    low, high = "少ない", "多い"
    parts.append(text(_LEFT, bottom + 46, low, size=11))
    parts.append(text(right, bottom + 46, high, anchor="end", size=11))
    return parts


def _contours(kind: Kind, chart: ChartSet, sex: str, plane: _Plane) -> list[str]:
    """Lines on which (x - mx) a + (y - my) b = ln(level / 100), as far as they run inside the frame."""
    a, b = chart.coefficients[sex][kind.first : kind.first + 2]
    mean_x, mean_y = chart.means[sex][kind.first : kind.first + 2]
    parts = []
    for level in LEVELS:
        ends = _ends(plane, a, b, math.log(level / 100) + mean_x * a + mean_y * b)
        if ends is None:
            continue
        (x1, y1), (x2, y2) = ends
        dashed = "" if level == 100 else ' stroke-dasharray="6 4"'
        parts.append(
            f'<line x1="{plane.x(x1):.1f}" y1="{plane.y(y1):.1f}" x2="{plane.x(x2):.1f}" y2="{plane.y(y2):.1f}" '
            f'stroke="#595959" stroke-width="{1.8 if level == 100 else 1}"{dashed}/>'
        )
        parts += _line_label(plane, (x1, y1), (x2, y2), level)
    return parts


def _ends(plane: _Plane, a: float, b: float, total: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Where the line a x + b y = total meets the frame, from left to right; None where it passes outside."""
    found = set()
    for x in plane.x_range:
        y = (total - a * x) / b
        if plane.y_range[0] - 1e-9 <= y <= plane.y_range[1] + 1e-9:
            found.add((round(x, 6), round(y, 6)))
    for y in plane.y_range:
        x = (total - b * y) / a
        if plane.x_range[0] - 1e-9 <= x <= plane.x_range[1] + 1e-9:
            found.add((round(x, 6), round(y, 6)))
    ordered = sorted(found)
    if len(ordered) < 2 or math.dist(ordered[0], ordered[-1]) < 0.4:
        return None
    return ordered[0], ordered[-1]


def _line_label(plane: _Plane, start: tuple[float, float], end: tuple[float, float], level: int) -> list[str]:
    """The level at the right or upper end of its line, outside the frame."""
    x, y = plane.x(end[0]), plane.y(end[1])
    if end[0] >= plane.x_range[1] - 1e-6:
        return [text(x + 6, y + 4, str(level), size=12, weight="bold")]
    if end[1] >= plane.y_range[1] - 1e-6:
        return [text(x, y - 5, str(level), size=12, weight="bold", anchor="middle")]
    return [text(x - 4, y - 6, str(level), size=12, weight="bold", anchor="end")]


def _mean(kind: Kind, chart: ChartSet, sex: str, plane: _Plane) -> list[str]:
    x, y = plane.x(chart.means[sex][kind.first]), plane.y(chart.means[sex][kind.first + 1])
    return [_mean_mark(x, y)]


def _mean_mark(x: float, y: float) -> str:
    return (
        f'<g stroke="#000000" stroke-width="1.6" fill="none"><circle cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
        f'<path d="M{x - 11:.1f} {y:.1f}H{x + 11:.1f}M{x:.1f} {y - 11:.1f}V{y + 11:.1f}"/></g>'
    )


def _mark(x: float, y: float, sex: str | None) -> str:
    """Circle: men; triangle: women; square: all."""
    colour = _COLOURS[sex]
    if sex == MALE:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}" stroke="#ffffff"/>'
    if sex == FEMALE:
        path = f"M{x:.1f} {y - 7.5:.1f}L{x + 7:.1f} {y + 5.5:.1f}H{x - 7:.1f}Z"
        return f'<path d="{path}" fill="{colour}" stroke="#ffffff"/>'
    return f'<rect x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" fill="{colour}" stroke="#ffffff"/>'


def _points(points: Sequence[Point], plane: _Plane) -> list[str]:
    """Markers with their number; the names stand in the legend, so that labels do not cover each other."""
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    for number, point in enumerate(points, start=1):
        x, y = plane.x(point.x), plane.y(point.y)
        parts.append(_mark(x, y, point.sex))
        places = [(x + dx, y + dy) for dx, dy in ((14, 4), (-14, 4), (0, -12), (0, 22), (17, -10), (-17, 18))]
        free = next((p for p in places if all(math.dist(p, other) > 13 for other in taken)), places[0])
        taken += [free, (x, y)]
        parts.append(text(*free, str(number), size=12, weight="bold", anchor="middle", halo=True))
    return parts


def _legend(points: Sequence[Point], chart: ChartSet, sex: str) -> list[str]:
    x, y = _LEFT + _SIDE + 52, _TOP + 10
    parts = [_mean_mark(x, y), text(x + 18, y + 5, f"全国平均（{SEX_WORDS[sex]}）", size=12)]
    for kind in dict.fromkeys(point.sex for point in points):
        y += 26
        parts += [_mark(x, y, kind), text(x + 18, y + 5, SEX_WORDS[kind], size=12)]
    y += 30
    for number, point in enumerate(points[:14], start=1):
        parts.append(text(x - 8, y, f"{number} {shortened(point.label, 9)}", size=12))
        y += 18
    if len(points) > 14:
        parts.append(text(x - 8, y, f"ほか {len(points) - 14}（番号のみ）", size=12))
    parts.append(text(_LEFT, _HEIGHT - 44, f"全国平均と係数: {chart.name}", size=11))
    parts.append(
        text(_LEFT, _HEIGHT - 26, f"（セット {chart.key}、適用 {chart.valid_from.isoformat()} から）", size=11)
    )
    return parts


def shortened(words: str, most: int) -> str:
    """The words, cut with an ellipsis where they are longer than ``most`` characters."""
    return words if len(words) <= most else words[: most - 1] + "…"


def line(x1: float, y1: float, x2: float, y2: float, colour: str = "#333333") -> str:
    """A thin line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    anchor: str = "start",
    weight: str = "normal",
    turned: bool = False,
    halo: bool = False,
) -> str:
    """Words at a place; ``turned``: read from below; ``halo``: with a white edge, over lines."""
    more = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    more += ' stroke="#ffffff" stroke-width="3" paint-order="stroke"' if halo else ""
    bold = ' font-weight="bold"' if weight == "bold" else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place}{bold}{more} fill="#1a1a1a">{escape(words)}</text>'


def svg(width: int, height: int, title: str, told: str, parts: Sequence[str], identity: str) -> str:
    """The whole drawing, with a title and a description for those who do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{identity}-title {identity}-desc" font-family="{FONT}">'
        f'<title id="{identity}-title">{escape(title)}</title><desc id="{identity}-desc">{escape(told)}</desc>'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    )
    return head + "".join(parts) + "</svg>"
