"""An institution's window in a browser without JavaScript: a voucher is shown, a visit recorded, its results reported."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody.models import Handover
from azukari.keying import steps as keying
from azukari.programmes.screening.demo_results import COMPANY, LABORATORY
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import LaboratoryOrder, ResultRow, Sheet, Visit, VisitTest, Voucher
from azukari.programmes.screening.reasons import CHECKUPS
from azukari.programmes.screening.steps import laboratory, visits
from azukari.programmes.screening.views.clinic import GOOD_FOR
from azukari.witness.models import Entry

from .screening_stage import Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関・検査機関の窓口"

MOST_BYTES = 100_000


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def clinic(ward: Demo, press: Any, desk: Desk) -> Desk:
    """Somebody at the clinic's window in June."""
    until(ward, STAGE)
    return desk.sit("M001", ward.at(6, 10))


def visitor(ward: Demo, n: int = 0) -> Voucher:
    return ward.results.visitors[n]


def code_of(voucher: Voucher) -> str:
    return voucher.sheets.exclude(state=Sheet.State.VOIDED).get().code


def show(clinic: Desk, voucher: Voucher) -> str:
    """The token of the voucher, after it was presented."""
    answer = clinic.send("screening_voucher", fields={"code": code_of(voucher)})
    assert answer.status_code == 303, text(answer)
    return str(answer.url.rstrip("/").split("/")[-1])


def came(ward: Demo, n: int = 0, **more: Any) -> Visit:
    """A visit with the checkup that the n-th visitor is offered."""
    by, now = ward.who("M001"), ward.at(6, 10)
    shown = visits.present(code=code_of(visitor(ward, n)), by=by, now=now)
    checkup = next(one.test for one in shown.tests if one.test in CHECKUPS)
    return visits.record_visit(
        voucher=shown.voucher, visited_on=now.date(), consent=True, by=by, now=now, **{"tests": [checkup], **more}
    )


# --- a voucher is shown


def test_a_shown_voucher_opens_the_columns_of_the_window_and_the_tests_with_fees(ward: Demo, clinic: Desk) -> None:
    voucher = visitor(ward)
    token = show(clinic, voucher)
    answer = clinic.open("screening_presented", token)
    window = Handover.objects.get(step=visits.STEP, medium="system")
    assert [label for label, _value in answer.context["person"]] == [column["header"] for column in window.columns]
    shown = text(answer)
    assert voucher.voucher_number in shown
    assert all(one.name in shown for one in answer.context["tests"])
    assert voucher.voucher_number not in token
    assert answer["Cache-Control"] == "no-store"
    assert voucher.voucher_number not in shown.split("</title>")[0]
    last = Entry.objects.order_by("-seq")[0]
    assert (last.actor, last.purpose, json.loads(last.items)) == ("M001", "受診者の項目の再表示", sorted(window.items))


@pytest.mark.parametrize("field", ["voucher_number", "examinee_number"])
def test_a_number_finds_the_person_with_the_birth_date_alone(ward: Demo, clinic: Desk, field: str) -> None:
    voucher = visitor(ward)
    number, birth = getattr(voucher, field), voucher.person.birth
    without = clinic.send("screening_voucher", fields={"number": number})
    assert without.status_code == 422
    assert "生年月日も" in text(without)
    wrong = clinic.send("screening_voucher", fields={"number": number, "birth": "1901-01-01"})
    assert wrong.status_code == 422
    assert "この受診券は使えません" in text(wrong)
    assert clinic.send("screening_voucher", fields={"number": number, "birth": birth}).status_code == 303


def test_a_code_and_a_number_together_are_not_taken(ward: Demo, clinic: Desk) -> None:
    fields = {"code": code_of(visitor(ward)), "number": visitor(ward).voucher_number}
    assert clinic.send("screening_voucher", fields=fields).status_code == 422


def test_a_presented_voucher_is_shown_to_its_session_and_for_some_minutes(ward: Demo, clinic: Desk) -> None:
    token = show(clinic, visitor(ward))
    other = clinic.sit("M901")
    assert other.open("screening_presented", token).status_code == 404
    assert clinic.open("screening_presented", "x" * 16).status_code == 404
    clinic.at += GOOD_FOR
    late = clinic.open("screening_presented", token)
    assert (late.status_code, "voucher" in late.url) == (303, True)


# --- the visit


def test_a_visit_is_recorded_with_its_tests_and_consent(ward: Demo, clinic: Desk) -> None:
    token = show(clinic, visitor(ward))
    tests = [one.test for one in clinic.open("screening_presented", token).context["open_tests"]]
    fields = {"tests": tests[:1], "visited_on": "2025-06-10"}
    without = clinic.send("screening_presented", token, fields=fields)
    assert without.status_code == 422
    assert "同意" in text(without)
    assert clinic.send("screening_presented", token, fields=fields | {"consent": "on"}).status_code == 303
    visit = Visit.objects.get()
    assert ([one.test for one in visit.tests.all()], visit.organisation.key) == (tests[:1], "clinic")
    again = clinic.open("screening_presented", token)
    assert "受診済み" in text(again)
    assert tests[0] not in [one.test for one in again.context["open_tests"]]


def test_a_day_in_the_future_comes_back_with_what_was_typed(ward: Demo, clinic: Desk) -> None:
    token = show(clinic, visitor(ward))
    test = clinic.open("screening_presented", token).context["open_tests"][0].test
    fields = {"tests": [test], "visited_on": "2025-06-11", "consent": "on"}
    answer = clinic.send("screening_presented", token, fields=fields)
    assert answer.status_code == 422
    assert "今日より後" in text(answer)
    assert 'value="2025-06-11"' in text(answer)
    assert not Visit.objects.exists()


def test_the_list_has_numbers_and_tests_but_no_names(ward: Demo, clinic: Desk) -> None:
    assert "受診券を照会する" in text(clinic.open("screening_clinic"))
    visit = came(ward)
    answer = clinic.open("screening_clinic", state="waiting")
    shown, person = text(answer), visit.voucher.person
    assert f"No.{visit.pk}" in shown
    assert "結果待ち 1件" in shown
    assert not [word for word in (person.name, person.kana, visit.voucher.voucher_number) if word and word in shown]
    assert clinic.open("screening_clinic", state="reported").context["table"].total == 0
    written = clinic.open("screening_clinic", format="csv")
    assert written.status_code == 200


def test_who_came_is_shown_again_through_the_gate(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    assert visit.voucher.voucher_number not in text(clinic.open("screening_visit", visit.pk))
    answer = clinic.send("screening_visit_person", visit.pk, first=False)
    assert answer.status_code == 303
    assert visit.voucher.voucher_number in text(clinic.client.get(answer.url))


def test_a_visit_is_cancelled_with_a_reason_until_something_was_reported(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    assert clinic.send("screening_cancel_visit", visit.pk).status_code == 422
    assert clinic.send("screening_cancel_visit", visit.pk, fields={"reason": "人違い"}).status_code == 303
    visit.refresh_from_db()
    assert visit.cancelled_why == "人違い"
    assert "取り消されました" in text(clinic.open("screening_visit", visit.pk))
    assert clinic.send("screening_cancel_visit", visit.pk, fields={"reason": "人違い"}).status_code == 422


# --- specimens


def test_a_specimen_is_ordered_and_its_result_seen_which_is_logged(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    company = ward.organisation(LABORATORY)
    fields = {"organisation": company.pk, "specimen": "blood"}
    assert clinic.send("screening_order", visit.pk, fields=fields).status_code == 303
    order = LaboratoryOrder.objects.get()
    assert clinic.send("screening_order", visit.pk, fields=fields, first=False).status_code == 409
    laboratory.report(number=order.number, result="HbA1c 5.6 %", by=ward.who("L001"), now=ward.at(6, 10, 15))
    shown = text(clinic.open("screening_visit", visit.pk))
    assert order.number in shown
    assert "HbA1c" not in shown
    assert "HbA1c 5.6 %" in text(clinic.open("screening_specimens", visit.pk))
    assert Entry.objects.order_by("-seq")[0].purpose == "検査結果の閲覧"


def test_without_an_open_window_the_page_says_what_to_do_first(ward: Demo, clinic: Desk) -> None:
    Handover.objects.filter(step=laboratory.STEP).update(state="erased")
    visit = came(ward)
    assert "窓口を準備し" in text(clinic.open("screening_order", visit.pk))
    fields = {"organisation": ward.organisation(LABORATORY).pk}
    made = clinic.send("screening_open_laboratory", fields=fields)
    assert made.status_code == 303
    assert Handover.objects.get(step=laboratory.STEP, state="prepared").number in made.url


# --- results


def test_a_result_is_confirmed_with_its_words_before_it_is_reported(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    test = visit.tests.get().test
    form = text(clinic.open("screening_enter_result", visit.pk, test))
    assert "要医療" in form
    assert "体重（kg）" in form
    fields = {"raw": "2", "height": "165.5", "weight": "60", "hba1c": "5.6", "urine_protein": "1"}
    asked = clinic.send("screening_enter_result", visit.pk, test, fields=fields)
    assert asked.status_code == 200
    assert asked.context["doubts"] == []
    assert "165.5 cm" in text(asked)
    assert not ResultRow.objects.exists()
    edited = clinic.send("screening_enter_result", visit.pk, test, fields=fields | {"edit": "1"})
    assert 'value="165.5"' in text(edited)
    sent = clinic.send("screening_enter_result", visit.pk, test, fields=fields | {"confirm": "1"})
    assert sent.status_code == 303
    stated = json.loads(ResultRow.objects.get().stated)
    assert (stated["判定"], stated["身長(cm)"], stated["HbA1c(NGSP)(%)"], stated["尿蛋白"]) == (
        "2",
        "165.5",
        "5.6",
        "1",
    )
    again = clinic.send("screening_enter_result", visit.pk, test, fields=fields | {"confirm": "1"}, first=False)
    assert again.status_code == 422
    assert "報告済み" in text(again)
    assert clinic.open("screening_enter_result", visit.pk, test).status_code == 303


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"height": "60", "weight": "165"}, "入れ違い"),
        ({"hba1c": "56"}, "あり得る範囲"),
        ({"systolic": "70", "diastolic": "120"}, "収縮期血圧"),
        ({"height": "170", "weight": "60", "bmi": "30"}, "計算した値と合いません"),
    ],
)
def test_implausible_values_are_told_at_once_and_can_be_reported_all_the_same(
    ward: Demo, clinic: Desk, typed: dict[str, str], told: str
) -> None:
    visit = came(ward)
    test, fields = visit.tests.get().test, {"raw": "1", **typed}
    asked = clinic.send("screening_enter_result", visit.pk, test, fields=fields)
    assert told in text(asked)
    assert not ResultRow.objects.exists()
    sent = clinic.send("screening_enter_result", visit.pk, test, fields=fields | {"confirm": "1"})
    assert sent.status_code == 303
    assert ResultRow.objects.get().state == ResultRow.State.OUTSTANDING


def test_a_code_of_another_test_and_words_for_numbers_are_errors_beside_the_field(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    test = visit.tests.get().test
    answer = clinic.send("screening_enter_result", visit.pk, test, fields={"raw": "E1", "height": "高い"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"raw", "height"}
    assert 'id="error-summary"' in text(answer)


# --- result sheets on paper


def with_sheet(ward: Demo, n: int, number: str) -> Visit:
    return came(ward, n, sheet_number=number)


def test_result_sheets_go_out_counted_and_count_as_reported(ward: Demo, clinic: Desk) -> None:
    visit_ = with_sheet(ward, 0, "K1")
    with_sheet(ward, 1, "K2")
    company = ward.organisation(COMPANY)
    fields = {"company": company.pk, "sheets": ["K1", "K2"], "counted": 3}
    miscounted = clinic.send("screening_send_sheets", fields=fields)
    assert miscounted.status_code == 422
    assert "数え直して" in text(miscounted)
    sent = clinic.send("screening_send_sheets", fields=fields | {"counted": 2})
    assert sent.status_code == 303, text(sent)
    batch = Handover.objects.get(step="⑫")
    assert (batch.sheets, batch.number in sent.url) == (2, True)
    assert sorted(batch.paper_sheets.values_list("number", flat=True)) == ["K1", "K2"]
    assert visit_.tests.get().state == VisitTest.State.REPORTED
    assert clinic.open("screening_send_sheets").context["form"].fields["sheets"].choices == []
    assert batch.number in text(clinic.open("screening_result_sheets"))


def test_a_sheet_that_came_back_unreadable_is_taken_back_and_its_result_typed_in(ward: Demo, clinic: Desk) -> None:
    visit_ = with_sheet(ward, 0, "K1")
    fields = {"company": ward.organisation(COMPANY).pk, "sheets": ["K1"], "counted": 1}
    clinic.send("screening_send_sheets", fields=fields)
    batch = Handover.objects.get(step="⑫")
    ward.results._pass(batch, sealer="M001", releaser="M901", taker="D001", month=6, day=10)
    sheet = batch.paper_sheets.get()
    assert clinic.send("screening_take_back_sheet", sheet.pk).status_code == 409
    keying.unreadable(sheet=sheet, reason="にじみ", by=ward.who("D001"), now=ward.at(6, 11))
    clinic.at = ward.at(6, 12)
    assert "にじみ" in text(clinic.open("screening_result_sheets"))
    assert clinic.send("screening_take_back_sheet", sheet.pk).status_code == 303
    assert visit_.tests.get().state == VisitTest.State.TAKEN
    assert "にじみ" not in text(clinic.open("screening_result_sheets"))
    sent = clinic.send(
        "screening_enter_result", visit_.pk, visit_.tests.get().test, fields={"raw": "1", "confirm": "1"}
    )
    assert sent.status_code == 303


def test_a_sheet_number_is_given_once(ward: Demo, clinic: Desk) -> None:
    with_sheet(ward, 0, "K1")
    token = show(clinic, visitor(ward, 1))
    test = clinic.open("screening_presented", token).context["open_tests"][0].test
    fields = {"tests": [test], "visited_on": "2025-06-10", "consent": "on", "sheet_number": "K1"}
    answer = clinic.send("screening_presented", token, fields=fields)
    assert answer.status_code == 422
    assert "sheet_number" in answer.context["form"].errors


# --- nothing of anybody else


@pytest.mark.parametrize("key", ["S001", "L001", "E001"])
def test_another_organisations_visit_is_answered_like_one_that_does_not_exist(
    ward: Demo, clinic: Desk, key: str
) -> None:
    visit = came(ward)
    test = visit.tests.get().test
    other = clinic.sit(key)
    for number in (visit.pk, visit.pk + 999):
        for name, args in (
            ("screening_visit", ()), ("screening_order", ()), ("screening_specimens", ()),
            ("screening_enter_result", (test,)), ("screening_cancel_visit", ()),
        ):  # fmt: skip
            assert other.open(name, number, *args).status_code == 404, (key, name)
        assert other.send("screening_visit_person", number, first=False).status_code == 404
    if key != "S001":  # no institution at all
        for name in ("screening_clinic", "screening_voucher", "screening_result_sheets", "screening_send_sheets"):
            assert other.open(name).status_code == 404, (key, name)


def test_an_institution_without_an_open_window_is_told_so(ward: Demo, clinic: Desk) -> None:
    answer = clinic.sit("S001").send("screening_voucher", fields={"code": code_of(visitor(ward))})
    assert answer.status_code == 422
    assert "窓口が開いていません" in text(answer)


def many(visit: Visit, count: int) -> None:
    """More visits like this one on earlier days, each with a specimen."""
    days = [
        visit.visited_on - timedelta(days=n + 1) for n in range(Visit.objects.count(), Visit.objects.count() + count)
    ]
    for day in days:
        Visit.objects.create(
            voucher=visit.voucher, reference=visit.reference, organisation=visit.organisation, handover=visit.handover,
            visited_on=day, consented_at=visit.consented_at, recorded_by=visit.recorded_by,
            recorded_at=visit.recorded_at,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["screening_clinic", "screening_result_sheets", "screening_send_sheets"])
def test_lists_cost_no_more_queries_with_ten_times_the_visits(ward: Demo, clinic: Desk, name: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            answer = clinic.open(name)
        assert len(answer.content) < MOST_BYTES
        return len(found)

    visit = with_sheet(ward, 0, "K1")
    many(visit, 9)
    few = cost()
    many(visit, 90)
    assert cost() <= few + 1
    assert few <= 30


def test_the_pages_of_one_person_cost_a_fixed_number_of_queries(ward: Demo, clinic: Desk) -> None:
    visit = came(ward)
    token = show(clinic, visitor(ward, 1))
    for name, args in (
        ("screening_visit", (visit.pk,)), ("screening_enter_result", (visit.pk, visit.tests.get().test)),
        ("screening_presented", (token,)),
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as found:
            answer = clinic.open(name, *args)
        assert answer.status_code == 200
        assert len(answer.content) < MOST_BYTES
        assert len(found) <= 60, (name, len(found))
