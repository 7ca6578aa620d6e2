"""Proving again who one is, right before something leaves. One proof serves one act."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode


def ask_again(request: Any) -> HttpResponse | None:
    """The way to the page that asks for the password or code again; None where that was done a moment ago."""
    if did_recently_reauthenticate(request):
        return None
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.path})}")


def consume(request: Any) -> None:
    """The proof has served: the next act needs another."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [r for r in records if not r.get("reauthenticated")]
