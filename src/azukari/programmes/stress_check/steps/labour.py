"""様式第6号の3: the figures of one establishment's report, counted; never a person (安衛則52条の21)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Employee

from ..models import Duty, Establishment, GroupRelease, Interview, Respondent, Round
from ..sections import path_of
from .progress import SMALLEST
from .staff import to_be_asked
from .state import PROGRAMME, NotYours, has_authority


@dataclass(frozen=True)
class Figures:
    """Counted for one establishment: workers at the end of ``month``, who sat the check, who was interviewed."""

    establishment: Establishment
    year: int
    month: date
    workers: int
    examined: int
    interviewed: int
    grouped: bool
    examiner: str
    interviewer: str


class EstablishmentKnown(NotPermitted):
    """Another establishment has this name."""


def save_establishment(
    *,
    establishment: Establishment | None,
    name: str,
    sections: Sequence[str],
    insurance_number: str,
    industry: str,
    address: str,
    telephone: str,
    recipient: str,
    by: Handler,
    now: datetime,
) -> Establishment:
    """Enter an establishment, or change what is on record of it. A section stands in one establishment only."""
    with acting(by=by, act="stress.hand_over", now=now, programme=PROGRAMME) as record:
        _require_counter(by, now)
        others = Establishment.objects.exclude(pk=establishment.pk) if establishment else Establishment.objects.all()
        if others.filter(name=name.strip()).exists():
            raise EstablishmentKnown(f"事業場「{name.strip()}」は、すでに登録されています。")
        taken = {word: one.name for one in others for word in one.sections}
        if twice := [word for word in sections if word in taken]:
            told = "、".join(f"{word}（{taken[word]}）" for word in twice[:5])
            raise EstablishmentKnown(f"ほかの事業場に含まれている所属があります: {told}。どちらか一方にしてください。")
        made = establishment or Establishment()
        made.name, made.sections = name.strip(), list(sections)
        made.insurance_number, made.industry = insurance_number, industry.strip()
        made.address, made.telephone, made.recipient = address.strip(), telephone.strip(), recipient.strip()
        made.save()
        record(purpose="事業場の登録", establishment=made.pk, sections=len(made.sections))
        return made


def figures(*, round_: Round, establishment: Establishment, by: Handler, now: datetime) -> Figures:
    """What the form asks for. ``year``: the calendar year of the check; ``month``: the one in which it closed.

    Refused to who has authority over personnel, and for an establishment of a few people: a place could be cut out
    around one of them, and the form's counts would then say whether that person answered or was interviewed.
    """
    with acting(by=by, act="stress.read", now=now, programme=PROGRAMME) as record:
        _require_counter(by, now)
        month = min(round_.closes_on, localdate(now)).replace(day=1)
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        there = _within(establishment)
        asked = Respondent.objects.filter(round=round_).values_list("reference", "answered_at")
        staff = dict(Employee.objects.values_list("reference", "section"))
        answered = [at is not None for reference, at in asked if there(staff.get(reference, ""))]
        if len(answered) < SMALLEST:
            raise NotPermitted(
                f"事業場「{establishment.name}」の対象者は{SMALLEST}人に満たないため、個人が分かるおそれがあり、数を示せません。"
                "含まれる所属を確かめてください。"
            )
        held = Interview.objects.filter(result__respondent__round=round_, held_on__isnull=False)
        found = Figures(
            establishment=establishment,
            year=month.year,
            month=month,
            workers=sum(1 for section in _sections(to_be_asked(last)) if there(section)),
            examined=sum(answered),
            interviewed=sum(
                1
                for reference in held.values_list("result__respondent__reference", flat=True)
                if there(staff.get(reference, ""))
            ),
            grouped=GroupRelease.objects.filter(round=round_, released_at__isnull=False).exists(),
            examiner=_who(round_, Duty.Kind.REPRESENTATIVE),
            interviewer=_who(round_, Duty.Kind.INTERVIEWER),
        )
        record(purpose="検査結果等報告書の集計", establishment=establishment.name, examined=found.examined)
        return found


def _require_counter(by: Handler, now: datetime) -> None:
    if has_authority(by, localdate(now)):
        raise NotYours(
            "解雇・昇進・異動に直接の権限を持つ人として記録されているため、事業場ごとの数は扱えません。別の担当に頼んでください。"
        )


def _sections(staff: QuerySet[Employee]) -> list[str]:
    return list(staff.values_list("section", flat=True))


def _within(establishment: Establishment) -> Callable[[str], bool]:
    """Whether a section is in it: by its own list, or, where that is empty, in nobody else's."""
    own = set(establishment.sections)
    others = {word for one in Establishment.objects.exclude(pk=establishment.pk) for word in one.sections}

    def there(section: str) -> bool:
        words = set(path_of(section)) | {section}
        return bool(words & own) if own else not words & others

    return there


def _who(round_: Round, kind: Duty.Kind) -> str:
    """1 the establishment's own, 2 the employer's, 3 the contractor's: the form's choice, by the duty on record."""
    standing = Duty.objects.filter(Q(round=round_), kind=kind).select_related("handler__organisation")
    duty = standing.order_by("ended_at", "-pk").first()
    if duty is None:
        return ""
    return "2" if duty.handler.organisation.type == Organisation.Type.WARD else "3"
