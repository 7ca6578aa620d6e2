"""⑤ Sealed letters: prepared, printed, held against the envelope by another person, handed over. Names: for workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act
from azukari.web.exports import download
from azukari.web.screens import screen

from ..letters.result import result_pdf
from ..models import ResultLetter, Round
from ..steps import results as steps
from ..steps import review, sheets
from ..steps.sheets import letter_number
from .common import heading, seen, working
from .result_common import PER_PAGE, act_of, page, part, url
from .result_forms import Compared, Ticked
from .results import interview_word, verdict_word


def stage_of(letter: ResultLetter) -> tuple[str, str]:
    """What is next for this letter, in words, and the colour."""
    if letter.sent_at is not None:
        return _("渡した"), "gray"
    return (_("渡すのを待つ"), "blue") if letter.checked_at is not None else (_("照合を待つ"), "yellow")


@require_GET
@screen("stress.work")
def letters(request: Any, year: int) -> HttpResponse:
    """Every letter of the round, those that wait first. Logged by the step."""
    round_ = working(request, year)
    found = review.letters(round_=round_, by=request.handler, now=request.now)
    listed = part(request, found)
    unsent = sum(1 for one in found if one.sent_at is None)
    return page(request, round_, "letters.html", {
        "title": heading(round_, _("結果の封書")),
        "rows": [(one, letter_number(one), *stage_of(one)) for one in listed.rows],
        "part": listed,
        "counts": review.counts(round_),
        "files": [
            (n + 1, n * PER_PAGE + 1, min((n + 1) * PER_PAGE, unsent)) for n in range(-(-unsent // PER_PAGE))
        ],
        "mine": sum(1 for one in found if one.checked_at is None and one.prepared_by_id == request.handler.pk),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def prepare(request: Any, year: int) -> HttpResponse:
    """A letter for everybody who answered on paper, is decided on, and was not told yet."""
    round_ = working(request, year)
    count = review.counts(round_).to_write
    return act_of(request, round_, Act(
        title=_("結果の封書を準備する"),
        do=lambda form: steps.prepare_letters(
            results=review.to_write(round_), by=request.handler, now=request.now
        ),
        then=url("stress_letters", round_),
        done=lambda made: _("%(count)s通を準備しました。印字して封筒に入れ、別の人が照合します。")
        % {"count": f"{len(made):,}"},
        submit=_("%(count)s通を準備する") % {"count": f"{count:,}"},
        facts=[(_("封書で知らせる人（紙で回答した人）"), _("%(count)s人") % {"count": f"{count:,}"})],
        warnings=[] if count else [_("封書で知らせる人がいません。判断していない人は、判断の後に準備できます。")],
        seen=seen(round_, count),
    ))  # fmt: skip


@require_GET
@screen("stress.work")
def printed(request: Any, year: int, file: int) -> HttpResponse:
    """The sheets of the letters that did not go yet, fifty at a time, in the order of their numbers. Logged."""
    round_ = working(request, year)
    found = ResultLetter.objects.filter(result__respondent__round=round_, sent_at=None, result__erased_at=None)
    chosen = found.select_related("result__respondent__round").order_by("pk")[(file - 1) * PER_PAGE : file * PER_PAGE]
    if file < 1 or not chosen:
        raise Http404
    made = sheets.sheets_of(round_=round_, letters=list(chosen), by=request.handler, now=request.now)
    return download(result_pdf(made, fonts=settings.AZUKARI_FONTS), f"results-{year}-{file:03d}.pdf")


# --- several letters at once, ticked


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def check(request: Any, year: int) -> HttpResponse:
    """Name on the envelope and sheet in it, side by side, for another person than who prepared them."""
    round_ = working(request, year)
    waiting = ResultLetter.objects.filter(result__respondent__round=round_, checked_at=None)
    own = waiting.filter(prepared_by=request.handler).count()
    offered = list(waiting.exclude(prepared_by=request.handler).order_by("pk").values_list("pk", flat=True)[:PER_PAGE])
    return _ticked(
        request, round_, Compared, offered, steps.check_letter,
        title=_("宛名と中の紙を照合する"), submit=_("選んだ封書を照合した"),
        done=_("%(count)s通を照合しました。"), contents=True,
        warnings=[_("あなたが準備した%(count)s通は、別の人が照合します。") % {"count": own}] if own else [],
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def send(request: Any, year: int) -> HttpResponse:
    """The checked letters that went: handed over or posted."""
    round_ = working(request, year)
    waiting = ResultLetter.objects.filter(result__respondent__round=round_, checked_at__isnull=False, sent_at=None)
    offered = list(waiting.order_by("pk").values_list("pk", flat=True)[:PER_PAGE])
    return _ticked(
        request, round_, Ticked, offered, steps.send_letter,
        title=_("封書を渡した・発送したことを記録する"), submit=_("選んだ封書を渡した"),
        done=_("%(count)s通を渡したと記録しました。本人に知らせた日になります。"),
        warnings=[_("記録した後は、判断を変えられません。")],
    )  # fmt: skip


def _ticked(
    request: Any, round_: Round, form: type[Ticked], offered: Sequence[int], step: Callable[..., None], *,
    title: str, submit: str, done: str, warnings: Sequence[str], contents: bool = False,
) -> HttpResponse:  # fmt: skip
    """``step`` for each ticked letter: each is an act and an entry of its own."""
    found = review.letters(round_=round_, by=request.handler, now=request.now, chosen=offered)
    found.sort(key=lambda one: one.pk)

    rows: Any = SimpleLazyObject(lambda: _rows(request, round_, found, contents))  # opened where they are drawn
    if request.method == "GET":
        rows = _rows(request, round_, found, contents)

    def do(filled: Any) -> int:
        chosen = set(filled.cleaned_data["letters"])
        going = [one for one in found if one.pk in chosen]
        for one in going:
            step(letter=one, by=request.handler, now=request.now)
        return len(going)

    return act_of(request, round_, Act(
        title=title,
        form=form,
        form_kwargs={"offered": offered},
        do=do,
        then=url("stress_letters", round_),
        done=lambda n: done % {"count": f"{n:,}"},
        submit=submit,
        warnings=warnings,
        template="stress_check/results/ticked.html",
        context={"rows": rows, "contents": contents},
    ))  # fmt: skip


def _rows(request: Any, round_: Round, found: Sequence[ResultLetter], contents: bool) -> list[dict[str, Any]]:
    """(letter, number) and, where the sheets are compared, what each one says at its head."""
    rows: list[dict[str, Any]] = [{"letter": one, "number": letter_number(one)} for one in found]
    if not contents or not found:
        return rows
    made = sheets.sheets_of(
        round_=round_, letters=found, by=request.handler, now=request.now, purpose="個人結果報告書の照合"
    )
    return [
        {**row, "sheet": sheet, "verdict": verdict_word(sheet.verdict), "interview": interview_word(sheet.interview)}
        for row, sheet in zip(rows, made, strict=True)
    ]
