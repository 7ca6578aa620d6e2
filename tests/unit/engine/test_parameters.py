"""Dated parameters: what is in force on a day, and every mistake of a file at once."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.engine.parameters import (
    NoValueInForce,
    ParametersUnreadable,
    WrongParameterKind,
    load_parameters,
    parse_parameters,
)

TEXT = """
[tests.lung]
name = "肺がん検診"
[[tests.lung.fee]]
value = 1000
valid_from = 2026-04-01
citation = "新しい料金表"
mark = "verified"
[[tests.lung.fee]]
value = 900
valid_from = 2017-04-01
citation = "古い料金表"
mark = "doubtful"
note = "要確認"
[[tests.lung.trial]]
value = true
valid_from = 2025-04-01
valid_until = 2026-03-31
citation = "要綱"
mark = "memory"
[[tests.lung.kinds]]
value = ["a", "b"]
valid_from = 2025-04-01
citation = "要綱"
mark = "memory"
"""


@pytest.mark.parametrize(
    ("on", "fee"),
    [(date(2017, 4, 1), 900), (date(2026, 3, 31), 900), (date(2026, 4, 1), 1000), (date(2030, 1, 1), 1000)],
)
def test_the_latest_value_that_has_begun_is_in_force(on, fee):
    assert parse_parameters(TEXT).at(on).number("tests.lung.fee") == fee


def test_before_the_first_day_there_is_no_value_and_the_error_says_what_to_do():
    with pytest.raises(NoValueInForce, match=r"2017-03-31 に有効な値がありません.*valid_from"):
        parse_parameters(TEXT).at(date(2017, 3, 31)).number("tests.lung.fee")


@pytest.mark.parametrize(
    ("on", "in_force"),
    [(date(2025, 3, 31), False), (date(2025, 4, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_a_value_with_a_last_day_ends_on_it(on, in_force):
    assert parse_parameters(TEXT).at(on).has("tests.lung.trial") is in_force
    assert parse_parameters(TEXT).at(on).flag("tests.lung.trial", default=False) is in_force


def test_a_fiscal_year_uses_what_is_in_force_on_1_april():
    parameters = parse_parameters(TEXT)
    assert parameters.for_fiscal_year(2025).number("tests.lung.fee") == 900
    assert parameters.for_fiscal_year(2026).number("tests.lung.fee") == 1000


def test_a_value_comes_with_its_citation_and_mark():
    entry = parse_parameters(TEXT).for_fiscal_year(2025).entry("tests.lung.fee")
    assert (entry.citation, entry.mark, entry.note) == ("古い料金表", "doubtful", "要確認")


def test_undated_texts_are_read_by_their_path():
    in_force = parse_parameters(TEXT).for_fiscal_year(2025)
    assert in_force.text("tests.lung.name") == "肺がん検診"
    with pytest.raises(NoValueInForce):
        in_force.text("tests.lung.title")


def test_a_value_of_another_kind_is_refused():
    in_force = parse_parameters(TEXT).for_fiscal_year(2025)
    with pytest.raises(WrongParameterKind, match="整数ではありません"):
        in_force.number("tests.lung.trial")
    with pytest.raises(WrongParameterKind):
        in_force.flag("tests.lung.fee")
    with pytest.raises(WrongParameterKind):
        in_force.word("tests.lung.fee")
    with pytest.raises(WrongParameterKind):
        in_force.words("tests.lung.fee")
    assert in_force.words("tests.lung.kinds") == ("a", "b")
    assert in_force.words("tests.lung.nothing") == ()
    assert in_force.number_or_none("tests.lung.nothing") is None


def test_every_mistake_is_reported_at_once():
    text = """
    [[a.fee]]
    value = 1
    valid_from = "2025-04-01"
    citation = " "
    mark = "sure"
    [[a.age]]
    value = 1
    [[b.age]]
    value = 1
    valid_from = 2025-04-01
    valid_until = 2025-03-31
    citation = "x"
    mark = "memory"
    colour = 3
    """
    with pytest.raises(ParametersUnreadable) as caught:
        parse_parameters(text, "parameters.toml")
    message = str(caught.value)
    for part in ("a.fee の 1 番目", "日付で", "citation", "mark", "a.age", "「valid_from」がありません", "colour"):
        assert part in message
    assert len(caught.value.problems) == 7


@pytest.mark.parametrize(("until", "refused"), [("2025-03-31", True), ("2025-04-01", False), ("2025-04-02", False)])
def test_a_last_day_before_the_first_is_a_mistake(until, refused):
    text = f'[[a]]\nvalue = 1\nvalid_from = 2025-04-01\nvalid_until = {until}\ncitation = "x"\nmark = "memory"\n'
    if refused:
        with pytest.raises(ParametersUnreadable, match="「valid_until」が「valid_from」より前"):
            parse_parameters(text)
    else:
        assert parse_parameters(text).at(date(2025, 4, 1)).number("a") == 1


def test_two_values_of_one_day_are_a_mistake():
    entry = '[[a]]\nvalue = 1\nvalid_from = 2025-04-01\ncitation = "x"\nmark = "memory"\n'
    with pytest.raises(ParametersUnreadable, match="2つあります"):
        parse_parameters(entry * 2)


def test_what_is_not_toml_says_so(tmp_path):
    path = tmp_path / "parameters.toml"
    path.write_text("[[a\n", encoding="utf-8")
    with pytest.raises(ParametersUnreadable, match="TOML として読めません"):
        load_parameters(path)
