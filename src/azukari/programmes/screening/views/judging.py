"""Before anything leaves: the difference against last year, numbers, and the proof of the glyphs."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.vocabulary.refusal import Refusal
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, picture
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..glyph_picture import outline
from ..models import GlyphQuestion, Run, Voucher
from ..reasons import FIRST_REFUSAL, REASONS, TESTS, Reason
from ..rules import screening_parameters
from ..steps import assess
from ..steps.listing import list_glyph_questions
from ..steps.overview import numbers_to_give
from .common import begin_looking, heading, looking_of, may, run_of, run_url, seen
from .forms import DifferenceFilter, Purpose

State = Run.State
GLYPHS_AT_ONCE = 20
ABOUT_GLYPHS = "glyphs"


@require_GET
@screen("run.read")
def difference(request: Any, year: int) -> HttpResponse:
    """This year's judgement against last year's, by test, age and reason."""
    run = run_of(year)
    names = test_names(year)
    rows = run.difference
    table = Table(
        request, name=f"screening-difference-{year}", caption=heading(run, _("前年度との差")), rows=rows,
        columns=[
            Column("test", _("検診"), lambda row: names[row["test"]], header=True),
            Column("age", _("年度末年齢"), lambda row: _band(row["age_band"])),
            Column("reason", _("判定の理由"), lambda row: REASONS[Reason(row["reason"])], sort="reason"),
            Column("last", _("前年度"), lambda row: row["last_year"], sort="last", numeric=True),
            Column("this", _("今年度"), lambda row: row["this_year"], sort="this", numeric=True),
            Column("difference", _("差"), _signed, sort="difference", numeric=True),
        ],
        filters=DifferenceFilter, form_kwargs={"names": names, "bands": _bands(rows)},
        act="run.read", programme="screening",
        empty=_("条件に合う行はありません。条件を広げてください。"),
    )  # fmt: skip
    return table.response("screening/difference.html", {
        "run": run,
        "picture": _picture(rows, names),
        "back": run_url(run),
        "confirm_url": reverse("screening_confirm", args=[year]),
        "may_confirm": may(request, "run.confirm") and run.state == State.ASSESSED,
        "by_another": run.started_by_id == request.handler.pk,
    })  # fmt: skip


def test_names(year: int) -> dict[str, str]:
    parameters = screening_parameters().for_fiscal_year(year)
    return {test: parameters.text(f"tests.{test}.name") for test in TESTS}


def _band(first: int | None) -> str:
    if first is None:
        return _("不明")
    return _("%(first)s〜%(last)s歳") % {"first": first, "last": first + 4}


def _bands(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The age bands that occur, the unknown last."""
    found = {row["age_band"] for row in rows}
    return {str(one): _band(one) for one in sorted(found, key=lambda one: (one is None, one or 0))}


def _signed(row: dict[str, Any]) -> Cell:
    change = row["difference"]
    return Cell(f"{change:+,}" if change else "0", numeric=True, order=change)


def _picture(rows: list[dict[str, Any]], names: dict[str, str]) -> Picture:
    """Persons offered each test, this year's bar over last year's."""
    now: dict[str, int] = defaultdict(int)
    before: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["reason"] < FIRST_REFUSAL:
            now[row["test"]] += row["this_year"]
            before[row["test"]] += row["last_year"]
    return picture(_("検診ごとの対象者数"), _("塗りは今年度、破線は前年度です。"), [
        (names[test], now[test], before[test], f"{now[test]:,}（{now[test] - before[test]:+,}）", False)
        for test in TESTS
    ])  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def confirm(request: Any, year: int) -> HttpResponse:
    """Another person than who judged confirms the difference."""
    run = run_of(year)
    return act_page(request, Act(
        title=heading(run, _("前年度との差の確認")),
        do=lambda form: assess.confirm_difference(run=run, by=request.handler, now=request.now),
        then=run_url(run),
        back=reverse("screening_difference", args=[year]),
        done=_("前年度との差の確認を記録しました。"),
        submit=_("差を確認した"),
        facts=[
            (_("判定した人"), run.started_by.name),
            (_("名簿の基準日"), run.roster.stated_on.isoformat()),
            (_("差のある行"), f"{sum(1 for row in run.difference if row['difference']):,}"),
        ],
        warnings=[_("判定した人は、自分で確認できません。")] if run.started_by_id == request.handler.pk else [],
        seen=seen(run),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def numbers(request: Any, year: int) -> HttpResponse:
    """Give the numbers, in a job; how many is shown first."""
    run = run_of(year)
    facts = []
    if request.method == "GET" and run.state == State.CONFIRMED:
        counted = numbers_to_give(run)
        facts = [(Voucher.Channel(channel).label, f"{count:,}") for channel, count in counted.items()]
    return act_page(request, Act(
        title=heading(run, _("番号の付番")),
        do=lambda form: {"run": run.pk},
        then=run_url(run),
        submit=_("番号を付ける"),
        facts=[*facts, (_("いまの状態"), run.get_state_display())],
        warnings=[_("付けた番号は取り消せません。番号は二度と使われません。")],
        seen=seen(run),
        job="screening.numbers",
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.prepare")
def proof(request: Any, year: int) -> HttpResponse:
    """Prove the glyphs, in a job; what has to be decided is worked off from the list."""
    run = run_of(year)
    found = GlyphQuestion.objects.filter(run=run)
    left = found.filter(decision="").count()
    return act_page(request, Act(
        title=heading(run, _("字形の確認")),
        do=lambda form: {"run": run.pk},
        then=reverse("screening_proof", args=[year]),
        back=run_url(run),
        submit=_("字形を調べる"),
        facts=[
            (_("いまの状態"), run.get_state_display()),
            (_("判断の要る字"), f"{left:,}"),
            (_("判断済の字"), f"{found.count() - left:,}"),
        ],
        seen=seen(run),
        job="screening.proof",
        template="screening/proof.html",
        context={
            "run": run,
            "left": left,
            "decides": may(request, "run.confirm") and run.state == State.NUMBERED,
        },
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def finish_proof(request: Any, year: int) -> HttpResponse:
    """Every question is decided: the proof is finished."""
    run = run_of(year)
    left = GlyphQuestion.objects.filter(run=run, decision="").count()
    return act_page(request, Act(
        title=heading(run, _("字形の確認を終える")),
        do=lambda form: assess.finish_proof(run=run, by=request.handler, now=request.now),
        then=run_url(run),
        back=reverse("screening_proof", args=[year]),
        done=_("字形の確認を終えました。"),
        submit=_("確認を終える"),
        facts=[(_("判断の要る字"), f"{left:,}"), (_("いまの状態"), run.get_state_display())],
        seen=seen(run),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.look_up")
def glyphs(request: Any, year: int) -> HttpResponse:
    """Who looks at the list says what for."""
    run = run_of(year)
    left = GlyphQuestion.objects.filter(run=run, decision="").count()
    return act_page(request, Act(
        title=heading(run, _("判断の要る字")),
        form=Purpose,
        initial={"purpose": _("字形の判断")},
        do=lambda form: begin_looking(request, f"{ABOUT_GLYPHS}-{year}", form.cleaned_data["purpose"]),
        then=lambda looking: reverse("screening_glyph_list", args=[year, looking.token]),
        back=reverse("screening_proof", args=[year]),
        submit=_("一覧を見る"),
        facts=[(_("判断の要る字"), f"{left:,}")],
        warnings=[_("一覧には宛名番号が出ます。見たことは、目的とともにアクセスログに残ります。")],
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("run.confirm")
def glyph_list(request: Any, year: int, token: str) -> HttpResponse:
    """The first open questions, each decided: as it would be drawn, or made by hand. Looking is logged each time."""
    run = run_of(year)
    looking = looking_of(request, f"{ABOUT_GLYPHS}-{year}", token)
    here = reverse("screening_glyph_list", args=[year, token])
    problems: list[str] = []
    if request.method == "POST":
        decided, problems = _decide(request, run)
        if not problems:
            messages.success(request, _("%(count)s件の判断を記録しました。") % {"count": decided})
            return HttpResponseRedirect(here, status=303)
    questions = list_glyph_questions(
        run=run, purpose=looking.purpose, by=request.handler, now=request.now, most=GLYPHS_AT_ONCE
    )
    answer = render(
        request, "screening/glyphs.html",
        {
            "title": heading(run, _("判断の要る字")),
            "run": run,
            "questions": [
                (question, assess.PROVED.get(question.field, question.field), outline(question.characters))
                for question in questions
            ],
            "left": GlyphQuestion.objects.filter(run=run, decision="").count(),
            "choices": GlyphQuestion.Decision.choices,
            "purpose": looking.purpose,
            "problems": problems,
            "has_errors": bool(problems),
            "back": reverse("screening_proof", args=[year]),
        },
        status=409 if problems else 200,
    )  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _decide(request: Any, run: Run) -> tuple[int, list[str]]:
    """Every question with a choice, each an act of its own: what another decided meanwhile is told, the rest stands."""
    chosen = {
        key.removeprefix("decision-"): value
        for key, value in request.POST.items()
        if key.startswith("decision-") and value in GlyphQuestion.Decision.values
    }
    numbers = [int(number) for number in chosen if number.isascii() and number.isdigit()]
    problems: list[str] = []
    decided = 0
    for question in GlyphQuestion.objects.select_related("run", "person").filter(run=run, pk__in=numbers[:100]):
        try:
            assess.decide_glyph(
                question=question, decision=chosen[str(question.pk)], by=request.handler, now=request.now
            )
            decided += 1
        except Refusal as refusal:
            problems.append(str(refusal))
    return decided, problems
