"""What the ward sends and gets back itself: its own list, late vouchers, returned mail, holds, who was stopped."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import AddressHold, Run, Sheet, Stop, VolumeNotice, Voucher
from ..steps import individual, printed
from ..steps.listing import check_late, list_stopped
from ..steps.overview import stop_counts
from ..work import office_of
from .common import begin_looking, heading, looking_of, may, run_of, run_url, seen
from .forms import Because, Pieces, ReturnedMail, Sender, StopPurpose
from .sending import department

PER_PAGE = 100
ABOUT_STOPS = "stops"


def sender_of(request: Any, run: Run) -> dict[str, str]:
    """Who sends the vouchers, as the notice of volume said."""
    given = VolumeNotice.objects.filter(run=run).first()
    return {
        "office": (given.office if given else "") or department(request),
        "telephone": given.telephone if given else "",
    }


# --- 区の直接送付分


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def own_list(request: Any, year: int) -> HttpResponse:
    """Draw the ward's own vouchers, in a job; then another person counts and posts them."""
    run = run_of(year)
    counts = _own_counts(run)
    return act_page(request, Act(
        title=heading(run, _("区の直接送付分")),
        form=Sender,
        initial=sender_of(request, run),
        do=lambda form: {
            "run": run.pk, "office": form.cleaned_data["office"], "telephone": form.cleaned_data["telephone"],
        },
        then=reverse("screening_own_list", args=[year]),
        back=run_url(run),
        submit=_("印字する"),
        facts=[
            (_("印字していない"), _("%(count)s枚") % {"count": f"{counts['issued']:,}"}),
            (_("印字して発送を待つ"), _("%(count)s枚") % {"count": f"{counts['printed']:,}"}),
            (_("発送した"), _("%(count)s枚") % {"count": f"{counts['posted']:,}"}),
        ],
        warnings=[_("支援措置の対象者と、個別に作成する人の分です。区の外には出ません。")],
        seen=seen(run, *counts.values()),
        job="screening.own_list",
        template="screening/own_list.html",
        context={"run": run, "files": printed.files_in(printed.own_folder(run)), "printed": counts["printed"]},
    ))  # fmt: skip


def _own_counts(run: Run) -> dict[str, int]:
    own = Sheet.objects.filter(voucher__run=run, voucher__channel=Voucher.Channel.WARD)
    return own.aggregate(
        issued=Count("pk", filter=Q(state=Sheet.State.ISSUED)),
        printed=Count("pk", filter=Q(state=Sheet.State.PRINTED)),
        posted=Count("pk", filter=Q(state__in=[Sheet.State.POSTED, Sheet.State.RETURNED])),
    )


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def post_own_list(request: Any, year: int) -> HttpResponse:
    """Another person than who printed counts the pieces and posts them."""
    run = run_of(year)

    def do(form: Any) -> int:
        count = individual.post_own_list(
            run=run, pieces=form.cleaned_data["pieces"], by=request.handler, now=request.now
        )
        printed.drop_own(run)
        return count

    return act_page(request, Act(
        title=heading(run, _("区の直接送付分の発送")),
        form=Pieces,
        do=do,
        then=run_url(run),
        back=reverse("screening_own_list", args=[year]),
        done=lambda count: _("%(count)s通の発送を記録しました。印字したファイルは消去しました。")
        % {"count": f"{count:,}"},
        submit=_("発送を記録する"),
        warnings=[_("印字した人とは別の人が、封筒を数えて入力してください。")],
        seen=seen(run, _own_counts(run)["printed"]),
    ))  # fmt: skip


@require_GET
@screen("run.prepare")
def own_file(request: Any, year: int, number: int) -> HttpResponse:
    """One file of the ward's own list; taking it out is logged."""
    run = run_of(year)
    if number not in {file.number for file in printed.files_in(printed.own_folder(run))}:
        raise Http404
    content = printed.take_own(run=run, number=number, by=request.handler, now=request.now)
    return download(content, f"screening-{year}-own-{number:05d}.pdf")


# --- 年度途中の発行


@require_GET
@screen("run.prepare")
def release_late(request: Any) -> HttpResponse:
    """Late vouchers that wait for a second person, and those released whose file is still here."""
    sheets = Sheet.objects.select_related("voucher__run").filter(requested_by__gt="")
    sheets = sheets.order_by("requested_by", "pk")  # in the order of the index
    waiting = sheets.filter(state=Sheet.State.ISSUED)
    done = sheets.filter(state=Sheet.State.POSTED, voucher__run__state__in=_open_states()).exclude(
        voucher__channel=Voucher.Channel.WARD
    )
    drawn = [
        s
        for s in done.order_by("-requested_by", "-pk")[:30]
        if printed.files_in(printed.late_folder(s.voucher.run) / s.code)
    ]
    return render(request, "screening/late.html", {
        "title": _("年度途中の発行の放出"),
        "waiting": [(sheet, sheet.requested_by == request.handler.key) for sheet in waiting[:100]],
        "drawn": drawn,
    })  # fmt: skip


def _open_states() -> list[str]:
    return [state for state in Run.State.values if state != Run.State.CLOSED]


def _late(code: str) -> Sheet:
    found = Sheet.objects.select_related("voucher__run__started_by__organisation", "voucher__person")
    sheet = found.filter(code=code).exclude(requested_by="").first()
    if sheet is None:
        raise Http404
    return sheet


@require_http_methods(["GET", "POST"])
@screen("handover.release", fresh=True)
def release_late_one(request: Any, code: str) -> HttpResponse:
    """Another person checks whom it is for and what it offers, and releases it; its page is drawn."""
    sheet = _late(code)
    run, voucher = sheet.voucher.run, sheet.voucher
    facts: list[tuple[str, Any]] = [(_("帳票番号"), sheet.code), (_("発行の理由"), sheet.reason)]
    if sheet.state == Sheet.State.ISSUED:
        facts += check_late(voucher=voucher, by=request.handler, now=request.now)
    page = act_page(request, Act(
        title=_("年度途中の受診券を放出する"),
        form=Sender,
        initial=sender_of(request, run),
        do=lambda form: individual.release_late(
            voucher=voucher,
            folder=printed.late_folder(run),
            office=office_of(run, form.cleaned_data["office"], form.cleaned_data["telephone"]),
            by=request.handler,
            now=request.now,
        ),
        then=reverse("screening_release_late"),
        done=_("放出しました。一覧から受診券の PDF を取り出し、印刷して発送してください。"),
        submit=_("放出する"),
        facts=facts,
        warnings=[_("発行を準備した人は、自分で放出できません。")] if sheet.requested_by == request.handler.key else [],
        seen=seen(run, sheet.code, sheet.state),
    ))  # fmt: skip
    page["Cache-Control"] = "no-store"
    return page


@require_GET
@screen("run.prepare")
def late_file(request: Any, code: str) -> HttpResponse:
    """The drawn late voucher; taking it out is logged."""
    sheet = _late(code)
    if not printed.files_in(printed.late_folder(sheet.voucher.run) / sheet.code):
        raise Http404
    return download(printed.take_late(sheet=sheet, by=request.handler, now=request.now), f"screening-{sheet.code}.pdf")


# --- 返戻


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def returned_mail(request: Any) -> HttpResponse:
    """One piece after the other: the code is read, the cause chosen, and the page is ready for the next."""
    return act_page(request, Act(
        title=_("返戻の記録"),
        form=ReturnedMail,
        initial={"cause": request.session.get("screening_cause", "")},
        do=lambda form: _returned(request, form.cleaned_data),
        then=reverse("screening_returned_mail"),
        back=reverse("screening_runs"),
        done=lambda hold: _("帳票番号 %(code)s の返戻を記録し、その住所への発送を保留しました。続けて読み取れます。")
        % {"code": hold.sheet.code},
        submit=_("返戻を記録する"),
        facts=[(_("保留中の住所"), f"{AddressHold.objects.filter(lifted_at=None).count():,}")],
    ))  # fmt: skip


def _returned(request: Any, cleaned: dict[str, str]) -> AddressHold:
    request.session["screening_cause"] = cleaned["cause"]
    return individual.record_returned_mail(
        code=cleaned["code"], cause=cleaned["cause"], by=request.handler, now=request.now
    )


@require_GET
@screen("run.prepare")
def holds(request: Any) -> HttpResponse:
    """Addresses to which nothing goes, by the code of the piece that came back; whose they are is not shown here."""
    rows = AddressHold.objects.filter(lifted_at=None).select_related("sheet").defer("address_key")
    table = Table(
        request, name="screening-holds", caption=_("返戻による保留"), rows=rows.order_by("-since", "-pk"),
        columns=[
            Column("since", _("開始日"), lambda hold: hold.since.isoformat(), sort="since", header=True),
            Column("code", _("戻った帳票番号"), lambda hold: hold.sheet.code if hold.sheet else ""),
            Column("cause", _("返戻の理由"), lambda hold: hold.cause, sort="cause"),
            Column("lift", _("処理"), _lift_cell),
        ],
        act="run.prepare", programme="screening",
        empty=_("保留している住所はありません。返戻を記録すると、ここに出ます。"),
    )  # fmt: skip
    return table.response("layout/table.html", {"back": reverse("screening_runs")})


def _lift_cell(hold: AddressHold) -> Cell:
    return Cell(_("解除する"), href=reverse("screening_lift_hold", args=[hold.pk]))


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def lift_hold(request: Any, number: int) -> HttpResponse:
    """The address was found right, or is another now: the hold is lifted with a reason."""
    found = AddressHold.objects.select_related("person", "sheet").filter(pk=number, lifted_at=None).first()
    if found is None:
        raise Http404
    return act_page(request, Act(
        title=_("返戻による保留の解除"),
        form=Because,
        do=lambda form: individual.lift_hold(
            hold=found, by=request.handler, now=request.now, reason=form.cleaned_data["reason"]
        ),
        then=reverse("screening_holds"),
        done=_("返戻による保留を解除しました。"),
        submit=_("保留を解除する"),
        facts=[
            (_("開始日"), found.since.isoformat()),
            (_("戻った帳票番号"), found.sheet.code if found.sheet else ""),
            (_("返戻の理由"), found.cause),
        ],
    ))  # fmt: skip


# --- 送らない人


@require_http_methods(["GET", "POST"])
@screen("run.read")
def stops(request: Any, year: int) -> HttpResponse:
    """How many were stopped and why."""
    run = run_of(year)
    return render(request, "screening/stops.html", {
        "title": heading(run, _("送らない人")),
        "run": run,
        "stops": stop_counts(run),
        "may_look": may(request, "people.look_up"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.look_up")
def stop_purpose(request: Any, year: int) -> HttpResponse:
    """Who looks at the list says what for."""
    run = run_of(year)
    return act_page(request, Act(
        title=heading(run, _("送らない人の一覧")),
        form=StopPurpose,
        initial={"reason": request.GET.get("reason", "")},
        do=lambda form: begin_looking(
            request, f"{ABOUT_STOPS}-{year}", form.cleaned_data["purpose"], form.cleaned_data["reason"]
        ),
        then=lambda looking: reverse("screening_stop_list", args=[year, looking.token]),
        back=reverse("screening_stops", args=[year]),
        submit=_("一覧を見る"),
        warnings=[_("一覧には宛名番号が出ます。見たことは、目的とともにアクセスログに残ります。")],
    ))  # fmt: skip


@require_GET
@screen("people.look_up")
def stop_list(request: Any, year: int, token: str) -> HttpResponse:
    """A page of the stopped; looking at it is logged."""
    run = run_of(year)
    looking = looking_of(request, f"{ABOUT_STOPS}-{year}", token)
    found = Stop.objects.filter(run=run, **({"reason": looking.reason} if looking.reason else {}))
    count = found.count()
    pages = max(1, -(-count // PER_PAGE))
    asked = request.GET.get("page", "1")
    page = min(max(int(asked), 1), pages) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    people = list_stopped(
        run=run, purpose=looking.purpose, reason=looking.reason, by=request.handler, now=request.now,
        start=(page - 1) * PER_PAGE, most=PER_PAGE,
    )  # fmt: skip
    answer = render(request, "screening/stop_list.html", {
        "title": heading(run, _("送らない人の一覧")),
        "run": run,
        "people": people,
        "count": count,
        "page": page,
        "pages": pages,
        "previous": page - 1,
        "next": page + 1,
        "purpose": looking.purpose,
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer
