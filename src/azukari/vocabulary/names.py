"""Names compared across the variants of their characters.

`name_key` is for searching and for proposing matches to a person; it is never shown, stored as a name or sent.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

VARIATION_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SELECTOR = re.compile(f"[{VARIATION_SELECTORS}]")
_IGNORED = re.compile(r"[\s・･.,'’\-‐–]+")
_REPEATED = re.compile("(.)々")


@cache
def variant_table() -> Mapping[str, str]:
    """Every variant in variants.toml mapped to the plain form that heads its group."""
    groups: list[str] = tomllib.loads(files(__package__).joinpath("variants.toml").read_text("utf-8"))["groups"]
    table: dict[str, str] = {}
    for group in groups:
        for variant in group[1:]:
            if variant in table:
                raise ValueError(f"variants.toml: 「{variant}」が二つの組にあります。片方から除いてください。")
            table[variant] = group[0]
    return table


@cache
def _folding() -> dict[int, str]:
    return str.maketrans(dict(variant_table()))


def fold_variants(text: str) -> str:
    """Width, compatibility ideographs, variation selectors and known variants folded; blanks kept. For keys only."""
    return unicodedata.normalize("NFKC", _SELECTOR.sub("", text)).translate(_folding())


def name_key(text: str) -> str:
    """Search key of a name: variants folded, no blanks or dots, Latin letters without case and accents."""
    key = _IGNORED.sub("", fold_variants(text)).casefold()
    key = _REPEATED.sub(r"\1\1", key)
    if key.isascii():
        return key
    return "".join(_without_accent(c) for c in key)


def _without_accent(c: str) -> str:
    if not "\u00c0" <= c <= "\u1eff":
        return c
    return unicodedata.normalize("NFD", c)[0]


def names_match(a: str, b: str) -> bool:
    """Whether two names have the same key. An empty name matches nothing."""
    key = name_key(a)
    return bool(key) and key == name_key(b)
