"""People found by number, name or reading, forgiving width, blanks, kana and the variants of kanji."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people.columns import read_number
from azukari.people.models import Employee, NameHistory, Resident
from azukari.vocabulary.kana import is_kana, kana_key
from azukari.vocabulary.names import name_key

LAST_CHARACTER = "\U0010ffff"
MOST_SHOWN = 50
MOST_FORMER = 500
SHOWN_ITEMS = {
    "residents": (
        "resident_number",
        "name",
        "common_name",
        "name_kana",
        "birth_date",
        "address",
        "protection_measure",
    ),
    "employees": ("employee_number", "name", "name_kana", "birth_date", "affiliation"),
}


def find_residents(text: str) -> QuerySet[Resident]:
    """Residents whose number is `text`, or whose name, reading, 通称, Latin or former name begins with it."""
    return Resident.objects.filter(_matches(text, "residents", ("name_key", "latin_key", "alias_key"))).order_by(
        "number"
    )


def find_employees(text: str) -> QuerySet[Employee]:
    """Employees whose number is `text`, or whose name, reading or former name begins with it."""
    return Employee.objects.filter(_matches(text, "employees", ("name_key",))).order_by("number")


def _matches(text: str, kind: str, name_fields: tuple[str, ...]) -> Q:
    key, reading = name_key(text), kana_key(text)
    if not key:
        return Q(pk__in=[])
    try:
        return Q(number=read_number(text))
    except ValueError:
        pass
    if is_kana(text):
        found, former = _begins("kana_key", reading), _begins("kana_key", reading)
        found |= _begins("name_key", key)  # some are registered in kana
        former |= _begins("name_key", key)
    else:
        found, former = _begins("name_key", key), _begins("name_key", key)
    for field in name_fields:
        found |= _begins(field, key)
    numbers = NameHistory.objects.filter(former, kind=kind).values_list("number", flat=True)
    known = list(numbers[: MOST_FORMER + 1])
    # Few numbers by themselves leave every part of the OR to an index; a query in their place would read everybody.
    return found | Q(number__in=known if len(known) <= MOST_FORMER else numbers)


def _begins(field: str, key: str) -> Q:
    """A prefix, put so that the field's index serves: as a range in SQLite, where LIKE cannot use it."""
    if not key:
        return Q(pk__in=[])
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": key, f"{field}__lt": key + LAST_CHARACTER}) & ~Q(**{field: ""})
    return Q(**{f"{field}__startswith": key}) & ~Q(**{field: ""})


def look_up(
    *, text: str, kind: str, by: Handler, purpose: str, now: datetime, birth: str = ""
) -> list[Resident] | list[Employee]:
    """The people found, at most MOST_SHOWN, for a ward officer to see; written to the access log before they are.

    ``birth``: as the register writes it (1965-04-01, unknown parts 00); empty: of whatever birth date. What was typed
    is not logged: it is a name.
    """
    with acting(by=by, act="people.look_up", now=now) as record:
        if not purpose.strip():
            raise NotPermitted("照会の目的を入力してください。")
        born = {"birth": birth} if birth else {}
        residents = list(find_residents(text).filter(**born)[:MOST_SHOWN]) if kind == "residents" else []
        employees = list(find_employees(text).filter(**born)[:MOST_SHOWN]) if kind == "employees" else []
        subjects = [bytes.fromhex(person.reference) for person in (*residents, *employees)]
        record(purpose=purpose, items=SHOWN_ITEMS[kind], subjects=subjects)
    return employees if kind == "employees" else residents


def found_again(pks: Sequence[int]) -> list[Resident]:
    """Whom a look-up of a moment ago found, in its order. That look-up, with its purpose, is what the log has."""
    people = {person.pk: person for person in Resident.objects.filter(pk__in=pks)}
    return [people[pk] for pk in pks if pk in people]
