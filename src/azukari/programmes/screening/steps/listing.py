"""Lists of persons for an officer's eyes: who was stopped and why, whose glyphs need deciding. Each look is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import GlyphQuestion, Run, Stop
from .state import PROGRAMME


@dataclass(frozen=True)
class Stopped:
    """``number`` is the 宛名番号; the name stays in the register."""

    number: str
    reason: str
    settlement: str


@dataclass(frozen=True)
class Question:
    """One glyph to decide on: ``pk`` for ``decide_glyph``, ``characters`` as code points."""

    pk: int
    number: str
    field: str
    characters: str
    problem: str
    decision: str


def list_stopped(*, run: Run, purpose: str, by: Handler, now: datetime, reason: str = "") -> list[Stopped]:
    """Who would have got a voucher but for the reason told (all reasons when empty)."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        _require(purpose)
        found = Stop.objects.filter(run=run).select_related("person").order_by("reason", "person__number")
        if reason:
            found = found.filter(reason=reason)
        stops = list(found)
        record(
            purpose=purpose,
            items=["resident_number", "address", "protection_measure"],
            subjects=[bytes.fromhex(stop.person.reference) for stop in stops],
        )
        return [Stopped(s.person.number, s.get_reason_display(), s.settlement) for s in stops]


def list_glyph_questions(
    *, run: Run, purpose: str, by: Handler, now: datetime, decided: bool = False
) -> list[Question]:
    """The questions of the glyph proof that wait for a decision; with ``decided`` all of them."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        _require(purpose)
        found = GlyphQuestion.objects.filter(run=run).select_related("person").order_by("pk")
        if not decided:
            found = found.filter(decision="")
        questions = list(found)
        record(
            purpose=purpose,
            items=["resident_number", "name", "address"],
            subjects=[bytes.fromhex(question.person.reference) for question in questions],
        )
        return [
            Question(q.pk, q.person.number, q.field, q.characters, q.problem, q.get_decision_display())
            for q in questions
        ]


def _require(purpose: str) -> None:
    if not purpose.strip():
        raise NotPermitted("一覧を見る目的を入力してください。")
