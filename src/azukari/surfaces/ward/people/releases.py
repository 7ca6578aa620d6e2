"""Protected persons who may be in a programme's lists: asked by one officer, approved by another, taken back by any."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.people import acts
from azukari.people.models import ProtectedRelease
from azukari.people.protection import releases_listed
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from .forms import ReleaseFilter
from .words import programme_names


@require_GET
@screen("people.release_protected")
def releases(request: Any) -> HttpResponse:
    """By number: whom a request is about is shown to whoever approves it, and that is logged."""
    names = programme_names(request.today)
    table = Table(
        request, name="protected-releases", caption=_("支援措置の例外"), rows=releases_listed(),
        columns=[
            Column("no", _("No."), lambda r: Cell(f"No.{r.pk}", order=r.pk), sort="pk", header=True),
            Column("programme", _("事業"), lambda r: names.get(r.programme, r.programme), sort="programme"),
            Column("by", _("申請"), lambda r: _who(r.requested_at, r.by), sort="requested_at"),
            Column("approved", _("承認"), lambda r: _who(r.approved_at, r.approved_by)),
            Column("until", _("有効期限"), lambda r: r.valid_until.isoformat(), sort="valid_until"),
            Column("state", _("状態"), lambda r: _state(r, request)),
            Column("act", _("処理"), lambda r: _next(r, request)),
        ],
        filters=ReleaseFilter, form_kwargs={"on": request.today}, act="people.release_protected",
        empty=_("例外の申請はありません。申請は、住民の照会で支援措置の対象者を開いてします。"),
    )  # fmt: skip
    return table.response("ward/people/releases.html")


def _who(at: Any, by: str) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M} {by}" if at else ""


def _state(release: ProtectedRelease, request: Any) -> Cell:
    if release.revoked_at:
        return Cell(_("取消し（%(by)s）") % {"by": release.revoked_by}, chip="gray")
    if release.valid_until < request.today:
        return Cell(_("期限切れ"), chip="gray")
    return Cell(_("有効"), chip="green") if release.approved_by else Cell(_("承認待ち"), chip="yellow")


def _next(release: ProtectedRelease, request: Any) -> Cell:
    if release.revoked_at or release.valid_until < request.today:
        return Cell("")
    if release.approved_by:
        text, name = _("No.%(no)s を取り消す"), "protected_release_revoke"
    elif release.by == request.handler.key:
        text, name = _("No.%(no)s を取り下げる"), "protected_release_revoke"
    else:
        text, name = _("No.%(no)s を確かめて承認する"), "protected_release"
    return Cell(text % {"no": release.pk}, href=reverse(name, args=[release.pk]))


def _of(number: int) -> ProtectedRelease:
    found = ProtectedRelease.objects.select_related("resident").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _seen(release: ProtectedRelease) -> Seen:
    return Seen(("release", str(release.pk)), f"{release.approved_by}|{release.revoked_at}")


@require_http_methods(["GET", "POST"])
@screen("people.release_protected", fresh=True)
def approve(request: Any, number: int) -> HttpResponse:
    """A second officer reads whom it is about and why, and approves. Reading it is logged."""
    release = _of(number)
    names = programme_names(request.today)
    told = acts.check_protected_release(release=release, by=request.handler, now=request.now)
    warnings = [_("承認すると、この人がその事業の一覧に載り、委託先に渡ることがあります。")]
    if release.by == request.handler.key:
        warnings.insert(0, _("申請したのはあなたです。承認は、別の職員がします。"))
    answer = act_page(request, Act(
        title=_("支援措置の例外 No.%(no)s を承認する") % {"no": release.pk},
        do=lambda form: acts.approve_protected_release(release=release, by=request.handler, now=request.now),
        then=reverse("protected_releases"),
        done=_("例外 No.%(no)s を承認しました（%(day)s まで）。")
        % {"no": release.pk, "day": release.valid_until.isoformat()},
        submit=_("承認する"),
        danger=True,
        facts=[
            (_("事業"), names.get(release.programme, release.programme)),
            (_("目的"), release.purpose),
            (_("申請"), _who(release.requested_at, release.by)),
            (_("有効期限"), release.valid_until.isoformat()),
            *told,
        ],
        warnings=warnings,
        seen=_seen(release),
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@screen("people.release_protected")
def revoke(request: Any, number: int) -> HttpResponse:
    """Holding back needs no second person, and nobody's name."""
    release = _of(number)
    names = programme_names(request.today)
    return act_page(request, Act(
        title=_("支援措置の例外 No.%(no)s を取り消す") % {"no": release.pk},
        do=lambda form: acts.revoke_protected_release(release=release, by=request.handler, now=request.now),
        then=reverse("protected_releases"),
        done=_("例外 No.%(no)s を取り消しました。この人は、また一覧から除かれます。") % {"no": release.pk},
        submit=_("取り消す"),
        facts=[
            (_("事業"), names.get(release.programme, release.programme)),
            (_("申請"), _who(release.requested_at, release.by)),
            (_("有効期限"), release.valid_until.isoformat()),
        ],
        warnings=[_("すでに渡した一覧からは除かれません。")],
        seen=_seen(release),
    ))  # fmt: skip
