"""One text and one hash for what a dossier says, whatever the file looks like."""

from __future__ import annotations

import hashlib
import json

import pytest

from azukari.dossier.canonical import canonical_hash, canonical_text, from_canonical
from tests.unit.dossier.small import STEPS, small


def test_the_text_is_sorted_json_without_whitespace_or_escapes() -> None:
    text = canonical_text(small(steps=STEPS))
    assert text == json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert "印刷株式会社" in text
    assert canonical_hash(small()) == hashlib.sha256(canonical_text(small()).encode()).hexdigest()


def test_comments_names_and_layout_of_the_file_do_not_change_the_hash() -> None:
    same = small(('handled = ["氏名", "漢字住所"]', 'handled = [ "name", # 印字する\n  "address" ]'))
    assert canonical_hash(same) == canonical_hash(small())


@pytest.mark.parametrize(
    "change",
    [
        ('handled = ["氏名", "漢字住所"]', 'handled = ["氏名"]'),
        ('handled = ["氏名", "漢字住所"]', 'handled = ["住所", "氏名"]'),
        ("end = 2026-03-31", "end = 2026-03-30"),
        ('purpose = "試験のため"', 'purpose = "試験の為"'),
    ],
)
def test_any_change_of_what_is_said_changes_the_hash(change: tuple[str, str]) -> None:
    assert canonical_hash(small(change)) != canonical_hash(small())


def test_a_dossier_comes_back_from_its_text() -> None:
    dossier = small(steps=STEPS)
    assert from_canonical(canonical_text(dossier)) == dossier


def test_a_text_that_is_no_dossier_is_refused() -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_canonical("{}")
