"""Results in, looked through, settled, followed up and paid: nothing is lost, nothing counts twice, nothing closes by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from azukari.keying import steps as keying
from azukari.keying.models import PaperSheet
from azukari.parties.acting import NotPermitted
from azukari.people.refusals import RosterRefused
from azukari.programmes.screening.demo_results import ASSOCIATION
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.follow_up import Act, Report
from azukari.programmes.screening.models import (
    AddressHold,
    BilledTest,
    History,
    ResultBatch,
    ResultRow,
    Statement,
    TestResult,
    Voucher,
    WorkUp,
)
from azukari.programmes.screening.steps import follow_up, follow_up_letters, paper, payment, rates_of_year, results_in
from azukari.vocabulary.addresses import address_key

from .ward import Press, until

HEADER = "受診券整理番号,氏名,生年月日,検診,受診日,健診等機関番号,判定,身長(cm),体重(kg)"


@pytest.fixture
def posted(ward: Demo, press: Press) -> Demo:
    until(ward, "医療機関等の登録と選定")
    return ward


def takers(ward: Demo, test: str = "lung") -> list[Voucher]:
    """Vouchers that offer a test, of people about whom nothing is special."""
    from azukari.programmes.screening.models import Assessment
    from azukari.programmes.screening.reasons import FIRST_REFUSAL, TESTS

    offered = Assessment.objects.filter(run=ward.run, test=TESTS.index(test), reason__lt=FIRST_REFUSAL)
    found = Voucher.objects.filter(run=ward.run, person_id__in=offered.values("person_id")).select_related("person")
    held = AddressHold.objects.values("person_id")
    return list(
        found.filter(person__died_on=None, person__moved_out_on=None).exclude(person_id__in=held).order_by("pk")
    )


def line(voucher: Voucher, **changes: str) -> str:
    person = voucher.person
    cells = {
        "number": voucher.voucher_number, "name": person.name or person.alias_name or person.latin_name,
        "birth": person.birth, "test": "肺がん", "day": "2025-07-01", "institution": "1310000019", "raw": "B",
        "height": "", "weight": "",
    }  # fmt: skip
    return ",".join({**cells, **changes}.values())


def taken(ward: Demo, *lines: str, encoding: str = "cp932") -> ResultBatch:
    data = ("\r\n".join([HEADER, *lines]) + "\r\n").encode(encoding)
    return results_in.take_csv(
        data=data, sha256=hashlib.sha256(data).hexdigest(), organisation=ward.organisation(ASSOCIATION),
        fiscal_year=2025, by=ward.who("W001"), now=ward.at(11, 1),
    )  # fmt: skip


def accept(ward: Demo, batch: ResultBatch) -> int:
    return results_in.accept_clean(batch=batch, by=ward.who("W001"), now=ward.at(11, 2))


def settle(ward: Demo, row: ResultRow, how: str, corrections: Mapping[str, str] | None = None) -> ResultRow:
    return results_in.settle(
        row=row, how=how, reason="医療機関に確かめた", corrections=corrections, by=ward.who("W002"), now=ward.at(11, 3)
    )


def problem(batch: ResultBatch, line_number: int = 2) -> list[str]:
    return results_in.problems_of(batch.lines.get(line=line_number))


def one(ward: Demo, **changes: str) -> ResultRow:
    return taken(ward, line(takers(ward)[0], **changes)).lines.get()


# --- taken in


def test_a_sound_row_becomes_a_result_and_next_years_history(posted):
    voucher = takers(posted)[0]
    batch = taken(posted, line(voucher))
    assert results_in.counts(batch) == results_in.Counts(1, 0, 0, 1)
    assert accept(posted, batch) == 1
    result = TestResult.objects.get()
    assert (result.voucher, result.test, result.raw, result.outcome) == (voucher, "lung", "B", "normal")
    assert History.objects.filter(person=voucher.person, test="lung", fiscal_year=2025).exists()
    assert results_in.counts(batch).closed


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-8"])
def test_the_file_may_be_cp932_or_utf8(posted, encoding):
    assert problem(taken(posted, line(takers(posted)[0]), encoding=encoding)) == []


@pytest.mark.parametrize("birth", ["S", "slash", "digits"])
def test_birth_dates_are_read_in_the_ways_clinics_write_them(posted, birth):
    voucher = takers(posted)[0]
    day = voucher.person.birth_date
    written = {
        "S": f"昭和{day.year - 1925}年{day.month}月{day.day}日",
        "slash": f"{day:%Y/%m/%d}",
        "digits": f"{day:%Y%m%d}",
    }
    assert problem(taken(posted, line(voucher, birth=written[birth]))) == []


def test_the_same_file_is_not_taken_twice(posted):
    taken(posted, line(takers(posted)[0]))
    with pytest.raises(NotPermitted, match="受け入れ済み"):
        taken(posted, line(takers(posted)[0]))


def test_a_file_that_is_not_what_its_note_says_is_refused_whole(posted):
    with pytest.raises(NotPermitted, match="ハッシュ値"):
        results_in.take_csv(
            data=b"x", sha256="0" * 64, organisation=posted.organisation(ASSOCIATION), fiscal_year=2025,
            by=posted.who("W001"), now=posted.at(11, 1),
        )  # fmt: skip
    assert ResultBatch.objects.count() == 0


def test_missing_headers_are_named_and_nothing_is_stored(posted):
    data = "氏名,判定\r\n架空 花子,B\r\n".encode("cp932")
    with pytest.raises(RosterRefused, match="受診券整理番号"):
        results_in.take_csv(
            data=data, sha256=hashlib.sha256(data).hexdigest(), organisation=posted.organisation(ASSOCIATION),
            fiscal_year=2025, by=posted.who("W001"), now=posted.at(11, 1),
        )  # fmt: skip
    assert ResultBatch.objects.count() == 0


def test_a_row_that_can_not_be_cut_is_kept_and_counted(posted):
    voucher = takers(posted)[0]
    batch = taken(posted, line(voucher), "一つだけのセル")
    assert batch.rows == 2
    assert problem(batch, 3) == ["unreadable"]
    accept(posted, batch)
    row = batch.lines.get(line=3)
    with pytest.raises(NotPermitted, match="行を読み取れない"):
        settle(posted, row, "accept")
    settle(posted, row, "reject")
    assert results_in.counts(batch) == results_in.Counts(2, 1, 1, 0)


def test_swapped_height_and_weight_are_held_back_until_they_are_put_right(posted):
    row = one(posted, height="55.0", weight="162.0")
    assert "swapped" in results_in.problems_of(row)
    settle(posted, row, "correct", {"身長(cm)": "162.0", "体重(kg)": "55.0"})
    values = json.loads(TestResult.objects.get().values)
    assert values == {"height": "162.0", "weight": "55.0"}
    row.refresh_from_db()
    assert json.loads(row.stated)["身長(cm)"] == "55.0"  # as it was delivered


def test_a_result_under_a_strangers_number_is_never_accepted_as_it_stands(posted):
    first, second = takers(posted)[:2]
    row = taken(posted, line(first, number=second.voucher_number)).lines.get()
    assert "wrong_person" in results_in.problems_of(row) or "name_differs" in results_in.problems_of(row)
    if "wrong_person" in results_in.problems_of(row):
        with pytest.raises(NotPermitted, match="採用できません"):
            settle(posted, row, "accept")
    settle(posted, row, "correct", {"voucher_number": first.voucher_number})
    assert TestResult.objects.get().voucher == first


@pytest.mark.parametrize("how", ["accept", "correct", "reject", "replace"])
def test_nothing_is_settled_without_saying_how_it_was_made_sure(posted, how):
    row = one(posted, raw="Z")
    with pytest.raises(NotPermitted, match="理由"):
        results_in.settle(row=row, how=how, reason=" ", by=posted.who("W001"), now=posted.at(11, 3))


def test_a_row_settled_meanwhile_tells_who_did(posted):
    row = one(posted, raw="Z")
    settle(posted, row, "reject")
    with pytest.raises(results_in.RowSettled, match="W002"):
        settle(posted, row, "reject")


def test_a_second_result_for_a_test_is_held_until_somebody_says_which_stands(posted):
    voucher = takers(posted)[0]
    accept(posted, taken(posted, line(voucher)))
    later = taken(posted, line(voucher, raw="E1"))
    assert problem(later) == ["conflicts"]
    assert accept(posted, later) == 0
    settle(posted, later.lines.get(), "replace")
    standing = TestResult.objects.get(replaced_by=None, withdrawn_at=None)
    assert (standing.raw, standing.needs_work_up) == ("E1", True)
    assert WorkUp.objects.get().result == standing


def test_the_same_result_again_is_seen_as_such(posted):
    voucher = takers(posted)[0]
    accept(posted, taken(posted, line(voucher)))
    assert problem(taken(posted, line(voucher, height="160.0"))) == ["same_again"]


def test_who_moved_away_after_the_visit_keeps_the_result_and_before_it_is_asked(posted):
    voucher = takers(posted)[0]
    type(voucher.person).objects.filter(pk=voucher.person_id).update(moved_out_on=date(2025, 7, 10))
    assert problem(taken(posted, line(voucher))) == []
    assert problem(taken(posted, line(voucher, day="2025-07-11"))) == ["after_moving"]


def test_no_test_is_lost_between_the_delivered_rows_and_the_three_ends(posted):
    people = takers(posted)[:6]
    rows = [line(v, **c) for v, c in zip(people, ({}, {"raw": "Z"}, {"day": "x"}, {}, {"test": "乳がん"}, {}), strict=True)]  # fmt: skip
    batch = taken(posted, *rows)
    accept(posted, batch)
    told = results_in.counts(batch)
    assert told.rows == told.accepted + told.rejected + told.outstanding == 6
    assert TestResult.objects.count() == told.accepted == 3


# --- on paper


@pytest.fixture
def batch_of_sheets(ward: Demo, press: Press) -> Any:
    until(ward, "結果票の引渡し")
    return ward.results.batch


def cells(ward: Demo, number: str) -> dict[str, str]:
    found = {r["number"]: r for r in ward.results.sheets.iter_rows(named=True)}[number]
    return {field.key: found[field.key] for field in paper.FIELDS}


def key(ward: Demo, sheet: PaperSheet, by: str, **changes: str) -> str:
    return keying.key(
        sheet=sheet, cells={**cells(ward, sheet.number), **changes}, fields=paper.FIELDS, by=ward.who(by),
        now=ward.at(10, 14),
    ).value  # fmt: skip


def test_a_sheet_is_keyed_when_two_people_keyed_the_same(ward, batch_of_sheets):
    sheet = batch_of_sheets.paper_sheets.first()
    assert key(ward, sheet, "D001") == "once"
    with pytest.raises(NotPermitted, match="別の人"):
        key(ward, sheet, "D001")
    assert key(ward, sheet, "D002") == "keyed"


def test_a_difference_is_settled_by_a_third_person_and_names_the_field(ward, batch_of_sheets):
    sheet = batch_of_sheets.paper_sheets.first()
    key(ward, sheet, "D001")
    assert key(ward, sheet, "D002", raw="9") == "differs"
    assert sheet.differs_in == "判定"
    with pytest.raises(NotPermitted, match="別の人"):
        key(ward, sheet, "D002")
    assert key(ward, sheet, "D003") == "keyed"


def test_a_batch_is_not_delivered_while_a_sheet_is_open(ward, batch_of_sheets):
    with pytest.raises(NotPermitted, match="入力の済まない結果票"):
        paper.deliver(batch=batch_of_sheets, ward=ward.organisation("ward"), by=ward.who("D001"), now=ward.at(10, 20))


def test_sheets_out_are_keyed_or_returned_unreadable(ward, batch_of_sheets):
    until(ward, "結果票の二重入力")
    balance = keying.balance(batch_of_sheets)
    assert balance.sheets == balance.keyed + balance.unreadable == batch_of_sheets.sheets
    assert balance.unreadable == 1
    assert balance.closed


# --- followed up


@pytest.fixture
def case(posted: Demo) -> WorkUp:
    accept(posted, taken(posted, line(takers(posted)[0], raw="E1")))
    return WorkUp.objects.get()


def test_a_case_does_not_close_without_a_person_and_words(case):
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkUp.objects.filter(pk=case.pk).update(closed_at=case.opened_at)


def test_a_case_of_which_nothing_is_known_stays_open(posted, case):
    with pytest.raises(NotPermitted, match="終了できません"):
        follow_up.close(work_up=case, reason="終わり", by=posted.who("W001"), now=posted.at(1, 5))


def test_letters_are_released_by_another_and_counted(posted, case):
    batch = follow_up.prepare_letters(act=Act.LETTER, by=posted.who("W001"), now=posted.at(11, 20))
    assert follow_up_letters.letters_frame(batch).height == batch.letters == 1
    with pytest.raises(NotPermitted, match="別の人"):
        follow_up.release_letters(batch=batch, pieces=1, by=posted.who("W001"), now=posted.at(11, 20))
    with pytest.raises(NotPermitted, match="通数"):
        follow_up.release_letters(batch=batch, pieces=2, by=posted.who("W002"), now=posted.at(11, 20))
    follow_up.release_letters(batch=batch, pieces=1, by=posted.who("W002"), now=posted.at(11, 20))
    case.refresh_from_db()
    assert case.next_act == Act.REMINDER


def test_whoever_died_meanwhile_is_not_written_to(posted, case):
    type(case.person).objects.filter(pk=case.person_id).update(died_on=date(2025, 11, 10))
    with pytest.raises(NotPermitted, match="送る人がいません"):
        follow_up.prepare_letters(act=Act.LETTER, by=posted.who("W001"), now=posted.at(11, 20))


def test_half_a_report_of_the_person_stays_unknown_and_a_whole_one_closes(posted, case):
    half = Report(False, date(2025, 11, 20), "架空病院", "", "no_finding")
    event = follow_up.record_report(work_up=case, report=half, by=posted.who("W001"), now=posted.at(12, 1))
    assert (event.counted, case.outcome) == (False, "unknown")
    whole = Report(False, date(2025, 11, 20), "架空病院", "ct", "no_finding")
    follow_up.record_report(work_up=case, report=whole, by=posted.who("W001"), now=posted.at(12, 2))
    assert case.outcome == "no_finding"
    follow_up.close(work_up=case, reason="結果を把握", by=posted.who("W001"), now=posted.at(12, 3))
    with pytest.raises(follow_up.CaseClosed):
        follow_up.record_call(work_up=case, note="電話", by=posted.who("W001"), now=posted.at(12, 4))
    follow_up.reopen(work_up=case, reason="病理の結果が届いた", by=posted.who("W001"), now=posted.at(12, 5))
    assert (case.closed_at, case.outcome) == (None, "no_finding")


def test_not_attended_and_unknown_are_two_things(posted, case):
    follow_up.record_not_attended(work_up=case, note="電話で本人に確認", by=posted.who("W001"), now=posted.at(12, 1))
    assert case.outcome == "not_attended"


def test_a_report_from_before_the_screening_is_refused(posted, case):
    early = Report(True, date(2025, 6, 30), "架空病院", "ct", "no_finding")
    with pytest.raises(NotPermitted, match="受診日より前"):
        follow_up.record_report(work_up=case, report=early, by=posted.who("W001"), now=posted.at(12, 1))


# --- counted and paid


def test_rates_count_the_case_and_print_no_zero_where_nobody_was(posted, case):
    told = rates_of_year.work_out(fiscal_year=2025, by=posted.who("W001"), now=posted.at(3, 1)).inside
    lung = told.filter(cancer="lung", sex="all", band="all", method="all", setting="all", first="all")
    rates = dict(lung.select("indicator", "numerator").iter_rows())
    assert rates["workup_rate"] == 1
    assert told.filter(denominator=0)["rate"].null_count() == told.filter(denominator=0).height


def test_a_test_is_paid_once_and_a_correction_is_taken_back(posted):
    voucher = takers(posted)[0]
    accept(posted, taken(posted, line(voucher)))
    by, other = posted.who("W001"), posted.who("W002")
    _, made = payment.prepare_statements(month=date(2025, 7, 1), by=by, now=posted.at(11, 4))
    assert [entry.sign for entry in BilledTest.objects.all()] == [1]
    with pytest.raises(NotPermitted, match="別の人"):
        payment.approve(statement=made[0], by=by, now=posted.at(11, 5))
    with pytest.raises(NotPermitted, match="承認を待っている"):
        payment.prepare_statements(month=date(2025, 8, 1), by=by, now=posted.at(11, 5))
    payment.approve(statement=made[0], by=other, now=posted.at(11, 5))
    settle(posted, taken(posted, line(voucher, institution="1310000027")).lines.get(), "replace")
    _, again = payment.prepare_statements(month=date(2025, 11, 1), by=by, now=posted.at(12, 4))
    assert {statement.institution: statement.total > 0 for statement in again} == {
        "1310000019": False, "1310000027": True,
    }  # fmt: skip
    assert Statement.objects.count() == 3


# --- found when the change was read once more


def test_a_checkup_is_delivered_under_one_name_and_is_the_one_that_the_voucher_offers(posted):
    voucher = takers(posted, "checkup_40_74")[0]
    batch = taken(posted, line(voucher, test="健康診査", raw="異常なし"))
    assert problem(batch) == []
    accept(posted, batch)
    assert (TestResult.objects.get().test, TestResult.objects.get().outcome) == ("checkup_40_74", "normal")


def test_rows_of_another_reader_are_kept_as_what_they_were(posted):
    stated = [(1, {"受診券整理番号": takers(posted)[0].voucher_number})]
    for kind in (ResultBatch.Kind.XML, ResultBatch.Kind.CSV):
        batch = results_in.take_stated(
            kind=kind, stated=stated, wrong=[], sha256=kind.value * 16, fiscal_year=2025,
            organisation=posted.organisation(ASSOCIATION), by=posted.who("W001"), now=posted.at(11, 1),
        )  # fmt: skip
        assert ResultBatch.objects.get(pk=batch.pk).kind == kind


def test_a_row_with_everything_wrong_is_kept_with_all_its_problems(posted):
    from azukari.programmes.screening.result_checks import PROBLEMS

    assert len(" ".join(PROBLEMS)) <= ResultRow._meta.get_field("problems").max_length


def test_a_refused_file_of_results_is_not_called_a_roster(posted):
    data = "氏名,判定\r\n架空 花子,B\r\n".encode("cp932")
    with pytest.raises(RosterRefused, match=r"^結果を受け入れませんでした"):
        results_in.take_csv(
            data=data, sha256=hashlib.sha256(data).hexdigest(), organisation=posted.organisation(ASSOCIATION),
            fiscal_year=2025, by=posted.who("W001"), now=posted.at(11, 1),
        )  # fmt: skip


def test_whose_mail_came_back_is_not_written_to(posted, case):

    AddressHold.objects.create(
        person=case.person, address_key=address_key(case.person.address), since=date(2025, 9, 1), cause="宛所不明"
    )
    with pytest.raises(NotPermitted, match="送る人がいません"):
        follow_up.prepare_letters(act=Act.LETTER, by=posted.who("W001"), now=posted.at(11, 20))


def test_the_case_of_a_replaced_result_goes_on_under_the_new_one(posted, case):
    follow_up.record_call(work_up=case, note="電話", by=posted.who("W001"), now=posted.at(11, 5))
    settle(posted, taken(posted, line(takers(posted)[0], raw="E2")).lines.get(), "replace")
    still = WorkUp.objects.get()
    assert (still.pk, still.result.raw, still.events.count()) == (case.pk, "E2", 1)


def test_a_case_whose_result_no_longer_stands_is_written_to_no_more_and_closed_by_somebody(posted, case):
    settle(posted, taken(posted, line(takers(posted)[0], raw="B")).lines.get(), "replace")
    case.refresh_from_db()
    assert (case.next_act, case.closed_at) == (Act.DECIDE, None)
    follow_up.close(work_up=case, reason="結果の差替えにより不要", by=posted.who("W001"), now=posted.at(11, 6))
    assert case.closed_at is not None
