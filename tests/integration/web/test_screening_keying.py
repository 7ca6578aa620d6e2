"""The data-entry company's window: sheets counted in, keyed twice by two people, a third look, the balance, delivery."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody.models import Handover
from azukari.keying import steps as keying
from azukari.keying.models import Keying, PaperSheet
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.steps import paper
from azukari.witness.models import Entry

from .screening_stage import Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "結果票の引渡し"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def keyer(ward: Demo, press: Any, desk: Desk) -> Desk:
    """The first of three people who key, with a batch that was counted and acknowledged."""
    until(ward, STAGE)
    return desk.sit("D001", ward.at(10, 9))


@pytest.fixture
def batch(ward: Demo, keyer: Desk) -> Handover:
    return ward.results.batch


def cells(ward: Demo, sheet: PaperSheet, **changes: str) -> dict[str, str]:
    """What stands on the paper."""
    found = next(r for r in ward.results.sheets.iter_rows(named=True) if r["number"] == sheet.number)
    return {field.key: found[field.key] for field in paper.FIELDS} | changes


def key(ward: Demo, sitting: Desk, sheet: PaperSheet, **changes: str) -> Any:
    fields = cells(ward, sheet, **changes)
    return sitting.send("screening_key_sheet", sheet.handover.number, sheet.pk, fields=fields)


def state_of(sheet: PaperSheet) -> str:
    sheet.refresh_from_db()
    return str(sheet.state)


def next_for(sitting: Desk, batch: Handover) -> PaperSheet:
    answer = sitting.open("screening_next_sheet", batch.number)
    return PaperSheet.objects.select_related("handover").get(pk=answer.url.rstrip("/").split("/")[-1])


# --- keyed twice


def test_a_sheet_is_keyed_by_two_people_and_never_comes_twice_to_one(ward: Demo, keyer: Desk, batch: Handover) -> None:
    sheet = next_for(keyer, batch)
    answer = key(ward, keyer, sheet)
    assert (answer.status_code, state_of(sheet)) == (303, "once")
    assert next_for(keyer, batch) != sheet
    own = keyer.open("screening_key_sheet", batch.number, sheet.pk)
    assert own.status_code == 303
    again = key(ward, keyer, sheet)
    assert again.status_code == 422
    assert "別の人" in text(again)
    second = keyer.sit("D002")
    assert next_for(second, batch) == sheet  # what was keyed once comes first
    assert key(ward, second, sheet).status_code == 303
    assert state_of(sheet) == "keyed"


def test_the_second_person_does_not_see_what_the_first_keyed(ward: Demo, keyer: Desk, batch: Handover) -> None:
    sheet = next_for(keyer, batch)
    key(ward, keyer, sheet, raw="ZZTOP")
    shown = text(keyer.sit("D002").open("screening_key_sheet", batch.number, sheet.pk))
    assert "ZZTOP" not in shown
    assert cells(ward, sheet)["voucher_number"] not in shown
    assert shown.count('type="text"') == len(paper.FIELDS)


def test_days_written_in_two_ways_are_no_difference_and_an_unreadable_day_is_an_error(
    ward: Demo, keyer: Desk, batch: Handover
) -> None:
    sheet = next_for(keyer, batch)
    key(ward, keyer, sheet, examined_on="令和7年6月10日")
    second = keyer.sit("D002")
    wrong = key(ward, second, sheet, examined_on="きのう")
    assert wrong.status_code == 422
    assert "examined_on" in wrong.context["form"].errors
    key(ward, second, sheet, examined_on="2025-06-10")
    assert state_of(sheet) == "keyed"


def test_an_empty_form_keys_nothing(ward: Demo, keyer: Desk, batch: Handover) -> None:
    sheet = next_for(keyer, batch)
    assert keyer.send("screening_key_sheet", batch.number, sheet.pk).status_code == 422
    assert state_of(sheet) == "waiting"


# --- the third look


@pytest.fixture
def differing(ward: Demo, keyer: Desk, batch: Handover) -> PaperSheet:
    sheet = next_for(keyer, batch)
    key(ward, keyer, sheet)
    key(ward, keyer.sit("D002"), sheet, raw="QQ")
    assert state_of(sheet) == "differs"
    return sheet


def test_a_third_person_sees_both_entries_side_by_side_and_decides(
    ward: Demo, keyer: Desk, batch: Handover, differing: PaperSheet
) -> None:
    third = keyer.sit("D003")
    assert "判定" in text(third.open("screening_keying_sheets", batch.number, state="differs"))
    before = Entry.objects.count()
    page = third.open("screening_third_look", batch.number, differing.pk)
    assert Entry.objects.count() == before + 1
    shown = text(page)
    assert "QQ" in shown
    assert shown.count("不一致</span>") == 1
    assert page.context["form"].initial.get("raw") is None
    assert page.context["form"].initial["test"] == cells(ward, differing)["test"]
    answer = third.send("screening_third_look", batch.number, differing.pk, fields=cells(ward, differing))
    assert (answer.status_code, state_of(differing)) == (303, "keyed")
    assert third.open("screening_third_look", batch.number, differing.pk).status_code == 303


@pytest.mark.parametrize("who", ["D001", "D002"])
def test_who_keyed_it_does_not_look_a_third_time(
    ward: Demo, keyer: Desk, batch: Handover, differing: PaperSheet, who: str
) -> None:
    sitting = keyer.sit(who)
    assert sitting.open("screening_third_look", batch.number, differing.pk).status_code == 303
    sitting.send("screening_third_look", batch.number, differing.pk, fields=cells(ward, differing), first=False)
    assert state_of(differing) == "differs"
    assert "あなたが入力済み" in text(sitting.open("screening_keying_sheets", batch.number, state="differs"))


# --- unreadable, a whole pass


def test_an_unreadable_sheet_goes_back_with_a_reason(ward: Demo, keyer: Desk, batch: Handover) -> None:
    sheet = next_for(keyer, batch)
    assert keyer.send("screening_unreadable", batch.number, sheet.pk).status_code == 422
    answer = keyer.send("screening_unreadable", batch.number, sheet.pk, fields={"reason": "受診日がにじんでいる"})
    assert (answer.status_code, state_of(sheet)) == (303, "unreadable")
    listed = text(keyer.open("screening_keying_sheets", batch.number, state="unreadable"))
    assert "受診日がにじんでいる" in listed
    again = keyer.send("screening_unreadable", batch.number, sheet.pk, fields={"reason": "x"})
    assert again.status_code == 409


def a_pass(ward: Demo, batch: Handover, encoding: str = "cp932", **changes: str) -> SimpleUploadedFile:
    """Every sheet of the batch as an entry machine writes it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(paper.PASS.headers)
    for row in ward.results.sheets.iter_rows(named=True):
        told = row | changes
        writer.writerow([row["number"], *(told[field.key] for field in paper.FIELDS)])
    return SimpleUploadedFile("pass.csv", file.getvalue().encode(encoding, errors="replace"), "text/csv")


def upload(sitting: Desk, batch: Handover, file: SimpleUploadedFile) -> Any:
    return sitting.send("screening_key_pass", batch.number, fields={"file": file})


def test_two_passes_key_the_batch_and_it_is_delivered_once_it_balances(
    ward: Demo, keyer: Desk, batch: Handover
) -> None:
    early = keyer.send("screening_deliver_batch", batch.number)
    assert early.status_code == 422
    assert "入力の済まない結果票" in text(early)
    assert upload(keyer, batch, a_pass(ward, batch, "utf-8-sig")).status_code == 303
    again = upload(keyer, batch, a_pass(ward, batch, "utf-8-sig"))
    assert again.status_code == 422
    second = keyer.sit("D002")
    assert upload(second, batch, a_pass(ward, batch, "utf-8-sig")).status_code == 303
    balance = keying.balance(batch)
    assert balance.closed
    page = text(second.open("screening_keying_batch", batch.number))
    assert f"受け取った {balance.sheets}枚 ＝ 入力済 {balance.sheets}枚 ＋ 読めない 0枚 ＋ 残り 0枚" in page
    assert "区に納品する準備をする" in page
    answer = second.send("screening_deliver_batch", batch.number)
    made = Handover.objects.get(step="⑬")
    assert (answer.status_code, made.number in answer.url, made.rows) == (303, True, balance.sheets)
    assert second.send("screening_deliver_batch", batch.number).status_code == 409
    assert "区に納品する準備をする" not in text(second.open("screening_keying_batch", batch.number))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "空です"),
        ("番号,氏名\r\n1,x\r\n", "見出しが様式と違います"),
        ("{head}\r\n", "1行もありません"),
        ("{head}\r\nK9999999,1,2,3,4,5,6,7\r\n", "この受渡しにない結果票番号"),
        ("{head}\r\n{first},1,2,3\r\n", "読み取れない行が1行"),
        ("{head}\r\n{first},1,2,3,4,5,6,7\r\n{first},1,2,3,4,5,6,7\r\n", "重なっている"),
    ],
    ids=["empty", "headings", "no rows", "foreign", "short row", "twice"],
)
def test_a_wrong_file_is_refused_whole(ward: Demo, keyer: Desk, batch: Handover, content: str, told: str) -> None:
    head = ",".join(paper.PASS.headers)
    first = batch.paper_sheets.order_by("number")[0].number
    file = SimpleUploadedFile("x.csv", content.format(head=head, first=first).encode("cp932") or b"\r\n")
    answer = upload(keyer, batch, file)
    assert answer.status_code == 422
    assert told in text(answer)
    assert not Keying.objects.exists()


# --- nothing of anybody else


@pytest.mark.parametrize("key_", ["S001", "M001", "L001", "E001"])
def test_another_organisations_batch_is_answered_like_one_that_does_not_exist(
    ward: Demo, keyer: Desk, batch: Handover, key_: str
) -> None:
    sheet = batch.paper_sheets.order_by("pk")[0]
    other = keyer.sit(key_)
    assert other.open("screening_keying").status_code == 404
    for number in (batch.number, "AZ-2025-999999"):
        for name, args in (
            ("screening_keying_batch", ()), ("screening_next_sheet", ()), ("screening_keying_sheets", ()),
            ("screening_key_sheet", (sheet.pk,)), ("screening_third_look", (sheet.pk,)),
            ("screening_unreadable", (sheet.pk,)), ("screening_key_pass", ()), ("screening_deliver_batch", ()),
        ):  # fmt: skip
            assert other.open(name, number, *args).status_code == 404, (key_, name)


def test_a_sheet_of_another_batch_is_404(keyer: Desk, batch: Handover) -> None:
    assert keyer.open("screening_key_sheet", batch.number, 999_999).status_code == 404


def test_nothing_is_keyed_before_the_sheets_were_counted(ward: Demo, keyer: Desk, batch: Handover) -> None:
    sheet = next_for(keyer, batch)
    Handover.objects.filter(pk=batch.pk).update(state="released")
    assert keyer.open("screening_next_sheet", batch.number).url.endswith(f"{batch.number}/")
    refused = key(ward, keyer, sheet)
    assert refused.status_code == 422
    assert "枚数を数え" in text(refused)
    assert "受領を確認したあと" in text(keyer.open("screening_keying_batch", batch.number))


@pytest.mark.parametrize("name", ["screening_keying", "screening_keying_batch", "screening_keying_sheets"])
def test_pages_cost_no_more_queries_with_ten_times_the_sheets(
    ward: Demo, keyer: Desk, batch: Handover, name: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            answer = keyer.open(name, *(() if name == "screening_keying" else (batch.number,)))
        assert len(answer.content) < 100_000
        return len(found)

    few, sheets = cost(), batch.paper_sheets.count()
    PaperSheet.objects.bulk_create(
        PaperSheet(handover=batch, number=f"X{n}", reference="ab" * 16) for n in range(sheets * 9)
    )
    assert cost() <= few
    assert few <= 25
