"""What the stress check adds to the live picture and to the list of what waits: the acts that are its own.

Counts and days only. Nothing here opens the vault, and nothing names a person or tells a manager who has answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils.translation import gettext as _

from azukari.custody.models import READABLE, Handover
from azukari.dossier.step_mark import StepKind
from azukari.oversight.standing import StepState
from azukari.oversight.todo import MOST, Todo, may, past, works
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Changeset, ChangesetState
from azukari.vocabulary.fiscal import fiscal_year

from . import contractor_live
from .models import GroupRelease, Interview, PaperForm, PersonnelAuthority, Result, Round
from .places import step_places, todo_place, work_links
from .steps.state import DELIVERY, PROGRAMME, STAFF

__all__ = ["step_places", "step_states", "todo_place", "todos", "work_links"]

H = Handover.State
S = Round.State
Ward = Organisation.Type.WARD
OF_WARD, OF_PROCESSOR = ("①", "⑧"), ("③", "④", "④'", "⑤", "⑤'", "⑥")
AFTER_CLOSE = (S.CLOSED, S.REPORTED, S.FINISHED)


def step_states(fiscal_year: int, on: date, for_organisation: Organisation | None = None) -> dict[str, StepState]:
    """①, ③ to ⑥ and ⑧: what the core sees no handover of. Two queries, one where nothing was begun; none counts people.

    ② and ⑦ are handovers, and so are paper forms that came in (④): they stay as the core reads them.
    """
    staff = _staff_list(fiscal_year)
    if staff is None:
        return {}
    round_ = _round_with_signs(fiscal_year)
    states = {"①": _done(StepState(persons=staff.persons, handovers=1, concerned=1, newest=staff.number))}
    states["③"] = _site(staff, round_)
    if round_ is not None:
        states |= {number: state for number, read in _READ.items() if (state := read(round_, on)) is not None}
    seen = _seen_by(for_organisation, staff)
    return {number: state for number, state in states.items() if number in seen}


def _seen_by(organisation: Organisation | None, staff: Handover) -> tuple[str, ...]:
    if organisation is None or organisation.type == Ward:
        return (*OF_WARD, *OF_PROCESSOR)
    return OF_PROCESSOR if staff.receiver_id == organisation.pk else ()


def _staff_list(year: int) -> Handover | None:
    found = Handover.objects.filter(programme=PROGRAMME, step=STAFF, fiscal_year=year).exclude(state=H.WITHDRAWN)
    return found.only("number", "persons", "state", "receiver_id").order_by("-pk").first()


def _round_with_signs(year: int) -> Any:
    """The round with one yes or no per thing that a step depends on: whether there is any, never how many or who."""
    results = Result.objects.filter(respondent__round=OuterRef("pk"), erased_at=None)
    out = PaperForm.objects.filter(round=OuterRef("pk"), voided_at=None)
    released = GroupRelease.objects.filter(round=OuterRef("pk"))
    arrived = Handover.objects.filter(programme=PROGRAMME, step=DELIVERY, fiscal_year=OuterRef("fiscal_year"))
    return Round.objects.filter(fiscal_year=year).annotate(
        scored=Exists(results),
        told_on_site=Exists(results.filter(notified_how=Result.How.WEB)),
        told_by_letter=Exists(results.filter(notified_how=Result.How.LETTER)),
        site_waits=Exists(results.filter(notified_at=None, respondent__by_paper=False, letter=None)),
        letters_wait=Exists(results.filter(Q(respondent__by_paper=True) | Q(letter__isnull=False), notified_at=None)),
        forms_out=Exists(out.filter(batch=None)),
        forms_in=Exists(out.exclude(batch=None)),
        groups_out=Exists(released.filter(released_at__isnull=False)),
        groups_wait=Exists(released.filter(released_at=None)),
        arrived=Exists(arrived.filter(state__in=READABLE)),
    ).first()  # fmt: skip


def _done(state: StepState | None = None) -> StepState:
    found = state or StepState()
    return StepState(StepKind.CLOSED, found.persons, found.sheets, found.handovers, found.concerned, found.newest)


def _waits(words: str, due_on: date | None = None) -> StepState:
    return StepState(StepKind.PREPARED, said=words, due_on=due_on)


def _site(staff: Handover, round_: Any) -> StepState:
    if round_ is not None:
        opened = round_.state != S.PREPARING
        return _done(StepState(persons=staff.persons)) if opened else _waits(_("設定中"), round_.opens_on)
    return _waits(_("設定待ち")) if staff.state in READABLE else StepState()


def _on_paper(round_: Any, on: date) -> StepState | None:
    """Only while forms are out and none has come back: from then on the core reads the batches that came in."""
    return _waits(_("調査票の回収待ち"), round_.closes_on) if round_.forms_out and not round_.forms_in else None


def _on_site(round_: Any, on: date) -> StepState | None:
    if round_.state == S.OPEN:
        if round_.closes_on < on:
            return StepState(StepKind.OVERDUE, said=_("締切日を過ぎています"), due_on=round_.closes_on)
        return _waits(_("回答受付中"), round_.closes_on)
    return _done() if round_.state in AFTER_CLOSE else None


def _by_letter(round_: Any, on: date) -> StepState | None:
    return _told(round_, waiting=round_.letters_wait, told=round_.told_by_letter)


def _told_on_site(round_: Any, on: date) -> StepState | None:
    return _told(round_, waiting=round_.site_waits, told=round_.told_on_site)


def _told(round_: Any, *, waiting: bool, told: bool) -> StepState | None:
    if waiting and round_.state in AFTER_CLOSE:
        return _waits(_("通知待ち"))
    return _done() if told and not waiting else None


def _groups(round_: Any, on: date) -> StepState | None:
    if round_.groups_wait:
        return _waits(_("確認と放出待ち"))
    if round_.groups_out:
        return _done()
    return _waits(_("作業待ち")) if round_.scored and round_.state in AFTER_CLOSE else None


def _confirmed(round_: Any, on: date) -> StepState | None:
    if round_.confirmed_at is not None:
        return _done()
    return _waits(_("確認待ち")) if round_.arrived else None


_READ = {
    "④": _on_paper,
    "④'": _on_site,
    "⑤": _by_letter,
    "⑤'": _told_on_site,
    "⑥": _groups,
    "⑧": _confirmed,
}


# --- what waits ------------------------------------------------------------------------------------------------------


def todos(handler: Handler, on: date) -> list[Todo]:
    """For an officer of the ward three queries, one where no staff list is there; for a contractor see its module."""
    if not works(handler, on):
        return []
    if handler.organisation.type != Ward:
        return list(contractor_live.todos(handler, on))
    if not may(handler, "stress.hand_over"):
        return []
    begun = _begun(handler, on)
    return list(_of_ward(handler, on, begun)) if begun else []


def _begun(handler: Handler, on: date) -> Mapping[str, Any] | None:
    """Whether a staff roster is in force at all; and with it, what else decides. One query."""
    handed = Handover.objects.filter(programme=PROGRAMME, step=STAFF, fiscal_year=fiscal_year(on))
    standing = PersonnelAuthority.objects.filter(handler=handler, since__lte=on)
    rosters = Changeset.objects.filter(kind="employees", state=ChangesetState.COMMITTED).annotate(
        handed=Exists(handed.exclude(state=H.WITHDRAWN)),
        rounds=Exists(Round.objects.all()),
        authority=Exists(standing.filter(Q(until=None) | Q(until__gte=on))),
    )  # fmt: skip
    return rosters.order_by().values("handed", "rounds", "authority").first()


def _of_ward(handler: Handler, on: date, begun: Mapping[str, Any]) -> Iterator[Todo]:
    if not begun["handed"]:
        what = _("%(year)s年度のストレスチェック：対象者情報を委託先に引き渡す準備をする")
        yield Todo("hand_staff_over", what % {"year": fiscal_year(on)}, programme=PROGRAMME)
    if begun["rounds"]:
        yield from _to_confirm()
        yield from _measures(on, able=not begun["authority"])


def _to_confirm() -> Iterator[Todo]:
    arrived = Handover.objects.filter(programme=PROGRAMME, step=DELIVERY, fiscal_year=OuterRef("fiscal_year"))
    waiting = Round.objects.filter(Exists(arrived.filter(state__in=READABLE)), confirmed_at=None)
    for year in waiting.order_by("fiscal_year").values_list("fiscal_year", flat=True)[:MOST]:
        what = _("%(year)s年度のストレスチェック：納品された報告書等を確認する") % {"year": year}
        yield Todo("confirm_report", what, programme=PROGRAMME, reference=str(year))


def _measures(on: date, *, able: bool) -> Iterator[Todo]:
    """Opinions that wait for the employer's measures: how many, and the first day. Interviews are few."""
    waiting = Interview.objects.filter(opinion_at__isnull=False, measures_at=None, result__erased_at=None)
    counted = waiting.values_list("result__respondent__round__fiscal_year").annotate(n=Count("pk"), d=Min("decide_by"))
    words = (
        _("%(year)s年度のストレスチェック：医師の意見%(count)s件について、就業上の措置を決める")
        if able
        else _("%(year)s年度のストレスチェック：就業上の措置の決定%(count)s件（人事権を持たない人が必要）")
    )
    for year, count, due in counted.order_by("result__respondent__round__fiscal_year")[:MOST]:
        yield Todo(
            "decide_measures", words % {"year": year, "count": count}, programme=PROGRAMME, due_on=due,
            overdue=past(due, on), able=able, reference=str(year),
        )  # fmt: skip
