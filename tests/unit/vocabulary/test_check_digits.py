from __future__ import annotations

from collections.abc import Callable

import pytest

from azukari.vocabulary import check_digits as cd


@pytest.mark.parametrize(
    ("valid", "number"),
    [
        (cd.municipality_code_is_valid, "131041"),
        (cd.municipality_code_is_valid, "011002"),
        (cd.municipality_code_is_valid, "１３１０４１"),
        (cd.insurer_number_is_valid, "138040"),
        (cd.insurer_number_is_valid, "33120015"),
        (cd.individual_number_is_valid, "123456789018"),
        (cd.corporate_number_is_valid, "7000012050002"),
    ],
)
def test_a_right_number_passes_and_each_wrong_last_digit_fails(valid: Callable[[str], bool], number: str) -> None:
    assert valid(number)
    place = 0 if valid is cd.corporate_number_is_valid else len(number) - 1
    for digit in "0123456789":
        other = number[:place] + digit + number[place + 1 :]
        assert valid(other) == (int(digit) == int(number[place]))


@pytest.mark.parametrize(
    "valid",
    [
        cd.municipality_code_is_valid,
        cd.insurer_number_is_valid,
        cd.individual_number_is_valid,
        cd.corporate_number_is_valid,
    ],
)
@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345678901234", "13104A", "-13104", "٣٣١٢٠٠١٥"])
def test_anything_but_the_right_number_of_digits_is_invalid(valid: Callable[[str], bool], text: str) -> None:
    assert not valid(text)


def test_a_maker_says_how_many_digits_it_needs() -> None:
    with pytest.raises(ValueError, match="5桁"):
        cd.municipality_check_digit("131041")
