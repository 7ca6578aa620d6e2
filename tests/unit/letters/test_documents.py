"""The papers of custody: complete, or refused; data is only ever text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from azukari.letters import documents
from azukari.letters.documents import KeysMissing
from azukari.letters.typst import FontsNotFound, LetterNotDrawn, count_pages, font_set, render_pdf
from tests.unit.letters import samples

PAPERS: dict[str, tuple[Callable[..., bytes], Mapping[str, Any]]] = {
    "certificate": (documents.certificate, samples.CERTIFICATE),
    "register": (documents.register, samples.register(60)),
    "password_notice": (documents.password_notice, samples.PASSWORD_NOTICE),
    "disc_label": (documents.disc_label, samples.DISC_LABEL),
    "volume_notice": (documents.volume_notice, samples.VOLUME_NOTICE),
    "handover_slip": (documents.handover_slip, samples.HANDOVER_SLIP),
    "run_summary": (documents.run_summary, samples.RUN_SUMMARY),
    "balances": (documents.balances, samples.BALANCES),
}
HOSTILE = [
    "#panic()",
    "*x*",
    "$",
    "\\",
    '"',
    "'",
    "= 見出し",
    "- 箇条",
    "a\nb",
    "<label>",
    "@ref",
    "//",
    "/*",
    "#{",
    "]",
    "{{x}}",
    "`",
]


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).replace("\u200b", "")


@pytest.mark.parametrize("name", PAPERS)
def test_each_paper_is_drawn_with_its_data_on_it(name: str) -> None:
    draw, data = PAPERS[name]
    text = text_of(draw(data)).replace("\n", "")
    for value in data.values():
        if isinstance(value, str) and value and name != "password_notice" and value != data.get("code"):
            assert value.replace(" ", "") in text.replace(" ", ""), value


@pytest.mark.parametrize("name", PAPERS)
def test_each_paper_refuses_to_be_drawn_when_a_key_is_missing(name: str) -> None:
    draw, data = PAPERS[name]
    for key in data:
        with pytest.raises(KeysMissing) as refusal:
            draw({other: value for other, value in data.items() if other != key})
        assert refusal.value.keys == (key,)


def test_a_register_row_without_its_quantity_is_refused() -> None:
    data = samples.register(1)
    del data["rows"][0]["quantity"]
    with pytest.raises(KeysMissing, match="quantity"):
        documents.register(data)


def test_the_register_repeats_its_header_and_numbers_its_pages() -> None:
    reader = PdfReader(BytesIO(documents.register(samples.register(60))))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 2
    for number, text in enumerate(pages, 1):
        assert "受渡番号" in text
        assert f"{number} / {len(pages)}" in text
        assert "職員0012" in text


def test_an_empty_register_says_so() -> None:
    assert "該当する記録はありません" in text_of(documents.register(samples.register(0)))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_data_is_printed_as_it_stands(hostile: str) -> None:
    marked = {**samples.CERTIFICATE, "by": f"あ{hostile}い", "method": hostile, "unreachable": [hostile]}
    text = text_of(documents.certificate(marked))
    assert f"あ{hostile}い".replace("\n", "") in text.replace("\n", "")


def test_the_password_stands_on_the_notice_character_by_character() -> None:
    text = text_of(documents.password_notice(samples.PASSWORD_NOTICE))
    cells = "".join(text.split())
    assert samples.PASSWORD_NOTICE["password"] in cells


def test_totals_that_differ_are_said_to_differ() -> None:
    assert "一致していません" in text_of(documents.run_summary(samples.RUN_SUMMARY))
    agreed = {**samples.RUN_SUMMARY, "closed": True}
    assert "一致しました" in text_of(documents.run_summary(agreed))


def test_an_unconfirmed_certificate_says_so() -> None:
    assert "未確認" in text_of(documents.certificate({**samples.CERTIFICATE, "confirmed_by": "", "confirmed_at": ""}))


def test_same_data_same_bytes() -> None:
    assert documents.balances(samples.BALANCES) == documents.balances(samples.BALANCES)


@pytest.mark.parametrize("rows", [1, 11, 12, 13, 300])
def test_pages_are_counted_as_another_program_counts_them(rows: int) -> None:
    pdf = documents.register(samples.register(rows))
    assert count_pages(pdf) == len(PdfReader(BytesIO(pdf)).pages)


def test_a_font_folder_that_is_not_there_is_named_with_the_setting(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(FontsNotFound, match="AZUKARI_FONTS"):
            font_set([folder])


def test_only_the_shipped_font_is_used_when_no_folder_is_given() -> None:
    assert font_set().families == ("IPAexGothic",)


def test_half_a_surrogate_pair_is_refused_in_words() -> None:
    with pytest.raises(LetterNotDrawn, match="文字コード"):
        documents.certificate({**samples.CERTIFICATE, "by": "\ud842"})


def test_a_template_that_is_not_there_is_a_letter_not_drawn() -> None:
    with pytest.raises(LetterNotDrawn):
        render_pdf("no_such_paper", {})
