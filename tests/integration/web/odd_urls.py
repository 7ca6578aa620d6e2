"""Addresses that fail in every way, for the tests of error pages and uploads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from azukari.custody.handovers import WrongState
from azukari.parties.roles import MayNotAct
from azukari.vocabulary.refusal import Refusal
from azukari.web.middleware.errors import handler400, handler403, handler404, handler500
from azukari.web.screens import public

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


@csrf_exempt
@public
def fall_over(request: Any) -> HttpResponse:
    """An exception with somebody's name in its message, in a local variable, in a chained one."""
    person = {"name": request.POST.get("name"), "number": request.POST.get("number")}
    try:
        int(f"{person['name']} {person['number']}")
    except ValueError as error:
        raise RuntimeError(f"{person['name']}（宛名番号 {person['number']}）を書けません。") from error
    return HttpResponse()


def raising(exception: Exception) -> Any:
    @csrf_exempt
    @public
    def view(request: Any) -> HttpResponse:
        raise exception

    return view


@public
def plain(request: Any) -> HttpResponse:
    return HttpResponse("よい", status=int(request.GET.get("status", "200")))


@public
def break_off(request: Any) -> StreamingHttpResponse:
    """An answer that falls over when half of it is sent."""

    def parts() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError(request.GET["name"])

    return StreamingHttpResponse(parts())


@csrf_exempt
@public
def take(request: Any) -> HttpResponse:
    """What came: fields, files, and where a file lies while the view runs."""
    files = [
        f"{file.size} {file.temporary_file_path() if hasattr(file, 'temporary_file_path') else 'memory'}"
        for file in request.FILES.values()
    ]
    return HttpResponse("\n".join([f"{len(request.POST)} {len(request.FILES)}", *files]), content_type="text/plain")


urlpatterns = [
    path("fall-over/", fall_over),
    path("refused/", raising(Refusal("受渡し AZ-1 は封をしていません。先に封をしてください。"))),
    path("wrong-state/", raising(WrongState("受渡し AZ-1 は放出済みです。"))),
    path("may-not/", raising(MayNotAct("監査担当は「放出（引渡し）」ができません。"))),
    path("denied/", raising(PermissionDenied("新宿 花子"))),
    path("absent/", raising(Http404("新宿 花子"))),
    path("suspicious/", raising(SuspiciousOperation("新宿 花子"))),
    path("plain/", plain),
    path("post-only/", require_POST(plain)),
    path("form/", public(lambda request: HttpResponse(str(request.POST.get("name"))))),
    path("break-off/", break_off),
    path("take/", take),
]
