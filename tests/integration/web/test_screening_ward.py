"""The yearly run in a browser without JavaScript, on the ward's side: who does which step, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.people.models import Resident
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import (
    AddressHold,
    GlyphQuestion,
    ReprintRequest,
    Run,
    Sheet,
    Stop,
    VolumeNotice,
    Voucher,
)
from azukari.programmes.screening.steps import individual, mailing, printed, reprints
from azukari.programmes.screening.steps.state import living
from azukari.web import unchanged
from azukari.web.models import Job
from azukari.witness.models import Entry

from .screening_stage import YEAR, Desk, before, codes, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

MOST_BYTES = 100_000


def text(answer: Any) -> str:
    return str(answer.content.decode())


# --- begun, judged, confirmed


def test_the_run_is_begun_on_the_roster_that_was_shown_and_judged_in_a_job(ward: Demo, desk: Desk) -> None:
    officer = desk.sit("W001")
    shown = text(officer.open("screening_judge", YEAR))
    assert f"{YEAR}-03-01" in shown
    answer = officer.send("screening_judge", YEAR)
    assert answer.status_code == 303
    assert answer.url == f"/jobs/{officer.job().key}/"
    assert officer.job().state == Job.State.DONE
    assert ward.run.state == Run.State.ASSESSED
    assert str(YEAR) in text(officer.open("screening_runs"))


def test_a_second_run_of_the_year_is_refused_and_names_who_began(ward: Demo, desk: Desk) -> None:
    until(ward, "対象者の判定")
    officer = desk.sit("W002")
    assert "区職員 甲野" in text(officer.open("screening_judge", YEAR))
    officer.send("screening_judge", YEAR)
    assert officer.job().state == Job.State.REFUSED
    assert "W001" in officer.job().message


def test_a_year_without_a_fitting_roster_says_so_before_anybody_begins(ward: Demo, desk: Desk) -> None:
    assert f"{YEAR}-03-01" in text(desk.sit("W001").open("screening_judge", YEAR + 1))
    assert "名簿が必要です" in text(desk.sit("W001").open("screening_judge", YEAR + 1))


@pytest.mark.parametrize("key", ["W101", "W901"])
def test_only_officers_begin_a_run_but_the_others_may_look(ward: Demo, desk: Desk, key: str) -> None:
    until(ward, "対象者の判定")
    other = desk.sit(key)
    assert other.send("screening_judge", YEAR + 1).status_code == 403
    assert other.open("screening_run", YEAR).status_code == 200
    assert other.open("screening_difference", YEAR).status_code == 200


def test_the_difference_shows_both_years_and_is_filtered_and_written_out(ward: Demo, desk: Desk) -> None:
    until(ward, "対象者の判定")
    officer = desk.sit("W002")
    everything = officer.open("screening_difference", YEAR)
    changed = officer.open("screening_difference", YEAR, changed="on", test="lung", age="40")
    assert everything.context["table"].page.paginator.count == len(ward.run.difference)
    rows = changed.context["table"].chosen
    assert rows == [r for r in ward.run.difference if (r["test"], r["age_band"]) == ("lung", 40) and r["difference"]]
    entries = Entry.objects.count()
    written = officer.open("screening_difference", YEAR, format="csv")
    assert "前年度" in written.content.decode("utf-8-sig")
    assert Entry.objects.count() == entries + 1


def test_who_judged_does_not_confirm_the_difference_and_another_person_does(ward: Demo, desk: Desk) -> None:
    until(ward, "対象者の判定")
    answer = desk.sit("W001").send("screening_confirm", YEAR)
    assert answer.status_code == 422
    assert "別の人" in text(answer)
    assert ward.run.state == Run.State.ASSESSED
    other = desk.sit("W002")
    assert other.send("screening_confirm", YEAR).status_code == 303
    assert ward.run.confirmed_by == ward.who("W002")


def test_a_page_from_before_somebody_elses_act_answers_409_and_tells_who_did_what(ward: Demo, desk: Desk) -> None:
    until(ward, "対象者の判定")
    late = desk.sit("W002")
    late.page = late.open("screening_confirm", YEAR)
    assert desk.sit("W002").send("screening_confirm", YEAR).status_code == 303
    answer = late.send("screening_confirm", YEAR, first=False)
    assert answer.status_code == 409
    assert "W002" in text(answer)
    assert "前年度との差の確認" in text(answer)


# --- numbers and glyphs


def test_the_counts_are_shown_before_numbers_are_given_in_a_job(ward: Demo, desk: Desk) -> None:
    until(ward, "前年度との差の確認")
    officer = desk.sit("W001")
    shown = officer.open("screening_numbers", YEAR)
    assert officer.send("screening_numbers", YEAR).status_code == 303
    given = Voucher.objects.filter(run=ward.run)
    assert f"{given.filter(channel='printer').count():,}" in [value for _label, value in shown.context["facts"]]
    assert officer.job().message == f"{given.count():,}人に番号を付けました。"
    assert officer.send("screening_numbers", YEAR).status_code == 303  # a job that refuses, and changes nothing
    assert officer.job().state == Job.State.REFUSED
    assert given.count() == Voucher.objects.filter(run=ward.run).count()


@pytest.fixture
def questions(ward: Demo) -> list[GlyphQuestion]:
    """Two names that the fonts can't draw as meant."""
    run = until(ward, "受診番号・整理番号の付番")
    written_to = Voucher.objects.filter(run=run, channel=Voucher.Channel.PRINTER)
    people = list(Resident.objects.filter(pk__in=written_to.values("person_id"))[:2])
    return [
        GlyphQuestion.objects.create(run=run, person=person, field="name", characters=codes_, problem="異体字")
        for person, codes_ in zip(people, ("U+9089 U+E0102", "U+E000"), strict=True)
    ]


def glyph_list(officer: Desk) -> tuple[str, Any]:
    """Say what for, and open the list."""
    answer = officer.send("screening_glyphs", YEAR, fields={"purpose": "字形の判断"})
    assert answer.status_code == 303
    return answer.url, officer.client.get(answer.url)


def test_the_list_of_glyphs_needs_a_purpose_and_is_a_logged_reading(
    ward: Demo, desk: Desk, questions: list[GlyphQuestion]
) -> None:
    officer = desk.sit("W002")
    assert officer.send("screening_glyphs", YEAR, fields={"purpose": " "}).status_code == 422
    url, shown = glyph_list(officer)
    assert questions[0].person.number in text(shown)
    assert "U+9089 U+E0102" in text(shown)
    assert "<path " in text(shown)  # as the sheets draw it
    assert questions[0].person.number not in url
    assert "no-store" in shown["Cache-Control"]
    last = Entry.objects.filter(act="people.look_up").order_by("-seq")[0]
    assert (last.actor, last.purpose) == ("W002", "字形の判断")
    assert desk.sit("W001").client.get(url).status_code == 404  # another's token is nothing


def test_glyphs_are_decided_several_at_once_and_the_proof_is_finished(
    ward: Demo, desk: Desk, questions: list[GlyphQuestion]
) -> None:
    officer = desk.sit("W002")
    assert officer.send("screening_finish_proof", YEAR).status_code == 422
    url, _shown = glyph_list(officer)
    choices = {f"decision-{questions[0].pk}": "accept", f"decision-{questions[1].pk}": "individual"}
    assert officer.client.post(url, choices).status_code == 303
    assert Stop.objects.filter(run=ward.run, person=questions[1].person, reason="glyph").exists()
    assert officer.send("screening_finish_proof", YEAR).status_code == 303
    assert ward.run.state == Run.State.PROOFED


def test_a_glyph_that_a_colleague_decided_meanwhile_is_told_and_stays_as_decided(
    ward: Demo, desk: Desk, questions: list[GlyphQuestion]
) -> None:
    officer = desk.sit("W002")
    url, _shown = glyph_list(officer)
    assert officer.client.post(url, {f"decision-{questions[0].pk}": "accept"}).status_code == 303
    answer = officer.client.post(url, {f"decision-{questions[0].pk}": "individual"})
    assert answer.status_code == 409
    assert f"No.{questions[0].pk}" in text(answer)
    questions[0].refresh_from_db()
    assert questions[0].decision == "accept"


def test_auditors_and_privacy_officers_open_no_list_of_persons(
    ward: Demo, desk: Desk, questions: list[GlyphQuestion]
) -> None:
    for key in ("W101", "W901"):
        assert desk.sit(key).open("screening_glyphs", YEAR).status_code == 403
        assert desk.sit(key).open("screening_stop_purpose", YEAR).status_code == 403
        assert desk.sit(key).open("screening_stops", YEAR).status_code == 200


def test_the_proof_runs_as_a_job_and_says_what_is_left(ward: Demo, desk: Desk) -> None:
    until(ward, "受診番号・整理番号の付番")
    officer = desk.sit("W001")
    assert officer.send("screening_proof", YEAR).status_code == 303
    assert officer.job().state == Job.State.DONE
    assert "字" in officer.job().message


# --- notice, handing over


def test_the_volume_notice_keeps_who_sends_and_is_had_as_a_pdf(ward: Demo, desk: Desk) -> None:
    until(ward, "字形の確認")
    officer = desk.sit("W001")
    assert officer.open("screening_notice_pdf", YEAR).status_code == 404
    fields = {"planned_on": f"{YEAR}-04-03", "office": "健康づくり課", "telephone": "03-0000-0000"}
    assert officer.send("screening_notice", YEAR, fields=fields).status_code == 303
    notice = VolumeNotice.objects.get(run=ward.run)
    assert (notice.rows, notice.office) == (living(ward.run).count(), "健康づくり課")
    assert officer.open("screening_notice_pdf", YEAR).content.startswith(b"%PDF")


def test_what_goes_to_the_printer_is_shown_by_clause_before_it_is_prepared_in_a_job(ward: Demo, desk: Desk) -> None:
    until(ward, "件数予告")
    officer = desk.sit("W001")
    shown = officer.open("screening_hand_over", YEAR)
    items = {item.name: item for item in shown.context["items"]}
    assert all(item.allowed for item in items.values())
    assert [name for name, item in items.items() if not item.printed] == ["健康診査・がん検診の受診歴及び受診結果"]
    printer = ward.organisation("toppan-edge").pk
    assert officer.send("screening_hand_over", YEAR, fields={"printer": printer}).status_code == 303
    assert officer.job().state == Job.State.DONE
    assert ward.run.handover is not None
    assert "screening_history" not in ward.run.handover.items


def test_only_the_appointed_printer_can_be_chosen(ward: Demo, desk: Desk) -> None:
    until(ward, "件数予告")
    other = ward.organisation("toppan-cp").pk
    answer = desk.sit("W001").send("screening_hand_over", YEAR, fields={"printer": other})
    assert answer.status_code == 422
    assert ward.run.handover is None


def test_the_history_goes_only_with_a_reason(ward: Demo, desk: Desk) -> None:
    until(ward, "件数予告")
    officer, printer = desk.sit("W001"), ward.organisation("toppan-edge").pk
    answer = officer.send("screening_hand_over", YEAR, fields={"printer": printer, "with_history": "on"})
    assert answer.status_code == 422
    assert "理由" in text(answer)


def test_who_died_after_numbering_is_shown_and_taken_out_before_anything_goes(ward: Demo, desk: Desk) -> None:
    run = until(ward, "件数予告")
    voucher = Voucher.objects.filter(run=run, channel="printer").order_by("pk")[0]
    Resident.objects.filter(pk=voucher.person_id).update(died_on=date(YEAR, 4, 2))
    officer = desk.sit("W002", ward.at(4, 3))
    assert ("死亡", 1) in officer.open("screening_hand_over", YEAR).context["stopped"]
    officer.send("screening_hand_over", YEAR, fields={"printer": ward.organisation("toppan-edge").pk})
    assert officer.job().state == Job.State.REFUSED
    assert officer.send("screening_recheck", YEAR).status_code == 303
    assert not living(run).filter(voucher=voucher).exists()


# --- halts, post, close


def test_a_halt_is_a_banner_and_is_settled_with_cause_and_remedy(ward: Demo, desk: Desk, press: Any) -> None:
    run = before(ward, "発送")
    officer, count = desk.sit("W002", ward.at(4, 25)), living(ward.run).count()
    answer = officer.send("screening_post", YEAR, fields={"pieces": count - 1})
    assert answer.status_code == 422
    assert "数が合いません" in text(answer)
    assert "処理は停止しています" in text(officer.open("screening_run", YEAR))
    assert officer.send("screening_post", YEAR, fields={"pieces": count}).status_code == 422
    assert officer.send("screening_settle_halt", YEAR, fields={"reason": " "}).status_code == 422
    assert officer.send("screening_settle_halt", YEAR, fields={"reason": "数え直した"}).status_code == 303
    assert officer.send("screening_post", YEAR, fields={"pieces": count}).status_code == 303
    run.refresh_from_db()
    assert run.state == Run.State.POSTED
    shown = officer.open("screening_run", YEAR)
    assert "処理は停止しています" not in text(shown)
    assert [line.difference for line in shown.context["totals"]][:5] == [0, 0, 0, 0, 0]


def test_contractors_and_auditors_do_not_settle_a_halt(ward: Demo, desk: Desk, press: Any) -> None:
    until(ward, "受診券の印字")
    Run.objects.update(halted="数が合いません")
    for key in ("W901",):
        assert desk.sit(key).send("screening_settle_halt", YEAR, fields={"reason": "x"}).status_code == 403
    assert ward.run.halted


def test_the_run_is_closed_once_everything_is_posted_and_leaves_no_file(ward: Demo, desk: Desk, press: Any) -> None:
    run = until(ward, "返戻と年度途中の発行")
    folder = printed.late_folder(run)
    folder.mkdir(parents=True)
    officer = desk.sit("W002", ward.at(3, 31, 9))
    assert officer.send("screening_close", YEAR).status_code == 303
    assert ward.run.state == Run.State.CLOSED
    assert not folder.exists()
    assert officer.open("screening_summary", YEAR).content.startswith(b"%PDF")


# --- the ward's own list, late vouchers


def test_the_own_list_is_printed_by_one_and_counted_by_another_and_its_file_goes(
    ward: Demo, desk: Desk, press: Any
) -> None:
    run = until(ward, "発送")
    first, second = desk.sit("W001", ward.at(4, 25)), desk.sit("W002", ward.at(4, 25))
    own = living(run, Voucher.Channel.WARD).count()
    assert own
    sender = {"office": "健康づくり課", "telephone": "03-0000-0000"}
    assert first.send("screening_own_list", YEAR, fields=sender).status_code == 303
    assert first.job().state == Job.State.DONE
    (printed.own_folder(run) / "00001.json").write_text('{"first": 1, "pages": 1, "pdf_sha256": ""}')
    assert first.open("screening_own_file", YEAR, 1).content == b"%PDF-"
    assert Entry.objects.order_by("-seq")[0].purpose == "区の直接送付分のファイルの取出し"
    assert first.send("screening_post_own_list", YEAR, fields={"pieces": own}).status_code == 422
    assert second.send("screening_post_own_list", YEAR, fields={"pieces": own + 1}).status_code == 422
    assert second.send("screening_post_own_list", YEAR, fields={"pieces": own}).status_code == 303
    assert second.open("screening_own_file", YEAR, 1).status_code == 404


@pytest.fixture
def waiting(ward: Demo, press: Any) -> Sheet:
    """A late voucher that W001 prepared."""
    run = until(ward, "発送")
    voucher = Voucher.objects.filter(run=run, channel="printer").order_by("pk")[0]
    individual.issue_late(
        run=run, person=voucher.person, reason="紛失", by=ward.who("W001"), now=ward.at(5, 12)
    )  # fmt: skip
    return voucher.sheets.exclude(state="voided").get()


def test_a_late_voucher_is_checked_and_released_by_another_person(ward: Demo, desk: Desk, waiting: Sheet) -> None:
    first, second = desk.sit("W001", ward.at(5, 12)), desk.sit("W002", ward.at(5, 12))
    sender = {"office": "健康づくり課", "telephone": "03-0000-0000"}
    assert waiting.code in text(first.open("screening_release_late"))
    assert first.send("screening_release_late_one", waiting.code, fields=sender).status_code == 422
    shown = second.open("screening_release_late_one", waiting.code)
    name = waiting.voucher.person.alias_name or waiting.voucher.person.name
    assert name in text(shown)
    assert Entry.objects.order_by("-seq")[0].purpose == "年度途中の発行の放出前の確認"
    assert second.open("screening_late_file", waiting.code).status_code == 404
    assert second.send("screening_release_late_one", waiting.code, fields=sender).status_code == 303
    waiting.refresh_from_db()
    assert (waiting.state, waiting.approved_by) == ("posted", "W002")


# --- returned mail, holds


def test_returned_mail_is_recorded_piece_after_piece_and_a_wrong_code_is_refused(
    ward: Demo, desk: Desk, press: Any
) -> None:
    run = until(ward, "発送")
    officer, posted = desk.sit("W001", ward.at(5, 20)), codes(run)
    for code in posted[:2]:
        answer = officer.send("screening_returned_mail", fields={"code": code.lower(), "cause": "転居先不明"})
        assert (answer.status_code, answer.url) == (303, "/screening/returned-mail/")
    assert officer.send("screening_returned_mail", fields={"code": "xxx", "cause": "その他"}).status_code == 422
    again = officer.send("screening_returned_mail", fields={"code": posted[0], "cause": "その他"})
    assert again.status_code == 409
    assert AddressHold.objects.filter(lifted_at=None).count() == 2


def test_a_hold_is_lifted_with_a_reason_and_its_page_names_nobody(ward: Demo, desk: Desk, press: Any) -> None:
    run = until(ward, "発送")
    hold = individual.record_returned_mail(
        code=codes(run)[0], cause="転居先不明", by=ward.who("W001"), now=ward.at(5, 20)
    )
    officer = desk.sit("W002", ward.at(5, 21))
    shown = text(officer.open("screening_holds"))
    assert hold.sheet is not None
    assert hold.sheet.code in shown
    assert hold.person.number not in shown
    assert officer.send("screening_lift_hold", hold.pk, fields={"reason": ""}).status_code == 422
    assert officer.send("screening_lift_hold", hold.pk, fields={"reason": "住所を確かめた"}).status_code == 303
    assert officer.open("screening_lift_hold", hold.pk).status_code == 404


# --- who was stopped


def test_the_stopped_are_counts_for_all_and_a_logged_list_for_officers(ward: Demo, desk: Desk) -> None:
    run = until(ward, "対象者の判定")
    officer = desk.sit("W001")
    stop = Stop.objects.filter(run=run).select_related("person")[0]
    assert stop.person.number not in text(officer.open("screening_stops", YEAR))
    answer = officer.send("screening_stop_purpose", YEAR, fields={"purpose": "発送前の確認", "reason": stop.reason})
    shown = officer.client.get(answer.url)
    assert stop.person.number in text(shown)
    assert stop.person.number not in answer.url
    last = Entry.objects.order_by("-seq")[0]
    assert (last.act, last.purpose) == ("people.look_up", "発送前の確認")


# --- reprints


@pytest.fixture
def asked(ward: Demo, press: Any) -> ReprintRequest:
    run = until(ward, "受診券の印字")
    return reprints.request_reprint(
        run=run, code=codes(run)[0], reason="断裁機での汚損", by=ward.who("E001"), now=ward.at(4, 8)
    )


def test_a_reprint_is_approved_by_an_officer_once(ward: Demo, desk: Desk, asked: ReprintRequest) -> None:
    officer = desk.sit("W002", ward.at(4, 8))
    assert asked.code in text(officer.open("screening_reprints", YEAR))
    late = desk.sit("W001", ward.at(4, 8))
    late.page = late.open("screening_reprint", YEAR, asked.pk)
    assert desk.sit("W901").send("screening_reprint", YEAR, asked.pk).status_code == 403
    assert officer.send("screening_reprint", YEAR, asked.pk).status_code == 303
    asked.refresh_from_db()
    assert asked.sheet is not None
    assert asked.sheet.code in codes(ward.run)
    assert late.send("screening_reprint", YEAR, asked.pk, first=False).status_code == 409
    assert Sheet.objects.filter(reprint_of__isnull=False).count() == 1


def test_a_reprint_is_declined_with_a_reason_and_the_sheet_stays(ward: Demo, desk: Desk, asked: ReprintRequest) -> None:
    officer = desk.sit("W002", ward.at(4, 8))
    assert officer.send("screening_decline_reprint", YEAR, asked.pk, fields={"remark": " "}).status_code == 422
    fields = {"remark": "汚れは切り落とす所にある"}
    assert officer.send("screening_decline_reprint", YEAR, asked.pk, fields=fields).status_code == 303
    assert asked.code in codes(ward.run)


# --- what a page costs, and the night of 31 March


def test_the_runs_page_takes_a_fixed_number_of_queries_anew_and_hardly_any_again(
    ward: Demo, desk: Desk, press: Any
) -> None:
    until(ward, "発送")
    officer = desk.sit("W001", ward.at(4, 26))
    officer.open("screening_run", YEAR)
    unchanged.forget()
    with CaptureQueriesContext(connection) as anew:
        shown = officer.open("screening_run", YEAR)
    with CaptureQueriesContext(connection) as again:
        assert "処理の道すじ" in text(officer.open("screening_run", YEAR))
    assert len(anew) <= 26, "\n".join(query["sql"][:200] for query in anew)
    assert len(again) <= 5, "\n".join(query["sql"][:200] for query in again)
    assert len(shown.content) < MOST_BYTES
    assert not [q for q in anew if '"screening_assessment"' in q["sql"]]


def test_a_kept_page_of_the_run_is_each_roles_own(ward: Demo, desk: Desk) -> None:
    until(ward, "対象者の判定")
    officer, auditor = desk.sit("W001"), desk.sit("W901")
    for _twice in range(2):
        assert "返戻を記録する" in text(officer.open("screening_run", YEAR))
        assert "返戻による保留" not in text(auditor.open("screening_run", YEAR))


@pytest.mark.parametrize(
    ("name", "most"),
    [("screening_runs", 15), ("screening_difference", 15), ("screening_stops", 15), ("screening_reprints", 15)],
)
def test_the_lists_cost_a_fixed_number_of_queries(ward: Demo, desk: Desk, press: Any, name: str, most: int) -> None:
    until(ward, "受診券の印字")
    officer = desk.sit("W001")
    with CaptureQueriesContext(connection) as found:
        answer = officer.open(name, *([] if name == "screening_runs" else [YEAR]))
    assert len(found) <= most
    assert len(answer.content) < MOST_BYTES


def test_midnight_of_31_march_leaves_the_run_its_year_and_says_what_is_no_longer_permitted(
    ward: Demo, desk: Desk, press: Any
) -> None:
    until(ward, "件数予告")
    evening, morning = ward.at(3, 31, 23), ward.at(3, 31, 23).replace(year=YEAR + 1, month=4, day=1, hour=0)
    officer = desk.sit("W001", evening)
    before_midnight = officer.open("screening_run", YEAR)
    assert not before_midnight.context["year_passed"]
    assert before_midnight.context["not_permitted"] == []
    officer.page = officer.open("screening_hand_over", YEAR)
    officer.at = morning
    after = officer.open("screening_run", YEAR)
    assert after.context["year_passed"]
    assert after.context["not_permitted"]
    assert after.context["not_permitted"][0] in text(after)
    officer.send("screening_hand_over", YEAR, fields={"printer": ward.organisation("toppan-edge").pk}, first=False)
    assert officer.job().state == Job.State.REFUSED
    assert ward.run.fiscal_year == YEAR
    assert ward.run.handover is None


def test_a_year_that_nobody_began_is_not_there(ward: Demo, desk: Desk) -> None:
    assert desk.sit("W001").open("screening_run", 2099).status_code == 404


def test_the_history_comes_in_with_its_note_and_the_upload_does_not_stay(
    ward: Demo, desk: Desk, tmp_path: Any, settings: Any
) -> None:
    officer = desk.sit("W001")
    files = ward.ward_files
    with files.history.open("rb") as file:
        assert officer.send("screening_history", fields={"file": file}).status_code == 422
    with files.history.open("rb") as file, files.history_note.open("rb") as note:
        assert officer.send("screening_history", fields={"file": file, "note": note}).status_code == 303
    assert officer.job().state == Job.State.DONE
    assert list((settings.AZUKARI_VAR / "uploads" / "screening").iterdir()) == []
    with files.history.open("rb") as file:
        officer.send("screening_history", fields={"file": file, "sha256": "0" * 64})
    assert officer.job().state == Job.State.REFUSED
    assert mailing.PRINTER
