"""⑦ What goes to the ward; the end of the site; the records whose five years are over. Counts, nobody's name."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import READABLE, Handover
from azukari.vocabulary.wareki import to_wareki
from azukari.web.acts import Act
from azukari.web.screens import screen

from ..models import GroupRelease, Interview, Respondent, Result, Round
from ..steps import delivery as steps
from ..steps import retention, review
from ..steps.state import IMPLEMENTERS, WORKERS
from .common import duties_of, heading, may, round_of, seen, working
from .result_common import act_of, decides, page, private, url
from .result_forms import Office

S = Round.State
OUT = (Handover.State.RELEASED, *READABLE)


def _release(round_: Round) -> GroupRelease | None:
    """The newest that was let out: what a delivery takes along."""
    found = GroupRelease.objects.filter(round=round_, released_at__isnull=False).select_related("round", "handover")
    return found.defer("sealed_source", "tables").order_by("-number").first()


def _under_way(release: GroupRelease | None) -> Handover | None:
    made = release.handover if release is not None else None
    return None if made is None or made.state == Handover.State.WITHDRAWN else made


def _consented(round_: Round) -> int:
    return Result.objects.filter(
        respondent__round=round_, consented_at__isnull=False, withdrawn_at=None, erased_at=None
    ).count()


# --- ⑦


@require_GET
@screen("stress.work")
def delivery(request: Any, year: int) -> HttpResponse:
    """What will go, where it is, and the next act. Open to who works on it and to the responsible handler."""
    responsible = may(request, "handover.password")
    round_ = round_of(request, year) if responsible else working(request, year)
    works = bool(duties_of(request, round_) & set(WORKERS))
    release = _release(round_)
    handover = _under_way(release)
    return page(request, round_, "delivery.html", {
        "title": heading(round_, _("報告書と結果の納品")),
        "release": release,
        "handover": handover,
        "reports": list(handover.attachments.order_by("pk")) if handover else [],
        "consented": _consented(round_),
        "columns": [column.header for column in steps.COLUMNS],
        "can_prepare": works and release is not None and handover is None
        and round_.state in (S.CLOSED, S.REPORTED),
        "can_tell": responsible and handover is not None and handover.state in OUT,
        "out": handover is not None and handover.state in OUT,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.prepare")
def prepare(request: Any, year: int) -> HttpResponse:
    """⑦ The package: who consented, and the report on the groups; then the page of the handover."""
    round_ = working(request, year)
    release = _release(round_)
    count = _consented(round_)
    facts = [
        (_("結果を渡す人（知らせた後に同意し、取り消していない人）"), _("%(count)s人") % {"count": f"{count:,}"}),
        (_("渡す項目"), _("、").join(column.header for column in steps.COLUMNS)),
        (_("報告書"), _("集団分析の第%(number)s版（PDF、パスワード付き Excel）") % {"number": release.number}
         if release else _("放出した集団分析がありません")),
        (_("あて先"), round_.staff.sender.name),
    ]  # fmt: skip

    def do(form: Any) -> Handover:
        return steps.prepare_delivery(
            round_=round_, release=release or GroupRelease(), office=form.cleaned_data["office"], by=request.handler,
            now=request.now,
        )  # fmt: skip

    return act_of(request, round_, Act(
        title=_("納品を準備する"),
        form=Office,
        do=do,
        then=lambda made: reverse("sent_one", args=[made.number]),
        back=url("stress_delivery", round_),
        done=lambda made: _("受渡し %(number)s を準備しました（%(count)s人）。続けて封をしてください。")
        % {"number": made.number, "count": f"{made.rows:,}"},
        submit=_("準備する"),
        facts=facts,
        warnings=[_("準備した後に同意を取り消した人の結果は、封をする前なら、取り下げて準備し直すと外れます。")],
        seen=seen(round_, count, release.number if release else 0),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("handover.password")
def password(request: Any, year: int) -> HttpResponse:
    """Shown on the page that answers the POST, and told on another occasion than the disc. Logged."""
    round_ = round_of(request, year)
    release = _release(round_)
    handover = _under_way(release)
    told: dict[str, str] = {}

    def do(form: Any) -> None:
        told["password"] = steps.tell_password(
            release=release or GroupRelease(), by=request.handler, now=request.now
        )  # fmt: skip

    answer = act_of(request, round_, Act(
        title=_("報告書（Excel）のパスワードを見る"),
        do=do,
        then=url("stress_delivery", round_),
        submit=_("パスワードを表示する"),
        facts=[(_("受渡番号"), handover.number if handover else _("納品の準備がまだです"))],
        warnings=[_("ディスクとは別の機会に、電話などで区の担当者に知らせてください。見たことはアクセスログに残ります。")],
        seen=seen(round_, handover.state if handover else ""),
    ))  # fmt: skip
    if "password" not in told:
        return answer
    return page(request, round_, "password.html", {
        "title": _("報告書（Excel）のパスワード"), "password": told["password"], "handover": handover,
    })  # fmt: skip


# --- the end


@require_GET
@screen("stress.work")
def end(request: Any, year: int) -> HttpResponse:
    """What has to be so before the site is closed; and the records whose day has come, of every year."""
    round_ = working(request, year)
    due = _due(request)
    return page(request, round_, "end.html", {
        "title": heading(round_, _("終了と保存期限")),
        "checks": _checks(round_),
        "can_finish": decides(request, round_) and round_.state == S.REPORTED and round_.confirmed_at is not None
        and not _waiting(round_),
        "decides": decides(request, round_),
        "finished": round_.state == S.FINISHED,
        "due": due,
        "due_total": sum(count for _year, count in due),
        "kept": _kept(round_),
    })  # fmt: skip


def _checks(round_: Round) -> list[tuple[str, bool, str]]:
    """(what, whether it is so, what to say beside it)."""
    counted = review.counts(round_)
    untold = counted.scored - counted.told
    waiting = _waiting(round_)
    delivered = round_.state in (S.REPORTED, S.FINISHED)
    confirmed = _("区が確認すると、ここに印が付きます")
    return [
        (_("回答の受付を締め切った"), round_.state not in (S.PREPARING, S.OPEN), ""),
        (_("すべての回答を採点した"), not counted.unscored, _people(counted.unscored)),
        (_("すべての人に結果を知らせた"), not untold, _people(untold)),
        (_("申し出た人の面接指導と意見が済んだ"), not waiting, _people(waiting)),
        (_("報告書と結果を納品した"), delivered, ""),
        (_("区が報告書等を確認した"), round_.confirmed_at is not None, "" if round_.confirmed_at else confirmed),
    ]


def _waiting(round_: Round) -> int:
    """Applications without their opinion: the site stays open for them."""
    return Interview.objects.filter(result__respondent__round=round_, opinion_at=None, dropped_at=None).count()


def _people(count: int) -> str:
    return _("残り%(count)s人") % {"count": f"{count:,}"} if count else ""


def _kept(round_: Round) -> tuple[int, Any]:
    """How many sealed records of this round stay, and until when the last of them."""
    found = Result.objects.filter(respondent__round=round_, erased_at=None)
    return found.count(), found.order_by("-keep_until").values_list("keep_until", flat=True).first()


def _due(request: Any) -> list[tuple[int, int]]:
    found = retention.due(request.today).order_by().values_list("respondent__round__fiscal_year")
    return sorted(found.annotate(n=Count("pk")))


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def finish(request: Any, year: int) -> HttpResponse:
    """The site closes: logins, codes, drafts and answers go, names go behind the seal."""
    round_ = working(request, year, IMPLEMENTERS)
    kept, until = _kept(round_)
    forgotten = Respondent.objects.filter(round=round_, result=None).count()
    open_points = [what for what, so, _beside in _checks(round_) if not so]
    return act_of(request, round_, Act(
        title=_("専用サイトを終了する"),
        do=lambda form: retention.finish(round_=round_, by=request.handler, now=request.now),
        then=url("stress_end", round_),
        done=lambda found: _("終了しました。%(kept)s人の結果を封をして残し、回答のない%(gone)s人は何も残していません。")
        % {"kept": f"{found.kept:,}", "gone": f"{found.forgotten:,}"},
        submit=_("終了する"),
        facts=[
            (_("消えるもの"), _("ログイン、招待コード、書きかけの回答、回答、氏名・所属などの欄")),
            (_("封をして残すもの"), _("%(count)s人の結果（氏名とともに、%(until)sまで）")
             % {"count": f"{kept:,}", "until": to_wareki(until, "long") if until else "−"}),
            (_("何も残らない人"), _("回答しなかった%(count)s人（鍵も消去）") % {"count": f"{forgotten:,}"}),
        ],
        warnings=[_("終了すると、元に戻せません。"), *(_("まだ：%(what)s") % {"what": one} for one in open_points)],
        danger=True,
        seen=seen(round_, kept, forgotten),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def erase_due(request: Any, year: int) -> HttpResponse:
    """Five years are over: each such record of any year goes, key first."""
    round_ = working(request, year)
    due = _due(request)
    return private(act_of(request, round_, Act(
        title=_("保存期限の過ぎた記録を消去する"),
        do=lambda form: retention.erase_due(by=request.handler, now=request.now),
        then=url("stress_end", round_),
        done=lambda n: _("%(count)s人の記録を、鍵とともに消去しました。") % {"count": f"{n:,}"},
        submit=_("消去する"),
        facts=[
            (_("%(year)s年度") % {"year": of_year}, _("%(count)s人") % {"count": f"{count:,}"})
            for of_year, count in due
        ],
        warnings=[_("鍵を消去すると、バックアップからも戻せません。")] if due
        else [_("保存期限の過ぎた記録はありません。")],
        danger=True,
        seen=seen(round_, due),
    )))  # fmt: skip
