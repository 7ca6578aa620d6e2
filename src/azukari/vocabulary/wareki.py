"""Dates as Japanese ledgers write them, read and written without guessing.

A ledger may know only the year or the month (「昭和40年4月不詳」, 3400400): such a date is a `PartialDate` with
what is known. Eras are checked to the day. Days before 1873 were counted in the old lunar calendar and are refused
when given in an era: converting them needs a table, not arithmetic.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Day = date  # PartialDate has a method of the name
Style = Literal["long", "short", "code"]

FIRST_YEAR, LAST_YEAR = 1868, 2199
SOLAR_CALENDAR = date(1873, 1, 1)  # 明治6年1月1日, 明治五年太政官布告第三百三十七号


@dataclass(frozen=True, slots=True)
class Era:
    """One era: names in three styles and the first and last day on which it counts."""

    name: str
    letter: str
    code: str
    start: date
    end: date


def _eras() -> tuple[Era, ...]:
    starts = [
        ("明治", "M", date(1868, 1, 25)),
        ("大正", "T", date(1912, 7, 30)),
        ("昭和", "S", date(1926, 12, 25)),
        ("平成", "H", date(1989, 1, 8)),
        ("令和", "R", date(2019, 5, 1)),
    ]
    ends = [start - timedelta(days=1) for _, _, start in starts[1:]] + [date.max]
    return tuple(
        Era(name, letter, str(number), start, end)
        for number, ((name, letter, start), end) in enumerate(zip(starts, ends, strict=True), 1)
    )


ERAS = _eras()
_ERA_BY_MARK = {mark: era for era in ERAS for mark in (era.name, era.name[0], era.letter, era.code)}


class UnreadableDate(ValueError):
    """A date that cannot be read. `text` is what stood there; `str()` never repeats it, it may be a birth date."""

    def __init__(self, text: str, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}。{remedy}。")
        self.text = text
        self.problem = problem
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which the day, or the month and the day, may be unknown (None)."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None and self.day is not None:
            raise ValueError("月が不詳の日付に日だけを持たせることはできません。")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def of(cls, d: Day) -> PartialDate:
        return cls(d.year, d.month, d.day)

    def date(self) -> Day | None:
        """The day, or None when part of it is unknown."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def earliest(self) -> Day:
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> Day:
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])

    def iso(self) -> str:
        """`1965-04-01`, with 00 for what is unknown (`1965-04-00`). Sorts as text."""
        return f"{self.year:04d}-{self.month or 0:02d}-{self.day or 0:02d}"


_UNKNOWN = re.compile("不詳|不明")
_SEPARATORS = re.compile(r"[./\-‐‑‒–—―−ー・,、年月]")
_MIDNIGHT = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?$")
_KANJI_NUMBER = re.compile("[〇零一二三四五六七八九十百]+")
_KANJI_DIGITS = {"〇": 0, "零": 0, **{c: n for n, c in enumerate("一二三四五六七八九", 1)}}

LONGEST = 40  # no ledger writes a date in more characters

_MARK = r"(?P<era>明治|大正|昭和|平成|令和|[明大昭平令]|[MTSHR])"
_FORMS = [
    re.compile(form, re.ASCII)
    for form in (
        _MARK + r"?(?P<y>\d{1,4})年(?:(?P<m>\d{0,2})月)?(?:(?P<d>\d{0,2})日)?",
        _MARK + r"(?P<y>\d{1,2})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        _MARK + r"(?P<y>\d{2})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<era>[1-5])-?(?P<y>\d{2})-?(?P<m>\d{2})-?(?P<d>\d{2})",
        r"(?P<era>[1-5])-(?P<y>\d{1,2})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<y>\d{4})-(?P<m>\d{1,2})",
    )
]


def kanji_number(text: str) -> int:
    """四十, 四〇 or 一九六五 as a number.

    Raises ValueError when the characters are not a numeral.
    """
    if not text or not _KANJI_NUMBER.fullmatch(text):
        raise ValueError("漢数字ではありません。")
    if "十" not in text and "百" not in text:
        return int("".join(str(_KANJI_DIGITS[c]) for c in text))
    total = current = 0
    for c in text:
        if c in "十百":
            total += (current or 1) * (10 if c == "十" else 100)
            current = 0
        else:
            current = current * 10 + _KANJI_DIGITS[c]
    return total + current


def _plain(text: str) -> str:
    """One narrow spelling of the many: ASCII digits, upper case, `-` between numbers, no spaces, no 不詳."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    plain = _MIDNIGHT.sub("", plain)
    plain = _UNKNOWN.sub("", plain)
    plain = re.sub(r"\s+", "", plain).replace("元", "1").strip("()")
    plain = _KANJI_NUMBER.sub(lambda m: str(kanji_number(m.group())), plain)
    if "年" in plain:
        return plain
    return _SEPARATORS.sub("-", plain)


def parse_date(text: str) -> PartialDate:
    """Read one ledger date in any of the forms in use; 00 and 不詳 become unknown parts.

    Raises UnreadableDate for anything else: no such day, outside its era, year unknown, unknown form.
    """
    plain = _plain(text) if len(text) <= LONGEST else "?"
    if not plain:
        raise UnreadableDate(text, "日付が空です", "元の台帳を確かめて入力してください")
    for form in _FORMS:
        found = form.fullmatch(plain)
        if found:
            parts = found.groupdict()
            return _checked(text, parts.get("era"), parts["y"], parts.get("m"), parts.get("d"))
    raise UnreadableDate(
        text,
        "日付の書き方が分かりません",
        "昭和40年4月1日、S40.4.1、3400401、1965-04-01 のいずれかの形に直してください",
    )


def _checked(text: str, mark: str | None, y: str, m: str | None, d: str | None) -> PartialDate:
    year, month, day = int(y), int(m or 0) or None, int(d or 0) or None
    if year == 0:
        raise UnreadableDate(text, "年が不詳です", "年の分からない日付は取り込めません。台帳で年を確かめてください")
    if month is None and day is not None:
        raise UnreadableDate(text, "月が不詳なのに日があります", "月を確かめるか、日も不詳にしてください")
    era = _ERA_BY_MARK[mark] if mark else None
    if era:
        year += era.start.year - 1
    if not FIRST_YEAR <= year <= LAST_YEAR:
        problem = f"年が{FIRST_YEAR}年から{LAST_YEAR}年までの範囲にありません"
        raise UnreadableDate(text, problem, "年の桁や元号を確かめてください")
    try:
        partial = PartialDate(year, month, day)
    except ValueError:
        raise UnreadableDate(text, "暦にない日付です", "月と日を確かめてください") from None
    if era:
        _check_era(text, era, partial)
    return partial


def _check_era(text: str, era: Era, partial: PartialDate) -> None:
    if partial.latest() < SOLAR_CALENDAR:
        raise UnreadableDate(
            text, "明治5年以前の日付は旧暦のため西暦に直せません", "西暦に直した日付を確かめて、西暦で入力してください"
        )
    if partial.latest() < era.start or partial.earliest() > era.end:
        right = _era_on(partial.latest())
        name = f"{right.name}{_year_name(partial.year - right.start.year + 1)}年" if right else "別の元号"
        raise UnreadableDate(
            text, f"{era.name}の期間の外の日付です。正しくは{name}です", f"{name}でよいか台帳を確かめて直してください"
        )


def parse_dates(texts: Iterable[str | None]) -> list[PartialDate | UnreadableDate]:
    """Read a whole column, each distinct text once. Never raises: an unreadable value yields its error.

    The list has the length and order of `texts`; None counts as empty.
    """
    seen: dict[str, PartialDate | UnreadableDate] = {}
    column: list[PartialDate | UnreadableDate] = []
    for value in texts:
        text = value or ""
        read = seen.get(text)
        if read is None:
            try:
                read = parse_date(text)
            except UnreadableDate as error:
                read = error
            seen[text] = read
        column.append(read)
    return column


def _era_on(d: date) -> Era | None:
    return next((era for era in ERAS if era.start <= d <= era.end), None)


def _year_name(year: int) -> str:
    return "元" if year == 1 else str(year)


def to_wareki(d: date | PartialDate, style: Style = "long") -> str:
    """Write a date in its era: long 昭和40年4月1日 (first years 元年), short S40.4.1, code 3400401.

    Unknown parts are written so that `parse_date` reads them back (昭和40年4月日不詳, S40.4.0, 3400400). A year without
    month in which the era changed is written in the later era. Raises ValueError before 1873 (old calendar).
    """
    partial = PartialDate.of(d) if isinstance(d, date) else d
    era = _era_on(partial.latest())
    if era is None or partial.latest() < SOLAR_CALENDAR:
        raise ValueError("明治5年以前の日付は旧暦のため和暦で書けません。西暦で表示してください。")
    year, month, day = partial.year - era.start.year + 1, partial.month or 0, partial.day or 0
    if style == "short":
        return f"{era.letter}{year}.{month}.{day}"
    if style == "code":
        return f"{era.code}{year:02d}{month:02d}{day:02d}"
    long = f"{era.name}{_year_name(year)}年"
    if not month:
        return long + "月日不詳"
    return long + (f"{month}月{day}日" if day else f"{month}月日不詳")
