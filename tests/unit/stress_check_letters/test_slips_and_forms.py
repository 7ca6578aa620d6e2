"""Slips with codes, and the questionnaire on paper: each for one person, in an envelope with a window."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from azukari.letters.typst import count_pages
from azukari.programmes.stress_check.instrument import INSTRUMENTS, instrument
from azukari.programmes.stress_check.letters.envelope import SheetsDoNotFit, printed_names
from azukari.programmes.stress_check.letters.paper_form import PaperForm, forms_pdf, pages
from azukari.programmes.stress_check.letters.slip import ENGLISH, NOTES, STEPS, TROUBLE, Slip, slips_pdf

from .papers import CONTACT, HOSTILE, SENDER, above_fold, plain, texts_of

SLIP = Slip("見本　太郎", "012345", "総務部人材育成等担当課", "ABCDEFGHJKMN", "https://stress.example.invalid/enter")
FORM = PaperForm("P8-00012", "見本　太郎", "総務部人材育成等担当課", "012345")


def slips(*some: Slip) -> bytes:
    return slips_pdf(
        some,
        fiscal_year=2026,
        opens_on=date(2026, 9, 1),
        closes_on=date(2026, 9, 30),
        contact=CONTACT,
        sender=SENDER,
    )


def forms(*some: PaperForm, key: str = "bjsq57") -> bytes:
    return forms_pdf(
        some,
        instrument=instrument(key),
        fiscal_year=2026,
        return_by=date(2026, 9, 30),
        contact=CONTACT,
        sender=SENDER,
    )


def test_a_slip_says_everything_that_is_needed_to_begin() -> None:
    (page,) = texts_of(slips(SLIP))
    for shown in ("ABCD-EFGH-JKMN", SLIP.link, "令和8年9月30日まで", "2026-09-30", CONTACT, "生年月日", ENGLISH):
        assert plain(shown) in page
    for sentence in (*STEPS, *NOTES, *TROUBLE):
        assert plain(sentence) in page


def test_the_outside_of_a_slip_has_neither_code_nor_a_word_of_health() -> None:
    outside = above_fold(slips(SLIP))
    assert "見本太郎" in outside
    assert not [word for word in ("ABCD", "ストレス", "チェック", "期限", "https") if word in outside]


def test_slips_come_out_by_section_and_number_for_handing_out() -> None:
    some = [
        Slip(f"見本{n}", number, section, "ABCDEFGHJKMN", SLIP.link)
        for n, (section, number) in enumerate([("b課", "3"), ("a課", "2"), ("b課", "1"), ("a課", "1")])
    ]
    order = [next(n for n in range(4) if f"見本{n}" in page) for page in texts_of(slips(*some))]
    assert order == [3, 1, 2, 0]


def test_a_code_already_in_groups_is_not_grouped_twice() -> None:
    given = Slip("見本", "1", "課", "ABCD-EFGH-JKMN-PQRS", SLIP.link)
    assert "ABCD-EFGH-JKMN-PQRS" in texts_of(slips(given))[0]


def test_each_slip_is_one_page_even_with_a_long_link_and_a_long_section() -> None:
    given = Slip("名" * 30, "1", "部" * 60, "ABCDEFGHJKMNPQRS", "https://" + "long." * 30 + "example.invalid/enter")
    assert count_pages(slips(given, SLIP)) == 2


def test_markup_in_a_section_is_printed_as_it_stands() -> None:
    given = Slip("見本", "1", f"課{HOSTILE}係", "ABCDEFGHJKMN", SLIP.link)
    assert plain(f"課{HOSTILE}係") in above_fold(slips(given))


def test_nothing_is_printed_for_nobody_or_where_a_name_fits_no_window() -> None:
    with pytest.raises(ValueError, match="案内票を作る人がいません"):
        slips()
    with pytest.raises(ValueError, match="調査票を作る人がいません"):
        forms()
    with pytest.raises(SheetsDoNotFit, match="1行目の「氏名」"):
        slips(Slip("名" * 200, "1", "課", "ABCDEFGHJKMN", SLIP.link))


@pytest.mark.parametrize("key", INSTRUMENTS)
def test_every_item_stands_on_paper_once_with_the_published_wording_and_its_number(key: str) -> None:
    text = "".join(texts_of(forms(FORM, key=key)))
    for section in instrument(key).sections:
        assert plain(section.heading["ja"]) in text
        for option in section.options:
            assert plain(option.words["ja"]) in text
        for item in section.items:
            assert plain(f"{item.number}{item.words['ja']}1234") in text
            if item.stem is not None:
                assert text.count(plain(item.stem["ja"])) == 1


@pytest.mark.parametrize("key", INSTRUMENTS)
def test_the_pages_hold_every_item_in_order(key: str) -> None:
    numbers = [item["number"] for page in pages(instrument(key)) for section in page for item in section["items"]]
    assert numbers == [item.number for item in instrument(key).items]


@pytest.mark.parametrize(("key", "sheets"), [("bjsq57", 4), ("bjsq23", 4), ("bjsq80", 6)])
def test_every_page_bears_the_sheet_number_and_each_form_begins_on_an_odd_page(key: str, sheets: int) -> None:
    other = PaperForm("P8-00013", "見本　花子", "清掃事務所", "012346")
    found = texts_of(forms(FORM, other, key=key))
    first = [number for number, page in enumerate(found) if "大切なお知らせです" in page]
    assert first[0] == 0
    assert first[1] % 2 == 0
    own = [page for page in found[: first[1]] if page]
    assert all("P8-00012" in page for page in own)
    assert all(f"{n}/{len(own)}ページ" in page for n, page in enumerate(own, 1))
    assert first[1] in (len(own), len(own) + 1)
    assert len(own) <= sheets


def test_the_name_stands_on_the_first_page_of_a_form_only() -> None:
    found = texts_of(forms(FORM))
    assert "見本太郎" in found[0]
    assert not any("見本" in page or "総務部" in page for page in found[1:])


def test_the_outside_of_a_form_has_no_word_of_health() -> None:
    outside = above_fold(forms(FORM))
    assert not [word for word in ("ストレス", "調査", "チェック", "P8-") if word in outside]


def test_two_forms_of_one_number_are_refused() -> None:
    with pytest.raises(ValueError, match="同じ用紙番号"):
        forms(FORM, FORM)


def test_no_name_is_in_the_title_of_a_file_and_the_same_sheets_are_the_same_file() -> None:
    for pdf in (slips(SLIP), forms(FORM)):
        title = PdfReader(BytesIO(pdf)).metadata
        assert title is not None
        assert "見本" not in str(title)
    assert slips(SLIP) == slips(SLIP)
    assert forms(FORM) == forms(FORM)


def test_the_names_of_the_window_can_be_proved_before_printing() -> None:
    assert list(printed_names([SLIP])) == [
        ("012345", "氏名", "見本　太郎"),
        ("012345", "所属", "総務部人材育成等担当課"),
    ]
