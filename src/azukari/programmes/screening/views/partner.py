"""The run on the contractors' side: what the printer and the encloser do with what they were handed, and no more.

Every view starts from a handover that the signed-in organisation received; anybody else's number is 404.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody import gate
from azukari.custody.models import Handover
from azukari.dossier.approval import in_force
from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, picture
from azukari.web.exports import download
from azukari.web.locking import Seen
from azukari.web.screens import screen

from ..code_file import NoCodes, read_codes
from ..models import ReprintRequest, Run, Sheet, VolumeNotice
from ..refusals import DoesNotBalance
from ..steps import mailing, printed, reprints
from ..steps.codes import Comparison, compare
from ..steps.overview import appointed
from ..steps.state import PROGRAMME, living
from ..work import office_of
from .forms import CodeFile, Forms, Sender, Spoiled

State = Handover.State
NOT_YET_HERE = (State.PREPARED, State.SEALED, State.WITHDRAWN)
PASS_ON, BRING_BACK = "④", "⑥"
SHOWN = 200


def _mine(request: Any, number: str) -> Handover:
    """A handover of this programme that the organisation received, or 404."""
    found = Handover.objects.filter(receiver=request.handler.organisation, programme=PROGRAMME)
    handover = found.exclude(state__in=NOT_YET_HERE).select_related("receiver", "sender").filter(number=number).first()
    if handover is None:
        raise Http404
    return handover


def _run(**of: Any) -> Run:
    found = Run.objects.select_related("handover__receiver", "handover__sender", "started_by__organisation")
    run = found.defer("counts", "difference").filter(**of).first()
    if run is None:
        raise Http404
    return run


def printers(request: Any, number: str) -> tuple[Run, Handover]:
    """The run whose data the organisation was handed to print."""
    handover = _mine(request, number)
    return _run(handover=handover), handover


def enclosers(request: Any, number: str) -> tuple[Run, Handover]:
    """The run whose printed sheets the organisation was handed to enclose."""
    handover = _mine(request, number)
    if handover.parent_id is None or handover.receiver_party != mailing.ENCLOSER:
        raise Http404
    return _run(handover=handover.parent_id), handover


def _seen(run: Run, number: str, *more: object) -> Seen:
    """What the page was drawn from. Who changed it is told of one's own handover only."""
    return Seen(("handover", number), "|".join(map(str, (run.state, bool(run.halted), *more))))


@require_GET
@screen("own.read")
def work(request: Any, number: str) -> HttpResponse:
    """What is to be done with this handover, what was done, and what came of it."""
    handover = _mine(request, number)
    if handover.receiver_party == mailing.ENCLOSER:
        return _enclosing(request, number)
    run, handover = printers(request, number)
    held = handover.state == State.ACKNOWLEDGED
    passed = Handover.objects.filter(parent=handover, sender=request.handler.organisation)
    passed = passed.exclude(state=State.WITHDRAWN).select_related("receiver").order_by("pk")
    steps = {one.step for one in passed}
    return render(request, "screening/printing.html", {
        "title": _("受渡し %(number)s の印字") % {"number": number},
        "run": run,
        "handover": handover,
        "held": held,
        "printed": run.state != Run.State.HANDED,
        "can_print": held and run.state == Run.State.HANDED,
        "can_ask": held and run.state == Run.State.PRINTED,
        "can_pass": held and run.state == Run.State.PRINTED and PASS_ON not in steps,
        "can_bring": held and run.state == Run.State.ENCLOSED and BRING_BACK not in steps,
        "totals": list(run.totals.filter(stage="印字", by__organisation=request.handler.organisation).order_by("-pk")),
        "files": printed.files_in(printed.sheets_folder(handover)) if held else [],
        "requests": _requests(run, handover) if held else [],
        "passed": passed,
    })  # fmt: skip


def _requests(run: Run, handover: Handover) -> list[tuple[ReprintRequest, bool]]:
    """Each request with whether its new sheet was drawn here."""
    found = ReprintRequest.objects.filter(run=run).select_related("sheet", "requested_by").order_by("-pk")[:SHOWN]
    folder = printed.reprints_folder(handover)
    return [(one, one.sheet is not None and bool(printed.files_in(folder / one.sheet.code))) for one in found]


@require_http_methods(["GET", "POST"])
@screen("run.work")
def print_sheets(request: Any, number: str) -> HttpResponse:
    """③ Draw every sheet, in a job."""
    run, handover = printers(request, number)
    given = VolumeNotice.objects.filter(run=run).first()
    return act_page(request, Act(
        title=_("受診券を印字する"),
        form=Sender,
        initial={"office": given.office if given else "", "telephone": given.telephone if given else ""},
        do=lambda form: {
            "run": run.pk, "office": form.cleaned_data["office"], "telephone": form.cleaned_data["telephone"],
        },
        then=reverse("screening_work", args=[number]),
        submit=_("印字を始める"),
        facts=[
            (_("受渡番号"), number),
            (_("印字する枚数"), _("%(count)s枚") % {"count": f"{handover.rows:,}"}),
        ],
        warnings=[
            _("差出人と問合せ先は、区の件数予告のとおりにしてください。途中で止まっても、続きから印字できます。")
        ],
        seen=_seen(run, number),
        job="screening.print",
    ))  # fmt: skip


@require_GET
@screen("data.read")
def sheets_file(request: Any, number: str, file: int) -> HttpResponse:
    """One file of printed sheets; taking it out is logged."""
    run, handover = printers(request, number)
    if file not in {one.number for one in printed.files_in(printed.sheets_folder(handover))}:
        raise Http404
    content = printed.take_sheets(run=run, number=file, by=request.handler, now=request.now)
    return download(content, f"{number}-{file:05d}.pdf")


@require_http_methods(["GET", "POST"])
@screen("run.work")
def ask_reprint(request: Any, number: str) -> HttpResponse:
    """A sheet was spoiled: ask the ward for a new one."""
    run, _handover = printers(request, number)
    return act_page(request, Act(
        title=_("汚損した帳票の再発行を申請する"),
        form=Spoiled,
        do=lambda form: reprints.request_reprint(
            run=run, code=form.cleaned_data["code"], reason=form.cleaned_data["reason"], by=request.handler,
            now=request.now,
        ),
        then=reverse("screening_work", args=[number]),
        done=lambda asked: _("帳票番号 %(code)s の再発行を申請しました。区の承認を待ってください。")
        % {"code": asked.code},
        submit=_("申請する"),
        warnings=[_("承認されるまで、元の帳票番号は有効です。承認されると無効になり、新しい番号で印字します。")],
    ))  # fmt: skip


def _reprint(request: Any, number: str, code: str) -> tuple[Run, Handover, Sheet]:
    run, handover = printers(request, number)
    found = Sheet.objects.select_related("voucher__run__handover__receiver", "voucher__run__started_by__organisation")
    sheet = found.filter(voucher__run=run, code=code, reprint_of__isnull=False).first()
    if sheet is None:
        raise Http404
    return run, handover, sheet


@require_http_methods(["GET", "POST"])
@screen("data.read")
def draw_reprint(request: Any, number: str, code: str) -> HttpResponse:
    """Draw the one sheet that was approved, with its new code."""
    run, handover, sheet = _reprint(request, number, code)
    given = VolumeNotice.objects.filter(run=run).first()
    return act_page(request, Act(
        title=_("再発行する帳票を印字する"),
        form=Sender,
        initial={"office": given.office if given else "", "telephone": given.telephone if given else ""},
        do=lambda form: mailing.draw_reprint(
            sheet=sheet,
            folder=printed.reprints_folder(handover),
            office=office_of(run, form.cleaned_data["office"], form.cleaned_data["telephone"]),
            by=request.handler,
            now=request.now,
        ),
        then=reverse("screening_work", args=[number]),
        done=_("1枚を印字しました。作業の画面からファイルを取り出せます。"),
        submit=_("印字する"),
        facts=[(_("新しい帳票番号"), sheet.code), (_("再発行の理由"), sheet.reason)],
    ))  # fmt: skip


@require_GET
@screen("data.read")
def reprint_file(request: Any, number: str, code: str) -> HttpResponse:
    """The sheet that was drawn again; taking it out is logged."""
    _run_of, handover, sheet = _reprint(request, number, code)
    if not printed.files_in(printed.reprints_folder(handover) / sheet.code):
        raise Http404
    return download(printed.take_reprint(sheet=sheet, by=request.handler, now=request.now), f"{number}-{code}.pdf")


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def pass_on(request: Any, number: str) -> HttpResponse:
    """④ The printed sheets go to the appointed sub-processor."""
    run, handover = printers(request, number)
    taker = appointed(mailing.ENCLOSER, request.today)
    return act_page(request, Act(
        title=_("印字した帳票を再委託先に渡す準備をする"),
        do=lambda form: mailing.pass_sheets(
            run=run, receiver=taker or handover.receiver, party=mailing.ENCLOSER, step=PASS_ON, by=request.handler,
            now=request.now,
        ),
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=reverse("screening_work", args=[number]),
        done=lambda made: _("受渡し %(number)s を準備しました（%(count)s枚）。続けて封をしてください。")
        % {"number": made.number, "count": f"{made.sheets:,}"},
        submit=_("準備する"),
        facts=[
            (_("渡す相手"), taker.name if taker else _("再委託先の選定が、今日は有効ではありません")),
            (_("枚数"), _("%(count)s枚") % {"count": f"{living(run).count():,}"}),
        ],
        seen=_seen(run, number),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def bring_back(request: Any, number: str) -> HttpResponse:
    """⑥ The enclosed mail is delivered to the ward."""
    run, handover = printers(request, number)
    return act_page(request, Act(
        title=_("封入封かんした郵便物を区に納品する準備をする"),
        do=lambda form: mailing.pass_sheets(
            run=run, receiver=handover.sender, party=gate.controller(in_force(PROGRAMME, request.today)),
            step=BRING_BACK, by=request.handler, now=request.now,
        ),
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=reverse("screening_work", args=[number]),
        done=lambda made: _("受渡し %(number)s を準備しました（%(count)s枚）。続けて封をしてください。")
        % {"number": made.number, "count": f"{made.sheets:,}"},
        submit=_("準備する"),
        facts=[
            (_("渡す相手"), handover.sender.name),
            (_("枚数"), _("%(count)s枚") % {"count": f"{living(run).count():,}"}),
        ],
        seen=_seen(run, number),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.return")
def return_forms(request: Any, number: str) -> HttpResponse:
    """残部帳票 without print come back counted."""
    run, handover = printers(request, number)
    before = handover.register.filter(act="forms").count()
    return act_page(request, Act(
        title=_("残部帳票の納品"),
        form=Forms,
        do=lambda form: mailing.return_blank_forms(
            run=run, forms=form.cleaned_data["forms"], by=request.handler, now=request.now
        ),
        then=reverse("screening_work", args=[number]),
        done=_("残部帳票の納品を管理簿に記録しました。"),
        submit=_("納品を記録する"),
        facts=[(_("これまでの納品"), _("%(count)s回") % {"count": before})],
        warnings=[_("印字のない帳票だけです。印字のあるものは、汚損として再発行を申請してください。")],
        seen=Seen(("handover", number), str(before)),
    ))  # fmt: skip


# --- the encloser


def _enclosing(request: Any, number: str) -> HttpResponse:
    run, handover = enclosers(request, number)
    held = handover.state == State.ACKNOWLEDGED
    last = _last_total(run, request)
    return render(request, "screening/enclosing.html", {
        "title": _("受渡し %(number)s の封入封かん") % {"number": number},
        "run": run,
        "handover": handover,
        "held": held,
        "enclosed": last is not None and not last.problems and last.expected == last.counted,
        "halted": bool(run.halted) and run.state == Run.State.PRINTED,
        "last": last,
        "can_read": held and run.state == Run.State.PRINTED,
    })  # fmt: skip


def _last_total(run: Run, request: Any) -> Any:
    own = run.totals.filter(stage="封入", by__organisation=request.handler.organisation)
    return own.select_related("by").order_by("-pk").first()


@require_http_methods(["GET", "POST"])
@screen("run.work")
def read_back(request: Any, number: str) -> HttpResponse:
    """The file of codes that the machine read: what is expected, read, missing, double, out of order, at once."""
    run, handover = enclosers(request, number)
    if handover.state != State.ACKNOWLEDGED:
        raise Http404
    form = CodeFile(request.POST, request.FILES) if request.method == "POST" else CodeFile()
    problems: list[str] = []
    comparison: Comparison | None = None
    if form.is_bound and form.is_valid():
        try:
            codes = read_codes(form.cleaned_data["file"])
            comparison = compare(codes, list(living(run).order_by("sequence").values_list("code", flat=True)))
            mailing.read_back(run=run, codes=codes, by=request.handler, now=request.now)
        except NoCodes as refusal:
            form.add_error("file", str(refusal))
        except DoesNotBalance:
            problems = [_("数又は順序が合いません。処理を停止しました。区に連絡してください。")]
        except Refusal as refusal:
            problems, comparison = str(refusal).splitlines(), None
        else:
            told = _("%(count)s枚の帳票番号が、すべて順番どおりに一致しました。") % {"count": f"{len(codes):,}"}
            messages.success(request, told)
            return HttpResponseRedirect(reverse("screening_work", args=[number]), status=303)
    return render(request, "screening/read_back.html", {
        "title": _("封入した帳票番号の照合"),
        "form": form,
        "handover": handover,
        "problems": problems,
        "has_errors": bool(problems or form.errors),
        "comparison": comparison,
        "differences": _differences(comparison) if comparison else [],
        "picture": _picture(comparison) if comparison else None,
        "back": reverse("screening_work", args=[number]),
    }, status=422 if problems or form.errors else 200)  # fmt: skip


def _differences(found: Comparison) -> list[tuple[str, int, Sequence[str]]]:
    """What differs: name, number, the first codes. Codes name nobody."""
    order = []
    if found.misplaced:
        place, got, should = found.misplaced
        order = [_("%(place)s番目: %(got)s（予定 %(should)s）") % {"place": place, "got": got, "should": should}]
    double = [_("%(code)s（%(times)s回）") % {"code": code, "times": times} for code, times in found.double[:SHOWN]]
    return [
        (_("不足"), len(found.missing), found.missing[:SHOWN]),
        (_("重複"), len(found.double), double),
        (_("過剰（この受渡しにない番号）"), len(found.foreign), found.foreign[:SHOWN]),
        (_("順序の入替わり（最初の1か所）"), len(order), order),
    ]


def _picture(found: Comparison) -> Picture:
    wrong = found.read != found.expected
    return picture(_("予定と読取り"), _("塗りは読み取った数、破線は予定の数です。"), [
        (_("予定"), found.expected, found.expected, f"{found.expected:,}", False),
        (_("読取り"), found.read, found.expected, f"{found.read:,}", wrong),
    ])  # fmt: skip
