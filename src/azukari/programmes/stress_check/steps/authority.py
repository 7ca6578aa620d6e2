"""Who decides on dismissal, promotion or transfer (人事権), as the ward tells it: such people see nobody's result."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from ..models import Duty, PersonnelAuthority
from .state import PROGRAMME, RoundMoved


def record_authority(*, handler: Handler, since: date, by: Handler, now: datetime) -> PersonnelAuthority:
    """From that day on this person has no duty in any round: what they had ends with this (安衛則52条の10第2項)."""
    with acting(by=by, act="stress.authority", now=now, programme=PROGRAMME) as record:
        if PersonnelAuthority.objects.filter(handler=handler, until=None).exists():
            raise RoundMoved("この人の人事権は、すでに記録されています。")
        made = PersonnelAuthority.objects.create(handler=handler, since=since, recorded_by=by, recorded_at=now)
        ended = Duty.objects.filter(handler=handler, ended_at=None).update(ended_at=now)
        record(purpose="人事権を持つ人の記録", handler=handler.key, since=since.isoformat(), duties_ended=ended)
        return made


def end_authority(*, authority: PersonnelAuthority, until: date, by: Handler, now: datetime) -> None:
    """The last day on which the person has it, told by somebody else. A duty that ended does not come back."""
    with acting(by=by, act="stress.authority", now=now, programme=PROGRAMME) as record:
        if authority.handler_id == by.pk:
            raise NotPermitted("自分の人事権の終わりは、自分では記録できません。別の担当に頼んでください。")
        if until < authority.since or until > localdate(now):
            raise NotPermitted("最後の日は、始まりの日から今日までの日にしてください。")
        if not PersonnelAuthority.objects.filter(pk=authority.pk, until=None).update(until=until):
            raise RoundMoved("この記録は、すでに終わっています。")
        record(purpose="人事権の終わりの記録", handler=authority.handler.key, until=until.isoformat())
