"""The command line in this process: every act of the run is a command; only the calendar is turned by the test."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from django.utils.timezone import get_default_timezone, localdate

from azukari.cli import base


class Terminal:
    """Runs ``azukari …``; ``at`` turns the calendar. A command that should work and does not fails the test at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2025, 4, 1, 9, tzinfo=get_default_timezone())

    def at(self, month: int, day: int, hour: int = 10, year: int = 2025) -> Terminal:
        self.now = datetime(year, month, day, hour, tzinfo=get_default_timezone())
        return self

    def run(self, *words: object, stdin: str | None = None) -> Result:
        from azukari.cli.main import azukari

        return CliRunner().invoke(azukari, [str(word) for word in words], input=stdin, prog_name="azukari")

    def __call__(self, *words: object, stdin: str | None = None) -> str:
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, (words, result.exit_code, result.output, result.exception)
        return result.output

    def refused(self, *words: object, code: int = 3) -> str:
        """Refused with the exit code; the words are on stderr, nothing on stdout but what is asked."""
        result = self.run(*words)
        assert result.exit_code == code, (words, result.exit_code, result.output, result.exception)
        assert result.stderr.strip()
        return result.stderr


@pytest.fixture
def terminal(transactional_db, tmp_path, monkeypatch) -> Terminal:
    from azukari.cli.main import _mount

    monkeypatch.setenv("LANGUAGE", "ja")
    base.speak_japanese()
    _mount()
    terminal = Terminal(tmp_path)
    monkeypatch.setattr(base, "now", lambda: terminal.now)
    monkeypatch.setattr(base, "today", lambda: localdate(terminal.now))
    return terminal
