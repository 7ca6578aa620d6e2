"""What waits for a person today, by role and organisation: the core's part. Programmes with code add their own.

Each reading takes a fixed number of queries and starts from the person's own organisation: a company learns of nothing
but what it gave or was given. What an act allows is decided by the act itself; this only says what is waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from azukari.custody.models import Certificate, Delivery, Discrepancy, Handover, Obligation
from azukari.dossier.schema import Medium
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Changeset, ChangesetState, ProtectedRelease

from . import todos_privacy
from .todo import MOST, Todo, in_order, may, past, works

State = Handover.State
Role = Handler.Role
CARRIED = (Medium.LGWAN, Medium.NETWORK, Medium.DISC, Medium.ELECTRONIC)
"""Media of which a package is carried; paper and what is seen in a system are not sent as a file."""


def todos(handler: Handler, on: date) -> list[Todo]:
    """What this handler can do or should ask another to do, by day. An auditor only reads: nothing."""
    if not works(handler, on):
        return []
    found = [*_giving(handler), *_taking(handler, on)]
    if handler.role in {Role.OFFICER, Role.PRIVACY_OFFICER} and handler.organisation.type == Organisation.Type.WARD:
        found += _certificates(handler)
    if handler.role == Role.OFFICER:
        found += [*_discrepancies(), *_rosters(handler), *_protected(handler, on)]
    if handler.role == Role.PRIVACY_OFFICER:
        found += todos_privacy.todos(handler, on)
    return in_order(found)


def _giving(handler: Handler) -> Iterator[Todo]:
    """What the own organisation prepared and has not seen through: seal, release, carry, tell the password."""
    if not may(handler, "handover.seal"):
        return
    delivered = Delivery.objects.filter(handover=OuterRef("pk"))
    waiting = (
        Handover.objects.filter(sender=handler.organisation, state__in=[State.PREPARED, State.SEALED, State.RELEASED])
        .filter(~Q(state=State.RELEASED) | Q(medium__in=CARRIED))
        .annotate(
            carried=Exists(delivered.filter(what=Delivery.What.PACKAGE)),
            told=Exists(delivered.filter(what=Delivery.What.PASSWORD)),
        )
        .exclude(Q(state=State.RELEASED, carried=True) & (Q(told=True) | ~Q(sealing="zip")))
    )
    for handover in _named(waiting):
        yield from _next_of_giver(handler, handover)


def _next_of_giver(handler: Handler, handover: Handover) -> Iterator[Todo]:
    named = {"name": _name(handover, handover.receiver)}
    if handover.state == State.PREPARED:
        yield _of(handover, "seal", _("%(name)sに封をする") % named)
    elif not may(handler, "handover.release"):
        return
    elif handover.state == State.SEALED:
        if handler.pk in {handover.prepared_by_id, handover.sealed_by_id}:
            text = _("%(name)sを放出する（準備・封をした人とは別の人が必要）") % named
            yield _of(handover, "release", text, able=False)
        else:
            yield _of(handover, "release", _("%(name)sを確かめて放出する") % named)
    elif not handover.carried:  # type: ignore[attr-defined]  # annotated by _giving
        yield _of(handover, "deliver", _("%(name)sのデータを送達する") % named)
    else:
        yield _of(handover, "password", _("%(name)sのパスワードを、データとは別の機会に通知する") % named)


def _taking(handler: Handler, on: date) -> Iterator[Todo]:
    """What the own organisation was given: acknowledge, return or erase by its day, certify."""
    if not may(handler, "handover.acknowledge"):
        return
    keeps = handler.organisation.type == Organisation.Type.WARD  # what comes back to the ward is its own again
    states = [State.RELEASED] if keeps else [State.RELEASED, State.ACKNOWLEDGED, State.REFUSED]
    mine = Q(state__in=states)
    if not keeps and may(handler, "handover.certify"):
        mine |= Q(state__in=[State.RETURNED, State.ERASED], certificate__isnull=True)
    owed = Obligation.objects.filter(handover=OuterRef("pk"), met_at__isnull=True)
    given = Handover.objects.filter(mine, receiver=handler.organisation).annotate(
        **{kind: Subquery(owed.filter(kind=kind).values("due_on")[:1]) for kind in Obligation.Kind.values}
    )
    for handover in _named(given):
        named = {"name": _name(handover, handover.sender, given=True)}
        if handover.state == State.RELEASED:
            kind, text = "acknowledge", _("%(name)sの数を確かめ、受領を確認する")
        elif handover.state in {State.RETURNED, State.ERASED}:
            kind, text = "certify", _("%(name)sの消去証明書を発行する")
        else:
            kind, text = "clear", _("%(name)sを返却又は消去する")
        due = getattr(handover, kind)
        yield _of(handover, kind, text % named, due_on=due, overdue=past(due, on))


def _certificates(handler: Handler) -> Iterator[Todo]:
    waiting = Certificate.objects.filter(confirmed_at__isnull=True).exclude(handover__receiver=handler.organisation)
    for one in waiting.select_related("handover__receiver").order_by("issued_at", "pk")[:MOST]:
        text = _("%(name)sの消去証明書 %(number)s を確かめる") % {
            "name": one.handover.receiver.name,
            "number": one.number,
        }
        yield _of(one.handover, "confirm_certificate", text, reference=str(one.pk))


def _discrepancies() -> Iterator[Todo]:
    """What did not match, also where it is on no handover."""
    still = Discrepancy.objects.filter(settled_at__isnull=True).select_related("handover__sender", "handover__receiver")
    for one in still.order_by("found_at", "pk")[:MOST]:
        where = _name(one.handover, one.handover.receiver) if one.handover else _("記録")
        yield Todo(
            "settle",
            _("%(name)sの不一致を解決する") % {"name": where},
            programme=one.programme,
            handover=one.handover.number if one.handover else "",
            reference=str(one.pk),
        )


def _rosters(handler: Handler) -> Iterator[Todo]:
    """Rosters that were read. Who reviewed the counts leaves the commit to another person."""
    staged = Changeset.objects.filter(state__in=[ChangesetState.READ, ChangesetState.REVIEWED])
    for one in staged.only("state", "stated_on", "rows", "reviewed_by").order_by("read_at", "pk")[:MOST]:
        named = {"no": one.pk, "rows": f"{one.rows:,}"}
        if one.state == ChangesetState.READ:
            yield Todo("review", _("名簿 No.%(no)s（%(rows)s件）の内訳を確かめる") % named, reference=str(one.pk))
        elif one.reviewed_by == handler.key:
            text = _("名簿 No.%(no)s（%(rows)s件）の確定（確認した人とは別の人が必要）")
            yield Todo("commit", text % named, reference=str(one.pk), able=False)
        else:
            yield Todo("commit", _("名簿 No.%(no)s（%(rows)s件）を確定する") % named, reference=str(one.pk))


def _protected(handler: Handler, on: date) -> Iterator[Todo]:
    """Requests to let one protected person into a list; nothing here says whom."""
    asked = ProtectedRelease.objects.filter(approved_by="", revoked_at=None, valid_until__gte=on)
    for one in asked.only("by", "programme", "valid_until").order_by("valid_until", "pk")[:MOST]:
        own = one.by == handler.key
        text = _("支援措置対象者の個別の許可 No.%(no)s を確かめて承認する")
        if own:
            text = _("支援措置対象者の個別の許可 No.%(no)s の承認（申請した人とは別の人が必要）")
        yield Todo(
            "approve_protected",
            text % {"no": one.pk},
            programme=one.programme,
            due_on=one.valid_until,
            able=not own,
            reference=str(one.pk),
        )


def _named(handovers: QuerySet[Handover]) -> QuerySet[Handover]:
    return handovers.select_related("sender", "receiver").defer("items", "columns").order_by("number")[:MOST]


def _name(handover: Handover, other: Organisation, *, given: bool = False) -> str:
    """A handover as a person knows it: number, the other side, how much."""
    paper = handover.medium == Medium.PAPER
    text = (
        _("受渡し %(number)s（%(other)sから、%(much)s）") if given else _("受渡し %(number)s（%(other)sへ、%(much)s）")
    )
    much = _("%(count)s枚") % {"count": f"{handover.sheets:,}"} if paper else ""
    return text % {
        "number": handover.number,
        "other": other.name,
        "much": much or _("%(count)s人") % {"count": f"{handover.persons:,}"},
    }


def _of(
    handover: Handover,
    kind: str,
    what: str,
    *,
    due_on: date | None = None,
    overdue: bool = False,
    able: bool = True,
    reference: str = "",
) -> Todo:
    return Todo(
        kind=kind,
        what=what,
        programme=handover.programme,
        due_on=due_on,
        overdue=overdue,
        able=able,
        handover=handover.number,
        reference=reference,
    )
