"""The words of the screens and their English: found in the code, kept in locale/en/LC_MESSAGES/django.po.

``python -m tests.repository.translations`` brings the catalogue up to date (new words without English, old ones gone)
and compiles it. The source words are Japanese; the catalogue is what the language switch shows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from .files import SOURCE

FOLDER = SOURCE / "locale" / "en" / "LC_MESSAGES"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_STRING = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
LITERAL = re.compile(_STRING)
CALL = re.compile(rf"\b(_|gettext|ngettext)\(({_STRING}(?:,\s*{_STRING})?)")
HEADER = "# English words of azukari's screens. Kept by tests/repository/translations.py."
WHO = {"last_translator": "azukari", "language_team": "azukari", "msgid_bugs_address": "azukari", "version": "1"}
MADE = datetime(2026, 11, 21, tzinfo=UTC)
"""The header's date: a fixed one, so that the file changes only when a word does."""
PLACES = ("web", "surfaces", "programmes", "parties")


def words() -> Iterator[tuple[str | tuple[str, ...], Path]]:
    """Every translatable word of templates and code, with the file it stands in."""
    for place in PLACES:
        for path in sorted((SOURCE / place).rglob("*")):
            if path.suffix in {".html", ".txt"} and "templates" in path.parts:
                found = _of_template(path)
            elif path.suffix == ".py" and "migrations" not in path.parts:
                found = _of_code(path)
            else:
                continue
            yield from ((message, path) for message in found)


def _of_code(path: Path) -> Iterator[str | tuple[str, ...]]:
    code = BytesIO(path.read_bytes())
    for _, _function, message, _ in extract_python(code, KEYWORDS, [], {"encoding": "utf-8"}):
        if isinstance(message, tuple):
            yield tuple(part for part in message if part)
        elif message:
            yield message


def _of_template(path: Path) -> Iterator[str | tuple[str, ...]]:
    """What Django makes of a template for xgettext: calls in a text that is no Python as a whole."""
    text = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for call in CALL.finditer(text):
        literals = tuple(ast.literal_eval(part) for part in LITERAL.findall(call[2]))
        yield literals[:2] if call[1] == "ngettext" else literals[0]


def catalogue() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="en")


def compiled(words_of: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    file = BytesIO()
    write_mo(file, words_of)
    return file.getvalue()


def update() -> list[str]:
    """Write the catalogue with today's words; returns those without English."""
    path = FOLDER / "django.po"
    old = catalogue() if path.exists() else Catalog(locale="en")
    new = Catalog(locale="en", fuzzy=False, project="azukari", charset="utf-8", header_comment=HEADER, **WHO)
    new.creation_date = new.revision_date = MADE
    for message, _ in sorted(words(), key=lambda found: str(found[0])):
        known = old.get(message[0] if isinstance(message, tuple) else message)
        new.add(message, string=known.string if known else None)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, width=120, no_location=True, omit_header=False, sort_output=True)
    with (FOLDER / "django.mo").open("wb") as file:
        file.write(compiled(new))
    return [str(message.id) for message in new if message.id and not message.string]


if __name__ == "__main__":
    for missing in update():
        print(missing)  # noqa: T201
