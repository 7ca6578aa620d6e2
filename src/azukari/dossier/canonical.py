"""One text and one hash for a dossier: approval binds to it, and a file that differs is not in force."""

from __future__ import annotations

import hashlib
import json

from azukari.dossier.schema import Dossier


def canonical_text(dossier: Dossier) -> str:
    """JSON with sorted keys, no whitespace, UTF-8 as itself. Order of lists is the paper's and counts."""
    return json.dumps(
        dossier.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def canonical_hash(dossier: Dossier) -> str:
    """SHA-256 of :func:`canonical_text` in UTF-8, as 64 hex digits."""
    return hashlib.sha256(canonical_text(dossier).encode("utf-8")).hexdigest()


def from_canonical(text: str) -> Dossier:
    """The dossier of a canonical text. Raises ``pydantic.ValidationError`` (a ``ValueError``) if it is none."""
    return Dossier.model_validate_json(text)
