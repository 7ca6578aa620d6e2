"""The board's paper as text."""

from __future__ import annotations

from azukari.dossier.findings import find
from azukari.dossier.paper import COLUMNS, columns, render_text
from tests.unit.dossier.small import STEPS, renewed, ruling, small


def paper(**more: object) -> str:
    dossier = small(steps=STEPS)
    return render_text(dossier, find(dossier), **more)  # type: ignore[arg-type]


def line_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def test_every_sheet_names_its_parties_items_and_period() -> None:
    text = paper()
    assert "■ 別紙 業務委託　はがきの印字" in text
    assert "提供の項目              氏名、住所、生年月日、電話番号（4項目）" in text
    assert "項目（提供・処理）      氏名、住所（2項目）" in text
    assert "取り扱わせない項目      個人番号" in text
    assert "令和7年4月1日から令和8年3月31日まで、次年度以降も同様" in text
    assert "受付中の問合せに係る事項のみ" in text


def test_the_matrix_shows_lists_gaps_and_rulings() -> None:
    assert line_of(paper(), "氏名 ").split() == ["氏名", "提処", "提処", "収処"]
    assert line_of(paper(), "生年月日 ").split() == ["生年月日", "提！", "・", "・"]
    assert line_of(paper(rulings=[ruling()]), "生年月日 ").split() == ["生年月日", "提裁", "・", "・"]


def test_findings_show_whether_they_are_ruled() -> None:
    assert "［裁定待ち］birth-date" in paper()
    ruled = paper(rulings=[ruling()])
    assert "［裁定あり］birth-date" in ruled
    assert "「本文」による。理由: 窓口での本人確認に要る" in ruled
    assert "［注記］party-to-appoint:center" in ruled


def test_renewals_stand_with_their_sheet_and_in_a_list() -> None:
    text = paper(renewals=[renewed("printing", 2026), renewed("*", 2027)])
    assert "更新の記録              令和8年度、令和9年度" in text
    assert "すべての別紙（令和9年4月1日、情報保護担当）" in text


def test_steps_are_told_with_route_items_and_safeguards() -> None:
    text = paper().replace("\n" + " " * 24, "")
    assert "健康課 → 印刷所: 対象者データの送付（CD-R・DVD-R。項目: 氏名、住所" in text
    assert "対策: 受渡し時の管理簿への記載、鍵付きかばん" in text


def test_no_line_is_wider_than_the_page() -> None:
    long = (
        ('title = "はがきの印字"', 'title = "' + "はがきの印字と封入の委託" * 8 + '"'),
        (
            "[[notes]]",
            '[[history]]\nsession = "平成29年度第2回個人情報保護審議会"\nmatter = "'
            + "健診の委託" * 30
            + '"\n[[notes]]',
        ),
    )
    dossier = small(*long, steps=STEPS)
    lines = render_text(dossier, find(dossier), rulings=[ruling()]).splitlines()
    assert max(columns(line) for line in lines) <= COLUMNS + 4  # punctuation may hang
    assert "平成29年度第2回個人情報保護審議会" in lines
