"""Checkup XML as it is uploaded: some documents, or the archive of them, opened without trusting anything that it says.

Nothing is unpacked to a disk; so a member's name can lead nowhere, and one that tries is refused all the same. How many
members there are and how large they get is bounded, counting what really comes out and not what the archive claims.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from stat import S_IFMT, S_IFREG
from typing import Any

from azukari.examinations.hc08 import MOST_BYTES
from azukari.vocabulary.refusal import Refusal

MOST_MEMBERS = 50_000
MOST_TOTAL = 1024**3
NOT_OF_PERSONS = ("XSD", "CLAIMS")
"""Folders of the ministry's archive that hold no checkup results."""
SUMMARIES = ("ix08", "su08")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class ArchiveRefused(Refusal, ValueError):
    """The archive was not taken in; nothing of it was read."""


@dataclass(frozen=True)
class Bounds:
    members: int = MOST_MEMBERS
    one: int = MOST_BYTES
    total: int = MOST_TOTAL


@dataclass(frozen=True)
class Found:
    """``names``: the documents in the archive, sorted; ``aside``: how many members are not results of persons."""

    names: Sequence[str]
    aside: int


def bundle(files: Sequence[tuple[str, Any]], path: Path) -> None:
    """Single documents as one archive: (name, uploaded file). Names keep only their last part."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for place, (name, file) in enumerate(files, 1):
            plain = PurePosixPath(name.replace("\\", "/")).name
            archive.writestr(f"{place:02d}/{plain}", file.read(MOST_BYTES + 1))


def look_into(path: Path, bounds: Bounds | None = None) -> Found:
    """Which members are documents. Raises ArchiveRefused: broken, encrypted, unsafe names, too many, too large."""
    bounds = bounds or Bounds()
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _BROKEN:
        raise ArchiveRefused("ZIP として開けません。納めた組織に、作り直して送ってもらってください。") from None
    if len(members) > bounds.members:
        raise ArchiveRefused(
            f"ZIP の中のファイルが多すぎます（{len(members):,}件、上限 {bounds.members:,}件）。"
            "分けて納めてもらってください。"
        )
    files = [member for member in members if not member.is_dir()]
    for place, member in enumerate(files, 1):
        _check(member, place, bounds)
    names = [member.filename for member in files]
    if len(set(names)) != len(names):
        raise ArchiveRefused("ZIP に同じ名前のファイルが二つあります。作り直して送ってもらってください。")
    if sum(member.file_size for member in files) > bounds.total:
        raise ArchiveRefused(f"ZIP の中身が大きすぎます（上限 {_size(bounds.total)}）。分けて納めてもらってください。")
    documents = sorted(name for name in names if _is_document(name))
    if not documents:
        raise ArchiveRefused("ZIP に健診結果の XML（.xml）がありません。ファイルを確かめてください。")
    return Found(documents, len(names) - len(documents))


def _check(member: zipfile.ZipInfo, place: int, bounds: Bounds) -> None:
    name, kind = member.orig_filename, S_IFMT(member.external_attr >> 16)
    parts = name.split("/")
    if "\\" in name or ":" in name or "\0" in name or ".." in parts or name.startswith("/") or kind not in (0, S_IFREG):
        raise ArchiveRefused(
            f"ZIP の{place}番目のファイルの名前が、外の場所を指しています。読まずに中止しました。"
            "納めた組織に確かめてください。"
        )
    if member.flag_bits & 1:
        raise ArchiveRefused("ZIP が暗号化されています。受渡しの画面で開封してから、中の XML を選んでください。")
    if member.file_size > bounds.one:
        raise ArchiveRefused(f"ZIP の{place}番目のファイルが大きすぎます（上限 {_size(bounds.one)}）。")


def _is_document(name: str) -> bool:
    path = PurePosixPath(name)
    apart = {part.upper() for part in path.parts[:-1]} & set(NOT_OF_PERSONS)
    return path.suffix.lower() == ".xml" and not apart and not path.name.lower().startswith(SUMMARIES)


def documents(path: Path, found: Found, bounds: Bounds | None = None) -> Iterator[tuple[str, bytes]]:
    """(name without folders, bytes), one after the other. Raises ArchiveRefused where more comes out than was said."""
    bounds = bounds or Bounds()
    left = bounds.total
    with zipfile.ZipFile(path) as archive:
        for name in found.names:
            try:
                with archive.open(name) as member:
                    data = member.read(bounds.one + 1)
            except _BROKEN:
                raise ArchiveRefused("ZIP の中のファイルが壊れています。作り直して送ってもらってください。") from None
            left -= len(data)
            if len(data) > bounds.one or left < 0:
                raise ArchiveRefused("ZIP の中身が、書かれている大きさより大きくなりました。読まずに中止しました。")
            yield PurePosixPath(name).name, data


def _size(number: int) -> str:
    return f"{number // 1024**2:,} MB"
