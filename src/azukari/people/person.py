"""One resident as the register has them, for an officer's eyes: every item with its name and how sure it is.

Where a protected person lives is shown only to somebody who says why, and that is in the log with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.items import ITEMS
from azukari.vocabulary.wareki import PartialDate, to_wareki

from .columns import RESIDENTS, Roster, Shape
from .models import Changeset, NameHistory, Resident

HIDDEN = gettext_lazy("（支援措置のため表示しません）")
WHEREABOUTS = frozenset({"address", "address_extra", "postal_code", "phone"})
_DAYS = ("birth", "became_resident_on", "moved_out_on", "died_on", "joined_on", "left_on")
_PRIVATE = re.compile("[\ue000-\uf8ef\U000f0000-\U0010fffd]")
"""外字: only the sending system knows their shape."""


@dataclass(frozen=True)
class Fact:
    """One item of a person. ``doubt``: what to keep in mind about it; ``hidden``: there is a value, not shown."""

    field: str
    label: str
    item: str
    value: str
    hidden: bool
    doubt: str


@dataclass(frozen=True)
class OpenedPerson:
    person: Resident
    facts: Sequence[Fact]
    former_names: Sequence[NameHistory]
    stated_by: Changeset

    @property
    def protected(self) -> bool:
        return self.person.protected


def open_person(*, person: Resident, purpose: str, by: Handler, now: datetime, reason: str = "") -> OpenedPerson:
    """All that the register says of a person. ``reason``: why a protected person's whereabouts are looked at as well.

    The former names come with it. Two queries beside the log's.
    """
    with acting(by=by, act="people.look_up", now=now) as record:
        if not purpose.strip():
            raise NotPermitted("照会の目的を入力してください。")
        hidden = WHEREABOUTS if person.protected and not reason.strip() else frozenset()
        shown = {column.item for column in RESIDENTS.columns if column.field not in hidden}
        opened = {"protected_address": reason} if person.protected and reason.strip() else {}
        record(
            purpose=purpose,
            items=sorted({*shown, "name_history"}),
            subjects=[bytes.fromhex(person.reference)],
            **opened,
        )
        former = NameHistory.objects.filter(kind=RESIDENTS.kind, number=person.number).order_by("-until", "-pk")
        return OpenedPerson(person, _facts(person, hidden), list(former[:20]), person.roster)


def _facts(person: Resident, hidden: frozenset[str]) -> list[Fact]:
    told = []
    for column in RESIDENTS.columns:
        value = in_words(RESIDENTS, column.field, getattr(person, column.field))
        masked = column.field in hidden and bool(value)
        doubt = "" if masked else _doubt(column.field, person)
        told.append(
            Fact(column.field, column.label, ITEMS[column.item].name, str(HIDDEN) if masked else value, masked, doubt)
        )
    return told


def _doubt(field: str, person: Resident) -> str:
    value = getattr(person, field)
    if field == "birth" and person.birth_date is None:
        return _("月日の一部が不明です。年齢で決まることは本人に確かめてください。")
    if field == "kana" and not value:
        return _("名簿にありません。読みは本人に確かめてください。")
    if field == "sex" and not value:
        return _("名簿にありません。性別で決まることは本人に確かめてください。")
    if isinstance(value, str) and _PRIVATE.search(value):
        return _("外字があります。字形が違って見えることがあります。")
    return ""


def in_words(roster: Roster, field: str, value: Any) -> str:
    """A value of the register, or its canonical text, as a person reads it."""
    if value is None or value == "":
        return ""
    if roster.column(field).shape is Shape.FLAG:
        return _("該当") if value in {True, "1"} else _("非該当")
    if field in _DAYS:
        return day_in_words(str(value))
    choices = apps.get_model("people", roster.model)._meta.get_field(field).choices
    labels = dict(choices or ())
    return str(labels.get(value, value))


def day_in_words(text: str) -> str:
    """1965-04-01 → 昭和40年4月1日（1965-04-01）; unknown parts are said to be unknown."""
    try:
        year, month, day = (int(part) for part in text.split("-"))
        return f"{to_wareki(PartialDate(year, month or None, day or None))}（{text}）"
    except ValueError:
        return text
