"""What counts as known, what is due next, and when a case may end: the definitions of the national report."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.programmes.screening.follow_up import Act, Report, may_close, next_act, read_report
from azukari.programmes.screening.rules import screening_parameters

ACCEPTED = date(2025, 10, 1)
P = screening_parameters().at(ACCEPTED)


def told(**changes: object) -> Report:
    whole = {"by_facility": False, "examined_on": date(2025, 11, 1), "facility": "架空病院", "method": "endoscopy",
             "outcome": "no_finding"}  # fmt: skip
    return Report(**{**whole, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("lacking", list(product([True, False], repeat=4)))
def test_a_persons_own_report_counts_with_all_four_and_never_with_fewer(lacking):
    empty = {"examined_on": None, "facility": "", "method": "", "outcome": ""}
    missing = {key: value for (key, value), gone in zip(empty.items(), lacking, strict=True) if gone}
    reading = read_report(told(**missing), test="lung", raw="E1")
    assert reading.counted is (not missing)
    assert reading.outcome == ("unknown" if missing else "no_finding")
    assert bool(reading.why) is bool(missing)


def test_a_facilitys_report_counts_by_its_outcome_alone():
    reading = read_report(told(by_facility=True, examined_on=None, facility="", method=""), test="lung", raw="E1")
    assert (reading.outcome, reading.counted) == ("no_finding", True)
    assert not read_report(told(by_facility=True, outcome=""), test="lung", raw="E1").counted


@pytest.mark.parametrize(
    ("test", "raw", "method", "outcome"),
    [
        ("colorectal", "+", "stool", "not_attended"),
        ("cervical", "HSIL", "cytology", "not_attended"),
        ("cervical", "ASC-US", "cytology", "no_finding"),
    ],
)
def test_a_method_that_is_not_accepted_is_not_attended_and_not_unknown(test, raw, method, outcome):
    reading = read_report(told(by_facility=True, method=method), test=test, raw=raw)
    assert (reading.outcome, reading.counted) == (outcome, True)


def test_letter_reminder_and_call_fall_due_in_this_order():
    done: list[str] = []
    days = []
    for kind in ("letter", "reminder", "phone"):
        act, due = next_act(accepted_on=ACCEPTED, done=done, outcome="unknown", p=P)  # type: ignore[misc]
        assert act == kind
        days.append(due)
        done.append(kind)
    assert days == sorted(days)
    assert next_act(accepted_on=ACCEPTED, done=done, outcome="unknown", p=P)[0] == Act.DECIDE  # type: ignore[index]


@given(
    outcome=st.sampled_from(["no_finding", "cancer", "suspected", "other_disease", "not_attended", "unknown"]),
    done=st.lists(st.sampled_from(["letter", "reminder", "phone", "enquiry", "note"])),
    after=st.integers(0, 800),
)
def test_a_case_is_never_closed_as_unknown_before_its_year_or_without_having_tried(outcome, done, after):
    today = ACCEPTED + timedelta(days=after)
    allowed = not may_close(outcome=outcome, done=done, today=today, accepted_on=ACCEPTED, p=P)
    known = outcome in ("no_finding", "cancer", "other_disease", "not_attended")
    tried = {"letter", "phone"} <= set(done)
    year = after >= 365
    assert allowed is (known or (year and (outcome == "suspected" or tried)))


@pytest.mark.parametrize("outcome", ["no_finding", "cancer", "other_disease"])
def test_nothing_is_due_once_the_outcome_is_known(outcome):
    assert next_act(accepted_on=ACCEPTED, done=[], outcome=outcome, p=P) is None
