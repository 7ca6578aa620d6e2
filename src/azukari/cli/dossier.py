"""``azukari dossier``: check, show, permit, diff, flow; draft, submit, approve, rule, renew."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base

if TYPE_CHECKING:
    from azukari.dossier.models import Version
    from azukari.dossier.permit import RenewalAct, Ruling
    from azukari.dossier.schema import Dossier
    from azukari.parties.models import Handler

ON = click.option("--on", type=base.DAY, help="判定する日（YYYY-MM-DD、省くと今日）")


class PaperGroup(base.Group):
    mends_papers = True


@click.group(cls=PaperGroup, help="付議書: 点検、表示、許可の判定、比較、流れ図、付議から承認・裁定・更新まで。")
def dossier() -> None:
    pass


def path_of(programme: str) -> Path:
    """A dossier by programme name, or by the path of a TOML file."""
    from django.conf import settings

    given = Path(programme)
    if given.suffix == ".toml":
        if not given.is_file():
            raise click.BadParameter(f"{programme} がありません。")
        return given
    found = Path(settings.AZUKARI_PROGRAMMES) / programme / "dossier.toml"
    if not found.is_file():
        known = sorted(p.parent.name for p in Path(settings.AZUKARI_PROGRAMMES).glob("*/dossier.toml"))
        raise click.BadParameter(f"事業「{programme}」はありません。事業: {'、'.join(known)}")
    return found


def day(on: datetime | None) -> date:
    return on.date() if on else base.today()


def recorded(programme: str) -> tuple[tuple[Ruling, ...], tuple[RenewalAct, ...]]:
    """Rulings and renewals on record here; none where this instance has no database yet."""
    from django.db.utils import OperationalError, ProgrammingError

    from azukari.dossier.approval import renewals_of, rulings_of

    try:
        return rulings_of(programme), renewals_of(programme)
    except (OperationalError, ProgrammingError):
        return (), ()


def standing(programme: str, on: date) -> tuple[Dossier, str]:
    """The dossier that decides, and a sentence on its standing: the approved one, or the file where none is."""
    from django.db.utils import OperationalError, ProgrammingError

    from azukari.dossier.approval import NotInForce, file_matches, in_force
    from azukari.dossier.models import Version
    from azukari.dossier.reader import read_dossier

    path = path_of(programme)
    read = read_dossier(path)
    try:
        if not Version.objects.filter(programme=read.programme, approved_at__isnull=False).exists():
            return read, "この付議書は、ここではまだ承認されていません。記載だけによる判定です。"
        decided = in_force(read.programme, on).dossier
        matches, sentence = file_matches(path, on)
        return decided, "" if matches else sentence
    except NotInForce as reason:
        raise base.Refused(str(reason)) from None
    except (OperationalError, ProgrammingError):
        return read, "データベースがまだありません。付議書の記載だけによる判定です。"


@dossier.command(
    help="付議書の書式と内容を点検し、指摘（矛盾・空白・注意）を並べます。書式の誤りがあれば終了コード 1。"
)
@click.argument("programmes", nargs=-1, metavar="[事業 又は ファイル]...")
def check(programmes: tuple[str, ...]) -> None:
    from django.conf import settings

    from azukari.dossier.findings import find
    from azukari.dossier.reader import DossierErrors, read_dossier

    names = programmes or tuple(sorted(p.parent.name for p in Path(settings.AZUKARI_PROGRAMMES).glob("*/dossier.toml")))
    wrong = False
    for name in names:
        try:
            read = read_dossier(path_of(name))
        except DossierErrors as errors:
            wrong = True
            click.echo(str(errors), err=True)
            continue
        rulings, _ = recorded(read.programme)
        ruled = {r.finding: r for r in rulings}
        findings = find(read)
        gaps = [f for f in findings if f.severity == "gap"]
        click.echo(
            f"■ {read.programme}（{read.title}）: 指摘 {len(findings)}件、うち裁定まで拒否するもの {len(gaps)}件"
        )
        for finding in findings:
            mark = "裁定済" if finding.key in ruled else ("拒否" if finding.severity == "gap" else "注意")
            click.echo(f"  [{mark}] {finding.key}\n      {finding.title}\n      {finding.text}")
            if finding.key in ruled:
                ruling = ruled[finding.key]
                click.echo(f"      裁定 {ruling.key}: {ruling.governs}（理由: {ruling.why}。{ruling.until} まで）")
    if wrong:
        raise SystemExit(1)


@dossier.command(help="付議書を、会議で読む形で表示します。")
@click.argument("programme", metavar="事業")
@ON
def show(programme: str, on: datetime | None) -> None:
    from azukari.dossier.findings import find
    from azukari.dossier.paper import render_text

    read, sentence = standing(programme, day(on))
    if sentence:
        click.echo(sentence, err=True)
    rulings, renewals = recorded(read.programme)
    click.echo(render_text(read, find(read), rulings, renewals))


@dossier.command(
    help="その日、その相手に、その項目を、その方向で扱わせてよいか。よければ根拠を示して終了コード 0、"
    "だめなら理由と次にすることを示して 3。方向: 提供 収集 処理 記録 閲覧（provided collected handled recorded view）"
)
@click.argument("programme", metavar="事業")
@click.argument("party", metavar="相手")
@click.argument("item", metavar="情報項目")
@click.argument("direction", metavar="方向")
@ON
def permit(programme: str, party: str, item: str, direction: str, on: datetime | None) -> None:
    from azukari.dossier.permit import permit as decide

    read, sentence = standing(programme, day(on))
    if sentence:
        click.echo(sentence, err=True)
    rulings, renewals = recorded(read.programme)
    decision = decide(read, party, item, direction, day(on), rulings=rulings, renewals=renewals)
    if not decision.allowed:
        raise base.Refused(f"認められません: {decision.reason}\n次にすること: {decision.remedy}")
    click.echo(f"認められます: {decision.reason}")
    click.echo(f"根拠: {decision.clause}（{decision.clause_title}）")
    if decision.ruling:
        click.echo(f"裁定: {decision.ruling}（指摘 {decision.finding}）")


@dossier.command(help="二つの付議書の違いを示します（前の版と新しい版）。")
@click.argument("old", metavar="前の事業又はファイル")
@click.argument("new", metavar="新しい事業又はファイル")
def diff(old: str, new: str) -> None:
    from azukari.dossier.diff import diff as compare
    from azukari.dossier.reader import read_dossier

    changes = compare(read_dossier(path_of(old)), read_dossier(path_of(new)))
    click.echo("\n".join(str(change) for change in changes) or "違いはありません。")


@dossier.command(help="個人情報の流れを番号付きの図（SVG）にします。")
@click.argument("programme", metavar="事業")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="書き出すファイル（省くと標準出力）")
@ON
def flow(programme: str, out: Path | None, on: datetime | None) -> None:
    from azukari.dossier.findings import find
    from azukari.dossier.flow import flow as draw

    read, _ = standing(programme, day(on))
    rulings, _ = recorded(read.programme)
    svg = draw(read, find(read), rulings)
    if out is None:
        click.echo(svg)
    else:
        out.write_text(svg, encoding="utf-8")
        click.echo(f"{out} に書き出しました。")


@dossier.command(help="付議書のファイルを、付議する版として登録します。")
@click.argument("programme", metavar="事業 又は ファイル")
@base.by
def draft(programme: str, by: Handler) -> None:
    from azukari.parties.approvals import draft_dossier

    version = draft_dossier(path=path_of(programme), by=by, now=base.now())
    click.echo(f"{version.programme} 第{version.version}版を登録しました（ハッシュ値 {version.canonical_hash}）。")


def _version(programme: str, version: str) -> Version:
    from azukari.dossier.models import Version

    found = Version.objects.filter(programme=programme)
    chosen = (found.filter(version=version) if version else found).order_by("-drafted_at").first()
    if chosen is None:
        raise click.BadParameter(f"事業「{programme}」の版が登録されていません。先に dossier draft をしてください。")
    return chosen


VERSION = click.option("--version", "version", default="", metavar="版", help="省くと最新の版")


@dossier.command(help="登録した版を付議します。")
@click.argument("programme", metavar="事業")
@VERSION
@base.by
def submit(programme: str, version: str, by: Handler) -> None:
    from azukari.parties.approvals import submit_dossier

    submit_dossier(version=_version(programme, version), by=by, now=base.now())
    click.echo("付議しました。別の人が承認を記録してください（dossier approve）。")


@dossier.command(help="会議の承認を記録します（付議した人とは別の情報保護担当）。")
@click.argument("programme", metavar="事業")
@VERSION
@click.option("--from", "start", type=base.DAY, required=True, help="効力発生日")
@base.by
def approve(programme: str, version: str, start: datetime, by: Handler) -> None:
    from azukari.parties.approvals import approve_dossier

    chosen = _version(programme, version)
    approve_dossier(version=chosen, in_force_from=start.date(), by=by, now=base.now())
    click.echo(f"承認を記録しました。{start.date()} から有効です。")


@dossier.command(help="承認された版を、最後の日を決めて失効させます。")
@click.argument("programme", metavar="事業")
@VERSION
@click.option("--last-day", type=base.DAY, required=True, help="効力のある最後の日（今日以後）")
@click.option("--why", required=True, metavar="理由")
@base.by
def expire(programme: str, version: str, last_day: datetime, why: str, by: Handler) -> None:
    from azukari.parties.approvals import expire_dossier

    chosen = _version(programme, version)
    expire_dossier(version=chosen, last_day=last_day.date(), why=why, by=by, now=base.now())
    click.echo(f"{chosen.programme} 第{chosen.version}版は {last_day.date()} まで有効です。")


@dossier.command(help="指摘についての裁定を記録します。指摘が示す範囲だけを、期限まで認めます。")
@click.argument("programme", metavar="事業")
@click.option("--finding", required=True, metavar="指摘", help="dossier check が示す指摘の番号")
@click.option("--key", required=True, metavar="裁定番号")
@click.option("--governs", required=True, metavar="文", help="どの記載を優先するか")
@click.option("--why", required=True, metavar="理由")
@click.option("--until", type=base.DAY, required=True, help="期限")
@click.option("--only", multiple=True, metavar="相手:項目:方向", help="指摘の範囲の一部だけを認めるとき（何度でも）")
@base.by
def rule(
    programme: str, finding: str, key: str, governs: str, why: str, until: datetime, only: tuple[str, ...], by: Handler
) -> None:
    from azukari.dossier.findings import find
    from azukari.dossier.reader import read_dossier
    from azukari.dossier.schema import Direction, GapEntry
    from azukari.parties.approvals import record_ruling

    found = next((f for f in find(read_dossier(path_of(programme))) if f.key == finding), None)
    if found is None:
        raise click.BadParameter(f"指摘「{finding}」はありません。dossier check で確かめてください。")
    grants = found.gap
    if only:
        grants = tuple(
            GapEntry(party=p, items=(i,), directions=(Direction(d),)) for p, i, d in (o.split(":") for o in only)
        )
    record_ruling(
        programme=programme, key=key, finding=finding, governs=governs, why=why, grants=grants,
        until=until.date(), by=by, now=base.now(),
    )  # fmt: skip
    click.echo(f"裁定 {key} を記録しました（{until.date()} まで）。")


@dossier.command("withdraw-ruling", help="裁定を取り消します。取り消した裁定では何も認められません。")
@click.argument("key", metavar="裁定番号")
@click.option("--why", required=True, metavar="理由")
@base.by
def withdraw_ruling(key: str, why: str, by: Handler) -> None:
    from azukari.dossier.models import Ruling
    from azukari.parties.approvals import withdraw_ruling as withdraw

    found = Ruling.objects.filter(key=key).first()
    if found is None:
        raise click.BadParameter(f"裁定「{key}」はありません。")
    withdraw(ruling=found, by=by, now=base.now(), why=why)
    click.echo(f"裁定 {key} を取り消しました。")


@dossier.command(help="次年度の更新を記録します。")
@click.argument("programme", metavar="事業")
@click.option("--clause", default="*", show_default=True, metavar="別紙", help="* はすべての別紙")
@click.option("--year", type=int, required=True, metavar="年度")
@click.option("--remark", default="", metavar="備考")
@base.by
def renew(programme: str, clause: str, year: int, remark: str, by: Handler) -> None:
    from azukari.parties.approvals import record_renewal

    record_renewal(programme=programme, clause=clause, fiscal_year=year, by=by, now=base.now(), remark=remark)
    click.echo(f"{year}年度の更新を記録しました。")
