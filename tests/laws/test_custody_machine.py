"""Laws 3, 5, 6, 7 and 8 under random acts by random people of random parties in random order."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from azukari.custody import book, erasure, gate, handovers
from azukari.custody.models import HELD, Certificate, Closing, Delivery, Discrepancy, Handover
from azukari.custody.transport import DirectoryTransport
from azukari.dossier.schema import Direction, Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Appointment, Handler
from azukari.parties.roles import MayNotAct
from azukari.people.models import Resident
from azukari.witness import log
from azukari.witness.models import Entry
from tests import factories
from tests.laws import books

State = Handover.State
EXPLORING = os.environ.get("AZUKARI_LAWS") == "explore"
EXAMPLES, STEPS = (200, 50) if EXPLORING else (15, 35)
PHASES = (Phase.generate, Phase.shrink) if EXPLORING else (Phase.generate,)
"""Shrinking a machine with a database takes minutes: only where somebody explores."""
GONE = {State.RETURNED, State.ERASED, State.CERTIFIED, State.WITHDRAWN}
LOGGED_REFUSALS = (NotPermitted, MayNotAct)
REFUSALS = (*LOGGED_REFUSALS, handovers.WrongState, handovers.SameOccasion)
JAPANESE = re.compile("[ぁ-ん]")
LIFE = re.compile("(release( acknowledge| refuse( accept)?)?( return| erase)?)?")

LISTED = {
    "printer": {"name", "address", "birth_date"},
    "encloser": {"name", "address"},
    "laboratory": {"name", "birth_date"},
    "center": {"name", "phone"},
}
"""What tests/factories.postcards provides to whom, written out once more."""

ITEMS = sorted(set().union(*LISTED.values()) | {"sex"})
PEOPLE = range(1, 8)
PROTECTED = 7
WARD = ["W1", "W2", "W3", "W4"]
EVERYBODY = WARD + [letter + number for letter in "PELCS" for number in "1239"]
COMPANIES = {"P": "printer", "E": "encloser", "L": "laboratory", "C": "center", "S": "stranger"}
LETTERS = {company: letter for letter, company in COMPANIES.items()} | {"ward": "W"}

anybody = st.sampled_from(EVERYBODY)
mostly = st.sampled_from([True, True, True, True, False])
"""Whether the act is tried by somebody whose work it is; else by anybody at all."""
which = st.integers(min_value=0, max_value=11)


class Custody(RuleBasedStateMachine):
    world: factories.World

    def __init__(self) -> None:
        super().__init__()
        self.example = ExitStack()
        self.folder = Path(self.example.enter_context(tempfile.TemporaryDirectory()))
        self.example.enter_context(books.own_example(self.folder))
        self.transport_folder = self.folder / "exchange"
        self.transport_folder.mkdir()
        self.now = factories.NOW
        self.numbers: set[str] = set()

    def teardown(self) -> None:
        self.example.close()

    # --- who tries, and what a refusal means

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Try an act. A refusal says why in Japanese, has changed nothing, and the gate's are in the log."""
        before, size = books.stored(), log.size()
        try:
            return act()
        except REFUSALS as refused:
            refusal = refused
        assert JAPANESE.search(str(refusal)), refusal
        assert books.changed(before, books.stored()) == []
        acts = list(Entry.objects.filter(seq__gte=size).values_list("act", flat=True))
        assert acts == ["refused"] * isinstance(refusal, LOGGED_REFUSALS), (refusal, acts)
        return None

    def handler(self, right: str, somebody: str, honest: bool) -> Handler:
        return self.world.who(right if honest else somebody)

    def handover(self, place: int, *states: State) -> Handover | None:
        """One of the handovers, if there is one of a wanted state then among these; often not the newest object."""
        found = Handover.objects.select_related("sender", "receiver").order_by("pk")
        among = list(found.filter(state__in=states)) if states else []
        among = among or list(found)
        return among[place % len(among)] if among else None

    def some(self) -> bool:
        return bool(self.numbers)

    def of(self, organisation: object, number: int) -> str:
        return f"{LETTERS[organisation.key]}{number}"  # type: ignore[attr-defined]

    # --- acts

    @rule(
        sender=st.sampled_from(["W1", "W1", "W2", "P1", "P2", "E1", "S2"]),
        receiver=st.sampled_from(["printer", "printer", "encloser", "laboratory", "center", "stranger", "ward"]),
        people=st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=4),
        listed=mostly,
        items=st.sets(st.sampled_from(ITEMS), min_size=1, max_size=3),
        medium=st.sampled_from([Medium.LGWAN, Medium.LGWAN, Medium.DISC, Medium.PAPER]),
        direction=st.sampled_from([Direction.PROVIDED] * 4 + [Direction.COLLECTED]),
        with_parent=st.booleans(),
        place=which,
    )
    def prepare(self, sender, receiver, people, listed, items, medium, direction, with_parent, place) -> None:  # type: ignore[no-untyped-def]
        by = self.world.who(sender)
        if listed:
            receiver = {"P": "encloser", "E": "ward", "S": "printer"}.get(sender[0], receiver)
            receiver = "printer" if sender[0] == "W" and receiver in {"ward", "stranger", "encloser"} else receiver
            items = items & LISTED.get(receiver, set()) or {"name"}
            people = people - {PROTECTED} or {1}
            people, direction = ({1} if receiver == "center" else people), Direction.PROVIDED
        parent = None
        mine = list(Handover.objects.filter(receiver=by.organisation, state=State.ACKNOWLEDGED).order_by("pk"))
        if by.organisation != self.world.ward and listed and mine:
            source = mine[place % len(mine)]
            people = {int(reference, 16) for reference in source.people.values_list("reference", flat=True)}
            parent = source if with_parent else None
        held = set(gate.held_references(by.organisation, factories.PROGRAMME))
        items = sorted(items)
        made = self.attempt(
            lambda: handovers.prepare(
                programme=factories.PROGRAMME,
                step="①",
                receiver=getattr(self.world, receiver),
                party=receiver,
                columns=factories.columns(*items),
                frame=factories.frame(sorted(people), *items),
                purpose="試験",
                medium=medium,
                direction=direction,
                parent=parent,
                sheets=len(people) if medium == Medium.PAPER else 0,
                by=by,
                now=self.now,
            )
        )
        if made is None:
            return
        self.numbers.add(made.number)
        references = {factories.reference(number) for number in people}
        assert PROTECTED not in people
        assert by.organisation == self.world.ward or references <= held
        if receiver != "ward":
            assert set(items) <= LISTED[receiver]
            assert by.organisation == self.world.ward or (sender[0], receiver) == ("P", "encloser")

    @initialize(discs=st.booleans(), paper=st.booleans())
    def some_are_on_their_way(self, discs: bool, paper: bool) -> None:
        """The printer holds a package and is about to pass part of it on; the laboratory is about to get another."""
        medium = Medium.PAPER if paper else Medium.DISC if discs else Medium.LGWAN
        of_printer = factories.held(self.world, self.world.printer, taker="P1", medium=medium, sheets=3)
        passed_on = factories.prepared(
            self.world, self.world.encloser, numbers=(1, 2), by="P1", medium=medium, parent=of_printer, sheets=2
        )
        of_laboratory = factories.prepared(self.world, self.world.laboratory, numbers=(2, 5), items=("name",))
        self.numbers = {of_printer.number, passed_on.number, of_laboratory.number}

    @precondition(some)
    @rule(place=which, acts=st.integers(min_value=1, max_value=4), way=st.sampled_from(["erase", "give_back"]))
    def go_on(self, place: int, acts: int, way: str) -> None:
        """The next acts of one handover, by those whose work they are: so that random acts meet it everywhere."""
        handover = self.handover(place)
        for _ in range(acts):
            self.next_act(handover, way)

    @precondition(some)
    @rule(place=which, way=st.sampled_from(["erase", "give_back"]))
    def go_on_one(self, place: int, way: str) -> None:
        self.next_act(self.handover(place), way)

    @precondition(some)
    @rule(place=which)
    def go_on_to_the_receiver(self, place: int) -> None:
        handover = self.handover(place, State.PREPARED, State.SEALED, State.RELEASED)
        while handover.state in {State.PREPARED, State.SEALED, State.RELEASED}:
            before = handover.state
            self.next_act(handover, "erase")
            if handover.state == before:
                return

    def next_act(self, handover: Handover, way: str) -> None:
        sender, receiver = handover.sender, handover.receiver
        now, who = self.now, self.world.who
        certificate = Certificate.objects.select_related("handover").filter(handover=handover).first()
        acts: dict[str, Callable[[], Any]] = {
            State.PREPARED: lambda: handovers.seal(handover=handover, by=who(self.of(sender, 1)), now=now),
            State.SEALED: lambda: handovers.release(
                handover=handover, by=who(self.of(sender, 2)), now=now, override_reason="期限超過だが急ぐため"
            ),
            State.RELEASED: lambda: handovers.acknowledge(
                handover=handover,
                rows=handover.rows,
                digest=handover.digest,
                sheets=handover.sheets,
                by=who(self.of(receiver, 2)),
                now=now,
            ),
            State.ACKNOWLEDGED: lambda: getattr(erasure, way)(handover=handover, by=who(self.of(receiver, 2)), now=now),
        }
        for gone in (State.ERASED, State.RETURNED):
            acts[gone] = (
                (lambda: erasure.confirm(certificate=certificate, by=who("W1"), now=now))
                if certificate
                else (lambda: erasure.certify(handover=handover, by=who(self.of(receiver, 2)), now=now))
            )
        if handover.state in acts:
            self.attempt(acts[handover.state])
        handover.refresh_from_db()

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def seal(self, place: int, somebody: str, honest: bool) -> None:
        handover = self.handover(place, State.PREPARED)
        by = self.handler(self.of(handover.sender, 1), somebody, honest)
        self.attempt(lambda: handovers.seal(handover=handover, by=by, now=self.now))
        if handover.state == State.SEALED and handover.package_name:
            self.look_into(handover)

    def look_into(self, handover: Handover) -> None:
        """The sealed file has exactly the listed columns of exactly the prepared rows."""
        opened = gate.open_package(
            Path(self.folder / "outbox" / handover.package_name),
            password=gate.password_of(handover),
            receiver=handover.receiver.key,
        )
        assert set(opened.manifest.items) == set(handover.items)
        assert opened.frame is not None
        assert opened.frame.columns == [factories.HEADERS[item] for item in handover.items]
        assert opened.frame.height == handover.rows

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly, reason=st.sampled_from(["", "板橋の件で急ぐため"]))
    def release(self, place: int, somebody: str, honest: bool, reason: str) -> None:
        handover = self.handover(place, State.SEALED)
        by = self.handler(self.of(handover.sender, 2), somebody, honest)
        self.attempt(lambda: handovers.release(handover=handover, by=by, now=self.now, override_reason=reason))

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def deliver(self, place: int, somebody: str, honest: bool) -> None:
        handover = self.handover(place, State.RELEASED)
        if not handover.package_name:
            return
        by = self.handler(self.of(handover.sender, 2), somebody, honest)
        there = set(self.transport_folder.iterdir())
        self.attempt(
            lambda: handovers.deliver(
                handover=handover,
                transport=DirectoryTransport(self.transport_folder),
                by=by,
                now=self.now,
                occasion="便",
            )
        )
        came = set(self.transport_folder.iterdir()) - there
        assert not came or (by.organisation == handover.sender and handover.state in HELD)

    @precondition(some)
    @rule(place=which, somebody=anybody, to=anybody, honest=mostly, occasion=st.sampled_from(["便", "書留", "書留"]))
    def password(self, place: int, somebody: str, to: str, honest: bool, occasion: str) -> None:
        handover = self.handover(place, State.RELEASED)
        if handover.state in GONE or handover.sealing != "zip":
            return
        by = self.handler(self.of(handover.sender, 2), somebody, honest)
        told = self.handler(self.of(handover.receiver, 2), to, honest)
        secret = self.attempt(
            lambda: handovers.notify_password(handover=handover, to=told, occasion=occasion, by=by, now=self.now)
        )
        if secret is not None:
            package, notice = (handover.deliveries.get(what=what) for what in Delivery.What.values)
            assert told.organisation == handover.receiver
            assert package.occasion != notice.occasion
            assert notice.at - package.at >= timedelta(hours=1)

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly, off=st.sampled_from([0, 0, 0, 1, -1]), damaged=st.booleans())
    def acknowledge(self, place: int, somebody: str, honest: bool, off: int, damaged: bool) -> None:
        handover = self.handover(place, State.RELEASED)
        by = self.handler(self.of(handover.receiver, 1), somebody, honest)
        digest = handover.digest[::-1] if damaged and off else handover.digest
        before = handover.state
        matched = self.attempt(
            lambda: handovers.acknowledge(
                handover=handover,
                rows=handover.rows + off,
                digest=digest,
                sheets=handover.sheets + (off if handover.medium == Medium.PAPER else 0),
                by=by,
                now=self.now,
            )
        )
        if matched is not None:
            assert before == State.RELEASED
            assert matched == (off == 0 and digest == handover.digest)
            assert handover.discrepancies.filter(settled_at=None).exists() != matched

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly, remark=st.sampled_from(["", "残部"]))
    def give_back(self, place: int, somebody: str, honest: bool, remark: str) -> None:
        handover = self.handover(place, State.ACKNOWLEDGED, State.REFUSED)
        by = self.handler(self.of(handover.receiver, 1), somebody, honest)
        self.attempt(lambda: erasure.give_back(handover=handover, by=by, now=self.now, remark=remark))

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def erase(self, place: int, somebody: str, honest: bool) -> None:
        handover = self.handover(place, State.ACKNOWLEDGED, State.REFUSED, State.RETURNED)
        by = self.handler(self.of(handover.receiver, 1), somebody, honest)
        self.attempt(lambda: erasure.erase(handover=handover, by=by, now=self.now))

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def certify(self, place: int, somebody: str, honest: bool) -> None:
        handover = self.handover(place, State.ERASED, State.RETURNED)
        by = self.handler(self.of(handover.receiver, 2), somebody, honest)
        issued = self.attempt(lambda: erasure.certify(handover=handover, by=by, now=self.now))
        if issued is not None:
            open_below = handover.passed_on.exclude(state__in=[State.CERTIFIED, State.WITHDRAWN])
            assert not open_below.exclude(receiver=self.world.ward).exists()

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def confirm(self, place: int, somebody: str, honest: bool) -> None:
        issued = list(Certificate.objects.select_related("handover").order_by("confirmed_at", "pk"))
        if issued:
            by = self.handler("W1", somebody, honest)
            certificate = issued[place % len(issued)]
            self.attempt(lambda: erasure.confirm(certificate=certificate, by=by, now=self.now))

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly, accept=st.booleans())
    def settle(self, place: int, somebody: str, honest: bool, accept: bool) -> None:
        found = list(Discrepancy.objects.select_related("handover").order_by("pk"))
        if found:
            by = self.handler("W3", somebody, honest)
            discrepancy = found[place % len(found)]
            self.attempt(
                lambda: handovers.settle(
                    discrepancy=discrepancy, settlement="数え直した", by=by, now=self.now, accept=accept
                )
            )

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly)
    def withdraw(self, place: int, somebody: str, honest: bool) -> None:
        handover = self.handover(place, State.SEALED, State.PREPARED)
        by = self.handler(self.of(handover.sender, 1), somebody, honest)
        self.attempt(lambda: handovers.withdraw(handover=handover, by=by, now=self.now, reason="取下げ"))

    @precondition(some)
    @rule(somebody=anybody, honest=mostly)
    def close_year(self, somebody: str, honest: bool) -> None:
        by = self.handler("W3", somebody, honest)
        self.attempt(lambda: erasure.close_year(programme=factories.PROGRAMME, fiscal_year=2025, by=by, now=self.now))

    @precondition(some)
    @rule(place=which, somebody=anybody, honest=mostly, items=st.sets(st.sampled_from(ITEMS), min_size=1, max_size=2))
    def look(self, place: int, somebody: str, honest: bool, items: set[str]) -> None:
        """A receiver reads what it was handed: never an item that is not listed, nor after it is gone."""
        handover = self.handover(place, State.ACKNOWLEDGED)
        if handover.medium == Medium.PAPER:
            return
        by = self.handler(self.of(handover.receiver, 1), somebody, honest)
        wanted = sorted(items & set(handover.items) or {handover.items[0]}) if honest else sorted(items)

        def read() -> Any:
            with acting(by=by, act="data.read", now=self.now, programme=factories.PROGRAMME) as record:
                return gate.read_held(record=record, by=by, handover=handover, items=wanted, purpose="作業")

        shown = self.attempt(read)
        if shown is not None:
            assert by.organisation == handover.receiver
            assert handover.state == State.ACKNOWLEDGED
            assert set(shown.columns) == set(wanted)
            assert Entry.objects.latest("seq").item_keys == wanted

    # --- the world changes

    @rule(hours=st.sampled_from([1, 2, 24, 24 * 5]))
    def time_passes(self, hours: int) -> None:
        if self.now < factories.at(12, 1):
            self.now += timedelta(hours=hours)

    @rule(somebody=st.sampled_from(["P1", "E1", "L1", "C1", "S1", "W4", "E2"]))
    def remove_handler(self, somebody: str) -> None:
        Handler.objects.filter(key=somebody).update(removed_on=self.now.date())

    @rule(party=st.sampled_from(["laboratory", "laboratory", "center", "encloser"]))
    def end_appointment(self, party: str) -> None:
        Appointment.objects.filter(party=party).update(valid_until=(self.now - timedelta(days=1)).date())

    @rule(again=st.sampled_from(["encloser", "laboratory"]))
    def appoint_and_report_again(self, again: str) -> None:
        Appointment.objects.filter(party=again).update(valid_until=None)
        Handler.objects.filter(key__endswith="9").exclude(key__startswith=LETTERS[again]).filter(
            organisation__key=again
        ).update(removed_on=None)
        Handler.objects.filter(organisation__key=again).exclude(key__endswith="9").update(removed_on=None)

    # --- what is always true

    @invariant()
    def every_entry_sums_to_zero(self) -> None:
        assert books.unbalanced_entries() == []

    @invariant()
    def balances_are_what_is_held(self) -> None:
        by_hand = books.counted_by_hand(home="ward")
        ledger = {
            (b.account, b.item_group, b.medium): {"persons": b.persons, "sheets": b.sheets} for b in book.balances()
        }
        assert ledger.keys() == by_hand.keys()
        for key, balance in ledger.items():
            assert balance == {name: by_hand[key][name] for name in balance}
            assert key[0] == "ward" or min(balance.values()) >= 0, "nobody gives away what it does not hold"

    @invariant()
    def no_package_is_lost(self) -> None:
        there = {each.number: each for each in Handover.objects.all()}
        assert there.keys() == self.numbers
        for each in there.values():
            acts = books.register_acts(each)
            assert LIFE.fullmatch(acts), acts
            assert ("release" in acts) == (each.state not in {State.PREPARED, State.SEALED, State.WITHDRAWN})
            cleared = acts.endswith(("return", "erase"))
            assert cleared == (each.state in {State.RETURNED, State.ERASED, State.CERTIFIED})

    @invariant()
    def nobody_released_their_own(self) -> None:
        for each in Handover.objects.exclude(released_by=None):
            assert each.released_by_id not in {each.prepared_by_id, each.sealed_by_id}

    @invariant()
    def nothing_unlisted_was_prepared(self) -> None:
        for each in Handover.objects.select_related("receiver"):
            assert {c["item"] for c in each.columns} == set(each.items)
            assert each.receiver.key == "ward" or set(each.items) <= LISTED[each.receiver_party]

    @invariant()
    def gone_means_gone(self) -> None:
        for each in Handover.objects.all():
            if each.state in GONE:
                assert books.key_is_gone(each)
                assert not each.people.exists()
                assert not each.holdings.exists()
            else:
                assert each.people.count() == each.persons
                assert each.medium == Medium.PAPER or gate.kept_bytes(each)

    @invariant()
    def a_closed_year_stays_at_zero(self) -> None:
        if Closing.objects.exists():
            assert book.open_balances(programme=factories.PROGRAMME, home="ward") == []


@pytest.mark.django_db
def test_random_acts_never_unbalance_the_books_lose_a_package_or_show_an_unlisted_item(law_settings) -> None:  # type: ignore[no-untyped-def]
    made = factories.world()
    factories.residents(len(PEOPLE), protected=[PROTECTED], stated_by=factories.roster())
    gate.open_cases_of(factories.PROGRAMME, factories.Condition.OPEN_INQUIRY, lambda _: [factories.reference(1)])
    try:
        run_state_machine_as_test(
            type("CustodyHere", (Custody,), {"world": made}),
            settings=settings(
                law_settings,
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        gate.permission.OPEN_CASES.clear()
    assert Resident.objects.count() == len(PEOPLE)
