"""``azukari screening``, the way back: windows, visits, specimens, paper keyed twice, results taken in and settled."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.custody.models import Handover
    from azukari.parties.models import Handler, Organisation
    from azukari.programmes.screening.models import ResultBatch, ResultRow, Run, Visit


def _batch(number: int) -> ResultBatch:
    from azukari.programmes.screening.models import ResultBatch

    found = ResultBatch.objects.filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"納品 No.{number} はありません。azukari screening results で確かめてください。")
    return found


BATCH = click.argument("batch", type=int, metavar="納品番号", callback=lambda _c, _p, value: _batch(value))


def _visit(number: int) -> Visit:
    from azukari.programmes.screening.models import Visit

    found = Visit.objects.select_related("voucher__run", "voucher__person", "handover").filter(pk=number).first()
    if found is None:
        raise click.BadParameter("この受診の記録は見つかりません。番号を確かめてください。")
    return found


@click.command("open-window", help="⑧ 医療機関の窓口を準備します。封・放出（別の人）・受領は custody で。")
@given.RUN
@given.organisation_option("--to", "医療機関", "institution")
@click.option("--party", required=True, metavar="立場", help="付議書上の立場（shinjuku_doctors など）")
@base.by
def open_window(run: Run, institution: Organisation, party: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.visits import open_institution

    opened = open_institution(institution=institution, party=party, run=run, by=by, now=base.now())
    click.echo(f"窓口 {opened.number} を準備しました。次は: azukari custody seal {opened.number} --by 取扱者")


@click.command("open-laboratory", help="⑩ 検査機関への検査依頼の窓口を準備します（医療機関が行います）。")
@given.organisation_option("--to", "検査機関", "company")
@base.by
def open_laboratory(company: Organisation, by: Handler) -> None:
    from azukari.programmes.screening.steps.laboratory import open_laboratory as act

    opened = act(laboratory=company, by=by, now=base.now())
    click.echo(f"窓口 {opened.number} を準備しました。次は: azukari custody seal {opened.number} --by 取扱者")


@click.command(help="⑨ 提示された受診券を照会し、受診を記録します。番号で探すときは生年月日も要ります。")
@click.option("--code", default="", metavar="帳票番号", help="受診券に印字された番号")
@click.option("--number", default="", metavar="番号", help="受診番号・受診券整理番号")
@click.option("--birth", type=base.DAY, help="生年月日（--number のとき）")
@click.option("--test", "tests", multiple=True, metavar="検診", help="受けた検診（繰り返せる。省くと照会だけ）")
@click.option("--on", "visited_on", type=base.DAY, help="受診日（省くと今日）")
@click.option("--consent", is_flag=True, help="結果を区に報告することへの本人の同意を確かめた")
@base.by
def visit(
    code: str, number: str, birth: datetime | None, tests: tuple[str, ...], visited_on: datetime | None,
    consent: bool, by: Handler,
) -> None:  # fmt: skip
    from azukari.programmes.screening.steps.visits import present, record_visit

    shown = present(code=code, number=number, birth=given.day(birth), by=by, now=base.now())
    headers = {c["key"]: c["header"] for c in shown.window.columns}
    click.echo(base.table([[headers[k], v] for k, v in shown.shown.row(0, named=True).items() if v], ["項目", "内容"]))
    if not tests:
        rows: list[list[object]] = [[t.test, t.name, t.fee, "済" if t.taken else ""] for t in shown.tests]
        click.echo(base.table(rows, ["検診", "", "自己負担額", "受診"]))
        return
    made = record_visit(
        voucher=shown.voucher, visited_on=given.day(visited_on) or base.today(), tests=tests, consent=consent,
        by=by, now=base.now(),
    )  # fmt: skip
    click.echo(f"受診 No.{made.pk} を記録しました。")


@click.command(
    "order-specimen", help="⑩ 検体の検査を依頼します。検査機関には検体番号・氏名・生年月日・性別だけが見えます。"
)
@click.argument("visit", type=int, metavar="受診番号", callback=lambda _c, _p, value: _visit(value))
@given.organisation_option("--to", "検査機関", "company")
@click.option("--specimen", required=True, metavar="検体", help="blood urine sputum stool cytology")
@base.by
def order_specimen(visit: Visit, company: Organisation, specimen: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.laboratory import order

    made = order(visit=visit, laboratory=company, specimen=specimen, by=by, now=base.now())
    click.echo(f"検体番号 {made.number} で依頼しました。")


@click.command(help="検査機関に届いている検査依頼（検体番号・氏名・生年月日・性別）。見たことはログに残ります。")
@base.by
def orders(by: Handler) -> None:
    from azukari.programmes.screening.steps.laboratory import read_orders

    seen = read_orders(by=by, now=base.now())
    names = ["検体番号", "氏名", "生年月日", "性別"]
    click.echo(base.table([list(row) for row in seen.rows()], names) if seen.height else "届いている依頼はありません。")


@click.command("report-specimen", help="⑪ 検査の結果を、検体番号で報告します。")
@click.argument("number", metavar="検体番号")
@click.option("--result", default="", metavar="結果")
@click.option("--unfit", is_flag=True, help="検体が検査に適さない")
@base.by
def report_specimen(number: str, result: str, unfit: bool, by: Handler) -> None:
    from azukari.programmes.screening.steps.laboratory import report

    done = report(number=number, result=result, unfit=unfit, by=by, now=base.now())
    click.echo(f"検体番号 {done.number} を「{done.get_state_display()}」にしました。")


@click.command("enter-result", help="医療機関が、受診した検診の結果を入力します。")
@click.argument("visit", type=int, metavar="受診番号", callback=lambda _c, _p, value: _visit(value))
@click.option("--test", required=True, metavar="検診")
@click.option("--code", required=True, metavar="判定", help="検診ごとの判定の記号")
@click.option("--value", "values", multiple=True, metavar="項目=値", help="検査値（例: 身長(cm)=160.5）")
@base.by
def enter_result(visit: Visit, test: str, code: str, values: tuple[str, ...], by: Handler) -> None:
    from azukari.programmes.screening.steps.typing_in import enter_result as act

    taken = visit.tests.filter(test=test).select_related("visit__voucher__run", "visit__voucher__person").first()
    if taken is None:
        raise click.BadParameter("この受診に、その検診はありません。検診の記号を確かめてください。")
    row = act(taken=taken, raw=code, values=_pairs(values), by=by, now=base.now())
    click.echo(f"納品 No.{row.batch_id} の{row.line}行目として区に報告しました。")


def _pairs(given_values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in given_values]
    if any(not sign for _, sign, _ in pairs):
        raise click.UsageError("「項目=値」の形で指定してください。")
    return {key: value for key, _, value in pairs}


@click.command("key-sheets", help="⑫ 結果票を入力します（CSV: 結果票番号と欄）。二人が同じ票を別々に入力します。")
@given.HANDOVER
@click.argument("path", type=given.FILE, metavar="ファイル")
@base.by
def key_sheets(handover: Handover, path: Path, by: Handler) -> None:
    from azukari.keying.steps import key_pass
    from azukari.people.guard import read_bytes
    from azukari.programmes.screening.steps.paper import FIELDS, PASS

    cells = PASS.read(read_bytes(path))
    told = key_pass(handover=handover, cells=cells, fields=FIELDS, by=by, now=base.now())
    click.echo(
        f"{len(cells):,}枚を入力しました（全{told.sheets:,}枚: 入力済 {told.keyed:,}・読めない {told.unreadable:,}・"
        f"不一致 {told.differing:,}・残り {told.open:,}）。"
    )


@click.command("deliver-results", help="⑬ 入力の済んだ結果票を、区への納品として準備します。封・放出は custody で。")
@given.HANDOVER
@given.organisation_option("--to", "区", "ward")
@base.by
def deliver_results(handover: Handover, ward: Organisation, by: Handler) -> None:
    from azukari.programmes.screening.steps.paper import deliver

    made = deliver(batch=handover, ward=ward, by=by, now=base.now())
    click.echo(f"受渡し {made.number} を準備しました（{made.rows:,}件）。")


@click.command(
    "take-results", help="結果を受け入れます: CSV、健診XML（.xml 又はフォルダ）、又は受領した受渡し（--handover）。"
)
@click.argument("path", type=click.Path(exists=True, path_type=Path), metavar="ファイル", required=False)
@click.option("--handover", "number", default="", metavar="受渡番号", help="受領した納品から受け入れる")
@given.organisation_option("--from", "納めた組織", "organisation", required=False)
@click.option("--sha256", default="", metavar="ハッシュ値", help="送付票の SHA-256（CSV のとき）")
@given.RUN
@base.by
def take_results(
    path: Path | None, number: str, organisation: Organisation | None, sha256: str, run: Run, by: Handler
) -> None:
    from azukari.programmes.screening.steps import paper, results_in

    if number:
        batch = paper.take_delivery(handover=given.handover(number), fiscal_year=run.fiscal_year, by=by, now=base.now())
    elif path is None or organisation is None:
        raise click.UsageError("ファイルと --from を、又は --handover を指定してください。")
    elif path.suffix.lower() == ".csv":
        from azukari.people.guard import read_bytes

        batch = results_in.take_csv(
            data=read_bytes(path), sha256=sha256, organisation=organisation, fiscal_year=run.fiscal_year, by=by,
            now=base.now(),
        )  # fmt: skip
    else:
        batch = _take_xml(path, organisation, run, by)
    click.echo(
        f"納品 No.{batch.pk}: {batch.rows:,}件を受け入れました。次は: azukari screening rows {batch.pk} --by 取扱者"
    )


def _take_xml(path: Path, organisation: Organisation, run: Run, by: Handler) -> ResultBatch:
    from django.conf import settings

    from azukari.examinations.hc08 import NoSchemas, Schemas
    from azukari.programmes.screening.checkup_xml import read_documents
    from azukari.programmes.screening.models import ResultBatch
    from azukari.programmes.screening.steps.results_in import take_stated

    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    try:
        schemas = Schemas.load(settings.AZUKARI_XSD)
    except NoSchemas as error:
        raise click.ClickException(str(error)) from None
    documents = [(file.name, file.read_bytes()) for file in files]
    digest = hashlib.sha256(b"".join(hashlib.sha256(data).digest() for _, data in documents)).hexdigest()
    read = read_documents(documents, schemas)
    return take_stated(
        kind=ResultBatch.Kind.XML, stated=read.rows, wrong=read.wrong, sha256=digest, organisation=organisation,
        fiscal_year=run.fiscal_year, by=by, now=base.now(),
    )  # fmt: skip


@click.command(help="受け入れた納品の一覧（件数 = 採用 + 不採用 + 確認待ち）。")
def results() -> None:
    from azukari.programmes.screening.models import ResultBatch
    from azukari.programmes.screening.steps.results_in import counts

    found = ResultBatch.objects.select_related("organisation").order_by("pk")
    rows: list[list[object]] = []
    for batch in found:
        told = counts(batch)
        rows.append([batch.pk, batch.get_kind_display(), batch.organisation.name, told.rows, told.accepted,
                     told.rejected, told.outstanding])  # fmt: skip
    names = ["納品", "種類", "納めた組織", "件数", "採用", "不採用", "確認待ち"]
    click.echo(base.table(rows, names) if rows else "受け入れた納品はありません。")


@click.command(help="確認待ちの行と問題。内容を見ることはログに残ります。")
@BATCH
@base.by
def rows(batch: ResultBatch, by: Handler) -> None:
    from azukari.programmes.screening.result_checks import PROBLEMS
    from azukari.programmes.screening.steps.results_in import outstanding, problems_of

    found = outstanding(batch=batch, by=by, now=base.now())
    told: list[list[object]] = [
        [row.line, "、".join(PROBLEMS[p].label for p in problems_of(row)) or "問題なし", _stated(row)] for row in found
    ]
    click.echo(base.table(told, ["行", "問題", "内容"]) if told else "確認待ちの行はありません。")


def _stated(row: ResultRow) -> str:
    return " ".join(f"{key}={value}" for key, value in json.loads(row.stated).items())


@click.command("accept-results", help="問題のない行をすべて採用します。")
@BATCH
@base.by
def accept_results(batch: ResultBatch, by: Handler) -> None:
    from azukari.programmes.screening.steps.results_in import accept_clean, counts

    done = accept_clean(batch=batch, by=by, now=base.now())
    click.echo(f"{done:,}件を採用しました。確認待ちは{counts(batch).outstanding:,}件です。")


@click.command(
    "settle-row",
    help="確認待ちの1行を、採用（accept）・訂正して採用（correct）・差替え（replace）・不採用（reject）にします。",
)
@BATCH
@click.argument("line", type=int, metavar="行")
@click.argument("how", type=click.Choice(["accept", "correct", "replace", "reject"]), metavar="扱い")
@click.option("--set", "corrections", multiple=True, metavar="項目=値", help="訂正（correct のとき）")
@click.option("--reason", required=True, metavar="理由")
@base.by
def settle_row(batch: ResultBatch, line: int, how: str, corrections: tuple[str, ...], reason: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.results_in import settle

    row = batch.lines.filter(line=line).select_related("batch").first()
    if row is None:
        raise click.BadParameter(f"納品 No.{batch.pk} に{line}行目はありません。")
    done = settle(row=row, how=how, reason=reason, corrections=_pairs(corrections), by=by, now=base.now())
    click.echo(f"{line}行目を「{done.get_state_display()}」にしました。")


COMMANDS = (
    open_window, open_laboratory, visit, order_specimen, orders, report_specimen, enter_result, key_sheets,
    deliver_results, take_results, results, rows, accept_results, settle_row,
)  # fmt: skip
