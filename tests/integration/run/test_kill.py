"""Killed at twenty moments and started again, the run ends as one that nobody disturbed: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.migrated import Migrated

RESIDENTS, STAFF, KILLS, SEED = 250, 40, 20, 20250401
HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]

READ_AGAIN = {
    ("run.prepare", "字形の確認"),
    ("data.read", "受診券の印字"),
    ("data.read", "受診券の再印字"),
    ("data.read", "印字した帳票の引渡し"),
    ("handover.release", "送達の開始"),
    ("people.look_up", "本人からの電話（受診券の紛失）"),
    ("visit.record", "受診券の照会"),
    ("handover.admit", "受診者に係る項目の提供（窓口）"),
    ("data.read", "検体の照合"),
    ("follow_up.record", "精密検査の案内の印字"),
    ("rates.read", "精度管理指標の集計"),
    ("stress.work", "回答の案内の発行"),
    ("stress.work", "個人結果の閲覧"),
    ("data.read", "報告書の閲覧"),
    ("stress.interview", "結果の提供に同意した職員の確認"),
    ("stress.interview", "同意した職員の結果の閲覧"),
}
"""Acts that an interrupted stage honestly did twice: the data was looked at, or the sending begun, once more."""


def environment(var: Path) -> dict[str, str]:
    """Each demo has a state folder and a SQLite file of its own, whatever database the suite runs on."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZUKARI_", "DJANGO_"))}
    return {**kept, "AZUKARI_VAR": str(var), "PYTHONUNBUFFERED": "1"}


def start(var: Path) -> subprocess.Popen[bytes]:
    """The demo in a process group of its own, telling its stages to ``told.txt``."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "told.txt").open("wb") as told:
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from azukari.cli import main; main()",
                "demo",
                "--residents",
                str(RESIDENTS),
                "--staff",
                str(STAFF),
                "--no-serve",
            ],
            cwd=ROOT,
            env=environment(var),
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def told(var: Path) -> str:
    return (var / "told.txt").read_text(errors="replace")


def begun(var: Path, process: subprocess.Popen[bytes], stage: str) -> None:
    """Wait until a stage is told, or the demo ends."""
    while stage not in told(var) and process.poll() is None:
        time.sleep(0.005)


def inspected(var: Path) -> dict[str, Any]:
    answer = subprocess.run(
        [sys.executable, str(HERE.with_name("inspect_demo.py")), str(var)],
        cwd=ROOT, env=environment(var), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr[-2000:]
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float]:
    """What a run that nobody disturbs leaves, and the seconds from its first stage to its end."""
    var = tmp_path_factory.mktemp("undisturbed")
    process = start(var)
    begun(var, process, "[ 1/")
    since = time.monotonic()
    assert process.wait() == 0, told(var)[-3000:]
    return inspected(var), time.monotonic() - since


@pytest.fixture(scope="module")
def killed(
    undisturbed: tuple[dict[str, Any], float], tmp_path_factory: pytest.TempPathFactory, migrated: Migrated
) -> list[dict[str, Any]]:
    """Demos that were killed twenty times between them, each then left to finish; two side by side.

    One of each side makes its tables itself; the others find them there.
    """
    folders = [[tmp_path_factory.mktemp("killed") for _ in range(KILLS)] for _ in range(2)]
    for var in (var for side in folders for var in side[1:]):
        migrated.copy_to(var)
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda n: list(until_killed(KILLS // 2, undisturbed[1], SEED + n, folders[n])), range(2))
    return [found for half in halves for found in half]


def until_killed(kills: int, length: float, seed: int, folders: list[Path]) -> Iterator[dict[str, Any]]:
    """Start a demo, kill it, go on, until it is through; then the next, until there were ``kills`` of them."""
    chance = random.Random(seed)
    for var in folders:
        while not finished(var, moment(kills, chance, length) if kills else None):
            kills -= 1
        yield inspected(var)
        if not kills:
            return


def moment(left: int, chance: random.Random, length: float) -> tuple[str, float]:
    """After the telling of which stage, and how many seconds later, the next kill comes."""
    if left % 5 == 3:  # the middle of printing, which waits longest for other processes
        return "受診券の印字", chance.uniform(0, length / 4)
    if left % 5 == 4:  # before the first stage: modules load, the database is made
        return "", chance.uniform(0, 1.5)
    return "[ 1/", chance.uniform(0, length / 3)


def finished(var: Path, killed_at: tuple[str, float] | None) -> bool:
    """Start the demo; True when it came to its end, False when it was killed before."""
    process = start(var)
    try:
        if killed_at:
            begun(var, process, killed_at[0])
        process.wait(killed_at[1] if killed_at else None)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    assert process.returncode == 0, told(var)[-3000:]
    return True


def test_every_number_sheet_and_sequence_is_there_once(
    killed: list[dict[str, Any]], undisturbed: tuple[dict[str, Any], float]
) -> None:
    expected = undisturbed[0]
    for found in killed:
        assert found["vouchers"] == expected["vouchers"]
        numbers = [int(number) for _, number, _, _ in found["vouchers"]]
        assert numbers == list(range(25100000001, 25100000001 + len(numbers)))
        codes = [sheet[0] for sheet in found["sheets"]]
        assert len(set(codes)) == len(codes)
        firsts = sorted(sheet[1] for sheet in found["sheets"] if sheet[4] is None)
        assert firsts == list(range(1, len(numbers) + 1))
        assert [sheet[1:4] + sheet[5:] for sheet in found["sheets"]] == [
            sheet[1:4] + sheet[5:] for sheet in expected["sheets"]
        ]
        assert (found["assessments"], found["history"]) == (expected["assessments"], expected["history"])


def test_rows_pages_sheets_enclosed_and_posted_are_one_number(
    killed: list[dict[str, Any]], undisturbed: tuple[dict[str, Any], float]
) -> None:
    for found in killed:
        bulk = sum(1 for voucher in found["vouchers"] if voucher[3] == "printer")
        own = len(found["vouchers"]) - bulk
        assert found["totals"] == [
            ["印字", bulk, bulk],
            ["封入", bulk, bulk],
            ["発送", bulk, bulk],
            ["直接送付", own, own],
        ]
        assert {rows for step, _, rows, _ in found["handovers"] if step in "①④⑥"} == {bulk}
        assert found["pages"] == {
            "vouchers": bulk, "reprints": 1, "own-list": own, "late": 1, "notices": 1, "certificates": 2,
        }  # fmt: skip
        assert found["run"] == ["closed", ""]
        summary = found["summary"]["programmes"]["screening"]
        assert summary["vouchers"] == summary["pages"] == summary["posted"] == bulk + own


def test_the_books_hold_what_an_undisturbed_run_enters(
    killed: list[dict[str, Any]], undisturbed: tuple[dict[str, Any], float]
) -> None:
    expected = undisturbed[0]
    for found in killed:
        assert found["register"] == expected["register"]
        assert found["handovers"] == expected["handovers"]
        assert (found["results"], found["cases"]) == (expected["results"], expected["cases"])
        assert (found["owed"], found["balances"], found["unbalanced"]) == (0, [], [])
        assert found["files"] == expected["files"]


def test_the_log_is_whole_and_names_every_act_once(
    killed: list[dict[str, Any]], undisturbed: tuple[dict[str, Any], float]
) -> None:
    expected = Counter(map(tuple, undisturbed[0]["log"]))
    for found in killed:
        assert found["log_problems"] == []
        acts = Counter(map(tuple, found["log"]))
        assert expected - acts == Counter()
        assert {line[:2] for line in acts - expected} - READ_AGAIN == set()


def test_nothing_half_written_is_left(killed: list[dict[str, Any]]) -> None:
    assert [found["parts"] for found in killed] == [[]] * len(killed)
