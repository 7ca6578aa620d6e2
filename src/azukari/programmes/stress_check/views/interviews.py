"""面接指導: who has not applied yet and is asked once more; who applied, the interview, the opinion. Days in words."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act
from azukari.web.locking import Seen
from azukari.web.screens import screen

from ..models import Duty, Interview, Round
from ..steps import interviews as steps
from ..steps import review
from ..steps.sheets import sheet_of
from ..steps.state import WORKERS
from .common import duties_of, heading, working
from .employee.shown_result import shown
from .result_common import act_of, page, part, url, why_withheld
from .result_forms import Dropped, Held, Opinion
from .results import VERDICT_CHIPS, result_of, verdict_word

DOCTOR = (Duty.Kind.INTERVIEWER,)
ALL = tuple(Duty.Kind)
DROPPED = "dropped"


def late_word(late: int | None, stage: str = "") -> tuple[str, str]:
    """The guideline's day in words, whatever the colour."""
    if stage == DROPPED:
        return _("取下げ"), "gray"
    if late is None:
        return _("済み"), "green"
    if late > 0:
        return _("目安の日を%(days)s日超過") % {"days": late}, "red"
    return (_("今日が目安の日"), "yellow") if late == 0 else (_("あと%(days)s日") % {"days": -late}, "gray")


@require_GET
@screen("stress.work")
def interviews(request: Any, year: int) -> HttpResponse:
    """The applications; for the implementers' side also who was told and did not apply. The doctor sees the former."""
    round_ = working(request, year, ALL)
    duties = duties_of(request, round_)
    by, now = request.handler, request.now
    applied = review.applications(round_=round_, by=by, now=now, on=request.today)
    listed = part(request, applied)
    context: dict[str, Any] = {
        "title": heading(round_, _("面接指導")),
        "rows": [(one, *late_word(one.late, one.stage.key)) for one in listed.rows],
        "part": listed,
        "late": sum(1 for one in applied if one.late is not None and one.late > 0),
        "doctor": bool(duties & set(DOCTOR)),
        "worker": bool(duties & set(WORKERS)),
    }
    if context["worker"]:
        waiting = steps.not_applied(round_=round_, by=by, now=now)
        context["silent"] = silent = part(request, waiting, "silent")
        asked = review.encouraged_on(results=silent.rows, round_=round_, by=by, now=now)
        context["silent_rows"] = [(one, asked[one.pk]) for one in silent.rows]
    return page(request, round_, "interviews.html", context)


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def encourage(request: Any, year: int, number: int) -> HttpResponse:
    """勧奨: asked once more on the own page; the number is that of the result."""
    round_ = working(request, year)
    result = result_of(round_, number)
    told = result.notified_at
    return act_of(request, round_, Act(
        title=_("No.%(no)s に面接指導の申出を勧める") % {"no": result.pk},
        do=lambda form: steps.encourage(result=result, by=request.handler, now=request.now),
        then=url("stress_interviews", round_),
        done=_("本人の画面に、申出の案内を出しました。"),
        submit=_("勧める"),
        facts=[
            (_("氏名"), result.respondent.name),
            (_("所属"), result.respondent.section),
            (_("結果を知らせた日"), to_wareki(localdate(told), "long") if told else _("まだ知らせていません")),
            (_("だれに伝わるか"), _("本人だけ。区にも、所属にも伝わりません。")),
        ],
        seen=Seen(("result", str(result.pk)), str(told)),
    ))  # fmt: skip


# --- the doctor


def _interview(round_: Round, number: int) -> Interview:
    found = steps.of_round(round_).filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_GET
@screen("stress.work")
def interview(request: Any, year: int, number: int) -> HttpResponse:
    """The result of who applied, read for the interview, with what is to be done by when. The doctor's alone."""
    round_ = working(request, year, DOCTOR)
    found = _interview(round_, number)
    stage = steps.stage(found)
    context: dict[str, Any] = {
        "title": _title(found),
        "interview": found,
        "person": found.result.respondent,
        "stage": stage,
        "late": late_word(_late(found, request.today), stage.key),
    }
    if stage.key != DROPPED:  # who took the application back is not read any more
        context |= _read(request, found)
    return page(request, round_, "interview.html", context)


def _read(request: Any, found: Interview) -> dict[str, Any]:
    """The scores, the implementer's words, and the doctor's own record once there is one."""
    scores, note = steps.read_for_interview(interview=found, by=request.handler, now=request.now)
    sheet = sheet_of(person=found.result.respondent, result=found.result, scores=scores, decision={})
    words = ""
    if found.held_on is not None:
        words = review.read_record(interview=found, by=request.handler, now=request.now)
    return {
        "note": note,
        "words": words,
        "looked": {
            "shown": shown(sheet, scores, "ja"),
            "verdict": verdict_word(sheet.verdict),
            "chip": VERDICT_CHIPS[sheet.verdict],
            "why": why_withheld(sheet.withheld),
        },
    }


def _title(found: Interview) -> str:
    return _("面接指導 No.%(no)s") % {"no": found.pk}


def _late(found: Interview, today: Any) -> int | None:
    due = steps.stage(found).due
    return None if due is None else (today - due).days


def _facts(found: Interview) -> list[tuple[str, Any]]:
    person = found.result.respondent
    return [
        (_("氏名"), person.name),
        (_("所属"), person.section),
        (_("申し出た日"), to_wareki(localdate(found.applied_at), "long")),
        (_("面接指導をした日"), to_wareki(found.held_on, "long") if found.held_on else _("まだ")),
    ]


def _seen(found: Interview) -> Seen:
    return Seen(("interview", str(found.pk)), f"{found.held_on}|{found.opinion_at}|{found.dropped_at}")


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def drop(request: Any, year: int, number: int) -> HttpResponse:
    """The person took the application back, or left, before the interview was held."""
    round_ = working(request, year, ALL)
    found = _interview(round_, number)
    return act_of(request, round_, Act(
        title=_("%(interview)s の取下げを記録する") % {"interview": _title(found)},
        form=Dropped,
        do=lambda form: steps.drop(
            interview=found, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
        ),
        then=url("stress_interviews", round_),
        done=_("取下げを記録しました。面接指導は行いません。"),
        submit=_("取下げを記録する"),
        facts=_facts(found),
        warnings=[_("本人が取り下げたときと、退職したときだけです。区にも取下げが伝わり、元に戻せません。")],
        danger=True,
        seen=_seen(found),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def held(request: Any, year: int, number: int) -> HttpResponse:
    """The interview took place; what was said is sealed."""
    round_ = working(request, year, DOCTOR)
    found = _interview(round_, number)
    return act_of(request, round_, Act(
        title=_("%(interview)s の実施を記録する") % {"interview": _title(found)},
        form=Held,
        initial={"held_on": request.today},
        do=lambda form: steps.hold(
            interview=found, held_on=form.cleaned_data["held_on"], words=form.cleaned_data["words"],
            by=request.handler, now=request.now,
        ),
        then=url("stress_interview", round_, found.pk),
        done=_("実施を記録しました。次は、就業上の措置についての意見を書いてください。"),
        submit=_("記録する"),
        facts=_facts(found),
        seen=_seen(found),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def opinion(request: Any, year: int, number: int) -> HttpResponse:
    """What measures work needs: the one thing of the interview that the employer is told."""
    round_ = working(request, year, DOCTOR)
    found = _interview(round_, number)
    return act_of(request, round_, Act(
        title=_("%(interview)s の意見を述べる") % {"interview": _title(found)},
        form=Opinion,
        do=lambda form: steps.give_opinion(
            interview=found, opinion=form.cleaned_data["opinion"], by=request.handler, now=request.now
        ),
        then=url("stress_interview", round_, found.pk),
        done=_("意見を記録しました。区の担当者に伝わります。"),
        submit=_("意見を述べる"),
        facts=_facts(found),
        warnings=[_("ここに書いた意見は区に伝わり、後から変えられません。")],
        seen=_seen(found),
    ))  # fmt: skip
