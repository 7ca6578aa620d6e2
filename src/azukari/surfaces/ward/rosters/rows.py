"""The rows of a roster: looked at for a purpose, a page at a time, each page in the access log."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.people import staged_listing
from azukari.people.models import Changeset, RowStatus
from azukari.people.roster import REMARKS
from azukari.web import exports
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen

from .. import purposes
from .forms import RejectedPurpose, RowPurpose
from .views import of


@require_http_methods(["GET", "POST"])
@screen("people.import")
def row_purpose(request: Any, number: int) -> HttpResponse:
    """Who looks at the rows says what for."""
    found = of(number)

    def then(form: Any) -> str:
        token = purposes.begin(request, _about(found), form.cleaned_data["purpose"])
        asked = {key: form.cleaned_data[key] for key in ("status", "remark") if form.cleaned_data[key]}
        return _address(found, token, asked)

    return act_page(request, Act(
        title=_("名簿 No.%(no)s の行を見る") % {"no": found.pk},
        form=RowPurpose,
        initial={"status": request.GET.get("status", ""), "remark": request.GET.get("remark", "")},
        do=lambda form: form,
        then=then,
        back=reverse("roster", args=[number]),
        submit=_("行を見る"),
        warnings=[_("行には住民や職員の番号と氏名が出ます。見たことは、目的と人とともにアクセスログに残ります。")],
    ))  # fmt: skip


def _about(found: Changeset) -> str:
    return f"roster-{found.pk}"


def _address(found: Changeset, token: str, asked: dict[str, str]) -> str:
    query = QueryDict(mutable=True)
    query.update(asked)
    address = reverse("roster_rows", args=[found.pk, token])
    return f"{address}?{query.urlencode()}" if asked else address


@require_GET
@screen("people.import")
def rows(request: Any, number: int, token: str) -> HttpResponse:
    """A page of rows; its address holds a status, a remark and a place, nothing of a person."""
    found = of(number)
    try:
        looking = purposes.of(request, _about(found), token)
    except purposes.Expired:
        messages.info(request, _("行を見始めてから15分がたちました。目的をもう一度入力してください。"))
        return HttpResponseRedirect(reverse("roster_row_purpose", args=[number]), status=303)
    status = request.GET.get("status", "")
    remark = request.GET.get("remark", "")
    status = status if status in RowStatus.values else ""
    remark = remark if remark in REMARKS else ""
    after = request.GET.get("after", "")
    page = staged_listing.list_staged(
        changeset=found, purpose=looking["purpose"], status=status, remark=remark, after=after, by=request.handler,
        now=request.now,
    )  # fmt: skip
    asked = {key: value for key, value in (("status", status), ("remark", remark)) if value}
    answer = render(request, "ward/rosters/rows.html", {
        "title": _("名簿 No.%(no)s の行") % {"no": found.pk},
        "roster": found,
        "page": page,
        "purpose": looking["purpose"],
        "form": RowPurpose(initial={**asked, "purpose": looking["purpose"]}),
        "statuses": RowStatus.choices,
        "remarks": list(REMARKS.items()),
        "status": status,
        "remark": remark,
        "first_url": _address(found, token, asked) if after else "",
        "next_url": _address(found, token, {**asked, "after": page.next}) if page.next else "",
        "total": _expected(found, status, remark),
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _expected(found: Changeset, status: str, remark: str) -> int | None:
    """How many rows there are to go through, where the counts say it."""
    if status and remark:
        return None
    if status:
        return int(found.counts["status"].get(status, 0))
    if remark:
        return int(found.counts["remarks"].get(remark, 0))
    return int(sum(found.counts["status"].values()))


@require_http_methods(["GET", "POST"])
@screen("people.import")
def rejected(request: Any, number: int) -> HttpResponse:
    """What cannot be taken, as a file for whoever sent the roster: lines, items, problems, remedies; no values."""
    found = of(number)
    form = RejectedPurpose(request.POST or None)
    if request.method == "POST" and form.is_valid():
        problems = staged_listing.list_rejected(
            changeset=found, purpose=form.cleaned_data["purpose"], by=request.handler, now=request.now
        )
        answer = exports.response(
            request, "csv", name=f"roster-{found.pk}-rejected", title=_("取り込めない行"), act="people.import",
            heads=[_("行"), _("項目"), _("問題"), _("直し方")],
            rows=[[one.line, one.field, one.problem, one.remedy] for one in problems],
        )  # fmt: skip
        answer["Cache-Control"] = "no-store"
        return answer
    count = sum(found.counts["status"].get(status, 0) for status in staged_listing.UNUSABLE)
    return act_page(request, Act(
        title=_("取り込めない行を書き出す"),
        form=RejectedPurpose,
        do=lambda form: None,
        then=reverse("roster", args=[number]),
        submit=_("CSV に書き出す"),
        facts=[(_("取り込めない行"), f"{count:,}")],
        warnings=[_("行の番号と項目と理由だけを書き出します。氏名や番号などの値は含みません。")],
    ))  # fmt: skip
