"""The organisation tree, as 所属名 states it: words from the top, divided by a stroke or a wide blank."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[／/＞>　\t]+| {2,}")


def path_of(section: str) -> tuple[str, ...]:
    """「健康部／健康推進課／推進係」→ ("健康部", "健康推進課", "推進係"); nothing stated: ()."""
    return tuple(part.strip() for part in _BETWEEN.split(section) if part.strip())
