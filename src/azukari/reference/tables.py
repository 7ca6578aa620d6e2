"""Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

GENERATED = "この文書は `python -m azukari.reference docs` が作ります。直接書き換えないでください。"


def cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", "<br>")


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; pipes and line breaks inside cells are kept readable."""
    lines = ["| " + " | ".join(headers) + " |", "| " + " | ".join("---" for _ in headers) + " |"]
    lines += ["| " + " | ".join(cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def page(title: str, *parts: str, source: str) -> str:
    """A generated page: title, where it comes from, its parts."""
    return "\n\n".join([f"# {title}", f"{GENERATED}\nもとになるもの: {source}", *parts]) + "\n"
