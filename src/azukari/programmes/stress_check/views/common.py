"""What the contractor's screens have in common: the round that one's organisation holds, and one's duty in it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.custody.models import Handover
from azukari.parties.acting import refused
from azukari.parties.roles import ACTS
from azukari.web.locking import Seen

from ..models import Duty, Respondent, Round
from ..steps.state import PROGRAMME, WORKERS, NotYours, require_duty

NOT_YET_HERE = (Handover.State.PREPARED, Handover.State.SEALED, Handover.State.WITHDRAWN)
Trail = list[tuple[str, str]]


def rounds_of(request: Any) -> QuerySet[Round]:
    """The rounds on a staff list that the signed-in organisation received; of another processor's it knows nothing."""
    own = Round.objects.filter(staff__receiver=request.handler.organisation)
    return own.exclude(staff__state__in=NOT_YET_HERE).select_related("staff__receiver", "prepared_by")


def round_of(request: Any, year: int) -> Round:
    """The round of a fiscal year, or 404."""
    found = rounds_of(request).filter(fiscal_year=year).first()
    if found is None:
        raise Http404
    return found


def duties_of(request: Any, round_: Round) -> set[str]:
    """Which duties the person has in this round now; empty also for whom the steps would refuse anyway."""
    own = Duty.objects.filter(round=round_, handler=request.handler, ended_at=None).values_list("kind", flat=True)
    return set(own)


def working(request: Any, year: int, kinds: tuple[Duty.Kind, ...] = WORKERS) -> Round:
    """The round, for who has one of these duties in it; others of the company get 403 with why, and a log line."""
    round_ = round_of(request, year)
    try:
        require_duty(round_=round_, by=request.handler, kinds=kinds, now=request.now)
    except NotYours as refusal:
        refused(by=request.handler, act="stress.work", now=request.now, refusal=refusal, programme=PROGRAMME)
        raise
    return round_


def person_of(round_: Round, person: int) -> Respondent:
    """Somebody of the round by the number of the row; 404 for anybody else's."""
    found = Respondent.objects.filter(round=round_, pk=person).first()
    if found is None:
        raise Http404
    found.round = round_
    return found


def may(request: Any, act: str) -> bool:
    return request.handler.role in ACTS[act]


def round_url(round_: Round) -> str:
    return reverse("stress_round", args=[round_.fiscal_year])


def trail(round_: Round | None = None, *more: tuple[str, str]) -> Trail:
    """(label, address) of the pages above."""
    found = [(_("職員のストレスチェック"), reverse("stress_rounds"))]
    if round_ is not None:
        found.append((_("%(year)s年度") % {"year": round_.fiscal_year}, round_url(round_)))
    return [*found, *more]


def heading(round_: Round, what: str) -> str:
    return _("%(year)s年度 %(what)s") % {"year": round_.fiscal_year, "what": what}


def seen(round_: Round, *more: object) -> Seen:
    """The round as it was drawn: its state and what else the act rests on."""
    return Seen(("fiscal_year", str(round_.fiscal_year)), "|".join(map(str, (round_.state, *more))))
