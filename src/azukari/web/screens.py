"""Every view says who may open it: by the act that it shows or does (parties.roles), or that it is public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpResponse

from azukari.parties.acting import refused
from azukari.parties.roles import ACTS, MayNotAct, require

from .signin.fresh import ask_again, consume

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Screen:
    """``act``: key of roles.ACTS; its roles may open the page. ``fresh``: one proves anew who one is, right before."""

    act: str
    fresh: bool = False


def screen(act: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Mark a view as the screen of an act. Anybody else gets 403 with a reason, and the refusal is logged."""
    if act not in ACTS:
        raise KeyError(act)

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: object, **kwargs: object) -> HttpResponse:
            try:
                require(request.handler, act, request.today)
            except MayNotAct as refusal:
                refused(by=request.handler, act=act, now=request.now, refusal=refusal)
                raise
            if not fresh:
                return view(request, *args, **kwargs)
            again = ask_again(request)
            if again is not None:
                return again
            answer = view(request, *args, **kwargs)
            if request.method == "POST" and answer.status_code < 400:
                consume(request)
            return answer

        guarded.screen = Screen(act, fresh)  # type: ignore[attr-defined]
        return guarded

    return mark


def public(view: View) -> View:
    """Mark a view that shows nothing of anybody and needs no sign-in."""
    view.public = True  # type: ignore[attr-defined]
    return view
