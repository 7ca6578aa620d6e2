"""What the person does with the result: reads it, consents or not, takes it back, applies for the interview."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted
from azukari.parties.own import own_act
from azukari.vocabulary.refusal import Changed

from .. import vault
from ..models import ConsentRecord, Interview, Respondent, Result
from .state import PROGRAMME, require_ruled

WORDING = "令和7年度-1"
INTERVIEW_WITHIN = timedelta(days=30)
"""概ね1月以内 (manual p. 80)."""


class SaidMeanwhile(Changed, NotPermitted):
    """The person said something else in another tab."""


def read_own(*, person: Respondent, now: datetime) -> tuple[Result, dict[str, object], dict[str, object]]:
    """(result, scores, decision) of the person who asks. Raises NotPermitted before the result was notified."""
    with own_act(reference=person.reference, act="person.read", now=now, programme=PROGRAMME) as record:
        result = Result.objects.select_for_update().filter(respondent=person, notified_at__isnull=False).first()
        if result is None or result.sealed_decision is None:
            raise NotPermitted("結果はまだ出ていません。実施者の確認が済むと、ここで読めます。")
        year = person.round.fiscal_year
        scores = vault.open_one(year, person.pk, vault.RESULT, result.sealed)
        decision = vault.open_one(year, person.pk, vault.DECISION, result.sealed_decision)
        if result.seen_at is None:
            Result.objects.filter(pk=result.pk).update(seen_at=now)
            result.seen_at = now
        record(purpose="自分の結果の閲覧", items=["stress_result"])
        return result, scores, decision


def consent(*, person: Respondent, now: datetime) -> Result:
    """To the employer being told this result: only after reading it, for this round alone. The database agrees."""
    with own_act(reference=person.reference, act="person.consent", now=now, programme=PROGRAMME) as record:
        result = _notified(person)
        require_ruled(["result_consent"], now)
        if result.seen_at is None:
            raise NotPermitted("結果を読んでから、同意するかどうかを決めてください。")
        if result.consented:
            raise SaidMeanwhile("すでに同意しています。")
        Result.objects.filter(pk=result.pk).update(consented_at=now, withdrawn_at=None)
        _word(result, given=True, now=now)
        record(purpose="結果の提供への同意", items=["result_consent"], wording=WORDING)
        result.refresh_from_db()
        return result


def withdraw(*, person: Respondent, now: datetime) -> Result:
    """From now on the employer is not shown it. What it was given already is told to the person beside this."""
    with own_act(reference=person.reference, act="person.consent", now=now, programme=PROGRAMME) as record:
        result = _notified(person)
        if not result.consented:
            raise SaidMeanwhile("同意していません。")
        Result.objects.filter(pk=result.pk).update(withdrawn_at=now)
        _word(result, given=False, now=now)
        record(purpose="同意の撤回", items=["result_consent"], wording=WORDING)
        result.refresh_from_db()
        return result


def apply(*, person: Respondent, now: datetime) -> Interview:
    """申出 (安衛則52条の16): only who was told that an interview is needed. The page says that the employer learns."""
    with own_act(reference=person.reference, act="person.apply", now=now, programme=PROGRAMME) as record:
        result = _notified(person)
        decision = (
            vault.open_one(person.round.fiscal_year, person.pk, vault.DECISION, result.sealed_decision)
            if result.sealed_decision
            else {}
        )
        if not decision.get("interview"):
            raise NotPermitted("面接指導の対象と判断された人だけが申し出られます。相談窓口は、だれでも使えます。")
        require_ruled(["interview_request"], now)
        if Interview.objects.filter(result=result).exists():
            raise SaidMeanwhile("すでに申し出ています。")
        made = Interview.objects.create(result=result, applied_at=now, hold_by=localdate(now) + INTERVIEW_WITHIN)
        record(purpose="面接指導の申出", items=["interview_request"])
        return made


def _notified(person: Respondent) -> Result:
    result = Result.objects.select_for_update().filter(respondent=person, notified_at__isnull=False).first()
    if result is None:
        raise NotPermitted("結果が通知される前には、同意も申出もできません。")
    return result


def _word(result: Result, *, given: bool, now: datetime) -> None:
    ConsentRecord.objects.create(
        result=result, given=given, wording=WORDING, notified_at=result.notified_at or now, at=now
    )
