"""精密検査の追跡: what is due, letters in two pairs of hands, and one case from its opening to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act, act_page
from azukari.web.bars import picture
from azukari.web.exports import download
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..follow_up import ACT_NAMES, Report
from ..follow_up import Act as Due
from ..models import FollowUpEvent, FollowUpLetter, WorkUp
from ..rules import screening_parameters
from ..steps import follow_up as steps
from ..steps import follow_up_files, printed
from ..steps.follow_up_cases import READY, DueCount, due_counts, read_case
from ..vouchers import Office
from .common import may
from .forms import Pieces, Sender
from .result_forms import CaseFilter, CloseCase, Enquiry, FacilityReport, FollowUpNote, ReopenCase, SelfReport
from .sending import department

OUTCOME_CHIPS = {"unknown": "gray", "not_attended": "yellow", "suspected": "yellow", "cancer": "blue"}
REPLY_WITHIN = timedelta(days=28)
WRITTEN = (Due.LETTER, Due.REMINDER)


# --- the work list


@require_GET
@screen("follow_up.record")
def cases(request: Any) -> HttpResponse:
    """Open cases by what is due next. Cases have numbers here, no names."""
    rows = WorkUp.objects.select_related("result").only(
        "pk", "opened_at", "next_act", "next_due", "closed_at", "result__fiscal_year"
    ).order_by("next_due", "pk")  # fmt: skip
    table = Table(
        request, name="screening-follow-up", caption=_("精密検査の案件"),
        rows=rows if request.GET else rows.filter(closed_at=None),
        columns=[
            Column("no", _("案件"), lambda c: Cell(f"No.{c.pk}", href=_case_url(c), order=c.pk), sort="pk",
                   header=True),
            Column("year", _("年度"), lambda c: Cell(str(c.result.fiscal_year), order=c.result.fiscal_year),
                   sort="result__fiscal_year"),
            Column("opened", _("開始"), _opened, sort="opened_at"),
            Column("act", _("次の対応"), lambda c: _act_name(c), sort="next_act"),
            Column("due", _("期限"), lambda c: Cell(str(c.next_due), order=c.next_due) if c.next_due else "",
                   sort="next_due"),
            Column("mark", _("期限の状態"), lambda c: _mark(c, request.today)),
        ],
        filters=CaseFilter, form_kwargs={"on": request.today}, act="follow_up.record", programme="screening",
        empty=_("この条件の案件はありません。要精検の結果を採用すると、案件ができます。"),
    )  # fmt: skip
    counts = due_counts(on=request.today)
    return table.response("screening/follow_up/cases.html", {
        "counts": [(one, _count_name(one), _letter_url(one)) for one in counts],
        "picture": picture(_("次の対応ごとの案件"), _("塗りは期限が来た件数、破線は全件数です。"), [
            (_count_name(one), one.due, one.cases, _due_text(one), False)
            for one in counts
            if one.act != READY and one.cases
        ]),
        "waiting": FollowUpLetter.objects.filter(released_at=None).count(),
    })  # fmt: skip


def _case_url(found: WorkUp) -> str:
    return reverse("screening_case", args=[found.pk])


def _opened(found: WorkUp) -> Cell:
    day = timezone.localdate(found.opened_at)
    return Cell(day.isoformat(), order=day)


def _act_name(found: WorkUp) -> str:
    if found.closed_at is not None:
        return _("なし（終了）")
    return ACT_NAMES[Due(found.next_act)] if found.next_act else _("終了できる")


def _count_name(one: DueCount) -> str:
    return ACT_NAMES[Due(one.act)] if one.act else _("結果を把握した（終了できる）")


def _due_text(one: DueCount) -> str:
    told = f"{one.due:,} / {one.cases:,}"
    return told + (_("（超過 %(count)s）") % {"count": f"{one.overdue:,}"} if one.overdue else "")


def _letter_url(one: DueCount) -> str:
    written = one.act in [act.value for act in WRITTEN] and one.due
    return reverse("screening_prepare_letters", args=[one.act]) if written else ""


def _mark(found: WorkUp, today: Any) -> Cell:
    """In words, whatever the colour."""
    if found.closed_at is not None:
        return Cell(_("終了"), chip="gray")
    if found.next_due is None:
        return Cell(_("終了できる"), chip="green")
    days = (today - found.next_due).days
    if days > 0:
        return Cell(_("期限を%(days)s日超過") % {"days": days}, chip="red", order=days)
    return Cell(_("今日が期限"), chip="yellow", order=0) if days == 0 else Cell(_("期限前"), chip="gray", order=days)


# --- letters


@require_GET
@screen("follow_up.record")
def letters(request: Any) -> HttpResponse:
    """Every batch of letters, those that wait for their release first."""
    found = FollowUpLetter.objects.select_related("prepared_by", "released_by")
    return render(request, "screening/follow_up/letters.html", {
        "title": _("精密検査の案内の発送"),
        "waiting": found.filter(released_at=None).order_by("pk")[:50],
        "sent": found.exclude(released_at=None).order_by("-pk")[:50],
        "due": [(one, _count_name(one), url) for one in due_counts(on=request.today) if (url := _letter_url(one))],
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def prepare(request: Any, act: str) -> HttpResponse:
    """How many letters go and how many may not, and why; then the batch is made, to be drawn and released."""
    if act not in [one.value for one in WRITTEN]:
        raise Http404
    due = steps.letters_due(act=Due(act), on=request.today)
    going = len(due.going)
    return act_page(request, Act(
        title=_("%(what)s：対象を確かめる") % {"what": ACT_NAMES[Due(act)]},
        do=lambda form: steps.prepare_letters(act=Due(act), by=request.handler, now=request.now),
        then=lambda batch: reverse("screening_letter_batch", args=[batch.pk]),
        back=reverse("screening_follow_up"),
        done=lambda batch: _("%(count)s通の発送を準備しました。次に PDF を作り、別の人が数えて発送します。")
        % {"count": f"{batch.letters:,}"},
        submit=_("%(count)s通を準備する") % {"count": f"{going:,}"},
        facts=[
            (_("送る案件（1件に1通）"), f"{going:,}"),
            *((_("送らない：%(why)s") % {"why": why}, f"{n:,}") for why, n in sorted(due.withheld.items())),
        ],
        warnings=[] if going else [_("送る人がいません。期限の来た案件がないか、準備済みの案内が発送を待っています。")],
        template="screening/follow_up/act.html",
        seen=Seen(("kind", act), f"{going}|{sorted(due.withheld.items())}"),
    ))  # fmt: skip


def _batch(number: int) -> FollowUpLetter:
    found = FollowUpLetter.objects.select_related("prepared_by", "released_by").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _batch_facts(batch: FollowUpLetter) -> list[tuple[str, str]]:
    return [
        (_("区分"), batch.get_kind_display()),
        (_("通数"), f"{batch.letters:,}"),
        *((_("送らない：%(why)s") % {"why": why}, f"{n:,}") for why, n in sorted(batch.withheld.items())),
        (_("準備した人"), batch.prepared_by.name),
        (_("発送した人"), batch.released_by.name if batch.released_by else _("まだ発送していません")),
    ]


@require_GET
@screen("follow_up.record")
def letter_batch(request: Any, number: int) -> HttpResponse:
    """One batch: its files until it was posted, and who may release it."""
    batch = _batch(number)
    return render(request, "screening/follow_up/letter_batch.html", {
        "title": _("精密検査の案内 No.%(no)s") % {"no": batch.pk},
        "batch": batch,
        "facts": _batch_facts(batch),
        "files": printed.files_in(follow_up_files.letters_folder(batch)),
        "own": batch.prepared_by_id == request.handler.pk,
        "may_release": may(request, "follow_up.release"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def draw(request: Any, number: int) -> HttpResponse:
    """The letters as PDF, in a job."""
    batch = _batch(number)
    here = reverse("screening_letter_batch", args=[batch.pk])
    return act_page(request, Act(
        title=_("精密検査の案内 No.%(no)s の PDF を作る") % {"no": batch.pk},
        form=Sender,
        initial={"office": department(request)},
        do=lambda form: {
            "batch": batch.pk, "office": form.cleaned_data["office"], "telephone": form.cleaned_data["telephone"],
        },
        then=here,
        submit=_("PDF を作る"),
        facts=_batch_facts(batch),
        seen=Seen(("batch", str(batch.pk)), str(batch.released_at)),
        job="screening.follow_up_letters",
        template="screening/follow_up/act.html",
    ))  # fmt: skip


@require_GET
@screen("follow_up.record")
def letter_file(request: Any, number: int, file: int) -> HttpResponse:
    """One file of letters; taking it out is logged."""
    batch = _batch(number)
    if file not in {one.number for one in printed.files_in(follow_up_files.letters_folder(batch))}:
        raise Http404
    content = follow_up_files.take_letters(batch=batch, number=file, by=request.handler, now=request.now)
    return download(content, f"follow-up-{batch.pk}-{file:05d}.pdf")


@require_http_methods(["GET", "POST"])
@screen("follow_up.release", fresh=True)
def release(request: Any, number: int) -> HttpResponse:
    """Another person than who prepared them counts the letters and lets them go."""
    batch = _batch(number)

    def do(form: Any) -> None:
        steps.release_letters(batch=batch, pieces=form.cleaned_data["pieces"], by=request.handler, now=request.now)
        follow_up_files.drop_letters(batch)

    own = batch.prepared_by_id == request.handler.pk
    return act_page(request, Act(
        title=_("精密検査の案内 No.%(no)s を発送する") % {"no": batch.pk},
        form=Pieces,
        do=do,
        then=reverse("screening_letter_batch", args=[batch.pk]),
        done=_("発送を記録し、PDF を消去しました。案件の期限は次の対応に移りました。"),
        submit=_("数えて発送した"),
        facts=_batch_facts(batch),
        warnings=[_("準備した人は、自分で発送を記録できません。")] if own else [],
        seen=Seen(("batch", str(batch.pk)), str(batch.released_at)),
        template="screening/follow_up/act.html",
    ))  # fmt: skip


# --- one case


def _case(number: int) -> WorkUp:
    found = WorkUp.objects.select_related("person", "result", "closed_by").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


@require_GET
@screen("follow_up.record")
def case(request: Any, number: int) -> HttpResponse:
    """The person, the result, what happened, what counts as known and why, and what can be done next."""
    found = _case(number)
    answer = render(request, "screening/follow_up/case.html", {
        "title": _("精密検査の案件 No.%(no)s") % {"no": found.pk},
        "case": found,
        "read": read_case(work_up=found, by=request.handler, now=request.now),
        "chip": OUTCOME_CHIPS.get(found.outcome, "green"),
        "act": _act_name(found),
        "mark": _mark(found, request.today),
        "papers": follow_up_files.enquiries(found),
        "last": _last_day(found),
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _last_day(found: WorkUp) -> Any:
    """From when on a case may end although its outcome is not known."""
    opened = timezone.localdate(found.opened_at)
    return opened + timedelta(days=screening_parameters().at(opened).number("follow_up.close_after_days"))


def _act(
    request: Any, found: WorkUp, what: str, form: type[forms.Form], do: Callable[[Any], object], **more: Any
) -> HttpResponse:
    """The page of something that is done about a case."""
    last = found.events.order_by("-pk").values_list("pk", flat=True).first()
    return act_page(request, Act(
        title=_("案件 No.%(no)s：%(what)s") % {"no": found.pk, "what": what},
        form=form,
        do=do,
        then=_case_url(found),
        done=more.pop("done", _("%(what)sを記録しました。") % {"what": what}),
        submit=more.pop("submit", _("記録する")),
        facts=[
            (_("把握した結果"), found.get_outcome_display()),
            (_("次の対応"), _act_name(found)),
            *more.pop("facts", ()),
        ],
        seen=Seen(("case", str(found.pk)), f"{last}|{found.closed_at}"),
        template="screening/follow_up/act.html",
        context={"case": found},
        **more,
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def call(request: Any, number: int) -> HttpResponse:
    """A call, with whom and what was heard."""
    found = _case(number)
    return _act(request, found, _("電話"), FollowUpNote, lambda form: steps.record_call(
        work_up=found, note=form.cleaned_data["note"], by=request.handler, now=request.now
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def enquiry(request: Any, number: int) -> HttpResponse:
    """A hospital is asked for the outcome, on a paper that is drawn at once."""
    found = _case(number)

    def do(form: Any) -> FollowUpEvent:
        asked = form.cleaned_data
        office = Office(request.handler.organisation.name, asked["office"], asked["telephone"])
        code = asked["postal_code"].replace("-", "")
        return follow_up_files.enquire(
            work_up=found,
            hospital=follow_up_files.Hospital(asked["hospital"], code, asked["address"]),
            reply=follow_up_files.ReplyTo(office, asked["reply_to"], asked["reply_by"]),
            by=request.handler, now=request.now,
        )  # fmt: skip

    return _act(
        request, found, _("医療機関への照会"), Enquiry, do, submit=_("照会の用紙を作り、記録する"),
        initial={"office": department(request), "reply_by": request.today + REPLY_WITHIN},
        done=_("照会を記録し、用紙を作りました。下の経過から PDF を取り出してください。"),
    )  # fmt: skip


@require_GET
@screen("follow_up.record")
def enquiry_file(request: Any, number: int, event: int) -> HttpResponse:
    """The paper of one question; taking it out is logged."""
    asked = FollowUpEvent.objects.select_related("work_up__person").filter(pk=event, work_up=number).first()
    if asked is None or event not in follow_up_files.enquiries(asked.work_up):
        raise Http404
    content = follow_up_files.take_enquiry(event=asked, by=request.handler, now=request.now)
    return download(content, f"enquiry-{number}-{event}.pdf")


def _report(request: Any, number: int, what: str, form: type[forms.Form], *, by_facility: bool) -> HttpResponse:
    found = _case(number)

    def do(form: Any) -> FollowUpEvent:
        told = form.cleaned_data
        report = Report(by_facility, told["examined_on"], told["facility"].strip(), told["method"], told["outcome"])
        return steps.record_report(
            work_up=found, report=report, detail=told["detail"], note=told["note"], by=request.handler, now=request.now
        )

    def done(event: FollowUpEvent) -> str:
        if event.counted:
            return _("報告を記録しました。把握として数えます。")
        return _("報告を記録しました。まだ把握としては数えません。理由は下に出ています。")

    return _act(request, found, what, form, do, done=done)


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def facility_report(request: Any, number: int) -> HttpResponse:
    """What the facility of the further examination reported."""
    return _report(request, number, _("医療機関からの報告"), FacilityReport, by_facility=True)


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def self_report(request: Any, number: int) -> HttpResponse:
    """What the person said; it counts with day, facility, method and result all told."""
    return _report(request, number, _("本人からの報告"), SelfReport, by_facility=False)


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def not_attended(request: Any, number: int) -> HttpResponse:
    """It is known that the person did not go: another thing than not knowing."""
    found = _case(number)
    return _act(request, found, _("受診していないことの確認"), FollowUpNote, lambda form: steps.record_not_attended(
        work_up=found, note=form.cleaned_data["note"], by=request.handler, now=request.now
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def close(request: Any, number: int) -> HttpResponse:
    """The end of a case, with words; why it may not end yet is told before."""
    found = _case(number)
    hinders = steps.why_not_closed(work_up=found, on=request.today)

    def do(form: Any) -> None:
        steps.close(work_up=found, reason=form.cleaned_data["reason"], by=request.handler, now=request.now)
        follow_up_files.drop_enquiries(found)

    return _act(
        request, found, _("終了"), CloseCase, do, submit=_("終了する"), warnings=[hinders] if hinders else []
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("follow_up.record")
def reopen(request: Any, number: int) -> HttpResponse:
    """A report that came after the end."""
    found = _case(number)
    return _act(request, found, _("再開"), ReopenCase, lambda form: steps.reopen(
        work_up=found, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
    ), submit=_("再開する"))  # fmt: skip
