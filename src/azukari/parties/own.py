"""What a person does about their own data at a surface of their own: no handler, no role, only that person's record.

    with own_act(reference=respondent.reference, act="person.answer", now=now, programme="stress_check") as record:
        ...
        record(purpose="…", items=[…])

Logged like every act (law 4): the actor is :data:`OWN`, the subject is the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from azukari.witness import log

from .acting import REFUSALS, ActNotRecorded
from .roles import ACT_NAMES

OWN = "本人"


@dataclass
class OwnRecord:
    """Writes the log entries of one act of a person about themselves."""

    reference: str
    act: str
    now: datetime
    programme: str
    written: list[int] = field(default_factory=list)

    def __call__(self, *, purpose: str, items: Sequence[str] = (), **details: object) -> int:
        seq = log.append(
            recorded_at=self.now,
            actor=OWN,
            party=OWN,
            programme=self.programme,
            act=self.act,
            items=list(items),
            subjects=[bytes.fromhex(self.reference)] if self.reference else [],
            purpose=purpose,
            details=details,
        )
        self.written.append(seq)
        return seq


@contextmanager
def own_act(*, reference: str, act: str, now: datetime, programme: str) -> Iterator[OwnRecord]:
    """One transaction with its entry in the log; a refusal undoes it and is logged too. ValueError: no such act."""
    try:
        with transaction.atomic():
            record = OwnRecord(reference, act, now, programme)
            yield record
            if not record.written:
                raise ActNotRecorded(f"{act} wrote no log entry")
    except REFUSALS as refusal:
        own_refused(reference=reference, act=act, now=now, programme=programme, refusal=refusal)
        raise


def own_refused(*, reference: str, act: str, now: datetime, programme: str, refusal: BaseException) -> None:
    """Write a refusal to the access log, in a transaction of its own. ``reference`` "": nobody knows who it was."""
    with transaction.atomic():
        OwnRecord(reference, "refused", now, programme)(purpose=ACT_NAMES[act], refusal=type(refusal).__name__)
