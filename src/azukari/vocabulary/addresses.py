"""Addresses compared across the ways of writing them. Keys are for comparing; the address stays as received."""

from __future__ import annotations

import re
import unicodedata

from azukari.vocabulary.names import fold_variants
from azukari.vocabulary.wareki import kanji_number

_HYPHENS = r"\-‐‑‒–—―−ー~〜"
_KANJI_DIGITS = "〇零一二三四五六七八九十百"
# 三栄町 and 四谷 are names; a numeral is a number only before 丁目, 番, 番地, 号 (but 三番町 is a name on either side).
_NUMERAL = re.compile(f"[{_KANJI_DIGITS}]{{1,6}}(?=丁目|番(?!町)|番地|号|階)")
_BETWEEN_KANJI_KE = re.compile("(?<=[一-龠])[ヶケヵガが](?=[一-龠])")
_BETWEEN_KANJI_NO = re.compile("(?<=[一-龠])[ノの之](?=[一-龠])")


class UnreadablePostalCode(ValueError):
    """Not seven digits."""


def address_key(text: str, prefecture: str = "東京都") -> str:
    """Key under which spellings of one address meet: `新宿区新宿1-2-3ハイツ101`.

    Width, variants, 一丁目２番３号, の, hyphens after digits, ヶ/ケ/が, 大字, 号室, blanks and a leading `prefecture`
    make no difference. A blank or 号 between two numbers separates them like a hyphen (`3号 101`).
    """
    key = re.sub(r"\s+", " ", fold_variants(text)).strip().upper()
    key = re.sub(r"^〒?\d{3}-?\d{4} ?(?=\D)", "", key)
    key = _NUMERAL.sub(lambda m: str(kanji_number(m.group())), key)
    key = re.sub(r"(?<=\d) ?(?:丁目|番地の|番地|番(?!町)|号室|号|室)", "-", key)
    key = re.sub(rf"(?<=\d)[{_HYPHENS}ノの ]+(?=\d)", "-", key)
    key = re.sub(r"(?<=\d)階", "F", key).replace(" ", "")
    key = re.sub(rf"-[{_HYPHENS}ノの]+(?=\d)", "-", key)
    key = re.sub(r"-+(?!\d)", "", key)
    key = key.removeprefix(prefecture)
    key = re.sub("(?<=[都道府県市区町村郡])大?字|^大字", "", key)
    key = _BETWEEN_KANJI_KE.sub("ケ", key)
    return _BETWEEN_KANJI_NO.sub("ノ", key)


def addresses_match(a: str, b: str, prefecture: str = "東京都") -> bool:
    """Whether two addresses have the same key. An empty address matches nothing."""
    key = address_key(a, prefecture)
    return bool(key) and key == address_key(b, prefecture)


def postal_code(text: str) -> str:
    """Seven digits of a postal code (〒160-0022, １６０－００２２); raises UnreadablePostalCode."""
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("〒").strip()
    plain = re.sub(rf"[{_HYPHENS}]", "", plain)
    if not re.fullmatch(r"[0-9]{7}", plain):
        raise UnreadablePostalCode("郵便番号が7桁の数字ではありません。台帳の郵便番号を確かめてください。")
    return plain
