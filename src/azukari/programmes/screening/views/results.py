"""⑬ Delivered results: what came, what is wrong with it, and how every row is settled."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from azukari.examinations.hc08 import NoSchemas, Schemas
from azukari.vocabulary.fiscal import fiscal_year
from azukari.web import exports
from azukari.web.acts import Act, act_page
from azukari.web.bars import Picture, picture
from azukari.web.locking import Seen
from azukari.web.screens import screen
from azukari.web.tables import Cell, Column, Table

from .. import result_documents, result_work, work
from ..models import ResultBatch, ResultRow
from ..result_checks import PROBLEMS
from ..result_file import FIELDS
from ..steps import results_in
from ..steps.result_rows import deliveries as all_deliveries
from ..steps.result_rows import problem_counts, to_take
from .common import may, years_known
from .result_forms import (
    DeliveryFilter,
    DeliveryYear,
    DocumentsUpload,
    ResultsUpload,
    RowFilter,
)

State = ResultRow.State
CHIPS = {State.OUTSTANDING: "yellow", State.ACCEPTED: "green", State.REJECTED: "gray"}
IN_PICTURE = 8
AT_ONCE = 1_000
"""Up to so many rows are looked through while the page waits; more are a job."""
ROWS_PER_PAGE = 25


# --- every delivery


@require_GET
@screen("result.read")
def deliveries(request: Any) -> HttpResponse:
    """Every delivery, newest first; rows = accepted + rejected + outstanding in each."""
    years = years_known(10)
    table = Table(
        request, name="screening-results", caption=_("結果の納品"), rows=all_deliveries().order_by("-pk"),
        columns=[
            Column("no", _("納品"), lambda b: Cell(f"No.{b.pk}", href=delivery_url(b), order=b.pk), sort="pk",
                   header=True),
            Column("kind", _("種類"), lambda b: b.get_kind_display(), sort="kind"),
            Column("from", _("納めた組織"), lambda b: b.organisation.name, sort="organisation__name"),
            Column("year", _("年度"), lambda b: Cell(str(b.fiscal_year), order=b.fiscal_year), sort="fiscal_year"),
            Column("day", _("受領日"), _received, sort="received_at"),
            Column("rows", _("件数"), lambda b: b.rows, sort="rows", numeric=True),
            Column("accepted", _("採用"), lambda b: b.accepted, numeric=True),
            Column("rejected", _("不採用"), lambda b: b.rejected, numeric=True),
            Column("outstanding", _("確認待ち"), lambda b: b.outstanding, numeric=True),
            Column("state", _("状態"), _state_of),
        ],
        filters=DeliveryFilter, form_kwargs={"years": years}, act="result.read", programme="screening",
        empty=_("納品はありません。「結果を受け入れる」から、受け取ったファイルを選んでください。条件があるときは、条件を広げてください。"),
    )  # fmt: skip
    return table.response("screening/results/deliveries.html", {
        "picture": _picture_of_all(table),
        "may_take": may(request, "result.take"),
        "waiting": to_take().count(),
    })  # fmt: skip


def delivery_url(batch: ResultBatch) -> str:
    return reverse("screening_delivery", args=[batch.pk])


def _received(batch: ResultBatch) -> Cell:
    local = timezone.localtime(batch.received_at)
    return Cell(f"{local:%Y-%m-%d %H:%M}", order=batch.received_at)


def _state_of(batch: Any) -> Cell:
    if batch.outstanding:
        return Cell(_("確認待ちあり"), chip="yellow")
    return Cell(_("すべて処理済"), chip="green")


def _picture_of_all(table: Table) -> Picture:
    """How far the deliveries of this page are, as far as they are not done; the table has the figures."""
    if table.request.GET.get("format"):
        return picture("", "", [])
    open_ones = [batch for batch in table.page.object_list if batch.outstanding][:IN_PICTURE]
    return picture(_("確認待ちのある納品の進み具合"), _("塗りは採用・不採用を決めた件数、破線は全件数です。"), [
        (
            f"No.{batch.pk} {batch.get_kind_display()}", batch.rows - batch.outstanding, batch.rows,
            f"{batch.rows - batch.outstanding:,} / {batch.rows:,}", False,
        )
        for batch in open_ones
    ])  # fmt: skip


# --- taking in


@require_http_methods(["GET", "POST"])
@screen("result.take")
def take(request: Any) -> HttpResponse:
    """A results CSV with its delivery note; in a job. Also where the other two ways begin."""
    return act_page(request, Act(
        title=_("結果を受け入れる（CSV）"),
        form=ResultsUpload,
        initial={"year": fiscal_year(request.today)},
        do=lambda form: {
            "file": work.keep_upload(form.cleaned_data["file"]), "sha256": form.cleaned_data["digest"],
            "organisation": form.cleaned_data["organisation"].pk, "year": form.cleaned_data["year"],
        },
        then=reverse("screening_results"),
        submit=_("受け入れる"),
        job="screening.take_results",
        template="screening/results/take.html",
        context={"handovers": list(to_take()[:50]), "headers": [names[0] for names in FIELDS.values()]},
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("result.take")
def take_xml(request: Any) -> HttpResponse:
    """Checkup XML: some documents, or the archive of them; in a job. Without the ministry's schemas nothing is read."""
    title = _("健診 XML（hc08）を受け入れる")
    try:
        Schemas.load(settings.AZUKARI_XSD)
    except NoSchemas:
        return render(request, "screening/results/no_schemas.html", {"title": title})
    return act_page(request, Act(
        title=title,
        form=DocumentsUpload,
        initial={"year": fiscal_year(request.today)},
        do=lambda form: {
            "file": _kept(form.cleaned_data["documents"]), "organisation": form.cleaned_data["organisation"].pk,
            "year": form.cleaned_data["year"],
        },
        then=reverse("screening_results"),
        submit=_("受け入れる"),
        job="screening.take_checkup_xml",
        template="screening/results/take_xml.html",
        context={"most": f"{result_documents.MOST_MEMBERS:,}"},
    ))  # fmt: skip


def _kept(files: Sequence[Any]) -> str:
    """Put aside as one archive, after a look into it: what is unsafe is told at once and leaves nothing."""
    if files[0].name.lower().endswith(".zip"):
        name = work.keep_upload(files[0])
    else:
        name = secrets.token_hex(16)
        result_documents.bundle([(file.name, file) for file in files], work.uploads() / name)
    path = work.uploads() / name
    try:
        result_documents.look_into(path)
    except result_documents.ArchiveRefused:
        path.unlink(missing_ok=True)
        raise
    return name


@require_http_methods(["GET", "POST"])
@screen("result.take")
def take_handover(request: Any, number: str) -> HttpResponse:
    """⑬ The rows of an acknowledged delivery, into the review; in a job."""
    handover = to_take().filter(number=number).first()
    if handover is None:
        raise Http404
    years = years_known(10)
    return act_page(request, Act(
        title=_("受領した納品から受け入れる"),
        form=DeliveryYear,
        form_kwargs={"years": years},
        initial={"year": handover.fiscal_year},
        do=lambda form: {"handover": handover.number, "year": form.cleaned_data["year"]},
        then=reverse("screening_results"),
        back=reverse("screening_take_results"),
        submit=_("受け入れる"),
        facts=[
            (_("受渡番号"), handover.number),
            (_("納めた組織"), handover.sender.name),
            (_("件数"), f"{handover.rows:,}"),
            (_("データのハッシュ値"), handover.digest),
        ],
        job="screening.take_delivery",
        template="screening/results/act.html",
    ))  # fmt: skip


# --- one delivery


def batch_of(number: int) -> ResultBatch:
    found = ResultBatch.objects.select_related("organisation", "handover", "received_by").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def _name(batch: ResultBatch) -> str:
    return _("納品 No.%(no)s") % {"no": batch.pk}


def seen(batch: ResultBatch, *more: object) -> Seen:
    return Seen(("batch", str(batch.pk)), "|".join(map(str, more)))


@require_GET
@screen("result.read")
def delivery(request: Any, number: int) -> HttpResponse:
    """What is wrong with a delivery, counted, and its rows page by page; those that wait with what was delivered."""
    batch = batch_of(number)
    counts = results_in.counts(batch)
    problems = problem_counts(batch)
    cells: dict[int, str] = {}
    table = _rows(request, batch, cells)
    if request.GET.get("format") not in exports.KINDS:
        lines = [row.line for row in table.page.object_list if row.state == State.OUTSTANDING]
        if lines:
            found = results_in.outstanding(batch=batch, by=request.handler, now=request.now, lines=lines)
            cells.update({row.line: _told(row) for row in found})
    clean = dict(problems).get("", 0)
    answer = table.response("screening/results/delivery.html", {
        "title": _name(batch),
        "batch": batch,
        "counts": counts,
        "picture": picture(_("行の内訳"), _("塗りは件数、破線は全件数です。"), [
            (State(key).label, n, counts.rows, f"{n:,}", False)
            for key, n in (("accepted", counts.accepted), ("rejected", counts.rejected),
                           ("outstanding", counts.outstanding))
        ]),
        "problems": [(key or "none", PROBLEMS[key] if key else None, n) for key, n in problems],
        "clean": clean,
        "may_settle": may(request, "result.settle"),
    })  # fmt: skip
    answer["Cache-Control"] = "no-store"
    return answer


def _rows(request: Any, batch: ResultBatch, cells: dict[int, str]) -> Table:
    """``cells``: line → what was delivered, filled for the page that is shown; an export has no such column."""
    rows = batch.lines.defer("stated", "corrected", "voucher").order_by("line")
    columns = [
        Column("line", _("行"), lambda row: Cell(str(row.line), row_url(batch, row.line), order=row.line),
               sort="line", header=True),
        Column("state", _("状態"), lambda row: Cell(row.get_state_display(), chip=CHIPS[State(row.state)])),
        Column("problems", _("問題"), _labels),
        Column("delivered", _("納められた内容"), lambda row: cells.get(row.line, "")),
        Column("reason", _("理由"), lambda row: row.reason),
        Column("by", _("処理した人"), lambda row: row.settled_by),
    ]  # fmt: skip
    hidden = {"delivered"} if request.GET.get("format") in exports.KINDS else set()
    if not hidden and not request.GET.get("state"):
        hidden = {"reason", "by"}  # of rows that wait there is neither
    columns = [column for column in columns if column.key not in hidden]
    return Table(
        request, name=f"screening-results-{batch.pk}", caption=_("納められた行"),
        rows=rows if request.GET else rows.filter(state=State.OUTSTANDING), columns=columns, filters=RowFilter,
        act="result.read", programme="screening", per_page=ROWS_PER_PAGE,
        empty=_("この条件の行はありません。確認待ちが無ければ、この納品は終わりです。ほかの行は、状態を選ぶと見られます。"),
    )  # fmt: skip


def row_url(batch: ResultBatch, line: int) -> str:
    return reverse("screening_result_row", args=[batch.pk, line])


def _labels(row: ResultRow) -> str:
    if not row.problems:
        return "" if row.state != State.OUTSTANDING else _("問題なし")
    return "、".join(PROBLEMS[key].label for key in row.problems.split() if key in PROBLEMS)


def _told(row: ResultRow) -> str:
    """The cells that say who and what; measured values are counted, the row's own page has them."""
    cells = results_in.corrected_cells(row.stated, row.corrected)
    if row.problems == "unreadable":
        return "、".join(str(cell) for cell in json.loads(row.stated).values())[:200]
    heads = {spelling for spellings in FIELDS.values() for spelling in spellings}
    shown = [f"{header} {cell}" for header, cell in cells.items() if header in heads]
    others = len(cells) - len(shown)
    more = [_("ほか%(count)s項目") % {"count": others}] if others else []
    return "、".join([*shown, *more])


def _at_once_or_job(
    request: Any,
    batch: ResultBatch,
    counts: results_in.Counts,
    step: Callable[..., Any],
    told: Callable[..., str],
    job: str,
) -> dict[str, Any]:
    """How an act on all rows that wait is done: while the page waits, or a year's delivery in a job."""
    if counts.outstanding > AT_ONCE:
        return {"do": lambda form: {"batch": batch.pk}, "job": job}
    return {"do": lambda form: step(batch=batch, by=request.handler, now=request.now), "done": told}


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def accept_clean(request: Any, number: int) -> HttpResponse:
    """Every row in which nothing is wrong becomes a result; a year's delivery in a job."""
    batch = batch_of(number)
    counts = results_in.counts(batch)
    clean = dict(problem_counts(batch)).get("", 0)
    return act_page(request, Act(
        title=_("%(name)s の問題のない行を採用する") % {"name": _name(batch)},
        then=delivery_url(batch),
        submit=_("%(count)s件を採用する") % {"count": f"{clean:,}"},
        facts=[
            (_("納めた組織"), batch.organisation.name),
            (_("問題のない行"), f"{clean:,}"),
            (_("問題のある行（残る）"), f"{counts.outstanding - clean:,}"),
        ],
        warnings=[_("採用すると、結果と受診歴になり、要精検の人には精密検査の案件ができます。採用の前に、もう一度すべての行を確かめます。")],
        seen=seen(batch, "clean", *vars(counts).values(), clean),
        template="screening/results/act.html",
        context={"batch": batch},
        **_at_once_or_job(
            request, batch, counts, results_in.accept_clean, result_work.accepted, "screening.accept_results"
        ),
    ))  # fmt: skip


@require_http_methods(["GET", "POST"])
@screen("result.settle")
def recheck(request: Any, number: int) -> HttpResponse:
    """The rows that wait are looked at again with what the ward knows today."""
    batch = batch_of(number)
    counts = results_in.counts(batch)
    return act_page(request, Act(
        title=_("%(name)s の確認待ちの行をもう一度確かめる") % {"name": _name(batch)},
        then=delivery_url(batch),
        submit=_("もう一度確かめる"),
        facts=[(_("確認待ちの行"), f"{counts.outstanding:,}")],
        warnings=[_("医療機関を登録したとき、名簿が新しくなったとき、2行のうち一方を不採用にしたときなどに行います。結果は変わりません。")],
        template="screening/results/act.html",
        context={"batch": batch},
        **_at_once_or_job(
            request, batch, counts, results_in.recheck, result_work.rechecked, "screening.recheck_results"
        ),
    ))  # fmt: skip
