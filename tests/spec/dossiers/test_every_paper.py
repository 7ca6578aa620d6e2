"""What holds for all five papers: they can be read, speak of known items and known measures, and name their findings."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from azukari.dossier.findings import find
from azukari.dossier.permit import triples
from azukari.dossier.schema import Role
from azukari.dossier.words import all_items
from azukari.vocabulary.items import ITEMS
from tests.spec.dossiers.papers import PROGRAMMES, paper

MEASURES = tomllib.loads(files("azukari.vocabulary").joinpath("measures.toml").read_text(encoding="utf-8"))["measures"]


@pytest.mark.parametrize(
    ("programme", "number", "board", "fiscal_year", "title"),
    [
        ("screening", "資料74", "個人情報保護管理運営会議", 2025,
         "健康診査・がん検診等の印字等業務に係る外部結合等について（一部変更）"),
        ("stress_check", "資料3", "個人情報保護管理運営会議", 2025,
         "新宿区職員ストレスチェックに係る業務の委託について（委託内容の変更）"),
        ("maternity_benefit", "資料73", "個人情報保護管理運営会議", 2025,
         "妊婦のための支援給付事業に係るシステムの構築等について"),
        ("checkup", "資料35", "情報公開・個人情報保護審議会", 2017,
         "特定健康診査対象者に対する電話勧奨等及び勧奨効果分析業務の委託について（業務の追加等）"),
        ("health_points", "資料9", "情報公開・個人情報保護審議会", 2020,
         "健康ポイント事業業務の委託等について（委託内容の変更等）"),
    ],
)  # fmt: skip
def test_a_paper_has_its_number_board_year_and_title(
    programme: str, number: str, board: str, fiscal_year: int, title: str
) -> None:
    dossier = paper(programme)
    assert (dossier.programme, dossier.paper, dossier.board, dossier.fiscal_year, dossier.title) == (
        programme, number, board, fiscal_year, title,
    )  # fmt: skip


def test_an_item_is_marked_as_listed_exactly_when_a_list_of_some_paper_contains_it() -> None:
    in_lists = {item for programme in PROGRAMMES for clause in paper(programme).clauses for item in all_items(clause)}
    assert {key for key, item in ITEMS.items() if item.papers} == in_lists


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_the_ward_is_the_one_controller_and_no_clause_is_made_with_it(programme: str) -> None:
    dossier = paper(programme)
    assert [party.name for party in dossier.parties if party.role is Role.CONTROLLER] == ["新宿区"]
    assert not [clause.key for clause in dossier.clauses if "ward" in clause.parties]


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_measure_is_a_line_of_the_checklist_that_marks_it(programme: str) -> None:
    for column in paper(programme).measures:
        for key in (*column.applied, *column.not_needed):
            assert column.checklist in MEASURES[key]["checklists"], (programme, key)
            assert column.nature == MEASURES[key]["nature"], (programme, key)
        assert bool(column.applied) is (column.checklist != 0)
        assert bool(column.texts) is (column.checklist == 0)


@pytest.mark.parametrize("measure", MEASURES)
def test_a_measure_says_what_each_side_does(measure: str) -> None:
    entry = MEASURES[measure]
    assert entry["nature"] in ("operational", "system")
    assert set(entry["checklists"]) <= {3, 4, 5}
    assert entry["ward"]
    assert entry["party"]
    assert entry["short"]


@pytest.mark.parametrize(("checklist", "operational", "system"), [(3, 11, 11), (4, 5, 11), (5, 13, 11)])
def test_a_checklist_has_as_many_lines_as_the_ward_s_form(checklist: int, operational: int, system: int) -> None:
    lines = [entry["nature"] for entry in MEASURES.values() if checklist in entry["checklists"]]
    assert (lines.count("operational"), lines.count("system")) == (operational, system)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_gap_never_closes_what_a_clause_clearly_lists_unless_its_note_offers_texts_to_choose(programme: str) -> None:
    for finding in find(paper(programme)):
        if finding.severity == "gap" and finding.key in {note.key for note in paper(programme).notes}:
            assert len(finding.texts) >= 2, finding.key
            assert list(triples(finding.gap)), finding.key


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_every_place_a_note_names_by_key_exists(programme: str) -> None:
    dossier = paper(programme)
    keys = {clause.key for clause in dossier.clauses} | {terms.key for terms in dossier.terms}
    for note in dossier.notes:
        assert note.places, note.key
        for place in note.places:
            if place.isascii():
                assert place in keys, (note.key, place)


@pytest.mark.parametrize(
    ("programme", "numbers"),
    [
        ("stress_check", "① ② ③ ④ ④' ⑤ ⑤' ⑥ ⑦ ⑧"),
        ("maternity_benefit", "① ② ②' ③ ④ ⑤ ⑥ ⑦ ⑧ ⑨ 随時-1 随時-2"),
    ],
)
def test_the_arrows_are_those_of_the_figure(programme: str, numbers: str) -> None:
    steps = paper(programme).steps
    assert [step.number for step in steps] == numbers.split()
    assert all(step.drawn for step in steps)


@pytest.mark.parametrize(("programme", "count"), [("screening", 13), ("checkup", 19), ("health_points", 16)])
def test_where_no_figure_is_at_hand_the_steps_say_so(programme: str, count: int) -> None:
    dossier = paper(programme)
    assert len(dossier.steps) == count
    assert not any(step.drawn for step in dossier.steps)
    assert [note.key for note in dossier.notes if note.key in ("figure_missing", "figures_missing")]
