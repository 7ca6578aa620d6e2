"""① The staff list is taken out of the register; ② it is handed to the processor; ③ it goes into the site."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from azukari.custody import gate, handovers
from azukari.custody.models import Handover
from azukari.dossier.schema import Medium
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler, Organisation
from azukari.people import bulk
from azukari.people.models import Employee, Sex
from azukari.vocabulary.fiscal import legal_age

from .. import vault
from ..models import Respondent, Round
from .state import PROCESSOR, PROGRAMME, STAFF, WORKERS, require_duty, require_state

COLUMNS = (
    gate.Column("number", "職員番号", "employee_number"),
    gate.Column("name", "氏名", "name"),
    gate.Column("sex", "性別", "sex"),
    gate.Column("age", "年齢", "age"),
    gate.Column("birth", "生年月日", "birth_date"),
    gate.Column("section", "所属名", "affiliation"),
    gate.Column("grade", "相当職名", "equivalent_post"),
    gate.Column("job", "職務名", "job_title"),
)
SEX = {Sex.MALE.value: "男", Sex.FEMALE.value: "女"}
DAY = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
"""Who has no such birth date cannot be let in on the web, and answers on paper."""
ASKED = ("regular", "fiscal_year", "reappointed", "fixed_term")


def to_be_asked(on: date) -> QuerySet[Employee]:
    """区の職員（常勤、会計年度任用職員）: in office on that day."""
    there = Q(left_on=None) | Q(left_on__gt=on)
    begun = Q(joined_on=None) | Q(joined_on__lte=on)
    return Employee.objects.filter(there & begun, employment__in=ASKED).order_by("number")


def staff_frame(on: date) -> pl.DataFrame:
    """``reference`` and :data:`COLUMNS` of everybody to be asked on that day."""
    rows = [
        (e.reference, e.number, e.name, SEX.get(e.sex, ""), str(legal_age(e.birth_date, on)) if e.birth_date else "",
         e.birth, e.section, e.grade, e.job)
        for e in to_be_asked(on)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(["reference", *(c.key for c in COLUMNS)], pl.String), orient="row")


def hand_over(*, processor: Organisation, by: Handler, now: datetime) -> Handover:
    """①② Prepare the staff list for the processor, on disc; sealed and released like any handover, by another."""
    with acting(by=by, act="stress.hand_over", now=now, programme=PROGRAMME) as record:
        frame = staff_frame(localdate(now))
        if frame.is_empty():
            raise NotPermitted("対象の職員がいません。職員名簿の取込みと、採用日・退職日を確かめてください。")
        made = handovers.prepare(
            programme=PROGRAMME, step=STAFF, receiver=processor, party=PROCESSOR, columns=list(COLUMNS), frame=frame,
            purpose="ストレスチェックの対象者情報の受渡し", medium=Medium.DISC, by=by, now=now,
        )  # fmt: skip
        record(purpose="対象者情報の抽出", handover=made.number, persons=made.persons)
        return made


def take_into_site(*, round_: Round, by: Handler, now: datetime) -> int:
    """③ Who stands in the handed list becomes somebody who can be asked, with a key in the vault. Once; how many.

    Somebody taken in before stays, so that an act broken off half way can be done again.
    """
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.PREPARING)
        items = [column.item for column in COLUMNS if column.item]
        held = gate.read_held(record=record, by=by, handover=round_.staff, items=items, purpose="対象者データの取込み")
        references = _references(round_.staff, held)
        known = set(Respondent.objects.filter(round=round_).values_list("reference", flat=True))
        fresh = references.filter(~pl.col("reference").is_in(list(known)))
        bulk.insert(Respondent, _rows(fresh, round_))
        vault.make_keys(round_.fiscal_year, Respondent.objects.filter(round=round_).values_list("pk", flat=True))
        return fresh.height


def _references(handover: Handover, held: pl.DataFrame) -> pl.DataFrame:
    """The handed rows with the reference of each person: it is worked out from the number of the staff."""
    known = dict(Employee.objects.filter(number__in=held["number"].to_list()).values_list("number", "reference"))
    return held.with_columns(reference=pl.col("number").replace_strict(known, default=None, return_dtype=pl.String))


def _rows(frame: pl.DataFrame, round_: Round) -> pl.DataFrame:
    words = {word: key for key, word in SEX.items()}
    return frame.select(
        pl.lit(round_.pk).alias("round"),
        "reference",
        pl.col("number").alias("employee_number"),
        "name",
        pl.col("sex").replace_strict(words, default="", return_dtype=pl.String),
        pl.when(pl.col("birth").str.contains(DAY)).then(pl.col("birth")).alias("birth_date"),
        "section",
        "grade",
        "job",
        pl.lit("").alias("employment"),
        pl.col("birth").str.contains(DAY).not_().fill_null(value=True).alias("by_paper"),
    )
