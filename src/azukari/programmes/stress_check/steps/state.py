"""Words that every step shares."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localdate

from azukari.custody import gate
from azukari.dossier.schema import Direction
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Handler, Organisation
from azukari.vocabulary.refusal import Changed

from ..models import Duty, PersonnelAuthority, Round
from ..walls import Thing, Viewer, When, may_see

PROGRAMME, PROCESSOR = "stress_check", "processor"
STAFF, PAPER, DELIVERY = "②", "④", "⑦"
"""Steps of the paper that hand something over."""
IMPLEMENTERS = (Duty.Kind.REPRESENTATIVE, Duty.Kind.IMPLEMENTER)
WORKERS = (*IMPLEMENTERS, Duty.Kind.CLERK)


class NotYours(NotPermitted):
    """Somebody without a duty in this round asked for what only they may see."""


class RoundMoved(Changed, NotPermitted):
    """The round is not (any more) in the state that this act needs."""


def require_duty(*, round_: Round, by: Handler, kinds: tuple[Duty.Kind, ...], now: datetime) -> Duty:
    """The duty by which this person may act here. Never one of the ward's people, whatever is on record."""
    found = (
        Duty.objects.filter(round=round_, handler=by, kind__in=kinds, ended_at=None).order_by("appointed_at").first()
    )
    if found is None or by.organisation.type == Organisation.Type.WARD:
        names = "・".join(dict.fromkeys(str(kind.label) for kind in kinds))
        raise NotYours(f"これは{names}だけができます。この実施の指名の記録を確かめてください。")
    if has_authority(by, localdate(now)):
        raise NotYours("解雇・昇進・異動に直接の権限を持つ人として記録されているため、個人の回答と結果は扱えません。")
    if by.removed_on and localdate(now) >= by.removed_on:
        raise NotYours("取扱者の指定が解かれています。実施代表者に確かめてください。")
    return found


def has_authority(handler: Handler, on: date) -> bool:
    """Whether this person decides on dismissal, promotion or transfer that day (人事権)."""
    standing = PersonnelAuthority.objects.filter(handler=handler, since__lte=on)
    return standing.filter(Q(until=None) | Q(until__gte=on)).exists()


def require_ruled(items: Sequence[str], now: datetime) -> None:
    """What the site takes in has to be listed, or ruled (law 10), on this very day. Raises NotPermitted."""
    gate.require_items(
        programme=PROGRAMME, party=PROCESSOR, items=items, direction=Direction.COLLECTED, on=localdate(now)
    )


def viewers_of(round_: Round, by: Handler, on: date) -> frozenset[Viewer]:
    """What this person is to everybody asked in a round. Authority over personnel takes every other standing away."""
    if has_authority(by, on):
        return frozenset({Viewer.AUTHORITY})
    if by.organisation.type == Organisation.Type.WARD:
        return frozenset({Viewer.WARD})
    kinds = Duty.objects.filter(round=round_, handler=by, ended_at=None).values_list("kind", flat=True)
    gone = by.removed_on is not None and on >= by.removed_on
    return frozenset() if gone else frozenset(Viewer(kind) for kind in kinds)


def require_sight(*, thing: Thing, round_: Round, by: Handler, now: datetime, standing: Collection[When] = ()) -> None:
    """Refuse unless the table of ``walls`` lets this person see it. ``standing``: what holds of whom it is about."""
    viewers = viewers_of(round_, by, localdate(now))
    if not any(may_see(thing, viewer, frozenset(standing)) for viewer in viewers):
        raise NotYours(REFUSED.get(next(iter(viewers), Viewer.OTHER), REFUSED[Viewer.OTHER]))


REFUSED = {
    Viewer.AUTHORITY: "解雇・昇進・異動に直接の権限を持つ人として記録されているため、個人の記録は見られません。",
    Viewer.WARD: "区の職員は、本人が結果を見た後に同意したものと、面接指導の申出のあったものだけを見られます。",
    Viewer.OTHER: "この実施で、これを見る役割に指名されていません。実施者等の指名の記録を確かめてください。",
}


def require_state(round_: Round, *states: Round.State) -> None:
    round_.refresh_from_db()
    if round_.state not in states:
        wanted = "・".join(str(state.label) for state in states)
        raise RoundMoved(f"{round_}は「{round_.get_state_display()}」です。「{wanted}」のときだけできます。")
