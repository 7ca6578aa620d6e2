"""`azukari people`: rosters read, reviewed and committed, people found. The clock is read here and passed down."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import django
from django.apps import apps
from django.utils import timezone

if TYPE_CHECKING:
    from azukari.parties.models import Handler
    from azukari.people.models import Changeset

REFUSED = 3
SHOWN_ROWS = 50


class Refusal(click.ClickException):
    """An act that was refused: its Japanese text, exit code 3."""

    exit_code = REFUSED

    def show(self, file: Any = None) -> None:
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def refusals_told() -> Iterator[None]:
    """What the floors below refuse, told as they put it, without a traceback."""
    from azukari.parties.acting import NotPermitted
    from azukari.parties.roles import MayNotAct
    from azukari.people import refusals

    try:
        yield
    except (
        NotPermitted,
        MayNotAct,
        refusals.RosterRefused,
        refusals.NotInThisState,
        refusals.RegisterMoved,
        refusals.ActorMissing,
        refusals.NotInRegister,
    ) as why:
        raise Refusal(str(why)) from None


@contextmanager
def progress_shown(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar as a callback (rows done, rows in all)."""
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def told(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield told


@click.group(help="住民名簿・職員名簿の取込みと検索")
def people() -> None:
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
        django.setup()


_by = click.option("--by", required=True, metavar="取扱者", help="行う人のキー")
_number = click.argument("number", type=int, metavar="No.")


def _handler(key: str) -> Handler:
    from azukari.parties.models import Handler

    found = Handler.objects.filter(key=key).first()
    if found is None:
        raise Refusal(f"取扱者 {key} は登録されていません。取扱者のキーを確かめてください。")
    return found


@people.command("import", help="名簿（CSV）を読み込み、登録と比べた内訳を示す。登録はまだ変わらない。")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="ファイル")
@click.option(
    "--kind",
    type=click.Choice(["residents", "employees"]),
    default="residents",
    show_default=True,
    help="residents: 住民名簿、employees: 職員名簿",
)
@click.option(
    "--note",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="ファイル",
    help="送付票（TOML: rows と sha256）",
)
@click.option("--rows", type=int, metavar="件数", help="送付票の件数（--note の代わり）")
@click.option("--sha256", metavar="ハッシュ値", help="送付票の SHA-256（--note の代わり）")
@click.option(
    "--stated-on", type=click.DateTime(["%Y-%m-%d"]), required=True, metavar="YYYY-MM-DD", help="名簿の基準日"
)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="見出し=項目",
    help="知らない見出しの対応付け（例: 氏名漢字欄=name）。「見出し=」なら、その列を使わない。",
)
@_by
def import_roster(
    path: Path, kind: str, note: Path | None, rows: int | None, sha256: str | None, stated_on: datetime,
    pairs: tuple[str, ...], by: str,
) -> None:  # fmt: skip
    from azukari.people import acts
    from azukari.people.guard import DeliveryNote

    with refusals_told():
        if note:
            told = DeliveryNote.from_file(note)
        elif rows is not None and sha256:
            told = DeliveryNote(rows, sha256)
        else:
            raise click.UsageError("送付票を --note で、又は件数とハッシュ値を --rows と --sha256 で指定してください。")
        with progress_shown("読込み") as progress:
            staged = acts.read_roster(
                path=path,
                kind=kind,
                stated_on=stated_on.date(),
                delivery_note=told,
                by=_handler(by),
                now=timezone.now(),
                mapping=_mapping(pairs),
                progress=progress,
            )
    click.echo(f"名簿の取込み No.{staged.pk} として読み込みました。登録はまだ変わっていません。")
    _show(staged)
    click.echo(f"次は: azukari people review {staged.pk} --by 取扱者")


def _mapping(pairs: tuple[str, ...]) -> dict[str, str | None]:
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"--map は「見出し=項目」の形にしてください（{pair}）。")
    return {header: field or None for header, _, field in (pair.rpartition("=") for pair in pairs)}


def _found(number: int) -> Changeset:
    from azukari.people.models import Changeset

    found = Changeset.objects.filter(pk=number).first()
    if found is None:
        raise Refusal(f"名簿の取込み No.{number} はありません。番号を確かめてください。")
    return found


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


@people.command(help="内訳と取り込めない行を示し、確認したことを記録する。")
@_number
@_by
def review(number: int, by: str) -> None:
    from azukari.people import acts

    found = _found(number)
    with refusals_told():
        acts.review_roster(changeset=found, by=_handler(by), now=timezone.now())
    _show(found)
    click.echo(f"確認を記録しました。次は: azukari people commit {number} --by 取扱者")


@people.command(help="確認した内訳のとおりに登録を変える。全部か、何もしないかのどちらか。")
@_number
@_by
def commit(number: int, by: str) -> None:
    from azukari.people import acts

    found = _found(number)
    with refusals_told(), progress_shown("確定") as progress:
        done = acts.commit_roster(changeset=found, by=_handler(by), now=timezone.now(), progress=progress)
    click.echo(str(done))
    if done.protected_anyway:
        click.echo(f"取り込めない行に支援措置の記載があった {done.protected_anyway:,} 人を、支援措置の対象にしました。")


@people.command(help="読み込んだ名簿を破棄する。登録は変わらない。")
@_number
@_by
def discard(number: int, by: str) -> None:
    from azukari.people import acts

    found = _found(number)
    with refusals_told():
        acts.discard_roster(changeset=found, by=_handler(by), now=timezone.now())
    click.echo(f"名簿の取込み No.{number} を破棄しました。登録は変わっていません。")


@people.command(
    help="番号、氏名、カナ、通称で探す（全角・半角、ひらがな・カタカナ、異体字を問わない）。見たことはアクセスログに残る。"
)
@click.argument("text", metavar="番号・氏名・カナ")
@click.option("--kind", type=click.Choice(["residents", "employees"]), default="residents", show_default=True)
@click.option("--purpose", required=True, metavar="目的", help="何のために見るのか（アクセスログに残る）")
@_by
def find(text: str, kind: str, purpose: str, by: str) -> None:
    from azukari.people.models import Resident
    from azukari.people.search import look_up

    with refusals_told():
        found = look_up(text=text, kind=kind, by=_handler(by), purpose=purpose, now=timezone.now())
    for person in found:
        if isinstance(person, Resident):
            mark = "  【支援措置】" if person.protected else ""
            click.echo(f"{person.number}  {person.addressed_as}（{person.kana}）  {person.birth}{mark}")
        else:
            click.echo(f"{person.number}  {person.name}（{person.kana}）  {person.birth}  {person.section}")
    click.echo(f"{len(found)} 人" if found else "該当する人はいません。書き方を変えて探してください。")
