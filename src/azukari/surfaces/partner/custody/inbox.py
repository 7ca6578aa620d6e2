"""The inbox: what was handed to the organisation, opened, counted, worked on, given back or erased, certified."""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from azukari.custody import erasure, handovers, pickup
from azukari.custody.models import HELD, Delivery, Handover
from azukari.dossier.schema import Medium
from azukari.oversight import documents, slips
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.roles import ACTS
from azukari.programmes import live
from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from . import mine, words

State = Handover.State


class InboxFilter(forms.Form):
    state = forms.ChoiceField(
        label=gettext_lazy("状態"),
        required=False,
        choices=[
            ("", gettext_lazy("すべて")),
            ("open", gettext_lazy("預かり中")),
            ("closed", gettext_lazy("終わったもの")),
        ],
    )

    def narrow(self, rows: Any) -> Any:
        closed = [State.CERTIFIED, State.ERASED, State.RETURNED]
        match self.cleaned_data["state"]:
            case "open":
                return rows.exclude(state__in=closed)
            case "closed":
                return rows.filter(state__in=closed)
        return rows


@screen("own.read")
def inbox(request: Any) -> HttpResponse:
    table = Table(
        request, name="inbox", caption=_("受信箱"), rows=mine.received(request).order_by("-released_at"),
        columns=[
            Column("number", _("受渡番号"), lambda h: Cell(h.number, href=reverse("received", args=[h.number])),
                   sort="number", header=True),
            Column("purpose", _("目的"), lambda h: h.purpose),
            Column("sender", _("渡した組織"), lambda h: h.sender.name),
            Column("persons", _("人数"), lambda h: h.persons, sort="persons", numeric=True),
            Column("sheets", _("枚数"), lambda h: h.sheets, sort="sheets", numeric=True),
            Column("released_at", _("引渡し"), lambda h: documents.when(h.released_at), sort="released_at"),
            Column("state", _("状態"), words.state_cell, sort="state"),
        ],
        filters=InboxFilter, act="own.read",
        empty=_("まだ何も届いていません。区が引き渡すと、ここに並びます。"),
    )  # fmt: skip
    return table.response()


@screen("own.read")
def received(request: Any, number: str) -> HttpResponse:
    """One received handover: what it is, where it stands, what can be done with it now."""
    handover = mine.one(mine.received(request), number)
    deliveries = {d.what: d for d in handover.deliveries.select_related("to")}
    due, acts = words.clear_by(handover), _possible(request, handover, deliveries)
    return render(request, "partner/received.html", {
        "title": _("受渡し %(number)s") % {"number": number},
        "handover": handover,
        "facts": words.facts(handover, other=handover.sender.name),
        "steps": words.steps(handover, due),
        "state": words.state_cell(handover),
        "notified": deliveries.get(Delivery.What.PASSWORD),
        "package": deliveries.get(Delivery.What.PACKAGE),
        "may_take": _may_take(request, handover, deliveries),
        "due_words": to_wareki(due, "long") if due else "",
        "overdue": due is not None and due < request.today and handover.state in HELD,
        "discrepancies": list(handover.discrepancies.order_by("pk")),
        "passed_on": [
            (one, words.state_cell(one)) for one in mine.sent(request).filter(parent=handover).order_by("number")
        ],
        "certificate": getattr(handover, "certificate", None),
        "acts": [(label, reverse(name, args=[number])) for label, name in acts],
        "work": _work(handover),
        "nothing": _nothing(request, handover),
    })  # fmt: skip


def _may_take(request: Any, handover: Handover, deliveries: Any) -> bool:
    """Whether the sealed file lies here for somebody of this role to take."""
    there = handover.package_name and Delivery.What.PACKAGE in deliveries and handover.state in pickup.TO_BE_TAKEN
    return bool(there) and request.handler.role in ACTS["handover.acknowledge"]


def _nothing(request: Any, handover: Handover) -> str:
    """Why there is nothing to do now, and whose turn it is."""
    if handover.state == State.CERTIFIED:
        return _("すべて終わりました。することはありません。")
    if hasattr(handover, "certificate"):
        return _("消去証明書を発行しました。渡した側の確認を待っています。")
    if handover.state in {State.RETURNED, State.ERASED}:
        return _("次は消去証明書です。取扱責任者が発行します。")
    return _("いまの状態で、あなたができることはありません。")


def _work(handover: Handover) -> list[tuple[str, str]]:
    """(label, URL) of the programme's own screens for what the organisation holds by this handover."""
    own = live(handover.programme)
    return own.work_links(handover) if own and handover.state == State.ACKNOWLEDGED else []


def _possible(request: Any, handover: Handover, deliveries: Any) -> list[tuple[str, str]]:
    """(label, URL name) of the acts that the state allows and the role may do."""
    paper = handover.medium == Medium.PAPER
    opened = Delivery.What.PACKAGE in deliveries
    table = [
        (
            State.RELEASED,
            not paper and opened,
            "handover.acknowledge",
            _("ファイルを開いて受領を確認する"),
            "received_open",
        ),
        (State.RELEASED, True, "handover.acknowledge", _("数えて受領を確認する"), "received_acknowledge"),
        (State.ACKNOWLEDGED, True, "handover.return", _("返却を記録する"), "received_return"),
        (State.REFUSED, True, "handover.return", _("返却を記録する"), "received_return"),
        (State.ACKNOWLEDGED, not paper, "handover.erase", _("消去する"), "received_erase"),
        (State.REFUSED, not paper, "handover.erase", _("消去する"), "received_erase"),
        (State.RETURNED, not paper, "handover.erase", _("読み取ったデータを消去する"), "received_erase"),
        (State.RETURNED, True, "handover.certify", _("消去証明書を発行する"), "received_certify"),
        (State.ERASED, True, "handover.certify", _("消去証明書を発行する"), "received_certify"),
    ]
    issued = hasattr(handover, "certificate")
    return [
        (label, name)
        for state, fits, act, label, name in table
        if handover.state == state and fits and request.handler.role in ACTS[act]
        and not (issued and name in {"received_certify", "received_erase"})
    ]  # fmt: skip


def _act(request: Any, number: str, *, title: str, done: Any, counts: bool = True, **more: Any) -> HttpResponse:
    """The page of an act on a received handover: ``do`` gets the handover and the form."""
    handover = mine.one(mine.received(request), number)
    do = more.pop("do")
    return act_page(request, Act(
        title=title, done=done, do=lambda form: do(handover, form), then=reverse("received", args=[number]),
        facts=words.facts(handover, other=handover.sender.name, counts=counts),
        seen=Seen(("handover", handover.number), handover.state), **more,
    ))  # fmt: skip


class OpenForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("届いたファイル"), help_text=gettext_lazy("受信箱から受け取った ZIP、又は媒体の中のファイル")
    )
    password = forms.CharField(
        label=gettext_lazy("パスワード"),
        help_text=gettext_lazy("データとは別の機会に受け取った通知書のもの"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


@screen("handover.acknowledge")
def open_package(request: Any, number: str) -> HttpResponse:
    def do(handover: Handover, form: Any) -> Handover:
        with NamedTemporaryFile(dir=_incoming(), suffix=".zip") as file:
            for piece in form.cleaned_data["file"].chunks():
                file.write(piece)
            file.flush()
            opened = handovers.receive(
                path=Path(file.name), password=form.cleaned_data["password"].strip(), by=request.handler,
                now=request.now,
            )  # fmt: skip
        if opened.pk != handover.pk:
            raise NotPermitted(
                _("開いたファイルは受渡し %(number)s のものでした。その受領を記録しました。")
                % {"number": opened.number}
            )
        return opened

    return _act(request, number, title=_("ファイルを開いて受領を確認する"), form=OpenForm, do=do, done=_counted_told(),
                submit=_("開いて確かめる"))  # fmt: skip


def _counted_told() -> Any:
    def told(handover: Any) -> str:
        if handover.state == State.REFUSED:
            return _("記録と一致しないため、受領を拒否しました。不一致を記録しました。区が原因を確かめます。")
        return _("件数とハッシュ値が一致しました。受領を確認しました。")

    return told


def _incoming() -> Path:
    folder = Path(settings.AZUKARI_VAR) / "uploads"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


class CountForm(forms.Form):
    rows = forms.IntegerField(label=gettext_lazy("数えた件数"), min_value=0)
    digest = forms.RegexField(
        r"(?i)^\s*[0-9a-f]{64}\s*$", label=gettext_lazy("データのハッシュ値（SHA-256）"),
        help_text=gettext_lazy("受け取ったデータから自分で計算した64文字"),
        error_messages={"invalid": gettext_lazy("ハッシュ値は、0〜9とa〜fの64文字で入れてください。")},
    )  # fmt: skip


class SheetsForm(forms.Form):
    sheets = forms.IntegerField(label=gettext_lazy("数えた枚数"), min_value=0)


@screen("handover.acknowledge")
def acknowledge(request: Any, number: str) -> HttpResponse:
    def do(handover: Handover, form: Any) -> Handover:
        paper = handover.medium == Medium.PAPER
        handovers.acknowledge(
            handover=handover,
            rows=handover.rows if paper else form.cleaned_data["rows"],
            digest=handover.digest if paper else form.cleaned_data["digest"].strip().lower(),
            sheets=form.cleaned_data.get("sheets"),
            by=request.handler,
            now=request.now,
        )
        handover.refresh_from_db()
        return handover

    paper = mine.one(mine.received(request), number).medium == Medium.PAPER
    return _act(request, number, title=_("数えて受領を確認する"), form=SheetsForm if paper else CountForm, do=do,
                done=_counted_told(), submit=_("受領を確認する"), counts=False,
                warnings=[_("画面の数を写さず、数えてください。合わないときは区に知らされます。")])  # fmt: skip


class RemarkForm(forms.Form):
    remark = forms.CharField(label=gettext_lazy("備考"), required=False, max_length=200)


@screen("handover.return")
def give_back(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("返却を記録する"), form=RemarkForm, done=_("返却を記録しました。"), danger=True,
        warnings=[_("記録すると、このデータはここでは読めなくなります。取り消せません。")],
        do=lambda handover, form: erasure.give_back(
            handover=handover, remark=form.cleaned_data["remark"], by=request.handler, now=request.now),
    )  # fmt: skip


@screen("handover.erase")
def erase(request: Any, number: str) -> HttpResponse:
    return _act(
        request, number, title=_("消去する"), form=RemarkForm,
        done=_("消去しました。取扱責任者が消去証明書を発行します。"),
        danger=True, warnings=[_("鍵を破棄し、行を消します。元に戻せません。社内に写しがあれば、先に消してください。")],
        do=lambda handover, form: erasure.erase(
            handover=handover, remark=form.cleaned_data["remark"], by=request.handler, now=request.now),
    )  # fmt: skip


class CertifyForm(forms.Form):
    method = forms.CharField(
        label=gettext_lazy("消去の方法"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))  # fmt: skip
    beyond_reach = forms.CharField(
        label=gettext_lazy("消去が及ばない範囲"), max_length=400, widget=forms.Textarea(attrs={"rows": 3}))  # fmt: skip


@screen("handover.certify", fresh=True)
def certify(request: Any, number: str) -> HttpResponse:
    handover = mine.one(mine.received(request), number)
    return _act(
        request, number, title=_("消去証明書を発行する"), form=CertifyForm, done=_("消去証明書を発行しました。"),
        initial={"method": erasure.METHODS[Medium(handover.medium)], "beyond_reach": erasure.BEYOND_REACH},
        do=lambda found, form: erasure.certify(
            handover=found, by=request.handler, now=request.now, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@screen("handover.acknowledge")
def package(request: Any, number: str) -> Any:
    """The sealed file itself, taken from the inbox."""
    handover = mine.one(mine.received(request), number)
    path = pickup.pick_up(handover=handover, by=request.handler, now=request.now)
    return FileResponse(path.open("rb"), as_attachment=True, filename=handover.package_name)


@screen("own.read")
def paper(request: Any, number: str, kind: str) -> HttpResponse:
    """The handover's slip, or its certificate, as PDF. Given out under its own log entry."""
    handover = mine.one(mine.received(request), number)
    if kind == "certificate" and not hasattr(handover, "certificate"):
        raise Http404
    with acting(by=request.handler, act="own.read", now=request.now, programme=handover.programme) as record:
        record(purpose="書類の作成", handover=handover.number, paper=kind)
    pdf = (
        documents.certificate(handover.certificate)
        if kind == "certificate"
        else slips.handover_slip(handover, now=request.now)
    )
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{handover.number}-{kind}.pdf"'
    return answer
