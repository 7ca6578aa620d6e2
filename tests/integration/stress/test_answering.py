"""Codes, coming back, saving, sending; shared links, two tabs, the same person twice, a round that is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from azukari.dossier.models import Ruling
from azukari.parties.acting import NotPermitted
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo import answers_of
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.models import AnswerSheet, Invitation, Login, Respondent, Result
from azukari.programmes.stress_check.steps import answering, invitations, results
from azukari.programmes.stress_check.steps.invitations import Issued
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import check, checked

__all__ = ["check", "checked"]

STAGE = "回答の案内と紙の調査票"
WORDS = "さくら さく なみき"


@pytest.fixture
def now(check: StressCheck) -> datetime:
    return check.at(6, 5)


@pytest.fixture
def issued(check: StressCheck, now: datetime) -> Issued:
    """A fresh code of somebody who has not come in."""
    person = Respondent.objects.select_related("round").filter(by_paper=False, login=None).order_by("pk")[0]
    return invitations.issue(
        round_=check.round, respondents=[person], kind=Invitation.Kind.SLIP, by=check.who("K001"), now=now
    )[0]


def birth_of(issued: Issued) -> date:
    assert issued.respondent.birth_date is not None
    return issued.respondent.birth_date


def all_answers(person: Respondent) -> dict[str, int]:
    return answers_of(person.employee_number, instrument("bjsq57"))


def test_a_code_opens_once_and_a_shared_link_is_a_spent_link(issued: Issued, now: datetime) -> None:
    login = invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=WORDS, now=now)
    assert login.respondent == issued.respondent
    with pytest.raises(NotPermitted, match="入れません"):
        invitations.enter(code=issued.code, birth=birth_of(issued), passphrase="somebody else's", now=now)


def test_a_code_in_other_hands_needs_the_birth_date_and_is_void_after_five_wrong_ones(
    issued: Issued, now: datetime
) -> None:
    for _ in range(invitations.MOST_TRIES):
        with pytest.raises(NotPermitted):
            invitations.enter(code=issued.code, birth=date(1950, 1, 1), passphrase=WORDS, now=now)
    with pytest.raises(NotPermitted):
        invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=WORDS, now=now)
    assert not Login.objects.filter(respondent=issued.respondent).exists()


def test_a_new_code_voids_the_old_one(check: StressCheck, issued: Issued, now: datetime) -> None:
    again = invitations.issue(
        round_=check.round, respondents=[issued.respondent], kind=Invitation.Kind.SLIP, by=check.who("K001"), now=now
    )[0]
    with pytest.raises(NotPermitted):
        invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=WORDS, now=now)
    assert invitations.enter(code=again.code, birth=birth_of(issued), passphrase=WORDS, now=now)


def test_the_code_is_read_as_people_type_it(issued: Issued, now: datetime) -> None:
    typed = " ".join(issued.code[n : n + 4] for n in range(0, 16, 4)).lower()
    assert invitations.enter(code=typed, birth=birth_of(issued), passphrase=WORDS, now=now)


def test_no_code_stands_in_the_database(issued: Issued) -> None:
    assert not Invitation.objects.filter(code_hash__contains=issued.code).exists()
    assert issued.code not in str(list(Entry.objects.values_list("details", flat=True)))


def test_coming_back_needs_the_own_words_and_locks_after_five_wrong_ones(
    check: StressCheck, issued: Issued, now: datetime
) -> None:
    invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=WORDS, now=now)
    back = {"round_": check.round, "employee_number": issued.respondent.employee_number}
    assert invitations.come_back(passphrase=WORDS, now=now, **back)
    for _ in range(invitations.MOST_TRIES):
        with pytest.raises(NotPermitted):
            invitations.come_back(passphrase="wrong words", now=now, **back)
    with pytest.raises(NotPermitted):
        invitations.come_back(passphrase=WORDS, now=now, **back)
    assert invitations.come_back(passphrase=WORDS, now=now + invitations.LOCKED_FOR + timedelta(minutes=1), **back)


def test_two_tabs_cannot_write_over_each_other(issued: Issued, now: datetime) -> None:
    person = issued.respondent
    first = answering.save(person=person, answers={"q1": 1}, revision=0, now=now)
    with pytest.raises(answering.SavedElsewhere):
        answering.save(person=person, answers={"q1": 4, "q2": 4}, revision=0, now=now)
    assert answering.draft_of(person) == ({"q1": 1}, first)
    answering.save(person=person, answers={"q2": 2}, revision=first, now=now)
    assert answering.draft_of(person) == ({"q1": 1, "q2": 2}, first + 1)


def test_answers_are_sent_once_and_stand(issued: Issued, now: datetime) -> None:
    person = issued.respondent
    revision = answering.save(person=person, answers=all_answers(person), revision=0, now=now)
    answering.send(person=person, revision=revision, now=now)
    with pytest.raises(answering.SentAlready):
        answering.send(person=person, revision=revision, now=now)
    with pytest.raises(answering.SentAlready):
        answering.save(person=person, answers={"q1": 1}, revision=0, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        AnswerSheet.objects.create(respondent=person, sealed=b"", way="web", instrument="bjsq57", sent_at=now)


def test_half_answered_is_not_sent_and_says_how_many_are_left(issued: Issued, now: datetime) -> None:
    person = issued.respondent
    revision = answering.save(person=person, answers={"q1": 1, "q57": 2}, revision=0, now=now)
    with pytest.raises(NotPermitted, match="55問"):
        answering.send(person=person, revision=revision, now=now)
    assert len(answering.missing(person)) == 55


@pytest.mark.parametrize("answers", [{"q99": 1}, {"q1": 0}, {"q1": 5}, {"q58": 1}])
def test_an_answer_that_the_form_does_not_have_is_refused_whole(
    issued: Issued, now: datetime, answers: dict[str, int]
) -> None:
    with pytest.raises(NotPermitted):
        answering.save(person=issued.respondent, answers={"q2": 2, **answers}, revision=0, now=now)
    assert answering.draft_of(issued.respondent) == ({}, 0)


def test_before_and_after_the_days_of_the_round_nothing_is_taken(
    check: StressCheck, issued: Issued, now: datetime
) -> None:
    for day in (check.at(6, 1), check.at(7, 1)):
        with pytest.raises(NotPermitted, match="期間"):
            answering.save(person=issued.respondent, answers={"q1": 1}, revision=0, now=day)


def test_only_an_implementer_reopens_and_only_before_the_scoring(
    check: StressCheck, issued: Issued, now: datetime
) -> None:
    person = issued.respondent
    revision = answering.save(person=person, answers=all_answers(person), revision=0, now=now)
    sheet = answering.send(person=person, revision=revision, now=now)
    for key in ("K001", "K103", "K901"):
        with pytest.raises(NotPermitted):
            answering.reopen(sheet=sheet, reason="本人の電話", by=check.who(key), now=now)
    with pytest.raises(NotPermitted, match="どう申し出たか"):
        answering.reopen(sheet=sheet, reason=" ", by=check.who("K102"), now=now)
    answering.reopen(sheet=sheet, reason="本人の電話", by=check.who("K102"), now=now)
    person.refresh_from_db()
    kept, revision = answering.draft_of(person)
    assert kept == all_answers(person)
    other = 1 + kept["q1"] % 4
    revision = answering.save(person=person, answers={"q1": other}, revision=revision, now=now)
    sent = answering.send(person=person, revision=revision, now=now)
    assert sent.revision == 2
    results.score_all(round_=check.round, by=check.who("K001"), now=now)
    assert vault.open_one(check.year, person.pk, vault.ANSWERS, sent.sealed)["q1"] == other
    with pytest.raises(NotPermitted, match="採点が済んで"):
        answering.reopen(
            sheet=AnswerSheet.objects.select_related("respondent__round").get(pk=sent.pk), reason="本人の電話",
            by=check.who("K102"), now=now,
        )  # fmt: skip
    assert Result.objects.filter(respondent=person).exists()


def test_without_the_ruling_nobody_can_answer_and_the_refusal_says_who_has_to_rule(
    check: StressCheck, issued: Issued, now: datetime
) -> None:
    Ruling.objects.filter(finding="answers_not_listed").update(withdrawn_at=now, withdrawn_by="W101")
    with pytest.raises(NotPermitted, match="情報保護担当"):
        answering.save(person=issued.respondent, answers={"q1": 1}, revision=0, now=now)
    Ruling.objects.filter(finding="site_login").update(withdrawn_at=now, withdrawn_by="W101")
    with pytest.raises(NotPermitted, match="裁定"):
        invitations.issue(
            round_=check.round, respondents=[issued.respondent], kind=Invitation.Kind.SLIP, by=check.who("K001"),
            now=now,
        )  # fmt: skip


def test_a_crash_while_saving_loses_nothing_that_was_saved(
    issued: Issued, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = issued.respondent
    revision = answering.save(person=person, answers={"q1": 1}, revision=0, now=now)

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(answering.Draft.objects, "update_or_create", killed)
        with pytest.raises(KeyboardInterrupt):
            answering.save(person=person, answers={"q2": 2}, revision=revision, now=now)
    assert answering.draft_of(person) == ({"q1": 1}, revision)


def test_who_guesses_at_the_door_is_seen_in_the_log(check: StressCheck, issued: Issued, now: datetime) -> None:
    with pytest.raises(NotPermitted):
        invitations.enter(code=issued.code, birth=date(1950, 1, 1), passphrase=WORDS, now=now)
    entry = Entry.objects.latest("seq")
    assert (entry.act, entry.purpose, entry.persons) == ("refused", "本人の入場", 1)
    with pytest.raises(NotPermitted):
        invitations.enter(code="2222333344445555", birth=date(1950, 1, 1), passphrase=WORDS, now=now)
    assert Entry.objects.latest("seq").persons == 0


@pytest.mark.parametrize("words", ["1234567890", "password123", "aaaaaaaaaaaa", "short"])
def test_words_that_everybody_tries_first_are_not_taken(issued: Issued, now: datetime, words: str) -> None:
    with pytest.raises(NotPermitted, match="合言葉"):
        invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=words, now=now)
    assert invitations.enter(code=issued.code, birth=birth_of(issued), passphrase=WORDS, now=now)
