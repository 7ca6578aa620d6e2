"""The item table: every code finds its item, every column finds its item, every range has a source."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from azukari.examinations.items import (
    _references,
    by_code,
    by_header,
    items,
    ngsp_from_jds,
    plain_number,
    reference_range,
    value_of,
)
from azukari.vocabulary.headers import header_key

TODAY = date(2026, 6, 1)


def test_every_code_has_17_characters_and_belongs_to_one_item():
    codes = [code for item in items().values() for code in item.codes]
    assert len(codes) == len(set(codes))
    assert {len(code) for code in codes} == {17}


def test_every_code_and_every_column_leads_back_to_its_item():
    for item in items().values():
        assert all(by_code(code) is item for code in item.codes)
        assert all(by_header(name) is item for name in (item.header, item.name, *item.aliases))


def test_no_two_items_share_a_column():
    names = [{header_key(name) for name in (item.header, item.name, *item.aliases)} for item in items().values()]
    assert sum(map(len, names)) == len(set().union(*names))


@pytest.mark.parametrize("key", list(items()))
def test_a_number_has_a_unit_and_a_range_and_a_code_has_a_list(key):
    item = items()[key]
    if item.kind == "PQ":
        assert item.unit
        assert item.unit.lower() in item.units
        assert item.lowest < item.highest
    else:
        assert not item.unit
        assert bool(item.options) == (item.kind in ("CD", "CO"))


def test_a_reference_range_belongs_to_an_item_and_lies_within_what_is_plausible():
    for path in _references().history:
        _, key, bound = path.split(".")
        item = items()[key]
        sex = bound.rpartition("_")[0] or "male"
        found = reference_range(key, sex=sex, on=TODAY)
        assert all(item.lowest <= value <= item.highest for value in (found.low, found.high) if value is not None)
        assert all(
            -value.as_tuple().exponent <= item.decimals for value in (found.low, found.high) if value is not None
        )


@pytest.mark.parametrize(
    ("key", "sex", "low", "high", "mark"),
    [
        ("waist", "male", None, "84.9", "verified"),
        ("waist", "female", None, "89.9", "verified"),
        ("hba1c", "", None, "5.5", "verified"),
        ("bmi", "male", "18.5", "24.9", "memory"),
        ("creatinine", "female", "0.46", "0.79", "doubtful"),
    ],
)
def test_a_reference_range_says_how_sure_it_is(key, sex, low, high, mark):
    found = reference_range(key, sex=sex, on=TODAY)
    assert (found.low, found.high) == tuple(bound and Decimal(bound) for bound in (low, high))
    assert found.mark == mark
    assert all(found.citations)


def test_there_is_no_range_for_an_unknown_sex_where_it_matters_nor_before_the_first_day():
    assert reference_range("waist", sex="", on=TODAY) is None
    assert reference_range("glucose", sex="male", on=date(2024, 3, 31)) is None
    assert reference_range("glucose", sex="male", on=date(2024, 4, 1)) is not None


def test_a_column_is_found_in_any_width_of_letters():
    assert by_header("ＨｂＡ１ｃ（ＮＧＳＰ） （％）").key == "hba1c"
    assert by_header("身長").key == by_header("身長(cm)").key == "height"
    assert by_header("星座") is None
    assert by_code("X" * 17) is None


def test_old_hba1c_is_an_item_of_its_own():
    assert by_code("3D045000001920402").old_of == "hba1c"
    assert value_of("hba1c_jds", "5.2").old_unit
    assert not value_of("hba1c", "5.2").old_unit


@pytest.mark.parametrize(("jds", "ngsp"), [("4.7", "5.0"), ("5.2", "5.6"), ("6.1", "6.5"), ("8.0", "8.4")])
def test_hba1c_is_converted_to_one_decimal(jds, ngsp):
    assert ngsp_from_jds(Decimal(jds)) == Decimal(ngsp)


@pytest.mark.parametrize(
    "text", ["NaN", "INF", "-INF", "1E5", "1e999999", "", " 5", "5.", ".5", "１２", "1" * 13, "5\n"]
)
def test_only_a_plain_decimal_is_a_number(text):
    assert plain_number(text) is None


def test_a_number_keeps_its_decimals():
    assert str(plain_number("5.60")) == "5.60"
