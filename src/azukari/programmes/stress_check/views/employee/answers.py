"""Answering: page by page, saved as one goes, looked through, sent once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from azukari.parties.acting import NotPermitted

from ...instrument import ANSWERS, instrument
from ...steps import answering as steps
from . import readings
from .parts import Part, language_of, neighbours, part_of, part_with, parts, progress, questions
from .refusals import told
from .session import answering, own, wants_json

PART, REVIEW = "stress_check/employee/part.html", "stress_check/employee/review.html"
BACK, REST = "back", "rest"


@require_GET
@answering
def overview(request: Any) -> HttpResponse:
    """How far one is, part by part, and where to go on."""
    person, language = request.person, _language(request)
    answers, _revision = steps.draft_of(person)
    rows = progress(person.round.instrument, answers, language)
    done, total = sum(row.done for row in rows), sum(row.total for row in rows)
    shown = {
        "title": _("回答の進み具合"),
        "person": person,
        "round": person.round,
        "form_title": instrument(person.round.instrument).title[language],
        "rows": rows,
        "done": done,
        "total": total,
        "next": next((row.key for row in rows if not row.whole), ""),
    }
    return render(request, "stress_check/employee/answers.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@answering
def part(request: Any, key: str) -> HttpResponse:
    """One page of questions. A POST saves what is answered, also half a page, and goes where its button says."""
    shown = part_of(request.person.round.instrument, key)
    if shown is None:
        raise Http404
    saved, revision = steps.draft_of(request.person)
    if request.method != "POST":
        return _page(request, shown, saved, revision)
    typed, seen = _typed(shown, request.POST), _revision_of(request.POST)
    fresh = {item: answer for item, answer in typed.items() if saved.get(item) != answer}
    try:
        if fresh:  # the same answers once more (a reloaded page, a script that saved them) are no saving
            revision = steps.save(person=request.person, answers=fresh, revision=seen, now=request.now)
    except steps.SavedElsewhere as refusal:
        return _saved_elsewhere(request, shown, typed, refusal)
    except steps.SentAlready:
        return HttpResponseRedirect(reverse("stress_done"), status=303)
    answered = {**saved, **fresh}
    if wants_json(request):
        return _saved(request, shown, answered, revision)
    return HttpResponseRedirect(_next(request, shown, answered), status=303)


@require_GET
@answering
def review(request: Any) -> HttpResponse:
    """All answers with the way to change them; what is not answered comes first."""
    return _review(request)


@require_POST
@answering
def send(request: Any) -> HttpResponse:
    """Once: afterwards every page of answering leads to the thanks."""
    try:
        steps.send(person=request.person, revision=_revision_of(request.POST), now=request.now)
    except steps.SentAlready:
        return HttpResponseRedirect(reverse("stress_done"), status=303)
    except steps.SavedElsewhere as refusal:
        return _review(request, problems=told(refusal), status=409)
    except NotPermitted as refusal:
        if not steps.missing(request.person):
            return _review(request, problems=told(refusal), status=422)
        sentence = _("まだ答えていない質問があるため、送信していません。答えてから送信してください。")
        return _review(request, problems=[sentence], status=422)
    return HttpResponseRedirect(reverse("stress_done"), status=303)


@require_GET
@own
def done(request: Any) -> HttpResponse:
    """Thanks, when and how the result comes, and how to come back. Nothing to send again."""
    person = request.person
    sheet = readings.sheet_sent(person)
    if sheet is None:
        return HttpResponseRedirect(reverse("stress_answers"), status=303)
    shown = {
        "title": _("回答を受け付けました"),
        "round": person.round,
        "sent_at": sheet.sent_at,
        "result": readings.told_result(person),
    }
    return render(request, "stress_check/employee/done.html", shown)


# --- pages


def _page(
    request: Any,
    part: Part,
    saved: Mapping[str, int],
    revision: int,
    *,
    typed: Mapping[str, int] | None = None,
    problems: list[str] | None = None,
) -> HttpResponse:
    form, language = request.person.round.instrument, _language(request)
    before, after = neighbours(form, part.key)
    shown = {
        "title": part.heading(language),
        "part": part,
        "place": [one.key for one in parts(form)].index(part.key) + 1,
        "of": len(parts(form)),
        "instruction": part.section.on_screen[language],
        "questions": questions(part, language, saved, typed),
        "revision": revision,
        "before": before,
        "after": after,
        "problems": problems,
        "has_errors": bool(problems),
    }
    return render(request, PART, shown, status=409 if problems else 200)


def _saved_elsewhere(request: Any, part: Part, typed: Mapping[str, int], refusal: Exception) -> HttpResponse:
    """Nothing was written over: the page again, with what is saved now and, marked, what was chosen here."""
    if wants_json(request):
        return JsonResponse({"told": told(refusal)}, status=409)
    saved, revision = steps.draft_of(request.person)
    return _page(request, part, saved, revision, typed=typed, problems=told(refusal))


def _saved(request: Any, part: Part, answered: Mapping[str, int], revision: int) -> HttpResponse:
    left = sum(item.key not in answered for item in part.items)
    at = timezone.localtime(request.now)
    words = _("保存しました（%(time)s）。") % {"time": f"{at:%H:%M}"}
    return JsonResponse({"revision": revision, "told": [words, _left(left)]})


def _left(left: int) -> str:
    if not left:
        return _("このページの質問には、すべて答えました。")
    return ngettext("このページは、あと%(left)s問です。", "このページは、あと%(left)s問です。", left) % {"left": left}


def _next(request: Any, part: Part, answered: Mapping[str, int]) -> str:
    before, after = neighbours(request.person.round.instrument, part.key)
    go = request.POST.get("go", "")
    if go == REST:
        messages.success(request, _("ここまでの回答を保存しました。あとで、どの端末からでも続きを始められます。"))
        return reverse("stress_answers")
    if go == BACK:
        return reverse("stress_part", args=[before]) if before else reverse("stress_answers")
    left = sum(item.key not in answered for item in part.items)
    if left:
        messages.warning(
            request,
            ngettext(
                "前のページに、まだ答えていない質問が%(left)s問あります。送信の前に答えてください。",
                "前のページに、まだ答えていない質問が%(left)s問あります。送信の前に答えてください。",
                left,
            )
            % {"left": left},
        )
    return reverse("stress_part", args=[after]) if after else reverse("stress_review")


def _review(request: Any, *, problems: list[str] | None = None, status: int = 200) -> HttpResponse:
    person, language = request.person, _language(request)
    form = person.round.instrument
    answers, revision = steps.draft_of(person)
    sections = [
        (part.key, part.heading(language), questions(part, language, answers)) for part in parts(form)
    ]  # fmt: skip
    left = [
        (reverse("stress_part", args=[part_with(form, question.key)]), question)
        for _key, _heading, asked in sections
        for question in asked
        if not question.answer
    ]
    shown = {
        "title": _("回答を見直す"),
        "sections": sections,
        "left": left,
        "revision": revision,
        "problems": problems,
        "has_errors": bool(problems),
    }
    return render(request, REVIEW, shown, status=status)


# --- what was typed


def _language(request: Any) -> str:
    return language_of(request.person.round.instrument, request.LANGUAGE_CODE)


def _typed(part: Part, form: QueryDict) -> dict[str, int]:
    """The answers of this page's questions; anything else in the form is left alone."""
    given = {item.key: form.get(item.key, "") for item in part.items}
    return {key: int(text) for key, text in given.items() if text in {str(answer) for answer in ANSWERS}}


def _revision_of(form: QueryDict) -> int:
    """The saving that the page was made of; -1, which no saving has, for a form without it."""
    text = form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
