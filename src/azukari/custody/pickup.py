"""A package left for the receiver to take from its inbox: for parties who sign in here, no file has to be carried."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler

from .handovers import State, WrongState
from .models import Delivery, Handover
from .transport import Entry, Receipt, digest_of

TO_BE_TAKEN = (State.RELEASED, State.ACKNOWLEDGED)


class Inbox:
    """The transport that carries nothing: the sealed file stays where it is, and the receiver may take it."""

    def put(self, path: Path) -> Receipt:
        return Receipt(path.name, path.stat().st_size, digest_of(path))

    def list(self) -> tuple[Entry, ...]:
        return ()

    def fetch(self, name: str, folder: Path) -> Path:
        raise NotImplementedError("pick_up() gives the file to its receiver")


def pick_up(*, handover: Handover, by: Handler, now: datetime) -> Path:
    """The sealed package, for its receiver, once it was released and delivered. Written to the log."""
    with acting(by=by, act="handover.acknowledge", now=now, programme=handover.programme) as record:
        handover.refresh_from_db()
        if by.organisation_id != handover.receiver_id:
            raise NotPermitted("ファイルは、受け手の組織の取扱者だけが受け取れます。")
        delivered = handover.deliveries.filter(what=Delivery.What.PACKAGE).exists()
        path = Path(settings.AZUKARI_OUTBOX) / handover.package_name
        if handover.state not in TO_BE_TAKEN or not delivered or not handover.package_name:
            raise WrongState(f"受渡し {handover.number} のファイルは、まだ届いていないか、もうありません。")
        if not path.is_file():
            raise WrongState(f"受渡し {handover.number} のファイルが見つかりません。区に連絡してください。")
        record(purpose="ファイルの受取り", handover=handover.number, package_sha256=handover.package_sha256)
        return path
