"""A person's result on paper: for that person alone, in words a layman understands, honest where there is no verdict."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from azukari.custody.csvfile import read_csv
from azukari.programmes.stress_check.instrument import SCALES
from azukari.programmes.stress_check.letters import result_words as words
from azukari.programmes.stress_check.letters.envelope import SheetsDoNotFit
from azukari.programmes.stress_check.letters.result import (
    NOTE_IN_FRONT,
    UnknownLanguage,
    charts,
    result_csv,
    result_pdf,
    summary_of,
)
from azukari.programmes.stress_check.profile_charts import RADARS
from azukari.programmes.stress_check.rules import WITHHELD

from .papers import HOSTILE, SENDER, above_fold, placed_of, plain, result, texts_of

#: Words that would tell a colleague something.
TELLING = ("高ストレス", "結果", "判定", "面接", "点", "医師", "注意", "R8-00012")
CASES: dict[str, dict[str, Any]] = {
    "interview": {},
    "high": {"interview": False},
    "interview_only": {"verdict": "not_high"},
    "not_high": {"verdict": "not_high", "interview": False},
    "missing": {"verdict": None, "withheld": "missing_ac", "interview": False, "a": None, "c": None},
    "sex_unknown": {"verdict": None, "withheld": "sex_unknown", "interview": False, "points": {}},
    "unknown": {"verdict": None, "interview": False},
}


@pytest.mark.parametrize(
    ("language", "filled"),
    [
        ("ja", {"until": "令和8年11月30日までに", "areas": "A 仕事の負担、C 周りの支え"}),
        ("en", {"until": "by 30 November 2026", "areas": "A Causes of stress, C Support"}),
    ],
)
def test_everybody_is_told_their_own_case_in_plain_words(language: str, filled: dict[str, str]) -> None:
    sheets = {case: result(**given) for case, given in CASES.items()}
    pages = texts_of(result_pdf(list(sheets.values()), language=language))
    for (case, sheet), front, back in zip(sheets.items(), pages[::2], pages[1::2], strict=True):
        assert summary_of(sheet) == case
        assert all(plain(said.format(**filled)) in front for said in words.SUMMARIES[case][language])
        assert all(plain(said.format(**filled)) in back for said in words.INTERVIEW[language][sheet.interview])
        assert all(plain(said) in back for said in (*words.CONSENT[language], *words.SELF_CARE[language]))
        if sheet.verdict is None and language == "ja":
            assert "判定していません" in front
            assert "問題がないという意味ではありません" in front
            assert "当てはまりません" not in front


def test_the_cases_are_all_there_are() -> None:
    assert set(CASES) == set(words.SUMMARIES)
    for reason in WITHHELD:
        assert summary_of(result(verdict=None, withheld=reason, interview=False)) in ("missing", "sex_unknown")


def test_above_the_fold_stand_section_name_and_sender_and_nothing_about_health() -> None:
    pdf = result_pdf([result()], sender=SENDER)
    outside = above_fold(pdf)
    for shown in ("総務部人材育成等担当課育成係", "見本太郎", "様", SENDER, "大切なお知らせです", "親展"):
        assert plain(shown) in outside
    assert not [word for word in (*TELLING, "ストレス") if word in outside]


def test_section_and_name_lie_in_the_window() -> None:
    for text, x, y in placed_of(
        result_pdf([result(), result(name="アレクサンドラ・マリア・デ・ラ・クルス・ゴンザレス")]), 2
    ):
        if "総務部" in text or "アレクサンドラ" in text or "ゴンザレス" in text:
            assert 20 < x / 72 * 25.4 < 30
            assert 13 < y / 72 * 25.4 < 40


def test_the_back_names_the_five_years_the_helpline_and_the_scoring_set() -> None:
    back = texts_of(result_pdf([result()]))[1]
    for shown in ("5年間保存", "0120-565-455", "https://kokoro.mhlw.go.jp/", "bjsq57@2016-1:conversion", "10人以上"):
        assert shown in back


def test_every_scale_stands_with_its_points_and_a_word() -> None:
    back = texts_of(result_pdf([result()]))[1]
    for name in ("心理的な仕事の負担(量)", "身体愁訴", "家族・友人からのサポート", "仕事や生活の満足度"):
        assert name in back
    for level in words.LEVELS["ja"]:
        assert level in back


def test_each_letter_is_one_sheet_and_begins_on_an_odd_page() -> None:
    pages = texts_of(result_pdf([result(name=name) for name in ("見本一", "見本二", "見本三")]))
    assert len(pages) == 6
    assert [page for page in range(6) if "大切なお知らせです" in pages[page]] == [0, 2, 4]
    assert pages[0].endswith("1/2")
    assert pages[1].endswith("2/2")


@pytest.mark.parametrize("length", [NOTE_IN_FRONT, NOTE_IN_FRONT + 1, 300])
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_note_of_the_implementer_leaves_the_letter_one_sheet(length: int, language: str) -> None:
    pages = texts_of(result_pdf([result(note="見" * length)], language=language))
    assert len(pages) == 2
    assert "見" * 20 in pages[length > NOTE_IN_FRONT]


def test_a_very_long_note_takes_more_paper_and_the_next_person_still_begins_on_an_odd_page() -> None:
    pages = texts_of(result_pdf([result(note="見" * 1500), result(name="見本　次郎")]))
    assert len(pages) == 6
    assert pages[3] == ""
    assert "見本次郎" in pages[4]


def test_nobody_finds_anothers_result_in_their_letter() -> None:
    pages = texts_of(result_pdf([result(), result(name="見本　花子", number="R8-00013", note="あなただけの言葉")]))
    assert not [word for word in ("花子", "R8-00013", "あなただけの言葉") if word in pages[0] + pages[1]]


def test_the_short_questionnaire_has_no_charts_and_says_why() -> None:
    sheet = result(instrument="bjsq23", method="simple_sum", a=14, b=33, c=13)
    front, back = texts_of(result_pdf([sheet]))
    assert "短い調査票のため" in front
    assert "11-44" in front.replace("–", "-")
    assert "疲労感" in back
    assert "抑うつ感" not in back


@pytest.mark.parametrize("points", [{}, dict.fromkeys(SCALES)])
def test_without_any_point_there_are_no_charts(points: dict[str, int | None]) -> None:
    assert "図はありません" in texts_of(result_pdf([result(points=points)]))[0]


def test_the_totals_say_what_they_can_be_and_which_way_they_count() -> None:
    front = texts_of(result_pdf([result()]))[0]
    assert "点が低いほど、ストレスが高い" in front
    assert "9–45" in front
    front = texts_of(result_pdf([result(method="simple_sum")]))[0]
    assert "点が高いほど、ストレスが高い" in front
    assert "29–116" in front


def test_the_english_charts_have_no_japanese_word_left() -> None:
    assert len(charts(result())) == len(RADARS)
    for svg in charts(result(points={**result().points, "control": None}), "en"):
        drawn = svg[svg.index("<title") :]
        assert not [c for c in drawn if "\u3041" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff"]
        assert svg.endswith("</svg>")


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_table_of_words_has_the_language(language: str) -> None:
    for table in (words.WORDS, words.LEVELS, words.INTERVIEW, words.CONSENT, words.SELF_CARE, words.KEEPING):
        assert language in table
    for keyed in (words.SUMMARIES, words.AREAS, words.TOTALS, words.METHODS):
        assert all(language in said for said in keyed.values())
    assert words.WORDS["ja"].keys() == words.WORDS[language].keys()


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownLanguage, match="「fr」はありません。ja、en"):
        result_pdf([result()], language="fr")


def test_no_sheet_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="通知を作る人がいません"):
        result_pdf([])


def test_a_section_that_fits_no_window_is_told_with_its_row_and_nothing_is_printed() -> None:
    with pytest.raises(SheetsDoNotFit, match="2行目の「所属」（400文字）"):
        result_pdf([result(), result(section="部" * 400)])


def test_until_when_to_apply_is_about_a_month_where_no_day_is_set() -> None:
    assert "おおむね1か月以内に" in texts_of(result_pdf([result(apply_until=None)]))[0]


def test_markup_in_names_and_notes_is_printed_as_it_stands() -> None:
    front = texts_of(result_pdf([result(name="見本#panic()", note=f"言葉{HOSTILE}ここまで")]))[0]
    assert plain(f"言葉{HOSTILE}ここまで") in front


def test_the_same_sheets_are_the_same_file_without_a_name_in_its_properties() -> None:
    pdf = result_pdf([result()])
    assert pdf == result_pdf([result()])
    assert "見本".encode("utf-16-be") not in pdf


HEADERS = ["項目", "値", "説明"]


def test_the_persons_own_data_are_utf8_with_a_mark_and_windows_line_ends() -> None:
    data = result_csv(result(note="=1+1"))
    assert data.startswith("\ufeff項目,値,説明\r\n".encode())
    assert data.count(b"\n") == data.count(b"\r\n")
    assert "実施者から,'=1+1" in data.decode("utf-8-sig")


def test_the_persons_own_data_hold_everything_that_the_letter_says() -> None:
    data = result_csv(result(points={**result().points, "control": None}))
    rows = read_csv(data, HEADERS, data.count(b"\r\n") - 1, encoding="utf-8-sig").rows()
    said = {item: (value, told) for item, value, told in rows}
    assert said["判定"] == ("高ストレス", None)
    assert said["申出の期限"] == ("2026-11-30", None)
    assert said["A 仕事の負担 合計点"] == ("24", "とりうる点 9–45")
    assert said["仕事のコントロール度"] == (None, "計算できず")
    assert said["心理的な仕事の負担（量）"] == ("1", "注意")
    assert len([item for item in said if item]) == 35


def test_the_persons_own_data_say_why_there_is_no_verdict() -> None:
    text = result_csv(result(verdict=None, withheld="missing_b", b=None)).decode("utf-8-sig")
    assert "判定,判定なし,答えのない質問があるため" in text
    text = result_csv(result(verdict=None, withheld="sex_unknown", apply_until=date(2026, 1, 1))).decode("utf-8-sig")
    assert "判定,判定なし,性別の登録がないため" in text
