"""資料9 健康ポイント事業: the facts of the paper."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.dossier.permit import Cause, RenewalAct, permit
from azukari.dossier.schema import Condition, Renewal
from tests.spec.dossiers.papers import clause, listed, paper

AUGUST = date(2020, 8, 1)
SURVEY = "健康意識、健康行動、健康状態、参加動機、事業への意見・感想"
PARTICIPANT = "氏名、住所、年齢、性別、電話番号、歩数、ニックネーム、身長、体重、歩幅、メールアドレス"


def test_the_processor_is_provided_and_collects_the_same_items() -> None:
    sheet = clause("health_points", "points_work")
    assert sheet.provided == sheet.collected
    assert set(sheet.provided) == {*listed(SURVEY), *listed(PARTICIPANT)}


def test_the_first_sub_processor_has_the_survey_and_the_second_has_not() -> None:
    assert set(clause("health_points", "re_copro").provided) == {*listed(SURVEY), *listed(PARTICIPANT)}
    assert clause("health_points", "re_scsk").provided == listed(PARTICIPANT)
    assert len(listed(PARTICIPANT)) == 11


def test_the_inquiry_sub_processor_has_data_only_of_open_inquiries() -> None:
    assert clause("health_points", "re_scsk").condition is Condition.OPEN_INQUIRY
    assert permit(paper("health_points"), "scsk", "氏名", "処理", AUGUST).condition is Condition.OPEN_INQUIRY
    assert permit(paper("health_points"), "copro", "氏名", "処理", AUGUST).condition is None


def test_the_survey_server_holds_answers_and_the_id_waits_for_a_ruling() -> None:
    sheet = clause("health_points", "survey_server")
    assert sheet.recorded == listed(SURVEY)
    assert set(sheet.excluded) == set(listed(PARTICIPANT))
    for item in listed(PARTICIPANT):
        assert permit(paper("health_points"), "copro", item, "記録", AUGUST).cause is Cause.EXCLUDED
    assert permit(paper("health_points"), "copro", "参加者ID", "記録", AUGUST).cause is Cause.GAP


@pytest.mark.parametrize("name", ["SCSKサービスウェア株式会社", "SCSKサービス", "SCSKサービス株式会社"])
def test_the_inquiry_sub_processor_has_three_names(name: str) -> None:
    assert permit(paper("health_points"), name, "氏名", "処理", AUGUST).party == "scsk"


def test_the_cancelled_sub_processor_is_no_party() -> None:
    assert (
        permit(paper("health_points"), "ドコモ・ヘルスケア株式会社", "歩数", "処理", AUGUST).cause
        is Cause.UNKNOWN_PARTY
    )


@pytest.mark.parametrize(
    ("key", "certifications"),
    [("docomo", ("telecom_registered",)), ("copro", ("privacy_mark", "isms")), ("scsk", ("privacy_mark", "isms"))],
)
def test_certifications(key: str, certifications: tuple[str, ...]) -> None:
    assert next(each for each in paper("health_points").parties if each.key == key).certifications == certifications


@pytest.mark.parametrize(
    ("party", "on", "cause"),
    [
        ("docomo", date(2020, 3, 31), Cause.NOT_STARTED),
        ("docomo", date(2020, 4, 1), Cause.CLAUSE),
        ("scsk", date(2020, 6, 30), Cause.NOT_STARTED),
        ("scsk", date(2020, 7, 1), Cause.CLAUSE),
        ("scsk", date(2021, 3, 31), Cause.CLAUSE),
        ("docomo", date(2021, 4, 1), Cause.SELECTION_NOT_RECORDED),
    ],
)
def test_when_the_sheets_are_in_force(party: str, on: date, cause: Cause) -> None:
    assert permit(paper("health_points"), party, "歩数", "処理", on).cause is cause


def test_renewal_hangs_on_the_selection_of_the_processor() -> None:
    assert {sheet.period.renewal for sheet in paper("health_points").clauses} == {Renewal.ON_SELECTION}
    chosen = [RenewalAct("points_work", 2021, date(2021, 3, 25), "情報保護担当")]
    assert permit(paper("health_points"), "docomo", "歩数", "処理", date(2021, 4, 1), renewals=chosen).allowed


@pytest.mark.parametrize("item", SURVEY.split("、"))
@pytest.mark.parametrize("direction", ["提供", "収集", "処理", "記録", "閲覧"])
def test_no_survey_item_ever_reaches_the_inquiry_sub_processor(item: str, direction: str) -> None:
    assert not permit(paper("health_points"), "SCSKサービスウェア株式会社", item, direction, AUGUST).allowed


@pytest.mark.parametrize(
    ("key", "form", "re_entrustment"),
    [("special_terms_1", "two_party", "with_consent"), ("special_terms_2", "three_party", "forbidden")],
)
def test_both_special_terms_have_24_articles_and_a_yearly_inspection(key: str, form: str, re_entrustment: str) -> None:
    terms = next(each for each in paper("health_points").terms if each.key == key)
    assert (terms.form, terms.re_entrustment, terms.yearly_inspection) == (form, re_entrustment, True)
    assert [article.number for article in terms.articles] == list(range(1, 25))


@pytest.mark.parametrize(
    ("party", "item", "direction"),
    [
        ("docomo", "ポイント", "記録"),
        ("docomo", "景品の当選", "処理"),
        ("copro", "参加者ID", "処理"),
        ("docomo", "歩数計の機器番号", "収集"),
        ("scsk", "エラーの発生状況", "閲覧"),
        ("scsk", "問合せ内容", "処理"),
        ("copro", "氏名", "収集"),
        ("ward", "景品の当選", "閲覧"),
    ],
)
def test_what_no_list_contains_is_refused_until_ruled(party: str, item: str, direction: str) -> None:
    assert permit(paper("health_points"), party, item, direction, AUGUST).cause is Cause.GAP
