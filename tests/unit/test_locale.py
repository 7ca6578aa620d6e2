"""The Japanese words of the command-line library: the compiled catalogue is the one of the text, and nothing is missing."""

from __future__ import annotations

import io
import string
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import azukari

FOLDER = Path(azukari.__path__[0]) / "locale" / "ja" / "LC_MESSAGES"


@pytest.fixture
def catalogue():
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="ja", domain="messages")


def test_the_compiled_catalogue_is_that_of_the_text(catalogue):
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    assert (FOLDER / "messages.mo").read_bytes() == compiled.getvalue()


def test_every_message_is_translated_with_placeholders_that_the_original_has(catalogue):
    for message in catalogue:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string[0] if isinstance(message.string, tuple) else message.string
        assert said.strip(), message.id
        if "%(" not in said:
            known = {name for text in originals for _, name, _, _ in string.Formatter().parse(text) if name}
            assert {name for _, name, _, _ in string.Formatter().parse(said) if name} <= known, message.id
