"""What every page's frame shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from . import look, navigation


def frame(request: HttpRequest) -> dict[str, Any]:
    return {
        "LANGUAGE_CODE": get_language() or "ja",
        "surface": getattr(request, "surface", None),
        "handler": getattr(request, "handler", None),
        "today": getattr(request, "today", None),
        "navigation": navigation.menu(request),
        "look": look.look_of(request),
        "session_minutes": settings.AZUKARI_SESSION_MINUTES,
        "kept": getattr(request, "kept", None) is not None,
        "demo": settings.AZUKARI_DEMO,
    }
