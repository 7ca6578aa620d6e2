"""The side menu: groups of links, each shown to the roles that may open it. Surfaces fill ``MENUS`` when they start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from azukari.parties.roles import ACTS

from . import surface


@dataclass(frozen=True)
class Link:
    """``name``: URL name; ``act``: of the page that it opens; ``within``: URL names that belong to it."""

    label: str | Promise
    name: str
    act: str
    args: tuple[Any, ...] = ()


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
    return [
        (str(group.label), links)
        for group in MENUS.get(surface.current().key, ())
        if (links := list(_links(group.links, handler.role, request.path)))
    ]


def _links(links: Sequence[Link], role: str, path: str) -> Any:
    for link in links:
        if role in ACTS[link.act]:
            url = reverse(link.name, args=link.args)
            yield str(link.label), url, path == url or (url != "/" and path.startswith(url))
