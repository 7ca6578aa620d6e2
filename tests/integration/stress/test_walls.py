"""The walls in every step that reads of a person: each kind of person tries each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import override_settings

from azukari.custody import gate, reports
from azukari.custody.models import Handover
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler, Organisation
from azukari.parties.roles import MayNotAct
from azukari.programmes.stress_check import vault
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Duty, Interview, PersonnelAuthority, Result
from azukari.programmes.stress_check.steps import (
    analysis,
    authority,
    delivery,
    interviews,
    own_result,
    progress,
    results,
    rounds,
)
from azukari.programmes.stress_check.steps.state import NotYours
from azukari.programmes.stress_check.vault import NoVault
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import check, checked

__all__ = ["check", "checked"]

STAGE = "⑧ 報告書等の確認"
OTHERS = ("other handler", "other responsible")


@pytest.fixture
def people(check: StressCheck) -> dict[str, Handler]:
    """One of each kind: by what they are to those who were asked."""
    other = Organisation.objects.create(key="another", name="別の会社", type="company")
    made = {
        name: Handler.objects.create(
            key=key, name=name, organisation=organisation, role=role, reported_on=date(2025, 3, 1)
        )
        for name, key, organisation, role in (
            ("other handler", "X001", other, "handler"),
            ("other responsible", "X901", other, "responsible"),
            ("without a duty", "K500", check.company, "handler"),
            ("auditor", "W990", Organisation.objects.get(key="ward"), "auditor"),
            ("manager", "W500", Organisation.objects.get(key="ward"), "officer"),
            ("clerk with authority", "K600", check.company, "handler"),
        )
    }
    Duty.objects.create(
        round=check.round, handler=made["clerk with authority"], kind="clerk", qualification="none",
        no_personnel_authority=True, appointed_by=check.who("K901"), appointed_at=check.at(5, 12),
    )  # fmt: skip
    for name in ("manager", "clerk with authority"):  # told later than the duty, and by the row alone
        PersonnelAuthority.objects.create(
            handler=made[name], since=date(2025, 4, 1), recorded_by=check.who("W101"), recorded_at=check.at(5, 20)
        )
    return made | {
        "representative": check.who("K101"),
        "implementer": check.who("K102"),
        "clerk": check.who("K001"),
        "interviewer": check.who("K103"),
        "responsible": check.who("K901"),
        "officer": check.who("W001"),
        "privacy officer": check.who("W101"),
    }


def a_result(check: StressCheck) -> Result:
    return Result.objects.select_related("respondent__round").filter(interview=None).order_by("pk")[0]


def an_interview(check: StressCheck) -> Interview:
    return interviews.of_round(check.round)[0]


def given(check: StressCheck) -> str:
    return delivery.consented(check.round)[0].respondent.reference


READS: dict[str, Callable[[StressCheck, Handler], Any]] = {
    "result": lambda check, by: results.read_result(result=a_result(check), by=by, now=check.at(9, 5)),
    "unanswered": lambda check, by: progress.unanswered(round_=check.round, by=by, now=check.at(9, 5)),
    "not applied": lambda check, by: interviews.not_applied(round_=check.round, by=by, now=check.at(9, 5)),
    "for interview": lambda check, by: interviews.read_for_interview(
        interview=an_interview(check), by=by, now=check.at(9, 5)
    ),
    "applications": lambda check, by: interviews.for_employer(round_=check.round, by=by, now=check.at(9, 5)),
    "who consents": lambda check, by: delivery.who_consents(round_=check.round, by=by, now=check.at(9, 5)),
    "given": lambda check, by: delivery.read_given(
        round_=check.round, reference=given(check), by=by, now=check.at(9, 5)
    ),
}
WORKERS = {"representative", "implementer", "clerk"}
MAY = {
    "result": WORKERS,
    "unanswered": WORKERS,
    "not applied": WORKERS,
    "for interview": WORKERS | {"interviewer"},
    "applications": {"officer"},
    "who consents": {"officer"},
    "given": {"officer"},
}
KINDS = (
    "representative", "implementer", "clerk", "interviewer", "responsible", "without a duty", "clerk with authority",
    "officer", "manager", "privacy officer", "auditor", *OTHERS,
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("read", READS)
def test_each_step_that_reads_of_a_person_lets_in_just_these(
    check: StressCheck, people: dict[str, Handler], read: str, kind: str
) -> None:
    before = Entry.objects.count()
    if kind in MAY[read]:
        READS[read](check, people[kind])
        assert Entry.objects.count() > before
    else:
        with pytest.raises((NotPermitted, MayNotAct)):
            READS[read](check, people[kind])
        assert Entry.objects.latest("seq").act == "refused"


@pytest.mark.parametrize("read", ["result", "not applied", "for interview"])
def test_a_process_without_the_vault_opens_nothing_even_for_an_implementer(
    check: StressCheck, people: dict[str, Handler], read: str
) -> None:
    with override_settings(AZUKARI_VAULT="off"), pytest.raises(NoVault):
        READS[read](check, people["representative"])


@pytest.mark.parametrize("read", ["applications", "who consents", "given"])
def test_what_the_ward_may_see_needs_no_vault(check: StressCheck, people: dict[str, Handler], read: str) -> None:
    with override_settings(AZUKARI_VAULT="off"):
        assert READS[read](check, people["officer"])


def test_a_withdrawn_consent_closes_the_delivered_result_at_once(check: StressCheck) -> None:
    result = delivery.consented(check.round)[0]
    reference = result.respondent.reference
    assert delivery.read_given(round_=check.round, reference=reference, by=check.who("W001"), now=check.at(9, 5))
    own_result.withdraw(person=result.respondent, now=check.at(9, 6))
    with pytest.raises(NotPermitted, match="同意がない人"):
        delivery.read_given(round_=check.round, reference=reference, by=check.who("W001"), now=check.at(9, 7))
    shown = delivery.who_consents(round_=check.round, by=check.who("W001"), now=check.at(9, 7))
    assert reference not in {one.reference for one in shown}


def test_the_delivery_cannot_be_read_whole_once_somebody_took_the_consent_back(check: StressCheck) -> None:
    own_result.withdraw(person=delivery.consented(check.round)[0].respondent, now=check.at(9, 6))
    handover = delivery.delivery_of(check.round)
    assert handover is not None
    from azukari.parties.acting import acting

    with (
        pytest.raises(NotPermitted, match="同意がない人"),
        acting(by=check.who("W001"), act="data.read", now=check.at(9, 7), programme="stress_check") as record,
    ):
        gate.read_held(
            record=record, by=check.who("W001"), handover=handover, items=handover.items, purpose="一括の閲覧"
        )


def test_no_handover_of_people_who_did_not_consent_can_be_prepared_for_the_ward_in_any_way(check: StressCheck) -> None:
    from azukari.custody import handovers
    from azukari.dossier.schema import Medium

    silent = list(Result.objects.filter(consented_at=None).select_related("respondent")[:12])
    with pytest.raises(NotPermitted, match="同意がない人"):
        handovers.prepare(
            programme="stress_check", step="⑦", receiver=Organisation.objects.get(key="ward"), party="ward",
            columns=list(delivery.COLUMNS), frame=delivery.results_frame(check.round, silent), purpose="試し",
            medium=Medium.DISC, by=check.who("K001"), now=check.at(9, 7),
        )  # fmt: skip


def test_answers_never_go_to_the_ward_whatever_is_ruled(check: StressCheck) -> None:
    import polars as pl

    from azukari.custody import handovers
    from azukari.dossier.schema import Medium

    reference = given(check)
    with pytest.raises(NotPermitted, match="法令により区が取り扱えない"):
        handovers.prepare(
            programme="stress_check", step="⑦", receiver=Organisation.objects.get(key="ward"), party="ward",
            columns=[gate.Column("q1", "問1", "stress_answers")],
            frame=pl.DataFrame({"reference": [reference], "q1": ["4"]}), purpose="試し", medium=Medium.DISC,
            by=check.who("K001"), now=check.at(9, 7),
        )  # fmt: skip


def test_filled_in_forms_cannot_be_given_back_to_the_ward(check: StressCheck) -> None:
    from azukari.custody import erasure

    batch = Handover.objects.get(programme="stress_check", step="④")
    with pytest.raises(NotPermitted, match="法令により区が取り扱えない"):
        erasure.give_back(handover=batch, by=check.who("K001"), now=check.at(9, 7))
    erasure.erase(handover=batch, by=check.who("K001"), now=check.at(9, 7))


# --- duties


def test_the_wards_own_people_and_who_decides_on_personnel_are_given_no_duty(
    check: StressCheck, people: dict[str, Handler]
) -> None:
    common = {"round_": check.round, "by": check.who("K901"), "now": check.at(9, 5)}
    for handler, said in ((check.who("W001"), True), (people["without a duty"], False), (people["manager"], True)):
        with pytest.raises(NotPermitted):
            rounds.appoint(
                handler=handler, kind=Duty.Kind.CLERK, qualification=Duty.Qualification.NONE,
                no_personnel_authority=said, **common,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "qualification"), [("implementer", "none"), ("representative", "none"), ("interviewer", "psychologist")]
)
def test_a_duty_needs_its_qualification_also_past_the_step(
    check: StressCheck, people: dict[str, Handler], kind: str, qualification: str
) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(NotPermitted):
        rounds.appoint(
            round_=check.round, handler=people["without a duty"], kind=Duty.Kind(kind),
            qualification=Duty.Qualification(qualification), no_personnel_authority=True, by=check.who("K901"),
            now=check.at(9, 5),
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Duty.objects.create(
            round=check.round, handler=people["without a duty"], kind=kind, qualification=qualification,
            no_personnel_authority=True, appointed_by=check.who("K901"), appointed_at=check.at(9, 5),
        )  # fmt: skip


def test_authority_that_comes_later_ends_the_duty_with_it(check: StressCheck) -> None:
    clerk = check.who("K002")
    authority.record_authority(handler=clerk, since=date(2025, 9, 1), by=check.who("W101"), now=check.at(9, 5))
    with pytest.raises(NotYours, match="権限"):
        results.read_result(result=a_result(check), by=clerk, now=check.at(9, 6))
    assert not Duty.objects.filter(handler=clerk, ended_at=None).exists()


def test_nobody_ends_the_own_authority(check: StressCheck, people: dict[str, Handler]) -> None:
    manager = people["manager"]
    own = PersonnelAuthority.objects.get(handler=manager)
    with pytest.raises(NotPermitted, match="自分の人事権"):
        authority.end_authority(authority=own, until=date(2025, 9, 1), by=manager, now=check.at(9, 5))
    authority.end_authority(authority=own, until=date(2025, 9, 1), by=check.who("W101"), now=check.at(9, 5))


def test_a_duty_that_ended_and_a_handler_who_was_removed_open_nothing(check: StressCheck) -> None:
    rounds.end_duty(duty=Duty.objects.get(handler__key="K002", ended_at=None), by=check.who("K901"), now=check.at(9, 5))
    Handler.objects.filter(key="K003").update(removed_on=date(2025, 9, 1))
    for key in ("K002", "K003"):
        with pytest.raises((NotYours, MayNotAct)):
            results.read_result(result=a_result(check), by=check.who(key), now=check.at(9, 6))


# --- the seal


def test_what_is_sealed_for_one_person_opens_as_nothing_of_another(check: StressCheck) -> None:
    first, second = Result.objects.order_by("pk")[:2]
    with pytest.raises(vault.RecordUnreadable):
        vault.open_one(check.year, second.respondent_id, vault.RESULT, first.sealed)
    with pytest.raises(vault.RecordUnreadable):
        vault.open_one(check.year, first.respondent_id, vault.ANSWERS, first.sealed)


def test_nothing_readable_of_answers_or_results_stands_in_the_database(check: StressCheck) -> None:
    words = (b"verdict", b"points_", b'"q1"', b"interview")
    for sealed in Result.objects.values_list("sealed", "sealed_decision"):
        assert not any(word in bytes(part or b"") for part in sealed for word in words)


def test_a_report_of_the_delivery_is_for_the_receiver_alone(check: StressCheck, people: dict[str, Handler]) -> None:
    handover = delivery.delivery_of(check.round)
    assert handover is not None
    assert reports.read(handover=handover, name="document-01.pdf", by=check.who("W001"), now=check.at(9, 5))
    for kind in ("other handler", "clerk"):
        with pytest.raises(NotPermitted):
            reports.read(handover=handover, name="document-01.pdf", by=people[kind], now=check.at(9, 5))


def test_figures_of_groups_are_let_out_by_another_implementer_only(check: StressCheck) -> None:
    made = analysis.prepare_release(round_=check.round, by=check.who("K101"), now=check.at(9, 5))
    for key in ("K101", "K001", "K103", "K901"):
        with pytest.raises(NotPermitted):
            analysis.let_out(release=made, by=check.who(key), now=check.at(9, 6))
    analysis.let_out(release=made, by=check.who("K102"), now=check.at(9, 6))


# --- what is published of groups, again and again


def test_nothing_smaller_than_ten_can_be_worked_out_of_all_that_was_ever_let_out(check: StressCheck) -> None:
    """A second release after somebody's record went: every subtraction of the two, and of all combinations."""
    from azukari.programmes.stress_check.group_audit import audit

    gone = Result.objects.filter(interview=None).order_by("pk")[0]
    Result.objects.filter(pk=gone.pk).update(erased_at=check.at(9, 5))
    made = analysis.prepare_release(round_=check.round, by=check.who("K001"), now=check.at(9, 6))
    analysis.let_out(release=made, by=check.who("K101"), now=check.at(9, 7))
    releases = analysis.earlier_releases()
    assert len(releases) == 2
    assert list(audit(releases)) == []
