from __future__ import annotations

import codecs
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.vocabulary.characters import (
    GETA,
    UnreadableEncoding,
    decode_text,
    encode_cp932,
    reduce_for_cp932,
)

IVS = "\U000e0101"


def _writable() -> list[str]:
    """Every character of CP932, as its codec reads it."""
    characters = {bytes([b]).decode("cp932") for b in [*range(0x20, 0x7F), *range(0xA1, 0xE0)]}
    for lead in [*range(0x81, 0xA0), *range(0xE0, 0xF0), *range(0xFA, 0xFD)]:
        for trail in [*range(0x40, 0x7F), *range(0x80, 0xFD)]:
            with contextlib.suppress(UnicodeDecodeError):
                characters.add(bytes([lead, trail]).decode("cp932"))
    return sorted(characters)


WRITABLE = _writable()


@given(st.text(st.sampled_from([*WRITABLE, "\n", ","]), max_size=60))
def test_what_cp932_can_write_comes_back_unchanged_and_unreported(text: str) -> None:
    encoded = encode_cp932(text)
    assert encoded.replacements == ()
    assert decode_text(encoded.data, "cp932").text == text


@given(st.text(max_size=60))
def test_no_text_fails_to_encode_and_no_question_mark_appears(text: str) -> None:
    encoded = encode_cp932(text)
    decoded = decode_text(encoded.data, "cp932") if b"\x00" not in encoded.data else None
    assert decoded is None or decoded.undecodable == ()
    assert encoded.data.count(b"?") <= text.count("?") + sum("?" in r.replaced_by for r in encoded.replacements)


@given(st.text(max_size=60), st.booleans())
def test_reducing_twice_changes_nothing_more(text: str, strict: bool) -> None:
    once, _ = reduce_for_cp932(text, strict_jis=strict)
    assert reduce_for_cp932(once, strict_jis=strict) == (once, ())


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_utf8_with_a_mark_is_read_as_it_was(text: str) -> None:
    decoded = decode_text(codecs.BOM_UTF8 + text.encode())
    assert (decoded.text, decoded.encoding, decoded.undecodable) == (text, "utf-8-sig", ())


def test_the_encoding_is_found() -> None:
    text = "宛名番号,氏名\n1,髙橋"
    assert decode_text(text.encode("utf-8")).encoding == "utf-8"
    assert decode_text(codecs.BOM_UTF8 + text.encode()).encoding == "utf-8-sig"
    assert decode_text(text.encode("cp932")).encoding == "cp932"
    assert decode_text(text.encode("cp932")).text == text


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_is_refused_with_the_remedy(codec: str) -> None:
    with pytest.raises(UnreadableEncoding, match=r"UTF-16.*保存し直して"):
        decode_text("a,b,c,1,2,3\n".encode(codec))


def test_workbooks_and_binaries_are_refused() -> None:
    with pytest.raises(UnreadableEncoding, match="ブック"):
        decode_text(b"PK\x03\x04rest")
    with pytest.raises(UnreadableEncoding, match="NUL"):
        decode_text(b"abcdefgh\x00ij")


def test_every_bad_byte_is_reported_by_row_and_byte() -> None:
    data = "番号,氏名\n".encode("cp932") + b"1,\x80A\n2,\x81,B\r\n3,ok\n4,\xa0\xfd\xff\n5,\xfc\xfc"
    decoded = decode_text(data)
    assert [(u.row, u.column_byte, u.raw) for u in decoded.undecodable] == [
        (2, 3, b"\x80"),
        (3, 3, b"\x81"),
        (5, 3, b"\xa0"),
        (5, 4, b"\xfd"),
        (5, 5, b"\xff"),
        (6, 3, b"\xfc\xfc"),
    ]
    assert decoded.text == "番号,氏名\n1,\ufffdA\n2,\ufffd,B\r\n3,ok\n4,\ufffd\ufffd\ufffd\n5,\ufffd"
    assert "2行目の3バイト目（80）" in str(decoded.undecodable[0])


def test_a_bad_byte_never_swallows_the_comma_after_it() -> None:
    assert decode_text("あ".encode("cp932") + b"\x85,\x85\n").text == "あ\ufffd,\ufffd\n"


def test_a_stray_byte_leaves_a_utf8_file_utf8() -> None:
    decoded = decode_text("宛名番号,氏名\n1,山田".encode() + b"\xff\n")
    assert (decoded.encoding, decoded.undecodable[0].row) == ("utf-8", 2)
    assert decoded.undecodable[0].column_byte == 1 + len("1,山田".encode())


def test_private_use_characters_are_named_by_row_and_column() -> None:
    decoded = decode_text("番号\n".encode("cp932") + b"1,\xf0\x40\n")
    [gaiji] = decoded.private_use
    assert (gaiji.row, gaiji.column, gaiji.character) == (2, 3, "\ue000")
    assert "外字" in str(gaiji)


def test_originals_keep_compatibility_ideographs() -> None:
    for name in ["塚\ufa10", "\ufa19\ufa1b", "か\u3099"]:
        assert decode_text(name.encode()).text == name


@pytest.mark.parametrize(
    ("text", "written", "reported"),
    [
        ("𠮷田", "吉田", ["𠮷"]),
        (f"塚{IVS}本", "塚本", [f"塚{IVS}"]),
        ("José", "Jose", ["é"]),
        ("Nguyễn", "Nguyen", ["ễ"]),
        ("Łukasz", "Lukasz", ["Ł"]),
        ("\ufa30", "侮", ["\ufa30"]),
        ("か\u3099", "が", []),
        ("𩸽", GETA, ["𩸽"]),
        ("😀", GETA, ["😀"]),
        ("\ue000", GETA, ["\ue000"]),
        ("〜−‖—", "～－∥―", []),
        ("髙﨑①", "髙﨑①", []),
        ("㋿", "令和", ["㋿"]),
    ],
)
def test_what_cp932_lacks_is_reduced_and_reported(text: str, written: str, reported: list[str]) -> None:
    encoded = encode_cp932(text)
    assert encoded.data.decode("cp932") == written
    assert [r.character for r in encoded.replacements] == reported


@pytest.mark.parametrize(
    ("text", "written"),
    [("髙橋", "高橋"), ("山﨑", "山崎"), ("①②⑳", "(1)(2)(20)"), ("㈱", "(株)"), ("德", "徳"), ("纊", GETA)],
)
def test_a_strict_receiver_gets_no_vendor_characters(text: str, written: str) -> None:
    encoded = encode_cp932(text, strict_jis=True)
    assert encoded.data.decode("shift_jis") == written
    assert "".join(r.character for r in encoded.replacements) == text.rstrip("橋").removeprefix("山")


def test_a_replacement_says_where_and_what() -> None:
    [lost] = encode_cp932("番号\n1,𩸽").replacements
    assert (lost.row, lost.position, lost.replaced_by, lost.lost) == (2, 5, GETA, True)
    assert str(lost) == "2行目の文字（U+29E3D）を「〓」に置き換えました。"


def test_ibm_kanji_get_the_codes_that_windows_writes() -> None:
    assert encode_cp932("髙﨑").data == b"\xfb\xfc\xfa\xb1"


def test_a_stray_byte_in_a_very_short_utf8_file_is_reported_as_one() -> None:
    decoded = decode_text("山田".encode() + b"\xff")
    assert (decoded.encoding, decoded.text) == ("utf-8", "山田\ufffd")


@given(st.binary(max_size=80).map(lambda data: b"a" + data.replace(b"\x00", b"")))
def test_any_bytes_are_read_with_every_bad_byte_in_its_place(data: bytes) -> None:
    decoded = decode_text(data, "cp932")
    rows = data.split(b"\n")
    assert decoded.text.count("\ufffd") == len(decoded.undecodable)
    for bad in decoded.undecodable:
        at = bad.column_byte - 1
        assert rows[bad.row - 1][at : at + len(bad.raw)] == bad.raw


def test_a_long_row_of_bad_bytes_takes_one_pass() -> None:
    decoded = decode_text(b"a" + b"\xa0\xff" * 100_000, "cp932")
    assert len(decoded.undecodable) == 200_000
    assert decoded.undecodable[-1].column_byte == 200_001
