"""``azukari party``: organisations and their keys, who was appointed as what, who handles."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.parties.models import Handler, Organisation

TYPES = ("ward", "company", "institution")
ROLES = ("officer", "privacy_officer", "auditor", "handler", "responsible")
ORGANISATION = click.argument(
    "organisation", metavar="組織コード", callback=lambda _ctx, _param, value: base.organisation(value)
)
HANDLER = click.argument("handler", metavar="取扱者番号", callback=lambda _ctx, _param, value: base.handler(value))


@click.group(cls=base.Group, help="組織と取扱者: 最初の登録、組織と公開鍵、選定、取扱者の報告と解除、認証と研修。")
def party() -> None:
    pass


def _pair(text: str) -> tuple[str, str]:
    key, separator, name = text.partition(":")
    if not (separator and key.strip() and name.strip()):
        raise click.BadParameter("「番号:氏名」の形で指定してください（例 W001:甲野 花子）。")
    return key.strip(), name.strip()


@party.command(help="区と、最初の情報保護担当・区職員を登録します。取扱者が一人もいないときだけ実行できます。")
@click.option("--name", required=True, metavar="名称", help="区の名称")
@click.option("--privacy-officer", required=True, metavar="番号:氏名", help="最初の情報保護担当")
@click.option("--officer", required=True, metavar="番号:氏名", help="最初の区職員")
@click.option("--key", default="ward", show_default=True, metavar="組織コード", help="区の組織コード")
def bootstrap(name: str, privacy_officer: str, officer: str, key: str) -> None:
    from azukari.parties.registration import bootstrap as begin

    first, second = begin(
        home=key, name=name, privacy_officer=_pair(privacy_officer), officer=_pair(officer), now=base.now()
    )
    click.echo(f"{name}と、情報保護担当 {first.key}、区職員 {second.key} を登録しました。")


@party.command(help="登録されている組織の一覧。")
def organisations() -> None:
    from azukari.parties.models import Organisation

    rows: list[list[object]] = [
        [
            o.key, o.name, o.get_type_display(), o.encoding, "有" if o.age_recipient else "",
            "有" if o.signing_key else "",
        ]
        for o in Organisation.objects.order_by("key")
    ]  # fmt: skip
    click.echo(base.table(rows, ["組織コード", "名称", "種別", "文字コード", "age公開鍵", "署名検証鍵"]))


@party.command("add-organisation", help="組織を登録します。渡せるようになるのは、選定の記録（appoint）の後です。")
@click.argument("key", metavar="組織コード")
@click.option("--name", required=True, metavar="名称", help="付議書のとおりの名称")
@click.option("--type", "kind", type=click.Choice(TYPES), default="company", show_default=True,
              help="ward 区、company 事業者、institution 医療機関等")  # fmt: skip
@click.option("--encoding", type=click.Choice(["utf-8-sig", "cp932"]), default="utf-8-sig", show_default=True,
              help="データを受け取る文字コード")  # fmt: skip
@base.by
def add_organisation(key: str, name: str, kind: str, encoding: str, by: Handler) -> None:
    from azukari.parties.registration import add_organisation as add

    add(key=key, name=name, kind=kind, encoding=encoding, by=by, now=base.now())
    click.echo(f"組織「{key}」（{name}）を登録しました。")


@party.command("register-keys", help="相手の公開鍵を登録します。データとは別の経路（紙・対面）で受け取ります。")
@ORGANISATION
@click.option("--age", "recipient", default="", metavar="age1…", help="age 公開鍵（封に使う）")
@click.option("--signing-key", default="", metavar="BASE64", help="署名検証鍵（Ed25519、base64）")
@base.by
def register_keys(organisation: Organisation, recipient: str, signing_key: str, by: Handler) -> None:
    from azukari.parties.registration import register_keys as register

    register(organisation=organisation, age_recipient=recipient, signing_key=signing_key, by=by, now=base.now())
    click.echo(f"{organisation.name}の公開鍵を登録しました。")


@party.command("show-keys", help="こちらの公開鍵を表示します。相手に、データとは別の経路で渡してください。")
@click.option("--organisation", "key", default="", metavar="組織コード", help="省くと AZUKARI_HOME の組織")
def show_keys(key: str) -> None:
    from django.conf import settings

    from azukari.custody.gate import key_store

    home = base.organisation(key or settings.AZUKARI_HOME)
    keys = key_store().organisation(home.key)
    click.echo(f"組織: {home.key}（{home.name}）")
    click.echo(f"age 公開鍵: {keys.recipient}")
    click.echo(f"署名検証鍵: {base64.b64encode(keys.verify_key.public_bytes_raw()).decode()}")


@party.command(help="付議書の相手がどの組織かを記録します。決まっていない相手には選定の根拠が要ります。")
@click.argument("programme", metavar="事業")
@click.argument("stands_for", metavar="付議書の相手")
@ORGANISATION
@click.option("--from", "start", type=base.DAY, required=True, help="開始日")
@click.option("--until", type=base.DAY, help="終了日（省くと、付議書の期間による）")
@click.option("--grounds", default="", metavar="根拠", help="選定の根拠（入札結果等）")
@base.by
def appoint(
    programme: str, stands_for: str, organisation: Organisation, start: datetime, until: datetime | None, grounds: str,
    by: Handler,
) -> None:  # fmt: skip
    from azukari.parties.approvals import appoint as record

    record(
        programme=programme, party=stands_for, organisation=organisation, valid_from=start.date(),
        valid_until=given.day(until), grounds=grounds, by=by, now=base.now(),
    )  # fmt: skip
    click.echo(f"事業「{programme}」の「{stands_for}」は{organisation.name}であると記録しました。")


@party.command("end-appointment", help="選定を、最後の日を決めて終えます。終わった組織には、新しく何も渡せません。")
@click.argument("programme", metavar="事業")
@click.argument("stands_for", metavar="付議書の相手")
@given.organisation_option("--organisation", "終える組織", "organisation")
@click.option("--last-day", type=base.DAY, required=True, help="相手である最後の日")
@click.option("--why", required=True, metavar="理由")
@base.by
def end_appointment(
    programme: str, stands_for: str, organisation: Organisation, last_day: datetime, why: str, by: Handler
) -> None:
    from azukari.parties.approvals import end_appointment as end
    from azukari.parties.models import Appointment

    found = Appointment.objects.filter(programme=programme, party=stands_for, organisation=organisation).first()
    if found is None:
        raise click.BadParameter(f"「{programme}」の「{stands_for}」に{organisation.name}の選定の記録がありません。")
    end(appointment=found, last_day=last_day.date(), why=why, by=by, now=base.now())
    click.echo(f"{organisation.name}の選定は {last_day.date()} までと記録しました。")


@party.command(help="選定の記録の一覧。")
@click.option("--programme", default="", metavar="事業")
def appointments(programme: str) -> None:
    from azukari.parties.models import Appointment

    found = Appointment.objects.select_related("organisation").order_by("programme", "party")
    if programme:
        found = found.filter(programme=programme)
    rows: list[list[object]] = [
        [a.programme, a.party, a.organisation.key, a.valid_from, a.valid_until, a.grounds] for a in found
    ]
    click.echo(base.table(rows, ["事業", "付議書の相手", "組織", "開始日", "終了日", "選定の根拠"]))


@party.command(help="取扱者の一覧。")
@given.organisation_option("--organisation", "この組織だけ", "organisation", required=False)
def handlers(organisation: Organisation | None) -> None:
    from azukari.parties.models import Handler

    found = Handler.objects.select_related("organisation").order_by("organisation__key", "key")
    if organisation:
        found = found.filter(organisation=organisation)
    rows: list[list[object]] = [
        [h.key, h.name, h.organisation.key, h.get_role_display(), h.reported_on, h.removed_on] for h in found
    ]
    click.echo(base.table(rows, ["取扱者番号", "氏名", "組織", "役割", "報告日", "解除日"]))


@party.command("report-handler", help="取扱者（又は取扱責任者）の報告を記録します。その日から取り扱えます。")
@click.argument("key", metavar="取扱者番号")
@click.option("--name", required=True, metavar="氏名")
@given.organisation_option("--organisation", "所属する組織", "organisation")
@click.option("--role", type=click.Choice(ROLES), required=True,
              help="officer 区職員、privacy_officer 情報保護担当、auditor 監査、"
              "handler 取扱者、responsible 取扱責任者")  # fmt: skip
@click.option("--on", type=base.DAY, help="報告日（省くと今日）")
@base.by
def report_handler(
    key: str, name: str, organisation: Organisation, role: str, on: datetime | None, by: Handler
) -> None:
    from azukari.parties.approvals import report_handler as report

    day = given.day(on) or base.today()
    report(key=key, name=name, organisation=organisation, role=role, reported_on=day, by=by, now=base.now())
    click.echo(f"取扱者 {key} を報告しました（{day} から）。")


@party.command("remove-handler", help="取扱者を解除します。その日から取り扱えません。")
@HANDLER
@click.option("--on", type=base.DAY, help="解除日（省くと今日）")
@base.by
def remove_handler(handler: Handler, on: datetime | None, by: Handler) -> None:
    from azukari.parties.approvals import remove_handler as remove

    day = given.day(on) or base.today()
    remove(handler=handler, removed_on=day, by=by, now=base.now())
    click.echo(f"取扱者 {handler.key} を解除しました（{day} から）。")


@party.command(help="組織が示した認証（プライバシーマーク、ISMS 等）を記録します。")
@ORGANISATION
@click.option("--kind", required=True, metavar="認証")
@click.option("--number", default="", metavar="番号")
@click.option("--until", type=base.DAY, help="有効期限")
@base.by
def certification(organisation: Organisation, kind: str, number: str, until: datetime | None, by: Handler) -> None:
    from azukari.parties.registration import record_certification

    record_certification(
        organisation=organisation, kind=kind, number=number, valid_until=given.day(until), by=by, now=base.now()
    )
    click.echo(f"{organisation.name}の認証「{kind}」を記録しました。")


@party.command(help="取扱者が受けた研修を記録します。")
@HANDLER
@click.option("--title", required=True, metavar="研修名")
@click.option("--on", type=base.DAY, help="受講日（省くと今日）")
@base.by
def training(handler: Handler, title: str, on: datetime | None, by: Handler) -> None:
    from azukari.parties.registration import record_training

    record_training(handler=handler, title=title, taken_on=given.day(on) or base.today(), by=by, now=base.now())
    click.echo(f"取扱者 {handler.key} の研修「{title}」を記録しました。")
