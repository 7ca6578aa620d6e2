"""The laboratory's window: its open orders, and a result by an order's number. Nothing else of anybody exists here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import Handover
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import LaboratoryOrder
from ..steps import laboratory as steps
from ..steps.own_visits import is_party
from ..steps.state import PROGRAMME
from .window_forms import ReportSpecimen

PER_PAGE = 20


def _open_orders(request: Any) -> Any:
    """The orders that wait for a result, of windows that are open; 404 for who is no laboratory."""
    if not is_party(request.handler.organisation, [steps.PARTY], request.today):
        raise Http404
    own = LaboratoryOrder.objects.filter(
        handover__receiver=request.handler.organisation, handover__state=Handover.State.ACKNOWLEDGED
    )
    return own.filter(state=LaboratoryOrder.State.ORDERED).order_by("number")


@require_GET
@screen("data.read")
def orders(request: Any) -> HttpResponse:
    """The open orders with name, birth date and sex: each person shown is in the log."""
    people: dict[str, dict[str, str]] = {}

    def cell(key: str) -> Any:
        def value(one: LaboratoryOrder) -> str:
            if one.number not in people:
                asked = table.chosen if request.GET.get("format") else table.page.object_list
                people.update(_people(request, [order.number for order in asked]))
            return people[one.number][key]

        return value

    table = Table(
        request, name="screening-orders", caption=_("結果を待つ検体"), rows=_open_orders(request), per_page=PER_PAGE,
        columns=[
            Column("number", _("検体番号"), _numbered, header=True, sort="number"),
            Column("name", _("氏名"), cell("name")),
            Column("birth", _("生年月日"), cell("birth")),
            Column("sex", _("性別"), cell("sex")),
        ],
        act="data.read", programme=PROGRAMME,
        empty=_("結果を待つ検体はありません。医療機関が検査を依頼すると、ここに並びます。"),
    )  # fmt: skip
    answer = table.response("screening/window/table.html", {
        "trail": [],
        "links": [(_("番号で結果を報告する"), reverse("screening_report"))],
        "told": _("見えるのは、検体番号・氏名・生年月日・性別だけです。表示と書き出しは、アクセスログに残ります。"),
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _numbered(one: LaboratoryOrder) -> Cell:
    return Cell(one.number, href=reverse("screening_report_order", args=[one.number]))


def _people(request: Any, numbers: list[str]) -> dict[str, dict[str, str]]:
    shown = steps.read_orders(by=request.handler, now=request.now, numbers=numbers)
    return {row["number"]: row for row in shown.iter_rows(named=True)}


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("data.enter")
def report(request: Any, number: str = "") -> HttpResponse:
    """⑪ A result by the order's number; the next one follows on the same page."""
    waiting = _open_orders(request)
    if number and not waiting.filter(number=number).exists():
        raise Http404
    return act_page(request, Act(
        title=_("検査結果を報告する"),
        form=ReportSpecimen,
        initial={"number": number},
        do=lambda form: steps.report(by=request.handler, now=request.now, **form.cleaned_data),
        then=reverse("screening_report"),
        back=reverse("screening_orders"),
        done=_told,
        submit=_("報告する"),
        warnings=[_("報告すると、依頼した医療機関に示されます。訂正は、依頼した医療機関に連絡してください。")],
        template="screening/window/act.html",
        context={"trail": [(_("結果を待つ検体"), reverse("screening_orders"))]},
    ))  # fmt: skip


def _told(one: LaboratoryOrder) -> str:
    if one.state == LaboratoryOrder.State.UNFIT:
        return _("検体番号 %(number)s を検体不適として報告しました。") % {"number": one.number}
    return _("検体番号 %(number)s の結果を報告しました。") % {"number": one.number}
