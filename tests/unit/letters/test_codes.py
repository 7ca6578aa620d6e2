"""Sheet codes as the reader of the enclosing machine sees them."""

from __future__ import annotations

import hashlib
import struct
import zlib

import numpy as np
import pytest
import zxingcpp

from azukari.letters.codes import MODULES, CodeTooLong, grouped, qr_png
from azukari.programmes.screening.numbers import make_sheet_code


def codes(count: int) -> list[str]:
    return [make_sheet_code(hashlib.sha256(str(number).encode()).digest()[:10]) for number in range(count)]


def test_a_code_is_shown_in_groups_of_four() -> None:
    assert grouped("ABCDEFGHJKMNPQRS") == "ABCD-EFGH-JKMN-PQRS"


def pixels_of(png: bytes) -> np.ndarray:
    width, height = struct.unpack(">II", png[16:24])
    start = png.index(b"IDAT") + 4
    raw = zlib.decompressobj().decompress(png[start:])
    stride = (width + 7) // 8 + 1
    rows = [np.frombuffer(raw[n * stride + 1 : (n + 1) * stride], np.uint8) for n in range(height)]
    return np.array([np.unpackbits(row)[:width] for row in rows]) * np.uint8(255)


def test_the_qr_code_of_each_of_a_thousand_sheets_reads_back() -> None:
    for code in codes(1000):
        pixels = pixels_of(qr_png(code))
        assert pixels.shape == (MODULES, MODULES)
        large = np.kron(np.pad(pixels, 4, constant_values=255), np.ones((4, 4), np.uint8))
        found = zxingcpp.read_barcodes(large)
        assert [barcode.text for barcode in found] == [code]


def test_a_text_that_needs_a_larger_symbol_is_refused() -> None:
    with pytest.raises((CodeTooLong, ValueError)):
        qr_png("A" * 40)
