"""Dated parameters: every age, fee and period of a programme, with the day it came into force and its citation.

A ``parameters.toml`` holds, under dotted paths, lists of dated values::

    [[tests.lung.minimum_age]]
    value = 40
    valid_from = 2016-04-01
    citation = "がん検診実施のための指針"
    mark = "verified"        # verified | memory | doubtful
    note = "..."             # optional

A later ``valid_from`` replaces the earlier one; ``valid_until`` (inclusive, optional) ends a value without a successor.
Everything else in the file (names, texts) is undated and is read with :meth:`Parameters.text`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

Mark: TypeAlias = Literal["verified", "memory", "doubtful"]
Scalar: TypeAlias = int | bool | str | date | list[Any]

_FIELDS = {"value", "valid_from", "valid_until", "citation", "mark", "note"}
_REQUIRED = ("value", "valid_from", "citation", "mark")


class ParametersUnreadable(ValueError):
    """The parameter file holds mistakes; ``problems`` lists all of them in Japanese."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.source = source
        self.problems = problems
        super().__init__(source, problems)

    def __str__(self) -> str:
        lines = "\n".join(f"・{problem}" for problem in self.problems)
        return f"パラメーターファイル {self.source} に誤りがあります。直してから、もう一度読み込んでください。\n{lines}"


class NoValueInForce(LookupError):
    """No value of parameter ``key`` is in force on the day ``on``."""

    def __init__(self, key: str, on: date) -> None:
        self.key = key
        self.on = on
        super().__init__(key, on)

    def __str__(self) -> str:
        return (
            f"パラメーター「{self.key}」には、{self.on.isoformat()} に有効な値がありません。"
            "parameters.toml に適用開始日（valid_from）と根拠（citation）を付けて値を追加してください。"
        )


class WrongParameterKind(TypeError):
    """Parameter ``key`` exists but is not of the kind a rule asked for."""

    def __init__(self, key: str, wanted: str, value: object) -> None:
        self.key = key
        self.wanted = wanted
        self.value = value
        super().__init__(key, wanted, value)

    def __str__(self) -> str:
        return (
            f"パラメーター「{self.key}」の値 {self.value!r} は{self.wanted}ではありません。"
            "parameters.toml を直してください。"
        )


@dataclass(frozen=True)
class DatedValue:
    """One value with its first day, an optional last day (inclusive), where it was read, and how sure that is."""

    key: str
    value: Scalar
    valid_from: date
    citation: str
    mark: Mark
    valid_until: date | None = None
    note: str = ""


@dataclass(frozen=True)
class InForce:
    """The values in force on one day."""

    on: date
    entries: Mapping[str, DatedValue]
    texts: Mapping[str, Any]

    def entry(self, key: str) -> DatedValue:
        """The dated value, with its citation; raises :class:`NoValueInForce`."""
        try:
            return self.entries[key]
        except KeyError:
            raise NoValueInForce(key, self.on) from None

    def has(self, key: str) -> bool:
        """Whether the parameter has a value on that day."""
        return key in self.entries

    def number(self, key: str) -> int:
        """An integer (years of age, years, yen); raises :class:`WrongParameterKind` for anything else."""
        value = self.entry(key).value
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongParameterKind(key, "整数", value)
        return value

    def number_or_none(self, key: str) -> int | None:
        """An integer, or None where the parameter has no value on that day (an upper age that does not exist)."""
        return self.number(key) if self.has(key) else None

    def flag(self, key: str, default: bool | None = None) -> bool:
        """A yes or no; ``default`` where the parameter has no value that day."""
        if default is not None and not self.has(key):
            return default
        value = self.entry(key).value
        if not isinstance(value, bool):
            raise WrongParameterKind(key, "true / false", value)
        return value

    def word(self, key: str) -> str:
        """A code word or a text."""
        value = self.entry(key).value
        if not isinstance(value, str):
            raise WrongParameterKind(key, "文字列", value)
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of code words; empty where the parameter has no value that day."""
        if not self.has(key):
            return ()
        value = self.entry(key).value
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise WrongParameterKind(key, "文字列のリスト", value)
        return tuple(value)

    def text(self, key: str) -> str:
        """An undated text of the file (a name, a heading)."""
        value = self.texts.get(key)
        if not isinstance(value, str):
            raise NoValueInForce(key, self.on)
        return value


@dataclass(frozen=True)
class Parameters:
    """All dated values of one file; ask :meth:`at` or :meth:`for_fiscal_year` for those in force."""

    source: str
    history: Mapping[str, tuple[DatedValue, ...]]
    texts: Mapping[str, Any] = field(default_factory=dict)

    def at(self, on: date) -> InForce:
        """The values in force on ``on``: for each key the latest ``valid_from`` not after it, unless it has ended."""
        entries = {}
        for key, values in self.history.items():
            begun = [value for value in values if value.valid_from <= on]
            if begun and (begun[-1].valid_until is None or on <= begun[-1].valid_until):
                entries[key] = begun[-1]
        return InForce(on, entries, self.texts)

    def for_fiscal_year(self, fiscal_year: int) -> InForce:
        """The values in force on 1 April of the fiscal year: a run of one year uses one set of rules."""
        return self.at(date(fiscal_year, 4, 1))


def load_parameters(path: Path | str) -> Parameters:
    """Read a ``parameters.toml``; raises :class:`ParametersUnreadable` with every mistake at once."""
    path = Path(path)
    return parse_parameters(path.read_text(encoding="utf-8"), source=path.name)


def parse_parameters(text: str, source: str = "parameters.toml") -> Parameters:
    """Parse the text of a parameter file; raises :class:`ParametersUnreadable` with every mistake at once."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParametersUnreadable(source, [f"TOML として読めません: {error}"]) from error
    problems: list[str] = []
    history: dict[str, tuple[DatedValue, ...]] = {}
    texts: dict[str, Any] = {}
    for key, node in _leaves(document):
        if isinstance(node, list) and node and all(isinstance(entry, dict) for entry in node):
            history[key] = _dated_values(key, node, problems)
        else:
            texts[key] = node
    if problems:
        raise ParametersUnreadable(source, problems)
    return Parameters(source, history, texts)


def _leaves(node: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, child in node.items():
        if isinstance(child, dict):
            yield from _leaves(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def _dated_values(key: str, entries: list[dict[str, Any]], problems: list[str]) -> tuple[DatedValue, ...]:
    values = []
    for number, entry in enumerate(entries, start=1):
        found = _entry_problems(entry)
        problems.extend(f"{key} の {number} 番目: {problem}" for problem in found)
        if not found:
            values.append(DatedValue(key=key, **entry))
    values.sort(key=lambda value: value.valid_from)
    for earlier, later in pairwise(values):
        if earlier.valid_from == later.valid_from:
            problems.append(f"{key}: 適用開始日 {later.valid_from.isoformat()} の値が2つあります。1つにしてください。")
    return tuple(values)


def _entry_problems(entry: Mapping[str, Any]) -> list[str]:
    found = [f"「{name}」がありません。" for name in _REQUIRED if name not in entry]
    found += [f"「{name}」という項目は使えません。" for name in entry if name not in _FIELDS]
    for name in ("valid_from", "valid_until"):
        if name in entry and type(entry[name]) is not date:
            found.append(f"「{name}」は 2025-04-01 のような日付で書いてください。")
    if entry.get("mark", "verified") not in get_args(Mark):
        found.append(f"「mark」は {' / '.join(get_args(Mark))} のいずれかにしてください。")
    if "citation" in entry and not str(entry["citation"]).strip():
        found.append("「citation」（根拠）が空です。")
    if not found and "valid_until" in entry and entry["valid_until"] < entry["valid_from"]:
        found.append("「valid_until」が「valid_from」より前です。")
    return found
