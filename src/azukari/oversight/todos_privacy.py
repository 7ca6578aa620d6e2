"""What waits for the privacy officer: papers to approve, gaps to rule, renewals to record, years to close, the late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from azukari.custody import book, obligations
from azukari.custody.models import Closing, Discrepancy, Handover
from azukari.dossier.canonical import from_canonical
from azukari.dossier.findings import GAP, Finding, find
from azukari.dossier.force import Cause, RenewalAct, force
from azukari.dossier.models import Renewal, Ruling, Version
from azukari.dossier.schema import Dossier
from azukari.dossier.words import fiscal_year_name
from azukari.parties.models import Handler
from azukari.vocabulary.fiscal import fiscal_year, fiscal_year_end, fiscal_year_start

from .todo import MOST, Todo, past

ENDING = timedelta(days=60)
"""A ruling is told of that long before its last day."""
RENEW_AHEAD = timedelta(days=180)
"""Next year's renewals are told of from October on: boards meet in winter."""
NOT_RECORDED = {Cause.RENEWAL_NOT_RECORDED, Cause.SELECTION_NOT_RECORDED, Cause.WAITS_FOR_EVENT}
State = Handover.State
Recorded = TypeVar("Recorded", Ruling, Renewal)


@dataclass(frozen=True)
class Paper:
    """A dossier in force, with what was recorded about it."""

    dossier: Dossier
    gaps: tuple[Finding, ...]
    rulings: tuple[Ruling, ...]
    renewals: tuple[RenewalAct, ...]


def todos(handler: Handler, on: date) -> list[Todo]:
    """Nine queries, however much there is."""
    found = [*_submitted(handler)]
    for paper in papers_in_force(on):
        found += [*_gaps(paper, on), *_ending(paper, on), *_renewals(paper, on)]
    return [*found, *_years_to_close(), *_late(on)]


@lru_cache(maxsize=64)
def _opened(canonical: str) -> tuple[Dossier, tuple[Finding, ...]]:
    dossier = from_canonical(canonical)
    return dossier, tuple(finding for finding in find(dossier) if finding.severity == GAP)


def papers_in_force(on: date) -> list[Paper]:
    """Every programme's dossier in force that day, by programme. Three queries."""
    approved = Version.objects.filter(approved_at__isnull=False, in_force_from__lte=on)
    approved = approved.filter(Q(in_force_until__isnull=True) | Q(in_force_until__gte=on))
    current = {v.programme: v for v in approved.order_by("programme", "in_force_from", "approved_at")}
    rulings = _grouped(Ruling.objects.filter(withdrawn_at__isnull=True).order_by("ruled_at", "pk"))
    renewals = _grouped(Renewal.objects.order_by("fiscal_year", "pk"))
    papers = []
    for programme, version in current.items():
        dossier, gaps = _opened(version.canonical)
        acts = tuple(
            RenewalAct(r.clause, r.fiscal_year, r.recorded_on, r.recorded_by) for r in renewals.get(programme, ())
        )
        papers.append(Paper(dossier, gaps, tuple(rulings.get(programme, ())), acts))
    return papers


def _grouped(rows: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    groups: dict[str, list[Recorded]] = {}
    for row in rows:
        groups.setdefault(row.programme, []).append(row)
    return groups


def _submitted(handler: Handler) -> Iterator[Todo]:
    waiting = Version.objects.filter(submitted_at__isnull=False, approved_at__isnull=True).defer("canonical")
    for one in waiting.order_by("submitted_at", "pk")[:MOST]:
        own = handler.key in {one.submitted_by, one.drafted_by}
        text = _("付議書 第%(version)s版の承認を記録する")
        if own:
            text = _("付議書 第%(version)s版の承認（作成者・付議者とは別の人が必要）")
        yield Todo(
            "approve_dossier",
            text % {"version": one.version},
            programme=one.programme,
            able=not own,
            reference=str(one.pk),
        )


def _gaps(paper: Paper, on: date) -> Iterator[Todo]:
    ruled = {r.finding for r in paper.rulings if r.effective_on <= on <= r.until}
    for finding in paper.gaps:
        if finding.key not in ruled:
            text = _("付議書の疑義を裁定する：%(title)s") % {"title": finding.title}
            yield Todo("rule", text, programme=paper.dossier.programme, reference=finding.key)


def _ending(paper: Paper, on: date) -> Iterator[Todo]:
    """Rulings that stand today, end soon, and have no other to follow them."""
    last = {finding: max(r.until for r in paper.rulings if r.finding == finding) for finding in _found_in(paper)}
    for ruling in paper.rulings:
        if ruling.effective_on <= on <= ruling.until <= on + ENDING and ruling.until == last[ruling.finding]:
            text = _("裁定 %(key)s の期限までに、続けるかを決める") % {"key": ruling.key}
            yield Todo(
                "rule_again", text, programme=paper.dossier.programme, due_on=ruling.until, reference=ruling.finding
            )


def _found_in(paper: Paper) -> set[str]:
    return {ruling.finding for ruling in paper.rulings}


def _renewals(paper: Paper, on: date) -> Iterator[Todo]:
    """Clauses that are not in force this year, or will not be next year, because an act is not recorded."""
    this = fiscal_year(on)
    days = [(this, on)]
    if fiscal_year_end(this) - on < RENEW_AHEAD:
        days.append((this + 1, fiscal_year_start(this + 1)))
    told: set[str] = set()
    for year, day in days:
        missing = [
            clause.key
            for clause in paper.dossier.clauses
            if clause.key not in told and force(clause, day, paper.renewals).cause in NOT_RECORDED
        ]
        if missing:
            due = fiscal_year_end(year - 1)
            text = _("%(year)sの更新を記録する（別紙%(count)s件）") % {
                "year": fiscal_year_name(year),
                "count": len(missing),
            }
            yield Todo(
                "renew", text, programme=paper.dossier.programme, due_on=due, overdue=past(due, on), reference=str(year)
            )
        told |= set(missing)


def _years_to_close() -> Iterator[Todo]:
    """As ``erasure.what_hinders_closing`` says, for all programmes and years at once. Four queries."""
    closed = set(Closing.objects.values_list("programme", "fiscal_year"))
    home = Q(receiver__key=settings.AZUKARI_HOME, state=State.ACKNOWLEDGED)
    done = Q(state__in=[State.CERTIFIED, State.WITHDRAWN]) | home
    years = Handover.objects.values_list("programme", "fiscal_year").annotate(left=Count("pk", filter=~done))
    still = Discrepancy.objects.filter(settled_at__isnull=True, handover__isnull=False)
    hindered = set(still.values_list("handover__programme", "handover__fiscal_year").distinct())
    hindered |= {(b.programme, b.fiscal_year) for b in book.open_balances(home=settings.AZUKARI_HOME)}
    for programme, year, left in years.order_by("programme", "fiscal_year"):
        if not left and (programme, year) not in closed | hindered:
            text = _("%(year)sを締める（残高0・証明書確認済）") % {"year": fiscal_year_name(year)}
            yield Todo("close_year", text, programme=programme, reference=str(year))


def _late(on: date) -> Iterator[Todo]:
    """What companies owe past its day. The ward's own acknowledgements are its officers' matter."""
    late = [o for o in obligations.overdue(on=on) if o.handover.receiver.key != settings.AZUKARI_HOME]
    for one in late[:MOST]:
        text = _("%(name)sに、受渡し %(number)s の「%(what)s」を求める") % {
            "name": one.handover.receiver.name,
            "number": one.handover.number,
            "what": one.get_kind_display(),
        }
        yield Todo(
            "overdue",
            text,
            programme=one.handover.programme,
            due_on=one.due_on,
            overdue=True,
            handover=one.handover.number,
        )
