"""The long acts about results run as jobs: what screens start and the worker does. Arguments name nobody."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from azukari.parties.models import Handler
from azukari.web.jobs import JOBS, Tell, Work

from .models import Round
from .steps import analysis, results


def score(*, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    scored = results.score_all(round_=_round(year), by=by, now=now)
    return _("%(count)s件の回答を採点しました。次は、実施者が面接指導の要否を判断します。") % {"count": f"{scored:,}"}


def work_out_groups(*, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    made = analysis.prepare_release(round_=_round(year), by=by, now=now)
    told = _("集団分析の第%(number)s版を作りました（示す集団%(shown)s、伏せる集団%(hidden)s）。")
    told += _("次は、別の実施者が確かめて放出します。")
    return told % {"number": made.number, "shown": f"{made.groups:,}", "hidden": f"{made.withheld:,}"}


def _round(year: int) -> Round:
    return Round.objects.select_related("staff").get(fiscal_year=year)


JOBS.update({"stress.score": Work(score), "stress.groups": Work(work_out_groups)})
