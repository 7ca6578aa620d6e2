"""Ways by which a sealed package travels: a file-exchange folder (LGWAN), a folder to burn on a disc, SFTP (sftp.py).

A transport knows names, sizes and digests, never what is inside. Putting the same file twice is harmless, putting
another one under the same name is refused, and a failure leaves nothing half-written under the final name.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from azukari.custody.durable import sync_folder
from azukari.vocabulary.refusal import Refusal

COPY_CHUNK = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,79}")


class TransportFailed(Refusal):
    """Base: ``str()`` says in Japanese what happened and what to do next."""


class RetryLater(TransportFailed):
    """The other side can't be reached or is full now; the same call may be repeated as it is."""


class NotPermitted(TransportFailed):
    """The other side knows us not, or lets us not read or write there."""


class HostKeyChanged(TransportFailed):
    """The server's key is not the recorded one: stop and ask, never accept by itself."""


class HostKeyUnknown(TransportFailed):
    """No key of this server is recorded yet."""


class NotThere(TransportFailed):
    """No such file or folder on the other side."""


class AlreadyThere(TransportFailed):
    """Another file has this name there."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"送り先に、内容の異なる同じ名前のファイル（{name}）があります。上書きはしません。"
            "受渡し番号を確認し、必要なら新しい番号で準備し直してください。"
        )


class ArrivedDamaged(TransportFailed):
    """What arrived differs from what was sent (size or digest)."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"送ったファイル（{name}）が、送り先で元のファイルと一致しません。送達として記録していません。"
            "もう一度送ってください。繰り返す場合は送り先の管理者に連絡してください。"
        )


class TooBigToFetch(TransportFailed):
    """A file over there is larger than any package may be; fetching it could only fill the disk. Sizes in bytes."""

    def __init__(self, name: str, size: int, largest: int) -> None:
        self.name, self.size, self.largest = name, size, largest
        super().__init__(
            f"送り先にあるファイル（{name}、{size:,}バイト）は受渡しパッケージの上限（{largest:,}バイト）より大きいため、"
            "取り込みません。送付元に内容を確認してください。"
        )


class UnusableName(TransportFailed):
    def __init__(self) -> None:
        super().__init__(
            "ファイル名に使えない文字があります。受渡し番号の付いたファイル（AZ-年度-番号.zip など）だけを送れます。"
        )


class DiscTooSmall(TransportFailed):
    """``needed`` and ``free`` in bytes."""

    def __init__(self, disc: str, needed: int, free: int) -> None:
        self.needed, self.free = needed, free
        super().__init__(
            f"{disc} 1枚に入りません（必要 {needed:,}バイト、空き {max(free, 0):,}バイト）。"
            "DVD-R にするか、対象を分けて複数の受渡しにしてください。"
        )


def disk_full(place: str) -> RetryLater:
    return RetryLater(
        f"{place}の空き容量が足りないため、書込みを中止しました。途中のファイルは残していません。"
        "空き容量を確保してから、同じ操作をもう一度実行してください。"
    )


@dataclass(frozen=True)
class Receipt:
    """What the other side holds now. ``already``: it was there before with the same content (a repeated call)."""

    name: str
    size: int
    sha256: str
    already: bool = False


@dataclass(frozen=True)
class Entry:
    name: str
    size: int


class Transport(Protocol):
    def put(self, path: Path) -> Receipt:
        """Bring a file over. Raises TransportFailed's subclasses."""

    def list(self) -> tuple[Entry, ...]:
        """The finished files over there, by name."""

    def fetch(self, name: str, folder: Path) -> Path:
        """Bring a file here, whole or not at all, never over an existing different one."""


def checked_name(name: str) -> str:
    """The name if it is one of ours: ASCII, no folders, not hidden. Raises UnusableName."""
    if not _NAME.fullmatch(name) or ".." in name or name.endswith(".part"):
        raise UnusableName()
    return name


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_once(source: Path, target: Path, place: str) -> Receipt:
    """Copy to ``target`` through a hidden draft beside it; the final name appears whole, on disk, and only once."""
    size, digest = source.stat().st_size, digest_of(source)
    if target.exists():
        return _already(target, size, digest)
    draft = target.with_name(f".{target.name}.part")
    try:
        _copy(source, draft)
        if digest_of(draft) != digest:
            raise ArrivedDamaged(target.name)
        _name_once(draft, target)
    except FileExistsError:
        return _already(target, size, digest)
    except OSError as error:
        raise _explained(error, place) from error
    finally:
        _remove(draft)
    return Receipt(target.name, size, digest)


def _copy(source: Path, draft: Path) -> None:
    with source.open("rb") as reader, draft.open("wb") as writer:
        while piece := reader.read(COPY_CHUNK):
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())


def _name_once(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)  # fails when the name is taken, even by another process just now
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        if target.exists():  # a Windows share has no hard links; rename is as near as it gets
            raise FileExistsError(target.name) from error
        draft.rename(target)
    sync_folder(target.parent)


def _already(target: Path, size: int, digest: str) -> Receipt:
    if target.stat().st_size != size or digest_of(target) != digest:
        raise AlreadyThere(target.name)
    return Receipt(target.name, size, digest, already=True)


def _remove(draft: Path) -> None:
    with suppress(OSError):  # the share went away; a hidden .part is overwritten by the next attempt
        draft.unlink(missing_ok=True)


def _explained(error: OSError, place: str) -> TransportFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(place)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NotPermitted(f"{place}に書き込む権限がありません。フォルダの権限を管理者に確認してください。")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotThere(f"{place}が見つかりません。接続先のフォルダの設定を確認してください。")
    return RetryLater(f"{place}に書き込めませんでした。接続を確認し、しばらくしてから同じ操作を実行してください。")


class DirectoryTransport:
    """A folder that both sides reach, such as the exchange folder of the LGWAN file-transfer service."""

    def __init__(self, folder: Path, *, place: str = "受渡しフォルダ") -> None:
        self._folder, self._place = folder, place

    def put(self, path: Path) -> Receipt:
        return copy_once(path, self._present() / checked_name(path.name), self._place)

    def list(self) -> tuple[Entry, ...]:
        found = (path for path in self._present().iterdir() if path.is_file() and not path.is_symlink())
        entries = (Entry(path.name, path.stat().st_size) for path in found if _is_finished(path.name))
        return tuple(sorted(entries, key=lambda entry: entry.name))

    def fetch(self, name: str, folder: Path) -> Path:
        source = self._present() / checked_name(name)
        if source.is_symlink() or not source.is_file():
            raise NotThere(f"{self._place}に {name} がありません。一覧を確認してください。")
        copy_once(source, folder / name, "取込み先のフォルダ")
        return folder / name

    def _present(self) -> Path:
        if not self._folder.is_dir():
            raise NotThere(f"{self._place}が見つかりません。接続先のフォルダの設定を確認してください。")
        return self._folder


def _is_finished(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not name.endswith(".part")


class Disc(Enum):
    """Kind of disc: label and capacity in bytes (ECMA-130: 360,000 sectors; ECMA-359: 2,298,496 sectors of 2,048)."""

    CD_R = ("CD-R", 360_000 * 2048)
    DVD_R = ("DVD-R", 2_298_496 * 2048)

    @property
    def label(self) -> str:
        return self.value[0]

    @property
    def capacity(self) -> int:
        return self.value[1]


class DiscFolder:
    """A folder that a person burns on one CD-R or DVD-R: packages, SHA256SUMS (``sha256sum -c``), LABEL.txt.

    The label names the number, the two organisations and the counts; not the programme, no person.
    """

    SUMS, LABEL = "SHA256SUMS", "LABEL.txt"
    _SECTOR, _OVERHEAD = 2048, 2 << 20  # ISO 9660 rounds to sectors; descriptors, path tables and lead-out

    def __init__(self, folder: Path, disc: Disc, *, sender: str, receiver: str) -> None:
        self._folder, self._disc = folder, disc
        self._sender, self._receiver = sender, receiver

    def put(self, path: Path) -> Receipt:
        name = checked_name(path.name)
        self._folder.mkdir(parents=True, exist_ok=True)
        if not (self._folder / name).exists():
            needed, free = self._rounded(path.stat().st_size), self._free()
            if needed > free:
                raise DiscTooSmall(self._disc.label, needed, free)
        receipt = copy_once(path, self._folder / name, "焼き込み用フォルダ")
        self._write_lists()
        return receipt

    def list(self) -> tuple[Entry, ...]:
        if not self._folder.is_dir():
            return ()
        return tuple(
            Entry(path.name, path.stat().st_size)
            for path in sorted(self._folder.iterdir())
            if path.is_file() and path.name not in (self.SUMS, self.LABEL) and _is_finished(path.name)
        )

    def fetch(self, name: str, folder: Path) -> Path:
        """From a disc that came in (``folder`` of this object = its mount point); its checksum list must agree."""
        source = self._folder / checked_name(name)
        if source.is_symlink() or not source.is_file():
            raise NotThere(f"{self._disc.label} に {name} がありません。ラベルの受渡し番号を確認してください。")
        listed = self._listed_sums().get(name)
        if listed is not None and listed != digest_of(source):
            raise ArrivedDamaged(name)
        copy_once(source, folder / name, "取込み先のフォルダ")
        return folder / name

    def label_text(self, number_of: tuple[int, int] = (1, 1)) -> str:
        """Text for the disc's label and its sheet; ``number_of`` = (this disc, discs in all)."""
        files = self.list()
        lines = [
            f"{self._disc.label}　{number_of[0]}／{number_of[1]}枚",
            f"送付元　{self._sender}",
            f"送付先　{self._receiver}",
            *(f"受渡し番号　{entry.name.split('.')[0]}　{entry.size:,}バイト" for entry in files),
            f"ファイル数　{len(files)}",
            "暗号化済み。パスワードは別便で通知します。",
            "受領後は受領確認を返送してください。返却または消去が済むまで施錠して保管してください。",
        ]
        return "\r\n".join(lines) + "\r\n"

    def _write_lists(self) -> None:
        sums = "".join(f"{digest_of(self._folder / entry.name)}  {entry.name}\n" for entry in self.list())
        self._replace(self.SUMS, sums.encode())
        self._replace(self.LABEL, b"\xef\xbb\xbf" + self.label_text().encode())

    def _replace(self, name: str, content: bytes) -> None:
        draft = self._folder / f".{name}.part"
        try:
            draft.write_bytes(content)
            draft.replace(self._folder / name)
        except OSError as error:
            raise _explained(error, "焼き込み用フォルダ") from error
        finally:
            _remove(draft)

    def _listed_sums(self) -> dict[str, str]:
        try:
            text = (self._folder / self.SUMS).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return {}
        return {name: digest for digest, _, name in (line.partition("  ") for line in text.splitlines())}

    def _rounded(self, size: int) -> int:
        return -(-size // self._SECTOR) * self._SECTOR

    def _free(self) -> int:
        return self._disc.capacity - self._OVERHEAD - sum(self._rounded(entry.size) for entry in self.list())
