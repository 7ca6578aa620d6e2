"""The Excel book behind a password: opens with it and with nothing else."""

from __future__ import annotations

from io import BytesIO

import msoffcrypto
import pytest
from msoffcrypto.exceptions import InvalidKeyError
from xlsxwriter import Workbook

from azukari.programmes.stress_check.letters.office_password import SHORTEST_PASSWORD, PasswordTooShort, with_password

PASSWORD = "見本の合言葉-correct-1"


def a_book(words: str = "集団分析報告書") -> bytes:
    out = BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("集団").write(0, 0, words)
    return out.getvalue()


def opened(file: bytes, password: str) -> bytes:
    out = BytesIO()
    office = msoffcrypto.OfficeFile(BytesIO(file))
    office.load_key(password=password, verify_password=True)
    office.decrypt(out, verify_integrity=True)
    return out.getvalue()


def test_the_book_comes_out_as_it_went_in() -> None:
    book = a_book()
    assert opened(with_password(book, PASSWORD), PASSWORD) == book


@pytest.mark.parametrize("wrong", ["x", PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1]])
def test_a_wrong_password_opens_nothing(wrong: str) -> None:
    with pytest.raises(InvalidKeyError):
        opened(with_password(a_book(), PASSWORD), wrong)


def test_nothing_of_the_book_can_be_read_in_the_file_and_no_two_files_are_alike() -> None:
    book = a_book()
    one, other = with_password(book, PASSWORD), with_password(book, PASSWORD)
    assert b"xl/workbook.xml" in book
    assert b"xl/workbook.xml" not in one
    assert PASSWORD.encode("utf-16-le") not in one
    assert one != other


@pytest.mark.parametrize("length", [0, SHORTEST_PASSWORD - 1])
def test_a_short_password_is_refused_without_showing_it(length: int) -> None:
    with pytest.raises(PasswordTooShort, match="12文字以上") as refused:
        with_password(a_book(), "q" * length)
    assert "qqq" not in str(refused.value)
