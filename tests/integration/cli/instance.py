"""An azukari of its own: another process with its own database, keys and calendar, spoken to by commands alone.

As a script it reads one JSON line per command, ``{"now": ISO time, "words": [...]}``, and answers with one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from django.utils.timezone import get_default_timezone

PROJECT = Path(__file__).resolve().parents[3]


class Instance:
    """The azukari of ``home``; commands work like those of ``conftest.Terminal``."""

    def __init__(self, folder: Path, home: str, prefix: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.now = datetime(2025, 4, 1, 9)  # noqa: DTZ001 - made aware in the other process
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AZUKARI_", "DJANGO_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.integration.cli.instance"],
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={**kept, "AZUKARI_VAR": str(folder), "AZUKARI_HOME": home, "AZUKARI_PREFIX": prefix, "LANGUAGE": "ja"},
        )  # fmt: skip
        self("init")

    def at(self, month: int, day: int, hour: int = 10) -> Instance:
        self.now = datetime(2025, month, day, hour)  # noqa: DTZ001
        return self

    def run(self, *words: object) -> dict[str, object]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"now": self.now.isoformat(), "words": [str(word) for word in words]}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __call__(self, *words: object) -> str:
        result = self.run(*words)
        assert result["code"] == 0, (words, result)
        return str(result["out"])

    def refused(self, *words: object, code: int = 3) -> str:
        result = self.run(*words)
        assert result["code"] == code, (words, result)
        return str(result["err"])

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


def serve() -> None:
    from importlib import import_module

    from click.testing import CliRunner

    from azukari.cli import base

    module = import_module("azukari.cli.main")
    base.speak_japanese()
    base.ready()
    module._mount()
    clock: list[datetime] = []
    base.now = lambda: clock[-1]
    base.today = lambda: clock[-1].date()
    for line in sys.stdin:
        told = json.loads(line)
        clock.append(datetime.fromisoformat(told["now"]).replace(tzinfo=get_default_timezone()))
        result = CliRunner().invoke(module.azukari, told["words"], prog_name="azukari")
        wrong = "" if result.exception is None or isinstance(result.exception, SystemExit) else repr(result.exception)
        answer = {"code": result.exit_code, "out": result.stdout, "err": result.stderr + wrong}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
