"""An institution's window: nobody is seen until a voucher is shown; then the columns of the window, and the visit.

A presented voucher is kept under an opaque token in the session for some minutes. Visits have numbers that name nobody;
another institution's visit is 404 like one that does not exist.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from azukari.vocabulary.fiscal import fiscal_year
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import LaboratoryOrder, Visit, VisitTest, Voucher
from ..steps import laboratory, own_visits, visits
from ..steps.result_rows import test_name
from ..steps.state import PROGRAMME
from . import window_forms as typed

GOOD_FOR = timedelta(minutes=15)
MOST_KEPT = 10
_KEPT = "screening_presented"
Taken = VisitTest.State


def require_institution(request: Any) -> None:
    if not own_visits.is_institution(request.handler.organisation, request.today):
        raise Http404


def visit_of(request: Any, number: int) -> Visit:
    """A visit to the signed-in institution, or 404."""
    require_institution(request)
    own = Visit.objects.filter(organisation=request.handler.organisation)
    found = own.select_related("handover", "voucher__run").prefetch_related("tests", "orders").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def name_of(test: str, visit: Visit) -> str:
    return test_name(test, fiscal_year(visit.visited_on))


def _seen(visit: Visit) -> Seen:
    states = ",".join(f"{one.test}={one.state}" for one in visit.tests.all())
    return Seen(("visit", str(visit.pk)), f"{states}|{visit.cancelled_at}")


def visit_url(visit: Visit) -> str:
    return reverse("screening_visit", args=[visit.pk])


def trail(visit: Visit | None = None) -> list[tuple[str, str]]:
    pages = [(_("受診の一覧"), reverse("screening_clinic"))]
    return pages if visit is None else [*pages, (_("受診 No.%(no)s") % {"no": visit.pk}, visit_url(visit))]


# --- a voucher is shown


def _keep(request: Any, voucher: Voucher) -> str:
    kept = dict(request.session.get(_KEPT, {}))
    while len(kept) >= MOST_KEPT:
        kept.pop(next(iter(kept)))
    token = secrets.token_urlsafe(12)
    kept[token] = [voucher.pk, request.handler.key, (request.now + GOOD_FOR).timestamp()]
    request.session[_KEPT] = kept
    return token


def _kept(request: Any, token: str) -> Voucher | None:
    """The voucher under the token; None when its time is over; 404 for another session's."""
    found = request.session.get(_KEPT, {}).get(token)
    if found is None or found[1] != request.handler.key:
        raise Http404
    if found[2] <= request.now.timestamp():
        return None
    return Voucher.objects.select_related("run", "person").get(pk=found[0])


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("visit.record")
def find(request: Any) -> HttpResponse:
    """⑧ Whose voucher was shown. A POST: no address and no log of a server has a number or a birth date."""
    require_institution(request)

    def do(form: Any) -> str:
        shown = visits.present(by=request.handler, now=request.now, **form.cleaned_data)
        return _keep(request, shown.voucher)

    answer = act_page(request, Act(
        title=_("受診券の照会"),
        form=typed.ShowVoucher,
        do=do,
        then=lambda token: reverse("screening_presented", args=[token]),
        back=reverse("screening_clinic"),
        submit=_("照会する"),
        warnings=[_("受診券を持って来た本人についてだけ照会してください。照会は、すべてアクセスログに残ります。")],
        template="screening/window/act.html",
        context={"trail": trail()},
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("visit.record")
def presented(request: Any, token: str) -> HttpResponse:
    """⑨ The person as far as the clause goes, the tests, and the record of the visit."""
    require_institution(request)
    voucher = _kept(request, token)
    if voucher is None:
        messages.info(request, _("照会から15分がたちました。続けるときは、もう一度受診券を照会してください。"))
        return HttpResponseRedirect(reverse("screening_voucher"), status=303)
    shown = own_visits.show_again(voucher=voucher, by=request.handler, now=request.now)
    open_tests = [one for one in shown.tests if not one.taken]
    answer = act_page(request, Act(
        title=_("照会した受診券"),
        form=typed.RecordVisit,
        initial={"visited_on": request.today},
        form_kwargs={
            "tests": [(one.test, one.name) for one in open_tests],
            "used": lambda number: own_visits.sheet_number_is_used(request.handler.organisation, number),
        },
        do=lambda form: visits.record_visit(
            voucher=voucher, by=request.handler, now=request.now, **form.cleaned_data
        ),
        then=visit_url,
        back=reverse("screening_clinic"),
        done=lambda made: _("受診 No.%(no)s を記録しました。") % {"no": made.pk},
        submit=_("受診を記録する"),
        template="screening/window/presented.html",
        context={
            "trail": trail(),
            "person": _columns(shown),
            "tests": shown.tests,
            "open_tests": open_tests,
            "minutes": int(GOOD_FOR.total_seconds() // 60),
        },
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _columns(shown: visits.Presented) -> list[tuple[str, str]]:
    """Every column of the window with its value, and no other."""
    row = shown.shown.to_dicts()[0] if shown.shown.height else {}
    return [(one["header"], row.get(one["key"]) or "") for one in shown.window.columns]


# --- visits


@require_GET
@screen("visit.record")
def visits_list(request: Any) -> HttpResponse:
    """The institution's own visits by number: no names."""
    require_institution(request)
    own = Visit.objects.filter(organisation=request.handler.organisation).prefetch_related("tests", "orders")
    table = Table(
        request, name="screening-visits", caption=_("受診の一覧"), rows=own.order_by("-pk"),
        columns=[
            Column("number", _("受診"), lambda v: Cell(_("No.%(no)s") % {"no": v.pk}, href=visit_url(v), order=v.pk),
                   sort="pk", header=True),
            Column("day", _("受診日"), lambda v: Cell(v.visited_on.isoformat(), order=v.visited_on), sort="visited_on"),
            Column("tests", _("検診"), lambda v: "、".join(name_of(one.test, v) for one in v.tests.all())),
            Column("state", _("結果"), _state),
            Column("orders", _("検体"), _specimens),
        ],
        filters=typed.VisitFilter, act="visit.record", programme=PROGRAMME,
        empty=_("受診の記録はありません。受診券を持った人が来たら、「受診券を照会する」から始めてください。"),
    )  # fmt: skip
    return table.response("screening/window/table.html", {
        "trail": [],
        "links": [
            (_("受診券を照会する"), reverse("screening_voucher")),
            (_("紙の結果票"), reverse("screening_result_sheets")),
            (_("検査機関の窓口を準備する"), reverse("screening_open_laboratory")),
        ],
    })  # fmt: skip


def _state(visit: Visit) -> Cell:
    if visit.cancelled_at:
        return Cell(_("取消"), chip="gray")
    waiting = sum(one.state == Taken.TAKEN for one in visit.tests.all())
    if waiting:
        return Cell(_("結果待ち %(count)s件") % {"count": waiting}, chip="yellow")
    return Cell(_("報告済み"), chip="green")


def _specimens(visit: Visit) -> str:
    return "、".join(f"{one.number}（{one.get_state_display()}）" for one in visit.orders.all())


@require_GET
@screen("visit.record")
def visit(request: Any, number: int) -> HttpResponse:
    """One visit: its tests and what is to be done about each, its specimens."""
    one = visit_of(request, number)
    sheet_of = {sheet.taken.pk: sheet.number for sheet in own_visits.numbered(one)}
    return render(request, "screening/window/visit.html", {
        "title": _("受診 No.%(no)s") % {"no": one.pk},
        "trail": trail(),
        "visit": one,
        "tests": [(taken, name_of(taken.test, one), sheet_of.get(taken.pk, "")) for taken in one.tests.all()],
        "orders": [(order, laboratory.SPECIMENS.get(order.specimen, "")) for order in one.orders.all()],
        "ready": any(order.state != LaboratoryOrder.State.ORDERED for order in one.orders.all()),
        "may_cancel": not (
            one.cancelled_at or one.sheet_number or any(taken.state == Taken.REPORTED for taken in one.tests.all())
        ),
    })  # fmt: skip


@require_POST
@screen("visit.record")
def show_person(request: Any, number: int) -> HttpResponse:
    """Who it was: the same page as after the voucher was shown, under a token of its own."""
    one = visit_of(request, number)
    return HttpResponseRedirect(reverse("screening_presented", args=[_keep(request, one.voucher)]), status=303)


@require_http_methods(["GET", "POST"])
@screen("visit.record")
def cancel(request: Any, number: int) -> HttpResponse:
    one = visit_of(request, number)
    return act_page(request, Act(
        title=_("受診 No.%(no)s を取り消す") % {"no": one.pk},
        form=typed.CancelVisit,
        do=lambda form: visits.cancel_visit(
            visit=one, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
        ),
        then=visit_url(one),
        done=_("受診の記録を取り消しました。"),
        submit=_("取り消す"),
        danger=True,
        facts=[
            (_("受診日"), one.visited_on.isoformat()),
            (_("検診"), "、".join(name_of(t.test, one) for t in one.tests.all())),
        ],
        warnings=[_("まちがって記録した受診だけを取り消します。元に戻せません。")],
        seen=_seen(one),
        template="screening/window/act.html",
        context={"trail": trail(one)},
    ))  # fmt: skip


# --- specimens


@require_http_methods(["GET", "POST"])
@screen("visit.record")
def order(request: Any, number: int) -> HttpResponse:
    """⑩ A specimen of the visit to the laboratory."""
    one = visit_of(request, number)
    there = own_visits.laboratories_of(request.handler.organisation)
    warnings = [] if there.exists() else [
        _("開いている検査機関の窓口がありません。受診の一覧から窓口を準備し、放出と受領の確認を済ませてください。")
    ]  # fmt: skip
    return act_page(request, Act(
        title=_("検体の検査を依頼する"),
        form=typed.OrderSpecimen,
        form_kwargs={"organisations": there},
        do=lambda form: laboratory.order(
            visit=one, laboratory=form.cleaned_data["organisation"], specimen=form.cleaned_data["specimen"],
            by=request.handler, now=request.now,
        ),
        then=visit_url(one),
        back=visit_url(one),
        done=lambda made: _("検体番号 %(number)s で依頼しました。検体にこの番号を付けてください。")
        % {"number": made.number},
        submit=_("依頼する"),
        facts=[(_("受診"), f"No.{one.pk}"), (_("検査機関に伝わる項目"), _("検体番号・氏名・生年月日・性別"))],
        warnings=warnings,
        seen=Seen(("visit", str(one.pk)), str(len(one.orders.all()))),
        template="screening/window/act.html",
        context={"trail": trail(one)},
    ))  # fmt: skip


@require_GET
@screen("data.read")
def specimens(request: Any, number: int) -> HttpResponse:
    """⑪ What the laboratory reported. Looking is logged."""
    one = visit_of(request, number)
    found = laboratory.results_of(visit=one, by=request.handler, now=request.now)
    answer = render(request, "screening/window/specimens.html", {
        "title": _("受診 No.%(no)s の検査結果") % {"no": one.pk},
        "trail": trail(one),
        "orders": [(order, laboratory.SPECIMENS.get(order.specimen, "")) for order in found],
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def open_laboratory(request: Any) -> HttpResponse:
    """A window to a laboratory, which the responsible handler then releases."""
    require_institution(request)
    return act_page(request, Act(
        title=_("検査機関の窓口を準備する"),
        form=typed.Chosen,
        form_kwargs={"organisations": own_visits.appointed_as(laboratory.PARTY, request.today)},
        do=lambda form: laboratory.open_laboratory(
            laboratory=form.cleaned_data["organisation"], by=request.handler, now=request.now
        ),
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=reverse("screening_clinic"),
        done=lambda made: _("窓口 %(number)s を準備しました。続けて封をし、取扱責任者が放出してください。")
        % {"number": made.number},
        submit=_("準備する"),
        facts=[(_("見せる項目"), "・".join(column.header for column in laboratory.COLUMNS))],
        template="screening/window/act.html",
        context={"trail": trail()},
    ))  # fmt: skip
