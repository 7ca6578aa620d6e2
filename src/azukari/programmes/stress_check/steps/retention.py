"""What goes at the end of the year, what stays sealed for five years, and how each record goes on its day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from .. import vault
from ..models import (
    AnswerSheet,
    ConsentRecord,
    Draft,
    Duty,
    Interview,
    Invitation,
    Login,
    Respondent,
    Result,
    Round,
)
from .analysis import THE_ROUND
from .results import YEARS_KEPT, years_on
from .state import IMPLEMENTERS, PROGRAMME, WORKERS, NotYours, RoundMoved, require_duty, require_state

BEYOND_REACH = (
    "個人の結果は、労働安全衛生規則第52条の11・第52条の13により実施者が5年間、区が開けない鍵で封をして保存し、"
    "期限の日に一人ずつ鍵ごと消去します。この証明書の消去には含みません。"
)
PERSON = "person"
_PART = 1_000


@dataclass(frozen=True)
class Finished:
    """``kept``: sealed records that stay until their day; ``forgotten``: people of whom nothing is left."""

    kept: int
    forgotten: int


def finish(*, round_: Round, by: Handler, now: datetime) -> Finished:
    """The site closes: logins, codes, drafts and answers go; names go behind the seal beside the result.

    Of who has no result nothing is left, and the key is destroyed. Only after the ward confirmed the report (⑧).
    """
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=IMPLEMENTERS, now=now)
        require_state(round_, Round.State.REPORTED)
        if round_.confirmed_at is None:
            raise NotPermitted("区が報告書等を確認した後に終了できます。")
        waiting = Interview.objects.filter(result__respondent__round=round_, opinion_at=None, dropped_at=None).count()
        if waiting:
            raise NotPermitted(
                f"面接指導か医師の意見を待っている申出が{waiting}件あります。済ませるか、取下げを記録してから終了してください。"
            )
        people = Respondent.objects.filter(round=round_)
        kept = list(people.filter(result__isnull=False).select_related("result"))
        _behind_the_seal(round_, kept)
        gone = list(people.filter(result=None).values_list("pk", flat=True))
        for model in (Draft, Invitation, Login):
            model.objects.filter(respondent__round=round_).delete()
        AnswerSheet.objects.filter(respondent__round=round_).update(sealed=b"")
        _nameless(people)
        Round.objects.filter(pk=round_.pk).update(state=Round.State.FINISHED, finished_at=now)
        round_.refresh_from_db()
        record(purpose="専用サイトの終了（回答・ログイン・氏名等の消去）", kept=len(kept), forgotten=len(gone))
    _only_kept(round_)  # last: what is undone must not have lost its key
    return Finished(len(kept), len(gone))


def _behind_the_seal(round_: Round, kept: Sequence[Respondent]) -> None:
    stated = {
        one.pk: {
            "name": one.name, "employee_number": one.employee_number, "sex": one.sex, "section": one.section,
            "birth_date": one.birth_date.isoformat() if one.birth_date else "",
            "answered_on": localdate(one.answered_at).isoformat() if one.answered_at else "",
        }
        for one in kept
    }  # fmt: skip
    sealed = vault.seal_many(round_.fiscal_year, PERSON, stated)
    for one in kept:
        one.result.sealed_person = sealed[one.pk]
    Result.objects.bulk_update([one.result for one in kept], ["sealed_person"], batch_size=_PART)


def _nameless(people: QuerySet[Respondent]) -> None:
    """The columns that named the person hold nothing any more; the number stays unlike any other's."""
    changed = list(people.only("pk"))
    for one in changed:
        one.employee_number = f"#{one.pk}"
    Respondent.objects.bulk_update(changed, ["employee_number"], batch_size=_PART)
    people.update(name="", sex="", birth_date=None, section="", grade="", job="", employment="")


def due(on: date) -> QuerySet[Result]:
    """Results whose day has come and whose interview, if there was one, is as old."""
    found = Result.objects.filter(keep_until__lt=on, erased_at=None)
    younger = Interview.objects.filter(applied_at__date__gt=years_on(on, -YEARS_KEPT)).values("result")
    return found.exclude(pk__in=younger).order_by("pk")


def erase_due(*, by: Handler, now: datetime) -> int:
    """Five years are over: each such record goes, key first, so that old backups cannot be read either. How many."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        if not Duty.objects.filter(handler=by, kind__in=WORKERS, ended_at=None).exists():
            raise NotYours("保存期限の過ぎた記録は、実施者か実施事務従事者が消去します。")
        results = list(due(localdate(now)).select_related("respondent__round"))
        pks = [result.pk for result in results]
        _blank(pks, by.key, now)
        record(
            purpose="保存期限の過ぎた記録の消去", items=["stress_result"], erased=len(pks),
            subjects=[bytes.fromhex(result.respondent.reference) for result in results],
        )  # fmt: skip
    for round_ in Round.objects.filter(state=Round.State.FINISHED):
        _only_kept(round_)
    return len(results)


def _only_kept(round_: Round) -> None:
    """Keys of a finished round: of whose record is kept, and of the round itself for its figures."""
    kept = Result.objects.filter(respondent__round=round_, erased_at=None).values_list("respondent_id", flat=True)
    vault.keep_only(round_.fiscal_year, [THE_ROUND, *kept])


def _blank(results: Collection[int], by: str, now: datetime) -> None:
    """Nothing but counts is left in the rows of these results."""
    ConsentRecord.objects.filter(result__in=results).delete()
    Interview.objects.filter(result__in=results).update(sealed_record=None, opinion="", measures="", dropped_why="")
    AnswerSheet.objects.filter(respondent__result__in=results).update(sealed=b"")
    Result.objects.filter(pk__in=results).update(
        sealed=b"", sealed_decision=None, sealed_person=None, erased_at=now, erased_by=by
    )


def erase_again(now: datetime) -> list[str]:
    """After a restore: keys that the ledger says are gone go once more, and the rows that came back with them."""
    told = []
    for year, people in vault.destroy_again().items():
        pks = list(Result.objects.filter(respondent__in=people, erased_at=None).values_list("pk", flat=True))
        _blank(pks, "system", now)
        told.append(f"ストレスチェック {year}年度 {len(people)}人")
    return told


def left(*, person: Respondent, on: date, by: Handler, now: datetime) -> None:
    """退職: nobody reminds this person any more. What was answered and its result stay until their own day."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=WORKERS, now=now)
        if not Respondent.objects.filter(pk=person.pk, left_on=None).update(left_on=on):
            raise RoundMoved("この人の退職日は、すでに記録されています。")
        if person.answered_at is None:
            Invitation.objects.filter(respondent=person, used_at=None, voided_at=None).update(voided_at=now)
        record(purpose="退職の記録", items=["affiliation"], subjects=[bytes.fromhex(person.reference)])
