"""Billing: every performed test is billed exactly once, or is not billed for a reason that is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.engine.parameters import Parameters, parse_parameters
from azukari.engine.run import WrongColumns
from azukari.programmes.screening.billing import (
    FIRST_REASON,
    LEDGER,
    OUTCOMES,
    Billing,
    LedgerDoesNotClose,
    Outcome,
    RepeatedResult,
    bill,
    billing_parameters,
    unit_price,
)
from azukari.programmes.screening.reasons import TESTS

CLINIC, OTHER = "1311111111", "1322222222"
JUNE, JULY, AUGUST = date(2025, 6, 1), date(2025, 7, 1), date(2025, 8, 1)
SCHEMA: dict[str, Any] = {
    "result_id": pl.Int64, "institution": pl.String, "test": pl.String, "examined_on": pl.Date, "method": pl.String,
    "fee_paid": pl.Int64, "accepted": pl.Boolean,
}  # fmt: skip


def _dated(key: str, *values: tuple[int, str]) -> str:
    return "".join(
        f'[[{key}]]\nvalue = {value}\nvalid_from = {since}\ncitation = "見本"\nmark = "doubtful"\n'
        for value, since in values
    )


def prices_with(tax: int = 0) -> Parameters:
    """Colorectal rises from 2,500 to 2,700 yen on 16 June; breast and everything else has no price."""
    return parse_parameters(
        _dated("common.tax_percent", (tax, "2017-04-01"))
        + _dated("tests.colorectal.unit_price", (2500, "2017-04-01"), (2700, "2025-06-16"))
        + _dated("tests.lung.unit_price", (3900, "2017-04-01"))
        + _dated("tests.lung.methods.with_sputum.unit_price", (6800, "2017-04-01"))
    )


PRICES = prices_with()


def row(number: int, day: date | None = date(2025, 6, 3), accepted: bool | None = True, **other: Any) -> dict[str, Any]:
    return {
        "result_id": number, "institution": CLINIC, "test": "colorectal", "examined_on": day, "method": None,
        "fee_paid": 600, "accepted": accepted,
    } | other  # fmt: skip


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def lines_of(billing: Billing) -> list[tuple[Any, ...]]:
    columns = ["correction", "test", "method", "examined_month", "unit_price", "count", "gross", "copayment", "net"]
    return billing.lines.select(columns).rows()


def outcome_of(billing: Billing, number: int) -> Outcome:
    return Outcome(billing.outcomes.filter(pl.col("result_id") == number)["outcome"].item())


def total(billing: Billing, institution: str = CLINIC) -> dict[str, Any]:
    return billing.totals.filter(pl.col("institution") == institution).row(0, named=True)


def test_a_month_is_count_times_price_less_the_copayment():
    found = bill(table(row(1), row(2), row(3, fee_paid=0)), PRICES, JUNE)
    assert lines_of(found) == [(False, "colorectal", "", JUNE, 2500, 3, 7500, 1200, 6300)]
    assert total(found) == {
        "institution": CLINIC, "count": 3, "gross": 7500, "tax": 0, "copayment": 1200, "net": 6300,
    }  # fmt: skip


@pytest.mark.parametrize(("day", "price"), [(15, 2500), (16, 2700), (17, 2700)])
def test_the_price_is_that_of_the_day_of_examination(day: int, price: int):
    assert unit_price(PRICES, "colorectal", "", date(2025, 6, day)) == price


def test_a_new_price_inside_a_month_makes_two_lines():
    found = bill(table(row(1, date(2025, 6, 15)), row(2, date(2025, 6, 16))), PRICES, JUNE)
    assert [(line[4], line[5]) for line in lines_of(found)] == [(2500, 1), (2700, 1)]
    assert total(found)["gross"] == 5200


def test_an_option_with_its_own_price_is_a_line_of_its_own():
    lung = {"test": "lung", "fee_paid": 900}
    found = bill(table(row(1, **lung), row(2, method="with_sputum", **lung)), PRICES, JUNE)
    assert [(line[2], line[4]) for line in lines_of(found)] == [("", 3900), ("with_sputum", 6800)]


def test_every_institution_has_its_own_statement():
    found = bill(table(row(1), row(2, institution=OTHER), row(3, institution=OTHER)), PRICES, JUNE)
    assert found.totals["institution"].to_list() == [CLINIC, OTHER]
    assert found.totals["count"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("other", "outcome"),
    [
        ({"accepted": False}, Outcome.NOT_ACCEPTED),
        ({"accepted": None}, Outcome.OUTSTANDING),
        ({"examined_on": date(2025, 6, 30)}, Outcome.BILLED),
        ({"examined_on": date(2025, 7, 1)}, Outcome.LATER),
        ({"examined_on": None}, Outcome.INCOMPLETE),
        ({"institution": "131111111"}, Outcome.INCOMPLETE),
        ({"institution": "13111111111"}, Outcome.INCOMPLETE),
        ({"institution": None}, Outcome.INCOMPLETE),
        ({"test": "horoscope"}, Outcome.INCOMPLETE),
        ({"test": "breast"}, Outcome.NO_PRICE),
        ({"method": "with_sputum"}, Outcome.NO_PRICE),
        ({"examined_on": date(2017, 3, 31)}, Outcome.NO_PRICE),
        ({"fee_paid": None}, Outcome.FEE_IMPLAUSIBLE),
        ({"fee_paid": -1}, Outcome.FEE_IMPLAUSIBLE),
        ({"fee_paid": 0}, Outcome.BILLED),
        ({"fee_paid": 2500}, Outcome.BILLED),
        ({"fee_paid": 2501}, Outcome.FEE_IMPLAUSIBLE),
    ],
)
def test_what_is_not_billed_says_why(other: dict[str, Any], outcome: Outcome):
    found = bill(table(row(1) | other), PRICES, JUNE)
    assert outcome_of(found, 1) == outcome
    assert found.entries.height == (outcome < FIRST_REASON)
    listed = outcome >= FIRST_REASON and outcome != Outcome.LATER
    assert found.not_billed.select("outcome", "count").rows() == ([(outcome, 1)] if listed else [])


def test_an_institution_with_nothing_to_bill_is_still_told_what_was_not_billed():
    found = bill(table(row(1, accepted=False), row(2, accepted=None), row(3, accepted=None)), PRICES, JUNE)
    assert total(found)["net"] == 0
    assert found.not_billed.select("outcome", "count").rows() == [(Outcome.NOT_ACCEPTED, 1), (Outcome.OUTSTANDING, 2)]


def test_running_a_month_again_bills_nothing_again():
    first = bill(table(row(1), row(2)), PRICES, JUNE)
    again = bill(table(row(1), row(2)), PRICES, JUNE, first.entries)
    assert again.entries.is_empty()
    assert again.lines.is_empty()
    assert outcome_of(again, 1) == Outcome.BILLED_BEFORE


def test_a_sheet_that_came_late_is_billed_in_the_next_statement_under_its_own_month():
    june = bill(table(row(1), row(2, accepted=None)), PRICES, JUNE)
    july = bill(table(row(1), row(2)), PRICES, JULY, june.entries)
    assert lines_of(july) == [(False, "colorectal", "", JUNE, 2500, 1, 2500, 600, 1900)]


def test_a_result_rejected_after_it_was_billed_comes_back_as_a_negative_line():
    june = bill(table(row(1), row(2)), PRICES, JUNE)
    july = bill(table(row(1, accepted=False), row(2), row(3, date(2025, 7, 2))), PRICES, JULY, june.entries)
    assert lines_of(july) == [
        (False, "colorectal", "", JULY, 2700, 1, 2700, 600, 2100),
        (True, "colorectal", "", JUNE, 2500, -1, -2500, -600, -1900),
    ]
    assert total(july)["net"] == 200
    assert outcome_of(july, 1) == Outcome.NOT_ACCEPTED


def test_what_is_taken_back_is_taken_back_at_the_price_it_was_billed_at():
    june = bill(table(row(1)), PRICES, JUNE)
    dearer = parse_parameters(_dated("tests.colorectal.unit_price", (9999, "2017-04-01")))
    unchanged = bill(table(row(1)), dearer, JULY, june.entries)
    assert unchanged.lines.is_empty()
    july = bill(table(row(1, accepted=False)), dearer, JULY, june.entries)
    assert total(july)["net"] == -1900


def test_a_result_rejected_and_accepted_after_all_is_billed_once():
    ledger = bill(table(row(1)), PRICES, JUNE).entries
    ledger = pl.concat([ledger, bill(table(row(1, accepted=False)), PRICES, JULY, ledger).entries])
    ledger = pl.concat([ledger, bill(table(row(1)), PRICES, AUGUST, ledger).entries])
    assert ledger["sign"].to_list() == [1, -1, 1]
    assert bill(table(row(1)), PRICES, AUGUST, ledger).entries.is_empty()


def test_a_result_that_is_checked_again_stays_billed_until_it_is_decided():
    june = bill(table(row(1)), PRICES, JUNE)
    july = bill(table(row(1, accepted=None)), PRICES, JULY, june.entries)
    assert july.entries.is_empty()
    assert outcome_of(july, 1) == Outcome.BILLED_BEFORE


@pytest.mark.parametrize(
    "corrected", [{"institution": OTHER}, {"fee_paid": 0}, {"examined_on": date(2025, 6, 16)}, {"test": "lung"}]
)
def test_a_corrected_result_is_taken_back_and_billed_anew(corrected: dict[str, Any]):
    june = bill(table(row(1)), PRICES, JUNE)
    july = bill(table(row(1) | corrected), PRICES, JULY, june.entries)
    assert outcome_of(july, 1) == Outcome.CORRECTED
    assert july.entries["sign"].to_list() == [-1, 1]
    assert july.lines["count"].sum() == 0


@pytest.mark.parametrize(("tax", "expected"), [(0, 0), (8, 400), (10, 500)])
def test_the_tax_is_added_once_to_the_sum_of_a_statement(tax: int, expected: int):
    found = bill(table(row(1), row(2)), prices_with(tax), JUNE)
    assert total(found)["tax"] == expected
    assert total(found)["net"] == 5000 + expected - 1200


def test_a_fraction_of_a_yen_of_tax_is_cut_off_on_either_side_of_zero():
    odd = parse_parameters(
        _dated("common.tax_percent", (10, "2017-04-01")) + _dated("tests.colorectal.unit_price", (1999, "2017-04-01"))
    )
    june = bill(table(row(1)), odd, JUNE)
    july = bill(table(row(1, accepted=False)), odd, JULY, june.entries)
    assert (total(june)["tax"], total(july)["tax"]) == (199, -199)


def test_a_result_that_stands_twice_is_refused():
    with pytest.raises(RepeatedResult, match="1件"):
        bill(table(row(1), row(1)), PRICES, JUNE)


def test_a_ledger_that_bills_twice_or_takes_back_the_unbilled_is_refused():
    entries = bill(table(row(1)), PRICES, JUNE).entries
    for broken in (
        pl.concat([entries, entries]),
        pl.concat([entries, entries.with_columns(institution=pl.lit(OTHER))]),
        entries.with_columns(sign=-pl.col("sign")),
    ):
        with pytest.raises(LedgerDoesNotClose, match="1件"):
            bill(table(row(1)), PRICES, JULY, broken)


def test_a_table_without_a_column_is_refused():
    with pytest.raises(WrongColumns, match="fee_paid"):
        bill(table(row(1)).drop("fee_paid"), PRICES, JUNE)


def test_no_tests_make_no_statements():
    found = bill(table(), PRICES, JUNE)
    assert found.totals.is_empty()
    assert found.entries.columns == list(LEDGER)


def test_every_test_has_a_price_on_every_day_of_the_year_and_it_is_marked_doubtful():
    prices = billing_parameters()
    assert all(unit_price(prices, test, "", date(2025, 4, 1)) for test in TESTS)
    assert {value.mark for values in prices.history.values() for value in values} == {"doubtful"}


def test_every_outcome_has_its_words():
    assert set(OUTCOMES) == set(Outcome)


# --- an oracle that keeps accounts with a pencil ------------------------------------------------------------------

_STATE = st.fixed_dictionaries(
    {
        "institution": st.sampled_from([CLINIC, OTHER, "12", None]),
        "test": st.sampled_from(["colorectal", "lung", "breast", "unknown"]),
        "examined_on": st.none() | st.dates(date(2025, 5, 28), date(2025, 8, 3)),
        "method": st.sampled_from([None, "", "with_sputum"]),
        "fee_paid": st.sampled_from([None, -1, 0, 600, 2500, 2501, 3900]),
        "accepted": st.sampled_from([True, True, True, False, None]),
    }
)
#: Five results as they stand at the end of each of three months; most of them do not change.
_HISTORY = st.lists(st.tuples(_STATE, st.none() | _STATE, st.none() | _STATE), min_size=0, max_size=5)


def _price(test: str, method: str, on: date) -> int | None:
    if (test, method) == ("colorectal", ""):
        return 2700 if on >= date(2025, 6, 16) else 2500
    return {("lung", ""): 3900, ("lung", "with_sputum"): 6800}.get((test, method))


def _wanted(state: dict[str, Any], month: date) -> tuple[Any, ...] | None:
    """What a state should be billed as by the end of ``month``; None when it should not."""
    day, fee, method = state["examined_on"], state["fee_paid"], state["method"] or ""
    if state["institution"] not in (CLINIC, OTHER) or day is None or (day.year, day.month) > (month.year, month.month):
        return None
    price = _price(state["test"], method, day)
    if not state["accepted"] or price is None or fee is None or not 0 <= fee <= price:
        return None
    return state["institution"], state["test"], method, day, fee, price


@given(_HISTORY)
def test_three_months_of_changes_are_billed_as_the_pencil_does(history: Sequence[tuple[dict[str, Any], ...]]):
    ledger: pl.DataFrame | None = None
    billed: dict[int, tuple[Any, ...]] = {}
    states: dict[int, dict[str, Any]] = {}
    for turn, month in enumerate((JUNE, JULY, AUGUST)):
        states |= {n: change[turn] for n, change in enumerate(history) if change[turn] is not None}
        found = bill(table(*({"result_id": n, **state} for n, state in states.items())), PRICES, month, ledger)
        nets: dict[str, int] = defaultdict(int)
        for n, state in states.items():
            old, new = billed.get(n), _wanted(state, month)
            if old is not None and (state["accepted"] is None or new == old):
                continue
            if old is not None:
                nets[old[0]] -= old[5] - old[4]
                del billed[n]
            if new is not None:
                nets[new[0]] += new[5] - new[4]
                billed[n] = new
        told = {name: net for name, net in found.totals.select("institution", "net").rows() if net}
        assert told == {name: net for name, net in nets.items() if net}
        assert sum(told.values()) == found.lines["net"].sum()
        ledger = found.entries if ledger is None else pl.concat([ledger, found.entries])
        _conserved(found, ledger, states)


def _conserved(found: Billing, ledger: pl.DataFrame, states: dict[int, dict[str, Any]]) -> None:
    """Every performed test: once in the ledger, or not at all and with a reason."""
    signs = dict(ledger.group_by("result_id").agg(pl.col("sign").sum()).rows())
    outcomes = dict(found.outcomes.rows())
    assert outcomes.keys() == states.keys()
    for n, outcome in outcomes.items():
        assert signs.get(n, 0) == (outcome < FIRST_REASON)
    later = sum(outcome == Outcome.LATER for outcome in outcomes.values())
    not_billed = sum(outcome >= FIRST_REASON for outcome in outcomes.values())
    assert found.not_billed["count"].sum() == not_billed - later
    assert found.lines["count"].sum() == found.entries["sign"].sum()
    assert (found.lines["net"] == found.lines["gross"] - found.lines["copayment"]).all()
