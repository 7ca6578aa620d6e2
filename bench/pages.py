"""Bench `pages`: 50 signed-in officers at the ward's screens with 150,000 residents, on SQLite and on PostgreSQL.

They go round home, look-up (the search and its result), register and run page as fast as the answers come, for 60 s;
right before and right after, in the same call, round the frame page, which only checks the session and draws the frame.
The server is Granian as ``azukari serve`` starts it, the officers are one other process on the same machine.

    script/bench pages [--residents N] [--seconds N] [--users N] [--only sqlite|postgresql]     (options: for a trial)

The ward is made once and kept under var/bench for SQLite; PostgreSQL's is made each time, on a private server.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
YEAR = 2025
WORKERS, THREADS = 2, 4
FRAME_SHARE = 0.25
"""Seconds at the frame page, before and after each, as a share of the seconds at the pages."""
NAMES = 40
"""So many different people are looked up."""
ALONE_SHARE = 0.1
"""Seconds of a single officer at all pages, who waits for nobody: which page costs how much (``*_alone_ms``)."""
LAST_OF_FIRST_YEAR = "受診番号・整理番号の付番"


def run(arguments: Sequence[str] = ()) -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="script/bench pages")
    parser.add_argument("--residents", type=int, default=150_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    wish = parser.parse_args(arguments)
    figures: dict[str, Any] = {"residents": wish.residents, "users": wish.users, "seconds": wish.seconds, "errors": 0}
    ratios: dict[str, float] = {}
    for kind, place in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        if wish.only in (None, kind):
            with place(wish.residents) as environment:
                told = _measure(environment, wish)
            figures |= {f"{kind}_{name}": value for name, value in told.items() if name != "errors"}
            figures["errors"] += told["errors"]
            ratios[kind] = told["p95_ms"] / told["frame_p95_ms"]
    return {"figures": figures, "ratios": {"p95_vs_frame": max(ratios.values())}}


# --- the ward


@contextmanager
def _sqlite(residents: int) -> Iterator[dict[str, str]]:
    """A copy of the kept ward: what a measurement writes is gone after it."""
    kept = Path(os.environ.get("AZUKARI_VAR", "var")).resolve() / "bench" / f"pages-{residents}-{_version()}"
    if not (kept / "made").exists():
        for old in kept.parent.glob("pages-*"):
            shutil.rmtree(old)
        _make(_environment(kept, f"sqlite://{kept}/ward.sqlite3"), residents)
        (kept / "made").touch()
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield _environment(Path(folder), f"sqlite://{folder}/ward.sqlite3")


@contextmanager
def _postgresql(residents: int) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        started = subprocess.run(
            [ROOT / "script/postgres", "start", folder / "server"], capture_output=True, text=True, check=True
        )
        try:
            environment = _environment(folder / "state", started.stdout.strip())
            _make(environment, residents)
            yield environment
        finally:
            subprocess.run([ROOT / "script/postgres", "stop", folder / "server"], check=True)


def _version() -> str:
    """Of what the ward is made by; tables that came later are added to it (``open_sessions``)."""
    files = sorted([*(ROOT / "src").rglob("migrations/0001*.py"), *(ROOT / "src").rglob("screening/demo*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _environment(folder: Path, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
    return {
        **kept, "AZUKARI_VAR": str(folder), "AZUKARI_DATABASE_URL": database, "AZUKARI_INSECURE": "1",
        "AZUKARI_SURFACE": "ward", "DJANGO_SETTINGS_MODULE": "azukari.settings",
    }  # fmt: skip


def _make(environment: Mapping[str, str], residents: int) -> None:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "bench.pages", "make", str(residents)], env=environment, cwd=ROOT, check=True)
    print(f"{residents:,}人の区を用意しました（{time.monotonic() - began:.0f}秒）。", file=sys.stderr)


def make_ward(residents: int) -> None:
    """Last year judged and numbered, this year under way, as the demo's screens show it."""
    import django

    django.setup()
    from django.core.management import call_command

    from azukari.programmes.screening.demo_next_year import NextYear
    from azukari.programmes.screening.demo_run import Demo

    call_command("migrate", verbosity=0)
    play = Demo(residents=residents, year=YEAR, seed=1, folder=Path(os.environ["AZUKARI_VAR"]) / "demo")
    play.folder.mkdir(parents=True, exist_ok=True)
    for stage in play.stages():
        if not stage.done():
            stage.do(lambda _done, _total: None)
        if stage.name == LAST_OF_FIRST_YEAR:
            break
    NextYear(play).play_out(lambda _stage: lambda _done, _total: None)


# --- the measurement


def _measure(environment: Mapping[str, str], wish: argparse.Namespace) -> dict[str, Any]:
    clock = _output(environment, "clock")
    environment = {**environment, "AZUKARI_CLOCK_OFFSET": clock, "AZUKARI_DEMO": "1"}
    plan = json.loads(_output(environment, "officers", str(wish.users)))
    with _served(environment) as (host, port):
        steps = [_with_token(step, plan["cookies"][0]) for step in plan["steps"]]
        frame = [{"page": "frame", "path": plan["frame"]}]
        went = [
            _go_round({"host": host, "port": port, "cookies": cookies, "steps": chosen, "seconds": seconds})
            for cookies, chosen, seconds in (
                (plan["cookies"], steps, 3),  # to warm up
                (plan["cookies"], frame, wish.seconds * FRAME_SHARE),
                (plan["cookies"], steps, wish.seconds),
                (plan["cookies"], frame, wish.seconds * FRAME_SHARE),
                (plan["cookies"][:1], [*frame, *steps], wish.seconds * ALONE_SHARE),
            )
        ]
    _warm, before, pages, after, alone = went
    told = _told(pages, [*before["times"]["frame"], *after["times"]["frame"]], before, after)
    return told | {f"{page}_alone_ms": statistics.median(times) for page, times in sorted(alone["times"].items())}


def _told(pages: dict[str, Any], frame: list[float], *framed: dict[str, Any]) -> dict[str, Any]:
    every = [ms for times in pages["times"].values() for ms in times]
    errors = [error for went in (pages, *framed) for error in went["errors"]]
    for error in sorted(set(errors)):
        print(f"誤り: {error}（{errors.count(error)}件）", file=sys.stderr)
    told = {
        "requests": len(every),
        "requests_per_s": len(every) / pages["seconds"],
        "p50_ms": statistics.median(every),
        "p95_ms": _p95(every),
        "frame_per_s": len(frame) / sum(went["seconds"] for went in framed),
        "frame_p50_ms": statistics.median(frame),
        "frame_p95_ms": _p95(frame),
        "errors": len(errors),
    }
    for page, times in sorted(pages["times"].items()):
        told |= {f"{page}_p50_ms": statistics.median(times), f"{page}_p95_ms": _p95(times)}
    return told


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def _output(environment: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.pages", *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-c", "from azukari.cli import main; main()", "serve", "--surface", "ward",
            "--port", str(port), "--workers", str(WORKERS), "--threads", str(THREADS), "--no-worker",
        ],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        if not server.stdout.readline():
            raise RuntimeError("the server did not start")
        yield "127.0.0.1", port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def _go_round(plan: dict[str, Any]) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plan, file)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "bench._officers", file.name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    went: dict[str, Any] = json.loads(done.stdout)
    return went


def _with_token(step: dict[str, Any], cookie: str) -> dict[str, Any]:
    """A form carries the mark of its cookie, which all officers of the bench share."""
    if "forms" not in step:
        return step
    secret = cookie.split("azukari_ward_csrf=")[1].split(";")[0]
    return {**step, "forms": [{**form, "csrfmiddlewaretoken": secret} for form in step["forms"]]}


# --- what only Django knows, in processes of its own


def set_clock() -> str:
    """Seconds by which the screens' clock is ahead, so that today is the day on which the ward was made."""
    import django

    django.setup()
    from django.utils import timezone

    from azukari.programmes.screening.demo_next_year import NextYear
    from azukari.programmes.screening.demo_run import Demo

    play = Demo(residents=1, year=YEAR, seed=1, folder=Path(os.environ["AZUKARI_VAR"]) / "demo")
    return str(int((NextYear(play).morning() - timezone.now()).total_seconds()))


def open_sessions(count: int) -> str:
    """Accounts and sessions made directly: signing in is another matter (argon2 is slow on purpose)."""
    import django

    django.setup()
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse
    from django.utils.crypto import get_random_string

    from azukari.parties.models import Handler, Organisation
    from azukari.people.models import Resident
    from azukari.programmes.screening.models import Run
    from azukari.web import clock

    call_command("migrate", verbosity=0)
    ward, secret = Organisation.objects.get(key="ward"), get_random_string(32)
    reported = (clock.now() - timedelta(days=30)).date()
    cookies = []
    for n in range(count):
        account = get_user_model().objects.create_user(f"bench-{n:03d}")
        Handler.objects.create(
            key=f"B{n:03d}",
            name=f"計測 {n:03d}",
            organisation=ward,
            role="officer",
            reported_on=reported,
            account=account,
        )
        TOTP.activate(account, generate_totp_secret())
        browser = Client()
        browser.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        (session,) = (cookie for name, cookie in browser.cookies.items() if name.endswith("_session"))
        cookies.append(f"azukari_ward_session={session.value}; azukari_ward_csrf={secret}")
    named = Resident.objects.exclude(kana="").order_by("number").values_list("kana", flat=True)
    asked_for = [named[n * named.count() // NAMES] for n in range(NAMES)]
    year = Run.objects.order_by("-fiscal_year").values_list("fiscal_year", flat=True)[0]
    steps = [
        {"page": "home", "path": reverse("home")},
        {
            "page": "look_up",
            "path": reverse("people_lookup"),
            "forms": [{"purpose": "名簿の確認", "text": kana} for kana in asked_for],
        },
        {"page": "register", "path": reverse("register")},
        {"page": "run", "path": reverse("screening_run", args=[year])},
    ]
    return json.dumps({"frame": reverse("frame"), "cookies": cookies, "steps": steps})


if __name__ == "__main__":
    asked, *rest = sys.argv[1:]
    if asked == "make":
        make_ward(int(rest[0]))
    elif asked == "clock":
        print(set_clock())
    elif asked == "officers":
        print(open_sessions(int(rest[0])))
    else:
        print(json.dumps(run(sys.argv[1:]), ensure_ascii=False, indent=2))
