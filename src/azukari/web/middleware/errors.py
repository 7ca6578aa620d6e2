"""Refusals and errors become pages with a reference number and no data; the server's log has the same number.

    exception in a view          process_exception (Refusal) or Django's handlers below
    exception elsewhere, 404     Django's handlers: every surface's URL table imports handler400, …
    forged or stale form         settings.CSRF_FAILURE_VIEW

Whoever asked by script gets a fragment or JSON in place of a page.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from azukari.vocabulary.refusal import Refusal
from azukari.web import faults

Answer = Callable[[HttpRequest], HttpResponse]
_TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


class ErrorsMiddleware:
    """Answers refusals that no page has told itself, and leaves the rest to the handlers below."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if response.status_code == 405 and not response.content:  # Django's own, which is an empty page
            allowed = response["Allow"]
            response = page(request, 405)
            response["Allow"] = allowed
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        status = 403 if isinstance(exception, PermissionError) else 409
        return page(request, status, exception, sentences=str(exception).splitlines())


def page(
    request: HttpRequest, status: int, exception: BaseException | None = None, *, sentences: Sequence[str] = ()
) -> HttpResponse:
    """An error page, fragment or JSON: what happened, what to do, a reference number. Written to the server's log."""
    reference = faults.reference_number()
    faults.write_down(reference, status, exception)
    title, remedy = _words(status)
    told = [str(sentence) for sentence in sentences] or [remedy]
    if _wants_json(request):
        answer: HttpResponse = JsonResponse(
            {"error": title, "told": told, "reference": reference}, json_dumps_params={"ensure_ascii": False}
        )
    elif request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers:
        answer = HttpResponse(_fragment(title, told, reference))
    else:
        answer = HttpResponse(_page(request, status, title, told, reference))
    answer.status_code = status
    return answer


def _words(status: int) -> tuple[str, str]:
    """What a status is called, and what to do where nobody said better."""
    return {
        400: (_("この要求は受け付けられません"), _("前の画面に戻り、もう一度操作してください。")),
        403: (_("この操作はできません"), _("この操作ができる役割の人に頼んでください。")),
        404: (
            _("ページがありません"),
            _("アドレスを確かめてください。ほかの人に見えるものでも、あなたには見えないことがあります。"),
        ),
        405: (_("この開き方はできません"), _("前の画面に戻り、ボタンから操作してください。")),
        409: (_("今の状態ではできません"), _("画面を開き直し、今の状態を確かめてください。")),
        411: (_("送られたデータの大きさが分かりません"), _("ファイルを選び直し、もう一度送ってください。")),
        413: (_("送られたデータが大きすぎます"), _("ファイルの大きさを確かめ、分けて送ってください。")),
        429: (_("操作が多すぎます"), _("しばらく待ってから、もう一度操作してください。")),
    }.get(
        status,
        (
            _("処理を終えられませんでした"),
            _("もう一度操作しても同じときは、下の番号をシステム管理者に伝えてください。"),
        ),
    )


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _fragment(title: str, told: Sequence[str], reference: str) -> str:
    sentences = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in told)
    number = html.escape(_("受付番号 %(reference)s") % {"reference": reference})
    return f'<div class="notice notice-error" role="alert"><p>{html.escape(title)}</p>{sentences}<p>{number}</p></div>'


_WITH_PAGE = (400, 403, 404, 409, 413, 429, 500)
"""Statuses with a template of their own; 405 and 411 are told like 400."""


def _page(request: HttpRequest, status: int, title: str, told: Sequence[str], reference: str) -> str:
    template = f"errors/{status if status in _WITH_PAGE else 400 if status < 500 else 500}.html"
    context = {"title": title, "sentences": told, "reference": reference, "status": status}
    try:
        return render_to_string(template, context, request)
    except Exception as exception:  # the page of an error must not fail: neither database nor frame is sure now
        faults.write_down(reference, 500, exception)
        return (
            '<!doctype html><html lang="ja"><meta charset="utf-8">'
            f"<title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>{_fragment('', told, reference)}</html>"
        )


# --- what Django calls


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, _TOO_MUCH):
        return page(request, 413, exception, sentences=[_too_many(exception)])
    return page(request, 400, exception)


def _too_many(exception: SuspiciousOperation) -> str:
    if isinstance(exception, TooManyFilesSent):
        return _("一度に送られたファイルが多すぎます。分けて送ってください。")
    return _("一度に送られた入力が多すぎます。対象を絞り、分けて送ってください。")


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    return page(request, 500, sys.exc_info()[1])


def forged_form(request: HttpRequest, reason: str = "", **_unused: Any) -> HttpResponse:
    """A form without our mark: another site's, or one from before signing in. ``reason`` is Django's, in English."""
    told = [
        _(
            "この画面は、別の画面でサインインし直したか、長く開いたままだったため、古くなっています。何も変わっていません。"
        ),
        _("前の画面に戻って読み込み直し、もう一度操作してください。クッキーを拒んでいるときは、許してください。"),
    ]
    return page(request, 403, sentences=told)
