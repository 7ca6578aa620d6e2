"""Attacks on handovers in one instance: each is refused in clear Japanese and leaves everything as it was."""

from __future__ import annotations

import copy
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from azukari.custody import erasure, gate, handovers
from azukari.custody.handovers import AlreadyAcknowledged, SameOccasion, State, WrongState
from azukari.custody.models import Handover
from azukari.custody.package_errors import (
    NotAPackage,
    NotForUs,
    PackageNotFound,
    PackageRefused,
    UnsafeMemberName,
    WrongPassword,
)
from azukari.custody.transport import DirectoryTransport, digest_of
from azukari.dossier.schema import Direction, Medium
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Appointment, Handler
from azukari.parties.roles import MayNotAct
from azukari.people.models import Resident
from azukari.witness import log
from tests import factories
from tests.integration.custody_files.test_hostile_packages import zipped
from tests.laws import books

JAPANESE = re.compile("[ぁ-ん].*。")


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.world()


@contextmanager
def refused(kind: type[Exception], match: str = ".", *, logged: bool | None = None) -> Iterator[None]:
    """The act inside is refused as ``kind``; in Japanese; nothing has changed."""
    if logged is None:
        logged = issubclass(kind, NotPermitted | MayNotAct)
    with books.refusal_changes_nothing(logged=logged), pytest.raises(kind, match=match) as refusal:
        yield
    assert JAPANESE.search(str(refusal.value))


def sealed_file(handover: Handover, settings: Any) -> Path:
    return Path(settings.AZUKARI_OUTBOX) / handover.package_name


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_right_password_opens_it_and_acknowledges(world: factories.World, settings: Any) -> None:
    handover = factories.released(world, world.printer)
    got = handovers.receive(
        path=sealed_file(handover, settings), password=gate.password_of(handover), by=world.who("P1"), now=factories.NOW
    )
    assert got == handover
    assert got.state == State.ACKNOWLEDGED


def test_a_wrong_password(world: factories.World, settings: Any) -> None:
    handover = factories.released(world, world.printer)
    with refused(WrongPassword):
        handovers.receive(
            path=sealed_file(handover, settings), password="k7mw-2bcd", by=world.who("P1"), now=factories.NOW
        )


def within_the_data(path: Path) -> int:
    """Position of a byte in the middle of the largest member's encrypted data: not of a header that says nothing."""
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda member: member.compress_size)
    return largest.header_offset + 30 + len(largest.filename.encode()) + largest.compress_size // 2


def test_a_tampered_package(world: factories.World, settings: Any) -> None:
    handover = factories.released(world, world.printer)
    path = sealed_file(handover, settings)
    content = bytearray(path.read_bytes())
    password = gate.password_of(handover)
    content[within_the_data(path)] ^= 1
    path.write_bytes(content)
    with refused(PackageRefused):
        handovers.receive(path=path, password=password, by=world.who("P1"), now=factories.NOW)


def test_a_tampered_package_is_not_sent(world: factories.World, settings: Any, tmp_path: Path) -> None:
    handover = factories.released(world, world.printer)
    path = sealed_file(handover, settings)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(NotPermitted, match="封をしたときのものと異なります"):
        handovers.deliver(
            handover=handover, transport=DirectoryTransport(tmp_path), by=world.who("W2"), now=factories.NOW,
            occasion="便",
        )  # fmt: skip
    assert not handover.deliveries.exists()


def test_a_package_for_another_party(world: factories.World, settings: Any) -> None:
    handover = factories.released(world, world.printer)
    with refused(NotForUs):
        handovers.receive(
            path=sealed_file(handover, settings), password=gate.password_of(handover), by=world.who("L1"),
            now=factories.NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"hello", NotAPackage),
        (b"", NotAPackage),
        (zipped(("../../etc/cron.d/x", b"x")), UnsafeMemberName),
        (zipped(("/etc/passwd", b"x")), UnsafeMemberName),
    ],
)
def test_a_hostile_file(world: factories.World, tmp_path: Path, content: bytes, kind: type[Exception]) -> None:
    path = tmp_path / "in" / "AZ-2025-000001.zip"
    path.parent.mkdir()
    path.write_bytes(content)
    with refused(kind):
        handovers.receive(path=path, password="k7mw-2bcd-9xyz-hjkm-p3qr", by=world.who("P1"), now=factories.NOW)
    assert [each.name for each in tmp_path.rglob("*")] == ["in", path.name]


def test_a_file_that_is_not_there(world: factories.World, tmp_path: Path) -> None:
    with refused(PackageNotFound):
        handovers.receive(path=tmp_path / "x.zip", password="x", by=world.who("P1"), now=factories.NOW)


def test_an_old_package_after_its_handover_was_erased(world: factories.World, settings: Any, tmp_path: Path) -> None:
    """The file itself may live on outside: the books know that it is gone, and it is not taken in again."""
    handover = factories.released(world, world.printer)
    copied, password = tmp_path / "AZ-2025-000001.zip", gate.password_of(handover)
    copied.write_bytes(sealed_file(handover, settings).read_bytes())
    arguments = {"path": copied, "password": password, "by": world.who("P1"), "now": factories.NOW}
    received = handovers.receive(**arguments)
    erasure.erase(handover=received, by=world.who("P1"), now=factories.NOW)
    with refused(WrongState):
        handovers.receive(**arguments)


# --- acknowledging ---------------------------------------------------------------------------------------------------


def acknowledge(world: factories.World, handover: Handover, by: str = "P1", **changes: Any) -> bool:
    stated = {"rows": handover.rows, "digest": handover.digest, **changes}
    return handovers.acknowledge(handover=handover, by=world.who(by), now=factories.NOW, **stated)


def test_an_acknowledgement_is_not_taken_twice(world: factories.World) -> None:
    handover = factories.released(world, world.printer)
    stale = copy.copy(handover)
    assert acknowledge(world, handover)
    for again, by in ((handover, "P1"), (stale, "P2")):
        with refused(AlreadyAcknowledged):
            acknowledge(world, again, by)


def test_two_people_acknowledge_at_once(world: factories.World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has read the same state before the first one's was written: compare and set decides."""
    handover = factories.released(world, world.printer)
    stale = Handover.objects.get(pk=handover.pk)
    assert acknowledge(world, handover)
    monkeypatch.setattr(stale, "refresh_from_db", lambda **_: None)
    with refused(WrongState, "ほかの人が先に処理しました"):
        acknowledge(world, stale, "P2")


@pytest.mark.parametrize("wrong", [{"rows": 2}, {"rows": 4}, {"digest": "0" * 64}, {"sheets": 1}])
def test_a_wrong_count_opens_a_discrepancy_that_only_the_ward_settles(
    world: factories.World, wrong: dict[str, Any]
) -> None:
    handover = factories.released(world, world.printer)
    assert not acknowledge(world, handover, **wrong)
    with refused(WrongState, "不一致が未解決"):
        acknowledge(world, handover)
    discrepancy = handover.discrepancies.get()
    settle = {"discrepancy": discrepancy, "now": factories.NOW, "accept": True}
    with refused(MayNotAct):
        handovers.settle(**settle, by=world.who("P2"), settlement="数え直した")
    with refused(NotPermitted):
        handovers.settle(**settle, by=world.who("W1"), settlement=" ")
    handovers.settle(**settle, by=world.who("W1"), settlement="数え直した")
    handover.refresh_from_db()
    assert handover.state == State.ACKNOWLEDGED
    assert books.register_acts(handover) == "release refuse accept"
    with refused(WrongState, "すでに解決済み"):
        handovers.settle(**settle, by=world.who("W1"), settlement="もう一度")


@pytest.mark.parametrize("by", ["L1", "E1", "S1", "W1", "C2"])
def test_nobody_else_acknowledges(world: factories.World, by: str) -> None:
    handover = factories.released(world, world.printer)
    with refused(NotPermitted):
        acknowledge(world, handover, by)


def test_paper_is_not_acknowledged_uncounted(world: factories.World) -> None:
    handover = factories.released(world, world.printer, medium=Medium.PAPER, sheets=3)
    with refused(NotPermitted, "数えた枚数"):
        acknowledge(world, handover)
    assert not acknowledge(world, handover, sheets=2)


# --- who, and in which session ---------------------------------------------------------------------------------------


def test_nobody_releases_their_own_not_in_a_second_session_either(world: factories.World) -> None:
    handover = factories.prepared(world, world.printer)
    elsewhere = Handover.objects.get(pk=handover.pk)
    handovers.seal(handover=handover, by=world.who("W2"), now=factories.NOW)
    factories.handler("W5", world.ward, "officer")
    for session in (elsewhere, handover):
        for own in ("W1", "W2"):
            with refused(NotPermitted, "自分で放出できません"):
                handovers.release(handover=session, by=world.who(own), now=factories.NOW)
    handovers.release(handover=elsewhere, by=world.who("W5"), now=factories.NOW)
    with refused(WrongState):
        handovers.release(handover=handover, by=world.who("W5"), now=factories.NOW)


def test_a_sealed_package_is_never_sealed_again_by_an_old_session(world: factories.World, settings: Any) -> None:
    handover = factories.prepared(world, world.printer)
    stale = copy.copy(handover)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    with refused(WrongState):
        handovers.seal(handover=stale, by=world.who("W1"), now=factories.NOW)
    assert digest_of(sealed_file(handover, settings)) == handover.package_sha256


ACTS: list[tuple[str, Callable[[Handover, Handler], Any]]] = [
    ("P9", lambda h, by: handovers.acknowledge(handover=h, rows=3, digest=h.digest, by=by, now=factories.NOW)),
    ("P9", lambda h, by: erasure.erase(handover=h, by=by, now=factories.NOW)),
    ("P9", lambda h, by: erasure.give_back(handover=h, by=by, now=factories.NOW)),
    ("P9", lambda h, by: erasure.certify(handover=h, by=by, now=factories.NOW)),
]


@pytest.mark.parametrize(("who", "act"), ACTS)
def test_a_handler_removed_yesterday(world: factories.World, who: str, act: Callable[[Handover, Handler], Any]) -> None:
    handover = factories.released(world, world.printer)
    with refused(MayNotAct, "解除されている"):
        act(handover, world.who(who))


def test_a_handler_removed_while_signed_in(world: factories.World) -> None:
    handover = factories.released(world, world.printer)
    signed_in = world.who("P1")
    approvals.remove_handler(
        handler=world.who("P1"), removed_on=factories.NOW.date(), by=world.who("W1"), now=factories.NOW
    )
    with refused(MayNotAct, "解除されている"):
        handovers.acknowledge(handover=handover, rows=3, digest=handover.digest, by=signed_in, now=factories.NOW)


def test_a_role_that_only_a_session_claims(world: factories.World) -> None:
    handover = factories.released(world, world.printer)
    pretender = world.who("P1")
    pretender.role = "responsible"
    pretender.organisation = world.ward
    with refused(MayNotAct):
        handovers.deliver(
            handover=handover, transport=DirectoryTransport(Path("/nowhere")), by=pretender, now=factories.NOW,
            occasion="便",
        )  # fmt: skip


@pytest.mark.parametrize("by", ["P2", "L2", "S2"])
def test_nobody_but_the_sender_has_a_package_delivered(world: factories.World, tmp_path: Path, by: str) -> None:
    handover = factories.released(world, world.printer)
    with refused(NotPermitted, "渡す側の組織"):
        handovers.deliver(
            handover=handover, transport=DirectoryTransport(tmp_path), by=world.who(by), now=factories.NOW,
            occasion="便",
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_no_responsible_handler_is_left_at_the_receiver(world: factories.World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    Handler.objects.filter(organisation=world.printer, role="responsible").update(removed_on=factories.NOW.date())
    with refused(NotPermitted, "取扱責任者が報告されていません"):
        handovers.release(handover=handover, by=world.who("W2"), now=factories.NOW)


# --- to whom, and when -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "allowed"),
    [(date(2025, 4, 1), True), (date(2026, 3, 31), True), (date(2026, 4, 1), False)],
)
def test_a_clause_is_only_good_in_its_period(world: factories.World, on: date, allowed: bool) -> None:
    now = factories.NOW.replace(year=on.year, month=on.month, day=on.day)
    if allowed:
        assert factories.prepared(world, world.printer, now=now).clause == "printing"
    else:
        with refused(NotPermitted, "期限（.*）を過ぎています"):
            factories.prepared(world, world.printer, now=now)


def test_a_clause_that_expires_between_preparing_and_releasing(world: factories.World) -> None:
    last_day = factories.at(3, 31, year=2026)
    handover = factories.prepared(world, world.printer, now=last_day)
    handovers.seal(handover=handover, by=world.who("W1"), now=last_day)
    with refused(NotPermitted, "を過ぎています"):
        handovers.release(handover=handover, by=world.who("W2"), now=last_day + timedelta(days=1))


def test_somebody_protected_between_preparing_and_releasing(world: factories.World) -> None:
    factories.residents(3, stated_by=factories.roster())
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    Resident.objects.filter(reference=factories.reference(2)).update(protected=True)
    with refused(NotPermitted, "支援措置の対象者が1人"):
        handovers.release(handover=handover, by=world.who("W2"), now=factories.NOW)
    with refused(NotPermitted, "支援措置の対象者が1人"):
        factories.prepared(world, world.printer)


def test_a_sub_processor_that_nobody_approved(world: factories.World) -> None:
    factories.held(world, world.printer, taker="P1")
    for receiver, match in ((world.stranger, "選定されていません"), (world.laboratory, "認められていません")):
        with refused(NotPermitted, match):
            factories.prepared(world, receiver, items=("name",), by="P1")
    with refused(NotPermitted, "承認されていない相手|という相手はありません"):
        approvals.appoint(
            programme=factories.PROGRAMME, party="helper", organisation=world.stranger, valid_from=factories.APRIL,
            by=world.who("W3"), now=factories.NOW,
        )  # fmt: skip


def test_a_stranger_does_not_become_a_named_party(world: factories.World) -> None:
    with refused(NotPermitted, "見本strangerは承認されていません"):
        approvals.appoint(
            programme=factories.PROGRAMME, party="printer", organisation=world.stranger, valid_from=factories.APRIL,
            by=world.who("W3"), now=factories.NOW,
        )  # fmt: skip


def test_a_processor_passes_on_only_whom_it_holds(world: factories.World) -> None:
    handover = factories.held(world, world.printer, taker="P1")
    with refused(NotPermitted, "預かっていない人が1人"):
        factories.prepared(world, world.encloser, numbers=(3, 4), by="P1")
    passed_on = factories.prepared(world, world.encloser, numbers=(2, 3), by="P1", parent=handover)
    with refused(NotPermitted, "まだ放出していない受渡し"):
        erasure.erase(handover=handover, by=world.who("P1"), now=factories.NOW)
    handovers.withdraw(handover=passed_on, by=world.who("P1"), now=factories.NOW, reason="中止")
    erasure.erase(handover=handover, by=world.who("P1"), now=factories.NOW)
    with refused(NotPermitted, "預かっていない人が1人"):
        factories.prepared(world, world.encloser, numbers=(3,), by="P1")


@pytest.mark.parametrize("named", [True, False])
def test_a_certificate_waits_for_the_sub_processors(world: factories.World, named: bool) -> None:
    handover = factories.held(world, world.printer, taker="P1")
    factories.held(world, world.encloser, taker="E1", by="P1", releaser="P2", parent=handover if named else None)
    erasure.erase(handover=handover, by=world.who("P1"), now=factories.NOW)
    with refused(NotPermitted, "再委託先への受渡し"):
        erasure.certify(handover=handover, by=world.who("P2"), now=factories.NOW)


def test_an_appointment_that_ended_yesterday(world: factories.World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    Appointment.objects.filter(party="printer").update(valid_until=factories.NOW.date() - timedelta(days=1))
    with refused(NotPermitted, "選定されていません"):
        handovers.release(handover=handover, by=world.who("W2"), now=factories.NOW)
    with refused(NotPermitted, "選定されていません"):
        factories.prepared(world, world.printer)


def test_a_dossier_that_changed_between_preparing_and_releasing(world: factories.World) -> None:
    handover = factories.prepared(world, world.printer)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    factories.put_in_force(factories.postcards(version="2"), since=factories.NOW.date())
    with refused(NotPermitted, "付議書が変わりました"):
        handovers.release(handover=handover, by=world.who("W2"), now=factories.NOW)


# --- password and package apart --------------------------------------------------------------------------------------


def test_the_password_goes_once_on_another_occasion_to_the_receiver(world: factories.World, tmp_path: Path) -> None:
    handover = factories.released(world, world.printer)
    told = {"handover": handover, "by": world.who("W2")}
    later = factories.NOW + timedelta(hours=1)
    with refused(WrongState, "データを渡した後に"):
        handovers.notify_password(**told, to=world.who("P2"), occasion="書留", now=later)
    handovers.deliver(
        handover=handover, transport=DirectoryTransport(tmp_path), by=world.who("W2"), now=factories.NOW, occasion="便"
    )
    with refused(SameOccasion):
        handovers.notify_password(**told, to=world.who("P2"), occasion="便", now=later)
    with refused(SameOccasion):
        handovers.notify_password(
            **told, to=world.who("P2"), occasion="書留", now=factories.NOW + timedelta(minutes=59)
        )
    for stranger in ("L2", "P9", "W1"):
        with refused(NotPermitted):
            handovers.notify_password(**told, to=world.who(stranger), occasion="書留", now=later)
    assert handovers.notify_password(**told, to=world.who("P2"), occasion="書留", now=later)
    with refused(WrongState, "すでに通知しました"):
        handovers.notify_password(**told, to=world.who("P2"), occasion="再度", now=later)


# --- law 4: what can't be logged doesn't happen ----------------------------------------------------------------------


class LogIsFull(RuntimeError):
    pass


def acts_on(world: factories.World) -> dict[str, Callable[[], Any]]:
    """One handover in each state, and the act that would move it on."""
    now, held = factories.NOW, {"taker": "P1"}
    prepared = factories.prepared(world, world.printer)
    released, kept, back = (
        factories.released(world, world.printer),
        factories.held(world, world.printer, **held),
        factories.held(world, world.printer, **held),
    )
    erased = factories.held(world, world.printer, **held)
    erasure.erase(handover=erased, by=world.who("P1"), now=now)
    return {
        "prepare": lambda: factories.prepared(world, world.printer),
        "withdraw": lambda: handovers.withdraw(handover=prepared, by=world.who("W1"), now=now, reason="中止"),
        "acknowledge": lambda: acknowledge(world, released),
        "erase": lambda: erasure.erase(handover=kept, by=world.who("P1"), now=now),
        "give_back": lambda: erasure.give_back(handover=back, by=world.who("P1"), now=now),
        "certify": lambda: erasure.certify(handover=erased, by=world.who("P2"), now=now),
        "read_held": lambda: read_held(world, kept),
    }


def read_held(world: factories.World, handover: Handover) -> Any:
    by = world.who("P1")
    with acting(by=by, act="data.read", now=factories.NOW, programme=factories.PROGRAMME) as record:
        return gate.read_held(record=record, by=by, handover=handover, items=["name"], purpose="印字")


@pytest.mark.parametrize("name", ["prepare", "withdraw", "acknowledge", "erase", "give_back", "certify", "read_held"])
def test_what_cannot_be_logged_does_not_happen(
    world: factories.World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    act = acts_on(world)[name]
    keys = sorted(path.name for path in (gate.key_store()._packages).iterdir())
    before = books.stored()

    def full(**_: object) -> int:
        raise LogIsFull

    monkeypatch.setattr(log, "append", full)
    with pytest.raises(LogIsFull):
        act()
    different = books.changed(before, books.stored())
    assert different in ([], ["packages"]), different
    kept = sorted(path.name for path in (gate.key_store()._packages).iterdir())
    assert set(keys) <= set(kept), "a key was destroyed by an act that was undone"


def test_direction_is_not_a_way_around(world: factories.World) -> None:
    for direction in (Direction.COLLECTED, Direction.RECORDED, Direction.VIEW):
        with refused(NotPermitted, "項目に「氏名」を挙げていません"):
            factories.prepared(world, world.printer, direction=direction)
