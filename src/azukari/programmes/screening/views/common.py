"""What the screens of the run have in common: finding the run, what was seen of it, lists looked at with a purpose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.parties.roles import ACTS
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web.locking import Seen

from ..models import Run

MOST_LISTS = 12
_PURPOSES = "screening_purposes"


def run_of(year: int) -> Run:
    """The run of a fiscal year, without its long tables of counts; 404 where there is none."""
    found = Run.objects.select_related("roster", "started_by__organisation", "handover__receiver").defer(
        "counts", "difference", "roster__counts", "roster__fields", "handover__items", "handover__columns"
    )
    run = found.filter(fiscal_year=year).first()
    if run is None:
        raise Http404
    return run


def years_known(most: int) -> list[int]:
    """The fiscal years of the latest runs, the newest first."""
    return list(Run.objects.order_by("-fiscal_year").values_list("fiscal_year", flat=True)[:most])


def years_to_choose(today: date) -> list[int]:
    """Those, and this fiscal year."""
    return sorted({fiscal_year(today), *years_known(20)}, reverse=True)


def run_url(run: Run) -> str:
    return reverse("screening_run", args=[run.fiscal_year])


def seen(run: Run, *more: object) -> Seen:
    """The run as it is drawn: its state, whether it is halted, and what else the act rests on."""
    return Seen(("fiscal_year", str(run.fiscal_year)), "|".join(map(str, (run.state, run.halted, *more))))


def heading(run: Run, what: str) -> str:
    return _("%(year)s年度 %(what)s") % {"year": run.fiscal_year, "what": what}


def may(request: Any, act: str) -> bool:
    return request.handler.role in ACTS[act]


@dataclass(frozen=True)
class Looking:
    """A list of persons that somebody looks through, page by page, for one purpose."""

    token: str
    about: str
    purpose: str
    reason: str = ""


def begin_looking(request: Any, about: str, purpose: str, reason: str = "") -> Looking:
    """Keep the purpose under an opaque token: the address tells neither whom nor why. The list itself is not kept."""
    looking = Looking(secrets.token_urlsafe(9), about, purpose, reason)
    kept = request.session.get(_PURPOSES, {})
    while len(kept) >= MOST_LISTS:
        kept.pop(next(iter(kept)))
    request.session[_PURPOSES] = {**kept, looking.token: [about, purpose, reason]}
    return looking


def looking_of(request: Any, about: str, token: str) -> Looking:
    """What was begun under the token in this session; 404 for a foreign or forgotten one."""
    kept = request.session.get(_PURPOSES, {}).get(token)
    if kept is None or kept[0] != about:
        raise Http404
    return Looking(token, *kept)
