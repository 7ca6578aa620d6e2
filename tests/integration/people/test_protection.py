"""Protected persons are in no list, unless a named officer released that person and another approved."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from django.db import IntegrityError, transaction

from azukari.people.models import ProtectedRelease, Resident
from azukari.people.protection import (
    ReleaseRefused,
    SecondPersonNeeded,
    approve_release,
    request_release,
    revoke_release,
    without_protected,
)
from azukari.people.refusals import ActorMissing, NotInRegister
from tests.unit.people.rosters import resident

from .conftest import NOW

pytestmark = pytest.mark.django_db

UNTIL = date(2025, 4, 30)
ON = date(2025, 4, 10)


@pytest.fixture
def people(take):
    take(resident("1"), resident("2", 支援措置="1"), resident("3", 支援措置="1"))


def request(**changes) -> ProtectedRelease:
    given = {
        "resident": Resident.objects.get(number="2"), "programme": "screening", "purpose": "受診券の送付",
        "reason": "本人の申出", "by": "officer1", "now": NOW, "valid_until": UNTIL,
    }  # fmt: skip
    return request_release(**{**given, **changes})


def split(programme: str = "screening", on: date = ON) -> tuple[list[str], list[str]]:
    """Numbers kept and withheld; a frame and a query must agree."""
    frame = pl.DataFrame({"number": ["3", "1", "2"], "protected": [False, False, False]})
    kept, withheld = without_protected(frame, programme, on)
    kept_query, withheld_query = without_protected(Resident.objects.all(), programme, on)
    assert set(kept["number"]) == set(kept_query.values_list("number", flat=True))
    assert set(withheld["number"]) == set(withheld_query.values_list("number", flat=True))
    return kept["number"].to_list(), withheld["number"].to_list()


def test_protected_people_are_withheld_whatever_the_list_says_of_them(people):
    assert split() == (["1"], ["3", "2"])


def test_a_request_alone_releases_nobody(people):
    request()
    assert split() == (["1"], ["3", "2"])


def test_an_approved_release_holds_for_that_person_and_that_programme_only(people):
    approve_release(release=request(), by="officer2", now=NOW)
    assert split() == (["1", "2"], ["3"])
    assert split("checkup") == (["1"], ["3", "2"])


@pytest.mark.parametrize(("days", "released"), [(-1, True), (0, True), (1, False)])
def test_a_release_holds_up_to_and_on_its_last_day(people, days, released):
    approve_release(release=request(), by="officer2", now=NOW)
    assert ("2" in split(on=UNTIL + timedelta(days=days))[0]) is released


def test_nobody_approves_their_own_release_not_even_past_the_code(people):
    release = request()
    with pytest.raises(SecondPersonNeeded, match="別の職員"):
        approve_release(release=release, by="officer1", now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtectedRelease.objects.update(approved_by="officer1")
    assert split() == (["1"], ["3", "2"])


def test_a_revoked_release_ends_at_once_and_is_not_approved_again(people):
    release = request()
    approve_release(release=release, by="officer2", now=NOW)
    revoke_release(release=release, by="officer3", now=NOW)
    revoke_release(release=release, by="officer4", now=NOW)
    assert release.revoked_by == "officer3"
    assert split() == (["1"], ["3", "2"])
    with pytest.raises(ReleaseRefused):
        approve_release(release=release, by="officer2", now=NOW)


def test_an_expired_request_is_not_approved(people):
    with pytest.raises(ReleaseRefused, match="期限"):
        approve_release(release=request(), by="officer2", now=NOW + timedelta(days=60))


@pytest.mark.parametrize("field", ["programme", "purpose", "reason"])
def test_a_release_needs_a_programme_a_purpose_and_a_reason(people, field):
    with pytest.raises(ReleaseRefused, match="必要"):
        request(**{field: " "})


@pytest.mark.parametrize(("days", "refused"), [(-1, True), (0, False), (1, False)])
def test_a_release_cannot_end_before_it_begins(people, days, refused):
    until = date(2025, 4, 2) + timedelta(days=days)
    if refused:
        with pytest.raises(ReleaseRefused, match="期限"):
            request(valid_until=until)
    else:
        assert request(valid_until=until).valid_until == until


def test_a_release_is_a_persons_and_for_a_protected_one(people):
    with pytest.raises(ActorMissing):
        request(by="")
    with pytest.raises(ReleaseRefused, match="対象ではありません"):
        request(resident=Resident.objects.get(number="1"))


def test_people_whom_the_register_does_not_know_are_not_let_through(people):
    with pytest.raises(NotInRegister, match="1 件"):
        without_protected(pl.DataFrame({"number": ["1", "99"]}), "screening", ON)
