"""Law 2: a model that names no item, a wrong one, or one its dossier does not record is found; all of ours pass."""

from __future__ import annotations

from typing import ClassVar

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import models
from django.test.utils import isolate_apps

from azukari.custody.recorded_items import check_recorded_items, problems_of, recordable_items
from azukari.dossier.reader import read_dossier
from azukari.dossier.schema import Kind
from tests.factories import postcards

RECORDABLE = frozenset({"name", "birth_date"})


def of_programme(programme: str) -> frozenset[str]:
    return recordable_items(read_dossier(settings.AZUKARI_PROGRAMMES / programme / "dossier.toml"))


@isolate_apps("azukari.people")
def test_a_model_that_names_every_item_passes() -> None:
    class Good(models.Model):
        items: ClassVar = {"name": "name", "key": ("name", "birth_date")}
        neutral: ClassVar = frozenset({"id", "run"})
        name = models.TextField()
        key = models.TextField()
        run = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Good, RECORDABLE)) == []


@isolate_apps("azukari.people")
def test_a_field_that_names_no_item_is_found() -> None:
    class Sly(models.Model):
        items: ClassVar = {"name": "name"}
        neutral: ClassVar = frozenset({"id"})
        name = models.TextField()
        memo = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Sly, None)) == [
        "people.Sly.memo に情報項目の指定がありません。items か neutral に書いてください。"
    ]


@isolate_apps("azukari.people")
def test_a_model_that_declares_nothing_is_found() -> None:
    class Silent(models.Model):
        name = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Silent, None)) == [
        "people.Silent に items も neutral もありません。個人情報の項目を欄ごとに書いてください。"
    ]


@isolate_apps("azukari.people")
def test_an_item_that_no_vocabulary_knows_is_found() -> None:
    class Odd(models.Model):
        items: ClassVar = {"shoe": "shoe_size"}
        neutral: ClassVar = frozenset({"id"})
        shoe = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Odd, RECORDABLE)) == [
        "people.Odd.shoe の項目「shoe_size」は項目一覧（items.toml）にありません。"
    ]


@isolate_apps("azukari.people")
@pytest.mark.parametrize("stated", ["phone", ("name", "phone")])
def test_an_item_that_the_dossier_does_not_record_is_found(stated: str | tuple[str, ...]) -> None:
    class Greedy(models.Model):
        items: ClassVar = {"contact": stated}
        neutral: ClassVar = frozenset({"id"})
        contact = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Greedy, RECORDABLE)) == [
        "people.Greedy.contact の項目「電話番号」は、付議書が記録を認めていません。"
    ]
    assert list(problems_of(Greedy, RECORDABLE | {"phone"})) == []


@isolate_apps("azukari.people")
def test_a_field_cannot_be_both_and_must_exist() -> None:
    class Muddled(models.Model):
        items: ClassVar = {"name": "name", "gone": "name"}
        neutral: ClassVar = frozenset({"id", "name"})
        name = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Muddled, None)) == [
        "people.Muddled に gone という欄はありません。items と neutral を直してください。",
        "people.Muddled.name が items と neutral の両方にあります。",
    ]


@isolate_apps("azukari.people")
def test_a_model_without_personal_fields_says_so_and_then_names_no_item() -> None:
    class Empty(models.Model):
        neutral = "*"
        year = models.IntegerField()

        class Meta:
            app_label = "people"

    class Both(models.Model):
        items: ClassVar = {"name": "name"}
        neutral = "*"
        name = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Empty, RECORDABLE)) == []
    assert list(problems_of(Both, RECORDABLE)) == [
        "people.Both は neutral が「*」ですが、items もあります。どちらか一方にしてください。"
    ]


@isolate_apps("azukari.people")
def test_an_inherited_field_is_looked_at_as_well() -> None:
    class Base(models.Model):
        memo = models.TextField()

        class Meta:
            app_label = "people"
            abstract = True

    class Heir(Base):
        items: ClassVar = {"name": "name"}
        neutral: ClassVar = frozenset({"id"})
        name = models.TextField()

        class Meta:
            app_label = "people"

    assert "people.Heir.memo" in next(problems_of(Heir, None))


def test_every_installed_model_passes_and_the_check_runs_at_start() -> None:
    assert check_recorded_items() == []
    assert [found for found in run_checks() if found.id and found.id.startswith("azukari.")] == []


def test_a_programme_without_a_readable_dossier_does_not_start(tmp_path, settings) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "screening"
    folder.mkdir()
    (folder / "dossier.toml").write_text("schema_version = 1\n", encoding="utf-8")
    settings.AZUKARI_PROGRAMMES = tmp_path
    assert "azukari.E001" in {found.id for found in check_recorded_items()}


def test_a_sheet_of_automated_processing_says_exactly_what_is_recorded() -> None:
    maternity = read_dossier(settings.AZUKARI_PROGRAMMES / "maternity_benefit" / "dossier.toml")
    handled = {item for clause in maternity.clauses for item in clause.handled}
    assert any(clause.kind == Kind.AUTOMATED_PROCESSING for clause in maternity.clauses)
    assert "individual_number" in handled
    assert "individual_number" not in recordable_items(maternity)


def test_a_paper_without_such_a_sheet_lets_the_ward_keep_what_it_gives_and_gets() -> None:
    assert recordable_items(postcards()) == {"name", "address", "birth_date", "phone", "sex"}


@isolate_apps("azukari.people")
def test_the_individual_number_cannot_be_kept_by_the_benefit_system() -> None:
    class Claim(models.Model):
        items: ClassVar = {"number": "individual_number"}
        neutral: ClassVar = frozenset({"id"})
        number = models.TextField()

        class Meta:
            app_label = "people"

    assert list(problems_of(Claim, of_programme("maternity_benefit"))) == [
        "people.Claim.number の項目「個人番号」は、付議書が記録を認めていません。"
    ]
