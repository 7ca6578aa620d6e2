"""様式第6号の3 心理的な負担の程度を把握するための検査結果等報告書 (安衛則52条の21): the figures of one establishment.

Laid out in the order of the form, to be copied into e-Gov (the rule since 2025-01-01) or onto the paper form; not a
facsimile. Counts only: no person but the physician and the one who reports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from azukari.letters.typst import render_pdf
from azukari.vocabulary.wareki import to_wareki

Fonts = Sequence[Path | str]

TEMPLATE = Path(__file__).resolve().parent / "labour_report.typ"
FORM = "様式第6号の3"
TITLE = "心理的な負担の程度を把握するための検査結果等報告書"
#: 労働保険番号: prefecture 2, 所掌 1, 管轄 2, 基幹番号 6, 枝番号 3.
_INSURANCE_PARTS = (2, 1, 2, 6, 3)

CONDUCTORS: Mapping[int, str] = {
    1: "事業場選任の産業医",
    2: "事業場所属の医師（1以外）、保健師、歯科医師、看護師、精神保健福祉士又は公認心理師",
    3: "外部委託先の医師、保健師、歯科医師、看護師、精神保健福祉士又は公認心理師",
}
INTERVIEWERS: Mapping[int, str] = {
    1: "事業場選任の産業医",
    2: "事業場所属の医師（1以外の医師に限る）",
    3: "外部委託先の医師",
}
ANALYSED: Mapping[int, str] = {1: "検査結果の集団ごとの分析を行った", 2: "検査結果の集団ごとの分析を行っていない"}

NOTES = (
    "対象年は、検査を実施した年（暦年）です。",
    "検査実施年月は、検査を何回かに分けて行ったときは、報告日に最も近い年月です。",
    "在籍労働者数は、検査実施年月の末日に常時使用する労働者の数です（検査の対象者数ではありません）。",
    "検査を受けた労働者数と、面接指導を受けた労働者数は、延べ数ではなく、実人数です。",
    "検査を実施した者が2人以上のときは、代表者について記入します。",
    "事業の種類は、日本標準産業分類の中分類です。",
    "事業場（支所などを含む）ごとに報告します。年に分けて行った検査も、まとめて1回報告します。",
    "提出は、令和7年1月1日から、原則として電子申請（e-Gov）です。提出先は、事業場により労働基準監督署又は人事委員会などです。",
)


@dataclass(frozen=True)
class LabourReport:
    """The fields of the form for one establishment; None and "" are not yet known (:func:`problems` names them).

    ``insurance_number``: 14 digits; ``target_year``: calendar year; ``conducted``: first day of the month of the check;
    ``workers``: 在籍労働者数 at the end of it; ``conductor``, ``interviewer``, ``analysed``: number of the choice
    (:data:`CONDUCTORS`, :data:`INTERVIEWERS`, :data:`ANALYSED`); ``submit_to``: the authority of this establishment.
    """

    insurance_number: str
    target_year: int | None
    conducted: date | None
    business: str
    establishment: str
    postal_code: str
    address: str
    telephone: str
    workers: int | None
    conductor: int | None
    examined: int | None
    interviewer: int | None
    interviewed: int | None
    analysed: int | None
    physician: str
    physician_affiliation: str
    employer_title: str
    employer_name: str
    reported_on: date | None
    submit_to: str


_NAMES: Mapping[str, str] = {
    "insurance_number": "労働保険番号",
    "target_year": "対象年",
    "conducted": "検査実施年月",
    "business": "事業の種類",
    "establishment": "事業場の名称",
    "postal_code": "事業場の郵便番号",
    "address": "事業場の所在地",
    "telephone": "事業場の電話番号",
    "workers": "在籍労働者数",
    "conductor": "検査を実施した者",
    "examined": "検査を受けた労働者数",
    "interviewer": "面接指導を実施した医師",
    "interviewed": "面接指導を受けた労働者数",
    "analysed": "集団ごとの分析の実施の有無",
    "physician": "産業医の氏名",
    "physician_affiliation": "産業医の所属医療機関の名称",
    "employer_title": "事業者の職",
    "employer_name": "事業者の氏名",
    "reported_on": "報告年月日",
    "submit_to": "提出先",
}
_CHOICES = {"conductor": CONDUCTORS, "interviewer": INTERVIEWERS, "analysed": ANALYSED}


def problems(report: LabourReport) -> list[str]:
    """What is missing or contradictory, a Japanese sentence each, in the order of the form; empty: ready to be sent."""
    found = []
    for field, name in _NAMES.items():
        value = getattr(report, field)
        nobody_interviewed = field == "interviewer" and report.interviewed == 0
        if value is None or value == "":
            if not nobody_interviewed:
                found.append(f"「{name}」がありません。")
        elif field in _CHOICES and value not in _CHOICES[field]:
            found.append(f"「{name}」は{'、'.join(map(str, _CHOICES[field]))}のいずれかにしてください。")
        elif isinstance(value, int) and value < 0:
            found.append(f"「{name}」が0より小さくなっています。")
    return found + _contradictions(report)


def _contradictions(report: LabourReport) -> list[str]:
    found = []
    if report.insurance_number and len(_digits(report.insurance_number)) != sum(_INSURANCE_PARTS):
        found.append("「労働保険番号」は14桁の数字にしてください。")
    if report.examined is not None and report.interviewed is not None and report.interviewed > report.examined:
        found.append("「面接指導を受けた労働者数」が「検査を受けた労働者数」より多くなっています。")
    if report.conducted and report.target_year and report.conducted.year != report.target_year:
        found.append("「検査実施年月」が「対象年」の中にありません。")
    if report.conducted and report.reported_on and report.reported_on < report.conducted:
        found.append("「報告年月日」が「検査実施年月」より前になっています。")
    return found


def labour_pdf(report: LabourReport, *, fonts: Fonts = ()) -> bytes:
    """The figures on one sheet; what is missing is printed as missing, with the list of problems on top."""
    return render_pdf(TEMPLATE, labour_data(report), fonts)


def labour_data(report: LabourReport) -> dict[str, Any]:
    """What ``labour_report.typ`` prints: the fields in the order of the form as (label, words)."""
    analysed = _chosen(report.analysed, ANALYSED)
    none_needed = "なし（面接指導を受けた労働者なし）"
    interviewer = none_needed if report.interviewed == 0 and report.interviewer is None else None
    return {
        "form": FORM,
        "title": TITLE,
        "problems": problems(report),
        "fields": [
            ["労働保険番号", _insurance(report.insurance_number)],
            ["対象年", "" if report.target_year is None else _year(report.target_year)],
            ["検査実施年月", "" if report.conducted is None else to_wareki(report.conducted).partition("月")[0] + "月"],
            ["事業の種類", report.business],
            ["事業場の名称", report.establishment],
            ["事業場の所在地", f"〒{report.postal_code}　{report.address}" if report.postal_code else report.address],
            ["電話", report.telephone],
            ["在籍労働者数", _people(report.workers)],
            ["検査を実施した者", _chosen(report.conductor, CONDUCTORS)],
            ["検査を受けた労働者数", _people(report.examined)],
            ["面接指導を実施した医師", interviewer or _chosen(report.interviewer, INTERVIEWERS)],
            ["面接指導を受けた労働者数", _people(report.interviewed)],
            ["集団ごとの分析の実施の有無", analysed],
            ["産業医　氏名", report.physician],
            ["産業医　所属医療機関の名称", report.physician_affiliation],
            ["報告年月日", "" if report.reported_on is None else to_wareki(report.reported_on)],
            ["事業者職氏名", f"{report.employer_title}　{report.employer_name}".strip()],
            ["提出先", report.submit_to],
        ],
        "notes": list(NOTES),
    }


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _insurance(text: str) -> str:
    digits = _digits(text)
    if len(digits) != sum(_INSURANCE_PARTS):
        return text
    parts, start = [], 0
    for length in _INSURANCE_PARTS:
        parts.append(digits[start : start + length])
        start += length
    return " - ".join(parts)


def _year(year: int) -> str:
    return f"{to_wareki(date(year, 12, 31)).split('年')[0]}年（{year}年）"


def _people(count: int | None) -> str:
    return "" if count is None else f"{count:,}人"


def _chosen(number: int | None, choices: Mapping[int, str]) -> str:
    return f"{number}　{choices[number]}" if number is not None and number in choices else ""
