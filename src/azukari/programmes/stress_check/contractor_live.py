"""What waits for the processor's people in a round: by the duty that somebody has, never by who else could."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody.models import READABLE, Handover
from azukari.keying.models import PaperSheet
from azukari.oversight.todo import MOST, Todo, may, past
from azukari.parties.models import Handler

from .models import Duty, GroupRelease, Interview, PaperForm, Respondent, Result, ResultLetter, Round
from .steps import retention
from .steps.state import IMPLEMENTERS, PROGRAMME, STAFF, WORKERS

H = Handover.State
S = Round.State
K = Duty.Kind
Paper = PaperSheet.State
NOT_OUT = (H.PREPARED, H.SEALED, H.WITHDRAWN)

WORDS = {
    "prepare_round": gettext_lazy("受け取った対象者情報で、専用サイトを設定する"),
    "appoint_duties": gettext_lazy("実施代表者を指名する"),
    "take_staff_in": gettext_lazy("対象者データを取り込む"),
    "open_round": gettext_lazy("内容を確かめ、回答の受付を始める"),
    "open_round_other": gettext_lazy("回答の受付の開始（設定した人とは別の人が必要）"),
    "close_round": gettext_lazy("回答を締め切る"),
    "key_forms": gettext_lazy("調査票%(count)s枚を入力する"),
    "settle_forms": gettext_lazy("入力した調査票%(count)s枚を回答として取り込む"),
    "score_answers": gettext_lazy("回答を採点する"),
    "decide_results": gettext_lazy("面接指導の要否%(count)s件を判断する"),
    "notify_on_site": gettext_lazy("結果%(count)s件を専用サイトで通知する"),
    "prepare_letters": gettext_lazy("封書で知らせる結果%(count)s件の封書を作成する"),
    "check_letters": gettext_lazy("結果の封書%(count)s通を照合する"),
    "check_letters_other": gettext_lazy("結果の封書%(count)s通の照合（作成した人とは別の人が必要）"),
    "send_letters": gettext_lazy("照合した結果の封書%(count)s通を渡し、又は発送する"),
    "hold_interviews": gettext_lazy("申出のあった面接指導%(count)s件を行う"),
    "give_opinions": gettext_lazy("面接指導%(count)s件の意見を述べる"),
    "prepare_groups": gettext_lazy("集団分析を作成する"),
    "release_groups": gettext_lazy("集団分析を確かめて放出する"),
    "release_groups_other": gettext_lazy("集団分析の放出（作成した人とは別の実施者が必要）"),
    "deliver_report": gettext_lazy("報告書の納品を準備する"),
    "finish_round": gettext_lazy("区が報告書を確認したので、専用サイトを終了する"),
    "erase_records": gettext_lazy("保存期限の過ぎた個人の記録を消去する"),
}


@dataclass(frozen=True)
class Standing:
    """A round with this person's duties in it."""

    round: Round
    duties: frozenset[str]

    def has(self, kinds: Sequence[Duty.Kind]) -> bool:
        return bool(self.duties & set(kinds))


def todos(handler: Handler, on: date) -> Iterator[Todo]:
    """One query for who was never handed a staff list; else at most eleven, however many rounds and people."""
    if not may(handler, "stress.work"):
        return
    handed = Handover.objects.filter(programme=PROGRAMME, step=STAFF, receiver_id=handler.organisation_id)
    lists = list(handed.exclude(state__in=NOT_OUT).order_by("fiscal_year").values("pk", "state", "fiscal_year")[:MOST])
    if not lists:
        return
    rounds = _rounds(lists)
    begun = {one.fiscal_year for one in rounds}
    for year in sorted({row["fiscal_year"] for row in lists if row["state"] in READABLE} - begun):
        yield _todo("prepare_round", year)
    duties = _duties(handler, rounds)
    found = [Standing(one, duties.get(one.pk, frozenset())) for one in rounds if one.state != S.FINISHED]
    if may(handler, "party.report_handler"):
        for one in found:
            if not one.round.led:  # type: ignore[attr-defined]
                yield _todo("appoint_duties", one.round.fiscal_year, due_on=one.round.opens_on, on=on)
    for one in found:
        yield from _of_round(handler, one, on)
    yield from _of_work(handler, [one for one in found if one.duties], on)
    workers = [one for one in rounds if duties.get(one.pk, frozenset()) & set(WORKERS)]
    if workers and retention.due(on).exists():
        yield _todo("erase_records", workers[-1].fiscal_year)


def _rounds(lists: Sequence[Mapping[str, Any]]) -> list[Round]:
    """Each with whether it has people, a representative, results and figures. One query."""
    people = Respondent.objects.filter(round=OuterRef("pk"))
    released = GroupRelease.objects.filter(round=OuterRef("pk"))
    found = Round.objects.filter(staff__in=[row["pk"] for row in lists]).annotate(
        led=Exists(Duty.objects.filter(round=OuterRef("pk"), kind=K.REPRESENTATIVE, ended_at=None)),
        filled=Exists(people),
        unscored=Exists(people.filter(answered_at__isnull=False, result=None)),
        scored=Exists(people.filter(result__isnull=False)),
        released=Exists(released.filter(released_at__isnull=False)),
        undelivered=Exists(released.filter(released_at__isnull=False, handover=None)),
        figured=Exists(released),
    )  # fmt: skip
    return list(found.order_by("fiscal_year"))


def _duties(handler: Handler, rounds: Sequence[Round]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for round_, kind in Duty.objects.filter(handler=handler, round__in=rounds, ended_at=None).values_list(
        "round", "kind"
    ):
        found.setdefault(round_, set()).add(kind)
    return {round_: frozenset(kinds) for round_, kinds in found.items()}


def _todo(
    kind: str, year: int, *, words: str = "", due_on: date | None = None, on: date | None = None, able: bool = True,
    count: int = 0,
) -> Todo:  # fmt: skip
    what = _("%(year)s年度のストレスチェック：") % {"year": year} + str(WORDS[words or kind]) % {"count": f"{count:,}"}
    late = on is not None and past(due_on, on)
    return Todo(kind, what, programme=PROGRAMME, due_on=due_on, overdue=late, able=able, reference=str(year))


# --- by the state of a round


def _of_round(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    round_: Any = one.round
    year = round_.fiscal_year
    if round_.state == S.PREPARING and one.has(WORKERS):
        if not round_.filled:
            yield _todo("take_staff_in", year, due_on=round_.opens_on, on=on)
        else:
            able = round_.prepared_by_id != handler.pk
            words = "open_round" if able else "open_round_other"
            yield _todo("open_round", year, words=words, due_on=round_.opens_on, on=on, able=able)
    if round_.state == S.OPEN and round_.closes_on <= on and one.has(IMPLEMENTERS):
        yield _todo("close_round", year, due_on=round_.closes_on, on=on)
    if round_.state in (S.CLOSED, S.REPORTED) and one.has(WORKERS):
        yield from _after_close(round_)
    if round_.state == S.REPORTED and round_.confirmed_at and one.has(IMPLEMENTERS):
        yield _todo("finish_round", year)


def _after_close(round_: Any) -> Iterator[Todo]:
    if round_.unscored:
        yield _todo("score_answers", round_.fiscal_year)
    elif round_.scored and not round_.figured:
        yield _todo("prepare_groups", round_.fiscal_year)
    if round_.undelivered and round_.state == S.CLOSED:
        yield _todo("deliver_report", round_.fiscal_year)


# --- by what lies there


def _of_work(handler: Handler, found: Sequence[Standing], on: date) -> Iterator[Todo]:
    """Sheets, results, letters, figures and interviews of the rounds in which this person has the duty: six queries."""
    workers = {one.round.pk: one.round.fiscal_year for one in found if one.has(WORKERS)}
    implementers = {one.round.pk: one.round.fiscal_year for one in found if one.has(IMPLEMENTERS)}
    doctors = {one.round.pk: one.round.fiscal_year for one in found if one.has([K.INTERVIEWER])}
    if workers:
        yield from _forms(workers)
        yield from _results(workers, implementers)
        yield from _letters(handler, workers)
    if implementers:
        yield from _releases(handler, implementers)
    if doctors:
        yield from _interviews(doctors, on)


def _forms(years: Mapping[int, int]) -> Iterator[Todo]:
    """What is left to key; and once nothing is, the batch whose answers nobody has taken in."""
    batches = PaperForm.objects.filter(round__in=years, batch__isnull=False, voided_at=None).values("round", "batch")
    of_round = {row["batch"]: row["round"] for row in batches.distinct().order_by("batch")[:MOST]}
    sheets = PaperSheet.objects.filter(handover__in=of_round)
    open_ = Q(state__in=[Paper.WAITING, Paper.ONCE, Paper.DIFFERS])
    counted = sheets.values_list("handover").annotate(left=Count("pk", filter=open_), done=Count("pk", filter=~open_))
    left: dict[int, int] = {}
    ready: list[int] = []
    for handover, waiting, done in counted.order_by("handover"):
        left[of_round[handover]] = left.get(of_round[handover], 0) + waiting
        ready += [handover] if done and not waiting else []
    for round_, count in left.items():
        if count:
            yield _todo("key_forms", years[round_], count=count)
    if ready:
        yield from _to_settle(ready, of_round, years)


def _to_settle(ready: Sequence[int], of_round: Mapping[int, int], years: Mapping[int, int]) -> Iterator[Todo]:
    keyed = PaperSheet.objects.filter(handover__in=ready, state=Paper.KEYED)
    untaken = PaperForm.objects.filter(batch=OuterRef("handover"), number=OuterRef("number"))
    keyed = keyed.filter(Exists(untaken.filter(respondent__answer=None, respondent__answered_at=None)))
    count: dict[int, int] = {}
    for handover, n in keyed.values_list("handover").annotate(n=Count("pk")).order_by("handover"):
        count[of_round[handover]] = count.get(of_round[handover], 0) + n
    for round_, n in count.items():
        yield _todo("settle_forms", years[round_], count=n)


def _results(workers: Mapping[int, int], implementers: Mapping[int, int]) -> Iterator[Todo]:
    waiting = Result.objects.filter(respondent__round__in=workers, notified_at=None, erased_at=None)
    decided = Q(decided_at__isnull=False, letter=None)
    counted = waiting.values_list("respondent__round").annotate(
        undecided=Count("pk", filter=Q(decided_at=None)),
        on_site=Count("pk", filter=decided & Q(respondent__by_paper=False)),
        by_letter=Count("pk", filter=decided & Q(respondent__by_paper=True)),
    )  # fmt: skip
    for round_, undecided, on_site, by_letter in counted.order_by("respondent__round"):
        year = workers[round_]
        if undecided and round_ in implementers:
            yield _todo("decide_results", year, count=undecided)
        if on_site:
            yield _todo("notify_on_site", year, count=on_site)
        if by_letter:
            yield _todo("prepare_letters", year, count=by_letter)


def _letters(handler: Handler, years: Mapping[int, int]) -> Iterator[Todo]:
    round_of = "result__respondent__round"
    waiting = ResultLetter.objects.filter(result__respondent__round__in=years, sent_at=None)
    own = Q(prepared_by=handler)
    counted = waiting.values_list(round_of).annotate(
        others=Count("pk", filter=Q(checked_at=None) & ~own),
        mine=Count("pk", filter=Q(checked_at=None) & own),
        checked=Count("pk", filter=Q(checked_at__isnull=False)),
    )  # fmt: skip
    for round_, others, mine, checked in counted.order_by(round_of):
        if others:
            yield _todo("check_letters", years[round_], count=others)
        if mine:
            yield _todo("check_letters", years[round_], words="check_letters_other", count=mine, able=False)
        if checked:
            yield _todo("send_letters", years[round_], count=checked)


def _releases(handler: Handler, years: Mapping[int, int]) -> Iterator[Todo]:
    waiting = GroupRelease.objects.filter(round__in=years, released_at=None).values_list("round", "prepared_by")
    for round_, preparer in waiting.order_by("pk")[:MOST]:
        able = preparer != handler.pk
        words = "release_groups" if able else "release_groups_other"
        yield _todo("release_groups", years[round_], words=words, able=able)


def _interviews(years: Mapping[int, int], on: date) -> Iterator[Todo]:
    round_of = "result__respondent__round"
    waiting: QuerySet[Interview] = Interview.objects.filter(
        result__respondent__round__in=years, opinion_at=None, result__erased_at=None
    )
    counted = waiting.annotate(of=F(round_of)).values_list("of").annotate(
        to_hold=Count("pk", filter=Q(held_on=None)),
        hold_by=Min("hold_by", filter=Q(held_on=None)),
        held=Count("pk", filter=Q(held_on__isnull=False)),
        opinion_by=Min("opinion_by", filter=Q(held_on__isnull=False)),
    )  # fmt: skip
    for round_, to_hold, hold_by, held, opinion_by in counted.order_by("of"):
        if to_hold:
            yield _todo("hold_interviews", years[round_], count=to_hold, due_on=hold_by, on=on)
        if held:
            yield _todo("give_opinions", years[round_], count=held, due_on=opinion_by, on=on)
