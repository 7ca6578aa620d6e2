"""The numbers on a voucher: 受診券整理番号, 受診番号 and the opaque sheet code.

Pure: who has had which number is kept elsewhere.

* 受診券整理番号 (voucher number), 11 digits: fiscal year (2), kind of voucher (1), individual number (8).
* 受診番号 (examinee number), the ward's own, 10 digits: fiscal year (2), serial (7), check digit (1).
* The sheet code, 16 characters, is drawn by chance: it says nothing about the person and cannot be computed from one.
"""

from __future__ import annotations

import unicodedata

VOUCHER_KIND = 1
VOUCHER_SERIALS = 99_999_999
EXAMINEE_SERIALS = 9_999_999
SHEET_CODE_BYTES = 10
SHEET_CODE_LENGTH = 16

# Damm's quasigroup of order 10 (H. M. Damm, 2004): finds each single wrong digit and each swap of neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

# Crockford's Base32: no I, L, O, U, so that a code can be read out and typed in.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class NoSuchNumber(ValueError):
    """A serial that no number can be made from; ``kind`` says which number, ``limit`` the largest serial."""

    def __init__(self, kind: str, serial: int, limit: int) -> None:
        self.kind = kind
        self.serial = serial
        self.limit = limit
        super().__init__(kind, serial, limit)

    def __str__(self) -> str:
        return (
            f"{self.kind}を作れません。連番 {self.serial} は 1 から {self.limit} までの範囲にありません。"
            "採番の開始番号と対象者数を確認してください。"
        )


def make_voucher_number(fiscal_year: int, serial: int, kind: int = VOUCHER_KIND) -> str:
    """受診券整理番号: ``make_voucher_number(2025, 123)`` is ``"25100000123"``. Raises :class:`NoSuchNumber`."""
    _require("受診券整理番号", serial, VOUCHER_SERIALS)
    if not 0 <= kind <= 9:
        raise NoSuchNumber("受診券整理番号の種別", kind, 9)
    return f"{_year(fiscal_year)}{kind}{serial:08d}"


def voucher_number_is_valid(number: str, fiscal_year: int | None = None, kind: int = VOUCHER_KIND) -> bool:
    """Whether ``number`` is a 受診券整理番号 of that kind (and of that year, if given); it has no check digit."""
    if len(number) != 11 or not _digits(number) or number[2] != str(kind) or number[3:] == "0" * 8:
        return False
    return fiscal_year is None or number[:2] == _year(fiscal_year)


def make_examinee_number(fiscal_year: int, serial: int) -> str:
    """受診番号: year, serial and Damm's check digit over both. Raises :class:`NoSuchNumber`."""
    _require("受診番号", serial, EXAMINEE_SERIALS)
    digits = f"{_year(fiscal_year)}{serial:07d}"
    return f"{digits}{_damm(digits)}"


def examinee_number_is_valid(number: str, fiscal_year: int | None = None) -> bool:
    """Whether ``number`` is a 受診番号 with the right check digit (and of that year, if given)."""
    if len(number) != 10 or not _digits(number) or number[2:9] == "0" * 7 or _damm(number) != 0:
        return False
    return fiscal_year is None or number[:2] == _year(fiscal_year)


def make_sheet_code(random_bytes: bytes) -> str:
    """The sheet code from 10 random bytes (``secrets.token_bytes(10)``): 15 characters of 75 random bits and a check.

    The caller draws the bytes, and draws again for a code already given out. Raises ValueError for another length.
    """
    if len(random_bytes) != SHEET_CODE_BYTES:
        raise ValueError(
            f"用紙コードには {SHEET_CODE_BYTES} バイトの乱数が必要です（{len(random_bytes)} バイトでした）。"
        )
    bits = int.from_bytes(random_bytes, "big") >> 5
    values = [bits >> (5 * place) & 31 for place in reversed(range(SHEET_CODE_LENGTH - 1))]
    return "".join(_ALPHABET[value] for value in (*values, _remainder(values)))


def read_sheet_code(text: str) -> str | None:
    """The code as a scanner or a person gives it (small letters, O for 0, I or L for 1, hyphens); None if wrong."""
    code = unicodedata.normalize("NFKC", text).strip().upper().translate(_READ_AS)
    if len(code) != SHEET_CODE_LENGTH or any(character not in _ALPHABET for character in code):
        return None
    values = [_ALPHABET.index(character) for character in code]
    return code if _remainder(values[:-1]) == values[-1] else None


def sheet_code_is_valid(code: str) -> bool:
    """Whether ``code`` is, exactly as it stands, a sheet code with the right check character."""
    return read_sheet_code(code) == code


def _require(kind: str, serial: int, limit: int) -> None:
    if not 1 <= serial <= limit:
        raise NoSuchNumber(kind, serial, limit)


def _year(fiscal_year: int) -> str:
    return f"{fiscal_year % 100:02d}"


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _damm(digits: str) -> int:
    state = 0
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return state


def _remainder(values: list[int]) -> int:
    """Check value in GF(32) (x^5 + x^2 + 1): the sum of value x a^place; one wrong character or one swap changes it."""
    state = 0
    for value in values:
        state = _times_a(state) ^ value
    return _times_a(state)


def _times_a(value: int) -> int:
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
