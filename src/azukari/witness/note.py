"""Signed notes and checkpoints in the forms of C2SP (signed-note, tlog-checkpoint). Pure: no Django, no files.

A verifier key is ``name+hash+base64(0x01 || public key)``, a signer key ``PRIVATE+KEY+name+hash+base64(0x01 || seed)``.
A checkpoint is a note whose text has the lines origin, size, base64 root; the origin is the key's name.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from azukari.witness.errors import InvalidKey, InvalidNote

ED25519 = b"\x01"
MOST_SIGNATURES = 100
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_SIZE = re.compile("0|[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class VerifierKey:
    name: str
    key_id: bytes
    public: Ed25519PublicKey

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(ED25519 + self.public.public_bytes_raw())}"


@dataclass(frozen=True)
class SignerKey:
    name: str
    private: Ed25519PrivateKey

    @property
    def verifier(self) -> VerifierKey:
        public = self.private.public_key()
        return VerifierKey(self.name, key_id(self.name, public), public)

    def secret_text(self) -> str:
        """The text to keep in a file. Not ``__str__``: a key must not reach a log by being printed."""
        seed = _base64(ED25519 + self.private.private_bytes_raw())
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{seed}"


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint whose signature has been verified. ``root`` is 32 bytes."""

    origin: str
    size: int
    root: bytes
    text: str


def key_id(name: str, public: Ed25519PublicKey) -> bytes:
    """First four bytes of SHA-256(name || LF || 0x01 || public key)."""
    return sha256(name.encode() + b"\n" + ED25519 + public.public_bytes_raw()).digest()[:4]


def generate_signer(name: str) -> SignerKey:
    _checked_name(name)
    return SignerKey(name, Ed25519PrivateKey.generate())


def parse_signer(text: str) -> SignerKey:
    """Raises InvalidKey, whose message never repeats the text."""
    if not text.startswith("PRIVATE+KEY+"):
        raise InvalidKey("署名鍵の形が違います。PRIVATE+KEY+ で始まる 1 行でなければなりません。")
    name, given_id, seed = _key_parts(text.removeprefix("PRIVATE+KEY+"))
    signer = SignerKey(name, Ed25519PrivateKey.from_private_bytes(seed))
    if signer.verifier.key_id.hex() != given_id:
        raise InvalidKey("署名鍵の識別子が鍵と合いません。鍵の控えから戻してください。")
    return signer


def parse_verifier(text: str) -> VerifierKey:
    name, given_id, raw = _key_parts(text)
    public = Ed25519PublicKey.from_public_bytes(raw)
    if key_id(name, public).hex() != given_id:
        raise InvalidKey("検証鍵の識別子が鍵と合いません。鍵の文字列が途中で変わっていないか確かめてください。")
    return VerifierKey(name, key_id(name, public), public)


def sign(text: str, signer: SignerKey) -> str:
    """The note: text, blank line, signature line. The text must end with a newline and have no control characters."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise InvalidNote("署名する文は改行で終わり、制御文字を含まないものでなければなりません。")
    signature = signer.verifier.key_id + signer.private.sign(text.encode())
    return f"{text}\n— {signer.name} {_base64(signature)}\n"


def verified_text(note: str, key: VerifierKey) -> str:
    """The text of a note that ``key`` has signed. Other keys' are ignored; a wrong one by this key refuses."""
    text, blank, lines = note.rpartition("\n\n")
    text += "\n"
    if not blank or not lines.endswith("\n") or _CONTROL.search(note):
        raise InvalidNote("署名つきの文（signed note）の形をしていません。")
    signatures = lines.removesuffix("\n").split("\n")
    if len(signatures) > MOST_SIGNATURES:
        raise InvalidNote(f"署名の行が {MOST_SIGNATURES} を超えています。")
    found = False
    for line in signatures:
        name, raw = _signature_parts(line)
        if name != key.name or raw[:4] != key.key_id:
            continue
        try:
            key.public.verify(raw[4:], text.encode())
        except InvalidSignature:
            raise InvalidNote(f"鍵「{key.name}」の署名が文と合いません。文か署名が書き換えられています。") from None
        found = True
    if not found:
        raise InvalidNote(f"鍵「{key}」の署名がありません。別の鍵で署名し直されたおそれがあります。")
    return text


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    return f"{origin}\n{size}\n{_base64(root)}\n"


def open_checkpoint(note: str, key: VerifierKey) -> SignedCheckpoint:
    """Verify and read a checkpoint. Raises InvalidNote."""
    lines = verified_text(note, key).removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise InvalidNote(
            "時点（チェックポイント）の形をしていません。1 行目に起源、2 行目に件数、3 行目に根がなければなりません。"
        )
    if lines[0] != key.name:
        raise InvalidNote(f"起源「{lines[0]}」は、鍵の名「{key.name}」と違います。別のログの時点です。")
    root = _bytes(lines[2])
    if root is None or len(root) != 32:
        raise InvalidNote("時点（チェックポイント）の根が 32 バイトの base64 ではありません。")
    return SignedCheckpoint(lines[0], int(lines[1]), root, note)


def _signature_parts(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    raw = _bytes(parts[2]) if len(parts) == 3 else None
    if raw is None or len(raw) < 5 or parts[0] != "—" or not _is_name(parts[1]):
        raise InvalidNote("署名の行の形が違います。")
    return parts[1], raw


def _key_parts(text: str) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    raw = _bytes(parts[2]) if len(parts) == 3 else None
    if raw is None or len(raw) != 33 or raw[:1] != ED25519 or not _is_name(parts[0]):
        raise InvalidKey("鍵の形が違います。名前+識別子+base64 の Ed25519 鍵でなければなりません。")
    return parts[0], parts[1], raw[1:]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(character.isspace() for character in name)


def _checked_name(name: str) -> None:
    if not _is_name(name) or _CONTROL.search(name):
        raise InvalidKey("鍵の名は、空白と + を含まない、空でない文字列にしてください。")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes | None:
    """Decoded, or None; only the one canonical spelling counts, or a changed text could pass as unchanged."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _base64(raw) == text else None
