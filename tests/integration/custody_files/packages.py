"""Small real packages for the tests of this folder."""

from __future__ import annotations

import hashlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from azukari.custody.csvfile import write_csv
from azukari.custody.manifest import Manifest, make_manifest

NUMBER = "AZ-2025-000123"
PASSWORD = "k7mw-2bcd-9xyz-hjkm-p3qr"
COLUMNS = {"name": "氏名", "address": "住所"}


def table(rows: int = 3) -> pl.DataFrame:
    return pl.DataFrame({"name": [f"検査　{n}郎" for n in range(rows)], "address": ["=新宿区西新宿１－１"] * rows})


def made(rows: int = 3, encoding: str | None = "cp932", **changes: Any) -> tuple[Manifest, bytes]:
    """A manifest and its data, agreeing unless ``changes`` say otherwise."""
    data = write_csv(table(rows), COLUMNS, encoding or "cp932").data
    fields: dict[str, Any] = {
        "kind": "handover",
        "number": NUMBER,
        "programme": "screening",
        "dossier": {"version": "1", "hash": "a" * 64},
        "step": "①",
        "clause": "別紙1",
        "items": list(COLUMNS),
        "columns": [{"name": header, "item": item} for item, header in COLUMNS.items()],
        "rows": rows,
        "persons": rows,
        "medium": "lgwan",
        "purpose": "受診券の印刷",
        "encoding": encoding,
        "escape": "'",
        "data_file": "data.csv",
        "data_sha256": hashlib.sha256(data).hexdigest(),
        "data_size": len(data),
        "sender": {"key": "ward", "name": "見本区"},
        "receiver": {"key": "printer", "name": "見本印刷"},
        "created_at": datetime(2025, 4, 1, 9, tzinfo=UTC),
        "checkpoint": "azukari.example/log\n5\nAAAA\n",
    }
    return make_manifest(**{**fields, **changes}), data


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a real tool; a missing one fails the test and says how to install it."""
    try:
        return subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError as error:
        raise AssertionError(
            f"{command[0]} is missing: apt-get install p7zip-full age openssh-client openssh-server"
        ) from error
