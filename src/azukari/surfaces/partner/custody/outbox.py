"""What the organisation hands on: to a sub-processor, or back to the ward. Sealed by one, released by another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.custody import handovers, pickup
from azukari.custody.models import Delivery, Handover
from azukari.dossier.schema import Medium
from azukari.oversight import documents, slips
from azukari.parties.acting import acting
from azukari.parties.roles import ACTS
from azukari.vocabulary.fiscal import fiscal_year_end
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from . import mine, words

State = Handover.State


@screen("own.read")
def sent(request: Any) -> HttpResponse:
    table = Table(
        request, name="sent", caption=_("渡したもの"), rows=mine.sent(request).order_by("-pk"),
        columns=[
            Column("number", _("受渡番号"), lambda h: Cell(h.number, href=reverse("sent_one", args=[h.number])),
                   sort="number", header=True),
            Column("purpose", _("目的"), lambda h: h.purpose),
            Column("receiver", _("受けた組織"), lambda h: h.receiver.name),
            Column("persons", _("人数"), lambda h: h.persons, sort="persons", numeric=True),
            Column("sheets", _("枚数"), lambda h: h.sheets, sort="sheets", numeric=True),
            Column("released_at", _("引渡し"), lambda h: documents.when(h.released_at), sort="released_at"),
            Column("state", _("状態"), words.state_cell, sort="state"),
        ],
        act="own.read", empty=_("まだ何も渡していません。預かったものの画面から、次の渡し先への引渡しを準備できます。"),
    )  # fmt: skip
    return table.response()


@screen("own.read")
def sent_one(request: Any, number: str) -> HttpResponse:
    handover = mine.one(mine.sent(request), number)
    deliveries = {d.what: d for d in handover.deliveries.select_related("to")}
    return render(request, "partner/sent.html", {
        "title": _("受渡し %(number)s") % {"number": number},
        "handover": handover,
        "facts": words.facts(handover, other=handover.receiver.name),
        "state": words.state_cell(handover),
        "people": [
            (_("準備した人"), handover.prepared_by, handover.prepared_at),
            (_("封をした人"), handover.sealed_by, handover.sealed_at),
            (_("放出した人"), handover.released_by, handover.released_at),
            (_("受領した人"), handover.acknowledged_by, handover.acknowledged_at),
        ],
        "deliveries": [deliveries[what] for what in Delivery.What if what in deliveries],
        "discrepancies": list(handover.discrepancies.order_by("pk")),
        "certificate": getattr(handover, "certificate", None),
        "own_release": handover.state == State.SEALED and _own(request, handover),
        "acts": _possible(request, handover, deliveries),
    })  # fmt: skip


def _own(request: Any, handover: Handover) -> bool:
    return request.handler.pk in {handover.prepared_by_id, handover.sealed_by_id}


def _possible(request: Any, handover: Handover, deliveries: Any) -> list[tuple[str, str]]:
    """(label, address) of the acts that the state allows and this person may do."""
    paper = handover.medium == Medium.PAPER
    table = [
        (State.PREPARED, True, "handover.seal", _("封をする"), "sent_seal"),
        (State.SEALED, not _own(request, handover), "handover.release", _("放出する"), "sent_release"),
        (State.RELEASED, not paper and Delivery.What.PACKAGE not in deliveries, "handover.release",
         _("相手の受信箱に届ける"), "sent_deliver"),
        (State.RELEASED, Delivery.What.PACKAGE in deliveries and handover.sealing == "zip", "handover.password",
         _("パスワードを通知する"), "sent_password"),
        (State.PREPARED, True, "handover.prepare", _("取り下げる"), "sent_withdraw"),
        (State.SEALED, True, "handover.prepare", _("取り下げる"), "sent_withdraw"),
    ]  # fmt: skip
    return [
        (label, reverse(name, args=[handover.number]))
        for state, fits, act, label, name in table
        if handover.state == state and fits and request.handler.role in ACTS[act]
    ]


def _act(request: Any, number: str, *, title: str, done: Any, do: Any, **more: Any) -> HttpResponse:
    handover = mine.one(mine.sent(request), number)
    return act_page(request, Act(
        title=title, done=done, do=lambda form: do(handover, form), then=reverse("sent_one", args=[number]),
        facts=words.facts(handover, other=handover.receiver.name),
        seen=Seen(("handover", handover.number), handover.state), **more,
    ))  # fmt: skip


@screen("handover.seal")
def seal(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("封をする"), done=_("封をしました。別の取扱責任者が放出します。"),
        do=lambda handover, form: handovers.seal(handover=handover, by=request.handler, now=request.now),
    )  # fmt: skip


class ReleaseForm(forms.Form):
    due = forms.DateField(label=gettext_lazy("返却・消去の期限"), help_text=gettext_lazy("例: 2026-06-30"))
    override_reason = forms.CharField(
        label=gettext_lazy("期限を過ぎたものがあるのに放出する理由"), required=False, max_length=200,
        help_text=gettext_lazy("相手に期限を過ぎたものがあるときだけ"),
    )  # fmt: skip


@screen("handover.release", fresh=True)
def release(request: Any, number: str) -> HttpResponse:
    handover = mine.one(mine.sent(request), number)
    return _act(
        request, number, title=_("放出する"), form=ReleaseForm, done=_("放出しました。"), danger=True,
        initial={"due": fiscal_year_end(handover.fiscal_year)},
        warnings=[_("準備した人・封をした人とは別の人が、相手・項目・数量を確かめて放出します。放出すると取り消せません。")],
        do=lambda found, form: handovers.release(
            handover=found, by=request.handler, now=request.now, due=form.cleaned_data["due"],
            override_reason=form.cleaned_data["override_reason"]),
    )  # fmt: skip


@screen("handover.release", fresh=True)
def deliver(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("相手の受信箱に届ける"),
        done=_("相手の受信箱に届けました。パスワードは別の機会に通知してください。"),
        do=lambda handover, form: handovers.deliver(
            handover=handover, transport=pickup.Inbox(), by=request.handler, now=request.now,
            occasion=_("受信箱 %(at)s") % {"at": f"{request.now:%Y-%m-%d %H:%M}"}),
    )  # fmt: skip


class PasswordForm(forms.Form):
    to: Any = forms.ModelChoiceField(
        label=gettext_lazy("通知する相手"), queryset=None, empty_label=gettext_lazy("選んでください")
    )
    occasion = forms.CharField(
        label=gettext_lazy("通知する機会"), max_length=80,
        help_text=gettext_lazy("例: 手渡し 6月3日午後。データとは別の機会"))  # fmt: skip

    def __init__(self, *given: Any, people: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]


@screen("handover.password", fresh=True)
def password(request: Any, number: str) -> HttpResponse:
    """Shown once, on the page that answers the POST: nothing is redirected to that could show it again."""
    handover = mine.one(mine.sent(request), number)
    told: dict[str, str] = {}

    def do(found: Handover, form: Any) -> str:
        told["password"] = handovers.notify_password(
            handover=found, to=form.cleaned_data["to"], occasion=form.cleaned_data["occasion"], by=request.handler,
            now=request.now,
        )  # fmt: skip
        return told["password"]

    answer = _act(
        request, number, title=_("パスワードを通知する"), form=PasswordForm, done="", do=do,
        form_kwargs={"people": handover.receiver.handlers.filter(removed_on=None).order_by("key")},
    )  # fmt: skip
    if "password" not in told:
        return answer
    return render(request, "partner/password.html", {
        "title": _("パスワード"), "password": told["password"], "handover": handover,
    })  # fmt: skip


class WithdrawForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("取り下げる理由"), max_length=200)


@screen("handover.prepare")
def withdraw(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("取り下げる"), form=WithdrawForm, done=_("取り下げました。"), danger=True,
        do=lambda handover, form: handovers.withdraw(
            handover=handover, by=request.handler, now=request.now, reason=form.cleaned_data["reason"]),
    )  # fmt: skip


@screen("own.read")
def slip(request: Any, number: str) -> HttpResponse:
    """The slip that travels with it and that both sides sign. Given out under its own log entry."""
    handover = mine.one(mine.sent(request), number)
    with acting(by=request.handler, act="own.read", now=request.now, programme=handover.programme) as record:
        record(purpose="書類の作成", handover=handover.number, paper="slip")
    answer = HttpResponse(slips.handover_slip(handover, now=request.now), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{handover.number}-slip.pdf"'
    return answer
