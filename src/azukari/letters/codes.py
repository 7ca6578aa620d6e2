"""Sheet codes as people and the enclosing machine read them: in groups of four, and as a QR code."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import zxingcpp

if TYPE_CHECKING:
    from numpy.typing import NDArray

LENGTH = 16
#: Modules along one side of the QR code (version 1) that holds 16 characters at error correction Q (25 %).
MODULES = 21


class CodeDoesNotFit(ValueError):
    """Not a code that the symbol of the form holds. ``length``: its characters."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def __str__(self) -> str:
        return f"帳票番号（{self.length}文字）を2次元コードにできません。英数字{LENGTH}文字で付けてください。"


def grouped(code: str) -> str:
    """``ABCD-EFGH-JKMN-PQRS``: for eyes."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def qr_png(code: str) -> bytes:
    """One code as a QR code; see :func:`qr_pngs`."""
    return qr_pngs([code])[0]


def qr_pngs(codes: Sequence[str]) -> list[bytes]:
    """Codes of LENGTH characters as QR codes: 1-bit PNGs of MODULES x MODULES pixels without quiet zone.

    A symbol's modules are its data bits under a linear code (Reed-Solomon over GF(2)), a fixed mask and fixed patterns:
    the symbol of a code is a constant one with one pattern flipped in for each data bit that differs. zxing draws the
    constant and the 88 patterns once; a batch is then one product of bit matrices, thirty times as fast as drawing
    each. The mask is fixed: a symbol this small and coarse reads with any of them.

    :raises CodeDoesNotFit: another length, or a character that is not in QR's alphanumeric set.
    """
    constant, patterns = _linear_code()
    flipped = (_data_bits(codes) != _data_bits([_CONSTANT])) @ patterns % 2
    dark = (flipped.astype(np.uint8) ^ constant).reshape(len(codes), MODULES, MODULES)
    rows = np.packbits(1 - dark, axis=2)
    raw = np.zeros((len(codes), MODULES, rows.shape[2] + 1), np.uint8)
    raw[:, :, 1:] = rows  # each row of a PNG begins with its filter: none
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", MODULES, MODULES, 1, 0, 0, 0, 0))
    start, end = _SIGNATURE + header, _chunk(b"IEND", b"")
    return [start + _chunk(b"IDAT", zlib.compress(one.tobytes(), 0)) + end for one in raw]


def _data_bits(codes: Sequence[str]) -> NDArray[np.float32]:
    """QR's alphanumeric data of each code: 11 bits for each two characters (ISO/IEC 18004). Shape (codes, 88)."""
    for code in codes:
        if len(code) != LENGTH or not _ALPHANUMERIC.issuperset(code):
            raise CodeDoesNotFit(len(code))
    places = np.frombuffer("".join(codes).encode("ascii"), np.uint8)
    values = _PLACE[places].reshape(len(codes), LENGTH // 2, 2)
    pairs = values[:, :, 0].astype(np.uint16) * 45 + values[:, :, 1]
    bits = pairs[:, :, None] >> np.arange(10, -1, -1, dtype=np.uint16) & 1
    return bits.reshape(len(codes), LENGTH // 2 * 11).astype(np.float32)


@lru_cache(maxsize=1)
def _linear_code() -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The modules of _CONSTANT, and for each data bit which modules it flips. Shapes (441,), (88, 441)."""
    constant = _drawn(_CONSTANT)
    usual = _CHARACTERS.index(_CONSTANT[0]) * 45 + _CHARACTERS.index(_CONSTANT[1])
    patterns = []
    for place in range(0, LENGTH, 2):
        for bit in range(10, -1, -1):
            high, low = divmod(usual ^ 1 << bit, 45)
            changed = _CONSTANT[:place] + _CHARACTERS[high] + _CHARACTERS[low] + _CONSTANT[place + 2 :]
            patterns.append(_drawn(changed) ^ constant)
    return constant, np.array(patterns, np.float32)


def _drawn(code: str) -> NDArray[np.uint8]:
    """The modules of one symbol as zxing draws them: 1 dark, 0 light."""
    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=1, data_mask=3)
    image = np.asarray(barcode.to_image(scale=1, add_quiet_zones=False))
    return (image.reshape(-1) < 128).astype(np.uint8)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_CONSTANT = "A" * LENGTH  # letters: of digits alone zxing would make a symbol of another mode
_ALPHANUMERIC = frozenset(_CHARACTERS)
_PLACE = np.zeros(128, np.uint8)
_PLACE[[ord(character) for character in _CHARACTERS]] = range(45)
