"""Individuals as far as the employer may know them: who consented after being told, and who applied for an interview.

Every page is logged before it is shown, and refused to whoever has authority over personnel. An address holds a token
of the session and a place in its list, never whom it is about; consent is asked anew each time something is opened.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from ..models import Round
from ..steps import delivery
from ..steps import interviews as interview_steps
from ..steps.interviews import Applied, Stage
from .ward import PER_PAGE, heading, round_of
from .ward_forms import Measures

GOOD_FOR = timedelta(minutes=15)
MOST_KEPT = 6
_KEY = "stress_consents"


# --- who consented


def _begin(request: Any, round_: Round, references: list[str]) -> str:
    """Keep whom the list showed, as pseudonymous references, for some minutes, for this person and session."""
    kept: dict[str, Any] = dict(request.session.get(_KEY, {}))
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    token = secrets.token_urlsafe(12)
    until = (request.now + GOOD_FOR).timestamp()
    kept[token] = {"by": request.handler.key, "year": round_.fiscal_year, "until": until, "people": references}
    request.session[_KEY] = kept
    return token


def _list_of(request: Any, round_: Round, token: str) -> Mapping[str, Any] | None:
    """None when its time is over; 404 for another's, another session's, another year's or a guessed token."""
    found: Mapping[str, Any] | None = request.session.get(_KEY, {}).get(token)
    if found is None or found["by"] != request.handler.key or found["year"] != round_.fiscal_year:
        raise Http404
    return found if found["until"] > request.now.timestamp() else None


def _ask_again(request: Any, round_: Round) -> HttpResponse:
    messages.warning(request, _("時間が過ぎたため、一覧を閉じました。もう一度開いてください。"))
    return HttpResponseRedirect(reverse("stress_ward_consents", args=[round_.fiscal_year]))


@require_http_methods(["GET", "POST"])
@screen("stress.interview")
def consents(request: Any, year: int) -> HttpResponse:
    """Before the list is opened: what it shows, and that it is written down."""
    round_ = round_of(year)

    def do(_form: Any) -> str:
        given = delivery.who_consents(round_=round_, by=request.handler, now=request.now)
        return _begin(request, round_, [one.reference for one in given])

    return act_page(request, Act(
        title=heading(round_, _("結果の提供に同意した職員")),
        do=do,
        then=lambda token: reverse("stress_ward_consent_list", args=[year, token]),
        back=reverse("stress_ward_year", args=[year]),
        submit=_("一覧を開く"),
        warnings=[
            _("結果を見た後に、区への提供に同意した職員だけが出ます。撤回した人は、そのときから出ません。"),
            _("だれの一覧と結果を開いたかは、アクセスログに残ります。就業上の配慮のほかには使わないでください。"),
        ],
        template="stress_check/ward/act.html",
        context={"round": round_},
    ))  # fmt: skip


@require_GET
@screen("stress.interview")
def consent_list(request: Any, year: int, token: str) -> HttpResponse:
    """Who consents at this moment, of those that the list was opened for."""
    round_ = round_of(year)
    kept = _list_of(request, round_, token)
    if kept is None:
        return _ask_again(request, round_)
    place = {reference: n for n, reference in enumerate(kept["people"], 1)}
    given = delivery.who_consents(round_=round_, by=request.handler, now=request.now)
    there = [(place[one.reference], one) for one in given if one.reference in place]
    page = Paginator(there, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stress_check/ward/consent_list.html", {
        "title": heading(round_, _("結果の提供に同意した職員")),
        "round": round_,
        "page": page,
        "token": token,
    })  # fmt: skip


@require_GET
@screen("stress.interview")
def given(request: Any, year: int, token: str, number: int) -> HttpResponse:
    """⑧ One delivered result, while the person's consent stands."""
    round_ = round_of(year)
    kept = _list_of(request, round_, token)
    if kept is None:
        return _ask_again(request, round_)
    if not 1 <= number <= len(kept["people"]):
        raise Http404
    reference = kept["people"][number - 1]
    found = delivery.read_given(round_=round_, reference=reference, by=request.handler, now=request.now)
    if not found:
        raise Http404
    return render(request, "stress_check/ward/given.html", {
        "title": heading(round_, _("同意した職員の結果")),
        "round": round_,
        "list_url": reverse("stress_ward_consent_list", args=[year, token]),
        "facts": list(found.items()),
    })  # fmt: skip


# --- 面接指導


def due_words(stage: Stage, on: date) -> tuple[str, str]:
    """(words, colour of the chip): how far the guideline day is, or by how many days it has passed."""
    if stage.due is None:
        return _("期限なし"), "gray"
    days = (stage.due - on).days
    if days < 0:
        return _("期限を%(days)s日過ぎています") % {"days": -days}, "red"
    if days == 0:
        return _("今日が期限"), "yellow"
    return _("あと%(days)s日") % {"days": days}, "yellow" if days <= 7 else "gray"


@require_GET
@screen("stress.interview")
def interviews(request: Any, year: int) -> HttpResponse:
    """Who applied, how far each is and by when; the opinion once it is given. Results are not shown here."""
    round_ = round_of(year)
    found = interview_steps.for_employer(round_=round_, by=request.handler, now=request.now)
    ordered = sorted(found, key=lambda one: (one.stage.due or date.max, one.interview.pk))
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stress_check/ward/interviews.html", {
        "title": heading(round_, _("面接指導")),
        "round": round_,
        "page": page,
        "lines": [(one, *due_words(one.stage, request.today)) for one in page.object_list],
        "late": sum(1 for one in found if one.stage.due is not None and one.stage.due < request.today),
    })  # fmt: skip


def _applied(request: Any, round_: Round, number: int) -> Applied:
    found = interview_steps.for_employer(round_=round_, by=request.handler, now=request.now)
    one = next((one for one in found if one.interview.pk == number), None)
    if one is None:
        raise Http404
    return one


@require_http_methods(["GET", "POST"])
@screen("stress.interview")
def measures(request: Any, year: int, number: int) -> HttpResponse:
    """就業上の措置: decided after the doctor's opinion and after hearing the person."""
    round_ = round_of(year)
    one = _applied(request, round_, number)
    interview = one.interview
    facts: list[tuple[str, Any]] = [
        (_("職員"), f"{one.number} {one.name}（{one.section}）"),
        (_("いまの段階"), one.stage.words),
        (_("申出"), to_wareki(localdate(interview.applied_at), "long")),
        (_("面接指導の日"), to_wareki(interview.held_on, "long") if interview.held_on else _("まだ")),
        (_("医師の意見"), interview.opinion or _("まだ")),
    ]
    if interview.measures:
        facts.append((_("決めた措置"), interview.measures))
    return act_page(request, Act(
        title=heading(round_, _("就業上の措置の決定")),
        form=Measures,
        do=lambda form: interview_steps.decide_measures(
            interview=interview, measures=form.cleaned_data["measures"], by=request.handler, now=request.now
        ),
        then=reverse("stress_ward_interviews", args=[year]),
        done=_("決めた措置を記録しました。"),
        submit=_("措置を記録する"),
        facts=facts,
        warnings=[_("申出や結果を理由に、解雇・不利益な異動などをしてはいけません（労働安全衛生法第66条の10）。")],
        seen=Seen(("interview", str(number)), interview_steps.stage(interview).key),
        template="stress_check/ward/measures.html",
        context={"round": round_, "able": one.stage.key == "measures"},
    ))  # fmt: skip
