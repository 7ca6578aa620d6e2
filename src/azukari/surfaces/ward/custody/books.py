"""The books: register, balances, what is overdue, discrepancies, certificates, closing of a year."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody import book, erasure, handovers, statement
from azukari.custody.models import Certificate, Closing, Discrepancy, Handover, RegisterEntry
from azukari.oversight import documents, keeping
from azukari.parties.acting import acting
from azukari.parties.models import Organisation
from azukari.parties.roles import ACTS
from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ... import papers
from .handovers import programme_choices

MOST_ON_PAPER = 5_000


class RegisterFilter(forms.Form):
    fiscal_year = forms.IntegerField(label=gettext_lazy("年度（西暦）"), required=False, min_value=2000, max_value=2200)
    programme = forms.ChoiceField(label=gettext_lazy("事業"), required=False, choices=programme_choices)
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("組織"), required=False, queryset=Organisation.objects.order_by("key"),
        to_field_name="key", empty_label=gettext_lazy("すべて"),
    )  # fmt: skip
    act = forms.ChoiceField(
        label=gettext_lazy("区分"), required=False,
        choices=[("", gettext_lazy("すべて")), *documents.ACTS.items()],
    )  # fmt: skip
    since = forms.DateField(label=gettext_lazy("いつから"), required=False, help_text=gettext_lazy("例: 2026-04-01"))
    until = forms.DateField(label=gettext_lazy("いつまで"), required=False)

    def narrow(self, rows: Any) -> Any:
        given = self.cleaned_data
        for key in ("fiscal_year", "programme", "act"):
            if given.get(key):
                rows = rows.filter(**{key: given[key]})
        if given.get("organisation"):
            key = given["organisation"].key
            rows = rows.filter(Q(giver=key) | Q(taker=key))
        if given.get("since"):
            rows = rows.filter(at__gte=make_aware(datetime.combine(given["since"], time.min)))
        if given.get("until"):
            rows = rows.filter(at__lte=make_aware(datetime.combine(given["until"], time.max)))
        return rows


@screen("custody.read")
def register(request: Any) -> HttpResponse:
    names = {**book.CONTRA, **dict(Organisation.objects.values_list("key", "name"))}
    table = Table(
        request, name="register", caption=_("管理簿"),
        rows=RegisterEntry.objects.select_related("handover").order_by("-pk"),
        columns=[
            Column("number", _("番号"), lambda e: Cell(str(e.pk), order=e.pk), sort="pk", header=True),
            Column("at", _("日時"), lambda e: Cell(documents.when(e.at), order=e.at), sort="at"),
            Column("act", _("区分"), lambda e: documents.ACTS.get(e.act, e.act), sort="act"),
            Column("handover", _("受渡番号"), lambda e: _handover_cell(e.handover)),
            Column("giver", _("渡した側"), lambda e: names.get(e.giver, e.giver), sort="giver"),
            Column("taker", _("受けた側"), lambda e: names.get(e.taker, e.taker), sort="taker"),
            Column("what", _("情報の内容"), lambda e: e.what),
            Column("persons", _("人数"), lambda e: e.persons, sort="persons", numeric=True),
            Column("sheets", _("枚数"), lambda e: e.sheets, sort="sheets", numeric=True),
        ],
        filters=RegisterFilter, act="custody.read", empty=_("まだ記録はありません。受渡しをすると、自動で書かれます。"),
    )  # fmt: skip
    if request.GET.get("format") == "pdf":
        return _register_pdf(request, table)
    query = request.GET.copy()
    query["format"] = "pdf"
    return table.response(context={"links": [(_("PDF にする"), f"?{query.urlencode()}")]})


def _handover_cell(handover: Handover | None) -> Cell:
    return Cell(handover.number, href=reverse("handover", args=[handover.number])) if handover else Cell("")


def _register_pdf(request: Any, table: Table) -> HttpResponse:
    with acting(by=request.handler, act="custody.read", now=request.now) as record:
        record(purpose="管理簿の書き出し", format="pdf", rows=table.total)
    printed = f"{documents.when(request.now)} {request.handler.name}"
    scope = _("%(count)s件") % {"count": f"{table.total:,}"}
    pdf = documents.register(table.chosen[:MOST_ON_PAPER], title=_("個人情報管理簿"), scope=scope, printed=printed)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="register-{request.today:%Y%m%d}.pdf"'
    return answer


@screen("custody.read")
def balances(request: Any) -> HttpResponse:
    """Who holds how many persons' data now, as bars and as a table; exports of the whole statement."""
    names = {**book.CONTRA, **dict(Organisation.objects.values_list("key", "name"))}
    programmes = papers.names()
    held = keeping.holdings()
    most = max((one.persons for one in held), default=0)
    bars = [(one, one.persons * 400 // most if most else 0, 28 * n) for n, one in enumerate(held)]
    table = Table(
        request, name="balances", caption=_("残高の内訳"), rows=book.open_balances(home=settings.AZUKARI_HOME),
        columns=[
            Column("account", _("組織"), lambda b: names.get(b.account, b.account), header=True, sort="account"),
            Column("programme", _("事業"), lambda b: programmes.get(b.programme, b.programme), sort="programme"),
            Column("fiscal_year", _("年度"), lambda b: Cell(str(b.fiscal_year), order=b.fiscal_year),
                   sort="fiscal_year"),
            Column("item_group", _("項目の区分"), lambda b: b.item_group, sort="item_group"),
            Column("medium", _("媒体"), lambda b: documents.MEDIA.get(b.medium, b.medium), sort="medium"),
            Column("persons", _("人数"), lambda b: b.persons, numeric=True, sort="persons"),
            Column("sheets", _("枚数"), lambda b: b.sheets, numeric=True, sort="sheets"),
        ],
        act="custody.read", empty=_("どの組織の残高も0です。預けたままのものはありません。"),
    )  # fmt: skip
    return table.response("ward/custody/balances.html", {
        "title": _("残高"), "bars": bars, "height": 28 * len(bars) + 8, "compare": CompareForm(),
    })  # fmt: skip


class CompareForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("相手の残高書（statement）"))


@screen("custody.read")
def compare(request: Any) -> HttpResponse:
    """Our books against the statement of another instance: they must agree, as two banks' books do."""
    told: list[str] = []

    def do(form: Any) -> None:
        text = form.cleaned_data["file"].read().decode("utf-8", errors="replace")
        theirs = statement.read_statement(text)
        told.extend(
            statement.compare(statement.statement(other=theirs.of), theirs) or [_("両方の帳簿は一致しています。")]
        )

    answer = act_page(request, Act(
        title=_("相手の帳簿と比べる"), form=CompareForm, do=do, then=reverse("balances"), submit=_("比べる"),
    ))  # fmt: skip
    if not told:
        return answer
    return render(request, "ward/custody/compared.html", {"title": _("相手の帳簿と比べる"), "told": told})


@screen("custody.read")
def overdue(request: Any) -> HttpResponse:
    table = Table(
        request, name="overdue", caption=_("期限を過ぎたもの"), rows=keeping.overdue(request.today),
        columns=[
            Column("handover", _("受渡番号"), lambda o: Cell(o.handover, href=reverse("handover", args=[o.handover])),
                   header=True, sort="handover"),
            Column("organisation", _("組織"), lambda o: o.organisation, sort="organisation"),
            Column("what", _("していないこと"), lambda o: Cell(o.what, chip="red"), sort="what"),
            Column("due_on", _("期限"), lambda o: Cell(to_wareki(o.due_on, "long"), order=o.due_on), sort="due_on"),
            Column("days", _("過ぎた日数"), lambda o: o.days, sort="days", numeric=True),
        ],
        act="custody.read", empty=_("期限を過ぎたものはありません。"),
    )  # fmt: skip
    return table.response()


class OpenFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("状態"), required=False,
        choices=[("", gettext_lazy("すべて")), ("open", gettext_lazy("まだ")), ("done", gettext_lazy("済"))],
    )  # fmt: skip
    field = ""

    def narrow(self, rows: Any) -> Any:
        chosen = self.cleaned_data["state"]
        return rows.filter(**{f"{self.field}__isnull": chosen == "open"}) if chosen else rows


class DiscrepancyFilter(OpenFilter):
    field = "settled_at"


class CertificateFilter(OpenFilter):
    field = "confirmed_at"


@screen("custody.read")
def discrepancies(request: Any) -> HttpResponse:
    may = request.handler.role in ACTS["custody.settle"]
    table = Table(
        request, name="discrepancies", caption=_("不一致"),
        rows=Discrepancy.objects.select_related("handover").order_by("settled_at", "-pk"),
        columns=[
            Column("number", _("番号"), lambda d: _settle_cell(d, may), header=True, sort="pk"),
            Column("found_at", _("見付けた日時"), lambda d: Cell(documents.when(d.found_at), order=d.found_at),
                   sort="found_at"),
            Column("handover", _("受渡番号"), lambda d: _handover_cell(d.handover)),
            Column("expected", _("予定"), lambda d: d.expected),
            Column("found", _("実際"), lambda d: d.found),
            Column("state", _("状態"), lambda d: Cell(_("解決済"), chip="green") if d.settled_at
                   else Cell(_("未解決"), chip="red")),
            Column("settlement", _("解決の内容"), lambda d: d.settlement),
        ],
        filters=DiscrepancyFilter, act="custody.read", empty=_("不一致はありません。"),
    )  # fmt: skip
    return table.response()


def _settle_cell(discrepancy: Discrepancy, may: bool) -> Cell:
    text = _("%(number)s を解決する") % {"number": discrepancy.pk}
    if may and discrepancy.settled_at is None:
        return Cell(text, href=reverse("discrepancy_settle", args=[discrepancy.pk]))
    return Cell(str(discrepancy.pk))


class SettleForm(forms.Form):
    settlement = forms.CharField(
        label=gettext_lazy("原因と処置"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))  # fmt: skip
    accept = forms.BooleanField(
        label=gettext_lazy("受領したものとして扱う"), required=False,
        help_text=gettext_lazy("確かめた結果、データに誤りがなかったときだけ"),
    )  # fmt: skip


@screen("custody.settle")
def settle(request: Any, pk: int) -> HttpResponse:
    found = Discrepancy.objects.select_related("handover__receiver").filter(pk=pk).first()
    if found is None:
        raise Http404
    number = found.handover.number if found.handover else ""
    return act_page(request, Act(
        title=_("不一致を解決する"), form=SettleForm, then=reverse("discrepancies"), done=_("解決を記録しました。"),
        seen=Seen(("discrepancy", str(pk)), str(found.settled_at)),
        facts=[(_("受渡番号"), number), (_("予定"), found.expected), (_("実際"), found.found)],
        do=lambda form: handovers.settle(
            discrepancy=found, by=request.handler, now=request.now, settlement=form.cleaned_data["settlement"],
            accept=form.cleaned_data["accept"]),
    ))  # fmt: skip


@screen("custody.read")
def certificates(request: Any) -> HttpResponse:
    table = Table(
        request, name="certificates", caption=_("消去証明書"),
        rows=Certificate.objects.select_related("handover__receiver", "issued_by").order_by("-pk"),
        columns=[
            Column("number", _("証明書番号"),
                   lambda c: Cell(c.number, href=reverse("handover", args=[c.handover.number])),
                   header=True, sort="number"),
            Column("receiver", _("発行した組織"), lambda c: c.handover.receiver.name, sort="handover__receiver__name"),
            Column("issued_at", _("発行"), lambda c: Cell(documents.when(c.issued_at), order=c.issued_at),
                   sort="issued_at"),
            Column("issued_by", _("発行した人"), lambda c: c.issued_by.name),
            Column("persons", _("人数"), lambda c: c.persons, numeric=True, sort="persons"),
            Column("sheets", _("枚数"), lambda c: c.sheets, numeric=True, sort="sheets"),
            Column("confirmed_at", _("区の確認"), lambda c: Cell(documents.when(c.confirmed_at), chip="green")
                   if c.confirmed_at else Cell(_("確認待ち"), chip="yellow"), sort="confirmed_at"),
        ],
        filters=CertificateFilter, act="custody.read",
        empty=_("消去証明書はまだありません。委託先が消去して発行すると、ここに並びます。"),
    )  # fmt: skip
    return table.response()


@screen("custody.read")
def closings(request: Any) -> HttpResponse:
    """What hinders each year that has handovers, and the years that are closed."""
    done = {(c.programme, c.fiscal_year): c for c in Closing.objects.select_related("closed_by")}
    years = Handover.objects.order_by("-fiscal_year", "programme").values_list("programme", "fiscal_year").distinct()
    open_years = [key for key in years if key not in done][:10]
    names = papers.names()
    return render(request, "ward/custody/closings.html", {
        "title": _("年度の締め"),
        "open_years": [
            (names.get(programme, programme), reverse("closing", args=[programme, year]), year,
             erasure.what_hinders_closing(programme=programme, fiscal_year=year))
            for programme, year in open_years
        ],
        "closed": [(names.get(one.programme, one.programme), one) for one in done.values()],
        "may_close": request.handler.role in ACTS["custody.close"],
    })  # fmt: skip


@screen("custody.close", fresh=True)
def close(request: Any, programme: str, fiscal_year: int) -> HttpResponse:
    if not Handover.objects.filter(programme=programme, fiscal_year=fiscal_year).exists():
        raise Http404
    return act_page(request, Act(
        title=_("%(year)s年度を締める") % {"year": fiscal_year}, then=reverse("closings"), done=_("年度を締めました。"),
        danger=True,
        facts=[
            (_("事業"), papers.names().get(programme, programme)), (_("年度"), documents.year_name(fiscal_year))
        ],
        warnings=erasure.what_hinders_closing(programme=programme, fiscal_year=fiscal_year),
        do=lambda form: erasure.close_year(
            programme=programme, fiscal_year=fiscal_year, by=request.handler, now=request.now),
    ))  # fmt: skip
