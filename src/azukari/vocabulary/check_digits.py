"""Check digits of the numbers in Japanese public files. Full-width digits are read; blanks and letters are not."""

from __future__ import annotations

import unicodedata


def _digits(text: str, length: int) -> list[int]:
    plain = unicodedata.normalize("NFKC", text)
    if len(plain) != length or not (plain.isascii() and plain.isdigit()):
        raise ValueError(f"{length}桁の数字ではありません。桁数と数字以外の文字を確かめてください。")
    return [int(c) for c in plain]


def _is_valid(text: str, length: int, maker: str) -> bool:
    try:
        digits = "".join(map(str, _digits(text, length)))
    except ValueError:
        return False
    return _MAKERS[maker](digits[:-1]) == digits[-1]


def municipality_check_digit(code: str) -> str:
    """Sixth digit of a 全国地方公共団体コード (5 digits): weights 6,5,4,3,2; last digit of 11 - (sum mod 11)."""
    total = sum(digit * weight for digit, weight in zip(_digits(code, 5), range(6, 1, -1), strict=True))
    return str((11 - total % 11) % 10)


def municipality_code_is_valid(code: str) -> bool:
    """Whether a 6-digit municipality code (131041 = 新宿区) carries the right check digit."""
    return _is_valid(code, 6, "municipality")


def insurer_check_digit(number: str) -> str:
    """Last digit of a 保険者番号 (7 digits, 国保: 5): weights 2,1 from the right, digits of the products summed."""
    digits = _digits(number, 7 if len(number) == 7 else 5)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = digit * (2 if place % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str(-total % 10)


def insurer_number_is_valid(number: str) -> bool:
    """Whether a 保険者番号 of 8 digits, or of 6 (国民健康保険), carries the right check digit."""
    return _is_valid(number, 8 if len(number) == 8 else 6, "insurer")


def individual_number_check_digit(number: str) -> str:
    """Twelfth digit of a 個人番号 (11 digits), 平成26年総務省令第85号第5条."""
    digits = _digits(number, 11)
    total = sum(p * (n + 1 if n <= 6 else n - 5) for n, p in enumerate(reversed(digits), 1))
    return "0" if total % 11 <= 1 else str(11 - total % 11)


def individual_number_is_valid(number: str) -> bool:
    """Whether 12 digits form a possible 個人番号. For refusing columns that hold one as much as for checking them."""
    return _is_valid(number, 12, "individual")


def corporate_check_digit(number: str) -> str:
    """First digit of a 法人番号 (from its 12 further digits), 平成26年財務省令第70号第2条."""
    digits = _digits(number, 12)
    total = sum(p * (1 if n % 2 else 2) for n, p in enumerate(reversed(digits), 1))
    return str(9 - total % 9)


def corporate_number_is_valid(number: str) -> bool:
    """Whether a 13-digit 法人番号 begins with the right check digit."""
    try:
        digits = "".join(map(str, _digits(number, 13)))
    except ValueError:
        return False
    return corporate_check_digit(digits[1:]) == digits[0]


_MAKERS = {
    "municipality": municipality_check_digit,
    "insurer": insurer_check_digit,
    "individual": individual_number_check_digit,
}
