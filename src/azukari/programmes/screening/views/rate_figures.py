"""The rates of one cancer as they are written and drawn on a page: words, signs and colours; nothing is asked here.

'＊' stands where a figure is withheld, '−' where there is no rate of nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from azukari.engine.parameters import InForce
from azukari.engine.suppression import WITHHELD

from ..charts import Chart, chart
from ..letters.rates_book import STAR, criterion
from ..rates import ALL, BANDS, INDICATORS, KEYS, TOTALS, for_report, indicators_of, shown, standard

NONE = "−"
CANCER_NAMES = {
    "stomach": gettext_lazy("胃がん"),
    "colorectal": gettext_lazy("大腸がん"),
    "lung": gettext_lazy("肺がん"),
    "breast": gettext_lazy("乳がん"),
    "cervical": gettext_lazy("子宮頸がん"),
}
VERDICTS = {
    "met": (gettext_lazy("達成"), "green"),
    "not_met": (gettext_lazy("未達成"), "red"),
    "no_standard": (gettext_lazy("基準なし"), "gray"),
}
UNSURE = {"memory": gettext_lazy("基準は未確認"), "doubtful": gettext_lazy("基準は要確認")}
SEXES = {"1": gettext_lazy("男"), "2": gettext_lazy("女"), ALL: gettext_lazy("計")}
APART = {
    "method": gettext_lazy("検査方法"),
    "setting": gettext_lazy("方式"),
    "first": gettext_lazy("初回・非初回"),
}
WORDS = {
    "xray": gettext_lazy("胃部X線"),
    "endoscopy": gettext_lazy("胃内視鏡"),
    "stool": gettext_lazy("便潜血検査"),
    "chest_xray": gettext_lazy("胸部X線"),
    "mammography": gettext_lazy("マンモグラフィ"),
    "cytology": gettext_lazy("細胞診"),
    "individual": gettext_lazy("個別"),
    "group": gettext_lazy("集団"),
    "first": gettext_lazy("初回"),
    "repeat": gettext_lazy("非初回"),
    ALL: gettext_lazy("全体"),
}


@dataclass(frozen=True)
class Figure:
    """One rate as it is written, and as it is drawn."""

    numerator: str = NONE
    denominator: str = NONE
    rate: str = NONE
    percent: float | None = None
    verdict: str = NONE
    colour: str = "gray"


def _figure(row: Mapping[str, Any] | None, unsure: str = "") -> Figure:
    """'＊' in every place where a figure is withheld, '−' where there is no rate of nobody."""
    if row is None:
        return Figure()
    if row.get(WITHHELD):
        return Figure(STAR, STAR, STAR, None, STAR)
    word, colour = VERDICTS.get(row["verdict"], (NONE, "gray"))
    if unsure and row["verdict"] in ("met", "not_met"):
        word, colour = f"{word}（{unsure}）", "yellow"
    return Figure(
        f"{row['numerator']:,}", f"{row['denominator']:,}", shown(row["rate"]), row["rate"], str(word), colour
    )


@dataclass(frozen=True)
class Figures:
    """The rows of one cancer by everything that tells them apart."""

    cancer: str
    rows: Mapping[tuple[str, ...], Mapping[str, Any]]
    in_force: InForce

    @classmethod
    def of(cls, cancer: str, table: pl.DataFrame, in_force: InForce) -> Figures:
        rows = for_report(table).iter_rows(named=True)
        return cls(cancer, {(*(row[key] for key in KEYS[1:]), row["indicator"]): row for row in rows}, in_force)

    def at(self, indicator: str, *, sex: str = ALL, band: str = ALL, **apart: str) -> Mapping[str, Any] | None:
        key = (apart.get("method", ALL), apart.get("setting", ALL), sex, band, apart.get("first", ALL), indicator)
        return self.rows.get(key)

    @property
    def total(self) -> str:
        """The ages of the report: '40-69'."""
        p, key = self.in_force, f"cancers.{self.cancer}.reported_"
        return f"{p.number(key + 'from')}-{p.number(key + 'to')}"

    def main(self) -> list[tuple[str, Figure, str, str]]:
        """Per indicator its name, the figure of the reporting total, the criterion, and the definition."""
        made = []
        for key in indicators_of(self.cancer, self.in_force):
            wanted = standard(self.cancer, key, self.in_force)
            unsure = str(UNSURE.get(wanted.entry.mark, "")) if wanted else ""
            figure = _figure(self.at(key, band=self.total), unsure)
            told = criterion(self.cancer, key, self.in_force)
            made.append((INDICATORS[key].name, figure, told, INDICATORS[key].definition))
        return made

    def sexes(self) -> list[str]:
        """Who is in the figures; 'all' last, and alone where everybody is of one sex."""
        there = {key[2] for key in self.rows}
        return [sex for sex in SEXES if sex in there and (sex != ALL or len(there) != 2)]

    def bands(self, indicator: str) -> list[str]:
        there = {key[3] for key in self.rows if key[-1] == indicator}
        return [band for band in (*BANDS, *TOTALS, ALL) if band in there]

    def by_age(self, indicator: str) -> list[tuple[str, list[Figure]]]:
        return [
            (band_word(band), [_figure(self.at(indicator, sex=sex, band=band)) for sex in self.sexes()])
            for band in self.bands(indicator)
        ]

    def apart(self, indicator: str) -> list[tuple[str, str, Figure]]:
        """Method, setting and first or repeat, one at a time, for the reporting total."""
        places = {"method": 0, "setting": 1, "first": 4}
        made = []
        for kind, place in places.items():
            values = sorted({key[place] for key in self.rows} - {ALL})
            for value in values:
                found = self.at(indicator, band=self.total, **{kind: value})
                if found is not None:
                    made.append((str(APART[kind]), str(WORDS.get(value, value)), _figure(found)))
        return made

    def drawn(self, indicator: str) -> Chart:
        wanted = standard(self.cancer, indicator, self.in_force)
        sexes = [sex for sex in self.sexes() if sex != ALL] or [ALL]
        rows = []
        for band in (one for one in self.bands(indicator) if one in BANDS):
            figures = [_figure(self.at(indicator, sex=sex, band=band)) for sex in sexes]
            rows.append((band_word(band), [(figure.percent, figure.rate) for figure in figures]))
        return chart(
            _("%(cancer)s検診の%(indicator)s（％、性別・年齢別）")
            % {"cancer": CANCER_NAMES[self.cancer], "indicator": INDICATORS[indicator].name},
            [str(SEXES[sex]) for sex in sexes],
            rows,
            None if wanted is None else float(wanted.percent),
            criterion(self.cancer, indicator, self.in_force),
        )


def band_word(band: str) -> str:
    if band == ALL:
        return _("全年齢")
    if band == "80+":
        return _("80歳以上")
    first, last = band.split("-")
    return _("%(first)s〜%(last)s歳") % {"first": first, "last": last}
