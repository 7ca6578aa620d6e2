"""Text from and for systems that speak CP932, with nothing lost in silence.

Reading reports every byte that is not text; writing reports every character that had to be replaced. Originals are
never normalised: NFC alone already changes the shape of names (塚 U+FA10).
"""

from __future__ import annotations

import codecs
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from azukari.vocabulary.names import VARIATION_SELECTORS, variant_table

GETA = "〓"
MISSING = "\ufffd"
Encoding = Literal["utf-8-sig", "utf-8", "cp932"]

# Python's codec lets four unassigned bytes through as these; Windows does too, but they are no characters.
_FALSE_CP932 = {"\x80": b"\x80", "\uf8f0": b"\xa0", "\uf8f1": b"\xfd", "\uf8f2": b"\xfe", "\uf8f3": b"\xff"}
_PRIVATE = re.compile("[\ue000-\uf8ef\U000f0000-\U0010fffd]")
_FALSE = re.compile("[\x80\uf8f0-\uf8f3]")
_SELECTORS = re.compile(f"[{VARIATION_SELECTORS}]")
_EXTENSION_LEADS = frozenset({0x87, 0xED, 0xEE, 0xFA, 0xFB, 0xFC})


class UnreadableEncoding(ValueError):
    """A file that is no CP932 or UTF-8 text at all; `str()` says what it looks like and the remedy."""


class Undecodable(NamedTuple):
    """Bytes that are no character: `row` from 1 (lines of the file), `column_byte` from 1 within the row."""

    row: int
    column_byte: int
    raw: bytes

    def __str__(self) -> str:
        return f"{self.row}行目の{self.column_byte}バイト目（{self.raw.hex(' ').upper()}）を文字として読めません。"


class PrivateUse(NamedTuple):
    """A 外字: a character whose shape only the sending system knows. `row` and `column` from 1, in characters."""

    row: int
    column: int
    character: str

    def __str__(self) -> str:
        return (
            f"{self.row}行目の{self.column}文字目は外字（U+{ord(self.character):04X}）です。"
            "標準の文字に同定してから取り込んでください。"
        )


@dataclass(frozen=True)
class Decoded:
    """`text` as received (U+FFFD where bytes are no character), its encoding, and what is wrong with it."""

    text: str
    encoding: Encoding
    undecodable: tuple[Undecodable, ...] = ()
    private_use: tuple[PrivateUse, ...] = ()


class Replacement(NamedTuple):
    """One character not written as it was: `position` in the text (from 0), `row` its line (from 1)."""

    position: int
    character: str
    replaced_by: str
    row: int

    @property
    def lost(self) -> bool:
        """Whether nothing alike could be written."""
        return GETA in self.replaced_by

    def __str__(self) -> str:
        codes = " ".join(f"U+{ord(c):04X}" for c in self.character)
        return f"{self.row}行目の文字（{codes}）を「{self.replaced_by}」に置き換えました。"


@dataclass(frozen=True)
class Encoded:
    """CP932 bytes and what had to be replaced to get them."""

    data: bytes
    replacements: tuple[Replacement, ...] = ()


def decode_text(data: bytes, encoding: Encoding | None = None) -> Decoded:
    """Decode a whole file; without `encoding` a BOM, then valid UTF-8, then CP932 is assumed.

    Raises UnreadableEncoding for UTF-16, workbooks and other binary files.
    """
    _refuse_binary(data)
    if data.startswith(codecs.BOM_UTF8):
        return _decoded(data[len(codecs.BOM_UTF8) :], "utf-8", "utf-8-sig")
    if encoding is None:
        encoding = _detect(data)
    return _decoded(data, "cp932" if encoding == "cp932" else "utf-8", encoding)


def _refuse_binary(data: bytes) -> None:
    head = data[:4096]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or head.count(0) > len(head) // 4:
        raise UnreadableEncoding(
            "文字コードが UTF-16 のファイルです。CP932（Shift_JIS）か UTF-8 の CSV で保存し直してください。"
        )
    if head.startswith(b"PK\x03\x04") or head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableEncoding("表計算ソフトのブックか圧縮ファイルです。CSV（UTF-8）で保存し直してください。")
    if 0 in head:
        raise UnreadableEncoding(
            "文字のファイルではないか、UTF-16 のファイルです（NUL を含みます）。"
            "CP932 か UTF-8 の CSV を選び直してください。"
        )


def _detect(data: bytes) -> Encoding:
    """UTF-8 when it is valid or, with stray bytes, when far more of its characters are sound than broken.

    CP932 text fails as UTF-8 in its first words, so the stretch around the first failure decides.
    """
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        window = data[: error.start + 65536].decode("utf-8", "replace")
    broken = window.count(MISSING)
    sound = len(re.findall("[\u0800-\ufffc]", window))
    return "utf-8" if sound > broken else "cp932"


def _decoded(data: bytes, codec: str, encoding: Encoding) -> Decoded:
    undecodable: list[Undecodable] = []
    try:
        text = data.decode(codec)
        sound = codec != "cp932" or not _FALSE.search(text)
    except UnicodeDecodeError:
        sound = False
    if not sound:
        # 0x0A is never the second byte of a character, so rows can be cut before decoding.
        rows = [_decode_row(line, codec, number, undecodable) for number, line in enumerate(data.split(b"\n"), 1)]
        text = "\n".join(rows)
    return Decoded(text, encoding, tuple(undecodable), tuple(_private_use(text)))


def _decode_row(line: bytes, codec: str, row: int, undecodable: list[Undecodable]) -> str:
    """One row with U+FFFD for each bad stretch. One pass of the codec: a hostile row costs no more than a sound one."""
    bad: list[tuple[int, bytes]] = []
    token = _bad_bytes.set(bad)
    try:
        text = line.decode(codec, _REPORTING)
    finally:
        _bad_bytes.reset(token)
    if codec == "cp932" and _FALSE.search(text):
        bad = list(_with_false(text, bad))
        text = _FALSE.sub(MISSING, text)
    undecodable += [Undecodable(row, at + 1, raw) for at, raw in bad]
    return text


_REPORTING = "azukari-report"
_bad_bytes: ContextVar[list[tuple[int, bytes]]] = ContextVar("bad_bytes")


def _report_bad(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):  # the handler is for reading only
        raise error
    end = error.end
    if error.encoding == "cp932":
        end = error.start + _bad_length(error.object, error.start)
    _bad_bytes.get().append((error.start, error.object[error.start : end]))
    return MISSING, end


codecs.register_error(_REPORTING, _report_bad)


def _bad_length(line: bytes, at: int) -> int:
    """A lead byte with a second byte above ASCII is one unassigned character; ASCII after it may be a comma: kept."""
    trail = line[at + 1] if at + 1 < len(line) else 0
    lead = 0x81 <= line[at] <= 0x9F or 0xE0 <= line[at] <= 0xFC
    return 2 if lead and 0x80 <= trail <= 0xFC else 1


def _with_false(text: str, bad: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """The bad bytes of a CP932 row, with those that the codec let through, in order of place."""
    reported = iter(bad)
    at = 0
    for c in text:
        if c == MISSING:
            found = next(reported)
        elif c in _FALSE_CP932:
            found = (at, _FALSE_CP932[c])
        else:
            at += len(c.encode("cp932"))
            continue
        yield found
        at += len(found[1])


def _private_use(text: str) -> Iterator[PrivateUse]:
    row, counted = 1, 0
    for found in _PRIVATE.finditer(text):
        row += text.count("\n", counted, found.start())
        counted = found.start()
        column = counted - (text.rfind("\n", 0, counted) + 1) + 1
        yield PrivateUse(row, column, found.group())


@cache
def _reduction() -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    tables = tomllib.loads(files(__package__).joinpath("reduction.toml").read_text("utf-8"))
    return tables["same"], tables["alike"], tables["strict"]


def _is_writable(c: str, strict_jis: bool) -> bool:
    if _FALSE.match(c) or _PRIVATE.match(c):
        return False
    try:
        code = c.encode("cp932")
    except UnicodeEncodeError:
        return False
    return not (strict_jis and len(code) == 2 and code[0] in _EXTENSION_LEADS)


@cache
def reduced(character: str, strict_jis: bool = False) -> str:
    """What CP932 can write instead of one character: itself, a variant, a base letter, nothing (selectors), or 〓."""
    same, alike, strict = _reduction()
    if character in same:
        return same[character]
    if _is_writable(character, strict_jis):
        return character
    if _SELECTORS.match(character) or unicodedata.combining(character):
        return ""
    candidates = [alike.get(character), strict.get(character), variant_table().get(character)]
    compatible = unicodedata.normalize("NFKC", character)
    candidates += [compatible, "".join(variant_table().get(c, c) for c in compatible)]
    candidates += ["".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))]
    for candidate in candidates:
        if candidate is not None and all(_is_writable(c, strict_jis) for c in candidate):
            return candidate
    return GETA


def reduce_for_cp932(text: str, *, strict_jis: bool = False) -> tuple[str, tuple[Replacement, ...]]:
    """The text with every character that CP932 can write, and a report of each one replaced.

    `strict_jis` replaces NEC and IBM extension characters (髙, ①) too, for receivers that know JIS X 0208 only.
    Two code points for one CP932 character (〜 and ～) are exchanged without a report.
    """
    same = _reduction()[0]
    unwritable = {c for c in set(text) if reduced(c, strict_jis) != c}
    if not unwritable:
        return text, ()
    pieces: list[str] = []
    replacements: list[Replacement] = []
    row, counted, done = 1, 0, 0
    for start, end in _clusters(text, unwritable):
        character = text[start:end]
        instead = _cluster(character, strict_jis)
        pieces += [text[done:start], instead]
        done = end
        composed = len(character) > 1 and unicodedata.normalize("NFC", character) == instead
        if character not in same and not composed:
            row += text.count("\n", counted, start)
            counted = start
            replacements.append(Replacement(start, character, instead, row))
    pieces.append(text[done:])
    return "".join(pieces), tuple(replacements)


def _clusters(text: str, unwritable: set[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each stretch to replace: a base character and its marks are one character to a reader."""
    marks = "".join(c for c in unwritable if _SELECTORS.match(c) or unicodedata.combining(c))
    others = "".join(unwritable - set(marks))
    patterns = [f"[{re.escape(marks)}]+"] if marks else []
    if others:
        patterns.append(f"[{re.escape(others)}]" + (f"[{re.escape(marks)}]*" if marks else ""))
    for found in re.finditer("|".join(patterns), text):
        start = found.start()
        has_base = text[start] in marks and start > 0 and text[start - 1] != "\n"
        yield start - has_base, found.end()


def _cluster(character: str, strict_jis: bool) -> str:
    if len(character) > 1 and not _SELECTORS.search(character):
        composed = unicodedata.normalize("NFC", character)
        if len(composed) == 1 and _is_writable(composed, strict_jis):
            return composed
    return "".join(reduced(c, strict_jis) for c in character)


@cache
def _windows_codes() -> Mapping[str, bytes]:
    """The 360 IBM kanji have two codes; Windows writes the one in FA-FC, Python's codec the one in ED-EE."""
    codes = {}
    for lead in (0xFA, 0xFB, 0xFC):
        for trail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
            code = bytes((lead, trail))
            character = code.decode("cp932", "ignore")
            if len(character) == 1 and character.encode("cp932")[0] in (0xED, 0xEE):
                codes[character] = code
    return codes


@cache
def _doubly_coded() -> re.Pattern[str]:
    return re.compile(f"([{''.join(_windows_codes())}])")


def encode_cp932(text: str, *, strict_jis: bool = False) -> Encoded:
    """CP932 bytes as Windows writes them, after `reduce_for_cp932`; nothing is ever written as `?`."""
    writable, replacements = reduce_for_cp932(text, strict_jis=strict_jis)
    codes = _windows_codes()
    pieces = _doubly_coded().split(writable)
    data = b"".join(codes[piece] if n % 2 else piece.encode("cp932") for n, piece in enumerate(pieces))
    return Encoded(data, replacements)
