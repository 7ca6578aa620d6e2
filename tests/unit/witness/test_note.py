"""Signed notes: the published example of the format, and what must be refused."""

from __future__ import annotations

import pytest

from azukari.witness import note, verifier
from azukari.witness.errors import InvalidKey, InvalidNote
from tests.fixtures.witness.logs import INTRUDER, KEY, ORIGIN, SIGNER

# The format's published example (golang.org/x/mod/sumdb/note).
EXAMPLE_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
EXAMPLE_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = bytes(range(32))
GOOD = note.sign(note.checkpoint_text(ORIGIN, 7, ROOT), SIGNER)


def test_the_published_example_signs_to_the_published_signature() -> None:
    signer = note.parse_signer(EXAMPLE_SECRET)
    assert str(signer.verifier) == EXAMPLE_KEY
    assert note.sign(EXAMPLE_TEXT, signer) == EXAMPLE_TEXT + "\n" + EXAMPLE_SIGNATURE


def test_the_published_example_verifies() -> None:
    signed = EXAMPLE_TEXT + "\n" + EXAMPLE_SIGNATURE
    assert note.verified_text(signed, note.parse_verifier(EXAMPLE_KEY)) == EXAMPLE_TEXT


def test_a_checkpoint_has_origin_size_root_blank_line_and_signature() -> None:
    lines = GOOD.split("\n")
    assert lines[:4] == [ORIGIN, "7", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]
    opened = note.open_checkpoint(GOOD, SIGNER.verifier)
    assert (opened.origin, opened.size, opened.root, opened.text) == (ORIGIN, 7, ROOT, GOOD)


def test_keys_survive_being_written_and_read() -> None:
    fresh = note.generate_signer("example.org/log")
    assert note.parse_signer(fresh.secret_text()).verifier.key_id == fresh.verifier.key_id
    assert str(note.parse_verifier(str(fresh.verifier))) == str(fresh.verifier)
    assert fresh.secret_text() not in repr(fresh) + str(fresh)


def test_no_part_of_a_key_and_no_changed_key_is_a_key() -> None:
    for start in range(len(KEY)):
        for end in range(start + 1, len(KEY) + 1):
            if (start, end) != (0, len(KEY)):
                with pytest.raises(InvalidKey):
                    note.parse_verifier(KEY[start:end])
    for place, character in enumerate(KEY):
        with pytest.raises(InvalidKey):
            note.parse_verifier(KEY[:place] + chr(ord(character) + 1) + KEY[place + 1 :])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b"])
def test_a_key_name_without_letters_or_with_space_or_plus_is_refused(name: str) -> None:
    with pytest.raises(InvalidKey, match="空白"):
        note.generate_signer(name)


@pytest.mark.parametrize("secret", ["", KEY, "PRIVATE+KEY+x+00000000+AAAA", EXAMPLE_SECRET.replace("c74f", "c74e")])
def test_a_damaged_signing_key_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        note.parse_signer(secret)
    assert "AYEKFALV" not in str(caught.value)


def test_another_keys_signature_beside_ours_is_ignored_and_alone_is_refused() -> None:
    text = note.checkpoint_text(ORIGIN, 7, ROOT)
    theirs = note.sign(text, note.generate_signer("witness.example"))
    both = GOOD + theirs.removeprefix(text + "\n")
    assert note.open_checkpoint(both, SIGNER.verifier).size == 7
    with pytest.raises(InvalidNote, match="署名がありません"):
        note.open_checkpoint(theirs, SIGNER.verifier)


def test_the_same_name_with_another_key_is_refused() -> None:
    forged = note.sign(note.checkpoint_text(ORIGIN, 7, ROOT), INTRUDER)
    with pytest.raises(InvalidNote, match="別の鍵"):
        note.open_checkpoint(forged, SIGNER.verifier)


BAD_TEXTS = {
    "two lines": f"{ORIGIN}\n7\n",
    "empty origin": "\n7\nAAAA\n",
    "leading zero": note.checkpoint_text(ORIGIN, 7, ROOT).replace("\n7\n", "\n07\n"),
    "negative": note.checkpoint_text(ORIGIN, 7, ROOT).replace("\n7\n", "\n-7\n"),
    "full-width size": note.checkpoint_text(ORIGIN, 7, ROOT).replace("\n7\n", "\n\uff17\n"),
    "short root": f"{ORIGIN}\n7\nAAAA\n",
    "root not base64": f"{ORIGIN}\n7\n----\n",
    "another origin": note.checkpoint_text("azukari/other/log", 7, ROOT),
}


@pytest.mark.parametrize("kind", BAD_TEXTS)
def test_a_well_signed_text_that_is_no_checkpoint_of_this_log_is_refused_by_both(kind: str) -> None:
    signed = note.sign(BAD_TEXTS[kind], SIGNER)
    with pytest.raises(InvalidNote):
        note.open_checkpoint(signed, SIGNER.verifier)
    with pytest.raises(verifier.Broken):
        verifier.read_checkpoint(signed, [verifier.read_key(KEY)])


@pytest.mark.parametrize("text", ["no newline", "control\x01\n", "tab\t\n"])
def test_a_text_that_could_not_be_verified_again_is_not_signed(text: str) -> None:
    with pytest.raises(InvalidNote):
        note.sign(text, SIGNER)


def test_every_changed_character_of_a_checkpoint_is_noticed_by_both() -> None:
    """A changed base64 digit that decodes to the same bytes counts too: only one spelling is accepted."""
    for place in range(len(GOOD)):
        for character in "A\n=a9":
            changed = GOOD[:place] + character + GOOD[place + 1 :]
            if changed == GOOD:
                continue
            with pytest.raises(InvalidNote):
                note.open_checkpoint(changed, SIGNER.verifier)
            with pytest.raises(verifier.Broken):
                verifier.read_checkpoint(changed, [verifier.read_key(KEY)])


@pytest.mark.parametrize(
    "change", ["", "x", GOOD + GOOD, GOOD[:-1], GOOD + "x\n", GOOD.replace("\n\n", "\n"), GOOD + "\n"]
)
def test_what_is_not_one_signed_note_is_refused_by_both(change: str) -> None:
    with pytest.raises(InvalidNote):
        note.open_checkpoint(change, SIGNER.verifier)
    with pytest.raises(verifier.Broken):
        verifier.read_checkpoint(change, [verifier.read_key(KEY)])


def test_a_hundred_signatures_are_read_and_one_more_refused() -> None:
    text = note.checkpoint_text(ORIGIN, 7, ROOT)
    line = GOOD.removeprefix(text + "\n")
    assert note.open_checkpoint(text + "\n" + line * 100, SIGNER.verifier).size == 7
    with pytest.raises(InvalidNote, match="100"):
        note.open_checkpoint(text + "\n" + line * 101, SIGNER.verifier)
