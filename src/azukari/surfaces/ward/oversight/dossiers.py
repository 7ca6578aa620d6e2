"""The dossiers: the list, and one version as pages: the paper, the flow, what changed, its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from azukari.dossier.approval import STATE_NAMES, State
from azukari.dossier.diff import Difference, diff
from azukari.dossier.flow import flow
from azukari.dossier.force import force
from azukari.dossier.models import Version
from azukari.dossier.paper_page import paper_page, step_lines
from azukari.dossier.words import clause_label, fiscal_year_name
from azukari.oversight.todos_privacy import NOT_RECORDED
from azukari.parties.roles import ACTS
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from . import papers
from .papers import CHIPS, Paper, Row

AREAS = {
    "fact": gettext_lazy("概要"), "party": gettext_lazy("相手方"), "clause": gettext_lazy("別紙"),
    "item": gettext_lazy("情報項目"), "period": gettext_lazy("期間"), "work": gettext_lazy("内容"),
    "step": gettext_lazy("流れ"), "measure": gettext_lazy("対策"), "terms": gettext_lazy("特記事項"),
    "note": gettext_lazy("指摘"),
}  # fmt: skip


def may(request: Any, act: str) -> bool:
    return request.handler.role in ACTS[act]


def page_of(version: Version, name: str = "dossier_paper") -> str:
    return reverse(name, args=[version.programme, version.pk])


def renewals_missing(paper: Paper, on: date) -> int:
    """How many sheets are not in force because a renewal, a selection or an event is not recorded."""
    return sum(force(clause, on, paper.renewal_acts).cause in NOT_RECORDED for clause in paper.dossier.clauses)


@require_safe
@screen("dossier.read")
def dossiers(request: Any) -> HttpResponse:
    rows = papers.rows(request.today)
    table = Table(
        request, name="dossiers", caption=_("付議書"), rows=rows, act="dossier.read", columns=_columns(request.today),
        empty=_("まだ付議書がありません。付議書のファイル（TOML）を登録してください。"),
    )  # fmt: skip
    links = [(_("付議書のファイルを登録する"), reverse("dossier_draft"))] if may(request, "dossier.draft") else []
    warnings = [(row.name, row.warning) for row in rows if row.warning]
    return table.response("ward/oversight/dossiers.html", {"links": links, "warnings": warnings})


def _columns(on: date) -> list[Column]:
    return [
        Column("name", _("事業"), _name, header=True),
        Column("version", _("版"), lambda r: r.paper.version.version if r.paper else ""),
        Column("year", _("年度"), lambda r: fiscal_year_name(r.paper.dossier.fiscal_year) if r.paper else ""),
        Column("state", _("状態"), _state),
        Column(
            "since", _("効力発生日"), lambda r: _day(r.paper.version.in_force_from) if r.paper else "", numeric=True
        ),
        Column("open", _("裁定待ちの疑義"), lambda r: _findings(r, on), numeric=True),
        Column("ruled", _("裁定済"), lambda r: _ruled(r, on), numeric=True),
        Column("renewals", _("更新の記録"), lambda r: _renewals(r, on)),
        Column("waiting", _("承認前の版"), _waiting),
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _name(row: Row) -> Cell:
    return Cell(row.name, href=page_of(row.paper.version) if row.paper else "", header=True)


def _state(row: Row) -> Cell:
    if row.paper is None:
        return Cell(_("未登録"), chip="gray")
    return Cell(row.paper.state_name, chip=CHIPS[row.paper.state])


def _findings(row: Row, on: date) -> Cell:
    if row.paper is None:
        return Cell("")
    open_gaps = [gap for gap in row.paper.gaps if gap.key not in row.paper.ruled_on(on)]
    href = page_of(row.paper.version, "dossier_findings") if open_gaps else ""
    return Cell(str(len(open_gaps)), href=href, numeric=True, order=len(open_gaps))


def _ruled(row: Row, on: date) -> Any:
    if row.paper is None:
        return ""
    return len([gap for gap in row.paper.gaps if gap.key in row.paper.ruled_on(on)])


def _renewals(row: Row, on: date) -> Cell:
    if row.paper is None or row.paper.state is not State.IN_FORCE:
        return Cell("")
    missing = renewals_missing(row.paper, on)
    if not missing:
        return Cell(_("済"), chip="green")
    return Cell(_("未記録の別紙 %(n)s件") % {"n": missing}, chip="yellow")


def _waiting(row: Row) -> Cell:
    if not row.waiting:
        return Cell("")
    version, state = row.waiting[0]
    text = f"{version.version}（{STATE_NAMES[state]}）"
    return Cell(text, href=page_of(version))


@require_safe
@screen("dossier.read")
def dossier(request: Any, programme: str, page: str = "dossier_paper") -> HttpResponse:
    """A programme's version to look at first: where links lead that know the programme alone."""
    version = papers.chief(papers.versions_of(programme), request.today)
    if version is None:
        raise Http404
    return HttpResponseRedirect(page_of(version, page))


def version_page(
    request: Any, paper: Paper, tab: str, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """One tab of a version, in the frame that all of them have: state, warning, acts, tabs."""
    version = paper.version
    shown = {
        "title": _("%(name)s（%(version)s）") % {"name": paper.dossier.programme_name, "version": version.version},
        "paper": paper,
        "version": version,
        "chip": CHIPS[paper.state],
        "warning": papers.file_warning(paper),
        "not_in_force": paper.state is not State.IN_FORCE,
        "acts": _acts(request, paper),
        "waits_for_another": _waits_for_another(request, paper),
        "tab": tab,
        "tabs": [(label, page_of(version, f"dossier_{key}"), key == tab) for key, label in _tabs()],
        **context,
    }
    return render(request, template, shown, status=status)


def _tabs() -> list[tuple[str, str]]:
    return [
        ("paper", _("付議書")),
        ("flow", _("個人情報の流れ")),
        ("matrix", _("項目と相手方")),
        ("findings", _("疑義と裁定")),
        ("changes", _("前の版との差")),
        ("history", _("履歴")),
    ]


def _acts(request: Any, paper: Paper) -> list[tuple[str, str]]:
    """What may be done with this version by who is there, as (label, address)."""
    offered = []
    version = paper.version
    if paper.state is State.DRAFT and may(request, "dossier.submit"):
        offered.append((_("付議する"), page_of(version, "dossier_submit")))
    own = request.handler.key in {version.submitted_by, version.drafted_by}
    if paper.state is State.SUBMITTED and may(request, "dossier.approve") and not own:
        offered.append((_("承認を記録する"), page_of(version, "dossier_approve")))
    if paper.state is State.IN_FORCE and may(request, "dossier.renew"):
        offered.append((_("更新を記録する"), page_of(version, "dossier_renew")))
    if paper.state in (State.IN_FORCE, State.APPROVED) and may(request, "dossier.approve"):
        offered.append((_("失効させる"), page_of(version, "dossier_expire")))
    return offered


def _waits_for_another(request: Any, paper: Paper) -> bool:
    own = request.handler.key in {paper.version.submitted_by, paper.version.drafted_by}
    return paper.state is State.SUBMITTED and (own or not may(request, "dossier.approve"))


@require_safe
@screen("dossier.read")
def paper(request: Any, programme: str, pk: int) -> HttpResponse:
    """The paper as the board reads it."""
    found = papers.paper_of(programme, pk, request.today)
    page = paper_page(found.dossier, found.renewal_acts)
    return version_page(request, found, "paper", "ward/oversight/paper.html", {"page": page})


@require_safe
@screen("dossier.read")
def flow_page(request: Any, programme: str, pk: int) -> HttpResponse:
    """The numbered flow as a picture, and the same as a table."""
    found = papers.paper_of(programme, pk, request.today)
    context = {"picture": page_of(found.version, "dossier_flow_picture"), "steps": step_lines(found.dossier)}
    return version_page(request, found, "flow", "ward/oversight/flow.html", context)


@require_safe
@screen("dossier.read")
def flow_picture(request: Any, programme: str, pk: int) -> HttpResponse:
    """The figure as an SVG file of its own, so that the page stays small."""
    found = papers.paper_of(programme, pk, request.today)
    drawn = flow(found.dossier, found.findings, found.standing_rulings)
    return HttpResponse(drawn, content_type="image/svg+xml; charset=utf-8")


@require_safe
@screen("dossier.read")
def changes(request: Any, programme: str, pk: int) -> HttpResponse:
    """What is different from the version before: the one asked for, else the one last in force before this."""
    found = papers.paper_of(programme, pk, request.today)
    others = [v for v in papers.versions_of(programme) if v.pk != pk]
    before = _before(found.version, others, request.GET.get("with", ""))
    groups: list[tuple[Any, list[Difference]]] = []
    if before is not None:
        changed = diff(papers.opened(before.canonical)[0], found.dossier)
        for area, label in AREAS.items():
            in_area = [each for each in changed if each.area == area]
            if in_area:
                groups.append((label, in_area))
    context = {
        "before": before,
        "others": [(v, v.pk == before.pk if before else False) for v in others],
        "groups": groups,
        "count": sum(len(each) for _label, each in groups),
    }
    return version_page(request, found, "changes", "ward/oversight/changes.html", context)


def _before(version: Version, others: Sequence[Version], asked: str) -> Version | None:
    chosen = next((v for v in others if str(v.pk) == asked), None)
    if chosen is not None:
        return chosen
    approved = [v for v in others if v.in_force_from and (v.in_force_from, v.pk) < _begins(version)]
    return max(approved, key=lambda v: (v.in_force_from or date.min, v.pk), default=None)


def _begins(version: Version) -> tuple[date, int]:
    return version.in_force_from or date.max, version.pk


@require_safe
@screen("dossier.read")
def history(request: Any, programme: str, pk: int) -> HttpResponse:
    """Versions, who approved them, renewals, rulings."""
    found = papers.paper_of(programme, pk, request.today)
    versions = papers.versions_of(programme)
    known = papers.states(versions, request.today)
    people = papers.names(
        [
            *(key for v in versions for key in (v.drafted_by, v.submitted_by, v.approved_by)),
            *(r.recorded_by for r in found.renewals),
            *(key for r in found.rulings for key in (r.ruled_by, r.withdrawn_by)),
        ]
    )
    labels = {clause.key: clause_label(clause) for clause in found.dossier.clauses} | {"*": _("すべての別紙")}
    context = {
        "versions": [_version_line(v, known[v.pk], people) for v in versions],
        "renewals": [
            (fiscal_year_name(r.fiscal_year), labels.get(r.clause, r.clause), r.recorded_on,
             people.get(r.recorded_by, r.recorded_by), r.remark)
            for r in found.renewals
        ],
        "rulings": [(r, people.get(r.ruled_by, r.ruled_by), people.get(r.withdrawn_by, "")) for r in found.rulings],
    }  # fmt: skip
    return version_page(request, found, "history", "ward/oversight/history.html", context)


def _version_line(version: Version, state: State, people: dict[str, str]) -> dict[str, Any]:
    return {
        "version": version,
        "url": page_of(version),
        "state": STATE_NAMES[state],
        "chip": CHIPS[state],
        "drafted_by": people.get(version.drafted_by, version.drafted_by),
        "submitted_by": people.get(version.submitted_by, version.submitted_by),
        "approved_by": people.get(version.approved_by, version.approved_by),
    }
