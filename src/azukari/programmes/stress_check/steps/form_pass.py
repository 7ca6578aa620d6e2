"""A whole pass over a batch as an entry machine writes it: a CSV with the form's number and one column per item."""

from __future__ import annotations

from azukari.custody.models import Handover
from azukari.keying.models import PaperSheet
from azukari.keying.steps import Field
from azukari.parties.models import Handler
from azukari.people.cut import cut
from azukari.vocabulary.characters import UnreadableEncoding, decode_text
from azukari.vocabulary.headers import header_key
from azukari.vocabulary.refusal import Refusal

NUMBER = "調査票番号"
MOST_BYTES = 4 * 1024 * 1024
_TOLD = 5


class UnreadablePass(Refusal, ValueError):
    """The file as a whole is not taken; nothing of it counts as keyed."""


def headers(fields: list[Field]) -> list[str]:
    return [NUMBER, *(field.label for field in fields)]


def read_pass(data: bytes, fields: list[Field]) -> dict[str, dict[str, str]]:
    """Form number → item → cell. Raises UnreadablePass (and RosterRefused for an empty file)."""
    if len(data) > MOST_BYTES:
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
    return _cells(table.cells.rows(named=True), _columns(table.header, fields))


def _columns(header: list[str], fields: list[Field]) -> dict[str, str]:
    """Key (or "" for the number) → column of the table."""
    keys = {header_key(NUMBER): "", **{header_key(field.label): field.key for field in fields}}
    given = [header_key(text) for text in header]
    if sorted(given) != sorted(keys):
        raise UnreadablePass(
            f"見出しが様式と違います。1行目を「{NUMBER}・{fields[0].label}・…・{fields[-1].label}」"
            f"（{len(fields) + 1}列）にして書き出してください。"
        )
    return {keys[key]: f"c{n}" for n, key in enumerate(given)}


def _cells(rows: list[dict[str, str]], columns: dict[str, str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        number = (row[columns[""]] or "").strip()
        if not number or number in found:
            what = "ない" if not number else f"重なっている（{number}）"
            raise UnreadablePass(f"{row['line']}行目の調査票番号が{what}ため、読み込みません。番号を確かめてください。")
        found[number] = {key: (row[column] or "").strip() for key, column in columns.items() if key}
    if not found:
        raise UnreadablePass("入力の行が1行もありません。書き出し直してください。")
    return found


def next_sheet(batch: Handover, by: Handler) -> PaperSheet | None:
    """A form that this person can key: first those that somebody else keyed once, never one's own."""
    waiting = batch.paper_sheets.filter(state__in=[PaperSheet.State.ONCE, PaperSheet.State.WAITING])
    return waiting.exclude(keyings__by=by).order_by("state", "number").first()
