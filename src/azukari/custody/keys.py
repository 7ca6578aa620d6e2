"""Keys, apart from the database: one file per package secret, the organisation's own keys, the ledger of erasures.

The folder (settings.AZUKARI_KEYS) is kept out of the database's backups. Destroying a package's key makes every copy
of its rows unreadable, those in old backups too. ``erased.jsonl`` says what was erased; it is appended before the key
goes, and after a restore :meth:`KeyStore.erased` and :meth:`KeyStore.destroy_again` make it so once more (law 7).

Overwriting before unlinking helps on magnetic discs only; on SSDs and snapshots the old block may survive, which the
certificate has to say.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from azukari.custody import age
from azukari.custody.durable import sync_folder, write_once
from azukari.custody.manifest import NUMBER_PATTERN
from azukari.custody.package_errors import AlreadyWritten
from azukari.vocabulary.refusal import Refusal

KEY_BYTES = 32
NONCE_BYTES = 12
_SEALED_ROWS = b"AZR1"
_NUMBER = re.compile(NUMBER_PATTERN)
_ORGANISATION = re.compile(r"[A-Za-z0-9_\-]{1,60}")


class KeyKind(StrEnum):
    ROWS = "rows"  # the 32-byte key that seals received rows in the database
    PASSWORD = "password"  # the password of an outgoing ZIP, until its notice is printed  # noqa: S105


class KeyGone(Refusal):
    """The key was destroyed on erasure; what it sealed can't be read by anyone."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"{number} の鍵は消去済みです。このデータは復元できません。"
            "必要な場合は、新しい受渡しとして提供元に再提供を依頼してください。"
        )


class KeyMissing(Refusal):
    """No key of this package was ever kept here (or the key folder is not the right one)."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"{number} の鍵が鍵フォルダにありません（消去の記録もありません）。"
            "AZUKARI_KEYS が正しいフォルダを指しているか、復元漏れがないか確認してください。"
        )


class KeyFolderTooOpen(Refusal):
    def __init__(self) -> None:
        super().__init__(
            "鍵フォルダをほかの利用者も読めます。所有者だけが読めるように（chmod 700）してから、やり直してください。"
        )


class LedgerDamaged(Refusal):
    """A line of erased.jsonl, other than a last one cut short, can't be read. ``line`` counts from 1."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(
            f"消去台帳（erased.jsonl）の{line}行目を読めません。鍵の操作を止めました。"
            "台帳の控えから戻すか、情報保護担当に連絡してください。"
        )


class RowsUnreadable(Refusal):
    """The sealed rows were changed, or belong to another package."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"{number} の保管データを開けません（改ざん、または別の受渡しのデータです）。"
            "閲覧を中止し、情報保護担当に連絡してください。"
        )


@dataclass(frozen=True)
class Erasure:
    """One line of the ledger: the package, when (ISO 8601 with offset), under which certificate."""

    number: str
    at: str
    certificate: str


@dataclass(frozen=True)
class OrganisationKeys:
    """What an organisation signs with and is sealed to. ``recipient`` (age1…) and ``verify_key`` are public."""

    age_secret: str
    recipient: str
    signing_key: Ed25519PrivateKey

    @property
    def verify_key(self) -> Ed25519PublicKey:
        return self.signing_key.public_key()


class KeyStore:
    """The key folder. Made with mode 0700 when absent; refused (KeyFolderTooOpen) when others can read it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._packages = folder / "packages"
        self._organisations = folder / "organisations"
        self._ledger = folder / "erased.jsonl"
        for each in (folder, self._packages, self._organisations):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
            if stat.S_IMODE(each.stat().st_mode) & 0o077:
                raise KeyFolderTooOpen()

    # --- package keys

    def create(self, number: str) -> bytes:
        """Draw and keep a new 32-byte row key. Raises AlreadyWritten when there is one, KeyGone after erasure."""
        key = secrets.token_bytes(KEY_BYTES)
        self.put(number, key)
        return key

    def renew(self, number: str) -> bytes:
        """A new row key in place of one that an interrupted preparation left. The number has sealed nothing yet."""
        with self._locked():
            if number not in self._erased_numbers():
                _shred(self._path(number, KeyKind.ROWS))
        return self.create(number)

    def put(self, number: str, secret: bytes, kind: KeyKind = KeyKind.ROWS) -> None:
        """Keep a secret (file mode 0600, on disk when this returns). Raises AlreadyWritten, KeyGone."""
        path = self._path(number, kind)
        with self._locked():
            if number in self._erased_numbers():
                raise KeyGone(number)
            _shred_drafts(path)
            write_once(path, secret)

    def get(self, number: str, kind: KeyKind = KeyKind.ROWS) -> bytes:
        """The secret. Raises KeyGone once the ledger says erased, even if a restore brought the file back."""
        path = self._path(number, kind)
        if number in self._erased_numbers():
            raise KeyGone(number)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            # a destroy may have come between the two looks
            raise (KeyGone(number) if number in self._erased_numbers() else KeyMissing(number)) from None

    def numbers(self) -> tuple[str, ...]:
        """Numbers of the packages of which any secret is kept, sorted."""
        found = {path.stem for path in self._packages.iterdir() if _NUMBER.fullmatch(path.stem)}
        return tuple(sorted(found))

    def drop_password(self, number: str) -> None:
        """Forget a package's password after its notice was handed over; the row key stays. Repeating does nothing."""
        with self._locked():
            _shred(self._path(number, KeyKind.PASSWORD))

    def destroy(self, number: str, *, at: datetime, certificate: str) -> bool:
        """Enter the erasure in the ledger, then destroy all secrets of the package.

        Repeating is harmless: the ledger keeps the first entry. Returns whether this call made the entry.
        """
        if at.tzinfo is None:
            raise ValueError("at must carry an offset")
        self._path(number, KeyKind.ROWS)
        with self._locked():
            first = number not in self._erased_numbers()
            if first:
                self._append(Erasure(number, at.isoformat(timespec="seconds"), certificate))
            self._shred_all(number)
        return first

    def erased(self) -> tuple[Erasure, ...]:
        """The ledger, oldest first: after a restore, the rows of these packages have to go again."""
        return tuple(self._read_ledger())

    def destroy_again(self) -> tuple[str, ...]:
        """After a restore: destroy every key that the ledger says is gone. Returns the numbers that had come back."""
        with self._locked():
            gone = self._erased_numbers()
            back = tuple(number for number in self.numbers() if number in gone)
            for number in back:
                self._shred_all(number)
        return back

    # --- the organisation's own keys

    def organisation(self, key: str) -> OrganisationKeys:
        """The X25519 and Ed25519 keys of an organisation that works on this instance; made on first use."""
        if not _ORGANISATION.fullmatch(key):
            raise ValueError("organisation key must be letters, digits, _ or -")
        secret = self._kept(f"{key}.age", lambda: age.new_identity()[0].encode()).decode()
        seed = self._kept(f"{key}.ed25519", lambda: secrets.token_bytes(32))
        return OrganisationKeys(secret, age.recipient_of(secret), Ed25519PrivateKey.from_private_bytes(seed))

    def _kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self._organisations / name
        if not path.exists():
            with self._locked(), suppress(AlreadyWritten):  # another process was first: its key is the key
                _shred_drafts(path)
                write_once(path, make())
        return path.read_bytes()

    # --- inside

    def _path(self, number: str, kind: KeyKind) -> Path:
        if not _NUMBER.fullmatch(number):
            raise ValueError("package number must look like AZ-2025-000123")
        return self._packages / f"{number}.{kind.value}"

    def _shred_all(self, number: str) -> None:
        for kind in KeyKind:
            _shred(self._path(number, kind))
        for draft in self._packages.glob(f".{number}.*.part"):  # left by a crash while the secret was being written
            _shred(draft)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _erased_numbers(self) -> set[str]:
        return {entry.number for entry in self._read_ledger()}

    def _read_ledger(self) -> Iterator[Erasure]:
        try:
            data = self._ledger.read_bytes()
        except FileNotFoundError:
            return
        # A last line without its line feed was cut short by a crash, before any key was touched: it doesn't count.
        for line, text in enumerate(data.split(b"\n")[:-1], start=1):
            try:
                yield Erasure(**json.loads(text))
            except (ValueError, TypeError) as error:
                raise LedgerDamaged(line) from error

    def _append(self, entry: Erasure) -> None:
        handle = os.open(self._ledger, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            data = self._ledger.read_bytes()
            os.ftruncate(handle, data.rfind(b"\n") + 1)
            os.lseek(handle, 0, os.SEEK_END)
            line = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            written = os.write(handle, line)
            if written != len(line):
                raise OSError("ledger entry not written whole")
            os.fsync(handle)
        finally:
            os.close(handle)
        sync_folder(self._folder)


def _shred_drafts(path: Path) -> None:
    """What a crash left while this secret was being written; under the lock, so nobody is at it."""
    for draft in path.parent.glob(f".{path.name}.*.part"):
        _shred(draft)


def _shred(path: Path) -> None:
    try:
        handle = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.write(handle, secrets.token_bytes(os.fstat(handle).st_size))
        os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink()
    sync_folder(path.parent)


# --- rows at rest ----------------------------------------------------------------------------------------------------


def seal_rows(key: bytes, number: str, rows: bytes, *, part: int = 0) -> bytes:
    """AES-256-GCM under the package's key, bound to the package's number and the part's place."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return _SEALED_ROWS + nonce + AESGCM(key).encrypt(nonce, rows, _bound(number, part))


def open_rows(key: bytes, number: str, sealed: bytes, *, part: int = 0) -> bytes:
    """The rows again. Raises RowsUnreadable when changed, cut, or sealed for another package or part."""
    start = len(_SEALED_ROWS)
    if not sealed.startswith(_SEALED_ROWS):
        raise RowsUnreadable(number)
    nonce, secret = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, secret, _bound(number, part))
    except (InvalidTag, ValueError) as error:
        raise RowsUnreadable(number) from error


def _bound(number: str, part: int) -> bytes:
    return f"azukari rows\n{number}\n{part}".encode()
