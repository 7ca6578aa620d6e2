"""Packages: one sealed file with manifest.json, data.csv, checkpoint.txt and signature.txt; built, and opened warily.

The file's name is its number and nothing else (AZ-2025-000123.zip, AZ-2025-000123.zip.age): neither the programme nor
any person can be told from outside. Only ``custody.gate`` calls :func:`build` and :func:`open_package`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from azukari.custody import age
from azukari.custody.csvfile import read_csv
from azukari.custody.durable import write_once
from azukari.custody.manifest import DATA_FILE, MAX_MANIFEST_BYTES, Manifest, parse_manifest
from azukari.custody.package_errors import (
    DigestMismatch,
    MissingMember,
    NotAPackage,
    NotForUs,
    NotFromThem,
    PackageNotFound,
    SecretNeeded,
    TooLarge,
    WrongSignature,
)
from azukari.custody.zipfile_aes import Limits, ZipReader, write_zip

MANIFEST, CHECKPOINT, SIGNATURE = "manifest.json", "checkpoint.txt", "signature.txt"
_DOCUMENT = re.compile(r"document-[0-9]{2}\.(pdf|xlsx)")
_PASSWORD_ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"  # noqa: S105 - no 0/o, 1/l; 32 letters are 5 bits each
_SIGNATURE_BYTES = 200


@dataclass(frozen=True)
class ZipSealing:
    """AES-256 ZIP for people with 7-Zip. The password travels in its own notice, on another occasion."""

    password: str


@dataclass(frozen=True)
class AgeSealing:
    """age to the receiver's X25519 public key (``age1…``), machine to machine."""

    recipient: str


@dataclass(frozen=True)
class Password:
    value: str


@dataclass(frozen=True)
class AgeSecret:
    value: str


Sealing = ZipSealing | AgeSealing
Secret = Password | AgeSecret


@dataclass(frozen=True)
class Built:
    """A sealed file on disk: where, its SHA-256 (hex), its size in bytes, and the digest of its manifest."""

    path: Path
    sha256: str
    size: int
    manifest_digest: str


@dataclass(frozen=True)
class Opened:
    """An opened and fully checked package. ``frame``: the data with the manifest's headers as columns, all text."""

    manifest: Manifest
    data: bytes
    frame: pl.DataFrame | None
    documents: Mapping[str, bytes]
    signed: bool
    sha256: str


def new_password() -> str:
    """A fresh password of 20 letters in fours with hyphens (100 bits): ``k7mw-…``, easy to type from paper."""
    letters = [secrets.choice(_PASSWORD_ALPHABET) for _ in range(20)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 20, 4))


def file_name(number: str, sealing: Sealing) -> str:
    return f"{number}.zip" if isinstance(sealing, ZipSealing) else f"{number}.zip.age"


def seal(
    manifest: Manifest,
    data: bytes | None,
    sealing: Sealing,
    *,
    documents: Mapping[str, bytes] | None = None,
    signing_key: Ed25519PrivateKey | None = None,
) -> bytes:
    """The sealed package as bytes. The manifest must already fit ``data`` and ``documents``.

    Raises DigestMismatch when they differ (nothing has been sealed then).
    """
    _check_against_manifest(manifest, data, documents or {})
    canonical = manifest.canonical()
    members: dict[str, bytes] = {MANIFEST: canonical}
    if data is not None:
        members[DATA_FILE] = data
    members[CHECKPOINT] = manifest.checkpoint.encode()
    if signing_key is not None:
        members[SIGNATURE] = base64.b64encode(signing_key.sign(_signed(canonical))) + b"\n"
    members.update(documents or {})
    if isinstance(sealing, ZipSealing):
        return write_zip(members, sealing.password.encode())
    return age.encrypt(write_zip(members, None), sealing.recipient)


def build(
    folder: Path,
    manifest: Manifest,
    data: bytes | None,
    sealing: Sealing,
    *,
    documents: Mapping[str, bytes] | None = None,
    signing_key: Ed25519PrivateKey | None = None,
) -> Built:
    """Seal and write ``folder``/NUMBER.zip[.age], whole or not at all, never over an existing file.

    Raises AlreadyWritten, DiskFull (then nothing is left behind and the call can be repeated), DigestMismatch.
    """
    sealed = seal(manifest, data, sealing, documents=documents, signing_key=signing_key)
    path = folder / file_name(manifest.number, sealing)
    write_once(path, sealed)
    return Built(path, hashlib.sha256(sealed).hexdigest(), len(sealed), manifest.digest())


def open_package(
    path: Path,
    secret: Secret,
    *,
    expect_receiver: str,
    expect_sender: str | None = None,
    sender_key: Ed25519PublicKey | None = None,
    known_items: Collection[str] | None = None,
    limits: Limits | None = None,
) -> Opened:
    """Read, decrypt and check a package completely, in memory; a refusal (``package_errors``) has written nothing.

    ``expect_receiver`` / ``expect_sender`` are organisation keys. With ``sender_key`` the signature must be there and
    fit; ``known_items`` are the items that the receiver's dossier lists.
    """
    limits = limits or Limits()
    try:
        if path.stat().st_size > limits.archive:
            raise TooLarge("パッケージの大きさ", f"{limits.archive >> 20:,}MB")
        sealed = path.read_bytes()
    except FileNotFoundError as error:
        raise PackageNotFound() from error
    archive = _unseal(sealed, secret, limits)
    manifest_bytes = _member(archive, MANIFEST, MAX_MANIFEST_BYTES)
    manifest = parse_manifest(manifest_bytes, known_items=known_items)
    if manifest.receiver.key != expect_receiver:
        raise NotForUs(manifest.receiver.name, expect_receiver)
    if expect_sender is not None and manifest.sender.key != expect_sender:
        raise NotFromThem(manifest.sender.name, expect_sender)
    signed = _check_signature(archive, manifest_bytes, sender_key)
    return _read_contents(archive, manifest, signed, hashlib.sha256(sealed).hexdigest())


def _unseal(sealed: bytes, secret: Secret, limits: Limits) -> ZipReader:
    if age.is_age(sealed):
        if not isinstance(secret, AgeSecret):
            raise SecretNeeded("自組織の age 秘密鍵")
        return ZipReader(age.decrypt(sealed, secret.value), None, allowed=_allowed, limits=limits)
    if not sealed.startswith(b"PK"):
        raise NotAPackage()
    if not isinstance(secret, Password):
        raise SecretNeeded("別便で通知されたパスワード")
    return ZipReader(sealed, secret.value.strip().encode(), allowed=_allowed, limits=limits)


def _allowed(name: str) -> bool:
    return name in (MANIFEST, DATA_FILE, CHECKPOINT, SIGNATURE) or _DOCUMENT.fullmatch(name) is not None


def _member(archive: ZipReader, name: str, at_most: int) -> bytes:
    if name not in archive.names:
        raise MissingMember(name)
    return archive.read(name, at_most=at_most)


def _read_contents(archive: ZipReader, manifest: Manifest, signed: bool, sha256: str) -> Opened:
    listed = {document.name: document for document in manifest.documents}
    expected = {MANIFEST, CHECKPOINT, *listed, *([DATA_FILE] if manifest.data_file else [])}
    for name in archive.names:
        if name not in expected and name != SIGNATURE:
            raise DigestMismatch(name)
    if _member(archive, CHECKPOINT, 40_000) != manifest.checkpoint.encode():
        raise DigestMismatch(CHECKPOINT)
    data = _member(archive, DATA_FILE, manifest.data_size) if manifest.data_file else None
    documents = {name: _member(archive, name, document.size) for name, document in listed.items()}
    _check_against_manifest(manifest, data, documents)
    frame = None
    if data is not None and manifest.encoding is not None:
        frame = read_csv(data, manifest.headers, manifest.rows, encoding=manifest.encoding, escape=manifest.escape)
    return Opened(manifest, data or b"", frame, documents, signed, sha256)


def _check_against_manifest(manifest: Manifest, data: bytes | None, documents: Mapping[str, bytes]) -> None:
    if (data is None) != (manifest.data_file is None):
        raise DigestMismatch(DATA_FILE)
    if data is not None and not _fits(data, manifest.data_size, manifest.data_sha256):
        raise DigestMismatch(DATA_FILE)
    listed = {document.name: document for document in manifest.documents}
    if set(listed) != set(documents):
        raise DigestMismatch("添付文書")
    for name, document in listed.items():
        if not _fits(documents[name], document.size, document.sha256):
            raise DigestMismatch(name)


def _fits(content: bytes, size: int, digest: str | None) -> bool:
    return len(content) == size and hmac.compare_digest(hashlib.sha256(content).hexdigest(), digest or "")


def _signed(manifest_bytes: bytes) -> bytes:
    """What is signed: a context line, so that the key's signatures mean nothing elsewhere, and the manifest's bytes."""
    return b"azukari-package/1 manifest\n" + manifest_bytes


def _check_signature(archive: ZipReader, manifest_bytes: bytes, sender_key: Ed25519PublicKey | None) -> bool:
    if sender_key is None:
        return False
    if SIGNATURE not in archive.names:
        raise MissingMember(SIGNATURE)
    try:
        signature = base64.b64decode(archive.read(SIGNATURE, at_most=_SIGNATURE_BYTES).strip(), validate=True)
        sender_key.verify(signature, _signed(manifest_bytes))
    except (InvalidSignature, ValueError) as error:
        raise WrongSignature() from error
    return True
