"""The rates of a year as they were last worked out, and the editions of them that were given out.

Working them out reads every result and takes seconds; pages only read what was kept. There are no persons in what is
kept, but counts so small that they may say something of one: it lies in the state folder, for its owner alone. What
was given out stays as it was, so that two editions of a year can be put beside each other.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from django.conf import settings

from azukari.engine.suppression import WITHHELD
from azukari.parties.acting import NotPermitted, acting
from azukari.parties.models import Handler
from azukari.vocabulary.refusal import Changed, Refusal

from ..letters.rates_book import Edition, rates_pdf, rates_xlsx
from ..rates import KEYS
from . import rates_of_year
from .state import PROGRAMME

KINDS = ("xlsx", "pdf")


class WorkedOutAgain(Changed, NotPermitted):
    """The figures that somebody looked at are not those that would be given out."""


class NoSuchEdition(Refusal, LookupError):
    """No such edition was made of that year, or not as such a file."""

    def __init__(self) -> None:
        super().__init__("この版の資料はありません。作った公表用の資料の一覧を確かめてください。")


@dataclass(frozen=True)
class Kept:
    """``at``: when, ``by``: key of who worked it out; ``rows``: of the figures inside."""

    fiscal_year: int
    at: datetime
    by: str
    rows: int


@dataclass(frozen=True)
class Released:
    """One edition for publication; ``worked_out``: the state of the figures that it was made of."""

    number: int
    at: datetime
    by: str
    worked_out: datetime
    sha256: dict[str, str]


def _folder(fiscal_year: int) -> Path:
    return Path(settings.AZUKARI_VAR) / "rates" / str(fiscal_year)


def _file(fiscal_year: int) -> Path:
    return _folder(fiscal_year) / "figures.parquet"


def keep(*, fiscal_year: int, by: Handler, now: datetime) -> Kept:
    """Work the year's rates out and keep them instead of what was kept. What editions say is taken into account."""
    told = rates_of_year.work_out(fiscal_year=fiscal_year, by=by, now=now, earlier=_tables(fiscal_year))
    inside = told.inside.with_columns(withheld=pl.lit(value=False), outside=pl.lit(value=False))
    outside = told.outside.with_columns(outside=pl.lit(value=True))
    both = pl.concat([inside, outside.select(inside.columns)])
    both = both.with_columns(at=pl.lit(now.isoformat()), by=pl.lit(by.key))
    path = _file(fiscal_year)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}.part")
    draft.touch(mode=0o600)
    both.write_parquet(draft)
    draft.replace(path)
    return Kept(fiscal_year, now, by.key, told.inside.height)


def kept(fiscal_year: int) -> Kept | None:
    """What was kept last; None before anybody worked the year out."""
    path = _file(fiscal_year)
    if not path.exists():
        return None
    found = pl.scan_parquet(path).filter(~pl.col("outside"))
    row = found.select(pl.col("at", "by").first(), rows=pl.len()).collect().row(0)
    return None if row[0] is None else Kept(fiscal_year, datetime.fromisoformat(row[0]), row[1], row[2])


def published(fiscal_year: int, cancer: str = "") -> pl.DataFrame:
    """The rates of the report, small cells withheld; of one cancer, or all."""
    return _read(fiscal_year, cancer, outside=True)


def inside(*, fiscal_year: int, cancer: str, by: Handler, now: datetime) -> pl.DataFrame:
    """Every rate of one cancer, small ones too: the look is logged."""
    with acting(by=by, act="result.read", now=now, programme=PROGRAMME) as record:
        found = _read(fiscal_year, cancer, outside=False).drop("withheld")
        record(
            purpose="精度管理指標（伏せる前の数値）の閲覧", fiscal_year=fiscal_year, cancer=cancer, rows=found.height
        )
        return found


def _all_of_report(fiscal_year: int) -> pl.DataFrame:
    """Every figure of the report with whether it is withheld: kept beside an edition, so that the next one knows it."""
    told = published(fiscal_year)
    keys = [*KEYS, "indicator"]
    true = _read(fiscal_year, "", outside=False).drop(WITHHELD)
    return true.join(told.select(*keys, WITHHELD), on=keys)


def _read(fiscal_year: int, cancer: str, *, outside: bool) -> pl.DataFrame:
    found = pl.scan_parquet(_file(fiscal_year)).filter(pl.col("outside") == outside)
    if cancer:
        found = found.filter(pl.col("cancer") == cancer)
    return found.drop("outside", "at", "by").collect()


# --- for publication


def release(*, fiscal_year: int, office: str, worked_out: str, by: Handler, now: datetime) -> Released:
    """Draw the Excel book and the PDF of the published figures, keep them as an edition, and log their digests.

    ``worked_out``: ISO moment of the figures that were looked at. Raises WorkedOutAgain if there are newer ones.
    """
    with acting(by=by, act="rates.release", now=now, programme=PROGRAMME) as record:
        standing = kept(fiscal_year)
        if standing is None:
            raise NotPermitted("この年度の指標はまだ集計されていません。集計してから、公表用の資料を作ってください。")
        if standing.at.isoformat() != worked_out:
            raise WorkedOutAgain("確認した後に指標が集計し直されました。今の数値を確かめてください。")
        if any(one.at > standing.at and one.worked_out != standing.at for one in released(fiscal_year)):
            raise WorkedOutAgain("集計の後に、別の集計の版が公表用に作られました。集計し直してから作ってください。")
        table = published(fiscal_year)
        edition = Edition(fiscal_year, by.organisation.name, office)
        drawn = {
            "xlsx": rates_xlsx(table, edition),
            "pdf": rates_pdf(table, edition, fonts=settings.AZUKARI_FONTS),
        }
        digests = {kind: hashlib.sha256(content).hexdigest() for kind, content in drawn.items()}
        number = 1 + max((one.number for one in released(fiscal_year)), default=0)
        record(
            purpose="精度管理指標の公表用資料の作成", fiscal_year=fiscal_year, edition=number, rows=table.height,
            sha256=digests,
        )  # fmt: skip
        about: dict[str, object] = {"at": now.isoformat(), "by": by.key, "worked_out": worked_out, "sha256": digests}
        _put(fiscal_year, number, drawn, _all_of_report(fiscal_year), about)
        return Released(number, now, by.key, standing.at, digests)


def _put(fiscal_year: int, number: int, drawn: dict[str, bytes], table: pl.DataFrame, about: dict[str, object]) -> None:
    """Whole or not at all: written beside, then renamed."""
    above = _folder(fiscal_year) / "released"
    above.mkdir(parents=True, exist_ok=True)
    draft = above / f".{secrets.token_hex(8)}"
    draft.mkdir()
    for kind, content in drawn.items():
        (draft / f"rates.{kind}").write_bytes(content)
    (draft / "all.parquet").touch(mode=0o600)
    table.write_parquet(draft / "all.parquet")
    (draft / "about.json").write_text(json.dumps(about), encoding="utf-8")
    try:
        draft.rename(above / str(number))  # refused by the system where somebody else took the number
    except OSError as error:
        shutil.rmtree(draft)
        raise WorkedOutAgain("ほかの人が同時に公表用の資料を作りました。一覧を確かめてください。") from error


def released(fiscal_year: int) -> list[Released]:
    """The editions of a year, the newest first."""
    above = _folder(fiscal_year) / "released"
    numbers = [int(one.name) for one in above.iterdir() if one.name.isdigit()] if above.is_dir() else []
    return [_about(above, number) for number in sorted(numbers, reverse=True)]


def _tables(fiscal_year: int) -> list[pl.DataFrame]:
    """What all editions were made of: a reader can put what they say beside the next one."""
    above = _folder(fiscal_year) / "released"
    return [pl.read_parquet(above / str(one.number) / "all.parquet") for one in released(fiscal_year)]


def _about(above: Path, number: int) -> Released:
    told = json.loads((above / str(number) / "about.json").read_text("utf-8"))
    moments = [datetime.fromisoformat(told[key]) for key in ("at", "worked_out")]
    return Released(number, moments[0], told["by"], moments[1], told["sha256"])


def take_out(*, fiscal_year: int, number: int, kind: str, by: Handler, now: datetime) -> bytes:
    """A file of an edition, logged. Raises NoSuchEdition."""
    path = _folder(fiscal_year) / "released" / str(number) / f"rates.{kind}"
    if kind not in KINDS or not path.exists():
        raise NoSuchEdition
    with acting(by=by, act="rates.read", now=now, programme=PROGRAMME) as record:
        record(purpose="精度管理指標の公表用資料の取出し", fiscal_year=fiscal_year, edition=number, format=kind)
        return path.read_bytes()
