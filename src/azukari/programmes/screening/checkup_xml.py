"""The ministry's checkup XML (hc08) as delivered rows: one per checkup and one per cancer or hepatitis screening in it.

A document says no 判定 for the checkup as a whole: with a value outside its reference range it reads 要指導, else
異常なし, and the officer sees the values beside it. Documents that cannot be read become rows too: every file counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from azukari.examinations.hc08 import Checkup, Schemas, UnreadableCheckup, read
from azukari.examinations.items import Value, items

from .result_file import FIELDS

Row = tuple[int, Mapping[str, str]]

CANCERS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "lung_work_up": ("lung", {"1": "E1", "2": "B"}),
    "stomach_work_up": ("stomach_xray", {"1": "2", "2": "1"}),
    "breast_work_up": ("breast", {"1": "3", "2": "1"}),
    "uterus_work_up": ("cervical", {"1": "OTHER", "2": "NILM"}),
    "colon_work_up": ("colorectal", {"1": "+", "2": "-"}),
    "prostate_work_up": ("prostate", {"1": "2", "2": "1"}),
}
"""Item of a cancer screening → test, and the code that its 精密検査必要・不要 stands for."""
WITH_CHECKUP = ("000", "010", "020", "030", "040", "990")
_HEADER = {field: spellings[0] for field, spellings in FIELDS.items()}


@dataclass(frozen=True)
class ReadDocuments:
    """``rows``: (line, cells by header). ``wrong``: documents that could not be read, with why. Lines are 1, 2, …"""

    rows: Sequence[Row]
    wrong: Sequence[Row]


def read_documents(documents: Iterable[tuple[str, bytes]], schemas: Schemas) -> ReadDocuments:
    """(file name, bytes) of each document → rows, each with the name of its file (which holds no personal data)."""
    rows: list[Row] = []
    wrong: list[Row] = []
    line = 0
    for name, data in documents:
        try:
            found = list(_rows(read(data, schemas)))
        except UnreadableCheckup as why:
            line += 1
            wrong.append((line, {"ファイル": name, "読めない理由": str(why)}))
            continue
        for cells in found:
            line += 1
            rows.append((line, {"ファイル": name, **cells}))
    return ReadDocuments(rows, wrong)


def _rows(checkup: Checkup) -> Iterable[Mapping[str, str]]:
    base = {
        _HEADER["voucher_number"]: checkup.voucher_number or "",
        _HEADER["name"]: checkup.name,
        _HEADER["birth"]: checkup.birth.isoformat() if checkup.birth else "",
        _HEADER["examined_on"]: checkup.examined_on.isoformat(),
        _HEADER["institution"]: checkup.institution_number,
    }
    judged = {value.item: value for value in checkup.values if value.item in CANCERS and value.text}
    measured = [value for value in checkup.values if value.item not in CANCERS]
    hepatitis = _hepatitis(measured)
    if measured and checkup.programme_code in WITH_CHECKUP:
        outside = any(value.flag in ("H", "L") for value in measured)
        cells = {_header(value): value.text for value in measured if value.text}
        yield {**base, _HEADER["test"]: "健康診査", _HEADER["raw"]: "2" if outside else "1", **cells}
    for item, value in judged.items():
        test, codes = CANCERS[str(item)]
        yield {**base, _HEADER["test"]: test, _HEADER["raw"]: codes.get(value.text, value.text)}
    if hepatitis:
        yield {**base, _HEADER["test"]: "hepatitis", _HEADER["raw"]: hepatitis}


def _header(value: Value) -> str:
    """The column of a value: its item's header, or its code where the item is not known (nothing is dropped)."""
    known = items().get(value.item or "")
    return known.header if known else f"JLAC10 {value.code}"


POSITIVE = {"1": "+", "2": "-"}


def _hepatitis(values: Sequence[Value]) -> str:
    """B±C± from HBs antigen and HCV judgement; empty where the document has neither."""
    told = {value.item: value.text for value in values}
    if "hbs_antigen" not in told and "hcv_judgement" not in told:
        return ""
    b = POSITIVE.get(told.get("hbs_antigen", "2"), "?")
    c = {"1": "-", "2": "+"}.get(told.get("hcv_judgement", "1"), "?")
    return f"B{b}C{c}"
