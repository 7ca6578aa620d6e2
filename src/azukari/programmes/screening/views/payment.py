"""委託料の支払: months, what a month would bill, statements prepared by one officer and approved by another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import Count, Q, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from azukari.parties.models import Handler
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web import exports, unchanged
from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..billing import OUTCOMES
from ..letters.statement import name_of_test
from ..models import Statement
from ..steps import payment as steps
from ..steps.state import PROGRAMME
from .common import may, years_to_choose

CHIPS = {"none": "gray", "waiting": "yellow", "approved": "green"}
STATES = {
    "none": gettext_lazy("まだ作っていません"),
    "waiting": gettext_lazy("承認待ち"),
    "approved": gettext_lazy("承認済"),
}


class YearChoice(forms.Form):
    year = forms.TypedChoiceField(label=gettext_lazy("年度"), coerce=int, required=False)

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(y, _("%(year)s年度") % {"year": y}) for y in years]  # type: ignore[attr-defined]


class StateFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("状態"), required=False,
        choices=[("", gettext_lazy("すべて")), *((key, STATES[key]) for key in ("waiting", "approved"))],
    )  # fmt: skip

    def narrow(self, rows: Any) -> Any:
        match self.cleaned_data["state"]:
            case "waiting":
                return rows.filter(approved_by=None)
            case "approved":
                return rows.exclude(approved_by=None)
        return rows


@dataclass(frozen=True)
class Month:
    """One month of a fiscal year; ``total``: yen of its statements."""

    first: date
    made: int
    waiting: int
    total: int

    @property
    def state(self) -> str:
        if not self.made:
            return "none"
        return "waiting" if self.waiting else "approved"

    @property
    def label(self) -> str:
        return month_name(self.first)

    @property
    def word(self) -> str:
        return str(STATES[self.state])

    @property
    def colour(self) -> str:
        return CHIPS[self.state]


def month_name(first: date) -> str:
    return _("%(year)s年%(month)s月分") % {"year": first.year, "month": first.month}


def month_url(name: str, first: date) -> str:
    return reverse(name, args=[first.year, first.month])


def yen(amount: int) -> str:
    return _("%(amount)s円") % {"amount": f"{amount:,}".replace("-", "−")}


@require_GET
@screen("billing.read")
def months(request: Any) -> HttpResponse:
    """The months of a fiscal year that have begun, each with how far it is."""
    this_year = fiscal_year(request.today)
    years = years_to_choose(request.today)
    form = YearChoice(request.GET or None, years=years)
    chosen = (form.cleaned_data["year"] if form.is_bound and form.is_valid() else 0) or this_year
    firsts = [date(chosen + (month < 4), month, 1) for month in (*range(4, 13), *range(1, 4))]
    firsts = [first for first in firsts if first <= request.today]
    counted = {
        month: told
        for month, *told in Statement.objects.filter(month__in=firsts).values_list("month").annotate(
            made=Count("pk"), waiting=Count("pk", filter=Q(approved_by=None)), total=Sum("total")
        ).order_by("month")
    }  # fmt: skip
    return render(request, "screening/figures/billing.html", {
        "title": _("委託料の支払"),
        "year": chosen,
        "choice": YearChoice({"year": chosen}, years=years),
        "months": [
            (one, month_url("screening_statements", one.first), month_url("screening_prepare_statements", one.first))
            for one in (Month(first, *counted.get(first, (0, 0, 0))) for first in reversed(firsts))
        ],
        "may_prepare": may(request, "billing.prepare"),
    })  # fmt: skip


def _month(request: Any, year: int, month: int) -> date:
    """404 for a month that does not exist or has not begun."""
    if not (2000 <= year <= request.today.year and 1 <= month <= 12):
        raise Http404
    first = date(year, month, 1)
    if first > request.today:
        raise Http404
    return first


# --- preparing


@require_http_methods(["GET", "POST"])
@screen("billing.prepare")
def prepare(request: Any, year: int, month: int) -> HttpResponse:
    """What would be billed and what not, and why; then the statements, in a job."""
    first = _month(request, year, month)
    told = unchanged.kept(("billing", first, unchanged.position()), lambda: steps.preview(first))
    waiting = Statement.objects.filter(approved_by=None).count()
    return act_page(request, Act(
        title=_("%(month)sの支払明細を作る") % {"month": month_name(first)},
        do=lambda form: {"month": first.isoformat()},
        then=month_url("screening_statements", first),
        submit=_("明細を作る"),
        facts=[
            (_("支払明細"), _("%(count)s医療機関") % {"count": f"{told.statements:,}"}),
            (_("請求する検査"), _tests(told.billed)),
            (_("取り消す検査（訂正）"), _tests(told.taken_back)),
            (_("差引支払額"), yen(told.net)),
            (_("以前の明細に含まれる検査"), _tests(told.before)),
        ],
        warnings=_warnings(request, first, told, waiting),
        seen=Seen(("month", first.isoformat()[:7]), told.mark),
        job="screening.statements",
        template="screening/figures/prepare.html",
        context={
            "not_billed": [(OUTCOMES[outcome], count) for outcome, count in told.not_billed],
            "outstanding": told.outstanding,
            "month_url": month_url("screening_statements", first),
            "month_name": month_name(first),
        },
    ))  # fmt: skip


def _tests(count: int) -> str:
    return _("%(count)s件") % {"count": f"{count:,}"}


def _warnings(request: Any, first: date, told: steps.Preview, waiting: int) -> list[str]:
    warnings = []
    if waiting:
        warnings.append(
            _("承認を待っている支払明細が%(count)s件あります。承認されるまで、次の明細は作れません。")
            % {"count": f"{waiting:,}"}
        )
    if (first.year, first.month) == (request.today.year, request.today.month):
        warnings.append(_("まだ終わっていない月です。今までに採用した結果だけを請求します。"))
    if not told.statements:
        warnings.append(_("請求する検査がないため、明細は作られません。"))
    return warnings


# --- statements


@require_GET
@screen("billing.read")
def statements(request: Any, year: int, month: int) -> HttpResponse:
    """A month's statements, one per institution and edition."""
    first = _month(request, year, month)
    rows = Statement.objects.filter(month=first).select_related("prepared_by", "approved_by").defer("lines")
    names = steps.names_of(list(rows.order_by().values_list("institution", flat=True).distinct()))
    table = Table(
        request, name="screening-statements", caption=_("%(month)sの支払明細") % {"month": month_name(first)},
        rows=rows.order_by("institution", "edition"),
        columns=[
            Column("no", _("明細"), _link, header=True),
            Column("institution", _("医療機関番号"), lambda s: s.institution, sort="institution"),
            Column("name", _("医療機関"), lambda s: names.get(s.institution, "")),
            Column("edition", _("版"), lambda s: s.edition, sort="edition", numeric=True),
            Column("total", _("差引支払額（円）"), lambda s: Cell(_amount(s.total), numeric=True, order=s.total),
                   sort="total", numeric=True),
            Column("prepared", _("作成"), lambda s: _who(s.prepared_at, s.prepared_by)),
            Column("state", _("状態"), lambda s: Cell(str(STATES[_state(s)]), chip=CHIPS[_state(s)])),
            Column("approved", _("承認"), lambda s: _who(s.approved_at, s.approved_by)),
        ],
        filters=StateFilter, act="billing.read", programme=PROGRAMME,
        empty=_("支払明細はありません。結果を採用した月の明細を作ると、ここに並びます。"),
    )  # fmt: skip
    links = []
    if may(request, "billing.prepare"):
        links = [(_("明細を作る"), month_url("screening_prepare_statements", first))]
    return table.response("screening/figures/statements.html", {"links": links, "place": "billing"})


def _link(one: Statement) -> Cell:
    return Cell(steps.number_of(one), href=reverse("screening_statement", args=[one.pk]))


def _state(one: Statement) -> str:
    return "approved" if one.approved_by_id else "waiting"


def _amount(number: int) -> str:
    return f"{number:,}".replace("-", "−")


def _who(at: Any, handler: Handler | None) -> str:
    return "" if handler is None else f"{localtime(at):%Y-%m-%d %H:%M} {handler.name}"


def _statement(number: int) -> Statement:
    found = Statement.objects.select_related("prepared_by", "approved_by").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Line:
    """A line as it is read: amounts with the sign of a correction."""

    test: str
    correction: bool
    month: str
    amounts: tuple[str, ...]


def _lines(told: Any) -> list[Line]:
    return [
        Line(
            name_of_test(row["test"], row["method"]), row["correction"], f"{row['examined_month']:%Y-%m}",
            tuple(_amount(row[key]) for key in ("unit_price", "count", "gross", "copayment", "net")),
        )
        for row in told.lines.iter_rows(named=True)
    ]  # fmt: skip


def _sums(told: Any) -> list[tuple[str, str]]:
    """The totals in the order in which they are added."""
    names = (
        ("count", _("件数")), ("gross", _("金額の計")), ("tax", _("消費税")), ("copayment", _("差し引く自己負担額")),
        ("net", _("差引支払額")),
    )  # fmt: skip
    if told.totals.is_empty():
        return []
    total = told.totals.row(0, named=True)
    return [(name, _tests(total[key]) if key == "count" else yen(total[key])) for key, name in names]


@require_GET
@screen("billing.read")
def statement(request: Any, number: int) -> HttpResponse:
    """One statement: its lines, its sums, who made it and who approved it."""
    found = _statement(number)
    told = steps.billing_of(found)
    name = steps.names_of([found.institution]).get(found.institution, "")
    return render(request, "screening/figures/statement.html", {
        "title": _("支払明細 %(number)s") % {"number": steps.number_of(found)},
        "statement": found,
        "institution": name,
        "state": STATES[_state(found)],
        "colour": CHIPS[_state(found)],
        "lines": _lines(told),
        "sums": _sums(told),
        "negative": found.total < 0,
        "may_approve": may(request, "billing.approve") and found.approved_by_id is None,
        "own": found.prepared_by_id == request.handler.pk,
        "month_url": month_url("screening_statements", found.month),
        "month_name": month_name(found.month),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("billing.approve")
def approve(request: Any, number: int) -> HttpResponse:
    """Another officer than who prepared it; only then may it be paid."""
    found = _statement(number)
    own = found.prepared_by_id == request.handler.pk
    name = steps.names_of([found.institution]).get(found.institution, "")
    return act_page(request, Act(
        title=_("支払明細 %(number)s を承認する") % {"number": steps.number_of(found)},
        do=lambda form: steps.approve(statement=found, by=request.handler, now=request.now),
        then=reverse("screening_statement", args=[number]),
        done=_("支払明細を承認しました。"),
        submit=_("承認する"),
        facts=[
            (_("医療機関"), f"{name}（{found.institution}）"),
            (_("月"), month_name(found.month)),
            *_sums(steps.billing_of(found)),
            (_("作成"), _who(found.prepared_at, found.prepared_by)),
        ],
        warnings=[_("作成した人は、自分で承認できません。")] if own else [],
        seen=Seen(("statement", str(found.pk)), _state(found)),
    ))  # fmt: skip


@require_GET
@screen("billing.read")
def paper(request: Any, number: int, kind: str) -> HttpResponse:
    """支払明細書 as PDF, or its lines as CSV."""
    found = _statement(number)
    name = f"screening-statement-{found.pk}.{kind}"
    if kind == "pdf":
        return download(steps.draw_statement(statement=found, by=request.handler, now=request.now), name)
    if kind != "csv":
        raise Http404
    content = steps.write_statement(statement=found, by=request.handler, now=request.now)
    return download(content, name, content_type=exports.KINDS["csv"].replace("utf-8", "shift_jis"))
