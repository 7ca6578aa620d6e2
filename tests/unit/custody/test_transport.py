from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from azukari.custody.sftp import SftpServer, SftpTransport, explain
from azukari.custody.transport import (
    AlreadyThere,
    ArrivedDamaged,
    DirectoryTransport,
    Disc,
    DiscFolder,
    DiscTooSmall,
    Entry,
    HostKeyChanged,
    HostKeyUnknown,
    NotPermitted,
    NotThere,
    RetryLater,
    TransportFailed,
    UnusableName,
)

NAME = "AZ-2025-000123.zip"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "out" / NAME
    path.parent.mkdir()
    path.write_bytes(b"sealed bytes")
    return path


@pytest.fixture
def exchange(tmp_path: Path) -> Path:
    (tmp_path / "exchange").mkdir()
    return tmp_path / "exchange"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_put_is_listed_and_can_be_fetched(package: Path, exchange: Path, tmp_path: Path) -> None:
    transport = DirectoryTransport(exchange)
    receipt = transport.put(package)
    assert (receipt.name, receipt.size, receipt.already) == (NAME, 12, False)
    assert transport.list() == (Entry(NAME, 12),)
    (tmp_path / "in").mkdir()
    assert transport.fetch(NAME, tmp_path / "in").read_bytes() == b"sealed bytes"
    assert names(exchange) == [NAME]


def test_putting_the_same_file_twice_is_harmless(package: Path, exchange: Path) -> None:
    first, second = DirectoryTransport(exchange).put(package), DirectoryTransport(exchange).put(package)
    assert (first.sha256, second.already) == (second.sha256, True)


@pytest.mark.parametrize("other", [b"sealed bytez", b"sealed byte", b""])
def test_another_file_of_that_name_is_never_overwritten(package: Path, exchange: Path, other: bytes) -> None:
    (exchange / NAME).write_bytes(other)
    with pytest.raises(AlreadyThere, match="上書きはしません"):
        DirectoryTransport(exchange).put(package)
    assert (exchange / NAME).read_bytes() == other


def test_a_file_that_appears_in_the_last_moment_is_not_overwritten(
    package: Path, exchange: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"other")
        raise FileExistsError(target)

    monkeypatch.setattr("azukari.custody.transport.os.link", taken)
    with pytest.raises(AlreadyThere):
        DirectoryTransport(exchange).put(package)
    assert names(exchange) == [NAME]


@pytest.mark.parametrize("taken", [False, True])
def test_a_share_without_hard_links_is_served_by_renaming(
    package: Path, exchange: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    def unsupported(source: Path, target: Path) -> None:
        if taken:
            Path(target).write_bytes(b"other")
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr("azukari.custody.transport.os.link", unsupported)
    if taken:
        with pytest.raises(AlreadyThere):
            DirectoryTransport(exchange).put(package)
    else:
        DirectoryTransport(exchange).put(package)
    assert (exchange / NAME).read_bytes() == (b"other" if taken else b"sealed bytes")
    assert names(exchange) == [NAME]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOSPC, RetryLater),
        (errno.EDQUOT, RetryLater),
        (errno.EIO, RetryLater),
        (errno.EACCES, NotPermitted),
        (errno.EROFS, NotPermitted),
        (errno.ENOENT, NotThere),
    ],
)
def test_a_failure_while_writing_leaves_nothing_and_can_be_repeated(
    package: Path, exchange: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[TransportFailed]
) -> None:
    def failing(_: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr("azukari.custody.transport.os.fsync", failing)
        with pytest.raises(kind, match="。"):
            DirectoryTransport(exchange).put(package)
    assert names(exchange) == []
    assert not DirectoryTransport(exchange).put(package).already


def test_half_written_hidden_and_linked_files_are_not_listed(exchange: Path) -> None:
    for name in (".AZ-2025-000001.zip.part", "AZ-2025-000001.zip.part", ".hidden", "山田太郎.csv"):
        (exchange / name).write_bytes(b"x")
    (exchange / "AZ-2025-000002.zip").symlink_to("/etc/passwd")
    assert DirectoryTransport(exchange).list() == ()


@pytest.mark.parametrize(
    "name", ["../x.zip", "a/b.zip", "/etc/passwd", "", ".x", "山田.zip", "a b.zip", "a.part", "a\n.zip", "-rf"]
)
def test_a_name_that_could_mean_something_else_is_refused(exchange: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UnusableName):
        DirectoryTransport(exchange).fetch(name, tmp_path)
    with pytest.raises(UnusableName):
        DiscFolder(exchange, Disc.CD_R, sender="見本区", receiver="見本印刷").fetch(name, tmp_path)


def test_a_link_in_the_exchange_folder_is_not_followed(exchange: Path, tmp_path: Path) -> None:
    (exchange / NAME).symlink_to("/etc/passwd")
    with pytest.raises(NotThere):
        DirectoryTransport(exchange).fetch(NAME, tmp_path)


def test_an_absent_folder_or_file_is_told(package: Path, exchange: Path, tmp_path: Path) -> None:
    with pytest.raises(NotThere, match="設定"):
        DirectoryTransport(tmp_path / "nowhere").put(package)
    with pytest.raises(NotThere, match="一覧"):
        DirectoryTransport(exchange).fetch(NAME, tmp_path)


# --- discs -----------------------------------------------------------------------------------------------------------


def disc(folder: Path, kind: Disc = Disc.CD_R) -> DiscFolder:
    return DiscFolder(folder, kind, sender="見本区", receiver="見本印刷")


def test_a_disc_folder_holds_the_package_its_checksums_and_a_label(package: Path, tmp_path: Path) -> None:
    burn = disc(tmp_path / "burn")
    burn.put(package)
    assert names(tmp_path / "burn") == [NAME, "LABEL.txt", "SHA256SUMS"]
    assert burn.list() == (Entry(NAME, 12),)
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "burn", capture_output=True, check=False)
    assert done.returncode == 0


def test_the_label_tells_number_parties_and_count_and_no_programme(package: Path, tmp_path: Path) -> None:
    burn = disc(tmp_path / "burn", Disc.DVD_R)
    burn.put(package)
    label = burn.label_text((1, 2))
    assert label.startswith(
        "DVD-R　1／2枚\r\n送付元　見本区\r\n送付先　見本印刷\r\n受渡し番号　AZ-2025-000123　12バイト\r\n"
    )
    assert "screening" not in label
    assert "検診" not in label


def test_a_disc_that_came_in_is_checked_against_its_list(package: Path, tmp_path: Path) -> None:
    burn = disc(tmp_path / "burn")
    burn.put(package)
    (tmp_path / "in").mkdir()
    assert burn.fetch(NAME, tmp_path / "in").read_bytes() == b"sealed bytes"
    (tmp_path / "burn" / NAME).write_bytes(b"sealed bytez")
    (tmp_path / "in2").mkdir()
    with pytest.raises(ArrivedDamaged):
        burn.fetch(NAME, tmp_path / "in2")
    assert names(tmp_path / "in2") == []


@pytest.mark.parametrize(("over", "fits"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("kind", list(Disc))
def test_a_disc_takes_what_fits_and_no_sector_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Disc, over: int, fits: bool
) -> None:
    room = kind.capacity - (2 << 20)
    copied: list[Path] = []
    monkeypatch.setattr("azukari.custody.transport.copy_once", lambda source, *_: copied.append(source))
    path = tmp_path / NAME
    with path.open("wb") as file:
        file.truncate(room + over)  # a sparse file
    if fits:
        disc(tmp_path / "burn", kind).put(path)
    else:
        with pytest.raises(DiscTooSmall, match="分けて"):
            disc(tmp_path / "burn", kind).put(path)
    assert bool(copied) is fits


def test_the_capacities_are_those_of_the_discs() -> None:
    assert Disc.CD_R.capacity == 737_280_000
    assert Disc.DVD_R.capacity == 4_707_319_808


# --- what OpenSSH says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", HostKeyChanged),
        ("No ED25519 host key is known for h and you have requested strict checking.", HostKeyUnknown),
        ("user@h: Permission denied (publickey).", NotPermitted),
        ("WARNING: UNPROTECTED PRIVATE KEY FILE!\nuser@h: Permission denied (publickey).", NotPermitted),
        ('dest open "/x": Permission denied', NotPermitted),
        ("ssh: connect to host h port 22: Connection refused", RetryLater),
        ("ssh: connect to host h port 22: Connection timed out", RetryLater),
        ("ssh: Could not resolve hostname h: Name or service not known", RetryLater),
        ("client_loop: send disconnect: Broken pipe", RetryLater),
        ('write remote "/x": Failure', RetryLater),
        ('write remote "/x": No space left on device', RetryLater),
        ('File "/x" not found.', NotThere),
        ("", RetryLater),
    ],
)
def test_what_openssh_says_becomes_what_to_do(said: str, kind: type[TransportFailed]) -> None:
    failure = explain(said)
    assert type(failure) is kind
    assert str(failure).endswith("。")
    assert "h port" not in str(failure)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "-oProxyCommand=x"},
        {"host": "a b"},
        {"user": "-x"},
        {"user": "a b"},
        {"folder": "a\nrm x"},
        {"folder": "../x"},
        {"folder": "a b"},
    ],
)
def test_settings_that_sftp_would_read_as_something_else_are_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    fields = {"host": "h", "user": "u", "folder": "in", "key_file": tmp_path, "known_hosts": tmp_path, **wrong}
    with pytest.raises(ValueError, match="folder"):
        SftpTransport(SftpServer(**fields))  # type: ignore[arg-type]
