"""Every item has one key, one meaning and a class of sensitivity."""

from __future__ import annotations

import pytest

from azukari.vocabulary.items import (
    ITEMS,
    AmbiguousItemName,
    ItemKind,
    Sensitivity,
    UnknownItem,
    find_item,
    index_names,
    item_names,
    read_items,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("address", "address"),
        ("住所", "address"),
        ("漢字住所", "address"),
        ("住所方書", "address_supplement"),
        ("漢字方書", "address_supplement"),
        ("漢字氏名", "name"),
        ("カナ氏名", "name_kana"),
        ("生活保護受給の有無", "welfare_receipt"),
        ("生活保護等受給の有無", "welfare_receipt"),
        ("被保険者証等記号番号", "insurance_symbol_number"),
        ("保険証記号番号", "insurance_symbol_number"),
        ("国保記号番号", "insurance_symbol_number"),
        ("受診券整理番号", "voucher_number"),
        ("特定健康診査受診券整理番号", "voucher_number"),
        ("受診年月日", "examined_on"),
        ("ｶﾅ氏名", "name_kana"),
        ("ＩＤ・パスワード", "login_credentials"),
        (" 氏 名 ", "name"),
    ],
)
def test_an_item_is_found_by_key_name_or_any_name_a_paper_uses(text: str, key: str) -> None:
    assert find_item(text).key == key


def test_the_ticket_number_and_the_voucher_number_are_two_items_because_one_paper_lists_both() -> None:
    assert find_item("受診券番号").key != find_item("受診券整理番号").key


def test_the_individual_number_is_the_only_specific_personal_item() -> None:
    assert [key for key, item in ITEMS.items() if item.sensitivity is Sensitivity.SPECIFIC_PERSONAL] == [
        "individual_number"
    ]


@pytest.mark.parametrize(
    "key",
    [
        "checkup_result",
        "screening_result",
        "stress_result",
        "stress_answers",
        "hepatitis_history",
        "heartbeat_confirmed",
    ],
)
def test_health_results_are_special_care(key: str) -> None:
    assert ITEMS[key].sensitivity is Sensitivity.SPECIAL_CARE


@pytest.mark.parametrize("item", ITEMS.values(), ids=lambda item: item.key)
def test_every_item_is_complete(item) -> None:  # type: ignore[no-untyped-def]
    assert item.key == item.key.lower()
    assert item.key.isidentifier()
    assert item.name
    assert item.dpv.startswith("dpv-pd:")
    assert item.kind in ItemKind


def test_results_of_examinations_are_never_ordinary() -> None:
    results = [item for item in ITEMS.values() if item.kind is ItemKind.HEALTH and item.key.endswith("_result")]
    assert results
    assert {item.sensitivity for item in results} == {Sensitivity.SPECIAL_CARE}


def test_an_unknown_item_is_answered_with_the_nearest_ones_and_the_remedy() -> None:
    with pytest.raises(UnknownItem) as refused:
        find_item("受診券整理番")
    assert refused.value.suggestions[0] == "voucher_number"
    assert "受診券整理番号（voucher_number）" in str(refused.value)
    assert "items.toml" in str(refused.value)


def test_an_item_unlike_any_other_is_refused_without_a_suggestion() -> None:
    with pytest.raises(UnknownItem) as refused:
        find_item("xyzzy")
    assert refused.value.suggestions == ()
    assert "近い項目" not in str(refused.value)


def test_names_are_listed_as_a_paper_lists_them() -> None:
    assert item_names(["postal_code", "address", "name"]) == "郵便番号、住所、氏名"


def test_one_name_for_two_items_is_refused() -> None:
    items = read_items(
        '[items]\na = { name = "住所", kind = "contact", dpv = "dpv-pd:X" }\n'
        'b = { name = "所在", aliases = ["住所"], kind = "contact", dpv = "dpv-pd:X" }\n'
    )
    with pytest.raises(AmbiguousItemName, match="住所"):
        index_names(items)


def test_the_list_cannot_be_changed_by_a_program() -> None:
    with pytest.raises(TypeError):
        ITEMS["new"] = ITEMS["name"]  # type: ignore[index]
