"""``python -m azukari.reference docs``: write every generated page and picture."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import django


@click.command(help="docs/reference の文書と流れ図を、コードと付議書から作り直します。")
@click.argument("docs", type=click.Path(file_okay=False, path_type=Path), default=Path("docs"))
def write(docs: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    django.setup()
    from .pages import PAGES

    for name, make in PAGES.items():
        target = docs / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(make(), encoding="utf-8")
        click.echo(target)


if __name__ == "__main__":
    sys.exit(write())
