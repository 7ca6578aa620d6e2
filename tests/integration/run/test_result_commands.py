"""The way back on the command line: every act of visits, results, follow-up and payment is a command."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from azukari.cli import base
from azukari.cli.screening import screening
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import LaboratoryOrder, ResultBatch, Statement, TestResult, Visit, WorkUp

from .test_results import HEADER, line, takers
from .test_windows import code_of, visitor
from .ward import Press, until


class Commands:
    def __init__(self) -> None:
        self.now: Any = None

    def __call__(self, *words: object) -> str:
        done = CliRunner().invoke(screening, [str(word) for word in words])
        assert done.exit_code == 0, (words, done.output, done.exception)
        return done.output

    def refused(self, *words: object) -> str:
        done = CliRunner().invoke(screening, [str(word) for word in words])
        assert done.exit_code == base.REFUSED, (words, done.output, done.exception)
        return done.stderr


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Commands:
    commands = Commands()
    monkeypatch.setattr(base, "now", lambda: commands.now)
    monkeypatch.setattr(base, "today", lambda: commands.now.date())
    return commands


@pytest.fixture
def open_ward(ward: Demo, press: Press) -> Demo:
    until(ward, "医療機関・検査機関の窓口")
    return ward


def at(ward: Demo, command: Commands, *when: int) -> datetime:
    command.now = ward.at(*when)
    return ward.at(*when)


def test_a_visit_from_the_shown_voucher_to_the_result_in_the_history(open_ward, command):
    at(open_ward, command, 6, 10)
    voucher = visitor(open_ward)
    shown = command("visit", "--code", code_of(voucher), "--by", "M001")
    assert voucher.voucher_number in shown
    test = next(word for word in shown.split() if word.startswith("checkup_"))
    command("visit", "--code", code_of(voucher), "--test", test, "--consent", "--by", "M001")
    visit = Visit.objects.get()
    command("order-specimen", visit.pk, "--to", "laboratory", "--specimen", "blood", "--by", "M001")
    number = LaboratoryOrder.objects.get().number
    assert number in command("orders", "--by", "L001")
    command("report-specimen", number, "--result", "HbA1c 5.6 %", "--by", "L001")
    command("enter-result", visit.pk, "--test", test, "--code", "1", "--value", "身長(cm)=160.5", "--by", "M001")
    batch = ResultBatch.objects.get()
    assert "確認待ち" in command("results")
    assert "問題なし" in command("rows", batch.pk, "--by", "W001")
    command("accept-results", batch.pk, "--by", "W001")
    assert TestResult.objects.get().test == test


def test_a_wrong_code_is_refused_in_words(open_ward, command):
    at(open_ward, command, 6, 10)
    assert "この受診券は使えません" in command.refused("visit", "--code", "0000000000000000", "--by", "M001")


def test_a_delivered_file_a_case_and_a_statement(open_ward, command, tmp_path: Path):
    at(open_ward, command, 11, 1)
    people = takers(open_ward)[:2]
    data = ("\r\n".join([HEADER, line(people[0], raw="E1"), line(people[1], raw="Z")]) + "\r\n").encode("cp932")
    file = tmp_path / "results.csv"
    file.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    command("take-results", file, "--from", "shinjuku-doctors", "--sha256", digest, "--by", "W001")
    batch = ResultBatch.objects.get()
    command("accept-results", batch.pk, "--by", "W001")
    assert "判定の記号" in command("rows", batch.pk, "--by", "W001")
    command("settle-row", batch.pk, 3, "correct", "--set", "判定=B", "--reason", "電話で確認", "--by", "W002")
    case = WorkUp.objects.get()
    assert "lung" in command("cases")
    command("call", case.pk, "--note", "本人に電話", "--by", "W001")
    command("report", case.pk, "--on", "2025-10-20", "--facility", "架空病院", "--method", "ct", "--outcome", "no_finding",
            "--by", "W001")  # fmt: skip
    command("close-case", case.pk, "--reason", "結果を把握", "--by", "W001")
    command("reopen-case", case.pk, "--reason", "追加の報告", "--by", "W001")
    command("prepare-statements", "--month", "2025-11", "--by", "W001")
    statement = Statement.objects.get()
    assert "別の人" in command.refused("approve-statement", statement.pk, "--by", "W001")
    assert "承認しました" in command("approve-statement", statement.pk, "--by", "W002")


def test_letters_and_rates_are_files(open_ward, command, tmp_path: Path):
    at(open_ward, command, 11, 1)
    data = ("\r\n".join([HEADER, line(takers(open_ward)[0], raw="E1")]) + "\r\n").encode("cp932")
    file = tmp_path / "results.csv"
    file.write_bytes(data)
    command("take-results", file, "--from", "shinjuku-doctors", "--sha256", hashlib.sha256(data).hexdigest(),
            "--by", "W001")  # fmt: skip
    command("accept-results", ResultBatch.objects.get().pk, "--by", "W001")
    at(open_ward, command, 11, 20)
    told = command("write-to", "letter", "--out", tmp_path / "letters", "--office", "健康づくり課", "--telephone",
                   "03-0000-0000", "--by", "W001")  # fmt: skip
    number = told.split("No.")[1].split(":")[0]
    assert list((tmp_path / "letters").glob("*.pdf"))
    command("release-letters", number, "--pieces", 1, "--by", "W002")
    command("rates", "--out", tmp_path / "rates", "--office", "健康づくり課", "--by", "W001")
    assert {p.suffix for p in (tmp_path / "rates").iterdir()} == {".xlsx", ".pdf"}
