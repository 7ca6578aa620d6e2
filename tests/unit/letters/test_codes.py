"""Sheet codes: opaque, repeatable, checked, and readable as a QR code."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import zxingcpp

from azukari.letters.codes import (
    ALPHABET,
    LENGTH,
    MODULES,
    UnreadableCode,
    grouped,
    qr_png,
    read_sheet_code,
    sheet_code,
)

SECRET = b"a key of a test run, 32 bytes ..."


def codes(count: int) -> list[str]:
    return [sheet_code(SECRET, "2025", str(number)) for number in range(count)]


def test_a_code_has_sixteen_characters_of_the_alphabet_and_repeats_with_the_run() -> None:
    assert codes(50) == codes(50)
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes(50))


def test_a_hundred_thousand_sheets_get_different_codes() -> None:
    assert len(set(codes(100_000))) == 100_000


def test_another_key_or_another_issue_gives_another_code() -> None:
    assert sheet_code(SECRET, "2025", "1", "1") != sheet_code(SECRET, "2025", "1", "2")
    assert sheet_code(SECRET, "2025", "1") != sheet_code(SECRET[::-1], "2025", "1")


def test_parts_cannot_run_into_each_other() -> None:
    assert sheet_code(SECRET, "20251", "1") != sheet_code(SECRET, "2025", "11")


def test_a_key_of_fifteen_bytes_is_refused_and_of_sixteen_taken() -> None:
    with pytest.raises(ValueError, match="16バイト"):
        sheet_code(b"k" * 15, "1")
    assert len(sheet_code(b"k" * 16, "1")) == LENGTH


def test_a_code_is_read_with_hyphens_small_letters_and_full_width() -> None:
    code = codes(1)[0]
    wide = code.translate({ord(c): ord(c) + 0xFEE0 for c in ALPHABET})
    assert read_sheet_code(grouped(code).lower()) == read_sheet_code(f" {wide}\n") == code


def test_letters_that_are_misread_are_read_as_what_they_are() -> None:
    code = next(each for each in codes(200) if "0" in each and "1" in each)
    assert read_sheet_code(code.replace("0", "O").replace("1", "l")) == code


@pytest.mark.parametrize("length", [15, 17])
def test_one_character_too_few_or_too_many_is_refused(length: int) -> None:
    with pytest.raises(UnreadableCode) as refusal:
        read_sheet_code("0" * length)
    assert f"{length}文字" in str(refusal.value)


def test_every_single_wrong_character_is_noticed() -> None:
    code = codes(1)[0]
    for place in range(LENGTH):
        for wrong in ALPHABET.replace(code[place], ""):
            with pytest.raises(UnreadableCode):
                read_sheet_code(code[:place] + wrong + code[place + 1 :])


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
    with pytest.raises((UnreadableCode, ValueError)):
        qr_png("A" * 40)
