"""Two officers in two processes do the same at the same moment: one does it, the other is told, it happens once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fixtures.migrated import Migrated

HERE = Path(__file__).resolve()
DATABASE = f"azukari_officers_test_{os.getpid()}"


class Officer:
    def __init__(self, var: Path, database: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZUKARI_", "DJANGO_"))}
        if database:
            environment["AZUKARI_DATABASE_URL"] = database
        self.process = subprocess.Popen(
            [sys.executable, str(HERE.with_name("officer.py")), str(var)],
            cwd=HERE.parents[3], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, act: str, at: float = 0, **options: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"act": act, "at": at, "with": options}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the officer's process ended"
        told: dict[str, Any] = json.loads(line)
        return told

    def does(self, act: str, **options: str) -> Any:
        self.ask(act, **options)
        answer = self.answer()
        assert answer["done"], answer
        return answer["told"]

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(30)


def at_once(first: Officer, second: Officer, act: str, one: str, other: str) -> tuple[str, dict[str, Any]]:
    """Both do ``act`` at one moment; returns who won and what the other was told. Exactly one may win."""
    moment = time.monotonic() + 0.2
    first.ask(act, at=moment, by=one)
    second.ask(act, at=moment, by=other)
    answers = [first.answer(), second.answer()]
    assert [answer["done"] for answer in answers].count(True) == 1, answers
    winner = next(n for n, answer in enumerate(answers) if answer["done"])
    return (one, other)[winner], answers[1 - winner]


def race(var: Path, database: str) -> None:
    """Every act of the run that two may begin, one after the other, and what is there in the end."""
    first, second = Officer(var, database), Officer(var, database)
    try:
        first.does("make ready")
        starter, told = at_once(first, second, "open", "W001", "W002")
        assert told["refusal"] == "AlreadyStarted"
        assert starter in told["told"]
        not_starter = "W002" if starter == "W001" else "W001"
        confirmer, told = at_once(first, second, "confirm", not_starter, "W003")
        assert told["refusal"] == "NotNow"
        _, told = at_once(first, second, "number", "W001", "W002")
        assert told["refusal"] == "NotNow"
        first.does("play", name="件数予告")
        _, told = at_once(first, second, "prepare", "W001", "W001")
        assert told["refusal"] == "NotNow"
        first.does("play", name="封")
        releaser, told = at_once(first, second, "release", "W002", "W003")
        assert told["refusal"] == "WrongState"
        holdings = first.does("holdings")
    finally:
        first.close()
        second.close()
    count = len(holdings["numbers"])
    assert holdings["runs"] == [[starter, confirmer, "handed"]]
    assert holdings["assessments"] % 90 == 0
    assert [int(number) for number in holdings["numbers"]] == list(range(25100000001, 25100000001 + count))
    assert holdings["sequences"] == list(range(1, count + 1))
    assert [handover[1:] for handover in holdings["handovers"]] == [["released", releaser]]
    assert holdings["register"] == ["release"]
    assert holdings["owed"] == 3
    acts = [tuple(act[:2]) for act in holdings["acts"]]
    for act in (
        ("run.prepare", "受診券送付対象者の判定"),
        ("run.confirm", "前年度との差の確認"),
        ("run.prepare", "番号の付番"),
    ):
        assert acts.count(act) == 1
    assert [act for act, _ in acts].count("handover.prepare") == 1
    assert [act for act, _ in acts].count("handover.release") == 1
    assert holdings["problems"] == []


def test_on_one_database_file_everything_happens_once(tmp_path: Path, migrated: Migrated) -> None:
    migrated.copy_to(tmp_path / "ward" / "state")
    race(tmp_path / "ward", "")


@pytest.fixture
def server(migrated: Migrated) -> Iterator[str]:
    """The URL of a fresh database on the test server."""
    url = os.environ.get("AZUKARI_TEST_POSTGRES_URL")
    if not url:
        pytest.fail("AZUKARI_TEST_POSTGRES_URL がありません。試験用の PostgreSQL の URL を指定してください。")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {migrated.like(url)}")
        yield url.rsplit("/", 1)[0] + f"/{DATABASE}"
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


@pytest.mark.postgres
def test_on_postgresql_everything_happens_once(server: str, tmp_path: Path) -> None:
    (tmp_path / "ward").mkdir()
    race(tmp_path / "ward", server)
