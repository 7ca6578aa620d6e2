"""Results told, consented to, taken back; letters checked by two; interviews by their days; consent is never forged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from azukari.parties.acting import NotPermitted
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import ConsentRecord, Interview, Respondent, Result, ResultLetter
from azukari.programmes.stress_check.steps import delivery, interviews, own_result, results
from azukari.vocabulary.refusal import Changed
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import check, checked

__all__ = ["check", "checked"]

STAGE = "実施者の判断"


def decided(check: StressCheck, *, interview: bool, paper: bool = False) -> Result:
    """A result that was decided on in this way."""
    for result in Result.objects.select_related("respondent__round").filter(respondent__by_paper=paper).order_by("pk"):
        told = vault.open_one(check.year, result.respondent_id, vault.DECISION, result.sealed_decision or b"")
        if told["interview"] is interview:
            return result
    raise AssertionError("the demo has nobody like that")


@pytest.fixture
def now(check: StressCheck) -> datetime:
    return check.at(7, 7)


@pytest.fixture
def told(check: StressCheck, now: datetime) -> Respondent:
    """Somebody who was told on the site that an interview is needed, and read it."""
    results.notify_on_site(round_=check.round, by=check.who("K102"), now=now)
    person = decided(check, interview=True).respondent
    own_result.read_own(person=person, now=now + timedelta(hours=1))
    return person


# --- consent


def test_nobody_can_consent_before_being_told(check: StressCheck, now: datetime) -> None:
    person = decided(check, interview=False).respondent
    for act in (own_result.consent, own_result.apply):
        with pytest.raises(NotPermitted, match="通知される前"):
            act(person=person, now=now)


def test_nobody_can_consent_before_reading(check: StressCheck, now: datetime) -> None:
    results.notify_on_site(round_=check.round, by=check.who("K102"), now=now)
    with pytest.raises(NotPermitted, match="読んでから"):
        own_result.consent(person=decided(check, interview=False).respondent, now=now + timedelta(hours=1))


@pytest.mark.parametrize("notified", [False, True])
def test_the_database_refuses_a_consent_that_is_not_after_the_notification(
    check: StressCheck, now: datetime, notified: bool
) -> None:
    if notified:
        results.notify_on_site(round_=check.round, by=check.who("K102"), now=now)
    result = decided(check, interview=False)
    for moment in (now - timedelta(days=1), now):
        with pytest.raises(IntegrityError), transaction.atomic():
            Result.objects.filter(pk=result.pk).update(consented_at=moment)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConsentRecord.objects.create(result=result, given=True, wording="x", notified_at=now, at=now)


def test_the_database_refuses_a_notification_without_a_decision(check: StressCheck, now: datetime) -> None:
    result = decided(check, interview=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.filter(pk=result.pk).update(decided_at=None, notified_at=now)


def test_words_of_consent_are_kept_with_their_times_and_can_be_taken_back_and_given_again(
    check: StressCheck, told: Respondent, now: datetime
) -> None:
    later = [now + timedelta(days=n) for n in range(1, 4)]
    own_result.consent(person=told, now=later[0])
    with pytest.raises(Changed):
        own_result.consent(person=told, now=later[0])
    own_result.withdraw(person=told, now=later[1])
    with pytest.raises(Changed):
        own_result.withdraw(person=told, now=later[1])
    assert delivery.consented(check.round) == []
    own_result.consent(person=told, now=later[2])
    assert [result.respondent for result in delivery.consented(check.round)] == [told]
    words = ConsentRecord.objects.filter(result__respondent=told).order_by("pk")
    assert [(word.given, word.at) for word in words] == [(True, later[0]), (False, later[1]), (True, later[2])]


# --- the person alone reads


def test_a_result_is_not_read_before_it_was_told(check: StressCheck, now: datetime) -> None:
    with pytest.raises(NotPermitted, match="まだ出ていません"):
        own_result.read_own(person=decided(check, interview=False).respondent, now=now)


def test_reading_the_own_result_is_logged_under_the_own_reference(told: Respondent) -> None:
    entry = Entry.objects.latest("seq")
    assert (entry.act, entry.actor) == ("person.read", "本人")


def test_who_does_not_need_an_interview_cannot_apply(check: StressCheck, told: Respondent, now: datetime) -> None:
    other = decided(check, interview=False).respondent
    own_result.read_own(person=other, now=now + timedelta(hours=1))
    with pytest.raises(NotPermitted, match="対象と判断された人だけ"):
        own_result.apply(person=other, now=now + timedelta(hours=2))


# --- the implementer


@pytest.mark.parametrize("key", ["K001", "K103", "K901", "W001"])
def test_only_implementers_decide(check: StressCheck, now: datetime, key: str) -> None:
    result = decided(check, interview=False)
    with pytest.raises((NotPermitted, PermissionError)):
        results.decide(result=result, interview=True, note="", by=check.who(key), now=now)


def test_a_decision_stands_once_the_person_was_told(check: StressCheck, told: Respondent, now: datetime) -> None:
    with pytest.raises(Changed, match="通知しています"):
        results.decide(
            result=Result.objects.select_related("respondent__round").get(respondent=told), interview=False, note="",
            by=check.who("K101"), now=now,
        )  # fmt: skip


# --- letters


def test_a_letter_goes_only_after_another_person_held_name_and_sheet_together(
    check: StressCheck, now: datetime
) -> None:
    result = decided(check, interview=False, paper=True)
    letter = results.prepare_letters(results=[result], by=check.who("K001"), now=now)[0]
    with pytest.raises(NotPermitted):
        results.send_letter(letter=letter, by=check.who("K001"), now=now)
    with pytest.raises(NotPermitted, match="別の人"):
        results.check_letter(letter=letter, by=check.who("K001"), now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        ResultLetter.objects.filter(pk=letter.pk).update(checked_by=check.who("K001"), checked_at=now)
    results.check_letter(letter=letter, by=check.who("K002"), now=now)
    results.send_letter(letter=letter, by=check.who("K001"), now=now + timedelta(hours=1))
    result.refresh_from_db()
    assert (result.notified_how, result.notified_at) == ("letter", now + timedelta(hours=1))
    with pytest.raises(Changed):
        results.send_letter(letter=letter, by=check.who("K001"), now=now + timedelta(hours=2))


# --- interviews


def test_an_interview_goes_its_way_by_the_guideline_days(check: StressCheck, told: Respondent, now: datetime) -> None:
    doctor, officer = check.who("K103"), check.who("W001")
    applied = own_result.apply(person=told, now=now + timedelta(days=3))
    assert interviews.stage(applied).due == (now + timedelta(days=33)).date()
    with pytest.raises(Changed):
        own_result.apply(person=told, now=now + timedelta(days=4))
    held = now + timedelta(days=10)
    with pytest.raises(NotPermitted, match="申出の日から"):
        interviews.hold(interview=applied, held_on=now.date(), words="", by=doctor, now=held)
    for by in (check.who("K101"), check.who("K001")):
        with pytest.raises(NotPermitted):
            interviews.hold(interview=applied, held_on=held.date(), words="", by=by, now=held)
    with pytest.raises(Changed):
        interviews.give_opinion(interview=applied, opinion="通常勤務", by=doctor, now=held)
    interviews.hold(interview=applied, held_on=held.date(), words="眠れない", by=doctor, now=held)
    with pytest.raises(Changed):
        interviews.decide_measures(interview=applied, measures="なし", by=officer, now=held)
    interviews.give_opinion(interview=applied, opinion="通常勤務", by=doctor, now=held + timedelta(days=1))
    told_ward = interviews.for_employer(round_=check.round, by=officer, now=held + timedelta(days=2))
    assert [(one.interview.opinion, one.stage.key) for one in told_ward] == [("通常勤務", "measures")]
    interviews.decide_measures(interview=applied, measures="なし", by=officer, now=held + timedelta(days=3))
    applied.refresh_from_db()
    assert interviews.stage(applied).key == "done"
    assert "眠れない".encode() not in bytes(applied.sealed_record or b"")


def test_a_word_of_encouragement_reaches_only_who_needs_it_and_did_not_apply(
    check: StressCheck, told: Respondent, now: datetime
) -> None:
    by, later = check.who("K102"), now + timedelta(days=20)
    missing = interviews.not_applied(round_=check.round, by=by, now=later)
    mine = next(result for result in missing if result.respondent == told)
    interviews.encourage(result=mine, by=by, now=later)
    _result, _scores, decision = own_result.read_own(person=told, now=later)
    assert decision["encouraged"] == later.date().isoformat()
    own_result.apply(person=told, now=later)
    assert mine not in interviews.not_applied(round_=check.round, by=by, now=later)
    with pytest.raises(Changed):
        interviews.encourage(result=mine, by=by, now=later)
    assert Interview.objects.filter(result=mine).exists()
