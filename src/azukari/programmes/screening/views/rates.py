"""精度管理指標 on screen: all of it for officers, what may be published for everybody; and what was given out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from azukari.engine.parameters import InForce
from azukari.engine.suppression import WITHHELD
from azukari.parties.models import Handler
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web import exports
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen

from ..letters.rates_book import STAR, sources
from ..models import Run, VolumeNotice
from ..rates import ALL, AT_LEAST, CANCERS, INDICATORS, indicators_of, rates_parameters
from ..steps import rates_kept
from ..steps.state import PROGRAMME
from .common import may, years_to_choose
from .rate_figures import APART, CANCER_NAMES, NONE, SEXES, VERDICTS, WORDS, Figures, band_word


class Choice(forms.Form):
    """Which cancer and which indicator: both neutral, so they may stand in an address."""

    cancer = forms.ChoiceField(label=gettext_lazy("がん検診"), required=False)
    indicator = forms.ChoiceField(label=gettext_lazy("指標"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cancers, indicators = [*CANCER_NAMES.items()], [(key, one.name) for key, one in INDICATORS.items()]
        self.fields["cancer"].choices = cancers  # type: ignore[attr-defined]
        self.fields["indicator"].choices = indicators  # type: ignore[attr-defined]


class Office(forms.Form):
    office = forms.CharField(
        label=gettext_lazy("資料に載せる部署名"), max_length=60, help_text=gettext_lazy("表紙と各表に印字します。")
    )


# --- years


@dataclass(frozen=True)
class Year:
    year: int
    kept: rates_kept.Kept | None
    editions: int


@require_GET
@screen("rates.read")
def years(request: Any) -> HttpResponse:
    """Every year that there was a run in, with when its rates were worked out."""
    return render(request, "screening/figures/rates_years.html", {
        "title": _("がん検診の精度管理指標"),
        "years": [
            Year(year, rates_kept.kept(year), len(rates_kept.released(year)))
            for year in years_to_choose(request.today)
        ],
        "may_work_out": may(request, "result.read"),
    })  # fmt: skip


def _known(year: int, request: Any) -> None:
    """A year that can't have figures is a page that does not exist."""
    if year != fiscal_year(request.today) and not Run.objects.filter(fiscal_year=year).exists():
        raise Http404


# --- the figures of one cancer


def _chosen(request: Any, in_force: InForce) -> tuple[str, str]:
    """The cancer and the indicator asked for; the first ones where nothing, or nothing known, is asked."""
    cancer = request.GET.get("cancer", "")
    cancer = cancer if cancer in CANCERS else CANCERS[0]
    offered = indicators_of(cancer, in_force)
    indicator = request.GET.get("indicator", "")
    return cancer, indicator if indicator in offered else "workup_rate"


def _shown(cancer: str, indicator: str, figures: Figures, year: int, place: str) -> dict[str, Any]:
    url = reverse(place, args=[year])
    form = Choice({"cancer": cancer, "indicator": indicator})
    offered = [(key, INDICATORS[key].name) for key in indicators_of(cancer, figures.in_force)]
    form.fields["indicator"].choices = offered  # type: ignore[attr-defined]
    return {
        "year": year,
        "tabs": [
            (name, f"{url}?cancer={key}&indicator={indicator}", key == cancer) for key, name in CANCER_NAMES.items()
        ],
        "cancer": cancer,
        "cancer_name": CANCER_NAMES[cancer],
        "indicator": INDICATORS[indicator],
        "choice": form,
        "total": band_word(figures.total),
        "main": figures.main(),
        "sexes": [str(SEXES[sex]) for sex in figures.sexes()],
        "by_age": figures.by_age(indicator),
        "apart": figures.apart(indicator),
        "chart": figures.drawn(indicator),
        "sources": sources(cancer, figures.in_force),
        "star": STAR,
        "nothing": not figures.rows,
    }


def _title(year: int, what: str) -> str:
    return _("%(year)s年度 %(what)s") % {"year": year, "what": what}


@require_GET
@screen("rates.read")
def published(request: Any, year: int) -> HttpResponse:
    """What may leave the ward: small cells, and all from which they could be worked out, are withheld."""
    _known(year, request)
    kept = rates_kept.kept(year)
    context: dict[str, Any] = {
        "title": _title(year, _("精度管理指標（公表用）")),
        "kept": kept,
        "who": _names(kept),
        "editions": rates_kept.released(year),
        "may_see_inside": may(request, "result.read"),
        "may_release": may(request, "rates.release"),
        "at_least": AT_LEAST,
        "year": year,
    }
    if kept is not None:
        in_force = rates_parameters().for_fiscal_year(year)
        cancer, indicator = _chosen(request, in_force)
        figures = Figures.of(cancer, rates_kept.published(year, cancer), in_force)
        context |= _shown(cancer, indicator, figures, year, "screening_rates")
    return render(request, "screening/figures/rates.html", context)


def _names(kept: rates_kept.Kept | None) -> str:
    """Who worked the figures out."""
    return "" if kept is None else Handler.objects.filter(key=kept.by).values_list("name", flat=True).first() or kept.by


@require_GET
@screen("result.read")
def inside(request: Any, year: int) -> HttpResponse:
    """Every figure, for the officers who work with them: logged, kept by no browser."""
    _known(year, request)
    kept = rates_kept.kept(year)
    if kept is None:
        raise Http404
    in_force = rates_parameters().for_fiscal_year(year)
    cancer, indicator = _chosen(request, in_force)
    table = rates_kept.inside(fiscal_year=year, cancer=cancer, by=request.handler, now=request.now)
    kind = request.GET.get("format", "")
    if kind in exports.KINDS:
        answer = _written_out(request, kind, year, cancer, table)
    else:
        figures = Figures.of(cancer, table, in_force)
        url = f"{reverse('screening_rates_inside', args=[year])}?cancer={cancer}&format="
        answer = render(request, "screening/figures/rates.html", {
            "title": _title(year, _("精度管理指標（区の内部用）")),
            "kept": kept,
            "who": _names(kept),
            "is_inside": True,
            "exports": [("CSV", f"{url}csv"), ("Excel", f"{url}xlsx")],
            **_shown(cancer, indicator, figures, year, "screening_rates_inside"),
        })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _written_out(request: Any, kind: str, year: int, cancer: str, table: pl.DataFrame) -> HttpResponse:
    """The full cross of one cancer."""
    rows: list[Sequence[Any]] = []
    for row in table.iter_rows(named=True):
        verdict = VERDICTS.get(row["verdict"], (NONE, ""))[0]
        words = [row["band"] if row["band"] == ALL else band_word(row["band"])]
        rate = NONE if row["rate"] is None else round(row["rate"], 2)
        rows.append(
            [
                str(CANCER_NAMES[cancer]), *(str(WORDS.get(row[key], row[key])) for key in ("method", "setting")),
                str(SEXES.get(row["sex"], row["sex"])), *words, str(WORDS.get(row["first"], row["first"])),
                INDICATORS[row["indicator"]].name, row["numerator"], row["denominator"], rate, str(verdict),
            ]
        )  # fmt: skip
    heads = (
        _("がん検診"), *map(str, (APART["method"], APART["setting"])), _("性別"), _("年齢"), str(APART["first"]),
        _("指標"), _("分子（人）"), _("分母（人）"), _("率（％）"), _("判定"),
    )  # fmt: skip
    return exports.response(
        request, kind, name=f"screening-rates-{year}-{cancer}-inside",
        title=_title(year, _("精度管理指標（区の内部用）")), act="result.read", programme=PROGRAMME,
        heads=heads, rows=rows,
    )  # fmt: skip


# --- acts


def _seen(year: int, kept: rates_kept.Kept | None) -> Seen:
    return Seen(("fiscal_year", str(year)), kept.at.isoformat() if kept else "")


def _facts(kept: rates_kept.Kept | None) -> list[tuple[str, Any]]:
    if kept is None:
        return [(_("前の集計"), _("まだありません"))]
    return [(_("前の集計"), f"{localtime(kept.at):%Y-%m-%d %H:%M}（{_names(kept)}）")]


@require_http_methods(["GET", "POST"])
@screen("result.read")
def work_out(request: Any, year: int) -> HttpResponse:
    """Count everything anew, in a job; what was kept is replaced."""
    _known(year, request)
    kept = rates_kept.kept(year)
    return act_page(request, Act(
        title=_title(year, _("精度管理指標の集計")),
        do=lambda form: {"year": year},
        then=reverse("screening_rates", args=[year]),
        submit=_("集計する"),
        facts=[*_facts(kept), (_("集計するもの"), _("今までに採用した結果と、把握した精密検査の結果"))],
        warnings=[_("公表用の資料をすでに作った年度です。作った版の数値は変わりません。")]
        if rates_kept.released(year) else [],
        seen=_seen(year, kept),
        job="screening.rates",
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("rates.release")
def release(request: Any, year: int) -> HttpResponse:
    """Make the Excel book and the PDF of the published figures, in a job, after looking at what they are made of."""
    _known(year, request)
    kept = rates_kept.kept(year)
    if kept is None:
        raise Http404
    before = rates_kept.released(year)
    office = VolumeNotice.objects.order_by("-pk").values_list("office", flat=True).first() or ""
    table = rates_kept.published(year)
    warnings = [_("作った資料は区の外へ出せます。数値の伏せ方（＊）を画面で確かめてから作ってください。")]
    if any(one.worked_out != kept.at for one in before):
        warnings.append(
            _("前の版から10人未満しか動いていない数値は、差から少ない人数が分かるため伏せてあります（＊）。")
        )
    return act_page(request, Act(
        title=_title(year, _("公表用の資料を作る")),
        form=Office,
        initial={"office": office},
        do=lambda form: {
            "year": year, "office": form.cleaned_data["office"], "worked_out": kept.at.isoformat(),
        },
        then=reverse("screening_rates", args=[year]),
        submit=_("公表用の資料を作る"),
        facts=[
            (_("集計した日時"), f"{localtime(kept.at):%Y-%m-%d %H:%M}"),
            (_("数値の行"), f"{table.height:,}"),
            (_("伏せる行"), f"{int(table[WITHHELD].sum()):,}"),
            (_("これまでの版"), f"{len(before):,}"),
        ],
        warnings=warnings,
        seen=_seen(year, kept),
        job="screening.rates_release",
    ))  # fmt: skip


@require_GET
@screen("rates.read")
def edition(request: Any, year: int, number: int, kind: str) -> HttpResponse:
    """A file of an edition, as it was made."""
    try:
        content = rates_kept.take_out(fiscal_year=year, number=number, kind=kind, by=request.handler, now=request.now)
    except rates_kept.NoSuchEdition as none:
        raise Http404 from none
    return exports.download(content, f"screening-rates-{year}-{number}.{kind}")
