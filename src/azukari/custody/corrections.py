"""A wrong line of the register is never changed: the ward adds one that points to it and says what is right."""

from __future__ import annotations

from datetime import datetime

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from . import book
from .models import RegisterEntry


def correct_register(*, entry: RegisterEntry, remark: str, by: Handler, now: datetime) -> RegisterEntry:
    """The correcting entry; the books' balances stay as they are. Raises NotPermitted without words."""
    with acting(by=by, act="custody.settle", now=now, programme=entry.programme) as record:
        if not remark.strip():
            raise NotPermitted("訂正の内容（どこが違い、正しくは何か）を書いてください。")
        correction = book.correct(entry=entry, at=now, by=by.key, remark=remark)
        record(purpose="管理簿の訂正", entry=entry.pk, correction=correction.pk)
        return correction
