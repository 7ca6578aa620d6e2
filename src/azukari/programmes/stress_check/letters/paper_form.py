"""紙の調査票: the published wording on paper, for those who cannot answer on the web; made for double keying.

The first page is the letter (address window, how to answer, how to return), the answers begin on the back. Name and
section stand on the first page only; every further page bears the sheet number, by which it is keyed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from azukari.letters.fitting import Advances
from azukari.letters.typst import render_pdf
from azukari.programmes.stress_check.instrument import Instrument, Section
from azukari.vocabulary.wareki import to_wareki

from .envelope import Fonts, addressed
from .years import year_words

TEMPLATE = Path(__file__).resolve().parent / "paper_form.typ"

OUTSIDE = ("大切なお知らせです", "親展（ご本人が開けてお読みください）")
STEPS = (
    "黒か青のボールペンで、それぞれの質問に一つ、あてはまる番号を○で囲んでください。",
    "間違えたときは、二重線で消して、正しい番号を○で囲んでください。",
    "すべての質問に答えてください。答えのない質問があると、結果を判定できないことがあります。",
    "同封の返信用封筒に、この用紙をすべて入れ、のりで封をして返してください。封をした封筒は、職場ではだれも開けません。",
)
NOTES = (
    "上司、人事の権限をもつ人、職場の人は、あなたの回答を見ることができません。開けるのは、守秘義務のある実施者（医師・保健師等）と実施事務従事者だけです。",
    "各ページの上の「用紙番号」で、あなたの回答として入力します。用紙をほかの人と取り替えないでください。",
    "受けるかどうかは任意です。受けないことや結果を理由に、不利益な扱いを受けることはありません。",
)
#: Items on one page at most; a longer section goes on to the next page.
MOST_ON_PAGE = 30


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One counted sheet. ``number``: the sheet number that is keyed with the answers."""

    number: str
    name: str
    section: str
    employee_number: str


def forms_pdf(
    forms: Sequence[PaperForm],
    *,
    instrument: Instrument,
    fiscal_year: int,
    return_by: date,
    contact: str,
    sender: str,
    fonts: Fonts = (),
) -> bytes:
    """The questionnaires in the order given, each beginning on an odd page (two-sided printing), in Japanese.

    :raises SheetsDoNotFit: a section or name fits no window.
    :raises ValueError: no form at all, or two of the same number.
    """
    numbers = [form.number for form in forms]
    if not forms:
        raise ValueError("調査票を作る人がいません。対象者を選んでから、もう一度実行してください。")
    if len(set(numbers)) < len(numbers):
        raise ValueError("同じ用紙番号の調査票があります。番号を付け直してから、もう一度実行してください。")
    data = {
        "title": f"{year_words(fiscal_year)}　ストレスチェック調査票",
        "sender": sender,
        "outside": list(OUTSIDE),
        "contact": contact,
        "return_by": f"{to_wareki(return_by)}までに返してください",
        "steps": list(STEPS),
        "notes": list(NOTES),
        "instrument": instrument.title["ja"],
        "citation": instrument.citation,
        "count": len(instrument.items),
        "pages": pages(instrument),
        "sheets": addressed(forms, _inside, fonts),
    }
    return render_pdf(TEMPLATE, data, fonts)


def pages(instrument: Instrument) -> list[list[dict[str, Any]]]:
    """The sections by page: as many whole sections as have room (a shared question counts as an item)."""
    found: list[list[dict[str, Any]]] = []
    room = 0
    for section in instrument.sections:
        size = len(section.items) + len({_stem(item) for item in section.items} - {""}) + 3
        if not found or size > room:
            found.append([])
            room = MOST_ON_PAGE + 3
        found[-1].append(_section(section))
        room -= size
    return found


def _section(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "heading": section.heading["ja"],
        "how": section.on_paper["ja"],
        "options": [[option.value, option.words["ja"]] for option in section.options],
        "items": [{"number": item.number, "words": item.words["ja"], "stem": _stem(item)} for item in section.items],
    }


def _stem(item: Any) -> str:
    return "" if item.stem is None else str(item.stem["ja"])


def _inside(form: PaperForm, _em: Advances) -> dict[str, Any]:
    return {"number": form.number}
