"""The long acts of the voucher run as jobs: what screens start and the worker does. Each tells in a sentence what came.

Arguments are numbers, days and reasons that somebody typed about a list; nothing of a person. A file that was uploaded
waits in the state folder and is gone when its job has ended.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from azukari.letters.batches import Batch
from azukari.parties.models import Handler, Organisation
from azukari.web.jobs import JOBS, Tell, Work

from . import figures_work
from .models import Run
from .steps import assess, history, individual, mailing, printed
from .steps.state import handed
from .vouchers import Office

WORKERS = 2


def keep_upload(upload: Any) -> str:
    """Put an uploaded file where the worker finds it; returns the name to hand to the job."""
    folder = uploads()
    name = secrets.token_hex(16)
    with (folder / name).open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return name


def uploads() -> Path:
    """Where an uploaded file waits for its job; made where it is missing."""
    folder = Path(settings.AZUKARI_VAR) / "uploads" / "screening"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def take_history(*, file: str, sha256: str, by: Handler, now: datetime, tell: Tell) -> str:
    path = uploads() / file
    try:
        taken = history.import_history(path=path, sha256=sha256, by=by, now=now)
    finally:
        with suppress(OSError):
            path.unlink()
    return _("受診歴を新しく%(count)s件取り込みました。") % {"count": f"{taken:,}"}


def judge(*, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    run = assess.open_run(fiscal_year=year, by=by, now=now)
    told = _("%(year)s年度の対象者を判定しました（名簿の基準日 %(day)s）。次は、別の人が前年度との差を確かめます。")
    return told % {"year": run.fiscal_year, "day": run.roster.stated_on.isoformat()}


def give_numbers(*, run: int, by: Handler, now: datetime, tell: Tell) -> str:
    count = assess.assign_numbers(run=_run(run), by=by, now=now)
    return _("%(count)s人に番号を付けました。") % {"count": f"{count:,}"}


def prove(*, run: int, by: Handler, now: datetime, tell: Tell) -> str:
    left = assess.prove_glyphs(run=_run(run), by=by, now=now)
    if left:
        return _("判断の要る字が%(count)s件あります。一覧から一件ずつ判断してください。") % {"count": f"{left:,}"}
    return _("判断の要る字はありません。字形の確認を終えられます。")


def prepare(*, run: int, printer: int, history: str, replacements: str, by: Handler, now: datetime, tell: Tell) -> str:
    handover = mailing.hand_over(
        run=_run(run), printer=Organisation.objects.get(pk=printer), history_because=history,
        accept_replacements=replacements, by=by, now=now,
    )  # fmt: skip
    told = _("受渡し %(number)s を準備しました（%(count)s件）。次は、受渡しの画面で封をします。")
    return told % {"number": handover.number, "count": f"{handover.rows:,}"}


def print_sheets(*, run: int, office: str, telephone: str, by: Handler, now: datetime, tell: Tell) -> str:
    chosen = _run(run)
    handover, done = handed(chosen), 0

    def on_done(batch: Batch) -> None:
        nonlocal done
        done += batch.pages
        tell(done, handover.rows)

    pages = mailing.print_sheets(
        run=chosen, folder=printed.sheets_folder(handover), office=office_of(chosen, office, telephone), by=by,
        now=now, workers=WORKERS, on_done=on_done,
    )  # fmt: skip
    return _("%(count)sページを印字しました。作業の画面からファイルを取り出せます。") % {"count": f"{pages:,}"}


def print_own(*, run: int, office: str, telephone: str, by: Handler, now: datetime, tell: Tell) -> str:
    chosen = _run(run)
    folder, sender = printed.own_folder(chosen), office_of(chosen, office, telephone)
    pages = individual.print_own_list(run=chosen, folder=folder, office=sender, by=by, now=now)
    return _("%(count)s枚を印字しました。別の人が数えて発送します。") % {"count": f"{pages:,}"}


def office_of(run: Run, name: str, telephone: str) -> Office:
    """Who sends the vouchers, as printed on them."""
    return Office(ward=run.started_by.organisation.name, name=name, telephone=telephone)


def _run(pk: int) -> Run:
    found = Run.objects.select_related("handover__receiver", "roster", "started_by__organisation")
    return found.get(pk=pk)


JOBS.update(
    {
        "screening.history": Work(take_history),
        "screening.judge": Work(judge),
        "screening.numbers": Work(give_numbers),
        "screening.proof": Work(prove),
        "screening.hand_over": Work(prepare),
        "screening.print": Work(print_sheets),
        "screening.own_list": Work(print_own),
    }
)
JOBS.update(figures_work.WORKS)
