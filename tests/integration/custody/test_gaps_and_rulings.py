"""Laws 9 and 10: what lies in a gap is refused until ruled, for as long as the ruling stands, and no further."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from azukari.custody import handovers
from azukari.dossier.approval import ApprovalRefused
from azukari.dossier.models import Ruling as StoredRuling
from azukari.dossier.schema import Direction, GapEntry, Note
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted
from azukari.parties.roles import MayNotAct
from tests import factories
from tests.laws import books

GAP = GapEntry(party="printer", items=("birth_date",), directions=(Direction.PROVIDED, Direction.HANDLED))
PAPER_WITH_A_GAP = factories.postcards(
    notes=(Note(key="birth-date", text="生年月日を印字するのか、食い違う。", places=("printing",), gap=(GAP,)),)
)
UNTIL = date(2025, 12, 31)
TODAY = factories.NOW.date()


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.world(PAPER_WITH_A_GAP)


def rule(world: factories.World, by: str = "W3", **changes: Any) -> StoredRuling:
    arguments: dict[str, Any] = {
        "programme": factories.PROGRAMME,
        "key": "R1",
        "finding": "birth-date",
        "governs": "本文",
        "why": "本人確認に要る",
        "grants": (GAP,),
        "until": UNTIL,
        "now": factories.NOW,
        **changes,
    }
    return approvals.record_ruling(by=world.who(by), **arguments)


def send(world: factories.World, on: date = TODAY) -> Any:
    now = factories.NOW.replace(year=on.year, month=on.month, day=on.day)
    return factories.prepared(world, world.printer, items=("name", "birth_date"), now=now)


def test_a_gap_is_refused_until_it_is_ruled(world: factories.World) -> None:
    with (
        books.refusal_changes_nothing(),
        pytest.raises(NotPermitted, match=r"食い違うか欠けている.*指摘「birth-date」.*裁定として記録するまで"),
    ):
        send(world)
    rule(world)
    handover = send(world)
    assert handover.rulings == ["R1"]


def test_what_is_not_in_the_gap_goes_on_as_before(world: factories.World) -> None:
    assert factories.prepared(world, world.printer).rulings == []


@pytest.mark.parametrize(
    ("on", "allowed"),
    [
        (factories.NOW.date() - timedelta(days=1), False),
        (factories.NOW.date(), True),
        (UNTIL, True),
        (UNTIL + timedelta(days=1), False),
    ],
)
def test_a_ruling_is_good_from_its_day_to_its_last(world: factories.World, on: date, allowed: bool) -> None:
    rule(world)
    if allowed:
        assert send(world, on).rulings == ["R1"]
    else:
        with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="この日には効力がありません"):
            send(world, on)


def test_a_package_under_a_ruling_that_ended_is_not_released(world: factories.World) -> None:
    rule(world)
    handover = send(world)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    late = factories.NOW.replace(month=12, day=31) + timedelta(days=1)
    with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="効力がありません"):
        handovers.release(handover=handover, by=world.who("W2"), now=late)


def test_a_withdrawn_ruling_opens_nothing(world: factories.World) -> None:
    ruling = rule(world)
    handover = send(world)
    handovers.seal(handover=handover, by=world.who("W1"), now=factories.NOW)
    StoredRuling.objects.filter(pk=ruling.pk).update(withdrawn_at=factories.NOW, withdrawn_by="W3")
    with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="指摘「birth-date」"):
        send(world)
    with books.refusal_changes_nothing(), pytest.raises(NotPermitted, match="指摘「birth-date」"):
        handovers.release(handover=handover, by=world.who("W2"), now=factories.NOW)


@pytest.mark.parametrize(
    "grant",
    [
        GapEntry(party="laboratory", items=("birth_date",), directions=(Direction.PROVIDED,)),
        GapEntry(party="printer", items=("birth_date", "phone"), directions=(Direction.PROVIDED,)),
        GapEntry(party="printer", items=("birth_date",), directions=(Direction.COLLECTED,)),
    ],
)
def test_a_ruling_cannot_grant_more_than_the_gap_holds(world: factories.World, grant: GapEntry) -> None:
    with books.refusal_changes_nothing(), pytest.raises(ApprovalRefused, match="指摘が示す範囲"):
        rule(world, grants=(grant,))
    assert not StoredRuling.objects.exists()


@pytest.mark.parametrize("changes", [{"why": " "}, {"governs": ""}, {"finding": "nothing"}])
def test_a_ruling_says_what_governs_and_why_about_a_finding_there_is(
    world: factories.World, changes: dict[str, str]
) -> None:
    with books.refusal_changes_nothing(), pytest.raises(ApprovalRefused):
        rule(world, **changes)


@pytest.mark.parametrize("by", ["W1", "W4", "P2"])
def test_only_the_privacy_officer_rules(world: factories.World, by: str) -> None:
    with books.refusal_changes_nothing(), pytest.raises(MayNotAct):
        rule(world, by)
