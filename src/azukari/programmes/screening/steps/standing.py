"""What stands with a person for the year: an exemption from the fee granted, a wish not to be written to taken back."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Q

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.models import Resident

from ..models import Exemption, OptOut
from .state import PROGRAMME


def grant_exemption(*, person: Resident, fiscal_year: int, granted_on: date, by: Handler, now: datetime) -> Exemption:
    """自己負担免除 by prior application, for one fiscal year. Repeating changes nothing."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        exemption, _ = Exemption.objects.get_or_create(
            person=person, fiscal_year=fiscal_year, defaults={"granted_on": granted_on, "recorded_by": by.key}
        )
        record(
            purpose="自己負担の免除",
            items=["copayment"],
            subjects=[bytes.fromhex(person.reference)],
            fiscal_year=fiscal_year,
        )
        return exemption


def end_opt_out(*, person: Resident, until: date, by: Handler, now: datetime) -> None:
    """The person wants vouchers again from ``until`` on. Raises NotPermitted where no wish stands."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        standing = OptOut.objects.filter(Q(until=None) | Q(until__gt=until), person=person, since__lte=until)
        if not standing.update(until=until):
            raise NotPermitted("この人の申出による停止は、記録されていません。人と日付を確かめてください。")
        record(purpose="本人の申出による停止の終了", items=["name"], subjects=[bytes.fromhex(person.reference)])
