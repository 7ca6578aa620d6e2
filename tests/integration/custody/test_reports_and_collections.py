"""Reports that go in a package beside its data, and what a party takes in from the persons themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from azukari.custody import book, collection, erasure, gate, handovers, reports
from azukari.custody.models import Attachment, Handover, RegisterEntry
from azukari.dossier.schema import Clause, GapEntry, Kind, Medium, Note, Period
from azukari.parties.acting import NotPermitted
from tests import factories
from tests.factories import APRIL, NOW, YEAR_END, columns, frame

REPORT = b"%PDF-1.7 a report"


@pytest.fixture
def world(db: None) -> factories.World:
    made = factories.world()
    factories.residents(5, stated_by=factories.roster())
    return made


def prepared(world: factories.World) -> Handover:
    return handovers.prepare(
        programme=factories.PROGRAMME, step="①", receiver=world.printer, party="printer",
        columns=columns("name", "address", "birth_date"), frame=frame([1, 2], "name", "address", "birth_date"),
        purpose="印字", medium=Medium.DISC, by=world.who("W1"), now=NOW,
    )  # fmt: skip


def attached(world: factories.World) -> Handover:
    handover = prepared(world)
    for kind, data in (("pdf", REPORT), ("xlsx", b"PK a book")):
        reports.attach(handover=handover, title="報告書", kind=kind, data=data, by=world.who("W1"), now=NOW)
    return handover


def test_a_report_travels_sealed_in_the_package_and_the_receivers_tool_opens_it(
    world: factories.World, tmp_path: Path
) -> None:
    handover = attached(world)
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    package = Path(settings.AZUKARI_OUTBOX) / handover.package_name
    password = gate.password_of(handover)
    subprocess.run(["7z", "x", f"-p{password}", f"-o{tmp_path}", str(package)], check=True, capture_output=True)
    assert (tmp_path / "document-01.pdf").read_bytes() == REPORT
    assert (tmp_path / "document-02.xlsx").read_bytes() == b"PK a book"
    opened = gate.open_package(package, receiver="printer", password=password)
    assert [d.name for d in opened.manifest.documents] == ["document-01.pdf", "document-02.xlsx"]
    assert REPORT not in bytes(Attachment.objects.order_by("name")[0].sealed)


def test_nothing_is_put_in_once_it_is_sealed_nor_by_another_organisation(world: factories.World) -> None:
    handover = prepared(world)
    with pytest.raises(NotPermitted, match="渡す側"):
        reports.attach(handover=handover, title="x", kind="pdf", data=REPORT, by=world.who("P1"), now=NOW)
    with pytest.raises(NotPermitted, match="pdf・xlsx"):
        reports.attach(handover=handover, title="x", kind="exe", data=REPORT, by=world.who("W1"), now=NOW)
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    with pytest.raises(handovers.WrongState, match="封をする前"):
        reports.attach(handover=handover, title="x", kind="pdf", data=REPORT, by=world.who("W1"), now=NOW)


def test_a_report_is_read_by_the_receiver_who_acknowledged_it_and_is_gone_with_the_erasure(
    world: factories.World,
) -> None:
    handover = attached(world)
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    handovers.release(handover=handover, by=world.who("W2"), now=NOW)
    reader = world.who("P1")
    with pytest.raises(NotPermitted):
        reports.read(handover=handover, name="document-01.pdf", by=reader, now=NOW)
    handovers.acknowledge(handover=handover, rows=2, digest=handover.digest, by=reader, now=NOW)
    assert reports.read(handover=handover, name="document-01.pdf", by=reader, now=NOW) == REPORT
    with pytest.raises(NotPermitted, match="この文書はありません"):
        reports.read(handover=handover, name="document-09.pdf", by=reader, now=NOW)
    erasure.erase(handover=handover, by=reader, now=NOW)
    assert not Attachment.objects.exists()
    with pytest.raises(NotPermitted):
        reports.read(handover=handover, name="document-01.pdf", by=reader, now=NOW)


# --- collections


@pytest.fixture
def held(world: factories.World) -> factories.World:
    """The laboratory holds persons 1 and 2, and collects their sex."""
    handover = handovers.prepare(
        programme=factories.PROGRAMME, step="①", receiver=world.laboratory, party="laboratory",
        columns=columns("name", "birth_date"), frame=frame([1, 2], "name", "birth_date"), purpose="検査",
        medium=Medium.ELECTRONIC, by=world.who("W1"), now=NOW,
    )  # fmt: skip
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    handovers.release(handover=handover, by=world.who("W2"), now=NOW)
    handovers.acknowledge(handover=handover, rows=2, digest=handover.digest, by=world.who("L1"), now=NOW)
    return world


def taken(world: factories.World, people: list[int], items: tuple[str, ...] = ("sex",)) -> Handover:
    return collection.take_in(
        programme=factories.PROGRAMME, step="②", party="laboratory", items=list(items),
        references=[factories.reference(n) for n in people], purpose="調査票の受領", medium=Medium.PAPER,
        sheets=len(people), by=world.who("L1"), now=NOW,
    )  # fmt: skip


def test_what_was_collected_is_in_the_books_and_owed_until_it_is_erased(held: factories.World) -> None:
    handover = taken(held, [1, 2])
    (balance,) = [b for b in book.open_balances(home="ward") if b.medium == "paper"]
    assert (balance.account, balance.persons, balance.sheets) == ("laboratory", 2, 2)
    assert RegisterEntry.objects.get(act="collect").giver == book.PERSONS
    assert set(handover.obligations.filter(met_at=None).values_list("kind", flat=True)) == {"clear", "certify"}
    erasure.erase(handover=handover, by=held.who("L1"), now=NOW)
    assert not [b for b in book.open_balances(home="ward") if b.medium == "paper"]


def test_nobody_is_collected_from_who_was_not_handed_over_nor_an_item_that_is_not_collected(
    held: factories.World,
) -> None:
    with pytest.raises(NotPermitted, match="預かっていない人"):
        taken(held, [1, 3])
    with pytest.raises(NotPermitted):
        taken(held, [1], ("address",))
    with pytest.raises(NotPermitted, match="受け取ったものがありません"):
        taken(held, [])
    assert not RegisterEntry.objects.filter(act="collect").exists()


# --- what the law keeps from the ward


def test_an_item_kept_from_the_ward_never_reaches_it_by_any_act(
    held: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gate.permission.KEPT_FROM_WARD, factories.PROGRAMME, frozenset({"sex"}))
    handover = taken(held, [1])
    with pytest.raises(NotPermitted, match="法令により区が取り扱えない"):
        erasure.give_back(handover=handover, by=held.who("L1"), now=NOW)
    with pytest.raises(NotPermitted, match="法令により区が取り扱えない"):
        handovers.prepare(
            programme=factories.PROGRAMME, step="③", receiver=held.ward, party="ward", columns=columns("sex"),
            frame=frame([1], "sex"), purpose="試し", medium=Medium.ELECTRONIC, by=held.who("L1"), now=NOW,
        )  # fmt: skip


def test_a_person_without_consent_is_not_handed_to_the_ward(
    held: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    consenting = {factories.reference(1)}
    monkeypatch.setitem(
        gate.permission.ONLY_WITH_CONSENT, factories.PROGRAMME, lambda people, year: people & consenting
    )

    def prepare(people: list[int]) -> Handover:
        return handovers.prepare(
            programme=factories.PROGRAMME, step="③", receiver=held.ward, party="ward", columns=columns("name"),
            frame=frame(people, "name"), purpose="試し", medium=Medium.ELECTRONIC, by=held.who("L1"), now=NOW,
        )  # fmt: skip

    with pytest.raises(NotPermitted, match="同意がない人"):
        prepare([1, 2])
    handover = prepare([1])
    handovers.seal(handover=handover, by=held.who("L1"), now=NOW)
    consenting.clear()
    with pytest.raises(NotPermitted, match="同意がない人"):
        handovers.release(handover=handover, by=held.who("L2"), now=NOW)


# --- an item that only a noted gap names


def test_an_item_noted_to_be_recorded_may_have_a_field_and_is_refused_without_a_ruling(db: None) -> None:
    from azukari.custody.recorded_items import recordable_items

    gap = GapEntry(party="printer", items=("sex",), directions=("collected", "recorded"))
    paper = factories.postcards(notes=(Note(key="odd", text="x", places=("printing",), texts=("a", "b"), gap=(gap,)),))
    assert "sex" in recordable_items(paper)
    without = factories.postcards(
        clauses=(
            Clause(
                key="printing", title="印字", parties=("printer",), provided=("name",), handled=("name",),
                kind=Kind.ENTRUSTMENT, period=Period(start=APRIL, end=YEAR_END),
            ),
        )
    )  # fmt: skip
    assert "sex" not in recordable_items(without)
    made = factories.world(paper)
    with pytest.raises(NotPermitted, match="情報保護担当"):
        gate.require_items(
            programme=factories.PROGRAMME, party="printer", items=["sex"], direction="collected", on=NOW.date()
        )
    assert made.ward
