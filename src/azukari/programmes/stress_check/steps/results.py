"""Answers become results, the implementer decides on each, the person is told: on the site or by letter (⑤ ⑤')."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime

import polars as pl
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed

from .. import vault
from ..instrument import instrument
from ..models import AnswerSheet, Respondent, Result, ResultLetter, Round
from ..parameters import MethodNotOffered, ScoringSet, scoring_set
from ..rules import score
from ..walls import Thing
from .state import IMPLEMENTERS, PROGRAMME, WORKERS, require_duty, require_sight, require_state

ITEMS = ("stress_answers", "stress_result")
YEARS_KEPT = 5
"""安衛則52条の13第2項 for the employer's record of a consented result; the guideline's figure for the implementer's."""


class Decided(Changed, NotPermitted):
    """Somebody else decided, notified or checked meanwhile."""


def score_all(*, round_: Round, by: Handler, now: datetime) -> int:
    """Score every sheet that has no result yet, with the round's own scoring set. How many."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.OPEN, Round.State.CLOSED)
        waiting = AnswerSheet.objects.filter(
            respondent__round=round_, respondent__result=None, reopened_at=None
        ).select_related("respondent")
        sheets = list(waiting)
        if sheets:
            _write(round_, sheets, now)
        record(
            purpose="採点", items=ITEMS, scored=len(sheets),
            subjects=[bytes.fromhex(sheet.respondent.reference) for sheet in sheets],
        )  # fmt: skip
        return len(sheets)


def _write(round_: Round, sheets: Sequence[AnswerSheet], now: datetime) -> None:
    opened = vault.open_many(round_.fiscal_year, vault.ANSWERS, {sheet.respondent_id: sheet.sealed for sheet in sheets})
    people = {sheet.respondent_id: sheet.respondent for sheet in sheets}
    chosen = scoring_of(round_)
    frame = answers_frame(people, opened, round_.instrument)
    scored = {row["respondent"]: row for row in score(frame, chosen).iter_rows(named=True)}
    sealed = vault.seal_many(round_.fiscal_year, vault.RESULT, scored)
    Result.objects.bulk_create(
        Result(
            respondent_id=person, sealed=sealed[person], scoring=round_.scoring, scored_at=now,
            keep_until=years_on(localdate(now), YEARS_KEPT),
        )
        for person in scored
    )  # fmt: skip


def scoring_of(round_: Round) -> ScoringSet:
    """The set that the round was prepared with. Raises NotPermitted where the parameters no longer hold it."""
    for method in ("conversion", "simple_sum"):
        with suppress(MethodNotOffered):  # the short form knows one method only
            found = scoring_set(round_.opens_on, method, round_.instrument)
            if found.key == round_.scoring:
                return found
    raise NotPermitted("この実施の採点の版が、今の設定にありません。parameters.toml を実施時の値に戻してください。")


def answers_frame(
    people: Mapping[int, Respondent], answers: Mapping[int, Mapping[str, int]], form: str
) -> pl.DataFrame:
    """respondent, sex, and one column per item of the questionnaire."""
    keys = instrument(form).item_keys
    rows = [
        {"respondent": person, "sex": people[person].sex or None, **{key: given.get(key) for key in keys}}
        for person, given in answers.items()
    ]
    schema = {"respondent": pl.Int64, "sex": pl.String, **dict.fromkeys(keys, pl.Int8)}
    return pl.DataFrame(rows, schema=schema)


def years_on(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


# --- the implementer decides


def read_result(*, result: Result, by: Handler, now: datetime) -> dict[str, object]:
    """One person's scores, for who works on results. Logged before it is given."""
    person = result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_sight(thing=Thing.RESULT, round_=person.round, by=by, now=now)
        record(purpose="個人結果の閲覧", items=["stress_result"], subjects=[bytes.fromhex(person.reference)])
        return vault.open_one(person.round.fiscal_year, person.pk, vault.RESULT, result.sealed)


def decide(*, result: Result, interview: bool, note: str, by: Handler, now: datetime) -> None:
    """Whether this person needs an interview by a doctor: an implementer's own decision, told to that person alone."""
    person = result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=IMPLEMENTERS, now=now)
        sealed = vault.seal(
            person.round.fiscal_year, person.pk, vault.DECISION, {"interview": interview, "note": note.strip()[:400]}
        )
        if ResultLetter.objects.filter(result=result, checked_at__isnull=False).exists():
            raise Decided("この人の封書は、照合が済んでいます。判断は変えられません。")
        changed = Result.objects.filter(pk=result.pk, notified_at=None)
        if not changed.update(sealed_decision=sealed, decided_by=by, decided_at=now):
            raise Decided("この人には、すでに結果を通知しています。判断は変えられません。")
        record(purpose="面接指導の要否の判断", items=["stress_result"], subjects=[bytes.fromhex(person.reference)])


def decide_rest(*, round_: Round, by: Handler, now: datetime) -> int:
    """Who is not under high stress by the scoring needs no interview: decided together. Those that are, and those
    without a verdict, wait for a decision one by one. How many."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=IMPLEMENTERS, now=now)
        waiting = {
            result.respondent_id: result
            for result in Result.objects.filter(respondent__round=round_, decided_at=None).select_related("respondent")
        }
        scores = vault.open_many(round_.fiscal_year, vault.RESULT, {p: r.sealed for p, r in waiting.items()})
        clear = [person for person, row in scores.items() if row["verdict"] == "not_high"]
        sealed = vault.seal_many(
            round_.fiscal_year, vault.DECISION, {person: {"interview": False, "note": ""} for person in clear}
        )
        for person in clear:
            Result.objects.filter(pk=waiting[person].pk, decided_at=None).update(
                sealed_decision=sealed[person], decided_by=by, decided_at=now
            )
        record(
            purpose="面接指導の要否の判断（高ストレスに当たらない人）", items=["stress_result"], decided=len(clear),
            subjects=[bytes.fromhex(waiting[person].respondent.reference) for person in clear],
        )  # fmt: skip
        return len(clear)


# --- the person is told


def notify_on_site(*, round_: Round, by: Handler, now: datetime) -> int:
    """⑤' Results that are decided on can be read on the site from now on, by each person alone. How many."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        ready = Result.objects.filter(
            respondent__round=round_, decided_at__isnull=False, notified_at=None, respondent__by_paper=False
        )
        told = list(ready.values_list("pk", "respondent__reference"))
        Result.objects.filter(pk__in=[pk for pk, _ in told]).update(notified_at=now, notified_how=Result.How.WEB)
        record(purpose="結果の通知（専用サイト）", items=["name", "stress_result"], notified=len(told),
               subjects=[bytes.fromhex(reference) for _, reference in told])  # fmt: skip
        return len(told)


def prepare_letters(*, results: Iterable[Result], by: Handler, now: datetime) -> list[ResultLetter]:
    """⑤ Sealed letters for who answered on paper: prepared here, checked by another person, then handed or sent."""
    chosen = list(results)
    if not chosen:
        raise NotPermitted("封書で知らせる人がいません。")
    round_ = chosen[0].respondent.round
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        if any(result.decided_at is None or result.notified_at is not None for result in chosen):
            raise Decided("判断がまだの人か、通知済みの人が含まれています。一覧を開き直してください。")
        made = [ResultLetter.objects.create(result=result, prepared_by=by, prepared_at=now) for result in chosen]
        record(purpose="個人結果報告書の作成", items=["name", "stress_result"], letters=len(made),
               subjects=[bytes.fromhex(result.respondent.reference) for result in chosen])  # fmt: skip
        return made


def check_letter(*, letter: ResultLetter, by: Handler, now: datetime) -> None:
    """手渡し又は郵送前の複数名でのチェック: another person holds the name on the envelope against the sheet in it."""
    person = letter.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=WORKERS, now=now)
        if letter.prepared_by_id == by.pk:
            raise NotPermitted("作成した人とは別の人が、宛名と中身を照合してください。")
        if not ResultLetter.objects.filter(pk=letter.pk, checked_at=None).update(checked_by=by, checked_at=now):
            raise Decided("この封書は、すでに照合されています。")
        record(purpose="個人結果報告書の照合", items=["name"], subjects=[bytes.fromhex(person.reference)])


def send_letter(*, letter: ResultLetter, by: Handler, now: datetime) -> None:
    """The checked letter went: from now on the person counts as told."""
    person = letter.result.respondent
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=WORKERS, now=now)
        if not ResultLetter.objects.filter(pk=letter.pk, sent_at=None, checked_at__isnull=False).update(
            sent_by=by, sent_at=now
        ):
            raise Decided("照合されていないか、すでに渡した封書です。")
        Result.objects.filter(pk=letter.result_id, notified_at=None).update(
            notified_at=now, notified_how=Result.How.LETTER
        )
        record(
            purpose="結果の通知（封書）", items=["name", "stress_result"], subjects=[bytes.fromhex(person.reference)]
        )
