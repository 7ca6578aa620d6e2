"""⑧ What the processor delivered: the report's documents, and the groups as they were published, nothing more.

Figures come from the published table of a release that was let out and whose package the ward acknowledged. Filters and
exports choose among its rows; a withheld figure is 「＊」 everywhere, and nothing is counted or averaged here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.custody.models import READABLE
from azukari.parties.models import Organisation
from azukari.web import exports
from azukari.web.acts import Act, act_page
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..charts import KINDS, SEX_WORDS, Point, judgement_chart
from ..group_cells import SEXES
from ..groups import CHART, ChartSet, chart_set
from ..letters.group_rows import (
    NONE,
    attention_levels,
    cell,
    coefficients,
    figure,
    kind_of,
    legend,
    name_of,
    ordered,
    reading,
    reason_of,
)
from ..models import GroupRelease, Round
from ..profile_charts import lines
from ..steps import delivery
from ..steps.analysis import published
from ..steps.state import PROGRAMME
from .ward import heading, may, round_of
from .ward_forms import GroupFilter

MOST_POINTS = 14
MOST_YEARS = 6
URGENT, ATTENTION = "至急", "注意"
COLOURS = {URGENT: "red", ATTENTION: "yellow", "": ""}
Row = Mapping[str, Any]


# --- the documents


@require_GET
@screen("stress.read")
def report(request: Any, year: int) -> HttpResponse:
    """What was delivered: documents to take out, the groups, and whether somebody confirmed it."""
    round_ = round_of(year)
    handover = delivery.delivery_of(round_)
    return render(request, "stress_check/ward/report.html", {
        "title": heading(round_, _("報告書等の確認")),
        "round": round_,
        "handover": handover,
        "documents": list(handover.attachments.defer("sealed").order_by("pk")) if handover else [],
        "release": received_release(round_),
        "may_take_out": may(request, "data.read"),
        "may_confirm": may(request, "stress.interview"),
    })  # fmt: skip


@require_GET
@screen("data.read")
def document(request: Any, year: int, number: int) -> HttpResponse:
    """A document of the delivery, as a download; taking it out is logged."""
    round_ = round_of(year)
    handover = delivery.delivery_of(round_)
    found = handover.attachments.filter(pk=number).values_list("name", flat=True).first() if handover else None
    if handover is None or found is None:
        raise Http404
    content = delivery.read_report(handover=handover, name=found, by=request.handler, now=request.now)
    kind = found.rpartition(".")[2]
    return exports.download(content, f"stress-check-{year}-{number}.{kind}")


@require_http_methods(["GET", "POST"])
@screen("stress.interview")
def confirm(request: Any, year: int) -> HttpResponse:
    """⑧ The ward looked through the report."""
    round_ = round_of(year)
    handover = delivery.delivery_of(round_)
    facts: list[tuple[str, Any]] = [(_("いまの状態"), round_.get_state_display())]
    if handover is not None:
        facts += [
            (_("納品"), f"{handover.number}（{handover.get_state_display()}）"),
            (_("同意した人の結果"), _("%(count)s人分") % {"count": f"{handover.persons:,}"}),
            (_("文書"), _("%(count)s点") % {"count": handover.attachments.count()}),
        ]
    return act_page(request, Act(
        title=heading(round_, _("報告書等の確認")),
        do=lambda form: delivery.confirm(round_=round_, by=request.handler, now=request.now),
        then=reverse("stress_ward_report", args=[year]),
        done=_("報告書等の確認を記録しました。委託先は、専用サイトを終了できます。"),
        submit=_("確認したことを記録する"),
        facts=facts,
        warnings=[_("確認すると、委託先は専用サイトを閉じ、回答とログインの情報を消去します。直しは先に頼んでください。")],
        seen=Seen(("fiscal_year", str(year)), f"{round_.state}|{round_.confirmed_at}"),
        template="stress_check/ward/act.html",
        context={"round": round_},
    ))  # fmt: skip


# --- the groups


def received_releases(years: Sequence[int]) -> dict[int, GroupRelease]:
    """The newest release of each year that another implementer let out and whose package the ward acknowledged."""
    found = GroupRelease.objects.filter(
        round__fiscal_year__in=years, released_at__isnull=False, handover__state__in=READABLE,
        handover__receiver__type=Organisation.Type.WARD,
    ).defer("sealed_source", "workbook")  # fmt: skip
    return {one.round.fiscal_year: one for one in found.select_related("round").order_by("number")}


def received_release(round_: Round) -> GroupRelease | None:
    return received_releases([round_.fiscal_year]).get(round_.fiscal_year)


@dataclass(frozen=True)
class Published:
    """A published row with the words by which it is found. ``figures`` are the release's own, null where withheld."""

    name: str
    kind: str
    top: str
    mark: str
    figures: Row

    @classmethod
    def of(cls, row: Row, on: date) -> Published:
        top = row["path"][0] if row["path"] else ""
        return cls(name_of(row, with_path=True), kind_of(row), top, reading(row["risk_total"], on), row)

    @property
    def is_node(self) -> bool:
        return self.figures["attribute"] is None and self.figures["sex"] is None

    @property
    def depth(self) -> int:
        return len(self.figures["path"])


def published_rows(release: GroupRelease) -> list[Published]:
    """Every row of the release: the tree first, then its divisions."""
    found = [Published.of(row, release.round.opens_on) for row in ordered(published(release))]
    return sorted(found, key=lambda one: not one.is_node)


def _number(column: str, style: str, digits: int = 0, mark: str = "") -> Any:
    """The figure as it is printed; an export gets the same digits as a number, or the 「＊」."""

    def value(one: Published) -> Cell:
        found = figure(one.figures, column)
        order = None if isinstance(found, str) else round(found, digits) if digits else round(found)
        more = mark if one.figures["risk_basis"] == "one_chart" else ""
        return Cell(cell(one.figures, column, style) + more, numeric=True, order=order)

    return value


def _mark(one: Published) -> Cell:
    return Cell(one.mark, chip=COLOURS[one.mark], order=one.mark)


def _name(one: Published) -> Cell:
    """In the tree the last word, set in by its depth; written out, the whole path."""
    return Cell("　" * one.depth + _last(one), order=one.name) if one.is_node else Cell(one.name)


def columns() -> list[Column]:
    return [
        Column("name", _("集団"), _name, header=True),
        Column("kind", _("区分"), lambda one: one.kind),
        Column("invited", _("対象者"), _number("invited", "{:,}"), numeric=True),
        Column("answered", _("回答者"), _number("answered", "{:,}"), numeric=True),
        Column("participation", _("受検率"), _number("participation", "{:.1%}", 3), numeric=True),
        Column("risk_a", _("リスクA"), _number("risk_a", "{:.0f}"), numeric=True),
        Column("risk_b", _("リスクB"), _number("risk_b", "{:.0f}"), numeric=True),
        Column("risk_total", _("総合健康リスク"), _number("risk_total", "{:.0f}", mark="※"), numeric=True),
        Column("mark", _("読み方"), _mark),
        Column("high", _("高ストレス者"), _number("high", "{:,}"), numeric=True),
        Column("high_rate", _("高ストレスの割合"), _number("high_rate", "{:.1%}", 3), numeric=True),
        Column("reason", _("伏せた理由"), lambda one: reason_of(one.figures)),
    ]


@require_GET
@screen("stress.read")
def groups(request: Any, year: int) -> HttpResponse:
    """The published groups: table with filters and export, the two judgement charts, year on year."""
    round_ = round_of(year)
    release = received_release(round_)
    title = heading(round_, _("集団分析"))
    if release is None:
        return render(request, "stress_check/ward/no_groups.html", {"title": title, "round": round_})
    rows, levels = published_rows(release), attention_levels(round_.opens_on)
    table = Table(
        request, name=f"stress-groups-{year}", caption=_("示された集団"), rows=rows, columns=columns(),
        act="stress.read", programme=PROGRAMME, filters=GroupFilter, form_kwargs=_choices(rows),
        empty=_("この条件に合う集団はありません。条件を消してください。"),
    )  # fmt: skip
    top = table.form.cleaned_data["top"] if table.form.is_bound and table.form.is_valid() else ""
    chart = chart_set(round_.opens_on)
    sex = request.GET.get("sex") if request.GET.get("sex") in SEXES else SEXES[0]
    whole = next((one for one in rows if one.is_node and one.depth == 0), None)
    return table.response("stress_check/ward/groups.html", {
        "title": title,
        "round": round_,
        "release": release,
        "whole": whole,
        "headline": _headline(whole, levels),
        "charts": _charts(rows, chart, str(sex), top),
        "sexes": _sexes(request, str(sex)),
        "chart_set": chart,
        "coefficients": coefficients(chart),
        "legend": legend(*levels),
        "years": _years(year, rows),
    })  # fmt: skip


def _choices(rows: Sequence[Published]) -> dict[str, Any]:
    return {
        "kinds": list(dict.fromkeys(one.kind for one in rows)),
        "tops": list(dict.fromkeys(one.top for one in rows if one.top)),
        "marks": [URGENT, ATTENTION],
    }


def _headline(whole: Published | None, levels: tuple[float, float]) -> str:
    if whole is None or whole.figures["risk_total"] is None:
        return _("全体の数値は示されていません（人数が少ないため）。")
    told = _("全体の総合健康リスクは%(risk)sです（全国平均100）。") % {"risk": f"{whole.figures['risk_total']:.0f}"}
    more = {
        URGENT: _("%(limit)s以上です。職場の状況を、急いで確かめてください。") % {"limit": f"{levels[1]:.0f}"},
        ATTENTION: _("%(limit)sを超えています。仕事の量や、上司・同僚の支援を見直す目安です。")
        % {"limit": f"{levels[0]:.0f}"},
    }
    return told + more.get(whole.mark, "")


def _sexes(request: Any, chosen: str) -> list[tuple[str, str, bool]]:
    """(word, address, whether it is shown): the charts of the other sex, with the same filters."""
    made = []
    for sex in SEXES:
        query = request.GET.copy()
        query["sex"] = sex
        query.pop("format", None)
        made.append((str(SEX_WORDS[sex]), f"?{query.urlencode()}", sex == chosen))
    return made


@dataclass(frozen=True)
class Drawn:
    """The two charts of one sex with the figures of their points. ``hidden``: groups that have none to show."""

    drawings: Sequence[SafeString]
    points: Sequence[tuple[int, str, Sequence[str]]]
    hidden: Sequence[str]
    more: int


def _charts(rows: Sequence[Published], chart: ChartSet, sex: str, top: str) -> Drawn:
    """The whole and its departments; within a chosen department, that and what lies directly below it."""
    depth = 1 if top else 0
    head = [one for one in rows if one.is_node and one.depth == depth and (not top or one.top == top)]
    below = [one for one in rows if one.is_node and one.depth == depth + 1 and (not top or one.top == top)]
    known = [one for one in (*head, *below) if one.figures[f"mean_q_{sex}"] is not None]
    shown = known[:MOST_POINTS]
    drawings = [
        judgement_chart(kind, chart, [_point(one, kind.first, sex) for one in shown], sex=sex, identity=f"{key}-{sex}")
        for key, kind in KINDS.items()
    ]
    styles = {f"mean_{score}_{sex}": "{:.1f}" for score in CHART}
    styles |= {f"risk_{risk}_{sex}": "{:.0f}" for risk in ("a", "b", "total")}
    return Drawn(
        [mark_safe(drawing) for drawing in drawings],  # noqa: S308 - our own drawing, which escapes its words
        [
            (n, _last(one), [cell(one.figures, key, style) for key, style in styles.items()])
            for n, one in enumerate(shown, 1)
        ],
        [_last(one) for one in (*head, *below) if one not in known],
        len(known) - len(shown),
    )


def _point(one: Published, first: int, sex: str) -> Point:
    x, y = CHART[first : first + 2]
    return Point(_last(one), one.figures[f"mean_{x}_{sex}"], one.figures[f"mean_{y}_{sex}"], sex)


def _last(one: Published) -> str:
    return name_of(one.figures)


# --- year on year


@dataclass(frozen=True)
class Years:
    names: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    drawing: SafeString


def _years(year: int, rows: Sequence[Published]) -> Years | None:
    """The whole and its departments by year, from what was published in each; None in the first year."""
    earlier = received_releases(range(year - MOST_YEARS, year))
    if not earlier:
        return None
    tables = {one: published_rows(earlier[one]) for one in sorted(earlier)} | {year: list(rows)}
    by_year = [{one.name: one for one in found if one.is_node and one.depth < 2} for found in tables.values()]
    names = list(dict.fromkeys(name for found in reversed(by_year) for name in found))
    words = [_("%(year)s年度") % {"year": one} for one in tables]
    whole = [next((one for one in found.values() if one.depth == 0), None) for found in by_year]
    series = [
        (label, [None if one is None else one.figures[column] for one in whole])
        for label, column in ((_("総合"), "risk_total"), (_("リスクA"), "risk_a"), (_("リスクB"), "risk_b"))
    ]
    drawn = lines(_("健康リスク（全体、全国平均100）"), words, series, identity="risks")
    return Years(
        words,
        [(name, [_of_year(found, name) for found in by_year]) for name in names],
        mark_safe(drawn),  # noqa: S308 - our own drawing, which escapes its words
    )


def _of_year(found: Mapping[str, Published], name: str) -> str:
    return cell(found[name].figures, "risk_total", "{:.0f}") if name in found else NONE
