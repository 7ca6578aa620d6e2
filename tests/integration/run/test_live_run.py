"""The voucher run's own readings, at every stage that the demo's people bring it to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from azukari import programmes
from azukari.custody import book
from azukari.custody.models import Handover
from azukari.dossier.approval import in_force
from azukari.dossier.step_mark import StepKind
from azukari.oversight.todo import Todo
from azukari.parties.models import Handler
from azukari.parties.roles import ACTS
from azukari.programmes.screening import live
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.live import PathState
from azukari.programmes.screening.models import GlyphQuestion, ReprintRequest, Run
from azukari.programmes.screening.path import AS_NEEDED, STEPS
from azukari.programmes.screening.refusals import DoesNotBalance
from azukari.programmes.screening.steps import individual, mailing
from azukari.programmes.screening.steps.state import living

from .ward import YEAR, Press, before, until

ON = date(YEAR, 4, 10)
KEYS = [key for key, *_ in STEPS]


def states(ward: Demo, on: date = ON, **more: Any) -> dict[str, StepKind]:
    dossier = in_force("screening", on).dossier
    found = programmes.step_states({"screening": dossier}, YEAR, on, **more)["screening"]
    return {number: state.kind for number, state in found.items()}


def kinds(ward: Demo, who: str, on: date = ON) -> list[tuple[str, bool]]:
    return [(one.kind, one.able) for one in live.todos(ward.who(who), on)]


def where(run: Run | None) -> str:
    """The one step at which the run stands."""
    (step,) = [step for step in live.path(run, ON) if step.state in {PathState.CURRENT, PathState.HALTED}]
    return step.key


# --- the path


def test_before_the_run_the_path_leads_to_the_judging(ward: Demo) -> None:
    steps = {step.key: step for step in live.path(None, ON)}
    assert list(steps) == KEYS
    assert steps["roster"].state is PathState.DONE
    assert steps["roster"].who == "区職員 乙川"
    assert steps["history"].state is PathState.DONE
    assert steps["history"].who == "区職員 甲野"
    assert steps["judge"].state is PathState.CURRENT
    assert {step.state for key, step in steps.items() if KEYS.index(key) > 2} == {PathState.WAITING}


STAGES = {
    "対象者の判定": "confirm",
    "前年度との差の確認": "numbers",
    "受診番号・整理番号の付番": "proof",
    "字形の確認": "notice",
    "件数予告": "hand_over",
    "委託先データの準備": "seal",
    "封": "release",
    "放出": "deliver",
    "LGWANでの送達": "password",
    "パスワードの通知（別の機会）": "acknowledged",
    "委託先の受領確認": "printed",
    "受診券の印字": "passed_on",
    "再委託先への帳票の引渡し": "enclosed",
    "封入封かんと照合": "delivered",
    "郵便物の納品": "posted",
    "発送": "own_list",
    "区の直接送付分": "erased",
    "消去と消去証明書": "closed",
}


def test_the_path_follows_the_demo_stage_by_stage(
    ward: Demo, press: Press, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    stood = {}
    for stage in ward.stages():
        if stage.name == "年度の締め":
            break
        if not stage.done():
            stage.do(lambda done, total: None)
        if stage.name in STAGES:
            with django_assert_max_num_queries(15):
                stood[stage.name] = where(ward.run)
    assert stood == STAGES
    mailing.close_run(run=ward.run, by=ward.who("W002"), now=ward.at(3, 31, 9))
    ended = {step.key: step for step in live.path(ward.run, ON)}
    assert {step.state for step in ended.values()} == {PathState.DONE}
    who = {key: step.who for key, step in ended.items()}
    assert who["confirm"] == who["release"] == who["posted"] == who["closed"] == "区職員 乙川"
    assert who["judge"] == who["numbers"] == who["seal"] == "区職員 甲野"
    assert who["printed"] == who["acknowledged"] == "取扱者 戊木"
    assert who["enclosed"] == "取扱者 庚沢"
    assert all(step.at for key, step in ended.items() if key != "returned_mail")
    assert ended["reprints"].words == "1枚"
    assert ended["returned_mail"].words == "1通"
    assert ended["erased"].words == "証明書 2／2件"
    assert ended["release"].handover == ward.handover("①").number


def test_every_step_names_an_act_that_the_roles_know_and_whose_turn_it_is() -> None:
    assert all(act in ACTS and str(turn) for _, _, act, turn in STEPS)
    assert set(KEYS) >= AS_NEEDED
    assert len(KEYS) == len(set(KEYS))


def test_a_halted_run_stands_at_the_step_that_did_not_balance(ward: Demo, press: Press) -> None:
    run = before(ward, "受診券の印字")
    press.surplus = 1
    with pytest.raises(DoesNotBalance):
        ward.print_sheets(lambda done, total: None)
    run.refresh_from_db()
    step = next(step for step in live.path(run, ON) if step.state is PathState.HALTED)
    assert (step.key, step.act, step.turn) == ("printed", "custody.settle", "区職員")
    assert "数が合いません" in step.words
    assert states(ward)["③"] is StepKind.REFUSED
    assert kinds(ward, "W001") == kinds(ward, "W101") == [("settle_halt", True)]
    assert kinds(ward, "E001") == []
    mailing.settle_halt(run=run, reason="数え直した", by=ward.who("W001"), now=ward.at(4, 7, 15))
    assert where(run) == "printed"
    assert kinds(ward, "E001") == [("print", True)]


def test_a_withdrawn_package_leads_back_to_the_preparation(ward: Demo) -> None:
    from azukari.custody import handovers

    until(ward, "封")
    handovers.withdraw(handover=ward.handover("①"), by=ward.who("W001"), now=ward.at(4, 3, 11), reason="誤り")
    assert where(ward.run) == "hand_over"
    assert ("hand_over", True) in kinds(ward, "W001")
    assert states(ward)["①"] is StepKind.PLANNED


# --- the figure


def test_the_figure_is_alive_from_the_sending_to_the_post(ward: Demo, press: Press) -> None:
    assert set(states(ward).values()) == {StepKind.PLANNED}
    until(ward, "LGWANでの送達")
    found = states(ward, date(YEAR, 4, 6))
    assert (found["①"], found["②"], found["③"]) == (StepKind.RELEASED, StepKind.RELEASED, StepKind.PLANNED)
    assert states(ward, date(YEAR, 4, 7))["①"] is StepKind.OVERDUE
    until(ward, "委託先の受領確認")
    found = states(ward)
    assert (found["①"], found["②"], found["③"]) == (
        StepKind.ACKNOWLEDGED, StepKind.ACKNOWLEDGED, StepKind.PREPARED,
    )  # fmt: skip
    until(ward, "封入封かんと照合")
    found = states(ward)
    assert (found["③"], found["④"], found["⑤"]) == (StepKind.CLOSED, StepKind.ACKNOWLEDGED, StepKind.PREPARED)
    until(ward, "郵便物の納品")
    found = states(ward)
    assert (found["⑤"], found["⑥"], found["⑦"]) == (
        StepKind.ACKNOWLEDGED, StepKind.ACKNOWLEDGED, StepKind.PREPARED,
    )  # fmt: skip
    until(ward, "消去と消去証明書")
    found = states(ward)
    assert [found[n] for n in "①②③④⑤⑦"] == [StepKind.CLOSED] * 6
    assert found["⑧"] is StepKind.PLANNED


def test_a_posted_run_tells_its_sheets(ward: Demo, press: Press) -> None:
    run = until(ward, "発送")
    state = live.step_states(YEAR, ON)["⑦"]
    assert state.sheets == living(run).count()
    assert state.mark("/runs/2025").told == f"完了 {state.sheets}枚"


def test_each_company_sees_the_steps_at_which_it_works(ward: Demo, press: Press) -> None:
    until(ward, "封入封かんと照合")
    printer, encloser = ward.organisation("toppan-edge"), ward.organisation("toppan-cp")
    assert set(live.step_states(YEAR, ON, printer)) == {"②", "③", "⑤"}
    assert set(live.step_states(YEAR, ON, encloser)) == {"⑤"}
    assert set(states(ward, for_organisation=encloser)) == {"④", "⑤"}
    assert set(states(ward, for_organisation=printer)) == set("①②③④⑤⑥")


# --- what waits


def test_the_turn_goes_from_one_to_the_other(ward: Demo, press: Press) -> None:
    assert kinds(ward, "W001") == [("judge", True)]
    until(ward, "対象者の判定")
    assert kinds(ward, "W001") == [("confirm", False)]
    assert kinds(ward, "W002") == [("confirm", True)]
    until(ward, "前年度との差の確認")
    assert kinds(ward, "W001") == [("numbers", True)]
    run = until(ward, "受診番号・整理番号の付番")
    assert kinds(ward, "W001") == [("proof", True)]
    person = living(run)[0].voucher.person
    GlyphQuestion.objects.create(run=run, person=person, field="name", characters="U+9AD9", problem="字形がない")
    assert kinds(ward, "W002") == [("glyphs", True)]
    assert "字形の確認1件" in live.todos(ward.who("W002"), ON)[0].what
    assert next(step for step in live.path(run, ON) if step.key == "proof").words == "未判断 1件"
    until(ward, "字形の確認")
    assert [kind for kind, _ in kinds(ward, "W001")] == ["notice", "own_list"]
    until(ward, "件数予告")
    todo = live.todos(ward.who("W001"), date(YEAR, 4, 4))[0]
    assert (todo.kind, todo.due_on, todo.overdue) == ("hand_over", date(YEAR, 4, 3), True)
    until(ward, "パスワードの通知（別の機会）")
    assert kinds(ward, "E001") == kinds(ward, "C001") == []
    until(ward, "委託先の受領確認")
    assert kinds(ward, "E001") == [("print", True)]
    assert kinds(ward, "C001") == []
    until(ward, "受診券の印字")
    assert kinds(ward, "E001") == [("pass_on", True)]
    until(ward, "再委託先への帳票の引渡し")
    assert kinds(ward, "E001") == []
    assert kinds(ward, "C001") == [("read_back", True)]
    until(ward, "封入封かんと照合")
    assert kinds(ward, "E001") == [("bring_back", True)]
    assert [kind for kind, _ in kinds(ward, "W001")] == ["own_list"]
    until(ward, "郵便物の納品")
    assert [kind for kind, _ in kinds(ward, "W001")] == ["post", "own_list"]
    until(ward, "区の直接送付分")
    assert kinds(ward, "W001") == kinds(ward, "E001") == kinds(ward, "C001") == []
    until(ward, "消去と消去証明書")
    todo = live.todos(ward.who("W001"), date(YEAR + 1, 3, 31))[-1]
    assert (todo.kind, todo.due_on, todo.overdue) == ("close", date(YEAR + 1, 3, 31), False)
    assert kinds(ward, "W101") == kinds(ward, "W901") == []


def test_a_late_voucher_waits_for_somebody_else_and_names_nobody(ward: Demo, press: Press) -> None:
    run = until(ward, "発送")
    person = living(run).select_related("voucher__person")[0].voucher.person
    individual.issue_late(run=run, person=person, reason="紛失", by=ward.who("W001"), now=ward.at(5, 12))
    own = next(one for one in live.todos(ward.who("W001"), ON) if one.kind == "release_late")
    other = next(one for one in live.todos(ward.who("W002"), ON) if one.kind == "release_late")
    assert (own.able, other.able) == (False, True)
    assert person.name not in own.what + other.what


def test_a_spoiled_sheet_waits_for_an_officer(ward: Demo, press: Press) -> None:
    run = until(ward, "受診券の印字")
    assert "reprint" not in dict(kinds(ward, "W001"))
    ReprintRequest.objects.create(
        run=run, code=living(run)[0].code, reason="汚損", requested_by=ward.who("E001"), requested_at=ward.at(4, 8)
    )
    assert ("reprint", True) in kinds(ward, "W001")
    assert "reprint" not in dict(kinds(ward, "E001"))


def test_a_company_with_no_part_in_the_run_has_nothing(ward: Demo, press: Press) -> None:
    until(ward, "封入封かんと照合")
    stranger = Handler.objects.create(
        key="S001", name="見本", role="responsible", reported_on=date(YEAR, 3, 1),
        organisation=type(ward.organisation("ward")).objects.create(key="stranger", name="見本社", type="company"),
    )  # fmt: skip
    assert live.todos(stranger, ON) == []
    assert live.step_states(YEAR, ON, stranger.organisation) == {}


# --- all programmes together


def everyones(ward: Demo) -> Iterator[tuple[str, list[Todo]]]:
    for key in ("W001", "W002", "W101", "W901", "E001", "E901", "C001", "C901"):
        yield key, programmes.todos(ward.who(key), ON)


@pytest.mark.parametrize("stage", ["字形の確認", "封入封かんと照合", "発送"])
def test_the_home_screens_readings_take_a_fixed_number_of_queries(
    ward: Demo, press: Press, stage: str, django_assert_max_num_queries: Any
) -> None:
    until(ward, stage)
    with django_assert_max_num_queries(11):  # three of them read the paper
        states(ward)
    for key in ("W001", "W101", "E901", "C001"):
        handler = ward.who(key)
        with django_assert_max_num_queries(22):
            programmes.todos(handler, ON)


def test_all_that_waits_is_in_one_order_and_without_a_residents_name(ward: Demo, press: Press) -> None:
    from azukari.people.models import Resident

    names = set(Resident.objects.values_list("name", flat=True)) - {""}
    for stage in ("字形の確認", "放出", "封入封かんと照合", "発送"):
        until(ward, stage)
        for key, waiting in everyones(ward):
            days = [one.due_on or date.max for one in waiting]
            assert days == sorted(days), key
            assert not [name for name in names for one in waiting if name in one.what]


def test_a_programme_without_code_has_the_cores_readings_alone(ward: Demo) -> None:
    assert programmes.live("maternity_benefit") is None
    assert programmes.live("no_such") is None
    assert programmes.live("screening") is not None
    for programme in programmes.WITH_CODE:
        own = programmes.live(programme)
        assert own is None or (callable(own.step_states) and callable(own.todos))


def test_the_readings_agree_with_the_book(ward: Demo, press: Press) -> None:
    from azukari.oversight.keeping import holdings

    until(ward, "再委託先への帳票の引渡し")
    held = {one.organisation: one for one in holdings("screening")}
    book_says = {(b.account, b.medium): b.persons for b in book.open_balances(home="ward")}
    assert held["toppan-edge"].in_data == book_says["toppan-edge", "lgwan"] == ward.handover("①").persons
    assert held["toppan-cp"].on_paper == book_says["toppan-cp", "paper"]
    assert Handover.objects.count() == 2
