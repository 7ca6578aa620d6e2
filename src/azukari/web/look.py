"""How pages look to a person: language, light or dark, size of the text. Kept in cookies of this surface."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from .screens import public

THEMES = [("", _("端末に合わせる")), ("light", _("明るい")), ("dark", _("暗い"))]
SIZES = [("", _("標準")), ("large", _("大きい")), ("largest", _("とても大きい"))]
_A_YEAR = 365 * 24 * 60 * 60


def look_of(request: Any) -> dict[str, Any]:
    theme, size = request.COOKIES.get(_cookie("theme"), ""), request.COOKIES.get(_cookie("size"), "")
    return {
        "theme": theme if theme in dict(THEMES) else "",
        "size": size if size in dict(SIZES) else "",
        "themes": THEMES,
        "sizes": SIZES,
    }


@require_POST
@public
def look(request: Any) -> HttpResponse:
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back, status=303)
    allowed: dict[str, tuple[str, dict[str, Any]]] = {
        settings.LANGUAGE_COOKIE_NAME: (request.POST.get("language", ""), dict(settings.LANGUAGES)),
        _cookie("theme"): (request.POST.get("theme", ""), dict(THEMES)),
        _cookie("size"): (request.POST.get("size", ""), dict(SIZES)),
    }
    for name, (value, known) in allowed.items():
        if value in known:
            answer.set_cookie(
                name, value, max_age=_A_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
    return answer


def _cookie(what: str) -> str:
    return f"azukari_{settings.SURFACE}_{what}"
