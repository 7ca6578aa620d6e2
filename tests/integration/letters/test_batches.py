"""Batches on disk: complete or absent, passed over when there, told when they can't be written."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from azukari.letters import batches
from azukari.letters.batches import Batch, DiskFull, PagesDoNotMatch, RetryLater, render_batches
from azukari.programmes.screening.letters.voucher import TEMPLATE, Voucher, builder
from tests.unit.letters.vouchers import EDITION, vouchers

ROOT = Path(__file__).resolve().parents[3]


def draw(sheets: Sequence[Voucher], folder: Path, workers: int = 0, size: int = 10) -> list[Batch]:
    return render_batches(sheets, folder, template=TEMPLATE, build=builder(EDITION), batch_size=size, workers=workers)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize(("count", "pages"), [(0, []), (9, [9]), (10, [10]), (11, [10, 1]), (25, [10, 10, 5])])
def test_sheets_are_split_in_order_and_every_batch_has_a_page_for_each(
    tmp_path: Path, count: int, pages: list[int]
) -> None:
    people = vouchers(count)
    done = draw(people, tmp_path)
    assert [batch.pages for batch in done] == pages
    assert [batch.first for batch in done] == [1 + 10 * n for n in range(len(pages))]
    texts = [page.extract_text() for batch in done for page in PdfReader(batch.path).pages]
    assert all(person.ticket_number in text for person, text in zip(people, texts, strict=True))


def test_file_names_are_numbers_and_nothing_else_is_left(tmp_path: Path) -> None:
    draw(vouchers(11), tmp_path)
    assert sorted(files(tmp_path)) == ["00001.json", "00001.pdf", "00002.json", "00002.pdf"]


def test_workers_and_this_process_write_the_same_bytes_and_report_every_batch(tmp_path: Path) -> None:
    seen: list[int] = []
    render_batches(
        iter(vouchers(25)), tmp_path / "two", template=TEMPLATE, build=builder(EDITION), batch_size=10, workers=2,
        on_done=lambda batch: seen.append(batch.number),
    )  # fmt: skip
    draw(vouchers(25), tmp_path / "here")
    assert sorted(seen) == [1, 2, 3]
    assert files(tmp_path / "two") == files(tmp_path / "here")


def test_a_second_run_passes_over_what_is_complete(tmp_path: Path) -> None:
    draw(vouchers(25), tmp_path)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert all(batch.reused for batch in draw(vouchers(25), tmp_path))
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("harm", ["cut", "changed", "note lost", "note broken", "pdf lost", "half written"])
def test_a_batch_that_is_not_complete_is_drawn_again_and_the_others_are_not(tmp_path: Path, harm: str) -> None:
    draw(vouchers(25), tmp_path)
    whole = files(tmp_path)
    pdf, note = tmp_path / "00002.pdf", tmp_path / "00002.json"
    match harm:
        case "cut":
            pdf.write_bytes(pdf.read_bytes()[:-100])
        case "changed":
            pdf.write_bytes(pdf.read_bytes() + b" ")
        case "note lost":
            note.unlink()
        case "note broken":
            note.write_text("[]")
        case "pdf lost":
            pdf.unlink()
        case "half written":
            pdf.rename(tmp_path / "00002.pdf.part")
    assert [batch.reused for batch in draw(vouchers(25), tmp_path)] == [True, False, True]
    assert files(tmp_path) == whole


def test_changed_data_are_drawn_again(tmp_path: Path) -> None:
    draw(vouchers(20), tmp_path)
    people = vouchers(20)
    people[15] = vouchers(99)[-1]
    assert [batch.reused for batch in draw(people, tmp_path)] == [True, False]


def test_batches_of_an_earlier_longer_list_do_not_stay_among_the_new_ones(tmp_path: Path) -> None:
    draw(vouchers(25), tmp_path)
    draw(vouchers(10), tmp_path)
    assert sorted(files(tmp_path)) == ["00001.json", "00001.pdf"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_keeps_what_is_done_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 5:
            raise OSError(number, "no room")
        write(descriptor)

    monkeypatch.setattr(batches.os, "fsync", full)
    with pytest.raises(DiskFull) as refusal:
        draw(vouchers(25), tmp_path)
    assert refusal.value.number == 2
    assert "空き" in str(refusal.value)
    assert "再開" in str(refusal.value)
    assert not list(tmp_path.glob("*.part"))
    monkeypatch.undo()
    assert [batch.reused for batch in draw(vouchers(25), tmp_path)] == [True, False, False]


FULL_RUN = """
import sys
from pathlib import Path
from typing import Any
from azukari.letters.batches import DiskFull, render_batches
from azukari.programmes.screening.letters.voucher import TEMPLATE, builder
from tests.unit.letters.vouchers import EDITION, vouchers

if __name__ == "__main__":
    try:
        render_batches(vouchers(2), Path(sys.argv[1]), template=TEMPLATE, build=builder(EDITION), workers=1)
    except DiskFull as refusal:
        sys.exit(100 + refusal.number)
"""


def test_a_full_disk_in_a_worker_is_told_to_the_one_who_waits(tmp_path: Path) -> None:
    """In a process of its own: the limit would also stop this one's output, where that goes to a file."""

    def write_a_page_at_most() -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))

    folder = tmp_path / "out"
    run = script_run(tmp_path, FULL_RUN, str(folder), preexec_fn=write_a_page_at_most)
    assert run.returncode == 101
    assert files(folder) == {}


def script_run(tmp_path: Path, text: str, *given: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    script = tmp_path / "run.py"
    script.write_text(text)
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, str(script), *given], env=environment, check=False, **options)


def test_a_killed_worker_means_try_again(tmp_path: Path) -> None:
    def kill_the_workers(batch: Batch) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()

    with pytest.raises(RetryLater, match="もう一度"):
        render_batches(
            vouchers(60), tmp_path, template=TEMPLATE, build=builder(EDITION), batch_size=10, workers=1,
            on_done=kill_the_workers,
        )  # fmt: skip
    again = draw(vouchers(60), tmp_path)
    assert again[0].reused
    assert len(again) == 6


def test_a_batch_with_another_number_of_pages_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(PagesDoNotMatch) as refusal:
        render_batches(vouchers(3), tmp_path, template=TEMPLATE, build=one_short, workers=0)
    assert (refusal.value.sheets, refusal.value.pages) == (3, 2)
    assert files(tmp_path) == {}


def one_short(sheets: Sequence[Voucher]) -> bytes:
    return builder(EDITION)(sheets[:-1])


def test_no_more_than_a_few_batches_are_read_ahead(tmp_path: Path) -> None:
    taken: list[int] = []
    ahead: list[int] = []

    def source() -> object:
        for number, person in enumerate(vouchers(60)):
            taken.append(number)
            yield person

    render_batches(
        source(), tmp_path, template=TEMPLATE, build=builder(EDITION), batch_size=5, workers=1,  # type: ignore[arg-type]
        on_done=lambda batch: ahead.append(len(taken) - 5 * batch.number),
    )  # fmt: skip
    assert max(ahead) <= 5 * 2


KILLED_RUN = """
import os, signal, sys
from pathlib import Path
from typing import Any
from azukari.letters.batches import render_batches
from azukari.programmes.screening.letters.voucher import TEMPLATE, builder
from tests.unit.letters.vouchers import EDITION, vouchers

done = []

def die(batch):
    done.append(batch)
    if len(done) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    render_batches(
        vouchers(100), Path(sys.argv[1]), template=TEMPLATE, build=builder(EDITION), batch_size=10, on_done=die
    )
"""


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_run_killed_at_any_point_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, after: int) -> None:
    folder = tmp_path / "out"
    killed_run = script_run(tmp_path, KILLED_RUN, str(folder), str(after))
    assert killed_run.returncode == -signal.SIGKILL
    finished = {json.loads(note.read_text())["number"] for note in folder.glob("*.json")}
    assert len(finished) >= after
    done = draw(vouchers(100), folder, size=10)
    assert finished <= {batch.number for batch in done if batch.reused}
    draw(vouchers(100), tmp_path / "never killed", size=10)
    kept = {name: content for name, content in files(folder).items() if not name.endswith(".part")}
    assert kept == files(tmp_path / "never killed")
