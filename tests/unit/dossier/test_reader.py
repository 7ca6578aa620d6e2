"""A wrong file says everything that is wrong with it, with line, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from azukari.dossier.reader import DossierError, DossierErrors, read_dossier, read_dossier_text
from azukari.dossier.schema import Direction
from tests.unit.dossier.small import STEPS, TEXT, small, text_with


def errors_of(text: str) -> list[DossierError]:
    with pytest.raises(DossierErrors) as caught:
        read_dossier_text(text, "small.toml")
    return caught.value.errors


def only_error(*pairs: tuple[str, str], steps: str = "") -> tuple[DossierError, str]:
    """The one error of a changed paper, and the text of the line it names."""
    text = text_with(*pairs, steps=steps)
    errors = errors_of(text)
    assert len(errors) == 1, [str(error) for error in errors]
    return errors[0], text.splitlines()[errors[0].line - 1]


def test_items_may_be_written_by_name_or_alias_and_are_kept_as_keys() -> None:
    clause = small().clauses[0]
    assert clause.provided == ("name", "address", "birth_date", "phone")
    assert clause.handled == ("name", "address")
    assert small().notes[0].gap[0].directions == (Direction.PROVIDED, Direction.HANDLED)


def test_an_unknown_item_is_named_with_its_line_and_the_nearest_name() -> None:
    error, line = only_error(('    "氏名",\n', '    "氏名",\n    "ニックネイム",\n'))
    assert (error.field, line.strip()) == ("clauses[2].handled", '"ニックネイム",')
    assert "「ニックネイム」" in error.problem
    assert "ニックネーム" in error.remedy


def test_the_same_item_under_two_names_in_one_list_is_reported() -> None:
    error, _ = only_error(('handled = ["氏名", "漢字住所"]', 'handled = ["氏名", "漢字住所", "住所"]'))
    assert "二度" in error.problem


@pytest.mark.parametrize(
    ("before", "after", "field", "word"),
    [
        ('parties = ["printer"]', 'parties = ["printr"]', "clauses[1].parties", "printer"),
        ('within = "encloser"', 'within = "封入株式会社"', "nodes[4].within", "encloser"),
        ('of = ["printer"]', 'of = ["press"]', "parties[3].of", "printer"),
        ('condition = "open_inquiry"', 'terms = ["none"]', "clauses[3].terms", "一つもありません"),
        ("undivided = true", 'system = "prass"', "clauses[2].system", "press"),
        ('party = "printer"', 'party = "nobody"', "notes[1].gap[1].party", "ward"),
        ('medium = "disc"\nclause = "printing"', 'medium = "disc"\nclause = "print"', "steps[1].clause", "printing"),
        ('target = "press"', 'target = "pres"', "steps[1].target", "press"),
    ],
)
def test_a_key_that_leads_nowhere_is_named_with_what_could_be_meant(
    before: str, after: str, field: str, word: str
) -> None:
    error, line = only_error((before, after), steps=STEPS)
    assert error.field == field
    assert line.split("=")[0].strip() == field.split(".")[-1]
    assert "見つかりません" in error.problem
    assert word in error.remedy


def test_a_key_used_twice_names_the_line_of_the_first() -> None:
    error, line = only_error(('key = "enclosing"', 'key = "printing"'))
    first = 1 + text_with().splitlines().index('key = "printing"')
    assert (error.field, line) == ("clauses[2].key", 'key = "printing"')
    assert f"{first} 行目" in error.problem


def test_two_parties_of_one_name_cannot_be_told_apart() -> None:
    error, _ = only_error(('aliases = ["印刷会社"]', 'aliases = ["封入株式会社"]'))
    assert "封入株式会社" in error.problem


def test_a_sub_processor_has_to_say_of_whom() -> None:
    error, line = only_error(('of = ["printer"]\n', ""))
    assert (error.field, line) == ("parties[3]", "[[parties]]")
    assert "of = " in error.remedy


def test_only_a_processor_can_re_entrust() -> None:
    error, line = only_error(('entrusted_by = ["printer"]', 'entrusted_by = ["ward"]'))
    assert error.field == "clauses[2].entrusted_by"
    assert line == 'entrusted_by = ["ward"]'
    error, _ = only_error(('entrusted_by = ["printer"]\n', ""))
    assert "再委託する委託先がありません" in error.problem
    error, _ = only_error(('key = "calls"', 'key = "calls"\nentrusted_by = ["printer"]'))
    assert "再委託でない別紙" in error.problem


@pytest.mark.parametrize(("end", "wrong"), [("2025-03-31", True), ("2025-04-01", False), ("2025-04-02", False)])
def test_a_period_must_not_end_before_it_starts(end: str, wrong: bool) -> None:
    change = ("start = 2025-04-01\nend = 2026-03-31", f"start = 2025-04-01\nend = {end}")
    if wrong:
        error, line = only_error(change)
        assert (error.field, line) == ("clauses[1].period.end", "end = 2025-03-31")
    else:
        assert small(change).clauses[0].period.end is not None


def test_a_period_written_as_an_inline_table_is_found_on_its_line() -> None:
    error, line = only_error(("{ start = 2025-04-01, end = 2026-03-31", "{ start = 2025-04-01, end = 2024-03-31"))
    assert (error.field, line[:8]) == ("clauses[2].period.end", "period =")


@pytest.mark.parametrize(
    ("before", "after", "field", "word"),
    [
        ('paper = "資料1"\n', "", "paper", "ありません"),
        (
            'paper = "資料1"',
            'paper = "資料1"\nペーパー = "資料1"'.replace("ペーパー", "papers"),
            "papers",
            "書式にありません",
        ),
        ('kind = "entrustment"', 'kind = "委託"', "clauses[1].kind", "「委託」は使えません"),
        ("start = 2025-07-01", 'start = "7月ごろ"', "clauses[3].period.start", "日付ではありません"),
        ("expected = 1000", 'expected = "たくさん"', "subjects[1].expected", "整数ではありません"),
        ("undivided = true", 'undivided = "たぶん"', "clauses[2].undivided", "真偽の値ではありません"),
        ('title = "はがきの印字"', "title = 3", "clauses[1].title", "文字列ではありません"),
        ('places = ["printing"]', 'places = "printing"', "notes[1].places", "一覧ではありません"),
    ],
)
def test_a_field_of_the_wrong_shape_is_explained_in_japanese(before: str, after: str, field: str, word: str) -> None:
    error, line = only_error((before, after))
    assert error.field == field
    assert word in error.problem
    assert error.remedy.endswith("。")
    if word != "ありません":
        assert field.split(".")[-1] in line


def test_all_errors_come_at_once_in_the_order_of_lines() -> None:
    text = text_with(
        ('paper = "資料1"\n', ""),
        ('role = "controller"', 'role = "boss"'),
        ('collected = ["氏名", "電話番号"]', 'collected = ["氏名", "電話番合"]'),
        ('parties = ["center"]', 'parties = ["centre"]'),
    )
    errors = errors_of(text)
    assert {error.field for error in errors} == {
        "paper",
        "parties[1].role",
        "clauses[3].collected",
        "clauses[3].parties",
    }
    assert [error.line for error in errors] == sorted(error.line for error in errors)
    whole = str(DossierErrors(errors))
    assert "（4件）" in whole
    assert "small.toml:" in whole


def test_a_syntax_error_names_its_line() -> None:
    error = errors_of(TEXT.replace('name = "試験区"', 'name = "試験区'))[0]
    assert TEXT.splitlines()[error.line - 1] == 'name = "試験区"'
    assert "TOML" in error.problem


@pytest.mark.parametrize("version", ["2", "0", '"1"', "true"])
def test_a_file_of_another_schema_version_is_refused_before_anything_else(version: str) -> None:
    error, line = only_error(("schema_version = 1", f"schema_version = {version}"), ('paper = "資料1"\n', ""))
    assert line == f"schema_version = {version}"
    assert "schema_version = 1" in error.remedy


def test_a_file_without_version_is_refused() -> None:
    assert errors_of(TEXT.replace("schema_version = 1\n", ""))[0].field == "schema_version"


def test_a_file_in_cp932_is_refused_with_the_line_of_the_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "dossier.toml"
    path.write_bytes(TEXT.encode("cp932"))
    with pytest.raises(DossierErrors) as caught:
        read_dossier(path)
    error = caught.value.errors[0]
    assert TEXT.splitlines()[error.line - 1].startswith("title")
    assert "UTF-8" in error.remedy


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "dossier.toml"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert read_dossier(path) == small()


@pytest.mark.parametrize(
    "junk",
    [
        "schema_version = 1\nclauses = 3\nparties = 'x'\nsteps = [1, 2]\nnotes = {}",
        "schema_version = 1\n[[clauses]]\nparties = 3\nprovided = [1, ['a']]\nentrusted_by = [[1]]\nperiod = 4",
        "schema_version = 1\n[[parties]]\nof = 3\naliases = 4\nrole = 'sub_processor'",
        "schema_version = 1\n[[clauses]]\nperiod = { start = 2025-04-01T10:00:00, end = 2024-01-01 }",
        "",
    ],
)
def test_nonsense_gives_errors_and_never_a_crash(junk: str) -> None:
    assert errors_of(junk)
