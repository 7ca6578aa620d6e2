"""Home: the approved paper's flow, alive; what is to be done; who holds how many persons' data; what was refused.

Everything below the frame is kept for each person until somebody acts (``web.unchanged``): the officers who work
all day come back here between two look-ups, and nothing has changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from azukari import programmes
from azukari.custody.models import Handover
from azukari.dossier.step_mark import StepKind
from azukari.oversight import journal, keeping
from azukari.oversight.standing import Steps, StepState
from azukari.oversight.todo import Todo
from azukari.parties.models import Handler
from azukari.surfaces import papers, steps, waiting
from azukari.surfaces.papers import InForce, Paper
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web import unchanged
from azukari.web.screens import screen

from .live_picture import picture
from .places import PLACES

Role = Handler.Role
SHOWN_TODOS = 20
SHOWN_REFUSALS = 5
SHOWN_HOLDINGS = 15
FIRST_YEAR, LAST_YEAR = 2000, 2200


@dataclass(frozen=True)
class Wish:
    """What the address asks to see; all of it neutral. ``whole``: the picture made to fit the page."""

    programme: str = ""
    year: int | None = None
    whole: bool = False
    all_todos: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wish:
        year = query.get("year", "")
        known = query.get("programme", "")
        return cls(
            known if known in programmes.PROGRAMMES else "",
            int(year) if year.isascii() and year.isdecimal() and FIRST_YEAR <= int(year[:4]) <= LAST_YEAR else None,
            query.get("picture") == "whole",
            query.get("todos") == "all",
        )

    def url(self, **changes: Any) -> str:
        wish = {"programme": self.programme, "year": self.year, "whole": self.whole, "all_todos": self.all_todos}
        wish |= changes
        query = {
            "programme": wish["programme"],
            "year": wish["year"],
            "picture": "whole" if wish["whole"] else "",
            "todos": "all" if wish["all_todos"] else "",
        }
        return "?" + urlencode({key: value for key, value in query.items() if value})


@require_safe
@screen("home.read")
def home(request: Any) -> HttpResponse:
    wish, handler = Wish.of(request.GET), request.handler
    since = unchanged.position()
    key = ("ward", since, request.today, get_language(), handler.pk, handler.role, wish)
    body = unchanged.kept(key, lambda: _body(since, handler, request.today, wish))
    return render(request, "ward/home.html", {"title": _("ホーム"), "body": body})


def _body(since: unchanged.Position, handler: Handler, on: date, wish: Wish) -> str:
    valid = papers.in_force(on)
    todos = programmes.todos(handler, on)
    held = _shared(since, "held", lambda: keeping.holdings())
    refused = _shared(since, "refused", lambda: journal.refusals_on(on, None, valid.dossiers, SHOWN_REFUSALS), on)
    lines = waiting.in_lines(todos, PLACES, valid.name, on)
    shown = lines if wish.all_todos else lines[:SHOWN_TODOS]
    return mark_safe(render_to_string("ward/home_body.html", {  # noqa: S308 - rendered by a template, which escapes
        "alarms": _alarms(valid),
        "flow": _flow(since, valid, _chosen(valid, todos, wish), on, wish) if valid.papers else None,
        "first_steps": [] if valid.papers else _first_steps(handler),
        "todos": shown,
        "more_todos": len(lines) - len(shown),
        "all_todos_url": wish.url(all_todos=True) + "#todos",
        "late": sum(line.overdue for line in lines),
        "reads_only": handler.role == Role.AUDITOR,
        "holdings": _holdings(held, valid),
        "refused": refused,
        "refusals_url": waiting.address("refusals"),
        "balances_url": waiting.address("balances"),
    }))  # fmt: skip


def _shared(since: unchanged.Position, what: str, make: Any, *more: Any) -> Any:
    """What everybody on this surface sees alike."""
    return unchanged.kept(("ward", what, since, get_language(), *more), make)


def _chosen(valid: InForce, todos: Sequence[Todo], wish: Wish) -> Paper:
    """The programme asked for; else the one in which this person has something to do; else the first."""
    if wish.programme in valid.papers:
        return valid.papers[wish.programme]
    waits = (todo.programme for todo in sorted(todos, key=lambda one: not one.overdue))
    found = next((programme for programme in waits if programme in valid.papers), next(iter(valid.papers)))
    return valid.papers[found]


# --- the flow


def _flow(since: unchanged.Position, valid: InForce, paper: Paper, on: date, wish: Wish) -> dict[str, Any]:
    wish = Wish(paper.programme, wish.year, wish.whole, wish.all_todos)
    this = fiscal_year(on)
    year = wish.year or this

    def read() -> tuple[Steps, dict[str, str], list[int]]:
        states = programmes.step_states({paper.programme: paper.dossier}, year, on)[paper.programme]
        own = programmes.live(paper.programme)
        return states, own.step_places(year) if own else {}, _years(paper.programme)

    states, places, years = _shared(since, "steps", read, paper.canonical_hash, year, on)

    def place(number: str, state: StepState) -> tuple[str, str]:
        if not state.newest:
            return (places[number], _("処理の画面")) if number in places else ("", "")
        if state.handovers == 1:
            return waiting.address("handover", state.newest), state.newest
        return _list_of(state, paper.programme, year)

    marks = {number: state.mark(place(number, state)[0]) for number, state in states.items()}
    rulings = papers.rulings_on(paper.programme, on)
    return {
        "name": paper.dossier.programme_name,
        "version": paper.version,
        "url": waiting.address("dossier", paper.programme),
        "picture": mark_safe(picture(paper, rulings, marks, whole=wish.whole)),  # noqa: S308 - our own, escaped
        "whole": wish.whole,
        "other_size_url": wish.url(whole=not wish.whole) + "#flow",
        "steps": steps.step_lines(paper.dossier, states, place),
        "year": year,
        "years": [(one, wish.url(year=one), one == year) for one in sorted({*years, this, year}, reverse=True)],
        "programmes": [
            (one.dossier.programme_name, wish.url(programme=one.programme, year=None), one is paper)
            for one in valid.papers.values()
        ],
    }


def _list_of(state: StepState, programme: str, year: int) -> tuple[str, str]:
    """Where several handovers of a step are listed: those that the state speaks of, or all of the year."""
    if state.kind is StepKind.OVERDUE:
        return waiting.address("overdue"), _("期限を過ぎたもの")
    if state.kind is StepKind.REFUSED:
        return waiting.address("discrepancies"), _("不一致の一覧")
    query = urlencode([("programme", programme), ("fiscal_year", year), ("order", "step")])
    return f"{waiting.address('handovers')}?{query}", _("%(count)s件の一覧") % {"count": state.handovers}


def _years(programme: str) -> list[int]:
    """Fiscal years in which something was handed over. One query."""
    found = Handover.objects.filter(programme=programme).order_by("fiscal_year")
    return list(found.values_list("fiscal_year", flat=True).distinct())


# --- who holds how much


BAR = 240
"""Length of the longest bar, in the table's own line."""


@dataclass(frozen=True)
class Bar:
    """One organisation's holding of one programme: a line of the table with its bar."""

    name: str
    programme: str
    persons: int
    sheets: int
    length: int


def _holdings(held: Sequence[keeping.Holding], valid: InForce) -> dict[str, Any]:
    most = max((one.persons for one in held), default=0) or 1
    bars = [
        Bar(one.name, valid.name(one.programme), one.persons, one.sheets, -(-one.persons * BAR // most))
        for one in held[:SHOWN_HOLDINGS]
    ]
    return {"bars": bars, "more": len(held) - len(bars)}


# --- what must not be overlooked, and where to begin


def _alarms(valid: InForce) -> list[str]:
    """Controls that are off, and papers that are not what was approved."""
    told = [
        _(
            "事業「%(name)s」の付議書の保存本文が、承認時のハッシュ値と一致しません。改変のおそれがあります。"
            "この事業の受渡しは止まっています。情報保護担当に連絡し、控えから戻してください。"
        )
        % {"name": programme}
        for programme in valid.altered
    ]
    if settings.INSECURE and not settings.AZUKARI_DEMO:
        told.append(
            _(
                "通信の暗号化（TLS）が切られています（AZUKARI_INSECURE）。"
                "システム管理者に、証明書を設定して起動し直してもらってください。"
            )
        )
    return told


def _first_steps(handler: Handler) -> list[tuple[str, str]]:
    """(what, address): what comes first in a ward that has approved nothing yet, by role."""
    if handler.role == Role.PRIVACY_OFFICER:
        return [
            (_("区の職員と、委託先の組織・取扱者を登録する"), reverse("parties")),
            (_("付議書を確かめ、承認を記録する"), reverse("dossiers")),
            (_("付議書への指摘を裁定し、事業者の選定を記録する"), reverse("dossiers")),
        ]
    if handler.role == Role.OFFICER:
        return [
            (_("付議書を作成し、付議する（承認は情報保護担当が記録します）"), reverse("dossiers")),
            (_("承認されたら、住民名簿を取り込む"), reverse("rosters")),
        ]
    return [(_("付議書の作成と承認の状況を見る"), reverse("dossiers"))]
