"""A look-up's result: kept under an opaque token, told again for some minutes, in the order in which it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from azukari.people.columns import RESIDENTS
from azukari.people.models import Resident
from azukari.people.person import HIDDEN, in_words
from azukari.people.search import found_again

from .. import purposes

ABOUT = "people"


@dataclass(frozen=True)
class Found:
    """One person of a result: ``number`` is the place in it, from 1, and all that an address tells."""

    number: int
    person: Resident
    token: str
    purpose: str
    address_reason: str

    def url(self, name: str = "person", *more: object) -> str:
        return reverse(name, args=[self.token, self.number, *more])


def keep(request: Any, people: list[Resident], purpose: str) -> str:
    return purposes.begin(request, ABOUT, purpose, pks=[person.pk for person in people])


def looked_up(request: Any, token: str) -> Mapping[str, Any]:
    return purposes.of(request, ABOUT, token)


def one(request: Any, token: str, number: int) -> Found:
    """404 for another's token and for a place that the result does not have."""
    kept = looked_up(request, token)
    pks = kept["pks"]
    people = found_again(pks[number - 1 : number]) if 1 <= number <= len(pks) else []
    if not people:
        raise Http404
    return Found(number, people[0], token, kept["purpose"], kept.get("opened", {}).get(str(number), ""))


def open_address(request: Any, found: Found, reason: str) -> None:
    """Why this protected person's address may be looked at, as long as the look-up is good."""
    opened = looked_up(request, found.token).get("opened", {})
    purposes.change(request, found.token, opened={**opened, str(found.number): reason})


def again(request: Any) -> HttpResponse:
    """The time is over: the purpose is asked for again."""
    messages.info(request, _("照会から15分がたちました。続けるときは、目的を選んでもう一度探してください。"))
    return HttpResponseRedirect(reverse("people_lookup"), status=303)


def who(found: Found) -> list[tuple[str, Any]]:
    """Whom an act is about, for the eyes of whoever confirms it: what the look-up has shown already."""
    person = found.person
    kana = f"（{person.kana}）" if person.kana else ""
    return [(_("氏名"), f"{person.addressed_as}{kana}"), (_("生年月日"), in_words(RESIDENTS, "birth", person.birth))]


@dataclass(frozen=True)
class Listed:
    number: int
    name: str
    kana: str
    birth: str
    address: str
    protected: bool
    gone: str
    url: str


def listed(people: list[Resident], token: str) -> list[Listed]:
    return [
        Listed(
            number=place,
            name=person.addressed_as,
            kana=person.kana,
            birth=in_words(RESIDENTS, "birth", person.birth),
            address=str(HIDDEN) if person.protected else " ".join(filter(None, (person.address, person.address_extra))),
            protected=person.protected,
            gone=_gone(person),
            url=reverse("person", args=[token, place]),
        )
        for place, person in enumerate(people, 1)
    ]


def _gone(person: Resident) -> str:
    if person.died_on:
        return _("死亡")
    return _("転出") if person.moved_out_on else ""
