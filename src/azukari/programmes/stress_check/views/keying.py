"""④ Counted batches of forms: each keyed by two people, a third look where they differ, and taken in as answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import Handover
from azukari.keying import steps as keying
from azukari.keying.models import Keying, PaperSheet
from azukari.keying.passes import next_sheet
from azukari.web.acts import Act, act_page
from azukari.web.bars import parts
from azukari.web.keying import PassFile, SheetFilter, State, chip
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import AnswerSheet, PaperForm, Round
from ..steps import paper as steps
from ..steps.state import PROGRAMME
from .common import Trail, heading, working
from .paper import ACT, paper_trail
from .paper_forms import KeyForm, Unreadable


def _batch(round_: Round, number: str) -> Handover:
    """A batch of this round, or 404."""
    of_round = PaperForm.objects.filter(round=round_, batch__isnull=False).values("batch")
    found = Handover.objects.filter(pk__in=of_round, number=number).select_related("receiver", "sender").first()
    if found is None:
        raise Http404
    return found


def _sheet(request: Any, year: int, number: str, sheet: int) -> tuple[Round, PaperSheet]:
    round_ = working(request, year)
    batch = _batch(round_, number)
    found = batch.paper_sheets.filter(pk=sheet).first()
    if found is None:
        raise Http404
    found.handover = batch
    return round_, found


def _batch_trail(round_: Round, number: str) -> Trail:
    return paper_trail(round_, (number, reverse("stress_batch", args=[round_.fiscal_year, number])))


@require_GET
@screen("stress.work")
def batch(request: Any, year: int, number: str) -> HttpResponse:
    """One batch: how many forms are in which state, and what is to be done next."""
    round_ = working(request, year)
    one = _batch(round_, number)
    balance = keying.balance(one)
    by_state = dict(one.paper_sheets.values_list("state").annotate(n=Count("pk")).order_by())
    rows = [(state, state.label, by_state.get(state.value, 0)) for state in State]
    bars = [(str(label), count, balance.sheets) for _state, label, count in rows]
    keyed = one.paper_sheets.filter(state=State.KEYED).values("number")
    of_keyed = PaperForm.objects.filter(batch=one, number__in=keyed).values("respondent")
    taken = AnswerSheet.objects.filter(respondent__in=of_keyed).count()
    return render(request, "stress_check/round/batch.html", {
        "title": _("調査票の束 %(number)s") % {"number": number},
        "trail": paper_trail(round_),
        "round": round_,
        "batch": one,
        "balance": balance,
        "rows": rows,
        "picture": parts(_("束の状態"), _("塗りはその状態の枚数、破線は受領した枚数です。"), bars),
        "next": next_sheet(one, request.handler) is not None,
        "taken": taken,
        "can_settle": balance.closed and taken < balance.keyed,
    })  # fmt: skip


@require_GET
@screen("stress.work")
def sheets(request: Any, year: int, number: str) -> HttpResponse:
    """The forms of a batch by number: which differ and in what, which cannot be read and why."""
    round_ = working(request, year)
    one = _batch(round_, number)
    mine = Exists(Keying.objects.filter(sheet=OuterRef("pk"), by=request.handler))

    def act(sheet: Any) -> Cell:
        if sheet.state in {State.KEYED, State.UNREADABLE}:
            return Cell("")
        if sheet.mine:
            return Cell(_("あなたが入力済み"))
        third = sheet.state == State.DIFFERS
        name = "stress_third_look" if third else "stress_key_form"
        return Cell(_("見比べる") if third else _("入力する"), href=reverse(name, args=[year, number, sheet.pk]))

    table = Table(
        request, name="stress-sheets", caption=_("束の調査票"),
        rows=one.paper_sheets.annotate(mine=mine).order_by("number"),
        columns=[
            Column("number", _("調査票番号"), lambda s: s.number, sort="number", header=True),
            Column("state", _("状態"), lambda s: Cell(s.get_state_display(), chip=chip(s)),
                   sort="state"),
            Column("differs", _("一致しない問"), lambda s: s.differs_in),
            Column("why", _("読めない理由"), lambda s: s.unreadable_why),
            Column("act", _("処理"), act),
        ],
        filters=SheetFilter, act="stress.work", programme=PROGRAMME, empty=_("この状態の調査票はありません。"),
    )  # fmt: skip
    return table.response("stress_check/round/table.html", {
        "title": heading(round_, _("束の調査票")), "trail": _batch_trail(round_, number),
    })  # fmt: skip


# --- keyed form by form


@require_GET
@screen("stress.work")
def next_form(request: Any, year: int, number: str) -> HttpResponse:
    """On to a form that this person has not keyed; back to the batch where there is none."""
    round_ = working(request, year)
    sheet = next_sheet(_batch(round_, number), request.handler)
    if sheet is None:
        return _back(request, year, number, _("あなたが入力できる調査票は、もうありません。"))
    return HttpResponseRedirect(reverse("stress_key_form", args=[year, number, sheet.pk]), status=303)


def _back(request: Any, year: int, number: str, why: str) -> HttpResponse:
    messages.info(request, why)
    return HttpResponseRedirect(reverse("stress_batch", args=[year, number]), status=303)


def _unavailable(request: Any, sheet: PaperSheet) -> str:
    """Why this person has nothing to key on this form now."""
    if sheet.state in {State.KEYED, State.UNREADABLE}:
        return _("調査票 %(sheet)s は「%(state)s」です。") % {"sheet": sheet.number, "state": sheet.get_state_display()}
    if sheet.keyings.filter(by=request.handler).exists():
        return _("調査票 %(sheet)s は、あなたが入力しました。次は、別の人が入力します。") % {"sheet": sheet.number}
    return ""


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("stress.work")
def key_form(request: Any, year: int, number: str, sheet: int) -> HttpResponse:
    """One form as it stands on the paper. What the other person keyed is not shown."""
    round_, one = _sheet(request, year, number, sheet)
    if request.method == "GET":
        why = _unavailable(request, one)
        if why:
            return _back(request, year, number, why)
        if one.state == State.DIFFERS:
            return HttpResponseRedirect(reverse("stress_third_look", args=[year, number, sheet]), status=303)
    turn = _("2回目（一人目とは別の人）") if one.state == State.ONCE else _("1回目")
    return _key(
        request, round_, one,
        title=_("調査票 %(sheet)s を入力する") % {"sheet": one.number},
        then=reverse("stress_next_form", args=[year, number]),
        submit=_("入力して次の調査票へ"),
        facts=[(_("入力"), turn)],
        template="stress_check/round/key_form.html",
    )  # fmt: skip


def _key(request: Any, round_: Round, sheet: PaperSheet, **more: Any) -> HttpResponse:
    year, number = round_.fiscal_year, sheet.handover.number
    items = steps.fields(round_)
    context = {
        "trail": _batch_trail(round_, number),
        "unreadable_url": reverse("stress_unreadable_form", args=[year, number, sheet.pk]),
        **more.pop("context", {}),
    }
    answer = act_page(request, Act(
        form=KeyForm,
        form_kwargs={"items": items, **more.pop("form_kwargs", {})},
        do=lambda form: steps.key_form(
            round_=round_, sheet=sheet, cells=form.cells, by=request.handler, now=request.now
        ),
        back=reverse("stress_batch", args=[year, number]),
        done=lambda state: _keyed_words(sheet, state),
        context=context,
        **more,
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _keyed_words(sheet: PaperSheet, state: State) -> str:
    told = {
        State.ONCE: _("調査票 %(sheet)s の1回目を入力しました。"),
        State.KEYED: _("調査票 %(sheet)s の入力が済みました。"),
        State.DIFFERS: _("調査票 %(sheet)s は、1回目と違う問があります。三人目が確かめます。"),
    }
    return told[state] % {"sheet": sheet.number}


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("stress.work")
def third_look(request: Any, year: int, number: str, sheet: int) -> HttpResponse:
    """Both keyings side by side; a third person keys what is marked on the paper."""
    round_, one = _sheet(request, year, number, sheet)
    why = _unavailable(request, one)
    if why or one.state != State.DIFFERS:
        return _back(
            request, year, number, why or _("調査票 %(sheet)s に、不一致はありません。") % {"sheet": one.number}
        )
    first, second = steps.both_keyings(round_=round_, sheet=one, by=request.handler, now=request.now)
    rows = [(f.label, first.get(f.key, ""), second.get(f.key, ""), f.key) for f in steps.fields(round_)]
    differing = [(label, a, b) for label, a, b, _field in rows if a != b]
    return _key(
        request, round_, one,
        title=_("調査票 %(sheet)s の不一致を確かめる") % {"sheet": one.number},
        then=f"{reverse('stress_sheets', args=[year, number])}?state={State.DIFFERS.value}",
        submit=_("この内容に決める"),
        initial={key: a for _label, a, b, key in rows if a == b},
        form_kwargs={"first": next((key for _label, a, b, key in rows if a != b), "")},
        template="stress_check/round/third_look.html",
        context={"rows": differing, "same": len(rows) - len(differing)},
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def unreadable(request: Any, year: int, number: str, sheet: int) -> HttpResponse:
    """A form that cannot be keyed, with why; its person can be given another one."""
    round_, one = _sheet(request, year, number, sheet)
    return act_page(request, Act(
        title=_("調査票 %(sheet)s を読めない調査票にする") % {"sheet": one.number},
        form=Unreadable,
        do=lambda form: steps.give_up(
            round_=round_,
            sheet=one, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
        ),
        then=reverse("stress_batch", args=[year, number]),
        done=_("読めない調査票として記録しました。束を取り込むと無効になり、その人に新しい調査票を渡せます。"),
        submit=_("記録する"),
        danger=True,
        facts=[(_("状態"), one.get_state_display())],
        seen=Seen(("sheet", one.number), one.state),
        template=ACT,
        context={"trail": _batch_trail(round_, number)},
    ))  # fmt: skip


# --- a whole pass, the end


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def take_pass(request: Any, year: int, number: str) -> HttpResponse:
    """One person's whole pass from an entry machine, as CSV."""
    round_ = working(request, year)
    one, form_of = _batch(round_, number), steps.pass_format(round_)
    return act_page(request, Act(
        title=_("入力した CSV を取り込む"),
        form=PassFile,
        do=lambda form: steps.key_forms(
            round_=round_, batch=one, cells=form.cells(form_of), by=request.handler, now=request.now
        ),
        then=reverse("stress_batch", args=[year, number]),
        done=lambda told: _("取り込みました。入力済 %(keyed)s枚、不一致 %(differing)s枚、残り %(open)s枚です。")
        % {"keyed": told.keyed, "differing": told.differing, "open": told.open},
        submit=_("取り込む"),
        facts=[(_("1行目の見出し"), form_of.words)],
        warnings=[_("あなた一人が入力した分だけを取り込んでください。一人が同じ調査票を二度入力することはできません。")],
        template=ACT,
        context={"trail": _batch_trail(round_, number)},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def settle(request: Any, year: int, number: str) -> HttpResponse:
    """Keyed forms become answers; unreadable ones are void."""
    round_ = working(request, year)
    one = _batch(round_, number)
    balance = keying.balance(one)
    return act_page(request, Act(
        title=_("束の回答を取り込む"),
        do=lambda form: steps.settle_batch(round_=round_, batch=one, by=request.handler, now=request.now),
        then=reverse("stress_batch", args=[year, number]),
        done=lambda count: _("%(count)s人の回答を取り込みました。") % {"count": f"{count:,}"},
        submit=_("取り込む"),
        facts=[
            (_("受領した枚数"), _("%(count)s枚") % {"count": f"{balance.sheets:,}"}),
            (_("入力済"), _("%(count)s枚") % {"count": f"{balance.keyed:,}"}),
            (_("読めない"), _("%(count)s枚") % {"count": f"{balance.unreadable:,}"}),
            (_("残り"), _("%(count)s枚") % {"count": f"{balance.open:,}"}),
        ],
        seen=Seen(("handover", number), f"{balance.keyed}|{balance.unreadable}|{balance.open}"),
        template=ACT,
        context={"trail": _batch_trail(round_, number)},
    ))  # fmt: skip
