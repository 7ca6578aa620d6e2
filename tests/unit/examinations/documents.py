"""Synthetic checkups, and where the ministry's XSDs may lie. Nobody in here exists."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from azukari.examinations.hc08 import Checkup
from azukari.examinations.items import Value, items, value_of

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "xsd"
XSD = Path(os.environ.get("AZUKARI_XSD", _BESIDE))
HAS_XSD = (XSD / "hc08_V08.xsd").is_file()


class AcceptsAll:
    """Stands in for the schema where the ministry's files are not at hand."""

    error_log: tuple[object, ...] = ()

    def validate(self, root: object) -> bool:
        return True


MEASURED = {
    "height": "165.2", "weight": "61.4", "bmi": "22.5", "waist": "82.0", "systolic_1": "128", "systolic_2": "124",
    "systolic": "126", "diastolic_1": "80", "diastolic_2": "78", "diastolic": "79", "triglyceride": "98", "hdl": "61",
    "ldl": "118", "non_hdl": "139", "ast": "22", "alt": "19", "gamma_gt": "30", "glucose": "94", "hba1c": "5.5",
    "creatinine": "0.81", "egfr": "70.2", "uric_acid": "5.6", "hematocrit": "44.1", "hemoglobin": "14.6",
    "red_cells": "478",
}  # fmt: skip


def checkup(*values: Value, **changes: object) -> Checkup:
    """A man of 61 at a clinic that does not exist, with a full set of values unless others are given."""
    plain = Checkup(
        document_code="10",
        programme_code="010",
        insurer_number="00139999",
        symbol="新国",
        number="0001234",
        branch="01",
        voucher_number="26000012345",
        name="ケンサ　タロウ",
        sex="male",
        birth=date(1965, 4, 1),
        postal_code="160-0000",
        examined_on=date(2026, 6, 10),
        institution_number="1399999999",
        institution_name="架空＆クリニック<本院>",
        values=values or full_values(),
        created_on=date(2026, 6, 20),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def full_values() -> tuple[Value, ...]:
    """All measured items, urine, ECG, doctor and every question: about as many as a real document holds."""
    measured = [value_of(key, text) for key, text in MEASURED.items()]
    flagged = [replace(value, low=Decimal("1"), high=Decimal("900"), flag="N") for value in measured]
    texts = [value_of("judgement", "異常なし <再検不要> & 良好"), value_of("doctor", "架空　一郎")]
    coded = [
        value_of(key, "1") for key, item in items().items() if item.kind in ("CD", "CO") and item.section == "01010"
    ]
    cancer = [value_of("lung_work_up", "2"), value_of("hcv_judgement", "1")]
    return (*flagged, *coded, *texts, *cancer)


def odd_values() -> tuple[Value, ...]:
    """What is rare: unknown code, not done, not measurable, beyond the limit, old unit, values below another."""
    ecg = value_of("ecg", "1")
    return (
        Value(
            item=None,
            code="9Z999000000000001",
            kind="PQ",
            text="12.30",
            number=Decimal("12.30"),
            unit="mg/L",
            name="ナゾ",
        ),
        Value(item="hdl", code="3F070000002327201", not_done=True),
        Value(item="ldl", code="3F077000002327101", kind="PQ", not_measurable=True),
        Value(item="ast", code="3B035000002327201", not_measurable=True),
        replace(value_of("psa", "0.008"), section="01010", number=None, beyond="L", limit=Decimal("0.008"), flag="L"),
        Value(item="alt", code="3B045000002399901", kind="CD", beyond="H"),
        replace(value_of("hba1c_jds", "5.2"), method="3D04500000"),
        ecg,
        replace(value_of("ecg_text", "洞性徐脈"), under=ecg.code, relation="COMP"),
        replace(value_of("anemia_reason", "視診"), under="9A110160800000049", relation="RSON"),
        value_of("height", "170.0"),
    )
