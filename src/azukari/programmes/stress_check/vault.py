"""The vault: what people answered and what came of it, sealed with one key per person, apart from the database.

The keys lie in one SQLite file per round in ``settings.AZUKARI_VAULT``, beside the other keys and so outside the
database's backups. Erasing a person's record is destroying that key: every copy of the sealed columns, in old backups
too, is unreadable from then on. A process of the ward's surface has no vault (``AZUKARI_VAULT=off``): whatever a
programming error there asks for, it cannot be opened. Who may open what is decided before, in ``walls``.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from azukari.vocabulary.refusal import Refusal

OFF = "off"
KEY_BYTES, NONCE_BYTES = 32, 12
DRAFT, ANSWERS, RESULT, DECISION, INTERVIEW = "draft", "answers", "result", "decision", "interview"
LEDGER = "erased.jsonl"
"""Which keys were destroyed: kept with the newest backup, so that a restore of an older one destroys them again."""
_MOST_AT_ONCE = 500
Sealed = bytes | memoryview
"""As the databases give it back."""


class NoVault(Refusal):
    """This process may not open individual answers or results at all."""

    def __init__(self) -> None:
        super().__init__(
            "この入口からは、個人の回答と結果を開けません。実施者・実施事務従事者は、委託先の入口から開いてください。"
        )


class RecordGone(Refusal):
    """The person's key was destroyed when the time of keeping was over, or never made."""

    def __init__(self) -> None:
        super().__init__("この人の記録は保存期限が過ぎて消去されたため、復元できません。")


class RecordUnreadable(Refusal):
    """What was sealed was changed, or belongs to another person or purpose."""

    def __init__(self) -> None:
        super().__init__("この人の記録を開けません（改ざん、又は別の人の記録）。実施代表者に連絡してください。")


def make_keys(fiscal_year: int, people: Iterable[int]) -> None:
    """A key for each of these respondents that has none yet."""
    with _keys(fiscal_year, new=True) as keys:
        rows = ((person, secrets.token_bytes(KEY_BYTES)) for person in people)
        keys.executemany("INSERT OR IGNORE INTO person (id, key) VALUES (?, ?)", rows)


def seal(fiscal_year: int, person: int, what: str, content: Mapping[str, Any]) -> bytes:
    """The content as JSON under the person's key, bound to the person and to what it is. Raises RecordGone."""
    return seal_many(fiscal_year, what, {person: content})[person]


def seal_many(fiscal_year: int, what: str, contents: Mapping[int, Mapping[str, Any]]) -> dict[int, bytes]:
    found = _keys_of(fiscal_year, contents)
    return {person: _sealed(found[person], person, what, content) for person, content in contents.items()}


def open_one(fiscal_year: int, person: int, what: str, sealed: Sealed) -> dict[str, Any]:
    """What :func:`seal` sealed. Raises RecordGone, RecordUnreadable, NoVault."""
    return open_many(fiscal_year, what, {person: sealed})[person]


def open_many(fiscal_year: int, what: str, sealed: Mapping[int, Sealed]) -> dict[int, dict[str, Any]]:
    """As :func:`open_one` for several people; refused whole where one of them cannot be opened."""
    found = _keys_of(fiscal_year, sealed)
    return {person: _opened(found[person], person, what, bytes(data)) for person, data in sealed.items()}


def destroy(fiscal_year: int, people: Iterable[int]) -> int:
    """Enter it in the ledger, then destroy these people's keys; how many there were. Old pages are overwritten."""
    wanted = sorted(set(people))
    if not wanted:
        return 0
    with (_folder() / LEDGER).open("a", encoding="utf-8") as ledger:
        ledger.write(json.dumps({"year": fiscal_year, "people": wanted}) + "\n")
        ledger.flush()
        os.fsync(ledger.fileno())
    return _delete(fiscal_year, wanted)


def keep_only(fiscal_year: int, people: Iterable[int]) -> int:
    """Destroy every key of the year but these: also what an act that was broken off had left; how many there were."""
    with _keys(fiscal_year) as keys:
        known = {row[0] for row in keys.execute("SELECT id FROM person")}
    return destroy(fiscal_year, known - set(people))


def destroy_again() -> dict[int, list[int]]:
    """After a restore: destroy every key that the ledger says is gone; year → people whose keys had come back.

    Where there is no vault there is nothing that could have come back.
    """
    if str(settings.AZUKARI_VAULT) == OFF:
        return {}
    path = _folder() / LEDGER
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    gone: dict[int, set[int]] = {}
    for line in lines:
        entry = json.loads(line)
        gone.setdefault(entry["year"], set()).update(entry["people"])
    back = {year: _there(year, people) for year, people in gone.items() if (_folder() / f"{year}.sqlite").exists()}
    for year, people in back.items():
        _delete(year, people)
    return {year: people for year, people in back.items() if people}


def _there(fiscal_year: int, people: Iterable[int]) -> list[int]:
    with _keys(fiscal_year) as keys:
        known = {row[0] for row in keys.execute("SELECT id FROM person")}
    return sorted(known & set(people))


def _delete(fiscal_year: int, people: Iterable[int]) -> int:
    with _keys(fiscal_year) as keys:
        gone = keys.executemany("DELETE FROM person WHERE id = ?", ((person,) for person in people)).rowcount
    with _keys(fiscal_year) as keys:
        keys.execute("VACUUM")
    return int(gone)


# --- the file of keys


def _folder() -> Path:
    if str(settings.AZUKARI_VAULT) in {OFF, ""}:
        raise NoVault
    return Path(settings.AZUKARI_VAULT)


@contextmanager
def _keys(fiscal_year: int, *, new: bool = False) -> Iterator[sqlite3.Connection]:
    folder = _folder()
    path = folder / f"{fiscal_year}.sqlite"
    if new and not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if not path.exists():
        raise RecordGone
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        if new:
            connection.execute("CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, key BLOB NOT NULL)")
            connection.execute("BEGIN IMMEDIATE")
        yield connection
        if new:
            connection.execute("COMMIT")
    finally:
        connection.close()


def _keys_of(fiscal_year: int, people: Iterable[int]) -> dict[int, bytes]:
    wanted = list(people)
    found: dict[int, bytes] = {}
    with _keys(fiscal_year) as keys:
        for start in range(0, len(wanted), _MOST_AT_ONCE):
            found |= _some(keys, wanted[start : start + _MOST_AT_ONCE])
    if len(found) != len(set(wanted)):
        raise RecordGone
    return found


def _some(keys: sqlite3.Connection, people: Sequence[int]) -> dict[int, bytes]:
    marks = ",".join("?" * len(people))
    return dict(keys.execute(f"SELECT id, key FROM person WHERE id IN ({marks})", people))  # noqa: S608 - marks only


def _sealed(key: bytes, person: int, what: str, content: Mapping[str, Any]) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return nonce + AESGCM(key).encrypt(nonce, data, _bound(person, what))


def _opened(key: bytes, person: int, what: str, sealed: bytes) -> dict[str, Any]:
    try:
        data = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(person, what))
    except (InvalidTag, ValueError) as error:
        raise RecordUnreadable from error
    opened: dict[str, Any] = json.loads(data)
    return opened


def _bound(person: int, what: str) -> bytes:
    return f"azukari stress check\n{person}\n{what}".encode()
