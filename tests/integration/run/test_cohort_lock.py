"""A run belongs to one fiscal year and one fresh roster, and no number is given before another person has confirmed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils.timezone import get_default_timezone

from azukari.parties.acting import NotPermitted
from azukari.people.models import Changeset
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import Assessment, Run, Sheet, Voucher
from azukari.programmes.screening.refusals import (
    AlreadyStarted,
    GlyphsUndecided,
    Halted,
    LastYearsList,
    NoRoster,
    NotNow,
    StaleRoster,
)
from azukari.programmes.screening.steps import assess, mailing
from azukari.witness.models import Entry

from .ward import YEAR, before, until


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=get_default_timezone())


def state_roster(day: date) -> None:
    Changeset.objects.filter(kind="residents").update(stated_on=day)


def start(ward: Demo, day: date) -> Run:
    return assess.open_run(fiscal_year=YEAR, by=ward.who("W001"), now=noon(day))


def test_without_a_committed_roster_nothing_is_judged(ward: Demo) -> None:
    Changeset.objects.filter(kind="residents").update(state="reviewed")
    with pytest.raises(NoRoster, match="確定"):
        start(ward, date(YEAR, 4, 2))
    assert not Run.objects.exists()
    assert not Assessment.objects.exists()


@pytest.mark.parametrize("stated_on", [date(2024, 3, 1), date(2025, 1, 28), date(2026, 4, 1)])
def test_a_roster_of_another_year_is_refused_and_the_needed_date_told(ward: Demo, stated_on: date) -> None:
    state_roster(stated_on)
    with pytest.raises(LastYearsList, match="2025-01-29 以降"):
        start(ward, max(stated_on, date(2025, 4, 2)))
    assert not Run.objects.exists()


def test_the_first_day_of_the_window_is_taken(ward: Demo) -> None:
    state_roster(date(2025, 1, 29))
    assert start(ward, date(2025, 3, 14)).as_of == date(2025, 4, 1)


@pytest.mark.parametrize(("days", "taken"), [(44, True), (45, True), (46, False)])
def test_a_roster_goes_stale_after_45_days(ward: Demo, days: int, taken: bool) -> None:
    day = date(2025, 3, 1) + timedelta(days=days)
    if taken:
        assert start(ward, day).state == Run.State.ASSESSED
    else:
        with pytest.raises(StaleRoster, match="46日"):
            start(ward, day)


def test_a_roster_of_the_future_is_refused(ward: Demo) -> None:
    state_roster(date(2025, 4, 3))
    with pytest.raises(StaleRoster):
        start(ward, date(2025, 4, 2))


def test_the_newest_roster_counts_and_not_the_one_committed_last(ward: Demo) -> None:
    first = Changeset.objects.get(kind="residents")
    Changeset.objects.filter(pk=first.pk).update(stated_on=date(2025, 3, 20))
    older = Changeset.objects.get(pk=first.pk)
    older.pk, older.sha256, older.stated_on = None, "0" * 64, date(2025, 3, 1)
    older.save(force_insert=True)
    assert start(ward, date(2025, 4, 2)).roster_id == first.pk


def test_a_year_is_run_once_and_the_second_is_told_who_began(ward: Demo) -> None:
    start(ward, date(YEAR, 4, 2))
    judged = Assessment.objects.count()
    with pytest.raises(AlreadyStarted, match="W001"):
        assess.open_run(fiscal_year=YEAR, by=ward.who("W002"), now=ward.at(4, 2, 11))
    assert Run.objects.count() == 1
    assert Assessment.objects.count() == judged


def test_nobody_is_numbered_while_the_difference_is_unconfirmed(ward: Demo) -> None:
    run = until(ward, "対象者の判定")
    with pytest.raises(NotNow, match="対象者を判定した"):
        assess.assign_numbers(run=run, by=ward.who("W001"), now=ward.at(4, 2, 13))
    assert not Voucher.objects.exists()
    assert ward.run.state == Run.State.ASSESSED


def test_who_judged_does_not_confirm(ward: Demo) -> None:
    run = until(ward, "対象者の判定")
    with pytest.raises(NotPermitted, match="別の人"):
        assess.confirm_difference(run=run, by=ward.who("W001"), now=ward.at(4, 2, 11))
    assert ward.run.state == Run.State.ASSESSED
    assert Entry.objects.order_by("-seq").first().act == "refused"


def test_the_confirmer_stands_in_the_run(ward: Demo) -> None:
    run = until(ward, "前年度との差の確認")
    assert (run.started_by.key, run.confirmed_by.key) == ("W001", "W002")


def test_the_difference_counts_every_person_of_both_years(ward: Demo) -> None:
    run = until(ward, "対象者の判定")
    per_test: dict[str, int] = {}
    for row in run.difference:
        per_test[row["test"]] = per_test.get(row["test"], 0) + row["this_year"]
    assert set(per_test.values()) == {90}
    assert all(row["difference"] == row["this_year"] - row["last_year"] for row in run.difference)


def test_numbers_given_once_stay_and_are_not_given_again(ward: Demo) -> None:
    run = until(ward, "受診番号・整理番号の付番")
    given = list(Voucher.objects.order_by("pk").values_list("person_id", "examinee_number", "voucher_number"))
    with pytest.raises(NotNow):
        assess.assign_numbers(run=run, by=ward.who("W001"), now=ward.at(4, 2, 14))
    assert list(Voucher.objects.order_by("pk").values_list("person_id", "examinee_number", "voucher_number")) == given
    assert sorted(Sheet.objects.values_list("sequence", flat=True)) == list(range(1, len(given) + 1))


def test_numbers_of_an_undone_run_are_given_to_the_same_places_again(ward: Demo) -> None:
    """What never left the transaction was never given: numbers are dense."""
    run = before(ward, "受診番号・整理番号の付番")
    with pytest.raises(AttributeError):
        assess.assign_numbers(run=run, by=ward.who("W001"), now=None)  # type: ignore[arg-type]
    assert not Voucher.objects.exists()
    until(ward, "受診番号・整理番号の付番")
    assert Voucher.objects.order_by("voucher_number").first().voucher_number == "25100000001"


def test_a_contractor_neither_judges_nor_numbers(ward: Demo) -> None:
    run = before(ward, "受診番号・整理番号の付番")
    with pytest.raises(PermissionError):
        assess.assign_numbers(run=run, by=ward.who("E901"), now=ward.at(4, 2, 13))
    assert ward.run.state == Run.State.CONFIRMED


def test_an_undecided_glyph_stops_the_proof_and_is_decided_once(ward: Demo) -> None:
    run = until(ward, "受診番号・整理番号の付番")
    person = Voucher.objects.filter(run=run, channel="printer").first().person
    question = run.glyph_questions.create(person=person, field="name", characters="U+E000", problem="試験")
    with pytest.raises(GlyphsUndecided, match="1件"):
        assess.finish_proof(run=run, by=ward.who("W002"), now=ward.at(4, 2, 15))
    assess.decide_glyph(question=question, decision="individual", by=ward.who("W002"), now=ward.at(4, 2, 15))
    with pytest.raises(NotPermitted, match="判断されています"):
        assess.decide_glyph(question=question, decision="accept", by=ward.who("W002"), now=ward.at(4, 2, 15))
    assert run.stops.get(person=person).reason == "glyph"
    assert Voucher.objects.get(run=run, person=person).channel == "ward"


def test_a_glyph_is_not_decided_after_the_printer_has_the_data(ward: Demo) -> None:
    run = until(ward, "委託先データの準備")
    person = Voucher.objects.filter(run=run, channel="printer").first().person
    question = run.glyph_questions.create(person=person, field="name", characters="U+E000", problem="試験")
    with pytest.raises(NotNow):
        assess.decide_glyph(question=question, decision="individual", by=ward.who("W002"), now=ward.at(4, 4))
    assert Voucher.objects.get(run=run, person=person).channel == "printer"


def test_a_halted_run_moves_nowhere(ward: Demo) -> None:
    run = before(ward, "受診番号・整理番号の付番")
    Run.objects.update(halted="印字の数が合いません。")
    with pytest.raises(Halted, match="印字"):
        assess.assign_numbers(run=run, by=ward.who("W001"), now=ward.at(4, 2, 13))
    mailing.settle_halt(run=run, reason="数え直した", by=ward.who("W002"), now=ward.at(4, 2, 14))
    assert assess.assign_numbers(run=run, by=ward.who("W001"), now=ward.at(4, 2, 15)) > 0
