from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from azukari.custody.manifest import Kind, make_manifest, parse_manifest
from azukari.custody.package_errors import ManifestUnreadable


def fields(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "kind": "handover",
        "number": "AZ-2025-000123",
        "programme": "screening",
        "dossier": {"version": "1", "hash": "a" * 64},
        "step": "①",
        "clause": "別紙1",
        "items": ["name", "address"],
        "columns": [
            {"name": "氏名", "item": "name"},
            {"name": "住所", "item": "address"},
            {"name": "番地", "item": "address"},
        ],
        "rows": 2,
        "persons": 2,
        "medium": "lgwan",
        "purpose": "受診券の印刷",
        "encoding": "cp932",
        "escape": "'",
        "data_file": "data.csv",
        "data_sha256": "b" * 64,
        "data_size": 10,
        "sender": {"key": "ward", "name": "新宿区"},
        "receiver": {"key": "printer", "name": "印刷会社"},
        "created_at": datetime(2025, 4, 1, 9, tzinfo=UTC),
    }
    return {**plain, **changes}


def as_json(**changes: Any) -> bytes:
    return json.dumps({**fields(created_at="2025-04-01T09:00:00+09:00"), **changes}, ensure_ascii=False).encode()


def problem(**changes: Any) -> str:
    with pytest.raises(ManifestUnreadable) as refusal:
        parse_manifest(as_json(**changes))
    return str(refusal.value)


def test_a_manifest_comes_back_from_its_canonical_text() -> None:
    manifest = make_manifest(**fields())
    assert parse_manifest(manifest.canonical()) == manifest
    assert parse_manifest(manifest.canonical()).digest() == manifest.digest()


def test_the_canonical_text_is_sorted_compact_and_readable() -> None:
    text = make_manifest(**fields()).canonical().decode()
    assert text.startswith('{"checkpoint":"","clause":"別紙1","columns":[{"item":"name","name":"氏名"}')
    assert json.dumps(json.loads(text), ensure_ascii=False, sort_keys=True, separators=(",", ":")) == text


def test_any_layout_of_the_same_json_is_the_same_manifest() -> None:
    plain = json.loads(as_json())
    spread = json.dumps(dict(reversed(plain.items())), indent=4).encode()
    assert parse_manifest(spread).digest() == parse_manifest(as_json()).digest()


def test_several_columns_may_show_one_item() -> None:
    assert parse_manifest(as_json()).headers == ("氏名", "住所", "番地")


def test_paper_goes_without_a_data_file() -> None:
    without = {"columns": [], "encoding": None, "data_file": None, "data_sha256": None, "data_size": 0, "escape": ""}
    assert make_manifest(**fields(**without, medium="paper", sheets=3)).sheets == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"items": ["name", "address", "shoe_size"]}, "項目一覧にない"),
        ({"items": ["name"]}, "items にない情報項目の列が1個"),
        ({"items": ["name", "address", "sex"]}, "列のない情報項目があります（sex）"),
        ({"items": ["name", "name", "address"]}, "二度"),
        ({"columns": [{"name": "氏名", "item": "name"}, {"name": "氏名", "item": "address"}]}, "同じ見出し"),
        ({"password": "x"}, "（書式にない欄）: この書式にない欄です"),
        ({"number": "../AZ-2025-000123"}, "number: 形式が違います"),
        ({"number": "AZ-2025-000123\n"}, "number: 形式が違います"),
        ({"rows": -1}, "rows: 0以上"),
        ({"rows": "2"}, "rows: 整数ではありません"),
        ({"format": "azukari-package/2"}, "format: 使えない値"),
        ({"medium": "pigeon"}, "medium: 使えない値"),
        ({"created_at": "2025-04-01T09:00:00"}, "created_at: 時差"),
        ({"data_sha256": "B" * 64}, "data_sha256: 形式"),
        ({"data_sha256": None}, "data_file: データがあるとき"),
        ({"data_file": "../data.csv"}, "data_file: 使えない値"),
        ({"data_file": None}, "データがないのに"),
        ({"receiver": {"key": "ward", "name": "新宿区"}}, "送付元と受取人が同じ"),
        ({"kind": "acknowledgement"}, "in_reply_to"),
        ({"documents": [{"name": "山田太郎.pdf", "sha256": "a" * 64, "size": 1}]}, "documents.0.name: 形式"),
    ],
)
def test_a_wrong_field_is_named_in_japanese(changes: dict[str, Any], said: str) -> None:
    assert said in problem(**changes)


def test_a_missing_field_is_named() -> None:
    plain = json.loads(as_json())
    del plain["clause"]
    with pytest.raises(ManifestUnreadable, match="clause: 書かれていません"):
        parse_manifest(json.dumps(plain).encode())


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ManifestUnreadable) as refusal:
        parse_manifest(as_json(number="x", rows=-1))
    assert len(refusal.value.problems) == 2


def test_what_stands_in_a_wrong_field_is_not_repeated() -> None:
    assert "山田" not in problem(山田太郎="x", number="山田太郎")


def test_an_item_that_the_receivers_dossier_does_not_list_is_refused() -> None:
    with pytest.raises(ManifestUnreadable, match="承認された別紙にない情報項目があります（住所）"):
        parse_manifest(as_json(), known_items={"name"})


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b"1", b"[" * 100_000, b'{"rows": NaN}', b" " * (1 << 21)], ids=range(8)
)
def test_what_is_no_manifest_is_refused(data: bytes) -> None:
    with pytest.raises(ManifestUnreadable):
        parse_manifest(data)


def test_a_field_written_twice_is_refused() -> None:
    with pytest.raises(ManifestUnreadable, match="二度"):
        parse_manifest(as_json()[:-1] + b', "rows": 1}')


@pytest.mark.parametrize("kind", [Kind.ACKNOWLEDGEMENT, Kind.RETURN, Kind.CERTIFICATE])
def test_a_reply_names_what_it_replies_to_and_states_its_facts(kind: Kind) -> None:
    facts = {"accepted": True, "counted_rows": 2, "remark": "件数一致"}
    manifest = make_manifest(**fields(kind=kind, in_reply_to="AZ-2025-000122", facts=facts))
    assert parse_manifest(manifest.canonical()).facts == facts
