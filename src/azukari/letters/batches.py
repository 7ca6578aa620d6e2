"""Prints many sheets: batches of a few hundred pages, drawn by worker processes, each written whole or not at all.

A run may be killed at any moment. What counts is the pair of files of a batch: ``00001.pdf``, and beside it
``00001.json`` with the digests of what went in and what came out. When both agree, the batch is passed over on the next
run; else it is drawn again. Input and drawing are deterministic, so the second run's files are the first one's, byte
for byte. File names carry a number and nothing else.
"""

from __future__ import annotations

import errno
import hashlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

from azukari.letters.typst import ROOT, TEMPLATES, count_pages, font_set, release_memory, render_pdf, template_path
from azukari.vocabulary.refusal import Refusal

Sheet = TypeVar("Sheet")

#: Measured: below 200 the start of each document shows, and more wins nothing.
BATCH_SIZE = 500
#: The typesetter remembers about 75 MiB of each such batch; a worker stays below 500 MiB.
_RELEASE_EVERY = 5
_drawn_here = count(1)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskFull(Refusal, OSError):
    """There is no room for a batch. ``number``: the batch; what was finished before stays. Make room, run again."""

    def __init__(self, number: int) -> None:
        super().__init__(errno.ENOSPC, "disk full")
        self.number = number

    def __reduce__(self) -> tuple[type[DiskFull], tuple[int]]:
        return DiskFull, (self.number,)

    def __str__(self) -> str:
        return (
            f"保存先の空き容量が足りないため、{self.number}番目の束を書き込めませんでした。"
            "できあがった束はそのまま残っています。空きを作ってからもう一度実行すると、続きから再開します。"
        )


class RetryLater(Refusal, RuntimeError):
    """A worker process disappeared (killed, or out of memory). What was finished stays; run again."""

    def __str__(self) -> str:
        return (
            "印刷データを作成する処理が途中で止められました（メモリ不足又は強制終了）。"
            "できあがった束はそのまま残っています。もう一度実行すると、続きから再開します。"
        )


class PagesDoNotMatch(RuntimeError):
    """A batch came out with another number of pages than sheets; it was not kept."""

    def __init__(self, number: int, sheets: int, pages: int) -> None:
        super().__init__(number, sheets, pages)
        self.number, self.sheets, self.pages = number, sheets, pages

    def __str__(self) -> str:
        return (
            f"{self.number}番目の束は{self.sheets}人分なのに{self.pages}ページになりました。この束は保存していません。"
            "帳票の様式が1人1枚に収まるかを確かめてください。"
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """One finished PDF. ``first``: number (from 1) of its first sheet in the run; digests are SHA-256 in hex."""

    number: int
    path: Path
    first: int
    pages: int
    input_digest: str
    pdf_digest: str
    reused: bool


def render_batches(
    sheets: Iterable[Sheet],
    out_dir: Path,
    *,
    template: str | Path,
    build: Callable[[Sequence[Sheet]], bytes],
    fonts: Sequence[Path | str] = (),
    batch_size: int = BATCH_SIZE,
    workers: int = 2,
    pages_per_sheet: int = 1,
    on_done: Callable[[Batch], None] | None = None,
) -> list[Batch]:
    """Draw ``sheets`` into ``out_dir/00001.pdf`` …, in their order; pass over what is there already and unchanged.

    Reads at most ``workers + 1`` batches ahead, so an iterator over 150,000 people costs no more memory than one over
    2,000. The order and content of ``sheets`` must be the same when a run is repeated.

    :param build: turns a batch into the template's JSON; called here, while the workers draw the batches before.
    :param workers: processes; 0 draws in this one (a single late sheet).
    :param on_done: called in this process for each batch, as it gets done (not in order); for progress.
    :returns: all batches by number.
    :raises DiskFull, RetryLater: run again later, finished batches are kept.
    :raises PagesDoNotMatch: not one page each.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    font_set(fonts)  # A wrong folder should be told here, not by a worker.
    for leftover in out_dir.glob("*.part"):
        leftover.unlink(missing_ok=True)
    frozen = tuple(str(folder) for folder in fonts)
    drawing = _Drawing(str(out_dir), str(template_path(template)), frozen, pages_per_sheet)
    done: list[Batch] = []
    for batch in _drawn(drawing, build, _numbered(sheets, batch_size), workers):
        done.append(batch)
        if on_done is not None:
            on_done(batch)
    done.sort(key=lambda batch: batch.number)
    _drop_surplus(out_dir, len(done))
    return done


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What a worker has to know; the same for all batches of a run."""

    out_dir: str
    template: str
    fonts: tuple[str, ...]
    pages_per_sheet: int


def _numbered(sheets: Iterable[Sheet], size: int) -> Iterator[tuple[int, int, list[Sheet]]]:
    if size < 1:
        raise ValueError("束の大きさは1以上にしてください。")
    rest = iter(sheets)
    number, first = 1, 1
    while batch := list(islice(rest, size)):
        yield number, first, batch
        number, first = number + 1, first + len(batch)


def _drawn(
    drawing: _Drawing,
    build: Callable[[Sequence[Any]], bytes],
    batches: Iterator[tuple[int, int, list[Any]]],
    workers: int,
) -> Iterator[Batch]:
    """Input is built here while the workers draw: the typesetter uses every core, Python only one."""
    if workers == 0:
        for number, first, sheets in batches:
            yield _draw(drawing, number, first, len(sheets), build(sheets))
        return
    # Spawned: a forked worker inherits the typesetter's threads as locks that nobody will ever open, and hangs.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_with_parent)
    running: set[Future[Batch]] = set()
    try:
        for _ in range(workers):  # they start while the first batches are built
            pool.submit(_make, drawing.template, drawing.fonts)
        for number, first, sheets in batches:
            running.add(pool.submit(_draw, drawing, number, first, len(sheets), build(sheets)))
            if len(running) > workers:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    except BrokenProcessPool:
        raise RetryLater from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _draw(drawing: _Drawing, number: int, first: int, count: int, data: bytes) -> Batch:
    path = Path(drawing.out_dir) / f"{number:05d}.pdf"
    digest = hashlib.sha256(_make(drawing.template, drawing.fonts) + data).hexdigest()
    pages = count * drawing.pages_per_sheet
    kept = _kept(path, digest, pages)
    if kept is not None:
        return Batch(number, path, first, pages, digest, kept, reused=True)
    pdf = render_pdf(Path(drawing.template), data, drawing.fonts)
    if next(_drawn_here) % _RELEASE_EVERY == 0:
        release_memory()
    if count_pages(pdf) != pages:
        raise PagesDoNotMatch(number, count, count_pages(pdf))
    pdf_digest = hashlib.sha256(pdf).hexdigest()
    note = {"number": number, "first": first, "pages": pages, "input_sha256": digest, "pdf_sha256": pdf_digest}
    try:
        # The note last: without it, or with an older one, the PDF does not count.
        _write_whole(path, pdf)
        _write_whole(path.with_suffix(".json"), json.dumps(note, sort_keys=True).encode())
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise DiskFull(number) from None
        raise
    return Batch(number, path, first, pages, digest, pdf_digest, reused=False)


def _kept(path: Path, digest: str, pages: int) -> str | None:
    """The digest of a PDF that is complete and made from the same input, else None."""
    try:
        note = json.loads(path.with_suffix(".json").read_bytes())
        if note["input_sha256"] != digest or note["pages"] != pages:
            return None
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        return found if found == note["pdf_sha256"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_whole(path: Path, content: bytes) -> None:
    """All of ``content`` under ``path``, on the disk, or nothing: a crash leaves the old file or none."""
    # With the process's number: a worker of a killed run may still be at it.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _drop_surplus(out_dir: Path, count: int) -> None:
    """Batches of an earlier, longer list would be printed with the rest."""
    for path in out_dir.glob("[0-9]" * 5 + ".*"):
        if path.suffix in {".pdf", ".json"} and int(path.stem) > count:
            path.unlink(missing_ok=True)


@lru_cache(maxsize=8)
def _make(template: str, fonts: tuple[str, ...]) -> bytes:
    """Digest of everything besides the data that decides what a page looks like."""
    digest = hashlib.sha256(version("typst").encode())
    for source in (*sorted(Path(template).parent.glob("*.typ")), TEMPLATES / "common.typ"):
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    digest.update(os.path.relpath(template, ROOT).encode())
    for face in font_set(fonts).faces:
        digest.update(f"{face.family}\0{face.index}\0".encode())
        digest.update(_file_digest(face.path))
    return digest.digest()


@lru_cache(maxsize=64)
def _file_digest(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
