"""The door: what this is, coming in with a code, coming back, leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from azukari.parties.acting import NotPermitted
from azukari.web.screens import public

from ...models import Login, Respondent
from ...steps import invitations
from . import readings, session
from .forms import ComeBack, Enter
from .refusals import told

ENTER, RETURN = "stress_check/employee/enter.html", "stress_check/employee/return.html"


@require_safe
@public
def home(request: Any) -> HttpResponse:
    """What this is, who sees what, from when to when, and the two ways in."""
    found = readings.rounds().first()
    shown = {
        "title": _("職員のストレスチェック"),
        "round": found,
        "early": found is not None and request.today < found.opens_on,
        "open": found is not None and found.state == found.State.OPEN and request.today <= found.closes_on,
        "inside": session.is_there(request),
    }
    return render(request, "stress_check/employee/home.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@public
def enter(request: Any) -> HttpResponse:
    return _enter(request, "")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@public
def enter_by_link(request: Any, code: str) -> HttpResponse:
    """The link of an invitation: opening it changes nothing; a link that was used says so."""
    return _enter(request, code)


@sensitive_variables("code", "form")
def _enter(request: Any, code: str) -> HttpResponse:
    form = Enter(request.POST if request.method == "POST" else None, initial={"code": code})
    if request.method != "POST" or not form.is_valid():
        spent = bool(code) and request.method != "POST" and readings.is_spent(code)
        return _ask(request, ENTER, form, title=_("招待コードで入る"), spent=spent)
    typed = form.cleaned_data
    try:
        login = invitations.enter(
            code=typed["code"], birth=typed["birth"], passphrase=typed["passphrase"], now=request.now
        )
    except NotPermitted as refusal:
        return _refused(
            request, ENTER, form, refusal, title=_("招待コードで入る"), spent=readings.is_spent(typed["code"])
        )
    session.begin(request, login)
    messages.success(
        request, _("入りました。次からは、職員番号といま決めた合言葉で、どの端末からでも続きを始められます。")
    )
    return HttpResponseRedirect(_landing(request, login.respondent), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@public
def come_back(request: Any) -> HttpResponse:
    """Any later visit, on any device: the number of the staff and the words chosen at the first."""
    rounds = list(readings.rounds())
    if not rounds:
        return render(request, "stress_check/employee/none.html", {"title": _("今、行っているものはありません")})
    form = ComeBack(request.POST if request.method == "POST" else None, rounds=rounds)
    title = _("続きから始める")
    if request.method != "POST" or not form.is_valid():
        return _ask(request, RETURN, form, title=title)
    try:
        login = _returned(form, request)
    except NotPermitted as refusal:
        return _refused(request, RETURN, form, refusal, title=title)
    session.begin(request, login)
    return HttpResponseRedirect(_landing(request, login.respondent), status=303)


@sensitive_variables("form")
def _returned(form: ComeBack, request: Any) -> Login:
    typed = form.cleaned_data
    return invitations.come_back(
        round_=form.round, employee_number=typed["employee_number"], passphrase=typed["passphrase"], now=request.now
    )


@require_POST
@public
def leave(request: Any) -> HttpResponse:
    """End the session, whoever's it was: on a shared machine the next person finds nothing."""
    session.end(request)
    messages.success(request, _("終わりました。この端末には何も残っていません。"))
    return HttpResponseRedirect(reverse("home"), status=303)


@require_GET
@session.own
def stay(request: Any) -> HttpResponse:
    """Somebody who reads long says that they are still there."""
    return HttpResponse(status=204)


def _landing(request: Any, person: Respondent) -> str:
    """Where somebody goes on: answering, or the thanks, or the result once there is one."""
    if person.answered_at is None:
        return reverse("stress_answers")
    return reverse("stress_result" if readings.told_result(person) else "stress_done")


def _ask(request: Any, template: str, form: Form, **shown: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, "has_errors": bool(form.errors), **shown}, status=status)


def _refused(request: Any, template: str, form: Form, refusal: Exception, **shown: Any) -> HttpResponse:
    for sentence in told(refusal):
        form.add_error(None, sentence)
    return _ask(request, template, form, **shown)
