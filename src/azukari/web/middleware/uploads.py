"""An upload that is too large is refused before it is read; what is read lies in a private folder until the answer.

Over the limit: 413 by the announced length alone. Without an announced length (chunked): 411, nothing read. More than a
form's worth from somebody who has not signed in: 413, nothing read, so that nobody outside can fill the disc.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .errors import page

Answer = Callable[[HttpRequest], HttpResponse]
_MIB = 1024 * 1024
UNKNOWN_PERSON = 1 * _MIB
"""What somebody who has not signed in may send: sign-in forms are far smaller."""


class UploadLimitMiddleware:
    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = _announced(request)
        if length is None:
            told = _("送られたデータの大きさが分からないため、受け取りませんでした。何も変わっていません。")
            return _unread(page(request, 411, sentences=[told, _("ファイルを選び直し、もう一度送ってください。")]))
        if length > settings.AZUKARI_UPLOAD_MB * _MIB:
            return _unread(page(request, 413, sentences=too_large(length)))
        return self.answer(request)

    def process_view(self, request: Any, *_unused: object) -> HttpResponse | None:
        """Before anything reads the form: its sender is known, or it is small."""
        length = _announced(request) or 0
        if length <= UNKNOWN_PERSON:
            return None
        if request.user.is_authenticated:
            Path(settings.FILE_UPLOAD_TEMP_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
            return None
        told = _("サインインしていないため、ファイルを受け取りませんでした。何も変わっていません。")
        return _unread(
            page(request, 413, sentences=[told, _("サインインしてから、もう一度ファイルを送ってください。")])
        )


def _announced(request: HttpRequest) -> int | None:
    """Bytes of the body as announced; None: a body of unknown length."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    try:
        return max(int(request.META.get("CONTENT_LENGTH") or 0), 0)
    except ValueError:
        return 0


def too_large(length: int) -> list[str]:
    """What a person reads whose file is too large, and what to do."""
    sizes = {"size": -(-length // _MIB), "most": settings.AZUKARI_UPLOAD_MB}
    return [
        _(
            "送られたデータ（約%(size)sMB）は、受け取れる大きさ（%(most)sMBまで）を超えています。受け取らずに止めました。"
        )
        % sizes,
        _("何も変わっていません。名簿は、対象の人と項目だけに絞って書き出し直すか、分けて取り込んでください。"),
        _(
            "これより大きいファイルが必要なときは、システム管理者に設定（AZUKARI_UPLOAD_MB）を確かめてもらってください。"
        ),
    ]


def _unread(response: HttpResponse) -> HttpResponse:
    """The body stays unread, so the connection is of no further use."""
    response["Connection"] = "close"
    return response
