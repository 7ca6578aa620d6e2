"""The questionnaires as data: their items, languages, and what is refused in a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from azukari.engine.parameters import NoValueInForce
from azukari.programmes.stress_check import instrument as module
from azukari.programmes.stress_check.instrument import (
    INSTRUMENTS,
    InstrumentUnreadable,
    UnknownInstrument,
    instrument,
    parse_instrument,
)
from azukari.programmes.stress_check.parameters import MethodNotOffered, TableUnreadable, parse_conversion, scoring_set
from tests.unit.stress_check.oracle import REVERSED_IN_SUM, item_numbers, number

FOLDER = Path(module.__file__).parent


@pytest.mark.parametrize("key", INSTRUMENTS)
def test_a_questionnaire_asks_the_items_of_the_fact_sheet(key):
    assert sorted(item.number for item in instrument(key).items) == item_numbers(key)
    assert all(item.required for item in instrument(key).items)


@pytest.mark.parametrize("key", INSTRUMENTS)
def test_every_language_has_every_key(key):
    form = instrument(key)
    assert {"ja", "en"} <= set(form.languages)
    texts = [form.title, *form.scale_names.values()]
    for section in form.sections:
        texts += [section.heading, section.on_paper, section.on_screen, *(option.words for option in section.options)]
        assert [option.value for option in section.options] == [1, 2, 3, 4]
        texts += [item.words for item in section.items] + [item.stem for item in section.items if item.stem]
    for text in texts:
        assert set(text) == set(form.languages)
        assert all(words.strip() for words in text.values())
    assert {item.scale for item in form.items} <= set(form.scale_names)


def test_the_reversed_items_are_those_of_the_manual():
    assert {item.number for item in instrument().items if item.reversed_in_sum} == {number(i) for i in REVERSED_IN_SUM}


def test_wording_that_was_not_read_in_print_is_marked():
    assert {item.number for item in instrument("bjsq80").items if item.mark == "memory"} == set(range(58, 81))


def test_a_language_without_a_key_is_refused():
    text = (FOLDER / "instruments" / "bjsq57.toml").read_text(encoding="utf-8")
    english = text.index("[words.en.items]")
    with pytest.raises(InstrumentUnreadable, match="言語「en」: items の「q1」に文言がありません"):
        parse_instrument(text[:english] + text[english:].replace("q1 = ", "# q1 = ", 1))


def test_an_item_twice_and_an_unknown_questionnaire_are_refused():
    text = (FOLDER / "instruments" / "bjsq57.toml").read_text(encoding="utf-8")
    with pytest.raises(InstrumentUnreadable, match="設問 q1 が2回あります"):
        parse_instrument(text.replace('key = "q2"', 'key = "q1"', 1))
    with pytest.raises(UnknownInstrument, match="bjsq99"):
        instrument("bjsq99")


def test_a_conversion_table_with_a_hole_is_refused():
    text = (FOLDER / "conversion.toml").read_text(encoding="utf-8")
    with pytest.raises(TableUnreadable, match="素点 5 の段階がありません"):
        parse_conversion(text.replace('"3-5"', '"3-4"', 1))


def test_scoring_sets_have_stable_keys_of_their_own():
    day = date(2025, 10, 1)
    assert scoring_set(day, "conversion").key == scoring_set(date(2026, 1, 1), "conversion").key
    keys = [scoring_set(day, "simple_sum", form).key for form in INSTRUMENTS] + [scoring_set(day, "conversion").key]
    assert keys[3] == "bjsq57@2016-1:conversion:b12,ac26,b17:table@2016-1:means@current:2015-12-01"
    assert len(set(keys)) == 4


def test_the_short_form_has_no_conversion_and_nothing_is_in_force_before_the_law():
    with pytest.raises(MethodNotOffered, match="simple_sum"):
        scoring_set(date(2025, 10, 1), "conversion", "bjsq23")
    assert scoring_set(date(2015, 12, 1)).valid_from == date(2015, 12, 1)
    with pytest.raises(NoValueInForce):
        scoring_set(date(2015, 11, 30))
