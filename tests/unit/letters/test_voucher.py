"""The screening voucher: the 12 printed items and no more, one sheet for each person whatever they are called."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from azukari.letters.typst import count_pages, render_pdf
from azukari.programmes.screening.letters.voucher import (
    MOST_TESTS,
    PRINTED_ITEMS,
    TEMPLATE,
    Fee,
    SheetsDoNotFit,
    Voucher,
    misfits,
    voucher_json,
    voucher_pdf,
)
from azukari.vocabulary.wareki import PartialDate
from tests.unit.letters.vouchers import EDITION, TESTS, voucher, vouchers

LONG_NAME = "MARIA FERNANDA DE LOS ANGELES RODRIGUEZ-VILLANUEVA Y SANTIAGO DE COMPOSTELA"
LONG_ADDRESS = (
    "見本県見本区西見本二丁目8番1号ザ・パークタワー・ロイヤルレジデンス見本セントラルガーデン イーストウイング2408号室"
)
HOSTILE = ["#panic()", "*x*", "$", "\\", '"', "'", "= 見出し", "<label>", "@ref", "//x", "#{1}", "]", "`", "_a_", "~"]


def pdf_of(*people: Voucher) -> bytes:
    return voucher_pdf(EDITION, people)


def texts_of(*people: Voucher) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf_of(*people))).pages]


def test_the_sheet_knows_the_twelve_printed_items_and_its_own_code_and_nothing_else() -> None:
    assert len(PRINTED_ITEMS) == 12
    named = {field.name for field in fields(Voucher)}
    assert named == {
        "postal_code", "address", "name", "visit_number", "ticket_number", "insurance_number", "birth_date", "sex", "welfare",
        "telephone", "hepatitis_history", "fees",
    } | {"code"}  # fmt: skip


def test_every_item_stands_on_the_sheet() -> None:
    person = replace(voucher(1), birth_date=date(1965, 4, 1), fees=(Fee(0, date(2025, 5, 1), date(2026, 3, 31)),) * 10)
    (text,) = texts_of(person)
    for shown in (
        "〒000-", person.address[:8], person.name.split("　")[0], person.visit_number, person.ticket_number,
        person.insurance_number, "昭和40年4月1日", person.telephone, "無料", "令和7年5月1日から令和8年3月31日まで", "令和7年度",
    ):  # fmt: skip
        assert shown in text, shown
    assert "対象外" not in text.replace("「対象外」", "")


def test_a_test_that_is_not_for_the_person_shows_neither_fee_nor_period() -> None:
    (text,) = texts_of(replace(voucher(1), fees=(None,) * 10))
    assert text.replace("「対象外」", "").count("対象外") == 10
    assert "円" not in text
    assert "から令和" not in text


@pytest.mark.parametrize(
    ("yen", "shown"), [(0, "無料"), (1, "1円"), (999, "999円"), (1000, "1,000円"), (12000, "12,000円")]
)
def test_fees_are_written_as_people_read_them(yen: int, shown: str) -> None:
    (text,) = texts_of(replace(voucher(1), fees=(Fee(yen, date(2025, 6, 1), date(2026, 3, 31)), *(None,) * 9)))
    assert shown in text


def test_a_birth_date_that_is_partly_unknown_is_printed_as_far_as_known() -> None:
    (text,) = texts_of(replace(voucher(1), birth_date=PartialDate(1945, None, None)))
    assert "昭和20年" in text


def test_long_names_and_addresses_shrink_and_stay_on_the_one_sheet() -> None:
    person = replace(voucher(1), name=LONG_NAME, address=LONG_ADDRESS)
    (text,) = texts_of(person)
    plain = text.replace("\n", "").replace(" ", "")
    assert plain.count(LONG_NAME.replace(" ", "")) == 2
    assert LONG_ADDRESS.replace(" ", "") in plain


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_a_name_or_address_is_printed_as_it_stands(hostile: str) -> None:
    (text,) = texts_of(replace(voucher(1), name=f"あ{hostile}い", address=f"見本区{hostile}番"))
    assert text.count(f"あ{hostile}い") == 2
    assert f"見本区{hostile}番" in text


def test_what_does_not_fit_is_listed_with_its_row_before_anything_is_drawn() -> None:
    people = [voucher(1), replace(voucher(2), name="長" * 200), voucher(3), replace(voucher(4), address="遠" * 300)]
    assert misfits(EDITION, people) == [(2, "氏名", 200), (4, "住所", 300)]
    with pytest.raises(SheetsDoNotFit) as refusal:
        voucher_json(EDITION, people)
    assert "2行目の「氏名」（200文字）" in str(refusal.value)
    assert "長長" not in str(refusal.value)


def test_fees_that_do_not_match_the_tests_are_refused() -> None:
    for fees in ((None,) * 9, (None,) * 11):
        with pytest.raises(ValueError, match="1行目の自己負担金額"):
            voucher_json(EDITION, [replace(voucher(1), fees=fees)])


@pytest.mark.parametrize("count", [1, MOST_TESTS - 1, MOST_TESTS])
def test_a_table_of_one_test_or_of_the_most_stays_on_one_sheet(count: int) -> None:
    edition = replace(EDITION, tests=(TESTS * 2)[:count])
    assert count_pages(render_pdf(TEMPLATE, voucher_json(edition, [replace(voucher(1), fees=(None,) * count)]))) == 1


@pytest.mark.parametrize("count", [0, MOST_TESTS + 1])
def test_no_test_at_all_or_more_than_the_table_holds_is_refused(count: int) -> None:
    edition = replace(EDITION, tests=(TESTS * 2)[:count])
    with pytest.raises(ValueError, match="受診券の表"):
        voucher_json(edition, [replace(voucher(1), fees=(None,) * count)])


def test_pages_are_as_many_as_people_and_in_their_order() -> None:
    people = vouchers(30)
    texts = texts_of(*people)
    assert len(texts) == 30
    assert all(person.ticket_number in text for person, text in zip(people, texts, strict=True))


def test_the_json_holds_codes_and_items_only() -> None:
    document = json.loads(voucher_json(EDITION, [voucher(1)]))
    assert set(document) == {"edition", "form", "sheets", "codes"}
    assert set(document["sheets"][0]) == set("cpatwnbf")
    assert len(document["codes"]) == 1


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=60), address=st.text(min_size=1, max_size=80))
def test_any_name_and_address_make_one_page_or_are_reported(name: str, address: str) -> None:
    person = replace(voucher(1), name=name, address=address)
    if not misfits(EDITION, [person]):
        assert count_pages(pdf_of(person)) == 1
