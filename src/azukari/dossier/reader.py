"""Reads a dossier from its TOML file, and says everything that is wrong with it at once.

Items may be written by key, Japanese name or alias; the dossier holds keys. Every error names file, line, field,
problem and remedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from azukari.dossier.schema import Dossier, Kind, Role
from azukari.dossier.toml_lines import LineMap, Path
from azukari.dossier.words import DIRECTION_NAMES
from azukari.vocabulary.items import ITEMS, UnknownItem, find_item
from azukari.vocabulary.refusal import Refusal

Table = dict[str, Any]

SCHEMA_VERSION = 1
ITEM_FIELDS = ("provided", "collected", "handled", "recorded", "view", "excluded")


@dataclass(frozen=True)
class DossierError:
    """One thing wrong with a dossier file. ``line`` counts from 1."""

    file: str
    line: int
    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field}: {self.problem} {self.remedy}"


class DossierErrors(Refusal, ValueError):
    """The file is no dossier; ``errors`` has all of it, in the order of lines."""

    def __init__(self, errors: list[DossierError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        head = f"付議書を読み込めません（{len(self.errors)}件）。"
        return "\n".join([head, *(str(error) for error in self.errors)])


def read_dossier(path: FilePath | str) -> Dossier:
    """The dossier in a TOML file. Raises DossierErrors with every error, or OSError if the file cannot be opened."""
    data = FilePath(path).read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DossierErrors(
            [
                DossierError(
                    str(path), line, "（文字コード）", "UTF-8 として読めないバイトがあります。",
                    "ファイルを UTF-8 で保存し直してください（シフトJIS・CP932 は使えません）。",
                )
            ]
        ) from error  # fmt: skip
    return read_dossier_text(text.removeprefix("\ufeff"), str(path))


def read_dossier_text(text: str, file: str = "dossier.toml") -> Dossier:
    """The dossier in a TOML text; ``file`` is only the name that errors carry."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DossierErrors([_syntax_error(text, file, error)]) from error
    reading = _Reading(data, LineMap(text), file)
    dossier = reading.read()
    if dossier is None:
        raise DossierErrors(sorted(reading.errors, key=lambda error: error.line))
    return dossier


def _syntax_error(text: str, file: str, error: tomllib.TOMLDecodeError) -> DossierError:
    found = re.search(r"line (\d+)", str(error))
    line = int(found.group(1)) if found else len(text.splitlines()) or 1
    return DossierError(
        file, line, "（TOMLの書式）", f"TOML として読めません（{error}）。",
        "この行とその前の行の引用符・かっこ・「=」の対応、同じ名前の重複を確かめてください。",
    )  # fmt: skip


class _Reading:
    """One reading of one file: raw data in, errors collected, a dossier out if there are none."""

    def __init__(self, data: dict[str, Any], lines: LineMap, file: str) -> None:
        self.data = data
        self.lines = lines
        self.file = file
        self.errors: list[DossierError] = []

    def read(self) -> Dossier | None:
        version = self.data.get("schema_version")
        if version != SCHEMA_VERSION or isinstance(version, bool):
            written = "ありません" if version is None else f"{version!r} です"
            remedy = f"schema_version = {SCHEMA_VERSION} としてください。"
            self.report(("schema_version",), f"schema_version が{written}。", remedy)
            return None  # another version may mean other fields: anything more would be noise
        self._items()
        self._keys()
        self._references()
        self._periods()
        self._re_entrustments()
        dossier = None
        try:
            dossier = Dossier.model_validate(self.data)
        except ValidationError as error:
            for each in error.errors():
                self._shape(each["loc"], each["type"], each)
        return dossier if not self.errors else None

    def report(self, path: Path, problem: str, remedy: str, needle: str = "") -> None:
        self.errors.append(
            DossierError(self.file, self.lines.line(path, needle), _dotted(path), problem, remedy)
        )  # fmt: skip

    def tables(self, *names: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Every table of nested lists: ``tables("clauses", "works")``; what is no table is left to pydantic."""
        yield from self._descend(self.data, (), names)

    def _descend(self, table: Table, path: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, Table]]:
        if not names:
            yield path, table
            return
        value = table.get(names[0])
        if isinstance(value, list):
            for index, element in enumerate(value):
                if isinstance(element, dict):
                    yield from self._descend(element, (*path, names[0], index), names[1:])
        elif isinstance(value, dict):
            yield from self._descend(value, (*path, names[0]), names[1:])

    # --- items -----------------------------------------------------------------------------------------------------
    def _items(self) -> None:
        for path, table in self.tables("clauses"):
            for field in ITEM_FIELDS:
                self._item_list(table, path, field)
        for names in (("clauses", "works"), ("steps",), ("notes", "gap")):
            for path, table in self.tables(*names):
                self._item_list(table, path, "items")
        by_name = {name: direction.value for direction, name in DIRECTION_NAMES.items()}
        for _, table in self.tables("notes", "gap"):
            words = table.get("directions")
            if isinstance(words, list):
                table["directions"] = [by_name.get(word, word) if isinstance(word, str) else word for word in words]

    def _item_list(self, table: dict[str, Any], path: Path, field: str) -> None:
        """Names to keys, in place."""
        written = table.get(field)
        if not isinstance(written, list):
            return
        keys: list[Any] = []
        for text in written:
            if not isinstance(text, str):
                keys.append(text)
                continue
            try:
                key = find_item(text).key
            except UnknownItem as unknown:
                near = "、".join(f"「{ITEMS[key].name}」" for key in unknown.suggestions)
                self.report(
                    (*path, field), f"情報項目「{text}」は項目一覧にありません。",
                    (f"{near}のことではありませんか。" if near else "")
                    + "名称を直すか、新しい項目であれば vocabulary/items.toml に加えてください。",
                    text,
                )  # fmt: skip
                continue
            if key in keys:
                problem = f"情報項目「{text}」が同じ一覧に二度あります。"
                self.report((*path, field), problem, "どちらか一方を消してください。", text)
            keys.append(key)
        table[field] = keys

    # --- keys and references ---------------------------------------------------------------------------------------
    def _keys(self) -> None:
        for name in ("parties", "nodes", "clauses", "terms", "notes"):
            self._unique(name, "key", "記号")
        self._unique("steps", "number", "番号")
        names: dict[str, str] = {}
        for path, table in self.tables("parties"):
            aliases = table.get("aliases")
            for word in (table.get("name"), *(aliases if isinstance(aliases, list) else ())):
                owner = str(table.get("key"))
                if isinstance(word, str) and names.setdefault(word, owner) != owner:
                    self.report(
                        path, f"名称「{word}」は {names[word]} にも使われています。",
                        "どちらの相手方か区別できるよう、名称または aliases を直してください。", word,
                    )  # fmt: skip

    def _unique(self, name: str, field: str, word: str) -> None:
        first: dict[str, int] = {}
        for path, table in self.tables(name):
            value = table.get(field)
            if not isinstance(value, str):
                continue
            line = self.lines.line((*path, field))
            if value in first:
                problem = f"{word}「{value}」は {first[value]} 行目でも使われています。"
                self.report((*path, field), problem, f"別の{word}にしてください。")
            first.setdefault(value, line)

    def _references(self) -> None:
        parties, nodes = self._known("parties"), self._known("nodes")
        clauses, terms = self._known("clauses"), self._known("terms")
        for path, table in self.tables("parties"):
            self._refer(table, path, "of", parties, "相手方")
        for path, table in self.tables("nodes"):
            self._refer(table, path, "within", parties, "相手方")
        for path, table in self.tables("clauses"):
            self._refer(table, path, "parties", parties, "相手方")
            self._refer(table, path, "entrusted_by", parties, "相手方")
            self._refer(table, path, "system", nodes, "流れの箱")
            self._refer(table, path, "terms", terms, "特記事項")
        for path, table in self.tables("steps"):
            self._refer(table, path, "source", nodes, "流れの箱")
            self._refer(table, path, "target", nodes, "流れの箱")
            self._refer(table, path, "clause", clauses, "別紙")
        for path, table in self.tables("measures"):
            self._refer(table, path, "clauses", clauses, "別紙")
        for path, table in self.tables("notes", "gap"):
            self._refer(table, path, "party", parties, "相手方")

    def _known(self, name: str) -> dict[str, str]:
        """Key → name of every table of a list."""
        return {
            str(table["key"]): str(table.get("name") or table.get("title") or "")
            for _, table in self.tables(name)
            if isinstance(table.get("key"), str)
        }

    def _refer(self, table: dict[str, Any], path: Path, field: str, known: dict[str, str], word: str) -> None:
        value = table.get(field)
        for key in value if isinstance(value, list) else [value]:
            if not isinstance(key, str) or key == "" or key in known:
                continue
            by_name = [k for k, name in known.items() if name == key]
            near = by_name or get_close_matches(key, list(known), n=2, cutoff=0.5)
            hint = f"「{'」「'.join(near)}」のことではありませんか。" if near else ""
            listed = "、".join(known) or "（一つもありません）"
            self.report(
                (*path, field), f"{word}の記号「{key}」が見つかりません。", f"{hint}使える記号: {listed}。", key
            )  # fmt: skip

    # --- periods ---------------------------------------------------------------------------------------------------
    def _periods(self) -> None:
        for names in (("clauses", "period"), ("clauses", "works", "period")):
            for path, period in self.tables(*names):
                start, end = period.get("start"), period.get("end")
                if type(start) is date and type(end) is date and end < start:  # a datetime is pydantic's to refuse
                    self.report(
                        (*path, "end"), f"終わり（{end}）が始め（{start}）より前です。", "期間の日付を直してください。"
                    )

    # --- who re-entrusts to whom -----------------------------------------------------------------------------------
    def _re_entrustments(self) -> None:
        roles = {str(table.get("key")): table.get("role") for _, table in self.tables("parties")}
        for path, table in self.tables("parties"):
            if table.get("role") == Role.SUB_PROCESSOR and not table.get("of"):
                self.report(
                    path, f"再委託先「{table.get('key')}」に、どの委託先からの再委託かがありません。",
                    'of = ["委託先の記号"] を書いてください。',
                )  # fmt: skip
            for giver in _strings(table.get("of")):
                if roles.get(giver) in (Role.CONTROLLER, Role.COUNTERPARTY):
                    self.report(
                        (*path, "of"), f"「{giver}」は委託先ではありません。", "of には委託先の記号を書いてください。"
                    )
        for path, table in self.tables("clauses"):
            self._entrusted_by(path, table, roles)

    def _entrusted_by(self, path: Path, table: dict[str, Any], roles: dict[str, Any]) -> None:
        givers = _strings(table.get("entrusted_by"))
        re_entrustment = table.get("kind") == Kind.RE_ENTRUSTMENT
        if re_entrustment and not givers:
            remedy = 'entrusted_by = ["委託先の記号"] を書いてください。'
            self.report(path, "再委託の別紙に、再委託する委託先がありません。", remedy)
        if givers and not re_entrustment:
            self.report(
                (*path, "entrusted_by"), "再委託でない別紙に entrusted_by があります。",
                'kind を "re_entrustment" にするか、entrusted_by を消してください。',
            )  # fmt: skip
        for giver in givers:
            if giver in roles and roles[giver] not in (Role.PROCESSOR, Role.SUB_PROCESSOR):
                self.report(
                    (*path, "entrusted_by"), f"「{giver}」は委託先ではないので、再委託できません。",
                    "entrusted_by には role が processor の相手方を書いてください。", giver,
                )  # fmt: skip

    # --- shape -----------------------------------------------------------------------------------------------------
    def _shape(self, path: Path, kind: str, details: Any) -> None:
        problem, remedy = _in_japanese(kind, details, str(path[-1]) if path else "")
        written = details.get("input")
        self.report(path, problem, remedy, written if isinstance(written, str) and len(written) < 80 else "")


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _dotted(path: Path) -> str:
    """``clauses[2].period.end``, elements counted from 1 as people do."""
    words = ""
    for part in path:
        words += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if words else part
    return words or "（全体）"


def _in_japanese(kind: str, details: Any, field: str) -> tuple[str, str]:
    written = details.get("input")
    shown = f"「{written}」" if isinstance(written, (str, int, float, date)) else "この値"
    if kind == "missing":
        return f"必要な項目 {field} がありません。", f"{field} を書き加えてください。"
    if kind == "extra_forbidden":
        return f"{field} という項目は付議書の書式にありません。", "つづりを直すか、その行を消してください。"
    if kind == "enum":
        expected = str(details.get("ctx", {}).get("expected", "")).replace(" or ", "、").replace("'", "")
        return f"{shown}は使えません。", f"次のどれかにしてください: {expected}。"
    if kind.startswith(("date", "datetime")):
        return f"{shown}は日付ではありません。", "引用符なしで 2025-04-01 のように書いてください。"
    if kind.startswith("string"):
        return f"{shown}は文字列ではありません。", '"…" で囲んだ文字列にしてください。'
    if kind.startswith("int"):
        return f"{shown}は整数ではありません。", "引用符なしの整数にしてください。"
    if kind.startswith("bool"):
        return f"{shown}は真偽の値ではありません。", "true か false にしてください。"
    if kind.startswith(("tuple", "list")):
        return f"{shown}は一覧ではありません。", '["…", "…"] または [[…]] の形で書いてください。'
    if kind.startswith(("model", "dict")):
        return f"{shown}は表ではありません。", f"[{field}] の表、または {{ … }} の形で書いてください。"
    return f"{shown}は読めません（{details.get('msg', kind)}）。", "付議書の書式の説明と照らし合わせて直してください。"
