"""What is hashed: one text per entry, and nothing that has two."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest

from azukari.witness import leaf
from azukari.witness.errors import Unrecordable

JAPAN = timezone(timedelta(hours=9))


def test_a_leaf_is_sorted_json_without_spaces_in_utf_8() -> None:
    assert leaf.leaf_bytes(
        seq=0,
        recorded_at=datetime(2025, 4, 1, 9, 0, tzinfo=JAPAN),
        actor="h-1",
        party="printer",
        programme="screening",
        act="release",
        clause="別紙3",
        ruling="",
        items=["name"],
        persons=1,
        subjects_digest="00",
        purpose="印刷",
        details={"b": 1, "a": "髙﨑"},
    ).decode() == (
        '{"act":"release","actor":"h-1","clause":"別紙3","details":{"a":"髙﨑","b":1},"items":["name"],"party":"printer",'
        '"persons":1,"programme":"screening","purpose":"印刷","recorded_at":"2025-04-01T00:00:00.000000Z","ruling":"",'
        '"seq":0,"subjects_digest":"00"}'
    )


def test_the_same_moment_in_two_zones_is_one_text() -> None:
    tokyo = datetime(2025, 4, 1, 0, 0, 0, 123456, tzinfo=JAPAN)
    assert leaf.canonical_time(tokyo) == leaf.canonical_time(tokyo.astimezone(UTC)) == "2025-03-31T15:00:00.123456Z"


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(Unrecordable, match=r"recorded_at.*時間帯"):
        leaf.canonical_time(datetime(2025, 4, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1.5, "details"),
        ({"a": [1, 2.0]}, r"details\.a\[1\]"),
        ({"a": {1: "x"}}, r"details\.a"),
        ({"a": b"x"}, r"details\.a"),
        ({"a": "\x00"}, r"details\.a"),
        ({"\ud800": "x"}, "details"),
        ({"a": datetime(2025, 4, 1, tzinfo=UTC)}, r"details\.a"),
    ],
)
def test_details_that_have_no_single_form_are_refused_with_their_place(value: object, place: str) -> None:
    with pytest.raises(Unrecordable, match=f"「{place}」"):
        leaf.checked_details(value)


def test_details_of_texts_whole_numbers_truth_nothing_and_nests_of_them_pass() -> None:
    leaf.checked_details({"a": ["x", 1, True, None, {"b": ()}], "髙": -(10**30)})


def test_a_message_names_the_field_and_not_the_value() -> None:
    with pytest.raises(Unrecordable) as caught:
        leaf.checked_text("purpose", "架空花子\x00")
    assert "purpose" in str(caught.value)
    assert "架空花子" not in str(caught.value)


@pytest.mark.parametrize("length", [15, 17, 0])
def test_a_reference_that_is_not_sixteen_bytes_is_refused(length: int) -> None:
    with pytest.raises(Unrecordable, match="16 バイト"):
        leaf.distinct_references([bytes(16), bytes(length)])


def test_references_are_sorted_and_each_person_counts_once() -> None:
    one, two = bytes([1]) * 16, bytes([2]) * 16
    assert leaf.distinct_references([two, one, two]) == [one, two]


def test_the_digest_is_over_the_sorted_references_one_after_another() -> None:
    assert leaf.subjects_digest([b"a" * 16, b"b" * 16]) == hashlib.sha256(b"a" * 16 + b"b" * 16).hexdigest()
    assert leaf.subjects_digest([]) == hashlib.sha256(b"").hexdigest()


def test_a_reference_is_the_first_half_of_the_keyed_hash_of_the_number() -> None:
    expected = hmac.new(b"k" * 32, b"0000000001", hashlib.sha256).digest()[:16]
    assert leaf.subject_reference(b"k" * 32, "0000000001") == expected
    assert leaf.subject_reference(b"j" * 32, "0000000001") != expected


@pytest.mark.parametrize("length", [1, 32, 63, 64, 65, 200])
def test_references_made_together_are_those_made_one_by_one(length: int) -> None:
    key, numbers = bytes(range(length)), ["0000000001", "", "別の番号", "0000000001"]
    assert leaf.subject_references(key, numbers) == [leaf.subject_reference(key, number) for number in numbers]
