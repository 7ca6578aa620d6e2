"""What the screens after the closing have in common: the round, who stands here by which duty, parts of long lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.web.acts import Act, act_page
from azukari.web.tables import Pages

from ..models import Round
from ..steps.state import IMPLEMENTERS
from .common import duties_of, trail

ACT = "stress_check/results/act.html"
PER_PAGE = 50
REASON_AREAS = {
    "a": gettext_lazy("A 仕事のストレス要因"),
    "b": gettext_lazy("B 心身のストレス反応"),
    "c": gettext_lazy("C 周囲のサポート"),
}


def decides(request: Any, round_: Round) -> bool:
    """Whether this person is an implementer: a clerk prepares and does not decide."""
    return bool(duties_of(request, round_) & set(IMPLEMENTERS))


PLACES = {
    "results": ("stress_results", gettext_lazy("個人の結果")),
    "letters": ("stress_letters", gettext_lazy("結果の封書")),
    "interviews": ("stress_interviews", gettext_lazy("面接指導")),
    "groups": ("stress_groups", gettext_lazy("集団分析")),
    "delivery": ("stress_delivery", gettext_lazy("報告書と結果の納品")),
    "end": ("stress_end", gettext_lazy("終了と保存期限")),
}
"""The part of the address after the year → the page above those below it."""


def above(round_: Round, request: Any) -> list[tuple[str, str]]:
    """The page between the round's and the one shown, if there is one."""
    there = request.path.partition(f"/{round_.fiscal_year}/")[2].strip("/")
    place, _slash, rest = there.partition("/")
    if place not in PLACES or not rest:
        return []
    name, words = PLACES[place]
    return [(str(words), url(name, round_))]


def act_of(request: Any, round_: Round, act: Act) -> HttpResponse:
    """The page of an act of this round, with the way back to it."""
    template = ACT if act.template == Act.template else act.template
    context = {"trail": trail(round_, *above(round_, request)), **act.context, "round": round_}
    return private(act_page(request, replace(act, template=template, context=context)))


def page(request: Any, round_: Round, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page of this round that no browser keeps."""
    shown = {"round": round_, "trail": trail(round_, *above(round_, request)), **context}
    return private(render(request, f"stress_check/results/{template}", shown))


def private(answer: HttpResponse) -> HttpResponse:
    answer["Cache-Control"] = "no-store"
    return answer


@dataclass(frozen=True)
class Part:
    """``rows``: those of this page; ``total``: all."""

    rows: Sequence[Any]
    total: int
    pages: Pages | None


def part(request: Any, rows: Sequence[Any], name: str = "page") -> Part:
    """A page of a list of persons. The address carries its number alone."""
    found = Paginator(rows, PER_PAGE).get_page(request.GET.get(name))
    count = found.paginator.num_pages
    if count == 1:
        return Part(list(found.object_list), len(rows), None)
    before = f"?{name}={found.previous_page_number()}" if found.has_previous() else ""
    after = f"?{name}={found.next_page_number()}" if found.has_next() else ""
    return Part(list(found.object_list), len(rows), Pages(found.number, count, before, after))


def url(name: str, round_: Round, *more: object) -> str:
    return reverse(name, args=[round_.fiscal_year, *more])


def why_withheld(reason: str | None) -> str:
    """Why there is no verdict, in a sentence; "" where there is one."""
    if reason is None:
        return ""
    if reason.startswith("missing_"):
        areas = [str(REASON_AREAS[key]) for key in reason.removeprefix("missing_")]
        told = _("%(areas)sに答えのない質問があるため、判定がありません。補わずに、実施者が判断します。")
        return told % {"areas": _("、").join(areas)}
    return _("性別の登録がなく、換算表を使えないため、判定がありません。実施者が判断します。")
