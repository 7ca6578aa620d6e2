"""⑬ Results taken in: every delivered row is looked at, and ends accepted, rejected with a reason, or outstanding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db.models import Count, QuerySet
from django.utils.timezone import localdate

from azukari.custody.models import Handover
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people import bulk
from azukari.vocabulary.refusal import Changed

from ..models import History, ResultBatch, ResultRow, Run, TestResult
from ..outcomes import CHECKUP, Outcome, history_key, kind_of, outcome_names
from ..reasons import CHECKUPS, TESTS
from ..result_checks import PROBLEMS, check, may_be_accepted
from ..result_context import FEW, known_for
from ..result_file import FIELDS, read_results, rows_of
from .follow_up import open_cases, result_replaced
from .state import PROGRAMME

State = ResultRow.State
ITEMS = ("checkup_result", "screening_result")
NEW_CASE_YEARS = 3
"""初回受診者: no screening in so many years before (domain/screening.md §5)."""


class RowSettled(Changed, NotPermitted):
    """Somebody else settled the row meanwhile."""


@dataclass(frozen=True)
class Counts:
    """rows = accepted + rejected + outstanding, always."""

    rows: int
    accepted: int
    rejected: int
    outstanding: int

    @property
    def closed(self) -> bool:
        return self.rows == self.accepted + self.rejected and not self.outstanding


def counts(batch: ResultBatch) -> Counts:
    by_state = dict(batch.lines.values_list("state").annotate(n=Count("pk")))
    return Counts(
        batch.rows, *(by_state.get(state, 0) for state in (State.ACCEPTED, State.REJECTED, State.OUTSTANDING))
    )


def take_csv(
    *,
    data: bytes,
    sha256: str,
    organisation: Organisation,
    fiscal_year: int,
    by: Handler,
    now: datetime,
    handover: Handover | None = None,
) -> ResultBatch:
    """Take a results CSV in, whole; nothing of it counts before it is accepted. Raises RosterRefused, NotPermitted."""
    read = read_results(_whole(data, sha256))
    wrong = [(row.line, {"（行の全体）": row.original}) for row in read.wrong]
    return _take(
        ResultBatch.Kind.CSV, read.rows, wrong, sha256, organisation=organisation, fiscal_year=fiscal_year,
        handover=handover, by=by, now=now,
    )  # fmt: skip


def take_stated(
    *,
    kind: ResultBatch.Kind,
    stated: Sequence[tuple[int, Mapping[str, str]]],
    wrong: Sequence[tuple[int, Mapping[str, str]]],
    sha256: str,
    organisation: Organisation,
    fiscal_year: int,
    by: Handler,
    now: datetime,
    handover: Handover | None = None,
) -> ResultBatch:
    """Take in rows that another reader made: of a package, or of the ministry's XML (``checkup_xml``)."""
    return _take(
        kind, rows_of(stated), wrong, sha256, organisation=organisation, fiscal_year=fiscal_year,
        handover=handover, by=by, now=now,
    )  # fmt: skip


def _whole(data: bytes, sha256: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != sha256.strip().lower():
        raise NotPermitted("ファイルのハッシュ値が送付票と一致しません。納めた組織に送り直してもらってください。")
    return data


def _take(
    kind: ResultBatch.Kind,
    rows: pl.DataFrame,
    wrong: Sequence[tuple[int, Mapping[str, str]]],
    sha256: str,
    *,
    organisation: Organisation,
    fiscal_year: int,
    handover: Handover | None,
    by: Handler,
    now: datetime,
) -> ResultBatch:
    with acting(by=by, act="result.take", now=now, programme=PROGRAMME) as record:
        earlier = ResultBatch.objects.filter(sha256=sha256).first()
        if earlier is not None:
            raise NotPermitted(f"このファイルは、納品 No.{earlier.pk} として受け入れ済みです。二重に受け入れません。")
        batch = ResultBatch.objects.create(
            kind=kind, fiscal_year=fiscal_year, organisation=organisation, handover=handover, sha256=sha256,
            rows=rows.height + len(wrong), received_by=by, received_at=now,
        )  # fmt: skip
        checked = _checked(rows, batch, now)
        fixed = {"batch": pl.lit(batch.pk), "corrected": pl.lit(""), "state": pl.lit(State.OUTSTANDING.value),
                 "reason": pl.lit(""), "settled_by": pl.lit("")}  # fmt: skip
        told = checked.select(
            "line", "voucher", pl.col("test").fill_null("").alias("test"), "stated",
            pl.col("problems").list.join(" ").alias("problems"),
        ).with_columns(**fixed)  # fmt: skip
        bulk.insert(ResultRow, told)
        ResultRow.objects.bulk_create(
            ResultRow(batch=batch, line=line, stated=json.dumps(cells, ensure_ascii=False), problems="unreadable")
            for line, cells in wrong
        )
        record(purpose="結果の受入れ", items=ITEMS, batch=batch.pk, rows=batch.rows, kind=kind.value)
        return batch


def _checked(rows: pl.DataFrame, batch: ResultBatch, now: datetime) -> pl.DataFrame:
    known = known_for(rows["voucher_number"].to_list(), batch.fiscal_year)
    checked = check(rows, known, fiscal_year=batch.fiscal_year, on=localdate(now))
    offered = known.offered.filter(pl.col("test").is_in(CHECKUPS)).select("person", own=pl.col("test"))
    return (
        checked.join(offered.unique("person"), on="person", how="left", maintain_order="left")
        .join(known.offered.select("person", "test", "fee"), on=["person", "test"], how="left", maintain_order="left")
        .with_columns(test=pl.when(pl.col("test") == CHECKUP).then(pl.coalesce("own", "test")).otherwise("test"))
        .drop("own")
    )


def outstanding(
    *, batch: ResultBatch, by: Handler, now: datetime, lines: Sequence[int] | None = None
) -> list[ResultRow]:
    """The rows that wait for somebody, with what was delivered; looking at them is logged. ``lines``: only these."""
    with acting(by=by, act="result.read", now=now, programme=PROGRAMME) as record:
        waiting = batch.lines.filter(state=State.OUTSTANDING).select_related("voucher__person").order_by("line")
        found = list(waiting if lines is None else waiting.filter(line__in=lines))
        subjects = {bytes.fromhex(row.voucher.reference) for row in found if row.voucher is not None}
        record(purpose="結果の確認", items=ITEMS, subjects=sorted(subjects), batch=batch.pk)
        return found


def recheck(*, batch: ResultBatch, by: Handler, now: datetime) -> Counts:
    """Look at the outstanding rows again: after corrections, or when the ward knows more than when they came."""
    with acting(by=by, act="result.settle", now=now, programme=PROGRAMME) as record:
        _rechecked(batch, now)
        record(purpose="結果の再確認", batch=batch.pk)
        return counts(batch)


def _rechecked(batch: ResultBatch, now: datetime, line: int | None = None) -> pl.DataFrame:
    """The outstanding rows (or one) as they read now, with ``row``, and their new problems written down."""
    waiting = batch.lines.filter(state=State.OUTSTANDING).exclude(problems="unreadable")
    if line is not None:
        waiting = waiting.filter(line=line)
    kept = list(waiting.order_by("line").values_list("pk", "line", "stated", "corrected", "problems"))
    rows = rows_of([(n, corrected_cells(stated, corrected)) for _, n, stated, corrected, _ in kept])
    checked = _checked(rows, batch, now).with_columns(
        row=pl.Series([pk for pk, *_ in kept], dtype=pl.Int64),
        before=pl.Series([problems for *_, problems in kept], dtype=pl.String),
        after=pl.col("problems").list.join(" "),
    )
    if line is not None:  # a row alone does not show that another of the delivery speaks of the same test
        return checked
    changed = checked.filter(pl.col("before") != pl.col("after"))
    bulk.update(
        ResultRow,
        changed.select(
            id=pl.col("row"), problems=pl.col("after"), voucher=pl.col("voucher"), test=pl.col("test").fill_null("")
        ),
        "id",
    )
    return checked


def corrected_cells(stated: str, corrected: str) -> dict[str, str]:
    """The cells of a row with its corrections in place: what is not corrected stands as it was delivered."""
    cells: dict[str, str] = json.loads(stated)
    changes: dict[str, str] = json.loads(corrected) if corrected else {}
    for field, value in changes.items():
        spellings = FIELDS.get(field, (field,))
        cells[next((s for s in spellings if s in cells), spellings[0])] = value
    return cells


def accept_clean(*, batch: ResultBatch, by: Handler, now: datetime) -> int:
    """Accept every outstanding row in which nothing is wrong (any more); returns how many."""
    with acting(by=by, act="result.settle", now=now, programme=PROGRAMME) as record:
        _one_at_a_time(batch)
        clean = _rechecked(batch, now).filter(pl.col("problems").list.len() == 0)
        _accept(batch, clean, by, now, reason="")
        record(purpose="結果の採用", items=ITEMS, batch=batch.pk, accepted=clean.height)
        return clean.height


def _one_at_a_time(batch: ResultBatch) -> None:
    """Two deliveries with the same result, accepted at one moment: the second waits and then finds what now stands."""
    list(Run.objects.select_for_update().filter(fiscal_year=batch.fiscal_year).values_list("pk"))
    ResultBatch.objects.select_for_update().get(pk=batch.pk)


def settle(
    *,
    row: ResultRow,
    how: str,
    reason: str,
    by: Handler,
    now: datetime,
    corrections: Mapping[str, str] | None = None,
) -> ResultRow:
    """Settle one outstanding row: ``accept`` as it stands, ``correct`` and accept, ``replace`` what stands, ``reject``.

    Raises NotPermitted without a reason, or where the problems that are left do not allow it; RowSettled if somebody
    was faster.
    """
    with acting(by=by, act="result.settle", now=now, programme=PROGRAMME) as record:
        if not reason.strip():
            raise NotPermitted("どう確かめたか（理由）を書いてください。")
        _one_at_a_time(row.batch)
        row.refresh_from_db()
        if row.state != State.OUTSTANDING:
            raise RowSettled(f"{row.line}行目は、{row.settled_by} が「{row.get_state_display()}」にしました。")
        WAYS[how](row, reason, corrections or {}, by, now)
        row.refresh_from_db()
        record(purpose="結果の確認", items=ITEMS, batch=row.batch_id, line=row.line, how=how, problems=row.problems)
        return row


def _reject(row: ResultRow, reason: str, _: Mapping[str, str], by: Handler, now: datetime) -> None:
    ResultRow.objects.filter(pk=row.pk).update(state=State.REJECTED, reason=reason, settled_by=by.key, settled_at=now)


def _accept_as_is(row: ResultRow, reason: str, _: Mapping[str, str], by: Handler, now: datetime) -> None:
    checked = _one(row, now)
    found = ["unreadable"] if checked.is_empty() else checked["problems"].item().to_list()
    left = [p for p in found if not PROBLEMS[p].accept]
    if left:
        labels = "、".join(PROBLEMS[p].label for p in left)
        raise NotPermitted(f"「{labels}」のままでは採用できません。内容を直すか、不採用にしてください。")
    _accept(row.batch, checked, by, now, reason=reason)


def _correct(row: ResultRow, reason: str, corrections: Mapping[str, str], by: Handler, now: datetime) -> None:
    if not corrections:
        raise NotPermitted("直す項目と正しい内容を入れてください。")
    before = json.loads(row.corrected) if row.corrected else {}
    ResultRow.objects.filter(pk=row.pk).update(corrected=json.dumps({**before, **corrections}, ensure_ascii=False))
    row.refresh_from_db()
    _accept_as_is(row, reason, {}, by, now)


def _replace(row: ResultRow, reason: str, _: Mapping[str, str], by: Handler, now: datetime) -> None:
    """A correction that came later: the result that stands gives way, and its follow-up is told of it."""
    checked = _one(row, now)
    found = [] if checked.is_empty() else checked["problems"].item().to_list()
    left = [p for p in found if p != "conflicts" and not PROBLEMS[p].accept]
    if "conflicts" not in found or left:
        raise NotPermitted("差し替えるのは、採用済みの結果と内容が違う行だけです。行の問題を確かめてください。")
    old = _standing(checked, row.batch.fiscal_year).get()
    TestResult.objects.filter(pk=old.pk).update(withdrawn_at=now, withdrawn_why=reason[:200])
    _accept(row.batch, checked, by, now, reason=reason)
    new = TestResult.objects.get(row=row)
    TestResult.objects.filter(pk=old.pk).update(replaced_by=new)
    result_replaced(old=old, new=new, by=by, now=now)
    if new.outcome != old.outcome:
        _history_of(old, new)


WAYS = {"accept": _accept_as_is, "correct": _correct, "replace": _replace, "reject": _reject}


def _standing(checked: pl.DataFrame, fiscal_year: int) -> QuerySet[TestResult]:
    one = checked.row(0, named=True)
    return TestResult.objects.filter(
        person_id=one["person"], test=one["test"], fiscal_year=fiscal_year, replaced_by=None, withdrawn_at=None
    )


def _history_of(old: TestResult, new: TestResult) -> None:
    History.objects.filter(person=old.person, test=history_key(old.test), fiscal_year=old.fiscal_year).update(
        outcome=outcome_names()[new.outcome][:20]
    )


def _one(row: ResultRow, now: datetime) -> pl.DataFrame:
    return _rechecked(row.batch, now, row.line)


def _accept(batch: ResultBatch, rows: pl.DataFrame, by: Handler, now: datetime, *, reason: str) -> None:
    """Results, history and cases of accepted rows, and the rows' own state: whole columns."""
    if rows.is_empty():
        return
    moment = bulk.moment_text(now)
    unknown_checkup = pl.when(pl.col("test") == CHECKUP).then(pl.lit(CHECKUPS[1])).otherwise(pl.col("test"))
    results = rows.select(
        "person",
        "voucher",
        unknown_checkup.alias("test"),
        pl.lit(batch.fiscal_year).alias("fiscal_year"),
        pl.col("examined_on").cast(pl.String),
        pl.col("institution").str.slice(0, 10),
        pl.col("code").alias("raw"),
        "outcome",
        (pl.col("outcome") == Outcome.WORK_UP.value).alias("needs_work_up"),
        pl.col("fee").fill_null(0),
        "values",
        "row",
    )
    results = results.join(_first_time(results, batch.fiscal_year), on=["person", "test"], how="left")
    results = results.with_columns(accepted_by=pl.lit(by.key), accepted_at=pl.lit(moment), withdrawn_why=pl.lit(""))
    bulk.insert(TestResult, results)
    _write_history(results)
    bulk.update(
        ResultRow,
        rows.select(
            id=pl.col("row"), voucher=pl.col("voucher"), test=unknown_checkup, state=pl.lit(State.ACCEPTED.value),
            reason=pl.lit(reason[:200]), settled_by=pl.lit(by.key), settled_at=pl.lit(moment),
        ),
        "id",
    )  # fmt: skip
    open_cases(batch, now)


def _first_time(results: pl.DataFrame, fiscal_year: int) -> pl.DataFrame:
    """person, test, first: whether no screening of that kind is known in the three years before."""
    kinds = {test: kind_of(test) for test in (*TESTS, CHECKUP)}
    earlier = History.objects.filter(fiscal_year__range=(fiscal_year - NEW_CASE_YEARS, fiscal_year - 1))
    if results.height <= FEW:
        earlier = earlier.filter(person_id__in=results["person"].to_list())
    known = pl.DataFrame(
        list(earlier.values_list("person_id", "test")), schema={"person": pl.Int64, "kind": pl.String}, orient="row"
    ).with_columns(pl.col("kind").replace(kinds))
    wanted = results.select("person", "test", kind=pl.col("test").replace(kinds))
    found = wanted.join(known.unique().with_columns(seen=pl.lit(value=True)), on=["person", "kind"], how="left")
    return found.select("person", "test", first=pl.col("seen").is_null())


def _write_history(results: pl.DataFrame) -> None:
    """受診歴: what next year's eligibility rests on. What an earlier year's import already said is not said twice."""
    names = outcome_names()
    told = results.select(
        "person",
        pl.col("test").replace({test: history_key(test) for test in CHECKUPS}).alias("test"),
        "fiscal_year",
        pl.col("outcome").replace_strict(names, return_dtype=pl.String).str.slice(0, 20).alias("outcome"),
    ).unique(["person", "test", "fiscal_year"], maintain_order=True)
    there = History.objects.filter(fiscal_year=results["fiscal_year"][0])
    if results.height <= FEW:
        there = there.filter(person_id__in=results["person"].to_list())
    known = pl.DataFrame(
        list(there.values_list("person_id", "test")), schema={"person": pl.Int64, "test": pl.String}, orient="row"
    )
    bulk.insert(History, told.join(known, on=["person", "test"], how="anti"))


def problems_of(row: ResultRow) -> list[str]:
    """What is wrong with an outstanding row, in the order in which an officer reads it."""
    return row.problems.split()


def may_accept(row: ResultRow) -> bool:
    return may_be_accepted(problems_of(row))
