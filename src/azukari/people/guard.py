"""The file itself: how big it may be, what its delivery note says of it. Nothing of its content is understood here."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from azukari.people.refusals import DoesNotMatchDeliveryNote, Problem, RosterRefused

MAX_FILE_BYTES = 512 * 1024 * 1024  # 150,000 residents come to about 40 MB
MAX_LINE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class DeliveryNote:
    """What the sender says of the file: number of rows without the header, SHA-256 of its bytes in hex."""

    rows: int
    sha256: str

    @classmethod
    def from_file(cls, path: Path) -> DeliveryNote:
        """A TOML file with `rows` and `sha256`. Raises RosterRefused when it does not say both."""
        try:
            told = tomllib.loads(path.read_text("utf-8-sig"))
            return cls(int(told["rows"]), str(told["sha256"]))
        except (OSError, ValueError, KeyError, TypeError):
            remedy = 'rows = 150000 と sha256 = "…" の2行を UTF-8 で書いたファイルにしてください'
            raise RosterRefused([Problem(None, "", "送付票を読めません", remedy)]) from None


def check_digest(data: bytes, note: DeliveryNote) -> str:
    """The SHA-256 of the bytes in hex; raises DoesNotMatchDeliveryNote when the note says another."""
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != note.sha256.strip().lower():
        remedy = "送付票とファイルの組合せを確かめ、違うときは送付元に送り直してもらってください"
        raise DoesNotMatchDeliveryNote([Problem(None, "", "ファイルのハッシュ値が送付票と一致しません", remedy)])
    return sha256


def check_rows(rows: int, note: DeliveryNote) -> None:
    """Raises DoesNotMatchDeliveryNote when the note says another number of rows."""
    if rows != note.rows:
        problem = f"件数が送付票と一致しません（送付票 {note.rows:,} 件、ファイル {rows:,} 件）"
        remedy = "途中で切れていないか確かめ、送付元に送り直してもらってください"
        raise DoesNotMatchDeliveryNote([Problem(None, "", problem, remedy)])


def read_bytes(path: Path) -> bytes:
    """The whole file, never more than MAX_FILE_BYTES, no line longer than MAX_LINE_BYTES, no NUL byte.

    Reads in chunks and stops at the first chunk that breaks a bound, so that a line of 2 GB costs 64 KB.
    """
    size = path.stat().st_size
    if size == 0:
        raise refused("ファイルが空です", "送付元に、中身のあるファイルを送り直してもらってください")
    if size > MAX_FILE_BYTES:
        raise refused(
            f"ファイルが大きすぎます（{size:,}バイト、上限 {MAX_FILE_BYTES:,}バイト）",
            "名簿のファイルかどうかを確かめてください",
        )
    chunks: list[bytes] = []
    line, open_bytes, total = 1, 0, 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            total += len(chunk)
            line, open_bytes = _bound(chunk, line, open_bytes)
            if total > MAX_FILE_BYTES:  # it grew while it was read
                raise refused("読み込む間にファイルが大きくなりました", "書き込みが終わってから読み込んでください")
            chunks.append(chunk)
    return b"".join(chunks)


def _bound(chunk: bytes, line: int, open_bytes: int) -> tuple[int, int]:
    """Check one chunk; returns the line and how many of its bytes have been seen. CR alone ends a line as well."""
    if b"\0" in chunk:
        row = line + chunk[: chunk.index(b"\0")].count(b"\n")
        raise refused("NUL文字（0x00）があります", "UTF-16 や Excel 形式でなく CSV で出力し直してください", row)
    pieces = chunk.replace(b"\r", b"\n").split(b"\n")
    longest = max(open_bytes + len(pieces[0]), max(map(len, pieces[1:]), default=0))
    if longest > MAX_LINE_BYTES:
        lengths = [open_bytes + len(pieces[0]), *map(len, pieces[1:])]
        before = sum(len(piece) + 1 for piece in pieces[: next(i for i, n in enumerate(lengths) if n > MAX_LINE_BYTES)])
        row = line + chunk[:before].count(b"\n")
        raise refused(
            f"1行が長すぎます（上限 {MAX_LINE_BYTES:,}バイト）",
            "改行が抜けていないか、CSV かどうかを確かめ、出力し直してください",
            row,
        )
    return line + chunk.count(b"\n"), len(pieces[-1]) + (open_bytes if len(pieces) == 1 else 0)


def refused(problem: str, remedy: str, row: int | None = None) -> RosterRefused:
    return RosterRefused([Problem(row, "", problem, remedy)])
