"""How a handover is told to a contractor: facts, states as steps, chips."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from azukari.custody.models import Handover, Obligation
from azukari.dossier.schema import Medium
from azukari.oversight.documents import MEDIA, programme_name, when, year_name
from azukari.vocabulary.items import item_names
from azukari.vocabulary.wareki import to_wareki
from azukari.web.tables import Cell

State = Handover.State
CHIPS = {
    State.PREPARED: "gray",
    State.SEALED: "gray",
    State.RELEASED: "yellow",
    State.ACKNOWLEDGED: "blue",
    State.REFUSED: "red",
    State.RETURNED: "gray",
    State.ERASED: "gray",
    State.CERTIFIED: "green",
    State.WITHDRAWN: "gray",
}


def state_cell(handover: Handover) -> Cell:
    return Cell(str(handover.get_state_display()), chip=CHIPS[State(handover.state)])


def facts(handover: Handover, *, other: str, counts: bool = True) -> list[tuple[str, Any]]:
    """Label and value of what a contractor has to know of a handover; ``other``: who is on the other side.

    Without ``counts`` where somebody is asked to count: nothing to copy from.
    """
    told = [
        (_("受渡番号"), handover.number),
        (_("事業"), programme_name(handover)),
        (_("年度"), year_name(handover.fiscal_year)),
        (_("相手"), other),
        (_("目的"), handover.purpose),
        (_("情報項目"), item_names(handover.items)),
        (_("媒体"), MEDIA[Medium(handover.medium)]),
    ]
    if counts:
        told.append((_("数量"), quantity(handover)))
        if handover.medium != Medium.PAPER:
            told.append((_("データのハッシュ値（SHA-256）"), handover.digest))
    return told


def quantity(handover: Handover) -> str:
    told = _("%(persons)s人・%(rows)s件") % {"persons": f"{handover.persons:,}", "rows": f"{handover.rows:,}"}
    if handover.sheets:
        told += _("・%(sheets)s枚") % {"sheets": f"{handover.sheets:,}"}
    return told


def steps(handover: Handover, clear_by: date | None) -> list[dict[str, str]]:
    """The life of a received handover as steps: name, state (done, current, waiting) and its word, note."""
    reached = [State.RELEASED, State.ACKNOWLEDGED, State.ERASED, State.CERTIFIED]
    now_at = State.ERASED if handover.state == State.RETURNED else State(handover.state)
    at = reached.index(now_at) if now_at in reached else 0
    certificate = getattr(handover, "certificate", None)
    notes = {
        State.RELEASED: when(handover.released_at),
        State.ACKNOWLEDGED: when(handover.acknowledged_at),
        State.ERASED: _("期限 %(day)s") % {"day": to_wareki(clear_by, "long")} if clear_by else "",
        State.CERTIFIED: when(certificate.confirmed_at) if certificate else "",
    }
    names = {
        State.RELEASED: _("引渡し"),
        State.ACKNOWLEDGED: _("受領の確認"),
        State.ERASED: _("返却・消去"),
        State.CERTIFIED: _("証明書の確認"),
    }
    told = {"done": _("済"), "current": _("いまここ"), "waiting": _("これから")}
    places = ["done" if n <= at else "current" if n == at + 1 else "waiting" for n in range(len(reached))]
    return [
        {
            "name": names[state],
            "state": places[n],
            "word": told[places[n]],
            "note": notes[state] if n <= at + 1 else "",
        }
        for n, state in enumerate(reached)
    ]


def clear_by(handover: Handover) -> date | None:
    owed = handover.obligations.filter(kind=Obligation.Kind.CLEAR).first()
    return owed.due_on if owed else None
