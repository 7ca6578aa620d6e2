"""A whole pass over a batch as an entry machine writes it: a CSV with the sheet's number and one column per field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azukari.custody.models import Handover
from azukari.keying.models import PaperSheet
from azukari.keying.steps import Field
from azukari.parties.models import Handler
from azukari.people.cut import cut
from azukari.vocabulary.characters import UnreadableEncoding, decode_text
from azukari.vocabulary.headers import header_key
from azukari.vocabulary.refusal import Refusal

_TOLD, _FEW = 5, 12


class UnreadablePass(Refusal, ValueError):
    """The file as a whole is not taken; nothing of it counts as keyed."""


def _as_it_is(_key: str, cell: str) -> str:
    return cell.strip()


@dataclass(frozen=True)
class PassFormat:
    """``number``: heading of the sheet's number. ``plain``: (field's key, cell) → the text that two entries share.

    ``most_bytes``: a larger file is not read.
    """

    number: str
    fields: Sequence[Field]
    plain: Callable[[str, str], str] = _as_it_is
    most_bytes: int = 4 * 1024 * 1024

    @property
    def headers(self) -> list[str]:
        return [self.number, *(field.label for field in self.fields)]

    @property
    def words(self) -> str:
        """The first line, cut in the middle where there are many columns."""
        known = self.headers
        return "・".join(known if len(known) <= _FEW else [*known[:2], "…", known[-1]])

    def read(self, data: bytes) -> dict[str, dict[str, str]]:
        """Sheet number → field's key → cell. Raises UnreadablePass (and RosterRefused for an empty file)."""
        if len(data) > self.most_bytes:
            raise UnreadablePass("ファイルが大きすぎます。一人が入力した分の CSV かどうかを確かめてください。")
        try:
            decoded = decode_text(data)
        except UnreadableEncoding as why:
            raise UnreadablePass(f"{str(why).rstrip('。')}。CP932 か UTF-8 の CSV で書き出してください。") from None
        table = cut(decoded.text)
        lines = {row.line for row in table.wrong} | {found.row for found in decoded.undecodable}
        if lines:
            told = "、".join(str(line) for line in sorted(lines)[:_TOLD])
            raise UnreadablePass(f"読み取れない行が{len(lines)}行あります（{told}行目）。書き出し直してください。")
        return self._cells(table.cells.rows(named=True), self._columns(table.header))

    def _columns(self, header: list[str]) -> dict[str, str]:
        """Key (or "" for the number) → column of the table."""
        keys = {header_key(self.number): "", **{header_key(field.label): field.key for field in self.fields}}
        given = [header_key(text) for text in header]
        missing = [label for label in self.headers if header_key(label) not in given]
        if sorted(given) != sorted(keys):
            raise UnreadablePass(
                f"見出しが様式と違います。1行目を「{self.words}」（{len(keys)}列）にして書き出してください。"
                + (f"ない見出し：{'・'.join(missing[:_FEW])}。" if missing else "")
            )
        return {keys[key]: f"c{n}" for n, key in enumerate(given)}

    def _cells(self, rows: list[dict[str, str]], columns: dict[str, str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            number = (row[columns[""]] or "").strip()
            if not number or number in found:
                what = "ない" if not number else f"重なっている（{number}）"
                raise UnreadablePass(
                    f"{row['line']}行目の{self.number}が{what}ため、読み込みません。番号を確かめてください。"
                )
            found[number] = {key: self.plain(key, row[column] or "") for key, column in columns.items() if key}
        if not found:
            raise UnreadablePass("入力の行が1行もありません。書き出し直してください。")
        return found


def next_sheet(batch: Handover, by: Handler) -> PaperSheet | None:
    """A sheet that this person can key: first those that somebody else keyed once, never one's own."""
    waiting = batch.paper_sheets.filter(state__in=[PaperSheet.State.ONCE, PaperSheet.State.WAITING])
    return waiting.exclude(keyings__by=by).order_by("state", "number").first()
