"""A ward with officers who have accounts, a register of invented residents, and forms filled as a browser does."""

from __future__ import annotations

import hashlib
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import get_default_timezone

from azukari.people import acts, changeset
from azukari.people.guard import DeliveryNote
from azukari.people.models import Changeset, Resident
from azukari.web import jobs
from azukari.web.models import Job
from tests import factories
from tests.fixtures.web import sign_in
from tests.unit.people.rosters import csv_text, resident

NOW = factories.NOW
PEOPLE = (
    resident("1", 氏名="髙橋　ハナ", 氏名カナ="タカハシ　ハナ", 住所="見本町一丁目1番", 生年月日="19600401", 性別="2"),
    resident("2", 氏名="渡邉　次郎", 氏名カナ="ワタナベ　ジロウ", 住所="見本町二丁目2番"),
    resident(
        "3",
        氏名="見本　かくれ",
        氏名カナ="ミホン　カクレ",
        住所="秘密町三丁目3番",
        電話番号="03-1111-2222",
        支援措置="1",
    ),
)
WORDS = ("髙橋", "高橋", "タカハシ", "渡邉", "ワタナベ", "かくれ", "カクレ", "見本町", "秘密町", "1111-2222")
"""What must be in no address, header or line of a log."""


def browser(key: str, **options) -> Client:
    """Somebody signed in at the ward's surface, without the ways of signing in."""
    client = Client(**options)
    sign_in(client, key)
    return client


def take(*rows: dict[str, str], stated_on: date = date(2025, 4, 1), folder, by: str = "W1", commit: bool = True):
    """A roster read, reviewed and committed (or left waiting) by the acts themselves."""
    data = csv_text(*rows).encode()
    path = folder / f"{stated_on}.csv"
    path.write_bytes(data)
    who = factories.Handler.objects.select_related("organisation").get
    note = DeliveryNote(len(rows), hashlib.sha256(data).hexdigest())
    staged = acts.read_roster(
        path=path, kind="residents", stated_on=stated_on, delivery_note=note, by=who(key=by), now=NOW
    )
    if commit:
        acts.review_roster(changeset=staged, by=who(key="W1"), now=NOW)
        acts.commit_roster(changeset=staged, by=who(key="W2"), now=NOW)
    return staged


def upload_form(*rows: dict[str, str], data: bytes | None = None, **changes) -> dict[str, object]:
    data = csv_text(*rows).encode() if data is None else data
    return {
        "kind": "residents",
        "stated_on": "2025-06-01",
        "file": SimpleUploadedFile("住民.csv", data, "text/csv"),
        "rows": str(len(rows)),
        "sha256": hashlib.sha256(data).hexdigest(),
        **changes,
    }


def confirm(client: Client, address: str, **typed: object):
    """Open the page of an act, fill its form, send it with what the page itself sends."""
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    return client.post(address, {**page.context["hidden"], **typed})


def work_off() -> Job:
    """The newest job, done as the worker does it."""
    job = Job.objects.latest("pk")
    jobs.work.func(job.key)
    job.refresh_from_db()
    return job


__all__ = ["NOW", "PEOPLE", "WORDS", "Changeset", "Resident", "browser", "changeset", "get_default_timezone"]
