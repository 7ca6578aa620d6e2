"""Kana for searching: the many spellings of one reading come to one key. Originals stay as they were received."""

from __future__ import annotations

import re
import unicodedata

_MARKS = str.maketrans({"゛": "\u3099", "゜": "\u309a"})  # NFKC would turn the spacing marks into a blank + mark
_TO_KATAKANA = {code: code + 0x60 for code in [*range(0x3041, 0x3097), 0x309D, 0x309E]}
# Older residents' systems had no small kana, and readings mix ヂ/ジ, ヅ/ズ, ヲ/オ.
_SAME_SOUND = str.maketrans("ァィゥェォッャュョヮヵヶヂヅヲヰヱ", "アイウエオツヤユヨワカケジズオイエ")
_V_SOUNDS = re.compile("ヴ([アイエオ]?)")
_V_ROW = {"": "ブ", "ア": "バ", "イ": "ビ", "エ": "ベ", "オ": "ボ"}
_IGNORED = re.compile(r"[\s・･.,'’\-‐‑‒–—―−ー~〜()]+")
_KANA = re.compile(r"[ァ-ヺーヽヾ・ぁ-ゖゝゞ\s\u3099\u309a]+")


def kana_key(text: str) -> str:
    """Search key of a reading: katakana, no width, blank, small kana or long vowel mark; Latin in upper case."""
    key = unicodedata.normalize("NFKC", text.translate(_MARKS))
    key = _IGNORED.sub("", key).translate(_TO_KATAKANA).translate(_SAME_SOUND)
    # A voicing mark after a small kana can join only now that the kana is large.
    key = unicodedata.normalize("NFC", key).translate(_SAME_SOUND).upper()
    return _V_SOUNDS.sub(lambda m: _V_ROW[m.group(1)], key)


def kana_matches(a: str, b: str) -> bool:
    """Whether two readings have the same key. An empty reading matches nothing, not even another empty one."""
    key = kana_key(a)
    return bool(key) and key == kana_key(b)


def is_kana(text: str) -> bool:
    """Whether `text` is written in kana only (any width, blanks and ・ allowed) and not empty."""
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).strip()
    return bool(plain) and bool(_KANA.fullmatch(plain))
