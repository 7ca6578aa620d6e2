"""Codes read back after enclosing, against those that were printed: each once and in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """What differs. ``double``: codes read more than once, with how often; ``misplaced``: (place, read, expected).

    Codes are shown, they name nobody.
    """

    expected: int
    read: int
    missing: tuple[str, ...]
    double: tuple[tuple[str, int], ...]
    foreign: tuple[str, ...]
    misplaced: tuple[int, str, str] | None

    def sentences(self) -> list[str]:
        """What is wrong, one sentence each; empty when all is well."""
        told = [f"帳票番号 {code} がありません（不足）。" for code in self.missing]
        told += [f"帳票番号 {code} が{n}回読み取られました（重複）。" for code, n in self.double]
        told += [f"帳票番号 {code} はこの処理のものではありません（過剰）。" for code in self.foreign]
        if self.misplaced and not told:
            place, got, should = self.misplaced
            return [f"{place}番目が {got} です（予定は {should}）。順序が入れ替わっています。"]
        return told


def compare(read: Sequence[str], expected: Sequence[str]) -> Comparison:
    """Linear in both. ``misplaced`` is the first difference of order among the codes that both have."""
    wanted, counts = set(expected), Counter(read)
    both = [code for code in dict.fromkeys(read) if code in wanted]
    should = [code for code in expected if code in counts]
    first = next((n for n, pair in enumerate(zip(both, should, strict=True)) if pair[0] != pair[1]), None)
    return Comparison(
        expected=len(expected),
        read=len(read),
        missing=tuple(code for code in expected if code not in counts),
        double=tuple((code, n) for code, n in counts.items() if n > 1),
        foreign=tuple(code for code in counts if code not in wanted),
        misplaced=None if first is None else (first + 1, both[first], should[first]),
    )


def check_codes(read: Sequence[str], expected: Sequence[str]) -> list[str]:
    """What is wrong with codes read back: each once and in order. Empty when all is well."""
    return compare(read, expected).sentences()
