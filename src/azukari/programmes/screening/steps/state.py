"""How the run stands: its state and the one way to change it, its living sheets, the printer's handover."""

from __future__ import annotations

from django.db.models import QuerySet

from azukari.custody.models import Handover

from ..models import TRANSITIONS, Run, Sheet, Voucher
from ..refusals import Halted, NotNow
from ..vouchers import sheets_of

PROGRAMME = "screening"

GONE = {Handover.State.WITHDRAWN, Handover.State.RETURNED, Handover.State.ERASED, Handover.State.CERTIFIED}
"""States in which the printer has, or will have, nothing of a handover to print from."""


def move(run: Run, to: Run.State, **changes: object) -> None:
    """Change the run's state if the table allows it, nobody was faster, and the run is not halted."""
    run.refresh_from_db()
    if run.halted:
        raise Halted(run.halted)
    came_from = Run.State(run.state)
    if to not in TRANSITIONS[came_from]:
        raise NotNow(came_from.label, to.label)
    if not Run.objects.filter(pk=run.pk, state=came_from, halted="").update(state=to, **changes):
        raise NotNow("ほかの人が処理中", to.label)
    run.refresh_from_db()


def living(run: Run, channel: str = Voucher.Channel.PRINTER) -> QuerySet[Sheet]:
    """The run's sheets that count: not voided."""
    return sheets_of(run, channel=channel)


def handed(run: Run) -> Handover:
    """The handover of the printer's data; a run that has not come so far refuses."""
    if run.handover is None:
        raise NotNow(run.get_state_display(), Run.State.PRINTED.label)
    return run.handover


def may_still_change(run: Run) -> bool:
    """Whether the printer has nothing yet, or nothing any more: the list can be changed and handed over (again)."""
    return run.state == Run.State.PROOFED or (run.state == Run.State.HANDED and handed(run).state in GONE)
