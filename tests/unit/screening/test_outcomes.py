"""Raw codes as clinics write them, and what they come to."""

from __future__ import annotations

import polars as pl
import pytest

from azukari.programmes.screening.outcomes import (
    Outcome,
    canonical,
    code_lists,
    history_key,
    method_is_accepted,
    methods,
    needs_work_up,
    with_outcome,
)
from azukari.programmes.screening.reasons import TESTS


@pytest.mark.parametrize(
    ("test", "written", "code"),
    [
        ("lung", "Ｅ１", "E1"),
        ("lung", "e2", "E2"),
        ("lung", "異常なし", "B"),
        ("breast", "カテゴリー3", "3"),
        ("breast", "カテゴリ３", "3"),
        ("breast", "C3", None),
        ("cervical", "asc-us", "ASC-US"),
        ("cervical", "ASC－US", "ASC-US"),
        ("cervical", "ＮＩＬＭ", "NILM"),
        ("cervical", "不適正", "U"),
        ("colorectal", "（−）", "-"),
        ("colorectal", "－・＋", "-+"),
        ("colorectal", "陽性", "+"),
        ("hepatitis", "B+C-", "B+C-"),
        ("checkup_40_74", "要医療", "3"),
        ("stomach_xray", "要精検", "2"),
        ("lung", "Z", None),
        ("lung", "", None),
        ("no_such_test", "1", None),
    ],
)
def test_a_code_is_read_in_every_way_of_writing_it(test, written, code):
    assert canonical(test, written) == code


@pytest.mark.parametrize("test", list(TESTS))
def test_every_test_has_a_code_that_is_normal_and_one_list_only(test):
    assert Outcome.NORMAL in code_lists()[test].codes.values()
    assert test in code_lists()[test].tests


@pytest.mark.parametrize(
    ("test", "needing"),
    [
        ("lung", {"E1", "E2"}),
        ("lung_sputum", {"D", "E"}),
        ("breast", {"3", "4", "5"}),
        ("cervical", {"ASC-US", "ASC-H", "LSIL", "HSIL", "SCC", "AGC", "AIS", "ADENO", "OTHER"}),
        ("colorectal", {"-+", "+-", "++", "+"}),
        ("checkup_40_74", set()),
    ],
)
def test_exactly_these_codes_need_further_tests(test, needing):
    codes = code_lists()[test].codes
    assert {code for code, outcome in codes.items() if needs_work_up(outcome)} == needing


def test_a_column_of_codes_comes_to_the_same_as_one_code_at_a_time():
    pairs = [(test, code) for test in TESTS for code in (*code_lists()[test].codes, "何か")]
    rows = with_outcome(pl.DataFrame(pairs, schema=["test", "raw"], orient="row"))
    for test, raw, code, outcome in rows.select("test", "raw", "code", "outcome").iter_rows():
        assert code == canonical(test, raw)
        assert outcome == (None if code is None else code_lists()[test].codes[code])


def test_the_three_checkups_are_one_in_the_history():
    assert {history_key(test) for test in TESTS if test.startswith("checkup")} == {"checkup"}


@pytest.mark.parametrize(
    ("test", "method", "raw", "accepted"),
    [
        ("colorectal", "stool", "+", False),
        ("colorectal", "endoscopy", "+", True),
        ("cervical", "cytology", "HSIL", False),
        ("cervical", "cytology", "ASC-US", True),
        ("lung", "ct", "E1", True),
    ],
)
def test_a_method_that_does_not_count_is_no_work_up(test, method, raw, accepted):
    assert method in methods()
    assert method_is_accepted(test, method, raw) is accepted
