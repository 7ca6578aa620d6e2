"""資料35 特定健康診査の電話勧奨等: the facts of the paper."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.dossier.findings import find
from azukari.dossier.permit import Cause, RenewalAct, permit
from azukari.dossier.schema import PartyStatus, Renewal
from tests.spec.dossiers.papers import clause, listed, paper

NINE = "郵便番号、漢字住所、住所方書、漢字氏名、カナ氏名、生年月日、性別、電話番号、お問い合わせ番号"
APPENDIX_2 = (
    "国保記号番号、生年月日、性別、整理番号、カナ氏名、漢字氏名、郵便番号、漢字住所、漢字方書、電話番号、住所地特例フラグ、"
    "資格証区分、マル学・マル遠区分、資格取得事由、資格取得年月日、資格取得届出日、資格喪失事由、資格喪失年月日、"
    "資格喪失届出日、保険証回収日、旧国保記号番号、旧住民番号、旧記号番号有効日"
)
GUIDANCE = (
    "氏名、カナ氏名、生年月日、性別、住所、電話番号、保険証記号番号、人間ドック等結果、問診結果、身体測定結果、検査結果、"
    "医師判定、健康診査実施機関の番号及び名称、受診年月日、受診券番号、特定健康診査受診券整理番号、"
    "特定保健指導及び非肥満保健指導利用券整理番号、特定保健指導利用券及び非肥満保健指導利用券の有効期限、過去の利用状況"
)


@pytest.mark.parametrize(
    ("key", "provided", "collected"),
    [
        ("phone_outreach", NINE, ""),
        ("visit_outreach", NINE, ""),
        ("outside_result_request", "", ""),
        ("effect_analysis", "受診日、お問い合わせ番号、生年月日、性別", ""),
        ("inquiry_calls", "", NINE),
        (
            "kokuhoren_link",
            f"健診結果、問診結果、保健指導結果、受診券整理番号、利用券整理番号、特定保健指導区分、{APPENDIX_2}",
            "",
        ),
        ("kokuhoren_work", f"健診結果、問診結果、保健指導結果、{APPENDIX_2}", ""),
        ("guidance", GUIDANCE, ""),
        ("re_data_entry", GUIDANCE, ""),
    ],
)
def test_items_of_each_sheet(key: str, provided: str, collected: str) -> None:
    sheet = clause("checkup", key)
    assert (sheet.provided, sheet.collected) == (listed(provided), listed(collected))


def test_the_effect_analysis_gets_exactly_four_items() -> None:
    sheet = clause("checkup", "effect_analysis")
    assert len(sheet.provided) == 4
    assert set(sheet.handled) == set(sheet.provided)


def test_the_call_centre_contractor_asks_for_outside_results_but_never_has_them() -> None:
    assert clause("checkup", "outside_result_request").excluded == ("outside_checkup_result",)
    for direction in ("提供", "収集", "処理", "記録", "閲覧"):
        decision = permit(
            paper("checkup"), "りらいあコミュニケーションズ株式会社", "人間ドック等の結果", direction, date(2018, 1, 15)
        )
        assert (decision.allowed, decision.cause) == (False, Cause.EXCLUDED)


def test_outside_results_go_from_the_resident_to_the_ward_by_post() -> None:
    step = next(each for each in paper("checkup").steps if each.items == ("outside_checkup_result",))
    assert (step.source, step.target, step.clause) == ("residents", "ward_office", "")


@pytest.mark.parametrize(
    ("key", "start", "end", "waits"),
    [
        ("phone_outreach", date(2017, 9, 25), date(2018, 3, 31), ""),
        ("visit_outreach", date(2018, 1, 1), date(2018, 1, 31), ""),
        ("outside_result_request", date(2017, 9, 25), date(2018, 1, 31), "審議会の了承"),
        ("effect_analysis", date(2017, 9, 25), date(2018, 3, 31), ""),
        ("inquiry_calls", date(2017, 9, 25), date(2018, 3, 31), ""),
        ("kokuhoren_link", date(2008, 3, 1), None, ""),
        ("kokuhoren_work", date(2008, 4, 1), None, ""),
        ("guidance", date(2013, 4, 1), date(2014, 3, 31), ""),
        ("re_data_entry", date(2013, 4, 1), None, ""),
    ],
)
def test_periods(key: str, start: date, end: date | None, waits: str) -> None:
    period = clause("checkup", key).period
    assert (period.start, period.end, period.waits_for, period.renewal) == (start, end, waits, Renewal.YEARLY)


def test_expected_numbers_of_each_work() -> None:
    assert [figure.number for figure in paper("checkup").expected] == [49000, 30000, 1800, 4800, 30000]


@pytest.mark.parametrize(
    ("key", "form", "re_entrustment", "articles"),
    [
        ("appendix_1", "two_party", "forbidden", 19),
        ("appendix_3", "two_party", "with_consent", 22),
        ("appendix_4", "three_party", "forbidden", 21),
    ],
)
def test_special_terms(key: str, form: str, re_entrustment: str, articles: int) -> None:
    terms = next(each for each in paper("checkup").terms if each.key == key)
    assert (terms.form, terms.re_entrustment, len(terms.articles)) == (form, re_entrustment, articles)
    assert [article.number for article in terms.articles] == list(range(1, articles + 1))
    assert terms.articles[-1].heading == "損害の賠償"


def test_the_call_centre_may_not_re_entrust_and_the_guidance_contractor_may_with_consent() -> None:
    assert clause("checkup", "phone_outreach").terms == ("appendix_1",)
    assert clause("checkup", "guidance").terms == ("appendix_3", "appendix_4")
    party = next(each for each in paper("checkup").parties if each.key == "data_entry")
    assert (party.status, party.of, party.certifications) == (PartyStatus.CLASS, ("hoken",), ("privacy_mark",))


def test_the_two_lists_of_the_federation_disagree() -> None:
    finding = next(each for each in find(paper("checkup")) if each.key.startswith("lists-disagree:kokuhoren_link"))
    for name in ("受診券整理番号", "利用券整理番号", "特定保健指導区分"):
        assert name in finding.text


def test_two_visitors_hold_two_lists_that_do_not_identify_alone() -> None:
    step = next(each for each in paper("checkup").steps if each.number == "⑥")
    assert any("2人" in safeguard for safeguard in step.safeguards)


@pytest.mark.parametrize(
    ("party", "item", "direction", "on", "cause"),
    [
        ("relia", "氏名", "提供", date(2017, 10, 1), Cause.CLAUSE),
        ("relia", "受診日", "提供", date(2018, 2, 1), Cause.CLAUSE),
        ("relia", "健診結果", "提供", date(2018, 2, 1), Cause.NOT_LISTED),
        ("relia", "受診意向", "収集", date(2017, 10, 1), Cause.GAP),
        ("relia", "未受診理由", "収集", date(2017, 10, 1), Cause.GAP),
        ("relia", "要望", "収集", date(2017, 10, 1), Cause.GAP),
        ("relia", "訪問結果", "記録", date(2018, 1, 15), Cause.GAP),
        ("relia", "氏名", "提供", date(2017, 9, 24), Cause.NOT_STARTED),
        ("hoken", "メールアドレス", "収集", date(2013, 5, 1), Cause.GAP),
        ("hoken", "食事内容", "収集", date(2013, 5, 1), Cause.GAP),
        ("hoken", "人間ドック等結果", "処理", date(2017, 10, 1), Cause.RENEWAL_NOT_RECORDED),
        ("data_entry", "保健指導結果", "処理", date(2017, 10, 1), Cause.GAP),
        ("kokuhoren", "人間ドック等結果", "提供", date(2017, 10, 1), Cause.GAP),
        ("kokuhoren", "個人番号", "提供", date(2017, 10, 1), Cause.NOT_LISTED),
        ("kokuhoren", "旧住民番号", "提供", date(2017, 10, 1), Cause.CLAUSE),
    ],
)
def test_who_may_have_what(party: str, item: str, direction: str, on: date, cause: Cause) -> None:
    assert permit(paper("checkup"), party, item, direction, on).cause is cause


def test_the_guidance_of_fiscal_2013_reaches_2017_only_by_four_recorded_renewals() -> None:
    acts = [RenewalAct("guidance", year, date(year, 4, 1), "情報保護担当") for year in range(2014, 2018)]
    on = date(2017, 10, 1)
    assert permit(paper("checkup"), "hoken", "outside_checkup_result", "handled", on, renewals=acts).allowed
    assert not permit(paper("checkup"), "hoken", "outside_checkup_result", "handled", on, renewals=acts[:3]).allowed
