"""``azukari witness``: verify, checkpoint, prove, export, key, grants, guard."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

# Models cannot be imported before Django is set up, so every command imports what it uses when it runs.


def _ready() -> None:
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "azukari.settings")
    if not apps.ready:
        django.setup()


class _Refusing(click.Group):
    """Shows what this floor refuses as a message instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        from azukari.witness.errors import WitnessError

        _ready()
        try:
            return super().invoke(ctx)
        except WitnessError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Refusing, help="アクセスログ: 検証、署名した時点、証明、書き出し。")
def witness() -> None:
    pass


@witness.command(help="データベースのログを、署名した時点と突き合わせて検証します。異常があれば終了コード 1。")
@click.option(
    "--key", "key_text", metavar="検証鍵", help="外で保管している検証鍵。省くと鍵フォルダーのものを使います。"
)
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="ファイル",
    help="外で保管している、署名した時点。何度でも指定できます。",
)
def verify(key_text: str | None, files: tuple[Path, ...]) -> None:
    from azukari.witness import audit, keys, note

    key = note.parse_verifier(key_text) if key_text else keys.verifier()
    outside = [(path.name, path.read_bytes().decode("utf-8", "replace")) for path in files]
    found = audit.verify(key, outside=outside)
    for problem in found.problems:
        click.echo(f"異常: {problem}")
    if found.problems:
        click.echo("このログは信用できません。データベースと控えを保全し、情報保護担当に知らせてください。")
        sys.exit(1)
    click.echo(f"異常なし: 記録 {found.entries} 件、署名した時点 {found.checkpoints} 個")
    if found.signed < found.entries:
        click.echo(
            f"受付番号 {found.signed} から {found.entries - 1} までは、まだ署名した時点がありません。"
            "azukari witness checkpoint で署名し、外部に渡してください。"
        )


@witness.command(help="いまのログに署名した時点（チェックポイント）を作り、表示します。外部の人に渡してください。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="ファイル", help="書き出すファイル。")
def checkpoint(out: Path | None) -> None:
    from azukari.witness.checkpoint import checkpoint as sign

    text = sign()
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_bytes(text.encode("utf-8"))
        click.echo(f"{out} に書き出しました。")


@witness.command(
    help="証明を JSON で表示します。--seq で 1 件が含まれること、--from で前のログが今のログの始まりであること。"
)
@click.option("--seq", type=click.IntRange(min=0), metavar="番号", help="含まれることを示す記録の受付番号。")
@click.option(
    "--size", type=click.IntRange(min=1), metavar="件数", help="--seq を示す木の件数。省くと署名した時点のもの。"
)
@click.option("--from", "old", type=click.IntRange(min=0), metavar="件数", help="前の件数。")
@click.option("--to", "new", type=click.IntRange(min=0), metavar="件数", help="後の件数。省くと今の件数。")
def prove(seq: int | None, size: int | None, old: int | None, new: int | None) -> None:
    from azukari.witness import proof

    if (seq is None) == (old is None) or (seq is None and size is not None) or (old is None and new is not None):
        raise click.UsageError("--seq（と --size）か、--from（と --to）の、どちらか一方を指定してください。")
    if old is not None and new is not None and new < old:
        raise click.UsageError(f"--to {new} は --from {old} より前です。後の件数を --to に指定してください。")
    found = proof.inclusion(seq, size) if seq is not None else proof.consistency(old or 0, new)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@witness.command(help="ログに署名し、azukari なしで検証できるファイルにして書き出します。")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="フォルダー")
@click.option("--unsigned", is_flag=True, help="署名せずに書き出します。異常のあるログを証拠として残すとき。")
def export(folder: Path, unsigned: bool) -> None:
    from azukari.witness.export import export as write

    done = write(folder, sign=not unsigned)
    click.echo(
        f"{folder} に書き出しました: 記録 {done.entries} 件、対象者 {done.subjects} 行、時点 {done.checkpoints} 個"
    )


@witness.command(help="検証鍵を表示します。監査する人に、ログとは別の経路で渡してください。")
def key() -> None:
    from django.db import DEFAULT_DB_ALIAS

    from azukari.witness import keys

    keys.signer(DEFAULT_DB_ALIAS)
    click.echo(str(keys.verifier()))


@witness.command(help="PostgreSQL の役割に、ログの追記と閲覧だけを許す SQL を表示します（--apply で実行）。")
@click.option(
    "--role", required=True, metavar="名前", help="アプリケーションが接続する役割。表の所有者とは別にします。"
)
@click.option("--apply", is_flag=True, help="いまの接続（表の所有者）で実行し、残る権限を確かめます。")
def grants(role: str, apply: bool) -> None:
    from django.db import connection, transaction

    from azukari.witness import append_only

    statements = append_only.grant_sql(role)
    for statement in statements:
        click.echo(f"{statement};")
    if not apply:
        return
    if connection.vendor != "postgresql":
        raise click.ClickException("役割があるのは PostgreSQL だけです。AZUKARI_DATABASE_URL を確かめてください。")
    with transaction.atomic():
        if append_only.role_exists(connection, role):
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        excess = append_only.excess_privileges(connection, role)
        if excess:
            transaction.set_rollback(True)
            raise click.ClickException(
                "、".join(excess)
                + "。追記と閲覧だけにできません。表の所有者とは別の、superuser でない役割を作ってください。"
            )
    click.echo(f"-- 役割「{role}」は、アクセスログに追記と閲覧だけができます。")


@witness.command(help="失われた追記専用の歯止め（トリガー）を作り直します。表の所有者として実行します。")
def guard() -> None:
    from django.db import connection, transaction

    from azukari.witness import append_only

    missing = append_only.missing_guards(connection)
    with transaction.atomic():
        append_only.remove(connection)
        append_only.install(connection)
    click.echo("作り直した歯止め: " + ("、".join(missing) if missing else "なし（すべてありました）"))
