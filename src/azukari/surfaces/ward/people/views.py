"""Looking a resident up, the person's page, who has had the person's data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from azukari.oversight.disclosures import disclosures_of
from azukari.people import acts, search
from azukari.people.person import open_person
from azukari.programmes import WITH_CODE, PersonSection, person_pages
from azukari.web.acts import Act, act_page
from azukari.web.screens import screen

from .. import purposes
from . import found as results
from .forms import AddressReason, LookUpForm, ReleaseRequest
from .words import programme_names

View = Callable[..., HttpResponse]


def within_time(view: View) -> View:
    """A look-up is good for some minutes; then the purpose is asked for again. Nothing of it is kept by browsers."""

    @wraps(view)
    def guarded(request: Any, *args: object, **kwargs: object) -> HttpResponse:
        try:
            answer = view(request, *args, **kwargs)
        except purposes.Expired:
            answer = results.again(request)
        answer["Cache-Control"] = "no-store"
        return answer

    return guarded


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@screen("people.look_up")
def lookup(request: Any) -> HttpResponse:
    """Whom, and what for. The search is a POST: no address, no log of a server has the name."""

    def do(form: Any) -> str:
        people = search.look_up(
            text=form.cleaned_data["text"], birth=form.cleaned_data["birth"], kind="residents", by=request.handler,
            purpose=form.reason, now=request.now,
        )  # fmt: skip
        return results.keep(request, people, form.reason)  # type: ignore[arg-type]

    answer = act_page(request, Act(
        title=_("住民の照会"),
        form=LookUpForm,
        do=do,
        then=lambda token: reverse("people_found", args=[token]),
        back=reverse("home"),
        submit=_("探す"),
        template="ward/people/lookup.html",
        context={"minutes": int(purposes.GOOD_FOR.total_seconds() // 60)},
    ))  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@screen("people.look_up")
@within_time
def found(request: Any, token: str) -> HttpResponse:
    """Who was found. What the look-up's log entry says was shown."""
    kept = results.looked_up(request, token)
    people = search.found_again(kept["pks"])
    return render(request, "ward/people/found.html", {
        "title": _("照会の結果"),
        "people": results.listed(people, token),
        "protected": sum(person.protected for person in people),
        "purpose": kept["purpose"],
        "most": search.MOST_SHOWN,
        "full": len(kept["pks"]) >= search.MOST_SHOWN,
    })  # fmt: skip


@require_GET
@screen("people.look_up")
@within_time
def person(request: Any, token: str, number: int) -> HttpResponse:
    """One person: what the register says, and what each programme has. Each part is logged before it is shown."""
    one = results.one(request, token, number)
    with transaction.atomic():  # one for all parts: their log entries are made fast together
        opened = open_person(
            person=one.person, purpose=one.purpose, reason=one.address_reason, by=request.handler, now=request.now
        )
        sections = [section for programme in WITH_CODE if (section := _section(request, one, programme))]
    return render(request, "ward/people/person.html", {
        "title": _("照会した人 %(number)s") % {"number": number},
        "opened": opened,
        "person": one.person,
        "number": number,
        "purpose": one.purpose,
        "facts": [fact for fact in opened.facts if fact.value],
        "empty": [fact.label for fact in opened.facts if not fact.value],
        "hidden": any(fact.hidden for fact in opened.facts),
        "address_reason": one.address_reason,
        "sections": sections,
        "tabs": _tabs(one),
        "list_url": reverse("people_found", args=[token]),
        "address_url": one.url("person_address"),
        "release_url": one.url("person_release"),
    })  # fmt: skip


def _section(request: Any, one: results.Found, programme: str) -> PersonSection | None:
    pages = person_pages(programme)
    if pages is None:
        return None
    return pages.section(request, person=one.person, purpose=one.purpose, address=_address(one, programme))


def _address(one: results.Found, programme: str) -> Callable[..., str]:
    def address(act: str, number: int | None = None) -> str:
        if number is None:
            return one.url("person_act", programme, act)
        return one.url("person_act_on", programme, act, number)

    return address


def _tabs(one: results.Found) -> list[tuple[str, str]]:
    return [(_("基本と事業"), one.url("person")), (_("データの扱いの記録"), one.url("person_records"))]


@require_GET
@screen("people.look_up")
@within_time
def records(request: Any, token: str, number: int) -> HttpResponse:
    """Who has had this person's data, and who holds a copy now."""
    one = results.one(request, token, number)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    told = disclosures_of(person=one.person, purpose=one.purpose, before=before, by=request.handler, now=request.now)
    return render(request, "ward/people/records.html", {
        "title": _("照会した人 %(number)s：データの扱いの記録") % {"number": number},
        "number": number,
        "told": told,
        "who": results.who(one),
        "purpose": one.purpose,
        "tabs": _tabs(one),
        "list_url": reverse("people_found", args=[token]),
        "older_url": f"?before={told.older}" if told.older is not None else "",
        "newest_url": one.url("person_records") if before is not None else "",
        "names": programme_names(request.today),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.look_up")
@within_time
def address(request: Any, token: str, number: int) -> HttpResponse:
    """A protected person's address is looked at on purpose: for a reason, and that is logged with the page."""
    one = results.one(request, token, number)
    if not one.person.protected:
        raise Http404
    return act_page(request, Act(
        title=_("支援措置の対象者の住所を見る"),
        form=AddressReason,
        do=lambda form: results.open_address(request, one, form.cleaned_data["reason"]),
        then=one.url(),
        submit=_("住所を見る"),
        danger=True,
        facts=results.who(one),
        warnings=[
            _("住所・電話番号を、本人以外（家族を含む）に伝えたり、画面を見せたりしないでください。"),
            _("見たことは、理由とともにアクセスログに残ります。"),
        ],
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.release_protected")
@within_time
def release(request: Any, token: str, number: int) -> HttpResponse:
    """Ask that a protected person may be in one programme's lists."""
    one = results.one(request, token, number)
    if not one.person.protected:
        raise Http404
    return act_page(request, Act(
        title=_("支援措置の例外を申請する"),
        form=ReleaseRequest,
        form_kwargs={"programmes": programme_names(request.today)},
        do=lambda form: acts.request_protected_release(
            resident=one.person, by=request.handler, now=request.now, **form.cleaned_data
        ),
        then=one.url(),
        done=lambda made: _("例外 No.%(no)s を申請しました。別の職員が承認するまで、効力はありません。")
        % {"no": made.pk},
        submit=_("申請する"),
        facts=results.who(one),
        warnings=[_("承認されると、その事業の一覧にこの人が載り、委託先に渡ることがあります。")],
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("people.look_up")
@within_time
def act(request: Any, token: str, number: int, programme: str, act: str, thing: int = 0) -> HttpResponse:
    """A programme's act for one person; who may do it, the act itself says."""
    one = results.one(request, token, number)
    pages = person_pages(programme)
    answer = pages and pages.act(
        request, person=one.person, act=act, number=thing, facts=results.who(one), then=one.url()
    )
    if not answer:
        raise Http404
    return answer
