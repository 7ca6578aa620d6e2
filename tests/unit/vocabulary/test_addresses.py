from __future__ import annotations

import pytest

from azukari.vocabulary.addresses import UnreadablePostalCode, address_key, addresses_match, postal_code

SAME = [
    [
        "新宿一丁目２番３号",
        "新宿1-2-3",
        "新宿１－２－３",
        "新宿1丁目2−3",
        "新宿1‐2―3",
        "新宿 1丁目2番地3",
        "新宿1ー2ー3",
    ],
    ["東京都新宿区新宿1-2-3", "新宿区新宿一丁目2番3号", "〒160-0022 東京都新宿区新宿1-2-3"],
    ["新宿1-2-3ハイツ新宿１０１号室", "新宿1-2-3 ハイツ新宿101", "新宿一丁目2番3号　ハイツ新宿１０１室"],
    ["新宿1-2-3-101", "新宿1丁目2番3号 101号室", "新宿1-2-3　101", "新宿1丁目2番3号101"],
    ["霞が関1-1", "霞ヶ関一丁目1番", "霞ケ関１−１"],
    ["四谷三栄町11番地の2", "四谷三栄町11-2", "四谷三栄町１１の２"],
    ["三番町5-6", "三番町５番６号"],
    ["新宿十二丁目3番4号", "新宿12-3-4"],
    ["大字戸塚1番", "戸塚1"],
    ["澁谷1-1", "渋谷1-1"],
    ["新宿1-2-3 三階", "新宿1-2-3 3F"],
]
DIFFERENT = [
    ("新宿1-2-3", "新宿1-23"),
    ("新宿1-2-3", "新宿12-3"),
    ("新宿1-2-3-101", "新宿1-2-3101"),
    ("四谷1-1", "四谷坂町1-1"),
    ("新宿1-2-3", "西新宿1-2-3"),
    ("センター1", "センタ1"),
    ("", ""),
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda s: s[0])
def test_spellings_of_one_address_meet(spellings: list[str]) -> None:
    assert len({address_key(spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_other_addresses_stay_apart(a: str, b: str) -> None:
    assert not addresses_match(a, b)


def test_a_long_vowel_is_no_hyphen() -> None:
    assert address_key("センター北1ー2") == "センター北1-2"


@pytest.mark.parametrize("text", ["160-0022", "〒160-0022", "１６０－００２２", "1600022", " 160−0022 "])
def test_a_postal_code_is_seven_digits(text: str) -> None:
    assert postal_code(text) == "1600022"


@pytest.mark.parametrize("text", ["", "160-002", "160-00222", "16O-0022", "東京"])
def test_another_postal_code_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePostalCode, match="7桁"):
        postal_code(text)
