"""The tests of the screening programme, and why a person is or is not offered one: codes that a column can hold.

Codes below :data:`FIRST_REFUSAL` offer the test; those from :data:`FIRST_QUESTION` on mean that the roster does not say
enough and an officer has to ask. Codes are stored with runs: never change or re-use one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

TESTS: tuple[str, ...] = (
    "checkup_16_39",
    "checkup_40_74",
    "checkup_75",
    "stomach_xray",
    "stomach_endoscopy",
    "colorectal",
    "lung",
    "lung_sputum",
    "cervical",
    "breast",
    "prostate",
    "hepatitis",
)
CHECKUPS: tuple[str, ...] = ("checkup_16_39", "checkup_40_74", "checkup_75")


class Result(IntEnum):
    """What a reason comes to for a person and a test."""

    NOT_ELIGIBLE = 0
    ELIGIBLE = 1
    AT_SITE = 2
    ASK = 3


class Reason(IntEnum):
    """Why: the first of these that applies, in the order of the checks in ``rules.py``."""

    ELIGIBLE = 1
    FREE_COUPON = 2
    AT_SITE = 3
    NOT_RESIDENT = 10
    OPTED_OUT = 11
    OTHER_SEX = 20
    TOO_YOUNG = 21
    TOO_OLD = 22
    OTHER_INSURANCE = 23
    ODD_AGE = 24
    SCREENED_THIS_YEAR = 30
    SCREENED_RECENTLY = 31
    OTHER_METHOD_RECENTLY = 32
    TESTED_BEFORE = 33
    WITHOUT_REQUIRED_TEST = 34
    BIRTH_UNKNOWN = 50
    SEX_UNKNOWN = 51
    HISTORY_UNKNOWN = 52
    HISTORY_AFTER_YEAR = 53
    INSURANCE_UNKNOWN = 54


FIRST_REFUSAL = 10
FIRST_QUESTION = 50

REASONS: Mapping[Reason, str] = {
    Reason.ELIGIBLE: "対象です。",
    Reason.FREE_COUPON: "対象です（無料クーポン券）。",
    Reason.AT_SITE: "会場の問診で決まります。",
    Reason.NOT_RESIDENT: "基準日に区民ではありません。",
    Reason.OPTED_OUT: "本人の申出により案内を停止しています。",
    Reason.OTHER_SEX: "この検診の対象の性別ではありません。",
    Reason.TOO_YOUNG: "対象年齢に達していません。",
    Reason.TOO_OLD: "対象年齢を超えています。",
    Reason.OTHER_INSURANCE: "加入している健康保険がこの健康診査の対象ではなく、生活保護等も受給していません。",
    Reason.ODD_AGE: "年度末の年齢が奇数のため、今年度は対象ではありません。",
    Reason.SCREENED_THIS_YEAR: "今年度すでに受診しています。",
    Reason.SCREENED_RECENTLY: "前回の受診から定められた年数がたっていません。",
    Reason.OTHER_METHOD_RECENTLY: "もう一方の方法による前回の検診から定められた年数がたっていません。",
    Reason.TESTED_BEFORE: "過去に肝炎ウイルス検診を受けています。",
    Reason.WITHOUT_REQUIRED_TEST: "一緒に受ける必要がある健診・検診の対象ではありません。",
    Reason.BIRTH_UNKNOWN: "生年月日の一部が不明なため判定できません。本人に確認し、名簿を直してください。",
    Reason.SEX_UNKNOWN: "性別が登録されていないため判定できません。本人に確認し、名簿を直してください。",
    Reason.HISTORY_UNKNOWN: "受診歴の有無が登録されていないため判定できません。記録を確認し、名簿を直してください。",
    Reason.HISTORY_AFTER_YEAR: "受診歴の年度が対象年度より後です。名簿の基準日と対象年度を確認してください。",
    Reason.INSURANCE_UNKNOWN: "健康保険が登録されていないため判定できません。資格を確認し、名簿を直してください。",
}


def result_of(reason: int) -> Result:
    """The result that a reason code comes to."""
    if reason == Reason.AT_SITE:
        return Result.AT_SITE
    if reason < FIRST_REFUSAL:
        return Result.ELIGIBLE
    return Result.ASK if reason >= FIRST_QUESTION else Result.NOT_ELIGIBLE


def reason_column(test: str) -> str:
    """The column of the wide form that holds the reason of ``test``."""
    return f"reason_{test}"


def fee_column(test: str) -> str:
    """The column of the wide form that holds the fee of ``test``."""
    return f"fee_{test}"
