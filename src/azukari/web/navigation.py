"""The side menu: groups of links, each shown to the roles that may open it. Surfaces fill ``MENUS`` when they start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from azukari.parties.roles import ACTS

from . import surface


@dataclass(frozen=True)
class Link:
    """``name``: URL name; ``act``: of the page that it opens; ``shown``: whether it is for who asks, beyond a role."""

    label: str | Promise
    name: str
    act: str
    args: tuple[Any, ...] = ()
    shown: Callable[[Any], bool] = lambda request: True


@dataclass(frozen=True)
class Group:
    label: str | Promise
    links: tuple[Link, ...]


MENUS: dict[str, list[Group]] = {}


def menu(request: Any) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """(group, [(label, url, whether it is the current page)]) for who is signed in."""
    handler = getattr(request, "handler", None)
    if handler is None:
        return []
    groups = [
        (str(group.label), links)
        for group in MENUS.get(surface.current().key, ())
        if (links := list(_links(group.links, request)))
    ]
    here = _current(request.path, [url for _label, links in groups for _link, url in links])
    return [(label, [(link, url, url == here) for link, url in links]) for label, links in groups]


def _current(path: str, urls: Sequence[str]) -> str:
    """The address that the page lies below; of two the longer one, or two links would be marked as the current page."""
    return max((url for url in urls if path == url or (url != "/" and path.startswith(url))), key=len, default="")


def _links(links: Sequence[Link], request: Any) -> Any:
    for link in links:
        if request.handler.role in ACTS[link.act] and link.shown(request):
            url = reverse(link.name, args=link.args)
            yield str(link.label), url
