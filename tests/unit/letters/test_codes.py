"""Sheet codes as the reader of the enclosing machine sees them."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib

import numpy as np
import pytest
import zxingcpp

from azukari.letters.codes import MODULES, CodeDoesNotFit, grouped, qr_png, qr_pngs
from azukari.programmes.screening.numbers import make_sheet_code


def codes(count: int) -> list[str]:
    return [make_sheet_code(hashlib.sha256(str(number).encode()).digest()[:10]) for number in range(count)]


def test_a_code_is_shown_in_groups_of_four() -> None:
    assert grouped("ABCDEFGHJKMNPQRS") == "ABCD-EFGH-JKMN-PQRS"


def test_codes_of_digits_alone_read_back_too() -> None:
    for code in ("0" * 16, "1234567890123456", "A000000000000000", "000000000000000Z"):
        large = np.kron(np.pad(pixels_of(qr_png(code)), 4, constant_values=255), np.ones((4, 4), np.uint8))
        assert [barcode.text for barcode in zxingcpp.read_barcodes(large)] == [code]


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


def test_a_batch_is_what_zxing_draws_one_by_one() -> None:
    # Of a run of digits zxing makes a segment of its own, which reads the same; the others have to be equal.
    plain = [code for code in codes(2000) if not re.search("[0-9]{4}", code)]
    assert len(plain) > 1000
    for code, png in zip(plain, qr_pngs(plain), strict=True):
        barcode = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="Q", version=1, data_mask=3)
        assert np.array_equal(pixels_of(png), np.asarray(barcode.to_image(scale=1, add_quiet_zones=False)))


@pytest.mark.parametrize("code", ["A" * 15, "A" * 17, "a" * 16, "あ" * 16])
def test_what_is_no_code_of_sixteen_characters_is_refused(code: str) -> None:
    with pytest.raises(CodeDoesNotFit):
        qr_png(code)
