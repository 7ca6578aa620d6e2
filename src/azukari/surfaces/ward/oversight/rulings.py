"""Findings of a version, and the rulings on them: which text governs, why, until when, and what that opens."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from azukari.dossier.findings import GAP, Finding
from azukari.dossier.models import Ruling
from azukari.dossier.schema import Dossier
from azukari.dossier.words import DIRECTION_NAMES, clause_label, item_list, item_name, party_name
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_end
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from . import papers
from .dossiers import may, page_of, version_page
from .forms import RuleForm, WhyForm
from .papers import Paper

STATES = {
    "open": (gettext_lazy("裁定待ち"), "red"),
    "ended": (gettext_lazy("裁定の期限切れ"), "yellow"),
    "ruled": (gettext_lazy("裁定済"), "green"),
    "remark": (gettext_lazy("注意"), "gray"),
}


@require_safe
@screen("dossier.read")
def findings(request: Any, programme: str, pk: int) -> HttpResponse:
    paper = papers.paper_of(programme, pk, request.today)
    newest = papers.latest(programme)
    open_to_rule = {f.key for f in newest.findings} if newest else set()
    people = papers.names(r.ruled_by for r in paper.rulings)
    rules = may(request, "dossier.rule")
    found = [
        _told(paper, finding, request.today, people, rules and finding.key in open_to_rule)
        for finding in paper.findings
    ]
    found.sort(key=lambda one: list(STATES).index(one["state"]))
    context = {
        "gaps": [one for one in found if one["state"] != "remark"],
        "remarks": [one for one in found if one["state"] == "remark"],
        "counts": [(STATES[key][0], sum(1 for one in found if one["state"] == key)) for key in STATES],
        "may_rule": rules,
    }
    return version_page(request, paper, "findings", "ward/oversight/findings.html", context)


def _told(paper: Paper, finding: Finding, on: date, people: dict[str, str], rules: bool) -> dict[str, Any]:
    standing = [r for r in paper.rulings if r.finding == finding.key and r.withdrawn_at is None]
    in_effect = [r for r in standing if r.effective_on <= on <= r.until]
    state = "remark" if finding.severity != GAP else "ruled" if in_effect else "ended" if standing else "open"
    labels = {clause.key: clause_label(clause) for clause in paper.dossier.clauses}
    return {
        "finding": finding,
        "text": "" if finding.text.rstrip("。") == finding.title else finding.text,
        "anchor": f"finding-{finding.key}",
        "state": state,
        "state_name": STATES[state][0],
        "chip": STATES[state][1],
        "places": [labels.get(place, place) for place in finding.places],
        "gap": gap_lines(paper.dossier, finding),
        "rulings": [
            {"ruling": r, "by": people.get(r.ruled_by, r.ruled_by), "ended": r.until < on,
             "withdraw": reverse("ruling_withdraw", args=[paper.programme, r.key]) if rules else ""}
            for r in standing
        ],
        "rule": reverse("dossier_rule", args=[paper.programme, finding.key]) if rules and finding.gap else "",
    }  # fmt: skip


def gap_lines(dossier: Dossier, finding: Finding) -> list[str]:
    """What may not be handled until ruled, one party and way a line."""
    lines = []
    for entry in finding.gap:
        ways = "・".join(DIRECTION_NAMES[direction] for direction in entry.directions)
        lines.append(f"{party_name(dossier, entry.party)}：{item_list(entry.items)}（{ways}）")
    return lines


@screen("dossier.rule")
def rule(request: Any, programme: str, finding: str) -> HttpResponse:
    """Record a ruling on a finding of the newest version."""
    newest = papers.latest(programme)
    found = next((f for f in newest.findings if f.key == finding), None) if newest else None
    if newest is None or found is None or not found.gap:
        raise Http404
    before = list(Ruling.objects.filter(programme=programme, finding=finding).order_by("pk"))

    def record(form: RuleForm) -> None:
        asked = form.cleaned_data
        try:
            approvals.record_ruling(
                programme=programme, key=asked["key"], finding=finding, governs=asked["governs"], why=asked["why"],
                grants=form.chosen(), until=asked["until"], by=request.handler, now=request.now,
            )  # fmt: skip
        except IntegrityError as error:
            raise NotPermitted(_("ほかの人が先に、同じ番号の裁定を記録しました。番号を変えてください。")) from error

    initial = {
        "key": _next_key(programme, request.today),
        "until": fiscal_year_end(fiscal_year(request.today)),
    }
    return act_page(request, Act(
        title=_("疑義を裁定する"), form=RuleForm, initial=initial, do=record, submit=_("裁定を記録する"),
        form_kwargs={"dossier": newest.dossier, "finding": found, "on": request.today},
        facts=[(_("事業"), newest.dossier.programme_name), (_("指摘"), found.text)],
        warnings=[_("認めた範囲は、期限まで、裁定を根拠に取り扱えるようになります。期限後は、再び取り扱えません。")],
        seen=Seen(("finding", finding), "|".join(f"{r.key}{r.withdrawn_at or ''}" for r in before)),
        then=page_of(newest.version, "dossier_findings"), done=_("裁定を記録しました。"),
    ))  # fmt: skip


def _next_key(programme: str, on: date) -> str:
    """A number nobody has used: programme, fiscal year, running number."""
    head = f"{programme}-{fiscal_year(on)}-"
    taken = set(Ruling.objects.filter(key__startswith=head).values_list("key", flat=True))
    return next(key for n in range(1, len(taken) + 2) if (key := f"{head}{n}") not in taken)


@screen("dossier.rule")
def withdraw(request: Any, programme: str, key: str) -> HttpResponse:
    ruling = Ruling.objects.filter(programme=programme, key=key).first()
    newest = papers.latest(programme)
    if ruling is None or newest is None:
        raise Http404
    granted = [
        f"{party_name(newest.dossier, grant['party'])}：{'、'.join(item_name(item) for item in grant['items'])}"
        for grant in ruling.grants
    ]

    def take_back(form: WhyForm) -> None:
        if ruling.withdrawn_at is not None:
            raise NotPermitted(_("この裁定は、すでに取り消されています。"))
        approvals.withdraw_ruling(ruling=ruling, by=request.handler, now=request.now, why=form.cleaned_data["why"])

    return act_page(request, Act(
        title=_("裁定を取り消す"), form=WhyForm, danger=True, do=take_back,
        facts=[(_("裁定番号"), ruling.key), (_("優先する記載"), ruling.governs), (_("期限"), ruling.until.isoformat()),
               (_("認めている範囲"), "、".join(granted))],
        warnings=[_("取り消すと、この裁定だけを根拠にしている取扱いは、直ちにできなくなります。")],
        seen=Seen(("ruling", ruling.key), str(ruling.withdrawn_at or "")),
        then=page_of(newest.version, "dossier_findings"), done=_("裁定を取り消しました。"),
    ))  # fmt: skip
