"""Questionnaires on paper: counted out, counted in, keyed twice, all accounted for; blanks are blanks."""

from __future__ import annotations

from datetime import datetime

import pytest

from azukari.custody import book
from azukari.custody.models import Handover
from azukari.keying import steps as keying
from azukari.parties.acting import NotPermitted
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo import answers_of
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.models import AnswerSheet, PaperForm, Respondent, Result
from azukari.programmes.stress_check.steps import answering, paper, results
from azukari.vocabulary.refusal import Changed
from tests.integration.web.stress_stage import check, checked

__all__ = ["check", "checked"]

STAGE = "回答の案内と紙の調査票"


@pytest.fixture
def now(check: StressCheck) -> datetime:
    return check.at(6, 20)


@pytest.fixture
def forms(check: StressCheck, now: datetime) -> list[PaperForm]:
    """At least three forms that are out."""
    more = list(Respondent.objects.filter(round=check.round, by_paper=False).order_by("pk")[:3])
    paper.ask_on_paper(round_=check.round, respondents=more, reason="端末がない", by=check.who("K001"), now=now)
    paper.issue_forms(round_=check.round, by=check.who("K001"), now=now)
    return list(PaperForm.objects.filter(round=check.round).select_related("respondent").order_by("number"))


def cells_of(form: PaperForm, **changes: str) -> dict[str, str]:
    given = answers_of(form.respondent.employee_number, instrument("bjsq57"))
    return {key: str(value) for key, value in given.items()} | changes


def taken_in(check: StressCheck, forms: list[PaperForm], now: datetime) -> Handover:
    return paper.take_in_forms(
        round_=check.round, numbers=[form.number for form in forms], by=check.who("K001"), now=now
    )


def test_every_form_is_accounted_for(check: StressCheck, forms: list[PaperForm], now: datetime) -> None:
    paper.void_form(form=forms[-1], reason="紛失", by=check.who("K001"), now=now)
    taken_in(check, forms[:2], now)
    told = paper.account(check.round)
    assert told.issued == len(forms) == told.voided + told.out + told.returned
    assert (told.voided, told.returned, told.waiting) == (1, 2, 2)


def test_a_batch_is_in_the_books_until_it_is_erased(check: StressCheck, forms: list[PaperForm], now: datetime) -> None:
    batch = taken_in(check, forms, now)
    held = [b for b in book.open_balances(programme="stress_check", home="ward") if b.medium == "paper"]
    assert [(b.account, b.sheets, b.persons) for b in held] == [(check.company.key, len(forms), len(forms))]
    assert batch.obligations.filter(met_at=None, kind="clear").exists()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (lambda forms: ["2025-99999", forms[0].number], "渡していない番号が1件"),
        (lambda forms: [forms[0].number, forms[1].number, forms[0].number], "二度書かれています"),
        (lambda forms: [], "受け取ったものがありません"),
    ],
)
def test_a_batch_that_does_not_count_up_is_refused_whole(
    check: StressCheck, forms: list[PaperForm], now: datetime, numbers, words: str
) -> None:
    with pytest.raises(NotPermitted, match=words):
        paper.take_in_forms(round_=check.round, numbers=numbers(forms), by=check.who("K001"), now=now)
    assert not Handover.objects.filter(step="④").exists()
    assert not PaperForm.objects.exclude(batch=None).exists()


def test_a_form_of_somebody_who_answered_on_the_web_is_not_taken(
    check: StressCheck, forms: list[PaperForm], now: datetime
) -> None:
    person = forms[0].respondent
    revision = answering.save(
        person=person, answers=answers_of(person.employee_number, instrument("bjsq57")), revision=0, now=now
    )
    answering.send(person=person, revision=revision, now=now)
    with pytest.raises(Changed, match="ウェブですでに回答"):
        taken_in(check, forms[:2], now)


def test_nobody_keys_a_form_twice_and_a_difference_goes_to_a_third(
    check: StressCheck, forms: list[PaperForm], now: datetime
) -> None:
    batch = taken_in(check, forms[:1], now)
    sheet = batch.paper_sheets.get()
    common = {"round_": check.round, "sheet": sheet, "now": now}
    paper.key_form(cells=cells_of(forms[0], q5="1"), by=check.who("K001"), **common)
    with pytest.raises(NotPermitted, match="別の人"):
        paper.key_form(cells=cells_of(forms[0], q5="1"), by=check.who("K001"), **common)
    state = paper.key_form(cells=cells_of(forms[0], q5="2"), by=check.who("K002"), **common)
    assert (state, sheet.differs_in) == (keying.State.DIFFERS, "問5")
    with pytest.raises(NotPermitted, match="1枚"):
        paper.settle_batch(round_=check.round, batch=batch, by=check.who("K001"), now=now)
    paper.key_form(cells=cells_of(forms[0], q5="2"), by=check.who("K003"), **common)
    assert paper.settle_batch(round_=check.round, batch=batch, by=check.who("K001"), now=now) == 1
    answers = vault.open_one(
        check.year,
        forms[0].respondent_id,
        vault.ANSWERS,
        AnswerSheet.objects.get(respondent=forms[0].respondent).sealed,
    )
    assert answers["q5"] == 2


@pytest.mark.parametrize("cell", ["5", "0", "１", "x", "12"])
def test_a_cell_that_is_no_answer_is_named_and_nothing_is_kept(
    check: StressCheck, forms: list[PaperForm], now: datetime, cell: str
) -> None:
    batch = taken_in(check, forms[:1], now)
    with pytest.raises(NotPermitted, match="q7"):
        paper.key_form(
            round_=check.round, sheet=batch.paper_sheets.get(), cells=cells_of(forms[0], q7=cell),
            by=check.who("K001"), now=now,
        )  # fmt: skip
    assert batch.paper_sheets.get().state == "waiting"


def test_a_blank_withholds_the_verdict_and_says_why(check: StressCheck, forms: list[PaperForm], now: datetime) -> None:
    batch = taken_in(check, forms[:1], now)
    for key in ("K001", "K002"):
        paper.key_form(
            round_=check.round, sheet=batch.paper_sheets.get(), cells=cells_of(forms[0], q30=""), by=check.who(key),
            now=now,
        )  # fmt: skip
    paper.settle_batch(round_=check.round, batch=batch, by=check.who("K001"), now=now)
    results.score_all(round_=check.round, by=check.who("K001"), now=now)
    result = Result.objects.select_related("respondent__round").get(respondent=forms[0].respondent)
    scores = results.read_result(result=result, by=check.who("K101"), now=now)
    assert scores["verdict"] is None
    assert scores["withheld"]
    results.decide_rest(round_=check.round, by=check.who("K101"), now=now)
    result.refresh_from_db()
    assert result.decided_at is None


def test_an_unreadable_form_is_void_and_its_person_gets_another(
    check: StressCheck, forms: list[PaperForm], now: datetime
) -> None:
    batch = taken_in(check, forms[:1], now)
    keying.unreadable(sheet=batch.paper_sheets.get(), reason="水ぬれ", by=check.who("K001"), now=now)
    assert paper.settle_batch(round_=check.round, batch=batch, by=check.who("K001"), now=now) == 0
    fresh = paper.issue_forms(round_=check.round, by=check.who("K001"), now=now)
    assert [form.respondent for form in fresh] == [forms[0].respondent]
