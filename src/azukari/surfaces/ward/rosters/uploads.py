"""Roster files between their upload and their reading: a private file each, with a note of what was said about it.

A file has a name that says nothing. It goes when it was read, when somebody gives it up, and by itself some hours
after it came; only who brought it finds it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from azukari.people.guard import DeliveryNote
from azukari.people.inspection import Inspection, inspect

KEPT_FOR = timedelta(hours=6)
_SECONDS = KEPT_FOR.total_seconds()
_NAME_BYTES = 12


@dataclass
class Upload:
    """``columns``: (header, recognised field, guessed field). ``mapping``: header → field, None: not used."""

    token: str
    by: str
    kind: str
    stated_on: str
    rows: int
    sha256: str
    received: float
    encoding: str = ""
    columns: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    mapping: dict[str, str | None] = field(default_factory=dict)
    changeset: int | None = None

    @property
    def path(self) -> Path:
        return _folder() / f"{self.token}.csv"

    @property
    def note(self) -> DeliveryNote:
        return DeliveryNote(self.rows, self.sha256)

    @property
    def day(self) -> date:
        return date.fromisoformat(self.stated_on)


def _folder() -> Path:
    return Path(settings.AZUKARI_VAR) / "rosters"


def keep(file: Any, *, kind: str, stated_on: date, note: DeliveryNote, check: bool, by: str, now: datetime) -> Upload:
    """Put an uploaded file aside and look at it. What is refused here (RosterRefused) leaves nothing."""
    upload = Upload(
        token=secrets.token_urlsafe(_NAME_BYTES), by=by, kind=kind, stated_on=stated_on.isoformat(), rows=note.rows,
        sha256=note.sha256.strip().lower(), received=now.timestamp(),
    )  # fmt: skip
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(upload.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
            for chunk in file.chunks():
                kept.write(chunk)
        found = inspect(path=upload.path, kind=kind, stated_on=stated_on, note=note, now=now)
        _take(upload, found, check=check)
        save(upload)
    except BaseException:
        drop(upload)
        raise
    return upload


def _take(upload: Upload, found: Inspection, *, check: bool) -> None:
    upload.encoding = found.encoding
    upload.columns = [(one.header, one.field, one.near) for one in found.columns]
    upload.problems = list(found.problems)
    if found.understood and not check:
        upload.mapping = {one.header: one.field for one in found.columns}


def save(upload: Upload) -> None:
    path = _note_of(upload.token)
    draft = path.with_suffix(".part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(upload), file)
    draft.replace(path)


def find(token: str, by: str) -> Upload | None:
    """The upload of this person; None where there is none, or it is another's."""
    with suppress(OSError, ValueError, TypeError):
        told: Mapping[str, Any] = json.loads(_note_of(token).read_bytes())
        upload = Upload(**{**told, "columns": [tuple(column) for column in told["columns"]]})
        return upload if upload.by == by else None
    return None


def read(upload: Upload, changeset: int) -> None:
    """It became a changeset: the file is not needed any more."""
    upload.changeset = changeset
    save(upload)
    upload.path.unlink(missing_ok=True)


def drop(upload: Upload) -> None:
    for path in (upload.path, _note_of(upload.token), _note_of(upload.token).with_suffix(".part")):
        path.unlink(missing_ok=True)


def drop_abandoned(now: datetime) -> None:
    """Whatever came longer ago than anybody takes for choosing columns."""
    for path in _folder().glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(path.read_bytes())
            if told["received"] + _SECONDS < now.timestamp():
                drop(Upload(**told))
    for path in _folder().glob("*.csv"):  # a process that was killed may leave a file without its note
        with suppress(OSError):
            if not path.with_suffix(".json").exists() and path.stat().st_mtime + _SECONDS < now.timestamp():
                path.unlink()


def drop_of_changeset(changeset: int) -> None:
    """The note that led from an upload to its changeset."""
    for path in _folder().glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            told = json.loads(path.read_bytes())
            if told["changeset"] == changeset:
                drop(Upload(**told))


def _note_of(token: str) -> Path:
    """Beside the file. A token comes from an address: whatever it holds, it becomes a plain name."""
    plain = token if token.replace("-", "").replace("_", "").isalnum() and token.isascii() else _digest(token)
    return _folder() / f"{plain}.json"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
