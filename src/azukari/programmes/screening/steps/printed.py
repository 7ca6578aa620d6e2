"""Where drawn sheets lie, and taking them out: each time looked at as a disclosure, and logged before it is given.

The printer's lie in the handover's working folder and go when that is erased. The ward's own go when they were posted.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from azukari.custody import gate
from azukari.custody.models import READABLE, Handover
from azukari.custody.working import working_folder
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import Run, Sheet, Voucher
from .mailing import on_paper
from .state import PROGRAMME, handed, living

GONE_OR_NEVER = "このファイルはありません。返却・消去したか、まだ印字していません。作業の画面を開き直してください。"


@dataclass(frozen=True)
class PrintedFile:
    """One finished PDF. ``first``: place of its first sheet in the printing order, from 1."""

    number: int
    first: int
    pages: int
    digest: str

    @property
    def last(self) -> int:
        return self.first + self.pages - 1


def sheets_folder(handover: Handover) -> Path:
    return working_folder(handover) / "sheets"


def reprints_folder(handover: Handover) -> Path:
    return working_folder(handover) / "reprints"


def own_folder(run: Run) -> Path:
    return _ward_folder(run) / "own"


def late_folder(run: Run) -> Path:
    return _ward_folder(run) / "late"


def _ward_folder(run: Run) -> Path:
    return Path(settings.AZUKARI_VAR) / "print" / settings.AZUKARI_HOME / f"{PROGRAMME}-{run.fiscal_year}"


def drop_own(run: Run) -> None:
    """The ward's own list was posted: its files are not needed any more."""
    shutil.rmtree(own_folder(run), ignore_errors=True)


def drop_all_of_the_ward(run: Run) -> None:
    """The run is closed: nothing that was drawn here stays."""
    shutil.rmtree(_ward_folder(run), ignore_errors=True)


def files_in(folder: Path) -> list[PrintedFile]:
    """What is complete in a folder, by the note beside each PDF."""
    found = []
    for note in sorted(folder.glob("[0-9]" * 5 + ".json")):
        with suppress(OSError, ValueError, KeyError):
            told = json.loads(note.read_bytes())
            found.append(PrintedFile(int(note.stem), int(told["first"]), int(told["pages"]), str(told["pdf_sha256"])))
    return found


def take_sheets(*, run: Run, number: int, by: Handler, now: datetime) -> bytes:
    """The printer takes out one file of sheets, while it holds what they were drawn from."""
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        handover = _held(run, by, now)
        file = next((f for f in files_in(sheets_folder(handover)) if f.number == number), None)
        if file is None:
            raise NotPermitted(GONE_OR_NEVER)
        record(
            purpose="印字した帳票のファイルの取出し",
            items=on_paper(run),
            subjects=_subjects(run, file),
            handover=handover.number,
            file=number,
        )
        return _read(sheets_folder(handover) / f"{number:05d}.pdf")


def take_reprint(*, sheet: Sheet, by: Handler, now: datetime) -> bytes:
    """The printer takes out a sheet that was drawn again."""
    run = sheet.voucher.run
    with acting(by=by, act="data.read", now=now, programme=PROGRAMME) as record:
        handover = _held(run, by, now)
        record(
            purpose="再印字した帳票のファイルの取出し",
            items=on_paper(run),
            subjects=[bytes.fromhex(sheet.voucher.reference)],
            handover=handover.number,
            code=sheet.code,
        )
        return _read(reprints_folder(handover) / sheet.code / "00001.pdf")


def take_own(*, run: Run, number: int, by: Handler, now: datetime) -> bytes:
    """The ward takes out a file of its own list (支援措置, individually made)."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        own = living(run, Voucher.Channel.WARD).values_list("voucher__reference", flat=True)
        record(
            purpose="区の直接送付分のファイルの取出し",
            items=on_paper(run),
            subjects=[bytes.fromhex(reference) for reference in own],
            fiscal_year=run.fiscal_year,
        )
        return _read(own_folder(run) / f"{number:05d}.pdf")


def take_late(*, sheet: Sheet, by: Handler, now: datetime) -> bytes:
    """The ward takes out a late voucher after it was released."""
    run = sheet.voucher.run
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        record(
            purpose="年度途中の受診券のファイルの取出し",
            items=on_paper(run),
            subjects=[bytes.fromhex(sheet.voucher.reference)],
            fiscal_year=run.fiscal_year,
        )
        return _read(late_folder(run) / sheet.code / "00001.pdf")


def _held(run: Run, by: Handler, now: datetime) -> Handover:
    handover = handed(run)
    if handover.receiver_id != by.organisation_id or handover.state not in READABLE:
        raise NotPermitted(GONE_OR_NEVER)
    gate.require_items(
        programme=PROGRAMME,
        party=handover.receiver_party,
        items=on_paper(run),
        direction=Direction.HANDLED,
        on=localdate(now),
    )
    return handover


def _subjects(run: Run, file: PrintedFile) -> list[bytes]:
    """Whose sheets are in a file: the printing order is the sequence, and a reprint keeps its place in it."""
    order = living(run).order_by("sequence").values_list("voucher__reference", flat=True)
    return [bytes.fromhex(reference) for reference in order[file.first - 1 : file.last]]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise NotPermitted(GONE_OR_NEVER) from None
