"""Draws a letter: a Typst template plus data becomes a PDF.

Data travels as one JSON text in ``sys.inputs.data``, never as template source, so that what a resident is called can
never be read as markup. Only the fonts named by the caller (and the IPAex Gothic that comes with this program) are
used: a font of the machine it happens to run on would change how a name looks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import typst

#: Templates may import each other below this folder (the package), and read nothing outside it.
ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = Path(__file__).resolve().parent / "templates"


def _shipped_fonts() -> Path:
    # Found, not imported: importing it would load Matplotlib into every worker.
    spec = find_spec("matplotlib_fontja")
    if spec is None or spec.origin is None:
        raise ImportError("matplotlib-fontja がインストールされていません。azukari をインストールし直してください。")
    return Path(spec.origin).resolve().parent / "fonts"


SHIPPED_FONTS = _shipped_fonts()

_PAGE_TREE = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)|/Count (\d+)[^>]*?/Type\s*/Pages\b")


class LetterNotDrawn(RuntimeError):
    """The letter could not be drawn. ``template``: its name; ``detail``: what the typesetter said (no personal
    data)."""

    def __init__(self, template: str, detail: str) -> None:
        super().__init__(template, detail)
        self.template = template
        self.detail = detail

    def __str__(self) -> str:
        return (
            f"帳票「{self.template}」を作成できませんでした（{self.detail}）。"
            "フォントの置き場所と、帳票に渡した項目を確かめてください。"
        )


class FontsNotFound(LookupError):
    """A folder of fonts is missing or holds no font. ``folder``: its path."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.folder = folder

    def __str__(self) -> str:
        return f"フォントの置き場所「{self.folder}」にフォントがありません。設定 AZUKARI_FONTS を確かめてください。"


@dataclass(frozen=True)
class Face:
    """One face of a font file: the family name that Typst knows it by, its file, and its index in a collection."""

    family: str
    path: str
    index: int


@dataclass(frozen=True)
class FontSet:
    """Fonts in order of preference: a character is drawn by the first family that has it."""

    folders: tuple[str, ...]
    faces: tuple[Face, ...]

    @property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(face.family for face in self.faces))


def font_set(folders: Sequence[Path | str] = ()) -> FontSet:
    """The fonts of ``folders`` in the order given, files by name; the shipped IPAex Gothic comes last.

    :raises FontsNotFound: a folder does not exist or holds no font.
    """
    return _font_set(tuple(str(folder) for folder in folders))


@lru_cache(maxsize=8)
def _font_set(folders: tuple[str, ...]) -> FontSet:
    faces: list[Face] = []
    every = (*folders, str(SHIPPED_FONTS))
    for folder in every:
        found = _typst_fonts((folder,)).fonts() if Path(folder).is_dir() else []
        if not found:
            raise FontsNotFound(folder)
        ordered = sorted(found, key=lambda font: (str(font.path), font.index))
        faces += [Face(font.family, str(font.path), font.index) for font in ordered]
    return FontSet(every, tuple(faces))


@lru_cache(maxsize=8)
def _typst_fonts(folders: tuple[str, ...]) -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders))


def template_path(template: str | Path) -> Path:
    """``"certificate"`` is a shared template; a path is itself (it has to lie inside the package)."""
    return template if isinstance(template, Path) else TEMPLATES / f"{template}.typ"


def render_pdf(template: str | Path, data: Mapping[str, Any] | bytes | str, fonts: Sequence[Path | str] = ()) -> bytes:
    """The PDF of ``template`` filled with ``data`` (a mapping, or JSON ready made). Same input, same bytes.

    :param fonts: folders of fonts, preferred ones first; IPAex Gothic always stands behind them.
    :raises LetterNotDrawn: the typesetter refused, or a text is not valid Unicode.
    :raises FontsNotFound: see :func:`font_set`.
    """
    path = template_path(template)
    chosen = font_set(fonts)
    try:
        if isinstance(data, Mapping):
            data = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        text.encode("utf-8")
    except UnicodeError:
        raise LetterNotDrawn(path.stem, "文字コードとして正しくない文字があります") from None
    inputs = {"data": text, "fonts": _families_json(chosen)}
    try:
        pdf, warnings = _compiler(path, chosen.folders).compile_with_warnings(sys_inputs=inputs)
    except typst.TypstError as error:
        raise LetterNotDrawn(path.stem, error.message) from None
    except RuntimeError:
        raise LetterNotDrawn(path.stem, "帳票の様式のファイルがありません") from None
    for warning in warnings:  # A family that is not there would silently become another one.
        raise LetterNotDrawn(path.stem, warning.message)
    return cast(bytes, pdf)  # One PDF: a list comes back for pictures of several pages only.


def release_memory() -> None:
    """Let go of what the typesetter remembers of earlier documents (it keeps ten: gigabytes, when they are batches).

    The package has no call for it, but forgets what ten compilations did not use; an empty one takes microseconds.
    """
    empty = _empty_compiler()
    for _ in range(11):
        empty.compile(b" ")


def count_pages(pdf: bytes) -> int:
    """Number of pages of a PDF made by :func:`render_pdf` (reads the page tree; for no other PDF)."""
    counts = [int(one or other) for one, other in _PAGE_TREE.findall(pdf)]
    return max(counts, default=0)


@lru_cache(maxsize=4)
def _compiler(path: Path, folders: tuple[str, ...]) -> typst.Compiler:
    # Kept per process: it holds the parsed fonts and template, which cost more than a page does.
    return typst.Compiler(
        str(path), root=str(ROOT), font_paths=_typst_fonts(folders), ignore_system_fonts=True, sys_inputs={}
    )


@lru_cache(maxsize=1)
def _empty_compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
    return typst.Compiler(b" ", font_paths=fonts, ignore_system_fonts=True)


@lru_cache(maxsize=8)
def _families_json(chosen: FontSet) -> str:
    return json.dumps(list(chosen.families), ensure_ascii=False)
