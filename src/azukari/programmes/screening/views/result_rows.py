"""One delivered row: what it says, what the ward has beside it, and the four ways to settle it, each with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act, act_page
from azukari.web.screens import screen

from ..models import ResultRow
from ..result_checks import PROBLEMS, may_be_accepted
from ..steps import results_in
from ..steps.result_rows import read_row
from .common import may
from .result_forms import CorrectRow, SettleRow
from .results import CHIPS, delivery_url, row_url, seen

State = ResultRow.State


def _row_of(number: int, line: int) -> ResultRow:
    found = ResultRow.objects.select_related("batch__organisation", "voucher__person", "voucher__run")
    row = found.filter(batch=number, line=line).first()
    if row is None:
        raise Http404
    return row


def _row_name(row: ResultRow) -> str:
    return _("納品 No.%(no)s の%(line)s行目") % {"no": row.batch_id, "line": row.line}


@require_GET
@screen("result.read")
def row(request: Any, number: int, line: int) -> HttpResponse:
    """What was delivered, what the ward has beside it, every problem with its remedy, and the ways to settle."""
    found = _row_of(number, line)
    read = read_row(row=found, by=request.handler, now=request.now)
    waiting = found.batch.lines.filter(state=State.OUTSTANDING).order_by("line").values_list("line", flat=True)
    answer = render(request, "screening/results/row.html", {
        "title": _row_name(found),
        "row": found,
        "chip": CHIPS[State(found.state)],
        "read": read,
        "doubts": _doubts(found),
        "ways": _ways(found) if may(request, "result.settle") else [],
        "next": waiting.filter(line__gt=line).first(),
        "batch": found.batch,
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _doubts(row: ResultRow) -> list[Any]:
    return [PROBLEMS[key] for key in results_in.problems_of(row) if key in PROBLEMS]


@dataclass(frozen=True)
class Way:
    """One way to settle a row. ``offered``: whether it is possible with the problems that the row has."""

    how: str
    name: str
    title: str | Promise
    explained: str | Promise
    offered: Callable[[list[str]], bool]
    danger: bool = False


WAYS = {
    way.how: way
    for way in (
        Way(
            "accept",
            "screening_accept_row",
            _lazy("このまま採用する"),
            _lazy("問題を確かめ、納められたとおりで正しいとき。"),
            may_be_accepted,
        ),
        Way(
            "correct",
            "screening_correct_row",
            _lazy("直して採用する"),
            _lazy("納めた組織に正しい内容を確かめたとき。"),
            lambda problems: "unreadable" not in problems,
        ),
        Way(
            "replace",
            "screening_replace_row",
            _lazy("採用済みの結果と差し替える"),
            _lazy("後から届いた方が正しいとき。"),
            lambda problems: "conflicts" in problems,
        ),
        Way(
            "reject",
            "screening_reject_row",
            _lazy("不採用にする"),
            _lazy("この行を使わないとき。行は理由とともに残ります。"),
            lambda problems: True,
            danger=True,
        ),
    )
}


def _ways(row: ResultRow) -> list[tuple[Way, str]]:
    """Those that are possible now, with their addresses; the core decides once more when it is done."""
    if row.state != State.OUTSTANDING:
        return []
    problems = results_in.problems_of(row)
    return [(way, reverse(way.name, args=[row.batch_id, row.line])) for way in WAYS.values() if way.offered(problems)]


def _settle(request: Any, number: int, line: int, how: str) -> HttpResponse:
    """The row beside what the ward has, and the reason; looking is logged as on the row's own page."""
    found = _row_of(number, line)
    read = read_row(row=found, by=request.handler, now=request.now)
    way, correcting = WAYS[how], how == "correct"
    answer = act_page(request, Act(
        title=_("%(row)s：%(way)s") % {"row": _row_name(found), "way": way.title},
        form=CorrectRow if correcting else SettleRow,
        form_kwargs={"cells": read.correctable} if correcting else {},
        do=lambda form: results_in.settle(
            row=found, how=how, reason=form.cleaned_data["reason"], by=request.handler, now=request.now,
            corrections=form.corrections if correcting else None,
        ),
        then=delivery_url(found.batch),
        back=row_url(found.batch, line),
        done=lambda settled: _("%(line)s行目を「%(state)s」にしました。")
        % {"line": settled.line, "state": settled.get_state_display()},
        submit=str(way.title),
        danger=way.danger,
        seen=seen(found.batch, found.line, found.state, found.problems),
        template="screening/results/settle.html",
        context={
            "row": found, "batch": found.batch, "read": read, "doubts": _doubts(found), "way": way,
            "closed": found.state != State.OUTSTANDING,
        },
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def accept(request: Any, number: int, line: int) -> HttpResponse:
    """As it stands, where every problem that is left allows it."""
    return _settle(request, number, line, "accept")


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def correct(request: Any, number: int, line: int) -> HttpResponse:
    """With other contents, as the deliverer said they are; what was delivered stays with the row."""
    return _settle(request, number, line, "correct")


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def replace(request: Any, number: int, line: int) -> HttpResponse:
    """Instead of the result that stands."""
    return _settle(request, number, line, "replace")


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def reject(request: Any, number: int, line: int) -> HttpResponse:
    """Not used; the row stays, with the reason."""
    return _settle(request, number, line, "reject")
