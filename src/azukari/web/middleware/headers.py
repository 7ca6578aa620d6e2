"""Response headers: nothing from elsewhere, nothing inline, nothing kept, on every answer (static files too)."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "manifest-src 'self'",
    )
)
_OFF = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen",
    "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
_PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: over TLS the check against forged forms reads the referrer of our own pages.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in _OFF), *(f"{name}=(self)" for name in _PASSKEYS)]),
}
TWO_YEARS = 63_072_000
HSTS = f"max-age={TWO_YEARS}; includeSubDomains"


class HeadersMiddleware:
    """First of all, so that every answer passes here, whoever gave it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.headers = dict(HEADERS)
        if not settings.INSECURE:
            self.headers["Strict-Transport-Security"] = HSTS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        for name, value in self.headers.items():
            response[name] = value
        # A page is of one person and one moment: neither disc nor proxy nor "back" after signing out shows it again.
        # Static files, which say themselves how long they hold, are nobody's.
        if "Cache-Control" not in response or not request.path.startswith(settings.STATIC_URL):
            response["Cache-Control"] = "no-store"
        return response
