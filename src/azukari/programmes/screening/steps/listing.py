"""Lists of persons for an officer's eyes: who was stopped and why, whose glyphs need deciding. Each look is logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import GlyphQuestion, Run, Stop, Voucher
from ..vouchers import columns, voucher_frame
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


def list_stopped(
    *,
    run: Run,
    purpose: str,
    by: Handler,
    now: datetime,
    reason: str = "",
    start: int = 0,
    most: int | None = None,
) -> list[Stopped]:
    """Who would have got a voucher but for the reason told (all reasons when empty).

    ``start`` and ``most``: a page of the list; only who is shown is in the log.
    """
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        _require(purpose)
        found = Stop.objects.filter(run=run).select_related("person").order_by("reason", "person__number")
        if reason:
            found = found.filter(reason=reason)
        stops = list(found[start : None if most is None else start + most])
        record(
            purpose=purpose,
            items=["resident_number", "address", "protection_measure"],
            subjects=[bytes.fromhex(stop.person.reference) for stop in stops],
        )
        return [Stopped(s.person.number, s.get_reason_display(), s.settlement) for s in stops]


def list_glyph_questions(
    *, run: Run, purpose: str, by: Handler, now: datetime, decided: bool = False, most: int | None = None
) -> list[Question]:
    """The questions of the glyph proof that wait for a decision, the first ``most``; with ``decided`` all of them."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        _require(purpose)
        found = GlyphQuestion.objects.filter(run=run).select_related("person").order_by("pk")
        if not decided:
            found = found.filter(decision="")
        questions = list(found[:most])
        record(
            purpose=purpose,
            items=["resident_number", "name", "address"],
            subjects=[bytes.fromhex(question.person.reference) for question in questions],
        )
        return [
            Question(q.pk, q.person.number, q.field, q.characters, q.problem, q.get_decision_display())
            for q in questions
        ]


def check_late(*, voucher: Voucher, by: Handler, now: datetime) -> list[tuple[str, str]]:
    """What a late voucher will show, for the eyes of whoever releases it: (item, text)."""
    with acting(by=by, act="people.look_up", now=now, programme=PROGRAMME) as record:
        row = voucher_frame(voucher.run, [voucher.pk], channel=voucher.channel).row(0, named=True)
        shown = ("name", "postal_code", "address", "birth", "examinee_number", "voucher_number", "tests")
        heads = {c.key: c for c in columns(voucher.run.fiscal_year) if c.key in shown}
        record(
            purpose="年度途中の発行の放出前の確認",
            items=[c.item for c in heads.values() if c.item],
            subjects=[bytes.fromhex(voucher.reference)],
        )
        return [(heads[key].header, str(row[key] or "")) for key in shown]


def _require(purpose: str) -> None:
    if not purpose.strip():
        raise NotPermitted("一覧を見る目的を入力してください。")
