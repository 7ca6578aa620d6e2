"""資料74 健康診査・がん検診・肝炎ウイルス検診: the facts of the paper."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.dossier.findings import find
from azukari.dossier.permit import Cause, permit
from azukari.dossier.schema import Medium, PartyStatus, Renewal
from tests.spec.dossiers.papers import clause, listed, paper

MAY = date(2025, 5, 1)
PROVIDED = (
    "郵便番号、住所、氏名、受診番号、受診券整理番号、被保険者証等記号番号、生年月日、性別、生活保護等受給の有無、電話番号、"
    "肝炎受診歴、自己負担金額、健康診査・がん検診の受診歴及び受診結果"
)
HANDLED = "郵便番号、住所、氏名、受診番号、生年月日、性別、自己負担金額"
PRINTED = (
    "郵便番号、住所、氏名、受診番号、受診券整理番号、被保険者証等記号番号、生年月日、性別、生活保護受給の有無、電話番号、"
    "肝炎受診歴、自己負担金額"
)
INSTITUTIONS = ("shinjuku_doctors", "nakano_doctors", "other_institutions")


@pytest.mark.parametrize("key", ["lgwan", "printing", "re_enclosing"])
def test_the_printer_and_its_sub_processor_are_provided_13_items_and_may_handle_7(key: str) -> None:
    sheet = clause("screening", key)
    assert sheet.provided == listed(PROVIDED)
    assert len(sheet.provided) == 13
    assert sheet.handled == listed(HANDLED)
    assert len(sheet.handled) == 7


@pytest.mark.parametrize(("key", "party"), [("printing", "toppan_edge"), ("re_enclosing", "toppan_cp")])
def test_the_content_prints_12_items_and_the_5_between_are_a_gap(key: str, party: str) -> None:
    work = clause("screening", key).works[1]
    assert (work.number, work.items) == ("②", listed(PRINTED))
    assert len(listed(PRINTED)) == 12
    finding = next(each for each in find(paper("screening")) if each.key == f"work-not-handled:{key}")
    assert [entry.party for entry in finding.gap] == [party]
    assert set(finding.gap[0].items) == set(listed(PRINTED)) - set(listed(HANDLED))


@pytest.mark.parametrize(
    ("key", "provided", "handled"),
    [
        ("checkups", PRINTED, "健診結果、問診結果、各検診結果（がん・肝炎）"),
        ("re_laboratory", "氏名、生年月日、性別", "氏名、生年月日、性別"),
    ],
)
def test_items_of_the_other_sheets(key: str, provided: str, handled: str) -> None:
    sheet = clause("screening", key)
    assert (sheet.provided, sheet.handled) == (listed(provided), listed(handled))


def test_data_entry_works_on_first_and_detailed_results_without_the_copayment() -> None:
    sheet = clause("screening", "re_data_entry")
    assert sheet.undivided
    assert sheet.provided == sheet.handled
    assert "copayment" not in sheet.provided
    assert {"screening_result", "detailed_exam_result"} <= set(sheet.handled)
    assert "detailed_exam_result" not in clause("screening", "checkups").handled


@pytest.mark.parametrize(
    ("key", "name", "certifications", "status"),
    [
        ("toppan_edge", "TOPPANエッジ株式会社", ("privacy_mark",), PartyStatus.NAMED),
        ("toppan_cp", "株式会社トッパンコミュニケーションプロダクツ", ("privacy_mark",), PartyStatus.NAMED),
        ("shinjuku_doctors", "新宿区医師会", (), PartyStatus.NAMED),
        ("nakano_doctors", "中野区医師会", (), PartyStatus.NAMED),
        ("other_institutions", "新宿区医師会に所属しない医療機関", (), PartyStatus.CLASS),
        ("laboratory", "検査機関", ("privacy_mark",), PartyStatus.CLASS),
        ("hibiya", "株式会社日比谷情報サービス", ("privacy_mark",), PartyStatus.NAMED),
    ],
)
def test_parties(key: str, name: str, certifications: tuple[str, ...], status: PartyStatus) -> None:
    party = next(each for each in paper("screening").parties if each.key == key)
    assert (party.name, party.certifications, party.status) == (name, certifications, status)


def test_all_sheets_run_for_fiscal_2025_and_are_renewed_yearly() -> None:
    for sheet in paper("screening").clauses:
        assert (sheet.period.start, sheet.period.end) == (date(2025, 4, 1), date(2026, 3, 31))
        assert sheet.period.renewal is Renewal.YEARLY


def test_about_150_000_persons_are_expected() -> None:
    assert [(figure.number, figure.unit) for figure in paper("screening").expected] == [(150000, "人")]


def test_the_roster_goes_to_the_printer_by_lgwan_and_nowhere_else() -> None:
    by_lgwan = [step.number for step in paper("screening").steps if step.medium is Medium.LGWAN]
    assert by_lgwan == ["①", "②"]
    assert clause("screening", "lgwan").media == (Medium.LGWAN,)


def test_the_interconnection_sheet_alone_adds_guidance_to_the_registered_work() -> None:
    names = {sheet.key: sheet.registered_work for sheet in paper("screening").clauses}
    assert names.pop("lgwan") == "健康診査・がん検診・肝炎ウイルス検診・保健指導"
    assert set(names.values()) == {"健康診査・がん検診・肝炎ウイルス検診"}


def test_the_re_entrustment_and_regular_check_lines_are_not_marked() -> None:
    marked = {key for column in paper("screening").measures for key in column.applied}
    assert not marked & {"sub_processor_inspection", "regular_check"}


def test_earlier_approvals() -> None:
    assert [approval.session for approval in paper("screening").history] == [
        "平成24年第7回個人情報保護審議会",
        "平成29年度第2回個人情報保護審議会",
        "令和5年度第10回個人情報保護運営会議",
    ]


@pytest.mark.parametrize(
    ("party", "item", "direction", "cause"),
    [
        ("TOPPANエッジ株式会社", "健康診査・がん検診の受診歴及び受診結果", "提供", Cause.CLAUSE),
        ("TOPPANエッジ株式会社", "健康診査・がん検診の受診歴及び受診結果", "処理", Cause.NOT_LISTED),
        ("TOPPANエッジ株式会社", "氏名", "処理", Cause.CLAUSE),
        ("TOPPANエッジ株式会社", "受診券整理番号", "処理", Cause.GAP),
        ("TOPPANエッジ株式会社", "受診できる検診の種類", "処理", Cause.GAP),
        ("TOPPANエッジ株式会社", "カナ氏名", "提供", Cause.GAP),
        ("TOPPANエッジ株式会社", "健診結果", "提供", Cause.NOT_LISTED),
        ("株式会社トッパンコミュニケーションプロダクツ", "氏名", "提供", Cause.CLAUSE),
        ("株式会社トッパンコミュニケーションプロダクツ", "氏名", "処理", Cause.GAP),
        ("検査機関", "氏名", "提供", Cause.CLAUSE),
        ("検査機関", "氏名", "処理", Cause.CLAUSE),
        ("検査機関", "住所", "提供", Cause.NOT_LISTED),
        ("検査機関", "受診番号", "提供", Cause.NOT_LISTED),
        ("検査機関", "検体検査結果", "処理", Cause.GAP),
        ("新宿区医師会", "自己負担金額", "提供", Cause.CLAUSE),
        ("新宿区医師会", "各検診結果（がん・肝炎）", "処理", Cause.CLAUSE),
        ("新宿区医師会", "精密検査結果", "処理", Cause.GAP),
        ("新宿区医師会に所属しない医療機関", "精密検査結果", "処理", Cause.GAP),
        ("株式会社日比谷情報サービス", "精密検査結果", "処理", Cause.CLAUSE),
        ("株式会社日比谷情報サービス", "自己負担金額", "提供", Cause.NOT_LISTED),
        ("株式会社どこか", "氏名", "提供", Cause.UNKNOWN_PARTY),
    ],
)
def test_who_may_have_what_in_may_2025(party: str, item: str, direction: str, cause: Cause) -> None:
    decision = permit(paper("screening"), party, item, direction, MAY)
    assert (decision.cause, decision.allowed) == (cause, cause is Cause.CLAUSE)


@pytest.mark.parametrize(
    ("on", "cause"),
    [
        (date(2025, 3, 31), Cause.NOT_STARTED),
        (date(2025, 4, 1), Cause.CLAUSE),
        (date(2026, 3, 31), Cause.CLAUSE),
        (date(2026, 4, 1), Cause.RENEWAL_NOT_RECORDED),
    ],
)
def test_the_printer_is_provided_names_in_fiscal_2025_only_until_renewed(on: date, cause: Cause) -> None:
    assert permit(paper("screening"), "toppan_edge", "name", "provided", on).cause is cause


@pytest.mark.parametrize(
    ("note", "party", "items", "direction"),
    [
        ("re_enclosing_scope", "toppan_cp", HANDLED, "handled"),
        ("voucher_contents", "toppan_edge", "受診できる検診の種類、受診できる期間", "handled"),
        ("laboratory_results", "laboratory", "検体検査結果", "handled"),
        ("detailed_results_of_institutions", "shinjuku_doctors", "精密検査結果", "handled"),
    ],
)
def test_gaps_noted_by_a_reader(note: str, party: str, items: str, direction: str) -> None:
    found = next(each for each in paper("screening").notes if each.key == note)
    entry = next(each for each in found.gap if each.party == party)
    assert entry.items == listed(items)
    assert direction in entry.directions
