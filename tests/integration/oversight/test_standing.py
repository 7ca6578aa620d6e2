"""How each step stands, who holds what, what was refused: from the records of handovers alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from azukari.custody import erasure, handovers
from azukari.custody.models import Closing, Discrepancy, Handover, Obligation
from azukari.dossier.schema import Medium, Node, Step
from azukari.dossier.step_mark import StepKind
from azukari.oversight import journal, keeping, standing
from azukari.parties.acting import NotPermitted
from tests import factories
from tests.factories import NOW, PROGRAMME, World

TODAY = localdate(NOW)
NODES = (
    Node(key="people", name="区民", kind="people"),
    Node(key="office", name="健康課", kind="office", within="ward"),
    Node(key="press", name="印刷所", kind="office", within="printer"),
    Node(key="bench", name="封入所", kind="office", within="encloser"),
    Node(key="lab", name="検査所", kind="office", within="laboratory"),
)
STEPS = (
    Step(number="①", source="office", target="press", what="送付"),
    Step(number="②", source="press", target="bench", what="引渡し"),
    Step(number="③", source="office", target="lab", what="依頼"),
    Step(number="④", source="lab", target="office", what="枚数の報告", personal=False),
)


@pytest.fixture
def world(db: None) -> World:
    made = factories.world(factories.postcards(nodes=NODES, steps=STEPS))
    factories.residents(9, stated_by=factories.roster())
    return made


def steps(on: date = TODAY, **more: object) -> standing.Steps:
    dossier = factories.postcards(nodes=NODES, steps=STEPS)
    return standing.step_states(PROGRAMME, dossier, 2025, on, **more)  # type: ignore[arg-type]


def clear(world: World, handover: Handover, by: str = "P2") -> None:
    handover.refresh_from_db()
    erasure.erase(handover=handover, by=world.who(by), now=NOW)
    certificate = erasure.certify(handover=handover, by=world.who(by), now=NOW)
    erasure.confirm(certificate=certificate, by=world.who("W1"), now=NOW)


def test_nothing_handed_over_is_planned_and_an_arrow_without_personal_data_has_no_state(world: World) -> None:
    assert {number: state.kind for number, state in steps().items()} == dict.fromkeys("①②③", StepKind.PLANNED)


def test_a_step_follows_its_handover_from_the_preparation_to_the_certificate(world: World) -> None:
    handover = factories.prepared(world, world.printer)
    assert steps()["①"].kind is StepKind.PREPARED
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    assert steps()["①"].words == "封済\n3人"
    handovers.release(handover=handover, by=world.who("W2"), now=NOW, due=TODAY + timedelta(days=20))
    state = steps()["①"]
    assert (state.kind, state.persons, state.newest) == (StepKind.RELEASED, 3, handover.number)
    assert state.due_on == TODAY + timedelta(days=3)
    assert state.mark("/x").told == "放出済 3人 期限 6月5日"
    handovers.acknowledge(handover=handover, rows=handover.rows, digest=handover.digest, by=world.who("P1"), now=NOW)
    assert (steps()["①"].kind, steps()["①"].due_on) == (StepKind.ACKNOWLEDGED, TODAY + timedelta(days=20))
    clear(world, handover)
    assert steps()["①"].words == "3人"
    assert steps()["①"].kind is StepKind.CLOSED


@pytest.mark.parametrize(("days", "kind"), [(2, "released"), (3, "released"), (4, "overdue")])
def test_a_step_is_overdue_from_the_day_after_the_day(world: World, days: int, kind: str) -> None:
    factories.released(world, world.printer)
    assert steps(TODAY + timedelta(days=days))["①"].kind == kind


def test_a_step_with_several_handovers_shows_the_one_that_waits(world: World) -> None:
    factories.held(world, world.printer, taker="P1", numbers=(1, 2))
    second = factories.released(world, world.printer, numbers=(3, 4, 5))
    state = steps()["①"]
    assert (state.kind, state.persons, state.handovers, state.newest) == (StepKind.RELEASED, 5, 2, second.number)
    assert state.words == "2件のうち1件\n5人\n期限 6月5日"


def test_a_count_that_does_not_agree_makes_the_step_a_mismatch_until_it_is_settled(world: World) -> None:
    handover = factories.released(world, world.printer)
    handovers.acknowledge(handover=handover, rows=1, digest="", by=world.who("P1"), now=NOW)
    assert steps()["①"].kind is StepKind.REFUSED
    discrepancy = Discrepancy.objects.get()
    handovers.settle(discrepancy=discrepancy, settlement="数え直した", by=world.who("W1"), now=NOW, accept=True)
    assert steps()["①"].kind is StepKind.ACKNOWLEDGED


def test_what_was_refused_and_then_erased_is_not_late_with_its_acknowledgement(world: World) -> None:
    handover = factories.released(world, world.printer)
    handovers.acknowledge(handover=handover, rows=1, digest="", by=world.who("P1"), now=NOW)
    discrepancy = Discrepancy.objects.get()
    handovers.settle(discrepancy=discrepancy, settlement="作り直す", by=world.who("W1"), now=NOW)
    clear(world, handover)
    assert not Obligation.objects.filter(kind=Obligation.Kind.ACKNOWLEDGE, met_at__isnull=True).exists()
    assert steps(TODAY + timedelta(days=30))["①"].kind is StepKind.CLOSED


def test_what_was_withdrawn_leaves_the_step_planned(world: World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.withdraw(handover=handover, by=world.who("W1"), now=NOW, reason="誤り")
    assert steps()["①"] == standing.PLANNED


def test_what_came_back_to_the_ward_is_done_with_when_the_year_is_closed(world: World) -> None:
    handover = factories.held(world, world.printer, taker="P1")
    Handover.objects.filter(pk=handover.pk).update(sender=world.printer, receiver=world.ward, step="②")
    Obligation.objects.update(met_at=NOW)
    assert steps()["②"].kind is StepKind.ACKNOWLEDGED
    Closing.objects.create(
        programme=PROGRAMME, fiscal_year=2025, closed_at=NOW, closed_by=world.who("W3"), handovers=1, certificates=0
    )
    assert steps()["②"].kind is StepKind.CLOSED


def test_an_organisation_sees_only_the_steps_at_which_it_gives_or_takes(world: World) -> None:
    factories.released(world, world.printer)
    factories.released(world, world.laboratory, numbers=(4, 5), items=("name", "birth_date"), step="③")
    of_printer = steps(for_organisation=world.printer)
    assert set(of_printer) == {"①", "②"}
    assert of_printer["①"].persons == 3
    assert set(steps(for_organisation=world.encloser)) == {"②"}
    of_laboratory = steps(for_organisation=world.laboratory)
    assert {number: state.persons for number, state in of_laboratory.items()} == {"③": 2}
    assert steps(for_organisation=world.stranger) == {}


@pytest.mark.parametrize("count", [0, 1, 6])
def test_the_number_of_queries_does_not_grow_with_programmes_or_handovers(
    world: World, count: int, django_assert_max_num_queries: object
) -> None:
    for number in range(1, count + 1):
        factories.released(world, world.printer, numbers=(number,))
    paper = factories.postcards(nodes=NODES, steps=STEPS)
    papers = {PROGRAMME: paper, **{f"other{n}": paper for n in range(4)}}
    with django_assert_max_num_queries(5):  # type: ignore[operator]
        states = standing.all_step_states(papers, 2025, TODAY)
    assert states[PROGRAMME]["①"].handovers == count
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        standing.all_step_states(papers, 2025, TODAY, world.printer)


# --- who holds what


def test_holdings_fold_data_and_paper_of_one_organisation_and_count_a_person_once(world: World) -> None:
    handover = factories.held(world, world.printer, taker="P1", numbers=(1, 2, 3, 4))
    on_paper = factories.held(
        world, world.encloser, taker="E1", by="P1", releaser="P2", numbers=(1, 2), medium=Medium.PAPER, sheets=2,
        parent=handover,
    )  # fmt: skip
    held = {one.organisation: one for one in keeping.holdings()}
    assert (held["printer"].name, held["printer"].in_data, held["printer"].persons) == ("見本printer", 4, 4)
    assert (held["encloser"].on_paper, held["encloser"].sheets) == (2, 2)
    assert "ward" not in held
    assert [one.organisation for one in keeping.holdings(PROGRAMME, world.encloser)] == ["encloser"]
    erasure.give_back(handover=on_paper, by=world.who("E1"), now=NOW)
    assert keeping.holdings(organisation=world.encloser) == []


def test_holdings_and_counts_take_a_fixed_number_of_queries(world: World, django_assert_num_queries: object) -> None:
    for number in (1, 2, 3):
        factories.held(world, world.printer, taker="P1", numbers=(number,))
    factories.held(world, world.laboratory, taker="L1", numbers=(4,), items=("name", "birth_date"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert [one.persons for one in keeping.holdings()] == [3, 1]
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert keeping.passed(world.printer) == keeping.Passed(0, 0, 3, 3)
    assert keeping.passed(world.ward, 2025, PROGRAMME) == keeping.Passed(4, 4, 0, 0)
    assert keeping.passed(world.ward, 2024).sent == 0


def test_the_late_are_listed_with_the_days_and_for_one_organisation_alone(
    world: World, django_assert_num_queries: object
) -> None:
    factories.released(world, world.printer)
    factories.released(world, world.laboratory, numbers=(4,), items=("name", "birth_date"))
    with django_assert_num_queries(1):  # type: ignore[operator]
        late = keeping.overdue(TODAY + timedelta(days=5))
    assert {(one.organisation, one.what, one.days) for one in late} == {
        ("見本printer", "受領の確認", 2),
        ("見本laboratory", "受領の確認", 2),
    }
    assert [one.organisation for one in keeping.overdue(TODAY + timedelta(days=5), world.printer)] == ["見本printer"]
    assert keeping.overdue(TODAY + timedelta(days=3)) == []


# --- what was refused


def refuse(world: World, receiver: object, *items: str) -> None:
    with pytest.raises(NotPermitted):
        factories.prepared(world, receiver, items=items)  # type: ignore[arg-type]


def test_todays_refusals_are_told_in_words(world: World, django_assert_num_queries: object) -> None:
    refuse(world, world.printer, "name", "phone")
    paper = factories.postcards()
    with django_assert_num_queries(4):  # type: ignore[operator]
        refusals = journal.refusals_on(TODAY, papers={PROGRAMME: paper})
    (line,) = refusals.newest
    assert (refusals.count, line.refused, line.what, line.who) == (1, True, "受渡しの準備", "見本 W1")
    assert line.organisation == "見本区"
    assert "電話番号" in line.items
    assert journal.refusals_on(TODAY - timedelta(days=1)).count == 0
    assert journal.refusals_on(TODAY + timedelta(days=1)).count == 0


def test_refusals_are_counted_though_only_the_newest_are_shown(world: World) -> None:
    for _ in range(3):
        refuse(world, world.printer, "phone")
    refusals = journal.refusals_on(TODAY, most=2)
    assert (refusals.count, len(refusals.newest)) == (3, 2)
    assert refusals.newest[0].seq > refusals.newest[1].seq


def test_a_company_reads_its_own_refusals_only(world: World) -> None:
    refuse(world, world.printer, "phone")
    handover = factories.released(world, world.printer)
    with pytest.raises(NotPermitted):
        handovers.acknowledge(handover=handover, rows=3, digest="", by=world.who("L1"), now=NOW)
    assert [line.who for line in journal.refusals_on(TODAY, world.laboratory).newest] == ["見本 L1"]
    assert journal.refusals_on(TODAY, world.printer).count == 0
