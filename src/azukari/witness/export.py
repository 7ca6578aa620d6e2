"""Write the log as plain files that ``verifier.py``, and any other tool, can check without azukari."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS

from azukari.witness import audit, checkpoint, keys, log
from azukari.witness.errors import WitnessError
from azukari.witness.models import Checkpoint, Entry, Subject

_CHUNK = 5000


class FolderNotEmpty(WitnessError):
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"書き出し先 {folder} は空ではありません。新しいフォルダーを指定してください。")


@dataclass(frozen=True)
class Exported:
    entries: int
    subjects: int
    checkpoints: int


def export(folder: Path, *, sign: bool = True, using: str = DEFAULT_DB_ALIAS) -> Exported:
    """Sign the log as it stands and write it to a new or empty folder, whose files ``verifier.py`` describes.

    With ``sign=False`` nothing is signed: to save the evidence of a log that no longer keeps its promises. Raises
    FolderNotEmpty, and what ``checkpoint.checkpoint`` raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderNotEmpty(folder)
    if sign:
        checkpoint.checkpoint(using=using)
    with audit.snapshot(using):
        last = checkpoint.latest(using)
        size = last.size if sign and last else log.size(using)
        subjects = 0
        with (folder / "entries.jsonl").open("wb") as lines:
            for entry in Entry.objects.using(using).filter(seq__lt=size).order_by("seq").iterator(_CHUNK):
                lines.write(entry.leaf() + b"\n")
        with (folder / "subjects.txt").open("w", encoding="ascii", newline="\n") as references:
            rows = Subject.objects.using(using).filter(seq__lt=size).order_by("position").values_list("seq", "ref")
            for seq, reference in rows.iterator(_CHUNK):
                references.write(f"{seq} {bytes(reference).hex()}\n")
                subjects += 1
        checkpoints = _write_checkpoints(folder / "checkpoints", using)
    (folder / "verifier-key.txt").write_bytes(f"{keys.verifier()}\n".encode())
    return Exported(size, subjects, checkpoints)


def _write_checkpoints(folder: Path, using: str) -> int:
    folder.mkdir()
    count = 0
    for size, text in Checkpoint.objects.using(using).order_by("size").values_list("size", "text").iterator(_CHUNK):
        (folder / f"{size:012d}.txt").write_bytes(text.encode())
        count += 1
    return count
