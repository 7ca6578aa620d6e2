"""Who may have what, on which day; and a refusal that explains itself."""

from __future__ import annotations

import time
from datetime import date

import pytest

from azukari.dossier.permit import Cause, Decision, force, permit, permit_table, ruling_problems
from azukari.dossier.schema import Clause, Condition, Direction, GapEntry, Kind, Period, Renewal
from tests.unit.dossier.small import renewed, ruling, small

MAY = date(2025, 5, 1)


def ask(party: str, item: str, direction: str, on: date = MAY, **more: object) -> Decision:
    return permit(small(), party, item, direction, on, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("party", "item", "direction", "allowed"),
    [
        ("printer", "name", "provided", True),
        ("印刷株式会社", "氏名", "提供", True),
        ("印刷会社", "漢字氏名", "提供", True),
        ("printer", "name", "handled", True),
        ("printer", "phone", "provided", True),
        ("printer", "phone", "handled", False),
        ("printer", "name", "collected", False),
        ("printer", "name", "view", False),
        ("encloser", "name", "provided", True),  # one undivided list stands for provided and handled
        ("encloser", "name", "handled", True),
        ("encloser", "name", "collected", False),
        ("encloser", "phone", "provided", False),
        ("center", "phone", "collected", False),  # begins in July
        ("ward", "phone", "recorded", True),
        ("ward", "sex", "view", False),
    ],
)
def test_the_truth_table_of_the_small_paper(party: str, item: str, direction: str, allowed: bool) -> None:
    assert ask(party, item, direction).allowed is allowed


def test_a_permit_names_its_clause() -> None:
    decision = ask("印刷会社", "住所", "処理")
    assert (decision.party, decision.item, decision.direction) == ("printer", "address", "handled")
    assert (decision.clause, decision.clause_title, decision.cause) == ("printing", "はがきの印字", Cause.CLAUSE)
    assert "「業務委託 はがきの印字」" in decision.reason


def test_a_condition_of_the_clause_comes_with_the_permit() -> None:
    on = date(2025, 8, 1)
    event = renewed("calls", 2025, date(2025, 7, 15))
    decision = ask("center", "電話番号", "収集", on, renewals=[event])
    assert (decision.allowed, decision.condition) == (True, Condition.OPEN_INQUIRY)


@pytest.mark.parametrize(
    ("party", "item", "direction", "cause", "reason", "remedy"),
    [
        ("孫請け商店", "氏名", "提供", Cause.UNKNOWN_PARTY, "載っている相手方ではありません", "何も渡さないでください"),
        ("printer", "血液型の記録", "提供", Cause.UNKNOWN_ITEM, "項目一覧にありません", "名称を確かめてください"),
        ("printer", "氏名", "複写", Cause.UNKNOWN_DIRECTION, "使えません", "提供・収集・処理・記録・閲覧"),
        (
            "printer",
            "電話番号",
            "処理",
            Cause.NOT_LISTED,
            "認められているのは提供（「業務委託 はがきの印字」）",
            "付議し",
        ),
        (
            "encloser",
            "電話番号",
            "提供",
            Cause.NOT_LISTED,
            "提供が認められているのは印刷株式会社です",
            "「電話番号」を外して",
        ),
        ("encloser", "性別", "提供", Cause.NOT_LISTED, "どの別紙にも挙がっていません", "承認を受けてください"),
        ("printer", "個人番号", "提供", Cause.EXCLUDED, "取り扱わせないと明記", "この項目を外して"),
        ("printer", "生年月日", "処理", Cause.GAP, "食い違う", "裁定として記録するまで"),
        ("printer", "生年月日", "提供", Cause.GAP, "「birth-date」", "「birth-date」"),
        ("center", "電話番号", "収集", Cause.NOT_STARTED, "令和7年7月1日）より前", "開始日まで待つ"),
    ],
)
def test_every_refusal_names_what_was_looked_at_and_what_to_do(
    party: str, item: str, direction: str, cause: Cause, reason: str, remedy: str
) -> None:
    decision = ask(party, item, direction)
    assert (decision.allowed, decision.cause) == (False, cause)
    assert reason in decision.reason
    assert remedy in decision.remedy
    known = cause not in (Cause.UNKNOWN_PARTY, Cause.UNKNOWN_ITEM, Cause.UNKNOWN_DIRECTION)
    assert (decision.clause is not None) is known


@pytest.mark.parametrize(
    ("on", "renewals", "cause"),
    [
        (date(2025, 3, 31), [], Cause.NOT_STARTED),
        (date(2025, 4, 1), [], Cause.CLAUSE),
        (date(2026, 3, 31), [], Cause.CLAUSE),
        (date(2026, 4, 1), [], Cause.RENEWAL_NOT_RECORDED),
        (date(2026, 4, 1), [renewed("printing", 2026)], Cause.CLAUSE),
        (date(2026, 4, 1), [renewed("*", 2026)], Cause.CLAUSE),
        (date(2026, 4, 1), [renewed("enclosing", 2026)], Cause.RENEWAL_NOT_RECORDED),
        (date(2026, 4, 1), [renewed("printing", 2026, date(2026, 4, 2))], Cause.RENEWAL_NOT_RECORDED),
        (date(2027, 3, 31), [renewed("printing", 2026)], Cause.CLAUSE),
        (date(2027, 4, 1), [renewed("printing", 2026)], Cause.RENEWAL_NOT_RECORDED),
        (date(2027, 4, 1), [renewed("printing", 2027)], Cause.RENEWAL_NOT_RECORDED),  # 2026 is missing
        (date(2028, 2, 29), [renewed("printing", 2026), renewed("*", 2027)], Cause.CLAUSE),
    ],
)
def test_a_yearly_clause_runs_on_only_through_recorded_years(on: date, renewals: list, cause: Cause) -> None:
    assert ask("printer", "氏名", "提供", on, renewals=renewals).cause is cause


def test_a_missing_renewal_is_named_with_its_year() -> None:
    decision = ask("printer", "氏名", "提供", date(2027, 5, 1), renewals=[renewed("printing", 2027)])
    assert "令和8年度の更新が記録されていません" in decision.reason
    assert "令和8年度の更新を記録してください" in decision.remedy


def test_a_clause_that_hangs_on_selection_says_so() -> None:
    decision = ask("encloser", "氏名", "提供", date(2026, 4, 1))
    assert decision.cause is Cause.SELECTION_NOT_RECORDED
    assert "封入株式会社が選ばれたら" in decision.remedy
    again = ask("encloser", "氏名", "提供", date(2026, 4, 1), renewals=[renewed("enclosing", 2026)])
    assert again.allowed


@pytest.mark.parametrize(
    ("on", "act", "cause"),
    [
        (date(2025, 7, 1), None, Cause.WAITS_FOR_EVENT),
        (date(2025, 7, 9), renewed("calls", 2025, date(2025, 7, 10)), Cause.WAITS_FOR_EVENT),
        (date(2025, 7, 10), renewed("calls", 2025, date(2025, 7, 10)), Cause.CLAUSE),
        (date(2025, 7, 11), renewed("*", 2025, date(2025, 7, 10)), Cause.WAITS_FOR_EVENT),
        (date(2026, 4, 1), renewed("calls", 2025, date(2025, 7, 10)), Cause.ENDED),
    ],
)
def test_a_clause_waits_for_its_event(on: date, act, cause: Cause) -> None:
    decision = ask("center", "電話番号", "収集", on, renewals=[act] if act else [])
    assert decision.cause is cause
    assert decision.allowed or decision.remedy


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        (date(2026, 1, 31), Cause.CLAUSE),
        (date(2026, 2, 1), Cause.ENDED),  # no renewal covers the rest of the year in which the clause ended
        (date(2026, 3, 31), Cause.ENDED),
        (date(2026, 4, 1), Cause.CLAUSE),
    ],
)
def test_days_between_the_end_and_the_next_fiscal_year_stay_closed(on: date, cause: Cause) -> None:
    clause = Clause(
        key="visits",
        kind=Kind.ENTRUSTMENT,
        title="訪問",
        parties=("p",),
        period=Period(start=date(2026, 1, 5), end=date(2026, 1, 31), renewal=Renewal.YEARLY),
    )
    assert force(clause, on, [renewed("*", 2025), renewed("visits", 2026)]).cause is cause


def test_a_clause_without_end_never_needs_a_renewal() -> None:
    clause = Clause(key="c", kind=Kind.ENTRUSTMENT, title="c", parties=("p",), period=Period(start=date(2025, 4, 1)))
    assert force(clause, date(2099, 1, 1)).in_force


@pytest.mark.parametrize(
    ("on", "allowed"),
    [
        (date(2025, 4, 9), False),
        (date(2025, 4, 10), True),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
    ],
)
def test_a_ruling_opens_its_gap_from_its_day_until_its_end(on: date, allowed: bool) -> None:
    decision = ask("printer", "生年月日", "処理", on, rulings=[ruling()])
    assert decision.allowed is allowed
    assert decision.finding == "birth-date"
    assert decision.ruling == ("R1" if allowed else None)
    assert ("本文" if allowed else "この日には効力がありません") in decision.reason


def test_a_ruling_opens_nothing_but_what_it_grants_within_its_gap() -> None:
    assert not ask("printer", "生年月日", "提供", rulings=[ruling()]).allowed
    wide = ruling(grants=(GapEntry(party="printer", items=("phone",), directions=(Direction.HANDLED,)),))
    assert not ask("printer", "電話番号", "処理", rulings=[wide]).allowed
    assert not ask("printer", "生年月日", "処理", rulings=[ruling(finding="other")]).allowed


def test_a_ruling_that_cannot_stand_is_told_before_it_is_recorded() -> None:
    assert ruling_problems(small(), ruling()) == []
    assert "この付議書にありません" in ruling_problems(small(), ruling(finding="other"))[0]
    wide = ruling(grants=(GapEntry(party="printer", items=("phone",), directions=(Direction.HANDLED,)),))
    assert "「電話番号」の処理（印刷株式会社）" in ruling_problems(small(), wide)[0]
    assert "期限が裁定日より前" in ruling_problems(small(), ruling(until=date(2025, 4, 9)))[0]
    assert "「理由」がありません" in ruling_problems(small(), ruling(why=" "))[0]


TERMINAL = """
[[clauses]]
key = "terminal"
kind = "interconnection"
title = "端末の接続"
parties = ["printer"]
recorded = ["コメント欄"]
view = ["氏名", "住所"]
period = { start = 2025-04-01 }
"""


@pytest.mark.parametrize(
    ("item", "direction", "allowed"),
    [
        ("コメント欄", "記録", True),
        ("氏名", "記録", False),
        ("電話番号", "記録", False),
        ("氏名", "閲覧", True),
        ("電話番号", "収集", True),
    ],
)
def test_from_the_other_sides_terminal_the_ward_writes_only_what_the_sheet_records(
    item: str, direction: str, allowed: bool
) -> None:
    dossier = small(("[[notes]]", TERMINAL + "[[notes]]"))
    decision = permit(dossier, "試験区", item, direction, MAY)
    assert decision.allowed is allowed
    if not allowed:
        assert decision.cause is Cause.VIEW_ONLY_TERMINAL
        assert "コメント欄" in decision.reason
        assert decision.clause == "terminal"


def test_the_table_holds_every_party_item_and_direction() -> None:
    table = permit_table(small(), MAY, [ruling()])
    assert len(table) == 4 * 4 * 5
    granted = {(d.party, d.item) for d in table if d.ruling}
    assert granted == {("printer", "birth_date")}


def test_the_table_of_a_large_paper_does_not_take_quadratic_time() -> None:
    dossier = small()
    base = dossier.clauses[0]
    clauses = tuple(
        base.model_copy(update={"key": f"c{n}", "handled": tuple(f"item_{n}_{i}" for i in range(10)), "works": ()})
        for n in range(100)
    )
    large = dossier.model_copy(update={"clauses": clauses})
    started = time.process_time()
    table = permit_table(large, MAY)
    assert len(table) == 4 * (1000 + 4) * 5
    assert time.process_time() - started < 5
