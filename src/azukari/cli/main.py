"""``azukari``: the groups of commands."""

from __future__ import annotations

import sys

import click

from . import base


@click.group(
    help="azukari（預かり）: 区の保健事業で、承認された付議書のとおりに個人情報を渡し、戻り、消えるまでを数える。",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="azukari", message="azukari %(version)s", help="版を表示して終わります。")
def azukari() -> None:
    """The root group: each floor's commands hang below it."""


def main() -> None:
    base.speak_japanese()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _mount()
    azukari(prog_name="azukari")


def _mount() -> None:
    from azukari.witness.cli import witness

    from .account import account
    from .check import check, init
    from .custody import custody
    from .demo import demo
    from .dossier import dossier
    from .party import party
    from .people import people
    from .screening import screening
    from .serve import serve, worker

    for command in (check, init, dossier, party, account, people, custody, witness, screening, demo, serve, worker):
        azukari.add_command(command)
    base.say_usage_in_japanese(azukari)
