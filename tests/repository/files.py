"""The project's own files, as a clone has them: no environment, no caches, no state."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "azukari"
NOT_OURS = {".git", ".venv", "var", "__pycache__", "results", "node_modules", "dist", "build"}


def files(*suffixes: str, below: Path = ROOT) -> Iterator[Path]:
    """Every committed-to-be file below a folder, sorted; all of them where no suffix is given."""
    for path in sorted(below.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(("_cache", ".egg-info")) or path.name == ".hypothesis":
            continue
        if path.is_dir():
            yield from files(*suffixes, below=path)
        elif not suffixes or path.suffix in suffixes:
            yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
