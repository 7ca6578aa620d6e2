"""What a roster's columns are called, which item each one is, and how its cells are read.

A roster comes out of some other system, so one field has several headers. A cell is read into a canonical text
(dates as ISO, flags as "1" or "0", codes in English), so that what a roster states and what the register holds are
compared as plain text, column by column. Names and addresses are kept exactly as received: normal forms are for
search keys only.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import polars as pl

from azukari.vocabulary import addresses, wareki
from azukari.vocabulary.headers import header_key

FLAG_WORDS = MappingProxyType(
    {
        **dict.fromkeys(("", "0", "無", "なし", "無し", "否", "非該当", "-", "N", "NO", "FALSE"), "0"),
        **dict.fromkeys(("1", "有", "あり", "有り", "該当", "対象", "○", "◯", "支援措置", "Y", "YES", "TRUE"), "1"),
    }
)
SEX_WORDS = MappingProxyType(
    {
        **dict.fromkeys(("1", "男", "男性", "M", "MALE"), "male"),
        **dict.fromkeys(("2", "女", "女性", "F", "FEMALE"), "female"),
        **dict.fromkeys(("", "0", "3", "9", "不明", "不詳", "その他"), ""),
    }
)
INSURANCE_WORDS = MappingProxyType(
    {
        **dict.fromkeys(("1", "国保", "国民健康保険", "NATIONAL"), "national"),
        **dict.fromkeys(("2", "後期", "後期高齢", "後期高齢者", "後期高齢者医療", "LATE_ELDERLY"), "late_elderly"),
        **dict.fromkeys(("3", "社保", "社会保険", "被用者保険", "その他", "OTHER"), "other"),
        **dict.fromkeys(("", "0", "9", "不明", "なし", "無"), ""),
    }
)
EMPLOYMENT_WORDS = MappingProxyType(
    {
        **dict.fromkeys(("1", "常勤", "常勤職員", "正規", "REGULAR"), "regular"),
        **dict.fromkeys(("2", "会計年度任用", "会計年度任用職員", "FISCAL_YEAR"), "fiscal_year"),
        **dict.fromkeys(("3", "再任用", "再任用職員", "暫定再任用", "REAPPOINTED"), "reappointed"),
        **dict.fromkeys(("4", "任期付", "任期付職員", "FIXED_TERM"), "fixed_term"),
        **dict.fromkeys(("", "9", "その他", "OTHER"), "other"),
    }
)


class Unreadable(ValueError):
    """A cell that its column cannot be read from. Never carries the cell itself: it may be personal data."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}。{remedy}")


class Shape(StrEnum):
    """What a field holds in the register, which decides how it is written as canonical text."""

    TEXT = "text"
    DATE = "date"
    FLAG = "flag"


Parser = Callable[[str], str]


@dataclass(frozen=True)
class Column:
    """One field of a roster.

    field: the model's field. item: the item's key. label: what staff call it. headers: accepted spellings beside the
    label. parser: cell to canonical text, raising Unreadable; None keeps the cell as it is. plain: a regular
    expression of cells that are canonical already. quick: reads the commonest form of whole columns, null where it
    cannot; the parser, which gives the same, is then called for what is left.
    required: whether the header must be there. filled: whether every row must have a value.
    """

    field: str
    item: str
    label: str
    headers: tuple[str, ...] = ()
    parser: Parser | None = None
    plain: str | None = None
    quick: Callable[[pl.Series], pl.Series] | None = None
    required: bool = False
    filled: bool = False
    shape: Shape = Shape.TEXT


@dataclass(frozen=True)
class Roster:
    """A kind of roster: whose it is, its columns, and which of them say that a person came, left, died, is protected.

    names: fields whose old values go to the name history. named_by: at least one of these must be filled.
    """

    kind: str
    label: str
    model: str
    columns: tuple[Column, ...]
    names: tuple[str, ...]
    named_by: tuple[str, ...]
    came: str
    left: str
    died: str | None = None
    protected: str | None = None
    identity: str = "number"

    def column(self, field: str) -> Column:
        return next(column for column in self.columns if column.field == field)

    def label_of(self, field: str) -> str:
        return next((column.label for column in self.columns if column.field == field), field)

    @property
    def spellings(self) -> Mapping[str, str]:
        """Folded header -> field."""
        return {
            header_key(header): column.field
            for column in self.columns
            for header in (column.label, column.field, *column.headers)
        }


def _words(table: Mapping[str, str], choices: str) -> Parser:
    def read(cell: str) -> str:
        key = unicodedata.normalize("NFKC", cell).strip().upper()
        if key not in table and cell.strip() not in table:
            raise Unreadable("知らない値です", f"{choices}のいずれかにしてください")
        return table[key] if key in table else table[cell.strip()]

    return read


def read_number(cell: str) -> str:
    """A number of up to 20 digits, full width allowed; leading zeros are kept as they are part of the number."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text:
        raise Unreadable("番号が空です", "番号を入れてください")
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise Unreadable("番号が数字だけではありません", "20桁までの数字にしてください")
    return text


def read_employee_number(cell: str) -> str:
    """An employee's number: letters and digits, at most 20."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text:
        raise Unreadable("番号が空です", "番号を入れてください")
    if not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= 20):
        raise Unreadable("番号に使えない文字があります", "20文字までの英数字にしてください")
    return text


def _partial(cell: str) -> wareki.PartialDate:
    try:
        return wareki.parse_date(cell)
    except ValueError:
        raise Unreadable(
            "暦にない、又は読めない日付です", "1965-04-01、19650401、S40.4.1、昭和40年4月1日 のように直してください"
        ) from None


def read_partial_date(cell: str) -> str:
    """A date of which month or day may be unknown, as "1965-04-01", "1965-04-00" or "1965-00-00"; empty stays empty."""
    return _partial(cell).iso() if cell.strip() else ""


def read_date(cell: str) -> str:
    """A full date as ISO text; empty stays empty. Some systems fill a date that does not exist with zeros or nines."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text or set(text) <= set("0-/.") or text in {"99999999", "9999-99-99", "9999/99/99"}:
        return ""
    found: date | None = _partial(cell).date()
    if found is None:
        raise Unreadable("年月日のうち分からない部分があります", "年月日をすべて確かめて入れてください")
    return found.isoformat()


def quick_dates(cells: pl.Series) -> pl.Series:
    """Cells of eight digits that are a day within living memory as ISO text, null for all others."""
    digits = cells.str.contains(r"^(19|20)[0-9]{6}$")
    days = cells.set(~digits, None).str.to_date("%Y%m%d", strict=False)
    return days.dt.to_string("%Y-%m-%d")


def read_postal_code(cell: str) -> str:
    if not cell.strip():
        return ""
    try:
        return addresses.postal_code(cell)
    except ValueError:
        raise Unreadable("郵便番号が7桁の数字ではありません", "7桁の数字、又は3桁-4桁の形にしてください") from None


read_flag = _words(FLAG_WORDS, "1・0、有・無、該当・非該当")
read_sex = _words(SEX_WORDS, "1（男）・2（女）・空欄（不明）")
read_insurance = _words(INSURANCE_WORDS, "1（国民健康保険）・2（後期高齢者医療）・3（その他）・空欄（不明）")
read_employment = _words(EMPLOYMENT_WORDS, "1（常勤）・2（会計年度任用）・3（再任用）・4（任期付）・空欄（その他）")

DIGITS = r"^[0-9]{1,20}$"

_NAME = Column("name", "name", "氏名", ("漢字氏名", "氏名漢字", "氏名（漢字）", "本名"), required=True)
_KANA = Column("kana", "name_kana", "氏名カナ", ("カナ氏名", "フリガナ", "カナ", "氏名（カナ）", "氏名フリガナ"))
_SEX = Column("sex", "sex", "性別", ("性別コード", "性別区分"), read_sex, required=True)
_BIRTH = Column(
    "birth", "birth_date", "生年月日", ("誕生日", "生年月日（西暦）", "生年月日（和暦）"), read_partial_date,
    quick=quick_dates, required=True, filled=True,
)  # fmt: skip

RESIDENTS = Roster(
    kind="residents",
    label="住民名簿",
    model="Resident",
    columns=(
        Column(
            "number",
            "resident_number",
            "宛名番号",
            ("住民番号", "個人宛名番号", "宛名コード", "識別番号"),
            read_number,
            DIGITS,
            required=True,
            filled=True,
        ),
        Column("household", "household_number", "世帯番号", ("世帯コード", "世帯識別番号")),
        _NAME,
        _KANA,
        Column(
            "latin_name",
            "name_romaji",
            "ローマ字氏名",
            ("氏名ローマ字", "氏名（ローマ字）", "英字氏名", "アルファベット氏名"),
        ),
        Column("alias_name", "common_name", "通称", ("通称名", "氏名（通称）", "通称氏名")),
        Column("former_name", "former_name", "旧氏", ("旧姓", "旧氏名", "旧氏（旧姓）")),
        _BIRTH,
        _SEX,
        Column(
            "postal_code", "postal_code", "郵便番号", ("〒", "郵便", "住所郵便番号"), read_postal_code, r"^[0-9]{7}$"
        ),
        Column("address", "address", "住所", ("現住所", "住所（町名番地）", "住所1"), required=True),
        Column(
            "address_extra",
            "address_supplement",
            "方書",
            ("住所方書", "建物名", "方書・建物名", "住所2", "アパート名等"),
        ),
        Column("phone", "phone", "電話番号", ("電話", "TEL", "連絡先電話番号")),
        Column(
            "foreign",
            "foreigner_class",
            "外国人区分",
            ("外国人住民区分", "住民種別外国人", "外国人"),
            read_flag,
            r"^[01]$",
            shape=Shape.FLAG,
        ),
        Column(
            "insurance_kind", "insurance_class", "保険区分", ("保険種別", "医療保険区分", "加入保険"), read_insurance
        ),
        Column(
            "insurance_symbol_number",
            "insurance_symbol_number",
            "被保険者証等記号番号",
            ("記号番号", "被保険者記号番号", "被保険者証記号番号", "保険証記号番号"),
        ),
        Column(
            "welfare",
            "welfare_receipt",
            "生活保護",
            ("生活保護区分", "生保", "生活保護等受給の有無", "生活保護等受給"),
            read_flag,
            r"^[01]$",
            shape=Shape.FLAG,
        ),
        Column(
            "became_resident_on",
            "moved_in_on",
            "住民となった日",
            ("住民日", "住民となった年月日", "転入日", "住定日"),
            read_date,
            quick=quick_dates,
            shape=Shape.DATE,
        ),
        Column(
            "moved_out_on",
            "moved_out_on",
            "転出日",
            ("転出年月日", "転出予定日", "住民でなくなった日"),
            read_date,
            quick=quick_dates,
            shape=Shape.DATE,
        ),
        Column("died_on", "died_on", "死亡日", ("死亡年月日",), read_date, quick=quick_dates, shape=Shape.DATE),
        # Required: a roster that is silent about protection would let the next list carry a protected address.
        Column(
            "protected",
            "protection_measure",
            "支援措置",
            ("支援措置区分", "支援対象", "DV等支援措置", "支援措置対象者区分"),
            read_flag,
            r"^[01]$",
            required=True,
            shape=Shape.FLAG,
        ),
    ),
    names=("name", "kana", "latin_name", "alias_name"),
    named_by=("name", "latin_name", "alias_name"),
    came="became_resident_on",
    left="moved_out_on",
    died="died_on",
    protected="protected",
)

EMPLOYEES = Roster(
    kind="employees",
    label="職員名簿",
    model="Employee",
    columns=(
        Column(
            "number",
            "employee_number",
            "職員番号",
            ("職員コード", "社員番号", "職員ID"),
            read_employee_number,
            DIGITS,
            required=True,
            filled=True,
        ),
        _NAME,
        _KANA,
        _SEX,
        _BIRTH,
        Column("section", "affiliation", "所属名", ("所属", "所属名称", "所属課", "部署"), required=True),
        Column("grade", "equivalent_post", "相当職名", ("相当職", "職層", "職層名")),
        Column("job", "job_title", "職務名", ("職務", "職種", "職種名")),
        Column("employment", "employment_class", "任用区分", ("雇用区分", "任用形態", "職員区分"), read_employment),
        Column(
            "joined_on",
            "hired_on",
            "採用日",
            ("採用年月日", "任用開始日"),
            read_date,
            quick=quick_dates,
            shape=Shape.DATE,
        ),
        Column(
            "left_on",
            "retired_on",
            "退職日",
            ("退職年月日", "任用終了日"),
            read_date,
            quick=quick_dates,
            shape=Shape.DATE,
        ),
    ),
    names=("name", "kana"),
    named_by=("name",),
    came="joined_on",
    left="left_on",
)

ROSTERS: Mapping[str, Roster] = MappingProxyType({roster.kind: roster for roster in (RESIDENTS, EMPLOYEES)})
