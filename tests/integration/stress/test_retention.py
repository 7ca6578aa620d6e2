"""The end of the year and five years on: what goes, what stays sealed, what no backup brings back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from azukari.custody import erasure
from azukari.parties.acting import NotPermitted
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import (
    AnswerSheet,
    ConsentRecord,
    Draft,
    Interview,
    Invitation,
    Login,
    Respondent,
    Result,
    Round,
)
from azukari.programmes.stress_check.steps import delivery, invitations, progress, retention
from azukari.vocabulary.refusal import Changed
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import check, checked

__all__ = ["check", "checked"]

STAGE = "⑧ 報告書等の確認"


def finish(check: StressCheck) -> retention.Finished:
    for one in Interview.objects.filter(opinion_at=None):
        one.dropped_at = check.at(10, 1)
        one.save()
    return retention.finish(round_=check.round, by=check.who("K101"), now=check.at(3, 10))


def years_later(check: StressCheck, years: int) -> datetime:
    day = check.at(7, 5)
    return day.replace(year=day.year + years)


def test_the_site_is_not_closed_before_the_ward_confirmed_nor_by_a_clerk(check: StressCheck) -> None:
    with pytest.raises(NotPermitted):
        retention.finish(round_=check.round, by=check.who("K001"), now=check.at(3, 10))
    Round.objects.update(confirmed_at=None)
    with pytest.raises(NotPermitted, match="区が報告書等を確認"):
        finish(check)


def test_the_site_is_not_closed_while_somebody_waits_for_the_interview(check: StressCheck) -> None:
    Interview.objects.update(held_on=None, opinion_at=None, dropped_at=None)
    with pytest.raises(NotPermitted, match="取下げを記録"):
        retention.finish(round_=check.round, by=check.who("K101"), now=check.at(3, 10))


def test_after_the_end_only_sealed_results_are_left(check: StressCheck) -> None:
    answered = AnswerSheet.objects.count()
    told = finish(check)
    assert (told.kept, told.kept + told.forgotten) == (Result.objects.count(), Respondent.objects.count())
    assert not any(model.objects.exists() for model in (Draft, Invitation, Login))
    assert {bytes(sealed) for sealed in AnswerSheet.objects.values_list("sealed", flat=True)} == {b""}
    people = Respondent.objects.values_list("name", "sex", "birth_date", "section", "grade", "job")
    assert set(people) == {("", "", None, "", "", "")}
    assert progress.progress(check.round).answered == answered


def test_whose_record_is_kept_can_be_named_by_who_has_the_key_alone(check: StressCheck) -> None:
    name = Respondent.objects.filter(result__isnull=False).order_by("pk").values_list("name", flat=True)[0]
    finish(check)
    result = Result.objects.order_by("pk")[0]
    kept = vault.open_one(check.year, result.respondent_id, retention.PERSON, result.sealed_person or b"")
    assert kept["name"] == name
    assert name.encode() not in bytes(result.sealed_person or b"")


def test_of_who_did_not_answer_nothing_is_left_not_even_a_key(check: StressCheck) -> None:
    silent = Respondent.objects.filter(result=None).values_list("pk", flat=True)[0]
    finish(check)
    with pytest.raises(vault.RecordGone):
        vault.seal(check.year, silent, vault.DRAFT, {})


def test_a_record_stays_to_the_day_and_goes_after_it_key_first(check: StressCheck) -> None:
    finish(check)
    sealed = {result.respondent_id: result.sealed for result in Result.objects.filter(interview=None)}
    assert retention.erase_due(by=check.who("K001"), now=check.at(7, 1).replace(year=check.year + 5)) == 0
    gone = retention.erase_due(by=check.who("K001"), now=years_later(check, 5))
    assert gone == len(sealed)
    for person, data in sealed.items():  # what an old backup of the database still has
        with pytest.raises(vault.RecordGone):
            vault.open_one(check.year, person, vault.RESULT, data)
    left = Result.objects.filter(erased_at__isnull=False).values_list("sealed", "sealed_decision", "sealed_person")
    assert {(bytes(a), b, c) for a, b, c in left} == {(b"", None, None)}
    assert not ConsentRecord.objects.filter(result__erased_at__isnull=False).exists()
    assert retention.erase_due(by=check.who("K001"), now=years_later(check, 5)) == 0


def test_the_record_of_an_interview_stays_five_years_from_its_own_day(check: StressCheck) -> None:
    finish(check)
    retention.erase_due(by=check.who("K001"), now=years_later(check, 5))
    assert Interview.objects.filter(result__erased_at=None).count() == Interview.objects.count() > 0
    retention.erase_due(by=check.who("K001"), now=check.at(3, 31).replace(year=check.year + 6))
    assert not Result.objects.filter(erased_at=None).exists()


def test_the_erasure_is_logged_by_reference_without_a_name(check: StressCheck) -> None:
    names = set(Respondent.objects.values_list("name", flat=True)) - {""}
    finish(check)
    retention.erase_due(by=check.who("K001"), now=years_later(check, 6))
    entry = Entry.objects.latest("seq")
    assert entry.purpose == "保存期限の過ぎた記録の消去"
    assert not any(name in str(entry.details) for name in names)


def test_who_leaves_is_not_reminded_any_more_and_the_code_is_void(check: StressCheck) -> None:
    Round.objects.update(state="open")
    person = Respondent.objects.select_related("round").filter(answered_at=None, by_paper=False).order_by("pk")[0]
    retention.left(person=person, on=check.at(6, 9).date(), by=check.who("K001"), now=check.at(6, 10))
    reminded = progress.unanswered(round_=check.round, by=check.who("K001"), now=check.at(6, 11))
    assert person not in reminded
    assert not Invitation.objects.filter(respondent=person, used_at=None, voided_at=None).exists()
    with pytest.raises(Changed):
        retention.left(person=person, on=check.at(6, 9).date(), by=check.who("K001"), now=check.at(6, 10))
    with pytest.raises(NotPermitted):
        invitations.come_back(
            round_=check.round, employee_number=person.employee_number, passphrase="any words", now=check.at(6, 12)
        )


def test_a_backup_from_before_the_erasure_does_not_bring_a_record_back(check: StressCheck, settings) -> None:
    """The database and the keys as they were, and the ledger of today."""
    finish(check)
    folder = Path(settings.AZUKARI_VAULT)
    keys = (folder / f"{check.year}.sqlite").read_bytes()
    rows = list(Result.objects.filter(interview=None).values("pk", "respondent_id", "sealed", "sealed_person"))
    retention.erase_due(by=check.who("K001"), now=years_later(check, 5))
    (folder / f"{check.year}.sqlite").write_bytes(keys)
    for row in rows:
        Result.objects.filter(pk=row["pk"]).update(
            sealed=row["sealed"], sealed_person=row["sealed_person"], erased_at=None, erased_by=""
        )
    assert vault.open_one(check.year, rows[0]["respondent_id"], vault.RESULT, rows[0]["sealed"])
    told = erasure.reapply_erasures(now=years_later(check, 6))
    assert any("ストレスチェック" in line for line in told)
    assert not Result.objects.filter(pk__in=[row["pk"] for row in rows], erased_at=None).exists()
    with pytest.raises(vault.RecordGone):
        vault.open_one(check.year, rows[0]["respondent_id"], vault.RESULT, rows[0]["sealed"])
    assert erasure.reapply_erasures(now=years_later(check, 6)) == []


def test_the_ward_goes_on_reading_what_was_consented_to_after_the_site_is_gone(check: StressCheck) -> None:
    reference = delivery.consented(check.round)[0].respondent.reference
    finish(check)
    cells = delivery.read_given(round_=check.round, reference=reference, by=check.who("W001"), now=check.at(3, 20))
    assert cells["職員番号"]
