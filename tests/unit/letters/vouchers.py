"""Invented people for the voucher tests and the bench: no name, number or address is anybody's."""

from __future__ import annotations

import hashlib
import random
from datetime import date

from azukari.programmes.screening.letters.voucher import Edition, Fee, Voucher
from azukari.programmes.screening.numbers import make_sheet_code

TESTS = (
    ("健康診査", ""), ("胃がん検診", "内視鏡"), ("胃がん検診", "エックス線"), ("大腸がん検診", ""), ("肺がん検診", ""),
    ("肺がん検診", "喀痰検査を含む"), ("子宮頸がん検診", ""), ("乳がん検診", ""), ("前立腺がん検診", "健康診査と同時"),
    ("肝炎ウイルス検診", ""),
)  # fmt: skip
EDITION = Edition(2025, "見本区", "健康部健康づくり課", "03-0000-0000", TESTS)
_YEN = (0, 2000, 1900, 600, 900, 1200, 900, 800, 200, 0)
_TOWNS = ("中央町", "西見本", "東見本一丁目", "南山伏町", "上落谷", "大久森", "百人塚")
_BUILDINGS = ("", "", "見本マンション", "コーポ桜", "グランドメゾン見本中央", "都営見本町アパート")
_FAMILIES = ("佐藤", "鈴木", "髙橋", "田中", "渡邉", "伊東", "山﨑", "中村", "小林", "加藤", "長谷川")
_GIVEN = ("太郎", "花子", "一郎", "美咲", "健", "さくら", "翔太", "千代", "清", "葵", "龍之介")
_START, _END, _EARLY_END = date(2025, 6, 1), date(2026, 3, 31), date(2026, 1, 31)


def voucher(number: int) -> Voucher:
    """The same person for the same number, about 4 of 10 tests not for them."""
    chance = random.Random(number)
    house = f"{chance.randint(1, 30)}番{chance.randint(1, 30)}号"
    building = chance.choice(_BUILDINGS)
    fees = tuple(
        None if chance.random() < 0.4 else Fee(yen, _START, _EARLY_END if place == 1 else _END)
        for place, yen in enumerate(_YEN)
    )
    return Voucher(
        code=make_sheet_code(hashlib.sha256(str(number).encode()).digest()[:10]),
        postal_code=f"000{chance.randint(0, 9999):04d}",
        address=f"見本県見本区{chance.choice(_TOWNS)}{house}"
        + (f"{building}{chance.randint(101, 1999)}号室" if building else ""),
        name=f"{chance.choice(_FAMILIES)}　{chance.choice(_GIVEN)}",
        visit_number=f"{number:08d}",
        ticket_number=f"{25_000_000_000 + number:011d}",
        insurance_number=f"{chance.randint(1, 99):02d}-{chance.randint(0, 999999):06d}",
        birth_date=date(chance.randint(1930, 2004), chance.randint(1, 12), chance.randint(1, 28)),
        sex=chance.choice("男女"),
        welfare=chance.choice(("有", "無", "無", "無")),
        telephone=f"03-0000-{chance.randint(0, 9999):04d}",
        hepatitis_history=chance.choice("有無"),
        fees=fees,
    )


def vouchers(count: int) -> list[Voucher]:
    return [voucher(number) for number in range(1, count + 1)]
