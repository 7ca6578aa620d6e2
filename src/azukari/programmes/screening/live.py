"""What the voucher run adds to the live picture and to the list of what waits: the acts that are its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from azukari.custody.models import Handover
from azukari.dossier.step_mark import StepKind
from azukari.oversight.standing import StepState
from azukari.oversight.todo import MOST, Todo, may, past, works
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Changeset, ChangesetState
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_end

from . import results_live
from .models import ControlTotal, GlyphQuestion, ReprintRequest, Run, Sheet, Stop, VolumeNotice
from .path import OWN, TAKEN, PathState, PathStep, passed_on, path, reached
from .places import step_places, todo_place, work_links
from .steps.mailing import ENCLOSER
from .steps.state import GONE, PROGRAMME

__all__ = ["PathState", "PathStep", "path", "step_places", "step_states", "todo_place", "todos", "work_links"]

H = Handover.State
S = Run.State
Ward = Organisation.Type.WARD


def step_states(fiscal_year: int, on: date, for_organisation: Organisation | None = None) -> dict[str, StepState]:
    """② received, ③ printed, ⑤ brought back by the encloser, ⑦ posted: what the core sees no handover of.

    For an organisation only the steps at which it works itself. Four queries, none over persons or sheets.
    """
    run = Run.objects.select_related("handover__receiver").filter(fiscal_year=fiscal_year).first()
    if run is None:
        return {}
    totals = {total.stage: total for total in run.totals.order_by("pk")}
    papers = passed_on(run)
    on_paper = next((h for h in papers if h.receiver_party == ENCLOSER), None)
    back = next((h for h in papers if h.receiver.type == Ward), None)
    states = {
        "②": _received(run),
        "③": _worked(run, totals.get("印字"), S.PRINTED, ready=_taken(run.handover)),
        "⑤": _brought_back(run, on_paper),
        "⑦": _worked(run, totals.get("発送"), S.POSTED, ready=_taken(back)),
    }
    seen = _seen_by(for_organisation, run, on_paper)
    return {number: state for number, state in states.items() if number in seen}


def _seen_by(organisation: Organisation | None, run: Run, on_paper: Handover | None) -> set[str]:
    if organisation is None or organisation.type == Ward:
        return {"②", "③", "⑤", "⑦"}
    printer = run.handover is not None and run.handover.receiver_id == organisation.pk
    encloser = on_paper is not None and on_paper.receiver_id == organisation.pk
    return ({"②", "③", "⑤"} if printer else set()) | ({"⑤"} if encloser else set())


def _taken(handover: Handover | None) -> bool:
    return handover is not None and handover.state in TAKEN


def _received(run: Run) -> StepState:
    """What the printer fetched is what it acknowledged."""
    handover = run.handover
    if handover is None or handover.state in {H.PREPARED, H.SEALED, H.WITHDRAWN}:
        return StepState()
    kinds = {H.RELEASED: StepKind.RELEASED, H.REFUSED: StepKind.REFUSED, H.CERTIFIED: StepKind.CLOSED}
    kind = kinds.get(H(handover.state), StepKind.ACKNOWLEDGED)
    return StepState(kind, handover.persons, 0, 1, 1, handover.number)


def _worked(run: Run, total: ControlTotal | None, state: Run.State, *, ready: bool) -> StepState:
    """A step of work: done and counted, halted because the count was wrong, or ready to be done."""
    number = run.handover.number if run.handover else ""
    if reached(run, state):
        counted = total.counted if total else 0
        return StepState(StepKind.CLOSED, 0, counted, 1, 1, number)
    if run.halted and total is not None and (total.problems or total.expected != total.counted):
        said = _("停止中 予定%(expected)s 実数%(counted)s") % {
            "expected": f"{total.expected:,}",
            "counted": f"{total.counted:,}",
        }
        return StepState(StepKind.REFUSED, 0, 0, 1, 1, number, said)
    return StepState(StepKind.PREPARED, 0, 0, 1, 1, number, _("作業待ち")) if ready else StepState()


def _brought_back(run: Run, on_paper: Handover | None) -> StepState:
    if on_paper is None:
        return StepState()
    if on_paper.state in {H.RETURNED, H.ERASED, H.CERTIFIED}:
        kind = StepKind.CLOSED if on_paper.state == H.CERTIFIED else StepKind.ACKNOWLEDGED
        said = "" if on_paper.state == H.CERTIFIED else str(H(on_paper.state).label)
        return StepState(kind, 0, on_paper.sheets, 1, 1, on_paper.number, said)
    if reached(run, S.ENCLOSED):
        return StepState(StepKind.PREPARED, 0, on_paper.sheets, 1, 1, on_paper.number, _("封入・照合済"))
    return StepState()


# --- what waits ------------------------------------------------------------------------------------------------------


@dataclass
class Standing:
    """One open run with all that decides what comes next."""

    run: Run
    notice: VolumeNotice | None = None
    glyphs: int = 0
    own: int = 0
    reprints: int = 0
    papers: list[Handover] = field(default_factory=list)

    @property
    def on_paper(self) -> Handover | None:
        return next((h for h in self.papers if h.receiver_party == ENCLOSER and h.state not in GONE), None)

    @property
    def back(self) -> Handover | None:
        return next((h for h in self.papers if h.receiver.type == Ward and h.state not in GONE), None)


def todos(handler: Handler, on: date) -> list[Todo]:
    """What waits in the run for this handler's role and organisation. A fixed number of queries; auditors: nothing."""
    if not works(handler, on):
        return []
    if handler.organisation.type != Ward:
        return [*_of_companies_runs(handler), *results_live.of_company(handler, on)]
    standing = _standing(_open_runs(), of_ward=may(handler, "run.confirm"))
    found = [todo for one in standing for todo in _of_ward(handler, one, on)]
    if may(handler, "run.prepare"):
        found += [*_to_begin(on), *_late_issues(handler)]
    return [*found, *results_live.of_ward(handler, on)]


def _open_runs() -> QuerySet[Run]:
    return Run.objects.exclude(state=S.CLOSED).select_related("handover__receiver").order_by("fiscal_year")


def _of_companies_runs(handler: Handler) -> list[Todo]:
    given = Handover.objects.filter(receiver=handler.organisation, programme=PROGRAMME)
    runs = _open_runs().filter(Q(handover__in=given) | Q(handover__in=given.values("parent")))
    return [todo for one in _standing(runs, of_ward=False) for todo in _of_company(handler, one)]


def _standing(runs: QuerySet[Run], *, of_ward: bool) -> list[Standing]:
    """Two queries for all of them; for the ward up to three more, as far as the stage of a run asks for them."""
    found = {run.pk: Standing(run) for run in runs[:MOST]}
    by_handover = {one.run.handover_id: one for one in found.values() if one.run.handover_id}
    if by_handover:
        passed = Handover.objects.filter(parent__in=by_handover).exclude(state=H.WITHDRAWN).select_related("receiver")
        for handover in passed.defer("items", "columns").order_by("-pk"):
            if handover.parent_id is not None:
                by_handover[handover.parent_id].papers.append(handover)
    if of_ward:
        _look_closer(found)
    return list(found.values())


def _look_closer(found: Mapping[int, Standing]) -> None:
    """What decides a stage before the data leaves, and whom the ward writes to itself."""
    if proofed := _at(found, S.PROOFED):
        for notice in VolumeNotice.objects.filter(run__in=proofed):
            found[notice.run_id].notice = notice
    if numbered := _at(found, S.NUMBERED):
        left = GlyphQuestion.objects.filter(run__in=numbered, decision="").values_list("run").annotate(n=Count("pk"))
        for pk, count in left.order_by("run"):
            found[pk].glyphs = count
    if printed := _at(found, S.PRINTED):
        asked = ReprintRequest.objects.filter(run__in=printed, decision="").values_list("run").annotate(n=Count("pk"))
        for pk, count in asked.order_by("run"):
            found[pk].reprints = count
    if own := [pk for pk, one in found.items() if reached(one.run, S.PROOFED)]:
        stops = Stop.objects.filter(run__in=own, reason__in=OWN, settled_at__isnull=True)
        for pk, count in stops.values_list("run").annotate(n=Count("pk")).order_by("run"):
            found[pk].own = count


def _at(found: Mapping[int, Standing], state: Run.State) -> list[int]:
    return [pk for pk, one in found.items() if one.run.state == state]


def _todo(
    run: Run, kind: str, what: str, *, due_on: date | None = None, on: date | None = None, able: bool = True
) -> Todo:
    year = _("%(year)s年度の受診券：") % {"year": run.fiscal_year}
    return Todo(
        kind=kind,
        what=year + what,
        programme=PROGRAMME,
        due_on=due_on,
        overdue=on is not None and past(due_on, on),
        able=able,
        handover=run.handover.number if run.handover else "",
        reference=str(run.fiscal_year),
    )


def _of_ward(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    run = one.run
    if run.halted:
        if may(handler, "custody.settle"):
            yield _todo(run, "settle_halt", _("停止の原因を確かめ、解除する（%(why)s）") % {"why": run.halted})
        return
    if not may(handler, "run.confirm"):
        return
    if run.state in _NEXT_OF_WARD:
        yield from _NEXT_OF_WARD[S(run.state)](handler, one, on)
    if one.own and reached(run, S.PROOFED):
        yield _todo(run, "own_list", _("区の直接送付分%(count)s通を作成し、発送する") % {"count": one.own})


def _assessed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if handler.pk == one.run.started_by_id:
        yield _todo(one.run, "confirm", _("前年度との差の確認（判定した人とは別の人が必要）"), able=False)
    else:
        yield _todo(one.run, "confirm", _("前年度との差を確認する"))


def _confirmed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    yield _todo(one.run, "numbers", _("番号を付ける"))


def _numbered(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if one.glyphs:
        yield _todo(one.run, "glyphs", _("字形の確認%(count)s件を判断する") % {"count": f"{one.glyphs:,}"})
    else:
        yield _todo(one.run, "proof", _("字形を確かめ、確認を完了する"))


def _proofed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if one.notice is None:
        yield _todo(one.run, "notice", _("委託先へ件数を予告する"))
    else:
        due = one.notice.planned_on
        yield _todo(one.run, "hand_over", _("委託先に渡すデータを準備する"), due_on=due, on=on)


def _handed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if one.run.handover is not None and one.run.handover.state in GONE:
        yield _todo(one.run, "hand_over", _("委託先に渡すデータを準備し直す"))


def _printed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if one.reprints:
        yield _todo(one.run, "reprint", _("汚損した帳票%(count)s枚の再発行を判断する") % {"count": one.reprints})


def _enclosed(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    if one.back is not None and one.back.state == H.ACKNOWLEDGED:
        yield _todo(one.run, "post", _("納品された%(count)s通を数え、発送する") % {"count": f"{one.back.sheets:,}"})


def _posted(handler: Handler, one: Standing, on: date) -> Iterator[Todo]:
    given = [one.run.handover, *(h for h in one.papers if h.receiver.type != Ward)]
    if not one.own and all(h is not None and h.state == H.CERTIFIED for h in given):
        yield _todo(one.run, "close", _("年次処理を完了する"), due_on=fiscal_year_end(one.run.fiscal_year), on=on)


_NEXT_OF_WARD = {
    S.ASSESSED: _assessed,
    S.CONFIRMED: _confirmed,
    S.NUMBERED: _numbered,
    S.PROOFED: _proofed,
    S.HANDED: _handed,
    S.PRINTED: _printed,
    S.ENCLOSED: _enclosed,
    S.POSTED: _posted,
}


def _of_company(handler: Handler, one: Standing) -> Iterator[Todo]:
    """The printer prints, passes on and delivers; the encloser reads back. Neither hears of the other's matters."""
    run, own = one.run, handler.organisation_id
    if run.halted or not may(handler, "run.work"):
        return
    printer = run.handover is not None and run.handover.receiver_id == own and run.handover.state == H.ACKNOWLEDGED
    if printer and run.state == S.HANDED:
        yield _todo(run, "print", _("受診券を印字する"))
    if printer and run.state == S.PRINTED and one.on_paper is None:
        yield _todo(run, "pass_on", _("印字した帳票を再委託先へ引き渡す準備をする"))
    if printer and run.state == S.ENCLOSED and one.back is None:
        yield _todo(run, "bring_back", _("郵便物を区へ納品する準備をする"))
    paper = one.on_paper
    if paper is not None and paper.receiver_id == own and paper.state == H.ACKNOWLEDGED and run.state == S.PRINTED:
        yield Todo(
            "read_back",
            _("封入した%(count)s通の帳票番号を読み取り、照合する") % {"count": f"{paper.sheets:,}"},
            programme=PROGRAMME,
            handover=paper.number,
            reference=str(run.fiscal_year),
        )


def _to_begin(on: date) -> Iterator[Todo]:
    """This fiscal year's run, where a roster is there and nobody has begun."""
    year = fiscal_year(on)
    rosters = Changeset.objects.filter(kind="residents", state=ChangesetState.COMMITTED)
    if rosters.exists() and not Run.objects.filter(fiscal_year=year).exists():
        what = _("%(year)s年度の受診券：対象者を判定する") % {"year": year}
        yield Todo("judge", what, programme=PROGRAMME, reference=str(year))


def _late_issues(handler: Handler) -> Iterator[Todo]:
    """Late vouchers that wait for a second person; counted, since they name somebody."""
    waiting = Sheet.objects.filter(requested_by__gt="", state=Sheet.State.ISSUED)  # a range of the index
    own = Q(requested_by=handler.key)
    counted = waiting.aggregate(others=Count("pk", filter=~own), mine=Count("pk", filter=own))
    if counted["others"]:
        text = _("年度途中の発行%(count)s件を確かめて放出する") % {"count": counted["others"]}
        yield Todo("release_late", text, programme=PROGRAMME)
    if counted["mine"]:
        text = _("年度途中の発行%(count)s件の放出（準備した人とは別の人が必要）") % {"count": counted["mine"]}
        yield Todo("release_late", text, programme=PROGRAMME, able=False)
