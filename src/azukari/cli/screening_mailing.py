"""``azukari screening``, from the notice of volume to the post office and the run's close."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.parties.models import Handler, Organisation
    from azukari.programmes.screening.models import Run
    from azukari.programmes.screening.vouchers import Office


def office(command: Callable[..., Any]) -> Callable[..., Any]:
    """Who sends the vouchers, as printed on them: ``--office`` and ``--telephone``."""
    telephone = click.option("--telephone", required=True, metavar="電話番号", help="受診券に印字する問合せ先")
    sender = click.option("--office", "office_name", required=True, metavar="部署名", help="受診券に印字する差出人")
    return sender(telephone(command))


def office_of(run: Run, name: str, telephone: str) -> Office:
    from azukari.programmes.screening.vouchers import Office

    return Office(ward=run.started_by.organisation.name, name=name, telephone=telephone)


def _printer(run: Run) -> Organisation:
    from azukari.parties.models import Appointment
    from azukari.programmes.screening.steps.mailing import PRINTER
    from azukari.programmes.screening.steps.state import PROGRAMME

    found = Appointment.objects.select_related("organisation").filter(programme=PROGRAMME, party=PRINTER)
    appointed = found.order_by("-valid_from").first()
    if appointed is None:
        raise base.Refused("印字する事業者の選定が記録されていません。azukari party appoint で記録してください。")
    return appointed.organisation


@click.command(help="件数予告: データより先に、件数と引渡し予定日を委託先に知らせます。")
@given.RUN
@click.option("--planned-on", type=base.DAY, required=True, help="引渡し予定日")
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル", help="件数予告の PDF")
@click.option("--office", "office_name", default="", metavar="部署名", help="PDF に印字する差出人")
@click.option("--telephone", default="", metavar="電話番号", help="PDF に印字する連絡先")
@base.by
def notice(run: Run, planned_on: datetime, pdf: Path | None, office_name: str, telephone: str, by: Handler) -> None:
    from azukari.programmes.screening.papers import volume_notice
    from azukari.programmes.screening.steps.mailing import give_volume_notice

    if pdf:
        given.not_yet_there(pdf)
    told = give_volume_notice(run=run, planned_on=planned_on.date(), by=by, now=base.now())
    if pdf:
        sender = office_of(run, office_name, telephone)
        given.write_new(pdf, volume_notice(notice=told, receiver=_printer(run).name, office=sender))
    click.echo(f"件数予告: {told.rows:,}件（引渡し予定 {told.planned_on}）")


@click.command(help="番号を付けた後に死亡・転出・支援措置等で送れなくなった人を、委託先の一覧から外します。")
@given.RUN
@base.by
def recheck(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.recheck import take_out_newly_stopped

    count = take_out_newly_stopped(run=run, by=by, now=base.now())
    click.echo(f"{count:,}人を外しました。" + ("件数予告を送り直してください。" if count else ""))


@click.command("hand-over", help="① 印字する事業者へのデータを準備します（印字する項目だけ）。封と放出は custody で。")
@given.RUN
@given.organisation_option("--to", "印字する事業者（省くと、選定された事業者）", "printer", required=False)
@click.option("--history-because", default="", metavar="理由", help="印字しない受診歴も渡すときの理由")
@click.option("--accept-replacements", default="", metavar="理由", help="表せない文字を置き換えてよい理由")
@base.by
def hand_over(
    run: Run, printer: Organisation | None, history_because: str, accept_replacements: str, by: Handler
) -> None:
    from azukari.programmes.screening.steps.mailing import hand_over as act

    handover = act(
        run=run, printer=printer or _printer(run), history_because=history_because,
        accept_replacements=accept_replacements, by=by, now=base.now(),
    )  # fmt: skip
    click.echo(f"受渡し {handover.number} を準備しました（{handover.rows:,}件）。")
    click.echo(f"次は: azukari custody seal {handover.number} --by 取扱者")


@click.command("print", help="③ 受け取ったデータから受診券を印字します（途中で止めても続きから進みます）。")
@given.RUN
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@office
@click.option("--workers", type=click.IntRange(0, 32), default=2, show_default=True, metavar="数", help="同時に描く数")
@base.by
def print_(run: Run, folder: Path, office_name: str, telephone: str, workers: int, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import print_sheets

    total = run.handover.rows if run.handover else 1
    with click.progressbar(length=max(total, 1), label="印字", file=sys.stderr) as bar:
        pages = print_sheets(
            run=run, folder=folder, office=office_of(run, office_name, telephone), by=by, now=base.now(),
            workers=workers, on_done=lambda batch: bar.update(batch.pages),
        )  # fmt: skip
    click.echo(f"{pages:,}ページを {folder} に印字しました。")


@click.command(help="汚損した帳票の再発行を承認します（申請した人とは別の人）。元の帳票番号は無効になります。")
@click.argument("code", metavar="帳票番号")
@given.RUN
@click.option("--reason", required=True, metavar="理由")
@given.handler_option("--requested-by", "再発行を申請した人", "requested_by")
@base.by
def reprint(code: str, run: Run, reason: str, requested_by: Handler, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import reprint as act

    sheet = act(run=run, code=code.strip(), reason=reason, requested_by=requested_by, by=by, now=base.now())
    click.echo(f"帳票番号 {code} を無効にし、{sheet.code} を発番しました。")
    click.echo(f"次は、印字する事業者が: azukari screening draw-reprint {sheet.code} --out フォルダ --by 取扱者")


@click.command("draw-reprint", help="再発行する帳票1枚を、新しい帳票番号で印字します。")
@click.argument("code", metavar="帳票番号")
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@office
@base.by
def draw_reprint(code: str, folder: Path, office_name: str, telephone: str, by: Handler) -> None:
    from azukari.programmes.screening.models import Sheet
    from azukari.programmes.screening.steps.mailing import draw_reprint as act

    sheet = (
        Sheet.objects.select_related("voucher__run__handover", "voucher__run__started_by__organisation")
        .filter(code=code.strip(), reprint_of__isnull=False)
        .first()
    )
    if sheet is None:
        raise click.BadParameter(f"帳票番号 {code} の再発行はありません。番号を確かめてください。")
    sender = office_of(sheet.voucher.run, office_name, telephone)
    path = act(sheet=sheet, folder=folder, office=sender, by=by, now=base.now())
    click.echo(f"{path} に印字しました。")


@click.command("pass-sheets", help="④⑥ 印字した帳票（紙）を次の相手に渡す準備をします。封・放出・受領は custody で。")
@given.RUN
@given.organisation_option("--to", "受け手の組織", "receiver")
@click.option("--party", required=True, metavar="相手", help="付議書上の受け手")
@click.option("--step", required=True, metavar="番号", help="付議書の流れの番号（④、⑥）")
@base.by
def pass_sheets(run: Run, receiver: Organisation, party: str, step: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import pass_sheets as act

    handover = act(run=run, receiver=receiver, party=party, step=step, by=by, now=base.now())
    click.echo(f"受渡し {handover.number} を準備しました（{handover.sheets:,}枚）。")


@click.command(
    "read-back", help="封入した帳票の番号を照合します（1行に1番号、読んだ順）。過不足や順序違いで停止します。"
)
@click.argument("path", type=given.FILE, metavar="ファイル")
@given.RUN
@base.by
def read_back(path: Path, run: Run, by: Handler) -> None:
    from azukari.people.guard import read_bytes
    from azukari.programmes.screening.steps.mailing import read_back as act

    text = read_bytes(path).decode("utf-8-sig", errors="replace")
    codes = [line.strip() for line in text.splitlines() if line.strip()]
    act(run=run, codes=codes, by=by, now=base.now())
    click.echo(f"{len(codes):,}枚の帳票番号がすべて一致しました。")


@click.command("settle-halt", help="停止を解除します（原因と処置を記録します）。止まった段階は、もう一度行います。")
@given.RUN
@click.option("--reason", required=True, metavar="理由")
@base.by
def settle_halt(run: Run, reason: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import settle_halt as act

    act(run=run, reason=reason, by=by, now=base.now())
    click.echo("停止の解除を記録しました。")


@click.command(help="⑦ 発送を記録します。数えた通数が有効な帳票の数と同じでなければ停止します。")
@given.RUN
@click.option("--pieces", type=click.IntRange(min=0), required=True, metavar="通数")
@base.by
def post(run: Run, pieces: int, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import post as act

    act(run=run, pieces=pieces, by=by, now=base.now())
    click.echo(f"{pieces:,}通の発送を記録しました。")


@click.command(help="年次処理を終えます。")
@given.RUN
@base.by
def close(run: Run, by: Handler) -> None:
    from azukari.programmes.screening.steps.mailing import close_run

    close_run(run=run, by=by, now=base.now())
    click.echo(f"{run.fiscal_year}年度の処理を終えました。続いて: azukari custody close screening {run.fiscal_year}")


COMMANDS = (
    notice, recheck, hand_over, print_, reprint, draw_reprint, pass_sheets, read_back, settle_halt, post, close,
)  # fmt: skip
