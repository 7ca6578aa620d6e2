"""Parts of the run's steps that need no database: codes read back, and what a state may become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.programmes.screening.models import TRANSITIONS, Run
from azukari.programmes.screening.refusals import DoesNotBalance
from azukari.programmes.screening.steps.mailing import check_codes

CODES = ["A", "B", "C"]


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (["A", "B"], ["帳票番号 C がありません（不足）。"]),
        (["A", "B", "C", "X"], ["帳票番号 X はこの処理のものではありません（過剰）。"]),
        (["A", "B", "B", "C"], ["帳票番号 B が2回読み取られました（重複）。"]),
        (["A", "B", "B"], ["帳票番号 C がありません（不足）。", "帳票番号 B が2回読み取られました（重複）。"]),
        (["A", "C", "B"], ["2番目が C です（予定は B）。順序が入れ替わっています。"]),
        (["X", "X", "X"], [*(f"帳票番号 {code} がありません（不足）。" for code in CODES),
                           "帳票番号 X が3回読み取られました（重複）。",
                           "帳票番号 X はこの処理のものではありません（過剰）。"]),
        (["A", "B", "C"], []),
    ],
)  # fmt: skip
def test_each_wrong_code_is_named_with_what_is_wrong(read: list[str], told: list[str]) -> None:
    assert check_codes(read, CODES) == told


@given(st.lists(st.sampled_from("ABCDEFG"), unique=True), st.lists(st.sampled_from("ABCDEFGXY"), max_size=9))
def test_only_the_same_codes_in_the_same_order_pass(expected: list[str], read: list[str]) -> None:
    assert (check_codes(read, expected) == []) == (read == expected)


def test_a_refusal_of_many_thousands_tells_the_first_ten() -> None:
    told = str(DoesNotBalance("封入", 30_000, 0, [f"帳票番号 {n} がありません" for n in range(30_000)]))
    assert told.count("帳票番号") == 10
    assert "予定 30000・実数 0" in told


def test_the_run_goes_one_way_and_misses_no_state() -> None:
    way, state = [Run.State.ASSESSED], Run.State.ASSESSED
    while TRANSITIONS[state]:
        (state,) = TRANSITIONS[state]
        way.append(state)
    assert way == list(Run.State)
