"""Pages of the kit itself: a job's progress, saved filters, the bare frame, display settings live elsewhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from . import jobs
from .models import Job, SavedFilter
from .screens import screen


@require_GET
@screen("home.read")
def job(request: Any, key: str) -> HttpResponse:
    """One's own job, or a colleague's of the same organisation."""
    found = Job.objects.select_related("started_by__organisation").filter(key=key).first()
    if found is None or found.started_by.organisation_id != request.handler.organisation_id:
        raise Http404
    done, total = jobs.progress(found)
    running = found.state in (Job.State.WAITING, Job.State.RUNNING)
    shown = {
        "key": found.key,
        "title": found.title,
        "done": done,
        "total": total,
        "percent": done * 100 // total if total else None,
        "state": found.get_state_display(),
        "kind": found.state,
        "running": running,
        "message": found.message,
        "result_url": found.then,
        "started_by": found.started_by,
        "started_at": found.started_at,
    }
    template = "layout/job_state.html" if getattr(request, "htmx", False) else "layout/job.html"
    return render(request, template, {"title": found.title, "job": shown})


@require_GET
@screen("home.read")
def job_list(request: Any) -> HttpResponse:
    """Jobs of one's organisation, newest first."""
    found = Job.objects.filter(started_by__organisation=request.handler.organisation).select_related("started_by")
    return render(request, "layout/jobs.html", {"title": _("処理の一覧"), "jobs": found.order_by("-pk")[:50]})


class SaveFilter(forms.Form):
    name = forms.CharField(label=_("名前"), max_length=40)
    query = forms.CharField(max_length=500, required=False)
    back = forms.CharField(max_length=300)


@require_POST
@screen("home.read")
def saved_filter(request: Any, page: str) -> HttpResponse:
    """Keep the filters of a table under a name, or take one away (``delete``: its name)."""
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    mine = SavedFilter.objects.filter(handler=request.handler, page=page)
    if "delete" in request.POST:
        mine.filter(name=request.POST["delete"]).delete()
        return HttpResponseRedirect(back, status=303)
    form = SaveFilter(request.POST)
    if form.is_valid():
        query = form.cleaned_data["query"].lstrip("?")
        mine.update_or_create(
            name=form.cleaned_data["name"], defaults={"handler": request.handler, "page": page, "query": query}
        )
    return HttpResponseRedirect(back, status=303)


@require_GET
@screen("home.read")
def frame(request: Any) -> HttpResponse:
    """The session checked and the frame drawn, nothing else: what every page costs at least."""
    return render(request, "layout/frame.html", {"title": _("枠だけの画面")})
