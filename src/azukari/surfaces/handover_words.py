"""How a handover is told on the ward's surface: facts, chip, path of states, what can be done now and by whom."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from azukari.custody.models import TRANSITIONS, Delivery, Handover
from azukari.dossier.schema import Medium
from azukari.oversight.documents import MEDIA, clause_titles, programme_name, when, year_name
from azukari.vocabulary.items import item_names
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
PATH = (State.PREPARED, State.SEALED, State.RELEASED, State.ACKNOWLEDGED, State.ERASED, State.CERTIFIED)


def state_cell(handover: Handover) -> Cell:
    return Cell(str(handover.get_state_display()), chip=CHIPS[State(handover.state)])


def counts(handover: Handover) -> str:
    told = _("%(persons)s人・%(rows)s件") % {"persons": f"{handover.persons:,}", "rows": f"{handover.rows:,}"}
    sheets = _("・%(sheets)s枚") % {"sheets": f"{handover.sheets:,}"} if handover.sheets else ""
    return told + sheets


def facts(handover: Handover) -> list[tuple[str, Any]]:
    """What a person checks before sealing or releasing: from whom to whom, on which clause, which items, how many."""
    told: list[tuple[str, Any]] = [
        (_("受渡番号"), handover.number),
        (_("事業"), f"{programme_name(handover)}（{year_name(handover.fiscal_year)}）"),
        (_("流れの番号"), handover.step),
        (_("渡す側"), handover.sender.name),
        (_("受け手"), handover.receiver.name),
        (_("目的"), handover.purpose),
        (_("根拠"), clause_titles(handover)),
        (_("情報項目"), item_names(handover.items)),
        (_("数量"), counts(handover)),
        (_("媒体"), MEDIA[Medium(handover.medium)]),
    ]
    if handover.medium != Medium.PAPER:
        told.append((_("データのハッシュ値（SHA-256）"), handover.digest))
    if handover.package_name:
        told.append((_("ファイル"), handover.package_name))
    if handover.override_reason:
        told.append((_("期限超過中の放出の理由"), handover.override_reason))
    return told


def path(handover: Handover) -> list[dict[str, str]]:
    """The states of a handover's life as steps: name, state (done, current, waiting, halted), who and when."""
    certificate = getattr(handover, "certificate", None)
    who = {
        State.PREPARED: (handover.prepared_by, handover.prepared_at),
        State.SEALED: (handover.sealed_by, handover.sealed_at),
        State.RELEASED: (handover.released_by, handover.released_at),
        State.ACKNOWLEDGED: (handover.acknowledged_by, handover.acknowledged_at),
        State.ERASED: (certificate.issued_by, certificate.erased_at) if certificate else (None, None),
        State.CERTIFIED: (certificate.confirmed_by, certificate.confirmed_at) if certificate else (None, None),
    }
    now = {State.REFUSED: State.ACKNOWLEDGED, State.RETURNED: State.ERASED}.get(
        State(handover.state), State(handover.state)
    )
    at = PATH.index(now) if now in PATH else -1
    return [
        {
            "name": str(state.label),
            "state": _step_state(handover, n, at),
            "note": f"{by.name}（{by.key}） {when(moment)}" if by and moment else "",
        }
        for n, state in enumerate(PATH)
        for by, moment in [who[state]]
    ]


def _step_state(handover: Handover, n: int, at: int) -> str:
    if handover.state == State.REFUSED and PATH[n] == State.ACKNOWLEDGED:
        return "halted"
    return "done" if n <= at else "current" if n == at + 1 and TRANSITIONS[State(handover.state)] else "waiting"


STEP_WORDS = {"done": "済", "current": "次", "waiting": "まだ", "halted": "停止"}


def possible(
    handover: Handover, deliveries: dict[str, Delivery], *, mine: bool, to_me: bool
) -> list[tuple[str, str, str]]:
    """(label, URL name, act) of what the state allows now to the sender (``mine``) or the receiver (``to_me``)."""
    paper, delivered = handover.medium == Medium.PAPER, Delivery.What.PACKAGE in deliveries
    table = [
        (State.PREPARED, mine, _("封をする"), "handover_seal", "handover.seal"),
        (State.SEALED, mine, _("放出する"), "handover_release", "handover.release"),
        (State.RELEASED, mine and not paper and not delivered, _("届ける"), "handover_deliver", "handover.release"),
        (State.RELEASED, mine and delivered, _("パスワードを通知する"), "handover_password", "handover.password"),
        (State.RELEASED, to_me, _("受領を確認する"), "handover_acknowledge", "handover.acknowledge"),
        (State.PREPARED, mine, _("取り下げる"), "handover_withdraw", "handover.prepare"),
        (State.SEALED, mine, _("取り下げる"), "handover_withdraw", "handover.prepare"),
        (State.ERASED, mine and hasattr(handover, "certificate"), _("証明書を確認する"), "certificate_confirm",
         "handover.confirm_certificate"),
        (State.RETURNED, mine and hasattr(handover, "certificate"), _("証明書を確認する"), "certificate_confirm",
         "handover.confirm_certificate"),
    ]  # fmt: skip
    return [(label, name, act) for state, fits, label, name, act in table if handover.state == state and fits]
