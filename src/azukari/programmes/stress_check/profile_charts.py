"""Radar charts of one person's result, and bars and lines for participation and for the years.

The result sheet of the ministry has three radars: A causes of stress, B reactions, C other influences. Each axis has
five rings: 1 (bad, centre) to 5 (good, rim); the two inner rings are shaded, as points there call for attention.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from azukari.programmes.stress_check.charts import line, shortened, svg, text

#: Scale -> words on the axis, in the order of the result sheet.
RADARS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "A": (
        "ストレスの原因と考えられる因子",
        {
            "quantitative_load": "仕事の負担（量）",
            "qualitative_load": "仕事の負担（質）",
            "physical_load": "身体的負担",
            "interpersonal_stress": "対人関係",
            "environment_stress": "職場環境",
            "control": "コントロール度",
            "skill_use": "技能の活用",
            "suitability": "仕事の適性",
            "meaningfulness": "働きがい",
        },
    ),
    "B": (
        "ストレスによっておこる心身の反応",
        {
            "vigour": "活気",
            "irritability": "イライラ感",
            "fatigue": "疲労感",
            "anxiety": "不安感",
            "depression": "抑うつ感",
            "physical_complaints": "身体愁訴",
        },
    ),
    "C": (
        "ストレス反応に影響を与える他の因子",
        {
            "supervisor_support": "上司の支援",
            "colleague_support": "同僚の支援",
            "family_support": "家族・友人の支援",
            "satisfaction": "仕事や生活の満足度",
        },
    ),
}
_RADIUS, _INK, _FILL, _GREY = 105, "#0017c1", "#9db7f9", "#8c8c8c"
_WIDTH, _HEIGHT = 560, 360


def radar(area: str, points: Mapping[str, int | None], *, identity: str = "radar") -> str:
    """One radar of area "A", "B" or "C". ``points``: scale -> 1 (bad) .. 5 (good), None: not computable."""
    heading, scales = RADARS[area]
    title = f"{area} {heading}"
    centre_x, centre_y = _WIDTH / 2, 195.0
    turn = [2 * math.pi * place / len(scales) for place in range(len(scales))]

    def at(angle: float, value: float) -> tuple[float, float]:
        length = _RADIUS * value / 5
        return centre_x + length * math.sin(angle), centre_y - length * math.cos(angle)

    def ring(value: float, style: str) -> str:
        return f'<polygon points="{_path([at(angle, value) for angle in turn])}" {style}/>'

    parts = [text(_WIDTH / 2, 26, title, size=15, weight="bold", anchor="middle")]
    parts.append(ring(2, 'fill="#e6e6e6" stroke="none"'))
    parts += [
        ring(value, f'fill="none" stroke="{_GREY}" stroke-width="{1.2 if value == 5 else 0.7}"')
        for value in range(1, 6)
    ]
    parts += [line(centre_x, centre_y, *at(angle, 5), _GREY) for angle in turn]
    values = [points.get(scale) for scale in scales]
    corners = [at(angle, value) for angle, value in zip(turn, values, strict=True) if value is not None]
    if len(corners) == len(values):
        parts.append(
            f'<polygon points="{_path(corners)}" fill="{_FILL}" fill-opacity="0.45" stroke="{_INK}" stroke-width="2"/>'
        )
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_INK}"/>' for x, y in corners]
    parts += [text(centre_x + 4, at(0, value)[1] + 4, str(value), size=9, halo=True) for value in (1, 2, 3, 4, 5)]
    for angle, words, value in zip(turn, scales.values(), values, strict=True):
        parts += _axis_words(at(angle, 5.6), angle, words, "―" if value is None else str(value))
    parts.append(
        text(_WIDTH / 2, _HEIGHT - 10, "外側ほど良い状態（5点満点）。灰色の中は注意", size=11, anchor="middle")
    )
    told = "、".join(
        f"{words} {'計算できません' if value is None else f'{value}点'}"
        for words, value in zip(scales.values(), values, strict=True)
    )
    return svg(_WIDTH, _HEIGHT, title, f"1から5の点（5が良い）。{told}。", parts, identity)


def radars(points: Mapping[str, int | None], *, identity: str = "radar") -> dict[str, str]:
    """The three radars of a result sheet by area."""
    return {area: radar(area, points, identity=f"{identity}-{area.lower()}") for area in RADARS}


def _axis_words(place: tuple[float, float], angle: float, words: str, value: str) -> list[str]:
    x, y = place
    side = math.sin(angle)
    anchor = "middle" if abs(side) < 0.2 else "start" if side > 0 else "end"
    drop = 4 - 6 * math.cos(angle)
    return [text(x, y + drop, f"{words} {value}", size=12, anchor=anchor)]


def _path(corners: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def bars(
    heading: str, rows: Sequence[tuple[str, float | None, str]], *, most: float = 1.0, identity: str = "bars"
) -> str:
    """Horizontal bars. ``rows``: name, value from 0 to ``most`` (None: withheld, no bar), words beside the bar."""
    left, width, step = 170, 330, 28
    height = 62 + step * len(rows) + 12
    parts = [text(16, 30, heading, size=16, weight="bold"), line(left, 46, left, height - 12)]
    for number, (name, value, words) in enumerate(rows):
        y = 52 + number * step
        parts.append(text(left - 8, y + 15, shortened(name, 11), anchor="end"))
        length = 0.0 if value is None else width * min(value / most, 1.0)
        if value is not None:
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="20" fill="{_INK}"/>')
        parts.append(text(left + length + 8, y + 15, words))
    told = "、".join(f"{name} {words}" for name, _, words in rows)
    return svg(640, height, heading, told, parts, identity)


def lines(
    heading: str,
    years: Sequence[str],
    series: Sequence[tuple[str, Sequence[float | None]]],
    *,
    unit: str = "",
    digits: int = 0,
    identity: str = "lines",
) -> str:
    """Year on year. A withheld year is a gap and said so; series differ by dash and marker too."""
    left, right, top, bottom = 70, 470, 60, 280
    values = [value for _, row in series for value in row if value is not None] or [0.0, 1.0]
    low, high = min(values), max(values)
    step = _step((high - low) or 1.0)
    low, high = math.floor(low / step - 0.3) * step, math.ceil(high / step + 0.3) * step
    across = [left + 30 + (right - left - 60) * n / max(len(years) - 1, 1) for n in range(len(years))]
    parts = [text(16, 30, heading, size=16, weight="bold")]
    for number in range(round((high - low) / step) + 1):
        y = bottom - (bottom - top) * number * step / (high - low)
        parts += [
            line(left, y, right, y, "#d0d0d0"),
            text(left - 8, y + 4, f"{low + number * step:.{digits}f}", size=12, anchor="end"),
        ]
    parts += [text(x, bottom + 22, year, anchor="middle") for x, year in zip(across, years, strict=True)]
    parts.append(text(left - 8, top - 12, unit, size=11, anchor="end"))
    for place, (name, row) in enumerate(series):
        heights = [None if v is None else bottom - (bottom - top) * (v - low) / (high - low) for v in row]
        parts += _series(list(zip(across, heights, strict=True)), place)
        y = top + 12 + 26 * place
        parts += [*_series([(right + 18, y), (right + 52, y)], place), text(right + 62, y + 5, shortened(name, 8))]
    for number, x in enumerate(across):
        if any(row[number] is None for _, row in series):
            parts.append(text(x, bottom + 40, "非表示あり", size=10, anchor="middle"))
    told = "。".join(
        f"{name}: "
        + "、".join(
            f"{y} {'非表示' if v is None else f'{v:.{digits}f}{unit}'}" for y, v in zip(years, row, strict=True)
        )
        for name, row in series
    )
    return svg(640, 335, heading, told, parts, identity)


def _step(span: float) -> float:
    rough = span / 4
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough - 1e-12)


def _series(corners: Sequence[tuple[float, float | None]], place: int) -> list[str]:
    dash = ("", "7 4", "2 3")[place % 3]
    colour = ("#0017c1", "#a3003a", "#333333")[place % 3]
    parts = []
    for (x1, y1), (x2, y2) in pairwise(corners):
        if y1 is not None and y2 is not None:
            style = f'stroke="{colour}" stroke-width="2"' + (f' stroke-dasharray="{dash}"' if dash else "")
            parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {style}/>')
    for x, y in corners:
        if y is not None:
            shapes = (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
                f'<path d="M{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y + 5:.1f}H{x - 6:.1f}Z" fill="{colour}"/>',
                f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" fill="{colour}"/>',
            )
            parts.append(shapes[place % 3])
    return parts
