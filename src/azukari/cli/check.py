"""``azukari check`` (is this instance sound?) and ``azukari init`` (make or update the database)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import click

from . import base


@click.command(help="設定・付議書・個人情報の欄を点検します。--deploy は本番に足りないものも挙げます。")
@click.option("--deploy", is_flag=True, help="本番環境として足りないものを挙げる（あれば終了コード 1）")
def check(deploy: bool) -> None:
    base.ready()
    from django.core.checks import WARNING, run_checks

    problems = [each.msg for each in run_checks() if each.level >= WARNING and not each.is_silenced()]
    for problem in problems:
        click.echo(f"誤り: {problem}", err=True)
    lacking = list(what_production_lacks()) if deploy else []
    for what, remedy in lacking:
        click.echo(f"不足: {what}\n      {remedy}")
    if problems or lacking:
        raise SystemExit(1)
    click.echo("点検しました。問題はありません。")


def what_production_lacks() -> Iterator[tuple[str, str]]:
    """What a production set-up still lacks: (what, what to do), in Japanese."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if settings.DEBUG:
        yield "DEBUG が有効です。", "AZUKARI_DEBUG を設定から外してください。"
    if settings.INSECURE:
        yield "暗号化しない通信でサインインできます。", "AZUKARI_INSECURE を設定から外してください。"
    if settings.AZUKARI_DEMO:
        yield "デモの表示（確認コードが画面に出る）です。", "AZUKARI_DEMO を設定から外してください。"
    if not os.environ.get("AZUKARI_SECRET_KEY"):
        yield (
            "秘密鍵が状態フォルダのファイルにあります。",
            "AZUKARI_SECRET_KEY を、複数の起動で同じ値に設定してください。",
        )
    if set(settings.ALLOWED_HOSTS) <= {"localhost", "127.0.0.1"}:
        yield "受け付けるホスト名が手元だけです。", "AZUKARI_ALLOWED_HOSTS に公開するホスト名を設定してください。"
    if "sqlite" in str(database["ENGINE"]):
        yield "データベースが SQLite です。", "本番では PostgreSQL 15 以上を AZUKARI_DATABASE_URL に設定してください。"
    else:
        yield from _role_may_too_much(str(database["USER"]))
    if Path(settings.AZUKARI_KEYS).is_relative_to(settings.AZUKARI_VAR):
        yield (
            "鍵フォルダが状態フォルダの中にあります。",
            "AZUKARI_KEYS を、データベースのバックアップと別の場所にしてください。",
        )
    if Path(settings.AZUKARI_KEYS).exists() and stat.S_IMODE(Path(settings.AZUKARI_KEYS).stat().st_mode) & 0o077:
        yield "鍵フォルダをほかの利用者も読めます。", "chmod 700 で所有者だけが読めるようにしてください。"
    if not settings.AZUKARI_FONTS:
        yield "異体字を持つフォントが指定されていません。", "AZUKARI_FONTS に IPAmj明朝等のフォルダを設定してください。"


def _role_may_too_much(role: str) -> Iterator[tuple[str, str]]:
    from django.db import connection

    from azukari.witness.append_only import excess_privileges

    for excess in excess_privileges(connection, role):
        yield (
            f"アプリケーションの役割がアクセスログを変えられます（{excess}）。",
            "azukari witness grants で権限を INSERT と SELECT だけにしてください。",
        )


@click.command(help="データベースを作り、又は新しい版に合わせます。何度実行しても安全です。")
def init() -> None:
    base.ready()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    click.echo("データベースの準備ができました。")
