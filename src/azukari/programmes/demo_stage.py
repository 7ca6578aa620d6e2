"""What every programme's demo is made of: acts that know whether they are done, and files that are whole or absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Stage:
    """One act of the demo: what it is called, whether it is done already, and how it is done."""

    name: str
    done: Callable[[], bool]
    do: Callable[[Tell], None]


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing: a demo that is killed leaves no half a file that looks done."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
