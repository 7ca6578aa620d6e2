"""Delivered results as officers look through them: what waits, problems counted, one row beside the register.

Counts name nobody. A row's cells and the person of its voucher are read through functions that log it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from azukari.custody.models import Handover
from azukari.parties.acting import acting
from azukari.parties.models import Handler, Organisation
from azukari.people.models import Resident

from ..models import Assessment, ResultBatch, ResultRow, TestResult
from ..outcomes import canonical, code_lists, outcome_names
from ..reasons import CHECKUPS, FIRST_REFUSAL, TESTS
from ..result_checks import PROBLEMS
from ..result_file import FIELDS
from ..rules import screening_parameters
from .paper import TO_WARD
from .results_in import ITEMS, corrected_cells
from .state import PROGRAMME

State = ResultRow.State
ABOUT_THE_FILE = ("ファイル", "読めない理由", "（行の全体）")
"""Headers that this program wrote itself: nothing to correct."""


@dataclass(frozen=True)
class Compared:
    """One cell: as delivered, as it reads now (corrected), what the ward has. ``key``: how a correction names it."""

    key: str
    header: str
    stated: str
    now: str
    ward: str = ""

    @property
    def corrected(self) -> bool:
        return self.stated != self.now


@dataclass(frozen=True)
class RowRead:
    """``standing``: (label, value) of the accepted result of the same test, where there is another one."""

    cells: Sequence[Compared]
    standing: Sequence[tuple[str, str]]

    @property
    def correctable(self) -> list[Compared]:
        return [cell for cell in self.cells if cell.key not in ABOUT_THE_FILE]


def deliveries() -> QuerySet[ResultBatch]:
    """Every delivery with ``accepted``, ``rejected`` and ``outstanding``: counted for those that are shown only."""
    counted = {state.value: Coalesce(Subquery(_number(state)), 0) for state in State}
    return ResultBatch.objects.select_related("organisation", "received_by").annotate(**counted)


def _number(state: ResultRow.State) -> QuerySet[Any, Any]:
    rows = ResultRow.objects.filter(batch=OuterRef("pk"), state=state).order_by()
    return rows.values("batch").annotate(n=Count("pk")).values("n")


def to_take() -> QuerySet[Handover]:
    """⑬ Deliveries that the ward acknowledged and has not taken into its review."""
    taken = ResultBatch.objects.filter(handover__isnull=False).values("handover")
    found = Handover.objects.filter(programme=PROGRAMME, step=TO_WARD, state=Handover.State.ACKNOWLEDGED)
    return found.exclude(pk__in=taken).select_related("sender").defer("items", "columns").order_by("pk")


def problem_counts(batch: ResultBatch) -> list[tuple[str, int]]:
    """(problem, outstanding rows that have it), in the officers' order; first "" for the rows without any."""
    found: Counter[str] = Counter()
    waiting = batch.lines.filter(state=State.OUTSTANDING).order_by()
    for problems, number in waiting.values_list("problems").annotate(n=Count("pk")):
        for key in problems.split() or [""]:
            found[key] += number
    return [(key, found[key]) for key in ("", *PROBLEMS) if found[key]]


def with_problem(rows: QuerySet[ResultRow], problem: str) -> QuerySet[ResultRow]:
    """Rows that have the problem among theirs."""
    whole = Q(problems=problem) | Q(problems__contains=f" {problem} ")
    return rows.filter(whole | Q(problems__startswith=f"{problem} ") | Q(problems__endswith=f" {problem}"))


def read_row(*, row: ResultRow, by: Handler, now: datetime) -> RowRead:
    """One row with what the ward has beside it; logged with the person of its voucher."""
    with acting(by=by, act="result.read", now=now, programme=PROGRAMME) as record:
        person = row.voucher.person if row.voucher else None
        record(
            purpose="結果の確認", items=[*ITEMS, "name", "birth_date", "voucher_number"],
            subjects=[bytes.fromhex(person.reference)] if person else [], batch=row.batch_id, line=row.line,
        )  # fmt: skip
        stated: dict[str, str] = json.loads(row.stated)
        current = corrected_cells(row.stated, row.corrected)
        if "unreadable" in row.problems.split():
            return RowRead([Compared(header, header, cell, cell) for header, cell in stated.items()], [])
        ward = _of_ward(row, person, current)
        known = {field: next((s for s in FIELDS[field] if s in current), FIELDS[field][0]) for field in FIELDS}
        cells = [
            Compared(field, header, stated.get(header, ""), current.get(header, ""), ward.get(field, ""))
            for field, header in known.items()
        ]
        others = [header for header in current if header not in known.values()]
        cells += [Compared(header, header, stated.get(header, ""), current[header]) for header in others]
        return RowRead(cells, _standing(row, person))


def _of_ward(row: ResultRow, person: Resident | None, cells: Mapping[str, str]) -> dict[str, str]:
    """Field → what the ward has. Without a voucher that is known there is nobody to compare with."""
    number = next((cells[s] for s in FIELDS["institution"] if s in cells), "")
    institution = Organisation.objects.filter(institution_number=number).first() if number else None
    raw = next((cells[s] for s in FIELDS["raw"] if s in cells), "")
    code = canonical(row.test, raw)
    told = {
        "institution": institution.name if institution else "登録なし",
        "raw": outcome_names()[code_lists()[row.test].codes[code]] if code else "この検診の記号でない",
    }
    if person is None or row.voucher is None:
        return told
    names = (person.name, person.kana, person.alias_name, person.latin_name, person.former_name)
    gone = ((person.moved_out_on, "転出"), (person.died_on, "死亡"))
    offered = Assessment.objects.filter(run=row.voucher.run_id, person=person, reason__lt=FIRST_REFUSAL)
    return told | {
        "voucher_number": f"{row.voucher.voucher_number}（{row.voucher.run.fiscal_year}年度）",
        "name": "、".join(dict.fromkeys(name for name in names if name)),
        "birth": person.birth,
        "test": "対象: " + ("、".join(test_name(TESTS[n], row.batch.fiscal_year) for n in offered.order_by("test")
                            .values_list("test", flat=True)) or "なし"),
        "examined_on": "、".join(f"{day} {word}" for day, word in gone if day),
    }  # fmt: skip


def test_name(test: str, fiscal_year: int) -> str:
    """As the ward writes it; empty for a test that is not known."""
    if test not in TESTS:
        return "健康診査" if test == "checkup" else ""
    return str(screening_parameters().for_fiscal_year(fiscal_year).text(f"tests.{test}.name"))


test_name.__test__ = False  # type: ignore[attr-defined]


def _standing(row: ResultRow, person: Resident | None) -> list[tuple[str, str]]:
    tests = CHECKUPS if row.test == "checkup" else (row.test,)
    standing = TestResult.objects.filter(
        person=person, test__in=tests, fiscal_year=row.batch.fiscal_year, replaced_by=None, withdrawn_at=None
    ).exclude(row=row)
    found = standing.annotate(batch=F("row__batch"), line=F("row__line")).first() if person else None
    if found is None:
        return []
    return [
        ("検診", test_name(found.test, found.fiscal_year)),
        ("受診日", found.examined_on.isoformat()),
        ("健診等機関番号", found.institution),
        ("判定", f"{found.raw}（{outcome_names()[found.outcome]}）"),
        ("納品と行", f"No.{found.batch} の {found.line}行目"),
    ]
