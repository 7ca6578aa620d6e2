"""The year after the demo's, as its screens find it: something to do for everybody, prepared once however often asked."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest

from azukari.custody import obligations
from azukari.custody.models import Certificate, Handover
from azukari.dossier.models import Version
from azukari.people.models import Changeset, ChangesetState
from azukari.programmes.screening import demo
from azukari.programmes.screening.demo_next_year import PURPOSES, NextYear, changed, with_variants
from azukari.programmes.screening.demo_run import Demo
from azukari.programmes.screening.models import GlyphQuestion, Run
from azukari.witness import log
from azukari.witness.models import Entry

LAST_STAGE = "受診番号・整理番号の付番"


def silent(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def next_year(ward: Demo) -> NextYear:
    for stage in ward.stages():
        if not stage.done():
            stage.do(silent)
        if stage.name == LAST_STAGE:
            break
    return NextYear(ward)


def test_everybody_finds_something_to_do_and_nothing_is_prepared_twice(next_year):
    for stage in next_year.stages():
        assert not stage.done(), stage.name
        stage.do(silent)
        assert stage.done(), stage.name
    entries = log.size()
    next_year.play_out(lambda _stage: silent)
    assert log.size() == entries

    run = Run.objects.get(fiscal_year=2026)
    assert run.state == Run.State.NUMBERED
    questions = GlyphQuestion.objects.filter(run=run)
    assert questions.filter(decision="").exists()
    assert questions.exclude(decision="").exists()
    states = {kind: Handover.objects.get(purpose=purpose).state for kind, purpose in PURPOSES.items()}
    assert states == {"certified": "erased", "held": "acknowledged", "late": "released", "sealed": "sealed"}
    assert Certificate.objects.filter(confirmed_at=None, handover__purpose=PURPOSES["certified"]).exists()
    late = obligations.overdue(on=next_year.today)
    assert PURPOSES["late"] in {owed.handover.purpose for owed in late}
    assert Changeset.objects.get(stated_on=next_year.today).state == ChangesetState.READ
    assert Version.objects.filter(submitted_at__isnull=False, approved_at=None).count() == 1
    refusals = Entry.objects.filter(act="refused", recorded_at__gte=next_year.at(4, 14, 0))
    assert {entry.actor for entry in refusals} == {"W001", "W901"}


def test_the_screens_clock_starts_after_the_last_act(next_year):
    next_year.play_out(lambda _stage: silent)
    assert next_year.morning() == next_year.at(4, 14)
    last = next_year.at(4, 14, 16)
    log.append(
        recorded_at=last, actor="W001", party="ward", programme="", act="x", clause="", ruling="", items=[], subjects=(),
        purpose="x", details={},
    )  # fmt: skip
    assert next_year.morning() == last + timedelta(minutes=1)


def test_a_later_roster_differs_from_the_one_before_in_a_few_people():
    before = demo.make_ward(2_000, 2025, 1).roster
    after = with_variants(changed(before, date(2026, 3, 1), Random(1)))
    assert after.columns == list(demo.HEADERS)
    assert after["宛名番号"].n_unique() == after.height == before.height + 2_000 * 25 // 1000
    same = before.join(after, on=list(demo.HEADERS), how="inner").height
    assert 0.85 * before.height < same < before.height
    assert after.filter(after["氏名"].str.starts_with("\U00020bb7")).height > 0
