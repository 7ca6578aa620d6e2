"""The data-entry company's window: counted batches, each sheet keyed by two people, a third look, and the delivery.

Every view starts from a batch that the signed-in organisation received; anybody else's number is 404.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Q
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
from azukari.parties.models import Organisation
from azukari.web.acts import Act, act_page
from azukari.web.bars import parts
from azukari.web.keying import PassFile, SheetFilter, State, chip
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..steps import paper
from ..steps.own_visits import is_party
from ..steps.state import PROGRAMME
from .partner import NOT_YET_HERE
from .window_forms import KeySheet, Unreadable


def _mine(request: Any) -> Any:
    """The batches of paper that the organisation received to key."""
    own = Handover.objects.filter(
        receiver=request.handler.organisation, programme=PROGRAMME, step=paper.TO_DATA_ENTRY,
        receiver_party=paper.DATA_ENTRY,
    )  # fmt: skip
    return own.exclude(state__in=NOT_YET_HERE).select_related("sender", "receiver")


def _batch(request: Any, number: str) -> Handover:
    found: Handover | None = _mine(request).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _sheet(request: Any, number: str, sheet: int) -> PaperSheet:
    batch = _batch(request, number)
    found = batch.paper_sheets.filter(pk=sheet).first()
    if found is None:
        raise Http404
    found.handover = batch
    return found


def _held(batch: Handover) -> bool:
    return batch.state == Handover.State.ACKNOWLEDGED


def _trail(number: str = "") -> list[tuple[str, str]]:
    trail = [(_("結果票の入力"), reverse("screening_keying"))]
    return [*trail, (number, reverse("screening_keying_batch", args=[number]))] if number else trail


@require_GET
@screen("own.read")
def batches(request: Any) -> HttpResponse:
    """Each batch with its balance: sheets = keyed + unreadable + open."""
    if not is_party(request.handler.organisation, [paper.DATA_ENTRY], request.today):
        raise Http404
    counted = _mine(request).annotate(
        all_sheets=Count("paper_sheets"),
        keyed=Count("paper_sheets", filter=Q(paper_sheets__state=State.KEYED)),
        unreadable=Count("paper_sheets", filter=Q(paper_sheets__state=State.UNREADABLE)),
    )
    table = Table(
        request, name="screening-keying", caption=_("結果票の受渡し"), rows=counted.order_by("-pk"),
        columns=[
            Column("number", _("受渡番号"), _numbered, sort="number", header=True),
            Column("sender", _("渡した組織"), lambda h: h.sender.name),
            Column("sheets", _("枚数"), lambda h: h.all_sheets, sort="all_sheets", numeric=True),
            Column("keyed", _("入力済"), lambda h: h.keyed, sort="keyed", numeric=True),
            Column("unreadable", _("読めない"), lambda h: h.unreadable, sort="unreadable", numeric=True),
            Column("open", _("残り"), lambda h: h.all_sheets - h.keyed - h.unreadable, numeric=True),
            Column("state", _("状態"), lambda h: h.get_state_display(), sort="state"),
        ],
        act="own.read", programme=PROGRAMME,
        empty=_("結果票はまだ届いていません。医療機関が引き渡すと、受信箱とここに並びます。"),
    )  # fmt: skip
    return table.response("screening/window/table.html", {"title": _("結果票の入力"), "trail": []})


def _numbered(batch: Handover) -> Cell:
    return Cell(batch.number, href=reverse("screening_keying_batch", args=[batch.number]))


@require_GET
@screen("own.read")
def batch(request: Any, number: str) -> HttpResponse:
    """One batch: its balance as figures and a bar, and what is to be done next."""
    one = _batch(request, number)
    balance, held = keying.balance(one), _held(one)
    by_state = dict(one.paper_sheets.values_list("state").annotate(n=Count("pk")))
    rows = [(state, state.label, by_state.get(state.value, 0)) for state in State]
    made = paper.delivery_of(one)
    return render(request, "screening/window/batch.html", {
        "title": _("受渡し %(number)s の入力") % {"number": number},
        "trail": _trail(),
        "batch": one,
        "held": held,
        "balance": balance,
        "rows": rows,
        "picture": parts(
            _("結果票の状態"), _("塗りはその状態の枚数、破線は受け取った枚数です。"),
            [(str(label), count, balance.sheets) for _state, label, count in rows],
        ),
        "next": held and next_sheet(one, request.handler) is not None,
        "made": made,
        "can_deliver": held and balance.closed and balance.keyed > 0 and made is None,
    })  # fmt: skip


@require_GET
@screen("own.read")
def sheets(request: Any, number: str) -> HttpResponse:
    """The sheets by number: which differ and in what, which were returned and why."""
    one = _batch(request, number)
    mine = Exists(Keying.objects.filter(sheet=OuterRef("pk"), by=request.handler))
    held = _held(one)

    def act(sheet: Any) -> Cell:
        if not held or sheet.mine or sheet.state in {State.KEYED, State.UNREADABLE}:
            return Cell(_("あなたが入力済み") if sheet.mine and sheet.state in {State.ONCE, State.DIFFERS} else "")
        third = sheet.state == State.DIFFERS
        name = "screening_third_look" if third else "screening_key_sheet"
        return Cell(_("見比べる") if third else _("入力する"), href=reverse(name, args=[number, sheet.pk]))

    table = Table(
        request, name="screening-keying-sheets", caption=_("結果票の一覧"),
        rows=one.paper_sheets.annotate(mine=mine).order_by("number"),
        columns=[
            Column("number", _("結果票番号"), lambda s: s.number, sort="number", header=True),
            Column("state", _("状態"), lambda s: Cell(s.get_state_display(), chip=chip(s)),
                   sort="state"),
            Column("differs", _("一致しない欄"), lambda s: s.differs_in),
            Column("why", _("読めない理由"), lambda s: s.unreadable_why),
            Column("act", _("処理"), act),
        ],
        filters=SheetFilter, act="own.read", programme=PROGRAMME,
        empty=_("この状態の結果票はありません。"),
    )  # fmt: skip
    return table.response("screening/window/table.html", {
        "title": _("受渡し %(number)s の結果票") % {"number": number}, "trail": _trail(number),
    })  # fmt: skip


# --- keyed sheet by sheet


@require_GET
@screen("data.enter")
def next_one(request: Any, number: str) -> HttpResponse:
    """On to a sheet that this person has not keyed; back to the batch where there is none."""
    one = _batch(request, number)
    sheet = next_sheet(one, request.handler) if _held(one) else None
    if sheet is None:
        return _back(request, number, _("あなたが入力できる結果票は、もうありません。"))
    return HttpResponseRedirect(reverse("screening_key_sheet", args=[number, sheet.pk]), status=303)


def _back(request: Any, number: str, why: str) -> HttpResponse:
    messages.info(request, why)
    return HttpResponseRedirect(reverse("screening_keying_batch", args=[number]), status=303)


def _unavailable(request: Any, sheet: PaperSheet) -> str:
    """Why this person has nothing to key on this sheet now."""
    if sheet.state in {State.KEYED, State.UNREADABLE}:
        return _("結果票 %(sheet)s は「%(state)s」です。") % {"sheet": sheet.number, "state": sheet.get_state_display()}
    if sheet.keyings.filter(by=request.handler).exists():
        return _("結果票 %(sheet)s は、あなたが入力しました。次は、別の人が入力します。") % {"sheet": sheet.number}
    return ""


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("data.enter")
def key_sheet(request: Any, number: str, sheet: int) -> HttpResponse:
    """One sheet as it stands on the paper. What the other person keyed is not shown."""
    one = _sheet(request, number, sheet)
    if request.method == "GET":
        why = _unavailable(request, one)
        if why:
            return _back(request, number, why)
        if one.state == State.DIFFERS:
            return HttpResponseRedirect(reverse("screening_third_look", args=[number, sheet]), status=303)
    answer = act_page(request, _key_act(
        request, one,
        title=_("結果票 %(sheet)s を入力する") % {"sheet": one.number},
        then=reverse("screening_next_sheet", args=[number]),
        submit=_("入力して次の票へ"),
        template="screening/window/key_sheet.html",
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _key_act(request: Any, sheet: PaperSheet, **more: Any) -> Act:
    number = sheet.handover.number
    context = {
        "trail": _trail(number),
        "unreadable_url": reverse("screening_unreadable", args=[number, sheet.pk]),
        **more.pop("context", {}),
    }
    return Act(
        form=KeySheet,
        do=lambda form: keying.key(
            sheet=sheet, cells=form.cells, fields=paper.FIELDS, by=request.handler, now=request.now
        ),
        back=reverse("screening_keying_batch", args=[number]),
        done=lambda state: _keyed_words(sheet, state),
        context=context,
        **more,
    )


def _keyed_words(sheet: PaperSheet, state: State) -> str:
    told = {
        State.ONCE: _("結果票 %(sheet)s の1回目を入力しました。"),
        State.KEYED: _("結果票 %(sheet)s の入力が済みました。"),
        State.DIFFERS: _("結果票 %(sheet)s は、1回目と違う欄があります。三人目が確かめます。"),
    }
    return told[state] % {"sheet": sheet.number}


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("data.enter")
def third_look(request: Any, number: str, sheet: int) -> HttpResponse:
    """Both entries side by side; a third person keys what stands on the paper."""
    one = _sheet(request, number, sheet)
    why = _unavailable(request, one)
    if why or one.state != State.DIFFERS:
        return _back(request, number, why or _("結果票 %(sheet)s に、不一致はありません。") % {"sheet": one.number})
    first, second = keying.both_rounds(sheet=one, by=request.handler, now=request.now)
    rows = [(f.label, first.get(f.key, ""), second.get(f.key, ""), f.key) for f in paper.FIELDS]
    answer = act_page(request, _key_act(
        request, one,
        title=_("結果票 %(sheet)s の不一致を確かめる") % {"sheet": one.number},
        then=f"{reverse('screening_keying_sheets', args=[number])}?state={State.DIFFERS.value}",
        submit=_("この内容に決める"),
        initial={key: a for _label, a, b, key in rows if a == b},
        template="screening/window/third_look.html",
        context={"rows": [(label, a, b, a != b) for label, a, b, _key in rows]},
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@screen("data.enter")
def unreadable(request: Any, number: str, sheet: int) -> HttpResponse:
    """A sheet that can't be keyed goes back, with why."""
    one = _sheet(request, number, sheet)
    return act_page(request, Act(
        title=_("結果票 %(sheet)s を読めない票として返却する") % {"sheet": one.number},
        form=Unreadable,
        do=lambda form: keying.unreadable(
            sheet=one, reason=form.cleaned_data["reason"], by=request.handler, now=request.now
        ),
        then=reverse("screening_keying_batch", args=[number]),
        done=_("読めない票として記録しました。紙は、ほかの票と分けて医療機関に返してください。"),
        submit=_("返却を記録する"),
        danger=True,
        facts=[(_("状態"), one.get_state_display())],
        warnings=[_("記録すると、この票はここでは入力できなくなります。")],
        seen=Seen(("sheet", one.number), one.state),
        template="screening/window/act.html",
        context={"trail": _trail(number)},
    ))  # fmt: skip


# --- a whole pass, the delivery


@require_http_methods(["GET", "POST"])
@screen("data.enter")
def take_pass(request: Any, number: str) -> HttpResponse:
    """One person's whole pass from an entry machine, as CSV."""
    one = _batch(request, number)
    return act_page(request, Act(
        title=_("入力した CSV を取り込む"),
        form=PassFile,
        do=lambda form: keying.key_pass(
            handover=one, cells=form.cells(paper.PASS), fields=paper.FIELDS, by=request.handler, now=request.now
        ),
        then=reverse("screening_keying_batch", args=[number]),
        done=lambda told: _("取り込みました。入力済 %(keyed)s枚、不一致 %(differing)s枚、残り %(open)s枚です。")
        % {"keyed": told.keyed, "differing": told.differing, "open": told.open},
        submit=_("取り込む"),
        facts=[(_("1行目の見出し"), paper.PASS.words)],
        warnings=[_("あなた一人が入力した分だけを取り込んでください。一人が同じ票を二度入力することはできません。")],
        template="screening/window/act.html",
        context={"trail": _trail(number)},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def deliver(request: Any, number: str) -> HttpResponse:
    """⑬ The keyed rows for the ward, once every sheet is accounted for."""
    one = _batch(request, number)
    balance = keying.balance(one)
    return act_page(request, Act(
        title=_("入力したデータを区に納品する準備をする"),
        do=lambda form: paper.deliver(
            batch=one, ward=Organisation.objects.get(type=Organisation.Type.WARD), by=request.handler, now=request.now
        ),
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=reverse("screening_keying_batch", args=[number]),
        done=lambda made: _("受渡し %(number)s を準備しました（%(count)s件）。続けて封をしてください。")
        % {"number": made.number, "count": f"{made.rows:,}"},
        submit=_("準備する"),
        facts=[
            (_("受け取った枚数"), _("%(count)s枚") % {"count": f"{balance.sheets:,}"}),
            (_("入力済"), _("%(count)s枚") % {"count": f"{balance.keyed:,}"}),
            (_("読めない"), _("%(count)s枚") % {"count": f"{balance.unreadable:,}"}),
            (_("残り"), _("%(count)s枚") % {"count": f"{balance.open:,}"}),
        ],
        template="screening/window/act.html",
        context={"trail": _trail(number)},
    ))  # fmt: skip
