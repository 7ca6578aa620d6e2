"""Who is there: the handler of the signed-in account, today; nobody else gets past this."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from azukari.parties.models import Handler
from azukari.web import clock, surface
from azukari.web.middleware.kept_form import keep

Answer = Callable[[HttpRequest], HttpResponse]
A_MINUTE = 60
A_WORKING_DAY = 10 * 60 * 60


class HandlerMiddleware:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: Any) -> HttpResponse:
        request.now = clock.now()
        request.today = timezone.localdate(request.now)
        request.surface = surface.current()
        request.handler = None
        return self.answer(request)

    def process_view(self, request: Any, view: Callable[..., HttpResponse], *_: object) -> HttpResponse | None:
        if request.user.is_authenticated:
            request.handler = _handler_of(request)
            if request.handler is None or _too_old(request):
                logout(request)
                request.handler = None
        if not hasattr(view, "screen"):
            return None
        if request.handler is None:
            if request.method == "POST":
                keep(request)
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_login')}?{query}")
        return _still_to_do(request)


def _handler_of(request: Any) -> Handler | None:
    """The account's handler, if it is one today and belongs on this surface."""
    found = Handler.objects.select_related("organisation").filter(account=request.user).first()
    if found is None or found.organisation.type not in request.surface.organisations:
        return None
    if found.reported_on > request.today or (found.removed_on is not None and found.removed_on <= request.today):
        return None
    return found


def _too_old(request: Any) -> bool:
    """Ten hours are a day's work. The idle end is the session's own; it is pushed on at most once a minute."""
    moment = int(time.time())  # sessions live in the world's time, not the demo's
    since = request.session.setdefault("since", moment)
    if moment - request.session.get("touched", 0) > A_MINUTE:
        request.session["touched"] = moment
    return bool(moment - since > A_WORKING_DAY)


def _still_to_do(request: Any) -> HttpResponse | None:
    """A password that somebody else was shown is changed first, then a second factor enrolled."""
    if request.session.get("ready"):
        return None
    if request.user.first_password_until is not None:
        if request.user.first_password_until < request.now:
            logout(request)
            return HttpResponseRedirect(reverse("account_login"))
        return HttpResponseRedirect(reverse("account_change_password"))
    if not is_mfa_enabled(request.user):
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    request.session["ready"] = True
    return None
