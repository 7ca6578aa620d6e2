"""The groups, the delivery to the ward and the end of the site, in a browser without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from azukari.custody import handovers
from azukari.custody.models import Handover
from azukari.programmes.stress_check.demo_run import OFFICE, StressCheck
from azukari.programmes.stress_check.models import GroupRelease, Interview, Respondent, Result, Round
from azukari.programmes.stress_check.steps import analysis, delivery, interviews, own_result
from azukari.programmes.stress_check.steps.state import DELIVERY
from azukari.web.models import Job
from azukari.witness.models import Entry
from tests.integration.web.stress_stage import YEAR, CheckDesk, check, check_desk, checked

__all__ = ["check", "check_desk", "checked"]

STAGE = "結果の閲覧・同意・申出"
MOST_BYTES = 100_000


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The typesetter's stand-in: what stands in the report is tested with the letters."""
    monkeypatch.setattr(delivery, "group_pdf", lambda *_a, **_k: b"%PDF-1.7 groups")


@pytest.fixture
def worked_out(check: StressCheck) -> GroupRelease:
    """An analysis by a clerk, waiting for an implementer."""
    return analysis.prepare_release(round_=check.round, by=check.who("K001"), now=check.at(8, 20))


@pytest.fixture
def let_out(check: StressCheck, worked_out: GroupRelease) -> GroupRelease:
    analysis.let_out(release=worked_out, by=check.who("K101"), now=check.at(8, 21))
    return worked_out


# --- the groups


def test_a_job_works_the_groups_out_and_another_lets_them_out(check: StressCheck, check_desk: CheckDesk) -> None:
    desk = check_desk.sit("K101", check.at(8, 20))
    assert "集団分析をまだ作っていません" in text(desk.open("stress_groups", YEAR))
    assert desk.send("stress_groups_prepare", YEAR).status_code == 303
    assert desk.job().state == Job.State.DONE, desk.job().message
    assert "放出は別の実施者が行います" in text(desk.open("stress_groups", YEAR))
    assert desk.send("stress_groups_let_out", YEAR, 1).status_code == 422
    other = check_desk.sit("K102", check.at(8, 21))
    assert other.send("stress_groups_let_out", YEAR, 1).status_code == 303
    assert GroupRelease.objects.get().released_by == check.who("K102")


def test_a_clerk_may_not_let_the_figures_out(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    desk = check_desk.sit("K002", check.at(8, 21))
    assert "確かめて放出する" not in text(desk.open("stress_groups", YEAR))
    assert desk.send("stress_groups_let_out", YEAR, 1).status_code == 403
    worked_out.refresh_from_db()
    assert worked_out.released_at is None


def test_one_that_waits_can_be_discarded_and_one_let_out_can_not(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    desk = check_desk.sit("K001", check.at(8, 21))
    assert desk.send("stress_groups_discard", YEAR, 1).status_code == 303
    assert not GroupRelease.objects.exists()
    made = analysis.prepare_release(round_=check.round, by=check.who("K001"), now=check.at(8, 22))
    analysis.let_out(release=made, by=check.who("K101"), now=check.at(8, 22))
    assert desk.send("stress_groups_discard", YEAR, made.number).status_code == 409


def test_the_page_shows_charts_with_their_figures_and_says_what_is_withheld(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    shown = check_desk.sit("K101", check.at(8, 21)).open("stress_groups", YEAR, sex="female")
    page = text(shown)
    assert page.count('role="img"') == 2
    assert shown.context["charts"].sex == "女性"
    assert shown.context["chart_set"].name in page
    assert "＊" in page
    assert "10人未満" in page
    assert len(page.encode()) < MOST_BYTES


def test_no_filter_shows_more_than_the_published_rows(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    desk = check_desk.sit("K101", check.at(8, 21))
    all_ = desk.open("stress_groups", YEAR).context["table"]
    withheld = desk.open("stress_groups", YEAR, shown="withheld", kind="", depth="").context["table"]
    published = desk.open("stress_groups", YEAR, shown="published", kind="", depth="").context["table"]
    assert withheld.total == worked_out.withheld
    assert published.total == worked_out.groups
    assert all_.total == worked_out.withheld + worked_out.groups
    assert {row["answered"] for row in withheld.chosen} == {None}
    assert min(row["answered"] for row in published.chosen) >= 10


def test_filtering_down_to_one_small_group_exports_stars_alone(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    desk = check_desk.sit("K101", check.at(8, 21))
    before = Entry.objects.count()
    answer = desk.open("stress_groups", YEAR, shown="withheld", kind="", depth="1", format="csv")
    head, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert "高ストレス（人）" in head
    assert lines
    assert all(line.count("＊") >= 10 for line in lines)
    assert Entry.objects.count() == before + 1


def test_a_depth_that_is_not_offered_is_refused(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    assert check_desk.sit("K101", check.at(8, 21)).open("stress_groups", YEAR, depth="99").status_code == 422


def test_the_groups_page_costs_the_same_for_every_edition(
    check: StressCheck, check_desk: CheckDesk, let_out: GroupRelease
) -> None:
    desk = check_desk.sit("K101", check.at(8, 21))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.open("stress_groups", YEAR)
        return len(queries)

    cost()
    before = cost()
    kept = GroupRelease.objects.get(pk=let_out.pk)
    for number in range(2, 12):
        kept.pk, kept.number = None, number
        kept.save(force_insert=True)
    assert cost() == before < 60


# --- the delivery


def test_the_delivery_counts_who_consents_and_goes_to_the_handover(
    check: StressCheck, check_desk: CheckDesk, let_out: GroupRelease
) -> None:
    desk = check_desk.sit("K001", check.at(9, 1))
    count = len(delivery.consented(check.round))
    assert count
    assert ("結果を渡す人（知らせた後に同意し、取り消していない人）", f"{count}人") in desk.open(
        "stress_delivery_prepare", YEAR
    ).context["facts"]
    answer = desk.send("stress_delivery_prepare", YEAR, fields={"office": OFFICE})
    made = Handover.objects.get(step=DELIVERY)
    assert answer["Location"].endswith(f"/sent/{made.number}/")
    assert made.rows == count
    assert made.number in text(desk.open("stress_delivery", YEAR))


def test_a_consent_taken_back_is_not_delivered(
    check: StressCheck, check_desk: CheckDesk, let_out: GroupRelease
) -> None:
    person = delivery.consented(check.round)[0].respondent
    own_result.withdraw(person=Respondent.objects.select_related("round").get(pk=person.pk), now=check.at(8, 30))
    check_desk.sit("K001", check.at(9, 1)).send("stress_delivery_prepare", YEAR, fields={"office": OFFICE})
    there = set(Handover.objects.get(step=DELIVERY).people.values_list("reference", flat=True))
    assert person.reference not in there


def test_nothing_is_delivered_before_the_figures_were_let_out(
    check: StressCheck, check_desk: CheckDesk, worked_out: GroupRelease
) -> None:
    desk = check_desk.sit("K001", check.at(9, 1))
    assert "放出した版がありません" in text(desk.open("stress_delivery", YEAR))
    answer = desk.send("stress_delivery_prepare", YEAR, fields={"office": OFFICE})
    assert answer.status_code == 422
    assert "集団分析が放出されていません" in text(answer)


@pytest.fixture
def prepared(check: StressCheck, let_out: GroupRelease) -> Handover:
    return delivery.prepare_delivery(
        round_=check.round, release=let_out, office=OFFICE, by=check.who("K001"), now=check.at(9, 1)
    )


def test_the_password_is_told_to_the_responsible_handler_after_the_release_alone(
    check: StressCheck, check_desk: CheckDesk, let_out: GroupRelease, prepared: Handover
) -> None:
    desk = check_desk.sit("K901", check.at(9, 2))
    assert desk.send("stress_workbook_password", YEAR).status_code == 422
    handovers.seal(handover=prepared, by=check.who("K001"), now=check.at(9, 1, 11))
    handovers.release(handover=prepared, by=check.who("K901"), now=check.at(9, 1, 13))
    let_out.refresh_from_db()
    word = delivery.workbook_password(let_out)
    assert word not in text(desk.open("stress_delivery", YEAR))
    assert word not in text(desk.open("stress_workbook_password", YEAR))
    answer = desk.send("stress_workbook_password", YEAR)
    assert answer.status_code == 200
    assert word in text(answer)
    assert answer["Cache-Control"] == "no-store"
    assert Entry.objects.order_by("-seq")[0].purpose == "報告書（Excel）のパスワードの通知"
    assert check_desk.sit("K001", check.at(9, 2)).open("stress_workbook_password", YEAR).status_code == 403


def test_who_has_no_duty_and_is_not_responsible_sees_no_delivery(check: StressCheck, check_desk: CheckDesk) -> None:
    assert check_desk.sit("K103", check.at(9, 2)).open("stress_delivery", YEAR).status_code == 403
    assert check_desk.sit("K901", check.at(9, 2)).open("stress_delivery", YEAR).status_code == 200


# --- the end


@pytest.fixture
def nobody_waits(check: StressCheck) -> None:
    """All who applied took it back."""
    for one in Interview.objects.filter(held_on=None):
        interviews.drop(interview=one, reason="本人の申出（デモ）", by=check.who("K001"), now=check.at(7, 20))


def test_the_site_ends_after_the_ward_confirmed_and_not_before(
    check: StressCheck, check_desk: CheckDesk, prepared: Handover, nobody_waits: None
) -> None:
    desk = check_desk.sit("K101", check.at(3, 10))
    shown = desk.open("stress_end", YEAR)
    assert [so for _what, so, _beside in shown.context["checks"]][-2:] == [True, False]
    assert desk.send("stress_finish", YEAR).status_code == 422
    Round.objects.update(confirmed_by=check.who("W001"), confirmed_at=check.at(9, 3))
    assert "専用サイトを終了する" not in text(check_desk.sit("K001", check.at(3, 10)).open("stress_end", YEAR))
    assert check_desk.sit("K001", check.at(3, 10)).send("stress_finish", YEAR).status_code == 403
    kept = Result.objects.count()
    gone = Respondent.objects.filter(result=None).count()
    answer = desk.send("stress_finish", YEAR)
    assert answer.status_code == 303
    page = text(desk.open("stress_end", YEAR))
    assert f"{kept}人の結果を封をして残し、回答のない{gone}人は何も残していません" in page
    assert check.round.state == Round.State.FINISHED


def test_an_application_without_its_opinion_keeps_the_site_open(
    check: StressCheck, check_desk: CheckDesk, prepared: Handover
) -> None:
    Round.objects.update(confirmed_by=check.who("W001"), confirmed_at=check.at(9, 3))
    desk = check_desk.sit("K101", check.at(3, 10))
    page = text(desk.open("stress_end", YEAR))
    assert "残り" in page
    assert "専用サイトを終了する" not in page
    assert desk.send("stress_finish", YEAR).status_code == 422


def test_after_the_end_the_lists_hold_numbers_and_no_names(
    check: StressCheck, check_desk: CheckDesk, prepared: Handover, nobody_waits: None
) -> None:
    names = list(Respondent.objects.values_list("name", flat=True))
    Round.objects.update(confirmed_by=check.who("W001"), confirmed_at=check.at(9, 3))
    desk = check_desk.sit("K101", check.at(3, 10))
    desk.send("stress_finish", YEAR)
    page = text(desk.open("stress_review_list", YEAR))
    assert "No." in page
    assert not [name for name in names if name in page]
    first = desk.open("stress_review_list", YEAR).context["rows"][0]["one"].result.pk
    assert desk.open("stress_one_result", YEAR, first).status_code == 200


def test_records_past_their_day_are_counted_by_year_and_erased(check: StressCheck, check_desk: CheckDesk) -> None:
    last = max(Result.objects.values_list("keep_until", flat=True))
    count = Result.objects.count()
    on_the_day = check_desk.sit("K101", check.at(7, 1).replace(year=last.year, month=last.month, day=last.day))
    assert on_the_day.open("stress_end", YEAR).context["due"] == []
    later = check_desk.sit("K101", check.at(7, 1).replace(year=last.year + 1))
    shown = later.open("stress_end", YEAR)
    assert shown.context["due"] == [(YEAR, count)]
    assert f"{count}人の記録を消去する" in text(shown)
    assert later.send("stress_erase_due", YEAR).status_code == 303
    assert Result.objects.filter(erased_at=None).count() == 0
    ended = later.open("stress_end", YEAR)
    assert "保存期限の過ぎた記録はありません" in text(ended)
    assert [so for what, so, _beside in ended.context["checks"] if "採点" in what] == [True]
