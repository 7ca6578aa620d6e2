"""``azukari screening``, after the results: who needs further tests, the year's rates, what institutions are paid."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.programmes.screening.models import Run, WorkUp


def _case(number: int) -> WorkUp:
    from azukari.programmes.screening.models import WorkUp

    found = WorkUp.objects.select_related("result", "person").filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"案件 No.{number} はありません。azukari screening cases で確かめてください。")
    return found


CASE = click.argument("case", type=int, metavar="案件番号", callback=lambda _c, _p, value: _case(value))


@click.command(help="精密検査の案件: 次の対応と期限（人は案件番号で示します）。")
@click.option("--all", "everything", is_flag=True, help="終了した案件も出す")
def cases(everything: bool) -> None:
    from azukari.programmes.screening.follow_up import ACT_NAMES, Act
    from azukari.programmes.screening.models import WorkUp

    found = WorkUp.objects.select_related("result").order_by("next_due", "pk")
    found = found if everything else found.filter(closed_at=None)
    rows: list[list[object]] = [
        [c.pk, c.result.test, c.get_outcome_display(), ACT_NAMES[Act(c.next_act)] if c.next_act else "", c.next_due]
        for c in found
    ]
    names = ["案件", "検診", "把握した結果", "次の対応", "期限"]
    click.echo(base.table(rows, names) if rows else "案件はありません。")


@click.command(
    "write-to",
    help="期限の来た人への案内（letter）又は再勧奨（reminder）を作ります。発送は別の人が release-letters で。",
)
@click.argument("act", type=click.Choice(["letter", "reminder"]), metavar="区分")
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@click.option("--office", required=True, metavar="部署名")
@click.option("--telephone", required=True, metavar="電話番号")
@base.by
def write_to(act: str, folder: Path, office: str, telephone: str, by: Handler) -> None:
    from azukari.programmes.screening.follow_up import Act
    from azukari.programmes.screening.steps.follow_up import prepare_letters
    from azukari.programmes.screening.steps.follow_up_letters import draw_letters
    from azukari.programmes.screening.vouchers import Office

    batch = prepare_letters(act=Act(act), by=by, now=base.now())
    sender = Office(ward=by.organisation.name, name=office, telephone=telephone)
    draw_letters(batch=batch, folder=folder, office=sender, by=by, now=base.now())
    withheld = "".join(f"、{reason} {count}人" for reason, count in batch.withheld.items())
    click.echo(f"No.{batch.pk}: {batch.letters:,}通を {folder} に作りました（送らない人{withheld or '、なし'}）。")


@click.command("release-letters", help="作った案内の発送を記録します。作成した人とは別の人が、数えた通数で。")
@click.argument("number", type=int, metavar="番号")
@click.option("--pieces", type=click.IntRange(min=0), required=True, metavar="通数")
@base.by
def release_letters(number: int, pieces: int, by: Handler) -> None:
    from azukari.programmes.screening.models import FollowUpLetter
    from azukari.programmes.screening.steps.follow_up import release_letters as act

    batch = FollowUpLetter.objects.filter(pk=number).first()
    if batch is None:
        raise click.BadParameter(f"案内 No.{number} はありません。番号を確かめてください。")
    act(batch=batch, pieces=pieces, by=by, now=base.now())
    click.echo(f"{pieces:,}通の発送を記録しました。")


@click.command(help="電話で確かめたことを記録します。")
@CASE
@click.option("--note", required=True, metavar="記録")
@base.by
def call(case: WorkUp, note: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.follow_up import record_call

    record_call(work_up=case, note=note, by=by, now=base.now())
    click.echo("電話の記録を残しました。")


@click.command(
    help="精密検査の結果の報告を記録します（--self は本人から。受診日・医療機関・方法・結果の四つが要ります）。"
)
@CASE
@click.option("--self", "by_person", is_flag=True, help="本人からの報告")
@click.option("--on", "examined_on", type=base.DAY, help="精密検査の受診日")
@click.option("--facility", default="", metavar="医療機関")
@click.option("--method", default="", metavar="方法")
@click.option("--outcome", default="", metavar="結果", help="no_finding cancer suspected other_disease")
@click.option("--detail", default="", metavar="内訳")
@base.by
def report(
    case: WorkUp, by_person: bool, examined_on: datetime | None, facility: str, method: str, outcome: str,
    detail: str, by: Handler,
) -> None:  # fmt: skip
    from azukari.programmes.screening.follow_up import ATTENDED, Report
    from azukari.programmes.screening.outcomes import details, methods
    from azukari.programmes.screening.steps.follow_up import record_report

    for value, known in ((outcome, ATTENDED), (method, methods()), (detail, details())):
        if value and value not in known:
            raise click.BadParameter(f"「{value}」は使えません。次から選んでください: {' '.join(known)}")
    told = Report(not by_person, given.day(examined_on), facility, method, outcome)
    event = record_report(work_up=case, report=told, detail=detail, by=by, now=base.now())
    click.echo(
        f"報告を記録しました。把握した結果: {case.get_outcome_display()}" + (f"。{event.note}" if event.note else "")
    )


@click.command("not-attended", help="精密検査を受けていないと確かめたことを記録します（未把握とは別です）。")
@CASE
@click.option("--note", required=True, metavar="記録")
@base.by
def not_attended(case: WorkUp, note: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.follow_up import record_not_attended

    record_not_attended(work_up=case, note=note, by=by, now=base.now())
    click.echo("未受診と記録しました。")


@click.command("close-case", help="案件を終えます。結果が分からないままでは、期限と勧奨の後でなければ終えられません。")
@CASE
@click.option("--reason", required=True, metavar="理由")
@base.by
def close_case(case: WorkUp, reason: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.follow_up import close

    close(work_up=case, reason=reason, by=by, now=base.now())
    click.echo(f"案件 No.{case.pk} を終えました（{case.get_outcome_display()}）。")


@click.command("reopen-case", help="終えた案件を、理由を付けて再開します。")
@CASE
@click.option("--reason", required=True, metavar="理由")
@base.by
def reopen_case(case: WorkUp, reason: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.follow_up import reopen

    reopen(work_up=case, reason=reason, by=by, now=base.now())
    click.echo(f"案件 No.{case.pk} を再開しました。")


@click.command(
    help="精度管理指標を集計し、公表用の新しい版を Excel と PDF に書きます。"
    "少ない人数は、引き算でも分からないように伏せます。"
)
@given.RUN
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@click.option("--office", required=True, metavar="部署名")
@base.by
def rates(run: Run, folder: Path, office: str, by: Handler) -> None:
    from azukari.programmes.screening.steps import rates_kept

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("rates.xlsx", "rates.pdf"):
        given.not_yet_there(folder / name)
    now, year = base.now(), run.fiscal_year
    worked_out = rates_kept.keep(fiscal_year=year, by=by, now=now).at.isoformat()
    edition = rates_kept.release(fiscal_year=year, office=office, worked_out=worked_out, by=by, now=now).number
    for kind in rates_kept.KINDS:
        content = rates_kept.take_out(fiscal_year=year, number=edition, kind=kind, by=by, now=now)
        given.write_new(folder / f"rates.{kind}", content)
    click.echo(f"{folder} に第{edition}版の rates.xlsx と rates.pdf を書きました。")


@click.command(
    "prepare-statements", help="医療機関ごとの、ある月の支払明細を作ります。承認は別の人が approve-statement で。"
)
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, help="月（2025-06）")
@base.by
def prepare_statements(month: datetime, by: Handler) -> None:
    from azukari.programmes.screening.steps.payment import prepare_statements as act

    _, made = act(month=month.date(), by=by, now=base.now())
    rows: list[list[object]] = [[s.pk, s.institution, f"{s.month:%Y-%m}", s.edition, f"{s.total:,}"] for s in made]
    names = ["明細", "健診等機関番号", "月", "版", "差引支払額（円）"]
    click.echo(base.table(rows, names) if rows else "支払うものはありません。")


@click.command("approve-statement", help="支払明細を承認します（作成した人とは別の人）。")
@click.argument("number", type=int, metavar="明細番号")
@base.by
def approve_statement(number: int, by: Handler) -> None:
    from azukari.programmes.screening.models import Statement
    from azukari.programmes.screening.steps.payment import approve

    found = Statement.objects.filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"支払明細 No.{number} はありません。番号を確かめてください。")
    approve(statement=found, by=by, now=base.now())
    click.echo(f"支払明細 No.{number}（{found.total:,}円）を承認しました。")


COMMANDS = (
    cases, write_to, release_letters, call, report, not_attended, close_case, reopen_case, rates, prepare_statements,
    approve_statement,
)  # fmt: skip
