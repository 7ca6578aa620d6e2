"""Every programme is complete, and none records what its paper does not list (law 2)."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps

from azukari.custody.recorded_items import check_recorded_items, declared, problems_of, recordable_items
from azukari.dossier.reader import read_dossier
from azukari.programmes import PROGRAMMES, WITH_CODE

from .files import SOURCE

OF_ALL = ("dossier.toml", "README.md")
OF_CODE = ("rules.py", "parameters.toml", "letters", "demo.py", "apps.py", "migrations/0001_initial.py")


def test_every_folder_of_programmes_is_listed():
    found_here = {path.parent.name for path in (SOURCE / "programmes").glob("*/dossier.toml")}
    assert found_here == set(PROGRAMMES)
    assert set(WITH_CODE) <= set(PROGRAMMES)


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_programme_is_complete(programme):
    folder = SOURCE / "programmes" / programme
    wanted = OF_ALL + (OF_CODE if programme in WITH_CODE else ())
    assert [name for name in wanted if not (folder / name).exists()] == []
    if programme in WITH_CODE:
        for name in ("models", "steps"):
            assert (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists()
    else:
        assert list(folder.glob("*.py")) == []


@pytest.mark.parametrize("programme", PROGRAMMES)
def test_a_programmes_readme_fits_on_a_page_and_names_law_people_and_data(programme):
    text = (SOURCE / "programmes" / programme / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    for heading in ("## 拠りどころ", "## 人", "## 入ってくるもの・出ていくもの"):
        assert heading in text


# --- law 2: nothing is stored that the dossier does not list -------------------------------------------------------------


def recordable(programme: str) -> frozenset[str]:
    return recordable_items(read_dossier(SOURCE / "programmes" / programme / "dossier.toml"))


RECORDED = [
    pytest.param(programme, model, item, id=f"{model.__name__}-{item}")
    for programme in WITH_CODE
    for model in apps.get_app_config(programme).get_models()
    for item in sorted({item for items in (declared(model) or {}).values() for item in items})
]


def test_every_personal_field_of_the_project_names_an_item_that_may_be_recorded():
    assert check_recorded_items() == []


@pytest.mark.parametrize(("programme", "model", "item"), RECORDED)
def test_a_field_is_refused_as_soon_as_the_paper_no_longer_lists_its_item(programme, model, item):
    assert list(problems_of(model, recordable(programme))) == []
    problems = list(problems_of(model, recordable(programme) - {item}))
    assert problems
    assert all("付議書が記録を認めていません" in problem for problem in problems)


def model(items: dict[str, object] | None, neutral: object, *fields: str) -> type:
    """A stand-in for a model: its fields, and what it declares of them."""
    meta = SimpleNamespace(label="x.Model", concrete_fields=[SimpleNamespace(name=name) for name in fields])
    stated = {key: value for key, value in (("items", items), ("neutral", neutral)) if value is not None}
    return type("Model", (), {"_meta": meta, **stated})


@pytest.mark.parametrize(
    ("what", "problem"),
    [
        (model(None, None, "id", "name"), "items も neutral もありません"),
        (model({}, {"id"}, "id", "name"), "name に情報項目の指定がありません"),
        (model({"name": "name", "gone": "sex"}, {"id"}, "id", "name"), "gone という欄はありません"),
        (model({"name": "name"}, {"id", "name"}, "id", "name"), "両方にあります"),
        (model({"name": "no_such_item"}, {"id"}, "id", "name"), "項目一覧（items.toml）にありません"),
        (model({"name": "individual_number"}, {"id"}, "id", "name"), "付議書が記録を認めていません"),
        (model({"name": ("name", "individual_number")}, {"id"}, "id", "name"), "付議書が記録を認めていません"),
        (model({"name": "name"}, "*", "id", "name"), "どちらか一方"),
    ],
)
def test_a_model_that_hides_a_field_is_named(what, problem):
    assert any(problem in told for told in problems_of(what, frozenset({"name", "sex"})))


def test_a_model_that_names_every_field_is_let_be():
    assert list(problems_of(model({"name": "name"}, {"id"}, "id", "name"), frozenset({"name"}))) == []
    assert list(problems_of(model({}, "*", "id", "anything"), frozenset())) == []


def test_the_project_is_refused_with_a_paper_that_lists_one_item_less(settings, tmp_path: Path):
    shutil.copytree(
        SOURCE / "programmes", tmp_path / "programmes", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    settings.AZUKARI_PROGRAMMES = tmp_path / "programmes"
    assert check_recorded_items() == []
    paper = tmp_path / "programmes" / "screening" / "dossier.toml"
    text = re.sub(r'"voucher_number",?\s*', "", paper.read_text(encoding="utf-8"))
    paper.write_text(text, encoding="utf-8")
    told = [str(message.msg) for message in check_recorded_items()]
    assert told
    assert all("受診券整理番号" in sentence for sentence in told)


def test_the_project_is_refused_with_a_paper_that_cannot_be_read(settings, tmp_path: Path):
    shutil.copytree(
        SOURCE / "programmes", tmp_path / "programmes", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    settings.AZUKARI_PROGRAMMES = tmp_path / "programmes"
    with (tmp_path / "programmes" / "screening" / "dossier.toml").open("a", encoding="utf-8") as paper:
        paper.write("\nprovidde = 1\n")
    assert check_recorded_items() != []
