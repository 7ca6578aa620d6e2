"""What a machine finds in a paper, each finding from one change to a paper without it."""

from __future__ import annotations

import pytest

from azukari.dossier.findings import Finding, find
from azukari.dossier.schema import Direction, GapEntry
from tests.unit.dossier.small import STEPS, small


def keys(*pairs: tuple[str, str], steps: str = "") -> list[str]:
    return [finding.key for finding in find(small(*pairs, steps=steps))]


def found(key: str, *pairs: tuple[str, str], steps: str = "") -> Finding:
    finding = {each.key: each for each in find(small(*pairs, steps=steps))}.get(key)
    assert finding is not None, keys(*pairs, steps=steps)
    assert key not in keys()
    assert finding.text.endswith("。")
    return finding


def test_the_small_paper_has_only_these_findings() -> None:
    assert keys() == ["birth-date", "provided-for-nothing:printing", "party-to-appoint:center"]


def test_a_finding_noted_by_hand_passes_through_with_its_texts_and_gap() -> None:
    note = find(small())[0]
    assert (note.key, note.severity, note.places, note.texts) == ("birth-date", "gap", ("printing",), ("一覧", "本文"))
    assert note.gap == (
        GapEntry(party="printer", items=("birth_date",), directions=(Direction.PROVIDED, Direction.HANDLED)),
    )


def test_work_on_an_item_that_the_handled_list_lacks_is_a_gap() -> None:
    finding = found("work-not-handled:printing", ('items = ["氏名", "住所"]', 'items = ["氏名", "電話番号"]'))
    assert finding.severity == "gap"
    assert finding.gap == (GapEntry(party="printer", items=("phone",), directions=(Direction.HANDLED,)),)
    assert any("①" in text for text in finding.texts)


def test_an_item_listed_and_excluded_on_one_sheet_is_a_gap() -> None:
    finding = found("listed-and-excluded:printing", ('excluded = ["個人番号"]', 'excluded = ["電話番号"]'))
    assert finding.gap == (GapEntry(party="printer", items=("phone",), directions=(Direction.PROVIDED,)),)


def test_what_is_handled_has_to_come_from_somewhere() -> None:
    finding = found("handled-from-nowhere:calls", ('handled = ["氏名", "電話番号"]', 'handled = ["氏名", "住所"]'))
    assert (finding.severity, "「住所」" in finding.text) == ("remark", True)


def test_an_arrow_from_people_is_covered_by_any_sheet_of_the_party() -> None:
    arrow = STEPS.replace('source = "office"\ntarget = "press"', 'source = "people"\ntarget = "press"').replace(
        'clause = "printing"\nsafeguards', "safeguards"
    )
    assert not [key for key in keys(steps=arrow) if key.startswith("arrow")]


def test_arrows_that_rest_on_their_sheets_are_no_finding() -> None:
    assert not [key for key in keys(steps=STEPS) if key.startswith("arrow")]


@pytest.mark.parametrize("clause", ["", "enclosing"])
def test_an_arrow_between_parties_that_no_sheet_covers_is_a_gap(clause: str) -> None:
    arrow = STEPS.replace('medium = "disc"\nclause = "printing"', f'medium = "disc"\nclause = "{clause}"')
    finding = found("arrow-without-clause:①", steps=arrow)
    assert finding.severity == "gap"
    assert finding.gap == (GapEntry(party="printer", items=("name", "address"), directions=(Direction.PROVIDED,)),)


def test_an_arrow_without_personal_data_needs_no_sheet() -> None:
    arrow = STEPS.replace('medium = "disc"\nclause = "printing"', 'medium = "disc"\npersonal = false')
    assert not [key for key in keys(steps=arrow) if key.startswith("arrow")]


def test_an_item_on_an_arrow_that_its_sheet_does_not_list_is_a_gap() -> None:
    arrow = STEPS.replace(
        'items = ["氏名", "住所"]\nclause = "enclosing"', 'items = ["氏名", "性別"]\nclause = "enclosing"'
    )
    finding = found("arrow-not-listed:③", steps=arrow)
    assert finding.gap == (GapEntry(party="encloser", items=("sex",), directions=(Direction.PROVIDED,)),)


def test_re_entrustment_outside_the_entrustment_it_hangs_on() -> None:
    early = ("period = { start = 2025-04-01", "period = { start = 2025-03-31")
    assert "令和7年3月31日" in found("re-entrustment-before:enclosing:printer", early).text
    late = ('end = 2026-03-31, renewal = "on_selection"', 'end = 2026-04-01, renewal = "on_selection"')
    assert "令和8年4月1日" in found("re-entrustment-after:enclosing:printer", late).text
    endless = ('end = 2026-03-31, renewal = "on_selection"', 'renewal = "none"')
    assert "期限がありません" in found("re-entrustment-after:enclosing:printer", endless).text


def test_re_entrustment_by_a_processor_without_a_sheet() -> None:
    change = ('parties = ["printer"]', 'parties = ["center"]')
    assert "業務委託の別紙がありません" in found("no-entrustment:enclosing:printer", change).text


@pytest.mark.parametrize(("start", "outside"), [("2025-03-31", True), ("2025-04-01", False), ("2025-04-02", False)])
def test_a_work_that_begins_before_its_sheet(start: str, outside: bool) -> None:
    period = f'items = ["氏名", "住所"]\nperiod = {{ start = {start}, end = 2026-03-31 }}'
    assert ("work-outside-period:printing:①" in keys(('items = ["氏名", "住所"]', period))) is outside


@pytest.mark.parametrize(("start", "early"), [("2025-03-01", True), ("2025-04-01", False)])
def test_building_a_system_before_anything_is_entrusted(start: str, early: bool) -> None:
    sheet = f"""
[[clauses]]
key = "system"
kind = "automated_processing"
title = "システムの構築"
parties = ["printer"]
recorded = ["氏名"]
period = {{ start = {start} }}

[[notes]]"""
    assert ("processing-before-entrustment:system:printer" in keys(("[[notes]]", sheet))) is early


def test_a_period_that_ends_before_the_papers_year_and_is_not_renewed() -> None:
    assert found("period-misses-year:calls", ("fiscal_year = 2025", "fiscal_year = 2026"))


JOINT = """
[[clauses]]
key = "line"
kind = "interconnection"
title = "回線による送付"
parties = ["printer"]
provided = ["氏名", "住所", "性別"]
recorded = ["メールアドレス"]
period = { start = 2025-04-01 }

[[clauses]]
key = "system"
kind = "automated_processing"
title = "システム"
parties = ["printer"]
recorded = ["氏名"]
period = { start = 2025-04-01 }

[[notes]]"""


def test_two_sheets_that_provide_different_items_to_one_party() -> None:
    finding = found("lists-disagree:line:printing:printer", ("[[notes]]", JOINT))
    assert "性別" in finding.text
    assert "生年月日、電話番号" in finding.text


def test_an_interconnection_that_records_what_the_system_does_not_keep() -> None:
    assert "メールアドレス" in found("recorded-not-kept:line", ("[[notes]]", JOINT)).text


def test_a_sub_processor_that_gets_more_than_its_processor() -> None:
    finding = found("more-than-processor:enclosing", ('    "住所",\n]', '    "住所",\n    "性別",\n]'))
    assert "「性別」" in finding.text


def test_a_sheet_without_any_item() -> None:
    lists = 'collected = ["氏名", "電話番号"]\nhandled = ["氏名", "電話番号"]\n'
    assert "情報項目が一つもありません" in found("no-items:calls", (lists, "")).text


@pytest.mark.parametrize(
    ("sheet", "terms", "key"),
    [
        ("enclosing", 'form = "two_party"\nre_entrustment = "with_consent"', "terms-form:enclosing"),
        ("printing", 'form = "three_party"\nre_entrustment = "with_consent"', "terms-form:printing"),
        ("printing", 'form = "two_party"\nre_entrustment = "forbidden"', "re-entrustment-forbidden:enclosing:printing"),
    ],
)
def test_special_terms_that_do_not_fit(sheet: str, terms: str, key: str) -> None:
    changes = (
        (f'key = "{sheet}"', f'key = "{sheet}"\nterms = ["T"]'),
        ("[[notes]]", f'[[terms]]\nkey = "T"\n{terms}\n\n[[notes]]'),
    )
    assert found(key, *changes)


def test_special_terms_that_fit_are_no_finding() -> None:
    two = '[[terms]]\nkey = "T"\nform = "two_party"\nre_entrustment = "with_consent"\n\n'
    three = '[[terms]]\nkey = "U"\nform = "three_party"\nre_entrustment = "forbidden"\n\n'
    changes = (
        ('key = "printing"', 'key = "printing"\nterms = ["T"]'),
        ('key = "enclosing"', 'key = "enclosing"\nterms = ["U"]'),
        ("[[notes]]", two + three + "[[notes]]"),
    )
    assert keys(*changes) == keys()


@pytest.mark.parametrize(("measure", "lacking"), [("register", True), ("sub_processor_inspection", False)])
def test_re_entrustment_needs_its_measure_in_the_checklist(measure: str, lacking: bool) -> None:
    measures = f"""
[[measures]]
checklist = 5
carried_out_by = "ward"
nature = "operational"
clauses = ["printing"]
applied = ["{measure}"]

[[notes]]"""
    assert ("no-re-entrustment-measure:printing" in keys(("[[notes]]", measures))) is lacking


@pytest.mark.parametrize("guarded", [False, True])
def test_sensitive_items_need_a_system_measure(guarded: bool) -> None:
    item = ('provided = ["氏名", "住所"', 'provided = ["健診結果", "氏名", "住所"')
    measures = """
[[measures]]
checklist = 5
carried_out_by = "party"
nature = "system"
clauses = ["printing"]
applied = ["antivirus"]

[[notes]]"""
    changes = (item, ("[[notes]]", measures)) if guarded else (item,)
    assert ("sensitive-unguarded:printing" in keys(*changes)) is not guarded
