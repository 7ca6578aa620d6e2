"""What waits for whom: by role, by organisation, never one's own to release, never another party's matter."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from azukari.custody import erasure, handovers
from azukari.custody.models import Certificate, Discrepancy, Handover
from azukari.custody.transport import DirectoryTransport
from azukari.dossier.models import Renewal, Ruling, Version
from azukari.dossier.schema import Direction, GapEntry, Medium, Note, Period
from azukari.dossier.schema import Renewal as Renewed
from azukari.oversight.todo import Todo
from azukari.oversight.todos import todos
from azukari.people import protection
from azukari.people.models import Changeset, Resident
from tests import factories
from tests.factories import NOW, PROGRAMME, World

TODAY = localdate(NOW)
OFFICERS, COMPANY = ("W1", "W2"), ("P1", "P2")


@pytest.fixture
def world(db: None) -> World:
    made = factories.world()
    factories.residents(9, protected=(9,), stated_by=factories.roster())
    return made


def of(world: World, who: str, on: date = TODAY) -> list[Todo]:
    return todos(world.who(who), on)


def kinds(world: World, who: str, on: date = TODAY) -> list[tuple[str, bool]]:
    return [(one.kind, one.able) for one in of(world, who, on)]


def test_nothing_waits_where_nothing_was_done(world: World) -> None:
    for who in ("W1", "W3", "W4", "P1", "P2", "E1"):
        assert of(world, who) == []


# --- the giver's side


def test_a_prepared_package_waits_for_the_seal_and_then_for_another_persons_release(world: World) -> None:
    handover = factories.prepared(world, world.printer)
    assert kinds(world, "W1") == kinds(world, "W2") == [("seal", True)]
    (todo,) = of(world, "W1")
    assert todo.what == f"受渡し {handover.number}（見本printerへ、3人）に封をする"
    assert (todo.handover, todo.programme) == (handover.number, PROGRAMME)
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    assert kinds(world, "W1") == [("release", False)]
    assert "別の人が必要" in of(world, "W1")[0].what
    assert kinds(world, "W2") == [("release", True)]


def test_who_only_sealed_may_not_release_either(world: World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W2"), now=NOW)
    assert kinds(world, "W1") == kinds(world, "W2") == [("release", False)]


def test_a_released_package_waits_to_be_carried_and_its_password_to_be_told(world: World, tmp_path: object) -> None:
    handover = factories.released(world, world.printer)
    assert kinds(world, "W1") == [("deliver", True)]
    handovers.deliver(
        handover=handover, transport=DirectoryTransport(tmp_path), by=world.who("W1"), now=NOW, occasion="朝",  # type: ignore[arg-type]
    )  # fmt: skip
    assert kinds(world, "W1") == [("password", True)]
    handovers.notify_password(
        handover=handover, to=world.who("P2"), occasion="午後", by=world.who("W1"), now=NOW + timedelta(hours=3)
    )
    assert kinds(world, "W1") == []


def test_paper_is_neither_carried_as_a_file_nor_has_a_password(world: World) -> None:
    factories.released(world, world.printer, medium=Medium.PAPER, sheets=3)
    assert kinds(world, "W1") == []


def test_a_company_seals_what_it_passes_on_and_only_its_responsible_handler_releases(world: World) -> None:
    parent = factories.held(world, world.printer, taker="P1")
    onward = factories.prepared(world, world.encloser, by="P1", parent=parent)
    assert ("seal", True) in kinds(world, "P1")
    handovers.seal(handover=onward, by=world.who("P1"), now=NOW)
    assert [kind for kind, _ in kinds(world, "P1")] == ["clear"]
    assert ("release", True) in kinds(world, "P2")
    assert of(world, "W1") == []  # it is between the two companies


# --- the taker's side


def test_a_company_acknowledges_clears_by_the_day_and_certifies(world: World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W1"), now=NOW)
    assert of(world, "P1") == []  # nothing has left: the printer does not know of it
    due = TODAY + timedelta(days=20)
    handovers.release(handover=handover, by=world.who("W2"), now=NOW, due=due)
    (todo,) = of(world, "P1")
    assert (todo.kind, todo.due_on, todo.overdue) == ("acknowledge", TODAY + timedelta(days=3), False)
    assert of(world, "P1", TODAY + timedelta(days=3))[0].overdue is False
    assert of(world, "P1", TODAY + timedelta(days=4))[0].overdue is True
    handovers.acknowledge(handover=handover, rows=handover.rows, digest=handover.digest, by=world.who("P1"), now=NOW)
    (todo,) = of(world, "P1")
    assert (todo.kind, todo.due_on) == ("clear", due)
    erasure.erase(handover=handover, by=world.who("P1"), now=NOW)
    assert of(world, "P1") == []
    (todo,) = of(world, "P2")
    assert (todo.kind, todo.due_on) == ("certify", due + timedelta(days=14))
    certificate = erasure.certify(handover=handover, by=world.who("P2"), now=NOW)
    assert of(world, "P2") == []
    for who in ("W1", "W3"):
        assert ("confirm_certificate", True) in kinds(world, who)
    assert next(one for one in of(world, "W1") if one.kind == "confirm_certificate").reference == str(certificate.pk)
    erasure.confirm(certificate=Certificate.objects.get(), by=world.who("W1"), now=NOW)
    assert [kind for kind, _ in kinds(world, "W1")] == []


def test_the_ward_acknowledges_what_comes_back_and_never_owes_it_back(world: World) -> None:
    handover = factories.released(world, world.printer)
    Handover.objects.filter(pk=handover.pk).update(sender=world.printer, receiver=world.ward)
    assert ("acknowledge", True) in kinds(world, "W1")
    Handover.objects.filter(pk=handover.pk).update(state=Handover.State.ACKNOWLEDGED)
    assert kinds(world, "W1") == []


def test_a_mismatch_waits_for_the_ward(world: World) -> None:
    handover = factories.released(world, world.printer)
    handovers.acknowledge(handover=handover, rows=1, digest="", by=world.who("P1"), now=NOW)
    assert ("settle", True) in kinds(world, "W1")
    handovers.settle(discrepancy=Discrepancy.objects.get(), settlement="済", by=world.who("W1"), now=NOW, accept=True)
    assert "settle" not in dict(kinds(world, "W1"))


def test_a_company_learns_of_no_other_partys_matters(world: World) -> None:
    parent = factories.held(world, world.printer, taker="P1")
    factories.released(world, world.encloser, by="P1", releaser="P2", numbers=(1,), parent=parent)
    factories.released(world, world.laboratory, numbers=(4,), items=("name", "birth_date"))
    handovers.acknowledge(
        handover=factories.released(world, world.laboratory, numbers=(5,), items=("name", "birth_date")),
        rows=9, digest="", by=world.who("L1"), now=NOW,
    )  # fmt: skip
    late = TODAY + timedelta(days=400)
    own = {"P1": world.printer, "P2": world.printer, "E1": world.encloser, "L1": world.laboratory, "S2": world.stranger}
    for who, organisation in own.items():
        mine = set(Handover.objects.filter(sender=organisation).values_list("number", flat=True))
        mine |= set(Handover.objects.filter(receiver=organisation).values_list("number", flat=True))
        assert {one.handover for one in of(world, who, late)} <= mine
        for one in of(world, who, late):
            others = {w.name for w in own.values()} - {organisation.name}
            told = [name for name in others if name in one.what]
            assert (
                not told
                or (organisation == world.printer and told == [world.encloser.name])
                or (organisation == world.encloser and told == [world.printer.name])
            )
    assert of(world, "S2", late) == []


@pytest.mark.parametrize("who", ["W4", "P9"])
def test_nothing_waits_for_an_auditor_or_a_removed_handler(world: World, who: str) -> None:
    factories.released(world, world.printer)
    assert of(world, who) == []


# --- rosters and the protected


def test_a_roster_waits_for_review_and_then_for_the_commit(world: World) -> None:
    staged = Changeset.objects.create(
        kind="employees", state="read", stated_on=TODAY, file_name="x.csv", sha256="1" * 64, rows=1200,
        encoding="utf-8", read_by="W1", read_at=NOW,
    )  # fmt: skip
    assert [(one.kind, one.what) for one in of(world, "W1")] == [
        ("review", f"名簿 No.{staged.pk}（1,200件）の内訳を確かめる")
    ]
    Changeset.objects.filter(pk=staged.pk).update(state="reviewed")
    assert kinds(world, "W1") == kinds(world, "W2") == [("commit", True)]
    Changeset.objects.filter(pk=staged.pk).update(reviewed_by="W1")
    assert (kinds(world, "W1"), kinds(world, "W2")) == ([("commit", False)], [("commit", True)])
    assert of(world, "W3") == of(world, "P2") == []


def test_a_protected_release_waits_for_a_second_officer_and_names_nobody(world: World) -> None:
    resident = Resident.objects.get(protected=True)
    protection.request_release(
        resident=resident, programme=PROGRAMME, purpose="送付", reason="申出", by="W1", now=NOW,
        valid_until=TODAY + timedelta(days=5),
    )  # fmt: skip
    assert kinds(world, "W1") == [("approve_protected", False)]
    (todo,) = of(world, "W2")
    assert (todo.able, todo.due_on) == (True, TODAY + timedelta(days=5))
    assert resident.name not in todo.what
    assert of(world, "W2", TODAY + timedelta(days=6)) == []


# --- the privacy officer


def with_paper(world: World, **changes: object) -> None:
    Version.objects.all().delete()
    factories.put_in_force(factories.postcards(**changes))


def test_a_submitted_paper_waits_for_somebody_who_did_not_write_it(world: World) -> None:
    version = Version.objects.get()
    Version.objects.filter(pk=version.pk).update(approved_at=None, approved_by="", submitted_by="W3")
    assert kinds(world, "W3") == [("approve_dossier", False)]
    Version.objects.filter(pk=version.pk).update(submitted_by="W1")
    assert kinds(world, "W3") == [("approve_dossier", True)]
    assert of(world, "W1") == []


GAP = (GapEntry(party="printer", items=("phone",), directions=(Direction.PROVIDED,)),)
NOTE = Note(key="phone_gap", text="電話番号の扱いが定まっていない。", places=("printing",), gap=GAP)


def rule(until: date, key: str = "R1", effective_on: date = factories.APRIL) -> None:
    Ruling.objects.create(
        key=key, programme=PROGRAMME, finding="phone_gap", governs="本文", why="理由", grants=[], ruled_by="W3",
        ruled_at=NOW, effective_on=effective_on, until=until,
    )  # fmt: skip


def test_a_gap_waits_for_a_ruling_that_stands_today(world: World) -> None:
    with_paper(world, notes=(NOTE,))
    (todo,) = of(world, "W3")
    assert (todo.kind, todo.reference) == ("rule", "phone_gap")
    assert "電話番号の扱いが定まっていない" in todo.what
    rule(TODAY + timedelta(days=61))
    assert of(world, "W3") == []
    assert kinds(world, "W3", TODAY + timedelta(days=62)) == [("rule", True)]
    Ruling.objects.update(withdrawn_at=NOW)
    assert kinds(world, "W3") == [("rule", True)]


@pytest.mark.parametrize(("days", "told"), [(59, True), (60, True), (61, False)])
def test_a_ruling_is_told_of_sixty_days_before_its_end(world: World, days: int, told: bool) -> None:
    with_paper(world, notes=(NOTE,))
    rule(TODAY + timedelta(days=days))
    assert [one.kind for one in of(world, "W3")] == (["rule_again"] if told else [])


def test_a_ruling_that_another_follows_is_not_told_of(world: World) -> None:
    with_paper(world, notes=(NOTE,))
    rule(TODAY + timedelta(days=10))
    rule(TODAY + timedelta(days=400), "R2")
    assert of(world, "W3") == []


def test_renewals_of_this_year_are_late_and_those_of_the_next_are_told_of_in_time(world: World) -> None:
    clauses = tuple(
        clause.model_copy(
            update={"period": Period(start=factories.APRIL, end=date(2026, 3, 31), renewal=Renewed.YEARLY)}
        )
        for clause in factories.postcards().clauses
    )
    with_paper(world, clauses=clauses)
    assert of(world, "W3", date(2025, 10, 2)) == []
    (todo,) = of(world, "W3", date(2025, 10, 3))
    assert (todo.kind, todo.due_on, todo.overdue, todo.reference) == ("renew", date(2026, 3, 31), False, "2026")
    assert todo.what == "令和8年度の更新を記録する（別紙4件）"
    (todo,) = of(world, "W3", date(2026, 4, 1))
    assert (todo.overdue, todo.reference) == (True, "2026")
    Renewal.objects.create(
        programme=PROGRAMME, clause="*", fiscal_year=2026, recorded_on=date(2026, 3, 1), recorded_by="W3"
    )
    assert of(world, "W3", date(2026, 4, 1)) == []


def test_a_year_can_be_closed_when_nothing_hinders_it_any_more(world: World) -> None:
    handover = factories.held(world, world.printer, taker="P1")
    assert "close_year" not in dict(kinds(world, "W3"))
    erasure.erase(handover=handover, by=world.who("P1"), now=NOW)
    certificate = erasure.certify(handover=handover, by=world.who("P2"), now=NOW)
    assert "close_year" not in dict(kinds(world, "W3"))
    erasure.confirm(certificate=certificate, by=world.who("W3"), now=NOW)
    assert erasure.what_hinders_closing(programme=PROGRAMME, fiscal_year=2025) == []
    assert [(one.kind, one.reference) for one in of(world, "W3")] == [("close_year", "2025")]
    erasure.close_year(programme=PROGRAMME, fiscal_year=2025, by=world.who("W3"), now=NOW)
    assert of(world, "W3") == []


def test_what_companies_owe_past_its_day_is_the_privacy_officers_concern(world: World) -> None:
    factories.released(world, world.printer)
    assert of(world, "W3", TODAY + timedelta(days=3)) == []
    (todo,) = of(world, "W3", TODAY + timedelta(days=4))
    assert (todo.kind, todo.overdue) == ("overdue", True)
    assert "見本printer" in todo.what
    assert "受領の確認" in todo.what


# --- order and cost


def test_the_list_is_in_the_order_of_the_days_with_what_has_none_at_the_end(world: World) -> None:
    factories.prepared(world, world.printer)
    protection.request_release(
        resident=Resident.objects.get(protected=True), programme=PROGRAMME, purpose="送付", reason="申出", by="W2",
        now=NOW, valid_until=TODAY + timedelta(days=5),
    )  # fmt: skip
    back = factories.released(world, world.printer, numbers=(4,))
    Handover.objects.filter(pk=back.pk).update(sender=world.printer, receiver=world.ward)
    assert [kind for kind, _ in kinds(world, "W1")] == ["acknowledge", "approve_protected", "seal"]


@pytest.mark.parametrize(("who", "most"), [("W1", 6), ("W3", 12), ("P2", 2), ("P1", 2)])
def test_the_number_of_queries_does_not_grow_with_what_waits(
    world: World, who: str, most: int, django_assert_max_num_queries: object
) -> None:
    handler = world.who(who)
    for number in range(1, 7):
        factories.released(world, world.printer, numbers=(number,))
        factories.prepared(world, world.laboratory, numbers=(number,), items=("name", "birth_date"))
    for handover in Handover.objects.filter(receiver=world.printer)[:3]:
        handovers.acknowledge(handover=handover, rows=8, digest="", by=world.who("P1"), now=NOW)
    with django_assert_max_num_queries(most):  # type: ignore[operator]
        found = todos(handler, TODAY + timedelta(days=9))
    assert len(found) >= 6
