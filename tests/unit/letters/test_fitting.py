"""A text is as large as its box allows, is broken where a reader would, and is reported when it does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.letters.fitting import Box, TextDoesNotFit, advances, fit

EM = advances()
BOX = Box("住所", 100.0, ((10.0, 1), (10.0, 2), (5.0, 2)))


@pytest.mark.parametrize(
    ("length", "size", "lines"),
    [(9, 10, 1), (10, 10, 1), (11, 10, 2), (19, 10, 2), (20, 10, 2), (21, 5, 2), (40, 5, 2)],
)
def test_kanji_shrink_and_wrap_exactly_when_the_box_is_full(length: int, size: float, lines: int) -> None:
    fitted = fit("新" * length, BOX, EM)
    assert (fitted.size, len(fitted.lines)) == (size, lines)


def test_one_character_more_than_the_box_holds_is_reported_without_showing_it() -> None:
    with pytest.raises(TextDoesNotFit) as refusal:
        fit("新" * 41, BOX, EM)
    assert "住所" in str(refusal.value)
    assert "41文字" in str(refusal.value)
    assert "新" not in str(refusal.value)


def test_a_latin_name_breaks_between_words() -> None:
    wide = Box("氏名", 100.0, ((10.0, 2),))
    lines = fit("MARIA FERNANDA RODRIGUEZ", wide, EM).lines
    assert len(lines) == 2
    assert " ".join(lines) == "MARIA FERNANDA RODRIGUEZ"


def test_a_house_number_stays_whole() -> None:
    lines = fit("新宿区西新宿南町1234-567号", BOX, EM).lines
    assert any("1234-567" in line for line in lines)


def test_a_variation_selector_takes_no_room_and_stays_with_its_character() -> None:
    fitted = fit("邉\U000e0102" * 11, BOX, EM)
    assert len(fitted.lines) == 2
    assert all(not line.startswith("\U000e0102") for line in fitted.lines)


def test_white_space_of_any_kind_becomes_one_space() -> None:
    assert fit("山田　\n 太郎\t", BOX, EM).lines == ("山田 太郎",)


def test_an_empty_text_is_one_empty_line() -> None:
    assert fit("", BOX, EM).lines == ("",)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zs", "Zl", "Zp")), max_size=40))
def test_no_character_is_ever_lost_and_no_line_is_too_long(text: str) -> None:
    try:
        fitted = fit(text, BOX, EM)
    except TextDoesNotFit:
        return
    assert "".join(fitted.lines) == text.strip()
    assert all(EM.of(line) * fitted.size <= BOX.width + 1e-9 for line in fitted.lines)
