"""The ministry's checkup XML as delivered rows: nothing in a document is dropped, and no document goes uncounted."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any

import pytest

from azukari.examinations.hc08 import Schemas
from azukari.examinations.items import Value, value_of
from azukari.examinations.write_hc08 import write
from azukari.programmes.screening.checkup_xml import read_documents
from azukari.programmes.screening.outcomes import canonical
from azukari.programmes.screening.result_file import rows_of
from tests.unit.examinations.documents import HAS_XSD, XSD, AcceptsAll, checkup


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD) if HAS_XSD else Schemas(AcceptsAll(), Lock())


def rows(schemas: Schemas, *values: Value, **changes: object) -> list[dict[str, str]]:
    read = read_documents([("h1.xml", write(checkup(*values, **changes)))], schemas)
    assert read.wrong == []
    return [dict(cells) for _, cells in read.rows]


def test_a_checkup_is_one_row_with_every_value_under_its_header(schemas):
    (row,) = rows(schemas, value_of("height", "165.2"), value_of("weight", "61.4"))
    assert (row["検診"], row["受診券整理番号"], row["受診日"]) == ("健康診査", "26000012345", "2026-06-10")
    assert (row["身長(cm)"], row["体重(kg)"]) == ("165.2", "61.4")
    assert row["判定"] == "1"


def test_a_value_outside_its_range_makes_it_a_finding(schemas):
    (row,) = rows(schemas, replace(value_of("hba1c", "6.8"), flag="H"))
    assert row["判定"] == "2"


@pytest.mark.parametrize(
    ("item", "said", "test", "work_up"),
    [
        ("lung_work_up", "1", "lung", True),
        ("lung_work_up", "2", "lung", False),
        ("stomach_work_up", "1", "stomach_xray", True),
        ("breast_work_up", "1", "breast", True),
        ("uterus_work_up", "2", "cervical", False),
        ("colon_work_up", "1", "colorectal", True),
        ("prostate_work_up", "1", "prostate", True),
    ],
)
def test_each_cancer_screening_is_a_row_of_its_own(schemas, item, said, test, work_up):
    found = rows(schemas, value_of("height", "165.2"), value_of(item, said))
    assert [row["検診"] for row in found] == ["健康診査", test]
    frame = rows_of(list(enumerate(found, 1)))
    assert canonical(test, found[1]["判定"]) is not None
    assert (frame["outcome"][1] == "work_up") is work_up


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"hcv_judgement": "2"}, "B-C+"),
        ({"hcv_judgement": "1", "hbs_antigen": "1"}, "B+C-"),
        ({"hbs_antigen": "2"}, "B-C-"),
    ],
)
def test_hepatitis_is_one_code_of_both_viruses(schemas, said, code):
    found = rows(schemas, *(value_of(item, text) for item, text in said.items()), programme_code="090")
    assert [(row["検診"], row["判定"]) for row in found] == [("hepatitis", code)]


def test_an_unknown_item_is_kept_by_its_code(schemas):
    (row,) = rows(schemas, replace(value_of("height", "165.2"), item=None, code="9Z999000000000001", name="ナゾ"))
    assert row["JLAC10 9Z999000000000001"] == "165.2"


def test_documents_that_can_not_be_read_are_rows_too(schemas):
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><ClinicalDocument>&a;</ClinicalDocument>'
    good: Any = write(checkup(value_of("height", "165.2")))
    read = read_documents([("1.xml", bomb), ("2.xml", good), ("3.xml", b"")], schemas)
    assert [line for line, _ in read.wrong] == [1, 3]
    assert [line for line, _ in read.rows] == [2]
    assert all(cells["読めない理由"] for _, cells in read.wrong)
