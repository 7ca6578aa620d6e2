"""The screening voucher (受診券): one A4 sheet per person, as input for ``voucher.typ``.

Prints the 12 items that the paper's 委託の内容 ② lists and nothing else about the person: no kana, no age, no
history of screenings. The sheet is folded in three (99 mm) for a window envelope 長形3号 (235 × 120 mm); whatever
play it has in there, the window (90 × 45 mm, 20 mm from the left, 13 mm from the top) shows the address block and
nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from azukari.letters.codes import grouped, qr_pngs
from azukari.letters.fitting import Advances, Box, Fitted, TextDoesNotFit, advances, fit
from azukari.letters.typst import render_pdf
from azukari.vocabulary.refusal import Refusal
from azukari.vocabulary.wareki import PartialDate, to_wareki

TEMPLATE = Path(__file__).resolve().parent / "voucher.typ"
FORM = Path(__file__).resolve().parent / "voucher_form.typ"

#: 委託の内容 ②「提供した対象者に係る必要項目…の印字」.
PRINTED_ITEMS = (
    "郵便番号", "住所", "氏名", "受診番号", "受診券整理番号", "被保険者証等記号番号", "生年月日", "性別",
    "生活保護等受給の有無", "電話番号", "肝炎受診歴", "自己負担金額",
)  # fmt: skip

MM = 72 / 25.4
#: The boxes of ``voucher.typ``. Sizes in points with the lines each allows; the smallest is still readable at 8 pt.
_ADDRESS = Box("住所", 64 * MM, ((11, 2), (10, 2), (9.5, 3), (8, 3), (7, 4)))
_ADDRESSEE = Box("氏名", 57 * MM, ((15, 1), (13, 1), (11, 1), (9.5, 2), (8, 2), (7, 3)))
#: Points that address and addressee may take together below the postal code (line pitch 1.25).
_WINDOW_HEIGHT = 20 * MM
_NAME = Box("氏名", 104 * MM, ((18, 1), (15, 1), (13, 1), (11, 2), (9, 3), (8, 3)))
_CELLS = {
    "受診番号": Box("受診番号", 56 * MM, ((18, 1), (15, 1), (12, 1), (10, 1))),
    "受診券整理番号": Box("受診券整理番号", 62 * MM, ((18, 1), (15, 1), (12, 1), (10, 1))),
    "電話番号": Box("電話番号", 56 * MM, ((15, 1), (12, 1), (10, 1), (9, 2))),
    "被保険者証等記号番号": Box("被保険者証等記号番号", 82 * MM, ((15, 1), (12, 1), (10, 2), (9, 2))),
    "生年月日": Box("生年月日", 52 * MM, ((15, 1), (13, 1), (11, 1))),
    "性別": Box("性別", 17 * MM, ((15, 1), (11, 1), (9, 1))),
    "生活保護等受給の有無": Box("生活保護等受給の有無", 46 * MM, ((15, 1), (11, 1), (9, 2))),
    "肝炎受診歴": Box("肝炎受診歴", 46 * MM, ((15, 1), (11, 1), (9, 2))),
}
MOST_TESTS = 11


@dataclass(frozen=True, slots=True)
class Fee:
    """What one test costs this person (yen; 0 = free) and from when till when the voucher is good for it."""

    yen: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Voucher:
    """One person's sheet: the sheet code and the 12 printed items, all as they shall appear.

    ``fees`` stands in the order of :attr:`Edition.tests`; None where the person may not take the test.
    Flags (``welfare``, ``hepatitis_history``) are words, 「有」「無」 as a rule; empty text leaves the box empty.
    """

    code: str
    postal_code: str
    address: str
    name: str
    visit_number: str
    ticket_number: str
    insurance_number: str
    birth_date: date | PartialDate
    sex: str
    welfare: str
    telephone: str
    hepatitis_history: str
    fees: tuple[Fee | None, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """What all sheets of a run have in common. ``tests``: name and a short remark (or empty) for each row of the table.

    ``office`` and ``telephone``: whom to ask; ``notes``: at most four sentences for those who come.
    """

    fiscal_year: int
    ward: str
    office: str
    telephone: str
    tests: tuple[tuple[str, str], ...]
    title: str = "健康診査・がん検診等"
    notes: tuple[str, ...] = field(
        default=(
            "受診のときは、この受診券と、健康保険の資格が分かるもの（マイナ保険証等）をお持ちください。",
            "医療機関へ事前に予約してください。有効期間を過ぎると受診できません。",
            "「対象外」の検査は、この受診券では受けられません。",
            "区外へ転出された方、加入する健康保険が変わった方は、使えないことがあります。",
        )
    )


class SheetsDoNotFit(Refusal, ValueError):
    """Some sheets have text that fits no box; nothing was printed. ``rows``: (row number from 1, field, characters)."""

    def __init__(self, rows: Sequence[tuple[int, str, int]]) -> None:
        super().__init__(tuple(rows))
        self.rows = tuple(rows)

    def __str__(self) -> str:
        shown = "、".join(f"{row}行目の「{name}」（{length}文字）" for row, name, length in self.rows[:10])
        more = f"ほか{len(self.rows) - 10}件" if len(self.rows) > 10 else ""
        return (
            f"受診券に入りきらない文字列が{len(self.rows)}件あります：{shown}{more}。"
            "表記を短くできるか確かめるか、その方を個別作成に回してから、もう一度実行してください。"
        )


def builder(edition: Edition, fonts: Sequence[Path | str] = ()) -> Callable[[Sequence[Voucher]], bytes]:
    """The function that turns a batch of vouchers into the template's JSON (can be sent to a worker)."""
    return partial(voucher_json, edition, fonts=tuple(str(folder) for folder in fonts))


def voucher_json(edition: Edition, vouchers: Sequence[Voucher], *, fonts: Sequence[Path | str] = ()) -> bytes:
    """The template's input, UTF-8 JSON: ``edition``, ``form``, ``sheets`` (text fitted to its boxes), their ``codes``.

    :raises SheetsDoNotFit: all rows at once.
    :raises ValueError: more tests than the table has room for, or fees that do not match the tests.
    """
    if not 1 <= len(edition.tests) <= MOST_TESTS:
        raise ValueError(f"受診券の表には検査を1〜{MOST_TESTS}件まで載せられます（{len(edition.tests)}件あります）。")
    folders = tuple(str(folder) for folder in fonts)
    sheets: list[dict[str, Any]] = []
    misfits: list[tuple[int, str, int]] = []
    for row, voucher in enumerate(vouchers, 1):
        if len(voucher.fees) != len(edition.tests):
            raise ValueError(
                f"{row}行目の自己負担金額が{len(voucher.fees)}件です。検査は{len(edition.tests)}件あります。"
            )
        try:
            sheets.append(_sheet(voucher, folders))
        except TextDoesNotFit as misfit:
            misfits.append((row, misfit.field, misfit.length))
    if misfits:
        raise SheetsDoNotFit(misfits)
    return b'{%s,"sheets":%s,"codes":%s}' % (_head_json(edition, folders), _json(sheets), _codes_json(vouchers))


_NUMBERS = [str(number) for number in range(256)]


def _codes_json(vouchers: Sequence[Voucher]) -> bytes:
    """The 2-D codes as lists of byte values; written by hand, as an encoder would look at each of 75,000 numbers."""
    symbols = qr_pngs([voucher.code for voucher in vouchers])
    lists = ("[" + ",".join([_NUMBERS[value] for value in symbol]) + "]" for symbol in symbols)
    return f"[{','.join(lists)}]".encode()


def voucher_pdf(edition: Edition, vouchers: Sequence[Voucher], *, fonts: Sequence[Path | str] = ()) -> bytes:
    """A few sheets at once, in this process: a late issue, a sample for the counter.

    :raises SheetsDoNotFit: see :func:`voucher_json`.
    """
    return render_pdf(TEMPLATE, voucher_json(edition, vouchers, fonts=fonts), fonts)


@lru_cache(maxsize=4)
def _form_pdf(edition: Edition, fonts: tuple[str, ...]) -> bytes:
    return render_pdf(FORM, {"edition": _edition(edition)}, fonts)


@lru_cache(maxsize=4)
def _head_json(edition: Edition, fonts: tuple[str, ...]) -> bytes:
    return b'"edition":%s,"form":%s' % (_json(_edition(edition)), _json(list(_form_pdf(edition, fonts))))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def misfits(
    edition: Edition, vouchers: Sequence[Voucher], *, fonts: Sequence[Path | str] = ()
) -> list[tuple[int, str, int]]:
    """Rows (from 1) that :func:`voucher_json` would refuse, before anything is drawn: (row, field, characters)."""
    try:
        voucher_json(edition, vouchers, fonts=fonts)
    except SheetsDoNotFit as refusal:
        return list(refusal.rows)
    return []


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "year": f"{_wareki(date(edition.fiscal_year, 4, 1)).split('年')[0]}年度",
        "ward": edition.ward,
        "office": edition.office,
        "telephone": edition.telephone,
        "title": edition.title,
        "notes": list(edition.notes),
        "tests": [list(test) for test in edition.tests],
    }


def _sheet(voucher: Voucher, folders: tuple[str, ...]) -> dict[str, Any]:
    em = advances(folders)

    def put(name: str, text: str) -> list[Any]:
        size = _size_of(name, text.translate(_ALIKE), folders)
        if size is not None:
            return [size, text]
        fitted = fit(text, _CELLS[name], em)
        return [fitted.size, *fitted.lines]

    def word(name: str, text: str) -> list[Any]:
        return _word(name, text, folders)

    address, addressee = window(voucher.address, voucher.name, em)
    name = fit(voucher.name, _NAME, em)
    return {
        "c": grouped(voucher.code),
        "p": postal(voucher.postal_code),
        "a": [address.size, *address.lines],
        "t": [addressee.size, *addressee.lines],
        "w": round(max(map(em.of, addressee.lines)) * addressee.size / MM + 2.5, 2),
        "n": [name.size, *name.lines],
        "b": [
            word("性別", voucher.sex),
            word("生年月日", _wareki(voucher.birth_date)),
            put("受診番号", voucher.visit_number),
            put("受診券整理番号", voucher.ticket_number),
            put("電話番号", voucher.telephone),
            put("被保険者証等記号番号", voucher.insurance_number),
            word("生活保護等受給の有無", voucher.welfare),
            word("肝炎受診歴", voucher.hepatitis_history),
        ],
        "f": [_fee(fee) for fee in voucher.fees],
    }


_ALIKE = str.maketrans("123456789", "000000000")


@lru_cache(maxsize=4096)
def _size_of(name: str, shape: str, folders: tuple[str, ...]) -> float | None:
    """Size of a number on one line, by its shape: digits are alike where the font draws them equally wide."""
    em = advances(folders)
    if len({em[digit] for digit in "0123456789"}) > 1:
        return None
    try:
        fitted = fit(shape, _CELLS[name], em)
    except TextDoesNotFit:
        return None
    return fitted.size if fitted.lines == (shape,) else None


@lru_cache(maxsize=65536)
def _word(name: str, text: str, folders: tuple[str, ...]) -> list[Any]:
    """A field with few different values: fitted once each."""
    fitted = fit(text, _CELLS[name], advances(folders))
    return [fitted.size, *fitted.lines]


def window(address: str, name: str, em: Advances) -> tuple[Fitted, Fitted]:
    """Address and addressee as large as both together may be in the window."""
    for smaller_name in range(len(_ADDRESSEE.steps)):
        for smaller_address in range(len(_ADDRESS.steps)):
            above = fit(address, _from(_ADDRESS, smaller_address), em)
            below = fit(name, _from(_ADDRESSEE, smaller_name), em)
            if _height(above) + _height(below) <= _WINDOW_HEIGHT:
                return above, below
    raise TextDoesNotFit("住所と氏名", len(address) + len(name))


def _from(box: Box, step: int) -> Box:
    return box if step == 0 else Box(box.field, box.width, box.steps[step:])


def _height(fitted: Fitted) -> float:
    return fitted.size * 1.25 * len(fitted.lines)


@lru_cache(maxsize=4096)
def _fee(fee: Fee | None) -> list[str] | None:
    if fee is None:
        return None
    price = "無料" if fee.yen == 0 else f"{fee.yen:,}円"
    return [price, f"{_wareki(fee.first)}から{_wareki(fee.last)}まで"]


@lru_cache(maxsize=65536)
def _wareki(day: date | PartialDate) -> str:
    return to_wareki(day, "long")


def postal(code: str) -> str:
    digits = "".join(character for character in code if character.isdigit())
    return f"〒{digits[:3]}-{digits[3:]}" if len(digits) == 7 else f"〒{code}"
