"""Sheet codes as people and the enclosing machine read them: in groups of four, and as a QR code."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, cast

import zxingcpp

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Modules along one side of the QR code (version 1) that holds 16 characters at error correction Q (25 %).
MODULES = 21


class CodeTooLong(ValueError):
    """A code that the symbol of the form cannot hold. ``length``: its characters."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def __str__(self) -> str:
        return f"帳票番号（{self.length}文字）が長すぎて、2次元コードに入りません。付け方を確かめてください。"


def grouped(code: str) -> str:
    """``ABCD-EFGH-JKMN-PQRS``: for eyes."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def qr_png(code: str) -> bytes:
    """The code as a QR code: a 1-bit PNG of MODULES × MODULES pixels, no quiet zone (the template leaves it).

    An image, because Typst draws it several times faster than the 120 rectangles of a path. The mask is fixed: trying
    all eight costs three times as much, and a symbol this small and coarse reads with any of them.
    """
    barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=1, data_mask=3)
    pixels = bytes(memoryview(cast("Buffer", barcode.to_image(scale=1, add_quiet_zones=False))))
    side = int(len(pixels) ** 0.5)
    if side != MODULES:
        raise CodeTooLong(len(code))
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
