"""Long acts of custody, done by the worker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from azukari.custody import handovers
from azukari.custody.models import Handover
from azukari.parties.models import Handler
from azukari.web.jobs import JOBS, Work


def seal(*, by: Handler, now: datetime, tell: Any, number: str, sealing: str) -> str:
    tell(0, 1)
    handover = Handover.objects.select_related("sender", "receiver").get(number=number)
    handovers.seal(handover=handover, by=by, now=now, sealing=sealing)
    return f"受渡し {number} に封をしました。別の人が、中身の数と受け手を確かめて放出します。"


JOBS["handover.seal"] = Work(seal)
