"""age (age-encryption.org/v1): sealing to a receiver's X25519 key, machine to machine. Opens with plain ``age -d``."""

from __future__ import annotations

import pyrage  # type: ignore[import-untyped]

from azukari.custody.package_errors import TamperedPackage, TruncatedPackage, WrongKey
from azukari.vocabulary.refusal import Refusal

MAGIC = b"age-encryption.org/v1\n"
# A header is one line per receiver (about 110 bytes); more than this is not ours and would only cost time.
_MAX_HEADER = 64 * 1024


class UnusableAgeKey(Refusal, ValueError):
    """Not an age X25519 key; ``str()`` says in Japanese what a key looks like."""

    def __init__(self, what: str, shape: str) -> None:
        super().__init__(f"{what}の形式が違います。「{shape}」で始まる1行の鍵を指定してください。")


def new_identity() -> tuple[str, str]:
    """A fresh (secret ``AGE-SECRET-KEY-1…``, public ``age1…``) pair."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(secret: str) -> str:
    return str(_identity(secret).to_public())


def is_age(data: bytes) -> bool:
    return data.startswith(MAGIC)


def encrypt(data: bytes, recipient: str) -> bytes:
    """Encrypt to one X25519 public key. Raises UnusableAgeKey."""
    try:
        to = pyrage.x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError as error:
        raise UnusableAgeKey("受取人の公開鍵", "age1") from error
    return bytes(pyrage.encrypt(data, [to]))


def decrypt(data: bytes, secret: str) -> bytes:
    """Decrypt with an X25519 secret key. Raises WrongKey, TruncatedPackage, TamperedPackage, UnusableAgeKey."""
    identity = _identity(secret)
    end = data.find(b"\n---", 0, _MAX_HEADER)
    if end < 0 or data.find(b"\n", end + 1, end + 100) < 0:
        raise TruncatedPackage() if len(data) < _MAX_HEADER else TamperedPackage()
    try:
        return bytes(pyrage.decrypt(data, [identity]))
    except pyrage.DecryptError as error:
        text = str(error).lower()
        if "no matching keys" in text:
            raise WrongKey() from error
        raise TamperedPackage() from error


def _identity(secret: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(secret.strip())
    except pyrage.IdentityError as error:
        raise UnusableAgeKey("自組織の秘密鍵", "AGE-SECRET-KEY-1") from error
