"""People are found however their name is typed."""

from __future__ import annotations

from datetime import date

import pytest

from azukari.people.search import find_employees, find_residents, look_up
from tests.unit.people.rosters import employee, resident

from .conftest import KEY, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(take):
    take(
        resident("1", 氏名="髙橋　ハナ", 氏名カナ="タカハシ　ハナ"),
        resident("2", 氏名="渡邉　はな", 氏名カナ="ﾜﾀﾅﾍﾞ ﾊﾅ"),
        resident("3", 氏名="", 氏名カナ="", ローマ字氏名="SAMPLE ANNA", 通称="見本　杏", 外国人区分="1"),
        resident("4", 氏名="山﨑　譲", 氏名カナ="ヤマサキ　ジョウ"),
    )
    take(
        resident("1", 氏名="高木　ハナ", 氏名カナ="タカギ　ハナ"),
        resident("2", 氏名="渡邉　はな", 氏名カナ="ﾜﾀﾅﾍﾞ ﾊﾅ"),
        resident("3", 氏名="", 氏名カナ="", ローマ字氏名="SAMPLE ANNA", 通称="見本　杏", 外国人区分="1"),
        resident("4", 氏名="山﨑　譲", 氏名カナ="ヤマサキ　ジョウ"),
        stated_on=date(2025, 4, 2),
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1", ["1"]),
        ("４", ["4"]),
        ("高木ハナ", ["1"]),
        ("髙木", ["1"]),
        ("高橋", ["1"]),  # her former name
        ("たかはし", ["1"]),
        ("渡辺はな", ["2"]),
        ("渡邊　はな", ["2"]),
        ("わたなべ", ["2"]),
        ("ﾔﾏｻｷ ｼﾞﾖｳ", ["4"]),
        ("山崎", ["4"]),
        ("sample anna", ["3"]),
        ("ＳＡＭＰＬＥ", ["3"]),
        ("見本杏", ["3"]),
        ("ハナ", []),
        ("", []),
        ("　", []),
        ("%", []),
        ("_", []),
    ],
)
def test_residents_are_found_by_number_name_reading_and_former_name(people, text, numbers):
    assert [found.number for found in find_residents(text)] == numbers


def test_employees_are_found_apart_from_residents(people, take):
    take(employee("A7", 氏名="髙橋　花子", 氏名カナ="タカハシ　ハナコ"), kind="employees")
    assert [found.number for found in find_employees("高橋")] == ["A7"]
    assert [found.number for found in find_employees("たかはし")] == ["A7"]


def test_a_search_by_name_uses_the_index(people):
    assert "name_key" in find_residents("渡辺").explain()


def test_looking_up_is_logged_before_it_is_shown_with_who_was_seen_and_not_what_was_typed(people, officer):
    from azukari.witness.leaf import subject_reference
    from azukari.witness.models import Entry, Subject

    found = look_up(text="渡辺", kind="residents", by=officer, purpose="窓口での照会", now=NOW)
    assert [person.number for person in found] == ["2"]
    (entry,) = Entry.objects.all()
    assert (entry.actor, entry.act, entry.persons, entry.purpose) == ("officer", "people.look_up", 1, "窓口での照会")
    assert "渡辺" not in repr(entry.__dict__)
    assert [bytes(row.ref) for row in Subject.objects.all()] == [subject_reference(KEY, "2")]
