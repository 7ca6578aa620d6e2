"""Before anything leaves: judge who is offered what, compare with last year, number, and prove the glyphs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from azukari.custody.book import next_numbers
from azukari.letters.glyphs import GlyphProof
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people import bulk
from azukari.people.models import Changeset, ChangesetState, Resident
from azukari.vocabulary.fiscal import fiscal_year_end, fiscal_year_start

from .. import comparison, numbers, rules
from ..frames import residents_frame
from ..models import Assessment, GlyphQuestion, Run, Sheet, Stop, Voucher
from ..reasons import TESTS, Reason, fee_column, reason_column
from ..refusals import AlreadyStarted, GlyphsUndecided, LastYearsList, NoRoster, NotNow, StaleRoster
from .state import PROGRAMME, move

OFFERED = (Reason.ELIGIBLE, Reason.FREE_COUPON)


def open_run(*, fiscal_year: int, by: Handler, now: datetime) -> Run:
    """Judge everybody on the latest committed roster (cohort-year lock): one run a year, on one roster.

    Raises NoRoster, LastYearsList, StaleRoster, AlreadyStarted.
    """
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        existing = Run.objects.filter(fiscal_year=fiscal_year).select_related("started_by").first()
        if existing:
            raise AlreadyStarted(fiscal_year, existing.started_by.key)
        roster = roster_for(fiscal_year, localdate(now))
        as_of = max(roster.stated_on, fiscal_year_start(fiscal_year))
        people = residents_frame(as_of=roster.stated_on, fiscal_year=fiscal_year)
        judged = rules.judge(people, fiscal_year, as_of)
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    fiscal_year=fiscal_year,
                    roster=roster,
                    as_of=as_of,
                    counts=comparison.counts_by_age_band(judged).to_dicts(),
                    difference=_difference(judged, people, fiscal_year, as_of),
                    started_by=by,
                    started_at=now,
                )
        except IntegrityError:
            winner = Run.objects.select_related("started_by").get(fiscal_year=fiscal_year)
            raise AlreadyStarted(fiscal_year, winner.started_by.key) from None
        _store_assessments(run, judged)
        _store_stops(run, people, as_of)
        record(
            purpose="受診券送付対象者の判定",
            items=["birth_date", "sex", "welfare_receipt", "screening_history", "hepatitis_history"],
            fiscal_year=fiscal_year,
            roster=roster.sha256,
            residents=people.height,
        )
        return run


def roster_for(fiscal_year: int, today: date) -> Changeset:
    committed = Changeset.objects.filter(kind="residents", state=ChangesetState.COMMITTED)
    roster = committed.order_by("-stated_on", "-pk").first()
    if roster is None:
        raise NoRoster
    limits = rules.screening_parameters().for_fiscal_year(fiscal_year)
    earliest = fiscal_year_start(fiscal_year) - timedelta(days=limits.number("run.roster_earliest_days_before_year"))
    if not earliest <= roster.stated_on <= fiscal_year_end(fiscal_year):
        raise LastYearsList(roster.stated_on, fiscal_year, earliest)
    limit, days = limits.number("run.roster_max_age_days"), (today - roster.stated_on).days
    if not 0 <= days <= limit:
        raise StaleRoster(roster.stated_on, days, limit)
    return roster


def _difference(judged: pl.DataFrame, people: pl.DataFrame, fiscal_year: int, as_of: date) -> list[dict[str, object]]:
    """This year's counts against last year's run, or last year's rules on this roster where there was no run."""
    last = Run.objects.filter(fiscal_year=fiscal_year - 1).first()
    if last is not None:
        before = pl.DataFrame(last.counts)
    else:
        unscreened = [
            pl.when(pl.col(f"last_{h}") < fiscal_year - 1).then(pl.col(f"last_{h}")).alias(f"last_{h}")
            for h in rules.HISTORIES
        ]
        recalculated = rules.judge(
            people.with_columns(unscreened),
            fiscal_year - 1,
            as_of.replace(year=as_of.year - 1, day=min(as_of.day, 28)),
        )
        before = comparison.counts_by_age_band(recalculated)
    return comparison.difference_report(judged, before).to_dicts()


def _store_assessments(run: Run, judged: pl.DataFrame) -> None:
    for n, test in enumerate(TESTS):
        bulk.insert(
            Assessment,
            judged.select(
                pl.lit(run.pk).alias("run"),
                "person",
                pl.lit(n).alias("test"),
                pl.col(reason_column(test)).alias("reason"),
                pl.col(fee_column(test)).alias("fee"),
            ),
        )


def offered_anything() -> pl.Expr:
    """Whether a judged person is offered at least one test."""
    return pl.any_horizontal([pl.col(reason_column(test)).is_in(OFFERED) for test in TESTS])


def stop_reason() -> pl.Expr:
    """The first Stop.Reason that applies to a row of ``frames.residents_frame``; null: nothing stops."""
    why = Stop.Reason
    return (
        pl.when("dead").then(pl.lit(why.DEAD.value))
        .when("moved_out").then(pl.lit(why.MOVED_OUT.value))
        .when("opted_out").then(pl.lit(why.OPTED_OUT.value))
        .when("held").then(pl.lit(why.RETURNED_MAIL.value))
        .when(~pl.col("has_address")).then(pl.lit(why.NO_ADDRESS.value))
        .when("protected").then(pl.lit(why.PROTECTED.value))
    )  # fmt: skip


def _store_stops(run: Run, people: pl.DataFrame, as_of: date) -> None:
    """Who would be offered something but for death, removal, a hold, their own wish, or protection."""
    stopped = people.with_columns(stop=stop_reason()).filter(pl.col("stop").is_not_null())
    if stopped.is_empty():
        return
    but_for = stopped.with_columns(resident=pl.lit(True), opted_out=pl.lit(False))
    judged = rules.judge(but_for, run.fiscal_year, as_of).filter(offered_anything())
    bulk.insert(
        Stop,
        judged.select(
            pl.lit(run.pk).alias("run"),
            "person",
            pl.col("stop").alias("reason"),
            pl.lit(None, dtype=pl.Datetime).alias("settled_at"),
            pl.lit("").alias("settled_by"),
            pl.lit("").alias("settlement"),
        ),
    )


def confirm_difference(*, run: Run, by: Handler, now: datetime) -> None:
    """Another person looks at the difference against last year and confirms it; only then are numbers given."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        if by.pk == run.started_by_id:
            raise NotPermitted("前年度との差は、判定した人とは別の人が確認してください。")
        move(run, Run.State.CONFIRMED, confirmed_by=by, confirmed_at=now)
        record(purpose="前年度との差の確認", fiscal_year=run.fiscal_year)


def assign_numbers(*, run: Run, by: Handler, now: datetime) -> int:
    """Give 受診番号, 受診券整理番号 and sheet codes to everybody to be written to; returns how many.

    Order of printing: postal code, then address, household and number, so that the post can be bundled.
    """
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        move(run, Run.State.NUMBERED)
        chosen = to_be_written_to(run)
        issue(run=run, chosen=chosen, now=now, reason="")
        record(purpose="番号の付番", fiscal_year=run.fiscal_year, vouchers=chosen.height)
        return chosen.height


def to_be_written_to(run: Run) -> pl.DataFrame:
    """person, reference, channel of everybody offered something and not stopped; the protected by the ward."""
    protected = Stop.Reason.PROTECTED.value
    offered = Assessment.objects.filter(run=run, reason__in=OFFERED).values_list("person_id", flat=True).distinct()
    stops = dict(Stop.objects.filter(run=run).values_list("person_id", "reason"))
    people = pl.DataFrame(
        list(
            Resident.objects.filter(pk__in=offered.values("person_id"))
            .order_by("postal_code", "address", "address_extra", "household", "number")
            .values_list("pk", "reference")
        ),
        schema={"person": pl.Int64, "reference": pl.String},
        orient="row",
    )
    stop = pl.col("person").replace_strict(stops, default="", return_dtype=pl.String)
    return (
        people.with_columns(stop=stop)
        .filter(pl.col("stop").is_in(["", protected]))
        .select(
            "person",
            "reference",
            channel=pl.when(pl.col("stop") == protected)
            .then(pl.lit(Voucher.Channel.WARD.value))
            .otherwise(pl.lit(Voucher.Channel.PRINTER.value)),
        )
    )


def issue(*, run: Run, chosen: pl.DataFrame, now: datetime, reason: str) -> None:
    """Vouchers and first sheets for chosen persons (person, reference, channel), in the given order."""
    fy, count = run.fiscal_year, chosen.height
    first = next_numbers(f"voucher-{fy}", count)
    serials = range(first, first + count)
    vouchers = chosen.select(
        pl.lit(run.pk).alias("run"),
        "person",
        "reference",
        pl.Series("examinee_number", [numbers.make_examinee_number(fy, n) for n in serials], dtype=pl.String),
        pl.Series("voucher_number", [numbers.make_voucher_number(fy, n) for n in serials], dtype=pl.String),
        "channel",
        pl.lit(bulk.moment_text(now)).alias("issued_at"),
        pl.lit(reason).alias("reason"),
    )
    bulk.insert(Voucher, vouchers)
    if not count:
        return
    window = vouchers["voucher_number"].item(0), vouchers["voucher_number"].item(-1)
    numbered = Voucher.objects.filter(run=run, voucher_number__range=window).order_by("voucher_number")
    ids = list(numbered.values_list("pk", flat=True))
    bulk.insert(Sheet, _new_sheets(ids, first_sequence=next_numbers(f"sheet-{fy}", count)))


def _new_sheets(voucher_ids: Sequence[int], *, first_sequence: int) -> pl.DataFrame:
    count = len(voucher_ids)
    return pl.DataFrame(
        {
            "voucher": voucher_ids,
            "code": [numbers.make_sheet_code(secrets.token_bytes(numbers.SHEET_CODE_BYTES)) for _ in voucher_ids],
            "sequence": list(range(first_sequence, first_sequence + count)),
        },
        schema={"voucher": pl.Int64, "code": pl.String, "sequence": pl.Int64},
    ).with_columns(
        state=pl.lit(Sheet.State.ISSUED.value),
        reprint_of=pl.lit(None, dtype=pl.Int64),
        reason=pl.lit(""),
        requested_by=pl.lit(""),
        approved_by=pl.lit(""),
        voided_at=pl.lit(None, dtype=pl.Datetime),
    )


PROVED = {"name": "氏名", "address": "住所", "address_extra": "方書"}


def prove_glyphs(*, run: Run, by: Handler, now: datetime, fonts: Sequence[Path] = ()) -> int:
    """List every name and address that the fonts can't draw as it should be; returns how many questions are open."""
    with acting(by=by, act="run.prepare", now=now, programme=PROGRAMME) as record:
        run.refresh_from_db()
        if run.state != Run.State.NUMBERED:
            raise NotNow(run.get_state_display(), Run.State.PROOFED.label)
        rows = Resident.objects.filter(pk__in=Voucher.objects.filter(run=run).values("person_id"))
        texts = (
            (str(pk), field, text)
            for pk, name, latin, alias, *rest in rows.values_list(
                "pk", "name", "latin_name", "alias_name", "address", "address_extra"
            ).iterator(chunk_size=10_000)
            for field, text in zip(PROVED, (alias or name or latin, *rest), strict=True)
            if text
        )
        found = GlyphProof(fonts or settings.AZUKARI_FONTS).check(texts)
        known = set(GlyphQuestion.objects.filter(run=run).values_list("person_id", "field", "characters"))
        GlyphQuestion.objects.bulk_create(
            GlyphQuestion(run=run, person_id=int(row), field=field, characters=codes, problem=problem)
            for row, field, codes, problem in dict.fromkeys((q.row, q.field, q.codes, q.problem.label) for q in found)
            if (int(row), field, codes) not in known
        )
        left = GlyphQuestion.objects.filter(run=run, decision="").count()
        record(purpose="字形の確認", fiscal_year=run.fiscal_year, questions=left)
        return left


def decide_glyph(*, question: GlyphQuestion, decision: str, by: Handler, now: datetime) -> None:
    """Accept what would be drawn, or take the person out of the bulk print and make that sheet by hand."""
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        run = Run.objects.select_for_update().get(pk=question.run_id)
        if run.state != Run.State.NUMBERED:  # later the printer has the sheets, or is about to
            raise NotNow(run.get_state_display(), "字形の判断")
        undecided = GlyphQuestion.objects.filter(pk=question.pk, decision="")
        if not undecided.update(decision=decision, decided_by=by.key, decided_at=now):
            raise NotPermitted(
                f"字形の確認 No.{question.pk} は、すでに判断されています。最新の一覧を確かめてください。"
            )
        if decision == GlyphQuestion.Decision.INDIVIDUAL:
            Stop.objects.get_or_create(run=question.run, person=question.person, defaults={"reason": Stop.Reason.GLYPH})
            Voucher.objects.filter(run=question.run, person=question.person).update(channel=Voucher.Channel.WARD)
        record(purpose="字形の判断", question=question.pk, decision=decision)


def finish_proof(*, run: Run, by: Handler, now: datetime) -> None:
    with acting(by=by, act="run.confirm", now=now, programme=PROGRAMME) as record:
        left = GlyphQuestion.objects.filter(run=run, decision="").count()
        if left:
            raise GlyphsUndecided(left)
        move(run, Run.State.PROOFED)
        record(purpose="字形の確認の完了", fiscal_year=run.fiscal_year)


def counts_of(run: Run) -> Mapping[str, int]:
    """eligible (with the stopped), vouchers, stopped, by the records of the run."""
    living = Sheet.objects.filter(voucher__run=run).exclude(state=Sheet.State.VOIDED)
    written = living.exclude(voucher__channel=Voucher.Channel.LATE).count()
    own = [Stop.Reason.PROTECTED, Stop.Reason.GLYPH]
    stopped = Stop.objects.filter(run=run).exclude(reason__in=own).count()
    return {"eligible": written + stopped, "vouchers": written, "stopped": stopped}
