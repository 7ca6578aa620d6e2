"""The reference page of the results file: headers, names of tests, codes, and what is checked. Made from the tables."""

from __future__ import annotations

import sys
from pathlib import Path

from azukari.examinations.items import items

from .outcomes import code_lists, outcome_names
from .reasons import CHECKUPS, TESTS
from .result_checks import PROBLEMS
from .result_file import FIELDS
from .rules import screening_parameters

_MARKS = {"verified": "確認済み", "memory": "未確認", "doubtful": "要確認"}


def result_file_page() -> str:
    """The whole page as Markdown."""
    parts = [
        "# 結果CSVの様式",
        "この文書は `result_file.py`、`outcomes.toml`、`result_checks.py`、`examinations/items.toml` から作られます。"
        "直接書き換えないでください。",
        "1行に、一人の一つの検診の結果を書きます。文字コードは CP932（Shift_JIS）又は UTF-8、1行目は見出しです。"
        "日付は西暦・和暦のどちらでも読みます。ここにない見出しの列は、内容を残したまま使いません。",
        "## 見出し\n\n" + _table(["項目", "ほかの書き方"], [[s[0], "、".join(s[1:])] for s in FIELDS.values()]),
        "## 検診と判定の記号\n\n" + _codes(),
        "## 検査値の列（健康診査）\n\n" + _table(["見出し", "項目", "JLAC10"], _values()),
        "## 確かめること\n\n"
        + _table(
            ["問題", "対応", "そのまま採用"],
            [[p.label, p.remedy, "理由を書けばできる" if p.accept else "できない"] for p in PROBLEMS.values()],
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _table(names: list[str], rows: list[list[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '｜') for cell in row)} |" for row in lines)


def _codes() -> str:
    texts, names = screening_parameters().texts, outcome_names()
    rows = []
    for test in TESTS:
        if test in CHECKUPS[1:]:
            continue
        known = code_lists()[test]
        label = "健康診査" if test in CHECKUPS else texts[f"tests.{test}.name"]
        codes = "、".join(f"`{code}` {names[outcome]}" for code, outcome in known.codes.items())
        rows.append([label, codes, f"{_MARKS[known.mark]}（{known.citation}）"])
    return _table(["検診", "判定の記号", "確かさ"], rows)


def _values() -> list[list[str]]:
    return [[f"`{item.header}`", item.name, "、".join(item.codes)] for item in items().values() if item.kind == "PQ"]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(result_file_page(), encoding="utf-8")
