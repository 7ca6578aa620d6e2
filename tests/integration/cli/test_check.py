"""``azukari check`` on an instance that was never started: nothing lies there yet, and that is no fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CHECK = (sys.executable, "-c", "from azukari.cli import main; main()", "check")


def checked(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    new = {name: value for name, value in os.environ.items() if not name.startswith("AZUKARI_")}
    return subprocess.run(
        [*CHECK, *options], env=new | {"AZUKARI_VAR": str(folder)}, capture_output=True, text=True, check=False
    )


def test_a_new_instance_is_sound(tmp_path):
    done = checked(tmp_path / "never-started")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_new_instance_is_not_yet_ready_for_production(tmp_path):
    done = checked(tmp_path / "never-started", "--deploy")
    assert done.returncode == 1
    assert "不足: データベースが SQLite です。" in done.stdout
