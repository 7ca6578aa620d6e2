"""What the command line says of a database or a disk that cannot be written; nobody has to read a traceback."""

from __future__ import annotations

import errno

import pytest
from click.testing import CliRunner
from django.db.utils import OperationalError, ProgrammingError

from azukari.cli import base


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationalError("no such table: parties_handler"), "azukari init"),
        (OperationalError("no such column: custody_handover.escape"), "azukari init"),
        (ProgrammingError('relation "parties_handler" does not exist'), "azukari init"),
        (OperationalError("database is locked"), "少し待って"),
        (OperationalError("database or disk is full"), "空き容量"),
        (OperationalError("unable to open database file"), "AZUKARI_DATABASE_URL"),
        (OSError(errno.ENOSPC, "No space left on device"), "空き容量"),
    ],
)
def test_trouble_ends_with_1_and_says_what_to_do(error, told):
    group = base.Group(name="x")

    @group.command()
    def act() -> None:
        raise error

    result = CliRunner().invoke(group, ["act"])
    assert (result.exit_code, told in result.stderr) == (1, True)


@pytest.mark.parametrize("error", [OperationalError("near SELECT: syntax error"), OSError(errno.EIO, "I/O")])
def test_a_fault_of_ours_is_not_dressed_up(error):
    group = base.Group(name="x")

    @group.command()
    def act() -> None:
        raise error

    assert CliRunner().invoke(group, ["act"]).exception is error
