"""No room left while something is written: told in Japanese, nothing half done, and the same act goes on later."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from azukari.custody.gate import password_of
from azukari.custody.models import Handover
from azukari.custody.package_errors import DiskFull as PackageDiskFull
from azukari.custody.transport import RetryLater
from azukari.letters.batches import Batch, DiskFull, render_batches
from azukari.programmes.screening.demo_run import OFFICE, Demo
from azukari.programmes.screening.models import Run
from azukari.programmes.screening.steps import mailing
from azukari.programmes.screening.steps.state import living

from .ward import before, until


class Mounted:
    """A real small file system in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        with (self.folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def make_room(self) -> None:
        (self.folder / "filler").unlink()


class Pretended:
    """Where nobody may mount: flushing a file below the folder fails as a full disk does."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.full, flush = folder, False, os.fsync

        def fsync(handle: int) -> None:
            if self.full and Path(f"/dev/fd/{handle}").resolve().is_relative_to(self.folder):
                raise OSError(errno.ENOSPC, "no space")
            flush(handle)

        monkeypatch.setattr(os, "fsync", fsync)

    def fill(self) -> None:
        self.full = True

    def make_room(self) -> None:
        self.full = False


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mounted | Pretended]:
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield Pretended(folder, monkeypatch)
        return
    try:
        yield Mounted(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "filler"}


def test_printing_keeps_the_batches_that_were_done_and_goes_on_from_there(
    ward: Demo, disk: Mounted | Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = before(ward, "受診券の印字")
    monkeypatch.setattr(mailing, "render_batches", partial(render_batches, batch_size=20))
    folder, done = disk.folder / "vouchers", []

    def on_done(batch: Batch) -> None:
        done.append((batch.number, batch.reused))
        if len(done) == 2:
            disk.fill()

    attempt: dict[str, Any] = {
        "run": run, "folder": folder, "office": OFFICE, "by": ward.who("E001"), "now": ward.at(4, 7), "workers": 0,
    }  # fmt: skip
    with pytest.raises(DiskFull, match="空き容量が足りない"):
        mailing.print_sheets(**attempt, on_done=on_done)
    assert files(folder) == {"00001.pdf", "00001.json", "00002.pdf", "00002.json"}
    assert ward.run.state == Run.State.HANDED
    assert not run.totals.exists()
    assert set(living(run).values_list("state", flat=True)) == {"issued"}

    disk.make_room()
    done.clear()
    pages = mailing.print_sheets(**attempt, on_done=lambda batch: done.append((batch.number, batch.reused)))
    assert pages == ward.handover("①").rows
    assert done[:3] == [(1, True), (2, True), (3, False)]
    assert ward.run.state == Run.State.PRINTED
    assert not [name for name in files(folder) if name.endswith(".part")]


def test_a_package_is_sealed_whole_or_not_at_all(ward: Demo, disk: Mounted | Pretended, settings: Any) -> None:
    until(ward, "委託先データの準備")
    settings.AZUKARI_OUTBOX = disk.folder / "outbox"
    disk.fill()
    with pytest.raises(PackageDiskFull, match="空き容量"):
        ward.seal(lambda done, total: None)
    assert files(disk.folder) == set()
    assert ward.handover("①").state == "prepared"
    disk.make_room()
    until(ward, "委託先の受領確認")
    handover = ward.handover("①")
    assert handover.state == "acknowledged"
    assert files(disk.folder) == {f"outbox/{handover.package_name}"}
    assert password_of(handover)


def test_data_is_prepared_with_its_key_or_not_at_all(ward: Demo, disk: Mounted | Pretended, settings: Any) -> None:
    run = before(ward, "委託先データの準備")
    settings.AZUKARI_KEYS = disk.folder
    mailing.gate.key_store()
    disk.fill()
    with pytest.raises(PackageDiskFull, match="空き容量"):
        ward.prepare(lambda done, total: None)
    assert not Handover.objects.exists()
    assert ward.run.state == Run.State.PROOFED
    assert not [name for name in files(disk.folder) if name.startswith("packages/")]
    disk.make_room()
    ward.prepare(lambda done, total: None)
    assert ward.handover("①").rows == living(run).count()


def test_a_full_exchange_folder_is_told_and_the_same_file_sent_later(
    ward: Demo, disk: Mounted | Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(ward, "放出")
    monkeypatch.setattr(Demo, "exchange_folder", disk.folder)
    disk.fill()
    with pytest.raises(RetryLater, match="空き容量"):
        ward.deliver(lambda done, total: None)
    assert files(disk.folder) == set()
    assert not ward.delivered("package")
    assert ward.handover("①").delivered_at is None
    disk.make_room()
    ward.deliver(lambda done, total: None)
    assert files(disk.folder) == {ward.handover("①").package_name}
    assert ward.delivered("package")
