"""様式第6号の3: the figures in the order of the form, and what is missing before it can be sent."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from azukari.programmes.stress_check.letters.labour_report import (
    ANALYSED,
    CONDUCTORS,
    INTERVIEWERS,
    NOTES,
    LabourReport,
    labour_data,
    labour_pdf,
    problems,
)

from .papers import HOSTILE, plain, texts_of

REPORT = LabourReport(
    "13-1-01-123456-000", 2026, date(2026, 9, 1), "98 地方公務", "見本区役所", "000-0000", "見本県見本区中央町1番1号", "03-0000-0000",
    3120, 3, 2890, 1, 12, 1, "見本　医師", "見本医院", "見本区長", "見本　一郎", date(2026, 12, 20), "見本人事委員会",
)  # fmt: skip


def test_a_complete_report_has_no_problem_and_fits_one_page() -> None:
    assert problems(REPORT) == []
    (page,) = texts_of(labour_pdf(REPORT))
    for shown in (
        "様式第6号の3", "心理的な負担の程度を把握するための検査結果等報告書", "13-1-01-123456-000", "令和8年(2026年)", "令和8年9月",
        "3,120人", "2,890人", "12人", "見本人事委員会", "見本区長見本一郎", "令和8年12月20日",
    ):  # fmt: skip
        assert shown in page
    for sentence in (CONDUCTORS[3], INTERVIEWERS[1], ANALYSED[1], *NOTES):
        assert plain(sentence) in page


def test_the_fields_stand_in_the_order_of_the_form() -> None:
    labels = [label for label, _ in labour_data(REPORT)["fields"]]
    assert labels[:3] == ["労働保険番号", "対象年", "検査実施年月"]
    counts = [
        "在籍労働者数",
        "検査を実施した者",
        "検査を受けた労働者数",
        "面接指導を実施した医師",
        "面接指導を受けた労働者数",
    ]
    assert [label for label in labels if label in counts] == counts


@pytest.mark.parametrize("field", [field.name for field in fields(LabourReport)])
def test_each_missing_field_is_named_and_printed_as_missing(field: str) -> None:
    report = replace(REPORT, **{field: "" if isinstance(getattr(REPORT, field), str) else None})  # type: ignore[arg-type]
    (problem,) = problems(report)
    assert "がありません" in problem
    assert labour_data(report)["problems"] == [problem]


def test_a_report_with_gaps_says_on_top_that_it_cannot_be_sent() -> None:
    text = "".join(texts_of(labour_pdf(replace(REPORT, workers=None, physician=""))))
    for shown in (
        "まだ提出できません",
        "「在籍労働者数」がありません。",
        "「産業医の氏名」がありません。",
        "在籍労働者数(未記入)",
    ):
        assert shown in text


def test_where_nobody_was_interviewed_no_interviewing_doctor_is_needed() -> None:
    report = replace(REPORT, interviewed=0, interviewer=None)
    assert problems(report) == []
    assert "なし（面接指導を受けた労働者なし）" in dict(labour_data(report)["fields"]).values()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"insurance_number": "1234567890123"}, "14桁"),
        ({"insurance_number": "123456789012345"}, "14桁"),
        ({"interviewed": 2891}, "より多く"),
        ({"conducted": date(2025, 12, 1)}, "「対象年」の中にありません"),
        ({"reported_on": date(2026, 8, 31)}, "より前"),
        ({"conductor": 4}, "1、2、3のいずれか"),
        ({"analysed": 3}, "1、2のいずれか"),
        ({"workers": -1}, "0より小さく"),
    ],
)
def test_a_contradiction_is_told(change: dict[str, object], told: str) -> None:
    (problem,) = problems(replace(REPORT, **change))  # type: ignore[arg-type]
    assert told in problem


def test_as_many_interviewed_as_examined_is_no_contradiction() -> None:
    assert problems(replace(REPORT, examined=12, interviewed=12)) == []


def test_markup_is_printed_as_it_stands() -> None:
    text = "".join(texts_of(labour_pdf(replace(REPORT, establishment=f"見本{HOSTILE}所"))))
    assert plain(f"見本{HOSTILE}所") in text
