"""A stress check whose report was confirmed, with one of everything that an address can name, and who knocks."""

from __future__ import annotations

from datetime import date
from typing import Any

from azukari.parties.models import Handler, Organisation
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.models import Duty, PaperForm, PersonnelAuthority, ResultLetter
from azukari.programmes.stress_check.steps import delivery, interviews, kept_files, labour

PEOPLE = {
    "partner": {
        "clerk": "K001",
        "representative": "K101",
        "implementer": "K102",
        "interviewer": "K103",
        "responsible": "K901",
        "without_duty": "K500",
        "with_authority": "K600",
        "other_company": "X001",
    },
    "ward": {"officer": "W001", "manager": "W500", "privacy_officer": "W101", "auditor": "W990"},
}
"""Surface → column of its table → who that is. Manager and with_authority decide on personnel (人事権)."""
LIST = "list-of-who-consents"
PLACE = {
    "name": "本庁舎",
    "insurance_number": "13000000000000",
    "industry": "地方公務",
    "address": "東京都新宿区",
    "telephone": "03-0000-0000",
    "recipient": "特別区人事委員会",
}
TYPED = {
    "stress_one_result": {"interview": "no", "note": ""},
    "stress_ward_authority_end": {"until": "2025-09-04"},
    "stress_ward_establishment_new": {**PLACE, "name": "出先", "sections": "総務部"},
    "stress_ward_establishment": {**PLACE, "sections": "総務部"},
}
"""What somebody types who may look at the page of an act that is another's."""


def knocking(check: StressCheck) -> None:
    """Those of ``PEOPLE`` whom the demo has not."""
    organisations = {
        "company": check.company,
        "ward": Organisation.objects.get(key="ward"),
        "another": Organisation.objects.create(key="another", name="別の会社", type="company"),
    }
    for key, organisation, role in (
        ("K500", "company", "handler"),
        ("K600", "company", "handler"),
        ("X001", "another", "handler"),
        ("W500", "ward", "officer"),
        ("W990", "ward", "auditor"),
    ):
        Handler.objects.create(
            key=key, name=f"取扱者 {key}", organisation=organisations[organisation], role=role,
            reported_on=date(check.year, 3, 1),
        )  # fmt: skip
    Duty.objects.create(
        round=check.round, handler=check.who("K600"), kind="clerk", qualification="none", no_personnel_authority=True,
        appointed_by=check.who("K901"), appointed_at=check.at(5, 12),
    )  # fmt: skip
    for key in ("K600", "W500"):  # on record by the row alone: the duty still stands
        PersonnelAuthority.objects.create(
            handler=check.who(key), since=date(check.year, 4, 1), recorded_by=check.who("W101"),
            recorded_at=check.at(5, 20),
        )  # fmt: skip


def samples(check: StressCheck, now: Any) -> dict[str, dict[str, Any]]:
    """Part of an address → its value; by address where the part means another thing there. "": everywhere else."""
    handover, interview = delivery.delivery_of(check.round), interviews.of_round(check.round)[0]
    batch = PaperForm.objects.filter(round=check.round, batch__isnull=False).earliest("pk").batch
    assert handover is not None
    assert batch is not None
    result = check.round.respondents.filter(result__interview=None, result__isnull=False).earliest("pk").result
    letter = ResultLetter.objects.earliest("pk")  # one goes back to be held against its envelope
    ResultLetter.objects.filter(pk=letter.pk).update(checked_at=None, checked_by=None, sent_at=None, sent_by=None)
    file = kept_files.keep(
        round_=check.round, kind=kept_files.SLIPS, content=b"%PDF-1.7", people=1, by=check.who("K001"), now=now
    )
    place = labour.save_establishment(establishment=None, **PLACE, sections=[], by=check.who("W001"), now=now)
    of_interview = {"number": interview.pk}
    return {
        "": {
            "year": check.year,
            "person": result.respondent_id,
            "form": PaperForm.objects.filter(round=check.round, batch=None, voided_at=None).earliest("pk").pk,
            "duty": Duty.objects.get(round=check.round, handler__key="K002").pk,
            "sheet": batch.paper_sheets.earliest("pk").pk,
            "number": batch.number,
            "token": file.token,
            "file": 1,
        },
        "stress_prepare": {"number": check.round.staff.number},
        "stress_one_result": {"number": result.pk},
        "stress_encourage": {"number": result.pk},
        **dict.fromkeys(["stress_interview", "stress_held", "stress_drop", "stress_opinion"], of_interview),
        "stress_groups_let_out": {"number": 1},
        "stress_groups_discard": {"number": 1},
        "stress_ward_authority_end": {"number": PersonnelAuthority.objects.get(handler__key="W500").pk},
        "stress_ward_establishment": {"number": place.pk},
        "stress_ward_document": {"number": handover.attachments.earliest("pk").pk},
        "stress_ward_consent_list": {"token": LIST},
        "stress_ward_given": {"token": LIST, "number": 1},
        "stress_ward_measures": of_interview,
        "stress_ward_labour_of": {"number": place.pk},
    }


def opened_list(check: StressCheck, key: str, now: Any) -> dict[str, Any]:
    """The session of somebody of the ward who opened the list of who consents, as if the wall had not been there."""
    given = [one.respondent.reference for one in delivery.consented(check.round)]
    until = now.timestamp() + 600
    return {"stress_consents": {LIST: {"by": key, "year": check.year, "until": until, "people": given}}}
