"""Bench `answering`: 200 of the staff answer at the same time, each from the code to the thanks, and no answer is lost.

Everybody comes in with a code and a birth date, answers the 57 questions page by page, looks through and sends, with a
pause before each page as short as anybody's. The same people go to the public front page with the same pauses right
before and after, in the same call. The server is Granian as ``azukari serve`` starts it, the people are one other
process on the same machine. At the end every sealed sheet is opened and held against what was typed.

    script/bench answering [--people N] [--pause SECONDS] [--only sqlite|postgresql]     (options: for a trial)
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
YEAR = 2025
WORKERS, THREADS = 2, 4
FRONT_PAGES = 6
"""So often everybody opens the front page, before and again after."""


def run(arguments: Sequence[str] = ()) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="script/bench answering")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--pause", type=float, default=4.0)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    wish = parser.parse_args(arguments)
    figures: dict[str, Any] = {"people": wish.people, "pause_seconds": wish.pause, "lost_answers": 0, "errors": 0}
    ratios: dict[str, float] = {}
    for kind, place in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        if wish.only in (None, kind):
            with place() as environment:
                told = _measure(environment, wish)
            for name in ("lost_answers", "errors"):
                figures[name] += told.pop(name)
            figures |= {f"{kind}_{name}": value for name, value in told.items()}
            ratios[kind] = told["p95_ms"] / told["front_p95_ms"]
    return {"figures": figures, "ratios": {"p95_vs_front": max(ratios.values())}}


@contextmanager
def _sqlite() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield _environment(Path(folder), f"sqlite://{folder}/check.sqlite3")


@contextmanager
def _postgresql() -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        started = subprocess.run(
            [ROOT / "script/postgres", "start", folder / "server"], capture_output=True, text=True, check=True
        )
        try:
            yield _environment(folder / "state", started.stdout.strip())
        finally:
            subprocess.run([ROOT / "script/postgres", "stop", folder / "server"], check=True)


def _environment(folder: Path, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
    return {
        **kept, "AZUKARI_VAR": str(folder), "AZUKARI_DATABASE_URL": database, "AZUKARI_INSECURE": "1",
        "AZUKARI_DEMO": "1", "AZUKARI_SURFACE": "employee", "DJANGO_SETTINGS_MODULE": "azukari.settings",
    }  # fmt: skip


def _measure(environment: Mapping[str, str], wish: argparse.Namespace) -> dict[str, Any]:
    made = json.loads(_output(environment, "make", str(wish.people)))
    environment = {**environment, "AZUKARI_CLOCK_OFFSET": str(made["clock"])}
    plan = {"people": made["people"], "pause": wish.pause, "front_pages": FRONT_PAGES, "parts": made["parts"]}
    with _served(environment) as port:
        went = _answer({**plan, "port": port})
    for error in sorted(set(went["errors"])):
        print(f"誤り: {error}（{went['errors'].count(error)}件）", file=sys.stderr)
    typed = Path(environment["AZUKARI_VAR"]) / "typed.json"
    typed.write_text(json.dumps(went["typed"]))
    lost = int(_output(environment, "lost", str(typed)))
    pages = {name: times for name, times in went["times"].items() if name != "front"}
    every = [ms for times in pages.values() for ms in times]
    told = {
        "requests": len(every),
        "seconds": went["seconds"],
        "p50_ms": statistics.median(every),
        "p95_ms": _p95(every),
        "front_p50_ms": statistics.median(went["times"]["front"]),
        "front_p95_ms": _p95(went["times"]["front"]),
        "sent": went["sent"],
        "lost_answers": lost,
        "errors": len(went["errors"]),
    }
    return told | {f"{name}_p95_ms": _p95(times) for name, times in sorted(pages.items())}


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _output(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.answering", *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE,
        text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[int]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    server = subprocess.Popen(
        [
            sys.executable, "-c", "from azukari.cli import main; main()", "serve", "--surface", "employee",
            "--port", str(port), "--workers", str(WORKERS), "--threads", str(THREADS), "--no-worker",
        ],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        if not server.stdout.readline():
            raise RuntimeError("the server did not start")
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _answer(plan: dict[str, Any]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench._respondents", file.name], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            check=True,
        )  # fmt: skip
    went: dict[str, Any] = json.loads(done.stdout)
    return went


# --- what only Django knows, in processes of its own


def make(people: int) -> str:
    """A round that is open, with a code for each of so many people; today is the fourth day of it."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from azukari.programmes.stress_check.demo_run import StressCheck
    from azukari.programmes.stress_check.views.employee.parts import parts

    call_command("migrate", verbosity=0)
    check = StressCheck(count=people * 2, year=YEAR, seed=1, folder=Path(os.environ["AZUKARI_VAR"]) / "demo")
    check.folder.mkdir(parents=True, exist_ok=True)
    issued = check.opened_with_codes(people)
    told = [[one.respondent.pk, one.code, str(one.respondent.birth_date)] for one in issued]
    form = [[part.key, [item.key for item in part.items]] for part in parts(check.round.instrument)]
    clock = int((check.at(6, 5) - timezone.now()).total_seconds())
    return json.dumps({"people": told, "parts": form, "clock": clock})


def lost(typed: Path) -> str:
    """How many answers that were typed and sent are not what stands in the sealed sheets."""
    import django

    django.setup()
    from azukari.programmes.stress_check import vault
    from azukari.programmes.stress_check.models import AnswerSheet

    wanted = {int(person): answers for person, answers in json.loads(typed.read_text()).items()}
    sealed = dict(AnswerSheet.objects.values_list("respondent_id", "sealed"))
    opened = vault.open_many(YEAR, vault.ANSWERS, sealed) if sealed else {}
    return str(
        sum(
            1
            for person, answers in wanted.items()
            for key, answer in answers.items()
            if opened.get(person, {}).get(key) != answer
        )
    )


if __name__ == "__main__":
    print(make(int(sys.argv[2])) if sys.argv[1] == "make" else lost(Path(sys.argv[2])))
