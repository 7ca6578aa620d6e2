"""⑤' The results on the implementers' side: scoring, whom to decide on, one person, deciding, telling on the site."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act
from azukari.web.locking import Seen
from azukari.web.screens import screen

from ..models import Result, Round
from ..profile_charts import bars
from ..steps import results as steps
from ..steps import review as looking
from ..steps.review import Counts
from ..steps.sheets import sheet_of
from ..steps.state import IMPLEMENTERS, WORKERS
from .common import heading, seen, working
from .employee.shown_result import shown
from .result_common import act_of, decides, page, part, url, why_withheld
from .result_forms import Decision

VERDICT_CHIPS = {"high": "red", "not_high": "green", None: "yellow"}
S = Round.State


def verdict_word(verdict: str | None) -> str:
    return {"high": _("高ストレス"), "not_high": _("高ストレスに当たらない"), None: _("判定なし")}[verdict]


def interview_word(needed: bool | None) -> str:
    return {True: _("面接指導が必要"), False: _("不要"), None: _("未判断")}[needed]


@require_GET
@screen("stress.work")
def results(request: Any, year: int) -> HttpResponse:
    """How far the results are, what waits for whom, and the way to each act. Counts only."""
    round_ = working(request, year)
    counted = looking.counts(round_)
    return page(request, round_, "results.html", {
        "title": heading(round_, _("個人の結果")),
        "counts": counted,
        "picture": _picture(counted),
        "decides": decides(request, round_),
        "can_score": round_.state in (S.OPEN, S.CLOSED),
    })  # fmt: skip


def _picture(counted: Counts) -> SafeString:
    most = max(counted.answered, 1)
    rows = [(_("採点した"), counted.scored), (_("判断した"), counted.decided), (_("本人に知らせた"), counted.told)]
    drawn = bars(
        _("回答した人の結果の進み具合"),
        [(name, float(n), _("%(n)s / %(all)s人") % {"n": f"{n:,}", "all": f"{most:,}"}) for name, n in rows],
        most=float(most), identity="results",
    )  # fmt: skip
    return mark_safe(drawn)  # noqa: S308 - drawn by us, its words escaped


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def score(request: Any, year: int) -> HttpResponse:
    """Score what is not scored yet, in a job."""
    round_ = working(request, year)
    counted = looking.counts(round_)
    return act_of(request, round_, Act(
        title=_("採点する"),
        do=lambda form: {"year": year},
        then=url("stress_results", round_),
        submit=_("採点する"),
        facts=[
            (_("採点していない回答"), _("%(count)s件") % {"count": f"{counted.unscored:,}"}),
            (_("採点の版"), round_.scoring),
        ],
        warnings=[] if round_.state == S.CLOSED else [_("回答の受付中です。後から届いた回答は、もう一度採点します。")],
        seen=seen(round_, counted.unscored),
        job="stress.score",
    ))  # fmt: skip


@require_GET
@screen("stress.work")
def review(request: Any, year: int) -> HttpResponse:
    """Who is under high stress by the scoring or has no verdict, undecided first. Logged by the step."""
    round_ = working(request, year)
    found = looking.waiting(round_=round_, by=request.handler, now=request.now)
    listed = part(request, found)
    rows = [
        {
            "one": one, "verdict": verdict_word(one.verdict), "chip": VERDICT_CHIPS[one.verdict],
            "why": why_withheld(one.withheld), "decision": interview_word(one.interview),
        }
        for one in listed.rows
    ]  # fmt: skip
    return page(request, round_, "review.html", {
        "title": heading(round_, _("面接指導の要否の判断")),
        "rows": rows,
        "part": listed,
        "undecided": sum(1 for one in found if one.interview is None),
        "rest": looking.counts(round_).undecided,
        "decides": decides(request, round_),
    })  # fmt: skip


# --- one person


def result_of(round_: Round, number: int) -> Result:
    found = Result.objects.select_related("respondent__round", "decided_by", "letter")
    result = found.filter(pk=number, respondent__round=round_, erased_at=None).first()
    if result is None:
        raise Http404
    return result


def _settled(result: Result) -> bool:
    """Told already, or the sheet that tells it was held against its envelope: the decision stands."""
    letter = getattr(result, "letter", None)
    return result.notified_at is not None or (letter is not None and letter.checked_at is not None)


def _looked_at(request: Any, result: Result) -> dict[str, Any]:
    """The scores as the page shows them: read by the step, which logs it."""
    scores: dict[str, Any] = steps.read_result(result=result, by=request.handler, now=request.now)
    person = result.respondent
    sheet = sheet_of(person=person, result=result, scores=scores, decision={})
    converted = sheet.method == "conversion"
    return {
        "shown": shown(sheet, scores, "ja"),
        "verdict": verdict_word(scores["verdict"]),
        "chip": VERDICT_CHIPS[scores["verdict"]],
        "why": why_withheld(scores["withheld"]),
        "totals": [(words, scores[key]) for key, words in (("a", "A"), ("b", "B"), ("c", "C"))],
        "method": _("素点換算表（低いほど望ましくない）") if converted else _("単純合計（高いほど望ましくない）"),
        "answered": person.answered_at,
        "by_paper": person.by_paper,
    }


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def person(request: Any, year: int, number: int) -> HttpResponse:
    """One person's scores in words and as radars; below them, for an implementer, the decision."""
    round_ = working(request, year, IMPLEMENTERS if request.method == "POST" else WORKERS)
    result = result_of(round_, number)
    title = _("結果 No.%(no)s") % {"no": result.pk}
    if decides(request, round_) and not _settled(result):
        return _decide(request, round_, result, title)
    if request.method == "POST":
        raise steps.Decided(
            "結果を知らせたか、封書の照合が済んだため、判断は変えられません。画面を開き直してください。"
        )
    return page(request, round_, "person.html", {
        "title": title,
        "result": result,
        "looked": _looked_at(request, result),
        "decision": looking.read_decision(result=result, by=request.handler, now=request.now),
        "settled": _settled(result),
        "decides": decides(request, round_),
    })  # fmt: skip


def _decide(request: Any, round_: Round, result: Result, title: str) -> HttpResponse:
    def do(form: Any) -> None:
        steps.decide(
            result=result, interview=form.cleaned_data["interview"], note=form.cleaned_data["note"],
            by=request.handler, now=request.now,
        )  # fmt: skip

    def then(_done: Any) -> str:
        following = looking.undecided_after(result)
        if following is None:
            return url("stress_review_list", round_)
        return reverse("stress_one_result", args=[round_.fiscal_year, following.pk])

    before: dict[str, Any] = {}
    looked: Any = SimpleLazyObject(lambda: _looked_at(request, result))  # a decision that stands needs no second look
    if request.method == "GET":
        before = looking.read_decision(result=result, by=request.handler, now=request.now)
        looked = _looked_at(request, result)
    return act_of(request, round_, Act(
        title=title,
        form=Decision,
        initial={
            "interview": {True: "yes", False: "no"}.get(before.get("interview", ""), ""),
            "note": before.get("note", ""),
        },
        do=do,
        then=then,
        back=url("stress_review_list", round_),
        done=_("No.%(no)s の判断を記録しました。") % {"no": result.pk},
        submit=_("判断を記録する"),
        template="stress_check/results/decide.html",
        context={"result": result, "looked": looked, "decision": before},
        seen=Seen(("result", str(result.pk)), f"{result.decided_at}|{result.notified_at}"),
    ))  # fmt: skip


# --- together


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def decide_rest(request: Any, year: int) -> HttpResponse:
    """No interview for who is not under high stress by the scoring; the others are left for a look one by one."""
    round_ = working(request, year, IMPLEMENTERS)
    counted = looking.counts(round_)
    return act_of(request, round_, Act(
        title=_("高ストレスに当たらない人をまとめて判断する"),
        do=lambda form: steps.decide_rest(round_=round_, by=request.handler, now=request.now),
        then=url("stress_review_list", round_),
        done=lambda n: _("%(count)s人を「面接指導は不要」と判断しました。残りは一人ずつ判断してください。")
        % {"count": f"{n:,}"},
        submit=_("まとめて「不要」と判断する"),
        facts=[
            (_("判断していない人"), _("%(count)s人") % {"count": f"{counted.undecided:,}"}),
            (_("まとめて判断する人"), _("このうち、採点の結果が「高ストレスに当たらない」人だけ")),
            (_("残る人"), _("高ストレスの人と、判定のない人。一人ずつ判断します。")),
        ],
        seen=seen(round_, counted.undecided),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def notify(request: Any, year: int) -> HttpResponse:
    """⑤' From now on each person can read the own result on the site."""
    round_ = working(request, year)
    counted = looking.counts(round_)
    warnings = [_("通知した後は、判断を変えられません。本人が開くまで、だれにも伝わりません。")]
    if counted.undecided:
        told = _("判断していない人が%(count)s人います。この人たちには、まだ知らせません。")
        warnings.append(told % {"count": f"{counted.undecided:,}"})
    return act_of(request, round_, Act(
        title=_("結果を専用サイトで知らせる"),
        do=lambda form: steps.notify_on_site(round_=round_, by=request.handler, now=request.now),
        then=url("stress_results", round_),
        done=lambda n: _("%(count)s人に知らせました。本人が専用サイトで読めます。") % {"count": f"{n:,}"},
        submit=_("%(count)s人に知らせる") % {"count": f"{counted.to_notify:,}"},
        facts=[
            (_("専用サイトで知らせる人"), _("%(count)s人") % {"count": f"{counted.to_notify:,}"}),
            (_("封書で知らせる人"), _("%(count)s人（封書の画面から）") % {"count": f"{counted.to_write:,}"}),
            (_("今日"), timezone.localdate(request.now).isoformat()),
        ],
        warnings=warnings,
        seen=seen(round_, counted.to_notify, counted.undecided),
    ))  # fmt: skip
