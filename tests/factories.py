"""Builders shared by tests: organisations, handlers, an approved dossier in force, residents, a small world of parties.

Rows that earlier acts would have left are inserted directly. All people are made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from django.utils.timezone import get_default_timezone

from azukari.custody import gate, handovers
from azukari.custody.models import Handover
from azukari.dossier.canonical import canonical_hash, canonical_text
from azukari.dossier.models import Renewal as StoredRenewal
from azukari.dossier.models import Ruling as StoredRuling
from azukari.dossier.models import Version
from azukari.dossier.permit import RenewalAct, Ruling
from azukari.dossier.schema import Clause, Condition, Direction, Dossier, Kind, Medium, Node, Party, Period, Role
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.people.models import Changeset, ChangesetState, Resident

APRIL = date(2025, 4, 1)
YEAR_END = date(2026, 3, 31)
PROGRAMME = "postcards"

HEADERS = {
    "name": "氏名",
    "address": "住所",
    "birth_date": "生年月日",
    "phone": "電話番号",
    "sex": "性別",
}


def at(month: int, day: int, hour: int = 10, year: int = 2025) -> datetime:
    return datetime(year, month, day, hour, tzinfo=get_default_timezone())


NOW = at(6, 2)


def organisation(key: str, type: str = "company", name: str = "", **fields: str) -> Organisation:  # noqa: A002
    return Organisation.objects.create(key=key, name=name or f"見本{key}", type=type, **fields)


def handler(
    key: str,
    organisation: Organisation,
    role: str = "handler",
    reported_on: date = APRIL,
    removed_on: date | None = None,
) -> Handler:
    return Handler.objects.create(
        key=key,
        name=f"見本 {key}",
        organisation=organisation,
        role=role,
        reported_on=reported_on,
        removed_on=removed_on,
    )


def appointment(
    organisation: Organisation,
    party: str,
    programme: str = PROGRAMME,
    valid_from: date = APRIL,
    valid_until: date | None = None,
) -> Appointment:
    return Appointment.objects.create(
        programme=programme,
        party=party,
        organisation=organisation,
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by="W101",
    )


def put_in_force(dossier: Dossier, since: date = APRIL) -> Version:
    """The dossier as drafted by one person and approved by another."""
    return Version.objects.create(
        programme=dossier.programme,
        version=dossier.version,
        canonical=canonical_text(dossier),
        canonical_hash=canonical_hash(dossier),
        drafted_by="W001",
        drafted_at=at(3, 1),
        submitted_by="W001",
        submitted_at=at(3, 2),
        approved_by="W101",
        approved_at=at(3, 3),
        in_force_from=since,
    )


def put_ruling(ruling: Ruling, programme: str) -> StoredRuling:
    """A ruling as it stands in the database, also one that the act of ruling would have refused."""
    return StoredRuling.objects.create(
        key=ruling.key,
        programme=programme,
        finding=ruling.finding,
        governs=ruling.governs,
        why=ruling.why,
        grants=[grant.model_dump(mode="json") for grant in ruling.grants],
        ruled_by=ruling.by,
        ruled_at=at(4, 1),
        effective_on=ruling.on,
        until=ruling.until,
    )


def put_renewals(acts: Iterable[RenewalAct], programme: str) -> None:
    once = {(act.clause, act.fiscal_year): act for act in acts}
    for (clause, year), act in once.items():
        StoredRenewal.objects.create(
            programme=programme, clause=clause, fiscal_year=year, recorded_on=act.recorded_on, recorded_by=act.by
        )


def roster() -> Changeset:
    return Changeset.objects.create(
        kind="residents",
        state=ChangesetState.COMMITTED,
        stated_on=APRIL,
        file_name="roster.csv",
        sha256="0" * 64,
        rows=0,
        encoding="utf-8",
        read_by="W001",
        read_at=at(4, 1),
    )


def reference(number: int) -> str:
    """A pseudonymous reference that no key was needed for."""
    return f"{number:032x}"


def residents(count: int, first: int = 1, *, protected: Sequence[int] = (), stated_by: Changeset) -> list[Resident]:
    return Resident.objects.bulk_create(
        Resident(
            number=f"{n:010d}",
            name=f"見本　{n}郎",
            kana="ミホン",
            birth="1960-04-01",
            birth_date=date(1960, 4, 1),
            sex="male",
            address=f"見本町１－{n}",
            phone="03-0000-0000",
            reference=reference(n),
            roster=stated_by,
            protected=n in protected,
        )
        for n in range(first, first + count)
    )


def columns(*items: str) -> list[gate.Column]:
    return [gate.Column(item, HEADERS.get(item, f"列{item}"), item) for item in items]


def frame(numbers: Iterable[int], *items: str) -> pl.DataFrame:
    """One row per person: each cell says which person and item it is of."""
    people = list(numbers)
    return pl.DataFrame(
        {"reference": [reference(n) for n in people], **{i: [f"{i} {n}" for n in people] for i in items}},
        schema={"reference": pl.String, **dict.fromkeys(items, pl.String)},
    )


def postcards(**changes: object) -> Dossier:
    """A paper without gaps: a printer, its encloser, a laboratory, and a call centre for open inquiries only."""
    year = Period(start=APRIL, end=YEAR_END)
    entrusted = {"kind": Kind.ENTRUSTMENT, "period": year}
    printed = ("name", "address", "birth_date")
    parties = (
        Party(key="ward", name="見本区", role=Role.CONTROLLER),
        Party(key="printer", name="見本印刷", role=Role.PROCESSOR),
        Party(key="encloser", name="見本封入", role=Role.SUB_PROCESSOR, of=("printer",)),
        Party(key="laboratory", name="見本検査", role=Role.PROCESSOR),
        Party(key="center", name="見本受電", role=Role.PROCESSOR),
    )
    values: dict[str, object] = {
        "schema_version": 1,
        "programme": PROGRAMME,
        "version": "1",
        "title": "はがきの印字の委託について",
        "paper": "資料1",
        "board": "会議",
        "basis": "要綱",
        "department": "健康部",
        "programme_name": "はがき",
        "section": "健康課",
        "purpose": "試験のため",
        "fiscal_year": 2025,
        "subjects": (),
        "expected": (),
        "parties": parties,
        "nodes": (Node(key="people", name="区民", kind="people"),),
        "clauses": (
            Clause(key="printing", title="印字", parties=("printer",), provided=printed, handled=printed, **entrusted),
            Clause(
                key="enclosing",
                kind=Kind.RE_ENTRUSTMENT,
                title="封入",
                parties=("encloser",),
                entrusted_by=("printer",),
                provided=("name", "address"),
                handled=("name", "address"),
                period=year,
            ),
            Clause(
                key="testing",
                title="検査",
                parties=("laboratory",),
                provided=("name", "birth_date"),
                handled=("name", "birth_date"),
                collected=("sex",),
                **entrusted,
            ),
            Clause(
                key="calls",
                title="受電",
                parties=("center",),
                provided=("name", "phone"),
                handled=("name", "phone"),
                condition=Condition.OPEN_INQUIRY,
                **entrusted,
            ),
        ),
        "steps": (),
    }
    return Dossier.model_validate({**values, **changes})


@dataclass(frozen=True)
class World:
    """The organisations of :func:`postcards` with their people; each also has a removed handler. One is a stranger."""

    ward: Organisation
    printer: Organisation
    encloser: Organisation
    laboratory: Organisation
    center: Organisation
    stranger: Organisation
    version: Version

    def who(self, key: str) -> Handler:
        return Handler.objects.select_related("organisation").get(key=key)


def world(dossier: Dossier | None = None) -> World:
    """W1 W2 officers, W3 privacy officer, W4 auditor; of each company X1 handler, X2 X3 responsible, X9 removed."""
    ward = organisation("ward", "ward", "見本区")
    for key, role in (("W1", "officer"), ("W2", "officer"), ("W3", "privacy_officer"), ("W4", "auditor")):
        handler(key, ward, role)
    companies = {}
    for letter, key in (("P", "printer"), ("E", "encloser"), ("L", "laboratory"), ("C", "center"), ("S", "stranger")):
        company = organisation(key)
        companies[key] = company
        handler(f"{letter}1", company)
        handler(f"{letter}2", company, "responsible")
        handler(f"{letter}3", company, "responsible")
        handler(f"{letter}9", company, "responsible", removed_on=NOW.date() - timedelta(days=1))
        if key != "stranger":
            appointment(company, key)
    return World(ward=ward, version=put_in_force(dossier or postcards()), **companies)


def prepared(
    world: World,
    receiver: Organisation,
    numbers: Iterable[int] = (1, 2, 3),
    items: Sequence[str] = ("name", "address"),
    by: str = "W1",
    **changes: object,
) -> Handover:
    arguments: dict[str, object] = {
        "programme": PROGRAMME,
        "step": "①",
        "receiver": receiver,
        "party": receiver.key,
        "columns": columns(*items),
        "frame": frame(numbers, *items),
        "purpose": "はがきの印字",
        "medium": Medium.LGWAN,
        "direction": Direction.PROVIDED,
        "by": world.who(by),
        "now": NOW,
        **changes,
    }
    return handovers.prepare(**arguments)  # type: ignore[arg-type]


def released(world: World, receiver: Organisation, *, releaser: str = "W2", **changes: object) -> Handover:
    handover = prepared(world, receiver, **changes)  # type: ignore[arg-type]
    handovers.seal(handover=handover, by=handover.prepared_by, now=NOW)
    handovers.release(handover=handover, by=world.who(releaser), now=NOW)
    return handover


def held(world: World, receiver: Organisation, *, taker: str, **changes: object) -> Handover:
    handover = released(world, receiver, **changes)
    handovers.acknowledge(
        handover=handover,
        rows=handover.rows,
        digest=handover.digest,
        sheets=handover.sheets,
        by=world.who(taker),
        now=NOW,
    )
    return handover
