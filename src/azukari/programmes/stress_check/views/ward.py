"""The ward's side of the stress check: the years, how far one is (in counts), the staff list, who has 人事権."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from azukari import programmes
from azukari.custody.models import READABLE, Handover
from azukari.dossier.approval import in_force
from azukari.dossier.step_mark import StepKind
from azukari.oversight.standing import StepState
from azukari.parties.models import Handler, Organisation
from azukari.parties.roles import ACTS
from azukari.people.models import Employment
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, parts
from azukari.web.locking import Seen
from azukari.web.screens import screen

from .. import live
from ..models import PersonnelAuthority, Round
from ..steps import authority as authority_steps
from ..steps import staff
from ..steps.progress import Progress, progress
from ..steps.state import DELIVERY, PROCESSOR, PROGRAMME, STAFF, has_authority
from .ward_forms import Authority, AuthorityEnd, HandOver

State = Round.State
MOST_YEARS = 20
PER_PAGE = 50


def may(request: Any, act: str) -> bool:
    return request.handler.role in ACTS[act]


def round_of(year: int) -> Round:
    """The round of a fiscal year; 404 where there is none."""
    found = Round.objects.select_related("staff__receiver", "confirmed_by").filter(fiscal_year=year).first()
    if found is None:
        raise Http404
    return found


def heading(round_: Round, what: str) -> str:
    return _("%(year)s年度 %(what)s") % {"year": round_.fiscal_year, "what": what}


# --- the years


@dataclass(frozen=True)
class Next:
    """What comes next in a round, and where on this surface; no address where it is the processor's turn."""

    words: str
    url: str = ""
    label: str = ""


TURN_OF_PROCESSOR = {
    State.PREPARING: gettext_lazy("委託先が専用サイトを準備しています。"),
    State.OPEN: gettext_lazy("回答を受け付けています。締切まで、職員全体に受検を呼びかけられます。"),
    State.CLOSED: gettext_lazy("委託先が採点、結果の通知、集団分析をしています。"),
    State.FINISHED: gettext_lazy("専用サイトは終了しました。"),
}


def next_of(round_: Round, delivered: Handover | None) -> Next:
    """``delivered``: the latest package ⑦ on its way or here."""
    if round_.state != State.REPORTED:
        return Next(str(TURN_OF_PROCESSOR[State(round_.state)]))
    if round_.confirmed_at is not None:
        return Next(_("報告書等は確認済みです。様式第6号の3の報告を忘れずに出してください。"),
                    reverse("stress_ward_labour", args=[round_.fiscal_year]), _("様式第6号の3の数を見る"))  # fmt: skip
    if delivered is not None and delivered.state in READABLE:
        return Next(_("納品された報告書等を確認してください。"),
                    reverse("stress_ward_report", args=[round_.fiscal_year]), _("報告書を見る"))  # fmt: skip
    if delivered is not None and delivered.state == Handover.State.RELEASED:
        return Next(_("報告書と結果が届いています。中身を数えて、受領を確認してください。"),
                    reverse("handover", args=[delivered.number]), _("受領を確認する"))  # fmt: skip
    return Next(_("委託先が報告書の納品を準備しています。"))


def deliveries(years: Sequence[int]) -> dict[int, Handover]:
    """The latest package ⑦ of each year. One query."""
    found = Handover.objects.filter(programme=PROGRAMME, step=DELIVERY, fiscal_year__in=years)
    found = found.exclude(state=Handover.State.WITHDRAWN).only("number", "state", "fiscal_year", "persons")
    return {one.fiscal_year: one for one in found.order_by("pk")}


@require_GET
@screen("stress.read")
def years(request: Any) -> HttpResponse:
    """Every year's round and what comes next in it; whether this year's staff list was handed over."""
    rounds = list(Round.objects.order_by("-fiscal_year")[:MOST_YEARS])
    delivered = deliveries([one.fiscal_year for one in rounds])
    this = fiscal_year(request.today)
    return render(request, "stress_check/ward/years.html", {
        "title": _("職員のストレスチェック"),
        "rounds": [(one, next_of(one, delivered.get(one.fiscal_year))) for one in rounds],
        "year": this,
        "handed": handed_over(this),
        "may_hand_over": may(request, "stress.hand_over"),
        "may_record_authority": may(request, "stress.authority"),
    })  # fmt: skip


def handed_over(year: int) -> Handover | None:
    """The staff list ② of a fiscal year that was not withdrawn."""
    found = Handover.objects.filter(programme=PROGRAMME, step=STAFF, fiscal_year=year)
    return found.exclude(state=Handover.State.WITHDRAWN).select_related("receiver").order_by("-pk").first()


# --- one year


STEPS = {
    "①": gettext_lazy("対象者情報の抽出"),
    "②": gettext_lazy("対象者情報の受渡し"),
    "③": gettext_lazy("専用サイトの設定と取込み"),
    "④": gettext_lazy("紙の調査票による回答"),
    "④'": gettext_lazy("専用サイトでの回答"),
    "⑤": gettext_lazy("結果の通知（封書）"),
    "⑤'": gettext_lazy("結果の通知（専用サイト）"),
    "⑥": gettext_lazy("集団分析と報告書の作成"),
    "⑦": gettext_lazy("報告書と同意した人の結果の納品"),
    "⑧": gettext_lazy("報告書等の確認"),
}
COLOURS = {
    StepKind.PLANNED: "gray",
    StepKind.PREPARED: "blue",
    StepKind.RELEASED: "blue",
    StepKind.ACKNOWLEDGED: "green",
    StepKind.REFUSED: "red",
    StepKind.OVERDUE: "red",
    StepKind.CLOSED: "green",
}


@dataclass(frozen=True)
class Line:
    """A step of the paper as it stands."""

    number: str
    name: str
    state: StepState

    @property
    def colour(self) -> str:
        return COLOURS[self.state.kind]


@require_GET
@screen("stress.read")
def year(request: Any, year: int) -> HttpResponse:
    """How far a year is, in numbers alone. Shares of sections are so coarse that nobody's answer can be told."""
    round_ = round_of(year)
    counts = progress(round_)
    delivered = deliveries([year]).get(year)
    return render(request, "stress_check/ward/year.html", {
        "title": heading(round_, _("職員のストレスチェック")),
        "round": round_,
        "next": next_of(round_, delivered),
        "counts": counts,
        "picture": _picture(counts),
        "lines": _lines(year, request.today),
        "may_read_people": may(request, "stress.interview"),
    })  # fmt: skip


def _picture(counts: Progress) -> Picture:
    rows = (
        (_("対象の職員"), counts.asked),
        (_("案内した"), counts.invited),
        (_("回答した"), counts.answered),
        (_("結果を通知した"), counts.notified),
    )
    legend = _("塗りはその人数、破線は対象の職員の人数です。数値は下の表にあります。")
    return parts(_("対象・案内・回答・通知の人数"), legend, [(label, count, counts.asked) for label, count in rows])


def _lines(fiscal_year: int, on: date) -> list[Line]:
    """As the live picture of the home page reads them; without a paper in force, the programme's own alone."""
    try:
        papers = {PROGRAMME: in_force(PROGRAMME, on).dossier}
        states = programmes.step_states(papers, fiscal_year, on)[PROGRAMME]
    except Refusal:
        states = live.step_states(fiscal_year, on)
    return [Line(number, str(name), states.get(number, StepState())) for number, name in STEPS.items()]


# --- ① ② the staff list


def processors(on: date) -> Any:
    """Organisations appointed as the paper's processor on this day."""
    appointed = Q(appointments__valid_until=None) | Q(appointments__valid_until__gte=on)
    found = Organisation.objects.filter(
        appointed, appointments__programme=PROGRAMME, appointments__party=PROCESSOR, appointments__valid_from__lte=on
    )
    return found.distinct().order_by("name")


@require_http_methods(["GET", "POST"])
@screen("stress.hand_over")
def hand_over(request: Any) -> HttpResponse:
    """①② Who would be on the list (counts by employment), which columns go, to whom; then prepare it."""
    this = fiscal_year(request.today)
    handed = handed_over(this)
    counted = staff.to_be_asked(request.today).order_by().values_list("employment").annotate(n=Count("pk"))
    by_employment = dict(counted.order_by("employment"))
    facts = [
        (str(Employment(key).label), _("%(count)s人") % {"count": f"{by_employment.get(key, 0):,}"})
        for key in staff.ASKED
    ]
    facts += [
        (_("合計"), _("%(count)s人") % {"count": f"{sum(by_employment.values()):,}"}),
        (_("渡す項目"), "、".join(column.header for column in staff.COLUMNS)),
        (_("渡し方"), _("CD-R等（暗号化し、パスワードは別の機会に知らせる）")),
    ]
    warnings = []
    if handed is not None:
        warnings.append(
            _("%(year)s年度の対象者情報は、すでに準備されています（%(number)s、%(state)s）。二重に渡さないでください。")
            % {"year": this, "number": handed.number, "state": handed.get_state_display()}
        )
    allowed = processors(request.today)
    if not allowed:
        warnings.append(_("委託先の選定が記録されていません。情報保護担当に、選定の記録を頼んでください。"))
    return act_page(request, Act(
        title=_("%(year)s年度 対象者情報の引渡しを準備する") % {"year": this},
        form=HandOver,
        form_kwargs={"processors": allowed},
        do=lambda form: staff.hand_over(
            processor=form.cleaned_data["processor"], by=request.handler, now=request.now
        ),
        then=lambda made: reverse("handover", args=[made.number]),
        back=reverse("stress_ward"),
        done=_("対象者情報を準備しました。続けて封をし、別の人が放出してください。"),
        submit=_("対象者情報を準備する"),
        facts=facts,
        warnings=warnings,
        seen=Seen(("handover", handed.number if handed else ""), handed.state if handed else ""),
    ))  # fmt: skip


# --- 人事権


@require_GET
@screen("stress.authority")
def authority(request: Any) -> HttpResponse:
    """Who decides on dismissal, promotion or transfer: they see nobody's result, and have no duty anywhere."""
    found = PersonnelAuthority.objects.select_related("handler__organisation", "recorded_by").order_by("-since", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stress_check/ward/authority.html", {
        "title": _("人事権を持つ人の記録"),
        "page": page,
        "lines": [(one, one.until is None or one.until >= request.today) for one in page.object_list],
        "own": has_authority(request.handler, request.today),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.authority")
def record_authority(request: Any) -> HttpResponse:
    standing = PersonnelAuthority.objects.filter(until=None).values("handler")
    there = Handler.objects.filter(Q(removed_on=None) | Q(removed_on__gt=request.today)).exclude(pk__in=standing)
    concerned = Q(organisation__in=processors(request.today)) | Q(organisation__type=Organisation.Type.WARD)
    people = there.filter(concerned).select_related("organisation").order_by("organisation__name", "key")
    return act_page(request, Act(
        title=_("人事権を持つ人を記録する"),
        form=Authority,
        form_kwargs={"handlers": people},
        initial={"since": request.today},
        do=lambda form: authority_steps.record_authority(
            handler=form.cleaned_data["handler"], since=form.cleaned_data["since"], by=request.handler, now=request.now
        ),
        then=reverse("stress_ward_authority"),
        done=_("記録しました。この人の実施者・実施事務従事者等の指名は、解かれました。"),
        submit=_("記録する"),
        warnings=[
            _("記録した人は、本人が同意した結果も、面接指導の申出も見られません。指名されていた役割は、この記録で解かれます。")
        ],
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.authority")
def end_authority(request: Any, number: int) -> HttpResponse:
    found = PersonnelAuthority.objects.select_related("handler__organisation").filter(pk=number).first()
    if found is None:
        raise Http404
    return act_page(request, Act(
        title=_("人事権の終わりを記録する"),
        form=AuthorityEnd,
        do=lambda form: authority_steps.end_authority(
            authority=found, until=form.cleaned_data["until"], by=request.handler, now=request.now
        ),
        then=reverse("stress_ward_authority"),
        done=_("記録しました。解かれた指名は、自動では戻りません。"),
        submit=_("終わりを記録する"),
        facts=[
            (_("人事権を持つ人"), f"{found.handler.organisation.name} {found.handler.name}（{found.handler.key}）"),
            (_("いつから"), found.since.isoformat()),
        ],
        seen=Seen(("handler", found.handler.key), str(found.until)),
    ))  # fmt: skip
