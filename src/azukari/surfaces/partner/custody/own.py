"""The organisation's own register and its handlers: reported and removed by the responsible handler."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.oversight.documents import register_rows
from azukari.parties import approvals
from azukari.parties.models import Handler
from azukari.parties.roles import ACTS
from azukari.surfaces.waiting import address
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from . import mine

Role = Handler.Role


@screen("own.read")
def register(request: Any) -> HttpResponse:
    rows = register_rows(mine.register(request).order_by("-pk"))
    labels = [
        ("at", _("日時")), ("act", _("区分")), ("handover", _("受渡番号")),
        ("giver", _("渡した側")), ("taker", _("受けた側")),
        ("items", _("情報の内容")), ("medium", _("媒体")), ("quantity", _("数量")),
    ]  # fmt: skip
    table = Table(
        request, name="register", caption=_("管理簿"), rows=rows, act="own.read",
        columns=[Column(key, label, lambda row, key=key: row[key], header=key == "at") for key, label in labels],  # type: ignore[misc]
        empty=_("まだ受渡しの記録はありません。"),
    )  # fmt: skip
    return table.response()


@screen("own.read")
def handlers(request: Any) -> HttpResponse:
    manages = request.handler.role in ACTS["party.report_handler"]
    columns = [
        Column("key", _("取扱者番号"), lambda h: h.key, header=True, sort="key"),
        Column("name", _("氏名"), lambda h: h.name),
        Column("role", _("役割"), lambda h: h.get_role_display(), sort="role"),
        Column("reported_on", _("報告日"), lambda h: h.reported_on.isoformat(), sort="reported_on"),
        Column(
            "removed_on", _("解除日"), lambda h: h.removed_on.isoformat() if h.removed_on else "", sort="removed_on"
        ),
        Column("account", _("サインイン"), lambda h: _signs_in(h, manages=manages)),
    ]
    if manages:
        columns.append(Column("acts", _("操作"), lambda h: _removal(h, request.handler)))
    table = Table(
        request, name="handlers", caption=_("取扱者"), rows=mine.handlers(request), columns=columns, act="own.read",
        order="key", empty=_("取扱者が報告されていません。"),
    )  # fmt: skip
    links = [(_("取扱者を報告する"), reverse("handler_report"))] if manages else []
    return table.response(context={"links": links})


def _signs_in(handler: Handler, *, manages: bool) -> Cell:
    if handler.removed_on:
        return Cell(_("できない"))
    if handler.account_id:
        return Cell(_("できる"))
    href = address("account_open", handler.key) if manages else ""
    return Cell(_("%(key)s のサインインを開く") % {"key": handler.key} if href else _("まだ"), href=href)


def _removal(handler: Handler, by: Handler) -> Cell:
    if handler.pk == by.pk or handler.removed_on:
        return Cell("")
    return Cell(_("%(key)s を解除する") % {"key": handler.key}, href=reverse("handler_remove", args=[handler.key]))


class ReportForm(forms.Form):
    key = forms.SlugField(label=gettext_lazy("取扱者番号"), max_length=20, help_text=gettext_lazy("英数字。例: E002"))
    name = forms.CharField(label=gettext_lazy("氏名"), max_length=80)
    role = forms.ChoiceField(
        label=gettext_lazy("役割"), choices=[(r.value, r.label) for r in (Role.HANDLER, Role.RESPONSIBLE)])  # fmt: skip


@screen("party.report_handler")
def report(request: Any) -> HttpResponse:
    return act_page(request, Act(
        title=_("取扱者を報告する"), form=ReportForm, then=reverse("handlers"), done=_("取扱者を報告しました。"),
        do=lambda form: approvals.report_handler(
            organisation=request.handler.organisation, reported_on=request.today, by=request.handler, now=request.now,
            **form.cleaned_data),
    ))  # fmt: skip


@screen("party.remove_handler")
def remove(request: Any, key: str) -> HttpResponse:
    handler = mine.handlers(request).filter(key=key).first()
    if handler is None:
        raise Http404
    return act_page(request, Act(
        title=_("取扱者 %(key)s を解除する") % {"key": key}, then=reverse("handlers"), danger=True,
        done=_("解除しました。開いている画面も、次の操作から使えません。"),
        warnings=[_("今日から、この人はサインインも操作もできません。")],
        facts=[(_("取扱者番号"), handler.key), (_("役割"), handler.get_role_display())],
        do=lambda form: approvals.remove_handler(
            handler=handler, removed_on=request.today, by=request.handler, now=request.now),
    ))  # fmt: skip
