"""What the screens of the run have in common: finding the run, what was seen of it, lists looked at with a purpose."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
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


def pdf(content: bytes, name: str) -> HttpResponse:
    """A PDF as a download; ``name`` is neutral."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    answer["Cache-Control"] = "no-store"
    return answer


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


@dataclass(frozen=True)
class Bar:
    """One bar of a picture: lengths in units of the drawing, the number beside it as text."""

    label: str
    length: int
    other: int
    text: str
    y: int
    text_x: int
    wrong: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture of numbers beside their table. ``legend``: what the filled bar and the dashed outline are."""

    label: str
    legend: str
    bars: tuple[Bar, ...]

    @property
    def height(self) -> int:
        return len(self.bars) * STEP + 6


WIDTH, STEP = 270, 48


def picture(label: str, legend: str, rows: Sequence[tuple[str, int, int, str, bool]]) -> Picture:
    """(label, number, number to compare with, text, whether it is wrong) as bars of one scale."""
    most = max((max(one, other) for _label, one, other, _text, _wrong in rows), default=0) or 1
    made = []
    for n, (name, one, other, text, wrong) in enumerate(rows):
        length, outline = one * WIDTH // most, other * WIDTH // most
        made.append(Bar(name, length, outline, text, n * STEP, max(length, outline) + 8, wrong))
    return Picture(label, legend, tuple(made))
