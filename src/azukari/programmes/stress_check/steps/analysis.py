"""⑥ Groups: worked out from the sealed results by one implementer's side, looked at and let out by another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import narwhals as nw
import polars as pl
from django.db.models import Max

from azukari.engine.columns import legal_age
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed

from .. import vault
from ..group_cells import Group, Release
from ..groups import Analysis, analyse, chart_set
from ..models import GroupRelease, Respondent, Result, Round
from ..sections import path_of
from .state import IMPLEMENTERS, PROGRAMME, WORKERS, require_duty, require_state

THE_ROUND = 0
"""Whose key seals what belongs to the round and to nobody alone."""
SOURCE = "groups"
AGE_BANDS = ((0, "29歳以下"), (30, "30～39歳"), (40, "40～49歳"), (50, "50～59歳"), (60, "60歳以上"))


class ReleaseMoved(Changed, NotPermitted):
    """Another release was made or let out meanwhile."""


def prepare_release(*, round_: Round, by: Handler, now: datetime) -> GroupRelease:
    """Work out every group of a closed round, protected against all that was let out before. One waits at a time.

    Raises NotPermitted while somebody's answers are not scored: the figures are of everybody who answered.
    """
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=round_, by=by, kinds=WORKERS, now=now)
        require_state(round_, Round.State.CLOSED, Round.State.REPORTED)
        Round.objects.select_for_update().get(pk=round_.pk)
        waiting = GroupRelease.objects.filter(round=round_, released_at=None)
        if waiting.exists():
            raise ReleaseMoved("確認を待っている集団分析があります。放出するか、取り消してから作ってください。")
        unscored = Respondent.objects.filter(round=round_, answered_at__isnull=False, result=None).count()
        if unscored:
            raise NotPermitted(f"採点していない回答が{unscored}件あります。採点してから集団分析を作ってください。")
        made = _worked_out(round_, by, now)
        record(
            purpose="集団分析の作成", items=["affiliation", "stress_result"], groups=made.groups,
            withheld=made.withheld, edition=made.number,
        )  # fmt: skip
        return made


def _worked_out(round_: Round, by: Handler, now: datetime) -> GroupRelease:
    respondents = respondents_frame(round_)
    if respondents.is_empty():
        raise NotPermitted("採点した結果がありません。")
    number = (GroupRelease.objects.filter(round=round_).aggregate(n=Max("number"))["n"] or 0) + 1
    chart = chart_set(round_.opens_on)
    found = analyse(
        respondents, staff_frame(round_), name=f"{round_.fiscal_year}-{number}", period=str(round_.fiscal_year),
        chart=chart, earlier=earlier_releases(),
    )  # fmt: skip
    tables = _plain(found.groups)
    vault.make_keys(round_.fiscal_year, [THE_ROUND])
    return GroupRelease.objects.create(
        round=round_, number=number, groups=found.groups.filter(pl.col("withheld").is_null()).height,
        withheld=found.groups.filter(pl.col("withheld").is_not_null()).height, reference_set=chart.name[:40],
        tables=tables, digest=hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest(),
        sealed_source=vault.seal(round_.fiscal_year, THE_ROUND, SOURCE, _of_release(found.release)),
        prepared_by=by, prepared_at=now,
    )  # fmt: skip


def let_out(*, release: GroupRelease, by: Handler, now: datetime) -> None:
    """An implementer who did not prepare it lets the figures go to the employer."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=release.round, by=by, kinds=IMPLEMENTERS, now=now)
        if release.prepared_by_id == by.pk:
            raise NotPermitted("作成した人とは別の実施者が、内容を確かめて放出してください。")
        changed = GroupRelease.objects.filter(pk=release.pk, released_at=None)
        if not changed.update(released_by=by, released_at=now):
            raise ReleaseMoved("この集団分析は、すでに放出されたか、取り消されています。")
        release.refresh_from_db()
        record(purpose="集団分析の放出", edition=release.number, digest=release.digest)


def discard(*, release: GroupRelease, by: Handler, now: datetime) -> None:
    """One that was not let out is gone, with what it was made of."""
    with acting(by=by, act="stress.work", now=now, programme=PROGRAMME) as record:
        require_duty(round_=release.round, by=by, kinds=WORKERS, now=now)
        gone, _each = GroupRelease.objects.filter(pk=release.pk, released_at=None).delete()
        if not gone:
            raise ReleaseMoved("この集団分析は、すでに放出されたか、取り消されています。")
        record(purpose="集団分析の取消し", edition=release.number)


# --- tables in


def respondents_frame(round_: Round) -> pl.DataFrame:
    """Everybody with a result: respondent, path, sex, age_band, job and the scores. Inside a logged act."""
    results = list(
        Result.objects.filter(respondent__round=round_, erased_at=None).values_list("respondent_id", "sealed")
    )
    opened = vault.open_many(round_.fiscal_year, vault.RESULT, dict(results))
    scores = pl.DataFrame(list(opened.values()), infer_schema_length=None) if opened else pl.DataFrame()
    if scores.is_empty():
        return scores
    traits = _traits(round_, Respondent.objects.filter(round=round_, result__isnull=False))
    wanted = [c for c in scores.columns if c in _SCORES or c.startswith(("points_", "score_"))]
    return traits.join(scores.select("respondent", "verdict", *wanted), on="respondent")


_SCORES = ("q", "k", "s", "p", "a", "b", "c")


def staff_frame(round_: Round) -> pl.DataFrame:
    """Everybody who was asked: path, sex, age_band, job."""
    return _traits(round_, Respondent.objects.filter(round=round_)).drop("respondent")


def _traits(round_: Round, people: Iterable[Respondent]) -> pl.DataFrame:
    rows = [(one.pk, list(path_of(one.section)), one.sex or None, one.birth_date, one.job or None) for one in people]
    schema: dict[str, Any] = {
        "respondent": pl.Int64,
        "path": pl.List(pl.String),
        "sex": pl.String,
        "birth": pl.Date,
        "job": pl.String,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    age = nw.from_native(frame).select(age=legal_age(nw.col("birth"), round_.opens_on)).to_native()["age"]
    bands = [None if years is None else band_of(years) for years in age]
    return frame.with_columns(pl.Series("age_band", bands, dtype=pl.String)).drop("birth")


def band_of(years: int) -> str:
    """The age band of a person of so many years."""
    return next(name for first, name in reversed(AGE_BANDS) if years >= first)


# --- what was let out before


def earlier_releases() -> list[Release]:
    """Everything that ever left, in order; the years whose keys are gone cannot be subtracted from any more."""
    found = GroupRelease.objects.filter(released_at__isnull=False, sealed_source__isnull=False)
    return [
        _to_release(vault.open_one(one.round.fiscal_year, THE_ROUND, SOURCE, bytes(one.sealed_source or b"")))
        for one in found.select_related("round").order_by("released_at", "pk")
    ]


def _of_release(release: Release) -> dict[str, Any]:
    return {
        "name": release.name,
        "period": release.period,
        "people": release.people.to_dicts(),
        "groups": [list(group) for group in release.groups],
        "high": [list(group) for group in release.high],
    }


def _to_release(kept: Mapping[str, Any]) -> Release:
    schema: dict[str, Any] = {
        "respondent": pl.Int64, "path": pl.List(pl.String), "sex": pl.String, "age_band": pl.String, "job": pl.String,
    }  # fmt: skip
    return Release(
        kept["name"],
        kept["period"],
        pl.DataFrame(kept["people"], schema=schema),
        tuple(_group(group) for group in kept["groups"]),
        tuple(_group(group) for group in kept["high"]),
    )


def _group(kept: Sequence[Any]) -> Group:
    path, attribute, value, sex = kept
    return Group(tuple(path), attribute, value, sex)


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The published rows as JSON: what is withheld is null here already."""
    rows: list[dict[str, Any]] = json.loads(frame.write_json())
    return rows


def published(release: GroupRelease) -> pl.DataFrame:
    """The table of a release as :func:`groups.analyse` gave it; nothing in it is more than what may leave."""
    return pl.DataFrame(release.tables, infer_schema_length=None)


def analysis_of(release: GroupRelease) -> Analysis:
    """The release as it was worked out: what was published, and what it was made of, opened inside a logged act."""
    kept = vault.open_one(release.round.fiscal_year, THE_ROUND, SOURCE, bytes(release.sealed_source or b""))
    return Analysis(published(release), _to_release(kept), chart_set(release.round.opens_on))
