"""Rosters on their way into the register: the list, the upload, the columns, the review, the commit."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.parties.roles import ACTS
from azukari.people import acts, changeset, inspection
from azukari.people.columns import ROSTERS
from azukari.people.models import Changeset, ChangesetState
from azukari.people.roster import REMARKS
from azukari.web import jobs
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from . import picture, uploads, work
from .forms import NOT_USED, MappingForm, RosterFilter, UploadForm

CHIPS = {
    ChangesetState.READ: "yellow",
    ChangesetState.REVIEWED: "blue",
    ChangesetState.COMMITTED: "green",
    ChangesetState.DISCARDED: "gray",
}


def may(request: Any, act: str) -> bool:
    return request.handler.role in ACTS[act]


@require_GET
@screen("roster.read")
def rosters(request: Any) -> HttpResponse:
    """Every roster that was read, newest first."""
    uploads.drop_abandoned(request.now)
    table = Table(
        request, name="rosters", caption=_("名簿の取込み"), rows=Changeset.objects.defer("counts").order_by("-pk"),
        columns=[
            Column("no", _("No."), lambda c: Cell(f"No.{c.pk}", href=reverse("roster", args=[c.pk]), order=c.pk),
                   sort="pk", header=True),
            Column("kind", _("種類"), lambda c: ROSTERS[c.kind].label, sort="kind"),
            Column("stated_on", _("基準日"), lambda c: c.stated_on.isoformat(), sort="stated_on"),
            Column("rows", _("件数"), lambda c: c.rows, sort="rows", numeric=True),
            Column("state", _("状態"), state_cell, sort="state"),
            Column("read", _("読込み"), lambda c: _who(c.read_at, c.read_by), sort="read_at"),
            Column("reviewed", _("確認"), lambda c: _who(c.reviewed_at, c.reviewed_by)),
            Column("committed", _("確定"), lambda c: _who(c.committed_at, c.committed_by)),
        ],
        filters=RosterFilter, act="roster.read",
        empty=_("名簿はまだ取り込まれていません。「名簿を取り込む」から、送付票と一緒に受け取ったファイルを選んでください。"),
    )  # fmt: skip
    return table.response("ward/rosters/list.html", {"may_import": may(request, "people.import")})


def state_cell(found: Changeset) -> Cell:
    return Cell(found.get_state_display(), chip=CHIPS[ChangesetState(found.state)], order=found.state)


def _who(at: Any, by: str) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M} {by}" if at else ""


# --- 読込み


@require_http_methods(["GET", "POST"])
@screen("people.import")
def upload(request: Any) -> HttpResponse:
    """A file and what its delivery note says of it. What is wrong with the file comes back here at once."""

    def do(form: Any) -> uploads.Upload:
        uploads.drop_abandoned(request.now)
        asked = form.cleaned_data
        kept = uploads.keep(
            asked["file"], kind=asked["kind"], stated_on=asked["stated_on"], note=asked["delivery_note"],
            check=asked["check"], by=request.handler.key, now=request.now,
        )  # fmt: skip
        work.drop_later(request.now)
        return kept

    def then(kept: uploads.Upload) -> str:
        return _begin_reading(request, kept) if kept.mapping else reverse("roster_columns", args=[kept.token])

    return act_page(request, Act(
        title=_("名簿を取り込む"),
        form=UploadForm,
        initial={"kind": "residents"},
        do=do,
        then=then,
        back=reverse("rosters"),
        submit=_("ファイルを確かめて読み込む"),
        template="ward/rosters/upload.html",
        context={"rosters": list(ROSTERS.values())},
    ))  # fmt: skip


def _begin_reading(request: Any, kept: uploads.Upload) -> str:
    return jobs.start(
        request, "people.read_roster", title=_("%(kind)sの読込み") % {"kind": ROSTERS[kept.kind].label},
        arguments={"upload": kept.token}, then=reverse("roster_columns", args=[kept.token]),
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.import")
def columns(request: Any, token: str) -> HttpResponse:
    """Which column of the file is which item. Shows headers, no row of the file."""
    kept = _mine(request, token)
    if kept.changeset is not None:
        return HttpResponseRedirect(reverse("roster", args=[kept.changeset]), status=303)
    headers = [header for header, _field, _near in kept.columns]

    def do(form: Any) -> uploads.Upload:
        inspection.check_mapping(headers, kept.kind, form.mapping)
        kept.mapping, kept.problems = form.mapping, []
        uploads.save(kept)
        return kept

    chosen = {
        f"column_{place}": NOT_USED if kept.mapping[header] is None else kept.mapping[header]
        for place, header in enumerate(headers)
        if header in kept.mapping
    }
    return act_page(request, Act(
        title=_("列と項目の対応"),
        form=MappingForm,
        form_kwargs={"kind": kept.kind, "columns": kept.columns},
        initial=chosen,
        do=do,
        then=lambda upload: _begin_reading(request, upload),
        back=reverse("rosters"),
        submit=_("この対応で読み込む"),
        facts=[
            (_("名簿の種類"), ROSTERS[kept.kind].label),
            (_("名簿の基準日"), kept.stated_on),
            (_("件数"), f"{kept.rows:,}"),
            (_("文字コード"), kept.encoding),
        ],
        warnings=kept.problems,
        template="ward/rosters/columns.html",
        context={"token": token},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.import")
def give_up(request: Any, token: str) -> HttpResponse:
    """The uploaded file is not wanted: it goes at once."""
    kept = _mine(request, token)
    return act_page(request, Act(
        title=_("受け取ったファイルを消す"),
        do=lambda form: uploads.drop(kept),
        then=reverse("rosters"),
        back=reverse("roster_columns", args=[token]),
        done=_("受け取ったファイルを消しました。登録は変わっていません。"),
        submit=_("消す"),
        danger=True,
        facts=[(_("名簿の種類"), ROSTERS[kept.kind].label), (_("件数"), f"{kept.rows:,}")],
    ))  # fmt: skip


def _mine(request: Any, token: str) -> uploads.Upload:
    kept = uploads.find(token, request.handler.key)
    if kept is None:
        raise Http404
    return kept


# --- 確認と確定


def of(number: int) -> Changeset:
    found = Changeset.objects.select_related("base").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def seen(found: Changeset) -> Seen:
    return Seen(("changeset", str(found.pk)), found.state)


@require_GET
@screen("roster.read")
def roster(request: Any, number: int) -> HttpResponse:
    """What a roster brings, in counts; nothing of any person."""
    found = of(number)
    review = changeset.summary(found)
    newest = changeset.latest(found.kind, other_than=found)
    waiting = found.state in {ChangesetState.READ, ChangesetState.REVIEWED}
    return render(request, "ward/rosters/roster.html", {
        "title": _("名簿の取込み No.%(no)s") % {"no": found.pk},
        "roster": found,
        "label": ROSTERS[found.kind].label,
        "state": state_cell(found),
        "facts": _facts(found),
        "bars": picture.bars(picture.lines(found)),
        "width": picture.WIDTH,
        "totals": picture.totals(found),
        "review": review,
        "remarks": [(REMARKS.get(key, key), count) for key, count in review.remarks.items()],
        "changed": [(ROSTERS[found.kind].label_of(key), count) for key, count in review.changed.items()],
        "moved": waiting and (newest.pk if newest else None) != found.base_id,
        "may_import": may(request, "people.import"),
        "own_review": found.reviewed_by == request.handler.key,
        "rejected": review.counts["rejected"] + review.counts["duplicate"],
    })  # fmt: skip


def _facts(found: Changeset) -> list[tuple[str, str]]:
    base = found.base
    return [
        (_("名簿の種類"), ROSTERS[found.kind].label),
        (_("名簿の基準日"), found.stated_on.isoformat()),
        (_("件数"), f"{found.rows:,}"),
        (_("文字コード"), found.encoding),
        (_("SHA-256"), found.sha256),
        (_("比べた名簿"), f"No.{base.pk}（{base.stated_on.isoformat()}）" if base else _("なし（最初の名簿）")),
        (_("読込み"), _who(found.read_at, found.read_by)),
        *([(_("確認"), _who(found.reviewed_at, found.reviewed_by))] if found.reviewed_at else []),
        *([(_("確定"), _who(found.committed_at, found.committed_by))] if found.committed_at else []),
        *([(_("破棄"), _who(found.discarded_at, found.discarded_by))] if found.discarded_at else []),
    ]


@require_http_methods(["GET", "POST"])
@screen("people.import")
def review(request: Any, number: int) -> HttpResponse:
    """Somebody has looked at what the roster brings."""
    found = of(number)
    return act_page(request, Act(
        title=_("名簿の内訳を確認した"),
        do=lambda form: acts.review_roster(changeset=found, by=request.handler, now=request.now),
        then=reverse("roster", args=[number]),
        done=_("確認を記録しました。次は、別の人が確定します。"),
        submit=_("確認を記録する"),
        facts=_brief(found),
        warnings=list(changeset.summary(found).warnings),
        seen=seen(found),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.commit")
def commit(request: Any, number: int) -> HttpResponse:
    """Another person than who reviewed it takes it into the register, in a job."""
    found = of(number)
    warnings = [_("登録を全部まとめて変えます。途中で止まったときは、何も変わりません。取り消せません。")]
    if found.reviewed_by == request.handler.key:
        warnings.insert(0, _("内訳を確認したのはあなたです。確定は、別の人がします。"))
    return act_page(request, Act(
        title=_("名簿を確定する"),
        do=lambda form: {"changeset": found.pk},
        then=reverse("roster", args=[number]),
        submit=_("確定する"),
        facts=_brief(found),
        warnings=warnings,
        seen=seen(found),
        job="people.commit_roster",
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.import")
def discard(request: Any, number: int) -> HttpResponse:
    """The roster is given up: its rows go, that it was read stays."""
    found = of(number)

    def do(form: Any) -> None:
        acts.discard_roster(changeset=found, by=request.handler, now=request.now)
        uploads.drop_of_changeset(found.pk)

    return act_page(request, Act(
        title=_("名簿を破棄する"),
        do=do,
        then=reverse("roster", args=[number]),
        done=_("破棄しました。登録は変わっていません。"),
        submit=_("破棄する"),
        danger=True,
        facts=_brief(found),
        warnings=[_("読み込んだ行を消します。取り消せません。もう一度使うときは、ファイルを読み込み直してください。")],
        seen=seen(found),
    ))  # fmt: skip


def _brief(found: Changeset) -> list[tuple[str, str]]:
    counts = changeset.summary(found).counts
    labels = {line.status: line.label for line in picture.lines(found)}
    return [
        *_facts(found)[:3],
        *((labels[status], f"{count:,}") for status, count in counts.items() if count),
    ]
