"""Spoiled sheets, on the ward's side: what the printer asks for is approved, or declined with a reason."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act, act_page
from azukari.web.screens import screen

from ..models import ReprintRequest
from ..steps import reprints as steps
from .common import heading, may, run_of, run_url, seen
from .forms import Declined


@require_GET
@screen("run.read")
def reprints(request: Any, year: int) -> HttpResponse:
    """Every request of the run, the open ones first."""
    run = run_of(year)
    found = ReprintRequest.objects.filter(run=run).select_related("requested_by__organisation", "decided_by", "sheet")
    return render(request, "screening/reprints.html", {
        "title": heading(run, _("汚損等の再発行")),
        "run": run,
        "waiting": found.filter(decision="").order_by("pk")[:200],
        "decided": found.exclude(decision="").order_by("-pk")[:100],
        "may_decide": may(request, "run.confirm"),
        "back": run_url(run),
    })  # fmt: skip


def _asked(year: int, number: int) -> ReprintRequest:
    found = ReprintRequest.objects.select_related("run", "requested_by__organisation")
    asked = found.filter(run__fiscal_year=year, pk=number).first()
    if asked is None:
        raise Http404
    return asked


def _facts(asked: ReprintRequest) -> list[tuple[str, str]]:
    return [
        (_("帳票番号"), asked.code),
        (_("汚損の理由"), asked.reason),
        (_("申請した人"), f"{asked.requested_by.name}（{asked.requested_by.organisation.name}）"),
        (_("いまの判断"), asked.get_decision_display() or _("まだ判断していません")),
    ]


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def approve(request: Any, year: int, number: int) -> HttpResponse:
    """The spoiled code is void from then on, and a new one takes its place."""
    asked = _asked(year, number)
    return act_page(request, Act(
        title=_("再発行を承認する"),
        do=lambda form: steps.approve_reprint(request=asked, by=request.handler, now=request.now),
        then=reverse("screening_reprints", args=[year]),
        done=lambda sheet: _("帳票番号 %(old)s を無効にし、%(new)s を発番しました。")
        % {"old": asked.code, "new": sheet.code},
        submit=_("承認する"),
        facts=_facts(asked),
        seen=seen(asked.run, asked.pk, asked.decision),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def decline(request: Any, year: int, number: int) -> HttpResponse:
    """The sheet stays valid; the printer reads why."""
    asked = _asked(year, number)
    return act_page(request, Act(
        title=_("再発行を承認しない"),
        form=Declined,
        do=lambda form: steps.decline_reprint(
            request=asked, by=request.handler, now=request.now, remark=form.cleaned_data["remark"]
        ),
        then=reverse("screening_reprints", args=[year]),
        done=_("承認しないことを記録しました。元の帳票番号は有効なままです。"),
        submit=_("承認しない"),
        facts=_facts(asked),
        seen=seen(asked.run, asked.pk, asked.decision),
    ))  # fmt: skip
