"""Keys of the log, in files under ``settings.AZUKARI_KEYS``, apart from the database and its backups."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings

from azukari.witness import note
from azukari.witness.errors import InvalidKey, SigningKeyMissing
from azukari.witness.models import Checkpoint

SIGNING_KEY = "witness-signing.key"
VERIFIER_KEY = "witness-verifier.txt"
SUBJECT_KEY = "witness-subjects.key"


def origin() -> str:
    """Name of this log, which is also its key's: ``settings.AZUKARI_WITNESS_ORIGIN`` or azukari/<organisation>/log."""
    return getattr(settings, "AZUKARI_WITNESS_ORIGIN", None) or f"azukari/{settings.AZUKARI_HOME}/log"


def signer(using: str) -> note.SignerKey:
    """The signing key; made on first use. Raises SigningKeyMissing if it is gone though it has signed before."""
    path = _folder() / SIGNING_KEY
    if not path.exists():
        if Checkpoint.objects.using(using).exists():
            raise SigningKeyMissing(str(path))
        _keep(path, note.generate_signer(origin()).secret_text() + "\n")
    key = note.parse_signer(path.read_text(encoding="utf-8").strip())
    public = _folder() / VERIFIER_KEY
    if not public.exists():
        _keep(public, f"{key.verifier}\n")
    return key


def verifier() -> note.VerifierKey:
    """The public key beside the signing key. Raises InvalidKey if there is none. An auditor brings an own copy."""
    path = _folder() / VERIFIER_KEY
    if not path.exists():
        raise InvalidKey(
            "検証鍵がまだありません。"
            "最初の時点に署名する（azukari witness checkpoint）か、受け取った検証鍵（--key）を渡してください。"
        )
    return note.parse_verifier(path.read_text(encoding="utf-8").strip())


def subject_key() -> bytes:
    """32 bytes under which persons' references are made; made on first use.

    Losing it means that nobody's disclosures can be found again; destroying it makes all references anonymous.
    """
    path = _folder() / SUBJECT_KEY
    if not path.exists():
        _keep(path, secrets.token_hex(32) + "\n")
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def _folder() -> Path:
    return Path(settings.AZUKARI_KEYS)


def _keep(path: Path, text: str) -> None:
    """Write a new file that only the owner reads; where two try at once, the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # unlike rename, this never replaces what is there
    finally:
        draft.unlink()
