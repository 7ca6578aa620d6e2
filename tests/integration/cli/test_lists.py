"""A list of people made by the core alone: which items, which persons, and what is refused."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from azukari.custody.lists import fields_of, numbers_in, people_list, prepare_list
from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Changeset, Employee, Resident

from . import begun
from .conftest import Terminal

REFERENCE = "ab" * 16


@pytest.fixture
def changeset(db):
    return Changeset.objects.create(
        kind="residents", stated_on=date(2025, 4, 1), file_name="x.csv", sha256="0" * 64, rows=2, encoding="cp932",
        read_by="W001", read_at="2025-04-01T00:00:00Z",
    )  # fmt: skip


def a_resident(changeset: Changeset, number: str, **fields: object) -> Resident:
    return Resident.objects.create(number=number, reference=REFERENCE, birth="1965-04-00", roster=changeset, **fields)


def test_each_item_has_the_field_that_states_it_not_one_worked_out_from_it():
    fields = fields_of(Resident)
    assert (fields["name"], fields["birth_date"], fields["resident_number"]) == ("name", "birth", "number")
    assert fields_of(Employee)["employee_number"] == "number"
    assert "reference" not in fields.values()


def test_values_are_words_as_a_reader_expects_them(changeset):
    a_resident(changeset, "2", name="乙", sex="female", welfare=True, became_resident_on=date(2024, 2, 29))
    a_resident(changeset, "1", name="甲", sex="", insurance_kind="national")
    made = people_list(
        kind="residents", numbers=["1", "2"],
        items=["name", "birth_date", "sex", "welfare_receipt", "insurance_class", "moved_in_on"],
    )  # fmt: skip
    assert [c.header for c in made.columns][:3] == ["氏名", "生年月日", "性別"]
    assert made.frame.select(pl.exclude("reference")).rows() == [
        ("甲", "1965-04-00", "", "無", "国民健康保険", ""),
        ("乙", "1965-04-00", "女", "有", "", "2024-02-29"),
    ]


def test_employees_are_listed_by_their_own_register(changeset):
    Employee.objects.create(number="A-1", reference=REFERENCE, name="職", section="総務課", birth="", roster=changeset)
    made = people_list(kind="employees", numbers=["A-1"], items=["employee_number", "name", "affiliation"])
    assert made.frame.row(0)[1:] == ("A-1", "職", "総務課")


def test_an_item_without_a_field_is_refused_by_its_name(changeset):
    with pytest.raises(NotPermitted, match="受診番号"):
        people_list(kind="residents", items=["name", "examinee_number"], numbers=[])


def test_an_unknown_person_is_refused_by_place_and_not_by_number(changeset):
    a_resident(changeset, "1")
    with pytest.raises(NotPermitted, match="2人目") as refusal:
        people_list(kind="residents", items=["name"], numbers=["1", "777"])
    assert "777" not in str(refusal.value)


@pytest.mark.parametrize("text", ["宛名番号\n1\n２\n\n", "\ufeff1\r\n2\r\n", "氏名,宛名番号\nx,1\ny,2\n"])
def test_a_list_file_is_read_in_its_usual_forms(text):
    assert numbers_in(text.encode(), "residents") == ["1", "2"]
    assert numbers_in(text.lstrip("\ufeff").encode("cp932"), "residents") == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("宛名番号\n1\nx\n", "3行目"), ("1\n2\n1\n", "3行目は、前の行と同じ"), ("", "一人もいません"),
        ("宛名番号\n", "一人もいません"), ("氏名,住所\nx,y\n", "列「宛名番号」がありません"),
    ],
)  # fmt: skip
def test_a_list_file_that_cannot_be_used_names_its_lines(text, why):
    with pytest.raises(NotPermitted, match=why):
        numbers_in(text.encode(), "residents")


@pytest.fixture
def ward(terminal: Terminal) -> Terminal:
    begun.people(terminal)
    begun.paper(terminal)
    begun.roster(terminal, 60)
    return terminal


def _prepare(ward: Terminal, numbers: list[str], items: list[str], by: str = "W001") -> Handover:
    return prepare_list(
        programme="screening", step="①", receiver=Organisation.objects.get(key="toppan-edge"), party=begun.PRINTER,
        kind="residents", items=items, numbers=numbers, purpose="印字", medium=Medium.LGWAN,
        by=Handler.objects.get(key=by), now=ward.now,
    )  # fmt: skip


def test_what_the_paper_lists_is_prepared_and_what_it_does_not_is_refused_whole(ward: Terminal):
    numbers = list(Resident.objects.filter(protected=False).values_list("number", flat=True)[:3])
    made = _prepare(ward, numbers, ["name", "address"])
    assert (made.persons, made.items, made.state) == (3, ["name", "address"], "prepared")
    with pytest.raises(NotPermitted, match="通称"):
        _prepare(ward, numbers, ["name", "common_name"])
    assert Handover.objects.count() == 1


def test_a_protected_person_stops_the_whole_list(ward: Terminal):
    numbers = list(Resident.objects.order_by("-protected").values_list("number", flat=True)[:4])
    with pytest.raises(NotPermitted, match="支援措置の対象者が"):
        _prepare(ward, numbers, ["name"])
    assert not Handover.objects.exists()


def test_only_the_ward_makes_lists_from_its_register(ward: Terminal):
    numbers = list(Resident.objects.filter(protected=False).values_list("number", flat=True)[:1])
    with pytest.raises(NotPermitted, match="区の職員だけ"):
        _prepare(ward, numbers, ["name"], by="E001")
