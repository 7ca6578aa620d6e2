"""What was typed survives the end of a session: kept, sealed, for the same account, for a quarter of an hour.

Files and passwords are not kept. What is kept lies in the new session, encrypted under SECRET_KEY, and is taken out
when the page is opened again; another account that signs in instead never gets it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, QueryDict

Answer = Callable[[HttpRequest], HttpResponse]
LARGEST = 64 * 1024
KEPT_FOR = 15 * 60
_LEFT_OUT = ("csrfmiddlewaretoken", "seen", "password", "oldpassword", "password1", "password2", "code")


class KeptFormMiddleware:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: Any) -> HttpResponse:
        response = self.answer(request)
        account = getattr(request, "user", None)
        if account is not None and account.is_authenticated and _last(request) != str(account.pk):
            response.set_cookie(
                _cookie(), _signer().sign(str(account.pk)), secure=settings.SESSION_COOKIE_SECURE, httponly=True,
                samesite="Lax",
            )  # fmt: skip
        return response

    def process_view(self, request: Any, *_: object) -> None:
        request.kept = None
        if getattr(request, "handler", None) is not None and request.method == "GET" and "kept" in request.session:
            request.kept = _taken_out(request)


def keep(request: Any) -> None:
    """Put the typed form of somebody whose session has ended into the new session."""
    who, text = _last(request), request.POST.copy()
    for name in _LEFT_OUT:
        text.pop(name, None)
    typed = text.urlencode()
    if not who or not typed or len(typed) > LARGEST:
        return
    sealed = json.dumps({"who": who, "path": request.path, "typed": typed}).encode()
    request.session["kept"] = _box().encrypt(sealed).decode()


def _taken_out(request: Any) -> QueryDict | None:
    try:
        kept = json.loads(_box().decrypt(request.session["kept"].encode(), ttl=KEPT_FOR))
    except (InvalidToken, ValueError):
        del request.session["kept"]
        return None
    if kept["who"] != str(request.user.pk):
        del request.session["kept"]
        return None
    if kept["path"] != request.path:
        return None
    del request.session["kept"]
    return QueryDict(kept["typed"])


def _last(request: Any) -> str:
    try:
        return _signer().unsign(request.COOKIES.get(_cookie(), ""))
    except BadSignature:
        return ""


def _cookie() -> str:
    return f"azukari_{settings.SURFACE}_last"


def _signer() -> Signer:
    return Signer(salt="azukari.web.kept_form")


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"kept form" + settings.SECRET_KEY.encode()).digest()))
