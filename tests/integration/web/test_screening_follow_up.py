"""The follow-up in a browser without JavaScript: what is due, letters in two pairs of hands, a case until its end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.people.models import Resident
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import FollowUpEvent, FollowUpLetter, ResultRow, TestResult, WorkUp
from azukari.programmes.screening.steps import follow_up, follow_up_files, follow_up_letters
from azukari.programmes.screening.vouchers import Office
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.fixtures.web import prove_again
from tests.integration.run.test_results import accept, line, taken, takers
from tests.integration.run.ward import Press

from .screening_stage import YEAR, Desk, committed, desk, press, until, ward

__all__ = ["committed", "desk", "press", "ward"]

STAGE = "医療機関等の登録と選定"

MOST_BYTES = 100_000
SENDER = {"office": "健康推進課", "telephone": "03-0000-0000"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def cases(ward: Demo, press: Press) -> list[WorkUp]:
    """Three people whose chest X-rays need a further look."""
    until(ward, STAGE)
    accept(ward, taken(ward, *(line(voucher, raw="E1") for voucher in takers(ward)[:3])))
    return list(WorkUp.objects.select_related("person", "result").order_by("pk"))


@pytest.fixture
def officer(ward: Demo, cases: list[WorkUp], desk: Desk) -> Desk:
    """An officer on the day after the first letters were due."""
    due = cases[0].next_due
    assert due is not None
    start = ward.at(11, 2, 10)
    return desk.sit("W001", at=start + timedelta(days=(due - start.date()).days + 1))


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter's stand-in: one file with its note."""

    def draw(sheets: Any, folder: Path, *_: Any, **__: Any) -> list[Any]:
        made = Press()(sheets, folder)
        (folder / "00001.json").write_text(f'{{"first": 1, "pages": {len(list(sheets))}, "pdf_sha256": ""}}')
        return made

    monkeypatch.setattr(follow_up_letters, "render_notices", draw)
    monkeypatch.setattr(follow_up_files, "inquiry_pdf", lambda *_, **__: b"%PDF-enquiry")


def names(cases: list[WorkUp]) -> list[str]:
    return [c.person.name or c.person.alias_name or c.person.latin_name for c in cases]


# --- the work list


def test_the_list_counts_what_is_due_and_marks_what_is_late_in_words(officer: Desk, cases: list[WorkUp]) -> None:
    shown = officer.open("screening_follow_up")
    letter = shown.context["counts"][0][0]
    assert (letter.act, letter.cases, letter.due, letter.overdue) == ("letter", 3, 3, 3)
    assert "期限を1日超過" in text(shown)
    assert "案内を準備する" in text(shown)


def test_the_list_names_nobody_and_neither_does_its_export(officer: Desk, cases: list[WorkUp]) -> None:
    shown = (
        text(officer.open("screening_follow_up")) + officer.open("screening_follow_up", format="csv").content.decode()
    )
    assert not [name for name in names(cases) if name in shown]
    assert f"No.{cases[0].pk}" in shown


def test_the_list_is_narrowed_by_act_due_date_and_state(officer: Desk, cases: list[WorkUp]) -> None:
    def total(**asked: str) -> int:
        return int(officer.open("screening_follow_up", **asked).context["table"].total)

    assert (total(act="letter"), total(act="phone"), total(when="overdue"), total(when="later")) == (3, 0, 3, 0)
    assert (total(state="closed"), total(state="all")) == (0, 3)


def test_no_case_yet_says_where_cases_come_from(ward: Demo, press: Any, desk: Desk) -> None:
    assert "要精検の結果を採用すると" in text(desk.sit("W001").open("screening_follow_up"))


# --- letters


def prepared(officer: Desk) -> FollowUpLetter:
    assert officer.send("screening_prepare_letters", "letter").status_code == 303
    return FollowUpLetter.objects.get()


def test_the_preview_counts_who_is_written_to_and_who_is_not_and_why(officer: Desk, cases: list[WorkUp]) -> None:
    Resident.objects.filter(pk=cases[0].person_id).update(died_on=officer.at.date())
    shown = officer.open("screening_prepare_letters", "letter")
    assert ("送る案件（1件に1通）", "2") in shown.context["facts"]
    assert ("送らない：死亡", "1") in shown.context["facts"]
    assert FollowUpLetter.objects.count() == 0
    assert prepared(officer).letters == 2


def test_when_nobody_is_due_the_page_says_so_and_the_act_is_refused(officer: Desk) -> None:
    assert "送る人がいません" in text(officer.open("screening_prepare_letters", "reminder"))
    assert officer.send("screening_prepare_letters", "reminder").status_code == 422
    assert officer.open("screening_prepare_letters", "phone").status_code == 404


def test_letters_are_drawn_taken_out_and_released_by_another_who_counts(
    officer: Desk, cases: list[WorkUp], drawn: None
) -> None:
    batch = prepared(officer)
    assert officer.send("screening_draw_letters", batch.pk, fields=SENDER).status_code == 303
    assert officer.job().state == Job.State.DONE
    entries = Entry.objects.count()
    file = officer.open("screening_letter_file", batch.pk, 1)
    assert file["Content-Type"] == "application/pdf"
    assert Entry.objects.count() == entries + 1
    assert officer.open("screening_letter_file", batch.pk, 2).status_code == 404
    own = officer.send("screening_release_letters", batch.pk, fields={"pieces": 3})
    assert own.status_code == 422
    other = officer.sit("W002")
    assert other.send("screening_release_letters", batch.pk, fields={"pieces": 2}).status_code == 422
    prove_again(other.client, batch.prepared_by.__class__.objects.get(key="W002"))
    assert other.send("screening_release_letters", batch.pk, fields={"pieces": 3}).status_code == 303
    assert set(WorkUp.objects.values_list("next_act", flat=True)) == {"reminder"}
    assert officer.open("screening_letter_file", batch.pk, 1).status_code == 404
    assert "発送済み" in text(officer.open("screening_letter_batch", batch.pk))
    assert "発送したもの" in text(officer.open("screening_follow_up_letters"))


def test_releasing_asks_who_one_is_right_before(officer: Desk, drawn: None) -> None:
    batch = prepared(officer)
    other = officer.sit("W002")
    session = other.client.session
    session["account_authentication_methods"] = []
    session.save()
    answer = other.open("screening_release_letters", batch.pk)
    assert answer.status_code in (302, 303)
    assert FollowUpLetter.objects.get().released_at is None


def test_letters_that_a_colleague_released_meanwhile_answer_409(ward: Demo, officer: Desk, drawn: None) -> None:
    batch = prepared(officer)
    late = officer.sit("W002")
    late.page = late.open("screening_release_letters", batch.pk)
    follow_up.release_letters(batch=batch, pieces=3, by=ward.who("W002"), now=officer.at)
    answer = late.send("screening_release_letters", batch.pk, fields={"pieces": 3}, first=False)
    assert answer.status_code == 409


# --- one case


def test_a_case_shows_the_person_through_a_logged_look_and_nowhere_in_title_or_address(
    officer: Desk, cases: list[WorkUp]
) -> None:
    shown = officer.open("screening_case", cases[0].pk)
    assert names(cases)[0] in text(shown)
    title = text(shown).split("<title>")[1].split("</title>")[0]
    assert names(cases)[0] not in title + shown.request["PATH_INFO"]
    last = Entry.objects.order_by("-seq")[0]
    assert (last.act, last.details_read["case"]) == ("result.read", cases[0].pk)
    assert "no-store" in shown["Cache-Control"]


def test_a_case_without_a_report_says_that_it_is_unknown_and_why_it_may_not_end(
    officer: Desk, cases: list[WorkUp]
) -> None:
    shown = text(officer.open("screening_case", cases[0].pk))
    assert "未把握" in shown
    assert "終了は、まだできません" in shown
    answer = officer.send("screening_close_case", cases[0].pk, fields={"reason": "連絡がつかない"})
    assert answer.status_code == 422
    assert "終了できません" in text(answer)


def test_a_call_is_an_event_and_needs_words(officer: Desk, cases: list[WorkUp]) -> None:
    case = cases[0]
    assert officer.send("screening_case_call", case.pk, fields={"note": ""}).status_code == 422
    assert officer.send("screening_case_call", case.pk, fields={"note": "本人。来週受診予定"}).status_code == 303
    assert "来週受診予定" in text(officer.open("screening_case", case.pk))


def test_a_self_report_counts_only_with_all_four_things_told(officer: Desk, cases: list[WorkUp]) -> None:
    case = cases[0]
    told = {"examined_on": f"{YEAR}-11-05", "facility": "架空総合病院", "method": "ct", "outcome": "no_finding"}
    for lacking in ("facility", "method", "outcome", "examined_on"):
        officer.send("screening_self_report", case.pk, fields={**told, lacking: ""})
    shown = text(officer.open("screening_case", case.pk))
    assert "把握として数えない" in shown
    assert "受診日がないため、未把握のまま" in shown
    assert officer.send("screening_self_report", case.pk, fields=told).status_code == 303
    case.refresh_from_db()
    assert (case.outcome, case.next_act) == ("no_finding", "")
    assert "本人からの報告" in text(officer.open("screening_case", case.pk))


def test_a_facilitys_report_needs_its_name_and_then_the_case_can_end_and_be_opened_again(
    officer: Desk, cases: list[WorkUp]
) -> None:
    case = cases[0]
    told = {"examined_on": f"{YEAR}-11-05", "facility": "", "method": "ct", "outcome": "cancer", "detail": "early"}
    assert officer.send("screening_facility_report", case.pk, fields=told).status_code == 422
    told["facility"] = "架空総合病院"
    assert officer.send("screening_facility_report", case.pk, fields=told).status_code == 303
    assert officer.send("screening_close_case", case.pk, fields={"reason": "結果を把握した"}).status_code == 303
    assert "理由を書いて再開する" in text(officer.open("screening_case", case.pk))
    assert officer.send("screening_case_call", case.pk, fields={"note": "x"}).status_code == 409
    assert officer.send("screening_reopen_case", case.pk, fields={"reason": "訂正の報告"}).status_code == 303
    case.refresh_from_db()
    assert case.closed_at is None


def test_a_day_before_the_screening_and_a_detail_without_its_outcome_are_refused(
    officer: Desk, cases: list[WorkUp]
) -> None:
    told = {"examined_on": f"{YEAR}-06-01", "facility": "架空総合病院", "method": "ct", "outcome": "no_finding"}
    assert "検診の受診日より前" in text(officer.send("screening_facility_report", cases[0].pk, fields=told))
    wrong = officer.send("screening_facility_report", cases[0].pk, fields={**told, "detail": "early"})
    assert 'id="id_detail_error"' in text(wrong)
    assert not FollowUpEvent.objects.exists()


def test_known_not_to_have_gone_is_another_thing_than_unknown(officer: Desk, cases: list[WorkUp]) -> None:
    officer.send("screening_not_attended", cases[0].pk, fields={"note": "本人。受診しない意向"})
    assert WorkUp.objects.get(pk=cases[0].pk).outcome == "not_attended"
    assert "未受診" in text(officer.open("screening_case", cases[0].pk))


def test_an_enquiry_is_drawn_written_down_and_its_paper_goes_when_the_case_ends(
    officer: Desk, cases: list[WorkUp], drawn: None
) -> None:
    case = cases[0]
    asked = SENDER | {
        "hospital": "架空総合病院", "postal_code": "160-0000", "address": "架空区架空1-1", "reply_to": "架空区本町1-4-1",
        "reply_by": f"{YEAR}-12-20",
    }  # fmt: skip
    assert officer.send("screening_case_enquiry", case.pk, fields=asked | {"postal_code": "x"}).status_code == 422
    assert officer.send("screening_case_enquiry", case.pk, fields=asked).status_code == 303
    event = FollowUpEvent.objects.get(kind="enquiry")
    assert officer.open("screening_enquiry_file", case.pk, event.pk).content == b"%PDF-enquiry"
    assert officer.open("screening_enquiry_file", cases[1].pk, event.pk).status_code == 404
    officer.send("screening_not_attended", case.pk, fields={"note": "本人に確認"})
    assert officer.send("screening_close_case", case.pk, fields={"reason": "受診しない意向"}).status_code == 303
    assert officer.open("screening_enquiry_file", case.pk, event.pk).status_code == 404


def test_the_paper_to_a_hospital_is_a_pdf(ward: Demo, officer: Desk, cases: list[WorkUp]) -> None:
    hospital = follow_up_files.Hospital("架空総合病院", "1600000", "架空区架空1-1")
    office = Office("架空区", "健康推進課", "03-0000-0000")
    reply = follow_up_files.ReplyTo(office, "架空区本町1-4-1", officer.at.date())
    event = follow_up_files.enquire(
        work_up=cases[0], hospital=hospital, reply=reply, by=ward.who("W001"), now=officer.at
    )
    assert officer.open("screening_enquiry_file", cases[0].pk, event.pk).content.startswith(b"%PDF-")


def test_what_a_colleague_did_meanwhile_is_told_with_409(officer: Desk, cases: list[WorkUp]) -> None:
    case = cases[0]
    late = officer.sit("W002")
    late.page = late.open("screening_case_call", case.pk)
    officer.send("screening_not_attended", case.pk, fields={"note": "本人に確認"})
    answer = late.send("screening_case_call", case.pk, fields={"note": "留守"}, first=False)
    assert answer.status_code == 409
    assert "W001" in text(answer)


@pytest.mark.parametrize("key", ["W101", "W901"])
def test_only_officers_see_cases_and_an_unknown_case_is_404(officer: Desk, cases: list[WorkUp], key: str) -> None:
    assert officer.sit(key).open("screening_case", cases[0].pk).status_code == 403
    assert officer.open("screening_case", 999_999).status_code == 404
    assert officer.open("screening_letter_batch", 999_999).status_code == 404


# --- bounds


def asked(queries: Any) -> int:
    """How many queries the page costs; what an entry costs the log's tree depends on how the tree happens to stand."""
    return sum("witness_treenode" not in query["sql"] for query in queries)


def more(cases: list[WorkUp], number: int) -> None:
    """More cases of the same people, in other years."""
    first = cases[0].result
    batch = first.row.batch
    for n in range(number):
        row = ResultRow.objects.create(batch=batch, line=1_000 + n, stated="{}", state="accepted")
        result = TestResult.objects.create(
            person=first.person, voucher=first.voucher, test=first.test, fiscal_year=1_900 + n,
            examined_on=first.examined_on, institution=first.institution, raw="E1", outcome="work_up",
            needs_work_up=True, row=row, accepted_by="W001", accepted_at=cases[0].opened_at,
        )  # fmt: skip
        WorkUp.objects.create(
            result=result, person=first.person, opened_at=cases[0].opened_at, next_act="letter",
            next_due=cases[0].next_due,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["screening_follow_up", "screening_prepare_letters", "screening_case"])
def test_ten_times_the_cases_cost_no_more_queries_and_pages_stay_small(
    officer: Desk, cases: list[WorkUp], name: str
) -> None:
    args = {"screening_prepare_letters": ("letter",), "screening_case": (cases[0].pk,)}.get(name, ())
    officer.open(name, *args)
    with CaptureQueriesContext(connection) as few:
        officer.open(name, *args)
    more(cases, 60)
    with CaptureQueriesContext(connection) as many:
        answer = officer.open(name, *args)
    assert asked(many) <= asked(few)
    assert len(answer.content) < MOST_BYTES
