"""The page ``docs/reference/screening-rules.md``, written from the parameters and the reasons and from nothing else.

Write it anew with ``python -m azukari.programmes.screening.reference docs/reference/screening-rules.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from azukari.engine.parameters import DatedValue, Parameters
from azukari.programmes.screening.reasons import REASONS, TESTS, Result, result_of
from azukari.programmes.screening.rules import screening_parameters

_FIELDS = {
    "minimum_age": "年度末年齢の下限（歳）",
    "maximum_age": "年度末年齢の上限（歳）",
    "below_birthday_age": "この歳の誕生日の前日まで（名簿の基準日）",
    "minimum_birthday_age": "誕生日で数えた年齢の下限（名簿の基準日、歳）",
    "minimum_birthday_age_with_insurance": "同、下の健康保険に加入している人（歳）",
    "insurance": "健康保険",
    "welfare_instead": "生活保護等受給者も対象",
    "not_with_insurance": "生活保護等でもこの保険の加入者を除く",
    "sex": "性別（1 男、2 女）",
    "interval_years": "受診間隔（年度）",
    "years_after.stomach_xray": "胃部エックス線の後の間隔（年度）",
    "years_after.stomach_endoscopy": "胃内視鏡の後の間隔（年度）",
    "even_age_only": "偶数年齢のみ",
    "odd_age_after_missed_year": "前年度に受けなかった奇数年齢も対象",
    "coupon_age": "無料クーポン券（4月1日の年齢、歳）",
    "never_tested": "受診歴がない人のみ",
    "only_with": "一緒に受ける検診",
    "smoking_index": "喫煙指数の下限（会場の問診）",
    "fee": "自己負担額（円）",
    "start": "開始日",
    "end": "終了日",
    "senior_start": "75歳以上の開始日",
    "senior_birthday_age": "早い開始日の年齢（名簿の基準日、歳）",
    "exemptions": "自己負担免除",
    "single_sheet": "1枚の台紙",
    "roster_earliest_days_before_year": "名簿の基準日は年度の始まりの何日前から（日）",
    "roster_max_age_days": "名簿の基準日から処理日まで（日以内）",
    "voucher_title": "受診券の表題",
    "letter_after_days": "精密検査の案内を送るまで（日以内）",
    "reminder_after_days": "再勧奨を送るまで（日）",
    "phone_after_days": "電話で確かめるまで（日）",
    "close_after_days": "終了を決めるまで（日）",
}
_MARKS = {"verified": "確認済み", "memory": "未確認", "doubtful": "要確認"}
_RESULTS = {
    Result.ELIGIBLE: "対象",
    Result.AT_SITE: "会場で判定",
    Result.NOT_ELIGIBLE: "対象外",
    Result.ASK: "確認が必要",
}


def reference_page(parameters: Parameters) -> str:
    """The whole page as Markdown: every dated value with citation and mark, then every reason."""
    parts = [
        "# 健康診査・がん検診・肝炎ウイルス検診の判定規則",
        "この文書は `parameters.toml` と `reasons.py` から作られます。直接書き換えないでください。",
        "「確認済み」は公開資料で読んだ値、「未確認」は資料で確かめていない値、「要確認」は古い版の値、または資料に書かれていない読み方です。",
        "## 共通\n\n" + _table(parameters, "common."),
    ]
    for test in TESTS:
        parts.append(
            f"## {parameters.texts[f'tests.{test}.name']}\n\n`{test}`\n\n" + _table(parameters, f"tests.{test}.")
        )
    parts.append("## 年次の処理\n\n" + _table(parameters, "run."))
    parts.append("## 精密検査の追跡\n\n" + _table(parameters, "follow_up."))
    reasons = [f"| {code.value} | {_RESULTS[result_of(code)]} | {text} |" for code, text in REASONS.items()]
    parts.append("## 理由\n\n" + "\n".join(["| コード | 結果 | 理由 |", "| ---: | --- | --- |", *reasons]))
    return "\n\n".join(parts) + "\n"


def _table(parameters: Parameters, prefix: str) -> str:
    rows = ["| 項目 | 値 | 適用開始 | 確かさ | 根拠 |", "| --- | --- | --- | --- | --- |"]
    for key, values in parameters.history.items():
        if key.startswith(prefix):
            rows += [_row(_field(key.removeprefix(prefix)), value) for value in values]
    return "\n".join(rows)


def _field(name: str) -> str:
    return _FIELDS.get(name, f"`{name}`")


def _row(field: str, value: DatedValue) -> str:
    shown = value.value
    if isinstance(shown, bool):
        shown = "はい" if shown else "いいえ"
    elif isinstance(shown, list):
        shown = "、".join(str(part) for part in shown)
    source = value.citation + (f"。{value.note}" if value.note else "")
    return f"| {field} | {shown} | {value.valid_from.isoformat()} | {_MARKS[value.mark]} | {source} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference_page(screening_parameters()), encoding="utf-8")
