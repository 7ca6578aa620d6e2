"""An institution's results: typed in test by test, or sent as counted sheets of paper."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import Handover
from azukari.examinations.items import items, value_of
from azukari.examinations.plausibility import problems
from azukari.keying.models import PaperSheet
from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import VisitTest
from ..steps import own_visits, paper, typing_in
from ..steps.state import PROGRAMME
from . import window_forms as typed
from .clinic import name_of, require_institution, trail, visit_of, visit_url

# --- results


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("data.enter")
def enter_result(request: Any, number: int, test: str) -> HttpResponse:
    """The result of one test: typed, looked through with what is implausible in it, then reported."""
    one = visit_of(request, number)
    taken = next((each for each in one.tests.all() if each.test == test), None)
    if taken is None or one.cancelled_at:
        raise Http404
    if taken.state != VisitTest.State.TAKEN and request.method == "GET":
        messages.info(request, _("この検診の結果は、すでに報告してあります。訂正は区の担当に連絡してください。"))
        return HttpResponseRedirect(visit_url(one), status=303)
    form = typed.EnterResult(request.POST if request.method == "POST" else None, test=test)
    whole = form.is_bound and form.is_valid()
    told: list[str] = []
    if whole and "confirm" in request.POST:
        try:
            _report(request, taken, form)
        except Refusal as refusal:
            told = str(refusal).splitlines()
        else:
            messages.success(request, _("結果を報告しました。区が確かめて採用します。"))
            return HttpResponseRedirect(visit_url(one), status=303)
    asking = whole and not told and "edit" not in request.POST
    answer = render(request, "screening/window/result.html", {
        "title": _("%(test)sの結果") % {"test": name_of(test, one)},
        "trail": trail(one),
        "form": form,
        "problems": told,
        "has_errors": bool(told or form.errors),
        "asking": asking,
        "doubts": _doubts(form) if asking else [],
        "hidden": [field.as_hidden() for field in form] if asking else [],
        "back": visit_url(one),
        "day": one.visited_on,
    }, status=422 if told or form.errors else 200)  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _report(request: Any, taken: VisitTest, form: typed.EnterResult) -> None:
    typing_in.enter_result(
        taken=taken,
        raw=form.cleaned_data["raw"],
        values={items()[key].header: text for key, text in form.values.items()},
        by=request.handler,
        now=request.now,
    )


def _doubts(form: typed.EnterResult) -> list[str]:
    """What cannot be true in the typed values, by themselves: nothing is read of the person."""
    values = [value_of(key, text) for key, text in form.values.items()]
    return [found.sentence for found in problems(values, sex="", age=None)]


# --- result sheets on paper


@require_GET
@screen("own.read")
def sheets(request: Any) -> HttpResponse:
    """The batches sent to the data-entry company, and the sheets that came back."""
    require_institution(request)
    own = request.handler.organisation
    sent = Handover.objects.filter(sender=own, programme=PROGRAMME, step=paper.TO_DATA_ENTRY)
    table = Table(
        request, name="screening-sheets-out", caption=_("送った結果票"),
        rows=sent.select_related("receiver").order_by("-pk"),
        columns=[
            Column("number", _("受渡番号"), lambda h: Cell(h.number, href=reverse("sent_one", args=[h.number])),
                   sort="number", header=True),
            Column("receiver", _("データ入力会社"), lambda h: h.receiver.name),
            Column("sheets", _("枚数"), lambda h: h.sheets, sort="sheets", numeric=True),
            Column("state", _("状態"), lambda h: h.get_state_display(), sort="state"),
        ],
        act="own.read", programme=PROGRAMME,
        empty=_("送った結果票はありません。受診を記録するときに結果票番号を入れると、ここから送れます。"),
    )  # fmt: skip
    returned = own_visits.returned_sheets(own)
    return table.response("screening/window/sheets.html", {
        "title": _("紙の結果票"),
        "trail": trail(),
        "waiting": len(own_visits.waiting_sheets(own)),
        "returned": [(sheet, name_of(taken.test, taken.visit), taken.visit) for sheet, taken in returned],
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def send_sheets(request: Any) -> HttpResponse:
    """⑫ The chosen sheets as one counted batch."""
    require_institution(request)
    waiting = own_visits.waiting_sheets(request.handler.organisation)
    companies = own_visits.appointed_as(paper.DATA_ENTRY, request.today)
    return act_page(request, Act(
        title=_("結果票をデータ入力会社に送る準備をする"),
        form=typed.SendSheets,
        form_kwargs={"companies": companies, "sheets": [(one.number, _sheet_words(one)) for one in waiting]},
        do=lambda form: own_visits.send_waiting(
            company=form.cleaned_data["company"], numbers=form.cleaned_data["sheets"],
            counted=form.cleaned_data["counted"], by=request.handler, now=request.now,
        ),
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=reverse("screening_result_sheets"),
        done=lambda made: _("受渡し %(number)s を準備しました（%(count)s枚）。続けて封をしてください。")
        % {"number": made.number, "count": made.sheets},
        submit=_("準備する"),
        facts=[(_("送れる結果票"), _("%(count)s枚") % {"count": len(waiting)})],
        warnings=[_("送った検診は「結果を報告済」になります。読めずに返ってきた票は、受け取り直して入力できます。")],
        template="screening/window/act.html",
        context={"trail": [*trail(), (_("紙の結果票"), reverse("screening_result_sheets"))]},
    ))  # fmt: skip


def _sheet_words(one: own_visits.OutSheet) -> str:
    visit = one.taken.visit
    return f"{one.number}（{name_of(one.taken.test, visit)}、{visit.visited_on.isoformat()}、No.{visit.pk}）"


@require_http_methods(["GET", "POST"])
@screen("visit.record")
def take_back(request: Any, sheet: int) -> HttpResponse:
    """A sheet that came back unreadable: its result is owed again."""
    require_institution(request)
    own = PaperSheet.objects.filter(handover__sender=request.handler.organisation, handover__step=paper.TO_DATA_ENTRY)
    one = own.select_related("handover").filter(pk=sheet).first()
    if one is None:
        raise Http404
    return act_page(request, Act(
        title=_("返却された結果票を受け取り直す"),
        do=lambda form: own_visits.take_back(sheet=one, by=request.handler, now=request.now),
        then=lambda test: visit_url(test.visit),
        back=reverse("screening_result_sheets"),
        done=_("結果票を受け取り直しました。結果を入力するか、書き直して送ってください。"),
        submit=_("受け取り直す"),
        facts=[(_("結果票番号"), one.number), (_("理由"), one.unreadable_why or _("受渡しが取り消された"))],
        template="screening/window/act.html",
        context={"trail": [*trail(), (_("紙の結果票"), reverse("screening_result_sheets"))]},
    ))  # fmt: skip
