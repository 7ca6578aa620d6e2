"""Sheet codes: what the enclosing machine and the returned-mail desk read off a sheet.

A code says nothing about the person: it is a keyed digest, so nobody without the key can go from a number to a code or
back, and the same sheet of the same run gets the same code when the run is repeated. A reprint has another issue
number, hence another code.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import unicodedata
import zlib
from typing import TYPE_CHECKING, cast

import zxingcpp

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Digits and capitals without I, L, O, U (Crockford): all lie in the QR code's alphanumeric set.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
#: Modules along one side of the QR code (version 1) that holds LENGTH characters at error correction Q (25 %).
MODULES = 21

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


class UnreadableCode(ValueError):
    """A text is not a sheet code: wrong length, wrong character, or the check character does not fit."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def __str__(self) -> str:
        return (
            f"用紙番号として読めません（{self.length}文字）。用紙番号は英数字{LENGTH}文字です。"
            "もう一度読み取るか、用紙に印字された文字を入力してください。"
        )


def sheet_code(secret: bytes, *parts: str) -> str:
    """The 16-character code of the sheet that ``parts`` identify (run, number, issue …): 75 bits and a check character.

    :param secret: the run's own key, at least 16 bytes; without it codes cannot be foretold.
    """
    if len(secret) < 16:
        raise ValueError("用紙番号の鍵は16バイト以上にしてください。")
    message = b"".join(struct.pack(">I", len(part.encode())) + part.encode() for part in parts)
    number = int.from_bytes(hmac.new(secret, b"azukari sheet\0" + message, hashlib.sha256).digest()[:10], "big") >> 5
    body = "".join(ALPHABET[(number >> shift) & 31] for shift in range(70, -5, -5))
    return body + _check_character(body)


def read_sheet_code(text: str) -> str:
    """The code in its one written form, from what a reader or a person typed (spaces, hyphens, small letters, I L O).

    :raises UnreadableCode: it cannot be a sheet code.
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(character for character in plain if character not in " -‐‑–—ー\t\r\n").translate(_MISREAD)
    if len(plain) != LENGTH or any(character not in _VALUE for character in plain):
        raise UnreadableCode(len(plain))
    if _check_character(plain[:-1]) != plain[-1]:
        raise UnreadableCode(len(plain))
    return plain


def grouped(code: str) -> str:
    """``ABCD-EFGH-JKMN-PQRS``: for eyes."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _check_character(body: str) -> str:
    # Luhn's algorithm in base 32: finds every single wrong character and nearly every swap of neighbours.
    total = 0
    for position, character in enumerate(reversed(body)):
        value = _VALUE[character] * (2 if position % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def qr_png(code: str) -> bytes:
    """The code as a QR code: a 1-bit PNG of MODULES × MODULES pixels, no quiet zone (the template leaves it).

    An image, because Typst draws it several times faster than the 120 rectangles of a path. The mask is fixed: trying
    all eight costs three times as much, and a symbol this small and coarse reads with any of them.
    """
    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=1, data_mask=3)
    pixels = bytes(memoryview(cast("Buffer", barcode.to_image(scale=1, add_quiet_zones=False))))
    side = int(len(pixels) ** 0.5)
    if side != MODULES:
        raise UnreadableCode(len(code))
    return _png(pixels, side)


def _png(pixels: bytes, side: int) -> bytes:
    bits = pixels.translate(_TO_BIT)
    pad = b"1" * (-side % 8)
    rows = [b"00000000" + bits[start : start + side] + pad for start in range(0, side * side, side)]
    raw = int(b"".join(rows), 2).to_bytes(side * (side + len(pad) + 8) // 8, "big")
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 0)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: A pixel's grey value (0 black, 255 white) to the digit of its bit.
_TO_BIT = bytes(0x31 if value >= 128 else 0x30 for value in range(256))
