"""The person's own result: reading it, consenting or taking that back, applying for the interview, a copy to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.exports import download
from azukari.web.templatetags.azukari import day_words

from ...letters.result import ResultSheet, result_csv, result_pdf
from ...models import Result
from ...steps import own_result as steps
from ...steps.sheets import sheet_of
from . import readings
from .forms import Agree
from .own_words import CONSENT, kept
from .parts import language_of
from .refusals import told
from .session import own
from .shown_result import shown

ACT = "stress_check/employee/act.html"


@require_GET
@own
def result(request: Any) -> HttpResponse:
    """Before notification it says so; afterwards summary, radars, what follows, and what the person can do."""
    person = request.person
    if readings.told_result(person) is None:
        return _not_yet(request)
    found, scores, decision = steps.read_own(person=person, now=request.now)
    sheet = sheet_of(person=person, result=found, scores=scores, decision=decision)
    return render(request, "stress_check/employee/result.html", {
        "title": _("あなたの結果"),
        "round": person.round,
        "result": found,
        "shown": shown(sheet, scores, _language(request)),
        "needed": sheet.interview,
        "note": sheet.note,
        "interview": readings.interview(found),
        "kept": kept(day_words(found.keep_until)),
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@own
def consent(request: Any) -> HttpResponse:
    """A page of its own, only after reading, nothing ticked beforehand."""
    found = readings.told_result(request.person)
    if found is None or found.seen_at is None:
        return HttpResponseRedirect(reverse("stress_result"), status=303)
    return _act(request, Act(
        title=_("結果を区に提供することへの同意"),
        do=lambda form: steps.consent(person=request.person, now=request.now),
        then=reverse("stress_result"),
        done=_("同意を受け付けました。いつでも取り消せます。"),
        form=Agree,
        facts=(
            (_("提供するもの"), CONSENT.given),
            (_("提供しないもの"), CONSENT.not_given),
            (_("だれに"), CONSENT.receiver),
            (_("どの結果か"), _year(request)),
            (_("取り消したいとき"), _("いつでも、理由なく取り消せます。取り消した後は、区はこの結果を見られません。")),
        ),
        warnings=(_("同意しなくても、取り消しても、不利益な取扱いを受けることはありません。"),),
        submit=_("同意する"),
        template=ACT,
        context={"sentence": CONSENT.sentence},
    ))  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@own
def withdraw(request: Any) -> HttpResponse:
    found = readings.told_result(request.person)
    if found is None:
        return HttpResponseRedirect(reverse("stress_result"), status=303)
    return _act(request, Act(
        title=_("同意の取消し"),
        do=lambda form: steps.withdraw(person=request.person, now=request.now),
        then=reverse("stress_result"),
        done=_("同意を取り消しました。"),
        facts=(
            (_("同意した日時"), _moment(found)),
            (
                _("取り消すと"),
                _("区は、これからこの結果を見られません。区がすでに読んだことは、なかったことにはできません。"),
            ),
            (_("あなたの結果"), _("あなたは、これまでどおり読めます。もう一度同意することもできます。")),
        ),
        submit=_("同意を取り消す"),
        template=ACT,
    ))  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@own
def apply(request: Any) -> HttpResponse:
    """For who was told that an interview is needed; says first that the employer will know of the application."""
    found = readings.told_result(request.person)
    if found is None or found.seen_at is None:
        return HttpResponseRedirect(reverse("stress_result"), status=303)
    return _act(request, Act(
        title=_("医師による面接指導の申出"),
        do=lambda form: steps.apply(person=request.person, now=request.now),
        then=reverse("stress_result"),
        done=_("申し出ました。日時と場所は、あらためてお知らせします。"),
        facts=(
            (
                _("申し出ると"),
                _("申出から1か月ほどのうちに、医師があなたの結果を読み、面接をします。費用はかかりません。"),
            ),
            (
                _("区に伝わること"),
                _("面接指導を申し出たこと。面接の後は、働き方について医師が区に述べる意見。話した内容は医師にとどまります。"),
            ),
            (_("不利益な取扱い"), _("申出を理由に不利益な取扱いをすることは、法律で禁じられています。")),
        ),
        warnings=(_("申し出ると、面接指導の対象であることが区に伝わります。"),),
        submit=_("面接指導を申し出る"),
        template=ACT,
    ))  # fmt: skip


@require_GET
@own
def own_pdf(request: Any) -> HttpResponse:
    return _file(
        request, "pdf", lambda sheet: result_pdf([sheet], language=_language(request), fonts=settings.AZUKARI_FONTS)
    )


@require_GET
@own
def own_csv(request: Any) -> HttpResponse:
    return _file(request, "csv", result_csv)


def _file(request: Any, kind: str, make: Callable[[ResultSheet], bytes]) -> HttpResponse:
    """The person's own result as a file of a neutral name; logged as a reading."""
    if readings.told_result(request.person) is None:
        return _not_yet(request)
    found, scores, decision = steps.read_own(person=request.person, now=request.now)
    sheet = sheet_of(person=request.person, result=found, scores=scores, decision=decision)
    return download(make(sheet), f"own-{request.today:%Y%m%d}.{kind}")


def _not_yet(request: Any) -> HttpResponse:
    shown = {"title": _("結果はまだ出ていません"), "round": request.person.round, "sent": request.person.answered_at}
    return render(request, "stress_check/employee/not_yet.html", shown)


def _act(request: Any, act: Act) -> HttpResponse:
    """The page of an act; what its step refuses is told in the person's language."""

    def do(form: Any) -> Any:
        try:
            return act.do(form)
        except Refusal as refusal:
            refusal.args = ("\n".join(told(refusal)),)
            raise

    return act_page(request, replace(act, do=do))


def _language(request: Any) -> str:
    return language_of(request.person.round.instrument, request.LANGUAGE_CODE)


def _year(request: Any) -> str:
    return _("%(year)s年度のストレスチェックだけ。次の年度は、結果を読んだ後に改めて決められます。") % {
        "year": request.person.round.fiscal_year
    }


def _moment(found: Result) -> str:
    if not found.consented or found.consented_at is None:
        return _("同意していません")
    local = timezone.localtime(found.consented_at)
    return f"{day_words(local.date())} {local:%H:%M}"
