"""Taking in and accepting results as jobs: a year's delivery takes longer than a page may. Arguments name nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from azukari.custody.models import Handover
from azukari.examinations.hc08 import NoSchemas, Schemas
from azukari.letters.batches import Batch
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler, Organisation
from azukari.people.guard import read_bytes
from azukari.web.jobs import JOBS, Tell, Work

from . import result_documents
from .checkup_xml import read_documents
from .models import FollowUpLetter, ResultBatch
from .steps import follow_up_files, follow_up_letters, paper, results_in
from .vouchers import Office
from .work import uploads

TOLD_EVERY = 100


def take_csv(*, file: str, sha256: str, organisation: int, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    path = uploads() / file
    try:
        batch = results_in.take_csv(
            data=_read(path), sha256=sha256, organisation=Organisation.objects.get(pk=organisation), fiscal_year=year,
            by=by, now=now,
        )  # fmt: skip
    finally:
        _drop(path)
    return taken(batch)


def _read(path: Path) -> bytes:
    if not path.exists():
        raise NotPermitted(_("受け取ったファイルは、もうありません。もう一度ファイルを選んでください。"))
    return read_bytes(path)


def take_xml(*, file: str, organisation: int, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    """Every document of an uploaded archive; what is not about persons is left aside and counted."""
    path = uploads() / file
    try:
        if not path.exists():
            raise NotPermitted(_("受け取ったファイルは、もうありません。もう一度ファイルを選んでください。"))
        batch, aside = _taken_xml(path, Organisation.objects.get(pk=organisation), year, by, now, tell)
    finally:
        _drop(path)
    told = taken(batch)
    if aside:
        told += _("個人の健診結果でないファイル%(count)s件は読んでいません。") % {"count": f"{aside:,}"}
    return told


def _taken_xml(
    path: Path, organisation: Organisation, year: int, by: Handler, now: datetime, tell: Tell
) -> tuple[ResultBatch, int]:
    try:
        schemas = Schemas.load(settings.AZUKARI_XSD)
    except NoSchemas as why:  # where they should lie is for the administrator, not for this screen
        raise NotPermitted(
            "国のスキーマ（XSD）を読めないため、健診 XML は受け入れません。"
            "管理者に AZUKARI_XSD の設定を依頼してください。"
        ) from why
    found = result_documents.look_into(path)
    digest = hashlib.sha256()

    def each() -> Iterator[tuple[str, bytes]]:
        for place, (name, data) in enumerate(result_documents.documents(path, found)):
            digest.update(hashlib.sha256(data).digest())
            if place % TOLD_EVERY == 0:
                tell(place, len(found.names))
            yield name, data

    read = read_documents(each(), schemas)
    batch = results_in.take_stated(
        kind=ResultBatch.Kind.XML, stated=read.rows, wrong=read.wrong, sha256=digest.hexdigest(),
        organisation=organisation, fiscal_year=year, by=by, now=now,
    )  # fmt: skip
    return batch, found.aside


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def take_handover(*, handover: str, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    found = Handover.objects.select_related("sender", "receiver").get(number=handover)
    return taken(paper.take_delivery(handover=found, fiscal_year=year, by=by, now=now))


def taken(batch: ResultBatch) -> str:
    told = _(
        "納品 No.%(no)s として%(rows)s件を受け入れました。まだ1件も採用していません。問題の内訳を確かめてください。"
    )
    return told % {"no": batch.pk, "rows": f"{batch.rows:,}"}


def accept_clean(*, batch: int, by: Handler, now: datetime, tell: Tell) -> str:
    done = results_in.accept_clean(batch=_batch(batch), by=by, now=now)
    return accepted(done)


def accepted(number: int) -> str:
    return _("%(count)s件を採用しました。") % {"count": f"{number:,}"}


def recheck(*, batch: int, by: Handler, now: datetime, tell: Tell) -> str:
    return rechecked(results_in.recheck(batch=_batch(batch), by=by, now=now))


def rechecked(counts: results_in.Counts) -> str:
    told = _("もう一度確かめました。確認待ちは%(count)s件です。問題の内訳を見てください。")
    return told % {"count": f"{counts.outstanding:,}"}


def _batch(pk: int) -> ResultBatch:
    return ResultBatch.objects.get(pk=pk)


def draw_letters(*, batch: int, office: str, telephone: str, by: Handler, now: datetime, tell: Tell) -> str:
    found = FollowUpLetter.objects.get(pk=batch)
    if found.released_at is not None:
        raise NotPermitted(_("この案内は発送済みです。作り直しません。"))
    drawn: list[Batch] = follow_up_letters.draw_letters(
        batch=found, folder=follow_up_files.letters_folder(found),
        office=Office(ward=by.organisation.name, name=office, telephone=telephone), by=by, now=now,
    )  # fmt: skip
    pages = sum(one.pages for one in drawn)
    return _("%(count)s通を作成しました。案内の画面から PDF を取り出せます。") % {"count": f"{pages:,}"}


JOBS.update(
    {
        "screening.take_results": Work(take_csv),
        "screening.take_checkup_xml": Work(take_xml),
        "screening.take_delivery": Work(take_handover),
        "screening.accept_results": Work(accept_clean),
        "screening.recheck_results": Work(recheck),
        "screening.follow_up_letters": Work(draw_letters),
    }
)
