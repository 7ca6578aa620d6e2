"""④ Questionnaires on paper: who gets one, counted out, counted in, and the account that has to balance.

issued = void + out + in, and in = keyed + unreadable + waiting. Keying itself is in ``keying``.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.keying.models import PaperSheet
from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, parts
from azukari.web.exports import download
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..models import PaperForm, Round
from ..steps import kept_files, people, printing
from ..steps import paper as steps
from ..steps.state import PROGRAMME
from .common import Trail, heading, seen, trail, working
from .paper_forms import ChoosePaper, CountIn, FormFilter, ReturnBy, VoidForm
from .staff import files_of

ACT = "stress_check/round/act.html"
DONE = (PaperSheet.State.KEYED, PaperSheet.State.UNREADABLE)


def paper_url(round_: Round) -> str:
    return reverse("stress_paper", args=[round_.fiscal_year])


def paper_trail(round_: Round, *more: tuple[str, str]) -> Trail:
    return trail(round_, (_("紙の調査票"), paper_url(round_)), *more)


@require_GET
@screen("stress.work")
def paper(request: Any, year: int) -> HttpResponse:
    """The account of all forms as a picture and a table, the batches, and what can be done."""
    round_ = working(request, year)
    account, standing = steps.account(round_), people.standing(round_)
    return render(request, "stress_check/round/paper.html", {
        "title": heading(round_, _("紙の調査票")),
        "trail": trail(round_),
        "round": round_,
        "account": account,
        "rows": _rows(account),
        "picture": _picture(account),
        "standing": standing,
        "batches": _batches(round_),
        "files": files_of(request, round_, kept_files.FORMS),
        "preparing": round_.state == Round.State.PREPARING,
        "open": round_.state == Round.State.OPEN,
        "taking": round_.state in {Round.State.OPEN, Round.State.CLOSED},
    })  # fmt: skip


def _rows(account: steps.Account) -> list[tuple[str, int, bool]]:
    """(what, how many, whether it is a part of the line above)."""
    return [
        (_("渡した調査票"), account.issued, False),
        (_("無効（紛失・書き損じ）"), account.voided, True),
        (_("渡したまま"), account.out, True),
        (_("受領"), account.returned, True),
        (_("受領のうち 入力済"), account.keyed, True),
        (_("受領のうち 読めない"), account.unreadable, True),
        (_("受領のうち 入力待ち"), account.waiting, True),
    ]


def _picture(account: steps.Account) -> Picture:
    ends = [
        (_("無効"), account.voided),
        (_("渡したまま"), account.out),
        (_("入力済"), account.keyed),
        (_("読めない"), account.unreadable),
        (_("入力待ち"), account.waiting),
    ]
    rows = [(name, number, account.issued) for name, number in ends] if account.issued else []
    return parts(_("調査票のゆくえ"), _("塗りはその枚数、破線は渡した枚数です。"), rows)


def _batches(round_: Round) -> list[tuple[Any, int]]:
    """Each batch with how many of its forms wait to be keyed."""
    found = steps.batches(round_)
    left = dict(
        PaperSheet.objects.filter(handover__in=found).exclude(state__in=DONE).values_list("handover")
        .annotate(n=Count("pk")).order_by()
    )  # fmt: skip
    return [(one, left.get(one.pk, 0)) for one in found]


# --- out


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def choose(request: Any, year: int) -> HttpResponse:
    """Whole sections that cannot answer on the web."""
    round_ = working(request, year)
    sections = people.sections(round_)
    return act_page(request, Act(
        title=_("紙で回答する人を決める"),
        form=ChoosePaper,
        form_kwargs={"sections": sections},
        do=lambda form: steps.ask_on_paper(
            round_=round_, respondents=people.in_sections(round_, form.cleaned_data["sections"]),
            reason=form.cleaned_data["reason"], by=request.handler, now=request.now,
        ),
        then=paper_url(round_),
        done=lambda count: _("%(count)s人を、紙で回答する人にしました。") % {"count": f"{count:,}"},
        submit=_("紙にする"),
        warnings=[
            _("回答は原則としてウェブです。選んだ所属の未回答の人すべてが紙になり、招待コードは使えなくなります。"),
            _("一人だけのときは、対象者の一覧から、その人の画面で決めます。"),
        ],
        seen=seen(round_, len(sections)),
        template=ACT,
        context={"trail": paper_trail(round_)},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def issue(request: Any, year: int) -> HttpResponse:
    """A form for everybody on paper who has none, counted out and typeset in a job."""
    round_ = working(request, year)
    standing = people.standing(round_)
    return act_page(request, Act(
        title=_("調査票を渡す"),
        form=ReturnBy,
        do=lambda form: {"year": year, "return_by": form.cleaned_data["return_by"].isoformat()},
        then=paper_url(round_),
        submit=_("調査票を作る"),
        facts=[
            (_("調査票のない人"), _("%(count)s人") % {"count": f"{standing.without_form:,}"}),
            (_("締切日"), to_wareki(round_.closes_on, "long")),
        ],
        warnings=[_("一枚ごとに番号が付きます。作成した本人だけが、24時間以内に PDF を受け取れます。")],
        seen=seen(round_, standing.without_form),
        template=ACT,
        context={"trail": paper_trail(round_)},
        job="stress.forms",
    ))  # fmt: skip


@require_GET
@screen("stress.work")
def forms(request: Any, year: int) -> HttpResponse:
    """Every form by its number: out, in or void, and why. Whose it is stands on the person's page."""
    round_ = working(request, year)

    def state(form: PaperForm) -> Cell:
        if form.voided_at is not None:
            return Cell(_("無効"), chip="gray")
        return Cell(_("受領済"), chip="green") if form.batch_id else Cell(_("渡したまま"), chip="yellow")

    def act(form: PaperForm) -> Cell:
        if form.voided_at is not None or form.batch_id:
            return Cell("")
        return Cell(_("処理する"), href=reverse("stress_form", args=[year, form.pk]))

    table = Table(
        request, name="stress-forms", caption=_("調査票の一覧"),
        rows=PaperForm.objects.filter(round=round_).select_related("batch").order_by("number"),
        columns=[
            Column("number", _("調査票番号"), lambda f: f.number, sort="number", header=True),
            Column("state", _("状態"), state),
            Column("issued", _("渡した日"), _issued, sort="issued_at"),
            Column("batch", _("受領した束"), lambda f: f.batch.number if f.batch else ""),
            Column("why", _("無効の理由"), lambda f: f.void_reason),
            Column("act", _("処理"), act),
        ],
        filters=FormFilter, act="stress.work", programme=PROGRAMME,
        empty=_("調査票はまだ渡していません。紙で回答する人を決め、調査票を渡すと、ここに並びます。"),
    )  # fmt: skip
    return table.response("stress_check/round/table.html", {
        "title": heading(round_, _("調査票の一覧")), "trail": paper_trail(round_),
    })  # fmt: skip


def _issued(form: PaperForm) -> Cell:
    day = localdate(form.issued_at)
    return Cell(day.isoformat(), order=day)


def _form(round_: Round, form: int) -> PaperForm:
    found = PaperForm.objects.filter(round=round_, pk=form).select_related("respondent").first()
    if found is None:
        raise Http404
    found.round = round_
    return found


def forms_trail(round_: Round) -> Trail:
    return paper_trail(round_, (_("調査票の一覧"), reverse("stress_forms", args=[round_.fiscal_year])))


@require_GET
@screen("stress.work")
def form(request: Any, year: int, form: int) -> HttpResponse:
    """One form that is out: printed again, or void."""
    round_ = working(request, year)
    one = _form(round_, form)
    return render(request, "stress_check/round/form.html", {
        "title": _("調査票 %(number)s") % {"number": one.number},
        "trail": forms_trail(round_),
        "round": round_,
        "form_": one,
        "standing": one.voided_at is None and one.batch_id is None,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def print_form(request: Any, year: int, form: int) -> HttpResponse:
    """The same form once more: the PDF is the answer."""
    round_ = working(request, year)
    one = _form(round_, form)
    made: list[bytes] = []

    def do(typed: Any) -> None:
        made.append(printing.print_again(form=one, by=request.handler, now=request.now, **typed.cleaned_data))

    answer = act_page(request, Act(
        title=_("調査票 %(number)s をもう一度印刷する") % {"number": one.number},
        form=ReturnBy,
        do=do,
        then=reverse("stress_form", args=[year, form]),
        submit=_("印刷する（PDF）"),
        warnings=[_("番号は同じです。前に印刷したものは、溶かすか細断してください。")],
        seen=_form_seen(one),
        template=ACT,
        context={"trail": forms_trail(round_)},
    ))  # fmt: skip
    return download(made[0], f"stress-form-{one.number}.pdf") if made else answer


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def void(request: Any, year: int, form: int) -> HttpResponse:
    """A form was lost or spoiled; its person can get another one."""
    round_ = working(request, year)
    one = _form(round_, form)
    return act_page(request, Act(
        title=_("調査票 %(number)s を無効にする") % {"number": one.number},
        form=VoidForm,
        do=lambda typed: steps.void_form(form=one, by=request.handler, now=request.now, **typed.cleaned_data),
        then=reverse("stress_forms", args=[year]),
        done=_("無効にしました。その人には、次に調査票を渡すときに、新しい番号の調査票ができます。"),
        submit=_("無効にする"),
        danger=True,
        seen=_form_seen(one),
        template=ACT,
        context={"trail": forms_trail(round_)},
    ))  # fmt: skip


def _form_seen(one: PaperForm) -> Seen:
    return Seen(("form", one.number), f"{one.voided_at}|{one.batch_id}")


# --- in


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def count_in(request: Any, year: int) -> HttpResponse:
    """Filled-in forms come back in their envelopes: counted by their numbers, as one batch."""
    round_ = working(request, year)
    return act_page(request, Act(
        title=_("戻った調査票を数える"),
        form=CountIn,
        do=lambda form: steps.take_in_forms(
            round_=round_, numbers=form.cleaned_data["numbers"], by=request.handler, now=request.now
        ),
        then=lambda batch: reverse("stress_batch", args=[year, batch.number]),
        back=paper_url(round_),
        done=lambda batch: _("%(count)s枚を受領しました（受渡し %(number)s）。続けて、二人が別々に入力します。")
        % {"count": f"{batch.sheets:,}", "number": batch.number},
        submit=_("受領する"),
        facts=[(_("渡したままの調査票"), _("%(count)s枚") % {"count": f"{steps.account(round_).out:,}"})],
        warnings=[_("一つでも合わない番号があると、全部を受け付けません。合わない番号が示されます。")],
        template=ACT,
        context={"trail": paper_trail(round_)},
    ))  # fmt: skip
