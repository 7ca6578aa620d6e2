"""What changed between two papers, in words for the board."""

from __future__ import annotations

import pytest

from azukari.dossier.diff import diff
from tests.unit.dossier.small import STEPS, small


def test_two_readings_of_one_paper_differ_in_nothing() -> None:
    assert diff(small(steps=STEPS), small(steps=STEPS)) == []


@pytest.mark.parametrize(
    ("change", "area", "sentence"),
    [
        (
            ('name = "印刷株式会社"', 'name = "新印刷株式会社"'),
            "party",
            "名称を「印刷株式会社」から「新印刷株式会社」に変更",
        ),
        (
            ('status = "by_tender"', 'status = "named"'),
            "party",
            "選定を「競争入札により決定」から「（記載なし）」に変更",
        ),
        (('handled = ["氏名", "漢字住所"]', 'handled = ["氏名", "性別"]'), "item", "処理の項目を追加「性別」"),
        (('handled = ["氏名", "漢字住所"]', 'handled = ["氏名"]'), "item", "処理の項目を削除「住所」"),
        (
            ('handled = ["氏名", "漢字住所"]', 'handled = ["住所", "氏名"]'),
            "item",
            "処理の項目の順を「氏名、住所」から「住所、氏名」に変更",
        ),
        (("end = 2026-03-31", "end = 2027-03-31"), "period", "令和9年3月31日まで"),
        (('text = "はがきへの印字"', 'text = "封書への印字"'), "work", "内容を追加「① 封書への印字（氏名、住所）」"),
        (('purpose = "試験のため"', 'purpose = "別の目的"'), "fact", "目的を「試験のため」から「別の目的」に変更"),
        (('what = "印字"', 'what = "刷り"'), "step", "流れの②: 内容を「印字」から「刷り」に変更"),
        (('target = "people"', 'target = "office"'), "step", "経路を「封入所→区民」から「封入所→健康課」に変更"),
        (("as_needed = true\n", ""), "step", "時期を「随時」から「定例」に変更"),
        (
            ('safeguards = ["register", "鍵付きかばん"]', 'safeguards = ["register"]'),
            "step",
            "情報保護対策を削除「鍵付きかばん」",
        ),
        (('text = "生年月日を', 'text = "誕生日を'), "note", "本文"),
    ],
)
def test_each_change_is_told_in_one_sentence(change: tuple[str, str], area: str, sentence: str) -> None:
    changes = diff(small(steps=STEPS), small(change, steps=STEPS))
    assert area in {each.area for each in changes}
    assert any(sentence in str(each) for each in changes), [str(each) for each in changes]


def test_a_sheet_that_is_new_or_gone_is_one_change() -> None:
    without = small().model_copy(update={"clauses": small().clauses[:2]})
    assert [str(each) for each in diff(without, small())] == [
        "「業務委託 問合せの受電」: 別紙を追加「「業務委託 問合せの受電」」"
    ]
    assert [each.before for each in diff(small(), without)] == ["「業務委託 問合せの受電」"]
