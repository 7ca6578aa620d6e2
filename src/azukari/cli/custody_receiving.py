"""``azukari custody``, receiving and the way back: take in, count, reply, return, erase, certify, confirm, settle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.custody.models import Handover
    from azukari.parties.models import Handler


@click.command(help="受領を確認します: 自分で数えた件数・ハッシュ値・枚数。合わなければ不一致として記録します。")
@given.HANDOVER
@click.option("--rows", type=click.IntRange(min=0), required=True, metavar="件数")
@click.option("--digest", required=True, metavar="ハッシュ値", help="データの SHA-256")
@click.option("--sheets", type=click.IntRange(min=0), metavar="枚数", help="紙を数えた枚数")
@base.by
def acknowledge(handover: Handover, rows: int, digest: str, sheets: int | None, by: Handler) -> None:
    from azukari.custody.handovers import acknowledge as act

    if not act(handover=handover, rows=rows, digest=digest.strip().lower(), sheets=sheets, by=by, now=base.now()):
        raise base.Refused(
            f"受渡し {handover.number} は、記録と一致しないため受領を拒否しました。不一致を記録しました。"
            "区が原因を確かめ、解決を記録します（custody settle）。"
        )
    click.echo(f"受渡し {handover.number} の受領を確認しました。")


@click.command("open", help="この azukari の中で届いたファイルを開き、実際の件数とハッシュ値で受領を確認します。")
@click.argument("path", type=given.FILE, metavar="ファイル")
@given.PASSWORD_FILE
@base.by
def open_(path: Path, password_file: Path | None, by: Handler) -> None:
    from azukari.custody.handovers import receive as act

    handover = act(path=path, password=given.password_for(path, password_file), by=by, now=base.now())
    click.echo(f"受渡し {handover.number}（{handover.rows:,}件）: {handover.get_state_display()}")
    if handover.state != "acknowledged":
        raise base.Refused("記録と一致しないため、受領を拒否しました。区に連絡してください。")


@click.command(help="ほかの azukari のファイルを受け取ります。署名、付議書の版、認められた項目だけかを確かめます。")
@click.argument("path", type=given.FILE, metavar="ファイル")
@given.PASSWORD_FILE
@base.by
def receive(path: Path, password_file: Path | None, by: Handler) -> None:
    from azukari.custody.exchange import receive as act

    handover = act(path=path, password=given.password_for(path, password_file), by=by, now=base.now())
    click.echo(f"受渡し {handover.number}（{handover.persons:,}人、{handover.rows:,}件）を受け取りました。")
    click.echo(f"次は: azukari custody reply {handover.number} --kind acknowledgement --out フォルダ --by 取扱者")


@click.command(help="送り手の azukari への返信（受領・返却・消去証明）をファイルにします。")
@given.HANDOVER
@click.option("--kind", type=click.Choice(["acknowledgement", "return", "certificate"]), required=True,
              help="acknowledgement 受領の確認、return 返却、certificate 消去証明書")  # fmt: skip
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@base.by
def reply(handover: Handover, kind: str, folder: Path, by: Handler) -> None:
    from azukari.custody.exchange import write_reply
    from azukari.custody.manifest import Kind

    path = write_reply(handover=handover, kind=Kind(kind), folder=folder, by=by, now=base.now())
    click.echo(f"返信 {path} を作りました。送り手に渡してください。")


@click.command("take-reply", help="受け手の azukari からの返信を取り込みます。同じ返信は二度取り込めません。")
@click.argument("path", type=given.FILE, metavar="ファイル")
@base.by
def take_reply(path: Path, by: Handler) -> None:
    from azukari.custody.exchange import take_reply as act

    taken = act(path=path, by=by, now=base.now())
    taken.handover.refresh_from_db()
    click.echo(f"受渡し {taken.handover} の返信を取り込みました。状態: {taken.handover.get_state_display()}")
    if taken.handover.discrepancies.filter(settled_at=None).exists():
        raise base.Refused("件数・枚数・ハッシュ値が一致しません。不一致を記録しました（custody discrepancies）。")


@click.command("return", help="返却を記録します（媒体・紙・ファイル）。")
@given.HANDOVER
@click.option("--remark", default="", metavar="備考")
@base.by
def give_back(handover: Handover, remark: str, by: Handler) -> None:
    from azukari.custody.erasure import give_back as act

    act(handover=handover, remark=remark, by=by, now=base.now())
    click.echo(f"受渡し {handover.number} の返却を記録しました。")


@click.command(help="消去します: 鍵を破棄し、行を消します。元に戻せません。")
@given.HANDOVER
@click.option("--remark", default="", metavar="備考")
@base.by
def erase(handover: Handover, remark: str, by: Handler) -> None:
    from azukari.custody.erasure import erase as act

    act(handover=handover, remark=remark, by=by, now=base.now())
    click.echo(f"受渡し {handover.number} を消去しました。次は取扱責任者が: azukari custody certify {handover.number}")


@click.command(help="消去証明書を発行します（受け手の取扱責任者）。")
@given.HANDOVER
@click.option("--method", default="", metavar="方法", help="消去の方法（省くと媒体ごとの文）")
@click.option("--beyond-reach", default="", metavar="範囲", help="消去が及ばない範囲（省くと定型の文）")
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル", help="証明書の PDF")
@base.by
def certify(handover: Handover, method: str, beyond_reach: str, pdf: Path | None, by: Handler) -> None:
    from azukari.custody.erasure import certify as act
    from azukari.oversight.documents import certificate

    if pdf:
        given.not_yet_there(pdf)
    issued = act(handover=handover, method=method, beyond_reach=beyond_reach, by=by, now=base.now())
    if pdf:
        given.write_new(pdf, certificate(issued))
    click.echo(f"消去証明書 {issued.number} を発行しました。")


@click.command(help="消去証明書を、渡した側の記録と照らして確認します。PDF は certify のほか、ここでも作れます。")
@given.HANDOVER
@click.option("--pdf", type=given.NEW_FILE, metavar="ファイル", help="確認済の証明書の PDF")
@base.by
def confirm(handover: Handover, pdf: Path | None, by: Handler) -> None:
    from azukari.custody.erasure import confirm as act
    from azukari.custody.models import Certificate
    from azukari.oversight.documents import certificate

    issued = Certificate.objects.select_related("handover__receiver").filter(handover=handover).first()
    if issued is None:
        raise base.Refused(f"受渡し {handover.number} の消去証明書は、まだ出ていません。受け手に発行を求めてください。")
    if pdf:
        given.not_yet_there(pdf)
    act(certificate=issued, by=by, now=base.now())
    if pdf:
        issued.refresh_from_db()
        given.write_new(pdf, certificate(issued))
    click.echo(f"消去証明書 {issued.number} を確認しました。")


@click.command(help="不一致の一覧。")
@click.option("--all", "everything", is_flag=True, help="解決済も含める")
def discrepancies(everything: bool) -> None:
    from azukari.custody.models import Discrepancy
    from azukari.oversight.documents import when

    found = Discrepancy.objects.select_related("handover").order_by("pk")
    if not everything:
        found = found.filter(settled_at=None)
    for one in found:
        click.echo(f"No.{one.pk} {when(one.found_at)} 受渡し {one.handover or ''}（{one.programme}）")
        click.echo(f"   予定: {one.expected}\n   実際: {one.found}")
        click.echo(f"   解決: {one.settlement}（{one.settled_by}）" if one.settled_at else "   未解決")
    if not found:
        click.echo("不一致はありません。")


@click.command(help="不一致の解決を、言葉で記録します。--accept は、拒否した受渡しを受領したことにします。")
@click.argument("number", type=int, metavar="不一致の番号")
@click.option("--settlement", required=True, metavar="解決", help="原因と処置")
@click.option("--accept", is_flag=True, help="受領したものとして扱う")
@base.by
def settle(number: int, settlement: str, accept: bool, by: Handler) -> None:
    from azukari.custody.handovers import settle as act
    from azukari.custody.models import Discrepancy

    found = Discrepancy.objects.select_related("handover").filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"不一致 No.{number} はありません。custody discrepancies で確かめてください。")
    act(discrepancy=found, settlement=settlement, accept=accept, by=by, now=base.now())
    click.echo(f"不一致 No.{number} の解決を記録しました。")


COMMANDS = (acknowledge, open_, receive, reply, take_reply, give_back, erase, certify, confirm, discrepancies, settle)
