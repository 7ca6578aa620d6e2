"""Which pictures the how-tos show, and which of them a module of the story has to take."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

HOWTO = Path(__file__).resolve().parents[2] / "docs" / "howto"
SHOWN = re.compile(r"\(pictures/([a-z0-9-]+)\.png\)")


def pictures_shown() -> set[str]:
    return {name for page in HOWTO.glob("*.md") for name in SHOWN.findall(page.read_text(encoding="utf-8"))}


def pictures_named_in(*modules: ModuleType) -> set[str]:
    """The pictures of the how-tos that these modules say they take: taking them must not be forgotten."""
    text = "".join(inspect.getsource(module) for module in modules)
    return {name for name in pictures_shown() if f'"{name}"' in text}
