"""Who is there on the employees' surface: one respondent, without an account. Every view of theirs is marked ``own``.

``request.session["stress_check"]`` holds the login's key and generation: a new invitation that is used elsewhere counts
the generation up, and this session is over. Addresses name nobody, so there is nothing to guess.
"""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.parties.acting import NotPermitted
from azukari.web.screens import View

from ...models import Login, Round
from ...steps.answering import SentAlready, require_open
from . import readings

KEY = "stress_check"
LONGEST = timedelta(hours=10)
"""A day's work, as for those with an account; the idle end is the session's own (AZUKARI_SESSION_MINUTES)."""
A_MINUTE = 60
OVER = (Round.State.PREPARING, Round.State.FINISHED)


def begin(request: Any, login: Login) -> None:
    """This browser is this person's from now on, under a new session key; nothing of anybody before is left in it."""
    if KEY in request.session:
        request.session.flush()
    else:
        request.session.cycle_key()
    moment = int(request.now.timestamp())
    request.session[KEY] = {"login": login.pk, "generation": login.generation, "since": moment, "touched": moment}
    rotate_token(request)


def end(request: Any) -> None:
    request.session.flush()


def is_there(request: Any) -> bool:
    """Whether somebody came in with this browser; what they may do is asked by :func:`own`."""
    return KEY in request.session


def own(view: View) -> View:
    """Mark a view as one person's own: ``request.person`` (with round) and ``request.login``, else back to the door."""

    @wraps(view)
    def guarded(request: Any, *args: object, **kwargs: object) -> HttpResponse:
        login = _login_of(request)
        if login is None:
            return _to_the_door(request)
        request.login, request.person = login, login.respondent
        return view(request, *args, **kwargs)

    guarded.own = True  # type: ignore[attr-defined]
    return guarded


def answering(view: View) -> View:
    """An :func:`own` view of answering: once sent it leads to the thanks, outside the period it says so."""

    @wraps(view)
    def guarded(request: Any, *args: object, **kwargs: object) -> HttpResponse:
        try:
            require_open(request.person, request.now)
        except SentAlready:
            return HttpResponseRedirect(reverse("stress_done"), status=303)
        except NotPermitted:
            return _closed(request)
        return view(request, *args, **kwargs)

    return own(guarded)


def wants_json(request: Any) -> bool:
    """Asked by the script that saves while somebody answers."""
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _login_of(request: Any) -> Login | None:
    kept = request.session.get(KEY)
    if kept is None:
        return None
    moment = int(request.now.timestamp())
    if moment - kept["since"] > LONGEST.total_seconds():
        return None
    login = readings.login(kept["login"], kept["generation"])
    if login is None or login.respondent.round.state in OVER:
        return None
    if abs(moment - kept["touched"]) > A_MINUTE:
        request.session[KEY] = {**kept, "touched": moment}
    return login


def _to_the_door(request: Any) -> HttpResponse:
    told = _(
        "時間が過ぎたか、ほかの端末で入り直したため、この画面は閉じました。入り直すと、保存した回答の続きから始められます。"
    )
    if not is_there(request):
        told = _("この画面は、入ってから開けます。職員番号と合言葉を入れてください。")
    else:
        end(request)
    unsaved = _("いま送ろうとした内容は、保存されていません。") if request.method == "POST" else ""
    sentences = [sentence for sentence in (told, unsaved) if sentence]
    if wants_json(request):
        return JsonResponse({"told": sentences}, status=401)
    for sentence in sentences:
        messages.info(request, sentence)
    return HttpResponseRedirect(reverse("stress_return"), status=303)


def _closed(request: Any) -> HttpResponse:
    round_ = request.person.round
    if wants_json(request):
        return JsonResponse({"told": [_("回答を受け付けている期間ではないため、保存していません。")]}, status=403)
    return render(
        request, "stress_check/employee/closed.html", {"title": _("回答の受付期間ではありません"), "round": round_},
        status=403,
    )  # fmt: skip
