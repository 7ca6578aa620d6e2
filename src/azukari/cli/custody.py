"""``azukari custody``: handing over. Receiving is in ``custody_receiving``, the books in ``custody_books``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, custody_books, custody_receiving, given

if TYPE_CHECKING:
    from azukari.custody.models import Handover
    from azukari.custody.transport import Transport
    from azukari.parties.models import Handler, Organisation

MEDIA = ("lgwan", "network", "disc", "paper", "system", "electronic")
DIRECTIONS = ("provided", "collected", "handled", "recorded", "view")


@click.group(cls=base.Group, help="受渡し: 準備、封、放出、送達、受領、返却、消去、証明書、管理簿、残高、年度の締め。")
def custody() -> None:
    pass


@custody.command("list", help="受渡しの一覧（状態と、次の期限）。")
@click.option("--programme", default="", metavar="事業")
@click.option("--year", type=int, metavar="年度")
@click.option("--all", "everything", is_flag=True, help="証明書確認済・取下げも含める")
def list_(programme: str, year: int | None, everything: bool) -> None:
    from azukari.custody.models import Handover, Obligation

    found = Handover.objects.select_related("sender", "receiver").order_by("number")
    if programme:
        found = found.filter(programme=programme)
    if year:
        found = found.filter(fiscal_year=year)
    if not everything:
        found = found.exclude(state__in=[Handover.State.CERTIFIED, Handover.State.WITHDRAWN])
    due: dict[int, Obligation] = {}
    for owed in Obligation.objects.filter(met_at=None, handover__in=found).order_by("due_on", "pk"):
        due.setdefault(owed.handover_id, owed)
    rows: list[list[object]] = [
        [
            h.number, h.programme, h.step, h.sender.key, h.receiver.key, h.medium, f"{h.persons:,}人",
            f"{h.sheets:,}枚" if h.sheets else "", h.get_state_display(),
            f"{due[h.pk].due_on} {due[h.pk].get_kind_display()}" if h.pk in due else "",
        ]
        for h in found
    ]  # fmt: skip
    click.echo(
        base.table(rows, ["受渡番号", "事業", "番号", "渡す側", "受け手", "媒体", "人数", "枚数", "状態", "次の期限"])
        if rows
        else "受渡しはありません。"
    )


@custody.command(help="受渡し一件の内容、状態、義務、経過を示します（人の名は出ません）。")
@given.HANDOVER
def show(handover: Handover) -> None:
    from azukari.dossier.schema import Medium
    from azukari.oversight.documents import MEDIA as NAMES
    from azukari.oversight.documents import when
    from azukari.vocabulary.items import item_names

    h = handover
    lines = [
        ("受渡番号", h.number), ("事業", f"{h.programme}（付議書 第{h.dossier_version}版 {h.dossier_hash[:16]}…）"),
        ("流れの番号", h.step), ("根拠", h.clause), ("裁定", "、".join(h.rulings)), ("方向", h.direction),
        ("情報項目", item_names(h.items)), ("媒体", NAMES[Medium(h.medium)]), ("目的", h.purpose),
        ("渡す側", h.sender.name), ("受け手", f"{h.receiver.name}（{h.receiver_party}）"),
        ("元の受渡し", str(h.parent or "")),
        ("数", f"{h.persons:,}人 {h.rows:,}件" + (f" {h.sheets:,}枚" if h.sheets else "")), ("文字コード", h.encoding),
        ("データのハッシュ値", h.digest), ("ファイル", h.package_name), ("ファイルのハッシュ値", h.package_sha256),
        ("状態", h.get_state_display()),
        ("準備", f"{when(h.prepared_at)} {h.prepared_by.key}"),
        ("封", f"{when(h.sealed_at)} {h.sealed_by.key} {h.sealing}" if h.sealed_by else ""),
        ("放出", f"{when(h.released_at)} {h.released_by.key}" if h.released_by else ""),
        ("期限超過中の放出の理由", h.override_reason),
        ("受領", f"{when(h.acknowledged_at)} {h.acknowledged_by.key}" if h.acknowledged_by else ""),
    ]  # fmt: skip
    for name, value in lines:
        if value:
            click.echo(f"{name}: {value}")
    for delivery in h.deliveries.order_by("at"):
        click.echo(f"{delivery.get_what_display()}を渡した機会: {when(delivery.at)} {delivery.occasion}")
    for owed in h.obligations.order_by("due_on"):
        click.echo(f"義務: {owed.get_kind_display()} 期限 {owed.due_on} {'履行済' if owed.met_at else '未履行'}")
    for entry in h.discrepancies.order_by("pk"):
        click.echo(f"不一致 No.{entry.pk}: 予定 {entry.expected} 実際 {entry.found} {entry.settlement or '（未解決）'}")


@custody.command(
    short_help="名簿から一覧を作り、受渡しを準備します。",
    help="名簿から一覧を作り、受渡しを準備します（事業ごとの処理がない事業でも使えます）。"
    "渡せるのは、付議書がその相手に認める項目だけです。",
)
@click.argument("programme", metavar="事業")
@given.organisation_option("--receiver", "受け手の組織", "receiver")
@click.option("--party", required=True, metavar="相手", help="付議書上の受け手")
@click.option("--step", required=True, metavar="番号", help="付議書の流れの番号（例 ①）")
@click.option("--items", required=True, metavar="項目,項目…", help="渡す情報項目（キー又は日本語名）")
@click.option("--list", "path", type=given.FILE, required=True, metavar="ファイル", help="対象者の番号の一覧")
@click.option("--kind", type=click.Choice(["residents", "employees"]), default="residents", show_default=True,
              help="residents 住民名簿、employees 職員名簿")  # fmt: skip
@click.option("--medium", type=click.Choice(MEDIA), required=True,
              help="lgwan LGWAN、network 通信回線、disc CD-R等、paper 紙、system システム、electronic 他")  # fmt: skip
@click.option("--direction", type=click.Choice(DIRECTIONS), default="provided", show_default=True,
              help="provided 提供、collected 収集、handled 処理、recorded 記録、view 閲覧")  # fmt: skip
@click.option("--purpose", required=True, metavar="目的")
@click.option("--sheets", type=click.IntRange(min=0), default=0, metavar="枚数", help="紙で渡すときの枚数")
@click.option("--accept-replacements", default="", metavar="理由", help="表せない文字を置き換えてよい理由")
@base.by
def prepare(
    programme: str, receiver: Organisation, party: str, step: str, items: str, path: Path, kind: str, medium: str,
    direction: str, purpose: str, sheets: int, accept_replacements: str, by: Handler,
) -> None:  # fmt: skip
    from azukari.custody.lists import numbers_in, prepare_list
    from azukari.dossier.schema import Direction, Medium
    from azukari.people.guard import read_bytes

    handover = prepare_list(
        programme=programme, step=step, receiver=receiver, party=party, kind=kind, items=item_keys(items),
        numbers=numbers_in(read_bytes(path), kind), purpose=purpose, medium=Medium(medium), by=by, now=base.now(),
        direction=Direction(direction), sheets=sheets, accept_replacements=accept_replacements,
    )  # fmt: skip
    click.echo(f"受渡し {handover.number} を準備しました（{handover.persons:,}人、根拠 {handover.clause}）。")
    click.echo(f"次は: azukari custody seal {handover.number} --by 取扱者")


def item_keys(text: str) -> list[str]:
    from azukari.vocabulary.items import UnknownItem, find_item

    try:
        return [find_item(part.strip()).key for part in text.replace("、", ",").split(",") if part.strip()]
    except UnknownItem as error:
        raise click.BadParameter(str(error)) from None


@custody.command(help="封をします: AES-256 の ZIP（パスワードは別に通知）又は age（受け手の公開鍵）。")
@given.HANDOVER
@click.option("--sealing", type=click.Choice(["zip", "age"]), default="zip", show_default=True)
@base.by
def seal(handover: Handover, sealing: str, by: Handler) -> None:
    from azukari.custody.handovers import seal as act

    act(handover=handover, sealing=sealing, by=by, now=base.now())
    click.echo(f"受渡し {handover.number} に封をしました。{handover.package_name}")
    click.echo(f"次は、別の人が: azukari custody release {handover.number} --by 取扱者")


@custody.command(help="放出します（準備した人・封をした人とは別の人）。期限を過ぎた義務のある相手には理由が要ります。")
@given.HANDOVER
@click.option("--reason", default="", metavar="理由", help="相手に期限を過ぎた義務があっても放出する理由")
@click.option("--due", type=base.DAY, help="返却又は消去の期限（省くと年度末）")
@base.by
def release(handover: Handover, reason: str, due: datetime | None, by: Handler) -> None:
    from azukari.custody.handovers import release as act

    act(handover=handover, override_reason=reason, due=given.day(due), by=by, now=base.now())
    click.echo(f"受渡し {handover.number} を放出しました。")


@custody.command(help="放出したファイルを届けます。失敗したら、同じ操作をもう一度実行できます。方法は一つを選びます。")
@given.HANDOVER
@click.option("--to", "folder", type=given.FOLDER, metavar="フォルダ", help="LGWAN の受渡しフォルダ")
@click.option("--disc", type=given.FOLDER, metavar="フォルダ", help="CD-R・DVD-R に焼くフォルダ（ラベルの文も作る）")
@click.option("--kind", type=click.Choice(["CD-R", "DVD-R"]), default="CD-R", show_default=True, help="媒体の種類")
@click.option("--label", type=given.NEW_FILE, metavar="ファイル", help="CD-R・DVD-R のラベルの PDF")
@click.option("--contact", default="", metavar="連絡先", help="ラベルに書く連絡先")
@click.option("--sftp", "host", metavar="ホスト", help="SFTP サーバー")
@click.option("--sftp-user", metavar="利用者")
@click.option("--sftp-key", type=given.FILE, metavar="ファイル", help="こちらの秘密鍵")
@click.option("--sftp-known-hosts", type=given.FILE, metavar="ファイル", help="サーバーの鍵（紙で受け取ったもの）")
@click.option("--sftp-folder", default=".", show_default=True, metavar="フォルダ")
@click.option("--sftp-port", type=click.IntRange(1, 65535), default=22, show_default=True, metavar="番号")
@click.option("--occasion", default="", metavar="機会", help="渡した機会（例 LGWAN 4月3日午前。省くと方法と日時）")
@base.by
def deliver(
    handover: Handover, folder: Path | None, disc: Path | None, kind: str, label: Path | None, contact: str,
    host: str | None, sftp_user: str | None, sftp_key: Path | None, sftp_known_hosts: Path | None, sftp_folder: str,
    sftp_port: int, occasion: str, by: Handler,
) -> None:  # fmt: skip
    from django.utils.timezone import localtime

    from azukari.custody.handovers import deliver as act
    from azukari.custody.transport import DirectoryTransport, Disc, DiscFolder
    from azukari.oversight.slips import disc_label

    if sum(way is not None for way in (folder, disc, host)) != 1:
        raise click.UsageError("--to、--disc、--sftp のどれか一つを指定してください。")
    if label:
        given.not_yet_there(label)
    way: Transport
    if folder is not None:
        way, name = DirectoryTransport(folder), "LGWAN"
    elif disc is not None:
        size = next(d for d in Disc if d.label == kind)
        way, name = DiscFolder(disc, size, sender=handover.sender.name, receiver=handover.receiver.name), kind
    else:
        way, name = _sftp(host or "", sftp_user, sftp_key, sftp_known_hosts, sftp_folder, sftp_port), "SFTP"
    now = base.now()
    occasion = occasion or f"{name} {localtime(now):%Y-%m-%d %H:%M}"
    act(handover=handover, transport=way, occasion=occasion, by=by, now=now)
    click.echo(f"{handover.package_name} を届け、届いたものが封をしたときと同じことを確かめました。")
    if label and disc is not None:
        given.write_new(label, disc_label(handover, medium=kind, contact=contact, now=now))
        click.echo(f"ラベルを {label} に書きました。")


def _sftp(host: str, user: str | None, key: Path | None, known: Path | None, folder: str, port: int) -> Transport:
    from azukari.custody.sftp import SftpServer, SftpTransport

    if user is None or key is None or known is None:
        raise click.UsageError("SFTP には --sftp-user、--sftp-key、--sftp-known-hosts も指定してください。")
    try:
        return SftpTransport(SftpServer(host, user, key, known, folder, port))
    except ValueError:
        raise click.UsageError("SFTP のホスト、利用者、フォルダのどれかに、使えない文字があります。") from None


@custody.command(
    short_help="パスワード通知書（PDF）を作り、別の機会に渡したことを記録します。",
    help="パスワード通知書（PDF）を作り、データとは別の機会に渡したことを記録します。"
    "パスワードは --show のときだけ画面に出ます。",
)
@given.HANDOVER
@given.handler_option("--to", "通知書を受け取る、受け手の取扱者", "to")
@click.option("--occasion", required=True, metavar="機会", help="渡す機会（例 手渡し 4月3日午後）")
@click.option("--out", type=given.NEW_FILE, required=True, metavar="ファイル", help="通知書の PDF")
@click.option("--contact", default="", metavar="連絡先")
@click.option("--show", "shown", is_flag=True, help="画面にも表示する")
@base.by
def password(handover: Handover, to: Handler, occasion: str, out: Path, contact: str, shown: bool, by: Handler) -> None:
    from azukari.custody.handovers import notify_password
    from azukari.oversight.documents import password_notice

    given.not_yet_there(out)
    now = base.now()
    secret = notify_password(handover=handover, to=to, occasion=occasion, by=by, now=now)
    notice = password_notice(handover, password=secret, to=to, by=by, now=now, contact=contact)
    given.write_new(out, notice, secret=True)
    click.echo(f"パスワード通知書を {out} に書きました。")
    if shown:
        click.echo(f"パスワード: {secret}")


@custody.command(help="受渡票（PDF）: 一緒に渡し、双方が署名します。")
@given.HANDOVER
@click.option("--out", type=given.NEW_FILE, required=True, metavar="ファイル")
def slip(handover: Handover, out: Path) -> None:
    from azukari.oversight.slips import handover_slip

    given.write_new(given.not_yet_there(out), handover_slip(handover, now=base.now()))
    click.echo(f"受渡票を {out} に書きました。")


@custody.command(help="まだ渡していない受渡しを取り下げます。鍵と行は消えます。")
@given.HANDOVER
@click.option("--reason", required=True, metavar="理由")
@base.by
def withdraw(handover: Handover, reason: str, by: Handler) -> None:
    from azukari.custody.handovers import withdraw as act

    act(handover=handover, reason=reason, by=by, now=base.now())
    click.echo(f"受渡し {handover.number} を取り下げました。")


for _command in (*custody_receiving.COMMANDS, *custody_books.COMMANDS):
    custody.add_command(_command)
