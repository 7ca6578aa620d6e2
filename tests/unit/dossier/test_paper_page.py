"""The board's paper as data for a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from azukari.dossier.findings import find
from azukari.dossier.paper import render_text
from azukari.dossier.paper_page import PaperPage, Sheet, paper_page
from azukari.dossier.reader import read_dossier
from azukari.dossier.words import clause_label
from azukari.programmes import PROGRAMMES
from tests.unit.dossier.small import STEPS, renewed, small


def sheet_of(page: PaperPage, key: str) -> Sheet:
    return next(sheet for group in page.groups for sheet in group.sheets if sheet.key == key)


def fields(sheet: Sheet) -> dict[str, tuple[str, ...]]:
    return {field.label: field.texts for field in (*sheet.before, *sheet.after)}


def test_sheets_are_bound_by_kind_with_parties_items_and_period() -> None:
    page = paper_page(small(steps=STEPS))
    assert [(group.kind, [sheet.key for sheet in group.sheets]) for group in page.groups] == [
        ("業務委託", ["printing", "calls"]),
        ("再委託", ["enclosing"]),
    ]
    printing = sheet_of(page, "printing")
    assert [(each.label, each.names) for each in printing.items] == [
        ("提供の項目", ("氏名", "住所", "生年月日", "電話番号")),
        ("処理の項目", ("氏名", "住所")),
        ("取り扱わせない項目", ("個人番号",)),
    ]
    assert fields(printing)["委託先"] == ("印刷株式会社",)
    assert fields(printing)["開始時期及び期限"] == ("令和7年4月1日から令和8年3月31日まで、次年度以降も同様",)
    assert [(work.number, work.remarks) for work in printing.works] == [("①", ("項目: 氏名、住所",))]


def test_an_undivided_list_is_told_once() -> None:
    enclosing = sheet_of(paper_page(small()), "enclosing")
    assert [(each.label, each.names) for each in enclosing.items] == [("提供・処理の項目", ("氏名", "住所"))]
    assert fields(enclosing)["再委託先"] == ("封入株式会社",)


def test_a_sheet_tells_its_condition_and_the_renewals_recorded_for_it() -> None:
    page = paper_page(small(), [renewed("printing", 2026), renewed("*", 2027)])
    assert fields(sheet_of(page, "printing"))["更新の記録"] == ("令和8年度、令和9年度",)
    assert fields(sheet_of(page, "calls"))["更新の記録"] == ("令和9年度",)
    assert fields(sheet_of(page, "calls"))["条件"] == ("受付中の問合せに係る事項のみ",)


def test_steps_tell_route_items_safeguards_and_the_sheet_they_rest_on() -> None:
    first, *_, last = paper_page(small(steps=STEPS)).steps
    assert (first.number, first.source, first.target, first.medium) == ("①", "健康課", "印刷所", "CD-R・DVD-R")
    assert first.safeguards == ("受渡し時の管理簿への記載", "鍵付きかばん")
    assert first.anchor == "sheet-printing"
    assert last.as_needed


def test_a_party_tells_whether_it_is_chosen_and_from_whom_the_work_comes() -> None:
    remarks = {party.name: party.remarks for party in paper_page(small()).parties}
    assert remarks["封入株式会社"] == ("印刷株式会社からの再委託",)
    assert remarks["受電株式会社"] == ("競争入札により決定",)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_paper_becomes_a_page_that_says_what_its_text_says(programme: str) -> None:
    dossier = read_dossier(Path("src/azukari/programmes") / programme / "dossier.toml")
    page = paper_page(dossier)
    text = "".join(render_text(dossier, find(dossier)).split())
    assert len([sheet for group in page.groups for sheet in group.sheets]) == len(dossier.clauses)
    told = [
        *(field.texts for group in page.groups for sheet in group.sheets for field in (*sheet.before, *sheet.after)),
        *((step.what,) for step in page.steps),
        *((line.text,) for each in page.measures for line in each.lines),
        *(party.remarks for party in page.parties),
    ]
    missing = [words for texts in told for words in texts if "".join(words.split()) not in text]
    assert missing == []
    anchors = {sheet.anchor for group in page.groups for sheet in group.sheets}
    assert {step.anchor for step in page.steps} - {""} <= anchors
    assert {clause_label(clause) for clause in dossier.clauses} >= {step.sheet for step in page.steps} - {""}
