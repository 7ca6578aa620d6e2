"""``azukari people``: rosters read, reviewed and committed; people found; protected persons released one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import base, given

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.people.models import Changeset, ProtectedRelease, Resident

SHOWN_ROWS = 50
KINDS = click.Choice(["residents", "employees"])


@click.group(cls=base.Group, help="住民名簿・職員名簿: 取込み、確認、確定、検索。支援措置対象者の個別の許可。")
def people() -> None:
    pass


@contextmanager
def progress_shown(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as a callback (rows done, rows in all)."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def told(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield told


def _found(number: int) -> Changeset:
    from azukari.people.models import Changeset

    found = Changeset.objects.filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"名簿の取込み No.{number} はありません。azukari people rosters で確かめてください。")
    return found


CHANGESET = click.argument("changeset", type=int, metavar="No.", callback=lambda _ctx, _param, value: _found(value))


@people.command("import", help="名簿（CSV）を読み込み、登録と比べた内訳を示します。登録はまだ変わりません。")
@click.argument("path", type=given.FILE, metavar="ファイル")
@click.option("--kind", type=KINDS, default="residents", show_default=True,
              help="residents 住民名簿、employees 職員名簿")  # fmt: skip
@click.option("--note", type=given.FILE, metavar="ファイル", help="送付票（TOML: rows と sha256）")
@click.option("--rows", type=int, metavar="件数", help="送付票の件数（--note の代わり）")
@click.option("--sha256", metavar="ハッシュ値", help="送付票の SHA-256（--note の代わり）")
@click.option("--stated-on", type=base.DAY, required=True, metavar="YYYY-MM-DD", help="名簿の基準日")
@click.option("--map", "pairs", multiple=True, metavar="見出し=項目",
              help="知らない見出しの対応付け（例: 氏名漢字欄=name）。「見出し=」なら、その列を使わない。")  # fmt: skip
@base.by
def import_roster(
    path: Path, kind: str, note: Path | None, rows: int | None, sha256: str | None, stated_on: datetime,
    pairs: tuple[str, ...], by: Handler,
) -> None:  # fmt: skip
    from azukari.people.acts import read_roster
    from azukari.people.guard import DeliveryNote

    if note:
        told = DeliveryNote.from_file(note)
    elif rows is not None and sha256:
        told = DeliveryNote(rows, sha256)
    else:
        raise click.UsageError("送付票を --note で、又は件数とハッシュ値を --rows と --sha256 で指定してください。")
    with progress_shown("読込み") as progress:
        staged = read_roster(
            path=path, kind=kind, stated_on=stated_on.date(), delivery_note=told, by=by, now=base.now(),
            mapping=_mapping(pairs), progress=progress,
        )  # fmt: skip
    click.echo(f"名簿の取込み No.{staged.pk} として読み込みました。登録はまだ変わっていません。")
    _show(staged)
    click.echo(f"次は: azukari people review {staged.pk} --by 取扱者")


def _mapping(pairs: tuple[str, ...]) -> dict[str, str | None]:
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"--map は「見出し=項目」の形にしてください（{pair}）。")
    return {header: field or None for header, _, field in (pair.rpartition("=") for pair in pairs)}


def _show(changeset: Changeset) -> None:
    """Counts, warnings, and the rows that are not taken: by line, field and reason, without names."""
    from azukari.people.changeset import summary
    from azukari.people.models import RowStatus, StagedRow

    found = summary(changeset)
    click.echo(f"{changeset}  {changeset.stated_on} 現在  {changeset.rows:,} 件")
    for status in RowStatus:
        click.echo(f"  {found.counts[status]:>9,} 件  {status.label}")
    for warning in found.warnings:
        click.echo(f"  注意: {warning}")
    rows = StagedRow.objects.filter(changeset=changeset, status__in=[RowStatus.REJECTED, RowStatus.DUPLICATE])
    for row in rows.order_by("line")[:SHOWN_ROWS]:
        click.echo(f"  {row.line}行目 {RowStatus(row.status).label}: {row.reason}")
    if rows.count() > SHOWN_ROWS:
        click.echo(f"  （ほか {rows.count() - SHOWN_ROWS:,} 件）")


@people.command(help="取り込んだ名簿の一覧。")
@click.option("--kind", type=KINDS, help="residents 住民名簿、employees 職員名簿（省くと両方）")
def rosters(kind: str | None) -> None:
    from azukari.people.models import Changeset

    found = Changeset.objects.order_by("pk")
    if kind:
        found = found.filter(kind=kind)
    rows: list[list[object]] = [
        [c.pk, c.kind, c.stated_on, f"{c.rows:,}", c.get_state_display(), c.read_by, c.reviewed_by, c.committed_by]
        for c in found
    ]
    headers = ["No.", "種類", "基準日", "件数", "状態", "読込者", "確認者", "確定者"]
    click.echo(base.table(rows, headers) if rows else "名簿はまだ取り込まれていません。")


@people.command(help="内訳と取り込めない行を示し、確認したことを記録します。")
@CHANGESET
@base.by
def review(changeset: Changeset, by: Handler) -> None:
    from azukari.people.acts import review_roster

    review_roster(changeset=changeset, by=by, now=base.now())
    _show(changeset)
    click.echo(f"確認を記録しました。次は: azukari people commit {changeset.pk} --by 取扱者")


@people.command(help="確認した内訳のとおりに登録を変えます。全部か、何もしないかのどちらか。")
@CHANGESET
@base.by
def commit(changeset: Changeset, by: Handler) -> None:
    from azukari.people.acts import commit_roster

    with progress_shown("確定") as progress:
        done = commit_roster(changeset=changeset, by=by, now=base.now(), progress=progress)
    click.echo(str(done))
    if done.protected_anyway:
        click.echo(f"取り込めない行に支援措置の記載があった {done.protected_anyway:,} 人を、支援措置の対象にしました。")


@people.command(help="読み込んだ名簿を破棄します。登録は変わりません。")
@CHANGESET
@base.by
def discard(changeset: Changeset, by: Handler) -> None:
    from azukari.people.acts import discard_roster

    discard_roster(changeset=changeset, by=by, now=base.now())
    click.echo(f"名簿の取込み No.{changeset.pk} を破棄しました。登録は変わっていません。")


@people.command(
    short_help="番号、氏名、カナ、通称で探します。見たことはログに残ります。",
    help="番号、氏名、カナ、通称で探します（全角・半角、ひらがな・カタカナ、異体字を問わない）。見たことはログに残ります。",
)
@click.argument("text", metavar="番号・氏名・カナ")
@click.option("--kind", type=KINDS, default="residents", show_default=True)
@click.option("--purpose", required=True, metavar="目的", help="何のために見るのか（ログに残る）")
@base.by
def find(text: str, kind: str, purpose: str, by: Handler) -> None:
    from azukari.people.models import Resident
    from azukari.people.search import look_up

    found = look_up(text=text, kind=kind, by=by, purpose=purpose, now=base.now())
    for person in found:
        if isinstance(person, Resident):
            mark = "  【支援措置】" if person.protected else ""
            click.echo(f"{person.number}  {person.addressed_as}（{person.kana}）  {person.birth}{mark}")
        else:
            click.echo(f"{person.number}  {person.name}（{person.kana}）  {person.birth}  {person.section}")
    click.echo(f"{len(found)} 人" if found else "該当する人はいません。書き方を変えて探してください。")


@people.command(
    "release-protected",
    short_help="支援措置対象者一人について、個別の許可を申請します。",
    help="支援措置対象者一人を、一つの事業の一覧に入れてよいという許可を申請します。別の職員が承認するまで効力はありません。",
)
@given.RESIDENT
@click.option("--programme", required=True, metavar="事業")
@click.option("--purpose", required=True, metavar="目的")
@click.option("--reason", required=True, metavar="理由")
@click.option("--until", type=base.DAY, required=True, help="有効期限")
@base.by
def release_protected(
    person: Resident, programme: str, purpose: str, reason: str, until: datetime, by: Handler
) -> None:
    from azukari.people.acts import request_protected_release

    release = request_protected_release(
        resident=person, programme=programme, purpose=purpose, reason=reason, valid_until=until.date(), by=by,
        now=base.now(),
    )  # fmt: skip
    click.echo(f"個別の許可 No.{release.pk} を申請しました。別の職員が承認します（people approve-release）。")


def _release(number: int) -> ProtectedRelease:
    from azukari.people.models import ProtectedRelease

    found = ProtectedRelease.objects.select_related("resident").filter(pk=number).first()
    if found is None:
        raise click.BadParameter(f"個別の許可 No.{number} はありません。番号を確かめてください。")
    return found


RELEASE = click.argument("release", type=int, metavar="No.", callback=lambda _ctx, _param, value: _release(value))


@people.command("approve-release", help="支援措置対象者の個別の許可を承認します（申請した人とは別の人）。")
@RELEASE
@base.by
def approve_release(release: ProtectedRelease, by: Handler) -> None:
    from azukari.people.acts import approve_protected_release

    approve_protected_release(release=release, by=by, now=base.now())
    click.echo(f"個別の許可 No.{release.pk} を承認しました（{release.valid_until} まで）。")


@people.command("revoke-release", help="支援措置対象者の個別の許可を取り消します。")
@RELEASE
@base.by
def revoke_release(release: ProtectedRelease, by: Handler) -> None:
    from azukari.people.acts import revoke_protected_release

    revoke_protected_release(release=release, by=by, now=base.now())
    click.echo(f"個別の許可 No.{release.pk} を取り消しました。")
