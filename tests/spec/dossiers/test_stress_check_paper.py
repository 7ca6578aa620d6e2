"""資料3 新宿区職員ストレスチェック: the facts of the paper."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.dossier.permit import Cause, permit
from azukari.dossier.schema import PartyStatus, Renewal
from tests.spec.dossiers.papers import clause, listed, paper

JUNE = date(2025, 6, 1)


def test_eight_items_are_provided_and_only_the_result_is_collected() -> None:
    sheet = clause("stress_check", "stress_work")
    assert sheet.provided == listed("氏名、性別、年齢、生年月日、職員番号、所属名、相当職名、職務名")
    assert sheet.collected == listed("ストレス診断結果")


def test_the_processor_is_chosen_by_tender_and_last_year_s_is_only_a_reference() -> None:
    party = next(each for each in paper("stress_check").parties if each.key == "processor")
    assert party.status is PartyStatus.BY_TENDER
    assert party.note == "競争入札により決定（参考：令和6年度 医療法人社団 こころとからだの元気プラザ）"
    assert permit(paper("stress_check"), "医療法人社団 こころとからだの元気プラザ", "氏名", "提供", JUNE).cause is (
        Cause.UNKNOWN_PARTY
    )


def test_3_500_employees_and_the_period_from_may() -> None:
    dossier = paper("stress_check")
    assert [figure.number for figure in dossier.expected] == [3500]
    period = clause("stress_check", "stress_work").period
    assert (period.start, period.end, period.renewal) == (date(2025, 5, 1), date(2026, 3, 31), Renewal.YEARLY)


def test_there_is_one_sheet_and_no_interconnection() -> None:
    assert [sheet.kind.value for sheet in paper("stress_check").clauses] == ["entrustment"]


@pytest.mark.parametrize("side", ["ward", "party"])
def test_the_checklist_has_the_re_entrustment_and_the_regular_check_lines(side: str) -> None:
    column = next(
        each for each in paper("stress_check").measures if each.carried_out_by == side and each.nature == "operational"
    )
    assert len(column.applied) == 13
    assert {"sub_processor_inspection", "regular_check"} <= set(column.applied)


def test_results_on_paper_are_checked_by_several_people_before_they_leave() -> None:
    step = next(each for each in paper("stress_check").steps if each.number == "⑤")
    assert step.safeguards == ("手渡し又は郵送前の複数名でのチェック",)


def test_earlier_approvals_and_what_changed() -> None:
    dossier = paper("stress_check")
    assert [approval.session for approval in dossier.history] == [
        "平成22年度第6回情報公開・個人情報保護審議会",
        "平成30年度第2回情報公開・個人情報保護審議会",
    ]
    assert [change.before for change in dossier.changes] == ["紙の調査票"]


@pytest.mark.parametrize(
    ("party", "item", "direction", "cause"),
    [
        ("委託先", "職員番号", "提供", Cause.CLAUSE),
        ("委託先", "ストレス診断結果", "収集", Cause.CLAUSE),
        ("委託先", "ストレスチェックの回答", "収集", Cause.GAP),
        ("委託先", "メールアドレス", "提供", Cause.GAP),
        ("委託先", "ID・パスワード", "提供", Cause.GAP),
        ("委託先", "住所", "提供", Cause.GAP),
        ("委託先", "結果提供の同意", "収集", Cause.GAP),
        ("委託先", "電話番号", "提供", Cause.NOT_LISTED),
        ("新宿区", "ストレス診断結果", "閲覧", Cause.GAP),
        ("新宿区", "ストレス診断結果", "記録", Cause.GAP),
        ("新宿区", "職員番号", "提供", Cause.CONTROLLER),
    ],
)
def test_who_may_have_what_in_june_2025(party: str, item: str, direction: str, cause: Cause) -> None:
    decision = permit(paper("stress_check"), party, item, direction, JUNE)
    assert decision.cause is cause
    assert decision.allowed is (cause in (Cause.CLAUSE, Cause.CONTROLLER))


@pytest.mark.parametrize(("on", "cause"), [(date(2025, 4, 30), Cause.NOT_STARTED), (date(2025, 5, 1), Cause.CLAUSE)])
def test_nothing_is_provided_before_may(on: date, cause: Cause) -> None:
    assert permit(paper("stress_check"), "委託先", "氏名", "提供", on).cause is cause
