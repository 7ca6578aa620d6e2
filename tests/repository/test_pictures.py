"""The how-tos' pictures: each is there, each is taken by a browser test, and none is left over."""

from __future__ import annotations

import re
from pathlib import Path

from .files import ROOT

HOWTO = ROOT / "docs" / "howto"
BROWSER = ROOT / "tests" / "browser"
SHOWN = re.compile(r"!\[([^\]]*)\]\(pictures/([a-z0-9-]+)\.png\)")
MOST_BYTES = 250_000


def shown() -> dict[str, tuple[Path, str]]:
    """Name of a picture → the how-to that shows it, and its alternative text."""
    pages = sorted(HOWTO.glob("*.md"))
    return {name: (page, words) for page in pages for words, name in SHOWN.findall(page.read_text(encoding="utf-8"))}


def test_every_picture_of_a_howto_is_there_and_none_is_left_over() -> None:
    assert sorted(path.stem for path in (HOWTO / "pictures").iterdir()) == sorted(shown())


def test_every_picture_is_taken_by_a_browser_test() -> None:
    story = "".join(path.read_text(encoding="utf-8") for path in BROWSER.glob("*.py"))
    assert [name for name in shown() if f'"{name}"' not in story] == []


def test_every_picture_says_in_words_what_it_shows() -> None:
    assert [name for name, (_, words) in shown().items() if len(words) < 4] == []


def test_no_picture_is_large() -> None:
    assert [path.name for path in (HOWTO / "pictures").iterdir() if path.stat().st_size > MOST_BYTES] == []
