"""One person's result as the sheet that is printed: for the person's own file and for the sealed letters (⑤ ⑤')."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from .. import vault
from ..instrument import SCALES
from ..letters.result import ResultSheet
from ..models import Respondent, Result, ResultLetter, Round
from .state import PROGRAMME, WORKERS, require_duty


def points_of(scores: Mapping[str, Any]) -> dict[str, int | None]:
    """Scale → points (1 bad to 5 good, None: not computable), of the nineteen."""
    return {scale: scores.get(f"points_{scale}") for scale in SCALES}


def sheet_of(
    *,
    person: Respondent,
    result: Result,
    scores: Mapping[str, Any],
    decision: Mapping[str, Any],
    number: str = "",
    apply_until: date | None = None,
) -> ResultSheet:
    """The sheet of a result whose scores and decision were opened by a logged act."""
    return ResultSheet(
        number=number,
        name=person.name,
        employee_number=person.employee_number,
        section=person.section,
        fiscal_year=person.round.fiscal_year,
        answered_on=localdate(person.answered_at or result.scored_at),
        points=points_of(scores),
        a=scores.get("a"),
        b=scores.get("b"),
        c=scores.get("c"),
        method=method_of(result),
        verdict=scores.get("verdict"),
        withheld=scores.get("withheld"),
        interview=bool(decision.get("interview")),
        note=str(decision.get("note", "")),
        contact=person.round.contact,
        apply_until=apply_until,
        scoring=result.scoring,
        instrument=person.round.instrument,
    )


def method_of(result: Result) -> str:
    """By which method the verdict was made, as the name of the scoring set tells."""
    return "conversion" if ":conversion:" in result.scoring else "simple_sum"


def letter_number(letter: ResultLetter) -> str:
    """The neutral number that stands on the envelope and on the sheet in it."""
    return f"{letter.result.respondent.round.fiscal_year}-{letter.pk:05d}"


def sheets_of(
    *, round_: Round, letters: Sequence[ResultLetter], by: Handler, now: datetime, purpose: str = "個人結果報告書の印字"
) -> list[ResultSheet]:
    """The sheets that go into these letters, in their order. Logged. A letter that went is not printed again."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        if any(one.sent_at is not None for one in letters):
            raise NotPermitted("渡した封書が含まれています。一覧を開き直してください。")
        results = {one.result.respondent_id: one.result for one in letters}
        year = round_.fiscal_year
        scores = vault.open_many(year, vault.RESULT, {person: bytes(one.sealed) for person, one in results.items()})
        decisions = vault.open_many(
            year, vault.DECISION, {person: bytes(one.sealed_decision or b"") for person, one in results.items()}
        )
        record(
            purpose=purpose, items=["name", "employee_number", "affiliation", "stress_result"], letters=len(letters),
            subjects=[bytes.fromhex(one.respondent.reference) for one in results.values()],
        )  # fmt: skip
        return [
            sheet_of(
                person=one.result.respondent, result=one.result, scores=scores[one.result.respondent_id],
                decision=decisions[one.result.respondent_id], number=letter_number(one),
            )
            for one in letters
        ]  # fmt: skip
