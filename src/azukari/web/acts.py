"""The page of one act: what will happen, the form, the act itself, and what became of it.

    @screen("handover.seal")
    def seal(request, number):
        handover = ours(request, number)
        return act_page(request, Act(
            title=_("封をする"),
            do=lambda form: handovers.seal(handover=handover, by=request.handler, now=request.now),
            then=reverse("handover", args=[number]),
            done=_("封をしました。"),
            facts=facts_of(handover),
            seen=Seen(("handover", handover.number), handover.state),
        ))

GET shows ``template`` (layout/act.html) with the form; POST runs ``do``. A refusal comes back on the same page, the
typed form kept, with 422; where somebody else changed the thing meanwhile, 409 and who did so. Success answers with a
message and a redirect, so that reloading and the back button do nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from azukari.vocabulary.refusal import Changed, Refusal

from . import jobs
from .locking import Seen, changed_since


class NoForm(forms.Form):
    """An act that asks nothing but confirmation."""


@dataclass(frozen=True)
class Act:
    """``do`` gets the cleaned form and returns anything; ``then`` and ``done`` may be functions of what it returned.

    ``facts``: (label, value) pairs that say what will happen. ``job``: start this job (a key of ``jobs.JOBS``) with
    what ``do`` returns as its arguments, instead of being finished when ``do`` returns.
    """

    title: str
    do: Callable[[Any], Any]
    then: str | Callable[[Any], str]
    done: str | Callable[[Any], str] = ""
    form: type[forms.Form] = NoForm
    initial: Mapping[str, Any] = field(default_factory=dict)
    form_kwargs: Mapping[str, Any] = field(default_factory=dict)
    facts: Sequence[tuple[str, Any]] = ()
    warnings: Sequence[str] = ()
    seen: Seen | None = None
    submit: str = ""
    danger: bool = False
    back: str = ""
    template: str = "layout/act.html"
    context: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""


def act_page(request: Any, act: Act) -> HttpResponse:
    if request.method != "POST":
        return _show(request, act, form_for(request, act.form, initial=dict(act.initial), **act.form_kwargs))
    form = act.form(request.POST, request.FILES, initial=dict(act.initial), **act.form_kwargs)
    told = changed_since(request.POST.get("seen", ""), act.seen) if act.seen else None
    if told is not None:
        form.is_valid()
        sentence = _(
            "画面を開いたあとに、状態が変わりました。今の状態を確かめてから、必要ならもう一度操作してください。"
        )
        return _show(request, act, form, problems=[sentence, *told], status=409)
    if not form.is_valid():
        return _show(request, act, form, status=422)
    try:
        result = act.do(form)
    except Changed as refusal:
        return _show(request, act, form, problems=[str(refusal)], status=409)
    except Refusal as refusal:
        return _show(request, act, form, problems=str(refusal).splitlines(), status=422)
    then = act.then(result) if callable(act.then) else act.then
    if act.job:
        return HttpResponseRedirect(
            jobs.start(request, act.job, title=act.title, arguments=result, then=then), status=303
        )
    done = act.done(result) if callable(act.done) else act.done
    if done:
        messages.success(request, done)
    return HttpResponseRedirect(then, status=303)


def form_for(request: Any, form: type[forms.Form], **kwargs: Any) -> Any:
    """An empty form, or one with what was typed before the session ended."""
    kept = getattr(request, "kept", None)
    if kept is None:
        return form(**kwargs)
    return form(kept, **kwargs)


def _show(request: Any, act: Act, form: forms.Form, *, problems: Sequence[str] = (), status: int = 200) -> HttpResponse:
    for problem in problems:
        if form.is_bound:
            form.add_error(None, problem)
    context = {
        "title": act.title,
        "form": form,
        "problems": problems if not form.is_bound else (),
        "has_errors": bool(form.errors) or bool(problems),
        "facts": act.facts,
        "warnings": act.warnings,
        "submit": act.submit or act.title,
        "danger": act.danger,
        "back": act.back or (act.then if isinstance(act.then, str) else ""),
        "hidden": {"seen": act.seen.mark()} if act.seen else {},
    }
    if taken := sorted(context.keys() & act.context.keys()):
        raise ValueError(f"context of an act's page may not use {taken}: the page itself does")
    return render(request, act.template, {**context, **act.context}, status=status)
