"""The file that an enclosing machine writes: one code per line, plain or in the first column of a CSV."""

from __future__ import annotations

from typing import Any

from azukari.vocabulary.refusal import Refusal

from . import numbers

MOST_BYTES = 64 * 1024 * 1024
HEADS = {"帳票番号", "code", "sheet_code"}


class NoCodes(Refusal, ValueError):
    """The file is not one of codes at all; nothing was compared."""


def read_codes(upload: Any) -> list[str]:
    """The codes in the order read, as they stand; a heading is passed over. Raises NoCodes: no line is a code."""
    if upload.size > MOST_BYTES:
        raise NoCodes("ファイルが大きすぎます。1行に1番号のテキストか CSV かを確かめてください。照合していません。")
    text = upload.read().decode("utf-8-sig", errors="replace").replace("\t", ",")
    fields = (line.split(",")[0].strip().strip('"').strip() for line in text.splitlines())
    found = [field for field in fields if field]
    if found and found[0].lower() in HEADS:
        found = found[1:]
    read = [numbers.read_sheet_code(field) or field[:40] for field in found]
    if not any(numbers.sheet_code_is_valid(code) for code in read):
        raise NoCodes(
            "帳票番号の行が1行もありません。読取り機が書き出した、1行に1番号のファイルかどうかを確かめてください。"
            "照合していません。"
        )
    return read
