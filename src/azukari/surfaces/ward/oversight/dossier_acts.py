"""What is done with a version: taken in, submitted, approved by a second person, renewed, ended."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.db import IntegrityError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.dossier.approval import STATE_NAMES, State
from azukari.dossier.words import fiscal_year_name
from azukari.parties import approvals
from azukari.parties.acting import NotPermitted
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from . import papers
from .dossiers import page_of
from .forms import FILE, ApproveForm, DraftForm, ExpireForm, RenewForm
from .papers import Paper


def seen(paper: Paper) -> Seen:
    """The log names a version by its hash."""
    version = paper.version
    state = f"{paper.state}|{version.canonical_hash}|{version.in_force_from}|{version.in_force_until}"
    return Seen(("hash", version.canonical_hash), state)


def facts(paper: Paper) -> list[tuple[str, Any]]:
    version = paper.version
    people = papers.names([version.drafted_by, version.submitted_by])
    told = [
        (_("事業"), paper.dossier.programme_name),
        (_("版"), version.version),
        (_("年度"), fiscal_year_name(paper.dossier.fiscal_year)),
        (_("状態"), STATE_NAMES[paper.state]),
        (_("ハッシュ値"), version.canonical_hash),
        (_("作成者"), people.get(version.drafted_by, version.drafted_by)),
    ]
    if version.submitted_by:
        told.append((_("付議者"), people.get(version.submitted_by, version.submitted_by)))
    if version.in_force_from:
        told.append((_("効力発生日"), version.in_force_from.isoformat()))
    return told


@screen("dossier.draft")
def draft(request: Any) -> HttpResponse:
    """Take a dossier file in; everything that is wrong with it is told at once, by line."""

    def take(form: DraftForm) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / FILE
            path.write_text(form.text, encoding="utf-8")
            return approvals.draft_dossier(path=path, by=request.handler, now=request.now)

    return act_page(request, Act(
        title=_("付議書のファイルを登録する"), form=DraftForm, do=take, then=page_of, back=reverse("dossiers"),
        done=lambda version: _("版（%(version)s）を登録しました。内容を確かめてから、付議してください。")
        % {"version": version.version},
        submit=_("登録する"), template="ward/oversight/draft.html",
    ))  # fmt: skip


@screen("dossier.submit")
def submit(request: Any, programme: str, pk: int) -> HttpResponse:
    paper = papers.paper_of(programme, pk, request.today)
    warnings = []
    if paper.gaps:
        warnings.append(
            _("記載の食い違いや空白が%(n)s件あります。裁定を記録するまで、その範囲は取り扱えません。")
            % {"n": len(paper.gaps)}
        )
    return act_page(request, Act(
        title=_("付議する"), facts=facts(paper), warnings=warnings, seen=seen(paper), then=page_of(paper.version),
        done=_("付議しました。承認は、作成者・付議者とは別の情報保護担当が記録します。"),
        do=lambda form: approvals.submit_dossier(version=paper.version, by=request.handler, now=request.now),
    ))  # fmt: skip


@screen("dossier.approve", fresh=True)
def approve(request: Any, programme: str, pk: int) -> HttpResponse:
    """The board's approval, recorded by somebody who neither drafted nor submitted it."""
    paper = papers.paper_of(programme, pk, request.today)

    def record(form: ApproveForm) -> None:
        approvals.approve_dossier(version=paper.version, by=request.handler, now=request.now, **form.cleaned_data)

    warnings = [_("承認すると、この版に挙がった項目・相手・区分だけが、効力発生日から取り扱えるようになります。")]
    if request.handler.key in {paper.version.drafted_by, paper.version.submitted_by}:
        warnings.append(_("あなたはこの版の作成者又は付議者です。別の情報保護担当が記録してください。"))
    return act_page(request, Act(
        title=_("承認を記録する"), form=ApproveForm, facts=facts(paper), seen=seen(paper), do=record,
        warnings=warnings, then=page_of(paper.version), done=_("承認を記録しました。"),
    ))  # fmt: skip


@screen("dossier.approve")
def expire(request: Any, programme: str, pk: int) -> HttpResponse:
    paper = papers.paper_of(programme, pk, request.today)
    if paper.state not in (State.IN_FORCE, State.APPROVED):
        raise Http404
    warnings = [
        _("最後の日の翌日から、この版では何も渡せず、委託先も取り扱えません。返却と消去は、これまでどおり行います。")
    ]
    return act_page(request, Act(
        title=_("失効させる"), form=ExpireForm, facts=facts(paper), seen=seen(paper), danger=True,
        warnings=warnings, then=page_of(paper.version), done=_("失効を記録しました。"),
        do=lambda form: approvals.expire_dossier(
            version=paper.version, by=request.handler, now=request.now, **form.cleaned_data),
    ))  # fmt: skip


@screen("dossier.renew")
def renew(request: Any, programme: str, pk: int) -> HttpResponse:
    paper = papers.paper_of(programme, pk, request.today)
    recorded = {(renewal.clause, renewal.fiscal_year) for renewal in paper.renewals}

    def record(form: RenewForm) -> None:
        try:
            approvals.record_renewal(programme=programme, by=request.handler, now=request.now, **form.cleaned_data)
        except IntegrityError as error:
            raise NotPermitted(_("ほかの人が先に、同じ更新を記録しました。履歴で確かめてください。")) from error

    return act_page(request, Act(
        title=_("更新を記録する"), form=RenewForm, facts=facts(paper)[:4], do=record,
        form_kwargs={"dossier": paper.dossier, "recorded": recorded, "on": request.today},
        then=page_of(paper.version, "dossier_history"), done=_("更新を記録しました。"),
    ))  # fmt: skip
