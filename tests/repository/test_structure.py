"""The house stands: floors, lengths, names, no clock below the command line, no print."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .files import ROOT, SOURCE, files, name_of

MODULES = [path for path in files(".py", below=SOURCE) if "migrations" not in path.parts]
MODULES_BY_NAME = [pytest.param(path, id=path.relative_to(SOURCE).as_posix()) for path in MODULES]

LONGEST = 430
LONGER = {
    "custody/handovers.py": 490,  # one life of one thing, in the order in which it is lived
    "programmes/screening/demo_run.py": 650,  # one story, told in order
    "programmes/screening/demo_results.py": 520,  # and its second half
}
CLOCK_MAY_BE_READ_IN = ("cli/", "witness/cli.py", "web/clock.py", "web/middleware/handler.py", "web/signin/views.py")
"""Sessions and second factors live in the world's time, not in the demo's."""


def calls(path: Path) -> Iterator[tuple[int, str, int]]:
    """Line, dotted name and number of arguments of every call in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.lineno, ast.unparse(node.func), len(node.args) + len(node.keywords)


def reads_the_clock(name: str, arguments: int) -> bool:
    last_two = ".".join(name.split(".")[-2:])
    if last_two in {"date.today", "datetime.now", "datetime.utcnow", "datetime.today", "timezone.now", "time.time"}:
        return True
    return last_two.split(".")[-1] in {"localdate", "localtime", "strftime"} and arguments == 0


def test_the_floors_stand_as_import_linter_says():
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command, "import-linter is not installed"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


@pytest.mark.parametrize("path", MODULES_BY_NAME)
def test_a_module_can_be_read_at_one_sitting(path):
    name = path.relative_to(SOURCE).as_posix()
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGER.get(name, LONGEST)


def test_exceptions_to_the_length_are_of_files_that_exist():
    assert [name for name in LONGER if not (SOURCE / name).exists()] == []


def test_only_the_command_line_reads_the_clock():
    found = [
        f"{name_of(path)}:{line} {name}()"
        for path in MODULES
        if not path.relative_to(SOURCE).as_posix().startswith(CLOCK_MAY_BE_READ_IN)
        for line, name, arguments in calls(path)
        if reads_the_clock(name, arguments)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("date.today", 0, True),
        ("datetime.date.today", 0, True),
        ("django.utils.timezone.now", 0, True),
        ("datetime.now", 1, True),
        ("localdate", 0, True),
        ("timezone.localdate", 0, True),
        ("timezone.localdate", 1, False),
        ("localtime", 1, False),
        ("base.now", 0, False),
    ],
)
def test_a_call_of_the_clock_is_told_from_a_conversion(name, arguments, expected):
    assert reads_the_clock(name, arguments) is expected


def test_nothing_prints():
    found = [f"{name_of(path)}:{line}" for path in MODULES for line, name, _ in calls(path) if name == "print"]
    # the stand-alone verifier is a program of its own and has nothing but print
    assert [place for place in found if "witness/verifier.py" not in place] == []


def test_nothing_is_named_after_nothing():
    empty = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common2|data2|stuff)($|_)|[a-z](Utils?|Helpers?|Manager)$")
    named = [(name_of(path), path.stem) for path in MODULES]
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                named.append((f"{name_of(path)}:{node.lineno}", node.name))
    assert [(place, name) for place, name in named if empty.search(name)] == []


def test_every_module_says_what_it_is():
    silent = [
        name_of(path)
        for path in MODULES
        if path.name != "apps.py"
        and path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []
