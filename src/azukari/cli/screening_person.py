"""``azukari screening``, one person or piece at a time: own list, looking up, late issues, returned mail, opt-outs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given
from .screening_mailing import office, office_of

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.people.models import Resident
    from azukari.programmes.screening.models import Run


@click.command("own-list", help="区が直接送る分（支援措置、個別作成）を印字します。区の外には出しません。")
@given.RUN
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@office
@base.by
def own_list(run: Run, folder: Path, office_name: str, telephone: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.individual import print_own_list

    pages = print_own_list(run=run, folder=folder, office=office_of(run, office_name, telephone), by=by, now=base.now())
    click.echo(f"{pages:,}枚を {folder} に印字しました。別の人が数えて発送します（screening post-own-list）。")


@click.command("post-own-list", help="区が直接送る分の発送を記録します（印字した人とは別の人が数える）。")
@given.RUN
@click.option("--pieces", type=click.IntRange(min=0), required=True, metavar="通数")
@base.by
def post_own_list(run: Run, pieces: int, by: Handler) -> None:
    from azukari.programmes.screening.steps.individual import post_own_list as act

    click.echo(f"{act(run=run, pieces=pieces, by=by, now=base.now()):,}通の発送を記録しました。")


@click.command("look-up", help="一人について、検診ごとに対象かどうかとその理由を示します。ログに残ります。")
@given.RESIDENT
@click.option("--reason", required=True, metavar="理由", help="照会の理由")
@click.option("--year", type=int, metavar="年度", help="西暦。省くと今年度")
@base.by
def look_up(person: Resident, reason: str, year: int | None, by: Handler) -> None:
    from azukari.programmes.screening.reasons import REASONS
    from azukari.programmes.screening.steps.individual import look_up as act
    from azukari.vocabulary.fiscal import fiscal_year

    year = year or fiscal_year(base.today())
    for line in act(person=person, fiscal_year=year, reason=reason, by=by, now=base.now()):
        told = line.explanation
        fee = "" if told.fee is None else f"（自己負担 {told.fee:,}円）"
        click.echo(f"■ {told.name}{fee}\n   {told.text}")
        if line.recorded is not None and line.recorded != told.reason:
            click.echo(f"   年次処理での判定: {REASONS[line.recorded]}")


@click.command(help="年度途中の発行（転入、紛失など）を準備します。紛失のときは元の帳票番号が無効になります。")
@given.RESIDENT
@given.RUN
@click.option("--reason", required=True, metavar="理由")
@base.by
def late(person: Resident, run: Run, reason: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.individual import issue_late

    voucher = issue_late(run=run, person=person, reason=reason, by=by, now=base.now())
    click.echo(f"受診券 {voucher.voucher_number} の発行を準備しました。")
    click.echo("次は、別の人が: azukari screening release-late 宛名番号 --out フォルダ --by 取扱者")


@click.command("release-late", help="年度途中の受診券を確かめて印字し、発送を記録します（準備した人とは別の人）。")
@given.RESIDENT
@given.RUN
@click.option("--out", "folder", type=given.FOLDER, required=True, metavar="フォルダ")
@office
@base.by
def release_late(person: Resident, run: Run, folder: Path, office_name: str, telephone: str, by: Handler) -> None:
    from azukari.programmes.screening.models import Voucher
    from azukari.programmes.screening.steps.individual import release_late as act

    voucher = Voucher.objects.select_related("run").filter(run=run, person=person).first()
    if voucher is None:
        raise base.Refused("この人の受診券は発行されていません。先に screening late で準備してください。")
    path = act(voucher=voucher, folder=folder, office=office_of(run, office_name, telephone), by=by, now=base.now())
    click.echo(f"{path} に印字しました。")


@click.command("returned-mail", help="返戻を記録します。その住所には、変わるか解除されるまで何も送りません。")
@click.argument("code", metavar="帳票番号")
@click.option("--cause", required=True, metavar="理由", help="返戻の理由（宛所に尋ねあたらず 等）")
@base.by
def returned_mail(code: str, cause: str, by: Handler) -> None:
    from azukari.programmes.screening.steps.individual import record_returned_mail

    record_returned_mail(code=code, cause=cause, by=by, now=base.now())
    click.echo(f"帳票番号 {code} の返戻を記録し、その住所への発送を保留しました。")


@click.command("lift-hold", help="返戻による保留を解除します。")
@given.RESIDENT
@click.option("--reason", required=True, metavar="理由", help="住所を確かめた方法など")
@base.by
def lift_hold(person: Resident, reason: str, by: Handler) -> None:
    from azukari.programmes.screening.models import AddressHold
    from azukari.programmes.screening.steps.individual import lift_hold as act

    hold = AddressHold.objects.select_related("person").filter(person=person, lifted_at=None).order_by("pk").first()
    if hold is None:
        raise base.Refused("この人の住所に、返戻による保留はありません。")
    act(hold=hold, reason=reason, by=by, now=base.now())
    click.echo("返戻による保留を解除しました。")


@click.command("opt-out", help="本人の申出により、受診券を送らないことを記録します。")
@given.RESIDENT
@click.option("--since", type=base.DAY, help="この日から（省くと今日）")
@base.by
def opt_out(person: Resident, since: datetime | None, by: Handler) -> None:
    from azukari.programmes.screening.steps.individual import opt_out as act

    act(person=person, since=given.day(since) or base.today(), by=by, now=base.now())
    click.echo("本人の申出による停止を記録しました。")


@click.command("end-opt-out", help="本人の申出による停止を終えます。その日から、また送ります。")
@given.RESIDENT
@click.option("--until", type=base.DAY, help="この日から送る（省くと今日）")
@base.by
def end_opt_out(person: Resident, until: datetime | None, by: Handler) -> None:
    from azukari.programmes.screening.steps.standing import end_opt_out as act

    act(person=person, until=given.day(until) or base.today(), by=by, now=base.now())
    click.echo("本人の申出による停止を終えました。")


@click.command(help="申請による自己負担の免除を、一年度について記録します。")
@given.RESIDENT
@click.option("--year", type=int, metavar="年度", help="西暦。省くと今年度")
@click.option("--on", type=base.DAY, help="承認日（省くと今日）")
@base.by
def exempt(person: Resident, year: int | None, on: datetime | None, by: Handler) -> None:
    from azukari.programmes.screening.steps.standing import grant_exemption
    from azukari.vocabulary.fiscal import fiscal_year

    year, granted_on = year or fiscal_year(base.today()), given.day(on) or base.today()
    grant_exemption(person=person, fiscal_year=year, granted_on=granted_on, by=by, now=base.now())
    click.echo(f"{year}年度の自己負担の免除を記録しました。")


COMMANDS = (
    own_list,
    post_own_list,
    look_up,
    late,
    release_late,
    returned_mail,
    lift_hold,
    opt_out,
    end_opt_out,
    exempt,
)
