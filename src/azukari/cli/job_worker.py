"""The worker for long acts as a process of its own that ends with its parent (its argument)."""

from __future__ import annotations

import sys

import click

from . import base
from .serve import work_off
from .surface_server import end_with

if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    base.ready()
    try:
        work_off()
    except click.ClickException as trouble:
        trouble.show()
        sys.exit(trouble.exit_code)
