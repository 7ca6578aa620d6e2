"""The years' runs, and one run as a path of steps with its control totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import Handover, RegisterEntry
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.refusal import Refusal
from azukari.web import unchanged
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, picture
from azukari.web.exports import download
from azukari.web.screens import screen

from .. import work
from ..models import AddressHold, ControlTotal, ReprintRequest, Run, Sheet, VolumeNotice
from ..papers import run_summary
from ..path import PathState, PathStep, path
from ..steps.assess import roster_for
from ..steps.overview import not_permitted_any_more, run_counts, stop_counts, year_passed
from .common import may, run_of
from .forms import HistoryUpload
from .links import step_links

State = Run.State


@require_GET
@screen("run.read")
def runs(request: Any) -> HttpResponse:
    """Every year's run, and the year that can be begun."""
    found = list(
        Run.objects.select_related("roster", "handover", "volume_notice")
        .defer("counts", "difference").order_by("-fiscal_year")[:20]
    )  # fmt: skip
    begun = {run.fiscal_year for run in found}
    this_year = fiscal_year(request.today)
    years = [year for year in (this_year, this_year + 1) if year not in begun]
    return render(request, "screening/runs.html", {
        "title": _("受診券の年次処理"),
        "runs": found,
        "years": years if may(request, "run.prepare") else [],
        "holds": AddressHold.objects.filter(lifted_at=None).count(),
        "late": _waiting_late().count(),
        "may_prepare": may(request, "run.prepare"),
        "may_import": may(request, "people.import"),
    })  # fmt: skip


def _waiting_late() -> Any:
    return Sheet.objects.filter(state=Sheet.State.ISSUED, requested_by__gt="")  # few have one: by the index


@dataclass(frozen=True)
class Step:
    """A step of the path with what this person can open of it."""

    step: PathStep
    url: str
    label: str
    mine: bool

    @property
    def colour(self) -> str:
        return COLOURS[self.step.state]


SEEN_LATER = {"roster", "confirm", "notice", "reprints", "acknowledged", "printed", "passed_on", "enclosed", "erased"}
AT_ANY_TIME = {"history", "reprints", "own_list", "returned_mail"}
COLOURS = {PathState.DONE: "green", PathState.CURRENT: "blue", PathState.WAITING: "gray", PathState.HALTED: "red"}


@require_GET
@screen("run.read")
def run(request: Any, year: int) -> HttpResponse:
    """One run: where it stands, what comes next and whose turn that is, and whether the counts agree."""
    state = Run.objects.filter(fiscal_year=year).values_list("pk", "state", "halted").first()
    if state is None:
        raise Http404
    role = request.handler.role
    key = ("run", *state, unchanged.position(), request.today, get_language(), role)
    body = unchanged.kept(key, lambda: _body(request, run_of(year)))
    title = _("%(year)s年度 %(what)s") % {"year": year, "what": _("受診券の年次処理")}
    return render(request, "screening/run.html", {"title": title, "body": body})


def _body(request: Any, found: Run) -> str:
    """The page below its heading: the same for all of a role, until somebody acts or the day passes."""
    read = _reading(found, request.today)
    steps = _steps(request, found, read.path)
    totals, rows = read.totals, read.lines
    return mark_safe(render_to_string("screening/run_body.html", {  # noqa: S308 - rendered by a template, which escapes
        "run": found,
        "counts": {key: f"{count:,}" for key, count in read.counts.items()},
        "stops": [stop for stop in read.stops if stop.count],
        "steps": steps,
        "now": next((s for s in steps if s.step.state in (PathState.CURRENT, PathState.HALTED)), None),
        "totals": rows,
        "picture": _picture(rows),
        "problems": totals[-1].problems if found.halted and totals else [],
        "may_settle": may(request, "custody.settle"),
        "may_prepare": may(request, "run.prepare"),
        "year_passed": year_passed(found, request.today),
        "not_permitted": read.not_permitted,
        "reprints": read.reprints,
        "late": read.late,
        "forms": read.forms,
    }))  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What the run's page says of the records."""

    path: Sequence[PathStep]
    stops: Sequence[Any]
    counts: Mapping[str, int]
    totals: Sequence[ControlTotal]
    lines: Sequence[Line]
    not_permitted: Any
    reprints: int
    late: int
    forms: Sequence[RegisterEntry]


def _reading(found: Run, on: date) -> Reading:
    stops = stop_counts(found)
    totals = list(found.totals.select_related("by").order_by("pk"))
    return Reading(
        path=list(path(found, on)),
        stops=list(stops),
        counts=run_counts(found, stops),
        totals=totals,
        lines=_totals(found, totals),
        not_permitted=not_permitted_any_more(found, on),
        reprints=ReprintRequest.objects.filter(run=found, decision="").count(),
        late=list(_waiting_late().values_list("voucher__run", flat=True)).count(found.pk),
        forms=_blank_forms(found),
    )


def _steps(request: Any, found: Run, steps: Sequence[PathStep]) -> list[Step]:
    """Each step with the screen to go to: where it is done, or where what was done can be seen."""
    links = step_links(found)
    made = []
    for step in steps:
        url, label = links.get(step.key, ("", ""))
        if step.state == PathState.DONE:
            url, label = (url, _("見る")) if step.key in SEEN_LATER else ("", "")
        elif step.state == PathState.HALTED:
            url, label = reverse("screening_settle_halt", args=[found.fiscal_year]), _("停止を解除する")
        elif step.state == PathState.WAITING and step.key not in AT_ANY_TIME:
            url, label = "", ""
        made.append(Step(step, url, label, may(request, step.act)))
    return made


@dataclass(frozen=True)
class Line:
    """One stage's count. ``counted`` None: not counted yet."""

    stage: str
    unit: str
    expected: int | None
    counted: int | None
    total: ControlTotal | None = None

    @property
    def difference(self) -> int | None:
        return None if self.counted is None or self.expected is None else self.counted - self.expected

    @property
    def wrong(self) -> bool:
        """Also where the numbers agree, but not the codes."""
        return bool(self.difference or (self.total and self.total.problems))

    @property
    def texts(self) -> tuple[str, str, str]:
        """Expected, counted, difference as they are shown."""
        numbers = [_("まだ") if n is None else f"{n:,}{self.unit}" for n in (self.expected, self.counted)]
        return numbers[0], numbers[1], "" if self.difference is None else f"{self.difference:+,}".replace("+0", "0")


def _totals(found: Run, totals: Sequence[ControlTotal]) -> list[Line]:
    """件数予告 = 委託先データ = 印字 = 封入 = 発送, each with its last count; and the ward's own list."""
    last = {total.stage: total for total in totals}
    notice = VolumeNotice.objects.filter(run=found).first()
    handover = found.handover if found.handover and found.handover.state != Handover.State.WITHDRAWN else None
    lines = [
        Line(_("件数予告"), _("件"), notice.rows if notice else None, notice.rows if notice else None),
        Line(_("委託先データ"), _("件"), notice.rows if notice else None, handover.rows if handover else None),
    ]
    for stage, unit in (("印字", _("ページ")), ("封入", _("枚")), ("発送", _("通")), ("直接送付", _("通"))):
        total = last.get(stage)
        if total is not None or stage != "直接送付":
            lines.append(Line(stage, unit, *((total.expected, total.counted, total) if total else (None, None))))
    return lines


def _picture(lines: Sequence[Line]) -> Picture:
    known = [line for line in lines if line.counted is not None and line.expected is not None]
    return picture(_("各段階の数"), _("塗りは数えた数、破線は予定の数です。"), [
        (line.stage, line.counted or 0, line.expected or 0, f"{line.counted:,}{line.unit}", line.wrong)
        for line in known
    ])  # fmt: skip


def _blank_forms(found: Run) -> list[RegisterEntry]:
    """残部帳票 that came back, as the register has them."""
    if found.handover_id is None:
        return []
    return list(RegisterEntry.objects.filter(handover=found.handover_id, act="forms").order_by("pk")[:10])


@require_GET
@screen("run.read")
def summary(request: Any, year: int) -> HttpResponse:
    """発送結果表 as PDF."""
    found = run_of(year)
    content = run_summary(run=found, by=request.handler, now=request.now)
    return download(content, f"screening-{year}-summary.pdf")


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def judge(request: Any, year: int) -> HttpResponse:
    """Begin the year's run: everybody on the latest committed roster is judged, in a job."""
    facts: list[tuple[str, Any]] = [(_("年度"), _("%(year)s年度") % {"year": year})]
    warnings = []
    existing = Run.objects.filter(fiscal_year=year).select_related("started_by").first()
    if existing is not None:
        warnings.append(
            _("%(year)s年度の処理は、%(who)sがすでに始めています。") % {"year": year, "who": existing.started_by.name}
        )
    try:
        roster = roster_for(year, request.today)
        facts += [
            (_("使う名簿の基準日"), roster.stated_on.isoformat()),
            (_("名簿の件数"), f"{roster.rows:,}"),
        ]
    except Refusal as refusal:
        warnings.append(str(refusal))
    return act_page(request, Act(
        title=_("%(year)s年度の対象者を判定する") % {"year": year},
        do=lambda form: {"year": year},
        then=reverse("screening_runs"),
        submit=_("判定を始める"),
        facts=facts,
        warnings=warnings,
        job="screening.judge",
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.import")
def history(request: Any) -> HttpResponse:
    """Earlier years' tests are taken in: a file with its delivery note."""
    return act_page(request, Act(
        title=_("受診歴の取込み"),
        form=HistoryUpload,
        do=lambda form: {
            "file": work.keep_upload(form.cleaned_data["file"]), "sha256": form.cleaned_data["digest"],
        },
        then=reverse("screening_runs"),
        submit=_("取り込む"),
        job="screening.history",
    ))  # fmt: skip
