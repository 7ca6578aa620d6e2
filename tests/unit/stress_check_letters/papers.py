"""Made-up sheets of the stress check, and what stands where in a PDF. Nobody here exists."""

from __future__ import annotations

import unicodedata
from datetime import date
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from azukari.programmes.stress_check.instrument import SCALES
from azukari.programmes.stress_check.letters.result import ResultSheet

CONTACT = "ストレスチェック事務局　電話 03-0000-0000"
SENDER = "見本区 総務部"
HOSTILE = '#panic()*x*$\\"= 見出し<label>@ref'
#: Points from the top of an A4 page to the first fold, and the window of the envelope (left, right, top, bottom).
MM = 72 / 25.4
FOLD = 99 * MM
WINDOW = (20 * MM, 110 * MM, 13 * MM, 58 * MM)
PAGE = 297 * MM


def result(**more: Any) -> ResultSheet:
    """One person's result under high stress, for whom an interview is recommended."""
    given: dict[str, Any] = {
        "number": "R8-00012",
        "name": "見本　太郎",
        "employee_number": "012345",
        "section": "総務部人材育成等担当課育成係",
        "fiscal_year": 2026,
        "answered_on": date(2026, 9, 12),
        "points": {scale: place % 5 + 1 for place, scale in enumerate(SCALES)},
        "a": 24,
        "b": 12,
        "c": 7,
        "method": "conversion",
        "verdict": "high",
        "withheld": None,
        "interview": True,
        "note": "",
        "contact": CONTACT,
        "apply_until": date(2026, 11, 30),
        "scoring": "bjsq57@2016-1:conversion",
        "instrument": "bjsq57",
    }
    return ResultSheet(**(given | more))


def texts_of(pdf: bytes) -> list[str]:
    """The text of each page without blanks and line ends, in normal form."""
    pages = (page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    return [unicodedata.normalize("NFKC", "".join(text.split())).replace("\u200b", "") for text in pages]


def plain(text: str) -> str:
    """A text as :func:`texts_of` gives it."""
    return unicodedata.normalize("NFKC", "".join(text.split()))


def placed_of(pdf: bytes, page: int = 0) -> list[tuple[str, float, float]]:
    """(text, points from the left, points from the top) of every piece of text of a page."""
    found: list[tuple[str, float, float]] = []

    def see(text: str, cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((text.strip(), x, PAGE - y))

    PdfReader(BytesIO(pdf)).pages[page].extract_text(visitor_text=see)
    return found


def above_fold(pdf: bytes, page: int = 0) -> str:
    """What can be read on the outside of the folded sheet."""
    return plain("".join(text for text, _, y in placed_of(pdf, page) if y < FOLD))
