"""A ward of a few people, served as in production, and a browser for each of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright

from .person import Person, World

ROOT = Path(__file__).resolve().parents[2]
TOKYO = ZoneInfo("Asia/Tokyo")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip
SETTLED = 60
"""Seconds after which a server that does not answer is taken for broken."""


def _free_ports() -> dict[str, int]:
    """Two ports in a row, as ``azukari serve`` takes them."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            first = int(one.getsockname()[1])
            with suppress(OSError, OverflowError):
                other.bind(("127.0.0.1", first + 1))
                return {"ward": first, "partner": first + 1}


def _command(*given: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", *given]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the served ward keeps its records: a database of its own, of the kind that the suite runs on."""
    given = os.environ.get("AZUKARI_DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite://{tmp_path_factory.mktemp('database') / 'azukari.sqlite3'}"
        return
    import psycopg

    name = f"azukari_browser_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(given)._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, database: str) -> Iterator[World]:
    """The served ward: registered people with accounts, nothing approved, nothing imported."""
    folder = tmp_path_factory.mktemp("ward")
    ports = _free_ports()
    environment = {
        **os.environ,
        "AZUKARI_VAR": str(folder / "state"),
        "AZUKARI_DATABASE_URL": database,
        "AZUKARI_DEMO": "1",
        "AZUKARI_INSECURE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    for name in ("AZUKARI_KEYS", "AZUKARI_OUTBOX"):
        environment.pop(name, None)
    accounts = json.loads(_command("tests.browser.ward", str(folder), environment=environment).splitlines()[-1])
    surfaces = [part for surface in ports for part in ("--surface", surface)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).parent / "azukari", "serve", *surfaces, "--port", str(ports["ward"])],
            env=environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            made = World(folder, {s: f"http://127.0.0.1:{port}" for s, port in ports.items()}, accounts)
            made.renew_pictures = pytestconfig.getoption("--pictures")
            made.ask = lambda what: json.loads(
                _command("tests.browser.ward", str(folder), what, environment=environment).splitlines()[-1]
            )
            made.narrow = pytestconfig.getoption("--narrow")
            made.set_clock(datetime(2025, 3, 3, 10, tzinfo=TOKYO))
            for port in ports.values():
                _await(port, server, folder / "server.log")
            yield made
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=SETTLED)


def _await(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SETTLED
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text()[-3000:])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Gone with its module: while it is there, an event loop runs, in which Django's records can't be asked for."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def person(world: World, browser: Browser) -> Iterator[Any]:
    """``person("W001")``: that person with a browser of their own, signed in once."""
    people: dict[str, Person] = {}

    def meet(key: str, **options: Any) -> Person:
        if key not in people:
            people[key] = Person(key, world, browser, **options)
            people[key].sign_in()
        return people[key]

    yield meet
    for known in people.values():
        known.context.close()


@pytest.fixture(scope="module")
def code_of() -> Any:
    """The code that an authenticator app shows now for a secret."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    def code(secret: str) -> str:
        return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))

    return code
