"""Laws 1, 3, 4, 8, 9 and 10 at the gate, against dossiers that nobody wrote by hand."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils.timezone import get_default_timezone
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from azukari.custody import csvfile, gate, handovers
from azukari.custody.models import HandedPerson, Handover
from azukari.dossier.approval import NotInForce
from azukari.dossier.findings import find
from azukari.dossier.permit import RenewalAct, Ruling
from azukari.dossier.schema import Condition, Direction, Dossier, Medium, Role
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Appointment, Handler, Organisation
from azukari.people.models import Resident
from azukari.vocabulary.items import ITEMS
from azukari.witness import log
from azukari.witness.models import Entry
from tests import factories
from tests.laws import books
from tests.laws.dossiers import SOME_ITEMS, days, dossiers, item_tuples, renewal_acts, rulings_for
from tests.laws.test_permit import in_some_gap, lists, opens, runs

law = settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink])
JAPANESE = re.compile("[ぁ-ん]")
RESIDENT_FIELDS = {item: field for field, item in reversed(Resident.items.items())}
KNOWN = [item for item in SOME_ITEMS if item in ITEMS]  # the reader lets no other item into a real paper
READABLE_FIELDS = [RESIDENT_FIELDS[item] for item in SOME_ITEMS if item in RESIDENT_FIELDS]


class Scene:
    """A random dossier in force with its ruling and renewals, one organisation per party, and a day."""

    def __init__(self, data: st.DataObject) -> None:
        self.dossier: Dossier = data.draw(dossiers(min_clauses=1), label="dossier")
        self.on = data.draw(days, label="day")
        self.renewals: list[RenewalAct] = data.draw(renewal_acts(self.dossier))
        once = {(act.clause, act.fiscal_year): act for act in self.renewals}
        self.renewals = list(once.values())
        keys = [finding.key for finding in find(self.dossier)]
        self.ruling: Ruling = data.draw(rulings_for(self.dossier, keys))
        factories.put_in_force(self.dossier, since=min(self.on, factories.APRIL))
        factories.put_ruling(self.ruling, self.dossier.programme)
        factories.put_renewals(self.renewals, self.dossier.programme)
        self.organisations: dict[str, Organisation] = {}
        for party in self.dossier.parties:
            ward = party.role is Role.CONTROLLER
            made = factories.organisation(party.key, "ward" if ward else "company", party.name)
            self.organisations[party.key] = made
            factories.handler(f"{party.key[:8]}{party.key[-2:]}", made, "officer" if ward else "responsible", self.on)
            if not ward:
                factories.appointment(made, party.key, self.dossier.programme, self.on, self.on)
        self.party = data.draw(st.sampled_from([p.key for p in self.dossier.parties]), label="party")
        self.now = datetime.combine(self.on, time(10), get_default_timezone())

    def by(self, party: str) -> Handler:
        return Handler.objects.select_related("organisation").get(organisation__key=party)

    def allowed(self, party: str, item: str, direction: Direction) -> bool:
        """The slow, obvious reading of the paper for a party that is not the ward."""
        if in_some_gap(self.dossier, None, party, item, direction):
            return opens(self.ruling, self.dossier, party, item, direction, self.on)
        return any(
            lists(clause, party, item, direction) and runs(clause, self.on, self.renewals)
            for clause in self.dossier.clauses
        )

    def hold(self, party: str, numbers: range, columns: tuple[str, ...] = ()) -> Handover:
        """An acknowledged handover of these persons, as the ward might have left it under an earlier paper."""
        by = self.by("ward")
        frame = factories.frame(numbers, *columns)
        written = csvfile.write_csv(frame, {c.key: c.header for c in factories.columns(*columns)}, "utf-8-sig")
        handover = Handover.objects.create(
            number="AZ-2025-000001", programme=self.dossier.programme, fiscal_year=2025, dossier_version="1",
            dossier_hash="0" * 64, step="①", clause="c", direction=Direction.PROVIDED, items=list(columns),
            columns=[{"key": c.key, "header": c.header, "item": c.item} for c in factories.columns(*columns)],
            item_group="一般", medium=Medium.LGWAN, purpose="試験", sender=by.organisation,
            receiver=self.organisations[party], receiver_party=party, persons=len(numbers), rows=len(numbers),
            digest=hashlib.sha256(written.data).hexdigest(), state=Handover.State.ACKNOWLEDGED,
            prepared_by=by, prepared_at=self.now,
        )  # fmt: skip
        gate.keep_bytes(handover, written.data, frame["reference"].to_list())
        return handover


@contextmanager
def scene(data: st.DataObject) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as folder, books.own_example(Path(folder)):
        yield Scene(data)


def refusal_of(act: Callable[[], Any]) -> tuple[Any, NotPermitted | None]:
    """What an act gives, or its refusal, which must have changed nothing and be in the log once."""
    before, size = books.stored(), log.size()
    try:
        return act(), None
    except NotPermitted as refused:
        refusal = refused
    assert books.changed(before, books.stored()) == []
    assert [e.act for e in Entry.objects.filter(seq__gte=size)] == ["refused"]
    assert JAPANESE.search(str(refusal))
    return None, refusal


def explains(refusal: NotPermitted, dossier: Dossier, party: str) -> None:
    """Law 8: each refused item names the party, the item, the sheet looked at if there is one, and what to do."""
    name = next(p.name for p in dossier.parties if p.key == party)
    for decision in refusal.decisions:
        assert not decision.allowed
        assert name in decision.reason
        item = ITEMS[decision.item].name if decision.item in ITEMS else decision.item
        assert f"「{item}」" in decision.reason
        assert any(word in decision.reason for word in ("別紙", "指摘"))
        assert decision.remedy.endswith("。")
        assert f"{decision.reason} {decision.remedy}" in str(refusal)


@law
@given(st.data())
@pytest.mark.django_db
def test_reading_shows_only_listed_items_of_persons_held(data: st.DataObject) -> None:
    with scene(data) as made:
        factories.residents(6, stated_by=factories.roster())
        party = made.party
        assume(party != "ward")
        made.hold(party, range(2, 5))
        fields = data.draw(st.lists(st.sampled_from(READABLE_FIELDS), min_size=1, max_size=3, unique=True))
        direction = data.draw(st.sampled_from(list(Direction)))

        def read() -> list[tuple[object, ...]]:
            with acting(by=made.by(party), act="data.read", now=made.now, programme="random") as record:
                return gate.read(
                    record=record, by=made.by(party), records=Resident.objects.order_by("pk"), fields=fields,
                    purpose="作業", direction=direction,
                )  # fmt: skip

        rows, refusal = refusal_of(read)
        items = [Resident.items[field] for field in fields]
        assert (refusal is None) == all(made.allowed(party, item, direction) for item in items)
        if refusal is None:
            held = Resident.objects.filter(pk__in=[r.pk for r in Resident.objects.order_by("pk")[1:4]])
            assert rows == list(held.order_by("pk").values_list(*fields))
            entry = Entry.objects.latest("seq")
            assert (entry.persons, entry.item_keys, entry.party) == (3, sorted(set(items)), party)
        else:
            explains(refusal, made.dossier, party)


@law
@given(st.data())
@pytest.mark.django_db
def test_nothing_is_prepared_that_is_not_listed_for_the_receiver(data: st.DataObject) -> None:
    with scene(data) as made:
        sender = data.draw(st.sampled_from([p.key for p in made.dossier.parties]), label="sender")
        party = made.party
        assume(party != "ward" and party != sender)
        if sender != "ward":
            made.hold(sender, range(2, 5), ("name",))
        numbers = data.draw(st.sets(st.integers(2, 5), min_size=1), label="persons")
        items = data.draw(st.lists(st.sampled_from(KNOWN), min_size=1, max_size=3, unique=True), label="items")
        direction = data.draw(st.sampled_from([Direction.PROVIDED, Direction.HANDLED, Direction.COLLECTED]))
        size = Handover.objects.count()
        prepared, refusal = refusal_of(
            lambda: handovers.prepare(
                programme="random", step="①", receiver=made.organisations[party], party=party,
                columns=factories.columns(*items), frame=factories.frame(sorted(numbers), *items), purpose="試験",
                medium=Medium.LGWAN, direction=direction, by=made.by(sender), now=made.now,
            )
        )  # fmt: skip
        listed = all(made.allowed(party, item, direction) for item in items)
        stated = next(p for p in made.dossier.parties if p.key == party)
        mine = sender == "ward" or (sender in stated.of and numbers <= {2, 3, 4})
        assert (refusal is None) == (listed and mine)
        if refusal is None:
            assert Handover.objects.count() == size + 1
            assert set(prepared.items) == set(items)
            assert HandedPerson.objects.filter(handover=prepared).count() == len(numbers)
        elif not listed:
            explains(refusal, made.dossier, party)


@law
@given(st.data())
@pytest.mark.django_db
def test_what_is_held_is_shown_only_while_it_is_listed(data: st.DataObject) -> None:
    with scene(data) as made:
        party = made.party
        assume(party != "ward")
        held = data.draw(st.lists(st.sampled_from(SOME_ITEMS), min_size=1, max_size=4, unique=True).map(tuple))
        handover = made.hold(party, range(1, 4), held)
        wanted = data.draw(st.lists(st.sampled_from(SOME_ITEMS), min_size=1, max_size=3, unique=True))

        def read() -> Any:
            with acting(by=made.by(party), act="data.read", now=made.now, programme="random") as record:
                return gate.read_held(record=record, by=made.by(party), handover=handover, items=wanted, purpose="作業")

        frame, refusal = refusal_of(read)
        listed = all(made.allowed(party, item, Direction.PROVIDED) for item in wanted)
        assert (refusal is None) == (listed and set(wanted) <= set(held))
        if refusal is None:
            assert set(frame.columns) == set(wanted)
            assert frame[wanted[0]].to_list() == [f"{wanted[0]} {n}" for n in range(1, 4)]


@law
@given(st.data())
@pytest.mark.django_db
def test_nothing_is_taken_in_that_is_not_collected_or_handled_nor_of_a_person_not_held(data: st.DataObject) -> None:
    with scene(data) as made:
        party = made.party
        assume(party != "ward")
        made.hold(party, range(2, 5))
        items = data.draw(item_tuples.filter(bool))
        numbers = data.draw(st.sets(st.integers(2, 5), min_size=1))

        def enter() -> gate.Grant:
            with acting(by=made.by(party), act="data.enter", now=made.now, programme="random") as record:
                return gate.accept(
                    record=record, by=made.by(party), party=party, items=items,
                    references=[factories.reference(n) for n in sorted(numbers)], purpose="結果の入力",
                )  # fmt: skip

        grant, refusal = refusal_of(enter)
        listed = all(
            made.allowed(party, item, Direction.COLLECTED) or made.allowed(party, item, Direction.HANDLED)
            for item in items
        )
        assert (refusal is None) == (listed and numbers <= {2, 3, 4})
        if refusal is None:
            assert grant.party == party
        elif not listed:
            explains(refusal, made.dossier, party)


class LogIsFull(RuntimeError):
    """What the log raises in these tests when it cannot be written."""


@law
@given(st.data())
@pytest.mark.django_db
def test_what_cannot_be_logged_is_not_shown(data: st.DataObject) -> None:
    """Law 4: whatever the gate would show or take, nothing comes out and nothing is stored without its log entry."""
    with scene(data) as made, pytest.MonkeyPatch.context() as patch:
        party = made.party
        assume(party != "ward")
        handover = made.hold(party, range(2, 5), ("name",))
        before, size = books.stored(), log.size()

        def full(**_: object) -> int:
            raise LogIsFull

        patch.setattr(log, "append", full)
        shown: list[object] = []
        for act in (
            lambda record: gate.read(
                record=record, by=made.by(party), records=Resident.objects.all(), fields=["name"], purpose="作業"
            ),
            lambda record: gate.read_held(
                record=record, by=made.by(party), handover=handover, items=["name"], purpose="作業"
            ),
        ):
            with (
                pytest.raises(LogIsFull),
                acting(by=made.by(party), act="data.read", now=made.now, programme="random") as record,
            ):
                shown.append(act(record))
        assert shown == []
        assert books.changed(before, books.stored()) == []
        assert log.size() == size


# --- conditions, and other limits on whose data ----------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> Iterator[factories.World]:
    yield factories.world()
    gate.permission.OPEN_CASES.clear()


def inquiries_of(*numbers: int) -> None:
    references = [factories.reference(number) for number in numbers]
    gate.open_cases_of(factories.PROGRAMME, Condition.OPEN_INQUIRY, lambda _: references)


@settings(max_examples=30, deadline=None)
@given(open_now=st.sets(st.integers(1, 4)), sent=st.sets(st.integers(1, 4), min_size=1))
@pytest.mark.django_db
def test_a_condition_limits_whom_a_party_is_handed(open_now: set[int], sent: set[int]) -> None:
    with tempfile.TemporaryDirectory() as folder, books.own_example(Path(folder)):
        made = factories.world()
        inquiries_of(*open_now)
        try:
            _, refusal = refusal_of(lambda: factories.prepared(made, made.center, numbers=sent, items=("name",)))
        finally:
            gate.permission.OPEN_CASES.clear()
        assert (refusal is None) == (sent <= open_now)


def test_without_a_list_of_open_inquiries_nobody_is_within_reach(world: factories.World) -> None:
    with pytest.raises(NotPermitted, match="問合せ等が開いていない人が1人"), books.refusal_changes_nothing():
        factories.prepared(world, world.center, numbers=(1,), items=("name",))


def test_a_closed_inquiry_ends_the_reading_and_the_entering(world: factories.World) -> None:
    factories.residents(3, stated_by=factories.roster())
    inquiries_of(1, 2)
    handover = factories.held(world, world.center, taker="C1", numbers=(1, 2), items=("name",))
    by = world.who("C1")

    def look() -> Any:
        with acting(by=by, act="data.read", now=factories.NOW, programme=factories.PROGRAMME) as record:
            shown = gate.read(
                record=record, by=by, records=Resident.objects.order_by("pk"), fields=["name"], purpose="応対"
            )
            return shown, gate.read_held(record=record, by=by, handover=handover, items=["name"], purpose="応対")

    shown, held = look()
    assert [row[0] for row in shown] == ["見本　1郎", "見本　2郎"]
    assert held.height == 2
    inquiries_of(2)
    with pytest.raises(NotPermitted, match="問合せ等が終わった人"):
        look()
    with (
        pytest.raises(NotPermitted, match="預かっていない人"),
        acting(by=by, act="data.enter", now=factories.NOW, programme=factories.PROGRAMME) as record,
    ):
        gate.accept(
            record=record, by=by, party="center", items=["name"], references=[factories.reference(1)], purpose="応対"
        )


def test_nobody_outside_the_ward_reads_a_programme_it_has_no_part_in(world: factories.World) -> None:
    by = world.who("S1")
    with (
        pytest.raises(NotPermitted, match="選定されていません"),
        acting(by=by, act="data.read", now=factories.NOW, programme=factories.PROGRAMME) as record,
    ):
        gate.read(record=record, by=by, records=Resident.objects.all(), fields=["name"], purpose="作業")


@pytest.mark.parametrize(
    ("key", "header"), [("phone", "電話番号"), ("row", "電話番号"), ("sheet_code", "住所"), ("number", "連番")]
)
def test_a_column_without_an_item_is_refused_whatever_it_calls_itself(
    world: factories.World, key: str, header: str
) -> None:
    columns = [*factories.columns("name"), gate.Column(key, header, None)]
    with pytest.raises(NotPermitted, match="情報項目の指定がありません"), books.refusal_changes_nothing():
        factories.prepared(world, world.printer, columns=columns, frame=factories.frame([1], "name", key))


def test_without_a_dossier_in_force_the_refusal_is_logged_too(world: factories.World) -> None:
    early = factories.at(3, 31)
    Handler.objects.update(reported_on=early.date() - timedelta(days=1))
    Appointment.objects.update(valid_from=early.date())
    with pytest.raises(NotInForce, match="有効な承認済みの付議書がありません"), books.refusal_changes_nothing():
        factories.prepared(world, world.printer, now=early)
