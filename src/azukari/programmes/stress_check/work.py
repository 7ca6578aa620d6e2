"""The long acts of a round as jobs: what screens start and the worker does. Each tells in a sentence what came of it.

Arguments are years, days, kinds and the address of the entrance; nothing of a person, and never a code.
"""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _

from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler
from azukari.web.jobs import JOBS, Tell, Work

from .models import Invitation, Round
from .steps import printing, staff


def take_in(*, year: int, by: Handler, now: datetime, tell: Tell) -> str:
    count = staff.take_into_site(round_=_round(year, by), by=by, now=now)
    return _("%(count)s人を取り込みました。") % {"count": f"{count:,}"}


def invite(*, year: int, whom: str, kind: str, site: str, by: Handler, now: datetime, tell: Tell) -> str:
    kept = printing.issue_all(
        round_=_round(year, by), whom=whom, kind=Invitation.Kind(kind), entrance=printing.Entrance(site), by=by,
        now=now,
    )  # fmt: skip
    told = _("%(count)s人分の案内を作りました。回答の案内の画面から、あなたが24時間以内に受け取ってください。")
    return told % {"count": f"{kept.people:,}"}


def print_forms(*, year: int, return_by: str, by: Handler, now: datetime, tell: Tell) -> str:
    kept = printing.issue_forms(round_=_round(year, by), return_by=date.fromisoformat(return_by), by=by, now=now)
    told = _("調査票を%(count)s人分作りました。紙の調査票の画面から、あなたが24時間以内に受け取ってください。")
    return told % {"count": f"{kept.people:,}"}


def _round(year: int, by: Handler) -> Round:
    found = Round.objects.select_related("staff__receiver").filter(
        fiscal_year=year, staff__receiver=by.organisation_id
    ).first()  # fmt: skip
    if found is None:
        raise NotPermitted("この年度の実施は見つかりません。")
    return found


JOBS.update(
    {
        "stress.take_in": Work(take_in),
        "stress.invite": Work(invite),
        "stress.forms": Work(print_forms),
    }
)
