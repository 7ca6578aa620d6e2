"""資料73 妊婦のための支援給付事業: the facts of the paper."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.dossier.findings import find
from azukari.dossier.permit import Cause, permit
from azukari.dossier.schema import Medium
from tests.spec.dossiers.papers import clause, listed, paper

MAY = date(2025, 5, 1)
RECORDED = (
    "郵便番号、住所、氏名、生年月日、電話番号、メールアドレス、職業、妊娠月数、給付管理番号、母子健康手帳交付日、"
    "母子健康手帳交付自治体、給付希望の有無、給付内容、他自治体の支給有無、医師による胎児心拍の確認の有無、医師の氏名、"
    "医療機関情報、出産日、妊娠していた子どもの数、一年以内の転出入の有無、一年以内に転出した前自治体、"
    "電子ギフト送付先郵便番号、電子ギフト送付先住所、支給金額、申請書収受日、申請書再発行回数、振込日、振込方法、"
    "振込口座情報、返戻記録、進捗状況、支給通知情報、不備情報"
)


def test_the_benefit_system_records_33_items_without_the_individual_number() -> None:
    recorded = clause("maternity_benefit", "benefit_system").recorded
    assert recorded == listed(RECORDED)
    assert len(recorded) == 33
    assert "individual_number" not in recorded


def test_the_contractor_handles_the_same_items_and_the_individual_number() -> None:
    sheet = clause("maternity_benefit", "benefit_work")
    assert len(sheet.handled) == 34
    assert set(sheet.handled) == {*listed(RECORDED), "individual_number"}
    assert sheet.undivided


def test_from_the_terminal_only_the_comment_is_written_and_all_else_is_looked_at() -> None:
    sheet = clause("maternity_benefit", "terminal")
    assert sheet.recorded == ("comment",)
    assert sheet.view == listed(RECORDED)


def test_the_lists_of_the_system_and_of_the_terminal_disagree_about_the_comment() -> None:
    assert "comment" not in clause("maternity_benefit", "benefit_system").recorded
    assert "recorded-not-kept:terminal" in {finding.key for finding in find(paper("maternity_benefit"))}


def test_development_begins_in_march_before_the_entrustment_on_1_april() -> None:
    system = clause("maternity_benefit", "benefit_system")
    assert system.period.start == date(2025, 3, 1)
    assert [(work.number, work.period and work.period.start.month) for work in system.works] == [
        ("開発", 3), ("テスト", 3), ("本稼働", 4),
    ]  # fmt: skip
    assert clause("maternity_benefit", "benefit_work").period.start == date(2025, 4, 1)
    assert "processing-before-entrustment:benefit_system:kosaido" in {
        finding.key for finding in find(paper("maternity_benefit"))
    }


def test_the_contractor_holds_both_certifications() -> None:
    party = next(each for each in paper("maternity_benefit").parties if each.key == "kosaido")
    assert (party.name, party.certifications) == ("株式会社広済堂ネクスト", ("privacy_mark", "isms"))


def test_5_600_persons_are_expected_half_at_pregnancy_and_half_at_birth() -> None:
    dossier = paper("maternity_benefit")
    assert [subject.expected for subject in dossier.subjects] == [2800, 2800]
    assert {figure.name: figure.number for figure in dossier.expected}["対象者"] == 5600


def test_planned_and_decided_payments_travel_by_disc_in_a_locked_bag_with_an_entry_in_the_register() -> None:
    discs = [step for step in paper("maternity_benefit").steps if step.medium is Medium.DISC]
    assert [step.number for step in discs] == ["④", "⑥"]
    assert {step.safeguards for step in discs} == {("locked_bag", "register")}


def test_the_individual_number_is_on_no_arrow_but_the_applications() -> None:
    with_it = [step.number for step in paper("maternity_benefit").steps if "individual_number" in step.items]
    assert with_it == ["②", "②'"]


def test_the_two_arrows_without_a_number_are_as_needed() -> None:
    assert [step.number for step in paper("maternity_benefit").steps if step.as_needed] == ["随時-1", "随時-2"]


def test_the_electronic_application_rests_on_no_clause() -> None:
    step = next(each for each in paper("maternity_benefit").steps if each.number == "②'")
    assert (step.target, step.clause) == ("logo_form", "")


@pytest.mark.parametrize(
    ("party", "item", "direction", "cause"),
    [
        ("株式会社広済堂ネクスト", "個人番号", "処理", Cause.CLAUSE),
        ("株式会社広済堂ネクスト", "個人番号", "記録", Cause.NOT_LISTED),
        ("株式会社広済堂ネクスト", "振込口座情報", "記録", Cause.CLAUSE),
        ("株式会社広済堂ネクスト", "氏名", "収集", Cause.GAP),
        ("株式会社広済堂ネクスト", "応対記録", "記録", Cause.GAP),
        ("新宿区", "コメント欄", "記録", Cause.CONTROLLER),
        ("新宿区", "住所", "記録", Cause.VIEW_ONLY_TERMINAL),
        ("新宿区", "進捗状況", "記録", Cause.VIEW_ONLY_TERMINAL),
        ("新宿区", "振込口座情報", "閲覧", Cause.CONTROLLER),
        ("新宿区", "住民基本台帳情報", "閲覧", Cause.GAP),
        ("新宿区", "氏名", "収集", Cause.GAP),
    ],
)
def test_who_may_have_what_in_may_2025(party: str, item: str, direction: str, cause: Cause) -> None:
    decision = permit(paper("maternity_benefit"), party, item, direction, MAY)
    assert decision.cause is cause
    assert decision.allowed is (cause in (Cause.CLAUSE, Cause.CONTROLLER))


@pytest.mark.parametrize("key", ["gift_and_bank", "update_or_comment_only", "individual_number_kept_where"])
def test_remarks_that_block_nothing(key: str) -> None:
    note = next(each for each in paper("maternity_benefit").notes if each.key == key)
    assert note.gap == ()
