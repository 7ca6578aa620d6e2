"""What somebody looks at persons' data for, under an opaque token in the session: no address tells whom or why.

A token is good for some minutes, in this session, for this handler. What it leads to are numbers of rows, no names.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.http import Http404

GOOD_FOR = timedelta(minutes=15)
MOST_KEPT = 10


class Expired(Exception):
    """The token was this person's and its time is over: the purpose has to be told again."""


def begin(request: Any, about: str, purpose: str, **more: Any) -> str:
    """Keep a purpose (and what it is about) and return its token. The oldest of ten goes."""
    kept = _kept(request)
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    token = secrets.token_urlsafe(12)
    kept[token] = {
        "about": about,
        "purpose": purpose,
        "by": request.handler.key,
        "until": (request.now + GOOD_FOR).timestamp(),
        **more,
    }
    request.session[_KEY] = kept
    return token


def of(request: Any, about: str, token: str) -> Mapping[str, Any]:
    """What was begun under the token; 404 for another's, another session's or a forgotten one; Expired when over."""
    found: Mapping[str, Any] | None = _kept(request).get(token)
    if found is None or found["about"] != about or found["by"] != request.handler.key:
        raise Http404
    if found["until"] <= request.now.timestamp():
        raise Expired
    return found


def change(request: Any, token: str, **more: Any) -> None:
    kept = _kept(request)
    kept[token] = {**kept[token], **more}
    request.session[_KEY] = kept


_KEY = "ward_purposes"


def _kept(request: Any) -> dict[str, Any]:
    return dict(request.session.get(_KEY, {}))
