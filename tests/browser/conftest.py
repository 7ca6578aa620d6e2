"""A ward of a few people, served as in production, and a browser for each of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.fixtures.migrated import Migrated

from .person import Person, World

ROOT = Path(__file__).resolve().parents[2]
TOKYO = ZoneInfo("Asia/Tokyo")
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip
PREPARED = f"azukari_browser_{os.getpid()}"
SETTLED = 60
"""Seconds after which a server that does not answer is taken for broken."""


def _free_ports(surfaces: Sequence[str]) -> dict[str, int]:
    """Ports in a row, as ``azukari serve`` takes them."""
    while True:
        with ExitStack() as held:
            lines = [held.enter_context(socket.socket()) for _ in surfaces]
            lines[0].bind(("127.0.0.1", 0))
            first = int(lines[0].getsockname()[1])
            with suppress(OSError, OverflowError):
                for n, line in enumerate(lines[1:], 1):
                    line.bind(("127.0.0.1", first + n))
                return {surface: first + n for n, surface in enumerate(surfaces)}


def _command(*given: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", *given]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@dataclass(frozen=True)
class Ward:
    """``folder``: all that it has on disk; ``environment``: what its processes are started with."""

    folder: Path
    environment: dict[str, str]
    maker: str = "tests.browser.ward"
    """The module that makes this ward and answers for it."""
    surfaces: tuple[str, ...] = ("ward", "partner")

    def command(self, *given: str) -> Any:
        """What the last line says that the maker prints."""
        told = _command(self.maker, str(self.folder), *given, environment=self.environment)
        return json.loads(told.splitlines()[-1])


@contextmanager
def _database(folder: Path, migrated: Migrated, *, name: str, like: str = "") -> Iterator[str]:
    """The address of a database of its own, of the kind that the suite runs on: empty, or a copy of another."""
    given = os.environ.get("AZUKARI_DATABASE_URL", "")
    if not given.startswith("postgres"):
        if not like:
            migrated.copy_to(folder)
        yield f"sqlite://{folder / 'azukari.sqlite3'}"
        return
    import psycopg

    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {like or migrated.like(given)}")
        try:
            yield urlsplit(given)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _ward(folder: Path, url: str, maker: str = Ward.maker, surfaces: tuple[str, ...] = Ward.surfaces) -> Ward:
    environment = {
        **os.environ,
        "AZUKARI_VAR": str(folder / "state"),
        "AZUKARI_DATABASE_URL": url,
        "AZUKARI_DEMO": "1",
        "AZUKARI_INSECURE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }
    for name in ("AZUKARI_KEYS", "AZUKARI_OUTBOX", "AZUKARI_VAULT"):
        environment.pop(name, None)
    return Ward(folder, environment, maker, surfaces)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, migrated: Migrated) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A ward that nobody plays in: it is made once and copied for each module."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "state").mkdir()
    with _database(folder, migrated, name=PREPARED) as url:
        yield folder, _ward(folder, url).command()


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
    migrated: Migrated,
    prepared: tuple[Path, dict[str, Any]],
) -> Iterator[World]:
    """The served ward: registered people with accounts, nothing approved, nothing imported."""
    source, accounts = prepared
    folder = tmp_path_factory.mktemp("ward")
    shutil.copytree(source, folder, dirs_exist_ok=True)
    with (
        _database(folder, migrated, name=f"{PREPARED}_played", like=PREPARED) as url,
        _played(_ward(folder, url), accounts, pytestconfig) as made,
    ):
        made.set_clock(datetime(2025, 3, 3, 10, tzinfo=TOKYO))
        yield made


@pytest.fixture(scope="module")
def world_of_results(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, migrated: Migrated
) -> Iterator[World]:
    """The ward in October: vouchers posted, windows open, one keyed delivery that nobody has looked into."""
    folder = tmp_path_factory.mktemp("results")
    (folder / "state").mkdir()
    with _database(folder, migrated, name=f"{PREPARED}_results") as url:
        ward = _ward(folder, url, "tests.browser.ward_of_results")
        with _played(ward, ward.command(), pytestconfig) as made:
            made.set_clock(datetime(2025, 10, 22, 9, tzinfo=TOKYO))
            yield made


@pytest.fixture(scope="module")
def world_of_check(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config, migrated: Migrated
) -> Iterator[World]:
    """The ward in May, and its contractor: the staff list was handed over and taken into the site."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "state").mkdir()
    with _database(folder, migrated, name=f"{PREPARED}_check") as url:
        ward = _ward(folder, url, "tests.browser.ward_of_check", ("ward", "partner", "employee"))
        with _played(ward, ward.command(), pytestconfig) as made:
            made.set_clock(datetime(2025, 5, 14, 9, tzinfo=TOKYO))
            yield made


@contextmanager
def _played(ward: Ward, accounts: dict[str, Any], config: pytest.Config) -> Iterator[World]:
    with _served(ward) as urls:
        made = World(ward.folder, urls, {key: dict(account) for key, account in accounts.items()})
        made.renew_pictures = config.getoption("--pictures")
        made.narrow = config.getoption("--narrow")
        made.ask = ward.command
        yield made


@contextmanager
def _served(ward: Ward) -> Iterator[dict[str, str]]:
    """Surface → its address, while ``azukari serve`` runs."""
    ports = _free_ports(ward.surfaces)
    surfaces = [part for surface in ports for part in ("--surface", surface)]
    said = ward.folder / "server.log"
    with said.open("wb") as log:
        server = subprocess.Popen(
            [Path(sys.executable).parent / "azukari", "serve", *surfaces, "--port", str(ports["ward"])],
            env=ward.environment, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            for port in ports.values():
                _await(port, server, said)
            yield {surface: f"http://127.0.0.1:{port}" for surface, port in ports.items()}
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
            if "password" in people[key].account:  # the staff have no account
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
