"""What a result's raw code comes to: the table ``outcomes.toml`` read, for one code and for a column of them.

The raw code stays with the result as it was delivered; what is reported and acted on is the normalised outcome.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from .reasons import CHECKUPS


class Outcome(StrEnum):
    NORMAL = "normal"
    OBSERVED = "observed"
    WORK_UP = "work_up"
    RETAKE = "retake"
    CARE = "care"


@dataclass(frozen=True)
class CodeList:
    """The codes of one kind of test. ``codes``: canonical code → outcome; ``words``: other spellings → code."""

    key: str
    tests: tuple[str, ...]
    codes: Mapping[str, Outcome]
    words: Mapping[str, str]
    citation: str
    mark: str


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("outcomes.toml").read_text("utf-8"))


@cache
def code_lists() -> Mapping[str, CodeList]:
    """Code list by test."""
    found: dict[str, CodeList] = {}
    for key, stated in _table()["tests"].items():
        one = CodeList(
            key,
            tuple(stated["stands_for"]),
            {code: Outcome(outcome) for code, outcome in stated["codes"].items()},
            {_folded(word): code for word, code in stated["words"].items()},
            stated["citation"],
            stated["mark"],
        )
        found |= dict.fromkeys(one.tests, one)
    return found


def outcome_names() -> Mapping[str, str]:
    return dict(_table()["outcomes"])


def methods() -> Mapping[str, str]:
    """精密検査の方法, by key."""
    return dict(_table()["methods"])


def details() -> Mapping[str, str]:
    """がんの内訳, by key."""
    return dict(_table()["details"])


def method_is_accepted(test: str, method: str, raw: str) -> bool:
    """Whether a work-up by this method alone counts as attended (domain/screening.md §5)."""
    rule = _table()["not_accepted"].get(test)
    if rule is None or method not in rule["methods"]:
        return True
    return raw in rule.get("except_raw", [])


def needs_work_up(outcome: str) -> bool:
    return outcome == Outcome.WORK_UP


def canonical(test: str, raw: str) -> str | None:
    """The code as the table writes it; None where the test has no such code."""
    known = code_lists().get(test)
    if known is None:
        return None
    folded = _folded(raw)
    code = known.words.get(folded, folded)
    return code if code in known.codes else None


_DASHES = re.compile("[‐‑–—−－]|(?<![ァ-ヶー])ー")
_CATEGORY = re.compile("^(カテゴリー?|CATEGORY|クラス|CLASS)-?(?=[0-9N])")
_SEPARATORS = re.compile(r"[\s,、・/()]+")


def _folded(text: str) -> str:
    """Width, case, dashes, brackets and the word カテゴリー make no difference."""
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text).upper())
    return _CATEGORY.sub("", _SEPARATORS.sub("", plain))


def with_outcome(rows: pl.DataFrame) -> pl.DataFrame:
    """``test`` and ``raw`` (texts) → also ``code`` and ``outcome`` (null where the code is not known)."""
    pairs = rows.select("test", "raw").unique()
    codes = [canonical(test or "", raw or "") for test, raw in pairs.iter_rows()]
    outcomes = [
        None if code is None else str(code_lists()[test].codes[code])
        for code, test in zip(codes, pairs["test"], strict=True)
    ]
    table = pairs.with_columns(
        pl.Series("code", codes, dtype=pl.String), pl.Series("outcome", outcomes, dtype=pl.String)
    )
    return rows.join(table, on=["test", "raw"], how="left", nulls_equal=True, maintain_order="left")


CHECKUP = "checkup"
"""A checkup as the history and delivered files call it: which of the three it is, is a matter of age."""


def history_key(test: str) -> str:
    """The name under which a test stands in the history (受診歴): the three checkups are one."""
    return CHECKUP if test in CHECKUPS else test


def kind_of(test: str) -> str:
    """What counts as the same screening for 初回受診者: the checkups are one, the two methods for the stomach too."""
    return code_lists()[test].key
