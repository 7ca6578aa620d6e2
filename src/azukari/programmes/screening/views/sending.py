"""From the notice of volume to the post office and the run's close, on the ward's side."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.dossier.approval import in_force
from azukari.parties.models import Organisation
from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.screens import screen

from ..models import Run, VolumeNotice
from ..papers import volume_notice
from ..steps import mailing, printed
from ..steps.overview import appointed, items_for_printer, newly_stopped_counts, not_permitted_any_more
from ..steps.recheck import take_out_newly_stopped
from ..steps.state import PROGRAMME, living, may_still_change
from ..work import office_of
from .common import heading, run_of, run_url, seen
from .forms import HandOver, Notice, Pieces, Settle

State = Run.State
LISTED = (State.NUMBERED, State.PROOFED, State.HANDED)


def department(request: Any) -> str:
    """The approved paper's department, as a proposal for the sender."""
    try:
        return in_force(PROGRAMME, request.today).dossier.department
    except Refusal:
        return ""


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def notice(request: Any, year: int) -> HttpResponse:
    """件数予告: rows, day and sender, before any data is sent."""
    run = run_of(year)
    given = VolumeNotice.objects.filter(run=run).select_related("sent_by").first()
    printer = appointed(mailing.PRINTER, request.today)
    facts = [
        (_("予告先"), printer.name if printer else _("選定が記録されていません")),
        (_("件数"), f"{living(run).count():,}"),
    ]
    if given is not None:
        facts.append((_("前の予告"), f"{given.rows:,}（{given.planned_on.isoformat()} {given.sent_by.name}）"))
    return act_page(request, Act(
        title=heading(run, _("件数予告")),
        form=Notice,
        initial={
            "planned_on": given.planned_on if given else None,
            "office": (given.office if given else "") or department(request),
            "telephone": given.telephone if given else "",
        },
        do=lambda form: mailing.give_volume_notice(
            run=run, planned_on=form.cleaned_data["planned_on"], by=request.handler, now=request.now,
            office=office_of(run, form.cleaned_data["office"], form.cleaned_data["telephone"]),
        ),
        then=run_url(run),
        done=lambda told: _("%(count)s件を予告したことを記録しました。通知書の PDF を委託先に渡してください。")
        % {"count": f"{told.rows:,}"},
        submit=_("予告を記録する"),
        facts=facts,
        seen=seen(run, given.rows if given else "", given.sent_at if given else ""),
        template="screening/notice.html",
        context={"run": run, "given": given},
    ))  # fmt: skip


@require_GET
@screen("run.read")
def notice_pdf(request: Any, year: int) -> HttpResponse:
    """The notice on paper."""
    run = run_of(year)
    given = VolumeNotice.objects.filter(run=run).select_related("run", "sent_by").first()
    if given is None:
        raise Http404
    printer = appointed(mailing.PRINTER, request.today) or (run.handover.receiver if run.handover else None)
    office = office_of(run, given.office, given.telephone)
    content = volume_notice(notice=given, receiver=printer.name if printer else "", office=office)
    return download(content, f"screening-{year}-volume-notice.pdf")


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def hand_over(request: Any, year: int) -> HttpResponse:
    """① Prepare the printer's data, in a job; what goes, by which clause, and whether it is printed, is shown first."""
    run = run_of(year)
    given = VolumeNotice.objects.filter(run=run).first()
    stopped: list[tuple[str, int]] = []
    items, warnings = [], not_permitted_any_more(run, request.today)
    if request.method == "GET" and run.state in LISTED:
        stopped = newly_stopped_counts(run, request.today)
    try:
        items = items_for_printer(run, request.today)
    except Refusal as refusal:
        warnings.append(str(refusal))
    return act_page(request, Act(
        title=heading(run, _("委託先データの準備")),
        form=HandOver,
        form_kwargs={"printers": _printers(request)},
        do=lambda form: {
            "run": run.pk,
            "printer": form.cleaned_data["printer"].pk,
            "history": form.cleaned_data["history_because"].strip(),
            "replacements": form.cleaned_data["accept_replacements"].strip(),
        },
        then=run_url(run),
        submit=_("データを準備する"),
        facts=[
            (_("いまの状態"), run.get_state_display()),
            (_("印字する枚数"), f"{living(run).count():,}"),
            (_("件数予告"), f"{given.rows:,}" if given else _("まだ予告していません")),
        ],
        warnings=list(dict.fromkeys(warnings)),
        seen=seen(run),
        job="screening.hand_over",
        template="screening/hand_over.html",
        context={"run": run, "items": items, "stopped": stopped},
    ))  # fmt: skip


def _printers(request: Any) -> Any:
    """Organisations appointed as the printer of the paper, on this day."""
    found = appointed(mailing.PRINTER, request.today)
    return Organisation.objects.filter(pk__in=[found.pk] if found else [])


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def recheck(request: Any, year: int) -> HttpResponse:
    """Take out who died, moved or came under protection since the numbers were given."""
    run = run_of(year)
    counts: list[tuple[str, int]] = []
    if request.method == "GET" and (run.state == State.NUMBERED or may_still_change(run)):
        counts = newly_stopped_counts(run, request.today)
    return act_page(request, Act(
        title=heading(run, _("送れなくなった人の除外")),
        do=lambda form: take_out_newly_stopped(run=run, by=request.handler, now=request.now),
        then=run_url(run),
        done=lambda count: _("%(count)s人を外しました。件数予告を送り直してください。") % {"count": f"{count:,}"}
        if count
        else _("外す人はいませんでした。"),
        submit=_("外す"),
        facts=[
            *((label, _("%(count)s人") % {"count": f"{count:,}"}) for label, count in counts),
            (_("合計"), _("%(count)s人") % {"count": f"{sum(count for _label, count in counts):,}"}),
        ],
        warnings=[_("支援措置の対象になった人は、区の直接送付に移ります。ほかの人の受診券は無効になります。")],
        seen=seen(run),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("custody.settle")
def settle_halt(request: Any, year: int) -> HttpResponse:
    """The cause was found: the halt is lifted with a reason, and the step is done again."""
    run = run_of(year)
    last = run.totals.select_related("by").order_by("-pk").first()
    facts = [(_("停止の理由"), run.halted or _("停止していません"))]
    if run.halted and last is not None:
        facts.append((_("数えた人"), last.by.name))
        facts += [(_("不一致"), problem) for problem in last.problems[:20]]
    return act_page(request, Act(
        title=heading(run, _("停止の解除")),
        form=Settle,
        do=lambda form: mailing.settle_halt(
            run=run, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
        ),
        then=run_url(run),
        done=_("停止の解除を記録しました。止まった段階を、もう一度行ってください。"),
        submit=_("停止を解除する"),
        facts=facts,
        seen=seen(run),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def post(request: Any, year: int) -> HttpResponse:
    """⑦ What was counted at the post office must equal the sheets that live."""
    run = run_of(year)
    return act_page(request, Act(
        title=heading(run, _("発送")),
        form=Pieces,
        do=lambda form: mailing.post(
            run=run, pieces=form.cleaned_data["pieces"], by=request.handler, now=request.now
        ),
        then=run_url(run),
        done=_("発送を記録しました。数は一致しています。"),
        submit=_("発送を記録する"),
        facts=[(_("いまの状態"), run.get_state_display())],
        warnings=[
            _("郵便局で数えた通数を入力してください。数が合わないときは処理を停止し、理由を記録するまで進めません。")
        ],
        seen=seen(run),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def close(request: Any, year: int) -> HttpResponse:
    """The run is done; what was drawn for the ward's own pieces goes."""
    run = run_of(year)

    def do(_form: Any) -> None:
        mailing.close_run(run=run, by=request.handler, now=request.now)
        printed.drop_all_of_the_ward(run)

    return act_page(request, Act(
        title=heading(run, _("年次処理の完了")),
        do=do,
        then=run_url(run),
        done=_("年次処理を完了しました。続いて、年度の締めで残高を確かめてください。"),
        submit=_("処理を完了する"),
        facts=[(_("いまの状態"), run.get_state_display())],
        warnings=[_("完了すると、この年度の受診券は、この処理からは送れません。")],
        seen=seen(run),
    ))  # fmt: skip
