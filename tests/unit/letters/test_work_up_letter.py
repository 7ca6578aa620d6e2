"""Letters of the follow-up: one sheet each, the address where the voucher has it, and nothing about health outside."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from azukari.letters.batches import PagesDoNotMatch
from azukari.letters.glyphs import GlyphProof
from azukari.letters.typst import count_pages
from azukari.programmes.screening.letters.voucher import SheetsDoNotFit, voucher_pdf
from azukari.programmes.screening.letters.work_up import (
    MANY_SCREENINGS,
    MOST_METHODS,
    MOST_SCREENINGS,
    Inquiry,
    InquiryEdition,
    Kind,
    Notice,
    NoticeEdition,
    Screening,
    inquiries,
    inquiry_pdf,
    notice_json,
    notice_pdf,
    notices,
    printed_texts,
    render_inquiries,
    render_notices,
)
from tests.unit.letters.vouchers import EDITION as VOUCHER_EDITION
from tests.unit.letters.vouchers import voucher

DAY, SENT = date(2025, 6, 12), date(2025, 7, 14)
FIRST = NoticeEdition(Kind.FIRST, SENT, "見本区", "健康部健康づくり課", "03-0000-0000")
REMINDER = replace(FIRST, kind=Kind.REMINDER, issued_on=date(2025, 10, 1))
INQUIRY = InquiryEdition(
    date(2025, 9, 1), date(2025, 9, 30), "見本区", "健康部健康づくり課", "〒000-0000 見本区中央町1番1号", "03-0000-0000"
)
LONG_PLACE = "医療法人社団見本会　見本総合健診センター附属診療所"
NOTICE = Notice(
    "R7-00012", "0001234", "見本県見本区西見本二丁目8番1号", "見本　花子",
    (Screening("大腸がん検診", DAY, "見本内科医院"),), SENT,
)  # fmt: skip
QUESTION = Inquiry(
    "R7-00012", "0005678", "見本県見本区中央町1番1号", "見本総合病院", "見本　花子", date(1950, 4, 1), "女",
    NOTICE.screenings[0], ("全大腸内視鏡検査", "大腸CT検査"),
)  # fmt: skip
#: Words that would tell a postman something.
TELLING = ("検査", "検診", "健診", "精密", "がん", "病", "結果", "受診", "異常", "要精検", "大腸", "番号")
FOLD = 99 / 25.4 * 72
PAGE = 297 / 25.4 * 72


def texts_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def placed_of(pdf: bytes, page: int = 0) -> list[tuple[str, float, float]]:
    """(text, points from the left, points from the top) of every piece of text of a page."""
    found: list[tuple[str, float, float]] = []

    def see(text: str, cm: Any, tm: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
            y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
            found.append((text.strip(), x, PAGE - y))

    PdfReader(BytesIO(pdf)).pages[page].extract_text(visitor_text=see)
    return found


def outside_of(pdf: bytes) -> str:
    return "".join(text for text, _, y in placed_of(pdf) if y < FOLD)


def many(count: int) -> tuple[Screening, ...]:
    return tuple(Screening("胃がん検診（胃部エックス線）", date(2025, 12, 28), LONG_PLACE) for _ in range(count))


def test_the_letter_says_what_is_needed_and_where_to_ask():
    (text,) = texts_of(notice_pdf(FIRST, [NOTICE]))
    for shown in (
        "精密検査のご案内", "〒000-1234", "見本 花子", "様", "大腸がん検診", "令和7年6月12日", "見本内科医院", "令和7年7月14日", "R7-00012",
        "持っていくもの", "マイナ保険証", "結果の報告について", "健康部健康づくり課", "03-0000-0000", "病気と決まったわけではありません",
    ):  # fmt: skip
        assert shown in text, shown
    assert "再度" not in text


def test_the_reminder_names_the_first_letter():
    (text,) = texts_of(notice_pdf(REMINDER, [NOTICE]))
    assert "再度のお知らせ" in text
    assert "令和7年7月14日に、精密検査をご案内しました。" in text


def test_a_reminder_of_a_letter_never_sent_is_refused():
    with pytest.raises(ValueError, match="R7-00012"):
        notice_pdf(REMINDER, [replace(NOTICE, first_sent_on=None)])
    assert texts_of(notice_pdf(FIRST, [replace(NOTICE, first_sent_on=None)]))


def test_the_question_to_the_hospital_names_the_person_and_leaves_the_four_items_open():
    (text,) = texts_of(inquiry_pdf(INQUIRY, [QUESTION]))
    for shown in (
        "精密検査結果の照会", "見本総合病院", "御中", "見本 花子", "昭和25年4月1日", "女", "大腸がん検診", "検査を行った日", "医療機関・診療科",
        "検査の方法", "全大腸内視鏡検査", "その他", "結果", "異常認めず", "がんの疑い又は未確定", "令和7年9月30日までに", "中央町1番1号",
    ):  # fmt: skip
        assert shown in text, shown


@pytest.mark.parametrize("edition", [FIRST, REMINDER], ids=["first", "reminder"])
def test_nothing_outside_the_letter_tells_of_health(edition: NoticeEdition):
    outside = outside_of(notice_pdf(edition, [NOTICE]))
    assert "花子" in outside
    assert [word for word in TELLING if word in outside] == []


def test_nothing_outside_the_question_tells_of_health_or_of_the_person():
    outside = outside_of(inquiry_pdf(INQUIRY, [replace(QUESTION, institution="見本会館")]))
    assert "見本会館" in outside
    assert [word for word in (*TELLING, "花子", "昭和") if word in outside] == []


def test_the_address_stands_where_the_voucher_has_it():
    person = voucher(3)
    same = replace(NOTICE, postal_code=person.postal_code, address=person.address, name=person.name)
    upper = {placed for placed in placed_of(voucher_pdf(VOUCHER_EDITION, [person])) if placed[2] < 40 / 25.4 * 72}
    block = {(text, round(x, 1), round(y, 1)) for text, x, y in upper if x < 85 / 25.4 * 72}
    letter = {(text, round(x, 1), round(y, 1)) for text, x, y in placed_of(notice_pdf(FIRST, [same]))}
    assert len(block) >= 4
    assert block <= letter


@pytest.mark.parametrize("edition", [FIRST, REMINDER], ids=["first", "reminder"])
@pytest.mark.parametrize("count", [1, MANY_SCREENINGS - 1, MANY_SCREENINGS, MANY_SCREENINGS + 1, MOST_SCREENINGS])
def test_a_letter_about_one_or_the_most_screenings_stays_on_one_sheet(edition: NoticeEdition, count: int):
    pdf = notice_pdf(edition, [replace(NOTICE, screenings=many(count))])
    assert count_pages(pdf) == 1
    assert texts_of(pdf)[0].count("胃がん検診") == count


@pytest.mark.parametrize("count", [0, MOST_SCREENINGS + 1])
def test_a_letter_about_nothing_or_too_much_is_refused(count: int):
    with pytest.raises(ValueError, match=f"{count}件"):
        notice_json(FIRST, [replace(NOTICE, screenings=many(count))])


def test_the_most_methods_stay_on_one_sheet_and_more_are_refused():
    full = replace(QUESTION, methods=("Ｓ状結腸内視鏡検査と注腸エックス線検査",) * MOST_METHODS, screening=many(1)[0])
    assert count_pages(inquiry_pdf(INQUIRY, [full])) == 1
    with pytest.raises(ValueError, match="R7-00012"):
        inquiry_pdf(INQUIRY, [replace(full, methods=(*full.methods, "その他の検査"))])


def test_what_does_not_fit_is_listed_with_its_row_and_without_the_text():
    wide = replace(NOTICE, screenings=(Screening("長" * 200, DAY, "見本内科医院"),))
    with pytest.raises(SheetsDoNotFit) as refusal:
        notice_pdf(FIRST, [NOTICE, replace(NOTICE, address="遠" * 300), wide])
    assert refusal.value.rows == ((2, "住所", 300), (3, "検診", 200))
    assert "遠遠" not in str(refusal.value)


@pytest.mark.parametrize("hostile", ["#panic()", "*x*", "$", "\\", '"', "'", "= 見出し", "<label>", "@ref", "//x", "`"])
def test_markup_in_a_name_is_printed_as_it_stands(hostile: str):
    assert f"あ{hostile}い" in texts_of(notice_pdf(FIRST, [replace(NOTICE, name=f"あ{hostile}い")]))[0]
    assert f"あ{hostile}い" in texts_of(inquiry_pdf(INQUIRY, [replace(QUESTION, name=f"あ{hostile}い")]))[0]


def test_a_person_with_two_cases_gets_one_letter():
    rows = [
        {
            "number": number, "postal_code": "0001234", "address": "見本区1番", "name": "見本　一郎", "test_name": test,
            "examined_on": DAY, "institution": "見本内科医院", "first_sent_on": None,
        }
        for number, test in (("R7-2", "肺がん検診"), ("R7-1", "大腸がん検診"), ("R7-2", "大腸がん検診"))
    ]  # fmt: skip
    letters = notices(pl.DataFrame(rows, schema_overrides={"first_sent_on": pl.Date}))
    assert [(one.number, [s.name for s in one.screenings]) for one in letters] == [
        ("R7-2", ["肺がん検診", "大腸がん検診"]), ("R7-1", ["大腸がん検診"]),
    ]  # fmt: skip
    assert len(texts_of(notice_pdf(FIRST, letters))) == 2


def test_a_frame_of_cases_makes_a_question_each_with_the_methods_of_its_test():
    row = {
        "number": "R7-1", "postal_code": "0001234", "address": "見本区1番", "hospital": "見本総合病院", "name": "見本　一郎",
        "sex": "男", "birth_date": date(1950, 4, 1), "test_name": "大腸がん検診", "examined_on": DAY, "institution": "見本内科医院",
    }  # fmt: skip
    found = inquiries(pl.DataFrame([row | {"test": "colorectal"}, row | {"test": "lung"}]), {"colorectal": ("内視鏡",)})
    assert [one.methods for one in found] == [("内視鏡",), ()]
    assert found[0].screening == NOTICE.screenings[0]
    assert found[0].institution == "見本総合病院"


def test_a_mailing_is_printed_in_batches_and_a_second_run_keeps_them(tmp_path: Path):
    people = [replace(NOTICE, number=f"R7-{n}") for n in range(5)]
    done = render_notices(people, tmp_path, FIRST, batch_size=2, workers=0)
    assert [batch.pages for batch in done] == [2, 2, 1]
    again = render_notices(people, tmp_path, FIRST, batch_size=2, workers=0)
    assert all(batch.reused for batch in again)
    texts = [text for batch in done for text in texts_of(batch.path.read_bytes())]
    assert all(one.number in text for one, text in zip(people, texts, strict=True))


def test_questions_are_printed_in_batches_too(tmp_path: Path):
    assert [batch.pages for batch in render_inquiries([QUESTION] * 3, tmp_path, INQUIRY, workers=0)] == [3]


def test_a_sheet_that_is_too_full_is_refused_and_not_printed_over(tmp_path: Path):
    wordy = replace(FIRST, parts=(("受け方", ("とても長い説明です。" * 20,) * 8),))
    with pytest.raises(PagesDoNotMatch):
        render_notices([NOTICE], tmp_path, wordy, workers=0)


def test_characters_that_the_font_lacks_are_found_before_printing():
    texts = printed_texts([replace(NOTICE, name="見本\ue000"), replace(QUESTION, institution="病院\ue001")])
    assert [(one.row, one.field) for one in GlyphProof().check(texts)] == [
        ("R7-00012", "氏名"),
        ("R7-00012", "医療機関"),
    ]
    assert GlyphProof().check(printed_texts([NOTICE, QUESTION])) == []


def test_the_wording_is_within_the_shipped_font():
    for head in (notice_json(FIRST, [NOTICE]), notice_json(REMINDER, [NOTICE])):
        words = json.dumps(json.loads(head), ensure_ascii=False)
        assert GlyphProof().check([("様式", "文言", words)]) == []


@settings(max_examples=25, deadline=None)
@given(name=st.text(min_size=1, max_size=60), address=st.text(min_size=1, max_size=80), place=st.text(max_size=60))
def test_any_name_address_and_place_make_one_page_or_are_reported(name: str, address: str, place: str):
    person = replace(NOTICE, name=name, address=address, screenings=(Screening("肺がん検診", DAY, place),) * 2)
    try:
        pdf = notice_pdf(REMINDER, [person])
    except SheetsDoNotFit:
        return
    assert count_pages(pdf) == 1
