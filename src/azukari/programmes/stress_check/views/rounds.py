"""The rounds of a contractor: prepared from a held staff list, staffed with duties, opened and closed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import READABLE, Handover
from azukari.parties.models import Handler
from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, parts
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..instrument import instrument
from ..models import Duty, Round
from ..steps import paper, people
from ..steps import progress as figures
from ..steps import rounds as steps
from ..steps.state import IMPLEMENTERS, PROGRAMME, STAFF, WORKERS
from . import next_steps
from .common import duties_of, heading, may, round_of, round_url, rounds_of, seen, trail, working
from .forms import METHODS, Appoint, Prepare

COLOURS = {
    Round.State.PREPARING: "yellow", Round.State.OPEN: "blue", Round.State.CLOSED: "blue",
    Round.State.REPORTED: "green", Round.State.FINISHED: "gray",
}  # fmt: skip
WORK = (
    ("stress_staff", gettext_lazy("対象者の一覧"), WORKERS),
    ("stress_invitations", gettext_lazy("回答の案内"), WORKERS),
    ("stress_reminders", gettext_lazy("未回答者への案内"), WORKERS),
    ("stress_paper", gettext_lazy("紙の調査票"), WORKERS),
    ("stress_results", gettext_lazy("採点と結果の通知"), WORKERS),
    ("stress_letters", gettext_lazy("封書の結果通知"), WORKERS),
    ("stress_interviews", gettext_lazy("面接指導"), (*WORKERS, Duty.Kind.INTERVIEWER)),
    ("stress_groups", gettext_lazy("集団ごとの集計・分析"), WORKERS),
    ("stress_delivery", gettext_lazy("報告書の納品"), WORKERS),
    ("stress_end", gettext_lazy("実施の終了と記録の保存"), WORKERS),
)
"""Pages of a round and whose they are."""
ACT = "stress_check/round/act.html"


@require_GET
@screen("stress.work")
def rounds(request: Any) -> HttpResponse:
    """The rounds of this organisation, and the staff lists from which one can be prepared."""
    own = rounds_of(request)
    table = Table(
        request, name="stress-rounds", caption=_("年度ごとの実施"), rows=own.order_by("-fiscal_year"),
        columns=[
            Column("year", _("年度"), _year, sort="fiscal_year", header=True),
            Column("state", _("状態"), _state),
            Column("opens", _("受付の開始"), lambda r: Cell(r.opens_on.isoformat(), order=r.opens_on), sort="opens_on"),
            Column("closes", _("締切"), lambda r: Cell(r.closes_on.isoformat(), order=r.closes_on), sort="closes_on"),
            Column("staff", _("対象者情報"), _staff),
        ],
        act="stress.work", programme=PROGRAMME,
        empty=_("まだ実施はありません。区から対象者情報を受け取り、受領を確認すると、ここから準備できます。"),
    )  # fmt: skip
    return table.response("stress_check/round/rounds.html", {
        "title": _("職員のストレスチェック"), "trail": [], "waiting": list(_to_prepare(request)),
    })  # fmt: skip


def _year(round_: Round) -> Cell:
    return Cell(_("%(year)s年度") % {"year": round_.fiscal_year}, href=round_url(round_))


def _staff(round_: Round) -> Cell:
    return Cell(round_.staff.number, href=reverse("received", args=[round_.staff.number]))


def _state(round_: Round) -> Cell:
    return Cell(round_.get_state_display(), chip=COLOURS[Round.State(round_.state)])


def _to_prepare(request: Any) -> Any:
    """Staff lists that the organisation holds and no round of whose year exists."""
    held = Handover.objects.filter(
        receiver=request.handler.organisation, programme=PROGRAMME, step=STAFF, state__in=READABLE
    )
    return held.exclude(fiscal_year__in=Round.objects.values("fiscal_year")).order_by("fiscal_year", "pk")


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def prepare(request: Any, number: str) -> HttpResponse:
    """③ The site is set up for the year of a staff list."""
    staff = _to_prepare(request).select_related("receiver").filter(number=number).first()
    if staff is None:
        raise Http404
    return act_page(request, Act(
        title=_("%(year)s年度の実施を準備する") % {"year": staff.fiscal_year},
        form=Prepare,
        do=lambda form: steps.prepare_round(staff=staff, by=request.handler, now=request.now, **form.cleaned_data),
        then=reverse("stress_rounds"),
        done=lambda made: _("%(year)s年度の実施を準備しました。次は、取扱責任者が実施者と実施事務従事者を指名します。")
        % {"year": made.fiscal_year},
        submit=_("準備する"),
        facts=[
            (_("対象者情報の受渡し"), staff.number),
            (_("人数"), _("%(count)s人") % {"count": f"{staff.persons:,}"}),
        ],
        warnings=[_("準備した人とは別の人が、内容を確かめて受付を始めます。")],
        template=ACT,
        context={"trail": trail()},
    ))  # fmt: skip


# --- one round


@require_GET
@screen("stress.work")
def one(request: Any, year: int) -> HttpResponse:
    """Where the round stands, what comes next and whose turn it is, how many answered, and who has which duty."""
    round_ = round_of(request, year)
    how_far = figures.progress(round_)
    standing, account = people.standing(round_), paper.account(round_)
    duties = list(Duty.objects.filter(round=round_).select_related("handler__organisation").order_by("pk"))
    own = duties_of(request, round_)
    kinds = frozenset(duty.kind for duty in duties if duty.ended_at is None)
    situation = next_steps.Situation(round_, standing, account, how_far, kinds, request.today)
    rows = _rows(how_far, standing.left, own)
    return render(request, "stress_check/round/round.html", {
        "title": heading(round_, _("ストレスチェック")),
        "trail": trail(),
        "round": round_,
        "state": _state(round_),
        "facts": _facts(round_),
        "next": [(step, _mine(request, round_, step, own)) for step in next_steps.next_steps(situation)],
        "rows": rows,
        "sections": how_far.sections,
        "smallest": figures.SMALLEST,
        "picture": _picture(how_far),
        "duties": duties,
        "own": [str(Duty.Kind(kind).label) for kind in sorted(own)],
        "links": _links(round_, own),
        "may_appoint": may(request, "party.report_handler"),
    })  # fmt: skip


def _mine(request: Any, round_: Round, step: next_steps.NextStep, own: set[str]) -> bool:
    """Whether the step is for this person to do."""
    worker = bool(own & {str(kind) for kind in WORKERS})
    return {
        "responsible": may(request, "party.report_handler"),
        "worker": worker,
        "implementer": bool(own & {str(kind) for kind in IMPLEMENTERS}),
        "another": worker and request.handler.pk != round_.prepared_by_id,
    }[step.whose]


def _facts(round_: Round) -> list[tuple[str, Any]]:
    method = round_.scoring.split(":")[1]
    return [
        (_("受付"), f"{to_wareki(round_.opens_on, 'long')}〜{to_wareki(round_.closes_on, 'long')}"),
        (_("調査票"), instrument(round_.instrument).title["ja"]),
        (_("高ストレス者の判定"), METHODS.get(method, method)),
        (_("相談窓口"), round_.contact),
        (_("対象者情報の受渡し"), round_.staff.number),
    ]


def _rows(how_far: figures.Progress, left: int, own: set[str]) -> list[tuple[str, int]]:
    """(how far, how many); how many consented is for who has a duty here."""
    rows = [
        (_("対象者"), how_far.asked),
        (_("案内した人"), how_far.invited),
        (_("入場して回答の途中"), how_far.begun),
        (_("回答済（ウェブ）"), how_far.web),
        (_("回答済（紙）"), how_far.paper),
        (_("退職"), left),
        (_("採点した人"), how_far.scored),
        (_("結果を知らせた人"), how_far.notified),
    ]
    return [*rows, (_("区への提供に同意した人"), how_far.consented)] if own else rows


def _picture(how_far: figures.Progress) -> Picture:
    steps_ = [
        (_("案内した人"), how_far.invited),
        (_("回答済"), how_far.answered),
        (_("採点した人"), how_far.scored),
        (_("結果を知らせた人"), how_far.notified),
    ]
    told = _("塗りはその人数、破線は対象者の人数です。")
    rows = [(name, number, how_far.asked) for name, number in steps_] if how_far.asked else []
    return parts(_("進み具合"), told, rows)


def _links(round_: Round, own: set[str]) -> list[tuple[str, str]]:
    """The pages that somebody with these duties may open."""
    return [
        (str(label), reverse(name, args=[round_.fiscal_year]))
        for name, label, kinds in WORK
        if own & {str(kind) for kind in kinds}
    ]


# --- duties


@require_http_methods(["GET", "POST"])
@screen("party.report_handler")
def appoint(request: Any, year: int) -> HttpResponse:
    """Who is implementer, clerk or interviewing doctor: recorded by the responsible handler."""
    round_ = round_of(request, year)
    there = Handler.objects.filter(organisation=request.handler.organisation, reported_on__lte=request.today)
    there = there.filter(Q(removed_on=None) | Q(removed_on__gt=request.today)).order_by("key")
    standing = Duty.objects.filter(round=round_, ended_at=None).count()
    return act_page(request, Act(
        title=_("実施者・実施事務従事者を指名する"),
        form=Appoint,
        form_kwargs={"handlers": there},
        do=lambda form: steps.appoint(round_=round_, by=request.handler, now=request.now, **_appointed(form)),
        then=round_url(round_),
        done=lambda duty: _("%(kind)sを指名しました。") % {"kind": duty.get_kind_display()},
        submit=_("指名する"),
        facts=[(_("実施"), heading(round_, _("ストレスチェック")))],
        warnings=[_("指名された人だけが、個人の回答と結果を扱えます。人事に権限のある人は指名できません。")],
        seen=seen(round_, standing),
        template=ACT,
        context={"trail": trail(round_)},
    ))  # fmt: skip


def _appointed(form: Any) -> dict[str, Any]:
    typed = form.cleaned_data
    return {
        **typed,
        "kind": Duty.Kind(typed["kind"]),
        "qualification": Duty.Qualification(typed["qualification"]),
    }


@require_http_methods(["GET", "POST"])
@screen("party.remove_handler")
def end_duty(request: Any, year: int, duty: int) -> HttpResponse:
    """The duty ends: from that moment the person sees nobody's answers or results in this round."""
    round_ = round_of(request, year)
    found = Duty.objects.filter(round=round_, pk=duty).select_related("handler").first()
    if found is None:
        raise Http404
    return act_page(request, Act(
        title=_("指名を解く"),
        do=lambda form: steps.end_duty(duty=found, by=request.handler, now=request.now),
        then=round_url(round_),
        done=_("指名を解きました。"),
        submit=_("指名を解く"),
        danger=True,
        facts=[
            (_("役割"), found.get_kind_display()),
            (_("取扱者"), _("%(name)s（%(key)s）") % {"name": found.handler.name, "key": found.handler.key}),
        ],
        seen=seen(round_, found.ended_at),
        template=ACT,
        context={"trail": trail(round_)},
    ))  # fmt: skip


# --- the staff, open, close


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def take_in(request: Any, year: int) -> HttpResponse:
    """③ Who stands in the handed list becomes somebody who can be asked, in a job."""
    round_ = working(request, year)
    return act_page(request, Act(
        title=_("対象者情報を取り込む"),
        do=lambda form: {"year": year},
        then=round_url(round_),
        submit=_("取り込む"),
        facts=[
            (_("受渡番号"), round_.staff.number),
            (_("人数"), _("%(count)s人") % {"count": f"{round_.staff.persons:,}"}),
        ],
        warnings=[_("すでに取り込んだ人はそのままです。途中で止まったときも、もう一度取り込めます。")],
        seen=seen(round_),
        template=ACT,
        context={"trail": trail(round_)},
        job="stress.take_in",
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def open_(request: Any, year: int) -> HttpResponse:
    """Answers can come in from now on."""
    round_ = working(request, year)
    standing = people.standing(round_)
    return act_page(request, Act(
        title=_("回答の受付を始める"),
        do=lambda form: steps.open_round(round_=round_, by=request.handler, now=request.now),
        then=round_url(round_),
        done=_("回答の受付を始めました。"),
        submit=_("受付を始める"),
        facts=[
            *_facts(round_),
            (_("対象者"), _("%(count)s人") % {"count": f"{standing.asked:,}"}),
            (_("案内のない人"), _("%(count)s人") % {"count": f"{standing.uninvited:,}"}),
            (_("準備した人"), round_.prepared_by.name),
        ],
        warnings=[_("調査票・判定の方法・期間を、実施計画と見比べてから始めてください。")],
        seen=seen(round_),
        template=ACT,
        context={"trail": trail(round_)},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def close(request: Any, year: int) -> HttpResponse:
    """No more answers on the site; what came in on paper can still be keyed."""
    round_ = working(request, year, IMPLEMENTERS)
    standing, account = people.standing(round_), paper.account(round_)
    return act_page(request, Act(
        title=_("回答を締め切る"),
        do=lambda form: steps.close_round(round_=round_, by=request.handler, now=request.now),
        then=round_url(round_),
        done=_("回答を締め切りました。次は採点です。"),
        submit=_("締め切る"),
        danger=True,
        facts=[
            (_("締切日"), to_wareki(round_.closes_on, "long")),
            (_("まだ答えていない人"), _("%(count)s人") % {"count": f"{standing.to_remind:,}"}),
            (_("入力の済まない調査票"), _("%(count)s枚") % {"count": f"{account.waiting:,}"}),
            (_("まだ戻らない調査票"), _("%(count)s枚") % {"count": f"{account.out:,}"}),
        ],
        warnings=[_("締め切ると、専用サイトでは回答も訂正もできなくなります。届いた調査票の入力は続けられます。")],
        seen=seen(round_),
        template=ACT,
        context={"trail": trail(round_)},
    ))  # fmt: skip
