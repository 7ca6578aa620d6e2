"""The people of a round: the list and each look in the log, codes on slips, leaving, corrections, reminders."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.programmes.stress_check import work  # noqa: F401 - its jobs are known from then on
from azukari.programmes.stress_check.demo_run import StressCheck
from azukari.programmes.stress_check.letters.envelope import SheetsDoNotFit
from azukari.programmes.stress_check.models import AnswerSheet, Invitation, Login, Respondent, Round
from azukari.programmes.stress_check.steps import invitations, kept_files, people, printing
from azukari.witness.models import Entry

from .stress_press import Press, text
from .stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "④' ウェブの回答"
SITE = "https://check.example.jp"


def last() -> Entry:
    return Entry.objects.order_by("-seq")[0]


@pytest.fixture
def press(monkeypatch: pytest.MonkeyPatch) -> Press:
    stand_in = Press()
    monkeypatch.setattr(printing, "slips_pdf", stand_in)
    return stand_in


@pytest.fixture
def clerk(check: StressCheck, check_desk: CheckDesk, settings: Any, tmp_path: Any) -> CheckDesk:
    settings.AZUKARI_VAR = tmp_path / "var"
    return check_desk.sit("K001", check.at(6, 20, 12))


@pytest.fixture
def waiting(check: StressCheck) -> Respondent:
    """Somebody on the web who has a code, never came in, and has not answered."""
    asked = Respondent.objects.filter(round=check.round, answered_at=None, by_paper=False, login=None)
    return asked.order_by("section", "employee_number")[0]


@pytest.fixture
def answered(check: StressCheck) -> Respondent:
    done = Respondent.objects.filter(round=check.round, answered_at__isnull=False, by_paper=False)
    return done.order_by("section", "employee_number")[0]


# --- the list


def test_names_that_would_not_be_printed_as_meant_are_told_by_number_and_logged(
    clerk: CheckDesk, check: StressCheck, answered: Respondent
) -> None:
    page = text(clerk.open("stress_glyphs", YEAR))
    assert "そのまま印字されます" in page
    # given a character of the ward's own, of which nobody knows which one it is
    Respondent.objects.filter(pk=answered.pk).update(name="見本\ue000 太郎")
    page = text(clerk.open("stress_glyphs", YEAR))
    assert "1人です" in page
    assert answered.employee_number in page
    assert "U+E000" in page
    assert "見本" not in page
    assert (last().act, last().purpose, last().details_read["persons"]) == ("stress.work", "氏名と所属の字形の確認", 1)
    assert "字形を確かめる" in text(clerk.open("stress_staff", YEAR))


def test_what_is_printed_is_drawn_with_the_fonts_of_this_instance(
    clerk: CheckDesk, check: StressCheck, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(printing, "slips_pdf", lambda *_a, **options: given.update(options) or b"%PDF-1.7")
    settings.AZUKARI_FONTS = (tmp_path,)
    fields = {"whom": "without", "kind": "slip", "site": SITE}
    Invitation.objects.filter(respondent__answered_at=None).update(voided_at=check.at(6, 19))
    clerk.send("stress_issue", YEAR, fields=fields)
    assert given["fonts"] == (tmp_path,)


def test_the_list_names_people_and_each_look_is_in_the_log(clerk: CheckDesk, check: StressCheck) -> None:
    page = text(clerk.open("stress_staff", YEAR))
    total = Respondent.objects.filter(round=check.round).count()
    assert f"{total}件" in page
    first = Respondent.objects.filter(round=check.round).order_by("section", "employee_number")[0]
    assert first.name in page
    entry = last()
    assert (entry.actor, entry.act, entry.purpose) == ("K001", "stress.work", "対象者の一覧の表示")
    assert entry.details_read["persons"] == min(total, 50)


@pytest.mark.parametrize("state", ["unanswered", "answered", "uninvited", "not_in", "paper", "left"])
def test_a_filter_shows_those_people_alone(
    clerk: CheckDesk, check: StressCheck, waiting: Respondent, answered: Respondent, state: str
) -> None:
    Respondent.objects.filter(pk=Respondent.objects.filter(by_paper=True)[0].pk).update(left_on=check.at(6, 1).date())
    Invitation.objects.filter(respondent=waiting).update(voided_at=check.at(6, 5))
    page = text(clerk.open("stress_staff", YEAR, state=state))
    right = state in {"unanswered", "uninvited"}
    assert (waiting.employee_number in page) == right
    assert (answered.employee_number in page) == (state == "answered")


def test_the_list_by_division_holds_nobody_of_another(clerk: CheckDesk, check: StressCheck) -> None:
    divisions = people.divisions(check.round)
    name = next(iter(divisions))
    page = clerk.open("stress_staff", YEAR, division=name)
    count = Respondent.objects.filter(round=check.round, section__in=divisions[name]).count()
    assert page.context["table"].total == count
    assert clerk.open("stress_staff", YEAR, division="ない部").status_code == 422


def test_the_list_as_a_file_is_logged_with_everybody_on_it(clerk: CheckDesk, check: StressCheck) -> None:
    answer = clerk.open("stress_staff", YEAR, format="csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    total = Respondent.objects.filter(round=check.round).count()
    assert len(rows) == total + 1
    entry = Entry.objects.get(purpose="対象者の氏名と所属の書き出し", actor="K001")
    assert entry.details_read["persons"] == total
    assert "stress-staff-" in answer["Content-Disposition"]


def test_the_list_is_a_bounded_page_for_a_whole_ward(clerk: CheckDesk, check: StressCheck) -> None:
    clerk.open("stress_staff", YEAR)
    with CaptureQueriesContext(connection) as few:
        clerk.open("stress_staff", YEAR)
    section = Respondent.objects.filter(round=check.round)[0].section
    Respondent.objects.bulk_create(
        Respondent(
            round=check.round, reference=f"{n:032x}", employee_number=f"X{n:06d}", name="見本 多数", section=section
        )
        for n in range(1, 700)
    )
    with CaptureQueriesContext(connection) as many:
        page = clerk.open("stress_staff", YEAR)
    assert len(many) <= len(few) <= 30
    assert len(page.content) < 100_000


# --- one person


def test_somebody_who_telephones_is_found_by_number_and_the_address_does_not_name_them(
    clerk: CheckDesk, waiting: Respondent
) -> None:
    answer = clerk.send("stress_find_person", YEAR, fields={"employee_number": f" {waiting.employee_number} "})
    assert answer.status_code == 303
    assert answer.url.endswith(f"/staff/{waiting.pk}/")
    assert last().purpose == "対象者の照会"
    wrong = clerk.send("stress_find_person", YEAR, fields={"employee_number": "999999999"})
    assert wrong.status_code == 422
    assert "対象者にいません" in text(wrong)


def test_a_persons_page_shows_who_and_never_what_was_answered(clerk: CheckDesk, answered: Respondent) -> None:
    page = clerk.open("stress_person", YEAR, answered.pk)
    assert answered.name in text(page)
    assert answered.name not in page.context["title"]
    assert last().purpose == "対象者の表示"
    assert "訂正" not in text(page)
    assert clerk.open("stress_person", YEAR, 999_999).status_code == 404


def test_a_new_code_comes_as_a_slip_at_once_and_the_old_one_is_void(
    clerk: CheckDesk, waiting: Respondent, press: Press
) -> None:
    before = Invitation.objects.get(respondent=waiting, voided_at=None, used_at=None)
    answer = clerk.send("stress_new_code", YEAR, waiting.pk, fields={"site": f"{SITE}/"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert waiting.name not in answer["Content-Disposition"]
    assert answer["Cache-Control"] == "no-store"
    before.refresh_from_db()
    assert before.voided_at is not None
    (slip,) = press.sheets
    assert (slip.name, slip.link) == (waiting.name, SITE)
    fresh = Invitation.objects.get(respondent=waiting, voided_at=None)
    assert fresh.code_hash == invitations.hash_of(slip.code)
    assert f'value="{SITE}"' in text(clerk.open("stress_new_code", YEAR, waiting.pk))  # typed once a session


@pytest.mark.parametrize("site", ["http://check.example.jp", "check", ""])
def test_an_entrance_that_is_not_safe_is_not_printed(
    clerk: CheckDesk, waiting: Respondent, press: Press, site: str
) -> None:
    assert clerk.send("stress_new_code", YEAR, waiting.pk, fields={"site": site}).status_code == 422
    assert not press.sheets


def test_who_answered_gets_no_new_code(clerk: CheckDesk, answered: Respondent, press: Press) -> None:
    answer = clerk.send("stress_new_code", YEAR, answered.pk, fields={"site": SITE})
    assert answer.status_code == 422
    assert "回答した人" in text(answer)


def test_one_person_is_asked_on_paper_with_a_reason(clerk: CheckDesk, waiting: Respondent) -> None:
    assert clerk.send("stress_person_paper", YEAR, waiting.pk).status_code == 422
    answer = clerk.send("stress_person_paper", YEAR, waiting.pk, fields={"reason": "端末を持たない職場"})
    waiting.refresh_from_db()
    assert (answer.status_code, waiting.by_paper) == (303, True)
    assert not Invitation.objects.filter(respondent=waiting, voided_at=None, used_at=None).exists()


def test_leaving_is_recorded_voids_the_code_and_can_be_taken_back(
    clerk: CheckDesk, check: StressCheck, waiting: Respondent
) -> None:
    future = clerk.send("stress_left", YEAR, waiting.pk, fields={"left_on": f"{YEAR}-06-21"})
    assert future.status_code == 422
    assert clerk.send("stress_left", YEAR, waiting.pk, fields={"left_on": f"{YEAR}-06-20"}).status_code == 303
    waiting.refresh_from_db()
    assert waiting.left_on is not None
    assert not Invitation.objects.filter(respondent=waiting, voided_at=None, used_at=None).exists()
    assert "退職の記録を取り消す" in text(clerk.open("stress_person", YEAR, waiting.pk))
    again = clerk.send("stress_left", YEAR, waiting.pk, fields={"left_on": f"{YEAR}-06-20"})
    assert again.status_code == 409
    assert clerk.send("stress_undo_left", YEAR, waiting.pk, fields={"reason": "番号の誤り"}).status_code == 303
    waiting.refresh_from_db()
    assert waiting.left_on is None


def test_an_implementer_alone_lets_answers_be_corrected(
    clerk: CheckDesk, check: StressCheck, answered: Respondent
) -> None:
    assert clerk.open("stress_reopen", YEAR, answered.pk).status_code == 403
    doctor = clerk.sit("K101")
    assert "回答の訂正を認める" in text(doctor.open("stress_person", YEAR, answered.pk))
    assert doctor.send("stress_reopen", YEAR, answered.pk, fields={"reason": ""}).status_code == 422
    answer = doctor.send("stress_reopen", YEAR, answered.pk, fields={"reason": "本人が電話で申し出た"})
    assert answer.status_code == 303
    sheet = AnswerSheet.objects.get(respondent=answered)
    assert (sheet.reopened_by, sheet.reopened_at is not None) == ("K101", True)
    answered.refresh_from_db()
    assert answered.answered_at is None


# --- invitations: a file for who made it


def issue(sitting: CheckDesk, **fields: str) -> Any:
    return sitting.send("stress_issue", YEAR, fields={"whom": "not_in", "kind": "slip", "site": SITE, **fields})


@pytest.fixture
def not_in(check: StressCheck) -> int:
    return people.standing(check.round).not_in


def take(sitting: CheckDesk, token: str) -> Any:
    sitting._here()
    return sitting.client.post(f"/stress/{YEAR}/files/{token}/")


def kept(check: StressCheck, sitting: CheckDesk, key: str = "K001") -> list[kept_files.Kept]:
    return kept_files.waiting(round_=check.round, by=check.who(key), now=sitting.at)


def test_slips_for_who_never_came_in_wait_sealed_for_the_one_who_made_them(
    clerk: CheckDesk, check: StressCheck, press: Press, not_in: int
) -> None:
    assert issue(clerk).status_code == 303
    assert clerk.job().state == "done", clerk.job().message
    assert len(press.sheets) == not_in > 0
    (file,) = kept(check, clerk)
    sealed = file.path.read_bytes()
    assert b"PDF" not in sealed
    assert press.sheets[0].code.encode() not in sealed
    page = text(clerk.open("stress_invitations", YEAR))
    assert file.token in page
    answer = take(clerk, file.token)
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")
    assert last().purpose == "案内・調査票のファイルの取出し"
    assert not any(one.code in str(clerk.job().arguments) + clerk.job().message for one in press.sheets)


def test_nobody_else_can_take_the_file(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    issue(clerk)
    (file,) = kept(check, clerk)
    for key in ("K002", "K101"):
        other = clerk.sit(key)
        assert file.token not in text(other.open("stress_invitations", YEAR))
        assert take(other, file.token).status_code == 403
    assert take(clerk.sit("K901"), file.token).status_code == 403


def test_after_a_day_the_file_is_gone(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    issue(clerk)
    (file,) = kept(check, clerk)
    assert file.until == file.made_at + timedelta(hours=24)
    just = clerk.sit("K001", file.until - timedelta(seconds=1))
    assert take(just, file.token).status_code == 200
    late = clerk.sit("K001", file.until)
    assert take(late, file.token).status_code == 403
    assert not file.path.exists()


def test_the_file_can_be_removed_before_its_time(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    issue(clerk)
    (file,) = kept(check, clerk)
    assert clerk.send("stress_discard_file", YEAR, file.token).status_code == 303
    assert not file.path.exists()
    assert take(clerk, file.token).status_code == 403


def test_links_for_mail_hold_number_and_address_and_no_name(
    clerk: CheckDesk, check: StressCheck, press: Press, not_in: int
) -> None:
    issue(clerk, kind="mail")
    (file,) = kept(check, clerk)
    answer = take(clerk, file.token)
    head, *rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert head == ["職員番号", "入口のアドレス"]
    assert len(rows) == not_in
    number, link = rows[0]
    code = link.removeprefix(f"{SITE}/enter/").rstrip("/")
    found = Invitation.objects.get(code_hash=invitations.hash_of(code))
    assert (found.respondent.employee_number, found.kind) == (number, "mail")


def test_a_slip_that_cannot_be_set_leaves_every_old_code_as_it_was(
    clerk: CheckDesk, check: StressCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> bytes:
        raise SheetsDoNotFit([(1, "所属", 400)])

    monkeypatch.setattr(printing, "slips_pdf", broken)
    before = list(Invitation.objects.filter(voided_at=None).order_by("pk").values_list("pk", flat=True))
    issue(clerk)
    assert clerk.job().state == "refused"
    assert "1枚も作成していません" in clerk.job().message
    assert list(Invitation.objects.filter(voided_at=None).order_by("pk").values_list("pk", flat=True)) == before
    assert not kept(check, clerk)


def test_nobody_without_a_code_means_nothing_is_issued(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    issue(clerk, whom="without")
    assert clerk.job().state == "refused"
    assert "案内を出す人がいません" in clerk.job().message


def test_who_came_in_or_left_gets_no_second_slip(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    inside = set(Login.objects.values_list("respondent__employee_number", flat=True))
    gone = Respondent.objects.filter(round=check.round, answered_at=None, by_paper=False, login=None)[0]
    Respondent.objects.filter(pk=gone.pk).update(left_on=check.at(6, 1).date())
    issue(clerk)
    numbers = {one.employee_number for one in press.sheets}
    assert numbers
    assert not numbers & (inside | {gone.employee_number})


def test_once_the_round_is_closed_no_code_is_issued(clerk: CheckDesk, check: StressCheck, press: Press) -> None:
    Round.objects.update(state="closed")
    assert "準備中と回答受付中に出せます" in text(clerk.open("stress_invitations", YEAR))
    issue(clerk)
    assert clerk.job().state == "refused"


# --- reminders


def test_the_page_of_reminders_names_nobody_and_the_file_is_logged(clerk: CheckDesk, check: StressCheck) -> None:
    left = Respondent.objects.filter(round=check.round, answered_at=None)
    page = text(clerk.open("stress_reminders", YEAR))
    assert not any(one.name in page for one in left)
    answer = clerk.client.post(f"/stress/{YEAR}/reminders/list/", {"format": "csv"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {one.employee_number for one in left}
    assert Entry.objects.filter(purpose="未回答者の確認", actor="K001").count() == 1
    assert clerk.open("stress_unanswered", YEAR).status_code == 405
