"""Who may: the party that an organisation is, the items that a clause in force lists, the persons in its keeping."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from azukari.dossier.approval import InForce, in_force
from azukari.dossier.permit import Decision
from azukari.dossier.schema import Condition, Direction, Role
from azukari.parties.acting import NotPermitted
from azukari.parties.models import Appointment, Organisation
from azukari.people.models import Resident
from azukari.people.protection import releases_in_force
from azukari.vocabulary.fiscal import fiscal_year
from azukari.vocabulary.items import item_names

from ..models import READABLE, HandedPerson, Handover

OpenCases = Callable[[Organisation], Iterable[str]]

OPEN_CASES: dict[tuple[str, Condition], OpenCases] = {}

Consenting = Callable[[set[str], int], set[str]]

KEPT_FROM_WARD: dict[str, frozenset[str]] = {}
"""Programme → items that the law keeps from the ward itself, whatever a paper or a ruling lists."""
ONLY_WITH_CONSENT: dict[str, Consenting] = {}
"""Programme → of these references, those who consent to the ward having the data of that fiscal year, as of now."""


@dataclass(frozen=True)
class Grant:
    """What a permission rests on."""

    in_force: InForce
    party: str
    clause: str
    rulings: tuple[str, ...]
    conditions: frozenset[Condition]


def open_cases_of(programme: str, condition: Condition, source: OpenCases) -> None:
    """A programme tells here which persons have an open inquiry or case with an organisation."""
    OPEN_CASES[programme, condition] = source


def keep_from_ward(programme: str, items: Iterable[str], consenting: Consenting) -> None:
    """A programme tells here what its law keeps from the ward: items never, and persons unless they consent."""
    KEPT_FROM_WARD[programme] = frozenset(items)
    ONLY_WITH_CONSENT[programme] = consenting


def refuse_kept_from_ward(programme: str, items: Iterable[str]) -> None:
    """For what would reach the ward: raise NotPermitted for an item that the law keeps from it."""
    kept = KEPT_FROM_WARD.get(programme, frozenset()) & set(items)
    if kept:
        raise NotPermitted(
            f"「{item_names(sorted(kept))}」は、法令により区が取り扱えない項目です。裁定があっても、区には渡せません。"
        )


def require_consent(programme: str, receiver: Organisation, references: Iterable[str], year: int) -> None:
    """Refuse for the ward where somebody's consent is not there or was withdrawn."""
    source = ONLY_WITH_CONSENT.get(programme)
    if source is None or receiver.type != Organisation.Type.WARD:
        return
    people = set(references)
    without = people - source(people, year)
    if without:
        raise NotPermitted(
            f"本人の同意がない人（撤回した人を含む）が{len(without)}人含まれています。"
            "同意した人だけにして、もう一度準備してください。"
        )


def controller(in_force_now: InForce) -> str:
    return next(p.key for p in in_force_now.dossier.parties if p.role == Role.CONTROLLER)


def parties_of(organisation: Organisation, programme: str, on: date) -> tuple[str, ...]:
    """The dossier's parties that this organisation is on this day; the ward is the controller."""
    if organisation.type == Organisation.Type.WARD:
        return (controller(in_force(programme, on)),)
    appointed = Appointment.objects.filter(organisation=organisation, programme=programme, valid_from__lte=on)
    appointed = appointed.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))
    return tuple(appointed.order_by("party").values_list("party", flat=True))


def require_party(organisation: Organisation, programme: str, party: str, on: date) -> None:
    """Refuse unless this organisation is that party of the programme on this day."""
    if party not in parties_of(organisation, programme, on):
        raise NotPermitted(
            f"{organisation.name}は、事業「{programme}」の「{party}」として選定されていません（{on}）。"
            "付議書に挙げられた相手か、選定の記録と期間を確かめてください。"
        )


def require_items(*, programme: str, party: str, items: Iterable[str], direction: Direction, on: date) -> Grant:
    """Law 1: every item is listed for this party in this direction by a clause in force, or nothing is done."""
    now_in_force = in_force(programme, on)
    if party == controller(now_in_force):
        items = list(items)
        refuse_kept_from_ward(programme, items)
    decisions = [now_in_force.decide(party, item, direction, on) for item in dict.fromkeys(items)]
    if not decisions or not all(d.allowed for d in decisions):
        raise NotPermitted.because(decisions) if decisions else NotPermitted("情報項目が一つも指定されていません。")
    return grant_of(now_in_force, decisions)


def still_listed(handover: Handover, on: date, items: Sequence[str] | None = None) -> Grant:
    """The grant of a handover's items (or of some) as it stands this day; NotPermitted where the clause has ended."""
    return require_items(
        programme=handover.programme,
        party=handover.receiver_party,
        items=handover.items if items is None else items,
        direction=Direction(handover.direction),
        on=on,
    )


def grant_of(now_in_force: InForce, decisions: Sequence[Decision]) -> Grant:
    return Grant(
        in_force=now_in_force,
        party=decisions[0].party,
        clause="、".join(dict.fromkeys(d.clause for d in decisions if d.clause)),
        rulings=tuple(dict.fromkeys(d.ruling for d in decisions if d.ruling)),
        conditions=frozenset(d.condition for d in decisions if d.condition),
    )


def is_controller(grant: Grant) -> bool:
    return grant.party == controller(grant.in_force)


def needed_items(in_force_now: InForce, party: str) -> frozenset[str]:
    """Items that the party works with: handled, in a work line's list, recorded, or let through by a ruling.

    What a clause lets the party be provided beyond these goes only where an officer says why (data minimisation).
    """
    clauses = [c for c in in_force_now.dossier.clauses if party in c.parties]
    listed = {item for c in clauses for part in (c.handled, c.collected, c.recorded, c.view) for item in part}
    worked = {item for c in clauses for work in c.works for item in work.items or ()}
    ruled = {item for r in in_force_now.rulings for g in r.grants if g.party == party for item in g.items}
    return frozenset(listed | worked | ruled)


def decide(*, programme: str, party: str, item: str, direction: Direction | str, on: date) -> Decision:
    return in_force(programme, on).decide(party, item, direction, on)


def held_references(organisation: Organisation, programme: str) -> QuerySet[HandedPerson, str]:
    """References of the persons this organisation holds under an open, acknowledged handover (law 3)."""
    return HandedPerson.objects.filter(
        handover__receiver=organisation, handover__programme=programme, handover__state__in=READABLE
    ).values_list("reference", flat=True)


def within_reach(organisation: Organisation, programme: str, grant: Grant) -> set[str] | None:
    """References a party may reach; None for the ward, which reaches its own records."""
    if organisation.type == Organisation.Type.WARD:
        return None
    return with_open_cases(organisation, programme, grant, set(held_references(organisation, programme)))


def require_people(
    *,
    programme: str,
    sender: Organisation,
    receiver: Organisation,
    grant: Grant,
    references: Iterable[str],
    on: date,
) -> None:
    """Law 3 about a sending: only persons the sender holds, whom the clause covers, and no protected person."""
    people = set(references)
    if sender.type != Organisation.Type.WARD:
        strange = people - set(held_references(sender, programme))
        if strange:
            raise NotPermitted(
                f"預かっていない人が{len(strange)}人含まれています。受け取った受渡しの範囲の人だけを渡せます。"
            )
    closed = people - with_open_cases(receiver, programme, grant, people)
    if closed:
        raise NotPermitted(
            f"問合せ等が開いていない人が{len(closed)}人含まれています。{grant.clause}により、"
            f"{receiver.name}に渡せるのは、問合せ等が開いている人だけです。"
        )
    require_consent(programme, receiver, people, fiscal_year(on))
    withheld = protected_references(programme, on) & people
    if withheld:
        raise NotPermitted(
            f"支援措置の対象者が{len(withheld)}人含まれているため、渡せません。対象者を除くか、"
            "担当職員が一人ずつ理由を付けて例外を記録し、別の職員の承認を得てください。"
        )


def with_open_cases(organisation: Organisation, programme: str, grant: Grant, people: set[str]) -> set[str]:
    """Those of ``people`` who have, with this organisation, every open inquiry or case that the grant asks for."""
    for condition in grant.conditions:
        source = OPEN_CASES.get((programme, condition))
        people = people & set(source(organisation) if source else ())
    return people


def protected_references(programme: str, on: date) -> set[str]:
    """References of protected persons (支援措置) whom nobody has released for this programme."""
    released = releases_in_force(programme, on).values("resident_id")
    return set(Resident.objects.filter(protected=True).exclude(pk__in=released).values_list("reference", flat=True))


def require_chain(sender: Organisation, party: str, programme: str, grant: Grant, on: date) -> None:
    """Who may hand to whom: the ward to anybody the paper names; a processor to its sub-processor or the ward."""
    stated = next(p for p in grant.in_force.dossier.parties if p.key == grant.party)
    own = parties_of(sender, programme, on)
    if sender.type == Organisation.Type.WARD or stated.role == Role.CONTROLLER:
        return
    if not set(own) & set(stated.of):
        raise NotPermitted(
            f"{sender.name}から「{stated.name}」へ渡すことは、付議書で認められていません。"
            "再委託として承認された相手かどうかを確かめてください。"
        )
