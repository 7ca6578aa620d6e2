"""What is refused, with which exit code, and that the words are Japanese: 3 refused, 2 wrong use, 0 done."""

from __future__ import annotations

import hashlib
import re

import click
import pytest
from click.testing import CliRunner

from azukari.people.models import Resident
from azukari.witness.models import Entry

from . import begun
from .conftest import Terminal


@pytest.fixture
def office(terminal: Terminal) -> Terminal:
    begun.people(terminal)
    return terminal


@pytest.fixture
def ward(terminal: Terminal) -> Terminal:
    begun.people(terminal)
    begun.paper(terminal)
    begun.roster(terminal, 60)
    return terminal


@pytest.mark.parametrize(("item", "code"), [("氏名", 0), ("生年月日", 0), ("性別", 0), ("住所", 3), ("電話番号", 3)])
def test_permit_names_the_clause_or_refuses_with_3(terminal: Terminal, item, code):
    begun.people(terminal)
    begun.paper(terminal)
    result = terminal.run("dossier", "permit", "screening", "laboratory", item, "提供", "--on", "2025-06-01")
    assert result.exit_code == code
    assert ("re_laboratory" in result.stdout) == (code == 0)
    assert ("認められません" in result.stderr) == (code == 3)


def test_a_handler_removed_yesterday_is_refused_and_the_refusal_is_logged(office: Terminal):
    office.at(4, 2)("party", "remove-handler", "W002", "--on", "2025-04-02", "--by", "W101")
    before = Entry.objects.count()
    told = office.at(4, 3).refused("people", "find", "1", "--purpose", "照会", "--by", "W002")
    assert "解除" in told
    assert Entry.objects.count() == before + 1


def test_a_role_that_may_not_is_told_so(office: Terminal):
    assert "できません" in office.refused("screening", "open", "--by", "E001")
    assert "できません" in office.refused("party", "add-organisation", "x", "--name", "x", "--by", "W001")


def test_a_handler_number_is_used_once(office: Terminal):
    words = (
        "party",
        "report-handler",
        "W001",
        "--name",
        "x",
        "--organisation",
        "ward",
        "--role",
        "officer",
        "--by",
        "W101",
    )
    assert "すでに使われています" in office.refused(*words)


def test_the_first_people_are_registered_once(office: Terminal):
    words = ("party", "bootstrap", "--name", "区", "--privacy-officer", "A:あ", "--officer", "B:い")
    assert "一度だけ" in office.refused(*words)
    assert "番号:氏名" in office.refused(*words[:-1], "B", code=2)


def test_unknown_things_are_wrong_use_and_say_where_to_look(office: Terminal):
    assert "custody list" in office.refused("custody", "show", "AZ-2025-999999", code=2)
    assert "party handlers" in office.refused("people", "find", "1", "--purpose", "x", "--by", "nobody", code=2)
    assert "party organisations" in office.refused(
        "party", "certification", "nowhere", "--kind", "ISMS", "--by", "W101", code=2
    )
    assert "screening open" in office.refused("screening", "status", "--year", 2031, code=2)
    assert "事業:" in office.refused("dossier", "permit", "nothing", "x", "氏名", "提供", code=2)
    told = office.refused("screening", "look-up", "99999999", "--reason", "x", "--by", "W001", code=2)
    assert "99999999" not in told


def test_training_and_certification_are_recorded(office: Terminal):
    office.at(4, 1)("party", "training", "E001", "--title", "個人情報研修", "--on", "2025-04-01", "--by", "E901")
    assert "ほかの組織" in office.refused("party", "training", "C001", "--title", "x", "--by", "E901")
    assert "先の日付" in office.refused(
        "party", "training", "E001", "--title", "x", "--on", "2025-04-02", "--by", "E901"
    )
    office("party", "certification", "toppan-edge", "--kind", "ISMS", "--until", "2026-03-31", "--by", "W101")


def test_a_protected_person_is_released_by_two_officers(ward: Terminal):
    number = Resident.objects.filter(protected=True)[0].number
    words = ("--programme", "screening", "--purpose", "検体検査", "--reason", "本人の申出", "--until", "2025-04-30")
    told = ward("people", "release-protected", number, *words, "--by", "W001")
    release = re.search(r"No\.(\d+)", told)[1]
    assert "別の職員" in ward.refused("people", "approve-release", release, "--by", "W001")
    ward("people", "approve-release", release, "--by", "W002")
    ward("people", "revoke-release", release, "--by", "W001")
    assert "取消し済み" in ward.refused("people", "approve-release", release, "--by", "W002")


def test_a_history_file_without_its_delivery_note_is_wrong_use(office: Terminal):
    path = office.folder / "history.csv"
    path.write_text("宛名番号,年度,検診,判定\n1,2024,lung,\n")
    assert "送付票" in office.refused("screening", "history", path, "--by", "W001", code=2)
    assert "一致しません" in office.refused("screening", "history", path, "--sha256", "0" * 64, "--by", "W001")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert "2行目" in office.refused("screening", "history", path, "--sha256", sha256, "--by", "W001")


def test_the_way_of_delivery_is_one_of_three(ward: Terminal):
    people = ward.folder / "people.txt"
    people.write_text(Resident.objects.filter(protected=False)[0].number)
    words = ("custody", "prepare", "screening", "--receiver", "toppan-edge", "--party", begun.PRINTER, "--step", "①",
             "--items", "氏名,住所", "--list", people, "--medium", "disc", "--purpose", "印字", "--by", "W001")  # fmt: skip
    number = re.search(r"AZ-2025-\d{6}", ward(*words))[0]
    assert "どれか一つ" in ward.refused("custody", "deliver", number, "--by", "W002", code=2)
    assert "--sftp-key" in ward.refused("custody", "deliver", number, "--sftp", "host", "--by", "W002", code=2)
    assert "放出してから" in ward.refused("custody", "deliver", number, "--to", ward.folder, "--by", "W002")
    ward("custody", "seal", number, "--by", "W001")
    ward("custody", "release", number, "--by", "W002")
    ward("custody", "deliver", number, "--disc", ward.folder / "disc", "--kind", "CD-R", "--by", "W002",
         "--label", ward.folder / "label.pdf")  # fmt: skip
    assert (ward.folder / "disc" / "SHA256SUMS").exists()
    ward("custody", "slip", number, "--out", ward.folder / "slip.pdf")
    for paper in ("label.pdf", "slip.pdf"):
        assert (ward.folder / paper).read_bytes().startswith(b"%PDF")
    assert "すでにあります" in ward.refused("custody", "slip", number, "--out", ward.folder / "slip.pdf", code=2)
    assert ward.refused("custody", "open", ward.folder / "people.txt", "--password-file", people, "--by", "E001")
    assert "不一致" in ward.refused("custody", "acknowledge", number, "--rows", 2, "--digest", "0" * 64, "--by", "E001")
    told = ward("custody", "discrepancies")
    assert "未解決" in told
    ward(
        "custody", "settle", re.search(r"No\.(\d+)", told)[1], "--settlement", "数え直した", "--accept", "--by", "W001"
    )
    assert "不一致はありません" in ward("custody", "discrepancies")
    assert "custody discrepancies" in ward.refused(
        "custody", "settle", 99999, "--settlement", "x", "--by", "W001", code=2
    )


def test_what_has_not_left_is_withdrawn(ward: Terminal):
    people = ward.folder / "people.txt"
    people.write_text(Resident.objects.filter(protected=False)[0].number)
    words = ("custody", "prepare", "screening", "--receiver", "toppan-edge", "--party", begun.PRINTER, "--step", "①",
             "--items", "氏名", "--list", people, "--medium", "lgwan", "--purpose", "印字", "--by", "W001")  # fmt: skip
    endless = ward.folder / "endless.csv"
    endless.write_bytes(b"1" * 200_000)
    assert "行" in ward.refused(*[endless if w is people else w for w in words])
    number = re.search(r"AZ-2025-\d{6}", ward(*words))[0]
    ward("custody", "withdraw", number, "--reason", "対象を直す", "--by", "W001")
    assert number not in ward("custody", "list")
    assert number in ward("custody", "list", "--all")
    assert "取下げ" in ward.refused("custody", "seal", number, "--by", "W001")
    assert "再び消すものはありません" in ward("custody", "reapply-erasures")
    assert "項目一覧にありません" in ward.refused(*[w if w != "氏名" else "ほげ" for w in words], code=2)


def _commands(command: click.Command, path: tuple[str, ...]) -> list[tuple[str, ...]]:
    command._help_option = None  # made once per command, in the language that was spoken then
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [path, *(p for name, one in below for p in _commands(one, (*path, name)))]


def test_every_command_explains_itself_in_japanese(terminal: Terminal):
    from azukari.cli.main import azukari

    english = re.compile(r"Usage|Options:|Commands:|Show this|\[required\]|default:|OPTIONS|ARGS")
    for path in _commands(azukari, ()):
        told = CliRunner().invoke(azukari, [*path, "--help"], prog_name="azukari")
        assert told.exit_code == 0, path
        assert not english.search(told.output), (path, told.output)
        described = told.output.split("オプション:")[0].split("\n\n", 1)[1]
        assert re.search(r"[ぁ-ん]", described), path
