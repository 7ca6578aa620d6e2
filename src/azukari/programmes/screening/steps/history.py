"""Earlier years' tests taken in (受診歴): what eligibility of this year rests on."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import transaction

from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.people import bulk
from azukari.people.models import Resident
from azukari.vocabulary.characters import UnreadableEncoding, decode_text

from ..models import History
from ..rules import HISTORIES
from .state import PROGRAMME

HEADERS = {"宛名番号": "number", "年度": "fiscal_year", "検診": "test", "判定": "result"}
KNOWN = {*HISTORIES, "hepatitis"}


def import_history(*, path: Path, sha256: str, by: Handler, now: datetime) -> int:
    """Take in a history CSV with the columns of :data:`HEADERS` (CP932 or UTF-8), whole or not; returns the new ones.

    Raises NotPermitted naming the rows: unknown person, unknown test, impossible year, wrong digest or columns.
    """
    with acting(by=by, act="people.import", now=now, programme=PROGRAMME) as record:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotPermitted("受診歴ファイルのハッシュ値が送付票と一致しません。送付元に送り直してもらってください。")
        frame = _checked(data, now.year)
        known = set(History.objects.values_list("person_id", "test", "fiscal_year"))
        fresh = frame.filter(
            ~pl.Series(
                [row in known for row in frame.select("person", "test", "fiscal_year").iter_rows()], dtype=pl.Boolean
            )
        )
        with transaction.atomic():
            bulk.insert(History, fresh.select("person", "test", "fiscal_year", "outcome"))
        record(purpose="受診歴の取込み", items=["screening_history", "hepatitis_history"], rows=fresh.height)
        return fresh.height


def _checked(data: bytes, this_year: int) -> pl.DataFrame:
    try:
        frame = pl.read_csv(decode_text(data).text.encode(), infer_schema=False)
    except (pl.exceptions.PolarsError, UnreadableEncoding) as error:
        raise NotPermitted("受診歴ファイルをCSVとして読めません。形式と文字コードを確かめてください。") from error
    missing = [name for name in HEADERS if name not in frame.columns]
    if missing:
        raise NotPermitted(f"受診歴ファイルに列「{'、'.join(missing)}」がありません。見出しを確かめてください。")
    frame = frame.rename(HEADERS)
    people = pl.DataFrame(
        list(Resident.objects.values_list("number", "pk")),
        schema={"number": pl.String, "person": pl.Int64},
        orient="row",
    )
    joined = frame.with_row_index("line", offset=2).join(people, on="number", how="left", maintain_order="left")
    year = pl.col("fiscal_year").cast(pl.Int16, strict=False)
    problems = joined.filter(
        pl.col("person").is_null()
        | ~pl.col("test").is_in(sorted(KNOWN))
        | ~year.is_between(1983, this_year).fill_null(False)
    )
    if problems.height:
        lines = "、".join(str(n) for n in problems["line"].head(10))
        raise NotPermitted(
            f"受診歴ファイルの{problems.height}行を取り込めません（{lines}行目ほか）。"
            "宛名番号が名簿にあるか、検診の種類と年度が正しいかを確かめてください。何も取り込んでいません。"
        )
    return joined.select(
        "person", "test", year.alias("fiscal_year"), pl.col("result").fill_null("").alias("outcome")
    ).unique(["person", "test", "fiscal_year"], keep="last", maintain_order=True)
