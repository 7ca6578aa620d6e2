"""精密検査: the letter to a person who needs further tests, its reminder, and the question to the hospital.

All three are folded in three for the voucher's window envelope, the address where the voucher has it. Above the first
fold stand addressee and sender and nothing else: not that it is about a test, let alone which one or how it went.
The letters are in large type and plain words for elderly people; a person with several cases gets one letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

import polars as pl

from azukari.letters.batches import BATCH_SIZE, Batch, render_batches
from azukari.letters.fitting import Advances, Box, TextDoesNotFit, advances, fit
from azukari.letters.typst import render_pdf
from azukari.programmes.screening.letters.voucher import MM, SheetsDoNotFit, postal, window
from azukari.vocabulary.wareki import PartialDate, to_wareki

Fonts = Sequence[Path | str]

NOTICE_TEMPLATE = Path(__file__).resolve().parent / "work_up.typ"
INQUIRY_TEMPLATE = Path(__file__).resolve().parent / "outcome_inquiry.typ"
#: More would not fit the sheet; nobody is screened for more than this in a year.
MOST_SCREENINGS = 6
MOST_METHODS = 5

#: The cells of the templates: the widths that stand there, less the inset; sizes in points with the lines each allows.
_TEST = Box("検診", 58 * MM, ((14, 1), (12, 1), (10.5, 2)))
_TEST_OF_MANY = Box("検診", 58 * MM, ((12, 1), (10.5, 2)))
_DAY = Box("受けた日", 42 * MM, ((14, 1), (12, 1)))
_DAY_OF_MANY = Box("受けた日", 42 * MM, ((12, 1),))
_PLACE = Box("受けた医療機関", 66 * MM, ((14, 1), (12, 2), (10.5, 2), (9, 3)))
_PLACE_OF_MANY = Box("受けた医療機関", 66 * MM, ((12, 1), (9.5, 2), (8.5, 2)))
_FACT = Box("照会の項目", 60 * MM, ((12, 1), (10.5, 1), (9, 2), (8, 3)))
#: From so many screenings on, the table is set closer. The letter's size (points) for fewer, and for as many or more.
MANY_SCREENINGS = 3
_SIZES = {1: 15.0, 2: 13.5}
_SIZE_OF_MANY = 12.5


class Kind(Enum):
    """The first letter or the reminder; the value is its title."""

    FIRST = "精密検査のご案内"
    REMINDER = "精密検査のご案内（再度のお知らせ）"


#: What the outside says. Nothing about health.
OUTSIDE = ("大切なお知らせです", "親展（ご本人が開けてお読みください）")
OUTSIDE_INSTITUTION = ("ご回答のお願い", "親展（担当の方が開けてお読みください）")

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "受け方",
        (
            "医療機関に電話で「検診で精密検査が必要と言われた」と伝え、予約してください。",
            "検診を受けた医療機関にも相談できます。健康保険による診療で、自己負担があります。",
        ),
    ),
    (
        "持っていくもの",
        (
            "この案内、マイナ保険証など健康保険の資格が分かるもの",
            "お薬手帳、検診の結果の写し（お持ちの方）",
        ),
    ),
    (
        "結果の報告について",
        (
            "精密検査の結果は、医療機関から区に報告されます。区は、必要な検査が済んだことを確かめ、検診をより良くするために使います。",
            "すでに受けた方は、受けた日・医療機関・検査の方法・結果を、下の電話でお知らせください。",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Screening:
    """Which screening showed that further tests are needed: name as printed, day, and where."""

    name: str
    examined_on: date
    institution: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One person's letter. ``number``: of the case, for the telephone; ``first_sent_on``: for the reminder only."""

    number: str
    postal_code: str
    address: str
    name: str
    screenings: tuple[Screening, ...]
    first_sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The question to one hospital about one case. ``methods``: the further tests to tick, as printed."""

    number: str
    postal_code: str
    address: str
    institution: str
    name: str
    birth_date: date | PartialDate
    sex: str
    screening: Screening
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeEdition:
    """What all letters of a mailing have in common."""

    kind: Kind
    issued_on: date
    ward: str
    office: str
    telephone: str
    hours: str = "平日 8時30分〜17時"
    parts: tuple[tuple[str, tuple[str, ...]], ...] = PARTS


@dataclass(frozen=True, slots=True)
class InquiryEdition:
    """What all questions to hospitals have in common. ``address``: where the form goes back to."""

    issued_on: date
    reply_by: date
    ward: str
    office: str
    address: str
    telephone: str
    title: str = "精密検査結果の照会"
    request: str = (
        "次の方は、検診の結果、精密検査が必要とされました。貴院での精密検査の結果を、下の欄に記入してお送りください。"
        "回答は、検診の結果の把握と精度管理にだけ使います。"
    )
    attended: tuple[str, ...] = ("受診した", "受診していない", "分からない")
    outcomes: tuple[str, ...] = ("異常認めず", "がん（原発性）", "がんの疑い又は未確定", "がん以外の疾患")


class _Addressed(Protocol):
    @property
    def number(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def address(self) -> str: ...


_Sheet = TypeVar("_Sheet", bound=_Addressed)


def notices(frame: pl.DataFrame) -> list[Notice]:
    """One letter per ``number``, in the order of the frame; rows with the same number are one person's screenings.

    Columns: number, postal_code, address, name, test_name, institution (words), examined_on, first_sent_on (dates; the
    last may be null in a first letter).
    """
    found: list[Notice] = []
    for _, rows in frame.group_by("number", maintain_order=True):
        head = rows.row(0, named=True)
        screenings = tuple(_screening(row) for row in rows.iter_rows(named=True))
        fields = {key: head[key] for key in ("number", "postal_code", "address", "name", "first_sent_on")}
        found.append(Notice(**fields, screenings=screenings))
    return found


def inquiries(frame: pl.DataFrame, methods: Mapping[str, tuple[str, ...]]) -> list[Inquiry]:
    """One question per row. ``methods``: for each ``test`` what the hospital can tick; none for a test not in it.

    Columns: number, postal_code, address, hospital, name, sex, test, test_name, institution (words), birth_date,
    examined_on (dates).
    """
    return [
        Inquiry(
            institution=row["hospital"],
            screening=_screening(row),
            methods=methods.get(row["test"], ()),
            **{key: row[key] for key in ("number", "postal_code", "address", "name", "birth_date", "sex")},
        )
        for row in frame.iter_rows(named=True)
    ]


def render_notices(
    sheets: Iterable[Notice],
    out_dir: Path,
    edition: NoticeEdition,
    *,
    fonts: Fonts = (),
    batch_size: int = BATCH_SIZE,
    workers: int = 2,
) -> list[Batch]:
    """The mailing as PDF batches, one sheet per person; see :func:`azukari.letters.batches.render_batches`.

    :raises SheetsDoNotFit: rows are counted within their batch.
    """
    build = notice_builder(edition, fonts)
    options = {"fonts": fonts, "batch_size": batch_size, "workers": workers}
    return render_batches(sheets, out_dir, template=NOTICE_TEMPLATE, build=build, **options)  # type: ignore[arg-type]


def render_inquiries(
    sheets: Iterable[Inquiry],
    out_dir: Path,
    edition: InquiryEdition,
    *,
    fonts: Fonts = (),
    batch_size: int = BATCH_SIZE,
    workers: int = 2,
) -> list[Batch]:
    """As :func:`render_notices`, for the questions to hospitals."""
    build = inquiry_builder(edition, fonts)
    options = {"fonts": fonts, "batch_size": batch_size, "workers": workers}
    return render_batches(sheets, out_dir, template=INQUIRY_TEMPLATE, build=build, **options)  # type: ignore[arg-type]


def notice_builder(edition: NoticeEdition, fonts: Fonts = ()) -> Callable[[Sequence[Notice]], bytes]:
    """The function that turns a batch of letters into the template's JSON."""
    return partial(notice_json, edition, fonts=tuple(str(folder) for folder in fonts))


def inquiry_builder(edition: InquiryEdition, fonts: Fonts = ()) -> Callable[[Sequence[Inquiry]], bytes]:
    """The function that turns a batch of questions into the template's JSON."""
    return partial(inquiry_json, edition, fonts=tuple(str(folder) for folder in fonts))


def notice_pdf(edition: NoticeEdition, sheets: Sequence[Notice], *, fonts: Fonts = ()) -> bytes:
    """A few letters at once, in this process. :raises SheetsDoNotFit: an address or name fits no window."""
    return render_pdf(NOTICE_TEMPLATE, notice_json(edition, sheets, fonts=fonts), fonts)


def inquiry_pdf(edition: InquiryEdition, sheets: Sequence[Inquiry], *, fonts: Fonts = ()) -> bytes:
    """As :func:`notice_pdf`, for the questions to hospitals."""
    return render_pdf(INQUIRY_TEMPLATE, inquiry_json(edition, sheets, fonts=fonts), fonts)


def notice_json(edition: NoticeEdition, sheets: Sequence[Notice], *, fonts: Fonts = ()) -> bytes:
    """The template's input, UTF-8 JSON: ``edition`` and ``sheets``.

    :raises SheetsDoNotFit: all rows whose address and name fit no window, or whose screening fits no cell.
    :raises ValueError: no screening or more than :data:`MOST_SCREENINGS`, or a reminder of nothing.
    """
    head = {
        "ward": edition.ward,
        "office": edition.office,
        "telephone": edition.telephone,
        "hours": edition.hours,
        "issued": to_wareki(edition.issued_on, "long"),
        "title": edition.kind.value,
        "outside": list(OUTSIDE),
        "many": MANY_SCREENINGS,
        "parts": [[title, list(sentences)] for title, sentences in edition.parts],
    }

    def sheet(notice: Notice, em: Advances) -> dict[str, Any]:
        if not 1 <= len(notice.screenings) <= MOST_SCREENINGS:
            raise ValueError(
                f"番号 {notice.number} の検診が{len(notice.screenings)}件です。1〜{MOST_SCREENINGS}件にしてください。"
            )
        size = _SIZES.get(len(notice.screenings), _SIZE_OF_MANY)
        return {"size": size, "lead": _lead(edition.kind, notice), "screenings": _table(notice.screenings, em)}

    return _json(head, sheets, sheet, lambda notice: notice.name, fonts)


def inquiry_json(edition: InquiryEdition, sheets: Sequence[Inquiry], *, fonts: Fonts = ()) -> bytes:
    """As :func:`notice_json`. :raises ValueError: more than :data:`MOST_METHODS` methods to tick."""
    head = {
        "ward": edition.ward,
        "office": edition.office,
        "address": edition.address,
        "telephone": edition.telephone,
        "issued": to_wareki(edition.issued_on, "long"),
        "title": edition.title,
        "outside": list(OUTSIDE_INSTITUTION),
        "request": edition.request,
        "attended": list(edition.attended),
        "outcomes": list(edition.outcomes),
        "reply": f"{to_wareki(edition.reply_by, 'long')}までに、この用紙を次へお送りください。",
    }

    def sheet(inquiry: Inquiry, em: Advances) -> dict[str, Any]:
        if len(inquiry.methods) > MOST_METHODS:
            raise ValueError(f"番号 {inquiry.number} の検査の方法は{MOST_METHODS}件までにしてください。")
        facts = [
            ["氏名", inquiry.name],
            ["性別", inquiry.sex],
            ["生年月日", to_wareki(inquiry.birth_date, "long")],
            ["検診", inquiry.screening.name],
            ["検診の日", to_wareki(inquiry.screening.examined_on, "long")],
            ["実施機関", inquiry.screening.institution],
        ]
        return {
            "facts": [[label, _cell(text, _FACT, em)] for label, text in facts],
            "methods": list(inquiry.methods),
        }

    return _json(head, sheets, sheet, lambda inquiry: inquiry.institution, fonts)


def printed_texts(sheets: Iterable[Notice | Inquiry]) -> Iterator[tuple[str, str, str]]:
    """(number, field, text) of what differs from letter to letter, for :class:`azukari.letters.glyphs.GlyphProof`."""
    for sheet in sheets:
        yield sheet.number, "氏名", sheet.name
        yield sheet.number, "住所", sheet.address
        if isinstance(sheet, Inquiry):
            yield sheet.number, "医療機関", sheet.institution
        for one in sheet.screenings if isinstance(sheet, Notice) else (sheet.screening,):
            yield sheet.number, "検診", one.name
            yield sheet.number, "実施機関", one.institution


def _screening(row: Mapping[str, Any]) -> Screening:
    return Screening(row["test_name"], row["examined_on"], row["institution"])


def _lead(kind: Kind, notice: Notice) -> list[str]:
    if kind is Kind.FIRST:
        return [
            "下の検診の結果、くわしい検査（精密検査）が必要と分かりました。",
            "病気と決まったわけではありません。",
            "症状がなくても、早めに受けてください。",
        ]
    if notice.first_sent_on is None:
        raise ValueError(
            f"番号 {notice.number} には、最初の案内を送った日がありません。再度のお知らせは作成できません。"
        )
    return [
        f"{to_wareki(notice.first_sent_on, 'long')}に、精密検査をご案内しました。",
        "受けたことが、まだ確認できていません。",
        "病気と決まったわけではありません。",
        "症状がなくても、早めに受けてください。",
    ]


def _table(screenings: Sequence[Screening], em: Advances) -> list[list[list[Any]]]:
    many = len(screenings) >= MANY_SCREENINGS
    boxes = (_TEST_OF_MANY, _DAY_OF_MANY, _PLACE_OF_MANY) if many else (_TEST, _DAY, _PLACE)
    texts = ((one.name, to_wareki(one.examined_on, "long"), one.institution) for one in screenings)
    return [[_cell(text, box, em) for text, box in zip(row, boxes, strict=True)] for row in texts]


def _cell(text: str, box: Box, em: Advances) -> list[Any]:
    fitted = fit(text, box, em)
    return [fitted.size, *fitted.lines]


def _outside(sheet: _Addressed, addressee: str, em: Advances) -> dict[str, Any]:
    """What stands above the first fold, and the number (which stands below it)."""
    above, below = window(sheet.address, addressee, em)
    return {
        "number": sheet.number,
        "p": postal(sheet.postal_code),
        "a": [above.size, *above.lines],
        "t": [below.size, *below.lines],
        "w": round(max(map(em.of, below.lines)) * below.size / MM + 2.5, 2),
    }


def _json(
    head: Mapping[str, Any],
    sheets: Sequence[_Sheet],
    inside: Callable[[_Sheet, Advances], dict[str, Any]],
    addressee: Callable[[_Sheet], str],
    fonts: Fonts,
) -> bytes:
    em = advances(fonts)
    drawn: list[dict[str, Any]] = []
    misfits: list[tuple[int, str, int]] = []
    for row, sheet in enumerate(sheets, 1):
        try:
            drawn.append(_outside(sheet, addressee(sheet), em) | inside(sheet, em))
        except TextDoesNotFit as misfit:
            misfits.append((row, misfit.field, misfit.length))
    if misfits:
        raise SheetsDoNotFit(misfits)
    return json.dumps({"edition": head, "sheets": drawn}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
