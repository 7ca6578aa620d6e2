"""The whole way of a roster on the command line."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from azukari.cli.people import people
from azukari.people.models import Changeset, Resident
from tests.unit.people.rosters import csv_text, resident, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(settings, tmp_path, officer, second_officer):
    settings.AZUKARI_KEYS = str(tmp_path / "keys")
    return lambda *arguments: CliRunner().invoke(people, [str(argument) for argument in arguments])


@pytest.fixture
def roster(tmp_path):
    path, note = written(
        tmp_path, csv_text(resident("1"), resident("2", 性別="X"), resident("3", 支援措置="1")), "cp932"
    )
    return path, ("--rows", note.rows, "--sha256", note.sha256, "--stated-on", "2025-04-01", "--by", "officer")


def test_a_roster_is_imported_reviewed_committed_and_people_are_found(run, roster):
    path, options = roster
    read = run("import", path, *options)
    assert read.exit_code == 0, read.output
    pk = Changeset.objects.get().pk
    reviewed = run("review", pk, "--by", "officer")
    assert reviewed.exit_code == 0
    assert "1 件  取込不可" in reviewed.output
    assert "3行目 取込不可: 性別" in reviewed.output
    assert "山田" not in read.output + reviewed.output
    alone = run("commit", pk, "--by", "officer")
    assert (alone.exit_code, "別の人" in alone.output) == (3, True)
    committed = run("commit", pk, "--by", "officer2")
    assert "追加 2 人" in committed.output
    assert "既に確定" in run("commit", pk, "--by", "officer").output
    found = run("find", "やまだ", "--purpose", "照会", "--by", "officer")
    assert "2 人" in found.output
    assert "【支援措置】" in found.output


def test_a_delivery_note_may_be_a_file(run, roster, tmp_path):
    path, options = roster
    note = tmp_path / "note.toml"
    note.write_text(f'rows = {options[1]}\nsha256 = "{options[3]}"\n')
    assert run("import", path, "--note", note, *options[4:]).exit_code == 0


def test_without_a_delivery_note_nothing_is_read(run, roster):
    path, options = roster
    refused = run("import", path, *options[4:])
    assert refused.exit_code == 2
    assert "送付票" in refused.output
    assert not Changeset.objects.exists()


def test_a_refusal_is_told_in_japanese_and_ends_with_3(run, roster):
    path, options = roster
    refused = run("import", path, "--rows", 4, *options[2:])
    assert refused.exit_code == 3
    assert "件数が送付票と一致しません" in refused.output
    assert run("review", 99, "--by", "officer").exit_code == 2
    stranger = run("import", path, *options[:-1], "nobody")
    assert (stranger.exit_code, "登録されていません" in stranger.output) == (2, True)
    run("import", path, *options)
    early = run("commit", Changeset.objects.get().pk, "--by", "officer")
    assert early.exit_code == 3
    assert "まず内訳を確認" in early.output
    assert not Resident.objects.exists()


def test_a_header_is_mapped_and_a_roster_discarded(run, tmp_path):
    row = {**resident("1"), "フルネーム": "佐藤　一", "謎の列": "1"}
    path, note = written(tmp_path, csv_text(row, without=("氏名",)))
    options = ("--rows", 1, "--sha256", note.sha256, "--stated-on", "2025-04-01", "--by", "officer")
    assert run("import", path, *options).exit_code == 3
    assert run("import", path, *options, "--map", "フルネーム=name", "--map", "謎の列=").exit_code == 0
    assert "破棄しました" in run("discard", Changeset.objects.get().pk, "--by", "officer").output
    assert run("import", path, *options, "--map", "フルネーム").exit_code == 2


def test_a_removed_officer_is_refused_and_nothing_is_read(run, roster, officer):
    officer.removed_on = officer.reported_on
    officer.save()
    path, options = roster
    refused = run("import", path, *options)
    assert refused.exit_code == 3
    assert "解除" in refused.output
    assert not Changeset.objects.exists()
