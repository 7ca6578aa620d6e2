"""The site's server is killed while people answer: what it said was saved is saved, and everybody goes on after."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.fixtures.migrated import Migrated

ROOT = Path(__file__).resolve().parents[3]
WORDS = "さくら さく なみき"
KILLS = 3
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|revision)"[^>]*value="([^"]*)"')
QUESTION = re.compile(r'<fieldset class="question" id="(q[0-9]+)"')


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, migrated: Migrated) -> dict[str, str]:
    """A site of its own on SQLite, whatever database the suite runs on."""
    folder = tmp_path_factory.mktemp("site")
    migrated.copy_to(folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AZUKARI_", "DJANGO_"))}
    return {
        **kept, "AZUKARI_VAR": str(folder), "AZUKARI_DEMO": "1", "AZUKARI_INSECURE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
    }  # fmt: skip


def ask(environment: dict[str, str], what: str) -> Any:
    command = [sys.executable, "-m", "tests.integration.stress.site", what, environment["AZUKARI_VAR"]]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def served(environment: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    server = subprocess.Popen(
        [
            sys.executable, "-c", "from azukari.cli import main; main()", "serve", "--surface", "employee",
            "--port", str(port), "--no-worker",
        ],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        assert server.stdout.readline()
        yield port, server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)
        if server.stdout is not None:
            server.stdout.close()


def descendants(pid: int) -> list[int]:
    """Every process that this one started, and theirs (Linux)."""
    with suppress(OSError):
        found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*found, *(below for child in found for below in descendants(child))]
    return []


def kill(port: int, server: subprocess.Popen[bytes]) -> None:
    """All of its processes at once, as when the machine fails."""
    for pid in [server.pid, *descendants(server.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    server.wait()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            time.sleep(0.05)
            continue
        return
    raise AssertionError("the killed server still answers")


class Browser:
    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.port = 0

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request("GET" if fields is None else "POST", path, fields and urlencode(fields), headers)
        answer = line.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            key, value = cookie.split(";")[0].split("=", 1)
            self.cookies[key] = value
        line.close()
        return answer.status, page


def answer_some(browser: Browser, key: str, said: dict[str, int], turn: int) -> None:
    """A page of questions sent; what the server took is remembered."""
    status, page = browser.ask(f"/answers/{key}/")
    assert status == 200
    given = {question: 1 + (turn + n) % 4 for n, question in enumerate(QUESTION.findall(page))}
    status, _page = browser.ask(
        f"/answers/{key}/", {**dict(HIDDEN.findall(page)), "go": "next", **{k: str(v) for k, v in given.items()}}
    )
    assert status == 303
    said |= given


def test_no_saved_answer_is_lost_when_the_server_is_killed(environment: dict[str, str]) -> None:
    site = ask(environment, "make")
    environment["AZUKARI_CLOCK_OFFSET"] = str(site["clock"])
    browsers = {str(pk): Browser() for pk, _code, _birth in site["people"]}
    said: dict[str, dict[str, int]] = {pk: {} for pk in browsers}
    for turn in range(KILLS):
        with served(environment) as (port, server):
            for pk, code, birth in site["people"]:
                browser = browsers[str(pk)]
                browser.port = port
                if not turn:
                    _status, page = browser.ask("/enter/")
                    entered = {"code": code, "birth": birth, "passphrase": WORDS, "again": WORDS}
                    assert browser.ask("/enter/", dict(HIDDEN.findall(page)) | entered)[0] == 303
                answer_some(browser, ("a1", "a2", "b1")[turn], said[str(pk)], turn + int(pk))
            kill(port, server)
    assert ask(environment, "saved") == said
    assert all(said.values())
