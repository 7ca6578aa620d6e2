"""個人結果通知: one person's result as a letter of two pages (one sheet of paper), and as the person's own CSV.

Above the first fold stand section, name and sender and nothing else. A level is always said in words beside the
figure; a missing verdict is said to be missing, never to be a good sign. The page is written for laymen; the totals and
the name of the scoring set are there for the doctor who is shown it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from azukari.custody.csvfile import write_csv
from azukari.letters.typst import render_pdf
from azukari.programmes.stress_check.instrument import ANSWERS, SCALES, instrument
from azukari.programmes.stress_check.profile_charts import RADARS, radars
from azukari.programmes.stress_check.rules import AREAS as AREA_KEYS
from azukari.programmes.stress_check.rules import SCALES_OF_AREA
from azukari.vocabulary.wareki import to_wareki

from . import result_words as words
from .envelope import Fonts, addressed
from .result_words import KOKORO_NO_MIMI, Helpline
from .years import year_words

TEMPLATE = Path(__file__).resolve().parent / "result.typ"

#: The scales of each area on the sheet: satisfaction is shown with support, though it counts in no total.
_SHOWN: Mapping[str, tuple[str, ...]] = {
    **SCALES_OF_AREA,
    "c": (*SCALES_OF_AREA["c"], "satisfaction"),
}
#: A longer note (characters) stands overleaf, so that the letter stays one sheet.
NOTE_IN_FRONT = 150
#: The part of a radar's drawing that is printed: without the margins, and without the line that stands there once.
_CROP = ('viewBox="0 0 560 360"', 'viewBox="40 8 480 322"')


@dataclass(frozen=True)
class ResultSheet:
    """One person's result. ``number``: neutral number of the letter or ""; ``points``: the 19 scales, 1 bad .. 5 good,
    None where not computable; ``a``, ``b``, ``c``: totals of the ``method`` ("simple_sum", "conversion");
    ``withheld``: as ``rules.score`` says it; ``interview``: the implementer decided that one is needed; ``note``: the
    implementer's words; ``scoring``: name of the scoring set; ``instrument``: its key.
    """

    number: str
    name: str
    employee_number: str
    section: str
    fiscal_year: int
    answered_on: date
    points: Mapping[str, int | None]
    a: int | None
    b: int | None
    c: int | None
    method: str
    verdict: str | None
    withheld: str | None
    interview: bool
    note: str
    contact: str
    apply_until: date | None
    scoring: str
    instrument: str


class UnknownLanguage(LookupError):
    """The sheet has no words of this language."""

    def __str__(self) -> str:
        return f"結果の通知に言語「{self.args[0]}」はありません。{'、'.join(words.LANGUAGES)} から選んでください。"


def result_pdf(
    sheets: Sequence[ResultSheet],
    *,
    sender: str = "実施事務局",
    helpline: Helpline = KOKORO_NO_MIMI,
    language: str = "ja",
    fonts: Fonts = (),
) -> bytes:
    """A letter a person, each beginning on an odd page, in the order given. Drawing one takes about 4 MB.

    ``sender``: what the outside says above 「大切なお知らせです」.

    :raises UnknownLanguage: other than Japanese and English.
    :raises SheetsDoNotFit: a section or name fits no window; nothing is printed.
    :raises ValueError: no sheet at all.
    """
    if language not in words.LANGUAGES:
        raise UnknownLanguage(language)
    if not sheets:
        raise ValueError("結果の通知を作る人がいません。知らせる結果を選んでから、もう一度実行してください。")
    data = {
        "language": language,
        "sender": sender,
        "words": words.WORDS[language],
        "consent": list(words.CONSENT[language]),
        "self_care": list(words.SELF_CARE[language]),
        "helpline": [helpline.name[language], helpline.telephone, helpline.web],
        "sheets": addressed(sheets, lambda sheet, _em: _inside(sheet, language), fonts),
    }
    return render_pdf(TEMPLATE, data, fonts)


def summary_of(sheet: ResultSheet) -> str:
    """Which of ``result_words.SUMMARIES`` this person is told."""
    if sheet.verdict == "high":
        return "interview" if sheet.interview else "high"
    if sheet.verdict == "not_high":
        return "interview_only" if sheet.interview else "not_high"
    reason = sheet.withheld or ""
    return "missing" if reason.startswith("missing_") else reason if reason in words.SUMMARIES else "unknown"


def _inside(sheet: ResultSheet, language: str) -> dict[str, Any]:
    said, form = words.WORDS[language], instrument(sheet.instrument)
    until = said["soon"] if sheet.apply_until is None else said["until"].format(day=_day(sheet.apply_until, language))
    short, none = not set(SCALES) <= set(form.scales), all(sheet.points.get(scale) is None for scale in SCALES)
    missing = [area for area in AREA_KEYS if area in (sheet.withheld or "").removeprefix("missing_")]
    named = ("、" if language == "ja" else ", ").join(words.TOTALS[area][language] for area in missing)
    method, direction = words.METHODS[sheet.method][language]
    keeping = words.KEEPING[language].format(method=method, instrument=form.title[language], scoring=sheet.scoring)
    return {
        "number": sheet.number,
        "year": _fiscal_year(sheet.fiscal_year, language),
        "answered": said["answered"].format(day=_day(sheet.answered_on, language)),
        "summary": [text.format(until=until, areas=named) for text in words.SUMMARIES[summary_of(sheet)][language]],
        "strong": sheet.verdict == "high" or sheet.interview,
        "note": sheet.note,
        "note_overleaf": len(sheet.note) > NOTE_IN_FRONT,
        "charts": [] if short or none else charts(sheet, language),
        "no_charts": said["charts_short"] if short else said["charts_none"],
        "direction": f"{method}。{direction}" if language == "ja" else f"{method}: {direction}",
        "totals": [[words.TOTALS[area][language], *total] for area, total in _totals(sheet).items()],
        "areas": [
            {"name": words.AREAS[area][language][0], "meaning": words.AREAS[area][language][1], "scales": rows}
            for area in AREA_KEYS
            if (rows := _scales(sheet, area, language))
        ],
        "interview": [text.format(until=until) for text in words.INTERVIEW[language][sheet.interview]],
        "contact": sheet.contact,
        "keeping": keeping,
    }


def charts(sheet: ResultSheet, language: str = "ja") -> list[str]:
    """The three radars as SVG, in the language of the sheet."""
    drawn = [radars(sheet.points)[area].replace(*_CROP) for area in RADARS]
    return [_cut(svg) if language == "ja" else _cut(_english(svg)) for svg in drawn]


def _cut(svg: str) -> str:
    """Without the explanation at the foot of each chart, which the sheet prints once."""
    start = svg.rindex("<text ")
    return svg[:start] + "</svg>"


def _english(svg: str) -> str:
    for word in sorted(words.CHART_WORDS, key=len, reverse=True):
        svg = svg.replace(word, words.CHART_WORDS[word])
    return svg


def _scales(sheet: ResultSheet, area: str, language: str) -> list[list[Any]]:
    """Rows (name, points or None, words) of the scales that the questionnaire asks in full."""
    form = instrument(sheet.instrument)
    rows: list[list[Any]] = []
    for scale in _SHOWN[area]:
        if scale not in form.scales:
            continue
        points = sheet.points.get(scale)
        level = words.WORDS[language]["not_computed"] if points is None else words.LEVELS[language][points - 1]
        rows.append([form.scale_names[scale][language], points, level])
    return rows


def _totals(sheet: ResultSheet) -> dict[str, list[str]]:
    """Area → (total, lowest–highest possible) of the method."""
    form = instrument(sheet.instrument)
    found = {}
    for area, total in (("a", sheet.a), ("b", sheet.b), ("c", sheet.c)):
        items = len(form.items_of_area(area))  # type: ignore[arg-type]
        many, most = (items, ANSWERS[-1]) if sheet.method == "simple_sum" else (len(SCALES_OF_AREA[area]), 5)
        found[area] = ["―" if total is None else str(total), f"{many}–{many * most}"]
    return found


def _day(day: date, language: str) -> str:
    return to_wareki(day) if language == "ja" else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def _fiscal_year(year: int, language: str) -> str:
    shown = year_words(year) if language == "ja" else str(year)
    return words.WORDS[language]["year"].format(year=shown)


_VERDICTS = {"high": "高ストレス", "not_high": "高ストレスではない", None: "判定なし"}
_REASONS = {"sex_unknown": "性別の登録がないため", None: ""}


def result_csv(sheet: ResultSheet) -> bytes:
    """The person's own data, an item a line: UTF-8 with BOM, CRLF, nothing that a spreadsheet would run.

    Columns: 項目, 値, 説明.
    """
    form = instrument(sheet.instrument)
    method, direction = words.METHODS[sheet.method]["ja"]
    reason = _REASONS.get(sheet.withheld, "答えのない質問があるため")
    rows: list[tuple[str, str, str]] = [
        ("年度", str(sheet.fiscal_year), ""),
        ("氏名", sheet.name, ""),
        ("職員番号", sheet.employee_number, ""),
        ("所属", sheet.section, ""),
        ("回答日", sheet.answered_on.isoformat(), ""),
        ("調査票", form.title["ja"], form.key),
        ("判定の方法", method, direction),
        ("判定", _VERDICTS[sheet.verdict], reason),
        ("医師による面接指導", "対象" if sheet.interview else "対象ではない", ""),
        ("申出の期限", sheet.apply_until.isoformat() if sheet.apply_until else "", ""),
        ("実施者から", sheet.note, ""),
    ]
    rows += [
        (f"{words.TOTALS[area]['ja']} 合計点", total.replace("―", ""), f"とりうる点 {span}")
        for area, (total, span) in _totals(sheet).items()
    ]
    for area in AREA_KEYS:
        rows += [
            (name, "" if points is None else str(points), level) for name, points, level in _scales(sheet, area, "ja")
        ]
    rows += [("採点の基準", sheet.scoring, ""), ("問い合わせ先", sheet.contact, "")]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "value": pl.String, "words": pl.String}, orient="row")
    return write_csv(frame, {"item": "項目", "value": "値", "words": "説明"}, "utf-8-sig").data
