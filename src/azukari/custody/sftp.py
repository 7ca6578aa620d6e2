"""SFTP by the OpenSSH client (docs/adr/0006-sftp-by-openssh.md): the server's key must be known, ours is a key file.

A file goes up under a hidden name, is compared there (size, and digest by reading it back), and only then gets its
name. A broken upload is taken up where it stopped; a repeated one finds its file there and says so.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from azukari.custody.transport import (
    AlreadyThere,
    ArrivedDamaged,
    Entry,
    HostKeyChanged,
    HostKeyUnknown,
    NotPermitted,
    NotThere,
    Receipt,
    RetryLater,
    TooBigToFetch,
    TransportFailed,
    UnusableName,
    checked_name,
    copy_once,
    digest_of,
)

_FOLDER = re.compile(r"/?[A-Za-z0-9][A-Za-z0-9_.\-/]{0,200}|\.")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:\-]{0,252}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,63}")
_LONG_LIST = re.compile(r"^-\S+\s+\S+\s+\S+\s+\S+\s+(\d+)\s+.*?\s(\S+)$")


@dataclass(frozen=True)
class SftpServer:
    """Where and as whom. ``known_hosts`` holds the server's key, obtained on paper; ``key_file`` is our private key."""

    host: str
    user: str
    key_file: Path
    known_hosts: Path
    folder: str = "."
    port: int = 22


class SftpTransport:
    """``read_back``: compare the digest by fetching the file again (off only for servers that forbid reading).

    ``timeout`` in seconds for each of the few steps; ``largest`` in bytes is what may be fetched.
    """

    def __init__(
        self,
        server: SftpServer,
        *,
        read_back: bool = True,
        timeout: float = 3600,
        largest: int = 1 << 30,
        program: str = "sftp",
    ) -> None:
        if not (_HOST.fullmatch(server.host) and _USER.fullmatch(server.user) and _FOLDER.fullmatch(server.folder)):
            raise ValueError("host, user or folder has characters that sftp would read as something else")
        if ".." in server.folder.split("/"):
            raise ValueError("folder must not climb")
        self._server, self._read_back = server, read_back
        self._timeout, self._largest, self._program = timeout, largest, program

    def put(self, path: Path) -> Receipt:
        """Upload, compare, name. Raises RetryLater, NotPermitted, HostKeyChanged, AlreadyThere, ArrivedDamaged …"""
        name, size, digest = checked_name(path.name), path.stat().st_size, digest_of(path)
        there = self._sizes()
        if name in there:
            if there[name] != size or not self._same(name, digest):
                raise AlreadyThere(name)
            return Receipt(name, size, digest, already=True)
        draft = f".{name}.part"
        if 0 < there.get(draft, 0) <= size:
            if there[draft] < size:
                self._run(f"reput {name} {draft}", cwd=path.parent)
            if self._sizes().get(draft) == size and self._same(draft, digest):
                return self._finish(draft, name, Receipt(name, size, digest))
        # nothing there yet, or what was there was not the beginning of this file
        self._run(f"put {name} {draft}", cwd=path.parent)
        if self._sizes().get(draft) != size or not self._same(draft, digest):
            self._run(f"-rm {draft}")
            raise ArrivedDamaged(name)
        return self._finish(draft, name, Receipt(name, size, digest))

    def list(self) -> tuple[Entry, ...]:
        names = ((name, size) for name, size in sorted(self._sizes().items()) if not name.startswith("."))
        return tuple(Entry(name, size) for name, size in names if _is_ours(name))

    def fetch(self, name: str, folder: Path) -> Path:
        size = self._sizes().get(checked_name(name))
        if size is None:
            raise NotThere(f"送り先サーバに {name} がありません。一覧を確認してください。")
        if size > self._largest:
            raise TooBigToFetch(name, size, self._largest)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as place:
            self._run(f"get {name}", cwd=Path(place))
            copy_once(Path(place) / name, folder / name, "取込み先のフォルダ")
        return folder / name

    def _finish(self, draft: str, name: str, receipt: Receipt) -> Receipt:
        try:
            self._run(f"rename -l {draft} {name}")  # -l: the old rename, which never overwrites
        except TransportFailed:
            if name in self._sizes():
                raise AlreadyThere(name) from None
            raise
        return receipt

    def _same(self, name: str, digest: str) -> bool:
        if not self._read_back:
            return True
        with tempfile.TemporaryDirectory(prefix="azukari-") as place:
            self._run(f"get {name} back", cwd=Path(place))
            return digest_of(Path(place) / "back") == digest

    def _sizes(self) -> dict[str, int]:
        found = (_LONG_LIST.match(line) for line in self._run("ls -lan").splitlines())
        return {match[2].removeprefix("./"): int(match[1]) for match in found if match}

    def _run(self, *commands: str, cwd: Path | None = None) -> str:
        script = "\n".join([f"cd {self._server.folder}", *commands]) + "\n"
        try:
            done = subprocess.run(
                self._arguments(),
                input=script,
                capture_output=True,
                cwd=cwd,
                timeout=self._timeout,
                env={**os.environ, "LC_ALL": "C"},
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except FileNotFoundError as error:
            raise NotThere(
                "sftp コマンドが見つかりません。OpenSSH クライアント（openssh-client）を入れてください。"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise RetryLater(
                f"SFTP の送受信が {self._timeout:.0f} 秒以内に終わりませんでした。続きから送れます。"
                "回線を確認し、同じ操作をもう一度実行してください。"
            ) from error
        if done.returncode:
            raise explain(done.stderr)
        return done.stdout

    def _arguments(self) -> Sequence[str]:
        options = {
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": _quoted(self._server.known_hosts),
            "GlobalKnownHostsFile": "none",
            "UpdateHostKeys": "no",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PreferredAuthentications": "publickey",
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "4",
        }
        flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        server = self._server
        host = f"[{server.host}]" if ":" in server.host else server.host
        return [
            self._program, "-F", "none", "-b", "-", *flags,
            "-i", str(server.key_file.resolve()), "-P", str(server.port), f"{server.user}@{host}",
        ]  # fmt: skip


def _quoted(path: Path) -> str:
    return f'"{path.resolve()}"'


def _is_ours(name: str) -> bool:
    try:
        return bool(checked_name(name))
    except UnusableName:
        return False


_REASONS: tuple[tuple[str, type[TransportFailed], str], ...] = (
    (
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Offending .* key",
        HostKeyChanged,
        "送り先サーバの鍵が、登録されている鍵と違います。送信を中止しました。"
        "なりすましのおそれがあります。サーバの管理者に電話などの別の手段で鍵を確かめるまで送らないでください。",
    ),
    (
        r"host key is known for|Host key verification failed",
        HostKeyUnknown,
        "送り先サーバの鍵が登録されていません。管理者から書面などで鍵を受け取り、known_hosts に登録してください。",
    ),
    (
        r"UNPROTECTED PRIVATE KEY FILE|bad permissions",
        NotPermitted,
        "秘密鍵ファイルをほかの利用者も読めるため使えません。所有者だけが読めるように（chmod 600）してください。",
    ),
    (
        r"Permission denied \(|Too many authentication failures|no such identity|Load key .*invalid",
        NotPermitted,
        "送り先サーバにログインできません（鍵が受け付けられません）。鍵ファイルと利用者名を確かめ、"
        "公開鍵の登録をサーバの管理者に依頼してください。",
    ),
    (
        r"No space left|[Qq]uota",
        RetryLater,
        "送り先サーバの空き容量が足りません。サーバの管理者に連絡し、空きができてから同じ操作を実行してください。",
    ),
    (
        r"[Pp]ermission denied",
        NotPermitted,
        "送り先サーバのフォルダを読み書きする権限がありません。サーバの管理者に権限を確認してください。",
    ),
    (
        r"No such file|not found",
        NotThere,
        "送り先サーバに、指定したファイルまたはフォルダがありません。フォルダの設定と一覧を確認してください。",
    ),
    (
        r"[Rr]efused|[Tt]imed? ?out|resolve|unreachable|No route|reset|[Cc]losed|[Bb]roken pipe|not respond",
        RetryLater,
        "送り先サーバに接続できません（または接続が切れました）。途中まで送った分は続きから送れます。"
        "回線を確認し、しばらくしてから同じ操作を実行してください。",
    ),
)


def explain(stderr: str) -> TransportFailed:
    """The exception for what OpenSSH wrote. Its own words are not shown: they name hosts, users and paths."""
    for pattern, kind, message in _REASONS:
        if re.search(pattern, stderr):
            return kind(message)
    return RetryLater(
        "送り先サーバが処理を完了できませんでした（空き容量不足などのおそれがあります）。"
        "サーバの管理者に確認してから、同じ操作をもう一度実行してください。"
    )
