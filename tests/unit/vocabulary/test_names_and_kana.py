from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.vocabulary.kana import is_kana, kana_key, kana_matches
from azukari.vocabulary.names import names_match, variant_table


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("渡邊", "渡辺"),
        ("渡邉", "渡邊"),
        ("齋藤", "斉藤"),
        ("齊藤", "斎藤"),
        ("廣澤", "広沢"),
        ("濵口", "浜口"),
        ("濱口", "浜口"),
        ("櫻井", "桜井"),
        ("國嶋", "国島"),
        ("德永", "徳永"),
        ("𠮷田", "吉田"),
        ("塚\U000e0101本", "\ufa10本"),
        ("\ufa19田", "神田"),
        ("\ufa1b井", "福井"),
        ("\ufa4e介", "祈介"),
        ("葛\U000e0100城", "葛城"),
        ("山田　太郎", "山田太郎"),
        ("佐々木", "佐佐木"),
        ("竹ヶ原", "竹ケ原"),
        ("ＳＭＩＴＨ　ＪＯＨＮ", "smith john"),
        ("GARCÍA JOSÉ", "Garcia Jose"),
        ("マリア・ダ・シルバ", "マリアダシルバ"),
    ],
)
def test_variants_of_a_name_meet(a: str, b: str) -> None:
    assert names_match(a, b)


@pytest.mark.parametrize(("a", "b"), [("山田", "山本"), ("みどり", "ミドリ子"), ("", ""), ("が", "か")])
def test_different_and_empty_names_do_not_match(a: str, b: str) -> None:
    assert not names_match(a, b)


def test_every_variant_is_one_character_in_one_group_and_its_head_is_plain() -> None:
    for variant, plain in variant_table().items():
        assert len(variant) == len(plain) == 1
        assert plain not in variant_table()
        assert plain.encode("shift_jis")


READINGS = st.text(st.sampled_from("アァカガﾔｶﾞﾟーヴヅ゛゜ぁがっヶ・ -'ABéＺ"), max_size=30)


@given(READINGS)
def test_a_key_is_its_own_key(text: str) -> None:
    assert kana_key(kana_key(text)) == kana_key(text)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダタロウ"),
        ("やまだ　たろう", "ヤマダ タロウ"),
        ("シヨウジ", "ショウジ"),
        ("イツキ", "イッキ"),
        ("オータ", "オタ"),
        ("ミチヅキ", "ミチズキ"),
        ("ヴァン", "バン"),
        ("ルヴワ", "ルブワ"),
        ("タ゛イ", "ダイ"),
        ("ジョン・スミス", "ｼﾞﾖﾝ ｽﾐｽ"),
    ],
)
def test_spellings_of_one_reading_meet(a: str, b: str) -> None:
    assert kana_matches(a, b)


def test_a_voiced_sound_is_another_sound_and_nothing_matches_nothing() -> None:
    assert not kana_matches("タナカ", "タナガ")
    assert not kana_matches("", " ")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("ヤマダ　タロウ", True),
        ("ﾔﾏﾀﾞ", True),
        ("やまだ", True),
        ("山田", False),
        ("Smith", False),
        ("", False),
        (" ", False),
    ],
)
def test_kana_is_told_from_other_writing(text: str, answer: bool) -> None:
    assert is_kana(text) is answer
