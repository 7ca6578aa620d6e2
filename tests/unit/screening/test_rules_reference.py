"""The reference page of the screening rules is the one that the parameters and the reasons give."""

from __future__ import annotations

from pathlib import Path

from azukari.programmes.screening.reasons import REASONS, TESTS
from azukari.programmes.screening.reference import reference_page
from azukari.programmes.screening.result_reference import result_file_page
from azukari.programmes.screening.rules import screening_parameters

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "screening-rules.md"


def test_the_page_in_the_docs_is_the_one_that_the_parameters_give():
    assert PAGE.read_text(encoding="utf-8") == reference_page(screening_parameters())


def test_the_page_has_a_row_for_every_dated_value_and_every_reason():
    parameters = screening_parameters()
    rows = [line for line in reference_page(parameters).splitlines() if line.startswith("| ") and "---" not in line]
    headings = len(TESTS) + 4  # a table for each test, the common one, the run, the follow-up, the reasons
    assert len(rows) == sum(len(values) for values in parameters.history.values()) + len(REASONS) + headings


def test_the_page_of_the_results_file_is_the_one_that_the_tables_give():
    assert PAGE.with_name("result-file.md").read_text(encoding="utf-8") == result_file_page()
