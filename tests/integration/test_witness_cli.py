"""``azukari witness``: what it prints, and the exit codes that scripts rely on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from django.db import connection

from azukari.witness import append_only, merkle, note, verifier
from azukari.witness.cli import witness
from tests.fixtures.witness import tampering
from tests.fixtures.witness.logs import INTRUDER, KEY, SIGNER, append_many, fixed_key

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path) -> Iterator[None]:
    with fixed_key(tmp_path / "keys"):
        yield


def run(*arguments: object) -> Result:
    return CliRunner().invoke(witness, [str(argument) for argument in arguments])


def test_help_is_in_japanese_for_every_command() -> None:
    assert "アクセスログ" in run("--help").output
    for name, command in witness.commands.items():
        assert command.help, name
        assert any(ord(character) > 0x3000 for character in command.help)
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)


def test_verify_says_that_all_is_well_and_what_is_not_yet_signed() -> None:
    append_many(3)
    run("checkpoint")
    append_many(2)
    result = run("verify")
    assert result.exit_code == 0
    assert "異常なし: 記録 5 件、署名した時点 1 個" in result.output
    assert "受付番号 3 から 4 まで" in result.output


def test_verify_exits_one_and_says_what_is_wrong() -> None:
    append_many(12)
    run("checkpoint")
    tampering.tamper("default", tampering.DATABASE["edited"])
    result = run("verify")
    assert result.exit_code == 1
    assert "受付番号 3 の記録" in result.output
    assert "情報保護担当" in result.output


def test_verify_takes_key_and_checkpoints_held_outside(tmp_path: Path) -> None:
    append_many(12)
    assert run("checkpoint", "--out", tmp_path / "kept.txt").exit_code == 0
    assert run("verify", "--key", KEY, "--checkpoint", tmp_path / "kept.txt").exit_code == 0
    assert run("verify", "--key", INTRUDER.verifier).exit_code == 1
    tampering.tamper("default", tampering.INSIDER["edited, rebuilt and signed with the real key"])
    assert run("verify").exit_code == 0
    result = run("verify", "--checkpoint", tmp_path / "kept.txt")
    assert result.exit_code == 1
    assert "外で保管された時点 kept.txt" in result.output


def test_verify_without_any_key_says_how_to_get_one(tmp_path: Path) -> None:
    (tmp_path / "keys" / "witness-verifier.txt").unlink()
    result = run("verify")
    assert result.exit_code == 1
    assert "azukari witness checkpoint" in result.output


def test_checkpoint_prints_a_signed_note() -> None:
    append_many(4)
    result = run("checkpoint")
    assert result.exit_code == 0
    assert note.open_checkpoint(result.output, SIGNER.verifier).size == 4


def test_prove_prints_an_audit_path_to_the_signed_root() -> None:
    append_many(7)
    run("checkpoint")
    append_many(2)
    shown = json.loads(run("prove", "--seq", 3).output)
    signed = note.open_checkpoint(shown["checkpoint"], SIGNER.verifier)
    path = [base64.b64decode(step) for step in shown["proof"]]
    assert (shown["kind"], shown["seq"], shown["size"]) == ("inclusion", 3, 7)
    assert merkle.verify_inclusion(merkle.leaf_hash(shown["leaf"].encode()), 3, 7, path, signed.root)
    beyond = json.loads(run("prove", "--seq", 8).output)
    assert (beyond["size"], beyond["checkpoint"]) == (9, None)


def test_prove_prints_that_a_former_log_is_the_beginning_of_this_one() -> None:
    append_many(7)
    first = run("checkpoint").output
    append_many(2)
    shown = json.loads(run("prove", "--from", 7).output)
    assert (shown["old"], shown["new"], shown["old_checkpoint"]) == (7, 9, first)
    roots = [base64.b64decode(shown[name]) for name in ("old_root", "new_root")]
    assert merkle.verify_consistency(7, roots[0], 9, roots[1], [base64.b64decode(step) for step in shown["proof"]])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--seq", 3], 1),
        (["--seq", 2, "--size", 4], 1),
        (["--seq", 2, "--size", 2], 1),
        (["--from", 4], 1),
        (["--from", 1, "--to", 4], 1),
        (["--from", 2, "--to", 1], 2),
        (["--seq", 1, "--from", 1], 2),
        (["--to", 2], 2),
        (["--size", 2], 2),
        ([], 2),
    ],
)
def test_prove_refuses_what_the_log_does_not_have_and_what_makes_no_sense(arguments: list[object], code: int) -> None:
    append_many(3)
    result = run("prove", *arguments)
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_export_writes_what_the_stand_alone_verifier_accepts(tmp_path: Path) -> None:
    append_many(6)
    result = run("export", tmp_path / "export")
    assert result.exit_code == 0
    assert "記録 6 件、対象者 7 行、時点 1 個" in result.output
    assert verifier.main([str(tmp_path / "export"), "--key", KEY]) == 0
    again = run("export", tmp_path / "export")
    assert again.exit_code == 1
    assert "空ではありません" in again.output


def test_a_log_that_is_no_longer_signed_can_still_be_saved_as_evidence(tmp_path: Path) -> None:
    append_many(12)
    run("checkpoint")
    tampering.tamper("default", tampering.DATABASE["edited, all hashes rebuilt"])
    refused = run("export", tmp_path / "one")
    assert refused.exit_code == 1
    assert "食い違います" in refused.output
    assert run("export", tmp_path / "two", "--unsigned").exit_code == 0
    assert verifier.main([str(tmp_path / "two"), "--key", KEY]) == 1


def test_key_prints_the_verifier_key() -> None:
    assert run("key").output == f"{KEY}\n"


def test_guard_puts_back_what_is_missing() -> None:
    append_only.remove(connection)
    assert run("verify").exit_code == 1
    result = run("guard")
    assert result.exit_code == 0
    assert "witness_entry" in result.output
    assert run("verify").exit_code == 0
    assert "なし" in run("guard").output


@pytest.mark.parametrize("role", ["app", 'a"b', "役割"])
def test_grants_prints_only_insert_and_select_for_a_quoted_role(role: str) -> None:
    output = run("grants", "--role", role).output
    quoted = '"' + role.replace('"', '""') + '"'
    granted = [line for line in output.splitlines() if line.startswith("GRANT")]
    assert granted == [f"GRANT SELECT, INSERT ON {', '.join(append_only.TABLES)} TO {quoted};"]
