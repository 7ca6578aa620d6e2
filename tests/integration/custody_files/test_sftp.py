"""SFTP against a real OpenSSH server that the tests start on the loopback address with keys of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from azukari.custody.sftp import SftpServer, SftpTransport
from azukari.custody.transport import (
    AlreadyThere,
    ArrivedDamaged,
    Entry,
    HostKeyChanged,
    HostKeyUnknown,
    NotPermitted,
    NotThere,
    RetryLater,
    TooBigToFetch,
)
from tests.integration.custody_files.packages import run

NAME = "AZ-2025-000123.zip"
CONTENT = bytes(range(256)) * 4000


@dataclass(frozen=True)
class Running:
    server: SftpServer
    inbox: Path


def _key(path: Path) -> str:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path)
    return path.with_suffix(".pub").read_text().strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert sshd, "sshd is missing: apt-get install openssh-server (this test needs a real server and is never skipped)"
    place = tmp_path_factory.mktemp("sshd")
    inbox = place / "files" / "inbox"
    inbox.mkdir(parents=True)
    host_public, client_public = _key(place / "host"), _key(place / "client")
    (place / "authorized_keys").write_text(client_public + "\n")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd wants its privilege separation
    port = _free_port()
    (place / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place / 'host'}\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {place / 'authorized_keys'}\nPermitRootLogin yes\nPasswordAuthentication no\n"
        f"KbdInteractiveAuthentication no\nSubsystem sftp internal-sftp\nForceCommand internal-sftp -d {place / 'files'}\n"
        "AllowTcpForwarding no\nX11Forwarding no\nMaxStartups 50\nLogLevel INFO\n"
    )
    known = place / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {host_public}\n")
    command = [sshd, "-D", "-e", "-f", str(place / "sshd_config")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:  # ends when sshd does
            said += line
            if "Server listening" in line:
                break
        else:
            raise AssertionError(f"sshd did not start: {said}")
        try:
            server = SftpServer("127.0.0.1", getpass.getuser(), place / "client", known, "inbox", port)
            yield Running(server, inbox)
        finally:
            process.terminate()


@pytest.fixture
def inbox(running: Running) -> Iterator[Path]:
    yield running.inbox
    for path in running.inbox.iterdir():
        path.unlink()


@pytest.fixture
def transport(running: Running) -> SftpTransport:
    return SftpTransport(running.server, timeout=60)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "送付 用" / NAME
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path


def test_a_file_arrives_whole_under_its_name_only(transport: SftpTransport, inbox: Path, package: Path) -> None:
    receipt = transport.put(package)
    assert (receipt.name, receipt.size, receipt.already) == (NAME, len(CONTENT), False)
    assert [path.name for path in inbox.iterdir()] == [NAME]
    assert (inbox / NAME).read_bytes() == CONTENT
    assert transport.list() == (Entry(NAME, len(CONTENT)),)


def test_a_file_can_be_fetched_and_an_absent_one_is_told(transport: SftpTransport, inbox: Path, tmp_path: Path) -> None:
    (inbox / NAME).write_bytes(CONTENT)
    assert transport.fetch(NAME, tmp_path).read_bytes() == CONTENT
    with pytest.raises(NotThere):
        transport.fetch("AZ-2025-000999.zip", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize(("over", "fetched"), [(-1, True), (0, True), (1, False)])
def test_a_file_that_is_too_big_is_not_fetched(
    running: Running, inbox: Path, tmp_path: Path, over: int, fetched: bool
) -> None:
    (inbox / NAME).write_bytes(bytes(100 + over))
    transport = SftpTransport(running.server, largest=100)
    if fetched:
        assert transport.fetch(NAME, tmp_path).stat().st_size == 100 + over
    else:
        with pytest.raises(TooBigToFetch):
            transport.fetch(NAME, tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_putting_again_finds_the_file_there(transport: SftpTransport, inbox: Path, package: Path) -> None:
    transport.put(package)
    assert transport.put(package).already


@pytest.mark.parametrize("other", [b"other", bytes(len(CONTENT))], ids=["another size", "the same size"])
def test_another_file_is_never_overwritten(transport: SftpTransport, inbox: Path, package: Path, other: bytes) -> None:
    (inbox / NAME).write_bytes(other)
    with pytest.raises(AlreadyThere):
        transport.put(package)
    assert (inbox / NAME).read_bytes() == other


def test_the_last_rename_does_not_overwrite_either(transport: SftpTransport, inbox: Path) -> None:
    (inbox / f".{NAME}.part").write_bytes(b"ours")
    (inbox / NAME).write_bytes(b"theirs")
    with pytest.raises(AlreadyThere):
        transport._finish(f".{NAME}.part", NAME, None)  # type: ignore[arg-type]
    assert (inbox / NAME).read_bytes() == b"theirs"


@pytest.mark.parametrize("arrived", [1, 500_000, len(CONTENT)])
def test_a_broken_upload_is_taken_up_where_it_stopped(
    transport: SftpTransport, inbox: Path, package: Path, arrived: int
) -> None:
    (inbox / f".{NAME}.part").write_bytes(CONTENT[:arrived])
    transport.put(package)
    assert (inbox / NAME).read_bytes() == CONTENT
    assert [path.name for path in inbox.iterdir()] == [NAME]


@pytest.mark.parametrize("rest", [b"something else", bytes(len(CONTENT) + 5)], ids=["shorter", "longer"])
def test_a_rest_that_is_not_the_beginning_of_this_file_is_replaced(
    transport: SftpTransport, inbox: Path, package: Path, rest: bytes
) -> None:
    (inbox / f".{NAME}.part").write_bytes(rest)
    transport.put(package)
    assert (inbox / NAME).read_bytes() == CONTENT


def test_only_finished_packages_are_listed(transport: SftpTransport, inbox: Path) -> None:
    for name in (f".{NAME}.part", "AZ-2025-000001.zip.part", "山田 太郎.csv", "AZ-2025-000002.zip.age"):
        (inbox / name).write_bytes(b"x")
    (inbox / "AZ-2025-000003.zip").symlink_to("/etc/passwd")
    (inbox / "AZ-2025-000004.zip").mkdir()
    try:
        assert transport.list() == (Entry("AZ-2025-000002.zip.age", 1),)
    finally:
        (inbox / "AZ-2025-000004.zip").rmdir()


def test_what_arrived_damaged_is_removed_and_told(
    transport: SftpTransport, inbox: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_same", lambda *_: False)
    with pytest.raises(ArrivedDamaged):
        transport.put(package)
    assert list(inbox.iterdir()) == []


def test_a_changed_host_key_stops_everything(running: Running, tmp_path: Path, package: Path, inbox: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{running.server.port} {_key(tmp_path / 'imposter')}\n")
    with pytest.raises(HostKeyChanged, match="なりすまし"):
        SftpTransport(replace(running.server, known_hosts=known)).put(package)
    assert list(inbox.iterdir()) == []


def test_an_unknown_host_key_is_not_accepted_silently(running: Running, tmp_path: Path, package: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text("")
    with pytest.raises(HostKeyUnknown):
        SftpTransport(replace(running.server, known_hosts=known)).put(package)
    assert known.read_text() == ""


def test_a_key_that_the_server_does_not_know_is_not_permitted(running: Running, tmp_path: Path) -> None:
    _key(tmp_path / "stranger")
    with pytest.raises(NotPermitted, match="ログイン"):
        SftpTransport(replace(running.server, key_file=tmp_path / "stranger")).list()


def test_a_key_file_that_others_can_read_is_not_used(running: Running, tmp_path: Path) -> None:
    shutil.copy(running.server.key_file, tmp_path / "client")
    (tmp_path / "client").chmod(0o644)
    with pytest.raises(NotPermitted, match="chmod 600"):
        SftpTransport(replace(running.server, key_file=tmp_path / "client")).list()


def test_a_server_that_is_down_means_retry_later(running: Running) -> None:
    with pytest.raises(RetryLater, match="しばらくしてから"):
        SftpTransport(replace(running.server, port=_free_port())).list()


def test_an_absent_folder_on_the_server_is_told(running: Running) -> None:
    with pytest.raises(NotThere, match="フォルダ"):
        SftpTransport(replace(running.server, folder="nowhere")).list()


def test_a_server_that_does_not_answer_in_time_means_retry_later(running: Running) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mute = replace(running.server, port=int(silent.getsockname()[1]))
        with pytest.raises(RetryLater, match="同じ操作"):
            SftpTransport(mute, timeout=0.3).list()


def test_a_missing_client_says_what_to_install(running: Running) -> None:
    with pytest.raises(NotThere, match="openssh-client"):
        SftpTransport(running.server, program="sftp-that-is-not-there").list()
