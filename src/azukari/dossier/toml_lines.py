"""Where in a TOML text a value stands: ``tomllib`` gives values without lines, and an error has to name the line."""

from __future__ import annotations

import re
from dataclasses import dataclass

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_\-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_\-]+))*)\s*=""")


@dataclass(frozen=True)
class Span:
    first: int
    last: int


class LineMap:
    """Lines of tables, array elements and keys of one TOML text. Lines count from 1."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._spans: dict[Path, Span] = {}
        self._counts: dict[Path, int] = {}
        self._read()

    def line(self, path: Path, needle: str = "") -> int:
        """The line of ``path``, or of its nearest known ancestor; within a long list, the line holding ``"needle"``."""
        for length in range(len(path), 0, -1):
            span = self._spans.get(path[:length])
            if span is None:
                continue
            for word in (needle, *(str(part) for part in reversed(path[length:]) if isinstance(part, str))):
                found = self._search(span, word)
                if word and found:
                    return found
            return span.first
        return 1

    def _search(self, span: Span, word: str) -> int | None:
        quoted = (f'"{word}"', f"'{word}'", f"{word} =", f"{word}=")
        for number in range(span.first, span.last + 1):
            if any(form in self._lines[number - 1] for form in quoted):
                return number
        return None

    def _read(self) -> None:
        table: Path = ()
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            number += 1
            header = _HEADER.match(line)
            if header:
                table = self._open(header.group(2), header.group(1) == "[[", number)
                continue
            key = _KEY.match(line)
            if key:
                last = self._value_end(number, line[key.end() :])
                path = (*table, *_parts(key.group(1)))
                self._spans.setdefault(path, Span(number, last))
                self._elements(path, number, last, line[key.end() :])
                number = last

    def _open(self, dotted: str, is_array: bool, number: int) -> Path:
        path: Path = ()
        names = _parts(dotted)
        for position, name in enumerate(names):
            path = (*path, name)
            last = position == len(names) - 1
            if last and is_array:
                self._counts[path] = self._counts.get(path, 0) + 1
                self._spans.setdefault(path, Span(number, number))
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        self._spans.setdefault(path, Span(number, number))
        return path

    def _value_end(self, number: int, rest: str) -> int:
        """The last line of a value that begins on line ``number`` with ``rest``."""
        depth, quote, text, current = 0, "", rest, number
        while True:
            depth, quote = _scan(text, depth, quote)
            if (depth <= 0 and not quote) or current >= len(self._lines):
                return current
            text = self._lines[current]
            current += 1

    def _elements(self, path: Path, first: int, last: int, rest: str) -> None:
        """Inline tables of a list that stand on lines of their own: ``works = [\\n { … },``."""
        if first == last or not rest.strip().startswith("["):
            return
        depth, quote, index = 0, "", -1
        for number in range(first, last + 1):
            text = rest if number == first else self._lines[number - 1]
            if depth == 1 and not quote and text.strip().startswith("{"):
                index += 1
                self._spans[(*path, index)] = Span(number, number)
            depth, quote = _scan(text, depth, quote)
            if index >= 0:
                self._spans[(*path, index)] = Span(self._spans[(*path, index)].first, number)


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _scan(text: str, depth: int, quote: str) -> tuple[int, str]:
    """Bracket depth and open quotation after reading one line; a quotation of one character ends with the line."""
    position = 0
    while position < len(text):
        rest = text[position:]
        if quote:
            if quote.startswith('"') and rest.startswith("\\"):
                position += 2
            elif rest.startswith(quote):
                position += len(quote)
                quote = ""
            else:
                position += 1
            continue
        opening = next((mark for mark in ('"""', "'''", '"', "'") if rest.startswith(mark)), "")
        if opening:
            quote = opening
            position += len(opening)
            continue
        if rest[0] == "#":
            break
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(rest[0], 0)
        position += 1
    return depth, quote if len(quote) == 3 else ""
