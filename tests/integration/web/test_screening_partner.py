"""The run on the contractors' side: the printer and the encloser do their part, and see nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody import erasure, working
from azukari.parties.models import Handler, Organisation
from azukari.programmes.screening import numbers
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import ControlTotal, ReprintRequest, Run, Sheet
from azukari.programmes.screening.steps import printed, reprints
from azukari.programmes.screening.steps.state import living
from azukari.web.models import Job
from azukari.witness.models import Entry

from .screening_stage import YEAR, Desk, before, codes, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

FOREIGN = numbers.make_sheet_code(bytes(10))
SENDER = {"office": "健康づくり課", "telephone": "03-0000-0000"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def stranger(ward: Demo) -> Handler:
    """A handler of a company that was handed nothing of this run."""
    company = Organisation.objects.create(key="other", name="別の会社", type="company")
    return Handler.objects.create(
        key="C777", name="別の取扱者", organisation=company, role="handler", reported_on=date(YEAR, 3, 1)
    )


# --- the printer


def test_the_printer_prints_in_a_job_and_takes_the_files_out_which_is_logged(
    ward: Demo, desk: Desk, press: Any
) -> None:
    run = before(ward, "受診券の印字")
    number = ward.handover("①").number
    printer = desk.sit("E001", ward.at(4, 7))
    assert "受診券を印字する" in text(printer.open("screening_work", number))
    assert printer.send("screening_print", number, fields=SENDER).status_code == 303
    assert printer.job().state == Job.State.DONE
    assert ward.run.state == Run.State.PRINTED
    folder = printed.sheets_folder(ward.handover("①"))
    (folder / "00001.json").write_text(f'{{"first": 1, "pages": {living(run).count()}, "pdf_sha256": ""}}')
    assert f"/{number}/files/1.pdf" in text(printer.open("screening_work", number))
    assert printer.open("screening_sheets_file", number, 1).content == b"%PDF-"
    last = Entry.objects.order_by("-seq")[0]
    assert (last.actor, last.purpose) == ("E001", "印字した帳票のファイルの取出し")
    assert printer.open("screening_sheets_file", number, 2).status_code == 404


def test_the_sender_on_the_print_form_is_what_the_ward_announced(ward: Demo, desk: Desk) -> None:
    until(ward, "委託先の受領確認")
    ward.run.volume_notice.__class__.objects.update(office="健康づくり課", telephone="03-1111-2222")
    shown = text(desk.sit("E001", ward.at(4, 7)).open("screening_print", ward.handover("①").number))
    assert "健康づくり課" in shown
    assert "03-1111-2222" in shown


def test_printed_files_go_when_the_handover_is_erased(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "郵便物の納品")
    handover = ward.handover("①")
    folder = printed.sheets_folder(handover)
    folder.mkdir(parents=True)
    (folder / "00001.pdf").write_bytes(b"%PDF-")
    (folder / "00001.json").write_text('{"first": 1, "pages": 1, "pdf_sha256": ""}')
    printer = desk.sit("E001", ward.at(6, 10))
    assert printer.open("screening_sheets_file", handover.number, 1).status_code == 200
    for step, by in (("④", "C001"), ("①", "E001")):
        if ward.handover(step).state == "acknowledged":
            erasure.erase(handover=ward.handover(step), by=ward.who(by), now=ward.at(6, 10))
    assert not working.working_folder(handover).exists()
    assert printer.open("screening_sheets_file", handover.number, 1).status_code == 404
    assert printer.open("screening_work", handover.number).status_code == 200


def test_a_spoiled_sheet_is_asked_for_approved_by_the_ward_and_drawn_with_its_new_code(
    ward: Demo, desk: Desk, press: Any
) -> None:
    run = until(ward, "受診券の印字")
    number, spoiled = ward.handover("①").number, codes(run)[0]
    printer = desk.sit("E001", ward.at(4, 8))
    wrong = printer.send("screening_ask_reprint", number, fields={"code": FOREIGN, "reason": "汚損"})
    assert wrong.status_code == 422
    fields = {"code": spoiled.lower(), "reason": "断裁機での汚損"}
    assert printer.send("screening_ask_reprint", number, fields=fields).status_code == 303
    assert printer.send("screening_ask_reprint", number, fields=fields).status_code == 422  # asked already
    assert codes(run)[0] == spoiled
    asked = ReprintRequest.objects.get(code=spoiled)
    assert printer.open("screening_draw_reprint", number, spoiled).status_code == 404
    sheet = reprints.approve_reprint(request=asked, by=ward.who("W002"), now=ward.at(4, 8))
    assert printer.send("screening_draw_reprint", number, sheet.code, fields=SENDER).status_code == 303
    (printed.reprints_folder(ward.handover("①")) / sheet.code / "00001.json").write_text(
        '{"first": 1, "pages": 1, "pdf_sha256": ""}'
    )
    assert printer.open("screening_reprint_file", number, sheet.code).content == b"%PDF-"


def test_the_printer_passes_the_sheets_on_and_later_delivers_them(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "汚損1枚の再発行")
    number = ward.handover("①").number
    printer = desk.sit("E001", ward.at(4, 9))
    early = printer.send("screening_bring_back", number)
    assert early.status_code == 409
    answer = printer.send("screening_pass_on", number)
    assert (answer.status_code, ward.handover("④").number in answer.url) == (303, True)
    again = printer.send("screening_pass_on", number)
    assert again.status_code == 422
    assert ward.handover("④").number in text(again)
    until(ward, "封入封かんと照合")
    erasure.give_back(handover=ward.handover("④"), by=ward.who("C001"), now=ward.at(4, 15))
    answer = printer.send("screening_bring_back", number)
    assert answer.status_code == 303
    assert ward.handover("⑥").receiver == ward.organisation("ward")
    fields = {"forms": 200}
    assert printer.send("screening_blank_forms", number, fields=fields).status_code == 303
    assert ward.handover("①").register.get(act="forms").sheets == 200


def test_blank_forms_are_not_recorded_twice_from_one_page(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "受診券の印字")
    number = ward.handover("①").number
    printer = desk.sit("E001", ward.at(4, 9))
    assert printer.send("screening_blank_forms", number, fields={"forms": 3}).status_code == 303
    assert printer.send("screening_blank_forms", number, fields={"forms": 3}, first=False).status_code == 409
    assert ward.handover("①").register.filter(act="forms").count() == 1


def test_a_halt_is_told_to_the_printer_without_anybody_elses_numbers(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "受診券の印字")
    Run.objects.update(halted="封入の数が合いません（予定 9・実数 8）。")
    shown = text(desk.sit("E001", ward.at(4, 9)).open("screening_work", ward.handover("①").number))
    assert "停止" in shown
    assert "封入の数" not in shown


# --- the encloser


def upload(content: list[str]) -> SimpleUploadedFile:
    return SimpleUploadedFile("codes.txt", ("\r\n".join(content) + "\r\n").encode())


@pytest.fixture
def enclosing(ward: Demo, press: Any) -> list[str]:
    """The codes of a run whose sheets the encloser has in hand."""
    return codes(before(ward, "封入封かんと照合"))


def send_codes(ward: Demo, desk: Desk, content: list[str], key: str = "C001") -> Any:
    encloser = desk.sit(key, ward.at(4, 14))
    return encloser.send("screening_read_back", ward.handover("④").number, fields={"file": upload(content)})


def test_all_codes_in_their_order_close_the_enclosing(ward: Demo, desk: Desk, enclosing: list[str]) -> None:
    answer = send_codes(ward, desk, ["帳票番号", *(f'"{code}",001' for code in enclosing)])
    assert answer.status_code == 303
    assert ward.run.state == Run.State.ENCLOSED
    shown = desk.sit("C001", ward.at(4, 14)).open("screening_work", ward.handover("④").number)
    assert f"予定 {len(enclosing)}" in text(shown)


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        (lambda good: good[:-1], [1, 0, 0, 0]),
        (lambda good: [*good, good[0]], [0, 1, 0, 0]),
        (lambda good: [*good, FOREIGN], [0, 0, 1, 0]),
        (lambda good: [good[1], good[0], *good[2:]], [0, 0, 0, 1]),
        (lambda good: [good[1], good[0], good[0], FOREIGN, *good[3:]], [1, 1, 1, 1]),
    ],
    ids=["missing", "double", "foreign", "reordered", "all of it"],
)
def test_a_wrong_file_of_codes_shows_the_totals_at_once_and_halts_the_run(
    ward: Demo, desk: Desk, enclosing: list[str], change: Callable[[list[str]], list[str]], counts: list[int]
) -> None:
    content = change(enclosing)
    answer = send_codes(ward, desk, content)
    assert answer.status_code == 422
    assert [count for _name, count, _codes in answer.context["differences"]] == counts
    assert f"予定 {len(enclosing)}枚、読取り {len(content)}枚" in text(answer)
    if counts[0]:
        assert next(code for code in enclosing if code not in content) in text(answer)
    assert ward.run.halted
    assert ward.run.state == Run.State.PRINTED
    again = send_codes(ward, desk, enclosing)
    assert again.status_code == 422
    assert "停止" in text(again)
    Run.objects.update(halted="")
    assert send_codes(ward, desk, enclosing).status_code == 303


def test_a_file_that_is_not_of_codes_is_refused_and_halts_nothing(ward: Demo, desk: Desk, enclosing: list[str]) -> None:
    answer = send_codes(ward, desk, ["宛名番号,氏名", "1,x"])
    assert answer.status_code == 422
    assert "帳票番号の行が1行もありません" in text(answer)
    assert not ward.run.halted
    assert not ControlTotal.objects.filter(stage="封入").exists()


def test_only_handlers_of_the_encloser_read_back(ward: Demo, desk: Desk, enclosing: list[str]) -> None:
    assert send_codes(ward, desk, enclosing, key="E001").status_code == 404
    assert ward.run.state == Run.State.PRINTED
    assert send_codes(ward, desk, enclosing, key="C901").status_code == 303


# --- nothing of anybody else


def test_another_organisations_handover_is_answered_like_one_that_does_not_exist(
    ward: Demo, desk: Desk, enclosing: list[str], stranger: Handler
) -> None:
    data, paper, code = (
        ward.handover("①").number,
        ward.handover("④").number,
        Sheet.objects.filter(state="printed")[0].code,
    )
    pages = (
        ("screening_work", ()), ("screening_print", ()), ("screening_sheets_file", (1,)), ("screening_ask_reprint", ()),
        ("screening_draw_reprint", (code,)), ("screening_reprint_file", (code,)), ("screening_pass_on", ()),
        ("screening_bring_back", ()), ("screening_blank_forms", ()), ("screening_read_back", ()),
    )  # fmt: skip
    foreign = {"C777": (data, paper), "C001": (data,), "E001": (paper,)}
    for key, handovers in foreign.items():
        somebody = desk.sit(key, ward.at(4, 14))
        for name, args in pages:
            for number in (*handovers, "AZ-2025-999999"):
                assert somebody.open(name, number, *args).status_code == 404, (key, name)
                if name not in {"screening_work", "screening_sheets_file", "screening_reprint_file"}:
                    assert somebody.send(name, number, *args, first=False).status_code == 404, (key, name)
    # the encloser has no printing to do, though the paper is its own
    encloser = desk.sit("C001", ward.at(4, 14))
    for name, args in pages[1:-1]:
        assert encloser.open(name, paper, *args).status_code == 404, name


def test_before_it_is_released_a_handover_is_not_there(ward: Demo, desk: Desk) -> None:
    until(ward, "封")
    assert desk.sit("E001", ward.at(4, 3)).open("screening_work", ward.handover("①").number).status_code == 404


def test_the_ward_has_no_page_of_the_contractors(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "受診券の印字")
    officer = desk.sit("W001", ward.at(4, 8))
    assert officer.client.get(f"/screening/{ward.handover('①').number}/").status_code == 404


@pytest.mark.parametrize(("key", "step"), [("E001", "①"), ("C001", "④")])
def test_a_work_page_costs_a_fixed_number_of_queries_and_names_no_other_party(
    ward: Demo, desk: Desk, enclosing: list[str], key: str, step: str
) -> None:
    somebody = desk.sit(key, ward.at(4, 14))
    with CaptureQueriesContext(connection) as found:
        shown = somebody.open("screening_work", ward.handover(step).number)
    assert len(found) <= 20
    assert len(shown.content) < 100_000
    if key == "C001":
        assert "TOPPANエッジ" not in text(shown)
        assert ward.handover("①").number not in text(shown)
