"""Reports that go in a package beside its data: put in before it is closed up, read by who received it."""

from __future__ import annotations

from datetime import datetime

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from . import gate
from .handovers import State, WrongState, hold
from .models import Attachment, Handover

KINDS = ("pdf", "xlsx")
MOST = 8


def attach(*, handover: Handover, title: str, kind: str, data: bytes, by: Handler, now: datetime) -> Attachment:
    """Add a report to a handover that is prepared and not closed up yet. Its numbers have to be fit to leave.

    Raises NotPermitted for another organisation's handover or a kind that packages do not take, WrongState once sealed.
    """
    with acting(by=by, act="handover.prepare", now=now, programme=handover.programme) as record:
        hold(handover)
        if by.organisation_id != handover.sender_id:
            raise NotPermitted("この受渡しは、渡す側の組織の人だけが扱えます。")
        if kind not in KINDS:
            raise NotPermitted(f"添えられる文書は {'・'.join(KINDS)} だけです。")
        if handover.state != State.PREPARED:
            raise WrongState(
                f"受渡し {handover.number} は「{handover.get_state_display()}」です。文書は封をする前に添えてください。"
            )
        if handover.attachments.count() >= MOST:
            raise NotPermitted(f"一つの受渡しに添えられる文書は{MOST}点までです。")
        made = gate.keep_document(handover, title=title, kind=kind, data=data)
        record(purpose="報告書の添付", party=handover.receiver_party, handover=handover.number, document=made.name)
        return made


def read(*, handover: Handover, name: str, by: Handler, now: datetime) -> bytes:
    """A report of a handover that this organisation received and holds; logged before it is given."""
    with acting(by=by, act="data.read", now=now, programme=handover.programme) as record:
        return gate.read_document(record=record, by=by, handover=handover, name=name, purpose="報告書の閲覧")
