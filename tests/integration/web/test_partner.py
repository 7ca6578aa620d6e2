"""A contractor's life in a browser without JavaScript: what it received, opened, counted, gave back, erased, certified."""

from __future__ import annotations

import io
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from azukari.custody import handovers, keys, pickup
from azukari.custody.gate import password_of
from azukari.custody.models import Delivery, Discrepancy, Handover
from azukari.dossier.schema import Medium
from azukari.parties.models import Handler, Organisation
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.steps import mailing
from azukari.witness.models import Entry
from tests.fixtures.web import prove_again

from .screening_stage import YEAR, Desk, before, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

State = Handover.State
MOST_BYTES = 100_000
MOST_QUERIES = 32


def text(answer: Any) -> str:
    return str(answer.content.decode())


def unproven(desk: Desk) -> Desk:
    """As if it were long ago that the password or code was asked for."""
    session = desk.client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = []
    session.save()
    return desk


def proven(desk: Desk, ward: Demo, key: str) -> Desk:
    """As if the password or code had been asked for again just now."""
    prove_again(desk.client, ward.who(key))
    return desk


def delivered(ward: Demo) -> Handover:
    """The printer's data released by the ward and left in the inbox; the password told on another occasion."""
    until(ward, "放出")
    handovers.deliver(
        handover=ward.handover("①"), transport=pickup.Inbox(), by=ward.who("W002"), now=ward.at(4, 3, 11),
        occasion="受信箱 2025-04-03 11:00",
    )  # fmt: skip
    until(ward, "パスワードの通知（別の機会）")
    return ward.handover("①")


@pytest.fixture
def parcel(ward: Demo) -> Handover:
    return delivered(ward)


@pytest.fixture
def stranger(ward: Demo) -> Handler:
    """A handler of a company that was handed nothing."""
    company = Organisation.objects.create(key="other", name="別の会社", type="company")
    return Handler.objects.create(
        key="C777", name="別の取扱者", organisation=company, role="responsible", reported_on=date(YEAR, 3, 1)
    )


def package(desk: Desk, number: str) -> bytes:
    answer = desk.client.post(reverse("received_package", args=[number]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def opened(desk: Desk, handover: Handover, password: str) -> Any:
    file = SimpleUploadedFile("届いたもの.zip", package(desk, handover.number), "application/zip")
    return desk.send("received_open", handover.number, fields={"file": file, "password": password})


# --- picked up, opened, counted


def test_the_package_is_picked_up_from_the_inbox_and_that_is_logged(desk: Desk, ward: Demo, parcel: Handover) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    assert "届いたファイルを受け取る" in text(printer.open("received", parcel.number))
    assert package(printer, parcel.number)[:2] == b"PK"
    last = Entry.objects.order_by("-seq")[0]
    assert (last.actor, last.purpose) == ("E001", "ファイルの受取り")


def test_the_right_password_opens_it_and_count_and_digest_are_compared(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    assert opened(printer, parcel, password_of(parcel)).status_code == 303
    parcel.refresh_from_db()
    assert (parcel.state, parcel.acknowledged_by) == (State.ACKNOWLEDGED, ward.who("E001"))
    shown = text(printer.open("received", parcel.number))
    assert "件数とハッシュ値が一致しました" in shown
    assert reverse("screening_work", args=[parcel.number]) in shown


def test_a_wrong_password_is_refused_on_the_same_page_and_changes_nothing(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    answer = opened(printer, parcel, "chigau-password-desu")
    assert answer.status_code == 422
    assert "chigau" not in text(answer)
    parcel.refresh_from_db()
    assert parcel.state == State.RELEASED


def test_a_file_that_is_no_package_is_refused_with_a_remedy(desk: Desk, ward: Demo, parcel: Handover) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    file = SimpleUploadedFile("x.zip", b"nothing of this kind", "application/zip")
    answer = printer.send("received_open", parcel.number, fields={"file": file, "password": "x"})
    assert answer.status_code == 422


def test_a_wrong_count_refuses_the_handover_and_is_shown_until_the_ward_settles_it(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    fields = {"rows": str(parcel.rows - 1), "digest": parcel.digest}
    assert printer.send("received_acknowledge", parcel.number, fields=fields).status_code == 303
    parcel.refresh_from_db()
    assert parcel.state == State.REFUSED
    shown = text(printer.open("received", parcel.number))
    assert "数又はハッシュ値が一致しませんでした" in shown
    handovers.settle(
        discrepancy=Discrepancy.objects.get(), settlement="数え直して一致した", by=ward.who("W001"),
        now=ward.at(4, 5), accept=True,
    )  # fmt: skip
    shown = text(printer.open("received", parcel.number))
    assert "不一致は解決しました" in shown
    assert "数え直して一致した" in shown


def test_the_page_on_which_one_counts_shows_no_count_to_copy(desk: Desk, ward: Demo, parcel: Handover) -> None:
    shown = text(desk.sit("E001", ward.at(4, 4)).open("received_acknowledge", parcel.number))
    assert parcel.digest not in shown
    assert f"{parcel.rows:,}件" not in shown


def test_a_digest_of_the_wrong_length_is_told_at_the_field(desk: Desk, ward: Demo, parcel: Handover) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    answer = printer.send("received_acknowledge", parcel.number, fields={"rows": "1", "digest": "abc"})
    assert answer.status_code == 422
    assert "64文字" in text(answer)


def test_an_old_page_after_a_colleagues_count_answers_409_and_names_the_colleague(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    late, other = desk.sit("E001", ward.at(4, 4)), desk.sit("E901", ward.at(4, 4))
    late.page = late.open("received_acknowledge", parcel.number)
    fields = {"rows": str(parcel.rows), "digest": parcel.digest.upper()}
    assert other.send("received_acknowledge", parcel.number, fields=fields).status_code == 303
    answer = late.send("received_acknowledge", parcel.number, fields=fields, first=False)
    assert answer.status_code == 409
    assert "E901" in text(answer)


def test_the_password_notice_is_a_fact_on_the_page_and_the_password_never_is(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    secret = password_of(parcel)
    printer = desk.sit("E001", ward.at(4, 4))
    shown = text(printer.open("received", parcel.number))
    told = Delivery.objects.get(handover=parcel, what=Delivery.What.PASSWORD)
    assert told.occasion in shown
    for name, *args in (("home",), ("inbox",), ("received", parcel.number), ("received_open", parcel.number)):
        assert secret not in text(printer.open(name, *args))


def test_before_the_notice_the_page_says_that_it_comes_apart(desk: Desk, ward: Demo) -> None:
    until(ward, "LGWANでの送達")
    shown = text(desk.sit("E001", ward.at(4, 3, 15)).open("received", ward.handover("①").number))
    assert "まだ通知されていません" in shown


# --- back or gone


@pytest.fixture
def held(ward: Demo, press: Any) -> Handover:
    """What the printer still holds after everything was posted."""
    until(ward, "区の直接送付分")
    return ward.handover("①")


def test_what_was_erased_is_certified_by_the_responsible_handler_who_signs_in_anew(
    desk: Desk, ward: Demo, held: Handover
) -> None:
    printer = desk.sit("E001", ward.at(6, 2))
    for_encloser = ward.handover("④")
    handovers.Handover.objects.filter(pk=for_encloser.pk).update(state=State.CERTIFIED)
    answer = printer.send("received_erase", held.number, fields={"remark": "控えも消した"})
    assert answer.status_code == 303
    held.refresh_from_db()
    assert held.state == State.ERASED
    assert printer.open("received_certify", held.number).status_code == 403
    chief = desk.sit("E901", ward.at(6, 2))
    fields = {"method": "鍵を破棄した", "beyond_reach": "印刷物には及ばない"}
    asked = unproven(chief).send("received_certify", held.number, fields=fields)
    assert asked.status_code in {302, 303}
    assert "received" not in asked.url
    assert not hasattr(Handover.objects.get(pk=held.pk), "certificate")
    assert proven(chief, ward, "E901").send("received_certify", held.number, fields=fields).status_code == 303
    issued = Handover.objects.get(pk=held.pk).certificate
    assert (issued.method, issued.issued_by.key) == ("鍵を破棄した", "E901")
    pdf = chief.open("received_certificate", held.number)
    assert issued.number in PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert "渡した側の確認を待っています" in text(chief.open("received", held.number))


def test_returning_takes_the_handover_out_of_what_is_held(desk: Desk, ward: Demo, held: Handover) -> None:
    printer = desk.sit("E001", ward.at(6, 2))
    Handover.objects.filter(pk=ward.handover("④").pk).update(state=State.CERTIFIED)
    assert "いま預かっている数" in text(printer.open("home"))
    assert printer.send("received_return", held.number, fields={"remark": ""}).status_code == 303
    held.refresh_from_db()
    assert held.state == State.RETURNED
    assert held.number not in text(printer.open("home")).split("次に返却又は消去するもの")[-1].split("<h2")[0]


def test_a_certificate_that_was_not_issued_is_not_there(desk: Desk, ward: Demo, parcel: Handover) -> None:
    assert desk.sit("E901", ward.at(4, 4)).open("received_certificate", parcel.number).status_code == 404


def test_the_slip_is_given_as_a_pdf_and_logged(desk: Desk, ward: Demo, parcel: Handover) -> None:
    answer = desk.sit("E001", ward.at(4, 4)).open("received_slip", parcel.number)
    assert answer.content[:5] == b"%PDF-"
    assert Entry.objects.order_by("-seq")[0].purpose == "書類の作成"


# --- passing on


def test_who_prepared_or_sealed_does_not_release_and_a_second_person_does(desk: Desk, ward: Demo, press: Any) -> None:
    before(ward, "再委託先への帳票の引渡し")
    number = ward.handover("①").number
    chief = desk.sit("E901", ward.at(4, 8))
    made = chief.send("screening_pass_on", number)
    assert made.status_code == 303
    passed = Handover.objects.get(step="④")
    assert passed.number in text(chief.open("sent"))
    assert chief.send("sent_seal", passed.number).status_code == 303
    shown = text(chief.open("sent_one", passed.number))
    assert "準備した人・封をした人は放出できません" in shown
    assert reverse("sent_release", args=[passed.number]) not in shown
    due = {"due": f"{YEAR}-05-31"}
    refused = chief.send("sent_release", passed.number, fields=due)
    assert refused.status_code == 422
    assert "別の人" in text(refused)
    assert desk.sit("E001", ward.at(4, 8)).open("sent_release", passed.number).status_code == 403
    Handler.objects.create(
        key="E902", name="取扱責任者 二人目", organisation=chief_of(ward), role="responsible",
        reported_on=date(YEAR, 4, 1),
    )  # fmt: skip
    second = desk.sit("E902", ward.at(4, 8))
    asked = unproven(second).send("sent_release", passed.number, fields=due)
    assert Handover.objects.get(pk=passed.pk).state == State.SEALED
    assert asked.status_code in {302, 303}
    assert proven(second, ward, "E902").send("sent_release", passed.number, fields=due).status_code == 303
    assert Handover.objects.get(pk=passed.pk).released_by.key == "E902"
    encloser = desk.sit("C001", ward.at(4, 8))
    sheets = {"sheets": str(passed.sheets)}
    assert encloser.send("received_acknowledge", passed.number, fields=sheets).status_code == 303
    assert Handover.objects.get(pk=passed.pk).state == State.ACKNOWLEDGED


def chief_of(ward: Demo) -> Organisation:
    return ward.who("E901").organisation


def test_a_file_passed_on_is_delivered_to_the_inbox_and_its_password_shown_once_on_another_occasion(
    desk: Desk, ward: Demo, press: Any
) -> None:
    before(ward, "再委託先への帳票の引渡し")
    printer, chief = desk.sit("E001", ward.at(4, 8, 9)), desk.sit("E901", ward.at(4, 8, 10))
    desk.monkeypatch.setattr(mailing, "Medium", SimpleNamespace(PAPER=Medium.LGWAN))  # sheets become a file
    printer.send("screening_pass_on", ward.handover("①").number)
    number = Handover.objects.get(step="④").number
    assert printer.send("sent_seal", number).status_code == 303
    assert chief.send("sent_release", number, fields={"due": f"{YEAR}-05-31"}).status_code == 303
    assert proven(chief, ward, "E901").send("sent_deliver", number).status_code == 303
    fields = {"to": str(ward.who("C901").pk), "occasion": "手渡し 4月8日午後"}
    too_soon = proven(chief, ward, "E901").send("sent_password", number, fields=fields)
    assert too_soon.status_code == 422
    assert "別の機会" in text(too_soon)
    chief.at = ward.at(4, 8, 14)
    told = proven(chief, ward, "E901").send("sent_password", number, fields=fields)
    secret = password_of(Handover.objects.get(number=number))
    assert told.status_code == 200
    assert secret in text(told)
    assert told["Cache-Control"] == "no-store"
    shown = text(chief.open("sent_one", number))
    assert "手渡し 4月8日午後" in shown
    assert secret not in shown
    encloser = desk.sit("C001", ward.at(4, 8, 15))
    assert opened(encloser, Handover.objects.get(number=number), secret).status_code == 303
    assert Handover.objects.get(number=number).state == State.ACKNOWLEDGED
    assert chief.open("sent_slip", number).content[:5] == b"%PDF-"


def test_what_was_prepared_is_taken_back_with_a_reason(desk: Desk, ward: Demo, press: Any) -> None:
    before(ward, "再委託先への帳票の引渡し")
    printer = desk.sit("E001", ward.at(4, 8))
    printer.send("screening_pass_on", ward.handover("①").number)
    passed = Handover.objects.get(step="④")
    assert printer.send("sent_withdraw", passed.number, fields={"reason": ""}).status_code == 422
    assert printer.send("sent_withdraw", passed.number, fields={"reason": "枚数の誤り"}).status_code == 303
    assert Handover.objects.get(pk=passed.pk).state == State.WITHDRAWN


def test_the_receiver_hears_nothing_of_what_was_not_released_yet(desk: Desk, ward: Demo) -> None:
    until(ward, "封")
    number = ward.handover("①").number
    printer = desk.sit("E001", ward.at(4, 3))
    assert printer.open("received", number).status_code == 404
    for page in ("home", "inbox", "register"):
        assert number not in text(printer.open(page))
    assert "準備済" not in text(printer.open("home"))


# --- nobody else's


NAMED = ("TOPPAN", "toppan", "新宿区", "E001", "W001", "取扱者 戊木")
OF_A_HANDOVER = (
    "received", "received_open", "received_acknowledge", "received_return", "received_erase", "received_certify",
    "received_slip", "received_certificate", "sent_one", "sent_seal", "sent_release", "sent_deliver", "sent_password",
    "sent_withdraw", "sent_slip",
)  # fmt: skip


def test_a_third_organisation_sees_nothing_of_anybody_on_any_page(
    desk: Desk, ward: Demo, parcel: Handover, stranger: Handler
) -> None:
    third = desk.sit("C777", ward.at(4, 4))
    for page in ("home", "inbox", "sent", "register", "handlers", "jobs"):
        answer = third.open(page)
        assert answer.status_code == 200
        assert not [name for name in (*NAMED, parcel.number) if name in text(answer)], page


@pytest.mark.parametrize("page", OF_A_HANDOVER)
def test_another_partys_number_is_answered_like_one_that_nobody_gave(
    desk: Desk, ward: Demo, parcel: Handover, stranger: Handler, page: str
) -> None:
    third = desk.sit("C777", ward.at(4, 4))
    bodies = set()
    for number in (parcel.number, f"AZ-{YEAR}-999999"):
        for answer in (third.open(page, number), third.client.post(reverse(page, args=[number]))):
            if answer.status_code == 405 or (answer.status_code in {302, 303} and "authenticate" in answer.url):
                continue
            assert answer.status_code == 404
            reference = answer.context["reference"] if answer.context else ""
            bodies.add(text(answer).replace(reference, "").replace(number, ""))
    assert len(bodies) == 1


def test_the_package_of_another_party_cannot_be_taken(
    desk: Desk, ward: Demo, parcel: Handover, stranger: Handler
) -> None:
    third = desk.sit("C777", ward.at(4, 4))
    assert third.client.post(reverse("received_package", args=[parcel.number])).status_code == 404


def test_the_encloser_hears_of_its_own_sheets_and_not_of_the_printers_data(desk: Desk, ward: Demo, press: Any) -> None:
    until(ward, "再委託先への帳票の引渡し")
    encloser, first = desk.sit("C001", ward.at(4, 9)), ward.handover("①").number
    second = ward.handover("④").number
    for name, *args in (("home",), ("inbox",), ("received", second), ("register",)):
        shown = text(encloser.open(name, *args))
        assert second in shown
        assert first not in shown
    assert "区イントラネットパソコン" not in text(encloser.open("home"))


# --- register and handlers


def test_the_own_register_is_written_out_and_that_is_logged(desk: Desk, ward: Demo, parcel: Handover) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    assert parcel.number in text(printer.open("register"))
    assert parcel.number in printer.open("register", format="csv").content.decode("utf-8-sig")
    assert Entry.objects.order_by("-seq")[0].purpose == "管理簿の書き出し"


def test_the_responsible_handler_reports_and_removes_a_handler(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    chief = desk.sit("E901", ward.at(4, 4))
    fields = {"key": "E010", "name": "取扱者 壬生", "role": "handler"}
    assert chief.send("handler_report", fields=fields).status_code == 303
    assert "取扱者 壬生" in text(chief.open("handlers"))
    twice = chief.send("handler_report", fields=fields)
    assert twice.status_code == 422
    assert "すでに使われています" in text(twice)
    assert chief.send("handler_remove", "E010").status_code == 303
    assert Handler.objects.get(key="E010").removed_on == date(YEAR, 4, 4)
    assert chief.open("handler_remove", "C001").status_code == 404


def test_a_handler_who_is_not_responsible_manages_nobody(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    printer = desk.sit("E001", ward.at(4, 4))
    assert printer.open("handler_report").status_code == 403
    assert reverse("handler_report") not in text(printer.open("handlers"))


def test_a_removed_handlers_open_session_ends_with_the_next_click(desk: Desk, ward: Demo) -> None:
    until(ward, "放出")
    printer = desk.sit("E001", ward.at(4, 4))
    assert printer.open("inbox").status_code == 200
    Handler.objects.filter(key="E001").update(removed_on=date(YEAR, 4, 4))
    assert printer.open("inbox").status_code == 302


# --- home, and what pages cost


def test_home_names_what_waits_with_its_day_and_where_it_is_done(desk: Desk, ward: Demo, parcel: Handover) -> None:
    shown = text(desk.sit("E001", ward.at(4, 4)).open("home"))
    assert f'href="{reverse("received", args=[parcel.number])}"' in shown
    assert "届いていて、数の確認を待っているもの" in shown
    late = text(desk.sit("E001", ward.at(4, 4) + timedelta(days=60)).open("home"))
    assert "期限超過" in late


def test_home_shows_the_own_steps_of_the_flow_and_no_others(desk: Desk, ward: Demo, parcel: Handover) -> None:
    shown = text(desk.sit("E001", ward.at(4, 4)).open("home"))
    assert "対象者データの送信" in shown
    assert "検査機関" not in shown
    assert "電子データ化" not in shown


def test_an_organisation_without_anything_is_told_what_will_come(desk: Desk, ward: Demo, stranger: Handler) -> None:
    shown = text(desk.sit("C777", ward.at(4, 4)).open("home"))
    assert "いま待っていることはありません" in shown
    assert "まだ何も受け取っていません" in shown


@pytest.mark.parametrize("page", ["home", "inbox", "received", "sent", "register", "handlers", "received_open"])
def test_every_page_takes_a_bounded_number_of_queries_and_is_small(
    desk: Desk, ward: Demo, parcel: Handover, page: str
) -> None:
    printer = desk.sit("E901", ward.at(4, 4))
    args = [parcel.number] if page.startswith("received") else []
    printer.open(page, *args)
    with CaptureQueriesContext(connection) as queries:
        answer = printer.open(page, *args)
    assert answer.status_code == 200
    assert len(answer.content) < MOST_BYTES
    assert len(queries) <= MOST_QUERIES, [query["sql"][:90] for query in queries]


def test_the_key_is_gone_with_the_erased_handover_and_so_is_the_package(
    desk: Desk, ward: Demo, parcel: Handover
) -> None:
    printer = desk.sit("E001", ward.at(4, 4))
    assert opened(printer, parcel, password_of(parcel)).status_code == 303
    assert printer.send("received_erase", parcel.number, fields={"remark": ""}).status_code == 303
    assert printer.client.post(reverse("received_package", args=[parcel.number])).status_code == 409
    with pytest.raises(keys.KeyGone):
        password_of(Handover.objects.get(pk=parcel.pk))
