"""受診券整理番号, 受診番号 and the opaque sheet code."""

from __future__ import annotations

import pytest

from azukari.programmes.screening.numbers import (
    EXAMINEE_SERIALS,
    VOUCHER_SERIALS,
    NoSuchNumber,
    examinee_number_is_valid,
    make_examinee_number,
    make_sheet_code,
    make_voucher_number,
    read_sheet_code,
    sheet_code_is_valid,
    voucher_number_is_valid,
)


def test_a_voucher_number_is_year_kind_and_eight_digits():
    assert make_voucher_number(2025, 123) == "25100000123"
    assert make_voucher_number(2026, VOUCHER_SERIALS) == "26199999999"
    assert voucher_number_is_valid("25100000123")
    assert voucher_number_is_valid("25100000123", fiscal_year=2025)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "2510000012",
        "251000001234",
        "25200000123",
        "25100000000",
        "2510000012a",
        "２５１０００００１２３",
        " 5100000123",
    ],
)
def test_what_is_not_a_voucher_number_is_refused(number):
    assert not voucher_number_is_valid(number)


def test_a_number_of_last_year_is_not_one_of_this_year():
    assert not voucher_number_is_valid(make_voucher_number(2024, 5), fiscal_year=2025)
    assert not examinee_number_is_valid(make_examinee_number(2024, 5), fiscal_year=2025)
    assert examinee_number_is_valid(make_examinee_number(2025, 5), fiscal_year=2025)


@pytest.mark.parametrize("serial", [-1, 0, EXAMINEE_SERIALS + 1])
def test_a_serial_outside_the_range_makes_no_examinee_number(serial):
    with pytest.raises(NoSuchNumber, match="受診番号を作れません") as caught:
        make_examinee_number(2025, serial)
    assert caught.value.limit == EXAMINEE_SERIALS


@pytest.mark.parametrize("serial", [-1, 0, VOUCHER_SERIALS + 1])
def test_a_serial_outside_the_range_makes_no_voucher_number(serial):
    with pytest.raises(NoSuchNumber, match="受診券整理番号を作れません"):
        make_voucher_number(2025, serial)


@pytest.mark.parametrize("serial", [1, EXAMINEE_SERIALS - 1, EXAMINEE_SERIALS])
def test_an_examinee_number_has_ten_digits_and_is_valid(serial):
    number = make_examinee_number(2025, serial)
    assert len(number) == 10
    assert number[:9] == f"25{serial:07d}"
    assert examinee_number_is_valid(number)


def test_every_wrong_digit_and_every_swap_of_neighbours_is_found():
    number = make_examinee_number(2025, 1_234_567)
    for place in range(10):
        for digit in "0123456789":
            wrong = number[:place] + digit + number[place + 1 :]
            assert examinee_number_is_valid(wrong) == (wrong == number)
    for place in range(9):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assert examinee_number_is_valid(swapped) == (swapped == number)


def test_a_sheet_code_is_sixteen_characters_that_can_be_read_aloud():
    code = make_sheet_code(bytes(range(10)))
    assert len(code) == 16
    assert not set(code) & set("ILOU")
    assert sheet_code_is_valid(code)


def test_a_sheet_code_depends_on_the_random_bytes_alone():
    codes = {make_sheet_code(number.to_bytes(10, "big")) for number in range(0, 32 * 1000, 32)}
    assert len(codes) == 1000


@pytest.mark.parametrize("length", [0, 9, 11])
def test_too_few_or_too_many_random_bytes_are_refused(length):
    with pytest.raises(ValueError, match="10 バイトの乱数"):
        make_sheet_code(b"x" * length)


def test_every_wrong_character_and_every_swap_in_a_sheet_code_is_found():
    code = make_sheet_code(b"0123456789")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for place in range(16):
        for character in alphabet:
            wrong = code[:place] + character + code[place + 1 :]
            assert sheet_code_is_valid(wrong) == (wrong == code)
    for place in range(15):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert sheet_code_is_valid(swapped) == (swapped == code)


def test_a_sheet_code_typed_by_hand_is_read():
    code = next(
        found for found in (make_sheet_code(bytes([n] * 10)) for n in range(256)) if "0" in found and "1" in found
    )
    typed = " " + code.lower().replace("0", "o").replace("1", "l", 1)
    assert read_sheet_code(f"{typed[:5]}-{typed[5:]}") == code
    assert not sheet_code_is_valid(code.lower())


@pytest.mark.parametrize("text", ["", "ABC", "U" * 16, "あ" * 16])
def test_what_is_no_sheet_code_reads_as_none(text):
    assert read_sheet_code(text) is None
