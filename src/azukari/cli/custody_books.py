"""``azukari custody``, the books: balances, register, overdue, the year's close, two instances' books compared."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.parties.models import Handler, Organisation

REGISTER = {
    "number": "番号", "at": "日時", "act": "区分", "handover": "受渡番号", "giver": "渡した側",
    "giver_person": "渡した人", "taker": "受けた側", "taker_person": "受けた人", "items": "情報の内容",
    "medium": "媒体", "quantity": "数", "corrects": "訂正する番号",
}  # fmt: skip


@click.command(help="残高: どの組織が、どの事業の、どの区分の情報を、どの媒体で、いくつ預かっているか。")
@click.option("--programme", default="", metavar="事業")
@click.option("--year", type=int, metavar="年度")
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル")
def balance(programme: str, year: int | None, pdf: Path | None) -> None:
    from django.conf import settings

    from azukari.custody import book
    from azukari.letters import documents
    from azukari.oversight.documents import balance_rows

    held = book.open_balances(programme=programme, fiscal_year=year, home=settings.AZUKARI_HOME)
    rows = balance_rows(held)
    if pdf:
        given.not_yet_there(pdf)
        today = str(base.today())
        data = {"title": "残高表", "as_of": today, "printed": today, "zero": not held, "rows": rows}
        given.write_new(pdf, documents.balances(data, settings.AZUKARI_FONTS))
    if not held:
        click.echo("残高はすべて0です。どの組織も預かっていません。")
        return
    cells: list[list[object]] = [
        [row["party"], b.programme, b.fiscal_year, row["items"], row["medium"], f"{b.persons:,}人", f"{b.sheets:,}枚"]
        for b, row in zip(held, rows, strict=True)
    ]
    click.echo(base.table(cells, ["組織", "事業", "年度", "項目の区分", "媒体", "人数", "枚数"]))


@click.command(help="管理簿: いつ、誰が渡し、誰が受け、何を、いくつ。--csv、--pdf でファイルにします。")
@click.option("--programme", default="", metavar="事業")
@click.option("--year", type=int, metavar="年度")
@click.option("--csv", "csv_file", type=given.NEW_FILE, metavar="ファイル")
@click.option("--encoding", type=click.Choice(["utf-8-sig", "cp932"]), default="utf-8-sig", show_default=True,
              help="CSV の文字コード")  # fmt: skip
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル")
def register(programme: str, year: int | None, csv_file: Path | None, encoding: str, pdf: Path | None) -> None:
    import polars as pl

    from azukari.custody.csvfile import write_csv
    from azukari.custody.models import RegisterEntry
    from azukari.oversight import documents

    entries = RegisterEntry.objects.select_related("handover").order_by("pk")
    if programme:
        entries = entries.filter(programme=programme)
    if year:
        entries = entries.filter(fiscal_year=year)
    for target in (csv_file, pdf):
        if target:
            given.not_yet_there(target)
    rows = documents.register_rows(entries)
    if csv_file:
        frame = pl.DataFrame(rows, schema=dict.fromkeys(REGISTER, pl.String))
        given.write_new(csv_file, write_csv(frame, REGISTER, encoding).data)
        click.echo(f"{csv_file} に{len(rows):,}行を書きました。")
    if pdf:
        scope = f"事業 {programme or 'すべて'}・年度 {year or 'すべて'}"
        printed = documents.register(entries, title="個人情報管理簿", scope=scope, printed=str(base.today()))
        given.write_new(pdf, printed)
        click.echo(f"{pdf} に書きました。")
    if not csv_file and not pdf:
        shown: list[list[object]] = [[row[key] for key in REGISTER if key != "items"] for row in rows]
        click.echo(base.table(shown, [name for key, name in REGISTER.items() if key != "items"]))


@click.command(help="管理簿の誤りを訂正します。元の行は変えず、訂正の行を加えます。")
@click.argument("number", type=int, metavar="管理簿の番号")
@click.option("--remark", required=True, metavar="内容", help="どこが違い、正しくは何か")
@base.by
def correct(number: int, remark: str, by: Handler) -> None:
    from azukari.custody.corrections import correct_register
    from azukari.custody.models import RegisterEntry

    entry = RegisterEntry.objects.select_related("handover").filter(pk=number).first()
    if entry is None:
        raise click.BadParameter(f"管理簿に番号 {number} の行はありません。custody register で確かめてください。")
    correction = correct_register(entry=entry, remark=remark, by=by, now=base.now())
    click.echo(f"番号 {number} の訂正を、番号 {correction.pk} として記録しました。")


@click.command(help="期限を過ぎた義務: 受領の確認、返却又は消去、消去証明書。")
@click.option("--on", type=base.DAY, help="判定する日（省くと今日）")
@click.option("--programme", default="", metavar="事業")
def overdue(on: datetime | None, programme: str) -> None:
    from azukari.custody.obligations import overdue as find

    late = find(on=given.day(on) or base.today(), programme=programme)
    rows: list[list[object]] = [
        [owed.due_on, owed.get_kind_display(), owed.handover.number, owed.handover.receiver.name] for owed in late
    ]
    click.echo(base.table(rows, ["期限", "義務", "受渡番号", "相手"]) if rows else "期限を過ぎた義務はありません。")


@click.command(help="年度を締めます。残高が0で、証明書がすべて確認され、不一致がすべて解決されているときだけ。")
@click.argument("programme", metavar="事業")
@click.argument("year", type=int, metavar="年度")
@base.by
def close(programme: str, year: int, by: Handler) -> None:
    from azukari.custody.erasure import close_year

    closing = close_year(programme=programme, fiscal_year=year, by=by, now=base.now())
    click.echo(f"{year}年度を締めました（受渡し {closing.handovers}件、消去証明書 {closing.certificates}件）。")


@click.command(help="相手との受渡しと残高を、こちらの帳簿から書き出します（相手の帳簿と突き合わせるため）。")
@given.organisation_option("--with", "相手の組織", "other")
@click.option("--out", type=given.NEW_FILE, required=True, metavar="ファイル")
def statement(other: Organisation, out: Path) -> None:
    from azukari.custody.statement import statement as state

    stated = state(other=other.key)
    given.write_new(out, stated.to_json().encode())
    click.echo(f"{out} に、{other.name}との受渡し{len(stated.handovers)}件を書きました。")


@click.command(help="相手が書き出した帳簿と、こちらの帳簿を突き合わせます。違いがあれば並べ、終了コード 1。")
@click.argument("path", type=given.FILE, metavar="ファイル")
def compare(path: Path) -> None:
    from azukari.custody import statement as books

    theirs = books.read_statement(path.read_bytes().decode("utf-8", errors="replace"))
    differences = books.compare(books.statement(other=theirs.of), theirs)
    if differences:
        click.echo("\n".join(differences))
        raise SystemExit(1)
    click.echo(f"両方の帳簿が一致しました（受渡し{len(theirs.handovers)}件）。")


@click.command("reapply-erasures", help="バックアップから戻した後に: 消去済みの受渡しの鍵と行を、もう一度消します。")
def reapply_erasures() -> None:
    from azukari.custody.erasure import reapply_erasures as act

    again = act(now=base.now())
    click.echo(f"{len(again)}件を再び消去しました: {'、'.join(again)}" if again else "再び消すものはありませんでした。")


COMMANDS = (balance, register, correct, overdue, close, statement, compare, reapply_erasures)
