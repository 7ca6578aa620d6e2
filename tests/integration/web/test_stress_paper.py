"""Questionnaires on paper: chosen, counted out and in, void, keyed twice, looked at a third time, taken in; the account."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody.models import Handover
from azukari.keying.models import Keying, PaperSheet
from azukari.programmes.stress_check import (
    demo,
    work,  # noqa: F401 - its jobs are known from then on
)
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.instrument import instrument
from azukari.programmes.stress_check.letters.envelope import SheetsDoNotFit
from azukari.programmes.stress_check.models import AnswerSheet, PaperForm, Respondent, Round
from azukari.programmes.stress_check.steps import kept_files, paper, people, printing
from azukari.witness.models import Entry

from .stress_press import Press, text
from .stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "④' ウェブの回答"


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    stand_in = Press()
    monkeypatch.setattr(printing, "forms_pdf", stand_in)
    return stand_in


@pytest.fixture
def clerk(check: StressCheck, check_desk: CheckDesk, settings: Any, tmp_path: Any) -> CheckDesk:
    settings.AZUKARI_VAR = tmp_path / "var"
    return check_desk.sit("K001", check.at(6, 24))


@pytest.fixture
def more(check: StressCheck, clerk: CheckDesk, press: Press) -> Press:
    """A whole section is asked on paper and its forms are out: some four or more."""
    chosen = [name for name, _count in people.sections(check.round)][:3]
    answer = clerk.send("stress_choose_paper", YEAR, fields={"sections": chosen, "reason": "業務用の端末がない"})
    assert answer.status_code == 303
    clerk.send("stress_issue_forms", YEAR, fields={"return_by": f"{YEAR}-06-27"})
    assert clerk.job().state == "done", clerk.job().message
    return press


def out(check: StressCheck) -> list[str]:
    standing = PaperForm.objects.filter(round=check.round, voided_at=None, batch=None)
    return sorted(standing.values_list("number", flat=True))


def count_in(sitting: CheckDesk, numbers: list[str], counted: int | None = None) -> Any:
    fields = {"numbers": "\r\n".join(numbers), "counted": str(len(numbers) if counted is None else counted)}
    return sitting.send("stress_count_in", YEAR, fields=fields)


@pytest.fixture
def batch(check: StressCheck, clerk: CheckDesk, more: Press) -> Handover:
    answer = count_in(clerk, out(check)[:-1])
    assert answer.status_code == 303, text(answer)
    return paper.batches(check.round)[0]


def cells(check: StressCheck, sheet: PaperSheet, **changes: str) -> dict[str, str]:
    """What is marked on the paper."""
    answers = demo.answers_of(sheet.reference, instrument(check.round.instrument))
    return {key: str(answer) for key, answer in answers.items()} | changes


def key(check: StressCheck, sitting: CheckDesk, sheet: PaperSheet, **changes: str) -> Any:
    fields = cells(check, sheet, **changes)
    return sitting.send("stress_key_form", YEAR, sheet.handover.number, sheet.pk, fields=fields)


def state_of(sheet: PaperSheet) -> str:
    sheet.refresh_from_db()
    return str(sheet.state)


def next_for(sitting: CheckDesk, batch: Handover) -> PaperSheet:
    answer = sitting.open("stress_next_form", YEAR, batch.number)
    return PaperSheet.objects.select_related("handover").get(pk=answer.url.rstrip("/").split("/")[-1])


# --- out


def test_sections_are_asked_on_paper_with_a_reason(clerk: CheckDesk, check: StressCheck) -> None:
    name, count = people.sections(check.round)[0]
    before = people.standing(check.round).on_paper
    assert f"{name}（{count}人）" in text(clerk.open("stress_choose_paper", YEAR))
    assert clerk.send("stress_choose_paper", YEAR, fields={"sections": [name]}).status_code == 422
    answer = clerk.send("stress_choose_paper", YEAR, fields={"sections": [name], "reason": "端末がない"})
    assert answer.status_code == 303
    assert people.standing(check.round).on_paper == before + count


def test_forms_are_counted_out_and_wait_for_who_had_them_made(
    clerk: CheckDesk, check: StressCheck, more: Press
) -> None:
    assert more.told["return_by"].isoformat() == f"{YEAR}-06-27"
    (file,) = kept_files.waiting(round_=check.round, by=check.who("K001"), now=clerk.at)
    assert file.people == len(more.sheets) > 0
    assert file.token in text(clerk.open("stress_paper", YEAR))
    assert file.token not in text(clerk.open("stress_invitations", YEAR))
    clerk.send("stress_issue_forms", YEAR, fields={"return_by": f"{YEAR}-06-27"})
    assert clerk.job().state == "refused"


def test_forms_that_cannot_be_set_are_not_counted_out(
    clerk: CheckDesk, check: StressCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise SheetsDoNotFit([(1, "氏名", 90)])

    monkeypatch.setattr(printing, "forms_pdf", broken)
    name = people.sections(check.round)[0][0]
    clerk.send("stress_choose_paper", YEAR, fields={"sections": [name], "reason": "端末がない"})
    before = PaperForm.objects.count()
    clerk.send("stress_issue_forms", YEAR, fields={"return_by": f"{YEAR}-06-27"})
    assert (clerk.job().state, PaperForm.objects.count()) == ("refused", before)


def test_a_lost_form_is_void_and_its_person_gets_another(clerk: CheckDesk, check: StressCheck, more: Press) -> None:
    form = PaperForm.objects.filter(voided_at=None, batch=None).order_by("number")[0]
    assert form.number in text(clerk.open("stress_forms", YEAR, state="out"))
    assert clerk.send("stress_void_form", YEAR, form.pk).status_code == 422
    assert clerk.send("stress_void_form", YEAR, form.pk, fields={"reason": "紛失"}).status_code == 303
    assert "紛失" in text(clerk.open("stress_forms", YEAR, state="void"))
    assert clerk.send("stress_void_form", YEAR, form.pk, fields={"reason": "紛失"}).status_code == 409
    clerk.send("stress_issue_forms", YEAR, fields={"return_by": f"{YEAR}-06-27"})
    assert PaperForm.objects.get(respondent=form.respondent, voided_at=None).number != form.number


def test_a_damaged_print_is_made_again_with_its_number(clerk: CheckDesk, check: StressCheck, more: Press) -> None:
    form = PaperForm.objects.filter(voided_at=None, batch=None).order_by("number")[0]
    answer = clerk.send("stress_print_form", YEAR, form.pk, fields={"return_by": f"{YEAR}-06-27"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert [sheet.number for sheet in more.sheets] == [form.number]
    assert Entry.objects.order_by("-seq")[0].purpose == "調査票の再印刷"


# --- in


def test_what_was_counted_in_is_a_batch_and_the_account_balances(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    found = paper.account(check.round)
    assert found.issued == found.voided + found.out + found.returned
    assert found.returned == found.keyed + found.unreadable + found.waiting == batch.sheets
    page = text(clerk.open("stress_paper", YEAR))
    assert f"渡した {found.issued}枚 ＝ 無効 0枚 ＋ 渡したまま {found.out}枚 ＋ 受領 {found.returned}枚" in page
    assert batch.number in page


@pytest.mark.parametrize(
    ("wrong", "counted", "told"),
    [
        (["2025-99999"], None, "2025-99999"),
        (["{first}"], None, "二度書かれています（{first}）"),
        ([], 99, "99枚です"),
    ],
    ids=["a number never issued", "a number twice", "another count"],
)
def test_numbers_that_do_not_fit_are_named_and_nothing_is_taken_in(
    clerk: CheckDesk, check: StressCheck, more: Press, wrong: list[str], counted: int | None, told: str
) -> None:
    numbers = out(check)
    first = numbers[0]
    answer = count_in(clerk, numbers + [one.format(first=first) for one in wrong], counted)
    assert answer.status_code == 422
    assert told.format(first=first) in text(answer)
    assert not PaperSheet.objects.exists()


def test_a_form_that_came_in_is_not_taken_in_again(clerk: CheckDesk, check: StressCheck, batch: Handover) -> None:
    number = batch.paper_sheets.order_by("number")[0].number
    answer = count_in(clerk, [number])
    assert answer.status_code == 409
    assert number in text(answer)


def test_full_width_numbers_and_commas_are_read(clerk: CheckDesk, check: StressCheck, more: Press) -> None:
    first, second, *_rest = out(check)
    wide = first.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789-"})
    answer = clerk.send("stress_count_in", YEAR, fields={"numbers": f"{wide}、{second}", "counted": "2"})
    assert answer.status_code == 303, text(answer)


# --- keyed


def test_a_form_is_keyed_by_two_people_and_never_comes_twice_to_one(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    sheet = next_for(clerk, batch)
    page = text(clerk.open("stress_key_form", YEAR, batch.number, sheet.pk))
    assert page.count('class="answer"') == 57
    assert page.count('<fieldset class="field keying"') == 6
    assert "1回目" in page
    assert key(check, clerk, sheet).status_code == 303
    assert state_of(sheet) == "once"
    assert clerk.open("stress_key_form", YEAR, batch.number, sheet.pk).status_code == 303
    assert key(check, clerk, sheet).status_code == 422
    second = clerk.sit("K002")
    assert next_for(second, batch) == sheet
    shown = text(second.open("stress_key_form", YEAR, batch.number, sheet.pk))
    assert "2回目" in shown
    assert 'value="1"' not in shown  # nothing of what the first person keyed
    assert key(check, second, sheet).status_code == 303
    assert state_of(sheet) == "keyed"


@pytest.mark.parametrize("cell", ["0", "5", "x", "あ"])
def test_a_cell_that_is_no_answer_is_an_error_beside_its_field(
    clerk: CheckDesk, check: StressCheck, batch: Handover, cell: str
) -> None:
    sheet = next_for(clerk, batch)
    answer = key(check, clerk, sheet, q3=cell)
    assert answer.status_code == 422
    assert "q3" in answer.context["form"].errors
    assert not Keying.objects.exists()


def test_full_width_digits_are_answers(clerk: CheckDesk, check: StressCheck, batch: Handover) -> None:
    sheet = next_for(clerk, batch)
    wide = {k: chr(ord(v) + 0xFEE0) for k, v in cells(check, sheet).items()}
    assert key(check, clerk, sheet, **wide).status_code == 303
    assert key(check, clerk.sit("K002"), sheet).status_code == 303
    assert state_of(sheet) == "keyed"


def test_enter_pressed_too_early_keys_nothing_until_the_empty_items_are_confirmed(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    sheet = next_for(clerk, batch)
    early = key(check, clerk, sheet, q56="", q57="")
    assert early.status_code == 422
    assert "空の問が2問あります（問56、問57）" in text(early)
    assert not Keying.objects.exists()
    assert key(check, clerk, sheet, q56="", q57="", unmarked="on").status_code == 303
    whole = clerk.send("stress_key_form", YEAR, batch.number, sheet.pk, fields={"unmarked": "on"})
    assert whole.status_code == 422


@pytest.fixture
def differing(clerk: CheckDesk, check: StressCheck, batch: Handover) -> PaperSheet:
    sheet = next_for(clerk, batch)
    key(check, clerk, sheet, q7="1")
    key(check, clerk.sit("K002"), sheet, q7="4")
    assert state_of(sheet) == "differs"
    return sheet


def test_a_third_person_sees_both_keyings_side_by_side_and_decides(
    clerk: CheckDesk, check: StressCheck, batch: Handover, differing: PaperSheet
) -> None:
    third = clerk.sit("K003")
    assert "見比べる" in text(third.open("stress_sheets", YEAR, batch.number, state="differs"))
    page = third.open("stress_third_look", YEAR, batch.number, differing.pk)
    assert page.context["rows"] == [("問7", "1", "4")]
    initial = page.context["form"].initial
    assert (initial.get("q7"), initial["q8"]) == (None, cells(check, differing)["q8"])
    assert Entry.objects.order_by("-seq")[0].purpose == "不一致の確認"
    fields = cells(check, differing, q7="1")
    answer = third.send("stress_third_look", YEAR, batch.number, differing.pk, fields=fields)
    assert (answer.status_code, state_of(differing)) == (303, "keyed")


@pytest.mark.parametrize("who", ["K001", "K002"])
def test_who_keyed_it_does_not_look_a_third_time(
    clerk: CheckDesk, check: StressCheck, batch: Handover, differing: PaperSheet, who: str
) -> None:
    sitting = clerk.sit(who)
    assert sitting.open("stress_third_look", YEAR, batch.number, differing.pk).status_code == 303
    fields = cells(check, differing)
    sitting.send("stress_third_look", YEAR, batch.number, differing.pk, fields=fields, first=False)
    assert state_of(differing) == "differs"


def test_an_unreadable_form_is_void_once_the_batch_is_taken_in(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    sheets = list(batch.paper_sheets.order_by("number"))
    assert clerk.send("stress_unreadable_form", YEAR, batch.number, sheets[0].pk).status_code == 422
    told = {"reason": "問5から先がぬれて読めない"}
    assert clerk.send("stress_unreadable_form", YEAR, batch.number, sheets[0].pk, fields=told).status_code == 303
    early = clerk.send("stress_settle", YEAR, batch.number)
    assert early.status_code == 422
    assert "入力の済まない調査票" in text(early)
    second = clerk.sit("K002")
    for sheet in sheets[1:]:
        key(check, clerk, sheet)
        key(check, second, sheet)
    assert "束の回答を取り込む" in text(second.open("stress_batch", YEAR, batch.number))
    answer = second.send("stress_settle", YEAR, batch.number)
    assert answer.status_code == 303
    keyed = len(sheets) - 1
    assert AnswerSheet.objects.filter(way="paper").count() == keyed
    form = PaperForm.objects.get(number=sheets[0].number)
    assert form.void_reason == "読めないため"
    page = text(second.open("stress_batch", YEAR, batch.number))
    assert f"{keyed}人の回答を取り込みました" in page
    assert "束の回答を取り込む" not in page
    found = paper.account(check.round)
    assert (found.keyed, found.unreadable, found.waiting) == (keyed, 1, 0)
    assert found.issued == found.voided + found.out + found.returned


def a_pass(check: StressCheck, batch: Handover, encoding: str = "utf-8-sig", **changes: str) -> SimpleUploadedFile:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    fields = paper.fields(check.round)
    writer.writerow(paper.pass_format(check.round).headers)
    for sheet in batch.paper_sheets.order_by("number"):
        stated = cells(check, sheet, **changes)
        writer.writerow([sheet.number, *(stated[field.key] for field in fields)])
    return SimpleUploadedFile("pass.csv", file.getvalue().encode(encoding), "text/csv")


def test_two_passes_from_an_entry_machine_key_the_batch(clerk: CheckDesk, check: StressCheck, batch: Handover) -> None:
    assert clerk.send("stress_key_pass", YEAR, batch.number, fields={"file": a_pass(check, batch)}).status_code == 303
    again = clerk.send("stress_key_pass", YEAR, batch.number, fields={"file": a_pass(check, batch)})
    assert again.status_code == 422
    second = clerk.sit("K002")
    file = a_pass(check, batch, "cp932")
    assert second.send("stress_key_pass", YEAR, batch.number, fields={"file": file}).status_code == 303
    assert second.send("stress_settle", YEAR, batch.number).status_code == 303
    assert AnswerSheet.objects.filter(way="paper").count() == batch.sheets


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "空です"),
        ("番号,氏名\r\n1,x\r\n", "見出しが様式と違います"),
        ("{head}\r\n", "1行もありません"),
        ("{head}\r\n{first},1,2\r\n", "読み取れない行が1行"),
        ("{head}\r\n2025-99999{ones}\r\n", "この受渡しにない"),
        ("{head}\r\n{first}{nines}\r\n", "1から4ではありません"),
        ("{head}\r\n{first}{ones}\r\n{first}{ones}\r\n", "重なっている"),
    ],
    ids=["empty", "headings", "no rows", "short row", "foreign", "no answers", "twice"],
)
def test_a_wrong_file_is_refused_whole(
    clerk: CheckDesk, check: StressCheck, batch: Handover, content: str, told: str
) -> None:
    fields = paper.fields(check.round)
    whole = content.format(
        head=",".join(paper.pass_format(check.round).headers), first=batch.paper_sheets.order_by("number")[0].number,
        ones=",1" * len(fields), nines=",9" * len(fields),
    )  # fmt: skip
    file = SimpleUploadedFile("x.csv", whole.encode() or b"\r\n")
    answer = clerk.send("stress_key_pass", YEAR, batch.number, fields={"file": file})
    assert answer.status_code == 422
    assert told in text(answer)
    assert not Keying.objects.exists()


# --- nothing of anybody else


def test_batches_and_forms_of_another_kind_or_year_are_not_found(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    sheet = batch.paper_sheets.order_by("pk")[0]
    staff = check.round.staff.number
    for number in (staff, "AZ-2025-999999"):
        for name, args in (
            ("stress_batch", ()), ("stress_next_form", ()), ("stress_sheets", ()), ("stress_key_form", (sheet.pk,)),
            ("stress_third_look", (sheet.pk,)), ("stress_unreadable_form", (sheet.pk,)), ("stress_key_pass", ()),
            ("stress_settle", ()),
        ):  # fmt: skip
            assert clerk.open(name, YEAR, number, *args).status_code == 404, (number, name)
    for name in ("stress_form", "stress_void_form", "stress_print_form"):
        assert clerk.open(name, YEAR, 999_999).status_code == 404
    assert clerk.open("stress_batch", YEAR - 1, batch.number).status_code == 404


def test_who_has_no_duty_opens_no_batch(clerk: CheckDesk, check: StressCheck, batch: Handover) -> None:
    sheet = batch.paper_sheets.order_by("pk")[0]
    for who in ("K103", "K901"):
        other = clerk.sit(who)
        assert other.open("stress_batch", YEAR, batch.number).status_code == 403
        assert other.open("stress_key_form", YEAR, batch.number, sheet.pk).status_code == 403
        assert other.open("stress_third_look", YEAR, batch.number, sheet.pk).status_code == 403


def test_the_account_asks_the_database_as_often_for_many_forms_as_for_few(
    clerk: CheckDesk, check: StressCheck, batch: Handover
) -> None:
    pages = [("stress_paper", ()), ("stress_forms", ()), ("stress_batch", (batch.number,))]
    few = []
    for name, args in pages:
        clerk.open(name, YEAR, *args)
        with CaptureQueriesContext(connection) as asked:
            clerk.open(name, YEAR, *args)
        few.append(len(asked))
    round_ = Round.objects.get(fiscal_year=YEAR)
    people_ = Respondent.objects.bulk_create(
        Respondent(round=round_, reference=f"{n:032x}", employee_number=f"X{n:06d}", name="見本 多数", by_paper=True)
        for n in range(1, 300)
    )
    PaperForm.objects.bulk_create(
        PaperForm(round=round_, number=f"T-{n:05d}", respondent=one, issued_by="K001", issued_at=check.at(6, 3))
        for n, one in enumerate(people_)
    )
    for (name, args), before in zip(pages, few, strict=True):
        with CaptureQueriesContext(connection) as asked:
            page = clerk.open(name, YEAR, *args)
        assert len(asked) == before <= 30, name
        assert len(page.content) < 100_000
