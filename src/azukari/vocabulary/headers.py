"""Column headers compared as people write them."""

from __future__ import annotations

import unicodedata


def header_key(text: str) -> str:
    """A header without width, spaces, brackets' style and case: only for finding its field."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(folded.split()).strip("\"'")
