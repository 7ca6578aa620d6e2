"""The reference pages of the stress check are those that the questionnaires, the tables and the parameters give."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from azukari.programmes.stress_check.groups import group_parameters
from azukari.programmes.stress_check.instrument import INSTRUMENTS, SCALES, instrument
from azukari.programmes.stress_check.parameters import stress_check_parameters
from azukari.programmes.stress_check.reference import PAGES, questionnaires_page, write
from azukari.programmes.stress_check.reference_words import FIELDS, VECTOR_FILES

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "reference"
VECTORS = ROOT / "tests" / "spec" / "stress_check"


def rows_of(page: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_the_docs_is_the_one_that_the_tables_give(name):
    told = "run: python -m azukari.programmes.stress_check.reference docs/reference"
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), told


def test_writing_makes_all_pages(tmp_path):
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(PAGES)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_item_of_every_form_stands_on_the_page_with_its_wording(language):
    rows = rows_of(questionnaires_page())
    place = {"ja": 2, "en": 3}[language]
    found = {(row[0], row[place]) for row in rows if len(row) == 8}
    for key in INSTRUMENTS:
        for item in instrument(key).items:
            stem = f"{item.stem[language]} " if item.stem else ""
            assert (str(item.number), stem + item.words[language]) in found


def test_the_item_numbers_of_the_printed_form_are_those_of_the_published_sheet():
    numbers = {row[0]: row[1] for row in rows_of(questionnaires_page()) if len(row) == 8}
    expected = {"1": "A1", "17": "A17", "18": "B1", "46": "B29", "47": "C1", "55": "C9", "56": "D1", "57": "D2"}
    assert {number: numbers[number] for number in expected} == expected


@pytest.mark.parametrize(
    "item", ["15 − （A1＋A2＋A3）", "10 − （A12＋A13）＋A14", "B19＋…＋B29", "10 − （D1＋D2）", "5 − 問60"]
)
def test_the_formulae_are_printed_as_the_table_has_them(item):
    assert f"| {item} |" in PAGES["stress-check-scoring.md"]()


def test_every_dated_value_stands_on_a_page_under_a_name_with_its_source_and_mark():
    text = "\n".join(page() for page in PAGES.values())
    told = {"verified": "確認済み", "memory": "未確認", "doubtful": "要確認"}
    for parameters in (stress_check_parameters(), group_parameters()):
        for key, values in parameters.history.items():
            for value in values:
                if key.startswith("means_80."):
                    assert value.citation in text
                    continue
                line = f"| {value.valid_from.isoformat()} | {told[value.mark]} | {value.citation}"
                assert any(row.startswith(f"| {FIELDS[key]} |") and line in row for row in text.splitlines()), key


def test_the_conversion_table_has_a_line_for_every_scale():
    rows = [row for row in rows_of(PAGES["stress-check-scoring.md"]()) if len(row) == 8]
    assert {row[0] for row in rows[2:]} == {str(number) for number in range(1, len(SCALES) + 1)}


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in sorted(VECTORS.glob("*.csv"))])
def test_every_file_of_vectors_and_each_of_its_columns_is_explained(path):
    _, words = VECTOR_FILES[path.name]
    with path.open(encoding="utf-8", newline="") as file:
        heads = next(csv.reader(file))
    ranges = {"2の点", "3の点"}
    assert [head for head in heads if f"「{head}" not in words and head not in ranges] == []
    assert f"`tests/spec/stress_check/{path.name}`" in PAGES["stress-check-vectors.md"]()
