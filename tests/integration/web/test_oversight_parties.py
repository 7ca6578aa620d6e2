"""Organisations and handlers on the ward's screens: registered, appointed, reported, trained, removed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from azukari.dossier.models import Version
from azukari.parties.models import Account, Appointment, Certification, Handler, Organisation, SignInLock, Training
from tests.factories import at, handler, organisation
from tests.integration.web.oversight_stage import SINCE, Ward, paper, text, ward

__all__ = ["paper", "ward"]

AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


def test_the_table_of_organisations_asks_as_few_questions_for_many_as_for_one(
    ward: Ward, paper: Version, django_assert_max_num_queries: Any
) -> None:
    for n in range(30):
        other = organisation(f"o{n}", "company", f"見本会社{n}")
        handler(f"X{n}", other, "handler", SINCE)
        Certification.objects.create(organisation=other, kind="isms", number="1", valid_until=date(2025, 5, 31))
        Appointment.objects.create(
            programme="screening", party="laboratory", organisation=other, valid_from=SINCE, recorded_by="W101"
        )
    ward.sit("W901")
    with django_assert_max_num_queries(17):
        page = ward.open("parties")
    assert "見本会社29" in text(page)
    assert "ISMS（ISO27001）（2025-05-31に期限切れ）" in text(page)
    assert "検査機関" in text(page)
    assert ward.open("parties", order="-handlers").status_code == 200
    assert ward.open("parties", format="csv")["Content-Type"].startswith("text/csv")


def test_the_page_of_an_organisation_asks_as_few_questions_for_many_handlers(
    ward: Ward, paper: Version, django_assert_max_num_queries: Any
) -> None:
    for n in range(220):
        one = handler(f"X{n:03}", ward.printer, "handler", SINCE)
        Training.objects.create(handler=one, title="個人情報保護研修", taken_on=SINCE)
    ward.sit("W901")
    with django_assert_max_num_queries(20):
        page = ward.open("party", "printer")
    assert "個人情報保護研修" in text(page)
    assert "今は何も預けていません。" in text(page)
    assert len(page.content) < 100 * 1024
    assert "1 / 5" in text(page)
    assert "X200" in text(ward.open("party", "printer", page=5))
    assert ward.open("party", "nobody").status_code == 404


def test_accounts_are_told_by_how_they_stand(ward: Ward) -> None:
    late = Account.objects.create(username="C002", first_password_until=at(6, 1))
    waiting = Account.objects.create(username="C003", first_password_until=at(6, 5))
    locked = Account.objects.create(username="C004")
    SignInLock.objects.create(username="C004", since=at(6, 2), until=at(6, 2, 11))
    for key, account in (("C002", late), ("C003", waiting), ("C004", locked)):
        one = handler(key, ward.printer, "handler", SINCE)
        one.account = account
        one.save()
    handler("C005", ward.printer, "handler", SINCE, removed_on=date(2025, 5, 1))
    page = text(ward.sit("W101").open("party", "printer"))
    for words in ("未開設", "初回パスワードの期限切れ", "初回のサインイン待ち", "失敗が続き停止中", "解除済"):
        assert words in page
    assert reverse("account_open", args=["C001"]) in page
    assert reverse("account_reset", args=["C003"]) in page
    assert reverse("handler_remove", args=["C005"]) not in page


def test_an_organisation_is_registered_with_keys_and_certification(ward: Ward) -> None:
    ward.sit("W101")
    fields = {"key": "lab", "name": "見本検査所", "kind": "institution", "encoding": "utf-8-sig"}
    sent = ward.send("party_add", **fields)
    assert (sent.status_code, sent.url) == (303, reverse("party", args=["lab"]))
    again = ward.send("party_add", **fields)
    assert again.status_code == 422
    assert "すでに使われています" in text(again)
    assert ward.send("party_keys", "lab", age_recipient=AGE).status_code == 303
    assert Organisation.objects.get(key="lab").age_recipient == AGE
    assert "書き写しを確かめてください" in text(ward.send("party_keys", "lab", age_recipient="age1x"))
    sent = ward.send("party_certification", "lab", kind="privacy_mark", number="12345", valid_until="2026-03-31")
    assert sent.status_code == 303
    assert "プライバシーマーク 12345" in text(ward.client.get(sent.url))


def test_an_organisation_becomes_only_what_the_paper_says(ward: Ward, paper: Version) -> None:
    ward.sit("W101")
    fields = {"stands_for": "screening|toppan_edge", "valid_from": "2025-06-02"}
    assert ward.send("party_appoint", "printer", **fields).status_code == 303
    appointment = Appointment.objects.get()
    assert (appointment.party, appointment.organisation_id) == ("toppan_edge", ward.printer.pk)
    assert "すでに記録されています" in text(ward.send("party_appoint", "printer", **fields))
    page = ward.send("party_appoint", "printer", stands_for="screening|hibiya", valid_from="2025-06-02")
    assert page.status_code == 422
    assert "承認されていません" in text(page)
    page = ward.send("party_appoint", "printer", stands_for="screening|ward", valid_from="2025-06-02")
    assert page.status_code == 422
    unfounded = ward.send("party_appoint", "printer", stands_for="screening|laboratory", valid_from="2025-06-02")
    assert "選定の根拠" in text(unfounded)
    sent = ward.send("appointment_end", appointment.pk, last_day="2025-06-30", why="契約の終了")
    assert sent.status_code == 303
    appointment.refresh_from_db()
    assert appointment.valid_until == date(2025, 6, 30)


def test_a_handler_is_reported_trained_and_removed(ward: Ward) -> None:
    ward.sit("W001")
    sent = ward.send(
        "handler_report", "printer", key="C009", name="見本 九", role="handler", reported_on="2025-06-02"
    )  # fmt: skip
    assert sent.status_code == 303
    assert ward.send("handler_training", "C009", title="研修", taken_on="2025-06-02").status_code == 303
    future = ward.send("handler_training", "C009", title="研修", taken_on="2025-06-03")
    assert "先の日付" in text(future)
    assert "次の操作から使えなくなります" in text(ward.open("handler_remove", "C009"))
    assert ward.send("handler_remove", "C009", removed_on="2025-06-02").status_code == 303
    assert Handler.objects.get(key="C009").removed_on == date(2025, 6, 2)


def test_a_company_has_no_ward_roles_and_nobody_removes_themselves(ward: Ward) -> None:
    ward.sit("W101")
    page = ward.send(
        "handler_report", "printer", key="C010", name="見本 十", role="auditor", reported_on="2025-06-02"
    )  # fmt: skip
    assert page.status_code == 422
    assert not Handler.objects.filter(key="C010").exists()
    assert ward.open("handler_remove", "W101").status_code == 404


def test_a_removal_that_somebody_else_did_meanwhile_is_told(ward: Ward) -> None:
    ward.sit("W101")
    old = ward.mark(ward.open("handler_remove", "C001"))
    ward.sit("W102").send("handler_remove", "C001", removed_on="2025-06-10")
    page = ward.sit("W101").send("handler_remove", "C001", seen=old, removed_on="2025-06-02")
    assert page.status_code == 409
    assert "見本 W102" in text(page)
    assert Handler.objects.get(key="C001").removed_on == date(2025, 6, 10)


ACTS: dict[str, tuple[Any, ...]] = {
    "party_add": (),
    "party_keys": ("printer",),
    "party_certification": ("printer",),
    "party_appoint": ("printer",),
    "appointment_end": (1,),
    "handler_report": ("printer",),
    "handler_remove": ("C001",),
    "handler_training": ("C001",),
}


@pytest.mark.parametrize("name", ACTS)
def test_an_auditor_does_none_of_it(ward: Ward, name: str) -> None:
    ward.sit("W901")
    before = (Organisation.objects.count(), Handler.objects.count(), Training.objects.count())
    assert ward.client.post(reverse(name, args=ACTS[name]), {}).status_code == 403
    assert (Organisation.objects.count(), Handler.objects.count(), Training.objects.count()) == before


@pytest.mark.parametrize("name", ["party_add", "party_keys", "party_certification", "party_appoint", "appointment_end"])
def test_an_officer_appoints_nobody(ward: Ward, name: str) -> None:
    ward.sit("W001")
    assert ward.client.get(reverse(name, args=ACTS[name])).status_code == 403
    assert ward.client.post(reverse(name, args=ACTS[name]), {}).status_code == 403
