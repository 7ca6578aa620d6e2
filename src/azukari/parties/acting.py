"""Every act of a person: role checked, one transaction, an entry in the access log; a refusal is logged as well.

    with acting(by=officer, act="handover.release", now=now, programme="screening") as record:
        ...
        record(purpose="…", items=[…], subjects=[…])

An act that records nothing is undone (``ActNotRecorded``). A refusal (``REFUSALS``) undoes the act, is written to
the log in a transaction of its own, and goes on to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from azukari.dossier.approval import ApprovalRefused, NotInForce
from azukari.dossier.permit import Decision
from azukari.vocabulary.refusal import Refusal
from azukari.witness import log

from .models import Handler
from .roles import MayNotAct, require


class NotPermitted(Refusal, PermissionError):
    """A refusal that explains itself: which party, which item, which clause was looked at, what to do next."""

    def __init__(self, message: str, decisions: Sequence[Decision] = ()) -> None:
        super().__init__(message)
        self.decisions = tuple(decisions)

    @classmethod
    def because(cls, decisions: Sequence[Decision]) -> NotPermitted:
        refused = [d for d in decisions if not d.allowed]
        lines = [f"{d.reason} {d.remedy}" for d in refused]
        return cls("\n".join(dict.fromkeys(lines)), refused)


class ActNotRecorded(RuntimeError):
    """A programming error: a step changed something without writing its log entry. Everything is undone."""


REFUSALS = (NotPermitted, MayNotAct, NotInForce, ApprovalRefused)


@dataclass
class Record:
    """Writes the log entries of one act."""

    by: Handler
    act: str
    now: datetime
    programme: str
    written: list[int] = field(default_factory=list)

    def __call__(
        self,
        *,
        purpose: str,
        party: str = "",
        clause: str = "",
        ruling: str = "",
        items: Sequence[str] = (),
        subjects: Sequence[bytes] = (),
        **details: object,
    ) -> int:
        seq = log.append(
            recorded_at=self.now,
            actor=self.by.key,
            party=party or self.by.organisation.key,
            programme=self.programme,
            act=self.act,
            clause=clause,
            ruling=ruling,
            items=list(items),
            subjects=subjects,
            purpose=purpose,
            details=details,
        )
        self.written.append(seq)
        return seq


@contextmanager
def acting(*, by: Handler, act: str, now: datetime, programme: str = "") -> Iterator[Record]:
    try:
        with transaction.atomic():
            if isinstance(by, Handler):
                by.refresh_from_db()  # an old session does not know that the handler was removed meanwhile
            require(by, act, timezone.localdate(now))
            record = Record(by, act, now, programme)
            yield record
            if not record.written:
                raise ActNotRecorded(f"{act} wrote no log entry")
    except REFUSALS as refusal:
        refused(by=by, act=act, now=now, refusal=refusal, programme=programme)
        raise


def refused(*, by: Handler, act: str, now: datetime, refusal: BaseException, programme: str = "") -> None:
    """Write a refusal to the access log, in a transaction of its own."""
    decisions = getattr(refusal, "decisions", ())
    with transaction.atomic():
        log.append(
            recorded_at=now,
            actor=by.key,
            party=by.organisation.key,
            programme=programme,
            act="refused",
            clause=next((d.clause for d in decisions if d.clause), ""),
            ruling="",
            items=sorted({d.item for d in decisions}),
            subjects=(),
            purpose=act,
            details={"receivers": sorted({d.party for d in decisions}), "refusal": type(refusal).__name__},
        )
