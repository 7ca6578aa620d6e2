"""The letters of a batch drawn: one sheet per case, for the window envelope, nothing about health on the outside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
from django.conf import settings
from django.utils.timezone import localdate

from azukari.letters.batches import Batch
from azukari.parties.acting import acting
from azukari.parties.models import Handler, Organisation

from ..letters.work_up import Kind, NoticeEdition, notices, render_notices
from ..models import FollowUpEvent, FollowUpLetter
from ..rules import screening_parameters
from ..vouchers import Office
from .state import PROGRAMME

SCHEMA = {
    "number": pl.String, "postal_code": pl.String, "address": pl.String, "name": pl.String, "test_name": pl.String,
    "institution": pl.String, "examined_on": pl.Date, "first_sent_on": pl.Date,
}  # fmt: skip
KINDS = {FollowUpEvent.Kind.LETTER: Kind.FIRST, FollowUpEvent.Kind.REMINDER: Kind.REMINDER}


def letters_frame(batch: FollowUpLetter) -> pl.DataFrame:
    """What the letters are drawn from: one row per case, by postal code. Three queries."""
    rows = batch.cases.order_by("person__postal_code", "pk").values_list(
        "pk", "person__postal_code", "person__address", "person__address_extra", "person__name",
        "person__alias_name", "person__latin_name", "result__test", "result__institution", "result__examined_on",
        "result__fiscal_year",
    )  # fmt: skip
    places = dict(Organisation.objects.exclude(institution_number="").values_list("institution_number", "name"))
    sent = dict(
        FollowUpEvent.objects.filter(work_up__letters=batch, kind=FollowUpEvent.Kind.LETTER)
        .order_by("-pk")
        .values_list("work_up_id", "at")
    )
    told = [
        (
            f"{case:07d}", code, "　".join(part for part in (address, extra) if part), alias or name or latin,
            screening_parameters().for_fiscal_year(year).text(f"tests.{test}.name"), places.get(institution, ""), day,
            localdate(sent[case]) if case in sent else None,
        )
        for case, code, address, extra, name, alias, latin, test, institution, day, year in rows
    ]  # fmt: skip
    return pl.DataFrame(told, schema=SCHEMA, orient="row")


def draw_letters(
    *, batch: FollowUpLetter, folder: Path, office: Office, by: Handler, now: datetime, workers: int = 2
) -> list[Batch]:
    """Draw the letters as PDF batches; logged before. Raises SheetsDoNotFit for an address that is too long."""
    with acting(by=by, act="follow_up.record", now=now, programme=PROGRAMME) as record:
        frame = letters_frame(batch)
        people = batch.cases.values_list("person__reference", flat=True)
        record(
            purpose="精密検査の案内の印字", items=["name", "address", "postal_code", "screening_result"],
            subjects=[bytes.fromhex(reference) for reference in people], batch=batch.pk,
        )  # fmt: skip
    edition = NoticeEdition(
        kind=KINDS[FollowUpEvent.Kind(batch.kind)], issued_on=localdate(now), ward=office.ward, office=office.name,
        telephone=office.telephone,
    )  # fmt: skip
    return render_notices(notices(frame), folder, edition, fonts=settings.AZUKARI_FONTS, workers=workers)
