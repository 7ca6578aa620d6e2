"""Who is asked, as the round's workers see them: listed, looked up, recorded as having left. Every look is logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed

from ..models import Invitation, Login, PaperForm, Respondent, Round
from ..sections import path_of
from .state import PROGRAMME, WORKERS, require_duty, require_state

ITEMS = ("name", "affiliation", "employee_number", "stress_result")
BY_CODE = Q(by_paper=False, answered_at=None, left_on=None)
"""Who can still be asked to answer on the web."""


class AlreadyLeft(Changed, NotPermitted):
    """The day of leaving was recorded, or taken back, by somebody else meanwhile."""


@dataclass(frozen=True)
class Standing:
    """How many are where. ``uninvited``: no code yet; ``not_in``: a code, but never came in; both of who can answer.

    ``without_form``: answers on paper and has no form standing. ``to_remind``: everybody who has not answered.
    """

    asked: int
    uninvited: int
    not_in: int
    on_paper: int
    without_form: int
    left: int
    to_remind: int


def asked(round_: Round) -> QuerySet[Respondent]:
    """Everybody of the round, with ``invited``, ``came_in`` and ``has_form`` as facts; without what names a person."""
    of_person = {"respondent": OuterRef("pk")}
    return (
        Respondent.objects.filter(round=round_)
        .annotate(
            invited=Exists(Invitation.objects.filter(**of_person, voided_at=None)),
            came_in=Exists(Login.objects.filter(**of_person)),
            has_form=Exists(PaperForm.objects.filter(**of_person, voided_at=None)),
        )
        .only("pk", "by_paper", "answered_at", "left_on")
        .order_by("section", "employee_number")
    )


def standing(round_: Round) -> Standing:
    """One query, however many people there are."""
    waiting = Q(answered_at=None, left_on=None)
    counted = asked(round_).aggregate(
        asked=Count("pk"),
        uninvited=Count("pk", filter=BY_CODE & Q(invited=False)),
        not_in=Count("pk", filter=BY_CODE & Q(invited=True, came_in=False)),
        on_paper=Count("pk", filter=Q(by_paper=True)),
        without_form=Count("pk", filter=waiting & Q(by_paper=True, has_form=False)),
        left=Count("pk", filter=Q(left_on__isnull=False)),
        to_remind=Count("pk", filter=waiting),
    )
    return Standing(**counted)


def sections(round_: Round) -> list[tuple[str, int]]:
    """(所属, how many of it could still be asked on the web) in the order of their words."""
    rows = Respondent.objects.filter(BY_CODE, round=round_).values_list("section")
    return sorted(rows.annotate(n=Count("pk")).order_by())


def divisions(round_: Round) -> dict[str, list[str]]:
    """The first words of 所属 (部) → every 所属 below them; nobody is named by it."""
    found: dict[str, list[str]] = {}
    for section in Respondent.objects.filter(round=round_).values_list("section", flat=True).distinct().order_by():
        found.setdefault((path_of(section) or ("",))[0], []).append(section)
    return {name: found[name] for name in sorted(found) if name}


def in_sections(round_: Round, chosen: Iterable[str]) -> list[Respondent]:
    """Who of these 所属 could still be asked on the web; for an act that records whom it concerns."""
    return list(Respondent.objects.filter(BY_CODE, round=round_, section__in=list(chosen)))


def listed(
    *, round_: Round, people: Sequence[int], by: Handler, now: datetime, purpose: str = "対象者の一覧の表示"
) -> dict[int, Respondent]:
    """Number, name and section of these people by key: what a page or a file of the list shows. Logged."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        found = {one.pk: one for one in Respondent.objects.filter(round=round_, pk__in=people)}
        record(
            purpose=purpose, items=list(ITEMS), persons=len(found),
            subjects=[bytes.fromhex(one.reference) for one in found.values()],
        )  # fmt: skip
        return found


def find(*, round_: Round, employee_number: str, by: Handler, now: datetime) -> Respondent:
    """The person of this number, for who was telephoned or written to. Logged. Raises NotPermitted: nobody has it."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        found = Respondent.objects.filter(round=round_, employee_number=employee_number.strip()).first()
        if found is None:
            raise NotPermitted("この職員番号の人は、この実施の対象者にいません。番号を確かめてください。")
        record(
            purpose="対象者の照会", items=list(ITEMS), persons=1, subjects=[bytes.fromhex(found.reference)],
        )  # fmt: skip
        return found


def record_leaving(*, person: Respondent, left_on: date, by: Handler, now: datetime) -> None:
    """Somebody left office (退職): is reminded no more, and an open code of theirs is void. What was answered stays."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        round_ = person.round
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.PREPARING, Round.State.OPEN, Round.State.CLOSED)
        if left_on > localdate(now):
            raise NotPermitted("退職日が先の日です。退職した後に記録してください。")
        if not Respondent.objects.filter(pk=person.pk, left_on=None).update(left_on=left_on):
            raise AlreadyLeft("この人の退職は、すでに記録されています。")
        Invitation.objects.filter(respondent=person, used_at=None, voided_at=None).update(voided_at=now)
        record(purpose="退職の記録", items=["affiliation"], subjects=[bytes.fromhex(person.reference)])


def undo_leaving(*, person: Respondent, reason: str, by: Handler, now: datetime) -> None:
    """The leaving was recorded of the wrong person, or did not come to be; a code has to be issued anew."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=person.round, by=by, kinds=WORKERS, now=now)
        require_state(person.round, Round.State.PREPARING, Round.State.OPEN, Round.State.CLOSED)
        if not reason.strip():
            raise NotPermitted("退職の記録を取り消す理由を書いてください。")
        if not Respondent.objects.filter(pk=person.pk, left_on__isnull=False).update(left_on=None):
            raise AlreadyLeft("この人の退職の記録は、すでに取り消されています。")
        record(
            purpose=f"退職の記録の取消（{reason.strip()[:100]}）", items=["affiliation"],
            subjects=[bytes.fromhex(person.reference)],
        )  # fmt: skip
