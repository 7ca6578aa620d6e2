"""The glyph proof lists what would not be printed as meant, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from azukari.letters.glyphs import GlyphException, GlyphProof, Problem, proof_sheet
from azukari.letters.typst import SHIPPED_FONTS, count_pages

PROOF = GlyphProof()


def problems(text: str, proof: GlyphProof = PROOF) -> list[tuple[str, Problem]]:
    return [(found.codes, found.problem) for found in proof.check([("7", "氏名", text)])]


@pytest.mark.parametrize("text", ["新宿 太郎", "髙橋　﨑子", "渡邉", "NGUYEN Van-An", "か\u3099", "", "１２−３ﾊｲﾂ"])
def test_what_the_font_has_is_not_listed(text: str) -> None:
    assert problems(text) == []


@pytest.mark.parametrize(
    ("text", "codes", "problem"),
    [
        ("𠮷田", "U+20BB7", Problem.MISSING),
        ("😀", "U+1F600", Problem.MISSING),
        ("渡邉\U000e010e", "U+9089 U+E010E", Problem.VARIANT),
        ("\ue000町", "U+E000", Problem.PRIVATE),
        ("\U000f0000", "U+F0000", Problem.PRIVATE),
        ("田\u200b中", "U+200B", Problem.INVISIBLE),
        ("田\n中", "U+000A", Problem.INVISIBLE),
        ("\U000e0100田", "U+E0100", Problem.INVISIBLE),
        ("\u202e田中", "U+202E", Problem.INVISIBLE),
    ],
)
def test_what_would_be_printed_otherwise_is_listed_with_its_code_points(
    text: str, codes: str, problem: Problem
) -> None:
    assert problems(text) == [(codes, problem)]


def test_a_variant_that_the_font_has_is_not_listed() -> None:
    assert problems("葛\U000e0100城") == []


def test_an_exception_names_row_field_and_place_but_not_the_name() -> None:
    (found,) = PROOF.check([("R12", "氏名", "吉田𠮷田")])
    assert (found.row, found.field, found.position, found.drawn_by) == ("R12", "氏名", 2, None)
    assert "R12" in str(found)
    assert "3文字目" in str(found)
    assert "吉田" not in str(found)


def test_every_row_is_listed_for_itself() -> None:
    found = PROOF.check([(str(row), "氏名", "𠮷田𠮷") for row in range(3)])
    assert [(each.row, each.position) for each in found] == [(r, p) for r in "012" for p in (0, 2)]


def test_what_only_a_later_font_has_is_drawn_by_fallback(tmp_path: Path) -> None:
    make_font(tmp_path / "a.ttf", "Small Test Gothic", "新宿")
    proof = GlyphProof([tmp_path])
    assert problems("新宿", proof) == []
    (found,) = proof.check([("1", "氏名", "新橋")])
    assert (found.problem, found.characters, found.drawn_by) == (Problem.FALLBACK, "橋", "IPAexGothic")


def test_a_variant_is_looked_up_in_the_font_that_draws_the_character(tmp_path: Path) -> None:
    make_font(tmp_path / "a.ttf", "Small Test Gothic", "葛新")
    assert problems("葛\U000e0100", GlyphProof([tmp_path])) == [("U+845B U+E0100", Problem.VARIANT)]


def test_the_proof_sheet_shows_each_character_once() -> None:
    found = PROOF.check([(str(row), "氏名", "𠮷\ue000#panic()*") for row in range(40)])
    pdf = proof_sheet(found, title="令和7年度", printed="職員0012")
    assert count_pages(pdf) == 1
    assert count_pages(proof_sheet([], title="令和7年度", printed="職員0012")) == 1


def test_two_hundred_different_characters_make_a_proof_sheet_of_several_pages() -> None:
    found = [GlyphException(str(n), "氏名", 0, chr(0x20000 + n), Problem.MISSING, None) for n in range(200)]
    assert count_pages(proof_sheet(found, title="令和7年度", printed="職員0012")) > 5


def make_font(path: Path, family: str, characters: str) -> None:
    """A font with these characters, without variants, under another family name."""
    (shipped,) = SHIPPED_FONTS.glob("*.ttf")
    with TTFont(shipped) as font:
        chosen = Subsetter(Options(notdef_outline=True))
        chosen.populate(text=characters)
        chosen.subset(font)
        for name in (1, 4, 6, 16):
            font["name"].setName(family if name != 6 else family.replace(" ", ""), name, 3, 1, 0x409)
            font["name"].removeNames(name, 1)
            font["name"].removeNames(name, 3, 1, 0x411)
        font.save(path)
