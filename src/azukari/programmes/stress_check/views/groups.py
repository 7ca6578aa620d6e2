"""⑥ The groups: worked out, looked at as table and as the 判定図, let out by another implementer or discarded.

Everything shown is a row of the protected table; filters choose among its rows and make no new group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.web.acts import Act
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from ..charts import KINDS, SEX_WORDS, Point, judgement_chart
from ..group_cells import MALE, SEXES
from ..groups import ATTENTION, CHART, URGENT, ChartSet, chart_set, reading
from ..letters.group_rows import attention_levels, cell, coefficients, kind_of, legend, name_of, ordered, reason_of
from ..models import GroupRelease, Round
from ..steps import analysis as steps
from ..steps import review
from ..steps.state import IMPLEMENTERS, PROGRAMME
from .common import heading, seen, trail, working
from .result_common import act_of, decides, private, url
from .result_forms import GroupFilter

Row = Mapping[str, Any]
POINTS_IN_CHART = 14
"""The whole and thirteen departments: the chart's legend has room for no more."""
MARKS = {URGENT: "red", ATTENTION: "yellow", "": ""}
STYLES = {
    "invited": "{:,}", "answered": "{:,}", "participation": "{:.1%}", "mean_q": "{:.1f}", "mean_k": "{:.1f}",
    "mean_s": "{:.1f}", "mean_p": "{:.1f}", "risk_a": "{:.0f}", "risk_b": "{:.0f}", "risk_total": "{:.0f}",
    "high": "{:,}", "high_rate": "{:.1%}",
}  # fmt: skip
S = Round.State


def _releases(round_: Round) -> list[GroupRelease]:
    """Without what they were made of."""
    found = GroupRelease.objects.filter(round=round_).select_related("prepared_by", "released_by", "handover")
    return list(found.defer("sealed_source", "tables", "workbook").order_by("-number"))


def release_of(round_: Round, number: int) -> GroupRelease:
    found = GroupRelease.objects.select_related("round", "prepared_by", "released_by", "handover")
    release = found.defer("sealed_source").filter(round=round_, number=number).first()
    if release is None:
        raise Http404
    return release


@require_GET
@screen("stress.work")
def groups(request: Any, year: int) -> HttpResponse:
    """The editions of the analysis, and what can be done."""
    round_ = working(request, year)
    found = _releases(round_)
    waiting = next((one for one in found if one.released_at is None), None)
    return private(_shown(request, round_, found, {
        "decides": decides(request, round_),
        "waiting": waiting,
        "own": waiting is not None and waiting.prepared_by_id == request.handler.pk,
        "can_prepare": waiting is None and round_.state in (S.CLOSED, S.REPORTED),
        "unscored": review.counts(round_).unscored,
    }))  # fmt: skip


def _shown(request: Any, round_: Round, found: Sequence[GroupRelease], context: dict[str, Any]) -> HttpResponse:
    """The page, or the export, of the edition asked for; the newest one where none is."""
    asked = request.GET.get("edition", "")
    numbers = [one.number for one in found]
    number = int(asked) if asked.isdigit() and int(asked) in numbers else (numbers[0] if numbers else 0)
    release = release_of(round_, number) if number else None
    rows = _rows(release) if release is not None else []
    chart = chart_set(round_.opens_on)
    attention, urgent = attention_levels(round_.opens_on)
    table = Table(
        request, name="stress-groups", caption=_("集団ごとの数値"), rows=rows, columns=_columns(),
        filters=GroupFilter,
        form_kwargs={
            "kinds": list(dict.fromkeys(row["kind"] for row in rows)),
            "depths": sorted({row["depth"] for row in rows}),
        },
        act="stress.work", programme=PROGRAMME, per_page=40,
        empty=_("この条件の集団はありません。条件を消すと、すべての集団が出ます。") if rows
        else _("集団分析をまだ作っていません。受付を締め切り、採点した後に作れます。"),
    )  # fmt: skip
    return table.response("stress_check/results/groups.html", {
        "title": heading(round_, _("集団分析")),
        "round": round_,
        "trail": trail(round_),
        "releases": found,
        "release": release,
        "charts": _charts(request, rows, chart),
        "tabs": [(SEX_WORDS[sex], f"?sex={sex}&edition={number}#charts", sex == _sex(request)) for sex in SEXES],
        "legend": legend(attention, urgent),
        "chart_set": chart,
        "coefficients": coefficients(chart),
        **context,
    })  # fmt: skip


def _rows(release: GroupRelease) -> list[dict[str, Any]]:
    """The published table in the order of the tree; ``kind`` and ``mark`` for the filter."""
    on = release.round.opens_on
    return [
        {**row, "kind": kind_of(row), "mark": reading(row["risk_total"], on)}
        for row in ordered(steps.published(release))
    ]


def _columns() -> list[Column]:
    """The total risk, how it is read and why a row is withheld stand first; what they are made of stands after them."""
    first = {"invited": _("対象者"), "answered": _("回答者"), "participation": _("受検率"), "risk_total": _("総合")}
    more = {
        "risk_a": _("リスクA"), "risk_b": _("リスクB"), "high": _("高ストレス（人）"),
        "high_rate": _("高ストレスの割合"), "mean_q": _("量的負担"), "mean_k": _("コントロール"),
        "mean_s": _("上司の支援"), "mean_p": _("同僚の支援"),
    }  # fmt: skip
    return [
        Column("name", _("集団"), lambda row: name_of(row, with_path=True), header=True),
        Column("kind", _("分け方"), lambda row: row["kind"]),
        *(_figure(key, label) for key, label in first.items()),
        Column("mark", _("読み方"), _mark),
        Column("why", _("伏せる理由"), reason_of),
        *(_figure(key, label) for key, label in more.items()),
    ]


def _figure(key: str, label: str) -> Column:
    return Column(key, label, lambda row: cell(row, key, STYLES[key]), numeric=True)


def _mark(row: Row) -> Cell | str:
    word = {URGENT: _("至急"), ATTENTION: _("注意")}.get(row["mark"], "")
    return Cell(word, chip=MARKS[row["mark"]]) if word else ""


# --- the charts


@dataclass(frozen=True)
class Drawn:
    """The two charts of one sex, the figures of their points, and who could not be shown."""

    sex: str
    pictures: tuple[SafeString, ...]
    rows: tuple[tuple[int, str, tuple[str, ...]], ...]
    hidden: tuple[str, ...]
    more: int


def _sex(request: Any) -> str:
    asked = request.GET.get("sex", "")
    return asked if asked in SEXES else MALE


def _charts(request: Any, rows: Sequence[Row], chart: ChartSet) -> Drawn | None:
    """The whole and the departments on the charts of one sex."""
    sex = _sex(request)
    top = [row for row in rows if row["depth"] < 2 and row["attribute"] is None and row["sex"] is None]
    there = [row for row in top if row.get(f"mean_q_{sex}") is not None]
    if not there:
        return None
    points = there[:POINTS_IN_CHART]
    pictures = tuple(
        judgement_chart(kind, chart, _points(points, kind.first, sex), sex=sex, identity=f"{key}-{sex}")
        for key, kind in KINDS.items()
    )
    return Drawn(
        sex=SEX_WORDS[sex],
        pictures=tuple(mark_safe(one) for one in pictures),  # noqa: S308 - drawn by us, its words escaped
        rows=tuple((n, name_of(row), _figures(row, sex)) for n, row in enumerate(points, 1)),
        hidden=tuple(name_of(row) for row in top if row.get(f"mean_q_{sex}") is None),
        more=max(len(there) - POINTS_IN_CHART, 0),
    )


def _points(rows: Sequence[Row], first: int, sex: str) -> list[Point]:
    x, y = CHART[first : first + 2]
    return [Point(name_of(row), row[f"mean_{x}_{sex}"], row[f"mean_{y}_{sex}"], sex) for row in rows]


def _figures(row: Row, sex: str) -> tuple[str, ...]:
    means = [cell(row, f"mean_{key}_{sex}", "{:.1f}") for key in CHART]
    risks = [cell(row, f"risk_{key}_{sex}", "{:.0f}") for key in ("a", "b", "total")]
    return (cell(row, f"answered_{sex}", "{:,}"), *means, *risks)


# --- acts


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def prepare(request: Any, year: int) -> HttpResponse:
    """Work the groups out, in a job: protected against everything that was let out before."""
    round_ = working(request, year)
    counted = review.counts(round_)
    warnings = []
    if counted.unscored:
        told = _("採点していない回答が%(count)s件あります。採点してから作ってください。")
        warnings.append(told % {"count": f"{counted.unscored:,}"})
    return act_of(request, round_, Act(
        title=_("集団分析を作る"),
        do=lambda form: {"year": year},
        then=url("stress_groups", round_),
        submit=_("集団分析を作る"),
        facts=[
            (_("集計する結果"), _("%(count)s人") % {"count": f"{counted.scored:,}"}),
            (_("伏せるもの"), _("10人に満たない集団と、足し引きからその数値が分かる集団")),
            (_("前に放出した版"), _("この版との差からも、人が分からないようにします")),
        ],
        warnings=warnings,
        seen=seen(round_, counted.scored),
        job="stress.groups",
    ))  # fmt: skip


def _facts(release: GroupRelease) -> list[tuple[str, Any]]:
    return [
        (_("版"), _("第%(number)s版") % {"number": release.number}),
        (_("示す集団"), f"{release.groups:,}"),
        (_("伏せる集団"), f"{release.withheld:,}"),
        (_("判定図の基準"), release.reference_set),
        (_("作成した人"), release.prepared_by.name),
        (_("示す数値のハッシュ値"), release.digest),
    ]


def _seen(release: GroupRelease) -> Seen:
    return Seen(("edition", str(release.number)), f"{release.digest}|{release.released_at}")


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def let_out(request: Any, year: int, number: int) -> HttpResponse:
    """An implementer who did not prepare it lets the figures go to the employer."""
    round_ = working(request, year, IMPLEMENTERS)
    release = release_of(round_, number)
    own = release.prepared_by_id == request.handler.pk
    return act_of(request, round_, Act(
        title=_("集団分析の第%(number)s版を放出する") % {"number": number},
        do=lambda form: steps.let_out(release=release, by=request.handler, now=request.now),
        then=url("stress_groups", round_),
        done=_("放出しました。納品の準備ができます。"),
        submit=_("確かめたので放出する"),
        facts=_facts(release),
        warnings=[_("作成した人は、自分で放出できません。別の実施者に頼んでください。")] if own
        else [_("放出した数値は取り消せません。次の版は、この版との差から人が分からないように伏せます。")],
        seen=_seen(release),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("stress.work")
def discard(request: Any, year: int, number: int) -> HttpResponse:
    """One that was not let out is gone."""
    round_ = working(request, year)
    release = release_of(round_, number)
    return act_of(request, round_, Act(
        title=_("集団分析の第%(number)s版を取り消す") % {"number": number},
        do=lambda form: steps.discard(release=release, by=request.handler, now=request.now),
        then=url("stress_groups", round_),
        done=_("取り消しました。もう一度作れます。"),
        submit=_("取り消す"),
        facts=_facts(release),
        danger=True,
        seen=_seen(release),
    ))  # fmt: skip
